//! What cannot be loaded is refused with its place; a set is never loaded in part.

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

use portcullis_waf::{MemoryFiles, Options, Ruleset};

fn problems(text: &str) -> Vec<String> {
    let files = MemoryFiles::single("a.conf", text);
    match Ruleset::load(&files, &["a.conf"], &Options::default()) {
        Ok(_) => Vec::new(),
        Err(error) => error.diagnostics.iter().map(ToString::to_string).collect(),
    }
}

fn refused(text: &str, expected: &str) {
    assert_eq!(problems(text), [expected], "{text}");
}

#[test]
fn each_unknown_construct_is_an_error_with_its_place() {
    refused("SecRul ARGS x", "a.conf:1:1: `secrul` is not a directive");
    refused("\nSecRule ARG \"x\" \"id:1\"", "a.conf:2:9: `ARG` is not a variable");
    refused("SecRule ARGS \"@rxx a\" \"id:1\"", "a.conf:1:15: `@rxx` is not an operator");
    refused("SecRule ARGS \"x\" \"id:1,t:upper\"", "a.conf:1:24: `upper` is not a transformation");
    refused("SecRule ARGS \"x\" \"id:1,\\\n   blok\"", "a.conf:2:4: `blok` is not an action");
    refused("SecAction \"id:1,ctl:a=b\"", "a.conf:1:17: `a` cannot be set with `ctl`");
    refused("SecAction \"id:1,msg:'%{FOO}'\"", "a.conf:1:17: `%{FOO}` is not a variable");
    refused("SecAction \"id:1,exec:/bin/x\"", "a.conf:1:17: the action `exec` is not supported");
    refused(
        "SecRule XML:/a/b \"x\" \"id:1\"",
        "a.conf:1:9: only the paths `XML:/*` and `XML://@*` can \
         be read (hint: the first is all text of the document, the second each attribute's value)",
    );
    refused(
        "SecRule ARGS \"@rbl a.example\" \"id:1\"",
        "a.conf:1:15: `@rbl` needs a lookup outside of the engine, which it never makes",
    );
}

#[test]
fn patterns_that_cannot_be_compiled_are_errors() {
    refused("SecRule ARGS \"@rx a(b\" \"id:1\"", "a.conf:1:22: in the pattern: `(` without `)`");
    refused("SecRule ARGS \"@rx [a\" \"id:1\"", "a.conf:1:21: in the pattern: `[` without `]`");
    refused(
        "SecRule ARGS \"@rx \\x{2028}\" \"id:1\"",
        "a.conf:1:27: in the pattern: \\x{2028} is above \\x{ff}, and patterns match bytes",
    );
    refused(
        "SecRule ARGS \"@rx (?<=a+)b\" \"id:1\"",
        "a.conf:1:26: in the pattern: a look-behind must have a bounded length",
    );
}

#[test]
fn rules_must_fit_together() {
    refused("SecAction \"phase:1\"", "a.conf:1:1: the rule has no id");
    refused(
        "SecAction \"id:1\"\nSecAction \"id:1\"",
        "a.conf:2:1: the id 1 is taken: see a.conf:1:1",
    );
    refused("SecRule ARGS a \"id:1,chain\"", "a.conf:1:1: the chain has no next rule");
    refused(
        "SecAction \"id:1,skipAfter:END\"",
        "a.conf:1:1: there is no marker `END` after this rule",
    );
    refused(
        "SecRule ARGS \"@pmFromFile a.data\" \"id:1\"",
        "a.conf:1:27: cannot read `a.data`: entity not found",
    );
}

#[test]
fn all_problems_are_shown_at_once() {
    let found = problems("SecFoo\nSecRule ARGS \"@rx (\" \"id:1,bar\"\nSecRule X y \"id:2\"");
    let places: Vec<&str> =
        found.iter().map(|problem| problem.split(": ").next().unwrap()).collect();
    assert_eq!(places, ["a.conf:1:1", "a.conf:2:28", "a.conf:3:9"]);
}

#[test]
fn includes_are_followed_and_bounded() {
    let mut files = MemoryFiles::default();
    files.insert("rules/main.conf", "Include more/*.conf\n");
    files.insert("rules/more/a.conf", "SecAction id:1\n");
    files.insert("rules/more/b.conf", "SecRule ARGS \"@pmFromFile words.data\" id:2\n");
    files.insert("rules/more/words.data", "# words\nfoo\n\nbar\n");
    let rules = Ruleset::load(&files, &["rules/main.conf"], &Options::default()).unwrap();
    assert_eq!(rules.rule_count(), 2);
    files.insert("rules/main.conf", "Include main.conf");
    let error = Ruleset::load(&files, &["rules/main.conf"], &Options::default()).unwrap_err();
    assert!(error.to_string().contains("includes itself"), "{error}");
}

#[test]
fn what_does_less_than_it_says_is_remarked() {
    let files =
        MemoryFiles::single("a.conf", "SecAction \"id:1,initcol:ip=x\"\nSecRuleRemoveById 7");
    let rules = Ruleset::load(&files, &["a.conf"], &Options::default()).unwrap();
    let remarks: Vec<String> = rules.remarks().iter().map(ToString::to_string).collect();
    assert_eq!(
        remarks,
        [
            "a.conf:2:1: no rule is meant by this",
            "a.conf:1:17: `initcol` opens a collection for one transaction",
        ]
    );
}
