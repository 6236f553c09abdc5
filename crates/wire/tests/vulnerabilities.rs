//! What went wrong in other gateways, one test each, named after it.
//!
//! Only the part of each that a reader and writer of HTTP/1.1 can prevent is tested here.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a failure here is a failed test")]

mod common;

use bytes::BytesMut;
use common::{accepted, answer, map, refused, requests, server, wire, words};
use http::HeaderName;
use portcullis_wire::framing::BodyLength;
use portcullis_wire::hop_by_hop;
use portcullis_wire::refusal::Refusal;
use portcullis_wire::server::connection::Next;

/// A POST with these lines after Host, and a body that chunked and sized readers would cut differently.
fn post(lines: &[&str]) -> Vec<u8> {
    let mut head = vec!["POST / HTTP/1.1", "host: a"];
    head.extend(lines);
    [wire(&head), b"\r\n0\r\n\r\nGET /hidden HTTP/1.1\r\nhost: a\r\n\r\n".to_vec()].concat()
}

fn chunked(body: &str) -> Vec<u8> {
    [b"POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n", body.as_bytes()].concat()
}

#[test]
fn cve_2020_35863_a_body_on_get_is_framed_like_any_other() {
    let bytes = "GET / HTTP/1.1\r\nhost: a\r\ncontent-length: 36\r\n\r\nGET /hidden HTTP/1.1\r\nhost: a       \r\n";
    let (messages, refusal) = requests(&[bytes.as_bytes()]);
    assert_eq!((messages.len(), refusal), (1, None));
    assert_eq!((messages[0].head.body, messages[0].body.len()), (BodyLength::Known(36), 36));
}

#[test]
fn cve_2021_21299_several_transfer_encoding_fields() {
    let refusal = refused(post(&["transfer-encoding: chunked", "transfer-encoding: identity"]));
    assert_eq!(refusal, Refusal::RepeatedTransferEncoding);
    let refusal = refused(post(&["transfer-encoding: identity", "transfer-encoding: chunked"]));
    assert_eq!(refusal, Refusal::RepeatedTransferEncoding);
}

#[test]
fn cve_2021_32715_plus_in_content_length() {
    assert_eq!(refused(post(&["content-length: +3"])), Refusal::SignedContentLength);
}

#[test]
fn cve_2021_32714_chunk_size_overflow() {
    for size in ["10000000000000000", "f0000000000000003", "ffffffffffffffff", "8000000000000000"] {
        assert_eq!(
            refused(chunked(&format!("{size}\r\nabc"))),
            Refusal::ChunkSizeOverflow,
            "{size}"
        );
    }
}

#[test]
fn cve_2020_35884_malformed_transfer_encoding() {
    for (line, refusal) in [
        ("transfer-encoding: xchunked", Refusal::UnsupportedTransferCoding),
        ("transfer-encoding: chunked, x", Refusal::ChunkedNotFinal),
        ("transfer-encoding : chunked", Refusal::SpaceBeforeColon),
        ("transfer-encoding: \u{b}chunked", Refusal::ControlByte),
        ("transfer-encoding: 'chunked'", Refusal::UnsupportedTransferCoding),
        ("x: y\nTransfer-Encoding: chunked", Refusal::BareLineFeed),
        ("transfer_encoding: chunked", Refusal::FramingFieldAlias),
    ] {
        assert_eq!(refused(post(&[line])), refusal, "{line:?}");
    }
}

#[test]
fn cve_2021_38512_insufficient_framing_validation() {
    let both = ["content-length: 6", "transfer-encoding: chunked"];
    assert_eq!(refused(post(&both)), Refusal::ContentLengthWithTransferEncoding);
    let twice = ["content-length: 6", "content-length: 5"];
    assert_eq!(refused(post(&twice)), Refusal::RepeatedContentLength);
}

#[test]
fn cve_2025_4366_an_early_answer_leaves_no_body_behind() {
    let bytes = "POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 35\r\n\r\nGET /hidden HTTP/1.1\r\nhost: a\r\n\r\nGET / HTTP/1.1\r\nhost: a\r\n\r\n";
    let (mut connection, mut input) = (server(), BytesMut::from(bytes));
    assert_eq!(words(&mut connection, &mut input), ["POST /"]);
    answer(&mut connection, 200);
    assert_eq!(connection.next(&input), Next::Drain);
    words(&mut connection, &mut input);
    assert_eq!(connection.next(&input), Next::Read);
    let refused = words(&mut connection, &mut input);
    assert!(!refused.contains(&"GET /hidden".to_owned()), "{refused:?}");
}

#[test]
fn cve_2026_2835_http10_bodies_and_several_codings() {
    let old = "POST / HTTP/1.0\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n";
    assert_eq!(refused(old), Refusal::TransferEncodingInHttp10);
    let unsized_old = "POST / HTTP/1.0\r\nhost: a\r\n\r\nabc";
    let (messages, _) = requests(&[unsized_old.as_bytes()]);
    assert_eq!(messages[0].head.body, BodyLength::Absent, "never until close");
    let several = post(&["transfer-encoding: identity, chunked"]);
    assert_eq!(refused(several), Refusal::UnsupportedTransferCoding);
}

#[test]
fn cve_2021_40346_a_long_field_name_hides_nothing() {
    let line = format!("content-length{}: 0", "a".repeat(243));
    let refusal = refused(post(&[&line, "content-length: 3"]));
    assert_eq!(refusal, Refusal::FieldNameTooLong);
    for length in [255, 256] {
        let line = format!("{}: 1", "a".repeat(length));
        let head = accepted(wire(&["GET / HTTP/1.1", "host: a", &line, ""])).head;
        assert!(head.fields.keys().any(|name| name.as_str().len() == length));
    }
}

#[test]
fn cve_2023_25725_an_empty_field_name_ends_no_list() {
    assert_eq!(refused(post(&[":", "content-length: 3"])), Refusal::EmptyFieldName);
    assert_eq!(refused(post(&[": x", "transfer-encoding: chunked"])), Refusal::EmptyFieldName);
}

#[test]
fn cve_2023_40225_empty_content_length() {
    assert_eq!(refused(post(&["content-length:"])), Refusal::EmptyContentLength);
    assert_eq!(refused(post(&["content-length: \t "])), Refusal::EmptyContentLength);
}

#[test]
fn cve_2023_45539_fragment_in_the_target() {
    for target in ["/admin#.png", "/a?b#c", "#", "http://a/#"] {
        let refusal = refused(format!("GET {target} HTTP/1.1\r\nhost: a\r\n\r\n"));
        assert_eq!(refusal, Refusal::FragmentInTarget, "{target}");
    }
}

#[test]
fn cve_2023_39326_chunk_extensions_are_budgeted() {
    let flood = format!("1;{}\r\na\r\n", "e".repeat(400)).repeat(11);
    assert_eq!(refused(chunked(&flood)), Refusal::ChunkExtensionsTooLong);
}

#[test]
fn cve_2025_22871_bare_line_feed_ends_no_chunk_line() {
    for body in ["3\nabc\r\n0\r\n\r\n", "3;a\nabc\r\n0\r\n\r\n", "3\r\nabc\n0\r\n\r\n"] {
        assert_eq!(refused(chunked(body)), Refusal::BareLineFeedInChunk, "{body:?}");
    }
    let quoted = "3;a=\"\n\"\r\nabc\r\n0\r\n\r\n";
    assert_eq!(refused(chunked(quoted)), Refusal::BareLineFeedInChunk);
}

#[test]
fn cve_2023_38697_signs_and_prefixes_in_lengths() {
    assert_eq!(refused(post(&["content-length: 0x10"])), Refusal::InvalidContentLength);
    assert_eq!(refused(chunked("+3\r\nabc\r\n")), Refusal::SignedChunkSize);
    assert_eq!(refused(chunked("0x3\r\nabc\r\n")), Refusal::PrefixedChunkSize);
}

#[test]
fn ghsa_4px2_pw77_vc85_control_bytes_are_not_written() {
    // The types refuse them before the serialiser can.
    assert!(http::HeaderValue::from_bytes(b"a\r\nb: c").is_err());
    assert!(http::uri::PathAndQuery::try_from("/a\r\nb").is_err());
    assert!(http::Method::from_bytes(b"GET\r\n").is_err());
}

#[test]
fn cve_2021_39156_fragments_do_not_reach_the_path() {
    let refusal = refused("GET /a/../admin#x HTTP/1.1\r\nhost: a\r\n\r\n");
    assert_eq!(refusal, Refusal::FragmentInTarget);
}

#[test]
fn cve_2026_26205_a_double_slash_is_a_path_and_no_authority() {
    let head = accepted("GET //b.example/x HTTP/1.1\r\nhost: a\r\n\r\n").head;
    assert_eq!(head.target.path_and_query, "//b.example/x");
    assert!(head.target.absolute.is_none());
    assert_eq!(head.authority, "a");
}

#[test]
fn cve_2022_31813_connection_removes_no_field_that_is_kept() {
    let mut fields =
        map(&[("connection", "x-forwarded-for, x-mine"), ("x-forwarded-for", "192.0.2.1")]);
    hop_by_hop::remove(&mut fields, |name: &HeaderName| name == "x-forwarded-for");
    assert!(fields.contains_key("x-forwarded-for") && !fields.contains_key("connection"));
    for name in ["content-length", "host", "transfer-encoding"] {
        let refusal = refused(post(&[&format!("connection: close, {name}"), "content-length: 3"]));
        assert_eq!(refusal, Refusal::ConnectionNamesFramingField);
    }
}

#[test]
fn cve_2024_45410_and_cve_2025_48865_the_same_in_other_spellings() {
    let mut fields =
        map(&[("connection", "X-FORWARDED-FOR,\tX-Real-Ip"), ("x-forwarded-for", "1")]);
    hop_by_hop::remove(&mut fields, |name: &HeaderName| name.as_str().starts_with("x-"));
    assert!(fields.contains_key("x-forwarded-for"));
}

#[test]
fn cve_2026_47220_a_request_without_host_is_an_ordinary_refusal() {
    assert_eq!(refused("GET / HTTP/1.1\r\n\r\n"), Refusal::MissingHost);
    assert_eq!(refused("GET / HTTP/1.0\r\n\r\n"), Refusal::MissingHost);
    let twice = "GET / HTTP/1.1\r\nhost: a\r\nhost: a\r\n\r\n";
    assert_eq!(refused(twice), Refusal::RepeatedHost);
    for (target, host) in [("http://b/", "a"), ("http://a:443/", "a"), ("https://a:80/", "a")] {
        let refusal = refused(format!("GET {target} HTTP/1.1\r\nhost: {host}\r\n\r\n"));
        assert_eq!(refusal, Refusal::AbsoluteFormHostMismatch, "{target}");
    }
    accepted("GET https://a:443/ HTTP/1.1\r\nhost: A\r\n\r\n");
}

#[test]
fn cve_2023_43669_field_floods_end_at_a_count() {
    let flood = "a: b\r\n".repeat(100);
    let refusal = refused(format!("GET / HTTP/1.1\r\nhost: a\r\n{flood}\r\n"));
    assert_eq!((refusal, refusal.status().as_u16()), (Refusal::TooManyFields, 431));
    let long = format!("GET /{} HTTP/1.1\r\nhost: a\r\n\r\n", "a".repeat(9000));
    assert_eq!(refused(long).status().as_u16(), 414);
    let large = format!("x: {}\r\n", "a".repeat(8000)).repeat(5);
    let refusal = refused(format!("GET / HTTP/1.1\r\nhost: a\r\n{large}\r\n"));
    assert_eq!(refusal, Refusal::HeadTooLarge);
}
