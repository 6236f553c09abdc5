//! What every answer gets, and where its record is closed.

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method, Response, header};
use http_body::{Body as _, Frame, SizeHint};
use portcullis_core::{
    body::{Body, BodyError},
    exchange::Exchange,
    hygiene,
    permits::Permits,
    ports::Pending,
    record::{End, OpenRecord, RequestId},
    step::Ground,
    stop::Stop,
};
use portcullis_policies::{blueprint::Blueprint, pipeline};
use std::{
    pin::Pin,
    task::{Context, Poll, ready},
};

/// Makes an answer whole: fields of the order's last stage, the request's id, no hop-by-hop fields.
/// The record and everything the request holds travel with the body.
pub(crate) async fn finish(
    mut x: Exchange,
    blueprint: &Blueprint,
    refusal: Option<Ground>,
    deadline: Pending<'static, ()>,
) -> Response<Body> {
    // A step here only adds fields to an answer that is decided; one that fails changes nothing.
    let _ = pipeline::finish(&mut x, blueprint).await;
    let answer = x.answer.take().unwrap_or_default();
    let (mut parts, mut body) = answer.into_parts();
    parts.headers = hygiene::end_to_end(&parts.headers);
    if let Some(id) = x.id().and_then(|id| HeaderValue::try_from(id.to_string()).ok()) {
        parts.headers.insert(HeaderName::from_static("x-request-id"), id);
    }
    if asked_for_head_only(&x) {
        if let Some(bytes) = body.size_hint().exact().filter(|bytes| *bytes > 0) {
            parts.headers.entry(header::CONTENT_LENGTH).or_insert(HeaderValue::from(bytes));
        }
        body = Body::Empty;
    }
    let status = parts.status.as_u16();
    let end = match refusal {
        Some(ground) => End::Refused(status, ground),
        None => End::Answered(status),
    };
    let (record, permits) = (x.record, x.permits);
    let body = Body::stream(Tracked { body, deadline, end, record, _permits: permits });
    Response::from_parts(parts, body)
}

fn asked_for_head_only(x: &Exchange) -> bool {
    x.request.as_deref().is_some_and(|request| request.target().method == Method::HEAD)
}

/// A refusal as a problem document (RFC 9457). It says what the caller may know: the reason's title
/// and code, and the id under which the operator finds the rest.
pub(crate) fn problem(stop: &Stop, id: Option<RequestId>) -> Response<Body> {
    let reason = stop.ground.reason;
    let document = serde_json::json!({
        "type": format!("urn:portcullis:reason:{}", reason.code),
        "title": reason.title,
        "status": stop.status().as_u16(),
        "reason": reason.code,
        "request_id": id.map(|id| id.to_string()),
    });
    let mut answer = Response::new(Body::from(Bytes::from(format!("{document}\n"))));
    *answer.status_mut() = stop.status();
    answer.headers_mut().extend(stop.headers.clone());
    let problem_json = HeaderValue::from_static("application/problem+json");
    answer.headers_mut().insert(header::CONTENT_TYPE, problem_json);
    answer.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    answer
}

/// The body of an answer, with what ends when it ends.
struct Tracked {
    body: Body,
    deadline: Pending<'static, ()>,
    end: End,
    record: OpenRecord,
    _permits: Permits,
}

impl http_body::Body for Tracked {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let this = &mut *self;
        if this.deadline.as_mut().poll(context).is_ready() {
            return Poll::Ready(Some(Err(this.cut(BodyError::TimedOut))));
        }
        match ready!(Pin::new(&mut this.body).poll_frame(context)) {
            Some(Ok(frame)) => {
                let bytes = frame.data_ref().map_or(0, |data| data.len() as u64);
                this.record.update(|record| record.answer_bytes += bytes);
                Poll::Ready(Some(Ok(frame)))
            }
            Some(Err(error)) => Poll::Ready(Some(Err(this.cut(error)))),
            None => {
                this.close();
                Poll::Ready(None)
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Tracked {
    fn cut(&mut self, error: BodyError) -> BodyError {
        self.body = Body::Empty;
        self.note_cut();
        error
    }

    /// A refusal stays one, however much of its document went out.
    fn note_cut(&mut self) {
        if let End::Answered(status) = self.end {
            self.end = End::Cut(status);
        }
    }

    fn close(&mut self) {
        let end = self.end;
        self.record.update(|record| record.end = end);
        self.record.close();
    }
}

impl Drop for Tracked {
    /// A body that is dropped before its end was cut; one that had nothing more to say was not.
    fn drop(&mut self) {
        if !self.body.is_end_stream() {
            self.note_cut();
        }
        self.close();
    }
}
