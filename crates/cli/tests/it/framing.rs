//! Hostile bytes on real sockets: what is answered, what an upstream sees of it, and what is recorded.
//!
//! Each case has a connection of its own. It says which answers come, whether the connection is closed
//! behind them, and which requests reach the upstream, with their bodies. Every request of which any byte
//! came leaves exactly one line in the log: as many lines as answers, unless the case says otherwise.

use crate::{Folder, PORTCULLIS};
use portcullis_testkit::{Connection, Gateway, PATIENCE, Seen, Upstream, get};
use std::{net::TcpListener, thread, time::Duration};

const ANSWER: &str = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
/// A second request, hidden behind a first. It must never arrive.
const HIDDEN: &str = "GET /hidden HTTP/1.1\r\nHost: h\r\n\r\n";
const CHUNKED: &str = "POST /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n";

/// The world of a table of cases.
struct World {
    upstream: Upstream,
    gateway: Gateway,
    _silent: TcpListener,
    _folder: Folder,
}

impl World {
    fn new(answer: &'static str) -> Self {
        let (folder, upstream) = (Folder::new(), Upstream::start(answer));
        let silent = TcpListener::bind("127.0.0.1:0").unwrap();
        let config = format!(
            "listeners: {{ public: {{ address: 127.0.0.1:0 }} }}\n\
             upstreams: {{ one: {{ targets: [http://{}] }}, silent: {{ targets: [http://{}] }} }}\n\
             apis:\n\
             \x20 all:\n\
             \x20   upstream: one\n\
             \x20   routes:\n\
             \x20     - {{ path: /a, methods: [GET, POST, PUT, OPTIONS], access: public }}\n\
             \x20     - {{ path: /hidden, methods: [GET], access: public }}\n\
             \x20     - {{ path: /nobody, methods: [POST], access: public, addresses: {{ deny: [127.0.0.0/8] }} }}\n\
             \x20 quiet: {{ upstream: silent, routes: [{{ path: /silent, methods: [GET], access: public }}] }}\n",
            upstream.address,
            silent.local_addr().unwrap()
        );
        folder.write("gateway.yaml", &config);
        let gateway = Gateway::start(PORTCULLIS, &folder.0, &["gateway.yaml"]);
        Self { upstream, gateway, _silent: silent, _folder: folder }
    }

    fn connect(&self) -> Connection {
        Connection::open(self.gateway.address())
    }

    /// Waits until the log has this many lines.
    fn wait_for_lines(&self, lines: usize, what: &str) {
        let steps = PATIENCE.as_millis() / 5;
        for _ in 0..steps {
            if self.gateway.said().len() >= lines {
                break;
            }
            thread::sleep(Duration::from_millis(5));
        }
        let said = self.gateway.said();
        assert_eq!(said.len(), lines, "{what}: the log has\n{}", said.join("\n"));
    }

    /// Runs a table, each case on a connection of its own.
    fn run(&self, cases: &[Case]) {
        let (mut lines, mut requests) = (self.gateway.said().len(), self.upstream.seen().len());
        for case in cases {
            let mut connection = self.connect();
            connection.write(&case.bytes);
            if case.finish {
                connection.finish();
            }
            for status in &case.statuses {
                let answer = connection.read().map(|answer| answer.status);
                assert_eq!(answer, Some(*status), "{}", case.name());
            }
            if case.closed {
                assert!(connection.is_closed(), "{} goes on", case.name());
            }
            drop(connection);
            lines += case.lines;
            self.wait_for_lines(lines, &case.name());
            let seen = self.upstream.seen();
            let seen: Vec<(String, String)> = seen[requests..].iter().map(plain).collect();
            assert_eq!(seen, case.arrives, "{}", case.name());
            requests += seen.len();
        }
        // Nothing comes late.
        thread::sleep(Duration::from_millis(100));
        assert_eq!(self.gateway.said().len(), lines);
        assert_eq!(self.upstream.seen().len(), requests);
    }
}

/// Method and target, and the body without its framing.
fn plain(seen: &Seen) -> (String, String) {
    let line = seen.head.lines().next().unwrap_or_default();
    let line = line.strip_suffix(" HTTP/1.1").unwrap_or(line).to_owned();
    if seen.header("transfer-encoding").is_empty() {
        return (line, seen.body.clone());
    }
    let (mut rest, mut body) = (seen.body.as_str(), String::new());
    while let Some((size, more)) = rest.split_once("\r\n") {
        let size = usize::from_str_radix(size, 16).expect("a chunk of ours");
        body.push_str(&more[..size]);
        rest = &more[size + 2..];
    }
    (line, body)
}

struct Case {
    bytes: Vec<u8>,
    statuses: Vec<u16>,
    closed: bool,
    finish: bool,
    lines: usize,
    arrives: Vec<(String, String)>,
}

impl Case {
    fn name(&self) -> String {
        let text = String::from_utf8_lossy(&self.bytes);
        format!("{:?}", text.chars().take(200).collect::<String>())
    }

    fn closed(self) -> Self {
        Self { closed: true, ..self }
    }

    /// The caller says behind its bytes that nothing more comes.
    fn finish(self) -> Self {
        Self { finish: true, ..self }
    }

    fn lines(self, lines: usize) -> Self {
        Self { lines, ..self }
    }
}

/// Is refused with this status and closed; nothing arrives, also not what stands behind.
fn refused(bytes: impl AsRef<[u8]>, status: u16) -> Case {
    answered(bytes, &[status], &[]).closed()
}

/// Is answered with these statuses; these requests arrive.
fn answered(bytes: impl AsRef<[u8]>, statuses: &[u16], arrives: &[(&str, &str)]) -> Case {
    Case {
        bytes: bytes.as_ref().to_vec(),
        statuses: statuses.to_vec(),
        closed: false,
        finish: false,
        lines: statuses.iter().filter(|status| **status >= 200).count(),
        arrives: arrives.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect(),
    }
}

/// A POST with these fields, a body that two readers may see differently, and a request hidden behind it.
fn post(fields: &str) -> String {
    format!("POST /a HTTP/1.1\r\nHost: h\r\n{fields}\r\n0\r\n\r\n{HIDDEN}")
}

#[test]
fn fr2_a_request_with_two_lengths_is_refused() {
    let fields = [
        "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
        "Content-Length: 5\r\nContent-Length: 5\r\n",
        "Content-Length: 5\r\nContent-Length: 0\r\n",
        "Content-Length: 5, 5\r\n",
        "Content-Length: +5\r\n",
        "Content-Length: -5\r\n",
        "Content-Length: 0x5\r\n",
        "Content-Length: 05\r\n",
        "Content-Length: 5 5\r\n",
        "Content-Length:\r\n",
        "Content-Length: 5a\r\n",
        "Content-Length: 99999999999999999999\r\n",
        "Content_Length: 5\r\n",
        "Transfer-Encoding: identity\r\n",
        "Transfer-Encoding: gzip, chunked\r\n",
        "Transfer-Encoding: chunked, identity\r\n",
        "Transfer-Encoding: chunked, chunked\r\n",
        "Transfer-Encoding: xchunked\r\n",
        "Transfer-Encoding: \"chunked\"\r\n",
        "Transfer-Encoding:\r\n",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n",
        "Transfer-Encoding: chunked;a=b\r\n",
        "Transfer_Encoding: chunked\r\n",
        "Connection: close, content-length\r\nContent-Length: 5\r\n",
        "Connection: transfer-encoding\r\nTransfer-Encoding: chunked\r\n",
    ];
    let mut cases: Vec<Case> = fields.iter().map(|fields| refused(post(fields), 400)).collect();
    let old = format!("POST /a HTTP/1.0\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n{HIDDEN}");
    cases.push(refused(old, 400));
    World::new(ANSWER).run(&cases);
}

#[test]
fn fr2_lines_and_fields_have_one_reading() {
    let fields = [
        "Content-Length : 5\r\n",
        "Transfer-Encoding : chunked\r\n",
        " Content-Length: 5\r\n",
        "X: a\r\n b\r\n",
        "X: a\r\n\tTransfer-Encoding: chunked\r\n",
        "X: a\nContent-Length: 5\r\n",
        "X: a\rContent-Length: 5\r\n",
        "X: a\0b\r\n",
        "X: a\x01b\r\n",
        "X: a\x7fb\r\n",
        ": nameless\r\n",
        "no colon\r\n",
        "na me: x\r\n",
        "n\u{e4}me: x\r\n",
        "X[]: x\r\n",
        "Host: h\r\n",
        "Host: other\r\n",
    ];
    let mut cases: Vec<Case> = fields.iter().map(|fields| refused(post(fields), 400)).collect();
    for whole in [
        "GET /a HTTP/1.1\nHost: h\n\n",
        "GET /a HTTP/1.1\r\n Host: h\r\n\r\n",
        "GET /a HTTP/1.1\r\nHost: \r\n\r\n",
        "GET /a HTTP/1.1\r\nHost: a b\r\n\r\n",
        "GET /a HTTP/1.1\r\nHost: a,b\r\n\r\n",
        "GET /a HTTP/1.1\r\nHost: h:80:80\r\n\r\n",
        "GET http://other/a HTTP/1.1\r\nHost: h\r\n\r\n",
        "GET http://u@h/a HTTP/1.1\r\nHost: h\r\n\r\n",
        "\r\n\r\nGET /a HTTP/1.1\r\nHost: h\r\n\r\n",
    ] {
        cases.push(refused(format!("{whole}{HIDDEN}"), 400));
    }
    World::new(ANSWER).run(&cases);
}

#[test]
fn fr2_request_lines_have_one_reading() {
    let cases: Vec<Case> = [
        ("GET /a#b HTTP/1.1", 400),
        ("GET /a#?b HTTP/1.1", 400),
        ("GET /a?b#c HTTP/1.1", 400),
        ("GET  /a HTTP/1.1", 400),
        ("GET /a  HTTP/1.1", 400),
        ("GET /a b HTTP/1.1", 400),
        ("GET\t/a HTTP/1.1", 400),
        ("GET /a\0b HTTP/1.1", 400),
        ("GET /\u{e4} HTTP/1.1", 400),
        ("GET a HTTP/1.1", 400),
        ("GET * HTTP/1.1", 400),
        ("OPTIONS * HTTP/1.1", 400),
        ("OPTIONS http://h HTTP/1.1", 400),
        ("GET ftp://h/a HTTP/1.1", 400),
        ("GET //h/a HTTP/1.1", 400),
        ("GET /a", 400),
        ("GET /a http/1.1", 400),
        ("GET /a HTTP/1.10", 400),
        ("GET /a HTTP/1.2", 505),
        ("GET /a HTTP/2.0", 505),
        ("PRI * HTTP/2.0", 505),
        ("get /a HTTP/1.1", 501),
        ("CONNECT h:443 HTTP/1.1", 501),
        ("\x16\x03\x01\x02\x00\x01\x00", 400),
    ]
    .into_iter()
    .map(|(line, status)| {
        let case = answered(format!("{line}\r\nHost: h\r\n\r\n"), &[status], &[]);
        // What the engine reads and the canonical form refuses leaves a sound connection behind.
        let sound = ["OPTIONS *", "OPTIONS http", "GET //"].iter().any(|s| line.starts_with(s));
        if sound { case } else { case.closed() }
    })
    .collect();
    World::new(ANSWER).run(&cases);
}

#[test]
fn lm2_heads_beyond_a_limit_are_refused() {
    let head = |more: &str| format!("GET /a HTTP/1.1\r\nHost: h\r\n{more}\r\n");
    let long = "x".repeat(8 * 1024 + 1);
    World::new(ANSWER).run(&[
        refused(head(&"X: 1\r\n".repeat(100)), 431),
        refused(head(&format!("X: {long}\r\n")), 431),
        refused(head(&format!("{}: x\r\n", "n".repeat(300))), 431),
        refused(head(&format!("X: {}\r\n", "x".repeat(8000)).repeat(5)), 431),
        refused(format!("GET /{long} HTTP/1.1\r\nHost: h\r\n\r\n"), 414),
        refused(format!("{} /a HTTP/1.1\r\nHost: h\r\n\r\n", "M".repeat(40)), 501),
        answered(head(&"X: 1\r\n".repeat(99)), &[200], &[("GET /a", "")]),
    ]);
}

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
