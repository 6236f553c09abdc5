//! What a newcomer sees first: a document, mocked.

use crate::{Folder, PORTCULLIS, repository};
use portcullis_testkit::{Gateway, get, run, send};

fn petstore(folder: &Folder, more: &[&str]) -> Gateway {
    let document = repository().join("examples/petstore/petstore.yaml");
    let mut words = vec!["--openapi", document.to_str().unwrap(), "--listen", "127.0.0.1:0"];
    words.extend(more);
    Gateway::start(PORTCULLIS, &folder.0, &words)
}

#[test]
fn the_document_answers_and_nothing_else_can_be_reached() {
    let folder = Folder::new();
    let gateway = petstore(&folder, &["--mock"]);
    let pets = get(gateway.address(), "/pets");
    assert_eq!(pets.status, 200);
    assert_eq!(pets.header("content-type"), Some("application/json"));
    assert_eq!(
        pets.body,
        r#"[{"id":1,"name":"Muddle","kind":"cat"},{"id":2,"name":"Bracken","kind":"dog"}]"#
    );
    assert_eq!(get(gateway.address(), "/owners").status, 404);
    let put = send(gateway.address(), b"PUT /pets HTTP/1.1\r\nHost: h\r\n\r\n");
    assert_eq!((put.status, put.header("allow")), (405, Some("GET, HEAD, POST")));
    for closed in ["POST /pets", "DELETE /pets/1"] {
        let answer =
            send(gateway.address(), format!("{closed} HTTP/1.1\r\nHost: h\r\n\r\n").as_bytes());
        assert_eq!(answer.status, 403, "{closed}");
        assert_eq!(answer.header("content-type"), Some("application/problem+json"));
        assert!(answer.body.contains(r#""reason":"PC0403""#), "{}", answer.body);
        assert!(answer.body.contains(answer.header("x-request-id").unwrap()));
    }
}

#[test]
fn the_start_message_says_what_is_open_and_what_is_not_checked() {
    let folder = Folder::new();
    let gateway = petstore(&folder, &["--mock"]);
    let told = gateway.told().join("\n");
    for line in [
        "  GET     /pets          listPets, mocked",
        "  POST    /pets          addPet, needs staff_key, which no authenticator answers for",
        "  DELETE  /pets/{petId}  removePet, its document does not say who may call it",
        "`--undeclared public`",
        "Parameters and bodies are not checked against the document yet.",
    ] {
        assert!(told.contains(line), "{line}\nis not in\n{told}");
    }
}

#[test]
fn undeclared_operations_open_on_loopback_only() {
    let folder = Folder::new();
    let gateway = petstore(&folder, &["--mock", "--undeclared", "public"]);
    let delete = send(gateway.address(), b"DELETE /pets/1 HTTP/1.1\r\nHost: h\r\n\r\n");
    assert_eq!(delete.status, 204);
    let post = send(gateway.address(), b"POST /pets HTTP/1.1\r\nHost: h\r\n\r\n");
    assert_eq!(post.status, 403, "what the document secures stays closed");

    let document = repository().join("examples/petstore/petstore.yaml");
    let words = ["run", "--mock", "--undeclared", "public", "--listen", "0.0.0.0:0", "--openapi"];
    let words = [&words[..], &[document.to_str().unwrap()]].concat();
    let output = run(PORTCULLIS, &repository(), &words);
    assert_eq!(output.code, 2);
    assert!(output.err.contains("is for loopback addresses only"), "{}", output.err);
}
