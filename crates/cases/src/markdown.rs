//! The parts of Markdown that a case file is made of: headings and fenced blocks.
//!
//! A fence is three or more backticks or tildes, and is closed by at least as many of the same, so
//! that a longer fence can show a shorter one. Unlike CommonMark a fence may be indented by any
//! amount: a case that stands in a deep list is run, never passed over.

/// A part of a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Block<'t> {
    /// A heading of the `#` kind.
    Heading(Heading<'t>),
    /// A fenced block.
    Fence(Fence<'t>),
}

/// A heading.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Heading<'t> {
    /// How many `#`.
    pub(crate) level: usize,
    /// What it says.
    pub(crate) text: &'t str,
    /// Its line, from 1.
    pub(crate) line: usize,
}

/// A fenced block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fence<'t> {
    /// What stands behind the opening backticks.
    pub(crate) info: &'t str,
    /// The line of the opening fence, from 1.
    pub(crate) line: usize,
    /// What stands before the opening fence.
    pub(crate) indent: &'t str,
    /// What is inside.
    pub(crate) lines: Vec<Line<'t>>,
    /// Whether it was closed before the end of the file.
    pub(crate) closed: bool,
}

/// A line inside a fenced block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Line<'t> {
    /// Its number in the file, from 1.
    pub(crate) number: usize,
    /// White space that stands before its text because its fence is indented.
    pub(crate) indent: &'t str,
    /// Its text, without the indentation of its fence.
    pub(crate) text: &'t str,
}

impl<'t> Fence<'t> {
    /// The words behind the opening backticks.
    pub(crate) fn words(&self) -> Vec<&'t str> {
        self.info.split_whitespace().collect()
    }

    /// What is inside, as one text.
    pub(crate) fn text(&self) -> String {
        self.lines.iter().flat_map(|line| [line.text, "\n"]).collect()
    }
}

/// The lines of a text, without their ends.
pub(crate) fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.split('\n').map(|line| line.strip_suffix('\r').unwrap_or(line))
}

/// The headings and fenced blocks of a page, in order. There is nothing that cannot be read.
pub(crate) fn read(text: &str) -> Vec<Block<'_>> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut blocks = Vec::new();
    let mut open: Option<(Marker, Fence<'_>)> = None;
    for (index, line) in lines(text).enumerate() {
        let number = index + 1;
        match &mut open {
            Some((marker, fence)) if marker.is_closed_by(line) => {
                fence.closed = true;
                blocks.extend(open.take().map(|(_, fence)| Block::Fence(fence)));
            }
            Some((_, fence)) => fence.lines.push(inner(line, number, fence.indent.len())),
            None => {
                open = opening(line, number);
                if open.is_none() {
                    blocks.extend(heading(line, number).map(Block::Heading));
                }
            }
        }
    }
    if let Some((_, mut fence)) = open {
        // The last "line" of a text that ends in a newline is none.
        if fence.lines.last().is_some_and(|last| last.text.is_empty()) {
            fence.lines.pop();
        }
        blocks.push(Block::Fence(fence));
    }
    blocks
}

/// What a fence is made of.
struct Marker {
    character: char,
    count: usize,
}

impl Marker {
    fn is_closed_by(&self, line: &str) -> bool {
        let rest = line.trim();
        rest.len() >= self.count && rest.chars().all(|c| c == self.character)
    }
}

fn opening(line: &str, number: usize) -> Option<(Marker, Fence<'_>)> {
    let trimmed = line.trim_start();
    let character = trimmed.chars().next().filter(|c| matches!(c, '`' | '~'))?;
    let info = trimmed.trim_start_matches(character);
    let count = trimmed.len() - info.len();
    // Backticks behind backticks are code inside a sentence.
    if count < 3 || (character == '`' && info.contains('`')) {
        return None;
    }
    let indent = line.get(..line.len() - trimmed.len()).unwrap_or("");
    let fence = Fence { info: info.trim(), line: number, indent, lines: Vec::new(), closed: false };
    Some((Marker { character, count }, fence))
}

/// A line without as much white space as its fence stands behind.
fn inner(line: &str, number: usize, indent: usize) -> Line<'_> {
    let white = line.len() - line.trim_start_matches([' ', '\t']).len();
    let (indent, text) = line.split_at(white.min(indent));
    Line { number, indent, text }
}

fn heading(line: &str, number: usize) -> Option<Heading<'_>> {
    let text = line.trim_start_matches('#');
    let level = line.len() - text.len();
    if !(1..=6).contains(&level) || !(text.is_empty() || text.starts_with([' ', '\t'])) {
        return None;
    }
    let text = text.trim();
    let shorter = text.trim_end_matches('#');
    let text = if shorter.is_empty() || shorter.ends_with(' ') { shorter.trim() } else { text };
    Some(Heading { level, text, line: number })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> Vec<String> {
        let show = |block: &Block<'_>| match block {
            Block::Heading(it) => format!("{}: {} {}", it.line, "#".repeat(it.level), it.text),
            Block::Fence(it) => {
                let lines: Vec<_> = it
                    .lines
                    .iter()
                    .map(|l| format!("{}:{} {}", l.number, l.indent.len(), l.text))
                    .collect();
                let open = if it.closed { "" } else { " (open)" };
                format!("{}: [{}]{open} {}", it.line, it.info, lines.join(" | "))
            }
        };
        read(text).iter().map(show).collect()
    }

    #[test]
    fn headings_and_blocks_are_found_with_their_lines() {
        let page = "# a\n\ntext # no\n#no\n## b ##\n```http\nGET /\n> 200\n```\n#\n####### no\n";
        let expected = ["1: # a", "5: ## b", "6: [http] 7:0 GET / | 8:0 > 200", "10: # "];
        assert_eq!(shown(page), expected);
        assert_eq!(shown(&page.replace('\n', "\r\n")), expected);
        assert_eq!(shown(&format!("\u{feff}{page}")), expected);
    }

    #[test]
    fn a_longer_fence_shows_a_shorter_one() {
        let page = "````markdown\n# not a heading\n```http\nGET /\n```\n````\n~~~ yaml x\n```\n~~~~\n# after";
        let expected = [
            "1: [markdown] 2:0 # not a heading | 3:0 ```http | 4:0 GET / | 5:0 ```",
            "7: [yaml x] 8:0 ```",
            "10: # after",
        ];
        assert_eq!(shown(page), expected);
    }

    #[test]
    fn a_fence_in_a_list_gives_its_indentation_away() {
        let page =
            "1. first\n\n       ```http\n       GET /\n         > 200\n     short\n       ```\n";
        assert_eq!(shown(page), ["3: [http] 4:7 GET / | 5:7   > 200 | 6:5 short"]);
    }

    #[test]
    fn what_is_not_closed_runs_to_the_end() {
        assert_eq!(shown("```http\nGET /\n``\n"), ["1: [http] (open) 2:0 GET / | 3:0 ``"]);
        assert_eq!(shown("```"), ["1: [] (open) "]);
        assert_eq!(shown("say ```http``` twice\n```a`b\n"), Vec::<String>::new());
    }
}
