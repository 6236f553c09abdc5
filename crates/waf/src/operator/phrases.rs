//! Phrase lists: `@pm` and `@pmFromFile`.

use aho_corasick::{AhoCorasick, MatchKind};

#[derive(Debug)]
pub(crate) struct Phrases {
    automaton: AhoCorasick,
    phrases: Vec<Vec<u8>>,
}

impl Phrases {
    pub(crate) fn new(phrases: Vec<Vec<u8>>) -> Result<Self, String> {
        let automaton = AhoCorasick::builder()
            .ascii_case_insensitive(true)
            .match_kind(MatchKind::Standard)
            .build(&phrases)
            .map_err(|error| format!("the phrases cannot be compiled: {error}"))?;
        Ok(Self { automaton, phrases })
    }

    /// The phrases of an `@pm`, between spaces; `|41 42|` spells bytes.
    pub(crate) fn split(parameter: &str) -> Result<Vec<Vec<u8>>, String> {
        let mut unspelt = Vec::new();
        for (index, part) in parameter.split('|').enumerate() {
            if index % 2 == 0 {
                unspelt.extend_from_slice(part.as_bytes());
                continue;
            }
            for pair in part.split_whitespace() {
                let byte = u8::from_str_radix(pair, 16)
                    .map_err(|_| format!("`{pair}` between bars is not a byte in hexadecimal"))?;
                unspelt.push(byte);
            }
        }
        let phrases = unspelt.split(u8::is_ascii_whitespace).filter(|phrase| !phrase.is_empty());
        Ok(phrases.map(<[u8]>::to_vec).collect())
    }

    /// The phrases of a file: one a line, without comments.
    pub(crate) fn lines(text: &[u8]) -> Vec<Vec<u8>> {
        text.split(|byte| *byte == b'\n')
            .map(<[u8]>::trim_ascii)
            .filter(|line| !line.is_empty() && !line.starts_with(b"#"))
            .map(<[u8]>::to_vec)
            .collect()
    }

    pub(crate) fn shortest(&self) -> usize {
        self.phrases.iter().map(Vec::len).min().unwrap_or(0)
    }

    pub(crate) fn phrases(&self) -> impl Iterator<Item = &[u8]> {
        self.phrases.iter().map(Vec::as_slice)
    }

    /// Where the first phrase to end in `value` lies.
    pub(crate) fn find(&self, value: &[u8]) -> Option<(usize, usize)> {
        self.automaton.find(value).map(|found| (found.start(), found.end()))
    }
}
