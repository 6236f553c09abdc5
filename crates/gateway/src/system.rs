//! The real clock, randomness and threads.

use portcullis_core::{
    clock::{Moment, WallTime},
    ports::{Clock, Pending, Random, Unavailable, pool::Pool},
};
use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant, SystemTime},
};
use tokio::sync::Semaphore;

/// The system's clocks.
#[derive(Debug)]
pub struct SystemClock {
    start: Instant,
}

impl Default for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the port that others read")]
    fn default() -> Self {
        Self { start: Instant::now() }
    }
}

impl Clock for SystemClock {
    fn now(&self) -> Moment {
        let nanos = self.start.elapsed().as_nanos();
        Moment::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
    }

    #[expect(clippy::disallowed_methods, reason = "this is the port that others read")]
    fn wall(&self) -> WallTime {
        let since_1970 = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        let micros = since_1970.unwrap_or(Duration::ZERO).as_micros();
        WallTime(u64::try_from(micros).unwrap_or(u64::MAX))
    }

    fn sleep(&self, duration: Duration) -> Pending<'static, ()> {
        Box::pin(tokio::time::sleep(duration))
    }
}

/// The kernel's generator, read in blocks, since a call for each request id would cost more than the
/// rest of the record.
#[derive(Debug)]
pub struct SystemRandom {
    block: Mutex<Block>,
}

const BLOCK_BYTES: usize = 4096;

#[derive(Debug)]
struct Block {
    bytes: Box<[u8; BLOCK_BYTES]>,
    used: usize,
}

impl Default for SystemRandom {
    fn default() -> Self {
        let block = Block { bytes: Box::new([0; BLOCK_BYTES]), used: BLOCK_BYTES };
        Self { block: Mutex::new(block) }
    }
}

impl Random for SystemRandom {
    fn fill(&self, bytes: &mut [u8]) {
        let mut block = self.block.lock().unwrap_or_else(PoisonError::into_inner);
        let left = block.bytes.get(block.used..).unwrap_or_default();
        if bytes.len() > left.len() {
            from_kernel(block.bytes.as_mut_slice());
            block.used = 0;
        }
        if bytes.len() > BLOCK_BYTES {
            return from_kernel(bytes);
        }
        let end = block.used + bytes.len();
        if let Some(fresh) = block.bytes.get(block.used..end) {
            bytes.copy_from_slice(fresh);
        }
        // What was handed out is wiped, so that no later reader of memory finds it here.
        let used = block.used;
        if let Some(spent) = block.bytes.get_mut(used..end) {
            spent.fill(0);
        }
        block.used = end;
    }
}

/// Without randomness nothing here is safe, so the process ends.
fn from_kernel(bytes: &mut [u8]) {
    if getrandom::fill(bytes).is_err() {
        std::process::abort();
    }
}

/// tokio's blocking threads, with a bounded number of jobs at once.
#[derive(Debug, Clone)]
pub struct SlowPool {
    places: Arc<Semaphore>,
}

impl SlowPool {
    /// A pool that takes `jobs_max` jobs at once, waiting ones included.
    pub fn new(jobs_max: usize) -> Self {
        Self { places: Arc::new(Semaphore::new(jobs_max)) }
    }
}

impl Pool for SlowPool {
    fn run(&self, work: Box<dyn FnOnce() + Send>) -> Pending<'_, Result<(), Unavailable>> {
        let Ok(place) = Arc::clone(&self.places).try_acquire_owned() else {
            return Box::pin(std::future::ready(Err(Unavailable)));
        };
        let job = tokio::task::spawn_blocking(move || {
            work();
            drop(place);
        });
        Box::pin(async move { job.await.map_err(|_| Unavailable) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn randomness_is_not_handed_out_twice() {
        let random = SystemRandom::default();
        let mut seen = std::collections::HashSet::new();
        for _ in 0..1000 {
            let mut id = [0; 16];
            random.fill(&mut id);
            assert!(id != [0; 16] && seen.insert(id));
        }
    }

    #[tokio::test]
    async fn lm5_a_full_pool_says_so() {
        let pool = SlowPool::new(1);
        let (release, wait) = std::sync::mpsc::channel::<()>();
        let first = pool.run(Box::new(move || wait.recv().unwrap_or(())));
        assert_eq!(pool.run(Box::new(|| ())).await, Err(Unavailable));
        release.send(()).unwrap();
        assert_eq!(first.await, Ok(()));
    }
}
