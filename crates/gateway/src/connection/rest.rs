//! What comes behind an answer and that nobody wants: read and dropped, within bounds.

use super::{Caller, Gone};
use crate::transport::Socket;
use portcullis_wire::server::connection::Next;
use std::{
    future::poll_fn,
    task::{Context, Poll},
};

impl<S: Socket> Caller<S> {
    /// Drops the rest of an unwanted body, or what comes behind the last answer, until there is
    /// something else to do.
    pub(super) async fn discard(&mut self) -> Result<(), Gone> {
        poll_fn(|context| self.poll_discard(context)).await
    }

    /// Says that nothing more comes from here. A socket that is closed with bytes unread resets, and
    /// the reset can overtake the answer: so the caller's end is waited for.
    pub(super) async fn shut_down(&mut self) -> Result<(), Gone> {
        let shut = poll_fn(|context| self.transport.poll_shutdown(context)).await;
        shut.map_err(|_| Gone)
    }

    fn poll_discard(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Gone>> {
        let before = self.wire.next(&self.input);
        loop {
            if self.wire.receive(&mut self.input).is_err() {
                return Poll::Ready(Err(Gone));
            }
            let next = self.wire.next(&self.input);
            if next != before || !matches!(next, Next::Drain | Next::Linger) {
                return Poll::Ready(Ok(()));
            }
            match self.transport.poll_read(context, &mut self.input) {
                Poll::Ready(Ok(0)) => {
                    self.ended = true;
                    if self.wire.receive_eof(&self.input).is_err() {
                        return Poll::Ready(Err(Gone));
                    }
                }
                Poll::Ready(Ok(_)) => {}
                Poll::Ready(Err(_)) => return Poll::Ready(Err(Gone)),
                Poll::Pending => return self.poll_overdue(context).map(|_| Err(Gone)),
            }
        }
    }
}
