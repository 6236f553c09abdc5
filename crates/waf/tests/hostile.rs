//! Messages made to be costly stay within their budget, and memory within its bounds.

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

#[path = "suite/hostile.rs"]
mod hostile;
#[path = "suite/rules.rs"]
#[allow(dead_code, reason = "shared with the regression suites, which use more of it")]
mod rules;

use portcullis_waf::{
    Exceeded, Limits, MemoryFiles, Options, Outcome, RequestHead, Ruleset, Scratch,
};
use std::path::PathBuf;

#[test]
fn costly_messages_stay_within_the_budget() {
    let Some(data) = std::env::var_os("PORTCULLIS_TEST_DATA").map(PathBuf::from) else {
        return println!("skipped: set PORTCULLIS_TEST_DATA to the folder of the test data");
    };
    let limits = Limits { work: 5_000_000, ..Limits::default() };
    let options = Options { limits, ..rules::options() };
    let rules = rules::load(rules::blocking_4(&data, 1), &options);
    let mut scratch = Scratch::default();
    for message in hostile::messages() {
        let (outcome, work, used) = hostile::show(&rules, &message, scratch);
        scratch = used;
        println!("{:36} {work:9} units  {outcome}", message.name);
        assert!(work <= limits.work, "{}", message.name);
    }
}

fn one_rule(limits: Limits) -> Ruleset {
    let rule = "SecRule ARGS \"@rx (?:a+)+b\" \"id:1,phase:1,deny\"";
    let files = MemoryFiles::single("a.conf", rule);
    Ruleset::load(&files, &["a.conf"], &Options { limits, ..Options::default() }).unwrap()
}

fn ask(rules: &Ruleset, uri: &str) -> Outcome {
    let mut transaction = rules.transaction(Scratch::default());
    transaction.request_head(&RequestHead {
        line: b"",
        method: b"GET",
        uri: uri.as_bytes(),
        protocol: b"HTTP/1.1",
        headers: &[],
    })
}

#[test]
fn each_bound_is_named_when_it_is_reached() {
    let limits = Limits::default();
    let long = format!("/?a={}", "a".repeat(100_000));
    assert_eq!(ask(&one_rule(limits), &long), Outcome::Continue);
    assert_eq!(
        ask(&one_rule(Limits { work: 10_000, ..limits }), &long),
        Outcome::BudgetExceeded(Exceeded::Work)
    );
    assert_eq!(
        ask(&one_rule(Limits { bytes: 10_000, ..limits }), &long),
        Outcome::BudgetExceeded(Exceeded::Bytes)
    );
    assert_eq!(
        ask(&one_rule(Limits { fields: 10, ..limits }), "/?a&b&c&d&e&f"),
        Outcome::BudgetExceeded(Exceeded::Fields)
    );
}

/// A pattern that takes exponential time to backtrack takes linear time here.
#[test]
fn nested_repeats_are_linear() {
    let text = format!("/?a={}c", "a".repeat(50_000));
    assert_eq!(ask(&one_rule(Limits::default()), &text), Outcome::Continue);
}
