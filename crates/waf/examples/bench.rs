//! Measures one transaction: microseconds of processor time and allocations.
//!
//! `PORTCULLIS_TEST_DATA=… cargo run --release --example bench` runs phases 1 and 2 of CRS 4.28.0
//! at paranoia level 1, blocking, on the request files in `bench/`. `-- --level 4` and file names
//! can be given; `--rounds N` makes more of them, for profiles, and `--loads N` loads the rules N
//! times, dropping them again, and prints the memory in between.

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

#[path = "../tests/suite/message.rs"]
#[allow(dead_code, reason = "shared with the regression suites, which use more of it")]
mod message;
#[path = "../tests/suite/rules.rs"]
#[allow(dead_code, reason = "shared with the regression suites, which use more of it")]
mod rules;

use message::Exchange;
use portcullis_waf::{RequestHead, Ruleset, Scratch};
use std::path::PathBuf;
use std::time::Instant;

const PER_ROUND: usize = 1_000;

fn main() {
    let Some(data) = std::env::var_os("PORTCULLIS_TEST_DATA").map(PathBuf::from) else {
        return println!("set PORTCULLIS_TEST_DATA to the folder of the test data (it has crs/)");
    };
    let (mut level, mut count, mut loads) = (1, 11, 0);
    let mut paths: Vec<PathBuf> = Vec::new();
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--level" => level = arguments.next().unwrap().parse().unwrap(),
            "--rounds" => count = arguments.next().unwrap().parse().unwrap(),
            "--loads" => loads = arguments.next().unwrap().parse().unwrap(),
            path => paths.push(path.into()),
        }
    }
    if paths.is_empty() {
        paths = vec!["bench/get.http".into(), "bench/post_json.http".into()];
    }
    let start = Instant::now();
    let rules = rules::load(rules::blocking_4(&data, level), &rules::options());
    println!(
        "loaded {} rules in {:?}; {} KiB resident",
        rules.rule_count(),
        start.elapsed(),
        resident()
    );
    for load in 1..=loads {
        drop(rules::load(rules::blocking_4(&data, level), &rules::options()));
        if load % 10 == 0 {
            println!("{load} more loads: {} KiB resident", resident());
        }
    }
    for path in paths {
        let bytes = std::fs::read(&path).unwrap();
        measure(&rules, &path.display().to_string(), &Exchange::parse(&bytes), count);
    }
    println!("{} KiB resident", resident());
}

fn measure(rules: &Ruleset, name: &str, exchange: &Exchange, count: usize) {
    let mut scratch = Scratch::default();
    for _ in 0..50 {
        scratch = once(rules, exchange, scratch, &mut Vec::new(), &mut 0);
    }
    let mut rounds = Vec::new();
    for _ in 0..count {
        let before = processor_nanos();
        for _ in 0..PER_ROUND {
            scratch = once(rules, exchange, scratch, &mut Vec::new(), &mut 0);
        }
        rounds.push((processor_nanos() - before) as f64 / 1000.0 / PER_ROUND as f64);
    }
    rounds.sort_by(f64::total_cmp);
    let (mut fired, mut work) = (Vec::new(), 0);
    let mut kept = Some(scratch);
    let allocations = allocation_counter::measure(|| {
        kept = kept.take().map(|scratch| once(rules, exchange, scratch, &mut fired, &mut work));
    });
    println!(
        "{name}: {:.1} µs (best {:.1}), {} allocations of {} bytes, {work} units of work, fired {fired:?}",
        rounds[count / 2],
        rounds[0],
        allocations.count_total,
        allocations.bytes_total
    );
}

fn once(
    rules: &Ruleset,
    exchange: &Exchange,
    scratch: Scratch,
    fired: &mut Vec<u64>,
    work: &mut u64,
) -> Scratch {
    let mut headers: [(&[u8], &[u8]); 16] = [(b"", b""); 16];
    for (slot, (name, value)) in headers.iter_mut().zip(&exchange.headers) {
        *slot = (name, value);
    }
    let mut transaction = rules.transaction(scratch);
    transaction.request_head(&RequestHead {
        line: &exchange.line,
        method: &exchange.method,
        uri: &exchange.uri,
        protocol: &exchange.protocol,
        headers: &headers[..exchange.headers.len().min(16)],
    });
    transaction.request_body(&exchange.body);
    fired.extend(transaction.matched_ids());
    *work = transaction.work();
    transaction.into_scratch()
}

/// What this thread has spent on a processor, or the wall clock where the system does not tell.
fn processor_nanos() -> u128 {
    static START: std::sync::OnceLock<Instant> = std::sync::OnceLock::new();
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
    told.and_then(|line| line.split_whitespace().next()?.parse().ok())
        .unwrap_or_else(|| START.get_or_init(Instant::now).elapsed().as_nanos())
}

fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}
