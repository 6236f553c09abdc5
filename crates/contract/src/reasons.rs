//! The reasons why an OpenAPI document does not load.

portcullis_core::reasons! {
    /// The file is not an OpenAPI document of a version that Portcullis reads: 3.0, 3.1 or 3.2.
    problem VERSION "PC0301" "not an OpenAPI document of a known version"
        => "write `openapi: 3.1.0` on top, or convert the document to OpenAPI 3";
    /// A part of the document is of another kind than OpenAPI has there. Nothing is guessed about it,
    /// since it could be the part that protects.
    problem WRONG_SHAPE "PC0302" "a part of the document is not what OpenAPI has there"
        => "write the kind of value that the message names";
    /// A path of the document does not begin with `/`, or no request can ever have it: every request's
    /// path is in one normal form when it is compared.
    problem BAD_PATH "PC0303" "a path that no request can match"
        => "write the path in its normal form: a `/`, then segments, without `//`, `..`, `?`, `#` or `;`";
    /// A `security` entry names a scheme that `components.securitySchemes` does not define. What is
    /// misspelt here would protect nothing.
    problem UNKNOWN_SCHEME "PC0304" "an unknown security scheme"
        => "correct the name, or define the scheme under `components.securitySchemes`";
    /// Two operations have the same `operationId`. A config that opens or limits one by its name
    /// would reach both.
    problem REPEATED_OPERATION_ID "PC0305" "two operations have the same `operationId`"
        => "give each operation a name of its own";
    /// A key under `responses` is neither a status, nor a range such as `2XX`, nor `default`.
    problem BAD_STATUS "PC0306" "a response has no status"
        => "write a status such as `200`, a range such as `2XX`, or `default`";
    /// The URL of a server does not lead to a base path.
    problem BAD_SERVER "PC0307" "a server's URL has no base path that can be used"
        => "write `https://host/base` or `/base`, and give each variable a `default`";
    /// A `$ref` where Portcullis must know what stands there leads nowhere, in a circle, or to another
    /// file, which is not read yet.
    problem BAD_REFERENCE "PC0308" "a reference that cannot be followed"
        => "write out what the reference stands for, or put it under `components` of the same document";
    /// A field begins with `x-portcullis-`, but is not one that this version knows. It can only have
    /// been meant to tighten something, so it is not ignored.
    problem UNKNOWN_EXTENSION "PC0309" "an unknown `x-portcullis-` field"
        => "remove the field; what it should do stands in the gateway's config";
    /// One method of one path is described twice: beside a `$ref` and behind it.
    problem REPEATED_OPERATION "PC0310" "an operation is described twice"
        => "keep one of the two";
    /// The document, a path or an operation has a field that OpenAPI does not have there. It could be
    /// a misspelt `security`, or one in a place where it protects nothing, so it is not ignored.
    problem UNKNOWN_FIELD "PC0311" "a field that OpenAPI does not have there"
        => "correct the name, or begin it with `x-`";
    /// A name that reaches terminals, logs or answers holds a control character: a path, an
    /// `operationId`, a title, a method, a scheme, a scope or a media type.
    problem CONTROL_CHARACTER "PC0312" "a name holds a control character"
        => "write the name without control characters";
}
