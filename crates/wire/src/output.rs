//! Where serialised bytes go, so that body data can be passed on without being copied.

use std::fmt;

use bytes::{Bytes, BytesMut};

/// Takes what the serialiser makes, in order.
pub trait Output {
    /// Bytes of a head, of chunk framing or of a trailer section.
    fn framing(&mut self, bytes: &[u8]);

    /// Bytes of a body, as they were read. A queue for vectored writes keeps them as they are.
    fn data(&mut self, data: Bytes);
}

impl Output for BytesMut {
    fn framing(&mut self, bytes: &[u8]) {
        self.extend_from_slice(bytes);
    }

    fn data(&mut self, data: Bytes) {
        self.extend_from_slice(&data);
    }
}

impl Output for Vec<u8> {
    fn framing(&mut self, bytes: &[u8]) {
        self.extend_from_slice(bytes);
    }

    fn data(&mut self, data: Bytes) {
        self.extend_from_slice(&data);
    }
}

/// Numbers as text, without an allocation.
pub(crate) struct Text<'a, O>(pub(crate) &'a mut O);

impl<O: Output> fmt::Write for Text<'_, O> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.framing(text.as_bytes());
        Ok(())
    }
}
