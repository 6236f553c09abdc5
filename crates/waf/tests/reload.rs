//! Loading rules again and again keeps no memory. Alone in its file: the measure is the process's.

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

use portcullis_waf::{MemoryFiles, Options, RequestHead, Ruleset, Scratch};

const RULES: &str = "SecRule ARGS|REQUEST_HEADERS \"@rx (?i)(?:select|union)[^a-z]+(\\w+)\" \
    \"id:1,phase:1,deny,capture,t:urlDecodeUni,t:lowercase,msg:'%{TX.1}'\"
SecRule ARGS \"@pm alpha beta gamma\" \"id:2,phase:1,pass\"
SecRule ARGS \"@rx [a-z]=[0-9]\" \"id:3,phase:1,pass\"";

fn load_and_ask() {
    let files = MemoryFiles::single("a.conf", RULES);
    let rules = Ruleset::load(&files, &["a.conf"], &Options::default()).unwrap();
    let mut transaction = rules.transaction(Scratch::default());
    transaction.request_head(&RequestHead {
        line: b"",
        method: b"GET",
        uri: b"/?a=union%20select&b=x=1",
        protocol: b"HTTP/1.1",
        headers: &[],
    });
    assert_eq!(transaction.matched_ids().next(), Some(1));
}

fn resident() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.split_whitespace().next()?.parse().ok()
}

#[test]
fn five_hundred_loads_keep_no_memory() {
    (0..100).for_each(|_| load_and_ask());
    let Some(before) = resident() else { return };
    (0..500).for_each(|_| load_and_ask());
    let after = resident().unwrap();
    assert!(after <= before + before / 20, "{before} KiB before, {after} KiB after");
}
