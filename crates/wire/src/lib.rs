//! HTTP/1.1, strict and sans-IO, for both sides of a gateway.
//!
#![doc = include_str!("../README.md")]

mod authority;
pub mod body;
mod chunked;
pub mod client;
pub mod deadline;
pub mod fault;
mod fields;
pub mod framing;
mod grammar;
pub mod hop_by_hop;
pub mod limits;
mod lines;
pub mod options;
pub mod output;
pub mod refusal;
pub mod request;
pub mod response;
pub mod server;
pub mod target;
pub mod trailers;
mod write_body;
pub mod write_head;
