//! One request and its answer on one connection, read and written by our own engine.
//!
//! The request's body goes out while the answer is waited for, and goes on doing so while an early answer
//! comes in: both in the task of the request, so that either end slows the other down.

use crate::transport::{self, Socket, Transport};
use bytes::{Bytes, BytesMut};
use http::{Response, uri};
use http_body::{Body as _, Frame, SizeHint};
use portcullis_core::{
    access::Authorized,
    body::{Body, BodyError},
    ports::upstream::{Call, Fault},
};
use portcullis_wire::{
    client::connection::{Connection, Received},
    fault::SendFault,
    framing::BodyLength,
    limits::Laxities,
    refusal::Refusal,
    response::ResponseHead,
    write_head::OutgoingRequest,
};
use std::{
    future::poll_fn,
    pin::Pin,
    task::{Context, Poll, ready},
};

/// What every upstream is allowed although it is loose, until the config can name exceptions for one.
///
/// A body that ends with its connection is how HTTP/1.0 servers answer, and a status line without a reason
/// is what some frameworks write: neither can be read in two ways. A length that is written twice is not
/// on the list: whatever adds a second one to an answer will some day add another one.
const LAXITIES: Laxities = Laxities {
    identical_repeated_content_length: false,
    missing_reason_phrase: true,
    close_delimited_body: true,
};

/// Sends a request and waits for the head of its answer.
pub(super) async fn call<S: Socket + 'static>(
    socket: S,
    permit: &Authorized,
    call: Call,
) -> Result<Response<Body>, Fault> {
    let mut exchange = Exchange::begin(socket, permit, call)?;
    let head = poll_fn(|context| exchange.poll_head(context)).await?;
    let mut answer = Response::new(Body::Empty);
    *answer.status_mut() = head.status;
    *answer.headers_mut() = head.fields;
    if head.body_follows {
        let left = match head.body {
            BodyLength::Known(bytes) => Some(bytes),
            _ => None,
        };
        *answer.body_mut() = Body::stream(Answer { exchange, left, ended: false });
    }
    Ok(answer)
}

/// A request on its way, and its answer.
struct Exchange<S> {
    wire: Connection,
    transport: Transport<S>,
    input: BytesMut,
    /// What is still to be sent. `None` once it has ended, or once the upstream takes no more.
    body: Option<Body>,
}

impl<S: Socket> Exchange<S> {
    /// Writes the head. Its target is what was authorised, and nothing else.
    fn begin(socket: S, permit: &Authorized, call: Call) -> Result<Self, Fault> {
        let target = permit.target();
        let path_and_query = uri::PathAndQuery::from_maybe_shared(target.path_and_query());
        let authority = uri::Authority::from_maybe_shared(target.authority.to_string());
        let request = OutgoingRequest {
            method: &target.method,
            target: &path_and_query.map_err(|_| Fault::Malformed)?,
            authority: &authority.map_err(|_| Fault::Malformed)?,
            fields: &call.headers,
            body: length(&call.body),
            upgrade: None,
            accepts_trailers: false,
        };
        let mut wire = Connection::new(transport::limits(), LAXITIES);
        wire.stop();
        let (mut transport, input) = (Transport::new(socket), BytesMut::new());
        wire.request(&request, &input, &mut transport.out).map_err(|_| Fault::Malformed)?;
        Ok(Self { wire, transport, input, body: Some(call.body) })
    }

    fn poll_head(&mut self, context: &mut Context<'_>) -> Poll<Result<ResponseHead, Fault>> {
        self.send(context).map_err(Fault::CallerBody)?;
        loop {
            match ready!(self.poll_receive(context)).map_err(fault)? {
                // An interim answer says nothing that our caller needs.
                Some(Received::Interim(_)) => {}
                Some(Received::Head(head)) => return Poll::Ready(Ok(head)),
                // No switch was offered, and nothing comes before a head.
                _ => return Poll::Ready(Err(Fault::Malformed)),
            }
        }
    }

    /// Sends what can be sent now. An upstream that takes no more may have answered: that is seen by
    /// reading, so only a body that fails is an error.
    fn send(&mut self, context: &mut Context<'_>) -> Result<(), BodyError> {
        loop {
            let full = self.fill(context)?;
            match self.transport.poll_flush(context) {
                Poll::Ready(Ok(())) if full => {}
                Poll::Ready(Ok(())) | Poll::Pending => return Ok(()),
                Poll::Ready(Err(_)) => {
                    self.body = None;
                    self.transport.out = transport::Queue::default();
                    return Ok(());
                }
            }
        }
    }

    /// Takes of the body what there is room for; whether there may be more at once.
    fn fill(&mut self, context: &mut Context<'_>) -> Result<bool, BodyError> {
        while !self.transport.out.is_full() {
            let Some(body) = &mut self.body else { return Ok(false) };
            let out = &mut self.transport.out;
            match Pin::new(body).poll_frame(context) {
                Poll::Pending => return Ok(false),
                // Trailers are dropped: no route permits any by name yet.
                Poll::Ready(Some(Ok(frame))) => {
                    if let Ok(data) = frame.into_data() {
                        self.wire.data(data, out).map_err(broken)?;
                    }
                }
                Poll::Ready(Some(Err(error))) => return Err(error),
                Poll::Ready(None) => {
                    self.body = None;
                    self.wire.end(None, out).map_err(broken)?;
                }
            }
        }
        Ok(true)
    }

    fn poll_receive(
        &mut self,
        context: &mut Context<'_>,
    ) -> Poll<Result<Option<Received>, Trouble>> {
        loop {
            if let Some(received) = self.wire.receive(&mut self.input).map_err(Trouble::Refused)? {
                return Poll::Ready(Ok(Some(received)));
            }
            let read = ready!(self.transport.poll_read(context, &mut self.input));
            if read.map_err(|_| Trouble::Lost)? == 0 {
                return Poll::Ready(self.wire.receive_eof().map_err(Trouble::Refused));
            }
        }
    }
}

/// Why an answer does not come.
enum Trouble {
    Refused(Refusal),
    Lost,
}

fn fault(trouble: Trouble) -> Fault {
    match trouble {
        Trouble::Refused(Refusal::ClosedBeforeResponse) | Trouble::Lost => Fault::Unreachable,
        Trouble::Refused(_) => Fault::Malformed,
    }
}

/// A body that is not as long as it said. Steps and the engine both keep that, so this does not happen.
fn broken(_: SendFault) -> BodyError {
    BodyError::Broken
}

/// How the body goes out.
fn length(body: &Body) -> BodyLength {
    match body.size_hint().exact() {
        Some(0) => BodyLength::Absent,
        Some(bytes) => BodyLength::Known(bytes),
        None => BodyLength::Chunked,
    }
}

/// The body of an answer as it comes, with the connection that it comes on.
struct Answer<S> {
    exchange: Exchange<S>,
    left: Option<u64>,
    ended: bool,
}

impl<S: Socket> http_body::Body for Answer<S> {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let this = &mut *self;
        if this.ended {
            return Poll::Ready(None);
        }
        if let Err(error) = this.exchange.send(context) {
            this.ended = true;
            return Poll::Ready(Some(Err(error)));
        }
        match ready!(this.exchange.poll_receive(context)) {
            Ok(Some(Received::Data(data))) => {
                let bytes = data.len() as u64;
                this.left = this.left.map(|left| left.saturating_sub(bytes));
                Poll::Ready(Some(Ok(Frame::data(data))))
            }
            Ok(Some(Received::End(_))) => {
                this.ended = true;
                Poll::Ready(None)
            }
            Ok(_) | Err(_) => {
                this.ended = true;
                Poll::Ready(Some(Err(BodyError::Broken)))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.ended
    }

    fn size_hint(&self) -> SizeHint {
        self.left.map_or_else(SizeHint::default, SizeHint::with_exact)
    }
}
