//! Everything that can grow has a named limit; these are the defaults.

use std::time::Duration;

/// The size of a request head, in bytes.
pub const HEAD_BYTES_MAX: usize = 32 * 1024;
/// Header fields in a request head.
pub const HEAD_FIELDS_MAX: usize = 100;
/// How long a request head may take from its first byte.
pub const HEAD_TIME_MAX: Duration = Duration::from_secs(10);
/// How long a new connection may be silent.
pub const FIRST_BYTE_TIME_MAX: Duration = Duration::from_secs(10);
/// How long a connection may idle between two requests.
pub const IDLE_TIME_MAX: Duration = Duration::from_secs(60);
/// The size of one line of a request head, in bytes.
pub const LINE_BYTES_MAX: usize = 8 * 1024;
/// The size of a request target, in bytes.
pub const TARGET_BYTES_MAX: usize = 8 * 1024;
/// The size of a request body, in bytes.
pub const BODY_BYTES_MAX: u64 = 10 * 1024 * 1024;
/// The least average rate of a body, in bytes a second, and of what a caller takes of an answer.
pub const BODY_RATE_MIN: u32 = 1024;
/// How long a body may come at any rate.
pub const BODY_RATE_GRACE: Duration = Duration::from_secs(10);
/// What is left of an unwanted body is read and dropped up to this, in bytes, to keep the connection.
pub const DRAIN_BYTES_MAX: u64 = 64 * 1024;
/// What is read and dropped behind the last answer on a connection, in bytes, so that it is read.
pub const LINGER_BYTES_MAX: u64 = 1024 * 1024;
/// How long reading what is dropped may take.
pub const LINGER_TIME_MAX: Duration = Duration::from_secs(5);
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
