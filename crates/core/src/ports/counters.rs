//! What is counted: rates, quotas, slots.

use super::{NotConfigured, Pending, Unavailable};
use std::{sync::Arc, time::Duration};

/// Counters that may be shared by a fleet.
pub trait Counters: Send + Sync {
    /// Charges all of `charges` or none, and says where each stands afterwards. The first one that is
    /// exhausted refuses.
    fn charge<'a>(
        &'a self,
        charges: &'a [Charge],
    ) -> Pending<'a, Result<Vec<Standing>, Unavailable>>;

    /// Where each of `charges` would stand, without charging. `explain` asks only this.
    fn peek<'a>(&'a self, charges: &'a [Charge])
    -> Pending<'a, Result<Vec<Standing>, Unavailable>>;
}

/// A cost to be charged to one counter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Charge {
    /// The counter: the limit's name and the key it counts by.
    pub key: Arc<str>,
    /// How much may be spent in `per`.
    pub limit: u64,
    /// The time after which what was spent comes back.
    pub per: Duration,
    /// How much may be spent at once.
    pub burst: u64,
    /// What this request costs.
    pub cost: u64,
}

/// Where a counter stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// Whether the cost fits.
    pub fits: bool,
    /// What may still be spent at once.
    pub left: u64,
    /// When the cost would fit; zero if it does.
    pub retry_after: Duration,
}

impl Counters for NotConfigured {
    fn charge<'a>(&'a self, _: &'a [Charge]) -> Pending<'a, Result<Vec<Standing>, Unavailable>> {
        Box::pin(std::future::ready(Err(Unavailable)))
    }

    fn peek<'a>(&'a self, _: &'a [Charge]) -> Pending<'a, Result<Vec<Standing>, Unavailable>> {
        Box::pin(std::future::ready(Err(Unavailable)))
    }
}
