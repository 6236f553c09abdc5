//! From the events of the YAML parser to a tree.

use super::{DEPTH_MAX, Entry, Kind, NODES_MAX, Node, Scalar};
use crate::{
    diagnostic::{Diagnostic, Diagnostics},
    reasons,
    source::{FileId, SourceFile, Sources, Span},
};
use saphyr_parser::{Event, Parser, ScalarStyle, StrInput};
use std::collections::HashMap;

/// The most bytes that copies take: what anchors mark is kept as one, and each alias is another.
const COPIES_BYTES_MAX: usize = 64 << 20;

/// Reads a file as one YAML document.
pub(super) fn parse(sources: &Sources, file: FileId, problems: &mut Diagnostics) -> Option<Node> {
    let source = sources.file(file)?;
    let mut builder = Builder {
        parser: Parser::new_from_str(&source.text),
        source,
        file,
        problems,
        anchors: HashMap::new(),
        nodes: 0,
        copied: 0,
        bytes: ByteOffsets::of(&source.text),
    };
    builder.document()
}

struct Builder<'a> {
    parser: Parser<'a, StrInput<'a>>,
    source: &'a SourceFile,
    file: FileId,
    problems: &'a mut Diagnostics,
    anchors: HashMap<usize, Anchored>,
    nodes: usize,
    /// The bytes of all copies so far.
    copied: usize,
    bytes: ByteOffsets,
}

/// What an anchor marks.
struct Anchored {
    node: Node,
    size: Size,
}

/// How much a value takes.
#[derive(Clone, Copy)]
struct Size {
    nodes: usize,
    /// What it takes in memory, roughly.
    bytes: usize,
    /// How many levels there are below it.
    height: usize,
}

type Next<'a> = (Event<'a>, Span);

impl<'a> Builder<'a> {
    fn document(&mut self) -> Option<Node> {
        let mut root = None;
        loop {
            let (event, span) = self.next()?;
            match event {
                Event::StreamStart | Event::DocumentEnd | Event::Nothing => {}
                Event::DocumentStart(_) if root.is_none() => {
                    let first = self.next()?;
                    root = Some(self.node(first, 0)?);
                }
                Event::DocumentStart(_) => {
                    return self.fail(span, "a second document starts here; one is read");
                }
                Event::StreamEnd => {
                    let nothing = Node { span, kind: Kind::Null };
                    return Some(root.unwrap_or(nothing));
                }
                _ => return self.fail(span, "unexpected content between documents"),
            }
        }
    }

    fn node(&mut self, (event, span): Next<'a>, depth: usize) -> Option<Node> {
        self.nodes += 1;
        if depth > DEPTH_MAX {
            return self.too_large(span, format!("more than {DEPTH_MAX} levels of nesting"));
        }
        if self.nodes > NODES_MAX {
            return self.too_large(span, format!("more than {NODES_MAX} values"));
        }
        let (node, anchor) = match event {
            Event::Alias(anchor) => return self.unfold(anchor, span, depth),
            Event::Scalar(text, style, anchor, None) => {
                (Node { span, kind: scalar(text.into_owned(), style) }, anchor)
            }
            Event::SequenceStart(anchor, None) => (self.list(span, depth)?, anchor),
            Event::MappingStart(anchor, None) => (self.map(span, depth)?, anchor),
            Event::Scalar(..) | Event::SequenceStart(..) | Event::MappingStart(..) => {
                return self.fail(span, "a tag; tags are not read");
            }
            _ => return self.fail(span, "a value was expected here"),
        };
        if anchor != 0 {
            let size = Size::of(&node);
            self.count_copy(size, span)?;
            self.anchors.insert(anchor, Anchored { node: node.clone(), size });
        }
        Some(node)
    }

    fn list(&mut self, start: Span, depth: usize) -> Option<Node> {
        let mut items = Vec::new();
        loop {
            let next = self.next()?;
            if matches!(next.0, Event::SequenceEnd) {
                return Some(Node { span: join(start, next.1), kind: Kind::List(items) });
            }
            items.push(self.node(next, depth + 1)?);
        }
    }

    fn map(&mut self, start: Span, depth: usize) -> Option<Node> {
        let mut entries: Vec<Entry> = Vec::new();
        let mut seen: HashMap<String, Span> = HashMap::new();
        loop {
            let (event, key_span) = self.next()?;
            let key = match event {
                Event::MappingEnd => {
                    return Some(Node { span: join(start, key_span), kind: Kind::Map(entries) });
                }
                Event::Scalar(text, _, _, None) => text.into_owned(),
                _ => return self.fail(key_span, "a key that is not text"),
            };
            if key == "<<" {
                return self.fail(key_span, "a merge key; write the fields out");
            }
            let next = self.next()?;
            let value = self.node(next, depth + 1)?;
            if let Some(first) = seen.insert(key.clone(), key_span) {
                self.problems.push(super::repeated_key(&key, key_span, first));
            }
            entries.push(Entry { key, key_span, value });
        }
    }

    /// An alias stands for a copy of what its anchor marks. The copy is no deeper than what is
    /// written out may be, since everyone walks the tree by recursion.
    fn unfold(&mut self, anchor: usize, span: Span, depth: usize) -> Option<Node> {
        let Some(&Anchored { size, .. }) = self.anchors.get(&anchor) else {
            return self.fail(span, "an alias inside the value that its anchor marks");
        };
        if depth + size.height > DEPTH_MAX {
            let message =
                format!("this alias unfolds into more than {DEPTH_MAX} levels of nesting");
            return self.too_large(span, message);
        }
        self.count_copy(size, span)?;
        self.anchors.get(&anchor).map(|anchored| anchored.node.clone())
    }

    /// Counts a copy before it is made, so that neither nine lines of aliases nor a hundred anchors
    /// around one list unfold into a billion values.
    fn count_copy(&mut self, size: Size, span: Span) -> Option<()> {
        self.nodes += size.nodes;
        self.copied = self.copied.saturating_add(size.bytes);
        if self.nodes > NODES_MAX {
            let message = format!("anchors and aliases unfold into over {NODES_MAX} values");
            return self.too_large(span, message);
        }
        if self.copied > COPIES_BYTES_MAX {
            let message = format!("anchors and aliases unfold into over {COPIES_BYTES_MAX} bytes");
            return self.too_large(span, message);
        }
        Some(())
    }

    fn next(&mut self) -> Option<Next<'a>> {
        match self.parser.next_event()? {
            Ok((event, span)) => {
                let start = self.byte(span.start);
                let end = self.byte(span.end).max(start);
                Some((event, Span::new(self.file, start, end)))
            }
            Err(error) => {
                let at = self.byte(*error.marker());
                let message = error.info().to_lowercase();
                let problem =
                    Diagnostic::new(&reasons::SYNTAX, Span::new(self.file, at, at), &message);
                self.problems.push(problem.hint(way_out(&message)));
                None
            }
        }
    }

    fn byte(&self, marker: saphyr_parser::Marker) -> usize {
        self.bytes.byte_at(&self.source.text, marker.index())
    }

    fn fail<T>(&mut self, span: Span, message: &str) -> Option<T> {
        self.problems.push(Diagnostic::new(&reasons::SYNTAX, span, message));
        None
    }

    fn too_large<T>(&mut self, span: Span, message: String) -> Option<T> {
        self.problems.push(Diagnostic::new(&reasons::FILE_TOO_LARGE, span, message));
        None
    }
}

/// Where every so many characters of a text begin, since the parser counts characters.
struct ByteOffsets {
    /// Empty if the text is ASCII: then a character is a byte.
    starts: Vec<usize>,
}

impl ByteOffsets {
    const STEP: usize = 64;

    fn of(text: &str) -> Self {
        let starts = match text.is_ascii() {
            true => Vec::new(),
            false => text.char_indices().step_by(Self::STEP).map(|(at, _)| at).collect(),
        };
        Self { starts }
    }

    fn byte_at(&self, text: &str, character: usize) -> usize {
        if self.starts.is_empty() {
            return character.min(text.len());
        }
        let start = self.starts.get(character / Self::STEP).copied().unwrap_or(text.len());
        let rest = text.get(start..).unwrap_or("");
        let within = rest.char_indices().nth(character % Self::STEP);
        start + within.map_or(rest.len(), |(at, _)| at)
    }
}

fn scalar(text: String, style: ScalarStyle) -> Kind {
    let plain = style == ScalarStyle::Plain;
    if plain && matches!(text.as_str(), "" | "~" | "null") {
        return Kind::Null;
    }
    Kind::Scalar(Scalar { text, plain, secret: false })
}

/// What most likely is behind a message of the parser, which speaks of its own states.
fn way_out(message: &str) -> &'static str {
    match () {
        () if message.contains("tab") => "indent with spaces",
        () if message.contains("',' or") => {
            "close the bracket; inside `{ }` and `[ ]`, quote a value that holds one of them, such as \"${env:NAME}\""
        }
        () if message.contains("expected key") || message.contains("block mapping") => {
            "indent the line like its neighbours, and quote a value that holds `: ` or ` #`"
        }
        () => {
            "look at the indentation, at brackets that are not closed, and at values that need quotes"
        }
    }
}

/// The place of a map or list. A block ends where the next line's indentation falls back, which is
/// no place to point at: then the first child's line serves.
fn join(start: Span, end: Span) -> Span {
    Span { end: end.end.max(start.end), ..start }
}

impl Size {
    fn of(node: &Node) -> Self {
        let mut size = Self { nodes: 1, bytes: size_of::<Node>(), height: 0 };
        match &node.kind {
            Kind::Null => {}
            Kind::Scalar(scalar) => size.bytes += scalar.text.len(),
            Kind::List(items) => items.iter().for_each(|item| size.add(Self::of(item))),
            Kind::Map(entries) => {
                for Entry { key, value, .. } in entries {
                    size.add(Self::of(value));
                    size.bytes += size_of::<Entry>() - size_of::<Node>() + key.len();
                }
            }
        }
        size
    }

    fn add(&mut self, child: Self) {
        self.nodes += child.nodes;
        self.bytes += child.bytes;
        self.height = self.height.max(child.height + 1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Diagnostic;

    fn read(text: &str) -> (Option<Node>, Vec<Diagnostic>) {
        let mut sources = Sources::default();
        let file = sources.add("a.yaml", text);
        let mut problems = Diagnostics::default();
        let node = parse(&sources, file, &mut problems);
        (node, problems.sorted())
    }

    fn sound(text: &str) -> Node {
        let (node, problems) = read(text);
        assert!(problems.is_empty(), "{problems:?}");
        node.unwrap()
    }

    #[test]
    fn words_stay_words() {
        let node = sound("a: NO\nb: 'true'\nc: true\nd: 1.10\ne: 012\nf: ~\ng: \"null\"\n");
        let json = node.to_json().to_string();
        assert_eq!(
            json,
            r#"{"a":"NO","b":"true","c":true,"d":1.10,"e":"012","f":null,"g":"null"}"#
                .replace("1.10", "1.1")
        );
    }

    #[test]
    fn spans_hold_what_was_written_even_behind_other_alphabets() {
        let text = "é: ü\nlist: [één, \"twee\"]\n";
        let node = sound(text);
        let item = &node.get("list").unwrap().items()[1];
        assert_eq!(&text[item.span.range()], "\"twee\"");
    }

    #[test]
    fn json_is_yaml() {
        let node = sound("{\"a\": [1, {\"b\": null}], \"c\": \"x\\u00e9\"}");
        assert_eq!(node.get("c").unwrap().text(), Some("xé"));
    }

    #[test]
    fn an_alias_is_a_copy_and_a_bomb_is_refused() {
        let node = sound("a: &x [1]\nb: *x\n");
        assert_eq!(node.get("b").unwrap().items().len(), 1);

        let mut bomb = String::from("l0: &l0 [a,a,a,a,a,a,a,a,a,a]\n");
        for level in 1..9 {
            let below = format!("*l{},", level - 1).repeat(10);
            bomb.push_str(&format!("l{level}: &l{level} [{below}]\n"));
        }
        let (node, problems) = read(&bomb);
        assert!(node.is_none());
        assert_eq!(problems[0].reason, &reasons::FILE_TOO_LARGE);
    }

    fn too_large(text: &str) {
        let (node, problems) = read(text);
        assert!(node.is_none());
        assert_eq!(problems[0].reason, &reasons::FILE_TOO_LARGE, "{problems:?}");
    }

    /// Each line is flat enough, but stands inside the next: the tree would overflow the stack of
    /// whoever walks or drops it.
    #[test]
    fn aliases_inside_anchors_are_no_deeper_than_what_is_written_out() {
        let nested = |inside: &str, depth| "[".repeat(depth) + inside + &"]".repeat(depth);
        let mut chain = format!("l0: &l0 {}\n", nested("1", 100));
        for level in 1..1000 {
            let inside = nested(&format!("*l{}", level - 1), 100);
            chain.push_str(&format!("l{level}: &l{level} {inside}\n"));
        }
        too_large(&chain);

        // `a` is one level down, and so is the list that holds the alias.
        let at = |depth| format!("a: &a {}\nb: {}\n", nested("1", 100), nested("*a", depth));
        sound(&at(DEPTH_MAX - 101));
        too_large(&at(DEPTH_MAX - 100));
    }

    /// The copy that each anchor keeps is counted, though nothing refers to it.
    #[test]
    fn anchors_around_one_list_are_counted() {
        let anchors: String = (0..100).map(|level| format!("&a{level} [")).collect();
        too_large(&format!("{anchors}{}1{}", "1,".repeat(30_000), "]".repeat(100)));
    }

    /// A value can be one node and still be large.
    #[test]
    fn copies_of_a_long_text_are_counted() {
        let text = "x".repeat(1 << 20);
        sound(&format!("a: &a {text}\nb: [{}]\n", "*a,".repeat(20)));
        too_large(&format!("a: &a {text}\nb: [{}]\n", "*a,".repeat(100)));
        too_large(&format!("a: &a {{ {text}: 1 }}\nb: [{}]\n", "*a,".repeat(100)));
    }

    #[test]
    fn what_is_not_read_is_refused() {
        for text in [
            "a: 1\n---\nb: 2\n",
            "a: !!int 1\n",
            "? [a]\n: b\n",
            "a: [1\n",
            "base: &b {x: 1}\nc:\n  <<: *b\n",
            "\"\\u12\": 1\n",
        ] {
            let (node, problems) = read(text);
            assert!(node.is_none() && problems[0].reason == &reasons::SYNTAX, "{text}");
        }
        let deep = "[".repeat(200) + &"]".repeat(200);
        assert_eq!(read(&deep).1[0].reason, &reasons::FILE_TOO_LARGE);
        assert_eq!(read("a: 1\nb: 2\na: 3\n").1[0].reason, &reasons::DUPLICATE_KEY);
    }
}
