//! The body of a request, between whoever reads it and the connection that it comes on.
//!
//! There is room for one piece. The connection reads the next only when somebody waits for it, so a slow
//! reader slows the caller down and nothing piles up. The first wait is also what asks the caller to send.

use bytes::Bytes;
use http_body::{Frame, SizeHint};
use portcullis_core::body::{Body, BodyError};
use portcullis_wire::{framing::BodyLength, refusal::Refusal};
use std::{
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker},
};

/// A request's body, and the end that the connection feeds it from; that is `None` if there is no body.
pub(super) fn body(length: BodyLength) -> (Body, Option<Feed>) {
    let left = match length {
        BodyLength::Known(bytes) => Some(bytes),
        _ => None,
    };
    if length.is_empty() {
        return (Body::Empty, None);
    }
    let slot = Arc::new(Mutex::new(Slot::default()));
    let feed = Feed { slot: Arc::clone(&slot) };
    (Body::stream(Incoming { slot, left, ended: false }), Some(feed))
}

/// What a refused body is to whoever reads it.
pub(super) fn error(refusal: Refusal) -> BodyError {
    match refusal {
        Refusal::BodyTooLarge => BodyError::TooLarge,
        Refusal::TruncatedBody => BodyError::Broken,
        _ => BodyError::Malformed,
    }
}

/// What the connection gives to the body.
pub(super) enum Piece {
    Data(Bytes),
    End,
    Fault(BodyError),
}

#[derive(Default)]
struct Slot {
    piece: Option<Piece>,
    wanted: bool,
    reader: Option<Waker>,
    connection: Option<Waker>,
}

/// The connection's end.
pub(super) struct Feed {
    slot: Arc<Mutex<Slot>>,
}

impl Feed {
    /// Whether somebody waits for a piece. If not, the connection's task is woken when somebody does.
    pub(super) fn is_wanted(&self, context: &Context<'_>) -> bool {
        let mut slot = lock(&self.slot);
        if !slot.connection.as_ref().is_some_and(|known| known.will_wake(context.waker())) {
            slot.connection = Some(context.waker().clone());
        }
        slot.wanted && slot.piece.is_none()
    }

    /// Gives a piece to whoever waits for it.
    pub(super) fn put(&self, piece: Piece) {
        let mut slot = lock(&self.slot);
        slot.piece = Some(piece);
        slot.wanted = false;
        let reader = slot.reader.take();
        // Within one task, the connection goes on with the reader by itself.
        let same = match (&reader, &slot.connection) {
            (Some(reader), Some(connection)) => reader.will_wake(connection),
            _ => false,
        };
        drop(slot);
        if let Some(reader) = reader.filter(|_| !same) {
            reader.wake();
        }
    }
}

/// The reader's end.
struct Incoming {
    slot: Arc<Mutex<Slot>>,
    left: Option<u64>,
    ended: bool,
}

impl http_body::Body for Incoming {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        if self.ended {
            return Poll::Ready(None);
        }
        let piece = match take(&mut lock(&self.slot), context) {
            Poll::Ready(piece) => piece,
            Poll::Pending => return Poll::Pending,
        };
        match piece {
            Piece::Data(data) => {
                let bytes = data.len() as u64;
                self.left = self.left.map(|left| left.saturating_sub(bytes));
                Poll::Ready(Some(Ok(Frame::data(data))))
            }
            Piece::End => {
                self.ended = true;
                Poll::Ready(None)
            }
            Piece::Fault(error) => {
                self.ended = true;
                Poll::Ready(Some(Err(error)))
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

impl Drop for Incoming {
    /// Nobody waits any more: what the caller still sends is left where it is.
    fn drop(&mut self) {
        lock(&self.slot).wanted = false;
    }
}

fn take(slot: &mut Slot, context: &Context<'_>) -> Poll<Piece> {
    if let Some(piece) = slot.piece.take() {
        return Poll::Ready(piece);
    }
    slot.reader = Some(context.waker().clone());
    if !slot.wanted {
        slot.wanted = true;
        if let Some(connection) = &slot.connection
            && !connection.will_wake(context.waker())
        {
            connection.wake_by_ref();
        }
    }
    Poll::Pending
}

fn lock(slot: &Mutex<Slot>) -> MutexGuard<'_, Slot> {
    slot.lock().unwrap_or_else(PoisonError::into_inner)
}
