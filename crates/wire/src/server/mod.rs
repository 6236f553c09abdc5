//! The side that answers clients: one request at a time, refusals in their turn.
//!
//! - [`connection`] reads: heads, wanted bodies, what is drained or lingered over, and says what comes next.
//! - [`answer`] writes: `100 Continue`, interim and final responses, bodies, switches of protocol.

pub mod answer;
pub mod connection;
