//! Bodies: empty, whole, or streaming.

use bytes::Bytes;
use http_body::{Frame, SizeHint};
use http_body_util::BodyExt as _;
use std::{
    fmt,
    pin::Pin,
    task::{Context, Poll},
};

/// The body of a request or answer.
#[derive(Default)]
pub enum Body {
    /// No body.
    #[default]
    Empty,
    /// All of it, in memory.
    Full(Bytes),
    /// Comes as it comes.
    Stream(Stream),
}

/// A body that comes as it comes.
pub type Stream = Pin<Box<dyn http_body::Body<Data = Bytes, Error = BodyError> + Send>>;

/// Why a body ended before its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BodyError {
    /// It is larger than the limit.
    TooLarge,
    /// Whoever sent it went away.
    Broken,
    /// Its framing has no single reading.
    Malformed,
    /// It did not come in time.
    TimedOut,
}

impl fmt::Display for BodyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TooLarge => "the body is larger than the limit",
            Self::Broken => "the sender of the body went away",
            Self::Malformed => "the body's framing has no single reading",
            Self::TimedOut => "the body did not come in time",
        })
    }
}

impl std::error::Error for BodyError {}

impl Body {
    /// A body that comes as it comes.
    pub fn stream<B>(body: B) -> Self
    where
        B: http_body::Body<Data = Bytes, Error = BodyError> + Send + 'static,
    {
        Self::Stream(Box::pin(body))
    }

    /// The same body without trailers, which ends with [`BodyError::TooLarge`] once it holds more
    /// than `bytes_max`.
    #[must_use]
    pub fn limited(self, bytes_max: u64) -> Self {
        match self {
            Self::Empty => Self::Empty,
            Self::Full(bytes) if bytes.len() as u64 <= bytes_max => Self::Full(bytes),
            body => Self::stream(Limited { body, left: bytes_max }),
        }
    }

    /// Reads the whole body, trailers dropped, unless it holds more than `bytes_max`.
    pub async fn read_to_limit(self, bytes_max: usize) -> Result<Bytes, BodyError> {
        let mut body = match self.limited(bytes_max as u64) {
            Self::Empty => return Ok(Bytes::new()),
            Self::Full(bytes) => return Ok(bytes),
            stream => stream,
        };
        let mut all = Vec::new();
        while let Some(frame) = body.frame().await {
            if let Ok(data) = frame?.into_data() {
                all.extend_from_slice(&data);
            }
        }
        Ok(all.into())
    }
}

impl From<Bytes> for Body {
    fn from(bytes: Bytes) -> Self {
        if bytes.is_empty() { Self::Empty } else { Self::Full(bytes) }
    }
}

impl http_body::Body for Body {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        match &mut *self {
            Self::Empty => Poll::Ready(None),
            Self::Full(bytes) => {
                let bytes = std::mem::take(bytes);
                *self = Self::Empty;
                Poll::Ready(Some(Ok(Frame::data(bytes))))
            }
            Self::Stream(stream) => stream.as_mut().poll_frame(context),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Empty => true,
            Self::Full(_) => false,
            Self::Stream(stream) => stream.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Empty => SizeHint::with_exact(0),
            Self::Full(bytes) => SizeHint::with_exact(bytes.len() as u64),
            Self::Stream(stream) => stream.size_hint(),
        }
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("Body::Empty"),
            Self::Full(bytes) => write!(f, "Body::Full({} bytes)", bytes.len()),
            Self::Stream(_) => f.write_str("Body::Stream"),
        }
    }
}

struct Limited {
    body: Body,
    left: u64,
}

impl http_body::Body for Limited {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let frame = std::task::ready!(Pin::new(&mut self.body).poll_frame(context));
        if let Some(Ok(frame)) = &frame {
            // Trailers come last; what is not forwarded need not be waited for.
            let Some(data) = frame.data_ref() else { return Poll::Ready(None) };
            let bytes = data.len() as u64;
            let Some(left) = self.left.checked_sub(bytes) else {
                self.body = Body::Empty;
                return Poll::Ready(Some(Err(BodyError::TooLarge)));
            };
            self.left = left;
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
