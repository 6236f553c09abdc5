//! Heads that have no single reading, and heads beyond a limit.

use super::{ANSWER, Case, HIDDEN, World, answered, refused};

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
