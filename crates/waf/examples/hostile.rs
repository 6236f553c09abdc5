//! Measures messages made to be costly: time, work, memory, outcome.
//!
//! `PORTCULLIS_TEST_DATA=… cargo run --release --example hostile [-- --level 4]`

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

#[path = "../tests/suite/hostile.rs"]
mod hostile;
#[path = "../tests/suite/rules.rs"]
#[allow(dead_code, reason = "shared with the regression suites, which use more of it")]
mod rules;

use portcullis_waf::Scratch;
use std::path::PathBuf;
use std::time::Instant;

fn main() {
    let Some(data) = std::env::var_os("PORTCULLIS_TEST_DATA").map(PathBuf::from) else {
        return println!("set PORTCULLIS_TEST_DATA to the folder of the test data (it has crs/)");
    };
    let level = if std::env::args().any(|argument| argument == "4") { 4 } else { 1 };
    let rules = rules::load(rules::blocking_4(&data, level), &rules::options());
    let mut scratch = Scratch::default();
    for message in hostile::messages() {
        let start = Instant::now();
        let (outcome, work, used) = hostile::show(&rules, &message, scratch);
        scratch = used;
        let took = start.elapsed();
        println!(
            "{:36} {:9.2} ms {work:10} units {:6.1} ns/unit  {outcome}",
            message.name,
            took.as_secs_f64() * 1e3,
            took.as_nanos() as f64 / work.max(1) as f64
        );
    }
    println!("{} KiB resident", resident());
}

fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}
