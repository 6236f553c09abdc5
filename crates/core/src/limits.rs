//! Everything that can grow has a named limit; these are the defaults.

use std::time::Duration;

/// The size of a request head, in bytes.
pub const HEAD_BYTES_MAX: usize = 32 * 1024;
/// Header fields in a request head.
pub const HEAD_FIELDS_MAX: usize = 100;
/// How long a request head may take from its first byte.
pub const HEAD_TIME_MAX: Duration = Duration::from_secs(10);
/// The size of a request target, in bytes.
pub const TARGET_BYTES_MAX: usize = 8 * 1024;
/// The size of a request body, in bytes.
pub const BODY_BYTES_MAX: u64 = 10 * 1024 * 1024;
/// How long a request may take from its head to the end of the answer.
pub const REQUEST_TIME_MAX: Duration = Duration::from_secs(60);
/// How long connecting to an upstream may take.
pub const UPSTREAM_CONNECT_TIME_MAX: Duration = Duration::from_secs(2);
/// How long an upstream may take until the head of its answer.
pub const UPSTREAM_HEAD_TIME_MAX: Duration = Duration::from_secs(30);
/// Open connections.
pub const CONNECTIONS_MAX: usize = 10_000;
/// How long requests in flight may take to end once the gateway drains.
pub const DRAIN_TIME_MAX: Duration = Duration::from_secs(30);
/// Records kept for `explain`.
pub const RECORDS_KEPT_MAX: usize = 10_000;
/// What the records kept for `explain` may take, in bytes.
pub const RECORDS_KEPT_BYTES_MAX: usize = 16 * 1024 * 1024;
/// Records that wait to be written to a log.
pub const LOG_QUEUE_RECORDS_MAX: usize = 64 * 1024;
/// What the records that wait to be written may take, in bytes.
pub const LOG_QUEUE_BYTES_MAX: usize = 32 * 1024 * 1024;
