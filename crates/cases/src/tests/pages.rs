//! Pages that hold: what a case can say.

use super::{page, ran};
use crate::{FILE_BYTES_MAX, Options, Problem, files, run_paths};
use std::path::{Path, PathBuf};

fn holds(text: &str, cases: usize) {
    let report = ran(text);
    assert_eq!((report.passed(), report.failed()), (cases, 0), "{}", report.text());
}

#[test]
fn every_expectation_can_hold() {
    holds(
        &page(
            "POST /v1?a=1 3 times\nX-A: one\nx-a: two\n\n{\n  \"a\": 1\n}\n> 200\n> Content-Type: application/json\n\
             > content-type: application/*\n> no retry-after\n> body is { \"from\": \"upstream\" }\n> body contains stream\n\
             > reason: PC0606\n> upstream: saw POST /v1?a=1\n> upstream: saw X-A: two\n> upstream: saw content-length: 12\n\
             > upstream: saw no x-b\n> upstream: saw body {\"a\":1}\n> record: access passed\n> record: forward answered\n\
             > record: no mock\n> record: end answered\n\nGET /v2\n> 404\n> reason: PC0404\n> upstream: not called\n\
             > record: route refused\n> record: no access\n> record: end refused\n",
        ),
        1,
    );
}

#[test]
fn an_upstream_changes_until_the_case_ends() {
    let block = "GET /v1\n> 200\n\nupstream answers 503\nGET /v1 2 times\n> 503\n> reason: PC0606\n```\n\n```http\n\
        GET /v1\n> 503\n\nupstream answers 204\nGET /v1\n> 204\n> body is\n> no content-type\n\nupstream is down\nGET /v1\n> 502\n\
        > reason: PC0502\n\nupstream is slow\nafter 1h\nGET /v1\n> 504\n```\n\n## next\n\n```http\nGET /v1\n> 200\n";
    holds(&page(block), 2);
}

#[test]
fn the_host_is_that_of_the_api_of_the_line_or_of_the_field() {
    let config = "```yaml\napis:\n  open: { routes: [{ path: /v1, methods: [GET], access: public }] }\n  named:\n    \
        hosts: ['*.example.com', Api.Example.com]\n    routes: [{ path: /v1, methods: [GET], access: public }]\n```\n";
    let requests = "GET /v1\n> upstream: saw host: api.example.com\n\nGET http://b.example.com:8080/v1\n\
        > upstream: saw host: b.example.com:8080\n\nGET https://b.example.com/v1\n> upstream: saw x-forwarded-proto: https\n\n\
        GET /v1\nHost: other.example\n> upstream: saw host: other.example\n\nGET http://a.example/v1\nHost: b.example\n> reason: PC0402\n\n\
        GET /v1\nHost:\n> reason: PC0402\n";
    holds(&format!("# h\n{config}\n## h\n```http\n{requests}```\n"), 1);
    holds(&page("GET /v1\n> upstream: saw host: localhost\n"), 1);
}

#[test]
fn an_address_holds_for_one_request() {
    let block = "as address 2001:db8::7\nGET /v1\n> upstream: saw x-forwarded-for: 2001:db8::7\n\nGET /v1\n\
        > upstream: saw x-forwarded-for: 192.0.2.1\n";
    holds(&page(block), 1);
}

#[test]
fn a_body_comes_from_a_named_block() {
    let block = "body: ./a.json\nPOST /v1\n> upstream: saw body { \"a\": [1, 2] }\n```\n\n```json a.json\n{ \"a\": [ 1, 2 ] }\n";
    holds(&page(block), 1);
}

#[test]
fn a_config_inside_a_case_replaces_that_of_the_file() {
    let route = |path: &str| {
        format!(
            "```yaml\napis: {{ a: {{ routes: [{{ path: {path}, methods: [GET], access: public }}] }} }}\n```\n"
        )
    };
    let (outer, inner) = (route("/outer"), route("/inner"));
    let text = format!(
        "{outer}## one\n```http\nGET /outer\n> 200\n```\n## two\n{inner}```http\nGET /outer\n> 404\n\nGET /inner\n> 200\n```\n\
         ## three\n```http\nGET /inner\n> 404\n```\n## shown\n{inner}"
    );
    holds(&text, 4);
}

#[test]
fn requests_before_the_first_heading_are_a_case_of_the_file() {
    let text = page("GET /v1\n> 200\n").replace("## case\n", "");
    let report = ran(&text);
    assert_eq!(report.files[0].cases[0].name, "page");
    assert_eq!(report.passed(), 1, "{}", report.text());
}

#[test]
fn ids_and_times_are_the_same_in_each_run() {
    let failing = page("GET /v1\n> 404\n");
    assert_eq!(ran(&failing).text(), ran(&failing).text());
}

/// A folder that is there as long as the value.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str, files: &[(&str, &str)]) -> Self {
        let folder =
            std::env::temp_dir().join(format!("portcullis-cases-{}-{name}", std::process::id()));
        for (name, text) in files {
            let path = folder.join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        Self(folder)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

const WHOLE: &str = "listeners: { a: { address: '127.0.0.1:1' } }\nupstreams: { a: { targets: ['http://127.0.0.1:1'] } }\n\
    apis: { a: { upstream: a, openapi: doc/api.yaml, undeclared: { public: all } } }\n";
const DOCUMENT: &str = "openapi: 3.1.0\ninfo: { title: a, version: '1' }\npaths: { /a: { get: { responses: { '200': { description: a } } } } }\n";

#[test]
fn files_beside_the_page_are_used() {
    let folder = Folder::new(
        "beside",
        &[
            ("gateway.yaml", WHOLE),
            ("doc/api.yaml", DOCUMENT),
            ("a.json", "{\"a\":1}"),
            ("README.md", "```sh\n$ http\n```\n"),
            (".hidden/cases.md", "```http\n"),
            ("b/node_modules/cases.md", "```http\n"),
            ("cache/CACHEDIR.TAG", ""),
            ("cache/cases.md", "```http\n"),
            ("latin.md", "```text\n"),
            (
                "cases.md",
                "# a\n## b\n```http\nbody: a.json\nGET /a\n> 200\n> upstream: saw body {\"a\":1}\n```\n",
            ),
            ("b/c/other.md", "# c\n## d\n```yaml\napis: {}\n```\n```http\nGET /\n> 404\n```\n"),
        ],
    );
    let report = run_paths(std::slice::from_ref(&folder.0), &Options::default()).unwrap();
    let paths: Vec<&Path> =
        report.files.iter().map(|file| file.path.strip_prefix(&folder.0).unwrap()).collect();
    assert_eq!(paths, [Path::new("b/c/other.md"), Path::new("cases.md")]);
    assert_eq!((report.passed(), report.failed()), (2, 0), "{}", report.text());
}

#[test]
fn a_run_that_would_test_nothing_is_a_problem() {
    let folder = Folder::new("nothing", &[("README.md", "# a\n````md\n```http\n```\n````\n")]);
    for path in [folder.0.clone(), folder.0.join("README.md")] {
        let problem = run_paths(&[path], &Options::default()).unwrap_err();
        assert!(matches!(problem, Problem::NoCases(_)), "{problem}");
    }
    let problem = run_paths(&[folder.0.join("none.md")], &Options::default()).unwrap_err();
    assert!(matches!(problem, Problem::Unreadable(..)), "{problem}");
}

#[test]
fn an_update_rewrites_the_file_and_runs_it_again() {
    let text = page("GET /v1\n> 404\n");
    let folder = Folder::new("update", &[("cases.md", &text)]);
    let paths = [folder.0.clone()];
    assert_eq!(run_paths(&paths, &Options::default()).unwrap().failed(), 1);
    let report = run_paths(&paths, &Options { update: true }).unwrap();
    assert_eq!((report.passed(), report.failed()), (1, 0), "{}", report.text());
    let rewritten = files::read(&folder.0.join("cases.md"), FILE_BYTES_MAX).unwrap();
    assert_eq!(String::from_utf8(rewritten).unwrap(), text.replace("> 404", "> 200"));
}
