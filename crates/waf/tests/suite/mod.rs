//! The pieces of the regression runs: rules, tests, messages, verdicts.

mod load;
pub(crate) mod message;
pub(crate) mod rules;

use load::{Case, Wanted};
use message::Exchange;
use portcullis_waf::{RequestHead, ResponseHead, Ruleset, Scratch};
use std::collections::BTreeMap;
use std::path::Path;

#[derive(Default)]
pub(crate) struct Report {
    passed: usize,
    skipped: usize,
    failures: Vec<String>,
    families: BTreeMap<String, (usize, usize)>,
}

impl Report {
    pub(crate) fn rate(&self) -> f64 {
        100.0 * self.passed as f64 / (self.passed + self.failures.len()).max(1) as f64
    }

    pub(crate) fn print(&self, title: &str) {
        for failure in &self.failures {
            println!("FAIL {failure}");
        }
        for (family, (passed, failed)) in &self.families {
            println!("{family}  {passed:5} passed {failed:4} failed");
        }
        println!("{title}: {:.2} %", self.rate());
        println!(
            "{} passed, {} failed, {} skipped",
            self.passed,
            self.failures.len(),
            self.skipped
        );
    }
}

/// Runs every test below `folder`.
pub(crate) fn run(rules: &Ruleset, folder: &Path) -> Report {
    let mut report = Report::default();
    let mut scratch = Scratch::default();
    let only = std::env::var("PORTCULLIS_CRS_ONLY").ok();
    for case in load::cases(folder) {
        if only.as_ref().is_some_and(|only| !case.name.starts_with(only.as_str())) {
            continue;
        }
        let (verdict, used) = judge(rules, &case, scratch);
        scratch = used;
        let family = report.families.entry(case.name.chars().take(3).collect()).or_default();
        match verdict {
            Verdict::Pass => {
                report.passed += 1;
                family.0 += 1;
            }
            Verdict::Skip => report.skipped += 1,
            Verdict::Fail(why) => {
                family.1 += 1;
                report.failures.push(format!("{}: {why}", case.name));
            }
        }
    }
    report
}

/// The messages of every test below `folder`.
pub(crate) fn messages(folder: &Path) -> Vec<Exchange> {
    let cases = load::cases(folder);
    cases.iter().flat_map(|case| &case.stages).map(|(input, _)| Exchange::build(input)).collect()
}

enum Verdict {
    Pass,
    Skip,
    Fail(String),
}

fn judge(rules: &Ruleset, case: &Case, mut scratch: Scratch) -> (Verdict, Scratch) {
    let mut verdict = Verdict::Skip;
    for (input, wanted) in &case.stages {
        if wanted.fire.is_empty() && wanted.silent.is_empty() {
            continue;
        }
        let exchange = Exchange::build(input);
        let (fired, used) = fire(rules, &exchange, scratch);
        scratch = used;
        verdict = compare(&fired, wanted);
        if std::env::var_os("PORTCULLIS_CRS_SHOW").is_some() {
            println!(
                "{}: {:?}\n  fired {fired:?}",
                case.name,
                String::from_utf8_lossy(&exchange.line)
            );
        }
        if matches!(verdict, Verdict::Fail(_)) {
            break;
        }
    }
    (verdict, scratch)
}

fn compare(fired: &[u64], wanted: &Wanted) -> Verdict {
    let missed: Vec<_> = wanted.fire.iter().filter(|id| !fired.contains(id)).collect();
    let extra: Vec<_> = wanted.silent.iter().filter(|id| fired.contains(id)).collect();
    match (missed.as_slice(), extra.as_slice()) {
        ([], []) => Verdict::Pass,
        (missed, extra) => Verdict::Fail(format!("did not fire {missed:?}, fired {extra:?}")),
    }
}

/// Shows a whole exchange to the rules; returns the ids of those that matched.
pub(crate) fn fire(rules: &Ruleset, exchange: &Exchange, scratch: Scratch) -> (Vec<u64>, Scratch) {
    let mut transaction = rules.transaction(scratch);
    // Not the loopback address: rules make exceptions for it.
    let client = "192.0.2.1".parse().unwrap();
    transaction.connection(client, 40_000, "127.0.0.1".parse().unwrap(), 80);
    transaction.unique_id(b"166000000000.000001");
    let headers: Vec<(&[u8], &[u8])> =
        exchange.headers.iter().map(|(name, value)| (name.as_slice(), value.as_slice())).collect();
    transaction.request_head(&RequestHead {
        line: &exchange.line,
        method: &exchange.method,
        uri: &exchange.uri,
        protocol: &exchange.protocol,
        headers: &headers,
    });
    transaction.request_body(&exchange.body);
    let (status, headers, body) = exchange.answer();
    let headers: Vec<(&[u8], &[u8])> =
        headers.iter().map(|(name, value)| (name.as_bytes(), value.as_bytes())).collect();
    transaction.response_head(&ResponseHead { status, protocol: b"HTTP/1.1", headers: &headers });
    transaction.response_body(&body);
    transaction.finish();
    let fired = transaction.matched_ids().collect();
    (fired, transaction.into_scratch())
}
