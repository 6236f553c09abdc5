//! Harmless messages of our own: how many of them the Core Rule Set takes for attacks.
//!
//! False positives are the rules', not the engine's; this test watches that their number does not
//! grow, and prints them beside what libmodsecurity would have said as well.

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

#[allow(dead_code, reason = "shared with the regression suites, which use more of it")]
mod suite;

use portcullis_waf::{Outcome, RequestHead, Scratch};
use std::path::{Path, PathBuf};
use suite::message::Exchange;
use suite::rules;

#[test]
fn harmless_messages_pass() {
    let Some(data) = std::env::var_os("PORTCULLIS_TEST_DATA").map(PathBuf::from) else {
        return println!("skipped: set PORTCULLIS_TEST_DATA to the folder of the test data");
    };
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/benign");
    let mut paths: Vec<PathBuf> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    // What is refused at each level today; a number that grows is a fault of ours.
    for (level, refused_max) in [(1, 8), (2, 24)] {
        let rules = rules::load(rules::blocking_4(&data, level), &rules::options());
        let mut refused = 0;
        for path in &paths {
            let exchange = Exchange::parse(&std::fs::read(path).unwrap());
            let headers: Vec<(&[u8], &[u8])> =
                exchange.headers.iter().map(|(name, value)| (&name[..], &value[..])).collect();
            let mut transaction = rules.transaction(Scratch::default());
            transaction.request_head(&RequestHead {
                line: &exchange.line,
                method: &exchange.method,
                uri: &exchange.uri,
                protocol: &exchange.protocol,
                headers: &headers,
            });
            if transaction.request_body(&exchange.body) != Outcome::Continue {
                refused += 1;
                let name = path.file_stem().unwrap().to_string_lossy();
                println!("level {level}: {name} refused, score {}", transaction.score().inbound);
                for found in transaction.matches().iter().filter(|found| found.severity.is_some()) {
                    let value = &found.evidence[0];
                    let shown = String::from_utf8_lossy(value.matched);
                    println!("    {} {} {shown:?}", found.id, value.path());
                }
            }
        }
        println!("level {level}: {refused} of {} harmless messages refused", paths.len());
        assert!(refused <= refused_max, "{refused} refused at level {level}");
    }
}
