//! Transformations of white space, comments and command lines.

/// White space as the C library sees it.
pub(super) fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t'..=b'\r')
}

pub(super) fn trim(input: &[u8], left: bool, right: bool) -> &[u8] {
    let mut input = input;
    while let Some((first, rest)) = input.split_first().filter(|(b, _)| left && is_space(**b)) {
        let _ = first;
        input = rest;
    }
    while let Some((last, rest)) = input.split_last().filter(|(b, _)| right && is_space(**b)) {
        let _ = last;
        input = rest;
    }
    input
}

pub(super) fn compress_whitespace(input: &[u8], out: &mut Vec<u8>) {
    let mut in_space = false;
    for byte in input {
        let space = is_space(*byte);
        if !space {
            out.push(*byte);
        } else if !in_space {
            out.push(b' ');
        }
        in_space = space;
    }
}

/// What a shell would see: no quoting, single spaces, none before `/` and `(`, lower case.
pub(super) fn cmd_line(input: &[u8], out: &mut Vec<u8>) {
    let mut in_space = false;
    for byte in input {
        match byte {
            b'"' | b'\'' | b'\\' | b'^' => {}
            b' ' | b',' | b';' | b'\t' | b'\r' | b'\n' => {
                if !in_space {
                    out.push(b' ');
                    in_space = true;
                }
            }
            b'/' | b'(' => {
                if in_space {
                    out.pop();
                }
                in_space = false;
                out.push(*byte);
            }
            _ => {
                in_space = false;
                out.push(byte.to_ascii_lowercase());
            }
        }
    }
}

fn starts(input: &[u8], at: usize, text: &[u8]) -> bool {
    input.get(at..).is_some_and(|rest| rest.starts_with(text))
}

/// Where `text` next occurs after `at`, and ends.
fn end_of(input: &[u8], at: usize, text: &[u8]) -> Option<usize> {
    let rest = input.get(at..)?;
    rest.windows(text.len()).position(|window| window == text).map(|found| at + found + text.len())
}

/// Each C comment becomes one space; an open one reaches to the end.
pub(super) fn replace_comments(input: &[u8], out: &mut Vec<u8>) {
    let mut at = 0;
    while let Some(byte) = input.get(at) {
        if starts(input, at, b"/*") {
            out.push(b' ');
            at = end_of(input, at + 2, b"*/").unwrap_or(input.len());
        } else {
            out.push(*byte);
            at += 1;
        }
    }
}

/// Comments of C and HTML, either of which ends where the other would; and to the end of the value
/// those of SQL and shells.
pub(super) fn remove_comments(input: &[u8], out: &mut Vec<u8>) {
    let mut at = 0;
    while let Some(byte) = input.get(at) {
        let opening = if starts(input, at, b"/*") {
            2
        } else if starts(input, at, b"<!--") {
            4
        } else if *byte == b'#' || starts(input, at, b"--") {
            return;
        } else {
            out.push(*byte);
            at += 1;
            continue;
        };
        let ends = [&b"*/"[..], b"-->"].map(|mark| end_of(input, at + opening, mark));
        match ends.into_iter().flatten().min() {
            Some(end) => at = end,
            None => {
                out.push(b' ');
                return;
            }
        }
    }
}

/// The marks of comments go, what they enclose stays.
pub(super) fn remove_comments_char(input: &[u8], out: &mut Vec<u8>) {
    const MARKS: [&[u8]; 6] = [b"/*", b"*/", b"<!--", b"-->", b"--", b"#"];
    let mut at = 0;
    while let Some(byte) = input.get(at) {
        match MARKS.iter().find(|mark| starts(input, at, mark)) {
            Some(mark) => at += mark.len(),
            None => {
                out.push(*byte);
                at += 1;
            }
        }
    }
}
