//! Files and environment.

use std::{io, path::Path};

/// The largest file that is read, in bytes.
pub const FILE_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// Files and environment, as the loader of the config sees them.
pub trait Files: Send + Sync {
    /// The whole file as text. Errors as the system words them; a file beyond [`FILE_BYTES_MAX`] or
    /// one that is not UTF-8 is [`io::ErrorKind::InvalidData`].
    fn read(&self, path: &Path) -> io::Result<String>;

    /// A variable of the environment; `None` if it is not set or not UTF-8.
    fn variable(&self, name: &str) -> Option<String>;
}
