//! For tests only: a client that sends raw bytes, an upstream that records them, and a gateway process.
//!
//! Plain threads and blocking sockets, with a deadline on every wait, so that a test that fails says so
//! instead of hanging. Everything here panics when the test's own scaffolding breaks.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "scaffolding of tests: when it breaks, the test has failed"
)]

mod client;
mod gateway;
mod upstream;

pub use client::{Answer, Connection, get, send};
pub use gateway::{Gateway, Output, run};
pub use upstream::{Seen, Upstream};

use std::time::Duration;

/// How long anything may take before a test has failed.
pub const PATIENCE: Duration = Duration::from_secs(10);
