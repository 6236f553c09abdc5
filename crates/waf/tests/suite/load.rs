//! Reads test files, in the form of both generations of the suite.

use serde::Deserialize;
use serde_json::Value;
use std::path::{Path, PathBuf};

/// What a stage expects of the rules.
#[derive(Default, Debug)]
pub(super) struct Wanted {
    pub fire: Vec<u64>,
    pub silent: Vec<u64>,
}

pub(super) struct Case {
    /// `942100-3`.
    pub name: String,
    pub stages: Vec<(Value, Wanted)>,
}

#[derive(Deserialize)]
struct File {
    #[serde(default)]
    rule_id: Option<u64>,
    #[serde(default)]
    meta: Value,
    #[serde(default)]
    tests: Vec<Value>,
}

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, found);
        } else if path.extension().is_some_and(|end| end == "yaml" || end == "yml") {
            found.push(path);
        }
    }
    found.sort();
}

/// All tests below a folder, in the order of their files.
pub(super) fn cases(folder: &Path) -> Vec<Case> {
    let mut paths = Vec::new();
    files(folder, &mut paths);
    let mut cases = Vec::new();
    for path in paths {
        let text = std::fs::read(&path).unwrap();
        let text = String::from_utf8_lossy(&text);
        let file: File = match serde_saphyr::from_str(&text) {
            Ok(file) => file,
            Err(error) => panic!("{}: {error}", path.display()),
        };
        if file.meta.get("enabled") == Some(&Value::Bool(false)) {
            continue;
        }
        let stem = path.file_stem().unwrap().to_str().unwrap();
        let rule = file.rule_id.or_else(|| stem.get(..6)?.parse().ok()).unwrap_or(0);
        cases.extend(file.tests.iter().map(|test| case(rule, test)));
    }
    cases
}

fn case(rule: u64, test: &Value) -> Case {
    let id = test.get("test_id").map(Value::to_string).unwrap_or_else(|| {
        let title = test.get("test_title").and_then(Value::as_str).unwrap_or_default();
        title.rsplit('-').next().unwrap_or_default().to_string()
    });
    let stages = test.get("stages").and_then(Value::as_array).cloned().unwrap_or_default();
    let stages = stages.into_iter().map(|stage| {
        let stage = stage.get("stage").cloned().unwrap_or(stage);
        let wanted = wanted(stage.get("output").unwrap_or(&Value::Null));
        (stage.get("input").cloned().unwrap_or_default(), wanted)
    });
    Case { name: format!("{rule}-{id}"), stages: stages.collect() }
}

fn list(value: Option<&Value>) -> Vec<Value> {
    match value {
        None | Some(Value::Null) => Vec::new(),
        Some(Value::Array(list)) => list.clone(),
        Some(one) => vec![one.clone()],
    }
}

fn wanted(output: &Value) -> Wanted {
    let mut wanted = Wanted::default();
    let log = output.get("log").unwrap_or(&Value::Null);
    let numbers = |value| list(value).iter().filter_map(Value::as_u64).collect::<Vec<_>>();
    wanted.fire.extend(numbers(log.get("expect_ids")));
    wanted.silent.extend(numbers(log.get("no_expect_ids")));
    for (source, key, fire) in [
        (output, "log_contains", true),
        (output, "no_log_contains", false),
        (log, "match_regex", true),
        (log, "no_match_regex", false),
    ] {
        for pattern in list(source.get(key)) {
            let ids = ids_in(pattern.as_str().unwrap_or_default());
            if fire { wanted.fire.extend(ids) } else { wanted.silent.extend(ids) }
        }
    }
    wanted
}

/// Rule ids in a text such as `id "942100"`.
fn ids_in(text: &str) -> Vec<u64> {
    text.match_indices("id")
        .filter_map(|(at, _)| {
            let rest = text.get(at + 2..)?;
            let digits = rest.find(|c: char| c.is_ascii_digit()).filter(|start| *start <= 6)?;
            let number: String =
                rest.get(digits..)?.chars().take_while(char::is_ascii_digit).collect();
            number.parse().ok().filter(|_| number.len() >= 3)
        })
        .collect()
}
