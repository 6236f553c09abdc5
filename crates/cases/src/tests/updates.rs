//! Rewriting `>` lines and `errors` blocks.

use super::page;
use crate::{run, update};
use expect_test::expect;
use std::path::Path;

/// The page as an update leaves it.
fn updated(text: &str) -> String {
    let ran = run::file(Path::new("page.md"), text);
    update::apply(text, &ran.edits)
}

#[test]
fn lines_that_do_not_hold_become_what_came() {
    let block = "GET /v1\n> 404\n> content-type: application/*\n> content-type: text/*\n> retry-after: 3\n  > no x-request-id\n\
        > body is nothing\n> body contains nothing\n> reason: PC0404\n> upstream: not called\n> record: end refused\n";
    let text = updated(&page(block));
    expect![[r#"
        GET /v1
        > 200
        > content-type: application/*
        > content-type: application/json
        > no retry-after
          > x-request-id: 00000000000000000000000000000001
        > body is {"from":"upstream"}
        > body contains nothing
        > reason: PC0606
        > upstream: not called
        > record: end refused
        ```
    "#]]
    .assert_eq(text.split("```http\n").nth(1).unwrap());
}

#[test]
fn what_holds_and_what_is_prose_stays() {
    let text = page("GET /v1\n>   200\n>no retry-after\n");
    assert_eq!(updated(&text), text);
    let wrong = page("GET /v1\n> 404\n");
    let twice = updated(&updated(&wrong));
    assert_eq!(twice, wrong.replace("> 404", "> 200"));
    assert_eq!(updated(&wrong.replace('\n', "\r\n")), twice.replace('\n', "\r\n"));
}

#[test]
fn an_errors_block_is_rewritten_whole() {
    let text = "# a\n\n1. list\n\n   ```yaml\n   apis: { all: { routes: [{ path: /v1, methods: [GET] }] } }\n   ```\n\n   ```errors\n   old\n\n   lines\n   ```\n\nprose\n";
    let text = updated(text);
    expect![[r#"
        # a

        1. list

           ```yaml
           apis: { all: { routes: [{ path: /v1, methods: [GET] }] } }
           ```

           ```errors
           error[PC0207]: route `/v1` does not say who may call it
            --> gateway.yaml:1:33
             |
           1 | apis: { all: { routes: [{ path: /v1, methods: [GET] }] } }
             |                                 ^^^ no `access`
             |
             = hint: write `access: public` to say that this is meant; `portcullis explain PC0207` tells more

           gateway.yaml: 1 error
           ```

        prose
    "#]].assert_eq(&text);
    assert_eq!(updated(&text), text);
    let filled = updated("```yaml\napis: 1\n```\n```errors\n```\n");
    assert_eq!(updated(&filled), filled);
}
