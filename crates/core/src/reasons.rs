//! The reasons that belong to no single policy: the life of a request, the shape of a file.
//!
//! Codes `PC01xx` are about a file's shape, `PC02xx` about what it means, `PC03xx` about OpenAPI
//! documents, `PC04xx` and `PC05xx` are refusals (numbered after their status where one fits),
//! `PC06xx` are passes and `PC07xx` findings. A policy defines its own in its folder.

crate::reasons! {
    /// The file is not YAML, or uses a part of YAML that Portcullis does not read: a tag, more than
    /// one document, a key that is not text, an alias that would unfold into too much.
    problem SYNTAX "PC0101" "the file is not the YAML that Portcullis reads"
        => "correct the line that is shown; JSON is accepted too, since it is YAML";
    /// A field is not one that this part of the config knows. Unknown fields are errors, since a
    /// misspelt security setting that is silently ignored leaves a door open.
    problem UNKNOWN_FIELD "PC0102" "unknown field"
        => "use one of the fields that are listed, or remove the line";
    /// The same key stands twice in one map. Readers disagree about which one counts, so neither does.
    problem DUPLICATE_KEY "PC0103" "the same key stands twice"
        => "keep one of the two";
    /// A value is of another kind than the field takes.
    problem WRONG_TYPE "PC0104" "a value of the wrong kind"
        => "write the kind of value that the message names";
    /// A field that must be there is missing.
    problem MISSING_FIELD "PC0105" "a required field is missing"
        => "add the field";
    /// A value has the right kind, but its text cannot be read as what the field means.
    problem BAD_VALUE "PC0106" "a value that cannot be read"
        => "write the value as the message shows";
    /// A reference such as `${env:NAME}` or `${file:path}` does not lead to a value.
    problem BAD_REFERENCE "PC0107" "a reference that leads nowhere"
        => "set the variable, create the file, or correct the name";
    /// A file that the config names, or the config itself, cannot be read.
    problem FILE_UNREADABLE "PC0108" "a file that cannot be read"
        => "correct the path or the permissions";
    /// The file is larger, deeper or has more values than Portcullis reads.
    problem FILE_TOO_LARGE "PC0109" "the file is larger than Portcullis reads"
        => "split the file";
    /// A secret stands in the file itself. Files are copied, committed and shown.
    problem SECRET_IN_FILE "PC0110" "a secret is written out"
        => "write `${env:NAME}` or `${file:path}` in its place";

    /// The head of the request cannot be read in exactly one way.
    refusal(400) MALFORMED_HEAD "PC0400" "the request cannot be read in exactly one way"
        => "send a request as RFC 9112 and RFC 9110 write it";
    /// The path holds something that servers read differently: a dot segment, `//`, a backslash, `;`,
    /// an encoded slash, backslash or NUL, a bad percent sign, bytes that are no UTF-8.
    refusal(400) AMBIGUOUS_PATH "PC0401" "the path can be read in more than one way"
        => "send the path in its normal form, without dot segments, empty segments, `;`, or encoded `/`, `\\` and NUL";
    /// The host is missing, sent twice, malformed, or another than the one in the request line.
    refusal(400) BAD_HOST "PC0402" "the host is missing or malformed"
        => "send exactly one Host field that names a host, with an optional port";
    /// The operation exists, but it is closed: its document secures it with something that no
    /// authenticator answers for, or nothing says who may call it.
    refusal(403) CLOSED "PC0403" "this operation is closed"
        => "say who may call it: `access` on a route, `security` in the document, or `undeclared` for operations without any";
    /// No route of this listener has this host and path. Only what is declared can be reached.
    refusal(404) NO_ROUTE "PC0404" "there is nothing here"
        => "declare a route or an operation for this path, or check the host: an API with `hosts` answers only to those";
    /// The path exists, the method does not. The answer lists in `Allow` what there is.
    refusal(405) WRONG_METHOD "PC0405" "the path has no such method"
        => "use a method listed in `Allow`, or declare the method";
    /// The query string cannot be read in exactly one way.
    refusal(400) AMBIGUOUS_QUERY "PC0406" "the query can be read in more than one way"
        => "percent-encode the query as RFC 3986 writes it";
    /// More than one thing says how long the body is, or what says it can be read in more than one way:
    /// a length beside chunks, a repeated or odd length, a transfer coding other than `chunked` alone, a
    /// malformed chunk. Two servers that read such a request differently see two different requests.
    refusal(400) AMBIGUOUS_FRAMING "PC0407" "the length of the body can be read in more than one way"
        => "send one Content-Length, or `Transfer-Encoding: chunked` alone, as RFC 9112 writes them";
    /// The head of the request, or its body, did not come in time.
    refusal(408) TOO_SLOW "PC0408" "the request did not come in time"
        => "send the head at once, and the body at a steady rate";
    /// The body is larger than the limit, as declared or as received.
    refusal(413) BODY_TOO_LARGE "PC0413" "the body is larger than is accepted"
        => "send a smaller body, or raise the limit";
    /// The head of the request is larger than the limit.
    refusal(431) HEAD_TOO_LARGE "PC0431" "the head of the request is larger than is accepted"
        => "send fewer or shorter header fields";
    /// The request line is longer than is read.
    refusal(414) TARGET_TOO_LONG "PC0432" "the request line is longer than is accepted"
        => "send a shorter path or query";
    /// `Expect` asks for something other than `100-continue`.
    refusal(417) EXPECTATION "PC0417" "the expectation cannot be met"
        => "send `Expect: 100-continue` or none";
    /// The caller did not show a credential that satisfies the route.
    refusal(401) NOT_AUTHENTICATED "PC0411" "a credential is needed"
        => "send a credential that one of the entries of the route's `access` asks for";
    /// The caller is known, but lacks a scope.
    refusal(403) SCOPE_MISSING "PC0412" "the credential does not allow this"
        => "use a credential with the scopes that the route's `access` names";
    /// The credentials of one request belong to different consumers.
    refusal(403) MIXED_CONSUMERS "PC0414" "the credentials belong to different consumers"
        => "send credentials of one consumer only";
    /// The caller closed the connection before the answer was complete.
    refusal(499) CALLER_GONE "PC0499" "the caller went away"
        => "nothing: this is recorded, not sent";

    /// A step failed, or panicked. The request is refused, the others go on.
    refusal(500) INTERNAL "PC0500" "the gateway failed on this request"
        => "report it, with the request id and the log line";
    /// The method is CONNECT, is not written in upper case, or is longer than any there is. This gateway
    /// opens no tunnels to where a caller says.
    refusal(501) METHOD_NOT_SERVED "PC0501" "the method is not served here"
        => "send the method in upper case; there is no CONNECT";
    /// The upstream refused the connection, or closed it before it answered.
    refusal(502) UPSTREAM_UNREACHABLE "PC0502" "the upstream cannot be reached"
        => "check that the upstream runs and that `targets` names its address";
    /// What a step needs to decide cannot be asked at the moment. It fails closed.
    refusal(503) NEED_UNAVAILABLE "PC0503" "a part that this request needs is not available"
        => "look at the record: the step names what it needed";
    /// The upstream did not answer in time.
    refusal(504) UPSTREAM_TIMEOUT "PC0504" "the upstream did not answer in time"
        => "look at the upstream, or raise the limit";
    /// The upstream's answer is not HTTP that can be passed on.
    refusal(502) UPSTREAM_MALFORMED "PC0505" "the upstream's answer cannot be passed on"
        => "look at what the upstream sends";
    /// The whole of the request took longer than it may: an upstream that is slow, or a caller whose body
    /// does not come.
    refusal(504) OVERDUE "PC0507" "the request took longer than it may"
        => "look at the record: it says how far the request came, and how long the upstream took";
    /// The upstream's name resolves only to addresses that must never be dialled: link-local or metadata.
    refusal(502) UPSTREAM_FORBIDDEN "PC0506" "the upstream's address is not allowed"
        => "name an address that is not link-local; a literal address in the config is permission to dial it";

    /// The request was not written in HTTP/1.0 or HTTP/1.1.
    refusal(505) VERSION_NOT_SERVED "PC0508" "the protocol version is not served here"
        => "speak HTTP/1.1 on this listener";

    /// The request has one reading, and this is it.
    pass ADMITTED "PC0600" "the request has exactly one reading" => "";
    /// The address of the caller is that of the connection.
    pass ADDRESS_OF_PEER "PC0601" "the caller's address is the peer's" => "";
    /// A route has this host, path and method.
    pass ROUTED "PC0602" "a route has this host, path and method" => "";
    /// The route says `access: public`.
    pass PUBLIC "PC0603" "anyone may call this" => "";
    /// An entry of the route's `access` is satisfied.
    pass ALLOWED "PC0604" "an entry of `access` is satisfied" => "";
    /// The declared size of the body is within the limit.
    pass SIZE_ACCEPTED "PC0605" "the declared body is within the limit" => "";
    /// The upstream answered.
    pass FORWARDED "PC0606" "the upstream answered" => "";
    /// The operation is not closed: something says who may call it.
    pass OPEN "PC0607" "the operation is open to somebody" => "";
}
