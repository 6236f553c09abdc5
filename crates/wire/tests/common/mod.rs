//! Both sides of the engine, driven as a gateway would, with results that fit on a line.
#![allow(dead_code, unreachable_pub, reason = "each test file uses its part")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a failure here is a failed test"
)]

pub mod generate;

use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use portcullis_wire::framing::BodyLength;
use portcullis_wire::limits::{Laxities, Limits};
use portcullis_wire::refusal::Refusal;
use portcullis_wire::request::RequestHead;
use portcullis_wire::server::connection::{Connection, Next, Received};
use portcullis_wire::trailers::Trailers;
use portcullis_wire::write_head::{OutgoingRequest, OutgoingResponse};
use portcullis_wire::{client, hop_by_hop, server};

/// A whole message as it was read.
#[derive(Debug)]
pub struct Message {
    pub head: RequestHead,
    pub body: Vec<u8>,
    pub trailers: Option<Trailers>,
}

impl Message {
    /// All that two readers can agree or differ on.
    pub fn summary(&self) -> String {
        let head = &self.head;
        let fields: Vec<_> = head
            .fields
            .iter()
            .map(|(name, value)| format!("{name}={:?}", value.as_bytes()))
            .collect();
        format!(
            "{} {} {:?} {} {:?} {:?} {:?} trailers={:?}",
            head.method,
            head.target.path_and_query,
            head.version,
            head.authority,
            head.body,
            fields,
            self.body,
            self.trailers.as_ref().map(Trailers::len),
        )
    }
}

pub fn server() -> Connection {
    Connection::new(Arc::new(Limits::default()))
}

pub fn client(laxities: Laxities) -> client::connection::Connection {
    client::connection::Connection::new(Arc::new(Limits::default()), laxities)
}

/// Reads every request in `pieces`, answering each with 204, until the bytes or the connection end.
pub fn requests(pieces: &[&[u8]]) -> (Vec<Message>, Option<Refusal>) {
    requests_within(Limits::default(), pieces)
}

/// The same within other limits.
pub fn requests_within(limits: Limits, pieces: &[&[u8]]) -> (Vec<Message>, Option<Refusal>) {
    let (mut connection, mut input) = (Connection::new(Arc::new(limits)), BytesMut::new());
    let mut messages = Vec::new();
    let mut open: Option<Message> = None;
    for piece in pieces {
        input.extend_from_slice(piece);
        loop {
            match connection.receive(&mut input) {
                Ok(Some(Received::Head(head))) => {
                    let bodiless = head.body.is_empty();
                    let message = Message { head, body: Vec::new(), trailers: None };
                    if bodiless {
                        messages.push(message);
                        answer(&mut connection, 204);
                    } else {
                        open = Some(message);
                        if let Err(refusal) = connection.want_body(1 << 20, &mut Vec::new()) {
                            return (messages, Some(refusal));
                        }
                    }
                }
                Ok(Some(Received::Data(data))) => {
                    open.as_mut().unwrap().body.extend_from_slice(&data);
                }
                Ok(Some(Received::End(trailers))) => {
                    let mut message = open.take().unwrap();
                    message.trailers = trailers;
                    messages.push(message);
                    answer(&mut connection, 204);
                }
                Ok(None) => match connection.next(&input) {
                    Next::Read | Next::Busy => break,
                    _ => return (messages, None),
                },
                Err(refusal) => return (messages, Some(refusal)),
            }
            if !matches!(connection.next(&input), Next::Read | Next::Busy) {
                return (messages, None);
            }
        }
    }
    (messages, None)
}

/// The one refusal that `bytes` end in, and that nothing came before it.
pub fn refused(bytes: impl AsRef<[u8]>) -> Refusal {
    let (messages, refusal) = requests(&[bytes.as_ref()]);
    assert!(messages.is_empty(), "read as a request: {}", messages[0].summary());
    refusal.expect("neither a request nor a refusal")
}

/// The one request that `bytes` are.
pub fn accepted(bytes: impl AsRef<[u8]>) -> Message {
    let (mut messages, refusal) = requests(&[bytes.as_ref()]);
    assert_eq!((messages.len(), refusal), (1, None));
    messages.remove(0)
}

/// Answers with a status and no body; returns what was written.
pub fn answer(connection: &mut Connection, status: u16) -> String {
    let response = OutgoingResponse {
        status: StatusCode::from_u16(status).unwrap(),
        fields: &HeaderMap::new(),
        body: BodyLength::Absent,
    };
    let mut out = Vec::new();
    connection.respond(&response, &mut out).unwrap();
    connection.end(None, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

pub fn map(lines: &[(&'static str, &'static str)]) -> HeaderMap {
    let pair = |(name, value): &(&'static str, &'static str)| {
        (HeaderName::from_static(name), HeaderValue::from_static(value))
    };
    lines.iter().map(pair).collect()
}

/// Lines joined as they go over the wire.
pub fn wire(lines: &[&str]) -> Vec<u8> {
    lines.iter().flat_map(|line| [line.as_bytes(), b"\r\n"].concat()).collect()
}

pub fn data(text: &'static str) -> Bytes {
    Bytes::from_static(text.as_bytes())
}

/// What a server's connection gives for `input`, as words.
pub fn words(connection: &mut server::connection::Connection, input: &mut BytesMut) -> Vec<String> {
    let mut words = Vec::new();
    loop {
        words.push(match connection.receive(input) {
            Ok(Some(Received::Head(head))) => {
                format!("{} {}", head.method, head.target.path_and_query)
            }
            Ok(Some(Received::Data(data))) => format!("data {}", data.len()),
            Ok(Some(Received::End(_))) => "end".into(),
            Ok(None) => return words,
            Err(refusal) => refusal.name().into(),
        });
    }
}

/// Writes a message as it would go to an upstream, body and trailers included.
pub fn rewritten(message: &Message) -> Vec<u8> {
    let head = &message.head;
    let mut fields = head.fields.clone();
    hop_by_hop::remove(&mut fields, |_| false);
    let request = OutgoingRequest {
        method: &head.method,
        target: &head.target.path_and_query,
        authority: &head.authority,
        fields: &fields,
        body: head.body,
        upgrade: None,
        accepts_trailers: head.accepts_trailers,
    };
    let (mut connection, mut out) = (client(Laxities::default()), Vec::new());
    connection.request(&request, &BytesMut::new(), &mut out).unwrap();
    let half = message.body.len() / 2;
    for piece in [&message.body[..half], &message.body[half..]] {
        connection.data(Bytes::copy_from_slice(piece), &mut out).unwrap();
    }
    let trailers = message.trailers.clone().map(|trailers| trailers.permitted(|_| true));
    connection.end(trailers.as_ref(), &mut out).unwrap();
    out
}
