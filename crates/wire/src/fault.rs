//! What the serialiser will not write: the last check before bytes reach a peer.

use std::fmt;

/// A message of our own that would have no single reading, or that comes out of turn.
///
/// What was parsed by this crate never causes one; these catch what was built or changed in between. Nothing of
/// the message has been written when one is returned, except where it says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SendFault {
    /// A method that is no upper-case token.
    InvalidMethod,
    /// CONNECT, which would make a tunnel of the connection (RFC 9110 §9.3.6).
    ConnectMethod,
    /// A target that the reader would refuse, or that is neither a path nor an asterisk (RFC 9112 §3.2).
    InvalidTarget,
    /// An authority that the reader would refuse (RFC 9110 §7.2).
    InvalidAuthority,
    /// A field name that is no token (RFC 9110 §5.1).
    InvalidFieldName,
    /// A field value with a control byte (RFC 9110 §5.5).
    InvalidFieldValue,
    /// A trailer that frames, routes or authenticates (RFC 9110 §6.5.1).
    ForbiddenTrailer,
    /// A request whose body would last until close, which no request can (RFC 9112 §6.3).
    UnboundedRequestBody,
    /// A 1xx where a final response is due, or the reverse; 100 and 101 have their own functions.
    WrongStatusClass,
    /// A body for a status that has none (RFC 9110 §15.3.5).
    BodyOnBodilessStatus,
    /// More body than the head declared. The head is out: the connection can only be closed (FR3).
    BodyLongerThanDeclared,
    /// Less body than the head declared. The head is out: the connection can only be closed (FR3).
    BodyShorterThanDeclared,
    /// A switch to a protocol that was not offered, or with a body (RFC 9110 §7.8).
    SwitchNotOffered,
    /// A switch after the client sent bytes that it should have held back (CVE-2026-2833).
    BytesBeforeSwitch,
    /// Not what this connection is waiting for: a second answer, data before a head.
    OutOfTurn,
    /// The connection may not carry another message.
    NotReusable,
}

impl fmt::Display for SendFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::InvalidMethod => "the method to send is not an upper-case token",
            Self::ConnectMethod => "connect is never sent",
            Self::InvalidTarget => "the target to send has no single reading",
            Self::InvalidAuthority => "the authority to send has no single reading",
            Self::InvalidFieldName => "a field name to send is not a token",
            Self::InvalidFieldValue => "a field value to send contains a control byte",
            Self::ForbiddenTrailer => "a trailer to send has a name that only a head may hold",
            Self::UnboundedRequestBody => "a request body needs a length or chunks",
            Self::WrongStatusClass => "the status does not belong to this kind of response",
            Self::BodyOnBodilessStatus => "the status allows no body",
            Self::BodyLongerThanDeclared => "the body is longer than its head declared",
            Self::BodyShorterThanDeclared => "the body is shorter than its head declared",
            Self::SwitchNotOffered => "the switch of protocols was not offered",
            Self::BytesBeforeSwitch => "bytes came before the switch of protocols was granted",
            Self::OutOfTurn => "the message comes out of turn",
            Self::NotReusable => "the connection can't carry another message",
        })
    }
}

impl std::error::Error for SendFault {}
