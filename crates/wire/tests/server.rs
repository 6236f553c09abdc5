//! The connection of a client, step by step: order, expectations, what is kept, what is closed and how.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a failure here is a failed test")]

mod common;

use std::sync::Arc;

use bytes::BytesMut;
use common::{accepted, answer, data, map, refused, requests, server, wire, words};
use http::{HeaderMap, HeaderValue, StatusCode};
use portcullis_wire::deadline::Wait;
use portcullis_wire::fault::SendFault;
use portcullis_wire::framing::BodyLength;
use portcullis_wire::limits::Limits;
use portcullis_wire::refusal::Refusal;
use portcullis_wire::server::connection::{Connection, Next};
use portcullis_wire::write_head::OutgoingResponse;

const GET: &str = "GET / HTTP/1.1\r\nhost: a\r\n\r\n";

fn respond(connection: &mut Connection, body: BodyLength, pieces: &[&'static str]) -> String {
    let response = OutgoingResponse { status: StatusCode::OK, fields: &HeaderMap::new(), body };
    let mut out = Vec::new();
    connection.respond(&response, &mut out).unwrap();
    for piece in pieces {
        connection.data(data(piece), &mut out).unwrap();
    }
    connection.end(None, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn fr4_pipelined_requests_are_answered_in_order_and_a_refusal_waits_for_its_turn() {
    let mut input = BytesMut::from([GET, GET, "GET /\tbad\r\n\r\n", GET].concat().as_str());
    let mut connection = server();
    for _ in 0..2 {
        assert_eq!(words(&mut connection, &mut input), ["GET /"]);
        assert_eq!(connection.next(&input), Next::Busy, "the next one is not looked at");
        answer(&mut connection, 204);
        assert_eq!(connection.next(&input), Next::Read);
    }
    assert_eq!(words(&mut connection, &mut input), ["request_line_incomplete"]);
    let written = answer(&mut connection, 400);
    assert!(written.contains("connection: close"), "{written}");
    assert_eq!(connection.next(&input), Next::Linger);
    assert_eq!(words(&mut connection, &mut input), [""; 0], "what came behind is never read");
}

#[test]
fn a_100_continue_is_sent_when_the_body_is_wanted_and_once() {
    let head = "POST / HTTP/1.1\r\nhost: a\r\nexpect: 100-continue\r\ncontent-length: 3\r\n\r\n";
    let (mut connection, mut input, mut out) = (server(), BytesMut::from(head), Vec::new());
    assert_eq!(words(&mut connection, &mut input), ["POST /"]);
    assert!(!connection.wants_read() && out.is_empty());
    connection.want_body(10, &mut out).unwrap();
    connection.want_body(10, &mut out).unwrap();
    assert_eq!(out, b"HTTP/1.1 100 Continue\r\n\r\n");
    input.extend_from_slice(b"abc");
    assert_eq!(words(&mut connection, &mut input), ["data 3", "end"]);
}

#[test]
fn fr4_a_refused_expectation_closes_since_the_body_may_come_or_not() {
    let head = "POST / HTTP/1.1\r\nhost: a\r\nexpect: 100-continue\r\ncontent-length: 3\r\n\r\n";
    let (mut connection, mut input) = (server(), BytesMut::from(head));
    words(&mut connection, &mut input);
    assert!(answer(&mut connection, 401).contains("connection: close"));
    assert_eq!(connection.next(&input), Next::Linger);
}

#[test]
fn lm3_what_is_overdue_is_answered_and_nothing_behind_it_is_read() {
    let (mut connection, mut input) = (server(), BytesMut::from("GET / HT"));
    assert!(words(&mut connection, &mut input).is_empty() && !connection.can_respond());
    connection.overdue();
    assert!(answer(&mut connection, 408).contains("connection: close"));
    assert_eq!(connection.next(&input), Next::Linger);
    let head = "POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\n\r\nab";
    let (mut connection, mut input) = (server(), BytesMut::from(head));
    words(&mut connection, &mut input);
    connection.want_body(10, &mut Vec::new()).unwrap();
    connection.overdue();
    input.extend_from_slice(GET.as_bytes());
    assert!(words(&mut connection, &mut input).is_empty());
    assert!(answer(&mut connection, 408).contains("connection: close"));
    assert_eq!(connection.next(&input), Next::Linger);
}

#[test]
fn other_expectations_are_refused() {
    let refusal = refused(wire(&["GET / HTTP/1.1", "host: a", "expect: 200-maybe", ""]));
    assert_eq!((refusal, refusal.status().as_u16()), (Refusal::UnsupportedExpectation, 417));
}

#[test]
fn fr4_a_small_unwanted_body_is_drained_and_the_connection_kept() {
    let head = "POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\n\r\nab";
    let (mut connection, mut input) = (server(), BytesMut::from(head));
    assert_eq!(words(&mut connection, &mut input), ["POST /"]);
    assert!(!answer(&mut connection, 401).contains("close"));
    assert_eq!(connection.next(&input), Next::Drain);
    assert!(words(&mut connection, &mut input).is_empty());
    assert_eq!(connection.next(&input), Next::Drain);
    input.extend_from_slice(b"cde");
    input.extend_from_slice(GET.as_bytes());
    assert!(words(&mut connection, &mut input).is_empty());
    assert_eq!(connection.next(&input), Next::Read);
    assert_eq!(words(&mut connection, &mut input), ["GET /"]);
}

#[test]
fn fr4_a_large_or_chunked_unwanted_body_closes_after_a_bounded_linger() {
    for framing in ["content-length: 100000", "transfer-encoding: chunked"] {
        let head = format!("POST / HTTP/1.1\r\nhost: a\r\n{framing}\r\n\r\n");
        let limits = Limits { linger_bytes_max: 1000, ..Limits::default() };
        let mut connection = Connection::new(Arc::new(limits));
        let mut input = BytesMut::from(head.as_str());
        words(&mut connection, &mut input);
        assert!(answer(&mut connection, 413).contains("connection: close"));
        assert_eq!(connection.next(&input), Next::Linger);
        assert_eq!(connection.waits(&input, false).first, Wait::Linger);
        for (bytes, next) in [(999, Next::Linger), (1, Next::Close)] {
            input.extend_from_slice(&vec![b'x'; bytes]);
            assert!(words(&mut connection, &mut input).is_empty());
            assert!(input.is_empty());
            assert_eq!(connection.next(&input), next);
        }
    }
}

#[test]
fn lm1_a_body_over_the_cap_is_refused_before_a_byte_of_it() {
    let head = "POST / HTTP/1.1\r\nhost: a\r\nexpect: 100-continue\r\ncontent-length: 11\r\n\r\n";
    let (mut connection, mut input, mut out) = (server(), BytesMut::from(head), Vec::new());
    words(&mut connection, &mut input);
    assert_eq!(connection.want_body(10, &mut out), Err(Refusal::BodyTooLarge));
    assert!(out.is_empty() && connection.can_respond());
    assert!(answer(&mut connection, 413).contains("connection: close"));
    assert_eq!(connection.next(&input), Next::Linger);
}

#[test]
fn a_body_that_is_refused_while_it_comes_ends_the_connection() {
    let head = "POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n-1\r\n";
    let (mut connection, mut input) = (server(), BytesMut::from(head));
    words(&mut connection, &mut input);
    connection.want_body(10, &mut Vec::new()).unwrap();
    assert_eq!(words(&mut connection, &mut input), ["data 3", "signed_chunk_size"]);
    assert!(answer(&mut connection, 400).contains("connection: close"));
}

#[test]
fn fr3_an_answer_that_falls_short_ends_the_connection_unfinished() {
    let (mut connection, mut input) = (server(), BytesMut::from(GET));
    words(&mut connection, &mut input);
    let body = BodyLength::Known(5);
    let response = OutgoingResponse { status: StatusCode::OK, fields: &HeaderMap::new(), body };
    let mut out = Vec::new();
    connection.respond(&response, &mut out).unwrap();
    connection.data(data("abc"), &mut out).unwrap();
    assert_eq!(connection.end(None, &mut out), Err(SendFault::BodyShorterThanDeclared));
    assert_eq!(connection.next(&input), Next::Close);
}

#[test]
fn responses_are_framed_for_method_status_and_version() {
    let framed = |request: &str, body, pieces: &[&'static str]| {
        let (mut connection, mut input) = (server(), BytesMut::from(request));
        words(&mut connection, &mut input);
        let written = respond(&mut connection, body, pieces);
        (written.replace("HTTP/1.1 200 OK\r\n", ""), connection.next(&input))
    };
    let head = "HEAD / HTTP/1.1\r\nhost: a\r\n\r\n";
    let old = "GET / HTTP/1.0\r\nhost: a\r\n\r\n";
    for (request, body, expected) in [
        (GET, BodyLength::Known(2), "content-length: 2\r\n\r\nab"),
        (GET, BodyLength::Chunked, "transfer-encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n"),
        (GET, BodyLength::UntilClose, "transfer-encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n"),
        (head, BodyLength::Known(2), "content-length: 2\r\n\r\n"),
        (head, BodyLength::Chunked, "\r\n"),
        (old, BodyLength::Known(2), "content-length: 2\r\nconnection: close\r\n\r\nab"),
        (old, BodyLength::Chunked, "connection: close\r\n\r\nab"),
    ] {
        let (written, next) = framed(request, body, &["ab"]);
        assert_eq!(written, expected);
        assert_eq!(next, if request == old { Next::Close } else { Next::Read });
    }
}

#[test]
fn a_204_has_no_length_and_no_body() {
    let (mut connection, mut input) = (server(), BytesMut::from(GET));
    words(&mut connection, &mut input);
    let status = StatusCode::NO_CONTENT;
    let body = BodyLength::Known(3);
    let response = OutgoingResponse { status, fields: &HeaderMap::new(), body };
    let fault = connection.respond(&response, &mut Vec::new());
    assert_eq!(fault, Err(SendFault::BodyOnBodilessStatus));
    assert_eq!(answer(&mut connection, 204), "HTTP/1.1 204 No Content\r\n\r\n");
}

#[test]
fn interim_responses_pass_in_their_turn() {
    let (mut connection, mut input, mut out) = (server(), BytesMut::from(GET), Vec::new());
    let hints = map(&[("link", "</a>; rel=preload")]);
    let early = StatusCode::from_u16(103).unwrap();
    assert_eq!(connection.interim(early, &hints, &mut out), Err(SendFault::OutOfTurn));
    words(&mut connection, &mut input);
    connection.interim(early, &hints, &mut out).unwrap();
    assert_eq!(out, b"HTTP/1.1 103 Early Hints\r\nlink: </a>; rel=preload\r\n\r\n");
    let (mut old, mut unread) = (server(), BytesMut::from("GET / HTTP/1.0\r\nhost: a\r\n\r\n"));
    words(&mut old, &mut unread);
    let written = out.len();
    assert_eq!((old.interim(early, &hints, &mut out), out.len()), (Ok(()), written));
    for status in [StatusCode::CONTINUE, StatusCode::SWITCHING_PROTOCOLS, StatusCode::OK] {
        let fault = connection.interim(status, &hints, &mut out);
        assert_eq!(fault, Err(SendFault::WrongStatusClass));
    }
}

const UPGRADE: &str =
    "GET / HTTP/1.1\r\nhost: a\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n";

#[test]
fn fr5_a_tunnel_begins_with_the_offered_protocol_and_not_before() {
    let (mut connection, mut input, mut out) = (server(), BytesMut::from(UPGRADE), Vec::new());
    words(&mut connection, &mut input);
    assert_eq!(connection.next(&input), Next::Busy);
    let other = HeaderValue::from_static("other");
    let fault = connection.switch(&other, &HeaderMap::new(), &input, &mut out);
    assert_eq!(fault, Err(SendFault::SwitchNotOffered));
    let websocket = HeaderValue::from_static("WebSocket");
    connection.switch(&websocket, &HeaderMap::new(), &input, &mut out).unwrap();
    let expected =
        "HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n";
    assert_eq!(String::from_utf8(out).unwrap(), expected);
    assert_eq!(connection.next(&input), Next::Tunnel);
    assert_eq!(connection.waits(&input, false).first, Wait::Tunnel);
}

#[test]
fn cve_2026_2833_bytes_behind_an_upgrade_are_not_sent_on() {
    let ahead = [UPGRADE, GET].concat();
    let (mut connection, mut input) = (server(), BytesMut::from(ahead.as_str()));
    assert_eq!(words(&mut connection, &mut input), ["GET /", "bytes_before_switch"]);
    assert!(answer(&mut connection, 400).contains("connection: close"));
    assert_eq!(connection.next(&input), Next::Linger);

    // The same where the bytes are noticed only when the switch is due.
    let (mut connection, mut input) = (server(), BytesMut::from(UPGRADE));
    words(&mut connection, &mut input);
    input.extend_from_slice(b"\x81\x00");
    let websocket = HeaderValue::from_static("websocket");
    let fault = connection.switch(&websocket, &HeaderMap::new(), &input, &mut Vec::new());
    assert_eq!(fault, Err(SendFault::BytesBeforeSwitch));
}

#[test]
fn fr5_an_upgrade_that_is_not_granted_ends_the_connection() {
    for (behind, next) in [("", Next::Close), (GET, Next::Linger)] {
        let (mut connection, mut input) = (server(), BytesMut::from(UPGRADE));
        words(&mut connection, &mut input);
        assert!(answer(&mut connection, 200).contains("connection: close"));
        input.extend_from_slice(behind.as_bytes());
        assert_eq!(connection.next(&input), next);
    }
}

#[test]
fn fr4_a_last_answer_with_requests_behind_it_is_lingered_over() {
    let close = "GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n";
    for (behind, next) in [("", Next::Close), (GET, Next::Linger)] {
        let (mut connection, mut input) =
            (server(), BytesMut::from([close, behind].concat().as_str()));
        words(&mut connection, &mut input);
        answer(&mut connection, 204);
        assert_eq!(connection.next(&input), next);
    }
}

#[test]
fn fr5_what_is_no_upgrade() {
    let h2c = "GET / HTTP/1.1\r\nhost: a\r\nconnection: upgrade, http2-settings\r\nupgrade: h2c\r\nhttp2-settings: AA\r\n\r\n";
    assert!(accepted(h2c).head.upgrade.is_none());
    let with_body = "GET / HTTP/1.1\r\nhost: a\r\nconnection: upgrade\r\nupgrade: websocket\r\ncontent-length: 1\r\n\r\na";
    assert!(accepted(with_body).head.upgrade.is_none());
    let old = "GET / HTTP/1.0\r\nhost: a\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n";
    assert!(accepted(old).head.upgrade.is_none());
    assert_eq!(refused("CONNECT a:443 HTTP/1.1\r\nhost: a:443\r\n\r\n"), Refusal::ConnectMethod);
}

#[test]
fn the_end_of_the_connection_is_clean_only_between_messages() {
    let eof = |bytes: &str| {
        let (mut connection, mut input) = (server(), BytesMut::from(bytes));
        words(&mut connection, &mut input);
        let eof = connection.receive_eof(&input);
        (eof, connection)
    };
    assert_eq!(eof("").0, Ok(()));
    assert_eq!(eof("\r\n").0, Ok(()));
    assert_eq!(eof("GET / HT").0, Err(Refusal::TruncatedHead));
    let post = "POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 3\r\n\r\nab";
    assert_eq!(eof(post).0, Err(Refusal::TruncatedBody));
    let (mut connection, mut input) = (server(), BytesMut::from(post));
    words(&mut connection, &mut input);
    connection.want_body(10, &mut Vec::new()).unwrap();
    assert_eq!(words(&mut connection, &mut input), ["data 2"]);
    assert!(connection.wants_read());
    assert_eq!(connection.receive_eof(&input), Err(Refusal::TruncatedBody));
    assert!(!connection.wants_read());
    let (half_closed, mut connection) = eof(GET);
    assert!(!connection.wants_read());
    assert_eq!(half_closed, Ok(()), "a client may stop sending and wait for its answer");
    assert!(answer(&mut connection, 204).contains("connection: close"));
    assert_eq!(connection.next(&BytesMut::new()), Next::Close);
    assert_eq!(eof("").1.next(&BytesMut::new()), Next::Close);
}

#[test]
fn a_closed_peer_is_not_read_again() {
    let (mut connection, mut input) = (server(), BytesMut::from(POST_LARGE));
    words(&mut connection, &mut input);
    answer(&mut connection, 413);
    assert_eq!(connection.next(&input), Next::Linger);
    assert!(connection.wants_read());
    connection.receive_eof(&input).unwrap();
    assert!(!connection.wants_read());
    assert_eq!(connection.next(&input), Next::Close);
}

const POST_LARGE: &str = "POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 99999999\r\n\r\n";

#[test]
fn persistence_is_that_of_rfc_9112() {
    let kept = |head: &str| {
        let (mut connection, mut input) = (server(), BytesMut::from(head));
        words(&mut connection, &mut input);
        answer(&mut connection, 204);
        connection.next(&input) == Next::Read
    };
    assert!(kept(GET));
    assert!(!kept("GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n"));
    assert!(!kept("GET / HTTP/1.1\r\nhost: a\r\nconnection: keep-alive, close\r\n\r\n"));
    assert!(!kept("GET / HTTP/1.0\r\nhost: a\r\nconnection: keep-alive\r\n\r\n"));
}

#[test]
fn lc1_a_stop_answers_what_has_begun_and_closes_the_rest() {
    let mut input = BytesMut::new();
    let mut idle = server();
    idle.stop();
    assert_eq!(idle.next(&input), Next::Close);

    let mut begun = server();
    input.extend_from_slice(b"GET / HT");
    words(&mut begun, &mut input);
    begun.stop();
    assert_eq!(begun.next(&input), Next::Read);
    input.extend_from_slice(b"TP/1.1\r\nhost: a\r\n\r\n");
    assert_eq!(words(&mut begun, &mut input), ["GET /"]);
    assert!(answer(&mut begun, 204).contains("connection: close"));
    assert_eq!(begun.next(&input), Next::Close);
}

#[test]
fn lm3_every_state_has_a_deadline() {
    let (mut connection, mut input) = (server(), BytesMut::new());
    let first = |connection: &Connection, input: &BytesMut| connection.waits(input, false).first;
    assert_eq!(first(&connection, &input), Wait::FirstByte);
    input.extend_from_slice(b"\r\n");
    assert_eq!(first(&connection, &input), Wait::FirstByte, "an empty line is no beginning");
    input.extend_from_slice(b"P");
    words(&mut connection, &mut input);
    assert_eq!(first(&connection, &input), Wait::Head);
    input.extend_from_slice(b"OST / HTTP/1.1\r\nhost: a\r\ncontent-length: 3\r\n\r\n");
    words(&mut connection, &mut input);
    assert_eq!(first(&connection, &input), Wait::Answer);
    connection.want_body(3, &mut Vec::new()).unwrap();
    let waits: Vec<_> = connection.waits(&input, true).iter().collect();
    assert_eq!(waits, [Wait::Body, Wait::Answer, Wait::Write]);
    input.extend_from_slice(b"abc");
    words(&mut connection, &mut input);
    assert_eq!(first(&connection, &input), Wait::Answer);
    answer(&mut connection, 204);
    connection.next(&input);
    assert_eq!(first(&connection, &input), Wait::Idle);
    assert_eq!(connection.waits(&input, false).requests, 1);
}

#[test]
fn lm1_an_idle_connection_is_small_and_owns_no_buffer() {
    let (mut connection, mut input) = (server(), BytesMut::from(GET));
    words(&mut connection, &mut input);
    answer(&mut connection, 204);
    assert_eq!(connection.next(&input), Next::Read);
    assert!(input.is_empty());
    assert!(std::mem::size_of::<Connection>() <= 256, "{}", std::mem::size_of::<Connection>());
}

#[test]
fn answers_come_once_and_only_when_due() {
    let response = OutgoingResponse {
        status: StatusCode::OK,
        fields: &HeaderMap::new(),
        body: BodyLength::Absent,
    };
    let (mut connection, mut input, mut out) = (server(), BytesMut::from(GET), Vec::new());
    assert_eq!(connection.respond(&response, &mut out), Err(SendFault::OutOfTurn));
    words(&mut connection, &mut input);
    assert_eq!(connection.data(data("a"), &mut out), Err(SendFault::OutOfTurn));
    connection.respond(&response, &mut out).unwrap();
    assert_eq!(connection.respond(&response, &mut out), Err(SendFault::OutOfTurn));
    let too_much = connection.data(data("a"), &mut out);
    assert_eq!(too_much, Err(SendFault::BodyLongerThanDeclared));
    assert_eq!(connection.end(None, &mut out), Err(SendFault::OutOfTurn), "it can't be mended");
    assert_eq!(connection.next(&input), Next::Close);
}

#[test]
fn one_empty_line_between_requests_is_forgiven_each_time() {
    let pipelined = [GET, "\r\n", GET, "\r\n", GET].concat();
    assert_eq!(requests(&[pipelined.as_bytes()]).0.len(), 3);
}
