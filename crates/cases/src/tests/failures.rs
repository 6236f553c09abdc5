//! Each expectation, wrong: a case that cannot fail tests nothing.

use super::{page, ran};
use expect_test::{Expect, expect};

/// What is expected and what came, for each failure of one request.
fn wrong(block: &str, expected: Expect) {
    let report = ran(&page(block));
    assert_eq!((report.passed(), report.failed()), (0, 1), "{}", report.text());
    let text = report.text();
    let is_told = |line: &&str| {
        let line = line.trim_start();
        line.starts_with("page.md:") || line.starts_with("expected ") || line.starts_with("got ")
    };
    let told: Vec<&str> = text.lines().filter(is_told).map(str::trim_start).collect();
    expected.assert_eq(&told.join("\n"));
}

#[test]
fn a_report_has_place_expectation_what_came_and_the_record() {
    let text = "GET /v1\n> 200\n\nGET /v2\n> 200\n> reason: PC0403\n\nGET /v1 3 times\n> 201\n";
    expect![[r#"
        failed: page › case (page.md:12)
          page.md:19
            expected > 200
            got      > 404
          page.md:20
            expected > reason: PC0403
            got      > reason: PC0404 (there is nothing here)

            GET localhost/v2
              from 192.0.2.1 on listener default

              ✓ admit                  PC0600 the request has exactly one reading
              ✓ client address         PC0601 the caller's address is the peer's: 192.0.2.1
              ✗ route                  PC0404 there is nothing here

              refused 404 PC0404
              No route of this listener has this host and path. Only what is declared can be reached.
              what would change it: declare a route or an operation for this path, or check the host: an API with `hosts` answers only to those
              request 00000000000000000000000000000002, config 1400aded53fcf00d, 2026-01-01T00:00:00.000000Z, 0 µs

          page.md:23, call 1 of 3
            expected > 201
            got      > 200

            GET localhost/v1
              from 192.0.2.1 on listener default
              route all /v1 (gateway.yaml:4:15)

              ✓ admit                  PC0600 the request has exactly one reading
              ✓ client address         PC0601 the caller's address is the peer's: 192.0.2.1
              ✓ route                  PC0602 a route has this host, path and method
                                       gateway.yaml:4:15: - path: /v1
              ✓ closed                 PC0607 the operation is open to somebody
                                       gateway.yaml:6:17: access: public
              ✓ access                 PC0603 anyone may call this
                                       gateway.yaml:6:17: access: public
              = forward                PC0606 the upstream answered: 200

              answered 200
              upstream default answered 200 after 0 µs
              request 00000000000000000000000000000003, config 1400aded53fcf00d, 2026-01-01T00:00:00.000000Z, 0 µs

        0 passed, 1 failed
    "#]].assert_eq(&ran(&page(text)).text());
}

#[test]
fn a_status_that_differs_fails() {
    wrong(
        "GET /v1\n> 404\n",
        expect![[r#"
        page.md:16
        expected > 404
        got      > 200"#]],
    );
}

#[test]
fn a_field_that_differs_fails() {
    wrong(
        "GET /v1\n> content-type: text/plain\n",
        expect![[r#"
        page.md:16
        expected > content-type: text/plain
        got      > content-type: application/json"#]],
    );
    wrong(
        "GET /v1\n> Content-Type: text/*\n",
        expect![[r#"
        page.md:16
        expected > Content-Type: text/*
        got      > content-type: application/json"#]],
    );
    wrong(
        "GET /v1\n> content-type: application/jso\n",
        expect![[r#"
        page.md:16
        expected > content-type: application/jso
        got      > content-type: application/json"#]],
    );
    wrong(
        "GET /v1\n> retry-after: 3\n> x-*: 1\n",
        expect![[r#"
        page.md:16
        expected > retry-after: 3
        got      > no retry-after
        page.md:17
        expected > x-*: 1
        got      > no x-*"#]],
    );
}

#[test]
fn a_field_that_must_not_be_there_fails() {
    wrong(
        "GET /v1\n> no content-type\n",
        expect![[r#"
        page.md:16
        expected > no content-type
        got      > content-type: application/json"#]],
    );
}

#[test]
fn a_body_that_differs_fails() {
    wrong(
        "GET /v1\n> body is {\"from\":\"elsewhere\"}\n",
        expect![[r#"
        page.md:16
        expected > body is {"from":"elsewhere"}
        got      > body is {"from":"upstream"}"#]],
    );
    wrong(
        "GET /v1\n> body is upstream\n",
        expect![[r#"
        page.md:16
        expected > body is upstream
        got      > body is {"from":"upstream"}"#]],
    );
    wrong(
        "GET /v1\n> body is\n",
        expect![[r#"
        page.md:16
        expected > body is
        got      > body is {"from":"upstream"}"#]],
    );
    wrong(
        "GET /v1\n> body contains downstream\n",
        expect![[r#"
        page.md:16
        expected > body contains downstream
        got      > body is {"from":"upstream"}"#]],
    );
}

#[test]
fn a_reason_that_differs_fails() {
    wrong(
        "GET /v2\n> reason: PC0403\n",
        expect![[r#"
        page.md:16
        expected > reason: PC0403
        got      > reason: PC0404 (there is nothing here)"#]],
    );
    wrong(
        "GET /v1\n> reason: PC0403\n",
        expect![[r#"
        page.md:16
        expected > reason: PC0403
        got      > reason: PC0606 (the upstream answered)"#]],
    );
}

#[test]
fn an_upstream_that_was_called_or_not_fails() {
    wrong(
        "GET /v1\n> upstream: not called\n",
        expect![[r#"
        page.md:16
        expected > upstream: not called
        got      > upstream: saw GET /v1"#]],
    );
    wrong(
        "GET /v2\n> upstream: saw GET /v2\n",
        expect![[r#"
        page.md:16
        expected > upstream: saw GET /v2
        got      > upstream: not called"#]],
    );
    wrong(
        "upstream is down\nGET /v1\n> upstream: not called\n",
        expect![[r#"
        page.md:17
        expected > upstream: not called
        got      > upstream: saw GET /v1"#]],
    );
}

#[test]
fn an_upstream_that_saw_something_else_fails() {
    wrong(
        "GET /v1?a=1\n> upstream: saw GET /v1\n",
        expect![[r#"
        page.md:16
        expected > upstream: saw GET /v1
        got      > upstream: saw GET /v1?a=1"#]],
    );
    wrong(
        "GET /v1\n> upstream: saw POST /v1\n",
        expect![[r#"
        page.md:16
        expected > upstream: saw POST /v1
        got      > upstream: saw GET /v1"#]],
    );
    wrong(
        "GET /v1\nX-A: 1\n> upstream: saw x-a: 2\n",
        expect![[r#"
        page.md:17
        expected > upstream: saw x-a: 2
        got      > upstream: saw x-a: 1"#]],
    );
    wrong(
        "GET /v1\n> upstream: saw x-a: *\n",
        expect![[r#"
        page.md:16
        expected > upstream: saw x-a: *
        got      > upstream: saw no x-a"#]],
    );
    wrong(
        "GET /v1\nX-A: 1\n> upstream: saw no x-a\n",
        expect![[r#"
        page.md:17
        expected > upstream: saw no x-a
        got      > upstream: saw x-a: 1"#]],
    );
    wrong(
        "POST /v1\n\n{\"a\": 1}\n> upstream: saw body {\"a\": 2}\n",
        expect![[r#"
        page.md:18
        expected > upstream: saw body {"a": 2}
        got      > upstream: saw body {"a": 1}"#]],
    );
}

#[test]
fn a_record_that_differs_fails() {
    wrong(
        "GET /v2\n> record: route passed\n",
        expect![[r#"
        page.md:16
        expected > record: route passed
        got      > record: route refused"#]],
    );
    wrong(
        "GET /v2\n> record: access passed\n",
        expect![[r#"
        page.md:16
        expected > record: access passed
        got      > record: no access"#]],
    );
    wrong(
        "GET /v1\n> record: no access\n",
        expect![[r#"
        page.md:16
        expected > record: no access
        got      > record: access passed"#]],
    );
    wrong(
        "GET /v1\n> record: end refused\n",
        expect![[r#"
        page.md:16
        expected > record: end refused
        got      > record: end answered"#]],
    );
}

#[test]
fn errors_that_differ_fail() {
    let config = "```yaml\napis: { all: { routes: [{ path: /v1, methods: [GET] }] } }\n```\n";
    let text = format!(
        "# errors\n\n{config}\n```errors\nerror[PC0102]: no\n```\n\n## loads\n\n```yaml\napis: {{}}\n```\n```errors\nx\n```\n"
    );
    expect![[r#"
        failed: errors › errors (page.md:7)
          page.md:8
            expected error[PC0102]: no
            got      error[PC0207]: route `/v1` does not say who may call it

            error[PC0207]: route `/v1` does not say who may call it
             --> gateway.yaml:1:33
              |
            1 | apis: { all: { routes: [{ path: /v1, methods: [GET] }] } }
              |                                 ^^^ no `access`
              |
              = hint: write `access: public` to say that this is meant; `portcullis explain PC0207` tells more

            gateway.yaml: 1 error

        failed: errors › loads (page.md:16)
          page.md:16
            expected these errors
            got      a config that loads

        0 passed, 2 failed
    "#]].assert_eq(&ran(&text).text());
}

#[test]
fn a_body_that_is_long_or_no_text_is_shown_in_part() {
    let long = "x".repeat(2000);
    let block = format!("POST /v1\n\n{long}\n> upstream: saw body {}\n", "y".repeat(2000));
    let text = ran(&page(&block)).text();
    assert!(text.contains("… (2000 bytes)"), "{text}");
}
