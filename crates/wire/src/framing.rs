//! How long a message's body is: the rules of RFC 9112 §6.3, without its repairs.

use http::{HeaderValue, StatusCode, Version, header};

use crate::{fields::Fields, grammar, limits::Laxities, options, refusal::Refusal};

/// Where a body ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BodyLength {
    /// There is none, and nothing said so.
    Absent,
    /// This many bytes, as declared; also what a body that isn't sent (HEAD, 304) would have had.
    Known(u64),
    /// In chunks, the last of them empty.
    Chunked,
    /// Where the connection ends. Only an upstream's, and only by a named laxity.
    UntilClose,
}

impl BodyLength {
    /// Whether no byte of a body follows the head.
    pub fn is_empty(self) -> bool {
        matches!(self, Self::Absent | Self::Known(0))
    }
}

/// The method of the request that a response answers, as far as framing cares (RFC 9112 §6.3, rule 1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AnswerTo {
    /// The response has no body whatever its fields say.
    Head,
    /// Every other method. CONNECT is never sent, so its rule never applies.
    Other,
}

/// The length of a request's body. Without framing fields there is none: a request never lasts until close.
pub(crate) fn of_request(fields: &Fields, version: Version) -> Result<BodyLength, Refusal> {
    refuse_aliases(fields)?;
    declared(fields, version, Laxities::default())
}

/// The length of a response's body, knowing the status and what it answers; whether it is sent at all is `sends_body`.
pub(crate) fn of_response(
    fields: &Fields,
    version: Version,
    status: StatusCode,
    answer_to: AnswerTo,
    laxities: Laxities,
) -> Result<BodyLength, Refusal> {
    let length = declared(fields, version, laxities)?;
    let bodiless = status.is_informational() || status == StatusCode::NO_CONTENT;
    match length {
        // `Content-Length: 0` on a 204 is wrong and harmless: both readings are empty. Frameworks write it.
        BodyLength::Known(0) if status == StatusCode::NO_CONTENT => Ok(BodyLength::Absent),
        BodyLength::Known(_) | BodyLength::Chunked if bodiless => {
            Err(Refusal::BodyOnBodilessStatus)
        }
        BodyLength::Absent if bodiless || !sends_body(status, answer_to) => Ok(BodyLength::Absent),
        BodyLength::Absent if laxities.close_delimited_body => Ok(BodyLength::UntilClose),
        BodyLength::Absent => Err(Refusal::CloseDelimitedBody),
        length => Ok(length),
    }
}

/// Whether a response with this status to this request carries its body (RFC 9112 §6.3, rule 1).
pub(crate) fn sends_body(status: StatusCode, answer_to: AnswerTo) -> bool {
    let never = status.is_informational()
        || status == StatusCode::NO_CONTENT
        || status == StatusCode::NOT_MODIFIED;
    answer_to == AnswerTo::Other && !never
}

fn declared(fields: &Fields, version: Version, laxities: Laxities) -> Result<BodyLength, Refusal> {
    let mut codings = fields.all(&header::TRANSFER_ENCODING);
    let has_length = fields.all(&header::CONTENT_LENGTH).next().is_some();
    let Some(coding) = codings.next() else {
        return match has_length {
            true => content_length(fields, laxities).map(BodyLength::Known),
            false => Ok(BodyLength::Absent),
        };
    };
    if has_length {
        return Err(Refusal::ContentLengthWithTransferEncoding);
    }
    if codings.next().is_some() {
        return Err(Refusal::RepeatedTransferEncoding);
    }
    if version != Version::HTTP_11 {
        return Err(Refusal::TransferEncodingInHttp10);
    }
    chunked_alone(coding).map(|()| BodyLength::Chunked)
}

/// `chunked`, in any letter case and without a parameter or a comma.
fn chunked_alone(coding: &HeaderValue) -> Result<(), Refusal> {
    let is_chunked = |text: &[u8]| text.eq_ignore_ascii_case(b"chunked");
    if is_chunked(coding.as_bytes()) {
        return Ok(());
    }
    if coding.is_empty() {
        return Err(Refusal::EmptyTransferEncoding);
    }
    let times = options::members(coding).filter(|member| is_chunked(member)).count();
    let last = options::members(coding).last().is_some_and(is_chunked);
    Err(match times {
        0 => Refusal::UnsupportedTransferCoding,
        1 if last => Refusal::UnsupportedTransferCoding,
        1 => Refusal::ChunkedNotFinal,
        _ => Refusal::ChunkedTwice,
    })
}

fn content_length(fields: &Fields, laxities: Laxities) -> Result<u64, Refusal> {
    let lines = || fields.all(&header::CONTENT_LENGTH);
    if lines().nth(1).is_some() && !laxities.identical_repeated_content_length {
        return Err(Refusal::RepeatedContentLength);
    }
    let mut agreed = None;
    for line in lines() {
        let line = line.as_bytes();
        if line.contains(&b',') && !laxities.identical_repeated_content_length {
            return Err(Refusal::ListedContentLength);
        }
        for text in line.split(|byte| *byte == b',').map(grammar::trim) {
            let length = decimal(text)?;
            if agreed.is_some_and(|agreed| agreed != length) {
                return Err(Refusal::RepeatedContentLength);
            }
            agreed = Some(length);
        }
    }
    agreed.ok_or(Refusal::EmptyContentLength)
}

/// `1*DIGIT` as a number that every reader can hold: at most `i64::MAX`, no sign, no leading zero.
fn decimal(text: &[u8]) -> Result<u64, Refusal> {
    match text {
        [] => return Err(Refusal::EmptyContentLength),
        [b'+' | b'-', ..] => return Err(Refusal::SignedContentLength),
        _ if !text.iter().all(u8::is_ascii_digit) => return Err(Refusal::InvalidContentLength),
        [b'0', _, ..] => return Err(Refusal::ContentLengthLeadingZero),
        _ => {}
    }
    let mut number = 0_u64;
    for digit in text {
        let next =
            number.checked_mul(10).and_then(|tens| tens.checked_add(u64::from(digit - b'0')));
        number = next.filter(|n| *n <= NUMBER_MAX).ok_or(Refusal::ContentLengthOverflow)?;
    }
    Ok(number)
}

/// The largest length taken: what a reader with signed numbers can still hold.
pub(crate) const NUMBER_MAX: u64 = i64::MAX as u64;

/// `Content_Length` reaches a CGI-style server as `CONTENT_LENGTH`, the same as the real one.
fn refuse_aliases(fields: &Fields) -> Result<(), Refusal> {
    if !fields.any_alias {
        return Ok(());
    }
    for name in fields.map.keys() {
        let plain = name.as_str().replace(['_', '.'], "-");
        let real = plain == "content-length" || plain == "transfer-encoding";
        if real && plain != name.as_str() {
            return Err(Refusal::FramingFieldAlias);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, HeaderName};

    use super::*;

    fn map(lines: &[(&'static str, &'static str)]) -> Fields {
        let pair = |(name, value): &(&'static str, &'static str)| {
            (HeaderName::from_static(name), HeaderValue::from_static(value))
        };
        lines.iter().map(pair).collect::<HeaderMap>().into()
    }

    fn request(lines: &[(&'static str, &'static str)]) -> Result<BodyLength, Refusal> {
        of_request(&map(lines), Version::HTTP_11)
    }

    const LENGTH: &str = "content-length";
    const CODING: &str = "transfer-encoding";

    #[test]
    fn lengths_with_one_reading() {
        assert_eq!(request(&[]), Ok(BodyLength::Absent));
        assert_eq!(request(&[(LENGTH, "0")]), Ok(BodyLength::Known(0)));
        let most = "9223372036854775807";
        assert_eq!(request(&[(LENGTH, most)]), Ok(BodyLength::Known(NUMBER_MAX)));
        assert_eq!(request(&[(CODING, "Chunked")]), Ok(BodyLength::Chunked));
    }

    #[test]
    fn fr2_content_length_with_more_than_one_reading() {
        for (value, refusal) in [
            ("", Refusal::EmptyContentLength),
            ("+3", Refusal::SignedContentLength),
            ("-1", Refusal::SignedContentLength),
            ("0x3", Refusal::InvalidContentLength),
            ("3 3", Refusal::InvalidContentLength),
            ("3;a", Refusal::InvalidContentLength),
            ("1_0", Refusal::InvalidContentLength),
            ("03", Refusal::ContentLengthLeadingZero),
            ("00", Refusal::ContentLengthLeadingZero),
            ("3,3", Refusal::ListedContentLength),
            ("3, 4", Refusal::ListedContentLength),
            ("9223372036854775808", Refusal::ContentLengthOverflow),
            ("18446744073709551619", Refusal::ContentLengthOverflow),
            ("99999999999999999999999999", Refusal::ContentLengthOverflow),
        ] {
            assert_eq!(request(&[(LENGTH, value)]), Err(refusal), "{value}");
        }
        let twice = [(LENGTH, "3"), (LENGTH, "3")];
        assert_eq!(request(&twice), Err(Refusal::RepeatedContentLength));
        let both = [(LENGTH, "3"), (CODING, "chunked")];
        assert_eq!(request(&both), Err(Refusal::ContentLengthWithTransferEncoding));
    }

    #[test]
    fn fr2_transfer_encoding_other_than_one_chunked() {
        for (value, refusal) in [
            ("", Refusal::EmptyTransferEncoding),
            ("identity", Refusal::UnsupportedTransferCoding),
            ("gzip", Refusal::UnsupportedTransferCoding),
            ("gzip, chunked", Refusal::UnsupportedTransferCoding),
            ("xchunked", Refusal::UnsupportedTransferCoding),
            ("chunked;a=b", Refusal::UnsupportedTransferCoding),
            ("\"chunked\"", Refusal::UnsupportedTransferCoding),
            (",chunked", Refusal::UnsupportedTransferCoding),
            ("chunked, identity", Refusal::ChunkedNotFinal),
            ("chunked, chunked", Refusal::ChunkedTwice),
        ] {
            assert_eq!(request(&[(CODING, value)]), Err(refusal), "{value}");
        }
        let twice = [(CODING, "chunked"), (CODING, "identity")];
        assert_eq!(request(&twice), Err(Refusal::RepeatedTransferEncoding));
        let old = of_request(&map(&[(CODING, "chunked")]), Version::HTTP_10);
        assert_eq!(old, Err(Refusal::TransferEncodingInHttp10));
    }

    #[test]
    fn fr2_aliases_of_framing_fields() {
        for name in ["content_length", "transfer_encoding", "content.length", "transfer_encoding"] {
            assert_eq!(request(&[(name, "1")]), Err(Refusal::FramingFieldAlias), "{name}");
        }
        assert_eq!(request(&[("content_type", "a")]), Ok(BodyLength::Absent));
    }

    fn response(
        status: u16,
        answer_to: AnswerTo,
        lines: &[(&'static str, &'static str)],
    ) -> Result<BodyLength, Refusal> {
        let status = StatusCode::from_u16(status).unwrap();
        of_response(&map(lines), Version::HTTP_11, status, answer_to, Laxities::default())
    }

    #[test]
    fn a_response_is_read_knowing_its_request() {
        use AnswerTo::{Head, Other};
        assert_eq!(response(200, Head, &[]), Ok(BodyLength::Absent));
        assert_eq!(response(200, Head, &[(LENGTH, "5")]), Ok(BodyLength::Known(5)));
        assert_eq!(response(304, Other, &[(LENGTH, "5")]), Ok(BodyLength::Known(5)));
        assert_eq!(response(204, Other, &[]), Ok(BodyLength::Absent));
        assert_eq!(response(204, Other, &[(LENGTH, "0")]), Ok(BodyLength::Absent));
        let refused = Err(Refusal::BodyOnBodilessStatus);
        assert_eq!(response(204, Other, &[(LENGTH, "5")]), refused);
        assert_eq!(response(204, Other, &[(CODING, "chunked")]), refused);
        assert_eq!(response(103, Other, &[(LENGTH, "0")]), refused);
        assert_eq!(response(200, Other, &[]), Err(Refusal::CloseDelimitedBody));
    }

    #[test]
    fn laxities_let_pass_what_they_name() {
        let lax = Laxities { identical_repeated_content_length: true, ..Laxities::default() };
        let read = |lines: &[_]| {
            of_response(&map(lines), Version::HTTP_11, StatusCode::OK, AnswerTo::Other, lax)
        };
        assert_eq!(read(&[(LENGTH, "5"), (LENGTH, "5")]), Ok(BodyLength::Known(5)));
        assert_eq!(read(&[(LENGTH, "5, 5")]), Ok(BodyLength::Known(5)));
        assert_eq!(read(&[(LENGTH, "5, 6")]), Err(Refusal::RepeatedContentLength));
        assert_eq!(read(&[(LENGTH, "5,")]), Err(Refusal::EmptyContentLength));
        assert_eq!(read(&[]), Err(Refusal::CloseDelimitedBody));
    }
}
