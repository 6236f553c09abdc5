//! From a head to the end of its answer: the order, the body and the socket, polled in turn.

use super::{
    Caller, Gone,
    body::{self, Piece},
    head::serve,
};
use crate::transport::{READ_BYTES, Socket};
use http::{HeaderMap, Method, Response, StatusCode, Version, header};
use http_body::Body as _;
use portcullis_core::{
    body::{Body, BodyError},
    limits, reasons,
};
use portcullis_wire::{
    deadline::Wait, framing::BodyLength, request::RequestHead, server::connection::Received,
    write_head::OutgoingResponse,
};
use std::{
    future::poll_fn,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

impl<S: Socket> Caller<S> {
    /// Serves a request and sends its answer. Dropping this future cancels the request.
    pub(super) async fn exchange(&mut self, head: RequestHead) -> Result<(), Gone> {
        let (body, feed) = body::body(head.body);
        self.feed = feed;
        self.version = head.version;
        let head_only = head.method == Method::HEAD;
        // In a box, so that a connection without a request is small.
        let facts = Arc::clone(&self.facts);
        let mut serving = Box::pin(serve(self.shared.clone(), facts, head, body));
        let answer = poll_fn(|context| self.poll_serving(context, serving.as_mut())).await?;
        drop(serving);
        // Whoever went away in the middle of a body is recorded, not answered.
        if self.cut && answer.status() == reasons::CALLER_GONE.status() {
            return Err(Gone);
        }
        self.send(answer, head_only).await
    }

    fn poll_serving(
        &mut self,
        context: &mut Context<'_>,
        mut serving: Pin<&mut impl Future<Output = Response<Body>>>,
    ) -> Poll<Result<Response<Body>, Gone>> {
        loop {
            if let Poll::Ready(answer) = serving.as_mut().poll(context) {
                return Poll::Ready(Ok(answer));
            }
            if self.poll_request(context)? {
                continue;
            }
            // This can only be `100 Continue`.
            if let Poll::Ready(Err(_)) = self.transport.poll_flush(context) {
                return Poll::Ready(Err(Gone));
            }
            if !self.poll_late(context)? {
                return Poll::Pending;
            }
        }
    }

    /// Writes an answer, while the request's body may still come.
    pub(super) async fn send(
        &mut self,
        answer: Response<Body>,
        head_only: bool,
    ) -> Result<(), Gone> {
        if *self.draining.borrow() {
            self.wire.stop();
        }
        let (parts, body) = answer.into_parts();
        let length = length(parts.status, &parts.headers, &body, head_only);
        let response =
            OutgoingResponse { status: parts.status, fields: &parts.headers, body: length };
        if self.wire.respond(&response, &mut self.transport.out).is_err() {
            // A field that has no single reading: better no answer than that one.
            self.wire.abort();
            return Ok(());
        }
        let mut body = Some(body);
        poll_fn(|context| self.poll_sending(context, &mut body)).await?;
        self.feed = None;
        Ok(())
    }

    fn poll_sending(
        &mut self,
        context: &mut Context<'_>,
        body: &mut Option<Body>,
    ) -> Poll<Result<(), Gone>> {
        loop {
            let more = self.fill(context, body);
            let mut moved = self.poll_request(context)?;
            match self.transport.poll_flush(context) {
                Poll::Ready(Ok(())) if body.is_none() => return Poll::Ready(Ok(())),
                Poll::Ready(Ok(())) => moved |= more,
                Poll::Ready(Err(_)) => return Poll::Ready(Err(Gone)),
                Poll::Pending => {}
            }
            if !moved && !self.poll_late(context)? {
                return Poll::Pending;
            }
        }
    }

    /// Takes of the answer's body what there is room for; whether there may be more at once.
    fn fill(&mut self, context: &mut Context<'_>, body: &mut Option<Body>) -> bool {
        while !self.transport.out.is_full() {
            let Some(present) = body else { return false };
            let out = &mut self.transport.out;
            let written = match Pin::new(present).poll_frame(context) {
                Poll::Pending => return false,
                // Trailers are dropped: no route permits any by name yet.
                Poll::Ready(Some(Ok(frame))) => match frame.into_data() {
                    Ok(data) => self.wire.data(data, out).map_err(|_| BodyError::Broken),
                    Err(_) => Ok(()),
                },
                Poll::Ready(Some(Err(error))) => Err(error),
                Poll::Ready(None) => {
                    let ended = self.wire.end(None, out).map_err(|_| BodyError::Broken);
                    *body = None;
                    ended
                }
            };
            if written.is_err() {
                self.break_off();
                *body = None;
            }
        }
        true
    }

    /// The answer cannot be finished, and the caller must see that.
    fn break_off(&mut self) {
        self.wire.abort();
        if self.version == Version::HTTP_10 {
            // It may know the end of the body by the end of the connection only.
            self.transport.socket.reset_on_close();
        }
    }

    /// Brings the request's body on, if somebody waits for it; whether anything came of that.
    fn poll_request(&mut self, context: &mut Context<'_>) -> Result<bool, Gone> {
        let Some(feed) = &self.feed else { return self.poll_ahead(context) };
        if !feed.is_wanted(context) {
            return Ok(false);
        }
        let wanted = self.wire.want_body(limits::BODY_BYTES_MAX, &mut self.transport.out);
        let mut piece = wanted.err().map(|refusal| Piece::Fault(body::error(refusal)));
        while piece.is_none() {
            piece = match self.wire.receive(&mut self.input) {
                Ok(Some(Received::Data(data))) => Some(Piece::Data(data)),
                Ok(Some(Received::End(_))) => Some(Piece::End),
                Ok(Some(Received::Head(_))) => return Err(Gone),
                Err(refusal) => Some(Piece::Fault(body::error(refusal))),
                Ok(None) => None,
            };
            if piece.is_some() {
                break;
            }
            match self.transport.poll_read(context, &mut self.input) {
                Poll::Pending => return Ok(false),
                Poll::Ready(Err(_)) => return Err(Gone),
                Poll::Ready(Ok(0)) => {
                    self.ended = true;
                    let cut = self.wire.receive_eof(&self.input).err();
                    self.cut = cut.is_some();
                    piece = cut.map(|refusal| Piece::Fault(body::error(refusal)));
                }
                Poll::Ready(Ok(_)) => {}
            }
        }
        if let Some(piece) = piece {
            let last = !matches!(piece, Piece::Data(_));
            feed.put(piece);
            if last {
                self.feed = None;
            }
        }
        Ok(true)
    }

    /// Reads a little ahead of the answer: a reset shows there, and cancels the request.
    fn poll_ahead(&mut self, context: &mut Context<'_>) -> Result<bool, Gone> {
        while !self.ended && self.input.len() < READ_BYTES {
            match self.transport.poll_read(context, &mut self.input) {
                Poll::Pending => break,
                Poll::Ready(Err(_)) => return Err(Gone),
                // Whoever sends no more may still read. The engine hears of it when it needs more: what
                // came before the end is a request like any other.
                Poll::Ready(Ok(0)) => self.ended = true,
                Poll::Ready(Ok(_)) => {}
            }
        }
        Ok(false)
    }

    /// Looks at the timer: whether a body that came too slowly was given up.
    fn poll_late(&mut self, context: &mut Context<'_>) -> Result<bool, Gone> {
        match self.poll_overdue(context) {
            Poll::Pending => Ok(false),
            Poll::Ready(Wait::Body) => {
                self.wire.overdue();
                if let Some(feed) = self.feed.take() {
                    feed.put(Piece::Fault(BodyError::TimedOut));
                }
                Ok(true)
            }
            Poll::Ready(_) => Err(Gone),
        }
    }
}

/// How long the body of an answer is, or would have been had it been sent.
fn length(status: StatusCode, fields: &HeaderMap, body: &Body, head_only: bool) -> BodyLength {
    if status == StatusCode::NO_CONTENT {
        return BodyLength::Absent;
    }
    if head_only || status == StatusCode::NOT_MODIFIED {
        let declared = fields.get(header::CONTENT_LENGTH).and_then(|field| field.to_str().ok());
        let bytes = declared.and_then(|text| text.parse().ok());
        return bytes.map_or(BodyLength::Absent, BodyLength::Known);
    }
    match body.size_hint().exact() {
        Some(bytes) => BodyLength::Known(bytes),
        None => BodyLength::Chunked,
    }
}
