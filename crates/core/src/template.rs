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
    /// A `{` or `}` that does not enclose a whole segment. OpenAPI allows `{a}-{b}`; here it would
    /// make routing depend on guessing.
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
                    "`{segment}` is only partly a parameter; `{{name}}` fills a whole segment"
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

    /// The template with `base`, a literal path such as `/v1`, before it.
    pub fn under(base: &str, template: &str) -> Result<Self, BadTemplate> {
        Self::parse(&format!("{}{template}", base.trim_end_matches('/')))
    }
}

impl Segment {
    fn parse(text: &str) -> Result<Self, BadTemplate> {
        if !text.contains(['{', '}']) {
            return Ok(Self::Literal(crate::canonical::decode_segment(text).into_owned()));
        }
        let name = text.strip_prefix('{').and_then(|text| text.strip_suffix('}'));
        let partly = || BadTemplate::PartOfSegment(text.to_owned());
        let name = name.filter(|name| !name.contains(['{', '}'])).ok_or_else(partly)?;
        let (name, rest) = match name.strip_suffix('*') {
            Some(name) => (name, true),
            None => (name, false),
        };
        let sound = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.');
        if name.is_empty() || !name.bytes().all(sound) {
            return Err(BadTemplate::BadName(name.to_owned()));
        }
        Ok(if rest { Self::Rest(name.to_owned()) } else { Self::Param(name.to_owned()) })
    }

    fn name(&self) -> Option<&str> {
        match self {
            Self::Literal(_) => None,
            Self::Param(name) | Self::Rest(name) => Some(name),
        }
    }
}

/// A segment of a request that a segment of a template would match.
fn sample(segment: &str) -> String {
    if segment.contains('{') { String::from("/x") } else { format!("/{}", encode(segment)) }
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
    fn what_could_never_match_or_is_guesswork_is_refused() {
        use BadTemplate::*;
        assert_eq!(PathTemplate::parse("pets"), Err(NoSlash));
        assert_eq!(PathTemplate::parse("/a-{b}"), Err(PartOfSegment("a-{b}".into())));
        assert_eq!(PathTemplate::parse("/{a}{b}"), Err(PartOfSegment("{a}{b}".into())));
        assert_eq!(PathTemplate::parse("/{}"), Err(BadName(String::new())));
        assert_eq!(PathTemplate::parse("/{a}/{a}"), Err(RepeatedName("a".into())));
        assert_eq!(PathTemplate::parse("/{a*}/b"), Err(RestNotLast));
        for never in ["/a//b", "/a/../b", "/a b", "/a%2fb", "/a?b", "/a;b"] {
            assert!(matches!(PathTemplate::parse(never), Err(NotCanonical(_))), "{never}");
        }
    }
}
