//! What must hold of every message, whatever it is and however it arrives.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a failure here is a failed test"
)]

mod common;

use common::generate::{Random, stream};
use common::{Message, requests, requests_within, rewritten};
use http::HeaderMap;
use portcullis_wire::framing::BodyLength;
use portcullis_wire::hop_by_hop;
use portcullis_wire::limits::Limits;
use proptest::prelude::*;

fn summaries(pieces: &[&[u8]]) -> (Vec<String>, Option<&'static str>) {
    summaries_within(&Limits::default(), pieces)
}

fn summaries_within(limits: &Limits, pieces: &[&[u8]]) -> (Vec<String>, Option<&'static str>) {
    let (messages, refusal) = requests_within(limits.clone(), pieces);
    (messages.iter().map(Message::summary).collect(), refusal.map(|refusal| refusal.name()))
}

/// What an upstream must read as the client wrote it.
fn meaning(message: &Message) -> String {
    let head = &message.head;
    let mut fields: HeaderMap = head.fields.clone();
    hop_by_hop::remove(&mut fields, |_| false);
    for ours in ["host", "content-length", "expect"] {
        fields.remove(ours);
    }
    let length = match head.body {
        BodyLength::Chunked => None,
        _ => Some(message.body.len()),
    };
    let mut lines: Vec<_> =
        fields.iter().map(|(name, value)| format!("{name}={:?}", value.as_bytes())).collect();
    lines.sort();
    format!(
        "{} {} {} {length:?} {lines:?} {:?} {:?}",
        head.method, head.target.path_and_query, head.authority, message.body, message.trailers
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    /// However the bytes arrive, the reading is the same, down to the reason of a refusal.
    #[test]
    fn fr2_pieces_do_not_change_the_reading(seed: u64, cuts in prop::collection::vec(0_usize..400, 0..4)) {
        let bytes = stream(&mut Random(seed), 2);
        let whole = summaries(&[&bytes]);
        let single: Vec<&[u8]> = bytes.chunks(1).collect();
        prop_assert_eq!(&summaries(&single), &whole, "byte by byte: {:?}", bytes.escape_ascii().to_string());

        let mut cuts: Vec<_> = cuts.into_iter().map(|cut| cut.min(bytes.len())).collect();
        cuts.sort_unstable();
        let mut pieces = Vec::new();
        let mut from = 0;
        for cut in cuts.into_iter().chain([bytes.len()]) {
            pieces.push(&bytes[from..cut]);
            from = cut;
        }
        prop_assert_eq!(&summaries(&pieces), &whole, "in pieces: {:?}", bytes.escape_ascii().to_string());
    }

    /// At every cap, however small or large, the same holds and nothing overflows.
    #[test]
    fn lm2_limits_hold_at_every_value(seed: u64, caps in prop::array::uniform8(0_usize..60), vast: bool) {
        let bytes = stream(&mut Random(seed), 4);
        let scale = |cap: usize| if vast && cap > 40 { usize::MAX } else { cap };
        let limits = Limits {
            head_bytes_max: scale(caps[0] * 4),
            fields_max: scale(caps[1] / 6),
            line_bytes_max: scale(caps[2]),
            field_name_bytes_max: scale(caps[3]),
            method_bytes_max: scale(caps[4]),
            chunk_line_bytes_max: scale(caps[5]),
            chunk_extension_bytes_max: caps[5] as u64 / 4,
            chunks_free_max: caps[6] as u64 / 12,
            trailer_bytes_max: scale(caps[6]),
            trailer_fields_max: scale(caps[7] / 20),
            ..Limits::default()
        };
        let single: Vec<&[u8]> = bytes.chunks(1).collect();
        let whole = summaries_within(&limits, &[&bytes]);
        prop_assert_eq!(summaries_within(&limits, &single), whole, "{}", bytes.escape_ascii());
    }

    /// Any bytes at all: a reading or a refusal, never a panic, and the same in pieces.
    #[test]
    fn arbitrary_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let single: Vec<&[u8]> = bytes.chunks(1).collect();
        prop_assert_eq!(summaries(&[&bytes]), summaries(&single));
    }

    /// What was read is written so that it reads the same, and writing it twice changes nothing more.
    #[test]
    fn fr1_what_is_written_reads_as_what_was_read(seed: u64) {
        let bytes = stream(&mut Random(seed), 6);
        for message in requests(&[&bytes]).0 {
            let once = rewritten(&message);
            let (again, refusal) = requests(&[&once]);
            prop_assert_eq!((again.len(), refusal), (1, None), "{}", once.escape_ascii());
            prop_assert_eq!(meaning(&again[0]), meaning(&message));
            prop_assert_eq!(rewritten(&again[0]), once);
        }
    }
}

/// Every cut of a message with everything in it.
#[test]
fn fr2_every_single_cut_gives_the_same_reading() {
    let bytes = b"\r\nPOST /a?b HTTP/1.1\r\nhost: a\r\nx: y\r\ntransfer-encoding: chunked\r\n\r\n\
        3;e=\"f\"\r\nabc\r\n1\r\nd\r\n0\r\nt: u\r\n\r\nGET /c HTTP/1.1\r\nhost: a\r\n\r\n";
    let whole = summaries(&[bytes]);
    assert_eq!((whole.0.len(), whole.1), (2, None));
    for cut in 0..bytes.len() {
        let (one, other) = bytes.split_at(cut);
        assert_eq!(summaries(&[one, other]), whole, "cut at {cut}");
    }
}

/// 100,000 messages, half of them bent: what we accept, another reader reads alike.
#[test]
fn fr2_what_is_accepted_httparse_reads_alike() {
    let (mut accepted, mut refused) = (0, 0);
    for seed in 0..100_000 {
        let bytes = stream(&mut Random(seed), 1 + (seed % 2) as usize * 5);
        let (messages, refusal) = requests(&[&bytes]);
        accepted += messages.len();
        refused += usize::from(refusal.is_some());
        let mut rest = &bytes[..];
        for message in &messages {
            rest = check_against_httparse(rest, message, seed);
        }
    }
    assert!(accepted > 50_000 && refused > 20_000, "{accepted} accepted, {refused} refused");
}

/// Compares one message with how `httparse` reads the front of `bytes`; returns what is behind it.
fn check_against_httparse<'a>(bytes: &'a [u8], message: &Message, seed: u64) -> &'a [u8] {
    let mut slots = [httparse::EMPTY_HEADER; 64];
    let mut theirs = httparse::Request::new(&mut slots);
    let status = theirs.parse(bytes).unwrap_or_else(|error| panic!("seed {seed}: {error}"));
    let httparse::Status::Complete(head_bytes) = status else { panic!("seed {seed}: partial") };
    let ours = &message.head;
    assert_eq!(theirs.method, Some(ours.method.as_str()), "seed {seed}");
    assert_eq!(theirs.version == Some(1), ours.version == http::Version::HTTP_11, "seed {seed}");
    let target = theirs.path.unwrap();
    assert!(
        target.ends_with(ours.target.path_and_query.as_str()) || ours.target.absolute.is_some()
    );
    assert_eq!(theirs.headers.len(), ours.fields.len(), "seed {seed}");
    for header in theirs.headers.iter() {
        let mut values = ours.fields.get_all(header.name).iter();
        assert!(
            values.any(|value| value.as_bytes() == header.value),
            "seed {seed}: {}",
            header.name
        );
    }
    let mut rest = &bytes[head_bytes..];
    match ours.body {
        BodyLength::Absent => assert!(message.body.is_empty()),
        BodyLength::Known(length) => {
            let (body, behind) = rest.split_at(usize::try_from(length).unwrap());
            assert_eq!(message.body, body, "seed {seed}");
            rest = behind;
        }
        BodyLength::Chunked => {
            let mut body = Vec::new();
            loop {
                let parsed = httparse::parse_chunk_size(rest).unwrap();
                let httparse::Status::Complete((line, size)) = parsed else {
                    panic!("seed {seed}")
                };
                rest = &rest[line..];
                if size == 0 {
                    break;
                }
                let (data, behind) = rest.split_at(usize::try_from(size).unwrap());
                body.extend_from_slice(data);
                rest = behind.strip_prefix(b"\r\n").unwrap();
            }
            assert_eq!(message.body, body, "seed {seed}");
            let mut slots = [httparse::EMPTY_HEADER; 64];
            let parsed = httparse::parse_headers(rest, &mut slots).unwrap();
            let httparse::Status::Complete((trailer_bytes, _)) = parsed else {
                panic!("seed {seed}")
            };
            rest = &rest[trailer_bytes..];
        }
        BodyLength::UntilClose => panic!("no request lasts until close"),
    }
    rest
}
