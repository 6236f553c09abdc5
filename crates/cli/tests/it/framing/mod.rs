//! Hostile bytes on real sockets: what is answered, what an upstream sees of it, and what is recorded.
//!
//! Each case has a connection of its own. It says which answers come, whether the connection is closed
//! behind them, and which requests reach the upstream, with their bodies. Every request of which any byte
//! came leaves exactly one line in the log: as many lines as answers, unless the case says otherwise.

mod bodies;
mod heads;

use crate::{Folder, PORTCULLIS};
use portcullis_testkit::{Connection, Gateway, PATIENCE, Seen, Upstream};
use std::{net::TcpListener, thread, time::Duration};

const ANSWER: &str = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
/// A second request, hidden behind a first. It must never arrive.
const HIDDEN: &str = "GET /hidden HTTP/1.1\r\nHost: h\r\n\r\n";

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
