//! What the compiler does not look at: the shape of the repository.

#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::panic,
    reason = "these tests read the repository, and fail where it is not as it should be"
)]

use std::{
    fs,
    path::{Path, PathBuf},
};

/// The longest function, in lines.
const FUNCTION_LINES_MAX: usize = 70;
/// Functions that are tables: one line a row, however many rows.
const TABLES: &[&str] = &["fn setting(", "fn messages(", "fn triggers_are_complete("];
const POLICY_FILES: &[&str] =
    &["mod.rs", "config.rs", "build.rs", "policy.rs", "audit.rs", "tests.rs", "cases.md"];

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().unwrap()
}

fn files_below(folder: &Path, extension: &str, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() && !path.ends_with("target") && !path.ends_with("corpus") {
            files_below(&path, extension, found);
        } else if path.extension().is_some_and(|found| found == extension) {
            found.push(path);
        }
    }
}

fn sources() -> Vec<(PathBuf, String)> {
    let mut files = Vec::new();
    for folder in ["crates", "xtask"] {
        files_below(&repository().join(folder), "rs", &mut files);
    }
    files.into_iter().map(|path| (path.clone(), fs::read_to_string(path).unwrap())).collect()
}

#[test]
fn every_module_says_what_it_is_for() {
    for (path, text) in sources() {
        assert!(text.starts_with("//! "), "{} does not begin with `//! `", path.display());
    }
}

#[test]
fn no_function_is_longer_than_a_screen() {
    let mut long = Vec::new();
    for (path, text) in sources() {
        let mut open: Option<(usize, usize, String)> = None;
        for (number, line) in text.lines().enumerate() {
            let indent = line.len() - line.trim_start().len();
            let code = line.trim_start();
            let head =
                code.strip_prefix("pub ").or(code.strip_prefix("pub(crate) ")).unwrap_or(code);
            let head = head.strip_prefix("async ").unwrap_or(head);
            let starts = head.starts_with("fn ") || head.starts_with("const fn ");
            if open.is_none() && starts && !code.ends_with(';') && !code.ends_with('}') {
                open = Some((number, indent, head.to_owned()));
            }
            if let Some((start, at, name)) = &open
                && code == "}"
                && indent == *at
            {
                let is_table = TABLES.iter().any(|table| name.starts_with(table));
                if number - start + 1 > FUNCTION_LINES_MAX && !is_table {
                    long.push(format!("{}:{} {name}", path.display(), start + 1));
                }
                open = None;
            }
        }
    }
    assert!(long.is_empty(), "longer than {FUNCTION_LINES_MAX} lines:\n{}", long.join("\n"));
}

#[test]
fn every_policy_folder_has_the_same_files() {
    let policies = repository().join("crates/policies/src");
    for card in portcullis_policies_cards() {
        for file in POLICY_FILES {
            assert!(policies.join(&card).join(file).is_file(), "{card} has no {file}");
        }
    }
}

/// The names in the table of policies, read as text so that this crate need not depend on it.
fn portcullis_policies_cards() -> Vec<String> {
    let table = fs::read_to_string(repository().join("crates/policies/src/lib.rs")).unwrap();
    let (_, rows) = table.split_once("$expand! {\n").unwrap();
    let (rows, _) = rows.split_once("}").unwrap();
    rows.lines().filter_map(|row| Some(row.trim().split_once(':')?.0.to_owned())).collect()
}

#[test]
fn the_request_path_fits_a_screen() {
    let forward = fs::read_to_string(repository().join("crates/gateway/src/forward.rs")).unwrap();
    let (_, code) = forward.split_once("/// Answers a request.").unwrap();
    assert!(code.lines().count() <= 80, "forward.rs has {} lines of code", code.lines().count());
}

/// Crates may use what lies below them, as ARCHITECTURE.md draws it.
#[test]
fn a_new_edge_between_crates_is_an_architectural_change() {
    let allowed: &[(&str, &[&str])] = &[
        ("core", &[]),
        ("wire", &[]),
        ("waf", &[]),
        ("contract", &["core"]),
        ("policies", &["core", "contract", "waf"]),
        ("config", &["core", "contract", "policies"]),
        ("gateway", &["core", "policies", "config", "wire"]),
        ("cases", &["core", "policies", "config", "gateway"]),
        ("telemetry", &["core"]),
        ("admin", &["core", "policies", "gateway", "telemetry"]),
        ("testkit", &["core", "wire"]),
        ("cli", &["core", "policies", "config", "gateway", "cases", "telemetry", "admin"]),
    ];
    for entry in fs::read_dir(repository().join("crates")).unwrap() {
        let folder = entry.unwrap().path();
        let name = folder.file_name().unwrap().to_string_lossy().into_owned();
        let manifest = fs::read_to_string(folder.join("Cargo.toml")).unwrap();
        let below = allowed.iter().find(|(known, _)| *known == name);
        let (_, below) = below.unwrap_or_else(|| panic!("{name} is not drawn in ARCHITECTURE.md"));
        let main = manifest.split("[dev-dependencies]").next().unwrap();
        for line in main.lines().filter_map(|line| line.strip_prefix("portcullis-")) {
            let used = line.split(['.', ' ']).next().unwrap();
            assert!(below.contains(&used), "{name} → {used} is an edge that nobody has drawn");
        }
    }
}

#[test]
fn text_files_are_tidy() {
    let mut files = Vec::new();
    for extension in ["md", "yaml", "toml"] {
        files_below(&repository().join("crates"), extension, &mut files);
        files_below(&repository().join("docs"), extension, &mut files);
        files_below(&repository().join("examples"), extension, &mut files);
    }
    for path in files {
        let text = fs::read_to_string(&path).unwrap();
        assert!(
            text.ends_with('\n') || text.is_empty(),
            "{} ends without a line end",
            path.display()
        );
        let trailing = text.lines().position(|line| line.ends_with([' ', '\t']));
        assert_eq!(trailing, None, "{} has blanks at the end of a line", path.display());
    }
}
