//! Writing for people: answers to standard output, everything else to standard error.

use portcullis_config::render::Colour;
use std::io::{IsTerminal as _, Write as _, stderr, stdout};

/// Writes an answer. A reader that has seen enough, such as `head`, is no error.
pub(crate) fn say(text: &str) {
    let _ = stdout().lock().write_all(text.as_bytes());
}

/// Tells what happens meanwhile, or what went wrong.
pub(crate) fn tell(text: &str) {
    let _ = stderr().lock().write_all(text.as_bytes());
}

/// Whether what is told may have colours.
pub(crate) fn colour() -> Colour {
    if stderr().is_terminal() { Colour::Yes } else { Colour::No }
}
