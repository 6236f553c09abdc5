//! Time on a connection: sockets in memory, and a clock that only moves when everybody waits.

use super::{Shared, run};
use crate::system::{SystemClock, SystemRandom};
use arc_swap::ArcSwap;
use bytes::Bytes;
use http::Response;
use portcullis_config::load::{Completeness, Origin, load};
use portcullis_core::{
    access::Authorized,
    body::Body,
    facts::{ConnectionFacts, PeerAddr, Protocol},
    name::ListenerName,
    ports::{
        NotConfigured, Pending, Ports, RecordSink,
        files::Files,
        pool::InPlace,
        upstream::{Call, Fault, Upstreams},
    },
    record::Record,
};
use std::{
    io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream},
    sync::watch,
    time::{Instant, sleep, timeout},
};

const CONFIG: &str = "listeners: { public: { address: 127.0.0.1:0 } }\n\
    upstreams: { one: { targets: [http://127.0.0.1:9] } }\n\
    apis: { all: { upstream: one, routes: [{ path: /a, methods: [GET, POST], access: public }] } }\n";
const GET: &[u8] = b"GET /a HTTP/1.1\r\nHost: h\r\n\r\n";

/// Reads all of a body, then answers with it, in the same task or in another one; or never, or with more
/// than anybody takes.
enum Stub {
    Echo,
    Elsewhere,
    Silent,
    Endless,
}

impl Upstreams for Stub {
    fn call(&self, _: Authorized, call: Call) -> Pending<'_, Result<Response<Body>, Fault>> {
        Box::pin(async move {
            match self {
                Self::Silent => std::future::pending().await,
                Self::Endless => Ok(Response::new(Bytes::from(vec![b'x'; 8 << 20]).into())),
                Self::Elsewhere => {
                    let body = tokio::spawn(call.body.read_to_limit(1 << 20)).await.unwrap();
                    Ok(Response::new(body.map_err(Fault::CallerBody)?.into()))
                }
                Self::Echo => {
                    let body = call.body.read_to_limit(1 << 20).await;
                    Ok(Response::new(body.map_err(Fault::CallerBody)?.into()))
                }
            }
        })
    }
}

struct NoFiles;

impl Files for NoFiles {
    fn read(&self, _: &Path) -> io::Result<String> {
        Err(io::ErrorKind::NotFound.into())
    }

    fn variable(&self, _: &str) -> Option<String> {
        None
    }
}

#[derive(Clone, Default)]
struct Kept(Arc<Mutex<Vec<Record>>>);

impl RecordSink for Kept {
    fn put(&self, record: Box<Record>) {
        self.0.lock().unwrap().push(*record);
    }
}

/// A connection that is being served, and what comes of it.
struct World {
    peer: DuplexStream,
    records: Kept,
    draining: watch::Sender<bool>,
    serving: tokio::task::JoinHandle<()>,
    began: Instant,
}

impl World {
    fn new(upstreams: Stub) -> Self {
        let origin = Origin::Text {
            name: "gateway.yaml".into(),
            text: CONFIG.into(),
            folder: PathBuf::from("."),
        };
        let loaded = load(&NoFiles, &origin, Completeness::Whole).map_err(|r| r.problems);
        let records = Kept::default();
        let ports = Ports {
            clock: Box::new(SystemClock::default()),
            random: Box::new(SystemRandom::default()),
            upstreams: Box::new(upstreams),
            records: Box::new(records.clone()),
            counters: Box::new(NotConfigured),
            key_sets: Box::new(NotConfigured),
            authorizers: Box::new(NotConfigured),
            store: Box::new(NotConfigured),
            outbound: Box::new(NotConfigured),
            pool: Box::new(InPlace),
        };
        let blueprint = loaded.unwrap().blueprint;
        let facts = Arc::new(ConnectionFacts {
            listener: ListenerName::new("public").unwrap(),
            address: "127.0.0.1:0".parse().unwrap(),
            peer: PeerAddr::new("192.0.2.1:5".parse().unwrap()),
            protocol: Protocol::Http1,
            tls: None,
        });
        let shared = Shared {
            blueprint: Arc::new(ArcSwap::from_pointee(blueprint)),
            ports: Arc::new(ports),
        };
        let (peer, socket) = tokio::io::duplex(64 * 1024);
        let draining = watch::Sender::new(false);
        let serving = tokio::spawn(run(socket, facts, shared, draining.subscribe()));
        Self { peer, records, draining, serving, began: Instant::now() }
    }

    async fn send(&mut self, bytes: &[u8]) {
        self.peer.write_all(bytes).await.unwrap();
    }

    /// What comes until nothing has come for a moment.
    async fn hear(&mut self) -> String {
        let (mut all, mut buffer) = (Vec::new(), [0; 4096]);
        let moment = Duration::from_millis(50);
        while let Ok(Ok(count @ 1..)) = timeout(moment, self.peer.read(&mut buffer)).await {
            all.extend_from_slice(&buffer[..count]);
        }
        String::from_utf8(all).unwrap()
    }

    /// What comes until the connection ends, and when that is, in seconds.
    async fn hear_to_the_end(&mut self) -> (String, u64) {
        let mut all = String::new();
        self.peer.read_to_string(&mut all).await.unwrap();
        (all, self.began.elapsed().as_secs())
    }

    fn reasons(&self) -> Vec<&'static str> {
        let records = self.records.0.lock().unwrap();
        records.iter().filter_map(|record| Some(record.refusal()?.reason.code)).collect()
    }

    fn count(&self) -> usize {
        self.records.0.lock().unwrap().len()
    }
}

#[tokio::test(start_paused = true)]
async fn lm3_a_slow_head_is_told_and_recorded() {
    let mut world = World::new(Stub::Echo);
    world.send(b"GET /a HT").await;
    for _ in 0..6 {
        sleep(Duration::from_secs(1)).await;
        world.send(b"x").await;
    }
    let (answer, seconds) = world.hear_to_the_end().await;
    assert!(
        answer.starts_with("HTTP/1.1 408 ") && answer.contains("connection: close"),
        "{answer}"
    );
    assert!((10..=12).contains(&seconds), "{seconds}");
    assert_eq!((world.reasons(), world.count()), (vec!["PC0408"], 1));
}

#[tokio::test(start_paused = true)]
async fn lm3_a_silent_connection_is_closed_without_a_record() {
    let mut world = World::new(Stub::Echo);
    let (answer, seconds) = world.hear_to_the_end().await;
    assert_eq!(answer, "");
    assert!((10..=12).contains(&seconds), "{seconds}");
    assert_eq!(world.count(), 0);
}

#[tokio::test(start_paused = true)]
async fn lm3_an_idle_connection_is_closed_and_a_used_one_is_not() {
    let mut world = World::new(Stub::Echo);
    for _ in 0..3 {
        world.send(GET).await;
        assert!(world.hear().await.starts_with("HTTP/1.1 200 "));
        sleep(Duration::from_secs(55)).await;
    }
    let (answer, seconds) = world.hear_to_the_end().await;
    assert_eq!(answer, "");
    assert!((3 * 55 + 4..=3 * 55 + 8).contains(&seconds), "{seconds}");
    assert_eq!(world.count(), 3);
}

#[tokio::test(start_paused = true)]
async fn lm3_a_body_must_keep_its_rate() {
    let head = b"POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 100000\r\n\r\n";
    let mut world = World::new(Stub::Echo);
    world.send(head).await;
    for _ in 0..5 {
        sleep(Duration::from_secs(1)).await;
        world.send(b"x").await;
    }
    let (answer, seconds) = world.hear_to_the_end().await;
    assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
    assert!((10..=14).contains(&seconds), "{seconds}");
    assert_eq!((world.reasons(), world.count()), (vec!["PC0408"], 1));

    let mut world = World::new(Stub::Echo);
    world.send(head).await;
    for _ in 0..50 {
        sleep(Duration::from_secs(1)).await;
        world.send(&[b'x'; 2000]).await;
    }
    assert!(world.hear().await.starts_with("HTTP/1.1 200 "));
}

#[tokio::test(start_paused = true)]
async fn lm3_a_request_has_a_deadline_that_answers() {
    let mut world = World::new(Stub::Silent);
    world.send(GET).await;
    assert_eq!(world.hear().await, "");
    sleep(Duration::from_secs(60)).await;
    assert!(world.hear().await.starts_with("HTTP/1.1 504 "));
    assert_eq!(world.reasons(), ["PC0507"]);
}

#[tokio::test(start_paused = true)]
async fn lm3_whoever_does_not_take_an_answer_is_cut_off() {
    let mut world = World::new(Stub::Endless);
    world.send(GET).await;
    sleep(Duration::from_secs(30)).await;
    assert!(world.serving.is_finished());
    assert_eq!(world.count(), 1);
}

#[tokio::test(start_paused = true)]
async fn lm3_whoever_does_not_close_behind_the_last_answer_is_cut_off() {
    let mut world = World::new(Stub::Echo);
    world.send(b"GET /a HTTP/1.1\r\nHost: h\r\nHost: h\r\n\r\n").await;
    let (answer, seconds) = world.hear_to_the_end().await;
    assert!(answer.starts_with("HTTP/1.1 400 ") && seconds == 0, "{answer}");
    assert!(!world.serving.is_finished(), "what the caller still sends is read for a while");
    sleep(Duration::from_secs(8)).await;
    assert!(world.serving.is_finished());
    assert_eq!(world.reasons(), ["PC0402"]);
}

#[tokio::test(start_paused = true)]
async fn fr3_a_large_body_goes_both_ways_unchanged() {
    let body: Vec<u8> = (0..700_000_u32).map(|n| b'a' + (n % 23) as u8).collect();
    for upstreams in [Stub::Echo, Stub::Elsewhere] {
        let World { peer, records, .. } = World::new(upstreams);
        let (mut from, mut to) = tokio::io::split(peer);
        let bytes = body.clone();
        let sending = tokio::spawn(async move {
            let head = "POST /a HTTP/1.1\r\nHost: h\r\nConnection: close\r\n";
            to.write_all(head.as_bytes()).await.unwrap();
            to.write_all(b"Transfer-Encoding: chunked\r\n\r\n").await.unwrap();
            for piece in bytes.chunks(70_000) {
                to.write_all(format!("{:x}\r\n", piece.len()).as_bytes()).await.unwrap();
                to.write_all(piece).await.unwrap();
                to.write_all(b"\r\n").await.unwrap();
            }
            to.write_all(b"0\r\n\r\n").await.unwrap();
            to
        });
        let mut all = Vec::new();
        from.read_to_end(&mut all).await.unwrap();
        drop(sending.await.unwrap());
        assert!(all.ends_with(&body) && all.starts_with(b"HTTP/1.1 200 "));
        assert_eq!(records.0.lock().unwrap()[0].answer_bytes, body.len() as u64);
    }
}

#[tokio::test(start_paused = true)]
async fn a_body_is_read_no_faster_than_it_is_asked_for() {
    let mut world = World::new(Stub::Silent);
    world.send(b"POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 1000000\r\n\r\n").await;
    let flood = vec![b'x'; 1_000_000];
    let sent = timeout(Duration::from_secs(5), world.peer.write_all(&flood)).await;
    assert!(sent.is_err(), "nobody read it, so it stays where it is");
}

#[tokio::test(start_paused = true)]
async fn lc1_a_drain_ends_idle_connections_and_finishes_requests() {
    let mut idle = World::new(Stub::Echo);
    idle.send(GET).await;
    assert!(idle.hear().await.starts_with("HTTP/1.1 200 "));
    idle.draining.send_replace(true);
    assert_eq!(idle.hear().await, "");
    assert!(idle.serving.is_finished());

    let mut fresh = World::new(Stub::Echo);
    fresh.draining.send_replace(true);
    sleep(Duration::from_millis(200)).await;
    fresh.send(GET).await;
    let answer = fresh.hear().await;
    assert!(answer.starts_with("HTTP/1.1 200 ") && answer.contains("connection: close"));

    let mut begun = World::new(Stub::Echo);
    begun.send(b"GET /a HTTP/1.1\r\n").await;
    assert_eq!(begun.hear().await, "");
    begun.draining.send_replace(true);
    sleep(Duration::from_secs(2)).await;
    begun.send(b"Host: h\r\n\r\n").await;
    let answer = begun.hear().await;
    assert!(answer.starts_with("HTTP/1.1 200 ") && answer.contains("connection: close"));
    assert!(begun.serving.is_finished());
}
