//! The connection to an upstream: what a response may be, and when the connection may be used again.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a failure here is a failed test")]

mod common;

use bytes::BytesMut;
use common::{client, data, map};
use http::{HeaderMap, HeaderValue, Method, uri};
use portcullis_wire::client::connection::{Connection, Next, Received};
use portcullis_wire::deadline::Wait;
use portcullis_wire::fault::SendFault;
use portcullis_wire::framing::BodyLength;
use portcullis_wire::limits::Laxities;
use portcullis_wire::refusal::Refusal;
use portcullis_wire::write_head::OutgoingRequest;

const STRICT: Laxities = Laxities {
    identical_repeated_content_length: false,
    missing_reason_phrase: false,
    close_delimited_body: false,
};

fn send(connection: &mut Connection, method: &Method, upgrade: Option<&'static str>) -> String {
    let protocol = upgrade.map(HeaderValue::from_static);
    let request = OutgoingRequest {
        method,
        target: &uri::PathAndQuery::from_static("/"),
        authority: &uri::Authority::from_static("a"),
        fields: &HeaderMap::new(),
        body: BodyLength::Absent,
        upgrade: protocol.as_ref(),
        accepts_trailers: false,
    };
    let mut out = Vec::new();
    connection.request(&request, &BytesMut::new(), &mut out).unwrap();
    connection.end(None, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

/// What a connection gives for `bytes`, as words, and what it says to do next.
fn receive(connection: &mut Connection, bytes: &str) -> (Vec<String>, Next) {
    let mut input = BytesMut::from(bytes);
    let mut words = Vec::new();
    loop {
        words.push(match connection.receive(&mut input) {
            Ok(Some(Received::Interim(head))) => format!("interim {}", head.status.as_u16()),
            Ok(Some(Received::Head(head))) => head.status.as_str().to_owned(),
            Ok(Some(Received::Switched(_))) => "switched".into(),
            Ok(Some(Received::Data(data))) => String::from_utf8(data.to_vec()).unwrap(),
            Ok(Some(Received::End(_))) => "end".into(),
            Ok(None) => break,
            Err(refusal) => refusal.name().into(),
        });
    }
    (words, connection.next(&input))
}

fn check(method: Method, laxities: Laxities, bytes: &str, words: &[&str], next: Next) {
    let mut connection = client(laxities);
    send(&mut connection, &method, None);
    let received = receive(&mut connection, bytes);
    assert_eq!(
        (received.0.iter().map(String::as_str).collect::<Vec<_>>(), received.1),
        (words.to_vec(), next),
        "{bytes:?}"
    );
}

#[test]
fn the_last_request_says_so_and_leaves_nothing_to_reuse() {
    let mut connection = client(STRICT);
    connection.stop();
    assert!(send(&mut connection, &Method::GET, None).contains("\r\nconnection: close\r\n"));
    let ok = "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";
    assert_eq!(receive(&mut connection, ok).1, Next::Close);
}

#[test]
fn a_whole_response_leaves_the_connection_reusable() {
    let ok = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nab";
    check(Method::GET, STRICT, ok, &["200", "ab", "end"], Next::Reusable);
    let chunked =
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nab\r\n0\r\na: b\r\n\r\n";
    check(Method::GET, STRICT, chunked, &["200", "ab", "end"], Next::Reusable);
    let close = "HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
    check(Method::GET, STRICT, close, &["200"], Next::Close);
    let old = "HTTP/1.0 200 OK\r\ncontent-length: 0\r\n\r\n";
    check(Method::GET, STRICT, old, &["200"], Next::Close);
    let kept = "HTTP/1.0 200 OK\r\ncontent-length: 0\r\nconnection: keep-alive\r\n\r\n";
    check(Method::GET, STRICT, kept, &["200"], Next::Reusable);
}

#[test]
fn fr4_a_response_is_read_knowing_its_request() {
    let length = "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n";
    check(Method::HEAD, STRICT, length, &["200"], Next::Reusable);
    check(Method::GET, STRICT, length, &["200"], Next::Busy);
    let not_modified = "HTTP/1.1 304 Not Modified\r\ncontent-length: 5\r\n\r\n";
    check(Method::GET, STRICT, not_modified, &["304"], Next::Reusable);
    check(Method::GET, STRICT, "HTTP/1.1 204 No Content\r\n\r\n", &["204"], Next::Reusable);
    let body = "HTTP/1.1 204 No Content\r\ncontent-length: 5\r\n\r\nabcde";
    check(Method::GET, STRICT, body, &["body_on_bodiless_status"], Next::Close);
}

#[test]
fn fr4_bytes_on_an_idle_connection_poison_it() {
    let mut connection = client(STRICT);
    let (words, next) = receive(&mut connection, "HTTP/1.1 200 OK\r\n\r\n");
    assert_eq!((words[0].as_str(), next), ("bytes_on_idle_connection", Next::Close));

    let mut connection = client(STRICT);
    let request = OutgoingRequest {
        method: &Method::GET,
        target: &uri::PathAndQuery::from_static("/"),
        authority: &uri::Authority::from_static("a"),
        fields: &HeaderMap::new(),
        body: BodyLength::Absent,
        upgrade: None,
        accepts_trailers: false,
    };
    let fault = connection.request(&request, &BytesMut::from("H"), &mut Vec::new());
    assert_eq!(fault, Err(SendFault::NotReusable));
    assert_eq!(connection.next(&BytesMut::new()), Next::Close);
}

#[test]
fn fr4_bytes_behind_a_response_poison_the_connection() {
    let two = "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\nHTTP/1.1 200 OK\r\n\r\n";
    check(Method::GET, STRICT, two, &["200", "bytes_after_response"], Next::Close);
    let long = "HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\nab";
    check(Method::GET, STRICT, long, &["200", "a", "end", "bytes_after_response"], Next::Close);
}

#[test]
fn fr4_an_answer_to_half_a_request_ends_the_connection() {
    let mut connection = client(STRICT);
    let request = OutgoingRequest {
        method: &Method::POST,
        target: &uri::PathAndQuery::from_static("/"),
        authority: &uri::Authority::from_static("a"),
        fields: &HeaderMap::new(),
        body: BodyLength::Known(10),
        upgrade: None,
        accepts_trailers: false,
    };
    let mut out = Vec::new();
    connection.request(&request, &BytesMut::new(), &mut out).unwrap();
    connection.data(data("abc"), &mut out).unwrap();
    let early = "HTTP/1.1 401 Unauthorized\r\ncontent-length: 0\r\n\r\n";
    assert_eq!(receive(&mut connection, early), (vec!["401".into()], Next::Close));
}

#[test]
fn fr3_a_request_that_breaks_its_length_ends_the_connection() {
    for pieces in [&["ab"][..], &["abc", "d"]] {
        let mut connection = client(STRICT);
        let request = OutgoingRequest {
            method: &Method::POST,
            target: &uri::PathAndQuery::from_static("/"),
            authority: &uri::Authority::from_static("a"),
            fields: &HeaderMap::new(),
            body: BodyLength::Known(3),
            upgrade: None,
            accepts_trailers: false,
        };
        let mut out = Vec::new();
        connection.request(&request, &BytesMut::new(), &mut out).unwrap();
        let written = pieces.iter().try_for_each(|piece| connection.data(data(piece), &mut out));
        assert!(written.and_then(|()| connection.end(None, &mut out)).is_err());
        let answered = "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";
        assert_eq!(receive(&mut connection, answered).1, Next::Close);
    }
}

#[test]
fn fr3_a_cut_response_is_an_error() {
    let eof = |bytes: &str, laxities| {
        let mut connection = client(laxities);
        send(&mut connection, &Method::GET, None);
        receive(&mut connection, bytes);
        let eof = connection.receive_eof().map(|received| received.is_some());
        assert_eq!(connection.next(&BytesMut::new()), Next::Close);
        eof
    };
    assert_eq!(eof("", STRICT), Err(Refusal::ClosedBeforeResponse));
    assert_eq!(eof("HTTP/1.1 2", STRICT), Err(Refusal::TruncatedHead));
    let short = "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nabc";
    assert_eq!(eof(short, STRICT), Err(Refusal::TruncatedBody));
    let chunked = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n";
    assert_eq!(eof(chunked, STRICT), Err(Refusal::TruncatedBody));
    let lax = Laxities { close_delimited_body: true, ..STRICT };
    assert_eq!(eof("HTTP/1.1 200 OK\r\n\r\nabc", lax), Ok(true));
}

#[test]
fn laxities_are_granted_by_name() {
    let twice = "HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 1\r\n\r\na";
    check(Method::GET, STRICT, twice, &["repeated_content_length"], Next::Close);
    let lax = Laxities { identical_repeated_content_length: true, ..STRICT };
    check(Method::GET, lax, twice, &["200", "a", "end"], Next::Reusable);

    let bare = "HTTP/1.1 200\r\ncontent-length: 0\r\n\r\n";
    check(Method::GET, STRICT, bare, &["missing_reason_phrase"], Next::Close);
    let lax = Laxities { missing_reason_phrase: true, ..STRICT };
    check(Method::GET, lax, bare, &["200"], Next::Reusable);

    let until_close = "HTTP/1.1 200 OK\r\n\r\nab";
    check(Method::GET, STRICT, until_close, &["close_delimited_body"], Next::Close);
    let lax = Laxities { close_delimited_body: true, ..STRICT };
    check(Method::GET, lax, until_close, &["200", "ab"], Next::Busy);
}

#[test]
fn fr2_responses_with_more_than_one_reading() {
    for (head, refusal) in [
        (
            "content-length: 1\r\ntransfer-encoding: chunked",
            "content_length_with_transfer_encoding",
        ),
        ("content-length: 1\r\ncontent-length: 2", "repeated_content_length"),
        ("content-length: +1", "signed_content_length"),
        ("transfer-encoding: gzip, chunked", "unsupported_transfer_coding"),
        ("transfer-encoding: chunked, identity", "chunked_not_final"),
        ("a : b", "space_before_colon"),
        ("a: b\r\n c", "obsolete_line_folding"),
        ("a: b\rc: d", "bare_carriage_return"),
        ("a: b\nc: d", "bare_line_feed"),
        (": a", "empty_field_name"),
    ] {
        let response = format!("HTTP/1.1 200 OK\r\n{head}\r\n\r\n");
        check(Method::GET, STRICT, &response, &[refusal], Next::Close);
    }
    let old = "HTTP/1.0 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
    check(Method::GET, STRICT, old, &["transfer_encoding_in_http10"], Next::Close);
}

#[test]
fn interim_responses_are_counted() {
    let hints = "HTTP/1.1 103 Early Hints\r\nlink: <a>\r\n\r\n";
    let ok = "HTTP/1.1 204 No Content\r\n\r\n";
    let bytes = [hints, "HTTP/1.1 100 Continue\r\n\r\n", ok].concat();
    check(Method::GET, STRICT, &bytes, &["interim 103", "interim 100", "204"], Next::Reusable);
    let mut words = vec!["interim 103"; 8];
    words.push("too_many_interim_responses");
    check(Method::GET, STRICT, &hints.repeat(9), &words, Next::Close);
    let old = "HTTP/1.0 100 Continue\r\n\r\n";
    check(Method::GET, STRICT, old, &["interim_in_http10"], Next::Close);
}

#[test]
fn fr5_a_tunnel_needs_the_matching_101() {
    let switch = |upgrade, bytes: &str| {
        let mut connection = client(STRICT);
        send(&mut connection, &Method::GET, upgrade);
        let (words, next) = receive(&mut connection, bytes);
        (words[0].clone(), next)
    };
    let good =
        "HTTP/1.1 101 Switching\r\nconnection: upgrade\r\nupgrade: WebSocket\r\n\r\n\x02bytes";
    assert_eq!(switch(Some("websocket"), good), ("switched".into(), Next::Tunnel));
    assert_eq!(switch(None, good), ("unsolicited_switch".into(), Next::Close));
    for bad in [
        "HTTP/1.1 101 Switching\r\nconnection: upgrade\r\nupgrade: other\r\n\r\n",
        "HTTP/1.1 101 Switching\r\nconnection: upgrade\r\nupgrade: websocket, other\r\n\r\n",
        "HTTP/1.1 101 Switching\r\nconnection: upgrade\r\n\r\n",
        "HTTP/1.1 101 Switching\r\nupgrade: websocket\r\n\r\n",
    ] {
        let expected = ("switch_to_other_protocol".into(), Next::Close);
        assert_eq!(switch(Some("websocket"), bad), expected, "{bad}");
    }
}

#[test]
fn fr5_no_tunnel_before_the_request_is_all_sent() {
    let mut connection = client(STRICT);
    let request = OutgoingRequest {
        method: &Method::GET,
        target: &uri::PathAndQuery::from_static("/"),
        authority: &uri::Authority::from_static("a"),
        fields: &HeaderMap::new(),
        body: BodyLength::Absent,
        upgrade: Some(&HeaderValue::from_static("websocket")),
        accepts_trailers: false,
    };
    connection.request(&request, &BytesMut::new(), &mut Vec::new()).unwrap();
    let good = "HTTP/1.1 101 Switching\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n";
    let refused = (vec!["unsolicited_switch".into()], Next::Close);
    assert_eq!(receive(&mut connection, good), refused);
}

#[test]
fn cve_2024_23326_a_200_is_no_switch() {
    let mut connection = client(STRICT);
    let sent = send(&mut connection, &Method::GET, Some("websocket"));
    assert!(sent.ends_with("connection: upgrade\r\nupgrade: websocket\r\n\r\n"), "{sent}");
    let ok = "HTTP/1.1 200 OK\r\nconnection: upgrade\r\nupgrade: websocket\r\ncontent-length: 2\r\n\r\nab";
    let (words, next) = receive(&mut connection, ok);
    assert_eq!((words, next), (vec!["200".into(), "ab".into(), "end".into()], Next::Reusable));
}

#[test]
fn fr4_an_upstream_that_closes_while_idle_is_not_used_again() {
    let mut connection = client(STRICT);
    assert_eq!(connection.next(&BytesMut::new()), Next::Reusable);
    assert!(connection.receive_eof().unwrap().is_none());
    assert_eq!(connection.next(&BytesMut::new()), Next::Close);
}

#[test]
fn a_second_exchange_begins_with_nothing_of_the_first() {
    let mut connection = client(STRICT);
    let interim = "HTTP/1.1 103 Early Hints\r\n\r\n".repeat(8);
    for _ in 0..2 {
        send(&mut connection, &Method::GET, None);
        assert!(!connection.response_begun());
        let bytes = [interim.as_str(), "HTTP/1.1 204 No Content\r\n\r\n"].concat();
        let (words, next) = receive(&mut connection, &bytes);
        assert_eq!((words.len(), next), (9, Next::Reusable), "{words:?}");
    }
    assert_eq!(connection.waits(false).requests, 2);
}

#[test]
fn lm8_whether_a_response_has_begun_is_known() {
    let mut connection = client(STRICT);
    send(&mut connection, &Method::GET, None);
    assert!(!connection.response_begun());
    receive(&mut connection, "H");
    assert!(connection.response_begun());
    assert_eq!(connection.waits(false).first, Wait::Head);
}

#[test]
fn fr1_a_request_is_framed_for_its_body() {
    let written = |method: &Method, body| {
        let mut out = Vec::new();
        let request = OutgoingRequest {
            method,
            target: &uri::PathAndQuery::from_static("/"),
            authority: &uri::Authority::from_static("a"),
            fields: &map(&[("content-length", "99"), ("connection", "close")]),
            body,
            upgrade: None,
            accepts_trailers: false,
        };
        let written = client(STRICT).request(&request, &BytesMut::new(), &mut out);
        written.map(|()| String::from_utf8(out).unwrap().split_off(method.as_str().len() + 22))
    };
    let (absent, chunked) = (BodyLength::Absent, BodyLength::Chunked);
    assert_eq!(written(&Method::GET, absent).as_deref(), Ok("\r\n"));
    assert_eq!(written(&Method::POST, absent).as_deref(), Ok("content-length: 0\r\n\r\n"));
    let known = written(&Method::GET, BodyLength::Known(3));
    assert_eq!(known.as_deref(), Ok("content-length: 3\r\n\r\n"));
    assert_eq!(written(&Method::PUT, chunked).as_deref(), Ok("transfer-encoding: chunked\r\n\r\n"));
    let endless = written(&Method::PUT, BodyLength::UntilClose);
    assert_eq!(endless, Err(SendFault::UnboundedRequestBody));
}
