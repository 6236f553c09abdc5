//! Which deadline applies in which state: data for the one timer of a connection. No clock is read here.
//!
//! A connection says what it waits for (`Waits`), `Timeouts` say how long that may last. There is no way to switch
//! one off, and no state without any (LM3).

use std::time::Duration;

/// What a connection waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Wait {
    /// The first byte of a new connection.
    FirstByte,
    /// The next request, or, in a pool, the next use.
    Idle,
    /// The rest of a head, from its first byte; of a response, from the end of the request's head.
    Head,
    /// More of a body that is wanted. Time in which the caller itself doesn't read is the other side's, not this.
    Body,
    /// A decision or an answer from behind us.
    Answer,
    /// The peer to take what was written.
    Write,
    /// The rest of a body that nobody wants, so that the connection can be kept.
    Drain,
    /// The peer to read the last answer and close.
    Linger,
    /// Bytes in a tunnel, either way.
    Tunnel,
}

/// How long a wait may last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deadline {
    /// Counted from when the wait began. Progress doesn't move it.
    SinceStart(Duration),
    /// Counted from the last byte. Only where a slow peer holds nothing but a socket.
    SinceProgress(Duration),
    /// After `grace`, at least this many bytes a second on average since the wait began.
    Rate {
        /// The least average rate.
        bytes_per_second: u32,
        /// How long any rate will do.
        grace: Duration,
    },
}

impl Deadline {
    /// Whether a wait is over its deadline: it began `elapsed` ago, moved `bytes`, the last of them `quiet` ago.
    pub fn passed(self, elapsed: Duration, quiet: Duration, bytes: u64) -> bool {
        match self {
            Self::SinceStart(most) => elapsed >= most,
            Self::SinceProgress(most) => quiet >= most,
            Self::Rate { bytes_per_second, grace } => {
                // A rate of nothing would be no deadline.
                let rate = u64::from(bytes_per_second.max(1));
                bytes < elapsed.saturating_sub(grace).as_secs().saturating_mul(rate)
            }
        }
    }
}

/// All that a connection waits for at one moment: at least one thing, at most three.
///
/// The count tells two waits of the same kind apart: a timer that looks seldom could take the head of the next
/// request for that of the last one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Waits {
    /// Requests begun on this connection so far.
    pub requests: u64,
    /// What must happen next, as far as this connection is concerned.
    pub first: Wait,
    /// An answer that is due while a body still comes.
    pub answer: Option<Wait>,
    /// Output that has not been taken.
    pub write: Option<Wait>,
}

impl Waits {
    pub(crate) fn new(requests: u64, first: Wait, answering: bool, output_pending: bool) -> Self {
        Self {
            requests,
            first,
            answer: (answering && first != Wait::Answer).then_some(Wait::Answer),
            write: (output_pending && first != Wait::Write).then_some(Wait::Write),
        }
    }

    /// Each of them.
    pub fn iter(self) -> impl Iterator<Item = Wait> {
        [Some(self.first), self.answer, self.write].into_iter().flatten()
    }
}

/// How long each wait may last, on one side.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Timeouts {
    /// For [`Wait::FirstByte`].
    pub first_byte: Duration,
    /// For [`Wait::Idle`].
    pub idle: Duration,
    /// For [`Wait::Head`].
    pub head: Duration,
    /// For [`Wait::Body`].
    pub body: Deadline,
    /// For [`Wait::Write`].
    pub write: Deadline,
    /// For [`Wait::Answer`].
    pub answer: Duration,
    /// For [`Wait::Drain`].
    pub drain: Duration,
    /// For [`Wait::Linger`].
    pub linger: Duration,
    /// For [`Wait::Tunnel`], between bytes.
    pub tunnel: Duration,
}

impl Timeouts {
    /// The defaults towards clients: what they send and take must keep a rate.
    pub fn for_clients() -> Self {
        let seconds = Duration::from_secs;
        let rate = Deadline::Rate { bytes_per_second: 1024, grace: seconds(10) };
        Self {
            first_byte: seconds(10),
            idle: seconds(60),
            head: seconds(10),
            body: rate,
            write: rate,
            answer: seconds(60),
            drain: seconds(5),
            linger: seconds(5),
            tunnel: seconds(300),
        }
    }

    /// The defaults towards upstreams: they may think for long and send little, and must not fall silent.
    pub fn for_upstreams() -> Self {
        let seconds = Duration::from_secs;
        let body = Deadline::SinceProgress(seconds(60));
        Self { idle: seconds(30), head: seconds(30), body, ..Self::for_clients() }
    }

    /// The deadline of a wait. Every wait has one.
    pub fn of(&self, wait: Wait) -> Deadline {
        match wait {
            Wait::FirstByte => Deadline::SinceStart(self.first_byte),
            Wait::Idle => Deadline::SinceStart(self.idle),
            Wait::Head => Deadline::SinceStart(self.head),
            Wait::Body => self.body,
            Wait::Write => self.write,
            Wait::Answer => Deadline::SinceStart(self.answer),
            Wait::Drain => Deadline::SinceStart(self.drain),
            Wait::Linger => Deadline::SinceStart(self.linger),
            Wait::Tunnel => Deadline::SinceProgress(self.tunnel),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lm3_progress_does_not_move_the_deadline_of_a_head() {
        let head = Timeouts::for_clients().of(Wait::Head);
        let (nine, ten) = (Duration::from_secs(9), Duration::from_secs(10));
        assert!(!head.passed(nine, Duration::ZERO, 100));
        assert!(head.passed(ten, Duration::ZERO, 100));
    }

    #[test]
    fn lm3_a_body_must_keep_its_rate_after_the_grace() {
        let body = Timeouts::for_clients().of(Wait::Body);
        let at = |seconds, bytes| body.passed(Duration::from_secs(seconds), Duration::ZERO, bytes);
        assert!(!at(9, 0));
        assert!(!at(20, 10 * 1024));
        assert!(at(20, 10 * 1024 - 1));
    }

    #[test]
    fn lm3_a_rate_of_nothing_is_a_deadline_too() {
        let (grace, minute) = (Duration::ZERO, Duration::from_secs(60));
        let rate = Deadline::Rate { bytes_per_second: 0, grace };
        assert!(rate.passed(minute, minute, 0));
    }
}
