//! Builds the messages that the suites' runner would send, and the answers of its upstream.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

#[derive(Debug, Default)]
pub(crate) struct Exchange {
    pub line: Vec<u8>,
    pub method: Vec<u8>,
    pub uri: Vec<u8>,
    pub protocol: Vec<u8>,
    pub headers: Vec<(Vec<u8>, Vec<u8>)>,
    pub body: Vec<u8>,
}

type Answer = (u16, Vec<(String, String)>, Vec<u8>);

impl Exchange {
    pub(crate) fn build(input: &Value) -> Self {
        let raw =
            input.get("encoded_request").and_then(Value::as_str).filter(|raw| !raw.is_empty());
        if let Some(raw) = raw {
            let compact: String = raw.split_whitespace().collect();
            return Self::parse(&STANDARD.decode(compact).unwrap());
        }
        if let Some(raw) = input.get("raw_request").and_then(Value::as_str) {
            return Self::parse(raw.as_bytes());
        }
        let text = |key: &str, default: &str| match input.get(key) {
            None | Some(Value::Null) => default.to_string(),
            Some(Value::String(text)) => text.clone(),
            Some(other) => other.to_string(),
        };
        let method = text("method", "GET");
        let uri = expand(&text("uri", "/"));
        let protocol = match input.get("version") {
            // An empty text comes out of the reader as null.
            Some(Value::Null) => String::new(),
            _ => text("version", "HTTP/1.1"),
        };
        let mut headers = headers(input);
        let auto = match input.get("autocomplete_headers") {
            Some(Value::Bool(auto)) => *auto,
            _ => input.get("stop_magic") != Some(&Value::Bool(true)),
        };
        let body = body(input, &mut headers, auto);
        let has = |headers: &[(String, String)], name: &str| {
            headers.iter().any(|(other, _)| other.eq_ignore_ascii_case(name))
        };
        if auto {
            if !has(&headers, "connection") {
                headers.push(("Connection".into(), "close".into()));
            }
            let needs =
                !body.is_empty() || ["POST", "PUT", "PATCH", "DELETE"].contains(&method.as_str());
            if !has(&headers, "content-length") && needs {
                headers.push(("Content-Length".into(), body.len().to_string()));
            }
        }
        // As a server would read it: without a length there is no body.
        let framed = has(&headers, "content-length") || has(&headers, "transfer-encoding");
        let body = if framed { body } else { Vec::new() };
        let parts = [&method, &uri, &protocol].map(String::as_str);
        let line: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        // A server trims the white space around field values.
        let trimmed = |value: &str| value.trim_matches([' ', '\t']).as_bytes().to_vec();
        Self {
            line: line.join(" ").into_bytes(),
            method: method.into_bytes(),
            uri: uri.into_bytes(),
            // Servers take a line without a version for version 0.9.
            protocol: if protocol.is_empty() {
                b"HTTP/0.9".to_vec()
            } else {
                protocol.into_bytes()
            },
            headers: headers
                .iter()
                .map(|(name, value)| (name.as_bytes().to_vec(), trimmed(value)))
                .collect(),
            body,
        }
    }

    /// Reads a request as bytes, as forgivingly as needed to show it to the rules.
    pub(crate) fn parse(bytes: &[u8]) -> Self {
        let mut lines = Vec::new();
        let mut rest = bytes;
        while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
            let line = rest[..end].strip_suffix(b"\r").unwrap_or(&rest[..end]);
            rest = &rest[end + 1..];
            if line.is_empty() {
                break;
            }
            lines.push(line.to_vec());
        }
        let mut lines = lines.into_iter();
        let line = lines.next().unwrap_or_default();
        let words: Vec<&[u8]> = line.split(|byte| *byte == b' ').collect();
        let word = |at: usize| words.get(at).map(|word| word.to_vec()).unwrap_or_default();
        let protocol = if words.len() > 2 { words[words.len() - 1].to_vec() } else { Vec::new() };
        let uri = match words.len() {
            0..=2 => word(1),
            length => words[1..length - 1].join(&b' '),
        };
        let method = word(0);
        let headers: Vec<(Vec<u8>, Vec<u8>)> = lines
            .filter_map(|line| {
                let colon = line.iter().position(|byte| *byte == b':')?;
                Some((line[..colon].to_vec(), line[colon + 1..].trim_ascii().to_vec()))
            })
            .collect();
        let chunked = headers.iter().any(|(name, value)| {
            name.eq_ignore_ascii_case(b"transfer-encoding")
                && value.to_ascii_lowercase().ends_with(b"chunked")
        });
        let body = if chunked { dechunk(rest) } else { rest.to_vec() };
        Self { line, method, uri, protocol, headers, body }
    }

    /// What the suites' upstream answers: `/reflect` what its JSON asks for, else 200.
    pub(crate) fn answer(&self) -> Answer {
        let path = self.uri.split(|byte| *byte == b'?').next().unwrap_or_default();
        let plain = || vec![("Content-Type".to_string(), "text/plain".to_string())];
        if !path.ends_with(b"/reflect") {
            return (200, plain(), b"ok\n".to_vec());
        }
        let Ok(spec) = serde_json::from_slice::<Value>(&self.body) else {
            return (400, plain(), b"bad reflect\n".to_vec());
        };
        let status = spec.get("status").and_then(Value::as_u64).unwrap_or(200) as u16;
        let mut headers = plain();
        if let Some(Value::Object(extra)) = spec.get("headers") {
            for (name, value) in extra {
                headers.retain(|(other, _)| !other.eq_ignore_ascii_case(name));
                headers.push((name.clone(), value.as_str().unwrap_or_default().to_string()));
            }
        }
        let body = match spec.get("encodedBody").and_then(Value::as_str) {
            Some(encoded) if !encoded.is_empty() => STANDARD.decode(encoded).unwrap_or_default(),
            _ => spec.get("body").and_then(Value::as_str).unwrap_or_default().as_bytes().to_vec(),
        };
        (status, headers, body)
    }
}

fn headers(input: &Value) -> Vec<(String, String)> {
    let text = |value: &Value| match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    if let Some(Value::Array(list)) = input.get("ordered_headers") {
        return list.iter().map(|header| (text(&header["name"]), text(&header["value"]))).collect();
    }
    match input.get("headers") {
        Some(Value::Object(map)) => map.iter().map(|(k, v)| (k.clone(), text(v))).collect(),
        _ => Vec::new(),
    }
}

fn body(input: &Value, headers: &mut Vec<(String, String)>, auto: bool) -> Vec<u8> {
    if let Some(encoded) = input.get("encoded_data").and_then(Value::as_str) {
        return STANDARD.decode(encoded.split_whitespace().collect::<String>()).unwrap();
    }
    let mut text = match input.get("data") {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(Value::Array(lines)) => {
            let lines: Vec<&str> = lines.iter().filter_map(Value::as_str).collect();
            lines.join("\r\n")
        }
        Some(other) => other.to_string(),
    };
    text = expand(&text);
    let media = |headers: &[(String, String)]| {
        let found = headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("content-type"));
        found.map(|(_, value)| value.clone())
    };
    if auto && !text.is_empty() {
        let form = "application/x-www-form-urlencoded";
        if media(headers).is_none() {
            headers.push(("Content-Type".into(), form.into()));
        }
        if media(headers).as_deref() == Some(form) {
            text = encode_form(&text);
        }
    }
    if media(headers).unwrap_or_default().contains("multipart/form-data;") {
        text = text.replace("\r\n", "\n").replace('\n', "\r\n");
    }
    text.into_bytes()
}

/// Encodes a form unless it looks encoded, as the runner does.
fn encode_form(text: &str) -> String {
    if unquote(text.as_bytes()) != text.as_bytes() {
        return text.to_string();
    }
    let quote = |text: &str| {
        let mut out = String::new();
        for byte in text.bytes() {
            match byte {
                b' ' => out.push('+'),
                b'-' | b'_' | b'.' | b'~' => out.push(char::from(byte)),
                _ if byte.is_ascii_alphanumeric() => out.push(char::from(byte)),
                _ => out.push_str(&format!("%{byte:02X}")),
            }
        }
        out
    };
    let pairs = text.split('&').map(|pair| match pair.split_once('=') {
        Some((name, value)) => format!("{}={}", quote(name), quote(value)),
        None => quote(pair),
    });
    pairs.collect::<Vec<_>>().join("&")
}

fn unquote(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut at = 0;
    while at < text.len() {
        let pair = text.get(at + 1..at + 3).and_then(|pair| std::str::from_utf8(pair).ok());
        match (text[at], pair.and_then(|pair| u8::from_str_radix(pair, 16).ok())) {
            (b'%', Some(byte)) => {
                out.push(byte);
                at += 3;
            }
            (b'+', _) => {
                out.push(b' ');
                at += 1;
            }
            (byte, _) => {
                out.push(byte);
                at += 1;
            }
        }
    }
    out
}

/// The template forms of the suites: `{{ "x" | repeat 3 }}` and `{{ repeat 3 "x" }}`.
fn expand(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(start) = rest.find("{{") {
        let Some(length) = rest[start..].find("}}") else { break };
        let inner = rest[start + 2..start + length].trim();
        let quoted = inner.find('"').zip(inner.rfind('"')).filter(|(a, b)| a < b);
        let expansion = quoted.and_then(|(open, close)| {
            let outside = format!("{} {}", &inner[..open], &inner[close + 1..]);
            let times = outside.split_whitespace().find_map(|word| word.parse::<usize>().ok())?;
            outside.contains("repeat").then(|| inner[open + 1..close].repeat(times))
        });
        match expansion {
            Some(expansion) => {
                out.push_str(&rest[..start]);
                out.push_str(&expansion);
            }
            None => out.push_str(&rest[..start + length + 2]),
        }
        rest = &rest[start + length + 2..];
    }
    out + rest
}

fn dechunk(mut bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    while let Some(end) = bytes.iter().position(|byte| *byte == b'\n') {
        let size = String::from_utf8_lossy(&bytes[..end]);
        let size = size.trim().split(';').next().unwrap_or_default().to_string();
        let Ok(size) = usize::from_str_radix(&size, 16) else { break };
        let data = bytes.get(end + 1..(end + 1 + size).min(bytes.len())).unwrap_or_default();
        out.extend_from_slice(data);
        if size == 0 {
            break;
        }
        bytes = bytes.get(end + 1 + size + 2..).unwrap_or_default();
    }
    out
}
