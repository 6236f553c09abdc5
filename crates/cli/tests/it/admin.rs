//! The admin socket.

use crate::{Folder, PORTCULLIS, repository};
use portcullis_testkit::{Gateway, PATIENCE, get, run};
use std::{
    io::{Read as _, Write as _},
    os::unix::{fs::PermissionsExt as _, net::UnixStream},
    process::Command,
};

/// Asks a gateway's admin socket for a path; the body of the answer.
pub(crate) fn ask(gateway: &Gateway, path: &str) -> String {
    let mut stream = UnixStream::connect(&gateway.admin).expect("the admin socket");
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nHost: admin\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer.split_once("\r\n\r\n").map(|(_, body)| body.to_owned()).unwrap_or_default()
}

fn petstore(folder: &Folder) -> Gateway {
    let document = repository().join("examples/petstore/petstore.yaml");
    let words = ["--mock", "--listen", "127.0.0.1:0", "--openapi", document.to_str().unwrap()];
    Gateway::start(PORTCULLIS, &folder.0, &words)
}

#[test]
fn health_and_metrics() {
    let folder = Folder::new();
    let mut gateway = petstore(&folder);
    assert!(ask(&gateway, "/health/live").contains("true"));
    assert!(ask(&gateway, "/health/ready").contains(r#""ready":true"#));
    get(gateway.address(), "/pets");
    get(gateway.address(), "/nothing");
    gateway.wait_to_hear("/nothing");
    let metrics = ask(&gateway, "/metrics");
    for line in [
        r#"portcullis_requests_total{api="petstore",route="/pets",method="GET",status="200"} 1"#,
        r#"portcullis_refusals_total{reason="PC0404"} 1"#,
        r#"portcullis_config_loads_total{outcome="adopted"} 1"#,
        "portcullis_records_dropped_total 0",
    ] {
        assert!(metrics.contains(line), "{line}\nis not in\n{metrics}");
    }
}

#[test]
fn cf6_the_socket_is_the_owners_only_and_no_data_listener_answers_for_it() {
    let folder = Folder::new();
    let gateway = petstore(&folder);
    let mode = std::fs::metadata(&gateway.admin).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let above = std::path::Path::new(&gateway.admin).parent().unwrap();
    assert_eq!(std::fs::metadata(above).unwrap().permissions().mode() & 0o777, 0o700);
    for path in ["/metrics", "/health/live", "/health/ready", "/records"] {
        assert_eq!(get(gateway.address(), path).status, 404, "{path}");
    }
}

#[test]
fn explain_shows_a_served_request_step_by_step() {
    let folder = Folder::new();
    let mut gateway = petstore(&folder);
    let answer = get(gateway.address(), "/nothing");
    let id = answer.header("x-request-id").unwrap();
    gateway.wait_to_hear(id);
    let output = run(PORTCULLIS, &folder.0, &["explain", id, "--admin", &gateway.admin]);
    assert_eq!(output.code, 1, "a refusal: {}", output.err);
    assert!(output.out.contains("✗ route                  PC0404"), "{}", output.out);
    assert!(output.out.contains("what would change it"), "{}", output.out);
    let unknown = "00000000000000000000000000000000";
    let output = run(PORTCULLIS, &folder.0, &["explain", unknown, "--admin", &gateway.admin]);
    assert_eq!(output.code, 2);
}

#[test]
fn an_ending_gateway_leaves_the_socket_of_another() {
    let (folder, elsewhere) = (Folder::new(), Folder::new());
    let (mut first, second) = (petstore(&folder), petstore(&elsewhere));
    std::fs::remove_file(&first.admin).unwrap();
    std::fs::rename(&second.admin, &first.admin).unwrap();
    first.signal("TERM");
    assert_eq!(first.end(), 0);
    assert!(UnixStream::connect(&first.admin).is_ok(), "it is the other one's");
}

#[test]
fn explain_does_not_believe_a_folder_that_others_can_enter() {
    let folder = Folder::new();
    let mut gateway = petstore(&folder);
    let answer = get(gateway.address(), "/nothing");
    let id = answer.header("x-request-id").unwrap();
    gateway.wait_to_hear(id);
    let above = std::path::Path::new(&gateway.admin).parent().unwrap();
    let explain = |mode: u32| {
        std::fs::set_permissions(above, std::fs::Permissions::from_mode(mode)).unwrap();
        let mut command = Command::new(PORTCULLIS);
        command.args(["explain", id]).env("XDG_RUNTIME_DIR", &folder.0);
        let output = command.output().unwrap();
        (output.status.code().unwrap(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    let (code, message) = explain(0o777);
    assert_eq!(code, 2);
    assert!(message.contains("no gateway is running here"), "{message}");
    assert_eq!(explain(0o700).0, 1, "a refusal, explained");
}
