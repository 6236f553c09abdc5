//! Reads the pattern language of PCRE, over bytes, as ModSecurity compiles it.
//!
//! A dot matches every byte and `^` and `$` match at lines, as version 3 of ModSecurity asks its
//! library for. What cannot be read is refused; nothing is guessed.

use super::ast::{Assertion, Ast, ByteSet, Greed};
use super::class;

/// Deeper nesting is refused: the walks over the tree are recursive.
const DEPTH_MAX: u32 = 200;
const REPEAT_MAX: u32 = 1_000;

/// What is wrong with a pattern, and where in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PatternError {
    pub offset: usize,
    pub message: String,
}

#[derive(Clone, Copy)]
struct Flags {
    fold_case: bool,
    dot_all: bool,
    multi_line: bool,
    extended: bool,
}

pub(super) struct Parser<'a> {
    pub(super) pattern: &'a [u8],
    pub(super) at: usize,
    captures: u32,
    depth: u32,
    flags: Flags,
}

/// Parses `pattern`; the second value is the number of capture groups.
pub(super) fn parse(pattern: &[u8], fold_case: bool) -> Result<(Ast, u32), PatternError> {
    let flags = Flags { fold_case, dot_all: true, multi_line: true, extended: false };
    let mut parser = Parser { pattern, at: 0, captures: 0, depth: 0, flags };
    let ast = parser.alternation()?;
    if parser.at < pattern.len() {
        return Err(parser.error("`)` without `(`"));
    }
    Ok((ast, parser.captures))
}

impl Parser<'_> {
    pub(super) fn error(&self, message: impl Into<String>) -> PatternError {
        PatternError { offset: self.at, message: message.into() }
    }

    pub(super) fn peek(&self) -> Option<u8> {
        self.pattern.get(self.at).copied()
    }

    pub(super) fn rest(&self) -> &[u8] {
        self.pattern.get(self.at..).unwrap_or_default()
    }

    pub(super) fn eat(&mut self, text: &[u8]) -> bool {
        let found = self.rest().starts_with(text);
        if found {
            self.at += text.len();
        }
        found
    }

    fn alternation(&mut self) -> Result<Ast, PatternError> {
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return Err(self.error("nested too deeply"));
        }
        let outer = self.flags;
        let mut branches = vec![self.concat()?];
        while self.eat(b"|") {
            branches.push(self.concat()?);
        }
        self.flags = outer;
        self.depth -= 1;
        Ok(if branches.len() == 1 {
            branches.pop().unwrap_or(Ast::Empty)
        } else {
            Ast::Alternation(branches)
        })
    }

    fn concat(&mut self) -> Result<Ast, PatternError> {
        let mut nodes = Vec::new();
        while let Some(byte) = self.peek() {
            if byte == b'|' || byte == b')' {
                break;
            }
            if self.flags.extended && self.skip_extended() {
                continue;
            }
            let Some(atom) = self.atom()? else { continue };
            nodes.push(self.repeats(atom)?);
        }
        Ok(match nodes.len() {
            0 => Ast::Empty,
            1 => nodes.pop().unwrap_or(Ast::Empty),
            _ => Ast::Concat(nodes),
        })
    }

    fn skip_extended(&mut self) -> bool {
        match self.peek() {
            Some(b'#') => {
                while self.peek().is_some_and(|byte| byte != b'\n') {
                    self.at += 1;
                }
                true
            }
            Some(byte) if byte.is_ascii_whitespace() => {
                self.at += 1;
                true
            }
            _ => false,
        }
    }

    /// One unit that a quantifier may follow; `None` for what matches nothing by itself (flags, comments).
    fn atom(&mut self) -> Result<Option<Ast>, PatternError> {
        let Some(byte) = self.peek() else { return Ok(None) };
        self.at += 1;
        Ok(Some(match byte {
            b'(' => return self.group(),
            b'[' => Ast::Set(class::bracket(self, self.flags.fold_case)?),
            b'.' if self.flags.dot_all => Ast::Set(ByteSet::all()),
            b'.' => {
                let mut newline = ByteSet::empty();
                newline.insert(b'\n');
                Ast::Set(newline.negated())
            }
            b'^' if self.flags.multi_line => Ast::Assert(Assertion::LineStart),
            b'^' => Ast::Assert(Assertion::TextStart),
            b'$' if self.flags.multi_line => Ast::Assert(Assertion::LineEnd),
            b'$' => Ast::Assert(Assertion::TextEndOrNewline),
            b'*' | b'+' | b'?' => {
                self.at -= 1;
                return Err(self.error("quantifier without anything to repeat"));
            }
            b'\\' => return self.escape(),
            _ => self.literal(byte),
        }))
    }

    fn literal(&self, byte: u8) -> Ast {
        let mut set = ByteSet::empty();
        set.insert(byte);
        if self.flags.fold_case {
            set.fold_case();
        }
        Ast::Set(set)
    }

    fn escape(&mut self) -> Result<Option<Ast>, PatternError> {
        let Some(byte) = self.peek() else {
            return Err(self.error("`\\` at the end of the pattern"));
        };
        if let Some(assertion) = match byte {
            b'b' => Some(Assertion::WordBoundary),
            b'B' => Some(Assertion::NotWordBoundary),
            b'A' => Some(Assertion::TextStart),
            b'z' => Some(Assertion::TextEnd),
            b'Z' => Some(Assertion::TextEndOrNewline),
            _ => None,
        } {
            self.at += 1;
            return Ok(Some(Ast::Assert(assertion)));
        }
        if byte == b'Q' {
            self.at += 1;
            return self.quoted();
        }
        if (b'1'..=b'9').contains(&byte) {
            return self.back_reference().map(Some);
        }
        if let Some(set) = class::shorthand(byte) {
            self.at += 1;
            return Ok(Some(Ast::Set(set)));
        }
        let value = class::escaped_byte(self)?;
        Ok(Some(self.literal(value)))
    }

    fn quoted(&mut self) -> Result<Option<Ast>, PatternError> {
        let mut nodes = Vec::new();
        while !self.eat(b"\\E") {
            let Some(byte) = self.peek() else { break };
            nodes.push(self.literal(byte));
            self.at += 1;
        }
        Ok((!nodes.is_empty()).then_some(Ast::Concat(nodes)))
    }

    fn back_reference(&mut self) -> Result<Ast, PatternError> {
        let start = self.at;
        let index = self.number().unwrap_or(0);
        if index > self.captures {
            self.at = start;
            return Err(self.error(format!("\\{index} refers to no group before it")));
        }
        Ok(Ast::BackReference { index, fold_case: self.flags.fold_case })
    }

    fn number(&mut self) -> Option<u32> {
        let start = self.at;
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
        std::str::from_utf8(self.pattern.get(start..self.at)?).ok()?.parse().ok()
    }

    fn group(&mut self) -> Result<Option<Ast>, PatternError> {
        if !self.eat(b"?") {
            return self.capture().map(Some);
        }
        for (opening, ahead, negated) in [
            (&b"="[..], true, false),
            (b"!", true, true),
            (b"<=", false, false),
            (b"<!", false, true),
        ] {
            if self.eat(opening) {
                let node = Box::new(self.until_close()?);
                if !ahead && node.width().1.is_none() {
                    return Err(self.error("a look-behind must have a bounded length"));
                }
                return Ok(Some(Ast::Look { ahead, negated, node }));
            }
        }
        if self.eat(b">") {
            return Ok(Some(Ast::Atomic(Box::new(self.until_close()?))));
        }
        if self.eat(b"P<") || self.eat(b"<") || self.eat(b"'") {
            while self.peek().is_some_and(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
                self.at += 1;
            }
            if !(self.eat(b">") || self.eat(b"'")) {
                return Err(self.error("bad name of a group"));
            }
            return self.capture().map(Some);
        }
        if self.eat(b"#") {
            while self.peek().is_some_and(|byte| byte != b')') {
                self.at += 1;
            }
            return if self.eat(b")") { Ok(None) } else { Err(self.error("comment without `)`")) };
        }
        self.flag_group()
    }

    fn capture(&mut self) -> Result<Ast, PatternError> {
        self.captures += 1;
        let index = self.captures;
        Ok(Ast::Capture { index, node: Box::new(self.until_close()?) })
    }

    fn until_close(&mut self) -> Result<Ast, PatternError> {
        let node = self.alternation()?;
        if self.eat(b")") { Ok(node) } else { Err(self.error("`(` without `)`")) }
    }

    /// `(?i)`, `(?i:…)`, `(?:…)`.
    fn flag_group(&mut self) -> Result<Option<Ast>, PatternError> {
        let outer = self.flags;
        let mut on = true;
        loop {
            let Some(byte) = self.peek() else { return Err(self.error("`(?` without `)`")) };
            self.at += 1;
            match byte {
                b'-' => on = false,
                b'i' => self.flags.fold_case = on,
                b's' => self.flags.dot_all = on,
                b'm' => self.flags.multi_line = on,
                b'x' => self.flags.extended = on,
                b')' => return Ok(None),
                b':' => {
                    let node = self.until_close()?;
                    self.flags = outer;
                    return Ok(Some(node));
                }
                _ => {
                    self.at -= 1;
                    return Err(self.error(format!("unknown group `(?{}`", char::from(byte))));
                }
            }
        }
    }

    fn repeats(&mut self, mut node: Ast) -> Result<Ast, PatternError> {
        while let Some((min, max)) = self.quantifier()? {
            let greed = if self.eat(b"?") {
                Greed::Lazy
            } else if self.eat(b"+") {
                Greed::Possessive
            } else {
                Greed::Greedy
            };
            node = Ast::Repeat { node: Box::new(node), min, max, greed };
        }
        Ok(node)
    }

    fn quantifier(&mut self) -> Result<Option<(u32, Option<u32>)>, PatternError> {
        let simple = match self.peek() {
            Some(b'*') => (0, None),
            Some(b'+') => (1, None),
            Some(b'?') => (0, Some(1)),
            Some(b'{') => return self.counted(),
            _ => return Ok(None),
        };
        self.at += 1;
        Ok(Some(simple))
    }

    /// `{n}`, `{n,}`, `{n,m}`; any other brace is an ordinary byte.
    fn counted(&mut self) -> Result<Option<(u32, Option<u32>)>, PatternError> {
        let start = self.at;
        self.at += 1;
        let min = self.number();
        let max = if self.eat(b",") { self.number() } else { min };
        let open_ended = self.pattern.get(self.at.wrapping_sub(1)) == Some(&b',');
        let (Some(min), true) = (min, self.eat(b"}")) else {
            self.at = start;
            return Ok(None);
        };
        let max = if open_ended { None } else { max };
        if min > REPEAT_MAX || max.is_some_and(|max| max > REPEAT_MAX || max < min) {
            self.at = start;
            return Err(self.error("repetition out of range"));
        }
        Ok(Some((min, max)))
    }
}
