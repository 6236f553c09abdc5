//! Writes heads from parsed values, each checked again on its way out (FR1).
//!
//! Framing and hop-by-hop fields are never copied: they are left out of what is given and written anew from what
//! this connection will do. So a `Content-Length` in a map can be stale, doubled or forged without harm.

use std::fmt::Write;

use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header, uri};

use crate::fault::SendFault;
use crate::framing::BodyLength;
use crate::output::{Output, Text};
use crate::{authority, grammar, hop_by_hop, options, target};

/// A request as it goes to an upstream.
#[derive(Clone, Copy)]
pub struct OutgoingRequest<'a> {
    /// Upper case, not CONNECT.
    pub method: &'a Method,
    /// Path and query as they were authorised, or `*`.
    pub target: &'a uri::PathAndQuery,
    /// Written as `Host`.
    pub authority: &'a uri::Authority,
    /// Everything else. Framing, hop-by-hop, `Host` and `Expect` in here are not written.
    pub fields: &'a HeaderMap,
    /// How the body will come. `UntilClose` is a fault.
    pub body: BodyLength,
    /// The one protocol to offer, if the route tunnels it. Only without a body, never HTTP itself.
    pub upgrade: Option<&'a HeaderValue>,
    /// Ask for trailers (`TE: trailers`).
    pub accepts_trailers: bool,
}

/// A final response as it goes to a client.
#[derive(Clone, Copy)]
pub struct OutgoingResponse<'a> {
    /// 200 or above.
    pub status: StatusCode,
    /// Everything but framing and hop-by-hop fields, which are not written.
    pub fields: &'a HeaderMap,
    /// How the body will come. `Chunked` and `UntilClose` both mean "unknown"; the client's version decides.
    pub body: BodyLength,
}

/// What a head says about the body behind it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Declared {
    Nothing,
    Length(u64),
    Chunked,
}

/// What a head says about the connection.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Connection<'a> {
    KeepAlive,
    Close,
    Upgrade(&'a HeaderValue),
}

/// Writes a request's head; nothing is written if any part of it is at fault.
pub(crate) fn request<O: Output>(
    request: &OutgoingRequest<'_>,
    declared: Declared,
    persistent: bool,
    out: &mut O,
) -> Result<(), SendFault> {
    check_request_line(request)?;
    check_fields(request.fields)?;
    let connection = match request.upgrade {
        Some(protocol) => Connection::Upgrade(protocol),
        None if persistent => Connection::KeepAlive,
        None => Connection::Close,
    };
    out.framing(request.method.as_str().as_bytes());
    out.framing(b" ");
    out.framing(request.target.as_str().as_bytes());
    out.framing(b" HTTP/1.1\r\nhost: ");
    out.framing(request.authority.as_str().as_bytes());
    out.framing(b"\r\n");
    write_fields(request.fields, out);
    if request.accepts_trailers {
        out.framing(b"te: trailers\r\n");
    }
    write_declared(declared, out);
    write_connection(connection, request.accepts_trailers, out);
    out.framing(b"\r\n");
    Ok(())
}

/// Writes a response's head, interim or final; nothing is written if any part of it is at fault.
pub(crate) fn response<O: Output>(
    status: StatusCode,
    fields: &HeaderMap,
    declared: Declared,
    connection: Connection<'_>,
    out: &mut O,
) -> Result<(), SendFault> {
    check_fields(fields)?;
    out.framing(b"HTTP/1.1 ");
    out.framing(status.as_str().as_bytes());
    out.framing(b" ");
    out.framing(status.canonical_reason().unwrap_or_default().as_bytes());
    out.framing(b"\r\n");
    write_fields(fields, out);
    write_declared(declared, out);
    write_connection(connection, false, out);
    out.framing(b"\r\n");
    Ok(())
}

/// Writes a trailer section with the empty line that ends it.
pub(crate) fn trailers<O: Output>(fields: &HeaderMap, out: &mut O) {
    for (name, value) in fields {
        write_field(name, value, out);
    }
    out.framing(b"\r\n");
}

/// The names and values must pass the reader's tables, whatever type they came in.
pub(crate) fn check_fields(fields: &HeaderMap) -> Result<(), SendFault> {
    for (name, value) in fields {
        if !grammar::is_token(name.as_str().as_bytes()) {
            return Err(SendFault::InvalidFieldName);
        }
        if !grammar::is_value(value.as_bytes()) {
            return Err(SendFault::InvalidFieldValue);
        }
    }
    Ok(())
}

fn check_request_line(request: &OutgoingRequest<'_>) -> Result<(), SendFault> {
    if !grammar::is_upper_case_method(request.method.as_str().as_bytes()) {
        return Err(SendFault::InvalidMethod);
    }
    if *request.method == Method::CONNECT {
        return Err(SendFault::ConnectMethod);
    }
    let text = request.target.as_str().as_bytes();
    let asterisk = text == b"*" && *request.method == Method::OPTIONS;
    if !asterisk && (!text.starts_with(b"/") || target::check(text).is_err()) {
        return Err(SendFault::InvalidTarget);
    }
    authority::check(request.authority.as_str().as_bytes())
        .map_err(|_| SendFault::InvalidAuthority)?;
    match request.upgrade.map(HeaderValue::as_bytes) {
        Some(protocol) if !options::is_protocol(protocol) || options::is_http2(protocol) => {
            Err(SendFault::SwitchNotOffered)
        }
        Some(_) if !request.body.is_empty() => Err(SendFault::SwitchNotOffered),
        _ => Ok(()),
    }
}

fn write_fields<O: Output>(fields: &HeaderMap, out: &mut O) {
    for (name, value) in fields {
        if !is_ours(name) {
            write_field(name, value, out);
        }
    }
}

/// What only this module writes.
fn is_ours(name: &HeaderName) -> bool {
    *name == header::CONTENT_LENGTH
        || *name == header::HOST
        || *name == header::EXPECT
        || hop_by_hop::is_hop_by_hop(name)
}

fn write_field<O: Output>(name: &HeaderName, value: &HeaderValue, out: &mut O) {
    out.framing(name.as_str().as_bytes());
    out.framing(b": ");
    out.framing(value.as_bytes());
    out.framing(b"\r\n");
}

fn write_declared<O: Output>(declared: Declared, out: &mut O) {
    match declared {
        Declared::Nothing => {}
        Declared::Chunked => out.framing(b"transfer-encoding: chunked\r\n"),
        Declared::Length(bytes) => {
            // `Text` can't fail; its result is that of the trait.
            let _ = write!(Text(out), "content-length: {bytes}\r\n");
        }
    }
}

fn write_connection<O: Output>(connection: Connection<'_>, te: bool, out: &mut O) {
    match (connection, te) {
        (Connection::KeepAlive, false) => {}
        (Connection::KeepAlive, true) => out.framing(b"connection: te\r\n"),
        (Connection::Close, _) => out.framing(b"connection: close\r\n"),
        (Connection::Upgrade(protocol), te) => {
            out.framing(if te {
                b"connection: te, upgrade\r\n"
            } else {
                b"connection: upgrade\r\n"
            });
            write_field(&header::UPGRADE, protocol, out);
        }
    }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;

    fn written(change: impl Fn(&mut OutgoingRequest<'_>)) -> Result<String, SendFault> {
        let lines = [
            ("accept", "*/*"),
            ("content-length", "7"),
            ("transfer-encoding", "gzip"),
            ("host", "forged"),
            ("expect", "100-continue"),
            ("keep-alive", "x"),
            ("upgrade", "h2c"),
        ];
        let fields: HeaderMap = lines
            .into_iter()
            .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)))
            .collect();
        let mut outgoing = OutgoingRequest {
            method: &Method::POST,
            target: &uri::PathAndQuery::from_static("/a?b"),
            authority: &uri::Authority::from_static("a.example:8080"),
            fields: &fields,
            body: BodyLength::Known(3),
            upgrade: None,
            accepts_trailers: false,
        };
        change(&mut outgoing);
        let mut out = Vec::new();
        let written = request(&outgoing, Declared::Length(3), true, &mut out);
        assert!(written.is_ok() || out.is_empty(), "a fault writes nothing");
        written.map(|()| String::from_utf8(out).unwrap().replace('\r', ""))
    }

    fn check(change: impl Fn(&mut OutgoingRequest<'_>), expected: Expect) {
        expected.assert_eq(&written(change).unwrap());
    }

    #[test]
    fn fr1_framing_is_written_and_never_copied() {
        check(
            |_| {},
            expect![[r#"
                POST /a?b HTTP/1.1
                host: a.example:8080
                accept: */*
                content-length: 3

            "#]],
        );
        check(
            |request| request.accepts_trailers = true,
            expect![[r#"
                POST /a?b HTTP/1.1
                host: a.example:8080
                accept: */*
                te: trailers
                content-length: 3
                connection: te

            "#]],
        );
    }

    #[test]
    fn fr1_the_serialiser_refuses_what_the_reader_would() {
        let connect = written(|request| request.method = &Method::CONNECT);
        assert_eq!(connect, Err(SendFault::ConnectMethod));
        let lower = Method::from_bytes(b"get").unwrap();
        assert_eq!(
            written(|request| request.method = Box::leak(Box::new(lower.clone()))),
            Err(SendFault::InvalidMethod)
        );
        for target in ["*", "/\u{e4}", "?a", "/\"{}\""] {
            let target = uri::PathAndQuery::try_from(target).unwrap();
            let target: &'static _ = Box::leak(Box::new(target));
            assert_eq!(written(|request| request.target = target), Err(SendFault::InvalidTarget));
        }
        for host in ["user@a", "a!b", "a,b"] {
            let authority: &'static _ = Box::leak(Box::new(uri::Authority::from_static(host)));
            let refused = written(|request| request.authority = authority);
            assert_eq!(refused, Err(SendFault::InvalidAuthority), "{host}");
        }
    }

    #[test]
    fn fr5_an_upgrade_is_one_protocol_without_a_body() {
        let h2c: &'static _ = Box::leak(Box::new(HeaderValue::from_static("h2c")));
        let refused =
            written(|request| (request.upgrade, request.body) = (Some(h2c), BodyLength::Absent));
        assert_eq!(refused, Err(SendFault::SwitchNotOffered));
        let websocket: &'static _ = Box::leak(Box::new(HeaderValue::from_static("websocket")));
        let refused = written(|request| request.upgrade = Some(websocket));
        assert_eq!(refused, Err(SendFault::SwitchNotOffered));
    }
}
