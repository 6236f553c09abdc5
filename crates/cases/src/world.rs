//! The world of a case: ports that answer in place, and remember.

use crate::{BODY_BYTES_MAX, request::Behaviour, seen::Call};
use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode, header};
use portcullis_core::{
    access::Authorized,
    body::Body,
    clock::{Moment, WallTime},
    ports::{
        Clock, Pending, Ports, Random, RecordSink,
        pool::InPlace,
        upstream::{self, Fault, Upstreams},
    },
    record::Record,
};
use std::{
    future::poll_fn,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    task::Poll,
    time::Duration,
};

/// When every case begins: 2026-01-01T00:00:00Z, in microseconds since 1970.
const BEGINS: u64 = 1_767_225_600_000_000;

/// What the upstream answers with.
const UPSTREAM_SAYS: &str = "{\"from\":\"upstream\"}\n";

/// The world of one case.
pub(crate) struct World {
    /// What requests ask.
    pub(crate) ports: Arc<Ports>,
    clock: HandClock,
    upstream: Stub,
    records: Kept,
}

impl World {
    /// A fresh world: nothing is counted, no time has passed, the upstream answers 200.
    pub(crate) fn new() -> Self {
        let (clock, upstream, records) = (HandClock::default(), Stub::default(), Kept::default());
        let random = Counting::default();
        let ports = Ports::new(clock.clone(), random, upstream.clone(), records.clone(), InPlace);
        Self { ports: Arc::new(ports), clock, upstream, records }
    }

    /// Lets time pass.
    pub(crate) fn pass(&self, time: Duration) {
        let nanos = u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
        let now = self.clock.0.load(Ordering::Relaxed);
        self.clock.0.store(now.saturating_add(nanos), Ordering::Relaxed);
    }

    /// Changes the upstream.
    pub(crate) fn upstream_behaves(&self, behaviour: Behaviour) {
        self.upstream.state().behaviour = behaviour;
    }

    /// The calls of an upstream since the last time.
    pub(crate) fn take_calls(&self) -> Vec<Call> {
        std::mem::take(&mut self.upstream.state().calls)
    }

    /// The record of the last request.
    pub(crate) fn take_record(&self) -> Option<Box<Record>> {
        self.records.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// A clock that is moved by hand, in nanoseconds.
#[derive(Debug, Clone, Default)]
struct HandClock(Arc<AtomicU64>);

impl Clock for HandClock {
    fn now(&self) -> Moment {
        Moment::from_nanos(self.0.load(Ordering::Relaxed))
    }

    fn wall(&self) -> WallTime {
        WallTime(BEGINS.saturating_add(self.0.load(Ordering::Relaxed) / 1_000))
    }

    /// Ends once the clock was moved far enough, when somebody asks again: there is nobody to wake.
    fn sleep(&self, duration: Duration) -> Pending<'static, ()> {
        let clock = self.clone();
        let end = clock.now().plus(duration);
        Box::pin(poll_fn(move |_| match clock.now() >= end {
            true => Poll::Ready(()),
            false => Poll::Pending,
        }))
    }
}

/// Counts where others draw lots, so that a case comes out alike each time.
#[derive(Debug, Default)]
struct Counting(AtomicU64);

impl Random for Counting {
    fn fill(&self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(16) {
            let number = self.0.fetch_add(1, Ordering::Relaxed) + 1;
            chunk.fill(0);
            let digits = number.to_be_bytes();
            for (place, digit) in chunk.iter_mut().rev().zip(digits.iter().rev()) {
                *place = *digit;
            }
        }
    }
}

/// Every upstream of the config at once.
#[derive(Debug, Clone, Default)]
struct Stub(Arc<Mutex<StubState>>);

#[derive(Debug)]
struct StubState {
    behaviour: Behaviour,
    calls: Vec<Call>,
}

impl Default for StubState {
    fn default() -> Self {
        Self { behaviour: Behaviour::Answers(StatusCode::OK), calls: Vec::new() }
    }
}

impl Stub {
    fn state(&self) -> MutexGuard<'_, StubState> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Upstreams for Stub {
    fn call(
        &self,
        permit: Authorized,
        call: upstream::Call,
    ) -> Pending<'_, Result<Response<Body>, Fault>> {
        Box::pin(async move {
            let body = call.body.read_to_limit(BODY_BYTES_MAX).await.map_err(Fault::CallerBody)?;
            let target = permit.target();
            let seen = Call {
                method: target.method.clone(),
                target: target.path_and_query(),
                headers: call.headers,
                body,
            };
            let mut state = self.state();
            state.calls.push(seen);
            match state.behaviour {
                Behaviour::Answers(status) => Ok(answer(status)),
                Behaviour::Down => Err(Fault::Unreachable),
                Behaviour::Slow => Err(Fault::TimedOut),
            }
        })
    }
}

fn answer(status: StatusCode) -> Response<Body> {
    let mut answer = Response::new(Body::Empty);
    *answer.status_mut() = status;
    // RFC 9110, 15.3.5, 15.3.6 and 15.4.5: these have no body.
    if !matches!(status.as_u16(), 204 | 205 | 304) {
        let json = HeaderValue::from_static("application/json");
        answer.headers_mut().insert(header::CONTENT_TYPE, json);
        *answer.body_mut() = Body::from(Bytes::from_static(UPSTREAM_SAYS.as_bytes()));
    }
    answer
}

/// The record of the last request.
#[derive(Debug, Clone, Default)]
struct Kept(Arc<Mutex<Option<Box<Record>>>>);

impl RecordSink for Kept {
    fn put(&self, record: Box<Record>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(record);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::task::{Context, Waker};

    #[test]
    fn a_sleep_ends_when_time_was_moved() {
        let world = World::new();
        let mut sleep = world.ports.clock.sleep(Duration::from_secs(60));
        let mut context = Context::from_waker(Waker::noop());
        world.pass(Duration::from_secs(59));
        assert!(sleep.as_mut().poll(&mut context).is_pending());
        world.pass(Duration::from_secs(1));
        assert!(sleep.as_mut().poll(&mut context).is_ready());
        assert_eq!(world.ports.clock.wall().to_string(), "2026-01-01T00:01:00.000000Z");
        world.pass(Duration::MAX);
        assert_eq!(world.ports.clock.now(), Moment::from_nanos(u64::MAX));
    }

    #[test]
    fn ids_are_counted() {
        let world = World::new();
        let mut bytes = [7; 18];
        world.ports.random.fill(&mut bytes);
        assert_eq!(bytes, [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 2]);
    }
}
