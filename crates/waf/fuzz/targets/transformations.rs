//! `cargo fuzz run transformations`: see `fuzz/shared.rs`.
#![no_main]

#[path = "../shared.rs"]
#[allow(dead_code, reason = "each target uses one part")]
mod shared;

libfuzzer_sys::fuzz_target!(|data: &[u8]| shared::transformations(data));
