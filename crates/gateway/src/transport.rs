//! Bytes to and from a socket: what waits to be written, and reads that hold no memory while nothing comes.
//!
//! Both sides use this: the connection of a caller and that to an upstream.

use bytes::{Bytes, BytesMut};
use portcullis_core::limits;
use portcullis_wire::{limits::Limits, output::Output};
use std::{
    collections::VecDeque,
    io::{self, IoSlice},
    mem::MaybeUninit,
    pin::{Pin, pin},
    sync::{Arc, LazyLock},
    task::{Context, Poll, ready},
    time::Duration,
};
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, DuplexStream, ReadBuf},
    net::TcpStream,
};

/// What is read at once of a head, and of anything else that may be small or not come.
pub(crate) const READ_BYTES: usize = 8 * 1024;
/// What is read at once where more than that came before.
const READ_MUCH_BYTES: usize = 32 * 1024;
/// Output beyond which no more of a body is asked for.
const QUEUE_BYTES: usize = 64 * 1024;
/// Pieces up to this size are copied behind what stands before them: cheaper than one more part in a write.
const COPIED_BYTES: usize = 2 * 1024;
/// Parts of one vectored write.
const SLICES: usize = 16;

/// The limits of the data plane, as the engine counts them. One value for all connections.
pub(crate) fn limits() -> Arc<Limits> {
    static LIMITS: LazyLock<Arc<Limits>> = LazyLock::new(|| {
        Arc::new(Limits {
            head_bytes_max: limits::HEAD_BYTES_MAX,
            fields_max: limits::HEAD_FIELDS_MAX,
            line_bytes_max: limits::LINE_BYTES_MAX,
            drain_bytes_max: limits::DRAIN_BYTES_MAX,
            linger_bytes_max: limits::LINGER_BYTES_MAX,
            ..Limits::default()
        })
    });
    Arc::clone(&LIMITS)
}

/// A stream of bytes in both directions.
pub trait Socket: AsyncRead + AsyncWrite + Unpin + Send {
    /// Makes the coming close a reset, for a peer to which an ordinary end would mean that all has come.
    fn reset_on_close(&self);
}

impl Socket for TcpStream {
    fn reset_on_close(&self) {
        // If it fails the peer sees an ordinary end, as it would have without this.
        let _ = socket2::SockRef::from(self).set_linger(Some(Duration::ZERO));
    }
}

impl Socket for DuplexStream {
    fn reset_on_close(&self) {}
}

/// A socket with what waits to be written to it.
pub(crate) struct Transport<S> {
    pub(crate) socket: S,
    pub(crate) out: Queue,
    /// Bytes written so far.
    pub(crate) written: u64,
    /// The last read was full.
    much: bool,
}

impl<S: Socket> Transport<S> {
    pub(crate) fn new(socket: S) -> Self {
        Self { socket, out: Queue::default(), written: 0, much: false }
    }

    /// Reads what has come. Memory is taken once something has come, and no more than came, so whoever
    /// waits holds none; only where much came is more read at once, into memory taken before.
    pub(crate) fn poll_read(
        &mut self,
        context: &mut Context<'_>,
        input: &mut BytesMut,
    ) -> Poll<io::Result<usize>> {
        if self.much {
            return self.poll_read_much(context, input);
        }
        let mut space = [MaybeUninit::uninit(); READ_BYTES];
        let mut read = ReadBuf::uninit(&mut space);
        ready!(Pin::new(&mut self.socket).poll_read(context, &mut read))?;
        self.much = read.remaining() == 0;
        input.extend_from_slice(read.filled());
        Poll::Ready(Ok(read.filled().len()))
    }

    fn poll_read_much(
        &mut self,
        context: &mut Context<'_>,
        input: &mut BytesMut,
    ) -> Poll<io::Result<usize>> {
        // What is left of the last read's memory is used up first: pieces of it may wait to be written.
        if input.capacity() - input.len() < READ_BYTES {
            input.reserve(READ_MUCH_BYTES);
        }
        let read = pin!(self.socket.read_buf(input)).poll(context);
        self.much = matches!(read, Poll::Ready(Ok(count)) if count >= READ_BYTES);
        if !self.much && input.is_empty() {
            *input = BytesMut::new();
        }
        read
    }

    /// Writes what waits, as far as the peer takes it; ready when nothing waits.
    pub(crate) fn poll_flush(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.out.is_empty() {
            let mut slices = [IoSlice::new(&[]); SLICES];
            let count = self.out.slices(&mut slices);
            let slices = slices.get(..count).unwrap_or_default();
            let socket = Pin::new(&mut self.socket);
            let taken = match slices {
                [one] => ready!(socket.poll_write(context, one))?,
                many => ready!(socket.poll_write_vectored(context, many))?,
            };
            if taken == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.written = self.written.saturating_add(taken as u64);
            self.out.advance(taken);
        }
        Poll::Ready(Ok(()))
    }

    /// Says that nothing more comes from here.
    pub(crate) fn poll_shutdown(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_shutdown(context)
    }
}

/// Bytes that wait to be written, in order: heads and framing in one buffer, large pieces of bodies as
/// they were read.
#[derive(Default)]
pub(crate) struct Queue {
    whole: VecDeque<Bytes>,
    last: BytesMut,
    bytes: usize,
}

impl Queue {
    pub(crate) fn is_empty(&self) -> bool {
        self.bytes == 0
    }

    /// Whether enough waits that nothing should be added.
    pub(crate) fn is_full(&self) -> bool {
        self.bytes >= QUEUE_BYTES
    }

    /// Gives the memory back.
    pub(crate) fn release(&mut self) {
        if self.is_empty() {
            *self = Self::default();
        }
    }

    fn slices<'a>(&'a self, into: &mut [IoSlice<'a>; SLICES]) -> usize {
        let parts = self.whole.iter().map(AsRef::as_ref).chain([self.last.as_ref()]);
        let parts = parts.filter(|part: &&[u8]| !part.is_empty());
        let mut count = 0;
        for (slot, part) in into.iter_mut().zip(parts) {
            *slot = IoSlice::new(part);
            count += 1;
        }
        count
    }

    fn advance(&mut self, mut taken: usize) {
        self.bytes = self.bytes.saturating_sub(taken);
        while let Some(first) = self.whole.front_mut() {
            if taken < first.len() {
                return bytes::Buf::advance(first, taken);
            }
            taken -= first.len();
            self.whole.pop_front();
        }
        let taken = taken.min(self.last.len());
        bytes::Buf::advance(&mut self.last, taken);
    }
}

impl Output for Queue {
    fn framing(&mut self, bytes: &[u8]) {
        if self.last.capacity() == 0 {
            self.last.reserve(512); // what most heads take
        }
        self.last.extend_from_slice(bytes);
        self.bytes += bytes.len();
    }

    fn data(&mut self, data: Bytes) {
        if data.len() <= COPIED_BYTES {
            return self.framing(&data);
        }
        if !self.last.is_empty() {
            self.whole.push_back(self.last.split().freeze());
        }
        self.bytes += data.len();
        self.whole.push_back(data);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_keeps_its_order_however_it_is_taken() {
        let large = "x".repeat(COPIED_BYTES + 1);
        for step in [1, 7, 4096, usize::MAX] {
            let mut queue = Queue::default();
            queue.framing(b"head ");
            queue.data(Bytes::from(large.clone()));
            queue.data(Bytes::from_static(b" small "));
            queue.data(Bytes::from(large.clone()));
            queue.framing(b" end");
            let mut written = Vec::new();
            while !queue.is_empty() {
                let mut slices = [IoSlice::new(&[]); SLICES];
                let count = queue.slices(&mut slices);
                let all: Vec<u8> = slices[..count].iter().flat_map(|part| part.to_vec()).collect();
                let taken = step.min(all.len());
                written.extend_from_slice(&all[..taken]);
                queue.advance(taken);
            }
            assert_eq!(written, format!("head {large} small {large} end").into_bytes());
        }
    }
}
