//! A connection to an upstream as a state machine: a request out, interim and final response in.

use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};

use crate::body::{BodyPiece, BodyReader};
use crate::deadline::{Wait, Waits};
use crate::fault::SendFault;
use crate::framing::{AnswerTo, BodyLength};
use crate::limits::{Laxities, Limits};
use crate::options::{self, ConnectionOptions};
use crate::output::Output;
use crate::refusal::Refusal;
use crate::response::{ResponseHead, ResponseReader};
use crate::trailers::Trailers;
use crate::write_body::BodyWriter;
use crate::write_head::{self, Declared, OutgoingRequest};

/// One connection to an upstream. It owns no buffer; one that idles in a pool is this value and a socket.
///
/// Once anything is wrong with it – bytes out of turn, a refused response, a cut body – it never says `Reusable`
/// again (FR4).
#[derive(Debug)]
pub struct Connection {
    limits: Arc<Limits>,
    laxities: Laxities,
    reading: Reading,
    writing: Writing,
    answer_to: AnswerTo,
    offered: Option<HeaderValue>,
    interim_responses: u32,
    persistent: bool,
    response_begun: bool,
    requests: u64,
}

/// What was received.
#[derive(Debug)]
pub enum Received {
    /// 100 or 102 to 199. The final response is still to come.
    Interim(ResponseHead),
    /// The final response. `Data` and `End` follow only if its body does.
    Head(ResponseHead),
    /// A piece of the body.
    Data(Bytes),
    /// The end of the body.
    End(Option<Trailers>),
    /// 101 to the protocol that was offered. From here on the bytes belong to that protocol.
    Switched(ResponseHead),
}

/// What the caller does now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// Go on sending or receiving.
    Busy,
    /// Put the connection back; it and its response are whole, and nothing else came.
    Reusable,
    /// Close the socket.
    Close,
    /// Both sides now speak something else; what is in `input` is its first bytes.
    Tunnel,
}

#[derive(Debug)]
enum Reading {
    Idle,
    Head(ResponseReader),
    Body(BodyReader),
    Complete,
    Tunnel,
    Poisoned,
}

#[derive(Debug, PartialEq, Eq)]
enum Writing {
    Nothing,
    Body(BodyWriter),
    Done,
}

impl Connection {
    /// A connection on which nothing has happened, to an upstream with these exceptions.
    pub fn new(limits: Arc<Limits>, laxities: Laxities) -> Self {
        Self {
            limits,
            laxities,
            reading: Reading::Idle,
            writing: Writing::Nothing,
            answer_to: AnswerTo::Other,
            offered: None,
            interim_responses: 0,
            persistent: true,
            response_begun: false,
            requests: 0,
        }
    }

    /// The next request is the last on this connection, and says so.
    pub fn stop(&mut self) {
        self.persistent = false;
    }

    /// Writes a request's head. `data` and `end` follow, also where there is no body.
    ///
    /// `input` is what has been read from the upstream: anything in it came before the request and can't be its
    /// answer, so the connection is given up.
    pub fn request<O: Output>(
        &mut self,
        request: &OutgoingRequest<'_>,
        input: &BytesMut,
        out: &mut O,
    ) -> Result<(), SendFault> {
        if !input.is_empty() {
            self.poison();
        }
        if !matches!(self.reading, Reading::Idle) {
            return Err(SendFault::NotReusable);
        }
        let (declared, writer) = frame(request)?;
        write_head::request(request, declared, self.persistent, out)?;
        self.requests = self.requests.saturating_add(1);
        self.answer_to = match *request.method {
            Method::HEAD => AnswerTo::Head,
            _ => AnswerTo::Other,
        };
        self.offered = request.upgrade.cloned();
        self.reading = Reading::Head(ResponseReader::default());
        self.writing = Writing::Body(writer);
        Ok(())
    }

    /// Writes a piece of the request's body.
    pub fn data<O: Output>(&mut self, data: Bytes, out: &mut O) -> Result<(), SendFault> {
        let Writing::Body(writer) = &mut self.writing else { return Err(SendFault::OutOfTurn) };
        writer.data(data, out).inspect_err(|_| self.poison())
    }

    /// Ends the request. Trailers are those that the route permits.
    pub fn end<O: Output>(
        &mut self,
        trailers: Option<&HeaderMap>,
        out: &mut O,
    ) -> Result<(), SendFault> {
        let Writing::Body(writer) = &mut self.writing else { return Err(SendFault::OutOfTurn) };
        writer.end(trailers, out).inspect_err(|_| self.poison())?;
        self.writing = Writing::Done;
        Ok(())
    }

    /// Takes from the front of `input` what the connection is ready for; call until it returns `None`.
    pub fn receive(&mut self, input: &mut BytesMut) -> Result<Option<Received>, Refusal> {
        self.response_begun |= !input.is_empty() && matches!(self.reading, Reading::Head(_));
        let received = match &mut self.reading {
            Reading::Head(reader) => {
                match reader.read(input, self.answer_to, &self.limits, self.laxities) {
                    Ok(Some(head)) => self.take_head(head).map(Some),
                    Ok(None) => Ok(None),
                    Err(refusal) => Err(refusal),
                }
            }
            Reading::Body(reader) => {
                reader.read(input, &self.limits).map(|piece| piece.map(|piece| self.take(piece)))
            }
            Reading::Idle if !input.is_empty() => Err(Refusal::BytesOnIdleConnection),
            Reading::Complete if !input.is_empty() => Err(Refusal::BytesAfterResponse),
            Reading::Poisoned => {
                input.clear();
                Ok(None)
            }
            Reading::Idle | Reading::Complete | Reading::Tunnel => Ok(None),
        };
        received.inspect_err(|_| self.poison())
    }

    /// The upstream has closed: the end of a body that lasts until then, an error within any other message.
    pub fn receive_eof(&mut self) -> Result<Option<Received>, Refusal> {
        self.persistent = false;
        let received = match &mut self.reading {
            Reading::Head(_) if self.response_begun => Err(Refusal::TruncatedHead),
            Reading::Head(_) => Err(Refusal::ClosedBeforeResponse),
            Reading::Body(reader) => reader.read_eof().map(|piece| Some(self.take(piece))),
            Reading::Idle | Reading::Complete | Reading::Tunnel | Reading::Poisoned => Ok(None),
        };
        received.inspect_err(|_| self.poison())
    }

    /// Whether any byte of a response to the present request has come; after that it is never retried (LM8).
    pub fn response_begun(&self) -> bool {
        self.response_begun
    }

    /// Bytes of the present body so far, for its rate.
    pub fn body_bytes(&self) -> u64 {
        match &self.reading {
            Reading::Body(reader) => reader.received(),
            _ => 0,
        }
    }

    /// What to do now. Call after each `receive` that returned `None`.
    pub fn next(&mut self, input: &BytesMut) -> Next {
        match self.reading {
            Reading::Tunnel => Next::Tunnel,
            Reading::Poisoned => Next::Close,
            Reading::Idle if self.persistent && input.is_empty() => Next::Reusable,
            // An answer to half a request leaves the upstream waiting for the other half.
            Reading::Complete
                if self.persistent && self.writing == Writing::Done && input.is_empty() =>
            {
                self.reading = Reading::Idle;
                self.writing = Writing::Nothing;
                self.offered = None;
                self.interim_responses = 0;
                self.response_begun = false;
                Next::Reusable
            }
            Reading::Idle | Reading::Complete => {
                self.poison();
                Next::Close
            }
            Reading::Head(_) | Reading::Body(_) => Next::Busy,
        }
    }

    /// What the connection waits for; `output_pending` if not all that was written has been taken by the upstream.
    pub fn waits(&self, output_pending: bool) -> Waits {
        let first = match self.reading {
            Reading::Idle => Wait::Idle,
            Reading::Head(_) if matches!(self.writing, Writing::Body(_)) => Wait::Answer,
            Reading::Head(_) => Wait::Head,
            Reading::Body(_) => Wait::Body,
            Reading::Tunnel => Wait::Tunnel,
            Reading::Complete | Reading::Poisoned => Wait::Linger,
        };
        Waits::new(self.requests, first, false, output_pending)
    }

    fn take_head(&mut self, head: ResponseHead) -> Result<Received, Refusal> {
        if head.status == StatusCode::SWITCHING_PROTOCOLS {
            self.check_switch(&head)?;
            self.reading = Reading::Tunnel;
            return Ok(Received::Switched(head));
        }
        if head.status.is_informational() {
            self.interim_responses = self.interim_responses.saturating_add(1);
            return match self.interim_responses <= self.limits.interim_responses_max {
                true => Ok(Received::Interim(head)),
                false => Err(Refusal::TooManyInterimResponses),
            };
        }
        self.persistent &= head.persistent;
        self.reading = match head.body_follows {
            true => Reading::Body(BodyReader::new(head.body, u64::MAX)?),
            false => Reading::Complete,
        };
        Ok(Received::Head(head))
    }

    /// A tunnel begins only with the one protocol that was offered, named once, and with the request all sent (FR5).
    fn check_switch(&self, head: &ResponseHead) -> Result<(), Refusal> {
        let offered = self.offered.as_ref().ok_or(Refusal::UnsolicitedSwitch)?;
        if self.writing != Writing::Done {
            return Err(Refusal::UnsolicitedSwitch);
        }
        let mut named = head.fields.get_all(header::UPGRADE).iter().flat_map(options::members);
        let matches =
            named.next().is_some_and(|name| name.eq_ignore_ascii_case(offered.as_bytes()));
        let connection = head.fields.get_all(header::CONNECTION).iter();
        if !matches || named.next().is_some() || !ConnectionOptions::of(connection)?.upgrade {
            return Err(Refusal::SwitchToOtherProtocol);
        }
        Ok(())
    }

    fn take(&mut self, piece: BodyPiece) -> Received {
        match piece {
            BodyPiece::Data(data) => Received::Data(data),
            BodyPiece::End(trailers) => {
                self.reading = Reading::Complete;
                Received::End(trailers)
            }
        }
    }

    fn poison(&mut self) {
        self.reading = Reading::Poisoned;
        self.persistent = false;
    }
}

/// How the request's body goes to the upstream (RFC 9112 §6.3).
fn frame(request: &OutgoingRequest<'_>) -> Result<(Declared, BodyWriter), SendFault> {
    Ok(match request.body {
        // These methods expect content, so its absence is said (RFC 9110 §8.6).
        BodyLength::Absent
            if [Method::POST, Method::PUT, Method::PATCH].contains(request.method) =>
        {
            (Declared::Length(0), BodyWriter::Known { left: 0 })
        }
        BodyLength::Absent => (Declared::Nothing, BodyWriter::Known { left: 0 }),
        BodyLength::Known(left) => (Declared::Length(left), BodyWriter::Known { left }),
        BodyLength::Chunked => (Declared::Chunked, BodyWriter::Chunked),
        BodyLength::UntilClose => return Err(SendFault::UnboundedRequestBody),
    })
}
