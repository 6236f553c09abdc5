//! Splits a rule file into logical lines, and these into arguments, keeping places.

use crate::diagnostic::Position;
use std::sync::Arc;

/// A line of rules after its continuations were joined.
#[derive(Debug)]
pub(super) struct LogicalLine {
    pub text: String,
    /// Where in `text` each physical line starts, and its number.
    pieces: Vec<(usize, u32)>,
    file: Arc<str>,
}

impl LogicalLine {
    pub(super) fn position(&self, offset: usize) -> Position {
        let piece = self.pieces.iter().rev().find(|(start, _)| *start <= offset);
        let (start, line) = piece.copied().unwrap_or((0, 1));
        Position { file: self.file.clone(), line, column: (offset - start) as u32 + 1 }
    }
}

/// A part of a line together with its place.
#[derive(Clone, Debug)]
pub(super) struct Argument<'a> {
    pub text: String,
    line: &'a LogicalLine,
    /// Where each byte of `text` comes from, as runs.
    runs: Vec<(usize, usize)>,
}

impl<'a> Argument<'a> {
    pub(super) fn position(&self, offset: usize) -> Position {
        let run = self.runs.iter().rev().find(|(start, _)| *start <= offset);
        let (start, origin) = run.copied().unwrap_or((0, 0));
        self.line.position(origin + (offset - start))
    }

    /// The bytes from `start` to `end` as an argument of their own.
    pub(super) fn slice(&self, start: usize, end: usize) -> Argument<'a> {
        let text = self.text.get(start..end).unwrap_or_default().to_string();
        let mut runs = Vec::new();
        for (at, origin) in &self.runs {
            if *at <= start {
                runs.clear();
                runs.push((0, origin + (start - at)));
            } else if *at < end {
                runs.push((at - start, *origin));
            }
        }
        Argument { text, line: self.line, runs }
    }

    pub(super) fn trimmed(&self) -> Argument<'a> {
        let start = self.text.len() - self.text.trim_start().len();
        let end = self.text.trim_end().len();
        self.slice(start, end.max(start))
    }
}

/// The logical lines of a file, without comments and blank lines.
pub(super) fn logical_lines(file: &Arc<str>, text: &str) -> Vec<LogicalLine> {
    let mut lines = Vec::new();
    let mut open: Option<LogicalLine> = None;
    for (index, physical) in text.split('\n').enumerate() {
        let number = index as u32 + 1;
        let physical = physical.strip_suffix('\r').unwrap_or(physical);
        let blank = physical.trim_start();
        if open.is_none() && (blank.is_empty() || blank.starts_with('#')) {
            continue;
        }
        let line = open.get_or_insert_with(|| LogicalLine {
            text: String::new(),
            pieces: Vec::new(),
            file: file.clone(),
        });
        line.pieces.push((line.text.len(), number));
        match physical.strip_suffix('\\') {
            Some(start) => line.text.push_str(start),
            None => {
                line.text.push_str(physical);
                lines.extend(open.take());
            }
        }
    }
    lines.extend(open);
    lines
}

/// Splits a line at white space; double quotes group, and `\"` inside them is a quote.
/// `Err` is the place of a quote that never closes.
pub(super) fn arguments(line: &LogicalLine) -> Result<Vec<Argument<'_>>, Position> {
    let bytes = line.text.as_bytes();
    let mut arguments = Vec::new();
    let mut at = 0;
    loop {
        while bytes.get(at).is_some_and(u8::is_ascii_whitespace) {
            at += 1;
        }
        let Some(first) = bytes.get(at) else { return Ok(arguments) };
        if *first == b'"' {
            let (argument, next) = quoted(line, at)?;
            arguments.push(argument);
            at = next;
            continue;
        }
        let start = at;
        while bytes.get(at).is_some_and(|byte| !byte.is_ascii_whitespace()) {
            at += 1;
        }
        let text = line.text.get(start..at).unwrap_or_default().to_string();
        arguments.push(Argument { text, line, runs: vec![(0, start)] });
    }
}

fn quoted(line: &LogicalLine, open: usize) -> Result<(Argument<'_>, usize), Position> {
    let mut text = String::new();
    let mut runs = vec![(0, open + 1)];
    let mut rest = line.text.get(open + 1..).unwrap_or_default().char_indices().peekable();
    while let Some((offset, character)) = rest.next() {
        match character {
            '"' => return Ok((Argument { text, line, runs }, open + 1 + offset + 1)),
            '\\' if rest.peek().is_some_and(|(_, next)| *next == '"') => {
                rest.next();
                runs.push((text.len(), open + 1 + offset + 1));
                text.push('"');
            }
            _ => text.push(character),
        }
    }
    Err(line.position(open))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_survive_continuations_and_escapes() {
        let file: Arc<str> = "a.conf".into();
        let lines =
            logical_lines(&file, "# c\nSecRule ARGS \\\n  \"x\\\"y\" \\\n \"id:1\"\n\nSecMarker a");
        assert_eq!(lines.len(), 2);
        let args = arguments(&lines[0]).unwrap_or_default();
        let texts: Vec<&str> = args.iter().map(|a| a.text.as_str()).collect();
        assert_eq!(texts, ["SecRule", "ARGS", "x\"y", "id:1"]);
        assert_eq!(args[2].position(2).to_string(), "a.conf:3:7");
        assert_eq!(args[3].position(0).to_string(), "a.conf:4:3");
        assert_eq!(lines[1].position(0).to_string(), "a.conf:6:1");
    }

    #[test]
    fn an_open_quote_is_an_error() {
        let file: Arc<str> = "a.conf".into();
        let lines = logical_lines(&file, "SecRule ARGS \"x");
        assert_eq!(arguments(&lines[0]).map_err(|p| p.column).err(), Some(14));
    }
}
