//! Why a message was refused: one variant per thing a peer can do, with its name, status and sentence in one place.
//!
//! No variant carries a byte of what was received, so nothing a stranger wrote can reach a log through here.

use std::fmt;

use http::StatusCode;

macro_rules! refusals {
    ($($(#[$doc:meta])* $variant:ident = $name:literal, $status:ident, $sentence:literal;)*) => {
        /// One way in which a message has no single reading, or goes beyond a limit.
        ///
        /// After any of these nothing more of the connection is read as HTTP.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Refusal { $($(#[$doc])* $variant,)* }

        impl Refusal {
            /// Every refusal there is, for tables and tests.
            pub const ALL: &[Refusal] = &[$(Refusal::$variant,)*];

            /// A stable word for logs, metrics and findings.
            pub fn name(self) -> &'static str {
                match self { $(Refusal::$variant => $name,)* }
            }

            /// What to answer a client that sent it. Where an upstream did, its client is answered 502 whatever this says;
            /// what only an upstream can do says so itself.
            pub fn status(self) -> StatusCode {
                match self { $(Refusal::$variant => StatusCode::$status,)* }
            }

            /// One sentence for a log, lower case and without a full stop.
            pub fn sentence(self) -> &'static str {
                match self { $(Refusal::$variant => $sentence,)* }
            }
        }
    };
}

refusals! {
    // The request line.

    /// The method is empty or holds a byte that no token may (RFC 9110 §9.1).
    InvalidMethod = "invalid_method", BAD_REQUEST, "the method is not a token";
    /// Methods are case-sensitive; some servers read `get` as `GET` (RFC 9110 §9.1).
    MethodNotUpperCase = "method_not_upper_case", NOT_IMPLEMENTED, "the method is not written in upper case";
    /// Longer than any method there is (RFC 9112 §3).
    MethodTooLong = "method_too_long", NOT_IMPLEMENTED, "the method is longer than the limit";
    /// This gateway opens no tunnels to where a client says (RFC 9110 §9.3.6).
    ConnectMethod = "connect_method", NOT_IMPLEMENTED, "the method is connect, which this gateway doesn't serve";
    /// The request line lacks its target or version, as in HTTP/0.9 (RFC 9112 §3).
    RequestLineIncomplete = "request_line_incomplete", BAD_REQUEST, "the request line lacks a part";
    /// More than three parts, or more than one space between them (RFC 9112 §3.2).
    SpaceInTarget = "space_in_target", BAD_REQUEST, "the request target contains a space";
    /// The request line as a whole is over the limit (RFC 9112 §3).
    RequestLineTooLong = "request_line_too_long", URI_TOO_LONG, "the request line is longer than the limit";
    /// An empty line before the request is forgiven once (RFC 9112 §2.2).
    EmptyLinesBeforeRequest = "empty_lines_before_request", BAD_REQUEST, "more than one empty line before the request";

    // The target.

    /// A fragment is never sent; readers differ on where the path ends (RFC 9112 §3.2, RFC 3986 §3.5).
    FragmentInTarget = "fragment_in_target", BAD_REQUEST, "the request target contains a fragment";
    /// A control byte in the target (RFC 3986 §2).
    ControlInTarget = "control_in_target", BAD_REQUEST, "the request target contains a control byte";
    /// A byte outside of ASCII in the target, where it has to be percent-encoded (RFC 3986 §2).
    NonAsciiInTarget = "non_ascii_in_target", BAD_REQUEST, "the request target contains a byte outside of ascii";
    /// A printable byte that neither RFC 3986 nor the URL standard leaves raw at that place.
    ForbiddenInTarget = "forbidden_in_target", BAD_REQUEST, "the request target contains a character that has to be encoded";
    /// Neither a path nor an http URL nor an asterisk (RFC 9112 §3.2).
    UnrecognisedTargetForm = "unrecognised_target_form", BAD_REQUEST, "the request target has none of the forms allowed";
    /// `*` with a method other than OPTIONS (RFC 9112 §3.2.4).
    AsteriskWithoutOptions = "asterisk_without_options", BAD_REQUEST, "the request target is an asterisk and the method isn't options";
    /// An absolute URL with a scheme other than http or https (RFC 9112 §3.2.2).
    UnsupportedScheme = "unsupported_scheme", BAD_REQUEST, "the request target's scheme is neither http nor https";
    /// A user name in an authority (RFC 9110 §4.2.4).
    UserinfoInAuthority = "userinfo_in_authority", BAD_REQUEST, "the authority contains a user name";
    /// Two authorities in one request (RFC 9112 §3.2.2).
    AbsoluteFormHostMismatch = "absolute_form_host_mismatch", BAD_REQUEST, "the request target and host name different authorities";

    // The version.

    /// Not `HTTP/` digit `.` digit (RFC 9112 §2.3).
    InvalidVersion = "invalid_version", BAD_REQUEST, "the protocol version is malformed";
    /// Neither 1.0 nor 1.1 (RFC 9110 §15.6.6).
    UnsupportedVersion = "unsupported_version", HTTP_VERSION_NOT_SUPPORTED, "the protocol version is neither 1.0 nor 1.1";
    /// The preface of HTTP/2 where HTTP/1.1 is spoken (RFC 9113 §3.4).
    Http2Preface = "http2_preface", HTTP_VERSION_NOT_SUPPORTED, "the connection opens with the http/2 preface";

    // Lines and fields.

    /// A line feed without its carriage return (RFC 9112 §2.2).
    BareLineFeed = "bare_line_feed", BAD_REQUEST, "a line ends with a line feed alone";
    /// A carriage return that ends no line (RFC 9112 §2.2).
    BareCarriageReturn = "bare_carriage_return", BAD_REQUEST, "a carriage return stands within a line";
    /// A NUL byte (RFC 9110 §5.5).
    NulByte = "nul_byte", BAD_REQUEST, "a field contains a nul byte";
    /// Another control byte (RFC 9110 §5.5).
    ControlByte = "control_byte", BAD_REQUEST, "a field contains a control byte";
    /// A field continued on the next line (RFC 9112 §5.2).
    ObsoleteLineFolding = "obsolete_line_folding", BAD_REQUEST, "a field is folded over several lines";
    /// Whitespace between start-line and first field (RFC 9112 §2.2).
    WhitespaceBeforeFirstField = "whitespace_before_first_field", BAD_REQUEST, "whitespace stands before the first field";
    /// Whitespace between a field's name and its colon (RFC 9112 §5.1).
    SpaceBeforeColon = "space_before_colon", BAD_REQUEST, "whitespace stands between a field's name and its colon";
    /// A field without a name (CVE-2023-25725; RFC 9112 §5).
    EmptyFieldName = "empty_field_name", BAD_REQUEST, "a field has an empty name";
    /// A line that is no field (RFC 9112 §5).
    MissingColon = "missing_colon", BAD_REQUEST, "a field line has no colon";
    /// A name with a byte that no token may hold (RFC 9110 §5.1).
    InvalidFieldName = "invalid_field_name", BAD_REQUEST, "a field's name is not a token";
    /// A name over the limit (RFC 9110 §5.4).
    FieldNameTooLong = "field_name_too_long", REQUEST_HEADER_FIELDS_TOO_LARGE, "a field's name is longer than the limit";
    /// A field line over the limit (RFC 9110 §5.4).
    FieldLineTooLong = "field_line_too_long", REQUEST_HEADER_FIELDS_TOO_LARGE, "a field line is longer than the limit";
    /// A head over the limit (RFC 9110 §5.4).
    HeadTooLarge = "head_too_large", REQUEST_HEADER_FIELDS_TOO_LARGE, "the head is larger than the limit";
    /// More fields than the limit (RFC 9110 §5.4).
    TooManyFields = "too_many_fields", REQUEST_HEADER_FIELDS_TOO_LARGE, "the head has more fields than the limit";
    /// The connection ended within a head (RFC 9112 §8).
    TruncatedHead = "truncated_head", BAD_REQUEST, "the connection ended within a head";

    // Host.

    /// No Host (RFC 9112 §3.2); asked of HTTP/1.0 as well, since no route can be found without.
    MissingHost = "missing_host", BAD_REQUEST, "the request has no host";
    /// More than one Host (RFC 9112 §3.2).
    RepeatedHost = "repeated_host", BAD_REQUEST, "the request has more than one host";
    /// Not `uri-host [ ":" port ]` with a registered name or an address (RFC 9110 §7.2).
    InvalidHost = "invalid_host", BAD_REQUEST, "the host is malformed";

    // The length of a body.

    /// Both ways to frame a body (RFC 9112 §6.1).
    ContentLengthWithTransferEncoding = "content_length_with_transfer_encoding", BAD_REQUEST, "content-length and transfer-encoding stand in one message";
    /// More than one Content-Length line, even if they agree (RFC 9112 §6.3, rule 5).
    RepeatedContentLength = "repeated_content_length", BAD_REQUEST, "content-length stands more than once";
    /// Several lengths in one line (RFC 9110 §8.6).
    ListedContentLength = "listed_content_length", BAD_REQUEST, "content-length is a list";
    /// An empty Content-Length (CVE-2023-40225; RFC 9110 §8.6).
    EmptyContentLength = "empty_content_length", BAD_REQUEST, "content-length is empty";
    /// A plus or minus (CVE-2021-32715; RFC 9110 §8.6).
    SignedContentLength = "signed_content_length", BAD_REQUEST, "content-length has a sign";
    /// Anything else that is not digits (RFC 9110 §8.6).
    InvalidContentLength = "invalid_content_length", BAD_REQUEST, "content-length is not a number";
    /// Some readers take these as octal (RFC 9110 §8.6 allows them; nothing sends them).
    ContentLengthLeadingZero = "content_length_leading_zero", BAD_REQUEST, "content-length has a leading zero";
    /// More than a signed 64-bit number holds (RFC 9110 §8.6).
    ContentLengthOverflow = "content_length_overflow", BAD_REQUEST, "content-length is too large to be counted";
    /// More than one Transfer-Encoding line (CVE-2021-21299; RFC 9112 §6.1).
    RepeatedTransferEncoding = "repeated_transfer_encoding", BAD_REQUEST, "transfer-encoding stands more than once";
    /// Transfer-Encoding in a message of HTTP/1.0 (CVE-2026-2835; RFC 9112 §6.1).
    TransferEncodingInHttp10 = "transfer_encoding_in_http10", BAD_REQUEST, "transfer-encoding stands in a message of http/1.0";
    /// An empty Transfer-Encoding (RFC 9112 §6.1).
    EmptyTransferEncoding = "empty_transfer_encoding", BAD_REQUEST, "transfer-encoding is empty";
    /// `chunked` more than once (RFC 9112 §6.1).
    ChunkedTwice = "chunked_twice", BAD_REQUEST, "the chunked coding is applied more than once";
    /// A coding after `chunked` (RFC 9112 §6.1).
    ChunkedNotFinal = "chunked_not_final", BAD_REQUEST, "chunked is not the final transfer coding";
    /// Any coding but `chunked` (RFC 9112 §7).
    UnsupportedTransferCoding = "unsupported_transfer_coding", BAD_REQUEST, "the transfer coding is not chunked alone";
    /// `Content_Length` and the like, which a server behind CGI names reads as the real one.
    FramingFieldAlias = "framing_field_alias", BAD_REQUEST, "a field's name imitates one that frames the message";
    /// `Connection: content-length` would have a next hop lose the framing (RFC 9110 §7.6.1).
    ConnectionNamesFramingField = "connection_names_framing_field", BAD_REQUEST, "connection names a field that frames or routes the message";
    /// A Connection field that is no list of tokens (RFC 9110 §7.6.1).
    InvalidConnectionOption = "invalid_connection_option", BAD_REQUEST, "connection is not a list of tokens";
    /// More than the route or gateway takes (RFC 9110 §15.5.14).
    BodyTooLarge = "body_too_large", PAYLOAD_TOO_LARGE, "the body is larger than the limit";
    /// The connection ended within a body (RFC 9112 §8).
    TruncatedBody = "truncated_body", BAD_REQUEST, "the connection ended within a body";

    // Chunks.

    /// No digits at all (RFC 9112 §7.1).
    EmptyChunkSize = "empty_chunk_size", BAD_REQUEST, "a chunk size is empty";
    /// A plus or minus (CVE-2023-38697; RFC 9112 §7.1).
    SignedChunkSize = "signed_chunk_size", BAD_REQUEST, "a chunk size has a sign";
    /// `0x` (CVE-2023-38697; RFC 9112 §7.1).
    PrefixedChunkSize = "prefixed_chunk_size", BAD_REQUEST, "a chunk size has a prefix";
    /// A space or tab on either side of a size (RFC 9112 §7.1.1 allows it before extensions only to be robust).
    SpaceInChunkSize = "space_in_chunk_size", BAD_REQUEST, "a chunk size has whitespace beside it";
    /// Anything else that is not a hexadecimal digit (RFC 9112 §7.1).
    InvalidChunkSize = "invalid_chunk_size", BAD_REQUEST, "a chunk size is not a hexadecimal number";
    /// More than sixteen digits or a signed 64-bit number (CVE-2021-32714; RFC 9112 §7.1).
    ChunkSizeOverflow = "chunk_size_overflow", BAD_REQUEST, "a chunk size is too large to be counted";
    /// An extension that is not `;name` or `;name=value` (RFC 9112 §7.1.1).
    InvalidChunkExtension = "invalid_chunk_extension", BAD_REQUEST, "a chunk extension is malformed";
    /// One size line over the limit (RFC 9112 §7.1.1).
    ChunkLineTooLong = "chunk_line_too_long", BAD_REQUEST, "a chunk-size line is longer than the limit";
    /// All extensions of a body together (CVE-2023-39326; RFC 9112 §7.1.1).
    ChunkExtensionsTooLong = "chunk_extensions_too_long", BAD_REQUEST, "the chunk extensions are longer than the limit";
    /// A line feed alone after a size or after data (CVE-2025-22871; RFC 9112 §7.1).
    BareLineFeedInChunk = "bare_line_feed_in_chunk", BAD_REQUEST, "a chunk line ends with a line feed alone";
    /// A carriage return within a size line (RFC 9112 §7.1).
    BareCarriageReturnInChunk = "bare_carriage_return_in_chunk", BAD_REQUEST, "a carriage return stands within a chunk line";
    /// Something other than a line end after a chunk's data (RFC 9112 §7.1).
    UnterminatedChunk = "unterminated_chunk", BAD_REQUEST, "a chunk's data is not followed by a line end";
    /// Very many very small chunks.
    TooManySmallChunks = "too_many_small_chunks", BAD_REQUEST, "the body comes in too many small chunks";

    // Trailers.

    /// A trailer that frames, routes or authenticates (RFC 9110 §6.5.1).
    ForbiddenTrailer = "forbidden_trailer", BAD_REQUEST, "a trailer has a name that only a head may hold";
    /// A trailer section over the limit (RFC 9110 §5.4).
    TrailersTooLarge = "trailers_too_large", REQUEST_HEADER_FIELDS_TOO_LARGE, "the trailer section is larger than the limit";
    /// More trailers than the limit (RFC 9110 §5.4).
    TooManyTrailers = "too_many_trailers", REQUEST_HEADER_FIELDS_TOO_LARGE, "the trailer section has more fields than the limit";

    // Expectations and upgrades.

    /// An expectation other than `100-continue` (RFC 9110 §10.1.1).
    UnsupportedExpectation = "unsupported_expectation", EXPECTATION_FAILED, "the expectation is not 100-continue";
    /// An Upgrade field that is no list of protocols (RFC 9110 §7.8).
    InvalidUpgrade = "invalid_upgrade", BAD_REQUEST, "upgrade is not a list of protocols";
    /// Bytes behind a request to switch protocols, before it was granted (CVE-2026-2833; RFC 9110 §7.8).
    BytesBeforeSwitch = "bytes_before_switch", BAD_REQUEST, "bytes came before the switch of protocols was granted";

    // What only an upstream can do.

    /// Not `HTTP/1.x`, space, three digits, space (RFC 9112 §4).
    InvalidStatusLine = "invalid_status_line", BAD_GATEWAY, "the status line is malformed";
    /// Not a number from 100 to 599 (RFC 9110 §15).
    InvalidStatusCode = "invalid_status_code", BAD_GATEWAY, "the status code is not between 100 and 599";
    /// No space after the status code (RFC 9112 §4). A named laxity.
    MissingReasonPhrase = "missing_reason_phrase", BAD_GATEWAY, "the status line has no place for a reason";
    /// A control byte or the like in a reason (RFC 9112 §4).
    InvalidReasonPhrase = "invalid_reason_phrase", BAD_GATEWAY, "the reason phrase contains a control byte";
    /// The status line is over the limit.
    StatusLineTooLong = "status_line_too_long", BAD_GATEWAY, "the status line is longer than the limit";
    /// A length or coding on a 1xx or 204 (RFC 9112 §6.3, RFC 9110 §8.6).
    BodyOnBodilessStatus = "body_on_bodiless_status", BAD_GATEWAY, "a response that can't have a body declares one";
    /// A body that ends where the connection does (RFC 9112 §6.3, rule 8). A named laxity.
    CloseDelimitedBody = "close_delimited_body", BAD_GATEWAY, "the response's body has no declared end";
    /// Bytes while no request was out: the answer to someone else's, or none (RFC 9112 §9.2).
    BytesOnIdleConnection = "bytes_on_idle_connection", BAD_GATEWAY, "bytes came on an idle connection";
    /// Bytes behind the response's end (RFC 9112 §6.3).
    BytesAfterResponse = "bytes_after_response", BAD_GATEWAY, "bytes came after the end of the response";
    /// 101 for a request that asked for no other protocol (RFC 9110 §15.2.2).
    UnsolicitedSwitch = "unsolicited_switch", BAD_GATEWAY, "the upstream switched protocols without being asked";
    /// 101 to a protocol that was not offered, or without saying which (RFC 9110 §7.8).
    SwitchToOtherProtocol = "switch_to_other_protocol", BAD_GATEWAY, "the upstream switched to a protocol that wasn't offered";
    /// An interim response in HTTP/1.0 (RFC 9110 §15.2).
    InterimInHttp10 = "interim_in_http10", BAD_GATEWAY, "an interim response came in http/1.0";
    /// More interim responses than the limit (RFC 9110 §15.2).
    TooManyInterimResponses = "too_many_interim_responses", BAD_GATEWAY, "more interim responses came than the limit";
    /// The connection ended before a response began (RFC 9112 §9.5).
    ClosedBeforeResponse = "closed_before_response", BAD_GATEWAY, "the connection ended before a response began";
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.sentence())
    }
}

impl std::error::Error for Refusal {}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn names_follow_variants_and_are_unique() {
        let mut seen = HashSet::new();
        for refusal in Refusal::ALL {
            let mut snake = String::new();
            for c in format!("{refusal:?}").chars() {
                if c.is_uppercase() && !snake.is_empty() {
                    snake.push('_');
                }
                snake.extend(c.to_lowercase());
            }
            assert_eq!(refusal.name(), snake);
            assert!(seen.insert(refusal.name()));
        }
    }

    #[test]
    fn sentences_can_be_joined() {
        for refusal in Refusal::ALL {
            let sentence = refusal.sentence();
            assert_eq!(sentence, sentence.to_lowercase());
            assert!(!sentence.ends_with('.') && sentence.len() < 90, "{sentence}");
        }
    }

    #[test]
    fn statuses_are_those_that_the_gateway_answers() {
        for refusal in Refusal::ALL {
            let status = refusal.status().as_u16();
            assert!([400, 413, 414, 417, 431, 501, 502, 505].contains(&status), "{refusal:?}");
        }
    }
}
