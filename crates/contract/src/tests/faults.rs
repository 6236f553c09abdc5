//! What is wrong with a document, all of it at once, each at its place.

use super::{HEAD, read};
use expect_test::{Expect, expect};

/// Compares the problems of a document that is written out whole.
fn check_whole(text: &str, expected: Expect) {
    let (document, problems) = read(text);
    expected.assert_eq(&problems);
    assert!(document.is_none());
}

fn check(text: &str, expected: Expect) {
    check_whole(&format!("{HEAD}{text}"), expected);
}

#[test]
fn only_known_versions_are_read() {
    check_whole(
        "swagger: '2.0'\npaths: 1\n",
        expect![[r#"
            api.yaml:1:1 PC0301: this is a document of Swagger 2.0, which is not read
                ^ OpenAPI 3.0, 3.1 or 3.2 expected
                hint: convert it, for example with `swagger2openapi` or editor.swagger.io
        "#]],
    );
    check_whole(
        "paths: {}\n",
        expect![[r#"
            api.yaml:1:1 PC0301: there is no `openapi`
                ^ not an OpenAPI document
                hint: write `openapi: 3.1.0` on top, or name another file
        "#]],
    );
    check_whole(
        "openapi: 3.1\npaths: {}\n",
        expect![[r#"
            api.yaml:1:10 PC0301: this version of OpenAPI is not read
                ^ 3.0.x, 3.1.x or 3.2.x expected
                hint: write all three numbers, such as `openapi: 3.1.0`
        "#]],
    );
    check_whole(
        "openapi: 4.0.0\npaths: {}\n",
        expect![[r#"
            api.yaml:1:10 PC0301: this version of OpenAPI is not read
                ^ 3.0.x, 3.1.x or 3.2.x expected
                hint: write all three numbers, such as `openapi: 3.1.0`
        "#]],
    );
    check_whole(
        "- openapi\n",
        expect![[r#"
            api.yaml:1:1 PC0302: an OpenAPI document takes a map, not a list
                ^ expected a map
        "#]],
    );
    check_whole(
        "",
        expect![[r#"
            api.yaml:1:1 PC0302: an OpenAPI document takes a map, not nothing
                ^ expected a map
        "#]],
    );
}

#[test]
fn what_is_not_yaml_is_said_by_the_reader_of_yaml() {
    check_whole(
        "openapi: [\n",
        expect![[r#"
            api.yaml:2:1 PC0101: while parsing a node, did not find expected node content
                ^ 
                hint: look at the indentation, at brackets that are not closed, and at values that need quotes
        "#]],
    );
    check(
        "paths: {}\npaths: {}\n",
        expect![[r#"
            api.yaml:4:1 PC0103: `paths` stands twice in one map
                ^ again here
                api.yaml:3:1 first here
        "#]],
    );
}

#[test]
fn paths_must_be_there_in_3_0_and_be_a_map() {
    check_whole(
        "openapi: 3.0.3\ninfo: {}\n",
        expect![[r#"
            api.yaml:1:1 PC0302: the document has no `paths`
                ^ no `paths`
                hint: add `paths: {}`, with the operations in it
        "#]],
    );
    check(
        "paths:\n",
        expect![[r#"
            api.yaml:3:6 PC0302: `paths` takes a map, not nothing
                ^ expected a map
        "#]],
    );
    check(
        "paths: [/a]\n",
        expect![[r#"
            api.yaml:3:8 PC0302: `paths` takes a map, not a list
                ^ expected a map
        "#]],
    );
}

#[test]
fn a_path_must_be_one_that_a_request_can_have() {
    check(
        "paths:
  pets: {}
  /a//b: {}
  /a?b=c: { get: { operationId: [] } }
  /{a}/{a}: {}
  /a/../b: {}
",
        expect![[r#"
            api.yaml:4:3 PC0303: `pets` is no path that a request can have
                ^ a path begins with `/`
                hint: write `/pets`
            api.yaml:5:3 PC0303: `/a//b` is no path that a request can have
                ^ no request could match this path: an empty segment
                hint: write the path in its normal form; a query belongs under `parameters`
            api.yaml:6:3 PC0303: `/a?b=c` is no path that a request can have
                ^ no request could match this path: the path holds a byte that must be percent-encoded
                hint: write the path in its normal form; a query belongs under `parameters`
            api.yaml:6:33 PC0302: `operationId` takes text, not a list
                ^ expected text
            api.yaml:7:3 PC0303: `/{a}/{a}` is no path that a request can have
                ^ the parameter `a` stands twice
                hint: give each parameter a name of its own
            api.yaml:8:3 PC0303: `/a/../b` is no path that a request can have
                ^ no request could match this path: a dot segment
                hint: write the path in its normal form; a query belongs under `parameters`
        "#]],
    );
}

#[test]
fn a_path_and_an_operation_are_maps() {
    check(
        "paths:
  /a: [get]
  /b:
    get: yes
    put:
",
        expect![[r#"
            api.yaml:4:7 PC0302: the path `/a` takes a map, not a list
                ^ expected a map
            api.yaml:6:10 PC0302: GET of `/b` takes a map, not text
                ^ expected a map
            api.yaml:7:8 PC0302: PUT of `/b` takes a map, not nothing
                ^ expected a map
        "#]],
    );
}

#[test]
fn security_is_a_list_of_maps_of_lists_of_text() {
    check(
        "components: { securitySchemes: { key: { type: apiKey }, basic: 1 } }
security: { key: [] }
paths:
  /a:
    get: { security: [key] }
    put: { security: [{ key: }] }
    post: { security: [{ key: [read, 1, [x]] }] }
    delete: { security: }
",
        expect![[r#"
            api.yaml:3:64 PC0302: the security scheme `basic` takes a map, not a number
                ^ expected a map
            api.yaml:4:11 PC0302: `security` takes a list, not a map
                ^ expected a list
            api.yaml:7:23 PC0302: an entry of `security` takes a map, not text
                ^ expected a map
            api.yaml:8:28 PC0302: `key` takes a list, not nothing
                ^ expected a list
            api.yaml:9:38 PC0302: a scope takes text, not a number
                ^ expected text
            api.yaml:9:41 PC0302: a scope takes text, not a list
                ^ expected text
            api.yaml:10:23 PC0302: `security` takes a list, not nothing
                ^ expected a list
        "#]],
    );
}

#[test]
fn a_scheme_must_be_defined() {
    check(
        "components: { securitySchemes: { api_key: { type: apiKey }, corp: { type: http } } }
security: [{ apikey: [] }]
paths: { /a: { get: { security: [{ corp: [], saml: [] }] } } }
",
        expect![[r#"
            api.yaml:4:14 PC0304: `apikey` is not a security scheme of this document
                ^ did you mean `api_key`?
                = schemes: api_key, corp
                hint: write `api_key`, or define `apikey`
            api.yaml:5:46 PC0304: `saml` is not a security scheme of this document
                ^ not under `components.securitySchemes`
                = schemes: api_key, corp
                hint: define `saml` under `components.securitySchemes`
        "#]],
    );
    check(
        "security: [{ key: [] }]\n",
        expect![[r#"
            api.yaml:3:14 PC0304: `key` is not a security scheme of this document
                ^ not under `components.securitySchemes`
                = this document defines no security schemes
                hint: define `key` under `components.securitySchemes`
        "#]],
    );
    check(
        "components: { securitySchemes: { key: { $ref: 'schemes.yaml#/key' } } }\n",
        expect![[r#"
            api.yaml:3:34 PC0308: the security scheme `key` is not in this document
                ^ references to other files are not read yet
                hint: write the scheme out here
        "#]],
    );
}

#[test]
fn an_operation_id_is_text_and_stands_once() {
    check(
        "paths:
  /a: { get: { operationId: pets }, put: { operationId: 7 } }
  /b: { trace: { operationId: pets } }
  /c: { $ref: '#/paths/~1a' }
",
        expect![[r#"
            api.yaml:4:57 PC0302: `operationId` takes text, not a number
                ^ expected text
            api.yaml:5:31 PC0305: `pets` names two operations
                ^ again here
                api.yaml:4:29 first here
                hint: give each operation an `operationId` of its own
            api.yaml:6:3 PC0305: `pets` names two operations
                ^ again here
                api.yaml:4:29 first here
                hint: give each operation an `operationId` of its own
        "#]],
    );
}

#[test]
fn responses_are_kept_by_status() {
    check(
        "paths:
  /a:
    get: { responses: { 200: {}, 4XX: {}, default: {}, x-y: 1, 2xx: {}, OK: {}, 2000: {}, 600: {} } }
    put: { responses: [] }
",
        expect![[r#"
            api.yaml:5:64 PC0306: `2xx` is not a status
                ^ expected a status, a range or `default`
                hint: write `2XX`
            api.yaml:5:73 PC0306: `OK` is not a status
                ^ expected a status, a range or `default`
                hint: write a status such as `200`, a range such as `2XX`, or `default`
            api.yaml:5:81 PC0306: `2000` is not a status
                ^ expected a status, a range or `default`
                hint: write a status such as `200`, a range such as `2XX`, or `default`
            api.yaml:5:91 PC0306: `600` is not a status
                ^ expected a status, a range or `default`
                hint: write a status such as `200`, a range such as `2XX`, or `default`
            api.yaml:6:23 PC0302: `responses` takes a map, not a list
                ^ expected a map
        "#]],
    );
}

#[test]
fn a_server_must_lead_to_a_base_path() {
    check(
        "servers:
  - url: https://user:password@host/{version}
  - url: host.example/v1
  - url: /v1?key=secret
  - url: /a//
  - url: /a/../b
  - url: '/{open'
  - description: none
  - /v1
paths: { /a: { get: { servers: { url: / } } } }
",
        expect![[r#"
            api.yaml:4:10 PC0307: this URL leads to no base path
                ^ the variable `version` has no `default`
                hint: add `variables: { version: { default: … } }` to the server
            api.yaml:5:10 PC0307: this URL leads to no base path
                ^ it does not say where the path begins
                hint: write `https://host/base` or `/base`; only the path is used
            api.yaml:6:10 PC0307: this URL leads to no base path
                ^ a server has no query and no fragment
                hint: write `https://host/base` or `/base`; only the path is used
            api.yaml:7:10 PC0307: this URL leads to no base path
                ^ the path holds an empty segment
                hint: write `https://host/base` or `/base`; only the path is used
            api.yaml:8:10 PC0307: this URL leads to no base path
                ^ no request could match this path: a dot segment
                hint: write `https://host/base` or `/base`; only the path is used
            api.yaml:9:10 PC0307: this URL leads to no base path
                ^ a `{` without `}`
                hint: write `https://host/base` or `/base`; only the path is used
            api.yaml:10:5 PC0307: a server has no `url`
                ^ no `url`
                hint: add `url: /base`, or remove the server
            api.yaml:11:5 PC0302: a server takes a map, not text
                ^ expected a map
            api.yaml:12:32 PC0302: `servers` takes a list, not a map
                ^ expected a list
        "#]],
    );
}

#[test]
fn a_path_elsewhere_must_be_in_this_document() {
    check(
        "paths:
  /a: { $ref: 'other.yaml#/a' }
  /b: { $ref: '#/components/pathItems/b' }
  /c: { $ref: '#/paths/~1c' }
  /d: { $ref: '#/paths/~1e', get: {} }
  /e: { get: {} }
  /f: { get: { $ref: 'get.yaml' } }
",
        expect![[r#"
            api.yaml:4:15 PC0308: what the path `/a` refers to cannot be read
                ^ references to other files are not read yet
                hint: write it out here, or put the path under `components.pathItems` of this document and refer to `#/components/pathItems/…`
            api.yaml:5:15 PC0308: what the path `/b` refers to cannot be read
                ^ nothing stands there
                hint: write it out here, or put the path under `components.pathItems` of this document and refer to `#/components/pathItems/…`
            api.yaml:6:7 PC0308: what the path `/c` refers to cannot be read
                ^ it leads back to itself
                hint: write it out here, or put the path under `components.pathItems` of this document and refer to `#/components/pathItems/…`
            api.yaml:8:9 PC0310: `get` of this path is described twice
                ^ again behind the `$ref`
                api.yaml:7:30 first here
                hint: keep one of the two
            api.yaml:9:22 PC0308: what GET of `/f` refers to cannot be read
                ^ OpenAPI has no references in the place of an operation
                hint: write it out here, or put the path under `components.pathItems` of this document and refer to `#/components/pathItems/…`
        "#]],
    );
}

#[test]
fn our_extensions_are_not_ignored() {
    check(
        "x-portcullis-limits: {}
x-other: { x-portcullis-a: 1 }
paths:
  X-Portcullis-b: 1
  /a:
    x-portcullis-c: 1
    get:
      parameters: [{ name: a, in: query, x-portcullis-d: 1 }]
      responses: { default: { x-portcullis-f: 1 }, x-portcullis-g: 1 }
components: { schemas: { Pet: { properties: { id: { x-portcullis-e: 1 } } } } }
",
        expect![[r#"
            api.yaml:3:1 PC0309: `x-portcullis-limits` is not known
                ^ this version knows no such field
                = an `x-portcullis-…` in a document can only tighten; this version knows none
                hint: remove the field, and say the same in the gateway's config under `operations`
            api.yaml:4:12 PC0309: `x-portcullis-a` is not known
                ^ this version knows no such field
                = an `x-portcullis-…` in a document can only tighten; this version knows none
                hint: remove the field, and say the same in the gateway's config under `operations`
            api.yaml:6:3 PC0309: `X-Portcullis-b` is not known
                ^ this version knows no such field
                = an `x-portcullis-…` in a document can only tighten; this version knows none
                hint: remove the field, and say the same in the gateway's config under `operations`
            api.yaml:8:5 PC0309: `x-portcullis-c` is not known
                ^ this version knows no such field
                = an `x-portcullis-…` in a document can only tighten; this version knows none
                hint: remove the field, and say the same in the gateway's config under `operations`
            api.yaml:10:42 PC0309: `x-portcullis-d` is not known
                ^ this version knows no such field
                = an `x-portcullis-…` in a document can only tighten; this version knows none
                hint: remove the field, and say the same in the gateway's config under `operations`
            api.yaml:11:31 PC0309: `x-portcullis-f` is not known
                ^ this version knows no such field
                = an `x-portcullis-…` in a document can only tighten; this version knows none
                hint: remove the field, and say the same in the gateway's config under `operations`
            api.yaml:11:52 PC0309: `x-portcullis-g` is not known
                ^ this version knows no such field
                = an `x-portcullis-…` in a document can only tighten; this version knows none
                hint: remove the field, and say the same in the gateway's config under `operations`
            api.yaml:12:53 PC0309: `x-portcullis-e` is not known
                ^ this version knows no such field
                = an `x-portcullis-…` in a document can only tighten; this version knows none
                hint: remove the field, and say the same in the gateway's config under `operations`
        "#]],
    );
}

/// What is misspelt, or stands where it means nothing, would protect nothing.
#[test]
fn fields_that_openapi_does_not_have_are_not_ignored() {
    check(
        "components: { securitySchemes: { key: { type: apiKey } } }
Security: [{ key: [] }]
server: []
x-any: 1
paths:
  /a:
    security: [{ key: [] }]
    GET: {}
    x-any: 1
    get: { securty: [{ key: [] }], securities: [], param: [], response: {}, cost: 1, x-any: 1 }
",
        expect![[r#"
            api.yaml:4:1 PC0311: `Security` is not a field of the document
                ^ did you mean `security`?
                = fields: openapi, $self, info, jsonSchemaDialect, servers, paths, webhooks, components, security, tags, externalDocs
                hint: write `security`
            api.yaml:5:1 PC0311: `server` is not a field of the document
                ^ did you mean `servers`?
                = fields: openapi, $self, info, jsonSchemaDialect, servers, paths, webhooks, components, security, tags, externalDocs
                hint: write `servers`
            api.yaml:9:5 PC0311: `security` is not a field of a path
                ^ it would protect nothing here
                = fields: $ref, summary, description, get, put, post, delete, options, head, patch, trace, connect, query, additionalOperations, servers, parameters
                hint: `security` stands at an operation or at the document
            api.yaml:10:5 PC0311: `GET` is not a field of a path
                ^ did you mean `get`?
                = fields: $ref, summary, description, get, put, post, delete, options, head, patch, trace, connect, query, additionalOperations, servers, parameters
                hint: write `get`
            api.yaml:12:12 PC0311: `securty` is not a field of an operation
                ^ did you mean `security`?
                = fields: tags, summary, description, externalDocs, operationId, parameters, requestBody, responses, callbacks, deprecated, security, servers
                hint: write `security`
            api.yaml:12:36 PC0311: `securities` is not a field of an operation
                ^ did you mean `security`?
                = fields: tags, summary, description, externalDocs, operationId, parameters, requestBody, responses, callbacks, deprecated, security, servers
                hint: write `security`
            api.yaml:12:52 PC0311: `param` is not a field of an operation
                ^ OpenAPI has no such field here
                = fields: tags, summary, description, externalDocs, operationId, parameters, requestBody, responses, callbacks, deprecated, security, servers
                hint: remove the field, or begin its name with `x-`
            api.yaml:12:63 PC0311: `response` is not a field of an operation
                ^ did you mean `responses`?
                = fields: tags, summary, description, externalDocs, operationId, parameters, requestBody, responses, callbacks, deprecated, security, servers
                hint: write `responses`
            api.yaml:12:77 PC0311: `cost` is not a field of an operation
                ^ OpenAPI has no such field here
                = fields: tags, summary, description, externalDocs, operationId, parameters, requestBody, responses, callbacks, deprecated, security, servers
                hint: remove the field, or begin its name with `x-`
        "#]],
    );
}

/// A terminal obeys control characters, so a document must not bring any there, not even in a fault.
#[test]
fn names_hold_no_control_characters() {
    check_whole(
        r#"openapi: 3.1.0
info: { title: "t\e[2J" }
servers: [{ url: "/v\x85" }]
components: { securitySchemes: { "key\x7f": { type: apiKey } } }
"sec\r\nurity": []
paths:
  "/a\u009b": {}
  /b:
    get:
      operationId: "b\a"
      security: [{ "key\x7f": ["read\b"] }, { "\e]0;": [] }]
      responses:
        200: { content: { "a/b\r\nx: y": { example: "a\e is data" } } }
    additionalOperations: { "COPY\0": {} }
"#,
        expect![[r#"
            api.yaml:2:16 PC0312: the title holds a control character
                ^ it reads `t\u{1b}[2J`
                hint: write it without control characters
            api.yaml:3:18 PC0307: this URL leads to no base path
                ^ a control character
                hint: write `https://host/base` or `/base`; only the path is used
            api.yaml:4:34 PC0312: a security scheme holds a control character
                ^ it reads `key\u{7f}`
                hint: write it without control characters
            api.yaml:5:1 PC0311: `sec\r\nurity` is not a field of the document
                ^ did you mean `security`?
                = fields: openapi, $self, info, jsonSchemaDialect, servers, paths, webhooks, components, security, tags, externalDocs
                hint: write `security`
            api.yaml:7:3 PC0312: a path holds a control character
                ^ it reads `/a\u{9b}`
                hint: write it without control characters
            api.yaml:10:20 PC0312: an `operationId` holds a control character
                ^ it reads `b\u{7}`
                hint: write it without control characters
            api.yaml:11:32 PC0312: a scope holds a control character
                ^ it reads `read\u{8}`
                hint: write it without control characters
            api.yaml:11:47 PC0304: `\u{1b}]0;` is not a security scheme of this document
                ^ not under `components.securitySchemes`
                = schemes: key\u{7f}
                hint: define `\u{1b}]0;` under `components.securitySchemes`
            api.yaml:13:27 PC0312: a media type holds a control character
                ^ it reads `a/b\r\nx: y`
                hint: write it without control characters
            api.yaml:14:29 PC0312: a method holds a control character
                ^ it reads `COPY\u{0}`
                hint: write it without control characters
        "#]],
    );
}

/// Only what can be taken apart can be kept closed.
#[test]
fn a_path_that_cannot_be_taken_apart_is_a_fault() {
    check(
        "paths:
  /{a: {}
  /a}: {}
  /{a{b}}: {}
  /{a}-{b}?c={d}: {}
  /{a}-{b}//c: {}
",
        expect![[r#"
            api.yaml:4:3 PC0303: `/{a` is no path that a request can have
                ^ a `{` without `}`
                hint: write each parameter as `{name}`, and the rest in its normal form
            api.yaml:5:3 PC0303: `/a}` is no path that a request can have
                ^ a `}` without `{`
                hint: write each parameter as `{name}`, and the rest in its normal form
            api.yaml:6:3 PC0303: `/{a{b}}` is no path that a request can have
                ^ a `{` inside a `{`
                hint: write each parameter as `{name}`, and the rest in its normal form
            api.yaml:7:3 PC0303: `/{a}-{b}?c={d}` is no path that a request can have
                ^ no request could match this path: the path holds a byte that must be percent-encoded
                hint: write each parameter as `{name}`, and the rest in its normal form
            api.yaml:8:3 PC0303: `/{a}-{b}//c` is no path that a request can have
                ^ no request could match this path: an empty segment
                hint: write each parameter as `{name}`, and the rest in its normal form
        "#]],
    );
}

/// A full list of problems takes no more; a faulty document must not slip through behind it.
#[test]
fn a_fault_behind_a_full_list_still_refuses() {
    use portcullis_core::{
        diagnostic::{DIAGNOSTICS_MAX, Diagnostic, Diagnostics},
        source::Sources,
    };
    let mut problems = Diagnostics::default();
    for _ in 0..DIAGNOSTICS_MAX {
        problems.push(Diagnostic::without_place(&crate::reasons::VERSION, "before"));
    }
    let mut sources = Sources::default();
    let file = sources.add("api.yaml", "openapi: 1\n");
    assert!(crate::load(&sources, file, &mut problems).is_none());
}
