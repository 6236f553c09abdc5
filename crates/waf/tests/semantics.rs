//! Small rule sets, one meaning each. Where it matters the expectation was taken from
//! libmodsecurity 3.0.15.

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

use portcullis_waf::{
    MemoryFiles, Options, Outcome, RequestBodyVariable, RequestHead, Ruleset, Scratch, Transaction,
};

struct Ask<'a> {
    uri: &'a str,
    headers: &'a [(&'a [u8], &'a [u8])],
    body: &'a [u8],
}

const ASK: Ask<'static> = Ask { uri: "/", headers: &[], body: b"" };

fn run_with(rules: &str, ask: &Ask<'_>, options: &Options) -> Transaction {
    let files = MemoryFiles::single("a.conf", rules);
    let rules = Ruleset::load(&files, &["a.conf"], options).unwrap_or_else(|e| panic!("{e}"));
    let mut transaction = rules.transaction(Scratch::default());
    transaction.request_head(&RequestHead {
        line: b"",
        method: b"POST",
        uri: ask.uri.as_bytes(),
        protocol: b"HTTP/1.1",
        headers: ask.headers,
    });
    transaction.request_body(ask.body);
    transaction
}

fn fired(rules: &str, ask: Ask<'_>) -> Vec<u64> {
    let quick: Vec<u64> = run_with(rules, &ask, &Options::default()).matched_ids().collect();
    let plain = Options { shortcuts: false, ..Options::default() };
    let slow: Vec<u64> = run_with(rules, &ask, &plain).matched_ids().collect();
    assert_eq!(quick, slow, "the shortcuts changed something: {rules}");
    quick
}

fn messages(rules: &str, uri: &str) -> Vec<String> {
    let transaction = run_with(rules, &Ask { uri, ..ASK }, &Options::default());
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    transaction.matches().iter().map(|found| text(found.msg)).collect()
}

#[test]
fn names_are_compared_without_case_and_exclusions_hold() {
    let rules = "SecRule &ARGS:FOO \"@eq 2\" \"id:1,phase:2\"
        SecRule ARGS|!ARGS:Foo \"@rx .\" \"id:2,phase:2,msg:'%{MATCHED_VAR_NAME}'\"
        SecRule ARGS:/^F/ \"@rx .\" \"id:3,phase:2\"
        SecRule ARGS|!ARGS:/^B/ \"@rx bar\" \"id:4,phase:2\"";
    assert_eq!(fired(rules, Ask { uri: "/?foo=1&Foo=2&bar=bar", ..ASK }), [1, 2, 3]);
}

#[test]
fn operators_on_text() {
    let rule = |operator: &str| {
        let text = format!("SecRule ARGS \"{operator}\" \"id:1,phase:2\"");
        !fired(&text, Ask { uri: "/?foo=aab", ..ASK }).is_empty()
    };
    for (operator, expected) in [
        ("@eq 0", true),
        ("@within xaabx", true),
        ("@pm AAB", true),
        ("@contains AAB", false),
        ("@streq aab", true),
        ("!@streq %{tx.nope}", true),
        ("@contains %{tx.nope}", true),
        ("@beginsWith aa", true),
        ("@endsWith aa", false),
        ("@rx A", false),
        ("@rx ^(?i)A", true),
        ("@validateByteRange 97-98", false),
        ("@validateByteRange 97", true),
    ] {
        assert_eq!(rule(operator), expected, "{operator}");
    }
}

#[test]
fn single_variables_exist_and_missing_ones_do_not() {
    let rules = "SecRule REQUEST_BODY \"!@rx x\" \"id:1,phase:2\"
        SecRule TX:nope \"@eq 0\" \"id:2,phase:2\"
        SecRule &TX:nope \"@eq 0\" \"id:3,phase:2\"
        SecRule XML:/* \"!@rx x\" \"id:4,phase:2\"
        SecRule MULTIPART_STRICT_ERROR \"@eq 0\" \"id:5,phase:2\"";
    assert_eq!(fired(rules, ASK), [1, 3, 5]);
}

#[test]
fn variables_are_set_for_each_match_even_if_the_chain_breaks() {
    let rules = "SecRule ARGS \"@rx a(.)\" \"id:1,phase:2,capture,setvar:tx.n=+1,chain\"
        SecRule MATCHED_VARS \"@rx q\" \"setvar:tx.m=+1\"
        SecRule TX:n \"@eq 2\" \"id:2,phase:2,msg:'%{TX.n} %{TX.1} [%{TX.m}]'\"";
    assert_eq!(messages(rules, "/?x=ab&y=ac&z=q"), ["2 c []"]);
}

#[test]
fn arithmetic_of_variables() {
    let rules = "SecAction \"id:1,phase:1,nolog,setvar:tx.a=5,setvar:tx.a=+%{tx.nope},\
            setvar:tx.b=abc,setvar:tx.b=+2,setvar:tx.c,setvar:tx.d=-3,setvar:tx.e=1,setvar:!tx.e\"
        SecRule &TX:e \"@eq 0\" \"id:2,phase:2,msg:'%{TX.a} %{TX.b} %{TX.c} %{TX.d}'\"";
    assert_eq!(messages(rules, "/"), ["5 2 1 -3"]);
}

#[test]
fn captures_stay_until_they_are_overwritten() {
    let rules = "SecRule ARGS \"@rx (a)(b)?\" \"id:1,phase:2,nolog,capture\"
        SecRule ARGS \"@rx (c)\" \"id:2,phase:2,capture,msg:'%{tx.0}%{tx.1}%{tx.2}'\"";
    assert_eq!(messages(rules, "/?foo=abc"), ["ccb"]);
}

#[test]
fn several_matches_of_transformed_stages() {
    let rules = "SecRule ARGS \"@rx a\" \"id:1,phase:2,nolog,multiMatch,t:lowercase,\
            t:removeWhitespace,setvar:tx.n=+1\"
        SecRule TX:n \"@ge 0\" \"id:2,phase:2,msg:'%{TX.n}'\"";
    assert_eq!(messages(rules, "/?x=a%20B"), ["3"]);
}

#[test]
fn skips_and_removals() {
    let rules = "SecAction \"id:1,phase:1,nolog,skipAfter:END\"
        SecAction \"id:2,phase:1\"
        SecMarker END
        SecRule ARGS:a \"@eq 1\" \"id:3,phase:1,nolog,ctl:ruleRemoveById=5,\
            ctl:ruleRemoveTargetById=6;ARGS:a\"
        SecAction \"id:4,phase:1\"
        SecAction \"id:5,phase:1\"
        SecRule ARGS \"@rx .\" \"id:6,phase:1\"
        SecAction \"id:7,phase:1\"
        SecRuleRemoveById 7-8
        SecRuleUpdateTargetById 6 \"!ARGS:b\"";
    assert_eq!(fired(rules, Ask { uri: "/?a=1&b=2", ..ASK }), [4]);
    assert_eq!(fired(rules, Ask { uri: "/?a=2", ..ASK }), [4, 5, 6]);
}

/// A level set up as rule sets do it: nothing above it may run, unless its guard is removed alone.
#[test]
fn folding_respects_removals() {
    let rules = |removal: &str| {
        format!(
            "SecAction \"id:1,phase:1,nolog,setvar:tx.level=1\"
            SecRule ARGS:off \"@eq 1\" \"id:2,phase:1,nolog,ctl:{removal}\"
            SecRule TX:level \"@lt 2\" \"id:3,phase:2,nolog,tag:'crs',skipAfter:END\"
            SecRule ARGS \"@rx attack\" \"id:4,phase:2,tag:'crs'\"
            SecMarker END"
        )
    };
    let ask = |uri| Ask { uri, ..ASK };
    for removal in ["ruleRemoveById=3", "ruleRemoveByTag=crs"] {
        assert_eq!(fired(&rules(removal), ask("/?x=attack")), [] as [u64; 0]);
    }
    assert_eq!(fired(&rules("ruleRemoveById=3"), ask("/?x=attack&off=1")), [4]);
    assert_eq!(fired(&rules("ruleRemoveByTag=crs"), ask("/?x=attack&off=1")), [] as [u64; 0]);
}

#[test]
fn bodies_become_arguments() {
    let json: &[(&[u8], &[u8])] = &[(b"Content-Type", b"application/json")];
    let rules = "SecRule REQUEST_HEADERS:Content-Type \"^application/json\" \
            \"id:1,phase:1,nolog,ctl:requestBodyProcessor=JSON\"
        SecRule ARGS:json.a.array_0.b \"@streq x\" \"id:2,phase:2\"
        SecRule REQBODY_ERROR \"!@eq 0\" \"id:3,phase:2\"
        SecRule REQUEST_BODY \"@contains a\" \"id:4,phase:2\"";
    assert_eq!(fired(rules, Ask { headers: json, body: b"{\"a\":[{\"b\":\"x\"}]}", ..ASK }), [2]);
    assert_eq!(fired(rules, Ask { headers: json, body: b"{\"a\":[{\"b\":\"x\"}]", ..ASK }), [2, 3]);
    let always = Options { request_body: RequestBodyVariable::Always, ..Options::default() };
    let ask = Ask { headers: json, body: b"{\"a\":1}", ..ASK };
    assert_eq!(run_with(rules, &ask, &always).matched_ids().collect::<Vec<_>>(), [4]);
}

#[test]
fn a_field_proven_harmless_is_not_looked_at() {
    let files = MemoryFiles::single("a.conf", "SecRule ARGS \"@rx x\" \"id:1,phase:2\"");
    let rules = Ruleset::load(&files, &["a.conf"], &Options::default()).unwrap();
    let fired = |harmless: &[&[u8]]| {
        let mut transaction = rules.transaction(Scratch::default());
        transaction.request_head(&RequestHead {
            line: b"",
            method: b"POST",
            uri: b"/",
            protocol: b"HTTP/1.1",
            headers: &[(b"Content-Type", b"application/x-www-form-urlencoded")],
        });
        transaction.request_body_proven(b"a=x&b=y", harmless);
        transaction.matched_ids().count()
    };
    assert_eq!(fired(&[]), 1);
    assert_eq!(fired(&[b"a"]), 0);
    assert_eq!(fired(&[b"b"]), 1);
}

#[test]
fn detecting_refuses_nothing_and_blocking_does() {
    let rules = |mode: &str| {
        format!(
            "SecRuleEngine {mode}\nSecDefaultAction \"phase:2,log,deny,status:406\"
            SecRule ARGS \"@rx x\" \"id:1,phase:2,block\"
            SecAction \"id:2,phase:2,pass\""
        )
    };
    let outcome = |mode: &str| {
        let files = MemoryFiles::single("a.conf", &rules(mode));
        let rules = Ruleset::load(&files, &["a.conf"], &Options::default()).unwrap();
        let mut transaction = rules.transaction(Scratch::default());
        transaction.request_head(&RequestHead {
            line: b"",
            method: b"GET",
            uri: b"/?a=x",
            protocol: b"HTTP/1.1",
            headers: &[],
        });
        let outcome = transaction.request_body(b"");
        (outcome, transaction.matched_ids().count())
    };
    assert_eq!(outcome("DetectionOnly"), (Outcome::Continue, 2));
    match outcome("On") {
        (Outcome::Interrupted(interruption), 1) => {
            assert_eq!((interruption.rule, interruption.status), (1, 406));
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(outcome("Off"), (Outcome::Continue, 0));
}

#[test]
fn a_match_says_why() {
    let rules = "SecRule ARGS \"@rx b+\" \"id:1,phase:2,t:lowercase,msg:'B in %{MATCHED_VAR_NAME}',\
        logdata:'%{MATCHED_VAR}',severity:'CRITICAL',tag:'letters',ver:'x/1'\"";
    let transaction = run_with(rules, &Ask { uri: "/?q=aBBc", ..ASK }, &Options::default());
    let matches = transaction.matches();
    let found = &matches[0];
    assert_eq!((found.id, found.phase, found.severity), (1, 2, Some(2)));
    assert_eq!((found.msg, found.log_data), (&b"B in ARGS:q"[..], &b"abbc"[..]));
    assert_eq!((found.tags.as_slice(), found.version), (&["letters".to_string()][..], Some("x/1")));
    assert_eq!(found.position, "a.conf:1:1");
    let value = &found.evidence[0];
    assert_eq!(value.path(), "ARGS:q");
    assert_eq!(
        (value.original, value.value, value.matched),
        (&b"aBBc"[..], &b"abbc"[..], &b"bb"[..])
    );
    assert_eq!(value.transformations, ["lowercase"]);
}

/// Memory of one set of rules is no use to another, and must not confuse it.
#[test]
fn a_scratch_serves_different_rules() {
    let load = |text: &str| {
        let files = MemoryFiles::single("a.conf", text);
        Ruleset::load(&files, &["a.conf"], &Options::default()).unwrap()
    };
    let first = load(
        "SecRule ARGS \"@rx [ab]=\\d\" \"id:1,phase:1\"\nSecRule ARGS \"@rx <.>\" \"id:2,phase:1\"",
    );
    let second = load("SecRule ARGS \"@rx ;[xyz]+;\" \"id:3,phase:1\"");
    let mut scratch = Scratch::default();
    for _ in 0..3 {
        for (rules, expected) in [(&first, vec![1, 2]), (&second, vec![3])] {
            let mut transaction = rules.transaction(scratch);
            transaction.request_head(&RequestHead {
                line: b"",
                method: b"GET",
                uri: b"/?q=a=1<b>;x;",
                protocol: b"HTTP/1.1",
                headers: &[],
            });
            assert_eq!(transaction.matched_ids().collect::<Vec<_>>(), expected);
            scratch = transaction.into_scratch();
        }
    }
}

#[test]
fn rules_and_transactions_cross_threads() {
    fn assert_shared<T: Send + Sync>() {}
    fn assert_sent<T: Send>() {}
    assert_shared::<Ruleset>();
    assert_sent::<Transaction>();
    assert_sent::<Scratch>();
}

#[test]
fn bodies_above_the_limits_are_refused_or_cut() {
    let rules = |action: &str| {
        format!(
            "SecRequestBodyLimit 10\nSecRequestBodyLimitAction {action}
            SecRule REQUEST_BODY_LENGTH \"@eq 10\" \"id:1,phase:2,pass\""
        )
    };
    let ask = || Ask { body: b"0123456789abc", ..ASK };
    let mut refused = run_with(&rules("Reject"), &ask(), &Options::default());
    assert!(matches!(refused.finish(), Outcome::Interrupted(found) if found.status == 413));
    assert_eq!(fired(&rules("ProcessPartial"), ask()), [1]);
    let no_files = "SecRequestBodyNoFilesLimit 5\nSecRule REQBODY_ERROR \"@eq 1\" \"id:1,phase:2\"";
    assert_eq!(fired(no_files, ask()), [1]);
}
