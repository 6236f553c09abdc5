//! A record as a line of JSON.

use portcullis_core::record::{End, Record};
use serde_json::{Map, Value, json};

/// One line for one request, without its line end. What a caller sent appears only as JSON text, so
/// that no byte of it can begin a line or reach a terminal; header fields, bodies and the values of a
/// query do not appear at all.
pub fn line(record: &Record) -> String {
    let mut line = Map::new();
    let mut put = |name: &str, value: Value| {
        if !value.is_null() {
            line.insert(name.to_owned(), value);
        }
    };
    put("time", json!(record.began.to_string()));
    put("id", json!(record.id.to_string()));
    put("config", json!(record.version.to_string()));
    put("listener", json!(record.facts.listener.as_str()));
    put("client", json!(record.client.to_string()));
    if let Some(target) = record.target.as_deref() {
        put("method", json!(target.method.as_str()));
        put("host", json!(target.authority.to_string()));
        put("path", json!(target.path.as_str()));
    }
    if let Some(route) = record.route.as_deref() {
        put("api", json!(route.api.as_str()));
        put("route", json!(route.template));
        put("operation", json!(route.operation));
    }
    put("subject", json!(record.principal.as_deref().and_then(|principal| principal.subject())));
    put("status", json!(record.status()));
    put("end", json!(end(record)));
    put("reason", json!(record.refusal().map(|ground| ground.reason.code)));
    if let Some(upstream) = &record.upstream {
        put("upstream", json!(upstream.name.as_str()));
        put("upstream_status", json!(upstream.status));
        put("upstream_us", json!(micros(upstream.duration)));
    }
    put("answer_bytes", json!(record.answer_bytes));
    put("duration_us", json!(micros(record.duration)));
    escape_controls(&Value::Object(line).to_string())
}

fn end(record: &Record) -> &'static str {
    match record.end {
        End::Open => "open",
        End::Answered(_) => "answered",
        End::Refused(..) => "refused",
        End::CallerGone => "caller_gone",
        End::Cut(_) => "cut",
    }
}

fn micros(duration: std::time::Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

/// A line of JSON without bare control characters. JSON leaves DEL and the C1 controls bare; terminals
/// act on some of them.
pub fn escape_controls(line: &str) -> String {
    if !line.contains(char::is_control) {
        return line.to_owned();
    }
    let escape = |c: char| match c.is_control() {
        true => format!("\\u{:04x}", u32::from(c)),
        false => c.to_string(),
    };
    line.chars().map(escape).collect()
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use portcullis_core::{
        canonical::{Canonical, RawHead, Scheme},
        clock::{Moment, WallTime},
        facts::{ClientIp, ConnectionFacts, PeerAddr, Protocol},
        name::ListenerName,
        record::{Marks, RequestId},
        version::BlueprintVersion,
    };
    use std::{sync::Arc, time::Duration};

    pub(crate) fn record(target: &str, secret: &str) -> Record {
        let peer = PeerAddr::new("192.0.2.1:5".parse().unwrap());
        let mut headers = http::HeaderMap::new();
        headers.insert("host", "h".parse().unwrap());
        headers.insert("authorization", secret.parse().unwrap());
        let (method, scheme) = (http::Method::GET, Scheme::Http);
        let head = RawHead { method, scheme, target, authority: None, headers };
        let listener = ListenerName::new("public").unwrap();
        let protocol = Protocol::Http1;
        Record {
            id: RequestId([7; 16]),
            version: BlueprintVersion::of(["x"]),
            facts: Arc::new(ConnectionFacts {
                listener,
                address: "127.0.0.1:8080".parse().unwrap(),
                peer,
                protocol,
                tls: None,
            }),
            client: ClientIp::of_peer(peer),
            began: WallTime(0),
            began_at: Moment::default(),
            target: Some(Arc::clone(Canonical::admit(head).unwrap().target())),
            route: None,
            principal: None,
            marks: Marks::default(),
            upstream: None,
            end: End::Answered(200),
            answer_bytes: 5,
            duration: Duration::from_micros(42),
        }
    }

    #[test]
    fn ev1_neither_fields_nor_query_values_are_logged() {
        let line = line(&record("/a?token=canary-1", "Bearer canary-2"));
        assert!(!line.contains("canary"), "{line}");
        assert!(line.contains(r#""path":"/a""#) && line.contains(r#""duration_us":42"#));
    }

    #[test]
    fn ev2_a_line_is_a_line() {
        assert_eq!(escape_controls("a\u{7f}b\u{9b}c\nd"), "a\\u007fb\\u009bc\\u000ad");
        let line = line(&record("/caf%C3%A9%C2%9B", "x"));
        assert!(!line.contains(char::is_control));
        assert!(serde_json::from_str::<Value>(&line).is_ok());
    }
}
