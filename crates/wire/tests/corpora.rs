//! Replays the committed corpora of the fuzz targets, so that every run of the tests uses what fuzzing found.
#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "a test reads its own corpus")]

mod replay;

use std::fs;
use std::path::Path;

fn replay_all(target: &str, run: fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(target);
    let mut inputs = 0;
    for entry in fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        run(&fs::read(&path).unwrap());
        inputs += 1;
    }
    assert!(inputs >= 10, "the corpus of {target} is gone: {inputs} inputs");
}

#[test]
fn the_corpus_of_request_holds() {
    replay_all("request", replay::request);
}

#[test]
fn the_corpus_of_response_holds() {
    replay_all("response", replay::response);
}

#[test]
fn the_corpus_of_chunked_holds() {
    replay_all("chunked", replay::chunked);
}
