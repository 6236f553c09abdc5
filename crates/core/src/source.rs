//! The files that a person wrote, and places in them.

use std::sync::Arc;

/// A file of a [`Sources`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileId(u32);

impl FileId {
    /// The number of the file, from 0, as it travels through serde.
    pub(crate) fn index(self) -> u32 {
        self.0
    }

    pub(crate) fn from_index(index: u32) -> Self {
        Self(index)
    }
}

/// A stretch of a file, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// The file.
    pub file: FileId,
    /// The first byte.
    pub start: u32,
    /// The byte behind the last one.
    pub end: u32,
}

impl Span {
    /// A stretch of `file`, in bytes.
    pub fn new(file: FileId, start: usize, end: usize) -> Self {
        let clip = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        Self { file, start: clip(start), end: clip(end) }
    }

    /// Whether `other` lies within this stretch.
    pub fn holds(self, other: Span) -> bool {
        self.file == other.file && self.start <= other.start && other.end <= self.end
    }

    /// The same as indices.
    pub fn range(self) -> std::ops::Range<usize> {
        self.start as usize..self.end as usize
    }
}

/// A value and where it was written.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct At<T> {
    /// The value.
    pub value: T,
    /// Where it stands.
    pub span: Span,
}

impl<T> At<T> {
    /// Another value at the same place.
    pub fn map<U>(self, f: impl FnOnce(T) -> U) -> At<U> {
        At { value: f(self.value), span: self.span }
    }

    /// The value by reference, at the same place.
    pub fn as_ref(&self) -> At<&T> {
        At { value: &self.value, span: self.span }
    }
}

impl<T> std::ops::Deref for At<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

/// One file: its name as a person would type it, and its text.
#[derive(Debug)]
pub struct SourceFile {
    /// The name, as it is shown.
    pub name: Arc<str>,
    /// The whole text.
    pub text: Arc<str>,
    line_starts: Vec<usize>,
}

impl SourceFile {
    fn new(name: &str, text: &str) -> Self {
        let after_newlines = text.match_indices('\n').map(|(at, _)| at + 1);
        let line_starts = std::iter::once(0).chain(after_newlines).collect();
        Self { name: name.into(), text: text.into(), line_starts }
    }

    /// Line and column of a byte, both from 1; the column counts characters.
    pub fn line_and_column(&self, byte: usize) -> (usize, usize) {
        let line = self.line_starts.partition_point(|start| *start <= byte).max(1);
        let start = self.line_starts.get(line - 1).copied().unwrap_or(0);
        let column = self.text.get(start..byte).map_or(0, |before| before.chars().count());
        (line, column + 1)
    }

    /// The byte at which a character of a line stands; the line counts from 1, the character from 0.
    pub fn byte_at(&self, line: usize, character: usize) -> usize {
        let start = line.checked_sub(1).and_then(|n| self.line_starts.get(n)).copied();
        let start = start.unwrap_or(self.text.len());
        let rest = self.text.get(start..).unwrap_or("");
        start + rest.char_indices().nth(character).map_or(rest.len(), |(at, _)| at)
    }

    /// The text of a line, counted from 1, without its end.
    pub fn line(&self, line: usize) -> &str {
        let start = line.checked_sub(1).and_then(|n| self.line_starts.get(n)).copied();
        let rest = start.and_then(|start| self.text.get(start..)).unwrap_or("");
        rest.lines().next().unwrap_or("")
    }
}

/// Every file that was read for one config, in the order of reading.
#[derive(Debug, Default)]
pub struct Sources {
    files: Vec<SourceFile>,
}

impl Sources {
    /// Adds a file.
    pub fn add(&mut self, name: &str, text: &str) -> FileId {
        let id = FileId(u32::try_from(self.files.len()).unwrap_or(u32::MAX));
        self.files.push(SourceFile::new(name, text));
        id
    }

    /// The file of an id that this value gave out.
    pub fn file(&self, id: FileId) -> Option<&SourceFile> {
        self.files.get(id.0 as usize)
    }

    /// All files, in the order of reading.
    pub fn files(&self) -> &[SourceFile] {
        &self.files
    }

    /// `file:line:column` of the start of a stretch.
    pub fn describe(&self, span: Span) -> String {
        let Some(file) = self.file(span.file) else { return String::from("?") };
        let (line, column) = file.line_and_column(span.start as usize);
        format!("{}:{line}:{column}", file.name)
    }

    /// The place as a record keeps it: independent of the sources.
    pub fn place(&self, span: Span) -> Place {
        let Some(file) = self.file(span.file) else { return Place::default() };
        let (line, column) = file.line_and_column(span.start as usize);
        let clip = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        Place {
            file: Arc::clone(&file.name),
            line: clip(line),
            column: clip(column),
            text: file.line(line).trim().into(),
        }
    }
}

/// A place in a config, with the line that stands there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The file's name.
    pub file: Arc<str>,
    /// The line, from 1.
    pub line: u32,
    /// The column in characters, from 1.
    pub column: u32,
    /// The line as written, without its indentation.
    pub text: Box<str>,
}

impl Default for Place {
    fn default() -> Self {
        Self { file: "".into(), line: 0, column: 0, text: "".into() }
    }
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.line == 0 {
            return f.write_str(&self.file);
        }
        write!(f, "{}:{}:{}", self.file, self.line, self.column)
    }
}

/// A place of a [`Places`] table; small enough for a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PlaceId(u32);

impl PlaceId {
    /// No place: what decided stands in no config.
    pub const NOWHERE: Self = Self(0);
}

/// The places of one blueprint. Records of that blueprint point into it.
#[derive(Debug)]
pub struct Places(Vec<Place>);

impl Default for Places {
    fn default() -> Self {
        Self(vec![Place::default()])
    }
}

impl Places {
    /// Adds a place.
    pub fn add(&mut self, place: Place) -> PlaceId {
        self.0.push(place);
        PlaceId(u32::try_from(self.0.len() - 1).unwrap_or(0))
    }

    /// The place of an id; `None` for [`PlaceId::NOWHERE`].
    pub fn get(&self, id: PlaceId) -> Option<&Place> {
        if id == PlaceId::NOWHERE { None } else { self.0.get(id.0 as usize) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_counts_characters_not_bytes() {
        let mut sources = Sources::default();
        let id = sources.add("a.yaml", "one\n  é: two\n");
        let at = "one\n  é: ".len();
        assert_eq!(sources.describe(Span::new(id, at, at + 3)), "a.yaml:2:6");
        assert_eq!(sources.file(id).unwrap().byte_at(2, 5), at);
        assert_eq!(&*sources.place(Span::new(id, at, at + 3)).text, "é: two");
    }

    #[test]
    fn nowhere_is_no_place() {
        let mut places = Places::default();
        assert_eq!(places.get(PlaceId::NOWHERE), None);
        let place = Place { line: 3, ..Place::default() };
        let id = places.add(place.clone());
        assert_eq!(places.get(id), Some(&place));
    }
}
