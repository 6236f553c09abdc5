//! Rewriting what does not hold.

/// Lines of a file that are to be replaced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Edit {
    /// The first line, from 1.
    pub(crate) first: usize,
    /// How many lines go; none for an insertion before `first`.
    pub(crate) count: usize,
    /// What stands before each new line.
    pub(crate) indent: String,
    /// The new lines.
    pub(crate) lines: Vec<String>,
}

/// A text with its edits. Every other line stays as it is, its end included.
pub(crate) fn apply(text: &str, edits: &[Edit]) -> String {
    let mut edits: Vec<&Edit> = edits.iter().collect();
    edits.sort_by_key(|edit| edit.first);
    let end = if text.contains("\r\n") { "\r\n" } else { "\n" };
    let mut edits = edits.into_iter().peekable();
    let mut rewritten = String::with_capacity(text.len());
    let mut gone = 0;
    for (index, line) in text.split_inclusive('\n').enumerate() {
        while let Some(edit) = edits.next_if(|edit| edit.first <= index + 1) {
            for line in &edit.lines {
                let indent = if line.is_empty() { "" } else { &edit.indent };
                rewritten.extend([indent, line, end]);
            }
            gone = edit.count;
        }
        if gone > 0 {
            gone -= 1;
        } else {
            rewritten.push_str(line);
        }
    }
    rewritten
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edit(first: usize, count: usize, indent: &str, lines: &[&str]) -> Edit {
        let lines = lines.iter().map(|line| (*line).to_owned()).collect();
        Edit { first, count, indent: indent.to_owned(), lines }
    }

    #[test]
    fn lines_are_replaced_inserted_and_removed() {
        let edits =
            [edit(3, 2, "", &[]), edit(1, 1, "  ", &["A", "", "a"]), edit(5, 0, "", &["E"])];
        assert_eq!(apply("1\n2\n3\n4\n5\n6", &edits), "  A\n\n  a\n2\nE\n5\n6");
    }

    #[test]
    fn the_ends_of_lines_stay() {
        assert_eq!(apply("1\r\n2\r\n", &[edit(2, 1, "", &["x"])]), "1\r\nx\r\n");
        assert_eq!(apply("1\n2", &[]), "1\n2");
    }
}
