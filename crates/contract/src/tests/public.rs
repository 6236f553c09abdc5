//! Documents that other people wrote for other readers.

use super::read_file;
use crate::{Document, Security};
use expect_test::expect;
use std::fmt::Write;

#[test]
fn public_documents_load_or_say_why_not() {
    #[expect(clippy::disallowed_methods, reason = "test data lie outside the repository")]
    let Some(folder) = std::env::var_os("PORTCULLIS_TEST_DATA") else {
        println!(
            "skipped: set PORTCULLIS_TEST_DATA to a folder whose `openapi` folder holds the \
             examples of github.com/OAI/learn.openapis.org, Swagger's petstore, and Twilio's \
             documents of github.com/twilio/twilio-oai"
        );
        return;
    };
    let folder = std::path::Path::new(&folder).join("openapi");
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|kind| kind == "yaml" || kind == "json"))
        .collect();
    files.sort();
    let mut report = String::new();
    for path in files {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        #[expect(clippy::disallowed_methods, reason = "test data lie outside the repository")]
        let text = std::fs::read_to_string(&path).unwrap();
        match read_file(&name, &text) {
            (Some(document), _) => writeln!(report, "{name}: {}", summary(&document)).unwrap(),
            (None, problems) => report.push_str(&problems),
        }
    }
    expect![[r#"
        oai-v3.0-api-with-examples.json: 2 operations, 2 undeclared, 2 with an example at [""]
        oai-v3.0-api-with-examples.yaml: 2 operations, 2 undeclared, 2 with an example at [""]
        oai-v3.0-callback-example.json: 1 operations, 1 undeclared, 1 with an example at [""]
        oai-v3.0-callback-example.yaml: 1 operations, 1 undeclared, 1 with an example at [""]
        oai-v3.0-link-example.json: 6 operations, 6 undeclared, 1 with an example at [""]
        oai-v3.0-link-example.yaml: 6 operations, 6 undeclared, 1 with an example at [""]
        oai-v3.0-petstore-expanded.json: 4 operations, 4 undeclared, 1 with an example at ["/v2"]
        oai-v3.0-petstore-expanded.yaml: 4 operations, 4 undeclared, 1 with an example at ["/v2"]
        oai-v3.0-petstore.json: 3 operations, 3 undeclared, 1 with an example at ["/v1"]
        oai-v3.0-petstore.yaml: 3 operations, 3 undeclared, 1 with an example at ["/v1"]
        oai-v3.0-uspto.json: 3 operations, 3 undeclared, 1 with an example at ["/ds-api"]
        oai-v3.0-uspto.yaml: 3 operations, 3 undeclared, 1 with an example at ["/ds-api"]
        oai-v3.1-non-oauth-scopes.json: 1 operations at [""]
        oai-v3.1-non-oauth-scopes.yaml: 1 operations at [""]
        oai-v3.1-tictactoe.json: 3 operations, 3 with an example at [""]
        oai-v3.1-tictactoe.yaml: 3 operations, 3 with an example at [""]
        oai-v3.1-webhook-example.json: 0 operations at [""]
        oai-v3.1-webhook-example.yaml: 0 operations at [""]
        oai-v3.2-3.2-tags-example.json: 4 operations, 4 undeclared at [""]
        oai-v3.2-3.2-tags-example.yaml: 4 operations, 4 undeclared at [""]
        petstore3.yaml: 19 operations, 10 undeclared, 10 with an example at ["/api/v3"]
        twilio_api_v2010.json: 197 operations, 196 with an example at [""]
        twilio_messaging_v1.json: 58 operations, 57 with an example at [""]
        twilio_verify_v2.json: 57 operations, 57 with an example at [""]
    "#]]
    .assert_eq(&report);
}

fn summary(document: &Document) -> String {
    let undeclared = |it: &Security| matches!(it, Security::Undeclared);
    let count = |n: usize, what: &str| if n == 0 { String::new() } else { format!(", {n} {what}") };
    let operations = &document.operations;
    format!(
        "{} operations{}{}{} at {:?}",
        operations.len(),
        count(operations.iter().filter(|it| undeclared(&it.security)).count(), "undeclared"),
        count(operations.iter().filter(|it| it.example.is_some()).count(), "with an example"),
        count(document.unsupported.len(), "unsupported"),
        document.base_paths,
    )
}
