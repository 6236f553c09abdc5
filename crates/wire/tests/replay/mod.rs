//! What a fuzz target does with one input. The ordinary tests replay the committed corpora through the same code.
//!
//! The first byte of an input says where it is cut in two; the reading must not depend on it.
#![allow(dead_code, unreachable_pub, reason = "each user takes its part")]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a panic is what a fuzzer looks for"
)]

use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, Method, StatusCode, uri};
use portcullis_wire::body::{BodyPiece, BodyReader};
use portcullis_wire::client;
use portcullis_wire::framing::BodyLength;
use portcullis_wire::hop_by_hop;
use portcullis_wire::limits::{Laxities, Limits};
use portcullis_wire::refusal::Refusal;
use portcullis_wire::request::RequestHead;
use portcullis_wire::server::connection::{Connection, Next, Received};
use portcullis_wire::write_head::{OutgoingRequest, OutgoingResponse};

/// Requests on a client's connection: read in one piece and in two, written, and read again.
pub fn request(input: &[u8]) {
    let Some((one, other)) = cut(input) else { return };
    let whole = read_requests(&[&[one, other].concat()]);
    let pieces = read_requests(&[one, other]);
    assert_eq!(summaries(&whole), summaries(&pieces), "the reading depends on the cut");
    for (head, body) in &whole.0 {
        let written = write_request(head, body);
        let (again, refusal) = read_requests(&[&written]);
        assert_eq!((again.len(), refusal), (1, None), "what was written is refused");
        assert_eq!(again[0].0.method, head.method);
        assert_eq!(again[0].0.target.path_and_query, head.target.path_and_query);
        assert_eq!(again[0].0.authority, head.authority);
        assert_eq!(&again[0].1, body);
        assert_eq!(write_request(&again[0].0, body), written, "writing is not settled");
    }
}

/// Responses on an upstream's connection, strict and with every laxity, in one piece and in two.
pub fn response(input: &[u8]) {
    let Some((one, other)) = cut(input) else { return };
    let lax = Laxities {
        identical_repeated_content_length: true,
        missing_reason_phrase: true,
        close_delimited_body: true,
    };
    for laxities in [Laxities::default(), lax] {
        for method in [Method::GET, Method::HEAD] {
            let whole = read_responses(&[&[one, other].concat()], &method, laxities);
            let pieces = read_responses(&[one, other], &method, laxities);
            assert_eq!(whole, pieces, "the reading depends on the cut");
            let refused = whole.iter().any(|word| word.starts_with("refused"));
            assert!(!refused || whole.ends_with(&["Close".into()]), "reusable after a refusal");
        }
    }
}

/// A chunked body: in one piece and in two, and against a reader that is slow and simple.
pub fn chunked(input: &[u8]) {
    let Some((one, other)) = cut(input) else { return };
    let whole = read_chunked(&[&[one, other].concat()]);
    assert_eq!(whole, read_chunked(&[one, other]), "the reading depends on the cut");
    if let Ok(Some(body)) = whole {
        assert_eq!(simple_chunked(&[one, other].concat()), Some(body));
    }
}

fn cut(input: &[u8]) -> Option<(&[u8], &[u8])> {
    let (at, bytes) = input.split_first()?;
    Some(bytes.split_at(usize::from(*at).min(bytes.len())))
}

type Requests = (Vec<(RequestHead, Vec<u8>)>, Option<Refusal>);

fn summaries(requests: &Requests) -> String {
    let heads = requests.0.iter().map(|(head, body)| {
        let (target, fields) = (&head.target.path_and_query, head.fields.len());
        format!("{} {target} {fields} {body:?}", head.method)
    });
    format!("{:?} {:?}", heads.collect::<Vec<_>>(), requests.1)
}

fn read_requests(pieces: &[&[u8]]) -> Requests {
    let mut connection = Connection::new(Arc::new(Limits::default()));
    let (mut input, mut requests) = (BytesMut::new(), Vec::new());
    let mut open: Option<(RequestHead, Vec<u8>)> = None;
    for piece in pieces {
        input.extend_from_slice(piece);
        loop {
            let ended = match connection.receive(&mut input) {
                Err(refusal) => return (requests, Some(refusal)),
                Ok(None) => break,
                Ok(Some(Received::Head(head))) => {
                    let ended = head.body.is_empty();
                    open = Some((head, Vec::new()));
                    match connection.want_body(1 << 20, &mut Vec::new()) {
                        Ok(()) => ended,
                        Err(refusal) => return (requests, Some(refusal)),
                    }
                }
                Ok(Some(Received::Data(data))) => {
                    open.as_mut().unwrap().1.extend_from_slice(&data);
                    false
                }
                Ok(Some(Received::End(_))) => true,
            };
            if ended {
                requests.push(open.take().unwrap());
                let (status, fields) = (StatusCode::NO_CONTENT, &HeaderMap::new());
                let response = OutgoingResponse { status, fields, body: BodyLength::Absent };
                connection.respond(&response, &mut Vec::new()).unwrap();
                connection.end(None, &mut Vec::new()).unwrap();
                if connection.next(&input) != Next::Read {
                    return (requests, None);
                }
            }
        }
    }
    (requests, None)
}

fn write_request(head: &RequestHead, body: &[u8]) -> Vec<u8> {
    let mut fields = head.fields.clone();
    hop_by_hop::remove(&mut fields, |_| false);
    let request = OutgoingRequest {
        method: &head.method,
        target: &head.target.path_and_query,
        authority: &head.authority,
        fields: &fields,
        body: head.body,
        upgrade: None,
        accepts_trailers: false,
    };
    let limits = Arc::new(Limits::default());
    let mut connection = client::connection::Connection::new(limits, Laxities::default());
    let mut out = Vec::new();
    connection.request(&request, &BytesMut::new(), &mut out).unwrap();
    connection.data(Bytes::copy_from_slice(body), &mut out).unwrap();
    connection.end(None, &mut out).unwrap();
    out
}

fn read_responses(pieces: &[&[u8]], method: &Method, laxities: Laxities) -> Vec<String> {
    use client::connection::Received;
    let mut connection = client::connection::Connection::new(Arc::new(Limits::default()), laxities);
    let request = OutgoingRequest {
        method,
        target: &uri::PathAndQuery::from_static("/"),
        authority: &uri::Authority::from_static("a"),
        fields: &HeaderMap::new(),
        body: BodyLength::Absent,
        upgrade: None,
        accepts_trailers: false,
    };
    connection.request(&request, &BytesMut::new(), &mut Vec::new()).unwrap();
    connection.end(None, &mut Vec::new()).unwrap();
    let (mut input, mut words, mut data) = (BytesMut::new(), Vec::new(), Vec::new());
    for piece in pieces {
        input.extend_from_slice(piece);
        loop {
            words.push(match connection.receive(&mut input) {
                Err(refusal) => format!("refused {refusal:?}"),
                Ok(None) => break,
                Ok(Some(Received::Head(head) | Received::Interim(head))) => format!("{head:?}"),
                Ok(Some(Received::Switched(_))) => panic!("no switch was offered"),
                Ok(Some(Received::Data(more))) => {
                    data.extend_from_slice(&more);
                    continue;
                }
                Ok(Some(Received::End(trailers))) => format!("end {}", trailers.is_some()),
            });
        }
    }
    words.push(format!("{data:?}"));
    words.push(format!("{:?}", connection.next(&input)));
    words
}

fn read_chunked(pieces: &[&[u8]]) -> Result<Option<Vec<u8>>, Refusal> {
    let limits = Limits::default();
    let mut reader = BodyReader::new(BodyLength::Chunked, u64::MAX).unwrap();
    let (mut input, mut body) = (BytesMut::new(), Vec::new());
    for piece in pieces {
        input.extend_from_slice(piece);
        while let Some(piece) = reader.read(&mut input, &limits)? {
            match piece {
                BodyPiece::Data(data) => body.extend_from_slice(&data),
                BodyPiece::End(_) => return Ok(Some(body)),
            }
        }
    }
    Ok(None)
}

/// RFC 9112 §7.1 read naively from whole bytes.
fn simple_chunked(mut bytes: &[u8]) -> Option<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let end = bytes.windows(2).position(|pair| pair == b"\r\n")?;
        let line = std::str::from_utf8(&bytes[..end]).ok()?;
        let size = usize::from_str_radix(line.split(';').next()?, 16).ok()?;
        bytes = &bytes[end + 2..];
        if size == 0 {
            return Some(body);
        }
        body.extend_from_slice(bytes.get(..size)?);
        bytes = bytes.get(size..)?.strip_prefix(b"\r\n")?;
    }
}
