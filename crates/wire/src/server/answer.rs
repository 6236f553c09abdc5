//! What is written to a client, in its turn and framed for its version.

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, HeaderValue, StatusCode, Version};

use super::connection::{Connection, Reading, Writing};
use crate::body::BodyReader;
use crate::fault::SendFault;
use crate::framing::{self, BodyLength};
use crate::output::Output;
use crate::refusal::Refusal;
use crate::write_body::BodyWriter;
use crate::write_head::{self, Connection as Said, Declared, OutgoingResponse};

impl Connection {
    /// Asks for the present request's body, up to `bytes_max`, and sends `100 Continue` if the client waits for it.
    ///
    /// Nothing of a body is read, and no client is told to send one, before this (RFC 9110 §10.1.1).
    pub fn want_body<O: Output>(&mut self, bytes_max: u64, out: &mut O) -> Result<(), Refusal> {
        let Reading::Unasked(length) = self.reading else { return Ok(()) };
        match BodyReader::new(length, bytes_max) {
            Ok(reader) => self.reading = Reading::Body(reader),
            Err(refusal) => {
                self.refuse();
                return Err(refusal);
            }
        }
        if self.exchange.expects_continue && self.writing == Writing::Due {
            out.framing(b"HTTP/1.1 100 Continue\r\n\r\n");
        }
        Ok(())
    }

    /// What is being read did not come in time: nothing more of the connection is read as HTTP. `respond` says so
    /// to the client, if there is anything to answer.
    pub fn overdue(&mut self) {
        self.refuse();
    }

    /// Passes on an interim response: 102 to 199. A client of HTTP/1.0 is spared it (RFC 9110 §15.2).
    pub fn interim<O: Output>(
        &mut self,
        status: StatusCode,
        fields: &HeaderMap,
        out: &mut O,
    ) -> Result<(), SendFault> {
        if !matches!(status.as_u16(), 102..=199) {
            return Err(SendFault::WrongStatusClass);
        }
        if self.writing != Writing::Due || matches!(self.reading, Reading::Refused) {
            return Err(SendFault::OutOfTurn);
        }
        if self.exchange.version == Version::HTTP_10 {
            return Ok(());
        }
        write_head::response(status, fields, Declared::Nothing, Said::KeepAlive, out)
    }

    /// Writes the head of the one final response. `data` and `end` follow, also where there is no body.
    pub fn respond<O: Output>(
        &mut self,
        response: &OutgoingResponse<'_>,
        out: &mut O,
    ) -> Result<(), SendFault> {
        if self.writing != Writing::Due {
            return Err(SendFault::OutOfTurn);
        }
        if response.status.is_informational() {
            return Err(SendFault::WrongStatusClass);
        }
        let (declared, writer) = self.frame(response)?;
        let persistent = self.persists() && writer != BodyWriter::UntilClose;
        let said = if persistent { Said::KeepAlive } else { Said::Close };
        write_head::response(response.status, response.fields, declared, said, out)?;
        self.exchange.persistent = persistent;
        self.writing = Writing::Body(writer);
        Ok(())
    }

    /// Writes a piece of the response's body.
    pub fn data<O: Output>(&mut self, data: Bytes, out: &mut O) -> Result<(), SendFault> {
        let Writing::Body(writer) = &mut self.writing else { return Err(SendFault::OutOfTurn) };
        writer.data(data, out).inspect_err(|_| self.abort())
    }

    /// Ends the response. Trailers are those that the route permits.
    pub fn end<O: Output>(
        &mut self,
        trailers: Option<&HeaderMap>,
        out: &mut O,
    ) -> Result<(), SendFault> {
        let Writing::Body(writer) = &mut self.writing else { return Err(SendFault::OutOfTurn) };
        match writer.end(trailers, out) {
            Ok(()) => self.writing = Writing::Done,
            Err(fault) => {
                self.abort();
                return Err(fault);
            }
        }
        Ok(())
    }

    /// The answer can't be finished: the connection ends where it stands, so that the client sees it was cut.
    pub fn abort(&mut self) {
        self.exchange.persistent = false;
        self.writing = Writing::Broken;
    }

    /// Answers 101 and makes a tunnel of the connection: call it with what the upstream's matching 101 said, no
    /// earlier (FR5). A client that has sent anything behind its request gets no tunnel.
    pub fn switch<O: Output>(
        &mut self,
        protocol: &HeaderValue,
        fields: &HeaderMap,
        input: &BytesMut,
        out: &mut O,
    ) -> Result<(), SendFault> {
        if self.writing != Writing::Due || !matches!(self.reading, Reading::Complete) {
            return Err(SendFault::OutOfTurn);
        }
        let offered = self.exchange.upgrade.as_ref();
        let protocol = offered.and_then(|offer| offer.matching(protocol.as_bytes()));
        let protocol = protocol.ok_or(SendFault::SwitchNotOffered)?;
        if !input.is_empty() {
            return Err(SendFault::BytesBeforeSwitch);
        }
        let (status, said) = (StatusCode::SWITCHING_PROTOCOLS, Said::Upgrade(protocol));
        write_head::response(status, fields, Declared::Nothing, said, out)?;
        self.exchange.upgrade = None;
        self.reading = Reading::Tunnel;
        self.writing = Writing::Done;
        Ok(())
    }

    /// How the response's body goes to this client (RFC 9112 §6.3).
    fn frame(&self, response: &OutgoingResponse<'_>) -> Result<(Declared, BodyWriter), SendFault> {
        let old = self.exchange.version == Version::HTTP_10;
        if !framing::sends_body(response.status, self.exchange.answer_to) {
            let bodiless = response.status == StatusCode::NO_CONTENT;
            let declared = match response.body {
                length if bodiless && !length.is_empty() => {
                    return Err(SendFault::BodyOnBodilessStatus);
                }
                // What GET would have said; without a length it would have said nothing or chunks.
                BodyLength::Known(bytes) if !bodiless => Declared::Length(bytes),
                _ => Declared::Nothing,
            };
            return Ok((declared, BodyWriter::Suppressed));
        }
        Ok(match response.body {
            BodyLength::Absent => (Declared::Length(0), BodyWriter::Known { left: 0 }),
            BodyLength::Known(left) => (Declared::Length(left), BodyWriter::Known { left }),
            _ if old => (Declared::Nothing, BodyWriter::UntilClose),
            _ => (Declared::Chunked, BodyWriter::Chunked),
        })
    }

    /// Whether the connection can go on after this answer, as far as is known now (FR4).
    ///
    /// With a rest of unknown length it can't: better to say so than to drop what the client sends next.
    fn persists(&self) -> bool {
        let left = match &self.reading {
            Reading::Complete => Some(0),
            Reading::Body(reader) => reader.left(),
            // A client that was never told to go on may send the body or not: no way to know what comes next.
            Reading::Unasked(_) if self.exchange.expects_continue => None,
            Reading::Unasked(BodyLength::Known(bytes)) => Some(*bytes),
            _ => None,
        };
        let readable = left.is_some_and(|bytes| bytes <= self.limits.drain_bytes_max);
        readable && self.exchange.persistent && !self.last_request && !self.peer_closed
    }
}
