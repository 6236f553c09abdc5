//! The socket on which a gateway is asked about itself: health, metrics, records.
//!
//! A Unix socket that only its owner can open; never a data listener, never a port. [`api`] answers,
//! [`socket`] opens it safely, [`client`] asks another process's.

pub mod api;
pub mod client;
pub mod socket;
