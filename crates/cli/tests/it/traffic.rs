//! Real requests to a real upstream.

use crate::{Folder, PORTCULLIS};
use portcullis_testkit::{Connection, Gateway, Upstream, get, send};

const ANSWER: &str = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-Upstream: yes\r\nConnection: close\r\nX-Request-Id: theirs\r\n\r\nhello";

fn config(upstream: &Upstream) -> String {
    format!(
        "listeners: {{ public: {{ address: 127.0.0.1:0 }} }}\n\
         upstreams: {{ one: {{ targets: [http://{}] }} }}\n\
         apis:\n\
         \x20 all:\n\
         \x20   upstream: one\n\
         \x20   routes:\n\
         \x20     - {{ path: /a, methods: [GET, POST], access: public }}\n\
         \x20     - {{ path: /nobody, methods: [GET], access: public, addresses: {{ deny: [127.0.0.0/8] }} }}\n",
        upstream.address
    )
}

fn gateway(folder: &Folder, upstream: &Upstream) -> Gateway {
    folder.write("gateway.yaml", &config(upstream));
    Gateway::start(PORTCULLIS, &folder.0, &["gateway.yaml"])
}

#[test]
fn what_was_authorised_is_what_arrives() {
    let (folder, upstream) = (Folder::new(), Upstream::start(ANSWER));
    let gateway = gateway(&folder, &upstream);
    let answer = send(
        gateway.address(),
        b"POST /%61?x=%7e HTTP/1.1\r\nHost: API.example.com.\r\nContent-Length: 4\r\n\
          X-Forwarded-For: 6.6.6.6\r\nX_Forwarded_Host: evil\r\nConnection: keep-alive, X-Hop\r\nX-Hop: 1\r\n\r\nbody",
    );
    assert_eq!((answer.status, answer.body.as_str()), (200, "hello"));
    assert_eq!(answer.header("x-upstream"), Some("yes"));
    assert_ne!(answer.header("x-request-id"), Some("theirs"));
    let seen = &upstream.seen()[0];
    assert!(seen.head.starts_with("POST /a?x=~ HTTP/1.1\r\n"), "{}", seen.head);
    assert_eq!(seen.body, "body");
    assert_eq!(seen.header("host"), ["api.example.com"]);
    assert_eq!(seen.header("x-forwarded-for"), ["127.0.0.1"]);
    assert_eq!(seen.header("x-forwarded-host"), ["api.example.com"]);
    assert_eq!(seen.header("x-request-id"), [answer.header("x-request-id").unwrap()]);
    assert!(seen.header("x_forwarded_host").is_empty() && seen.header("x-hop").is_empty());
}

#[test]
fn a_body_in_chunks_arrives_whole() {
    let (folder, upstream) = (Folder::new(), Upstream::start(ANSWER));
    let gateway = gateway(&folder, &upstream);
    let answer = send(
        gateway.address(),
        b"POST /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\nX-Trailer: 1\r\n\r\n",
    );
    assert_eq!(answer.status, 200);
    let seen = &upstream.seen()[0];
    let chunks: String =
        seen.body.split("\r\n").filter(|part| part.starts_with(['a', 'd'])).collect();
    assert_eq!(chunks, "abcde");
    assert!(!seen.body.contains("Trailer"), "FR7: trailers are dropped");
}

#[test]
fn a_refused_request_reaches_no_upstream() {
    let (folder, upstream) = (Folder::new(), Upstream::start(ANSWER));
    let gateway = gateway(&folder, &upstream);
    let refused = [
        ("GET /nobody HTTP/1.1\r\nHost: h\r\n\r\n", 403),
        ("GET /b HTTP/1.1\r\nHost: h\r\n\r\n", 404),
        ("PUT /a HTTP/1.1\r\nHost: h\r\n\r\n", 405),
        ("GET /a/../a HTTP/1.1\r\nHost: h\r\n\r\n", 400),
        ("GET /a HTTP/1.1\r\n\r\n", 400),
        ("GET /a HTTP/1.1\r\nHost: h\r\nHost: h\r\n\r\n", 400),
        ("GET /a HTTP/1.1\r\nHost: u@h\r\n\r\n", 400),
        ("GET http://other/a HTTP/1.1\r\nHost: h\r\n\r\n", 400),
        ("OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n", 400),
        ("CONNECT h:443 HTTP/1.1\r\nHost: h:443\r\n\r\n", 501),
        ("POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 10485761\r\n\r\n", 413),
        ("POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: +3\r\n\r\nabc", 400),
        ("GET /a HTTP/1.1\r\nHost: h\r\nbad name: 1\r\n\r\n", 400),
    ];
    for (request, status) in refused {
        assert_eq!(send(gateway.address(), request.as_bytes()).status, status, "{request}");
    }
    let many = "X: 1\r\n".repeat(200);
    let flood = format!("GET /a HTTP/1.1\r\nHost: h\r\n{many}\r\n");
    assert_eq!(send(gateway.address(), flood.as_bytes()).status, 431);
    assert_eq!(upstream.seen(), []);
}

#[test]
fn an_undeclared_body_that_grows_too_large_is_cut() {
    let (folder, upstream) = (Folder::new(), Upstream::start(ANSWER));
    let gateway = gateway(&folder, &upstream);
    let mut connection = Connection::open(gateway.address());
    connection.write(b"POST /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n");
    let chunk = format!("100000\r\n{}\r\n", "x".repeat(0x10_0000));
    for _ in 0..11 {
        connection.write(chunk.as_bytes());
    }
    assert_eq!(connection.read().map(|answer| answer.status), Some(413));
    assert_eq!(upstream.seen(), [], "the upstream never saw the end of it");
}

#[test]
fn several_requests_on_one_connection() {
    let (folder, upstream) = (Folder::new(), Upstream::start(ANSWER));
    let gateway = gateway(&folder, &upstream);
    let mut connection = Connection::open(gateway.address());
    let one = "GET /a HTTP/1.1\r\nHost: h\r\n\r\n";
    connection.write(format!("{one}GET /b HTTP/1.1\r\nHost: h\r\n\r\n{one}").as_bytes());
    let statuses: Vec<u16> = (0..3).map(|_| connection.read().unwrap().status).collect();
    assert_eq!(statuses, [200, 404, 200]);
    assert_eq!(upstream.seen().len(), 2);
}

#[test]
fn an_upstream_that_is_not_there_is_a_502() {
    let folder = Folder::new();
    let upstream = Upstream::start(ANSWER);
    let config = config(&upstream).replace(&upstream.address.to_string(), "127.0.0.1:1");
    folder.write("gateway.yaml", &config);
    let gateway = Gateway::start(PORTCULLIS, &folder.0, &["gateway.yaml"]);
    let answer = get(gateway.address(), "/a");
    assert_eq!(answer.status, 502);
    assert!(answer.body.contains("PC0502"));
}

#[test]
fn an_answer_that_is_no_http_is_not_passed_on() {
    let (folder, upstream) = (Folder::new(), Upstream::start("SSH-2.0-OpenSSH_9\r\n\r\n"));
    let gateway = gateway(&folder, &upstream);
    let answer = get(gateway.address(), "/a");
    assert_eq!(answer.status, 502);
    assert!(answer.body.contains("PC0505"), "{}", answer.body);
}

/// CVE-2024-23326: an answer that nobody asked for must not open a tunnel.
#[test]
fn an_answer_that_callers_could_read_otherwise_is_not_passed_on() {
    for answer in [
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 5\r\n\r\nhello",
    ] {
        let (folder, upstream) = (Folder::new(), Upstream::start(answer));
        let gateway = gateway(&folder, &upstream);
        let answered = get(gateway.address(), "/a");
        assert_eq!(answered.status, 502, "{answer}");
    }
}

#[test]
fn ev1_a_secret_of_a_caller_is_in_no_log_and_no_record() {
    let (folder, upstream) = (Folder::new(), Upstream::start(ANSWER));
    let mut gateway = gateway(&folder, &upstream);
    let answer = send(
        gateway.address(),
        b"POST /a?token=canary-1 HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer canary-2\r\n\
          Cookie: s=canary-3\r\nContent-Length: 8\r\n\r\ncanary-4",
    );
    let id = answer.header("x-request-id").unwrap().to_owned();
    gateway.wait_to_hear(&id);
    let record = crate::admin::ask(&gateway, &format!("/records/{id}"));
    let metrics = crate::admin::ask(&gateway, "/metrics");
    let everything = [gateway.said().concat(), gateway.told().concat(), record, metrics].concat();
    assert!(everything.contains(&id) && !everything.contains("canary"), "{everything}");
}
