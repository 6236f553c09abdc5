//! The base paths that `servers` leads to. Hosts and schemes are ignored.

use crate::{reasons, shape};
use portcullis_core::{
    diagnostic::{Diagnostic, Diagnostics},
    template::{PathTemplate, Segment},
    tree::Node,
};

/// The base paths of a `servers` list, each once, in order. Without servers there is one, `""`.
pub(crate) fn base_paths(servers: Option<&Node>, problems: &mut Diagnostics) -> Vec<String> {
    let servers = match servers {
        Some(servers) => shape::list(servers, "`servers`", problems).unwrap_or(&[]),
        None => &[],
    };
    let mut bases: Vec<String> = Vec::new();
    for base in servers.iter().filter_map(|server| of_server(server, problems)) {
        if !bases.contains(&base) {
            bases.push(base);
        }
    }
    if bases.is_empty() {
        bases.push(String::new());
    }
    bases
}

fn of_server(server: &Node, problems: &mut Diagnostics) -> Option<String> {
    shape::map(server, "a server", problems)?;
    let Some(url) = server.get("url") else {
        let problem = Diagnostic::new(&reasons::BAD_SERVER, server.span, "a server has no `url`");
        problems.push(problem.label("no `url`").hint("add `url: /base`, or remove the server"));
        return None;
    };
    let text = shape::text(url, "`url`", problems)?;
    let base = substitute(text, server.get("variables")).and_then(|url| base_path(&url));
    base.map_err(|bad| problems.push(bad.at(url))).ok()
}

/// What is wrong with a server's URL, and what to type.
struct Bad {
    why: String,
    hint: String,
}

impl Bad {
    fn new(why: impl Into<String>) -> Self {
        let hint = "write `https://host/base` or `/base`; only the path is used";
        Self { why: why.into(), hint: hint.into() }
    }

    /// The URL itself is not shown: it may hold a password.
    fn at(self, url: &Node) -> Diagnostic {
        Diagnostic::new(&reasons::BAD_SERVER, url.span, "this URL leads to no base path")
            .label(self.why)
            .hint(self.hint)
    }
}

/// The URL with each `{variable}` replaced by its default.
fn substitute(url: &str, variables: Option<&Node>) -> Result<String, Bad> {
    let mut whole = String::with_capacity(url.len());
    let mut rest = url;
    while let Some((before, after)) = rest.split_once('{') {
        let (name, after) = after.split_once('}').ok_or_else(|| Bad::new("a `{` without `}`"))?;
        let variable = variables.and_then(|variables| variables.get(name));
        let default = variable.and_then(|variable| variable.get("default")).and_then(Node::text);
        let default = default.ok_or_else(|| Bad {
            why: format!("the variable `{name}` has no `default`"),
            hint: format!("add `variables: {{ {name}: {{ default: … }} }}` to the server"),
        })?;
        whole.push_str(before);
        whole.push_str(default);
        rest = after;
    }
    whole.push_str(rest);
    Ok(whole)
}

fn base_path(url: &str) -> Result<String, Bad> {
    if url.contains(['?', '#']) {
        return Err(Bad::new("a server has no query and no fragment"));
    }
    if url.contains(char::is_control) {
        return Err(Bad::new("a control character"));
    }
    let path = path_of(url).ok_or_else(|| Bad::new("it does not say where the path begins"))?;
    let base = path.strip_suffix('/').unwrap_or(path);
    if base.is_empty() {
        return Ok(String::new());
    }
    if base.ends_with('/') {
        return Err(Bad::new("the path holds an empty segment"));
    }
    let template = PathTemplate::parse(base).map_err(|bad| Bad::new(bad.to_string()))?;
    if template.segments().iter().any(|segment| !matches!(segment, Segment::Literal(_))) {
        return Err(Bad::new("a base path has no parameters"));
    }
    Ok(base.to_owned())
}

/// The path of a URL or of a reference. `host/base` is refused: it reads as one thing and is another.
fn path_of(url: &str) -> Option<&str> {
    let behind_scheme = url.split_once("://").filter(|(scheme, _)| is_scheme(scheme));
    if let Some(rest) = behind_scheme.map(|(_, rest)| rest).or_else(|| url.strip_prefix("//")) {
        return Some(rest.find('/').and_then(|at| rest.get(at..)).unwrap_or(""));
    }
    match url {
        "" | "." | "./" => Some(""),
        _ if url.starts_with('/') => Some(url),
        _ => None,
    }
}

fn is_scheme(text: &str) -> bool {
    let sound = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.');
    !text.is_empty() && text.bytes().all(sound)
}
