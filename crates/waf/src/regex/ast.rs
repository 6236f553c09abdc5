//! The syntax tree of a Perl-compatible pattern, over bytes.

/// A set of bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct ByteSet([u64; 4]);

impl ByteSet {
    pub(crate) const fn empty() -> Self {
        Self([0; 4])
    }

    pub(crate) const fn all() -> Self {
        Self([u64::MAX; 4])
    }

    pub(crate) fn contains(&self, byte: u8) -> bool {
        let word = self.0.get(usize::from(byte >> 6)).copied().unwrap_or(0);
        word >> (byte & 63) & 1 == 1
    }

    pub(crate) fn insert(&mut self, byte: u8) {
        if let Some(word) = self.0.get_mut(usize::from(byte >> 6)) {
            *word |= 1 << (byte & 63);
        }
    }

    pub(crate) fn insert_range(&mut self, first: u8, last: u8) {
        for byte in first..=last {
            self.insert(byte);
        }
    }

    pub(crate) fn union(&mut self, other: &Self) {
        for (mine, theirs) in self.0.iter_mut().zip(other.0) {
            *mine |= theirs;
        }
    }

    pub(crate) fn negated(&self) -> Self {
        Self(self.0.map(|word| !word))
    }

    /// Adds the other case of every ASCII letter in the set.
    pub(crate) fn fold_case(&mut self) {
        for letter in b'a'..=b'z' {
            let upper = letter.to_ascii_uppercase();
            if self.contains(letter) || self.contains(upper) {
                self.insert(letter);
                self.insert(upper);
            }
        }
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = u8> + '_ {
        (0..=u8::MAX).filter(|byte| self.contains(*byte))
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Greed {
    Greedy,
    Lazy,
    /// Gives nothing back once it has matched.
    Possessive,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Assertion {
    LineStart,
    LineEnd,
    TextStart,
    TextEnd,
    /// The end of the text, or before a newline that ends it.
    TextEndOrNewline,
    WordBoundary,
    NotWordBoundary,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Ast {
    Empty,
    Set(ByteSet),
    Concat(Vec<Ast>),
    Alternation(Vec<Ast>),
    Repeat { node: Box<Ast>, min: u32, max: Option<u32>, greed: Greed },
    Capture { index: u32, node: Box<Ast> },
    Atomic(Box<Ast>),
    Look { ahead: bool, negated: bool, node: Box<Ast> },
    Assert(Assertion),
    BackReference { index: u32, fold_case: bool },
}

impl Ast {
    /// Whether only a backtracking matcher gives the exact answer.
    pub(crate) fn needs_backtracking(&self) -> bool {
        match self {
            Self::Empty | Self::Set(_) => false,
            Self::Assert(assertion) => *assertion == Assertion::TextEndOrNewline,
            Self::Concat(nodes) | Self::Alternation(nodes) => {
                nodes.iter().any(Self::needs_backtracking)
            }
            Self::Repeat { node, greed, .. } => {
                *greed == Greed::Possessive || node.needs_backtracking()
            }
            Self::Capture { node, .. } => node.needs_backtracking(),
            Self::Atomic(_) | Self::Look { .. } | Self::BackReference { .. } => true,
        }
    }

    /// The shortest and the longest text the node can match; no longest when it is unbounded.
    pub(crate) fn width(&self) -> (usize, Option<usize>) {
        match self {
            Self::Empty | Self::Assert(_) | Self::Look { .. } => (0, Some(0)),
            Self::Set(_) => (1, Some(1)),
            Self::Concat(nodes) => nodes.iter().map(Self::width).fold((0, Some(0)), |sum, next| {
                (sum.0.saturating_add(next.0), sum.1.zip(next.1).map(|(a, b)| a.saturating_add(b)))
            }),
            Self::Alternation(nodes) => nodes
                .iter()
                .map(Self::width)
                .reduce(|a, b| (a.0.min(b.0), a.1.zip(b.1).map(|(a, b)| a.max(b))))
                .unwrap_or((0, Some(0))),
            Self::Repeat { node, min, max, .. } => {
                let (low, high) = node.width();
                let high =
                    high.zip(*max).map(|(width, times)| width.saturating_mul(times as usize));
                (low.saturating_mul(*min as usize), high)
            }
            Self::Capture { node, .. } | Self::Atomic(node) => node.width(),
            Self::BackReference { .. } => (0, None),
        }
    }
}
