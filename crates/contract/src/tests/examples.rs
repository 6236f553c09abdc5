//! What a mock answers.

use super::{HEAD, operation, sound};
use expect_test::{Expect, expect};

/// Compares the answer of an operation with these `responses`, in a document with these `schemas`.
fn check_with(schemas: &str, responses: &str, expected: Expect) {
    let indented = |text: &str, by: &str| text.trim_end().replace('\n', &format!("\n{by}"));
    let document = sound(&format!(
        "{HEAD}paths:\n  /a:\n    get:\n      operationId: a\n      responses:\n        {}\n\
         components:\n  schemas:\n    {}\n",
        indented(responses, "        "),
        indented(schemas, "    "),
    ));
    let shown = match &operation(&document, "a").example {
        None => String::from("none"),
        Some(it) => {
            let body = String::from_utf8_lossy(&it.body);
            format!("{} {} {body}", it.status, it.content_type.as_deref().unwrap_or("-"))
        }
    };
    expected.assert_eq(&shown);
}

fn check(responses: &str, expected: Expect) {
    check_with("None: {}", responses, expected);
}

/// Compares the answer that is composed of a schema, `#/components/schemas/It`.
fn check_schema(schemas: &str, expected: Expect) {
    let responses = "200: { content: { application/json: \
                     { schema: { $ref: '#/components/schemas/It' } } } }";
    check_with(schemas, responses, expected);
}

#[test]
fn the_lowest_success_is_answered() {
    let content = "content: { text/plain: { example: it } }";
    check(
        &format!("404: {{}}\n202: {{ {content} }}\n201: {{ {content} }}"),
        expect!["201 Created text/plain it"],
    );
    check(&format!("default: {{}}\n2XX: {{ {content} }}"), expect!["200 OK text/plain it"]);
    check(&format!("404: {{}}\ndefault: {{ {content} }}"), expect!["200 OK text/plain it"]);
    check("404: {}\n302: {}", expect!["none"]);
    check("{}", expect!["none"]);
}

#[test]
fn without_content_the_body_is_empty() {
    check("200: { description: ok }", expect!["200 OK - "]);
    check("204: { content: { text/plain: { example: it } } }", expect!["204 No Content - "]);
}

#[test]
fn json_comes_first_then_what_can_be_written() {
    check(
        "200:
  content:
    text/plain: { example: text }
    application/problem+json; charset=utf-8: { example: { z: 1, a: [null, true, 1.5, NO] } }
",
        expect![[
            r#"200 OK application/problem+json; charset=utf-8 {"z":1,"a":[null,true,1.5,"NO"]}"#
        ]],
    );
    check(
        "200: { content: { application/xml: { example: { a: 1 } }, text/csv: { example: 'a,b' } } }",
        expect!["200 OK text/csv a,b"],
    );
    check("200: { content: { '*/*': { example: [1] } } }", expect!["200 OK application/json [1]"]);
    check("200: { content: { 'image/*': { example: x } } }", expect!["none"]);
    check(
        "200: { content: { text/plain: { schema: { default: 7 } } } }",
        expect!["200 OK text/plain 7"],
    );
}

#[test]
fn the_first_of_several_examples_that_stands_here_is_taken() {
    check_with(
        "Shown: { value: { name: Rex } }",
        "200:
  content:
    application/json:
      examples:
        far: { externalValue: https://a.example/rex }
        near: { $ref: '#/components/schemas/Shown' }
        third: { value: 3 }
",
        expect![[r#"200 OK application/json {"name":"Rex"}"#]],
    );
}

#[test]
fn an_object_needs_an_example_of_each_required_part() {
    let pet = "It:
  type: object
  required: [id, secret]
  properties:
    id: { type: integer, example: 7 }
    name: { type: string }
    kind: { enum: [dog, cat] }
    secret: { type: string, writeOnly: true }
    tags: { type: array, items: { type: string, default: '1' } }
";
    check_schema(pet, expect![[r#"200 OK application/json {"id":7,"kind":"dog","tags":["1"]}"#]]);
    check_schema(&pet.replace("[id,", "[id, name,"), expect!["none"]);
    check_schema("It: { type: object, properties: { a: { type: string } } }", expect!["none"]);
    check_schema("It: { type: string }", expect!["none"]);
}

#[test]
fn lists_are_as_long_as_they_must_be() {
    check_schema(
        "It: { type: array, minItems: 3, items: { const: x } }",
        expect![[r#"200 OK application/json ["x","x","x"]"#]],
    );
    check_schema(
        "It: { type: array, minItems: 2, uniqueItems: true, items: { const: x } }",
        expect!["none"],
    );
    check_schema("It: { minItems: 99999999999, items: { const: x } }", expect!["none"]);
}

#[test]
fn schemas_are_put_together() {
    check_schema(
        "It:
  allOf: [{ $ref: '#/components/schemas/Base' }, { required: [name] }]
  properties: { name: { examples: [Rex, Max] } }
Base: { required: [id], properties: { id: { const: 1 } } }
",
        expect![[r#"200 OK application/json {"id":1,"name":"Rex"}"#]],
    );
    check_schema(
        "It: { allOf: [{ properties: { a: { const: 1 } } }, { required: [b] }] }",
        expect!["none"],
    );
    check_schema(
        "It: { oneOf: [{ type: string }, { const: two }] }",
        expect![[r#"200 OK application/json "two""#]],
    );
    check_schema(
        "It: { properties: { a: { const: 1 } }, anyOf: [{ properties: { b: { const: 2 } } }] }",
        expect![[r#"200 OK application/json {"a":1,"b":2}"#]],
    );
}

#[test]
fn a_schema_inside_itself_gives_no_example() {
    let node = |required: &str| {
        format!(
            "It:\n  required: [{required}]\n  properties: {{ id: {{ const: 1 }}, next: {{ $ref: \
             '#/components/schemas/It' }} }}\n"
        )
    };
    check_schema(&node("id, next"), expect!["none"]);
    check_schema(&node("id"), expect![[r#"200 OK application/json {"id":1}"#]]);
    check_schema("It: { $ref: '#/components/schemas/It' }", expect!["none"]);
    check_schema("It: { allOf: [{ $ref: '#/components/schemas/It' }] }", expect!["none"]);
    check_schema("It: { $ref: 'pet.yaml' }", expect!["none"]);
}

/// Each schema holds the next one twice: 2^30 values, if nobody counted.
#[test]
fn a_schema_that_unfolds_into_too_much_gives_no_example() {
    let part = |n: usize| {
        let next = format!("{{ $ref: '#/components/schemas/S{}' }}", n + 1);
        format!("S{n}: {{ properties: {{ a: {next}, b: {next} }} }}\n")
    };
    let schemas: String = (0..30).map(part).collect();
    let schemas =
        format!("It: {{ $ref: '#/components/schemas/S0' }}\n{schemas}S30: {{ const: 1 }}\n");
    check_schema(&schemas, expect!["none"]);
}

/// A list may be told to be long, and its item to be large: 20 GB, if nobody counted bytes.
#[test]
fn a_long_list_of_a_large_item_gives_no_example() {
    let large = "x".repeat(1 << 20);
    let list = |least| format!("It: {{ minItems: {least}, items: {{ example: {large} }} }}");
    check_schema(&list(19_000), expect!["none"]);
    check_schema(
        &format!(
            "It: {{ properties: {{ a: {{ $ref: '#/components/schemas/B' }} }} }}\nB{}",
            &list(64)[2..]
        ),
        expect!["none"],
    );
    let nested = format!(
        "It: {{ minItems: 100, items: {{ minItems: 100, items: {{ example: {} }} }} }}",
        &large[..10_000]
    );
    check_schema(&nested, expect!["none"]);
}

/// The limit holds for all examples together, however often one is referred to.
#[test]
fn examples_that_are_too_large_together_are_left_out() {
    let path = |n: usize| {
        format!(
            "  /{n}: {{ get: {{ responses: {{ 200: {{ content: {{ text/plain: {{ examples: {{ a: \
             {{ $ref: '#/components/examples/It' }} }} }} }} }} }} }} }}\n"
        )
    };
    let paths: String = (0..100).map(path).collect();
    let large = "x".repeat(1 << 20);
    let document = sound(&format!(
        "{HEAD}paths:\n{paths}components: {{ examples: {{ It: {{ value: {large} }} }} }}\n"
    ));
    let given = document.operations.iter().filter(|it| it.example.is_some()).count();
    assert_eq!(given, 63, "64 MiB less what each value takes beside its text");
}
