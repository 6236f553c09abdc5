//! Both state machines driven by chance: whatever a caller and a peer do, in whatever order, some things hold.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a failure here is a failed test"
)]

mod common;

use bytes::BytesMut;
use common::generate::{Random, stream};
use common::{client, data, server};
use http::{HeaderMap, HeaderValue, Method, StatusCode, uri};
use portcullis_wire::client::connection as upstream;
use portcullis_wire::deadline::{Timeouts, Wait};
use portcullis_wire::framing::BodyLength;
use portcullis_wire::limits::Laxities;
use portcullis_wire::refusal::Refusal;
use portcullis_wire::server::connection::{Connection, Next, Received};
use portcullis_wire::write_head::{OutgoingRequest, OutgoingResponse};

/// What a run of a client's connection came to.
#[derive(Default)]
struct Run {
    heads: usize,
    refusals: usize,
    finals: usize,
    ended: bool,
    heads_after_end: usize,
    heads_while_answering: usize,
    methods: Vec<Method>,
}

#[test]
fn fr4_whatever_happens_answers_match_requests_and_nothing_follows_the_end() {
    for seed in 0..20_000 {
        let mut random = Random(seed);
        let (mut connection, mut input, mut out) = (server(), BytesMut::new(), Vec::new());
        let mut run = Run::default();
        for _ in 0..random.below(40) {
            step(&mut random, &mut connection, &mut input, &mut out, &mut run);
        }
        assert!(run.finals <= run.heads + run.refusals, "seed {seed}: more answers than requests");
        assert!(run.refusals <= 1, "seed {seed}: a connection is refused once");
        assert_eq!(run.heads_after_end, 0, "seed {seed}: read on after the end");
        assert_eq!(run.heads_while_answering, 0, "seed {seed}: read ahead");
        check_answers(&out, &run, seed);
    }
}

fn step(
    random: &mut Random,
    connection: &mut Connection,
    input: &mut BytesMut,
    out: &mut Vec<u8>,
    run: &mut Run,
) {
    match random.below(12) {
        0 | 1 => input.extend_from_slice(&stream(random, 5)),
        2 => input.extend_from_slice(b"abc"),
        3..=5 => {
            let due = connection.can_respond();
            match connection.receive(input) {
                Ok(Some(Received::Head(head))) => {
                    run.heads += 1;
                    run.heads_after_end += usize::from(run.ended);
                    run.heads_while_answering += usize::from(due);
                    run.methods.push(head.method);
                }
                Ok(_) => {}
                Err(_) => {
                    run.refusals += 1;
                    if !due && connection.can_respond() {
                        run.methods.push(Method::GET);
                    }
                }
            }
        }
        6 => run.refusals += usize::from(connection.want_body(1000, out).is_err()),
        7 | 8 => {
            let body = [BodyLength::Absent, BodyLength::Known(3), BodyLength::Chunked];
            let status = [200, 204, 304, 404, 413][random.below(5)];
            let status = StatusCode::from_u16(status).unwrap();
            let body = body[random.below(3)];
            let response = OutgoingResponse { status, fields: &HeaderMap::new(), body };
            if connection.respond(&response, out).is_ok() {
                run.finals += 1;
                if random.chance(2) {
                    let _ = connection.data(data("abc"), out);
                }
                let _ = connection.end(None, out);
            }
        }
        9 => match connection.next(input) {
            Next::Close | Next::Linger | Next::Tunnel => run.ended = true,
            _ => {}
        },
        10 if random.chance(6) => {
            let before = run.refusals;
            run.refusals += usize::from(connection.receive_eof(input).is_err());
            if run.refusals > before && run.methods.len() < run.heads + run.refusals {
                run.methods.push(Method::GET);
            }
        }
        11 if random.chance(6) => {
            let protocol = HeaderValue::from_static("websocket");
            let _ = connection.switch(&protocol, &HeaderMap::new(), input, out);
        }
        _ => {}
    }
    let pending = random.chance(2);
    let timeouts = Timeouts::for_clients();
    let waits: Vec<Wait> = connection.waits(input, pending).iter().collect();
    assert!(!waits.is_empty() && waits.len() <= 3);
    let forever = std::time::Duration::from_secs(1 << 30);
    assert!(waits.iter().all(|wait| timeouts.of(*wait).passed(forever, forever, 1 << 20)));
}

/// Everything written reads as responses, each to its request, as an upstream connection would read them.
fn check_answers(out: &[u8], run: &Run, seed: u64) {
    let mut input = BytesMut::from(out);
    for method in &run.methods {
        let mut reader = client(Laxities { close_delimited_body: true, ..Laxities::default() });
        ask(&mut reader, method, Some("websocket"));
        loop {
            match reader.receive(&mut input) {
                Ok(Some(upstream::Received::Switched(_)) | None) => break,
                Ok(Some(_)) => {}
                // The next response stands behind this one; a fresh reader takes it.
                Err(Refusal::BytesAfterResponse) => break,
                Err(refusal) => panic!("seed {seed}: {refusal}: {}", out.escape_ascii()),
            }
        }
    }
}

fn ask(connection: &mut upstream::Connection, method: &Method, upgrade: Option<&'static str>) {
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
    connection.request(&request, &BytesMut::new(), &mut Vec::new()).unwrap();
    connection.end(None, &mut Vec::new()).unwrap();
}

const RESPONSES: &[&str] = &[
    "HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nabc",
    "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
    "HTTP/1.1 204 No Content\r\n\r\n",
    "HTTP/1.1 103 Early Hints\r\n\r\n",
    "HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n",
    "HTTP/1.1 304 Not Modified\r\ncontent-length: 3\r\n\r\n",
    "HTTP/1.0 200 OK\r\ncontent-length: 0\r\n\r\n",
    "HTTP/1.1 200 OK\r\ncontent-length: 3\r\nconnection: close\r\n\r\nabc",
    "HTTP/1.1 200 OK\r\ncontent-length: 3, 3\r\n\r\nabc",
    "HTTP/1.1 200 OK\r\n\r\n",
    "x",
];

/// An upstream's connection says `Reusable` only with nothing of a response left over, and never after a refusal.
#[test]
fn fr4_a_connection_is_reusable_only_when_both_messages_were_whole() {
    for seed in 0..20_000 {
        let mut random = Random(seed);
        let (mut connection, mut input) = (client(Laxities::default()), BytesMut::new());
        let (mut busy, mut finals, mut asked, mut spoilt) = (false, 0, 0, false);
        for _ in 0..random.below(30) {
            match random.below(6) {
                0 if !busy
                    && !spoilt
                    && input.is_empty()
                    && connection.next(&input) == upstream::Next::Reusable =>
                {
                    let method = [Method::GET, Method::HEAD][random.below(2)].clone();
                    ask(&mut connection, &method, None);
                    (busy, asked) = (true, asked + 1);
                }
                1 => input.extend_from_slice(random.pick(RESPONSES).as_bytes()),
                2 | 3 => match connection.receive(&mut input) {
                    Ok(Some(upstream::Received::Head(_))) => finals += 1,
                    Ok(Some(upstream::Received::Switched(_))) => panic!("nothing was offered"),
                    Ok(_) => {}
                    Err(_) => spoilt = true,
                },
                4 => {
                    let next = connection.next(&input);
                    if next == upstream::Next::Reusable {
                        assert!(!spoilt && input.is_empty(), "seed {seed}");
                        assert_eq!(asked, finals, "seed {seed}: reusable with an answer owed");
                        busy = false;
                    }
                    spoilt |= next == upstream::Next::Close;
                }
                _ if random.chance(8) => spoilt |= connection.receive_eof().is_err(),
                _ => {}
            }
            assert!(connection.waits(random.chance(2)).iter().count() >= 1);
        }
        assert!(finals <= asked, "seed {seed}: more answers than requests");
    }
}
