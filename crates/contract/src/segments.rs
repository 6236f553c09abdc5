//! Takes apart a path that is no [`PathTemplate`](portcullis_core::template::PathTemplate).

use crate::{Piece, Shape};
use portcullis_core::canonical::{CanonicalPath, decode_segment};

/// The segments of a path. `Err` says why no request can have it: lower case, without a full stop.
///
/// Only what is told apart here can be kept closed, so nothing is guessed: a brace that is left over
/// is a fault, and so is literal text that no request can hold.
pub(crate) fn of(path: &str) -> Result<Vec<Shape>, String> {
    let inner = path.strip_prefix('/').ok_or("a path begins with `/`")?;
    let mut segments = Vec::new();
    let mut pieces = Vec::new();
    let mut sample = String::from("/");
    let mut rest = inner;
    while let Some(at) = rest.find(['/', '{', '}']) {
        let (text, behind) = rest.split_at(at);
        add_text(&mut pieces, text);
        encode(&mut sample, text);
        let (found, behind) = behind.split_at(1);
        rest = match found {
            "/" => {
                segments.push(shape(std::mem::take(&mut pieces)));
                sample.push('/');
                behind
            }
            "{" => {
                // A name may hold anything else, a slash too.
                let (name, behind) = behind.split_once('}').ok_or("a `{` without `}`")?;
                if name.contains('{') {
                    return Err("a `{` inside a `{`".into());
                }
                pieces.push(Piece::Hole);
                sample.push('x');
                behind
            }
            _ => return Err("a `}` without `{`".into()),
        };
    }
    add_text(&mut pieces, rest);
    encode(&mut sample, rest);
    segments.push(shape(pieces));
    match CanonicalPath::admit(&sample) {
        Ok(_) => Ok(segments),
        Err(why) => Err(format!("no request could match this path: {why}")),
    }
}

fn add_text(pieces: &mut Vec<Piece>, text: &str) {
    if !text.is_empty() {
        pieces.push(Piece::Text(decode_segment(text).into_owned()));
    }
}

fn shape(pieces: Vec<Piece>) -> Shape {
    match pieces.as_slice() {
        [] => Shape::Literal(String::new()),
        [Piece::Text(text)] => Shape::Literal(text.clone()),
        [Piece::Hole] => Shape::Any,
        _ => Shape::Mixed(pieces),
    }
}

/// Adds a text as a request has it: what is not ASCII is encoded there.
fn encode(sample: &mut String, text: &str) {
    for byte in text.bytes() {
        match byte.is_ascii() {
            true => sample.push(char::from(byte)),
            false => sample.push_str(&format!("%{byte:02X}")),
        }
    }
}
