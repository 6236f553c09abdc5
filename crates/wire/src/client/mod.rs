//! The side that asks upstreams: one request out, its one response in, then reusable or gone.

pub mod connection;
