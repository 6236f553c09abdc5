//! Writes the messages of the regression suites with the rules that fired, one JSON object a line.
//!
//! `PORTCULLIS_TEST_DATA=… cargo run --release --example dump > dump.jsonl`; then
//! `tests/oracle/compare.py` shows the same messages to libmodsecurity and compares.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "it reads files and tells what it finds, as the core may not"
)]

#[path = "../tests/suite/mod.rs"]
#[allow(dead_code, reason = "shared with the regression suites, which use more of it")]
mod suite;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use portcullis_waf::{Options, RequestBodyVariable, Scratch};
use serde_json::json;
use std::io::Write;
use std::path::PathBuf;
use suite::rules;

fn main() {
    let Some(data) = std::env::var_os("PORTCULLIS_TEST_DATA").map(PathBuf::from) else {
        return eprintln!("set PORTCULLIS_TEST_DATA to the folder of the test data (it has crs/)");
    };
    let config = rules::suite_4(&data);
    // As libmodsecurity has it.
    let options = Options { request_body: RequestBodyVariable::Always, ..rules::options() };
    let rules = rules::load(config.clone(), &options);
    let mut out = std::io::stdout().lock();
    writeln!(out, "{}", json!({ "config": config })).unwrap();
    let mut scratch = Scratch::default();
    for exchange in suite::messages(&data.join("crs/4.28.0/tests")) {
        let (fired, used) = suite::fire(&rules, &exchange, scratch);
        scratch = used;
        let (status, answer_headers, answer) = exchange.answer();
        let encode = |bytes: &[u8]| STANDARD.encode(bytes);
        let headers: Vec<_> =
            exchange.headers.iter().map(|(name, value)| (encode(name), encode(value))).collect();
        let line = json!({
            "method": encode(&exchange.method), "uri": encode(&exchange.uri),
            "protocol": encode(&exchange.protocol), "headers": headers,
            "body": encode(&exchange.body), "status": status,
            "answer_headers": answer_headers, "answer": encode(&answer), "fired": fired,
        });
        writeln!(out, "{line}").unwrap();
    }
}
