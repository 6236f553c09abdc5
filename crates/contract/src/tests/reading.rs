//! What a sound document says.

use super::{HEAD, operation, sound};
use crate::Security;
use expect_test::{Expect, expect};
use std::fmt::Write;

const SCHEMES: &str = "components: { securitySchemes: { key: { type: apiKey, in: header, name: k }, \
                       corp: { $ref: '#/components/securitySchemes/key' } } }\n";

/// Compares one line for each operation: method, path, name, and who may call.
fn check(text: &str, expected: Expect) {
    let document = sound(&format!("{HEAD}{SCHEMES}{text}"));
    let mut lines = format!("base paths: {:?}\n", document.base_paths);
    for it in &document.operations {
        let id = it.id.as_deref().unwrap_or("-");
        let deprecated = if it.deprecated { " (deprecated)" } else { "" };
        let who = who(&it.security);
        writeln!(lines, "{} {} {id}{deprecated}: {who}", it.method, it.path).unwrap();
    }
    for it in &document.unsupported {
        writeln!(lines, "closed: {} {}: {}", it.method, it.path, it.why).unwrap();
    }
    expected.assert_eq(&lines);
}

fn who(security: &Security) -> String {
    let Security::AnyOf { alternatives, .. } = security else { return "undeclared".into() };
    let all_of = |schemes: &[crate::Requirement]| {
        let names = schemes.iter().map(|it| format!("{}{:?}", it.scheme.value, it.scopes));
        format!("({})", names.collect::<Vec<_>>().join(" and "))
    };
    let any_of: Vec<_> = alternatives.iter().map(|it| all_of(&it.schemes)).collect();
    if any_of.is_empty() { "public".into() } else { any_of.join(" or ") }
}

#[test]
fn security_is_the_operations_own_else_the_documents() {
    check(
        "security: [{ key: [] }]
paths:
  /pets/{id}:
    summary: pets
    x-anything: [1]
    get: { operationId: getPet }
    put: { operationId: setPet, security: [{ key: [], corp: [a, 'b c'] }, { corp: [a] }] }
    delete: { security: [], deprecated: true }
    options: { security: [{}, { key: [] }] }
  x-more: { get: {} }
",
        expect![[r#"
            base paths: [""]
            GET /pets/{id} getPet: (key[])
            PUT /pets/{id} setPet: (key[] and corp["a", "b c"]) or (corp["a"])
            DELETE /pets/{id} - (deprecated): public
            OPTIONS /pets/{id} -: () or (key[])
        "#]],
    );
}

#[test]
fn without_any_security_it_is_undeclared_not_public() {
    check(
        "paths: { /: { get: {}, head: {} } }",
        expect![[r#"
            base paths: [""]
            GET / -: undeclared
            HEAD / -: undeclared
        "#]],
    );
}

#[test]
fn what_is_not_supported_is_listed_with_its_reason() {
    check(
        "paths:
  /{a}-{b}: { get: {} }
  /pets.{format}: { get: {} }
  /{a}.{b}: { get: {}, post: {} }
  /files/{path*}: { get: {} }
  /proxy/{all+}: { get: {} }
  /plain:
    trace: {}
    query: {}
    additionalOperations: { COPY: {}, x-no: 1 }
    get: {}
",
        expect![[r#"
            base paths: [""]
            GET /pets.{format} -: undeclared
            GET /plain -: undeclared
            closed: GET /{a}-{b}: `{a}-{b}` can be taken apart in several ways; a segment has one `{name}`
            closed: GET /{a}.{b}: `{a}.{b}` can be taken apart in several ways; a segment has one `{name}`
            closed: POST /{a}.{b}: `{a}.{b}` can be taken apart in several ways; a segment has one `{name}`
            closed: GET /files/{path*}: a parameter's name ends with `*`; OpenAPI has no wildcard
            closed: GET /proxy/{all+}: `all+` cannot name a parameter
            closed: TRACE /plain: TRACE would send a caller's credentials back to it
            closed: QUERY /plain: the method QUERY is not supported yet
            closed: COPY /plain: `additionalOperations` are not supported yet
        "#]],
    );
}

/// Another route must be kept from serving what the document closes, so that must be recognizable.
#[test]
fn what_is_not_supported_is_taken_apart() {
    let document = sound(&format!(
        "{HEAD}servers: [{{ url: /v1 }}]
paths:
  /caf%C3%A9/{{id}}/pets.{{format}}.{{a/b}}x: {{ get: {{}} }}
  /files/{{path*}}: {{ get: {{}} }}
  /é/{{all+}}{{?q}}: {{ get: {{}} }}
  /plain:
    trace: {{}}
    additionalOperations: {{ copy: {{}}, 'c d': {{}} }}
  /moved/: {{ servers: [{{ url: /v2 }}, {{ url: /v1 }}], get: {{}} }}
"
    ));
    let mut lines = String::new();
    for it in &document.unsupported {
        let method = it.http_method.as_ref().map_or("-", http::Method::as_str);
        writeln!(lines, "{} = {method} {:?} {:?}", it.method, it.bases, it.segments).unwrap();
    }
    expect![[r#"
        GET = GET ["/v1"] [Literal("café"), Any, Mixed([Text("pets."), Hole, Text("."), Hole, Text("x")])]
        GET = GET ["/v1"] [Literal("files"), Any]
        GET = GET ["/v1"] [Literal("é"), Mixed([Hole, Hole])]
        TRACE = TRACE ["/v1"] [Literal("plain")]
        COPY = COPY ["/v1"] [Literal("plain")]
        C D = - ["/v1"] [Literal("plain")]
        GET = GET ["/v1", "/v2"] [Literal("moved"), Literal("")]
    "#]].assert_eq(&lines);
}

#[test]
fn base_paths_come_from_servers_without_their_hosts() {
    check(
        "servers:
  - url: https://a.example/v1/
  - url: http://b.example:8080/v1
  - url: /v2
  - url: '{scheme}://c.example:{port}/{version}'
    variables: { scheme: { default: https }, port: { default: 8443 }, version: { default: v3 } }
  - url: //d.example
paths: { /pets: { get: {} } }
",
        expect![[r#"
            base paths: ["/v1", "/v2", "/v3", ""]
            GET /pets -: undeclared
        "#]],
    );
}

#[test]
fn servers_of_a_path_or_an_operation_must_lead_to_the_same_base_paths() {
    check(
        "servers: [{ url: https://a.example/v1 }]
paths:
  /same: { servers: [{ url: https://b.example/v1/ }], get: {} }
  /other: { servers: [{ url: https://b.example/v2 }], get: {} }
  /more: { servers: [{ url: /v1 }, { url: /v2 }], get: {} }
  /none: { servers: [], get: {} }
  /mixed:
    get: {}
    put: { servers: [{ url: / }] }
",
        expect![[r#"
            base paths: ["/v1"]
            GET /same -: undeclared
            GET /mixed -: undeclared
            closed: GET /other: its own `servers` lead to another base path than the document's
            closed: GET /more: its own `servers` lead to another base path than the document's
            closed: GET /none: its own `servers` lead to another base path than the document's
            closed: PUT /mixed: its own `servers` lead to another base path than the document's
        "#]],
    );
}

#[test]
fn a_path_item_may_stand_elsewhere_in_the_document() {
    check(
        "paths:
  /a: { $ref: '#/x-of-mine/item~1one', put: { operationId: own } }
  /b: { $ref: '#/paths/~1c' }
  /c: { get: {}, servers: [{ url: /elsewhere }] }
x-of-mine:
  item/one: { get: { operationId: theirs } }
",
        expect![[r#"
            base paths: [""]
            PUT /a own: undeclared
            GET /a theirs: undeclared
            closed: GET /b: its own `servers` lead to another base path than the document's
            closed: GET /c: its own `servers` lead to another base path than the document's
        "#]],
    );
}

#[test]
fn names_and_data_may_begin_as_our_extensions_do() {
    let text = "
paths:
  /a:
    get:
      operationId: a
      responses:
        200:
          headers: { x-portcullis-trace: { schema: { type: string } } }
          content:
            application/json:
              schema: { properties: { x-portcullis-a: { type: string } } }
              example: { x-portcullis-a: 1 }
";
    let document = sound(&format!("{HEAD}{text}"));
    let body = operation(&document, "a").example.as_ref().map(|it| it.body.clone());
    assert_eq!(body.as_deref(), Some(&br#"{"x-portcullis-a":1}"#[..]));
}

#[test]
fn places_are_those_of_the_method_and_the_path() {
    let text = format!("{HEAD}paths:\n  /pets:\n    get:\n      operationId: a\n");
    let document = sound(&text);
    let operation = operation(&document, "a");
    assert_eq!(&text[operation.span.range()], "get");
    assert_eq!(&text[operation.path_span.range()], "/pets");
}

#[test]
fn a_document_without_a_title_is_called_after_its_file() {
    assert_eq!(sound("openapi: 3.1.0\npaths: {}\n").title, "api.yaml");
    let document = sound(HEAD);
    assert_eq!((document.title.as_str(), document.version.as_str()), ("t", "3.1.0"));
}
