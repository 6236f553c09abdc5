//! What the world provides, as traits: the pipeline runs without sockets.
//!
//! A step that needs something of the world is *need → ask a port → pure decision*. `run` wires real
//! ports, `test` stubs them, `explain` only peeks. A part that is not configured is
//! [`NotConfigured`]: whoever needs it is told that it is not available, and fails closed.

pub mod authorizers;
pub mod counters;
pub mod files;
pub mod key_sets;
pub mod outbound;
pub mod pool;
pub mod store;
pub mod upstream;

use crate::{
    clock::{Moment, WallTime},
    record::Record,
};
use std::{future::Future, pin::Pin, time::Duration};

/// A future in a box, since ports are chosen at run time.
pub type Pending<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// The ports that a request on its way may ask.
pub struct Ports {
    /// Time.
    pub clock: Box<dyn Clock>,
    /// Randomness.
    pub random: Box<dyn Random>,
    /// The services behind the gateway.
    pub upstreams: Box<dyn upstream::Upstreams>,
    /// Where records go.
    pub records: Box<dyn RecordSink>,
    /// What is counted: limits and quotas.
    pub counters: Box<dyn counters::Counters>,
    /// The keys of token issuers.
    pub key_sets: Box<dyn key_sets::KeySets>,
    /// Services that decide about requests.
    pub authorizers: Box<dyn authorizers::Authorizers>,
    /// Consumers and keys.
    pub store: Box<dyn store::Store>,
    /// Calls to services that are not upstreams.
    pub outbound: Box<dyn outbound::Outbound>,
    /// Threads for work that takes longer than about 200 µs.
    pub pool: Box<dyn pool::Pool>,
}

impl Ports {
    /// Ports with these, and nothing configured for the others.
    pub fn new(
        clock: impl Clock + 'static,
        random: impl Random + 'static,
        upstreams: impl upstream::Upstreams + 'static,
        records: impl RecordSink + 'static,
        pool: impl pool::Pool + 'static,
    ) -> Self {
        Self {
            clock: Box::new(clock),
            random: Box::new(random),
            upstreams: Box::new(upstreams),
            records: Box::new(records),
            counters: Box::new(NotConfigured),
            key_sets: Box::new(NotConfigured),
            authorizers: Box::new(NotConfigured),
            store: Box::new(NotConfigured),
            outbound: Box::new(NotConfigured),
            pool: Box::new(pool),
        }
    }
}

/// Time and timers.
pub trait Clock: Send + Sync {
    /// Now, on a clock that never goes back.
    fn now(&self) -> Moment;
    /// The time of day.
    fn wall(&self) -> WallTime;
    /// Ends when `duration` has passed.
    fn sleep(&self, duration: Duration) -> Pending<'static, ()>;
}

/// Randomness fit for secrets.
pub trait Random: Send + Sync {
    /// Fills `bytes`. Never fails: without randomness the process must not go on.
    fn fill(&self, bytes: &mut [u8]);
}

/// Where closed records go.
pub trait RecordSink: Send + Sync {
    /// Takes a record over. Never blocks; what cannot be kept is dropped and counted.
    fn put(&self, record: Box<Record>);
}

/// A part that a step needs cannot be asked now. The step fails in its declared direction, which for
/// anything about who and may is *closed*.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unavailable;

/// Stands in every place for which the config names nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct NotConfigured;
