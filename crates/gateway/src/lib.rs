//! The data plane, hop by hop.
//!
//! A request comes in at a [`listener`], becomes a head and a body on its [`connection`], and goes
//! through the stages of the order in [`forward`]; [`upstream`] calls the service behind, [`finish`]
//! makes the answer whole and closes the record. [`forward::serve`] needs no socket: tests and
//! `explain` call it with ports of their own. [`explain`] makes text of a record.

pub mod connection;
pub mod explain;
mod finish;
pub mod forward;
pub mod listener;
pub mod system;
mod transport;
pub mod upstream;
