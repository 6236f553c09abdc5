//! What we write, and what we accept as it came, as others read it: node's llhttp and Python's http.server.
//!
//! A reader that is not installed is skipped with a message.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "a failure here is a failed test, and a skipped one is said"
)]

mod common;

use std::io::Write;
use std::process::{Command, Stdio};

use common::generate::{Random, stream};
use common::{Message, requests, rewritten};
use portcullis_wire::framing::BodyLength;

const STREAMS: u64 = 1500;

/// Runs a reader over `inputs`; one line each, or nothing if the program isn't there.
fn read_by(program: &str, script: &str, inputs: &[Vec<u8>]) -> Option<Vec<String>> {
    let path = format!("{}/tests/readers/{script}", env!("CARGO_MANIFEST_DIR"));
    let spawned = Command::new(program)
        .arg(path)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn();
    let Ok(mut child) = spawned else {
        eprintln!("skipped: {program} is not installed");
        return None;
    };
    let mut stdin = child.stdin.take().unwrap();
    let lines: String = inputs.iter().map(|bytes| hex(bytes) + "\n").collect();
    let writer = std::thread::spawn(move || stdin.write_all(lines.as_bytes()));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let lines: Vec<String> = text.lines().map(str::to_owned).collect();
    assert_eq!(lines.len(), inputs.len(), "{program} read to the end");
    Some(lines)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn word(message: &Message) -> String {
    let head = &message.head;
    format!("{},{},{}", head.method, head.target.path_and_query, hex(&message.body))
}

fn streams() -> Vec<(Vec<u8>, Vec<Message>)> {
    let seeds = 0..STREAMS;
    let streams = seeds.map(|seed| stream(&mut Random(seed), 1 + (seed % 3) as usize * 3));
    streams.map(|bytes| (bytes.clone(), requests(&[&bytes]).0)).collect()
}

#[test]
fn fr1_node_reads_what_we_write() {
    let messages: Vec<Message> = streams().into_iter().flat_map(|(_, messages)| messages).collect();
    assert!(messages.len() > 500, "{}", messages.len());
    let written: Vec<_> = messages.iter().map(rewritten).collect();
    let Some(lines) = read_by("node", "node.js", &written) else { return };
    let mut stricter = 0;
    for ((message, bytes), line) in messages.iter().zip(&written).zip(&lines) {
        match line.as_str() {
            // It knows a fixed list of methods.
            "!" => stricter += 1,
            line => assert_eq!(line, word(message), "{}", bytes.escape_ascii()),
        }
    }
    assert!(stricter < messages.len() / 50, "node refuses {stricter} of {}", messages.len());
}

#[test]
fn fr2_node_reads_what_we_accept_alike() {
    let streams: Vec<_> = streams().into_iter().filter(|(_, read)| !read.is_empty()).collect();
    let inputs: Vec<_> = streams.iter().map(|(bytes, _)| bytes.clone()).collect();
    let Some(lines) = read_by("node", "node.js", &inputs) else { return };
    let mut stricter = 0;
    for ((bytes, messages), line) in streams.iter().zip(&lines) {
        let theirs: Vec<&str> = line.split(' ').filter(|word| !word.is_empty()).collect();
        for (i, message) in messages.iter().enumerate() {
            // Where the other refuses or stops there is no second reading. Most often that is for what comes behind
            // `connection: close` or for a second request that we refuse too, and then node drops the first as well.
            match theirs.get(i) {
                None | Some(&"!") => stricter += 1,
                Some(theirs) if message.head.target.absolute.is_some() => {
                    let target = message.head.target.path_and_query.as_str();
                    assert!(theirs.contains(target) || target == "/", "{}", bytes.escape_ascii());
                }
                Some(theirs) => assert_eq!(*theirs, word(message), "{}", bytes.escape_ascii()),
            }
        }
    }
    assert!(stricter < streams.len() / 4, "node refuses {stricter} of {}", streams.len());
}

#[test]
fn fr1_python_reads_what_we_write() {
    let messages: Vec<Message> = streams().into_iter().flat_map(|(_, messages)| messages).collect();
    // Python makes one slash of several at the front, on purpose and for itself.
    let messages: Vec<_> = messages
        .into_iter()
        .filter(|message| !message.head.target.path_and_query.path().starts_with("//"))
        .collect();
    let written: Vec<_> = messages.iter().map(rewritten).collect();
    let Some(lines) = read_by("python3", "python.py", &written) else { return };
    for (message, line) in messages.iter().zip(&lines) {
        let head = &message.head;
        let expected = match head.body {
            BodyLength::Chunked => {
                format!("{},{},chunked", head.method, head.target.path_and_query)
            }
            _ => word(message),
        };
        assert_eq!(*line, expected);
    }
}
