//! Runs the regression suites of the OWASP Core Rule Set, in process, detecting only, at level 4.
//!
//! The data is not part of the project: set `PORTCULLIS_TEST_DATA` to a folder that has
//! `crs/4.28.0/{rules,tests,crs-setup.conf.example}` and `crs/3.3.4/tests`. The rules of 3.3.4 come
//! from Debian's `modsecurity-crs`, the base configuration and `unicode.mapping` from
//! `libnginx-mod-http-modsecurity`; `PORTCULLIS_CRS_DEBIAN` is the folder they were unpacked to.

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

mod suite;

use portcullis_waf::{Options, Scratch};
use std::path::PathBuf;
use suite::rules;

fn data() -> Option<PathBuf> {
    let folder = std::env::var_os("PORTCULLIS_TEST_DATA").map(PathBuf::from);
    if folder.is_none() {
        println!("skipped: set PORTCULLIS_TEST_DATA to the folder of the test data (it has crs/)");
    }
    folder
}

#[test]
fn core_rule_set_4_28_0() {
    let Some(data) = data() else { return };
    let rules = rules::load(rules::suite_4(&data), &rules::options());
    let report = suite::run(&rules, &data.join("crs/4.28.0/tests"));
    report.print("CRS 4.28.0");
    assert!(report.rate() >= 99.0, "{:.2} % is below the bar of 99 %", report.rate());
}

#[test]
fn core_rule_set_3_3_4() {
    let Some(data) = data() else { return };
    let Some(config) = rules::suite_3() else {
        println!("skipped: set PORTCULLIS_CRS_DEBIAN to where Debian's packages were unpacked");
        return;
    };
    let rules = rules::load(config, &rules::options());
    let report = suite::run(&rules, &data.join("crs/3.3.4/tests"));
    report.print("CRS 3.3.4");
    assert!(report.rate() >= 98.0, "{:.2} % is below the bar of 98 %", report.rate());
}

/// Folding and prefilters must not change what fires, at any level, over all messages of the suite.
#[test]
fn shortcuts_change_nothing() {
    let Some(data) = data() else { return };
    let plain = Options { shortcuts: false, ..rules::options() };
    let messages = suite::messages(&data.join("crs/4.28.0/tests"));
    for config in [rules::suite_4(&data), rules::blocking_4(&data, 1), rules::blocking_4(&data, 2)]
    {
        let quick = rules::load(config.clone(), &rules::options());
        let slow = rules::load(config, &plain);
        let (mut first, mut second) = (Scratch::default(), Scratch::default());
        // Every third message: the slow way is slow, and the suite repeats itself.
        for message in messages.iter().step_by(3) {
            let (with, used) = suite::fire(&quick, message, first);
            let (without, used_too) = suite::fire(&slow, message, second);
            assert_eq!(with, without, "{message:?}");
            (first, second) = (used, used_too);
        }
        println!("{} rules left of {}", quick.rule_count(), slow.rule_count());
    }
}
