//! Bodies, and what stands behind them: lengths, chunks, order, expectations, early ends, answers.

use super::{ANSWER, Case, HIDDEN, World, answered, refused};
use portcullis_testkit::get;
use std::{thread, time::Duration};

const CHUNKED: &str = "POST /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n";

#[test]
fn fr3_chunks_have_one_reading() {
    let mut cases: Vec<Case> = [
        "+5\r\nhello\r\n0\r\n\r\n",
        "-5\r\nhello\r\n0\r\n\r\n",
        "0x5\r\nhello\r\n0\r\n\r\n",
        " 5\r\nhello\r\n0\r\n\r\n",
        "5 \r\nhello\r\n0\r\n\r\n",
        "5\t;a\r\nhello\r\n0\r\n\r\n",
        "\r\nhello\r\n0\r\n\r\n",
        "5g\r\nhello\r\n0\r\n\r\n",
        "fffffffffffffffff\r\nhello\r\n0\r\n\r\n",
        "ffffffffffffffff\r\nhello\r\n0\r\n\r\n",
        "5\nhello\r\n0\r\n\r\n",
        "5\r\nhello\n0\r\n\r\n",
        "5\r\nhello0\r\n\r\n",
        "4\r\nhello\r\n0\r\n\r\n",
        "5;\r\nhello\r\n0\r\n\r\n",
        "5;a=\"\r\nhello\r\n0\r\n\r\n",
        "5;a\rb\r\nhello\r\n0\r\n\r\n",
        "5\r\nhello\r\n0\r\nContent-Length: 9\r\n\r\n",
        "5\r\nhello\r\n0\r\nHost: other\r\n\r\n",
        "5\r\nhello\r\n0\r\nX : 1\r\n\r\n",
    ]
    .iter()
    .map(|chunks| refused(format!("{CHUNKED}{chunks}{HIDDEN}"), 400))
    .collect();
    let small = "1\r\nx\r\n".repeat(20_000);
    cases.push(refused(format!("{CHUNKED}{small}0\r\n\r\n"), 400));
    let extensions = format!("1;{}\r\nx\r\n", "e".repeat(500)).repeat(10);
    cases.push(refused(format!("{CHUNKED}{extensions}0\r\n\r\n"), 400));
    cases.push(answered(
        format!("{CHUNKED}3;a=\"b\"\r\nabc\r\n2\r\nde\r\n0\r\nX-Trailer: 1\r\n\r\n{HIDDEN}"),
        &[200, 200],
        &[("POST /a", "abcde"), ("GET /hidden", "")],
    ));
    World::new(ANSWER).run(&cases);
}

#[test]
fn fr3_a_body_is_as_long_as_declared() {
    let post = |length: usize, body: &str| {
        format!("POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: {length}\r\n\r\n{body}")
    };
    World::new(ANSWER).run(&[
        // What is behind a body is the next request, and is none.
        answered(post(3, "abcEXTRA\r\n\r\n"), &[200, 400], &[("POST /a", "abc")]).closed(),
        answered(post(0, HIDDEN), &[200, 200], &[("POST /a", ""), ("GET /hidden", "")]),
        // A caller that goes away in the middle is recorded, not answered; the upstream never has all of it.
        answered(post(10, "abc"), &[], &[]).finish().closed().lines(1),
        answered(format!("{CHUNKED}5\r\nhel"), &[], &[]).finish().closed().lines(1),
        answered(format!("{CHUNKED}5\r\nhello\r\n"), &[], &[]).finish().closed().lines(1),
        // In the middle of a head there may still be somebody to tell.
        refused("GET /a HTTP/1.1\r\nHost: h\r\n", 400).finish(),
        refused("G", 400).finish(),
        answered("", &[], &[]).finish().closed(),
        answered("\r\n", &[], &[]).finish().closed(),
    ]);
}

#[test]
fn fr4_nothing_behind_a_refusal_is_read_and_what_is_before_keeps_its_turn() {
    let good = "GET /a HTTP/1.1\r\nHost: h\r\n\r\n";
    let bad = "GET /a HTTP/1.1\r\nHost: h\r\nHost: h\r\n\r\n";
    let closing = "GET /a HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n";
    let old = "GET /a HTTP/1.0\r\nHost: h\r\n\r\n";
    let unwanted = "POST /nobody HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nbody";
    let large = format!(
        "POST /nobody HTTP/1.1\r\nHost: h\r\nContent-Length: 100000\r\n\r\n{}",
        "x".repeat(100_000)
    );
    let chunks = "POST /nobody HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\n\r\n";
    let get = ("GET /a", "");
    World::new(ANSWER).run(&[
        answered([good, bad, HIDDEN].concat(), &[200, 400], &[get]).closed(),
        answered([good, good, bad, HIDDEN].concat(), &[200, 200, 400], &[get, get]).closed(),
        answered([closing, HIDDEN].concat(), &[200], &[get]).closed(),
        answered([old, HIDDEN].concat(), &[200], &[get]).closed(),
        // The rest of a small body that nobody wants is dropped, and the connection goes on.
        answered([unwanted, good].concat(), &[403, 200], &[get]),
        // One that is large or of unknown length ends it, behind an answer that can be read.
        answered([large.as_str(), HIDDEN].concat(), &[403], &[]).closed(),
        answered([chunks, HIDDEN].concat(), &[403], &[]).closed(),
        // A caller that sends no more may still read.
        answered(good, &[200], &[get]).finish().closed(),
        answered([good, good].concat(), &[200, 200], &[get, get]).finish().closed(),
    ]);
}

#[test]
fn fr5_nothing_is_upgraded_and_nothing_behind_a_wish_to_is_read() {
    let upgrade = |protocol: &str| {
        format!("GET /a HTTP/1.1\r\nHost: h\r\nConnection: upgrade\r\nUpgrade: {protocol}\r\n\r\n")
    };
    let h2c = "GET /a HTTP/1.1\r\nHost: h\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n";
    let world = World::new(ANSWER);
    world.run(&[
        answered(upgrade("websocket"), &[200], &[("GET /a", "")]).closed(),
        answered(upgrade("websocket") + HIDDEN, &[200], &[("GET /a", "")]).closed(),
        answered(h2c, &[200], &[("GET /a", "")]),
        refused(upgrade("web socket"), 400),
        refused(format!("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n{HIDDEN}"), 505),
    ]);
    for seen in world.upstream.seen() {
        assert!(seen.header("upgrade").is_empty() && seen.header("http2-settings").is_empty());
        assert_eq!(seen.header("connection"), ["close"]);
    }
}

#[test]
fn fr4_a_caller_is_told_to_go_on_only_when_its_body_is_wanted() {
    let expect = |path: &str, what: &str| {
        format!("POST {path} HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\nExpect: {what}\r\n\r\n")
    };
    let world = World::new(ANSWER);
    world.run(&[
        answered(expect("/a", "100-continue") + "body", &[100, 200], &[("POST /a", "body")]),
        answered(expect("/nobody", "100-continue"), &[403], &[]).closed(),
        answered(expect("/nowhere", "100-continue"), &[404], &[]).closed(),
        refused(expect("/a", "200-ok"), 417),
        refused(expect("/a", "100-continue, x"), 417),
    ]);
    let mut connection = world.connect();
    connection.write(expect("/a", "100-continue").as_bytes());
    assert_eq!(connection.read().map(|answer| answer.status), Some(100));
    assert!(!world.upstream.seen().iter().any(|seen| seen.body == "late"));
    connection.write(b"late");
    assert_eq!(connection.read().map(|answer| answer.status), Some(200));
    assert!(world.upstream.seen().iter().any(|seen| seen.body == "late"));
}

#[test]
fn a_caller_that_resets_its_connection_cancels_its_request() {
    let mut world = World::new(ANSWER);
    let mut connection = world.connect();
    connection.write(b"GET /a HTTP/1.1\r\nHost: h\r\n\r\nGET /silent HTTP/1.1\r\nHost: h\r\n\r\n");
    world.wait_for_lines(1, "the first");
    thread::sleep(Duration::from_millis(100));
    // With bytes that were not read, closing resets.
    drop(connection);
    let line = world.gateway.wait_to_hear("/silent");
    assert!(line.contains("PC0499"), "{line}");
}

#[test]
fn a_head_is_answered_like_a_get_without_its_body() {
    let world = World::new("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n");
    for (path, status) in [("/a", 200), ("/nowhere", 404)] {
        let mut connection = world.connect();
        connection.write(format!("HEAD {path} HTTP/1.1\r\nHost: h\r\n\r\n").as_bytes());
        connection.finish();
        let answer = connection.read().unwrap();
        // The length is that of the body which is not sent.
        assert_eq!((answer.status, answer.body.as_str()), (status, ""));
        assert_ne!(answer.header("content-length"), Some("0"));
    }
}

/// FR4 towards upstreams: what cannot be read in one way is not passed on, and what can be is, framed anew.
#[test]
fn fr3_an_answer_is_passed_on_only_if_it_has_one_reading() {
    let chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    let leak = |text: String| -> &'static str { text.leak() };
    for (answer, status, body) in [
        ("HTTP/1.1 200\r\nContent-Length: 2\r\n\r\nhi", 200, "hi"),
        ("HTTP/1.0 200 OK\r\n\r\nuntil it closes", 200, "until it closes"),
        (
            "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi",
            200,
            "hi",
        ),
        (leak(format!("{chunked}2\r\nhi\r\n0\r\nX: 1\r\n\r\n")), 200, "hi"),
        ("HTTP/1.1 204 No Content\r\n\r\n", 204, ""),
        ("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nhi", 502, ""),
        ("HTTP/1.1 200 OK\r\nContent-Length: 2\nX: 1\r\n\r\nhi", 502, ""),
        ("HTTP/1.1 200 OK\r\nX : 1\r\nContent-Length: 2\r\n\r\nhi", 502, ""),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\nhi", 502, ""),
        ("HTTP/1.1 204 No Content\r\nContent-Length: 2\r\n\r\nhi", 502, ""),
        ("HTTP/1.1 999 Odd\r\nContent-Length: 0\r\n\r\n", 502, ""),
        ("HTTP/1.1 200 O", 502, ""),
        ("", 502, ""),
    ] {
        let world = World::new(answer);
        let answered = get(world.gateway.address(), "/a");
        assert_eq!(answered.status, status, "{answer:?}");
        if status != 502 {
            assert_eq!(answered.body, body, "{answer:?}");
        }
        world.wait_for_lines(1, answer);
    }
}
