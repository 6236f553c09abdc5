//! Changing the config of a running gateway.

use crate::{Folder, PORTCULLIS};
use portcullis_testkit::{Connection, Gateway, Upstream, get};
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
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
    thread::sleep(Duration::from_millis(600));
    let after = gateway.told();
    assert!(after[before..].iter().any(|line| line.contains("adopted")), "{after:?}");
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
        thread::sleep(Duration::from_millis(250));
    }
    stop.store(true, Ordering::Relaxed);
    for client in clients {
        let (good, bad) = client.join().unwrap();
        assert!(good > 20 && bad == 0, "{good} good, {bad} bad");
    }
    assert_eq!(get(address, "/b8").status, 200);
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
