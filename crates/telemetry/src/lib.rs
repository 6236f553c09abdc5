//! Records as logs, metrics, and what `explain` remembers.
//!
//! Requests hand their records to a bounded queue and go on; one thread takes them out and makes
//! everything of them. When the queue is full, records are dropped and counted: a log that cannot be
//! written never holds up traffic, nor the end of the process.

mod log;
mod metrics;
mod recent;
mod writer;

pub use log::{escape_controls, line};
pub use metrics::Metrics;
pub use recent::Recent;
pub use writer::{Telemetry, Unwritten, WriterHandle};
