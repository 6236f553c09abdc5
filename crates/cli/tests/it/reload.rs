//! Changing the config of a running gateway.

use crate::{Folder, PORTCULLIS};
use portcullis_testkit::{Connection, Gateway, PATIENCE, Upstream, get};
use std::{
    fs::{self, File},
    io::{BufRead as _, BufReader, Write as _},
    net::SocketAddr,
    process::{Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

const ANSWER: &str = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";

fn config(upstream: &Upstream, path: &str) -> String {
    format!(
        "listeners: {{ public: {{ address: 127.0.0.1:0 }} }}\n\
         upstreams: {{ one: {{ targets: [http://{}] }} }}\n\
         apis: {{ all: {{ upstream: one, routes: [{{ path: {path}, methods: [GET], access: public }}] }} }}\n",
        upstream.address
    )
}

/// Waits until a path is answered with this status.
fn wait_for(address: SocketAddr, path: &str, status: u16) {
    let start = Instant::now();
    while get(address, path).status != status {
        assert!(start.elapsed() < PATIENCE, "{path} is not answered with {status}");
        thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn cf1_a_saved_config_is_adopted_and_a_bad_one_refused() {
    let (folder, upstream) = (Folder::new(), Upstream::start(ANSWER));
    folder.write("gateway.yaml", &config(&upstream, "/old"));
    let mut gateway = Gateway::start(PORTCULLIS, &folder.0, &["gateway.yaml"]);
    assert_eq!(get(gateway.address(), "/old").status, 200);

    folder.write("gateway.yaml", &config(&upstream, "/new"));
    gateway.wait_to_be_told("adopted");
    assert_eq!(get(gateway.address(), "/new").status, 200);
    assert_eq!(get(gateway.address(), "/old").status, 404);

    folder.write(
        "gateway.yaml",
        &config(&upstream, "/bad").replace("access: public", "acces: public"),
    );
    gateway.wait_to_be_told("the change is refused");
    assert!(gateway.told().iter().any(|line| line.contains("did you mean `access`?")));
    assert_eq!(get(gateway.address(), "/new").status, 200);
    assert_eq!(get(gateway.address(), "/bad").status, 404);
}

#[test]
fn sighup_reloads_and_a_document_is_watched_too() {
    let folder = Folder::new();
    let document = |path: &str| {
        format!(
            "openapi: 3.1.0\ninfo: {{ title: T, version: '1' }}\npaths:\n  {path}:\n    get:\n      security: []\n      responses: {{ '200': {{ description: x }} }}\n"
        )
    };
    folder.write("api.yaml", &document("/old"));
    folder.write(
        "gateway.yaml",
        "listeners: { public: { address: 127.0.0.1:0 } }\napis: { all: { openapi: api.yaml, mock: true } }\n",
    );
    let mut gateway = Gateway::start(PORTCULLIS, &folder.0, &["gateway.yaml"]);
    folder.write("api.yaml", &document("/new"));
    gateway.wait_to_be_told("adopted");
    assert_eq!(get(gateway.address(), "/new").status, 200);
    let before = gateway.told().len();
    gateway.signal("HUP");
    let start = Instant::now();
    while !gateway.told()[before..].iter().any(|line| line.contains("adopted")) {
        assert!(start.elapsed() < PATIENCE, "{:?}", gateway.told());
        thread::sleep(Duration::from_millis(20));
    }
}

/// CF7: no request fails while configs come and go, and each sees one version.
#[test]
fn cf7_reload_under_load_loses_no_request() {
    let (folder, upstream) = (Folder::new(), Upstream::start(ANSWER));
    let both = |other: &str| {
        config(&upstream, "/a").replace(
            "routes: [",
            &format!("routes: [{{ path: {other}, methods: [GET], access: public }}, "),
        )
    };
    folder.write("gateway.yaml", &both("/b0"));
    let gateway = Gateway::start(PORTCULLIS, &folder.0, &["gateway.yaml"]);
    let address = gateway.address();
    let stop = Arc::new(AtomicBool::new(false));
    let clients: Vec<_> = (0..2)
        .map(|_| {
            let stop = Arc::clone(&stop);
            thread::spawn(move || {
                let (mut good, mut bad) = (0, 0);
                let mut connection = Connection::open(address);
                while !stop.load(Ordering::Relaxed) {
                    connection.write(b"GET /a HTTP/1.1\r\nHost: h\r\n\r\n");
                    match connection.read() {
                        Some(answer) if answer.status == 200 => good += 1,
                        _ => bad += 1,
                    }
                }
                (good, bad)
            })
        })
        .collect();
    for round in 1..=8 {
        let text =
            if round % 3 == 0 { String::from("listeners: [") } else { both(&format!("/b{round}")) };
        folder.write("gateway.yaml", &text);
        thread::sleep(Duration::from_millis(450));
    }
    wait_for(address, "/b8", 200);
    stop.store(true, Ordering::Relaxed);
    for client in clients {
        let (good, bad) = client.join().unwrap();
        assert!(good > 20 && bad == 0, "{good} good, {bad} bad");
    }
}

#[test]
fn lc1_sigterm_drains_and_ends_well() {
    let (folder, upstream) = (Folder::new(), Upstream::start(ANSWER));
    folder.write("gateway.yaml", &config(&upstream, "/a"));
    let mut gateway = Gateway::start(PORTCULLIS, &folder.0, &["gateway.yaml"]);
    assert_eq!(get(gateway.address(), "/a").status, 200);
    let mut idle = Connection::open(gateway.address());
    gateway.signal("TERM");
    assert_eq!(gateway.end(), 0);
    assert!(idle.is_closed());
    assert!(!std::path::Path::new(&gateway.admin).exists(), "the admin socket goes with it");
    assert!(
        gateway.said().iter().any(|line| line.contains("\"path\":\"/a\"")),
        "the log is written"
    );
}

/// Kubernetes and deployments replace folders; an editor follows a link.
#[test]
fn a_folder_made_again_and_the_target_of_a_link_are_still_watched() {
    let (folder, upstream) = (Folder::new(), Upstream::start(ANSWER));
    let path = |name: &str| folder.0.join(name);
    fs::create_dir_all(path("conf")).unwrap();
    fs::create_dir_all(path("real")).unwrap();
    folder.write("real/gateway.yaml", &config(&upstream, "/one"));
    std::os::unix::fs::symlink("../real/gateway.yaml", path("conf/gateway.yaml")).unwrap();
    let gateway = Gateway::start(PORTCULLIS, &folder.0, &["conf/gateway.yaml"]);
    let address = gateway.address();
    wait_for(address, "/one", 200);
    folder.write("real/gateway.yaml", &config(&upstream, "/two"));
    wait_for(address, "/two", 200);

    for round in ["/three", "/four"] {
        fs::remove_dir_all(path("conf")).unwrap();
        // Long enough that the config is missed, and its folder too.
        thread::sleep(Duration::from_millis(700));
        assert_eq!(get(address, "/two").status, if round == "/three" { 200 } else { 404 });
        fs::create_dir_all(path("conf")).unwrap();
        folder.write("conf/gateway.yaml", &config(&upstream, round));
        wait_for(address, round, 200);
    }
    folder.write("conf/gateway.yaml", &config(&upstream, "/five"));
    wait_for(address, "/five", 200);

    // Swapped at once, as `mv` does it.
    fs::create_dir_all(path("next")).unwrap();
    folder.write("next/gateway.yaml", &config(&upstream, "/six"));
    fs::rename(path("conf"), path("old")).unwrap();
    fs::rename(path("next"), path("conf")).unwrap();
    wait_for(address, "/six", 200);
    folder.write("conf/gateway.yaml", &config(&upstream, "/seven"));
    wait_for(address, "/seven", 200);
}

/// The first half of a config may be sound, and open what the second half closes.
#[test]
fn half_a_config_is_not_adopted_while_it_is_written() {
    let (folder, upstream) = (Folder::new(), Upstream::start(ANSWER));
    folder.write("gateway.yaml", &config(&upstream, "/old"));
    let gateway = Gateway::start(PORTCULLIS, &folder.0, &["gateway.yaml"]);
    let address = gateway.address();
    let first = config(&upstream, "/new");
    let second = "addresses: { deny: [127.0.0.0/8] }\n";
    let mut file = File::create(folder.0.join("gateway.yaml")).unwrap();
    file.write_all(first.as_bytes()).unwrap();
    for _ in 0..60 {
        assert_eq!(get(address, "/new").status, 404, "half of it is served");
        thread::sleep(Duration::from_millis(20));
    }
    file.write_all(second.as_bytes()).unwrap();
    drop(file);
    let start = Instant::now();
    loop {
        match get(address, "/new").status {
            404 => assert!(start.elapsed() < PATIENCE, "{:?}", gateway.told()),
            status => break assert_eq!(status, 403, "{:?}", gateway.told()),
        }
    }
}

#[test]
fn the_same_refusal_is_told_once_and_an_admin_socket_does_not_move() {
    let (folder, upstream) = (Folder::new(), Upstream::start(ANSWER));
    let sound = config(&upstream, "/a");
    folder.write("gateway.yaml", &sound);
    let mut gateway = Gateway::start(PORTCULLIS, &folder.0, &["gateway.yaml"]);
    folder.write("gateway.yaml", &format!("nonsense: 1\n{sound}"));
    gateway.wait_to_be_told("the change is refused");
    for round in 0..3 {
        folder.write(&format!("beside-{round}"), "");
        thread::sleep(Duration::from_millis(500));
    }
    let refused = gateway.told().iter().filter(|line| line.contains("is refused")).count();
    assert_eq!(refused, 1, "{:?}", gateway.told());

    folder.write("gateway.yaml", &format!("admin: {{ socket: ./a.sock }}\n{sound}"));
    gateway.wait_to_be_told("restart to move it");
    gateway.wait_to_be_told("adopted");
    assert!(std::path::Path::new(&gateway.admin).exists());
}

#[test]
fn lc_a_log_that_nobody_reads_does_not_hold_up_the_end() {
    let (folder, upstream) = (Folder::new(), Upstream::start(ANSWER));
    folder.write("gateway.yaml", &config(&upstream, "/a"));
    let mut command = Command::new(PORTCULLIS);
    command.args(["run", "gateway.yaml"]).current_dir(&folder.0).env("XDG_RUNTIME_DIR", &folder.0);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut told = BufReader::new(child.stderr.take().unwrap()).lines().map_while(Result::ok);
    let line = told.find(|line| line.starts_with("listening on")).unwrap();
    let address = line["listening on http://".len()..].split(' ').next().unwrap();
    let address: SocketAddr = address.parse().unwrap();
    let long = format!("/{}", "x".repeat(7_000));
    let mut connection = Connection::open(address);
    for _ in 0..100 {
        connection.write(format!("GET {long} HTTP/1.1\r\nHost: h\r\n\r\n").as_bytes());
        assert_eq!(connection.read().unwrap().status, 404);
    }
    drop(connection);
    let id = child.id().to_string();
    assert!(Command::new("kill").args(["-s", "TERM", &id]).status().unwrap().success());
    let start = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        if start.elapsed() > PATIENCE {
            child.kill().unwrap();
        }
        thread::sleep(Duration::from_millis(20));
    };
    assert_eq!(status.code(), Some(1));
    let last = told.last().unwrap();
    assert!(last.starts_with("error: nobody reads the log: "), "{last}");
}

/// A value behind a reference is part of the config: that it changed must not go unseen.
#[test]
fn a_changed_referenced_value_is_adopted() {
    let (folder, upstream) = (Folder::new(), Upstream::start(ANSWER));
    folder.write("deny.txt", "10.0.0.1\n");
    let text = config(&upstream, "/a") + "addresses: { deny: [\"${file:deny.txt}\"] }\n";
    folder.write("gateway.yaml", &text);
    let mut gateway = Gateway::start(PORTCULLIS, &folder.0, &["gateway.yaml"]);
    assert_eq!(get(gateway.address(), "/a").status, 200);
    folder.write("deny.txt", "127.0.0.1\n");
    gateway.wait_to_be_told("adopted");
    assert_eq!(get(gateway.address(), "/a").status, 403);
}

/// A connection belongs to the address that it came in at, whatever a later config calls it.
#[test]
fn a_connection_does_not_change_its_listener() {
    let (folder, upstream) = (Folder::new(), Upstream::start(ANSWER));
    let [one, two] = {
        let free = || std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        [free(), free()].map(|socket| socket.local_addr().unwrap())
    };
    let write = |listeners: &str| {
        let text = config(&upstream, "/a").replace("public: { address: 127.0.0.1:0 }", listeners);
        folder.write(
            "gateway.yaml",
            &text.replace("upstream: one", "upstream: one, listeners: [front]"),
        );
    };
    write(&format!("front: {{ address: {one} }}"));
    let mut gateway = Gateway::start(PORTCULLIS, &folder.0, &["gateway.yaml"]);
    let mut connection = Connection::open(one);
    let mut ask = || {
        connection.write(b"GET /a HTTP/1.1\r\nHost: h\r\n\r\n");
        connection.read().map(|answer| answer.status)
    };
    assert_eq!(ask(), Some(200));
    write(&format!("outside: {{ address: {one} }}, front: {{ address: {two} }}"));
    gateway.wait_to_be_told("adopted");
    assert_eq!(ask(), Some(404), "what is served at another address is not served here");
    assert_eq!(get(two, "/a").status, 200);
}
