//! A request as a case writes it.

use crate::{TIMES_MAX, expect::Expectation, markdown::Line};
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use std::{net::IpAddr, time::Duration};

/// Something wrong with a case file, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fault {
    /// The line, from 1.
    pub(crate) line: usize,
    /// The column in characters, from 1.
    pub(crate) column: usize,
    /// What is wrong and what to write; may have several lines.
    pub(crate) message: String,
}

/// What happens in a case, one after the other.
#[derive(Debug)]
pub(crate) enum Step<'t> {
    /// Time passes.
    After(Duration),
    /// The upstream changes, until the case ends.
    Upstream(Behaviour),
    /// A request is sent.
    Send(Box<Request<'t>>),
}

/// How the upstream behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Behaviour {
    /// It answers with this status.
    Answers(http::StatusCode),
    /// It cannot be reached.
    Down,
    /// It does not answer in time.
    Slow,
}

/// A request and what must come of it.
#[derive(Debug)]
pub(crate) struct Request<'t> {
    /// The line of its request line.
    pub(crate) line: usize,
    /// The method.
    pub(crate) method: Method,
    /// A path with its query, or a full URL.
    pub(crate) target: &'t str,
    /// How many times it is sent.
    pub(crate) times: usize,
    /// The fields as written.
    pub(crate) headers: HeaderMap,
    /// The address that it comes from.
    pub(crate) address: Option<IpAddr>,
    /// The listener that it comes in at, and where that is written; else the config's first.
    pub(crate) listener: Option<(&'t str, Line<'t>)>,
    /// The body.
    pub(crate) body: BodySource<'t>,
    /// What must come of it; never empty.
    pub(crate) expectations: Vec<Expectation<'t>>,
}

/// Where a body comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum BodySource<'t> {
    /// There is none.
    None,
    /// It is written below the head.
    Written(String),
    /// A file, or a named block.
    File {
        /// Its name.
        name: &'t str,
        /// Where that is written.
        place: Line<'t>,
    },
}

/// What a request line says.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct RequestLine<'t> {
    /// The method.
    pub(crate) method: Method,
    /// The target.
    pub(crate) target: &'t str,
    /// How many times it is sent.
    pub(crate) times: usize,
}

impl Fault {
    /// A fault at a byte of a line.
    pub(crate) fn at(line: Line<'_>, byte: usize, message: impl Into<String>) -> Self {
        let before = line.text.get(..byte).map_or(0, |before| before.chars().count());
        Self { line: line.number, column: line.indent.len() + before + 1, message: message.into() }
    }

    /// A fault of a whole line.
    pub(crate) fn on(line: usize, message: impl Into<String>) -> Self {
        Self { line, column: 1, message: message.into() }
    }
}

/// Whether a line is meant as a request line: a word in capitals with a second word, or any word
/// before a path or URL.
pub(crate) fn is_request_line(text: &str) -> bool {
    let mut words = text.split_whitespace();
    let (Some(method), Some(target)) = (words.next(), words.next()) else { return false };
    let is_token = Method::from_bytes(method.as_bytes()).is_ok();
    let in_capitals = !method.bytes().any(|b| b.is_ascii_lowercase());
    is_token && (in_capitals || target.starts_with('/') || target.contains("://"))
}

/// Reads a request line.
pub(crate) fn request_line<'t>(line: Line<'t>) -> Result<RequestLine<'t>, Fault> {
    let text = line.text.trim();
    let offset = |part: &str| part.as_ptr().addr().saturating_sub(line.text.as_ptr().addr());
    let mut words = text.split_whitespace();
    let method = words.next().unwrap_or("");
    let target = words.next().unwrap_or("");
    let rest: Vec<&str> = words.collect();
    let times = match rest.as_slice() {
        [] => 1,
        [count, "times" | "time"] => {
            count.parse().ok().filter(|n| (1..=TIMES_MAX).contains(n)).ok_or_else(|| {
                let message = format!("`{count} times`: write a number from 1 to {TIMES_MAX}");
                Fault::at(line, offset(count), message)
            })?
        }
        [first, ..] => {
            let message = if first.starts_with("HTTP/") {
                format!("a request line has no `{first}` here: write `{method} {target}`")
            } else {
                format!("`{}` behind the target: only `N times` may stand there", rest.join(" "))
            };
            return Err(Fault::at(line, offset(first), message));
        }
    };
    let method = Method::from_bytes(method.as_bytes())
        .map_err(|_| Fault::at(line, offset(method), format!("`{method}` is no method")))?;
    Ok(RequestLine { method, target, times })
}

/// Reads a header line.
pub(crate) fn header_line(line: Line<'_>) -> Result<(HeaderName, HeaderValue), Fault> {
    let Some((name, value)) = line.text.split_once(':') else {
        let message = "neither `Name: value`, nor an empty line before a body, nor a `>` line";
        return Err(Fault::at(line, 0, message));
    };
    let name = HeaderName::from_bytes(name.as_bytes())
        .map_err(|_| Fault::at(line, 0, format!("`{name}` is no header name")))?;
    let value = HeaderValue::from_bytes(value.trim().as_bytes()).map_err(|_| {
        Fault::at(line, line.text.len() - value.len(), "a byte that no header value can hold")
    })?;
    Ok((name, value))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(text: &str) -> Line<'_> {
        Line { number: 7, indent: "  ", text }
    }

    #[test]
    fn a_request_line_may_say_how_often() {
        let read = |text| request_line(line(text)).unwrap();
        assert_eq!(read("GET /v1").times, 1);
        let many = read("PATCH http://a.example/é?b=c     20 times");
        assert_eq!(
            (many.method, many.target, many.times),
            (Method::PATCH, "http://a.example/é?b=c", 20)
        );
        assert_eq!(read("get /v1 1 time").method, Method::from_bytes(b"get").unwrap());
    }

    #[test]
    fn what_is_wrong_with_a_line_is_said_with_its_column() {
        let column = |text| request_line(line(text)).unwrap_err().column;
        assert_eq!(column("GET /é  0 times"), 3 + 8);
        assert_eq!(column("GET / 100001 times"), 3 + 6);
        assert_eq!(column("GET / HTTP/1.1"), 3 + 6);
        assert_eq!(column("GET / a b c"), 3 + 6);
        assert_eq!(column("GE(T /"), 3);
        assert_eq!(header_line(line("é: x")).unwrap_err().column, 3);
        assert_eq!(header_line(line("x: \u{1}")).unwrap_err().column, 3 + 2);
        assert_eq!(header_line(line("no colon")).unwrap_err().column, 3);
    }

    #[test]
    fn directives_are_no_request_lines() {
        for text in ["GET /", "get /v1", "GET *", "M-SEARCH x", "get http://a.example"] {
            assert!(is_request_line(text), "{text}");
        }
        for text in
            ["after 60s", "as address 1.2.3.4", "body: /a.json", "GET", "", "upstream is down"]
        {
            assert!(!is_request_line(text), "{text}");
        }
    }
}
