//! Pages that cannot be read: said with their place, never a panic.

use super::{page, ran};
use expect_test::{Expect, expect};

/// The message of the one case that is broken; the block starts on line 15.
fn broken(block: &str, expected: Expect) {
    let report = ran(&page(block));
    assert_eq!((report.passed(), report.failed()), (0, 1), "{}", report.text());
    expected.assert_eq(&report.text());
}

#[test]
fn unknown_lines_list_what_is_known() {
    broken(
        "wait 60s\nGET /v1\n> 200\n",
        expect![[r#"
            broken: page › case (page.md:12)
              page.md:15:1: `wait 60s` is neither a request line nor a directive; these are known:
                as address 203.0.113.9      the next request comes from there
                at listener internal        the next request comes in there
                body: order.json            the next request has this file as its body
                after 60s                   time passes
                upstream answers 503        until the case ends
                upstream is down            it cannot be reached, until the case ends
                upstream is slow            it does not answer in time, until the case ends

            0 passed, 1 failed
        "#]],
    );
    broken(
        "GET /v1\n> hello\n",
        expect![[r#"
        broken: page › case (page.md:12)
          page.md:16:3: `> hello` is no expectation; these are known:
            > 429                           the status
            > name: value                   a header field; `*` at the end stands for any rest
            > no name                       no such field
            > body is TEXT                  compared as JSON if both are
            > body contains TEXT
            > reason: PC0404                of the step that refused or answered
            > upstream: not called
            > upstream: saw METHOD PATH     or `saw name: value`, `saw no name`, `saw body TEXT`
            > record: STEP passed           or `STEP refused`, `STEP answered`, `no STEP`, `end refused`

        0 passed, 1 failed
    "#]],
    );
}

#[test]
fn a_directive_whose_step_does_not_exist_says_so() {
    broken(
        "as corp sub=alice\nGET /v1\n> 200\n",
        expect![[r#"
        broken: page › case (page.md:12)
          page.md:15:1: `corp` would have to be an authenticator: no authenticator step exists in this version

        0 passed, 1 failed
    "#]],
    );
    broken(
        "corp is down\nGET /v1\n> 200\n",
        expect![[r#"
        broken: page › case (page.md:12)
          page.md:15:1: `corp` would have to be an authenticator: no authenticator step exists in this version
          (`upstream is down` is about the services behind the gateway)

        0 passed, 1 failed
    "#]],
    );
    let text = ran(&page("GET /v1\n> record: rout passed\n")).text();
    assert!(text.contains("page.md:16:3: there is no step `rout`; these are: admit, "), "{text}");
    broken(
        "GET /v1\n> reason: PC9999\n",
        expect![[r#"
        broken: page › case (page.md:12)
          page.md:16:3: no reason has the code `PC9999` in this version

        0 passed, 1 failed
    "#]],
    );
}

#[test]
fn directives_are_read_strictly() {
    broken(
        "as address 1.2.3\nGET /v1\n> 200\n",
        expect![[r#"
        broken: page › case (page.md:12)
          page.md:15:1: `1.2.3` is no address: write `as address 203.0.113.9`

        0 passed, 1 failed
    "#]],
    );
    broken(
        "after 60\nGET /v1\n> 200\n",
        expect![[r#"
        broken: page › case (page.md:12)
          page.md:15:1: `60`: a duration is a whole number with a unit: `500ms`, `5s`, `2m`, `1h`, `1d`

        0 passed, 1 failed
    "#]],
    );
    broken(
        "upstream answers 99\nGET /v1\n> 200\n",
        expect![[r#"
        broken: page › case (page.md:12)
          page.md:15:1: `99` is no status of an answer: write 200 to 599

        0 passed, 1 failed
    "#]],
    );
    broken(
        "GET /v1\n> 200\n\nas address 1.2.3.4\n",
        expect![[r#"
        broken: page › case (page.md:12)
          page.md:18:1: no request follows this line in its block

        0 passed, 1 failed
    "#]],
    );
    broken(
        "body: none.json\nGET /v1\n> 200\n",
        expect![[r#"
        broken: page › case (page.md:12)
          page.md:15:1: `none.json` cannot be read: No such file or directory (os error 2)

        0 passed, 1 failed
    "#]],
    );
    broken(
        "body: a.json\nPOST /v1\n\n{}\n> 200\n",
        expect![[r#"
        broken: page › case (page.md:12)
          page.md:15:1: the request has a body of its own: keep one of the two

        0 passed, 1 failed
    "#]],
    );
}

#[test]
fn a_request_without_an_expectation_is_an_error() {
    broken(
        "GET /v1\n",
        expect![[r#"
        broken: page › case (page.md:12)
          page.md:15:1: a request without an expectation: write at least `> 200` below it

        0 passed, 1 failed
    "#]],
    );
    broken(
        "GET /v1\n\nGET /v1\n> 200\n",
        expect![[r#"
        broken: page › case (page.md:12)
          page.md:17:1: the request above has no expectation: write at least `> 200` below it
          (a body with such a line can be a file: `body: order.txt`)

        0 passed, 1 failed
    "#]],
    );
    broken(
        "> 200\n",
        expect![[r#"
        broken: page › case (page.md:12)
          page.md:15:1: an expectation without a request above it

        0 passed, 1 failed
    "#]],
    );
    broken(
        "GET /v1\nGET /v1\n> 200\n",
        expect![[r#"
        broken: page › case (page.md:12)
          page.md:16:1: neither `Name: value`, nor an empty line before a body, nor a `>` line

        0 passed, 1 failed
    "#]],
    );
}

#[test]
fn request_lines_are_read_strictly() {
    broken(
        "GET /v1 HTTP/1.1\n> 200\n",
        expect![[r#"
        broken: page › case (page.md:12)
          page.md:15:9: a request line has no `HTTP/1.1` here: write `GET /v1`

        0 passed, 1 failed
    "#]],
    );
    broken(
        "GET /v1 1000000 times\n> 200\n",
        expect![[r#"
        broken: page › case (page.md:12)
          page.md:15:9: `1000000 times`: write a number from 1 to 100000

        0 passed, 1 failed
    "#]],
    );
}

#[test]
fn blocks_stand_where_they_mean_something() {
    let text = "# a\n\n# b\n\n```errors\n```\n\n## c\n\n```yaml\napis: {}\n```\n```yaml x.yaml\n```\n```yaml x.yaml\n```\n\
        ```yaml\napis: {}\n```\n```http\nGET /\n> 404\n```\n```yaml\napis: {}\n```\n\n## d\n\n```http x\n```\n\n## e\n\n```http\nGET /\n> 404\n";
    expect![[r#"
        broken: a › a (page.md:1)
          page.md:3:1: a second `#` heading: `#` names the file, `##` starts a case
          page.md:5:1: an `errors` block stands behind the `yaml` block whose errors it shows

        broken: a › c (page.md:8)
          page.md:15:1: a second block of the name `x.yaml`
          page.md:17:1: a second config in one case: start another with `##`
          page.md:24:1: a config behind requests: it stands before them, or in another case

        broken: a › d (page.md:28)
          page.md:30:1: `http x`: too many words behind the fence

        broken: a › e (page.md:33)
          page.md:35:1: the `http` block is not closed before the end of the file

        0 passed, 4 failed
    "#]]
    .assert_eq(&ran(text).text());
}

#[test]
fn a_config_that_does_not_load_breaks_the_case() {
    let text = "# a\n\n```yaml\napis: { all: { routes: [{ path: /v1, methods: [GET] }] } }\n```\n\n## b\n\n```http\nGET /\n> 404\n```\n\n## c\n\n```http\nGET /\n> 404\n```\n";
    let report = ran(text);
    assert_eq!((report.passed(), report.failed()), (0, 2));
    expect![[r#"
        broken: a › b (page.md:7)
          page.md:3:1: the config does not load

          error[PC0207]: route `/v1` does not say who may call it
           --> gateway.yaml:1:33
            |
          1 | apis: { all: { routes: [{ path: /v1, methods: [GET] }] } }
            |                                 ^^^ no `access`
            |
            = hint: write `access: public` to say that this is meant; `portcullis explain PC0207` tells more

          gateway.yaml: 1 error

    "#]].assert_eq(report.text().split("broken: a › c").next().unwrap());
}

#[test]
fn without_a_config_a_case_is_broken() {
    expect![[r#"
        broken: page › before the first case (page.md:1)
          page.md:1:1: there is no config: write a `yaml` block, or put a `gateway.yaml` beside this file (No such file or directory (os error 2))

        0 passed, 1 failed
    "#]].assert_eq(&ran("```http\nGET /\n> 404\n```\n").text());
}

/// Whatever stands in a page, and wherever it is cut: an answer, never a panic.
#[test]
fn no_page_makes_it_panic() {
    let page = "# é\r\n```yaml\napis: {}\n```\n## b\n```http\nas address ::1\nPOST http://é:1/%zz?é 2 times\n\
        é: é\nHost:\n\né\n> é\n> 1\n> :\n> no \n> record: \n> upstream: saw \n```\n```errors\n\u{0}\n```\n~~~json x\n";
    let ends = page.char_indices().map(|(at, _)| at).chain([page.len()]);
    for end in ends {
        ran(&page[..end]).text();
        ran(&page[end..]).junit();
    }
    let words: Vec<&str> = page.split_inclusive(char::is_whitespace).collect();
    for (at, word) in words.iter().enumerate() {
        let mut others = words.clone();
        others.remove(at);
        ran(&others.concat()).text();
        others.insert(words.len() - 1 - at, word);
        ran(&others.concat()).text();
    }
}
