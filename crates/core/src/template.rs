//! Path templates: `/pets/{id}`, `/files/{rest*}`.

use crate::canonical::CanonicalPath;
use std::fmt;

/// The most segments that a template may have.
pub const SEGMENTS_MAX: usize = 64;

/// A path with named holes. Literal segments are compared with what a request's segment *says*, so
/// both sides are decoded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PathTemplate {
    text: String,
    segments: Vec<Segment>,
}

/// One segment of a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Segment {
    /// Must be there as it is.
    Literal(String),
    /// `{name}.json`, `v{name}`: one segment with text before or behind the hole.
    Mixed(Mixed),
    /// `{name}`: any one segment that is not empty.
    Param(String),
    /// `{name*}`: everything from here on, at least one character.
    Rest(String),
}

/// Why a text is not a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BadTemplate {
    /// It does not begin with `/`.
    NoSlash,
    /// A literal part has no normal form as a path, or is not written in it.
    NotCanonical(String),
    /// A segment with several holes, such as `{a}-{b}`: what each of them holds would be guesswork. Or
    /// a `{` or `}` without its other half.
    PartOfSegment(String),
    /// A name that is empty or holds something else than letters, digits, `_`, `-` and `.`.
    BadName(String),
    /// A name that stands twice.
    RepeatedName(String),
    /// `{rest*}` is not the last segment.
    RestNotLast,
    /// More than [`SEGMENTS_MAX`] segments.
    TooLong,
}

impl fmt::Display for BadTemplate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoSlash => write!(f, "a path begins with `/`"),
            Self::NotCanonical(why) => write!(f, "no request could match this path: {why}"),
            Self::PartOfSegment(segment) => {
                write!(
                    f,
                    "`{segment}` can be taken apart in several ways; a segment has one `{{name}}`"
                )
            }
            Self::BadName(name) => write!(f, "`{name}` cannot name a parameter"),
            Self::RepeatedName(name) => write!(f, "the parameter `{name}` stands twice"),
            Self::RestNotLast => write!(f, "`{{rest*}}` can only be the last segment"),
            Self::TooLong => write!(f, "more than {SEGMENTS_MAX} segments"),
        }
    }
}

impl PathTemplate {
    /// Reads a template.
    pub fn parse(text: &str) -> Result<Self, BadTemplate> {
        let inner = text.strip_prefix('/').ok_or(BadTemplate::NoSlash)?;
        let segments = inner.split('/').map(Segment::parse).collect::<Result<Vec<_>, _>>()?;
        if segments.len() > SEGMENTS_MAX {
            return Err(BadTemplate::TooLong);
        }
        let without_last = segments.split_last().map_or(&[][..], |(_, before)| before);
        if without_last.iter().any(|segment| matches!(segment, Segment::Rest(_))) {
            return Err(BadTemplate::RestNotLast);
        }
        let names: Vec<&str> = segments.iter().filter_map(Segment::name).collect();
        let repeated = |name: &&&str| names.iter().filter(|other| other == name).count() > 1;
        if let Some(name) = names.iter().find(repeated) {
            return Err(BadTemplate::RepeatedName((*name).to_owned()));
        }
        // What is literal must be a path that a request can have, or the route can never match.
        let sample: String = inner.split('/').map(sample).collect();
        match CanonicalPath::admit(&sample) {
            Ok(_) => Ok(Self { text: text.to_owned(), segments }),
            Err(why) => Err(BadTemplate::NotCanonical(why.to_string())),
        }
    }

    /// The template as it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Its segments.
    pub fn segments(&self) -> &[Segment] {
        &self.segments
    }

    /// A template that keeps a path closed which cannot be routed. Nothing in it is captured.
    pub fn shadow(text: &str, segments: Vec<Segment>) -> Self {
        Self { text: text.to_owned(), segments }
    }

    /// The template with `base`, a literal path such as `/v1`, before it.
    pub fn under(base: &str, template: &str) -> Result<Self, BadTemplate> {
        Self::parse(&format!("{}{template}", base.trim_end_matches('/')))
    }
}

impl Segment {
    fn parse(text: &str) -> Result<Self, BadTemplate> {
        let several = || BadTemplate::PartOfSegment(text.to_owned());
        let decoded = |text| crate::canonical::decode_segment(text).into_owned();
        let Some((prefix, rest)) = text.split_once('{') else {
            return if text.contains('}') {
                Err(several())
            } else {
                Ok(Self::Literal(decoded(text)))
            };
        };
        let (name, suffix) = rest.split_once('}').ok_or_else(several)?;
        if [prefix, name, suffix].iter().any(|part| part.contains(['{', '}'])) {
            return Err(several());
        }
        let whole = prefix.is_empty() && suffix.is_empty();
        let (name, rest) = match name.strip_suffix('*') {
            Some(name) if whole => (name, true),
            _ => (name, false),
        };
        let sound = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.');
        if name.is_empty() || !name.bytes().all(sound) {
            return Err(BadTemplate::BadName(name.to_owned()));
        }
        Ok(match (rest, whole) {
            (true, _) => Self::Rest(name.to_owned()),
            (false, true) => Self::Param(name.to_owned()),
            (false, false) => Self::Mixed(Mixed {
                pieces: vec![decoded(prefix), decoded(suffix)],
                name: Some(name.to_owned()),
            }),
        })
    }

    fn name(&self) -> Option<&str> {
        match self {
            Self::Literal(_) => None,
            Self::Mixed(mixed) => mixed.name.as_deref(),
            Self::Param(name) | Self::Rest(name) => Some(name),
        }
    }
}

/// A segment of texts with holes between them: the first text begins it, the last ends it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Mixed {
    pieces: Vec<String>,
    /// `None` where nothing is captured.
    name: Option<String>,
}

impl Mixed {
    /// A segment with any number of holes, none of which is captured: enough to keep something closed.
    pub fn uncaptured(pieces: Vec<String>) -> Self {
        Self { pieces, name: None }
    }

    /// The texts between the holes.
    pub fn pieces(&self) -> &[String] {
        &self.pieces
    }

    /// The name of the hole, if what it holds is captured.
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// How much of it is text: of several that match, the one with most of it is the most specific.
    pub fn text_length(&self) -> usize {
        self.pieces.iter().map(String::len).sum()
    }

    /// Whether some segment could be read as this and as `other`, and neither is the more specific.
    pub fn rivals(&self, other: &Self) -> bool {
        let ends = |mixed: &Self| {
            let last = mixed.pieces.last().cloned().unwrap_or_default();
            (mixed.pieces.first().cloned().unwrap_or_default(), last)
        };
        let ((prefix, suffix), (their_prefix, their_suffix)) = (ends(self), ends(other));
        if self.name.is_none() || other.name.is_none() {
            return false; // What keeps something closed is asked first, so there is nothing to settle.
        }
        let (longer, shorter) =
            (prefix.starts_with(&their_prefix), their_prefix.starts_with(&prefix));
        let (ends_longer, ends_shorter) =
            (suffix.ends_with(&their_suffix), their_suffix.ends_with(&suffix));
        let overlap = (longer || shorter) && (ends_longer || ends_shorter);
        let nested = (longer && ends_longer) || (shorter && ends_shorter);
        overlap && !nested
    }

    /// What the holes hold together, if `segment` can be read as this. A hole that is captured holds
    /// something; what only keeps something closed takes empty ones as well.
    pub fn matched<'s>(&self, segment: &'s str) -> Option<&'s str> {
        let (first, others) = self.pieces.split_first()?;
        let (last, between) = others.split_last()?;
        let inner = segment.strip_prefix(first.as_str())?.strip_suffix(last.as_str())?;
        let mut rest = inner;
        for piece in between {
            // The earliest place leaves most room for the others.
            let at = rest.find(piece.as_str())?;
            rest = rest.get(at + piece.len()..)?;
        }
        (self.name.is_none() || !inner.is_empty()).then_some(inner)
    }
}

/// A segment of a request that a segment of a template would match.
fn sample(segment: &str) -> String {
    let (prefix, rest) = segment.split_once('{').unwrap_or((segment, ""));
    let suffix = rest.split_once('}').map_or("", |(_, suffix)| suffix);
    let hole = if segment.contains('{') { "x" } else { "" };
    format!("/{}{hole}{}", encode(prefix), encode(suffix))
}

/// Encodes what is not ASCII, so that a literal segment may be written as people read it.
fn encode(text: &str) -> String {
    let encoded = |c: char| match c.is_ascii() {
        true => c.to_string(),
        false => c.to_string().bytes().map(|byte| format!("%{byte:02X}")).collect(),
    };
    text.chars().map(encoded).collect()
}

impl fmt::Display for PathTemplate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_template_is_read_by_segments() {
        let template = PathTemplate::parse("/pets/{id}/{rest*}").unwrap();
        let expected = [
            Segment::Literal("pets".into()),
            Segment::Param("id".into()),
            Segment::Rest("rest".into()),
        ];
        assert_eq!(template.segments(), expected);
        assert!(PathTemplate::parse("/café/ü").is_ok());
        assert_eq!(PathTemplate::under("/v1/", "/pets").unwrap().as_str(), "/v1/pets");
    }

    #[test]
    fn text_may_stand_around_a_hole() {
        let template = PathTemplate::parse("/v{major}/{id}.json/{id2}:archive").unwrap();
        let names: Vec<_> = template.segments().iter().filter_map(Segment::name).collect();
        assert_eq!(names, ["major", "id", "id2"]);
        let captured = |pieces: [&str; 2]| Mixed {
            pieces: pieces.map(String::from).to_vec(),
            name: Some("x".into()),
        };
        assert_eq!(captured(["", ".json"]).matched("a.json"), Some("a"));
        assert_eq!(captured(["", ".json"]).matched(".json"), None);
        assert_eq!(captured(["v", ""]).matched("v1"), Some("1"));
        assert_eq!(captured(["ab", "ba"]).matched("aba"), None);
    }

    #[test]
    fn what_keeps_closed_takes_everything_that_may_be_meant() {
        let closed = |pieces: &[&str], segment: &str| {
            let pieces = pieces.iter().map(|piece| (*piece).into()).collect();
            Mixed::uncaptured(pieces).matched(segment).is_some()
        };
        for segment in ["1-2", "--2", "1-", "-", "a-b.json"] {
            assert!(closed(&["", "-", ""], segment), "{segment}");
        }
        assert!(closed(&["", "", ""], "é") && closed(&["a", ""], "a"));
        assert!(!closed(&["", "-", ""], "12") && !closed(&["v", ""], "1"));
    }

    #[test]
    fn what_could_never_match_or_is_guesswork_is_refused() {
        use BadTemplate::*;
        assert_eq!(PathTemplate::parse("pets"), Err(NoSlash));
        for several in ["{a}-{b}", "{a}{b}", "a}", "{a", "{{a}}", "a{b}c}"] {
            let parsed = PathTemplate::parse(&format!("/{several}"));
            assert_eq!(parsed, Err(PartOfSegment(several.into())));
        }
        assert_eq!(PathTemplate::parse("/{}"), Err(BadName(String::new())));
        assert_eq!(PathTemplate::parse("/{a}/{a}"), Err(RepeatedName("a".into())));
        assert_eq!(PathTemplate::parse("/{a*}/b"), Err(RestNotLast));
        for never in ["/a//b", "/a/../b", "/a b", "/a%2fb", "/a?b", "/a;b"] {
            assert!(matches!(PathTemplate::parse(never), Err(NotCanonical(_))), "{never}");
        }
    }
}
