//! A client's connection as a state machine: bytes in, requests out, and what to do next.

use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use http::Version;

use crate::body::{BodyPiece, BodyReader};
use crate::deadline::{Wait, Waits};
use crate::framing::{AnswerTo, BodyLength};
use crate::limits::Limits;
use crate::options::UpgradeOffer;
use crate::refusal::Refusal;
use crate::request::{RequestHead, RequestReader};
use crate::trailers::Trailers;
use crate::write_body::BodyWriter;

/// One connection of a client.
///
/// It owns no buffer: `input` is lent to it, and when it is empty between two requests the caller can let it go.
/// A request is read only when the one before has been answered, so answers and refusals keep their order and
/// what a client sends ahead stays in `input`, where the caller bounds it.
///
/// ```text
/// receive → Head → (want_body → Data… → End) → respond → data… → end → next → Read | Drain | Linger | Close | Tunnel
/// ```
#[derive(Debug)]
pub struct Connection {
    pub(super) limits: Arc<Limits>,
    pub(super) reading: Reading,
    pub(super) writing: Writing,
    pub(super) exchange: Exchange,
    requests: u64,
    pub(super) peer_closed: bool,
    pub(super) last_request: bool,
}

/// What was received.
#[derive(Debug)]
pub enum Received {
    /// A request. `Data` and `End` follow only if its body isn't empty, and only after `want_body`.
    Head(RequestHead),
    /// A piece of the body.
    Data(Bytes),
    /// The end of the body.
    End(Option<Trailers>),
}

/// What the caller does now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// Go on answering.
    Busy,
    /// Receive a request; `input` may hold one already. If it is empty its memory can go.
    Read,
    /// Read and `receive`: the rest of an unwanted body is dropped, and then the next request can come.
    Drain,
    /// Once all output is taken: shut down the writing side, then read and `receive` until the peer closes or this
    /// says `Close`. A socket that is closed with bytes unread resets, and the reset can overtake the answer.
    Linger,
    /// Close the socket, once all output is taken.
    Close,
    /// Both sides now speak something else; what is in `input` is its first bytes.
    Tunnel,
}

#[derive(Debug)]
pub(super) enum Reading {
    Head(RequestReader),
    /// A body that nobody has asked for.
    Unasked(BodyLength),
    Body(BodyReader),
    Complete,
    /// Nothing after a refusal is HTTP to us.
    Refused,
    Drain(BodyReader),
    Linger {
        left: u64,
    },
    Closed,
    Tunnel,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Writing {
    /// No request yet.
    Nothing,
    /// A request, or a refusal, waits for its answer.
    Due,
    Body(BodyWriter),
    Done,
    /// An answer was begun and can't be finished.
    Broken,
}

/// What has to be remembered of a request until it is answered.
#[derive(Debug)]
pub(super) struct Exchange {
    pub(super) answer_to: AnswerTo,
    pub(super) version: Version,
    pub(super) expects_continue: bool,
    pub(super) upgrade: Option<UpgradeOffer>,
    /// Before the answer: the client would go on. After its head: so would we.
    pub(super) persistent: bool,
}

impl Default for Exchange {
    /// What is assumed of a request that was refused before it could be read.
    fn default() -> Self {
        Self {
            answer_to: AnswerTo::Other,
            version: Version::HTTP_11,
            expects_continue: false,
            upgrade: None,
            persistent: false,
        }
    }
}

impl Connection {
    /// A connection on which nothing has happened.
    pub fn new(limits: Arc<Limits>) -> Self {
        Self {
            limits,
            reading: Reading::Head(RequestReader::default()),
            writing: Writing::Nothing,
            exchange: Exchange::default(),
            requests: 0,
            peer_closed: false,
            last_request: false,
        }
    }

    /// Takes from the front of `input` what the connection is ready for; call until it returns `None`.
    ///
    /// After a refusal: answer with its status if `can_respond`, then follow `next`.
    pub fn receive(&mut self, input: &mut BytesMut) -> Result<Option<Received>, Refusal> {
        let received = match &mut self.reading {
            Reading::Head(reader) => match reader.read(input, &self.limits) {
                Ok(Some(head)) => Ok(Some(self.begin(head))),
                Ok(None) => Ok(None),
                Err(refusal) => Err(refusal),
            },
            Reading::Body(reader) => match reader.read(input, &self.limits) {
                Ok(Some(BodyPiece::Data(data))) => Ok(Some(Received::Data(data))),
                Ok(Some(BodyPiece::End(trailers))) => {
                    self.reading = Reading::Complete;
                    Ok(Some(Received::End(trailers)))
                }
                Ok(None) => Ok(None),
                Err(refusal) => Err(refusal),
            },
            // A client may send the next request ahead, but not behind a wish to leave HTTP (FR5).
            Reading::Complete if self.exchange.upgrade.is_some() && !input.is_empty() => {
                match self.writing {
                    Writing::Due => Err(Refusal::BytesBeforeSwitch),
                    _ => Ok(None),
                }
            }
            Reading::Drain(_) | Reading::Linger { .. } => {
                self.discard(input);
                Ok(None)
            }
            Reading::Refused | Reading::Closed => {
                input.clear();
                Ok(None)
            }
            Reading::Unasked(_) | Reading::Complete | Reading::Tunnel => Ok(None),
        };
        received.inspect_err(|_| self.refuse())
    }

    /// The client will send no more. An error means that a message was cut: there is nobody to answer but one who
    /// closed only its writing side, so `abort` is as good as `respond`.
    pub fn receive_eof(&mut self, input: &BytesMut) -> Result<(), Refusal> {
        self.peer_closed = true;
        let cut = match &self.reading {
            Reading::Head(reader) if reader.begun(input) => Some(Refusal::TruncatedHead),
            Reading::Unasked(_) | Reading::Body(_) => Some(Refusal::TruncatedBody),
            Reading::Head(_) | Reading::Drain(_) | Reading::Linger { .. } => {
                self.reading = Reading::Closed;
                None
            }
            Reading::Complete | Reading::Refused | Reading::Closed | Reading::Tunnel => None,
        };
        match cut {
            Some(refusal) => {
                self.refuse();
                Err(refusal)
            }
            None => Ok(()),
        }
    }

    /// Whether reading from the socket can serve anything. If not, leave the bytes to the kernel's flow control.
    pub fn wants_read(&self) -> bool {
        let open = matches!(
            self.reading,
            Reading::Head(_) | Reading::Body(_) | Reading::Drain(_) | Reading::Linger { .. }
        );
        open && !self.peer_closed
    }

    /// Whether a response may be sent: a request or a refusal waits for one and none has been begun.
    pub fn can_respond(&self) -> bool {
        self.writing == Writing::Due
    }

    /// Bytes of the present body so far, for its rate.
    pub fn body_bytes(&self) -> u64 {
        match &self.reading {
            Reading::Body(reader) | Reading::Drain(reader) => reader.received(),
            _ => 0,
        }
    }

    /// No request after the present one: for a drain of the whole process.
    pub fn stop(&mut self) {
        self.last_request = true;
    }

    /// What to do now. Call after each `receive` that returned `None` and after each answer.
    pub fn next(&mut self, input: &BytesMut) -> Next {
        match (&self.reading, &self.writing) {
            (Reading::Tunnel, _) => Next::Tunnel,
            (Reading::Closed, Writing::Nothing) | (_, Writing::Broken) => self.close(),
            (Reading::Head(reader), Writing::Nothing) => {
                let unused = self.last_request && !reader.begun(input);
                if unused { self.close() } else { Next::Read }
            }
            (_, Writing::Done) => self.settle(input),
            _ => Next::Busy,
        }
    }

    /// What the connection waits for; `output_pending` if not all that was written has been taken by the peer.
    pub fn waits(&self, input: &BytesMut, output_pending: bool) -> Waits {
        let answering =
            self.requests > 0 && matches!(self.writing, Writing::Due | Writing::Body(_));
        let first = match &self.reading {
            Reading::Tunnel => Wait::Tunnel,
            Reading::Body(_) => Wait::Body,
            Reading::Head(reader) if reader.begun(input) => Wait::Head,
            // The peer has to take the last answer before anything else can be asked of it.
            Reading::Head(_) | Reading::Linger { .. } | Reading::Closed if output_pending => {
                Wait::Write
            }
            Reading::Drain(_) => Wait::Drain,
            Reading::Linger { .. } | Reading::Closed => Wait::Linger,
            Reading::Head(_) if self.requests == 0 => Wait::FirstByte,
            Reading::Head(_) => Wait::Idle,
            Reading::Unasked(_) | Reading::Complete | Reading::Refused => Wait::Answer,
        };
        Waits::new(self.requests, first, answering, output_pending)
    }

    fn begin(&mut self, head: RequestHead) -> Received {
        self.requests = self.requests.saturating_add(1);
        self.exchange = Exchange {
            answer_to: match head.method {
                http::Method::HEAD => AnswerTo::Head,
                _ => AnswerTo::Other,
            },
            version: head.version,
            expects_continue: head.expects_continue,
            // What comes behind a wish to leave HTTP may be of another protocol, also where it isn't granted.
            persistent: head.persistent && head.upgrade.is_none(),
            upgrade: head.upgrade.clone(),
        };
        self.writing = Writing::Due;
        self.reading = match head.body {
            body if body.is_empty() => Reading::Complete,
            body => Reading::Unasked(body),
        };
        Received::Head(head)
    }

    pub(super) fn refuse(&mut self) {
        self.reading = Reading::Refused;
        self.exchange.persistent = false;
        if self.writing == Writing::Nothing {
            self.exchange = Exchange::default();
            self.writing = Writing::Due;
        }
    }

    /// The answer is out: the connection goes on, or ends in a way that lets the client read it (RFC 9112 §9.6).
    fn settle(&mut self, input: &BytesMut) -> Next {
        if self.exchange.persistent && !self.last_request && !self.peer_closed {
            match std::mem::replace(&mut self.reading, Reading::Refused) {
                Reading::Complete => return self.reset(),
                Reading::Unasked(length) => {
                    if let Ok(reader) = BodyReader::new(length, self.limits.drain_bytes_max) {
                        self.reading = Reading::Drain(reader);
                    }
                }
                Reading::Body(reader) => self.reading = Reading::Drain(reader),
                other => self.reading = other,
            }
            if matches!(self.reading, Reading::Drain(_)) {
                return Next::Drain;
            }
        }
        match &self.reading {
            Reading::Linger { left: 1.. } if !self.peer_closed => Next::Linger,
            Reading::Linger { .. } | Reading::Closed => self.close(),
            // Nothing is on its way that the client didn't hear the answer to: no reset can destroy it.
            Reading::Complete if input.is_empty() => self.close(),
            _ if self.peer_closed => self.close(),
            _ => {
                self.reading = Reading::Linger { left: self.limits.linger_bytes_max };
                Next::Linger
            }
        }
    }

    fn reset(&mut self) -> Next {
        self.reading = Reading::Head(RequestReader::default());
        self.writing = Writing::Nothing;
        self.exchange = Exchange::default();
        Next::Read
    }

    fn close(&mut self) -> Next {
        self.reading = Reading::Closed;
        Next::Close
    }

    fn discard(&mut self, input: &mut BytesMut) {
        match &mut self.reading {
            Reading::Drain(reader) => loop {
                match reader.read(input, &self.limits) {
                    Ok(Some(BodyPiece::Data(_))) => {}
                    Ok(Some(BodyPiece::End(_))) => return self.reading = Reading::Complete,
                    Ok(None) => return,
                    // Badly framed or too long: not worth the connection any more.
                    Err(_) => {
                        self.exchange.persistent = false;
                        return self.reading =
                            Reading::Linger { left: self.limits.linger_bytes_max };
                    }
                }
            },
            Reading::Linger { left } => {
                *left = left.saturating_sub(input.len() as u64);
                input.clear();
            }
            _ => {}
        }
    }
}
