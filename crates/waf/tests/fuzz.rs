//! Replays the fuzz corpus, and for a moment mutates it, through what the fuzz targets run.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "it reads files and tells what it finds, as the core may not"
)]

#[path = "../fuzz/shared.rs"]
mod shared;

use std::path::Path;

/// How many mutants of each corpus; `PORTCULLIS_FUZZ_MUTATIONS` asks for more.
const MUTATIONS: u64 = 1_500;

fn replay(target: &str, run: fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(target);
    let wanted = std::env::var("PORTCULLIS_FUZZ_MUTATIONS").ok();
    let mutations = wanted.and_then(|count| count.parse().ok()).unwrap_or(MUTATIONS);
    let mut seed = 0x2545_f491_4f6c_dd1du64;
    let mut random = |below: usize| {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        (seed >> 16) as usize % below.max(1)
    };
    let mut paths: Vec<_> = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
    paths.sort();
    let inputs: Vec<Vec<u8>> = paths.iter().map(|path| std::fs::read(path).unwrap()).collect();
    for input in &inputs {
        run(input);
        for _ in 0..mutations / inputs.len() as u64 {
            let mut mutant = input.clone();
            for _ in 0..1 + random(4) {
                let at = random(mutant.len());
                match random(5) {
                    0 if !mutant.is_empty() => mutant[at] = random(256) as u8,
                    1 if !mutant.is_empty() => drop(mutant.remove(at)),
                    2 => mutant.insert(at.min(mutant.len()), b"\\\"'(<%&;|*[{\n\0\xff"[random(15)]),
                    3 => mutant.truncate(at),
                    _ => {
                        let other = &inputs[random(inputs.len())];
                        mutant.extend_from_slice(&other[random(other.len())..]);
                    }
                }
            }
            run(&mutant);
        }
    }
}

#[test]
fn load() {
    replay("load", shared::load);
}

#[test]
fn bodies() {
    replay("bodies", shared::bodies);
}

#[test]
fn transformations() {
    replay("transformations", shared::transformations);
}

#[test]
fn shortcuts() {
    replay("shortcuts", shared::shortcuts);
}
