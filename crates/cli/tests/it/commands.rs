//! Commands that run to their end.

use crate::{Folder, PORTCULLIS, repository};
use portcullis_testkit::run;

#[test]
fn check_says_what_is_open_or_everything_that_is_wrong() {
    let folder = Folder::new();
    folder.write(
        "gateway.yaml",
        "listeners: { public: { address: 127.0.0.1:8080 } }\napis: { a: { upstream: b, routes: [ { path: /x, methods: [GET] } ] } }\n",
    );
    let output = run(PORTCULLIS, &folder.0, &["check", "gateway.yaml"]);
    assert_eq!(output.code, 1);
    assert!(output.err.contains("error[PC0207]: route `/x` does not say who may call it"));
    assert!(output.err.ends_with("gateway.yaml: 2 errors\n"), "{}", output.err);

    let output = run(PORTCULLIS, &folder.0, &["check", "gateway.yaml", "--format", "json"]);
    assert_eq!(output.code, 1);
    let report: serde_json::Value = serde_json::from_str(&output.out).unwrap();
    assert_eq!(report["problems"][1]["code"], "PC0207");
    assert_eq!(report["problems"][1]["place"]["line"], 2);

    let output = run(PORTCULLIS, &repository(), &["check", "examples/gateway/gateway.yaml"]);
    assert_eq!(output.code, 0, "{}", output.err);
    assert!(output.out.contains("open without a credential") && output.out.contains("is sound"));
    assert_eq!(run(PORTCULLIS, &folder.0, &["check", "nowhere.yaml"]).code, 2);
    assert_eq!(run(PORTCULLIS, &folder.0, &["check", "/dev/null"]).code, 2);
    assert_eq!(run(PORTCULLIS, &folder.0, &["check"]).code, 2);
}

#[test]
fn a_document_of_the_command_line_that_is_not_there_could_not_be_tried() {
    let folder = Folder::new();
    let output = run(PORTCULLIS, &folder.0, &["check", "--openapi", "nope.yaml", "--mock"]);
    assert_eq!(output.code, 2);
    assert!(output.err.contains("`nope.yaml` cannot be read"), "{}", output.err);
    assert_eq!(run(PORTCULLIS, &folder.0, &["run", "--openapi", "nope.yaml", "--mock"]).code, 2);
    folder.write("wrong.yaml", "openapi: [\n");
    let words = ["check", "--openapi", "wrong.yaml", "--mock"];
    assert_eq!(run(PORTCULLIS, &folder.0, &words).code, 1, "read, and not sound");
    folder.write(
        "gateway.yaml",
        "listeners: { public: { address: 127.0.0.1:0 } }\napis: { all: { openapi: nope.yaml, mock: true } }\n",
    );
    assert_eq!(run(PORTCULLIS, &folder.0, &["check", "gateway.yaml"]).code, 1);
}

#[test]
fn control_characters_of_a_document_do_not_reach_the_terminal() {
    let folder = Folder::new();
    folder.write(
        "api.yaml",
        "openapi: 3.1.0\ninfo: { title: T, version: '1' }\npaths:\n  /x:\n    get:\n      operationId: \"a\\e[2J\\x9b\\nb\"\n      security: []\n      responses: { '200': { description: x } }\n",
    );
    let words = ["check", "--openapi", "api.yaml", "--mock"];
    for more in [&[][..], &["--format", "json"]] {
        let output = run(PORTCULLIS, &folder.0, &[&words[..], more].concat());
        let shown = output.out.replace('\n', "") + &output.err.replace('\n', "");
        assert!(!shown.contains(char::is_control), "{shown:?}");
        assert!(shown.contains("[2J"), "it is shown, escaped: {shown}");
    }
}

#[test]
fn a_request_written_by_hand_is_explained() {
    let config = ["--config", "examples/gateway/gateway.yaml", "-H", "host: api.example.com"];
    let words = |what: &'static str, more: &[&'static str]| {
        [&["explain", what], &config[..], more].concat()
    };
    let output =
        run(PORTCULLIS, &repository(), &words("GET /v1/orders/1", &["--from", "192.0.2.9"]));
    assert_eq!(output.code, 0, "{}", output.err);
    assert!(
        output.out.contains("allowed: would be forwarded to the upstream orders"),
        "{}",
        output.out
    );

    let output =
        run(PORTCULLIS, &repository(), &words("GET /v1/orders/1", &["--from", "10.0.0.1"]));
    assert_eq!(output.code, 1);
    assert!(output.out.contains("✗ route addresses        PC1102"), "{}", output.out);
    assert!(
        output.out.contains("examples/gateway/gateway.yaml:26:40: showOrder"),
        "{}",
        output.out
    );

    let output = run(
        PORTCULLIS,
        &repository(),
        &words("GET /v1/orders", &["--json", "--from", "203.0.113.1"]),
    );
    let record: serde_json::Value = serde_json::from_str(&output.out).unwrap();
    assert_eq!(record["refusal"]["code"], "PC1101");
    assert_eq!(record["steps"][2]["line"], "addresses: { deny: [203.0.113.0/24] }");
}

#[test]
fn a_reason_is_explained() {
    let output = run(PORTCULLIS, &repository(), &["explain", "PC0207"]);
    assert_eq!(output.code, 0);
    assert!(output.out.starts_with("PC0207: a route does not say who may call it"));
    assert_eq!(run(PORTCULLIS, &repository(), &["explain", "PC9999"]).code, 2);
}

#[test]
fn the_order_and_the_schema_are_printed() {
    let order = run(PORTCULLIS, &repository(), &["order"]).out;
    assert!(order.find("  route ").unwrap() < order.find("  access ").unwrap());
    assert!(order.contains("  (who) "), "{order}");
    let schema = run(PORTCULLIS, &repository(), &["schema"]).out;
    let schema: serde_json::Value = serde_json::from_str(&schema).unwrap();
    assert_eq!(schema["$defs"]["Route"]["additionalProperties"], false);
    assert!(schema["$defs"]["Api"]["properties"]["addresses"].is_object());
}

#[test]
fn test_runs_cases_and_says_which_failed() {
    let folder = Folder::new();
    folder.write("good.md", "# a\n\n```yaml\napis: { a: { routes: [ { path: /x, methods: [GET], access: public } ] } }\n```\n\n## b\n\n```http\nGET /x\n> 200\n```\n");
    let output = run(PORTCULLIS, &folder.0, &["test", ".", "--junit", "report.xml"]);
    assert_eq!(
        (output.code, output.out.trim_end().ends_with("1 passed, 0 failed")),
        (0, true),
        "{}",
        output.err
    );
    let report = std::fs::read_to_string(folder.0.join("report.xml")).unwrap();
    assert!(report.contains("<testsuite") && report.contains("tests=\"1\""), "{report}");

    folder.write("bad.md", "# a\n\n```yaml\napis: { a: { routes: [ { path: /x, methods: [GET], access: public } ] } }\n```\n\n## b\n\n```http\nGET /y\n> 200\n```\n");
    let output = run(PORTCULLIS, &folder.0, &["test", "."]);
    assert_eq!(output.code, 1);
    assert!(output.err.contains("bad.md:11") && output.err.contains("PC0404"), "{}", output.err);
    assert_eq!(run(PORTCULLIS, &folder.0, &["test", "nowhere"]).code, 2);
}

#[test]
fn an_address_in_use_is_said() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let folder = Folder::new();
    folder.write(
        "gateway.yaml",
        &format!("listeners: {{ public: {{ address: {} }} }}\nupstreams: {{ o: {{ targets: [http://127.0.0.1:1] }} }}\napis: {{ a: {{ upstream: o, routes: [ {{ path: /x, methods: [GET], access: public }} ] }} }}\n", taken.local_addr().unwrap()),
    );
    let output = run(PORTCULLIS, &folder.0, &["run", "gateway.yaml"]);
    assert_eq!(output.code, 2, "{}", output.err);
    assert!(output.err.contains("listener `public` cannot listen on 127.0.0.1:"), "{}", output.err);
}
