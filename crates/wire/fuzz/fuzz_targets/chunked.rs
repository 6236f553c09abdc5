//! Feeds the fuzzer's bytes to the code that the ordinary tests replay.
#![no_main]

#[path = "../../tests/replay/mod.rs"]
mod replay;

libfuzzer_sys::fuzz_target!(|input: &[u8]| replay::chunked(input));
