//! The words and ports that every part of Portcullis shares.
//!
//! Nothing here does I/O, and the only clock is the one that is handed in. A request lives in an
//! [`Exchange`](exchange::Exchange): it holds the [`Canonical`](canonical::Canonical) request that
//! everybody reads and the [`Record`](record::Record) in which every step leaves its verdict. What a
//! person writes becomes a [`tree`], whose nodes know their place in a [`source`]; what is wrong with
//! it becomes a [`diagnostic`]. What the world provides comes through [`ports`].

pub mod access;
pub mod body;
pub mod canonical;
pub mod clock;
pub mod diagnostic;
pub mod exchange;
pub mod facts;
pub mod finding;
pub mod hygiene;
pub mod identity;
pub mod limits;
pub mod name;
pub mod permits;
pub mod ports;
pub mod reason;
pub mod reasons;
pub mod record;
pub mod router;
pub mod secret;
pub mod source;
pub mod step;
pub mod stop;
pub mod template;
pub mod tree;
pub mod units;
pub mod version;
