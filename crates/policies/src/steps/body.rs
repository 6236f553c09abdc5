//! How large a body may be.

use http::header;
use portcullis_core::{
    exchange::Exchange,
    limits, reasons,
    step::{Detail, Ground, Verdict},
    stop::Stop,
};

/// Refuses a body that says it is too large. One that does not say is cut while it is read.
pub fn declared_size(x: &Exchange) -> Verdict {
    let headers = x.request.as_deref().map(|request| request.headers());
    let Some(field) = headers.and_then(|headers| headers.get(header::CONTENT_LENGTH)) else {
        return Verdict::Skipped;
    };
    match field.to_str().ok().and_then(|text| text.parse::<u64>().ok()) {
        Some(bytes) if bytes <= limits::BODY_BYTES_MAX => {
            Ground::bare(&reasons::SIZE_ACCEPTED).with(Detail::Bytes(bytes)).pass()
        }
        Some(bytes) => {
            Stop::new(Ground::bare(&reasons::BODY_TOO_LARGE).with(Detail::Bytes(bytes))).into()
        }
        None => Stop::bare(&reasons::MALFORMED_HEAD).into(),
    }
}
