//! The answer.

use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode, header};
use portcullis_contract::Example;
use portcullis_core::{
    body::Body,
    source::PlaceId,
    step::{Detail, Ground, Verdict},
    stop::Stop,
};

portcullis_core::reasons! {
    /// The example of the document answered; no upstream was called.
    pass MOCKED "PC1201" "the document's example answered" => "";
    /// The operation is mocked, but its document has no example to answer with.
    refusal(501) NO_EXAMPLE "PC1202" "there is no example to answer with"
        => "give the operation's first 2xx answer an `example` in the document";
    /// An API or operation answers from examples. Callers get no real data.
    finding MOCKED_API "PC1203" "mocked api"
        => "remove `mock` once the upstream is there";
}

/// A ready answer.
#[derive(Debug)]
pub struct MockAnswer {
    answer: Option<(StatusCode, Option<HeaderValue>, Bytes)>,
    place: PlaceId,
}

impl MockAnswer {
    pub(super) fn new(example: Option<&Example>, place: PlaceId) -> Self {
        let answer = example.map(|example| {
            let content_type = example.content_type.as_deref();
            let content_type = content_type.and_then(|text| HeaderValue::from_str(text).ok());
            (example.status, content_type, Bytes::from(example.body.clone()))
        });
        Self { answer, place }
    }

    /// Answers in the upstream's place.
    pub fn answer(&self) -> Verdict {
        let Some((status, content_type, body)) = &self.answer else {
            return Stop::at(&NO_EXAMPLE, self.place).into();
        };
        let mut response = Response::new(Body::from(body.clone()));
        *response.status_mut() = *status;
        if let Some(content_type) = content_type {
            response.headers_mut().insert(header::CONTENT_TYPE, content_type.clone());
        }
        let ground = Ground::at(&MOCKED, self.place).with(Detail::Status(status.as_u16()));
        Verdict::Answered(ground, response)
    }
}
