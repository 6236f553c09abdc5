//! Threads for slow work.

use super::{Pending, Unavailable};

/// Threads for work that takes longer than about 200 µs, so that a request that costs much does not
/// hold up those beside it.
pub trait Pool: Send + Sync {
    /// Runs `work` on another thread. [`Unavailable`] if the queue is full; never waits for a place.
    fn run(&self, work: Box<dyn FnOnce() + Send>) -> Pending<'_, Result<(), Unavailable>>;
}

/// Runs work where it stands: for tests and `explain`, which have nobody beside them.
#[derive(Debug, Clone, Copy, Default)]
pub struct InPlace;

impl Pool for InPlace {
    fn run(&self, work: Box<dyn FnOnce() + Send>) -> Pending<'_, Result<(), Unavailable>> {
        work();
        Box::pin(std::future::ready(Ok(())))
    }
}
