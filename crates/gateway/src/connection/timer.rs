//! The one timer of a connection: it looks seldom, and sees every wait that lasts too long.
//!
//! It fires once a tick and compares what the connection waits for with what it waited for at the tick
//! before. No clock is read between ticks and nothing is armed for each request; a deadline is met up to
//! one tick late. A connection that idles is not looked at until its time is over.

use portcullis_core::limits;
use portcullis_wire::deadline::{Deadline, Timeouts, Wait, Waits};
use std::{
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};
use tokio::time::{Instant, Sleep};

/// How late a deadline may be noticed.
pub(super) const TICK: Duration = Duration::from_secs(1);

/// How long a connection may wait for what.
pub(super) fn timeouts() -> Timeouts {
    let rate =
        Deadline::Rate { bytes_per_second: limits::BODY_RATE_MIN, grace: limits::BODY_RATE_GRACE };
    Timeouts {
        first_byte: limits::FIRST_BYTE_TIME_MAX,
        idle: limits::IDLE_TIME_MAX,
        head: limits::HEAD_TIME_MAX,
        body: rate,
        write: rate,
        // The request has a deadline of its own, which answers. This one is behind it.
        answer: limits::REQUEST_TIME_MAX.saturating_add(TICK.saturating_mul(5)),
        drain: limits::LINGER_TIME_MAX,
        linger: limits::LINGER_TIME_MAX,
        ..Timeouts::for_clients()
    }
}

/// What the connection can say of itself at a tick.
#[derive(Clone, Copy)]
pub(super) struct State {
    pub(super) waits: Waits,
    /// Whether more of the request's body is being waited for, as opposed to held back by its reader.
    pub(super) body_wanted: bool,
    /// Bytes of the present body so far.
    pub(super) body_bytes: u64,
    /// Bytes written to the caller so far.
    pub(super) written: u64,
}

impl State {
    fn bytes(&self, wait: Wait) -> u64 {
        if wait == Wait::Write { self.written } else { self.body_bytes }
    }
}

/// A wait that was there at the last tick.
#[derive(Clone, Copy)]
struct Seen {
    wait: Wait,
    requests: u64,
    elapsed: Duration,
    quiet: Duration,
    bytes_at_start: u64,
    bytes: u64,
}

/// The one timer of a connection.
pub(super) struct Timer {
    sleep: Pin<Box<Sleep>>,
    ticked: Instant,
    seen: [Option<Seen>; 3],
    /// Armed beyond the next tick, since nothing but the end of an idle time is waited for.
    resting: bool,
}

impl Timer {
    pub(super) fn new() -> Self {
        let ticked = Instant::now();
        let sleep = Box::pin(tokio::time::sleep_until(ticked + TICK));
        Self { sleep, ticked, seen: [None; 3], resting: false }
    }

    /// Something came: an idle connection is looked at again.
    pub(super) fn rouse(&mut self) {
        if self.resting {
            self.resting = false;
            self.ticked = Instant::now();
            self.seen = [None; 3];
            self.sleep.as_mut().reset(self.ticked + TICK);
        }
    }

    /// The wait that lasted too long, once there is one. Until then the task is woken for the next look.
    pub(super) fn poll(
        &mut self,
        context: &mut Context<'_>,
        timeouts: &Timeouts,
        state: impl Fn() -> State,
    ) -> Poll<Wait> {
        loop {
            ready!(self.sleep.as_mut().poll(context));
            let now = Instant::now();
            let since = now.saturating_duration_since(self.ticked);
            self.ticked = now;
            let state = state();
            if let Some(overdue) = self.look(since, timeouts, &state) {
                return Poll::Ready(overdue);
            }
            let rest = self.rest(timeouts, &state);
            self.resting = rest > TICK;
            self.sleep.as_mut().reset(now + rest);
        }
    }

    fn look(&mut self, since: Duration, timeouts: &Timeouts, state: &State) -> Option<Wait> {
        let before = std::mem::take(&mut self.seen);
        let mut overdue = None;
        for (slot, wait) in self.seen.iter_mut().zip(state.waits.iter()) {
            let bytes = state.bytes(wait);
            let known = before
                .iter()
                .flatten()
                .find(|seen| seen.wait == wait && seen.requests == state.waits.requests);
            let mut seen = known.copied().map_or_else(
                || Seen {
                    wait,
                    requests: state.waits.requests,
                    elapsed: Duration::ZERO,
                    quiet: Duration::ZERO,
                    bytes_at_start: bytes,
                    bytes,
                },
                |seen| seen.go_on(since, bytes, wait != Wait::Body || state.body_wanted),
            );
            seen.bytes = bytes;
            let moved = bytes.saturating_sub(seen.bytes_at_start);
            if timeouts.of(wait).passed(seen.elapsed, seen.quiet, moved) {
                overdue = Some(wait);
            }
            *slot = Some(seen);
        }
        overdue
    }

    /// How long nothing need be looked at.
    fn rest(&self, timeouts: &Timeouts, state: &State) -> Duration {
        let most = match state.waits.first {
            Wait::Idle => timeouts.idle,
            Wait::FirstByte => timeouts.first_byte,
            _ => return TICK,
        };
        let elapsed = self.seen.iter().flatten().map(|seen| seen.elapsed).max().unwrap_or_default();
        most.saturating_sub(elapsed).max(TICK)
    }
}

impl Seen {
    /// One tick later; time in which nothing could come is not counted.
    fn go_on(self, since: Duration, bytes: u64, counted: bool) -> Self {
        let since = if counted { since } else { Duration::ZERO };
        let quiet = if bytes > self.bytes { Duration::ZERO } else { self.quiet + since };
        Self { elapsed: self.elapsed + since, quiet, ..self }
    }
}
