//! What a head costs: read, and written again, with twelve fields; beside httparse and hyper.
//!
//! `cargo run --profile dist --example head_cost` prints medians of many short rounds, in microseconds of one core.
//! With a case and a count it does that and nothing else, for counting instructions:
//! `valgrind --tool=callgrind target/dist/examples/head_cost read 2000`.
#![allow(
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "printing what the clock says is what it is for"
)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "no network here: a failure ends a measurement"
)]

use std::convert::Infallible;
use std::hint::black_box;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Instant;

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, HeaderName, HeaderValue, Request, Response, StatusCode};
use http_body_util::Empty;
use hyper::body::Incoming;
use hyper::rt::{Read, ReadBufCursor, Write};
use portcullis_wire::client;
use portcullis_wire::framing::BodyLength;
use portcullis_wire::limits::{Laxities, Limits};
use portcullis_wire::request::{RequestHead, RequestReader};
use portcullis_wire::server::connection::{Connection, Received};
use portcullis_wire::write_head::{OutgoingRequest, OutgoingResponse};

const HEAD: &[u8] = b"GET /api/v1/orders/8412?expand=lines&page=2 HTTP/1.1\r\n\
    host: api.example.com\r\n\
    user-agent: Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0\r\n\
    accept: application/json, text/plain;q=0.9, */*;q=0.1\r\n\
    accept-language: en-GB,en;q=0.7,de;q=0.3\r\n\
    accept-encoding: gzip, deflate, br, zstd\r\n\
    authorization: Bearer eyJhbGciOiJSUzI1NiIsImtpZCI6IjEifQ.eyJzdWIiOiJhbGljZSJ9.c2lnbmF0dXJlLXNpZ25hdHVyZQ\r\n\
    cookie: session=4f1d2c; theme=dark; consent=yes\r\n\
    x-request-id: 018f3c9e-7a55-7cc2-b1f4-8b1a2c3d4e5f\r\n\
    x-forwarded-for: 203.0.113.9\r\n\
    traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\r\n\
    cache-control: no-cache\r\n\
    connection: keep-alive\r\n\r\n";

fn main() {
    let limits = Arc::new(Limits::default());
    let head = read(&limits);
    let (mut wire, mut hyper) = (WireServer::new(&limits), HyperServer::new());
    let mut cases: [(&str, &str, &mut dyn FnMut()); 7] = [
        ("read", "wire: read a head", &mut || drop(black_box(read(&limits)))),
        ("pieces", "wire: read a head that comes in 16 pieces", &mut || {
            drop(black_box(read_pieces(&limits)));
        }),
        ("write", "wire: write a head", &mut || drop(black_box(write(&head, &limits)))),
        ("both", "wire: read and write a head", &mut || {
            drop(black_box(write(&read(&limits), &limits)));
        }),
        ("httparse", "httparse into a HeaderMap, as hyper does", &mut || {
            drop(black_box(httparse_map()));
        }),
        ("wire", "wire: request in, response out, kept alive", &mut || wire.exchange()),
        ("hyper", "hyper: request in, response out, kept alive", &mut || hyper.exchange()),
    ];
    let mut arguments = std::env::args().skip(1);
    if let (Some(case), Some(times)) = (arguments.next(), arguments.next()) {
        let found = cases.iter_mut().find(|(name, ..)| *name == case).expect("a known case");
        (0..times.parse().expect("a number")).for_each(|_: u32| (found.2)());
        return;
    }
    println!("{} bytes, {} fields", HEAD.len(), head.fields.len());
    for (_, name, work) in &mut cases {
        measure(name, work);
    }
}

fn measure(name: &str, mut work: impl FnMut()) {
    const ROUNDS: usize = 300;
    const REPEATS: u32 = 500;
    let mut rounds: Vec<f64> = (0..ROUNDS)
        .map(|_| {
            let start = Instant::now();
            for _ in 0..REPEATS {
                work();
            }
            start.elapsed().as_secs_f64() * 1e6 / f64::from(REPEATS)
        })
        .collect();
    rounds.sort_by(f64::total_cmp);
    let at = |part: usize| rounds.get(ROUNDS * part / 100).copied().unwrap_or_default();
    println!("{:>7.3} µs  (p10 {:.3}, p90 {:.3})  {name}", at(50), at(10), at(90));
}

fn read(limits: &Limits) -> RequestHead {
    let mut input = BytesMut::from(HEAD);
    RequestReader::default().read(&mut input, limits).expect("sound").expect("whole")
}

fn read_pieces(limits: &Limits) -> RequestHead {
    let (mut input, mut reader) = (BytesMut::with_capacity(1024), RequestReader::default());
    for piece in HEAD.chunks(HEAD.len() / 15) {
        input.extend_from_slice(piece);
        if let Some(head) = reader.read(&mut input, limits).expect("sound") {
            return head;
        }
    }
    unreachable!("the head is whole")
}

fn write(head: &RequestHead, limits: &Arc<Limits>) -> BytesMut {
    let request = OutgoingRequest {
        method: &head.method,
        target: &head.target.path_and_query,
        authority: &head.authority,
        fields: &head.fields,
        body: head.body,
        upgrade: None,
        accepts_trailers: false,
    };
    let mut out = BytesMut::with_capacity(1024);
    client::connection::Connection::new(Arc::clone(limits), Laxities::default())
        .request(&request, &BytesMut::new(), &mut out)
        .expect("sound");
    out
}

/// The same work as hyper's reader: slots, then names and values that share one buffer (without its `unsafe`).
fn httparse_map() -> Request<()> {
    let buffer = Bytes::copy_from_slice(HEAD);
    let mut slots = [httparse::EMPTY_HEADER; 100];
    let mut parsed = httparse::Request::new(&mut slots);
    parsed.parse(&buffer).expect("sound");
    let mut fields = HeaderMap::with_capacity(parsed.headers.len());
    for header in parsed.headers.iter() {
        let name = HeaderName::from_bytes(header.name.as_bytes()).expect("sound");
        let value = HeaderValue::from_maybe_shared(buffer.slice_ref(header.value)).expect("sound");
        fields.append(name, value);
    }
    let mut request = Request::new(());
    *request.method_mut() = parsed.method.expect("sound").parse().expect("sound");
    *request.uri_mut() = parsed.path.expect("sound").parse().expect("sound");
    *request.headers_mut() = fields;
    request
}

struct WireServer {
    connection: Connection,
    input: BytesMut,
    out: BytesMut,
    fields: HeaderMap,
}

impl WireServer {
    fn new(limits: &Arc<Limits>) -> Self {
        let date = HeaderValue::from_static("Sun, 22 Nov 2026 02:00:00 GMT");
        Self {
            connection: Connection::new(Arc::clone(limits)),
            input: BytesMut::with_capacity(8192),
            out: BytesMut::with_capacity(1024),
            fields: [(http::header::DATE, date)].into_iter().collect(),
        }
    }

    fn exchange(&mut self) {
        self.input.reserve(HEAD.len());
        self.input.extend_from_slice(HEAD);
        let received = self.connection.receive(&mut self.input).expect("sound");
        let Some(Received::Head(head)) = received else { unreachable!("the head is whole") };
        black_box(&head);
        let (status, body) = (StatusCode::OK, BodyLength::Absent);
        let response = OutgoingResponse { status, fields: &self.fields, body };
        self.connection.respond(&response, &mut self.out).expect("in turn");
        self.connection.end(None, &mut self.out).expect("in turn");
        self.connection.next(&self.input);
        black_box(&self.out);
        self.out.clear();
    }
}

/// hyper's own connection over a socket that is two buffers, polled by hand: no runtime, no system call.
struct HyperServer {
    connection: Pin<Box<dyn Future<Output = hyper::Result<()>>>>,
    shared: Arc<std::sync::Mutex<Pipe>>,
}

#[derive(Default)]
struct Pipe {
    ready: bool,
    written: usize,
}

struct Socket(Arc<std::sync::Mutex<Pipe>>);

impl HyperServer {
    fn new() -> Self {
        let shared = Arc::new(std::sync::Mutex::new(Pipe::default()));
        let service = hyper::service::service_fn(|request: Request<Incoming>| async move {
            black_box(&request);
            Ok::<_, Infallible>(Response::new(Empty::<Bytes>::new()))
        });
        let connection = hyper::server::conn::http1::Builder::new()
            .serve_connection(Socket(Arc::clone(&shared)), service);
        Self { connection: Box::pin(connection), shared }
    }

    fn exchange(&mut self) {
        self.shared.lock().unwrap().ready = true;
        let mut context = Context::from_waker(Waker::noop());
        for _ in 0..4 {
            let polled = pin!(&mut self.connection).poll(&mut context);
            assert!(polled.is_pending(), "hyper ended the connection");
            if std::mem::take(&mut self.shared.lock().unwrap().written) > 0 {
                return;
            }
        }
        unreachable!("hyper wrote no response")
    }
}

impl Read for Socket {
    fn poll_read(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        mut buffer: ReadBufCursor<'_>,
    ) -> Poll<std::io::Result<()>> {
        match std::mem::take(&mut self.0.lock().unwrap().ready) {
            true => {
                buffer.put_slice(HEAD);
                Poll::Ready(Ok(()))
            }
            false => Poll::Pending,
        }
    }
}

impl Write for Socket {
    fn poll_write(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<std::io::Result<usize>> {
        self.0.lock().unwrap().written += bytes.len();
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}
