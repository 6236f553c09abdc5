//! Everything that can grow while a message is read, and how far.

/// The caps of one connection. Bytes unless the name says otherwise.
///
/// Budgets count entries as well as bytes: a flood of small things costs bookkeeping that bytes alone don't show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Start-line and fields together, with all line ends.
    pub head_bytes_max: usize,
    /// Field lines in a head. Repeated names count each time.
    pub fields_max: usize,
    /// One line: the request line (else 414) or one field (else 431), without its line end.
    pub line_bytes_max: usize,
    /// A field's name.
    pub field_name_bytes_max: usize,
    /// A method's name.
    pub method_bytes_max: usize,
    /// One chunk-size line with its extensions, without its line end.
    pub chunk_line_bytes_max: usize,
    /// All chunk extensions of one body. They mean nothing to anyone, so this is small.
    pub chunk_extension_bytes_max: u64,
    /// How many chunks may come before their average size matters.
    pub chunks_free_max: u64,
    /// The average data in a chunk, once `chunks_free_max` of them have come.
    pub chunk_bytes_average_min: u64,
    /// The trailer section, with all line ends.
    pub trailer_bytes_max: usize,
    /// Field lines in a trailer section.
    pub trailer_fields_max: usize,
    /// Interim (1xx) responses before the final one.
    pub interim_responses_max: u32,
    /// What is left of a request body that nobody wants may be read and dropped up to this, to keep the connection.
    pub drain_bytes_max: u64,
    /// What may be read and dropped after the last answer, so that the client gets to read it.
    pub linger_bytes_max: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            head_bytes_max: 32 * 1024,
            fields_max: 100,
            line_bytes_max: 8 * 1024,
            field_name_bytes_max: 256,
            method_bytes_max: 32,
            chunk_line_bytes_max: 512,
            chunk_extension_bytes_max: 4 * 1024,
            chunks_free_max: 10_000,
            chunk_bytes_average_min: 8,
            trailer_bytes_max: 8 * 1024,
            trailer_fields_max: 32,
            interim_responses_max: 8,
            drain_bytes_max: 64 * 1024,
            linger_bytes_max: 1024 * 1024,
        }
    }
}

/// Exceptions from the strict reading of responses, for one upstream. All are off by default.
///
/// Each is a fault that real servers show and that still leaves one reading. There are none for requests.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Laxities {
    /// Take `Content-Length: 5` twice, or `5, 5`, as 5 (RFC 9110 §8.6 leaves this to the recipient).
    pub identical_repeated_content_length: bool,
    /// Take `HTTP/1.1 200` without the space that must follow (RFC 9112 §4).
    pub missing_reason_phrase: bool,
    /// Take a body that ends where the connection does (RFC 9112 §6.3, rule 8). A cut one looks complete.
    pub close_delimited_body: bool,
}

impl Laxities {
    /// The names of those that are on, as they are listed to the operator.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        [
            (self.identical_repeated_content_length, "identical_repeated_content_length"),
            (self.missing_reason_phrase, "missing_reason_phrase"),
            (self.close_delimited_body, "close_delimited_body"),
        ]
        .into_iter()
        .filter_map(|(on, name)| on.then_some(name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn laxities_are_off_and_listed_by_name() {
        assert_eq!(Laxities::default().names().count(), 0);
        let lax = Laxities { close_delimited_body: true, ..Laxities::default() };
        assert_eq!(lax.names().collect::<Vec<_>>(), ["close_delimited_body"]);
    }
}
