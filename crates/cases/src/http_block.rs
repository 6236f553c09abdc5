//! An `http` block: directives, requests, expectations.

use crate::{
    expect::{self, Expectation},
    markdown::Line,
    request::{
        Behaviour, BodySource, Fault, Request, Step, header_line, is_request_line, request_line,
    },
};
use http::{HeaderMap, StatusCode};
use portcullis_core::units::Period;
use std::net::IpAddr;

/// The directives, as an error lists them.
const DIRECTIVES: &str = "  as address 203.0.113.9      the next request comes from there
  at listener internal        the next request comes in there
  body: order.json            the next request has this file as its body
  after 60s                   time passes
  upstream answers 503        until the case ends
  upstream is down            it cannot be reached, until the case ends
  upstream is slow            it does not answer in time, until the case ends";

/// Reads a block. What is wrong goes to `faults`; reading stops there, since what follows a
/// misread line would be misread as well.
pub(crate) fn read<'t>(lines: &[Line<'t>], steps: &mut Vec<Step<'t>>, faults: &mut Vec<Fault>) {
    let mut reader = Reader { lines, at: 0, next: Next::default() };
    loop {
        match reader.step() {
            Ok(Some(step)) => steps.push(step),
            Ok(None) => return,
            Err(fault) => return faults.push(fault),
        }
    }
}

struct Reader<'r, 't> {
    lines: &'r [Line<'t>],
    at: usize,
    next: Next<'t>,
}

/// What directives have said of the next request.
#[derive(Default)]
struct Next<'t> {
    /// The last such directive.
    said: Option<Line<'t>>,
    address: Option<IpAddr>,
    listener: Option<(&'t str, Line<'t>)>,
    body: Option<(&'t str, Line<'t>)>,
}

impl<'t> Reader<'_, 't> {
    fn peek(&self) -> Option<Line<'t>> {
        self.lines.get(self.at).copied()
    }

    /// Goes past lines that `skip` holds of.
    fn skip(&mut self, skip: impl Fn(&str) -> bool) {
        while self.peek().is_some_and(|line| skip(line.text)) {
            self.at += 1;
        }
    }

    fn step(&mut self) -> Result<Option<Step<'t>>, Fault> {
        loop {
            self.skip(is_empty);
            let Some(line) = self.peek() else { break };
            self.at += 1;
            if is_expectation(line.text) {
                return Err(Fault::at(line, 0, "an expectation without a request above it"));
            }
            if is_request_line(line.text) {
                return self.request(line).map(|request| Some(Step::Send(Box::new(request))));
            }
            if let Some(step) = self.directive(line)? {
                return Ok(Some(step));
            }
        }
        match self.next.said {
            Some(line) => Err(Fault::at(line, 0, "no request follows this line in its block")),
            None => Ok(None),
        }
    }

    /// Reads a directive. One that is about the next request is no step of its own.
    fn directive(&mut self, line: Line<'t>) -> Result<Option<Step<'t>>, Fault> {
        let text = line.text.trim();
        if let Some(name) = text.strip_prefix("body:") {
            self.next.body = Some((name.trim(), line));
            self.next.said = Some(line);
            return Ok(None);
        }
        match text.split_whitespace().collect::<Vec<_>>().as_slice() {
            ["as", "address", address] => {
                let address = address.parse().map_err(|_| {
                    Fault::at(
                        line,
                        0,
                        format!("`{address}` is no address: write `as address 203.0.113.9`"),
                    )
                })?;
                self.next.address = Some(address);
                self.next.said = Some(line);
                Ok(None)
            }
            ["at", "listener", name] => {
                self.next.listener = Some((name, line));
                self.next.said = Some(line);
                Ok(None)
            }
            ["after", period] => match Period::parse(period) {
                Ok(period) => Ok(Some(Step::After(period.0))),
                Err(why) => Err(Fault::at(line, 0, format!("`{period}`: {why}"))),
            },
            ["upstream", "answers", status] => match answerable(status) {
                Some(status) => Ok(Some(Step::Upstream(Behaviour::Answers(status)))),
                None => {
                    let message = format!("`{status}` is no status of an answer: write 200 to 599");
                    Err(Fault::at(line, 0, message))
                }
            },
            ["upstream", "is", "down"] => Ok(Some(Step::Upstream(Behaviour::Down))),
            ["upstream", "is", "slow"] => Ok(Some(Step::Upstream(Behaviour::Slow))),
            _ => Err(Fault::at(line, 0, not_a_directive(text))),
        }
    }

    fn request(&mut self, line: Line<'t>) -> Result<Request<'t>, Fault> {
        let first = request_line(line)?;
        let mut headers = HeaderMap::new();
        while let Some(field) = self.peek().filter(|l| !is_empty(l.text) && !is_expectation(l.text))
        {
            let (name, value) = header_line(field)?;
            // Beyond 32,768 fields a map takes no more; no head that is read has a hundredth of that.
            headers.try_append(name, value).map_err(|_| Fault::at(field, 0, "too many fields"))?;
            self.at += 1;
        }
        let written = self.written_body()?;
        let expectations = self.expectations()?;
        if expectations.is_empty() {
            let message = "a request without an expectation: write at least `> 200` below it";
            return Err(Fault::at(line, 0, message));
        }
        let Next { address, listener, body, .. } = std::mem::take(&mut self.next);
        let body = match (body, written) {
            (Some((_, place)), Some(_)) => {
                let message = "the request has a body of its own: keep one of the two";
                return Err(Fault::at(place, 0, message));
            }
            (Some((name, place)), None) => BodySource::File { name, place },
            (None, Some(text)) => BodySource::Written(text),
            (None, None) => BodySource::None,
        };
        Ok(Request {
            line: line.number,
            method: first.method,
            target: first.target,
            times: first.times,
            headers,
            address,
            listener,
            body,
            expectations,
        })
    }

    /// What stands between an empty line and the first `>`.
    fn written_body(&mut self) -> Result<Option<String>, Fault> {
        let from = self.at;
        self.skip(|text| !is_expectation(text));
        let lines = self.lines.get(from..self.at).unwrap_or_default();
        let mut body = Vec::new();
        for line in lines.iter().skip(1) {
            let looks = is_request_line(line.text) && line.text.contains(" /");
            if looks && line.text.starts_with(|c: char| c.is_ascii_uppercase()) {
                let message = "the request above has no expectation: write at least `> 200` below it\n\
                    (a body with such a line can be a file: `body: order.txt`)";
                return Err(Fault::at(*line, 0, message));
            }
            body.push(line.text);
        }
        let body = body.join("\n");
        let body = body.trim_end();
        Ok((!body.trim_start().is_empty()).then(|| body.to_owned()))
    }

    fn expectations(&mut self) -> Result<Vec<Expectation<'t>>, Fault> {
        let mut expectations = Vec::new();
        loop {
            match self.peek() {
                Some(line) if is_expectation(line.text) => expectations.push(expect::read(line)?),
                Some(line) if is_empty(line.text) => {}
                _ => return Ok(expectations),
            }
            self.at += 1;
        }
    }
}

fn is_empty(text: &str) -> bool {
    text.trim().is_empty()
}

fn is_expectation(text: &str) -> bool {
    text.trim_start().starts_with('>')
}

fn answerable(status: &str) -> Option<StatusCode> {
    let status = status.parse::<u16>().ok().filter(|status| (200..600).contains(status))?;
    StatusCode::from_u16(status).ok()
}

/// What a line that is no directive of this version may have been meant as.
fn not_a_directive(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    match words.as_slice() {
        ["as", "address", ..] => String::from("write one address: `as address 203.0.113.9`"),
        ["as", name, ..] => format!(
            "`{name}` would have to be an authenticator: no authenticator step exists in this version"
        ),
        [name, "is", "down" | "slow"] => format!(
            "`{name}` would have to be an authenticator: no authenticator step exists in this version\n\
             (`upstream is down` is about the services behind the gateway)"
        ),
        _ => format!(
            "`{text}` is neither a request line nor a directive; these are known:\n{DIRECTIVES}"
        ),
    }
}
