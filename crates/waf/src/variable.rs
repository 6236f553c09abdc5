//! The variables that rules can look at.

macro_rules! variables {
    ($($name:ident = $text:literal, $kind:ident;)*) => {
        /// A variable or collection of SecLang.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[repr(u8)]
        pub enum Variable {
            $(#[doc = concat!("`", $text, "`")] $name),*
        }

        impl Variable {
            /// How many there are.
            pub const COUNT: usize = [$(Self::$name),*].len();

            /// The name as rules write it.
            pub fn name(self) -> &'static str {
                match self { $(Self::$name => $text),* }
            }

            /// The variable of a name, whatever its case.
            pub fn parse(text: &str) -> Option<Self> {
                $(if text.eq_ignore_ascii_case($text) { return Some(Self::$name); })*
                None
            }

            pub(crate) const fn kind(self) -> Kind {
                match self { $(Self::$name => Kind::$kind),* }
            }

            /// Which variables have one value, by index.
            pub(crate) const SINGLES: [bool; Self::COUNT] =
                [$(matches!(Self::$name.kind(), Kind::Single)),*];
        }
    };
}

/// How a variable's values come about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// One value; the empty one until it is known.
    Single,
    /// Any number of named values.
    Many,
    /// Written by rules: `TX` and the collections that `initcol` opens.
    Stored,
    /// What the rule under evaluation has matched so far.
    Matched,
}

variables! {
    Args = "ARGS", Many;
    ArgsCombinedSize = "ARGS_COMBINED_SIZE", Single;
    ArgsGet = "ARGS_GET", Many;
    ArgsGetNames = "ARGS_GET_NAMES", Many;
    ArgsNames = "ARGS_NAMES", Many;
    ArgsPost = "ARGS_POST", Many;
    ArgsPostNames = "ARGS_POST_NAMES", Many;
    Duration = "DURATION", Single;
    Files = "FILES", Many;
    FilesCombinedSize = "FILES_COMBINED_SIZE", Single;
    FilesNames = "FILES_NAMES", Many;
    FilesSizes = "FILES_SIZES", Many;
    Geo = "GEO", Many;
    Global = "GLOBAL", Stored;
    Ip = "IP", Stored;
    MatchedVar = "MATCHED_VAR", Matched;
    MatchedVarName = "MATCHED_VAR_NAME", Matched;
    MatchedVars = "MATCHED_VARS", Matched;
    MatchedVarsNames = "MATCHED_VARS_NAMES", Matched;
    MultipartBoundaryQuoted = "MULTIPART_BOUNDARY_QUOTED", Single;
    MultipartBoundaryWhitespace = "MULTIPART_BOUNDARY_WHITESPACE", Single;
    MultipartDataAfter = "MULTIPART_DATA_AFTER", Single;
    MultipartDataBefore = "MULTIPART_DATA_BEFORE", Single;
    MultipartFileLimitExceeded = "MULTIPART_FILE_LIMIT_EXCEEDED", Single;
    MultipartFilename = "MULTIPART_FILENAME", Many;
    MultipartHeaderFolding = "MULTIPART_HEADER_FOLDING", Single;
    MultipartInvalidHeaderFolding = "MULTIPART_INVALID_HEADER_FOLDING", Single;
    MultipartInvalidPart = "MULTIPART_INVALID_PART", Single;
    MultipartInvalidQuoting = "MULTIPART_INVALID_QUOTING", Single;
    MultipartLfLine = "MULTIPART_LF_LINE", Single;
    MultipartMissingSemicolon = "MULTIPART_MISSING_SEMICOLON", Single;
    MultipartName = "MULTIPART_NAME", Many;
    MultipartPartHeaders = "MULTIPART_PART_HEADERS", Many;
    MultipartStrictError = "MULTIPART_STRICT_ERROR", Single;
    MultipartUnmatchedBoundary = "MULTIPART_UNMATCHED_BOUNDARY", Single;
    PathInfo = "PATH_INFO", Single;
    QueryString = "QUERY_STRING", Single;
    RemoteAddr = "REMOTE_ADDR", Single;
    RemotePort = "REMOTE_PORT", Single;
    ReqbodyError = "REQBODY_ERROR", Single;
    ReqbodyErrorMsg = "REQBODY_ERROR_MSG", Single;
    ReqbodyProcessor = "REQBODY_PROCESSOR", Single;
    ReqbodyProcessorError = "REQBODY_PROCESSOR_ERROR", Single;
    RequestBasename = "REQUEST_BASENAME", Single;
    RequestBody = "REQUEST_BODY", Single;
    RequestBodyLength = "REQUEST_BODY_LENGTH", Single;
    RequestCookies = "REQUEST_COOKIES", Many;
    RequestCookiesNames = "REQUEST_COOKIES_NAMES", Many;
    RequestFilename = "REQUEST_FILENAME", Single;
    RequestHeaders = "REQUEST_HEADERS", Many;
    RequestHeadersNames = "REQUEST_HEADERS_NAMES", Many;
    RequestLine = "REQUEST_LINE", Single;
    RequestMethod = "REQUEST_METHOD", Single;
    RequestProtocol = "REQUEST_PROTOCOL", Single;
    RequestUri = "REQUEST_URI", Single;
    RequestUriRaw = "REQUEST_URI_RAW", Single;
    Resource = "RESOURCE", Stored;
    ResponseBody = "RESPONSE_BODY", Single;
    ResponseContentLength = "RESPONSE_CONTENT_LENGTH", Single;
    ResponseContentType = "RESPONSE_CONTENT_TYPE", Single;
    ResponseHeaders = "RESPONSE_HEADERS", Many;
    ResponseHeadersNames = "RESPONSE_HEADERS_NAMES", Many;
    ResponseProtocol = "RESPONSE_PROTOCOL", Single;
    ResponseStatus = "RESPONSE_STATUS", Single;
    ServerAddr = "SERVER_ADDR", Single;
    ServerName = "SERVER_NAME", Single;
    ServerPort = "SERVER_PORT", Single;
    Session = "SESSION", Stored;
    Tx = "TX", Stored;
    UniqueId = "UNIQUE_ID", Single;
    User = "USER", Stored;
    XmlText = "XML:/*", Many;
    XmlAttributes = "XML://@*", Many;
}

impl Variable {
    pub(crate) fn index(self) -> usize {
        self as usize
    }
}
