//! Runs the case files of this repository: of the policies, the config, the gateway, the examples, the
//! manual.

use portcullis_cases::{Options, Problem, run_paths};
use std::path::{Path, PathBuf};

/// A folder of the repository.
fn folder(name: &str) -> PathBuf {
    let crate_folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    crate_folder.ancestors().nth(2).unwrap_or(crate_folder).join(name)
}

fn options() -> Options {
    #[expect(clippy::disallowed_methods, reason = "how developers ask for a rewrite")]
    let update = std::env::var_os("PORTCULLIS_UPDATE").is_some_and(|value| value == "1");
    Options { update }
}

#[test]
fn every_policy_does_what_its_page_says() {
    let policies = folder("crates/policies/src");
    let mut pages = Vec::new();
    for entry in std::fs::read_dir(policies).unwrap() {
        let path = entry.unwrap().path();
        // A folder with a card is a policy, and a policy has a page.
        if path.join("audit.rs").exists() {
            pages.push(path.join("cases.md"));
        }
    }
    pages.sort();
    assert!(pages.len() >= 2);
    let report = run_paths(&pages, &options()).unwrap_or_else(|problem| panic!("{problem}"));
    assert_eq!(report.failed(), 0, "\n{}", report.text());
}

#[test]
fn examples_and_manual_do_what_they_say() {
    let folders = ["crates/config/cases", "crates/gateway/cases", "examples", "docs"].map(folder);
    let folders: Vec<PathBuf> = folders.into_iter().filter(|folder| folder.exists()).collect();
    match run_paths(&folders, &options()) {
        Ok(report) => assert_eq!(report.failed(), 0, "\n{}", report.text()),
        Err(Problem::NoCases(_)) => {}
        Err(problem) => panic!("{problem}"),
    }
}
