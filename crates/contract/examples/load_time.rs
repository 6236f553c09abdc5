//! Prints how long an OpenAPI document takes to load: `load_time FILE [TIMES]`.
#![expect(clippy::print_stdout, clippy::disallowed_methods, reason = "a tool for measuring")]

use portcullis_core::{diagnostic::Diagnostics, source::Sources, tree};
use std::time::{Duration, Instant};

fn main() -> std::io::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let name = arguments.next().unwrap_or_default();
    let times: u32 = arguments.next().and_then(|text| text.parse().ok()).unwrap_or(3);
    let text = std::fs::read_to_string(&name)?;
    for _ in 0..times {
        let mut sources = Sources::default();
        let file = sources.add(&name, &text);
        let mut problems = Diagnostics::default();
        let (parsing, _tree) = timed(|| tree::parse(&sources, file, &mut problems));
        let (loading, document) =
            timed(|| portcullis_contract::load(&sources, file, &mut problems));
        let operations = document.as_ref().map_or(0, |document| document.operations.len());
        let examples = document.iter().flat_map(|document| &document.operations);
        let examples = examples.filter(|operation| operation.example.is_some()).count();
        println!(
            "{name}: {} KiB, {operations} operations, {examples} examples, {} problems; \
             loaded in {loading:.1?}, of which reading YAML {parsing:.1?}",
            text.len() / 1024,
            problems.len(),
        );
    }
    Ok(())
}

fn timed<T>(f: impl FnOnce() -> T) -> (Duration, T) {
    let start = Instant::now();
    let result = f();
    (start.elapsed(), result)
}
