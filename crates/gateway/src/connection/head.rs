//! Until there is a request: its head, or why there is none.

use super::Caller;
use crate::{forward, transport::Socket};
use bytes::BytesMut;
use http::Response;
use portcullis_core::{
    body::Body,
    canonical::{RawHead, Scheme},
    facts::ConnectionFacts,
    reason::Reason,
    reasons,
    step::{Detail, Ground},
    stop::Stop,
};
use portcullis_wire::{
    deadline::Wait, refusal::Refusal, request::RequestHead, server::connection::Received,
    target::Target,
};
use std::{
    borrow::Cow,
    future::poll_fn,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

/// How long a connection without a request is kept once the gateway drains: its first may be on the way.
const UNUSED_TIME_MAX: Duration = Duration::from_millis(500);

/// What came.
pub(super) enum Came {
    /// A request.
    Request(RequestHead),
    /// Something that is none, and the answer to it.
    Refused(Stop),
    /// Nothing: the connection is over.
    Nothing,
}

impl<S: Socket> Caller<S> {
    pub(super) async fn head(&mut self) -> Came {
        poll_fn(|context| self.poll_head(context)).await
    }

    fn poll_head(&mut self, context: &mut Context<'_>) -> Poll<Came> {
        loop {
            match self.wire.receive(&mut self.input) {
                Ok(Some(Received::Head(head))) => return Poll::Ready(Came::Request(head)),
                Ok(_) => {}
                Err(refusal) => return Poll::Ready(Came::Refused(stop(refusal))),
            }
            match self.transport.poll_read(context, &mut self.input) {
                Poll::Ready(Ok(0)) => return Poll::Ready(self.end_of_input()),
                Poll::Ready(Ok(_)) => self.timer.rouse(),
                Poll::Ready(Err(_)) if self.has_begun() => {
                    return Poll::Ready(Came::Refused(Stop::bare(&reasons::CALLER_GONE)));
                }
                Poll::Ready(Err(_)) => return Poll::Ready(Came::Nothing),
                Poll::Pending => return self.poll_waiting(context),
            }
        }
    }

    /// Nothing came: memory goes, and what may end the wait is looked at.
    fn poll_waiting(&mut self, context: &mut Context<'_>) -> Poll<Came> {
        if self.input.is_empty() {
            self.input = BytesMut::new();
            self.transport.out.release();
        }
        if self.poll_leaving(context).is_ready() {
            return Poll::Ready(Came::Nothing);
        }
        self.poll_overdue(context).map(|wait| match wait {
            Wait::Head => {
                self.wire.overdue();
                Came::Refused(Stop::bare(&reasons::TOO_SLOW))
            }
            _ => Came::Nothing,
        })
    }

    fn end_of_input(&mut self) -> Came {
        self.ended = true;
        match self.wire.receive_eof(&self.input) {
            Ok(()) => Came::Nothing,
            Err(refusal) => Came::Refused(stop(refusal)),
        }
    }

    /// Ready once the gateway drains and there is no request on its way here.
    fn poll_leaving(&mut self, context: &mut Context<'_>) -> Poll<()> {
        if self.leaving.is_none() {
            std::task::ready!(self.drained.as_mut().poll(context));
            let first = self.wire.waits(&self.input, false).first;
            let grace = if first == Wait::FirstByte { UNUSED_TIME_MAX } else { Duration::ZERO };
            self.leaving = Some(Box::pin(tokio::time::sleep(grace)));
        }
        match &mut self.leaving {
            Some(leaving) => {
                let left = leaving.as_mut().poll(context);
                let begun = self.has_begun();
                if begun { Poll::Pending } else { left }
            }
            None => Poll::Pending,
        }
    }

    /// Whether a byte of a head has come.
    fn has_begun(&self) -> bool {
        self.wire.waits(&self.input, false).first == Wait::Head
    }
}

/// The request as the order takes it, with the body that will come. Nothing is decoded twice: what the
/// engine read is handed on as it was written, and the canonical form is made of it.
pub(super) async fn serve(
    shared: super::Shared,
    facts: Arc<ConnectionFacts>,
    head: RequestHead,
    body: Body,
) -> Response<Body> {
    let target = target(&head.target);
    let raw = RawHead {
        method: head.method,
        scheme: if facts.tls.is_some() { Scheme::Https } else { Scheme::Http },
        target: &target,
        authority: None,
        headers: head.fields,
    };
    let blueprint = shared.blueprint.load_full();
    forward::serve(blueprint, shared.ports, facts, raw, body).await
}

/// The target as it was sent.
fn target(target: &Target) -> Cow<'_, str> {
    let path_and_query = target.path_and_query.as_str();
    match &target.absolute {
        // A whole URL without a path, of OPTIONS: it asks for the server, as `*` does.
        Some(_) | None if target.is_asterisk() => Cow::Borrowed("*"),
        None => Cow::Borrowed(path_and_query),
        Some(url) => Cow::Owned(format!("{}://{}{path_and_query}", url.scheme, url.authority)),
    }
}

/// The answer to what was refused, and what its record says: the family as a reason, the rule as detail.
fn stop(refusal: Refusal) -> Stop {
    let detail = Detail::Case(refusal.sentence());
    Stop::new(Ground::bare(reason(refusal)).with(detail))
}

fn reason(refusal: Refusal) -> &'static Reason {
    match refusal.status().as_u16() {
        413 => return &reasons::BODY_TOO_LARGE,
        414 => return &reasons::TARGET_TOO_LONG,
        417 => return &reasons::EXPECTATION,
        431 => return &reasons::HEAD_TOO_LARGE,
        501 => return &reasons::METHOD_NOT_SERVED,
        505 => return &reasons::VERSION_NOT_SERVED,
        _ => {}
    }
    match refusal {
        Refusal::MissingHost
        | Refusal::RepeatedHost
        | Refusal::InvalidHost
        | Refusal::UserinfoInAuthority
        | Refusal::AbsoluteFormHostMismatch => &reasons::BAD_HOST,
        Refusal::ContentLengthWithTransferEncoding
        | Refusal::RepeatedContentLength
        | Refusal::ListedContentLength
        | Refusal::EmptyContentLength
        | Refusal::SignedContentLength
        | Refusal::InvalidContentLength
        | Refusal::ContentLengthLeadingZero
        | Refusal::ContentLengthOverflow
        | Refusal::RepeatedTransferEncoding
        | Refusal::TransferEncodingInHttp10
        | Refusal::EmptyTransferEncoding
        | Refusal::ChunkedTwice
        | Refusal::ChunkedNotFinal
        | Refusal::UnsupportedTransferCoding
        | Refusal::FramingFieldAlias
        | Refusal::ConnectionNamesFramingField => &reasons::AMBIGUOUS_FRAMING,
        _ => &reasons::MALFORMED_HEAD,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refused_head_is_answered_with_the_status_of_its_refusal() {
        for refusal in Refusal::ALL {
            // What only an upstream can do is no head of a caller's.
            if refusal.status() != http::StatusCode::BAD_GATEWAY {
                assert_eq!(stop(*refusal).status(), refusal.status(), "{refusal:?}");
            }
        }
    }

    #[test]
    fn a_body_that_is_refused_says_whose_fault_it_is() {
        use super::super::body;
        use portcullis_core::body::BodyError;
        assert_eq!(body::error(Refusal::TruncatedBody), BodyError::Broken);
        assert_eq!(body::error(Refusal::BodyTooLarge), BodyError::TooLarge);
        assert_eq!(body::error(Refusal::SignedChunkSize), BodyError::Malformed);
    }
}
