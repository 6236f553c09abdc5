//! What the fuzz targets do with their input; a plain test replays the corpus through the same.

use portcullis_waf::{
    Limits, MemoryFiles, Options, RequestHead, ResponseHead, Ruleset, Scratch, Transaction,
};
use std::sync::OnceLock;

fn compile(text: &str, shortcuts: bool) -> Ruleset {
    let files = MemoryFiles::single("a.conf", text);
    let limits = Limits { work: 20_000_000, ..Limits::default() };
    let options = Options { limits, shortcuts, ..Options::default() };
    Ruleset::load(&files, &["a.conf"], &options).unwrap_or_else(|error| panic!("{error}"))
}

/// The parser and compiler of rules: any text, no panic.
pub(crate) fn load(data: &[u8]) {
    let mut files = MemoryFiles::default();
    files.insert("a.conf", data);
    files.insert("words.data", "alpha\nbeta\n");
    if let Ok(rules) = Ruleset::load(&files, &["a.conf"], &Options::default()) {
        ask(&rules, b"/?a=b&c=%41", b"application/json", b"{\"a\":[1]}");
    }
}

/// Each reader of bodies: the first byte chooses one, the rest is the body.
pub(crate) fn bodies(data: &[u8]) {
    static RULES: OnceLock<Ruleset> = OnceLock::new();
    let rules = RULES.get_or_init(|| {
        compile(
            "SecRequestBodyJsonDepthLimit 50
            SecRule REQUEST_HEADERS:Content-Type xml id:1,phase:1,nolog,ctl:requestBodyProcessor=XML
            SecRule REQUEST_HEADERS:Content-Type json id:2,phase:1,nolog,ctl:requestBodyProcessor=JSON
            SecRule ARGS|ARGS_NAMES|XML:/*|XML://@*|FILES|FILES_NAMES|MULTIPART_PART_HEADERS \
                \"@rx ([a-z])\\1?\" \"id:3,phase:2,capture,msg:'%{TX.1} in %{MATCHED_VAR_NAME}'\"
            SecRule RESPONSE_BODY \"@pm alpha beta\" \"id:4,phase:4\"",
            true,
        )
    });
    let Some((first, body)) = data.split_first() else { return };
    let media: &[u8] = match first % 4 {
        0 => b"application/x-www-form-urlencoded",
        1 => b"application/json",
        2 => b"text/xml",
        _ => b"multipart/form-data; boundary=b",
    };
    ask(rules, b"/", media, body);
}

const TRANSFORMATIONS: [&str; 32] = [
    "base64Decode",
    "base64DecodeExt",
    "base64Encode",
    "cmdLine",
    "compressWhitespace",
    "cssDecode",
    "escapeSeqDecode",
    "hexDecode",
    "hexEncode",
    "htmlEntityDecode",
    "jsDecode",
    "length",
    "lowercase",
    "md5",
    "normalizePath",
    "normalizePathWin",
    "removeComments",
    "removeCommentsChar",
    "removeNulls",
    "removeWhitespace",
    "replaceComments",
    "replaceNulls",
    "sha1",
    "sqlHexDecode",
    "trim",
    "trimLeft",
    "trimRight",
    "uppercase",
    "urlDecode",
    "urlDecodeUni",
    "urlEncode",
    "utf8toUnicode",
];

/// Every transformation on any bytes.
pub(crate) fn transformations(data: &[u8]) {
    static RULES: OnceLock<Ruleset> = OnceLock::new();
    let rules = RULES.get_or_init(|| {
        let rule = |(index, name): (usize, &&str)| {
            format!("SecRule REQUEST_BODY \"@rx .\" \"id:{},phase:2,t:{name}\"\n", index + 1)
        };
        compile(&TRANSFORMATIONS.iter().enumerate().map(rule).collect::<String>(), true)
    });
    ask(rules, b"/", b"application/x-www-form-urlencoded", data);
}

/// Folding and prefilters against doing everything: the same rules fire.
pub(crate) fn shortcuts(data: &[u8]) {
    const RULES: &str = "SecAction id:1,phase:1,nolog,setvar:tx.level=1
        SecRule ARGS|ARGS_NAMES \"@rx (?i)(?:union|select)\\s+\\w+\" \"id:2,phase:1,t:urlDecodeUni\"
        SecRule ARGS \"@rx [<$]\\{?\" \"id:3,phase:1,multiMatch,t:htmlEntityDecode,t:jsDecode\"
        SecRule TX:level \"@lt 2\" \"id:4,phase:1,nolog,skipAfter:END\"
        SecRule ARGS \"@rx .\" \"id:5,phase:1\"
        SecMarker END
        SecRule ARGS \"@pm etc/passwd cmd.exe\" \"id:6,phase:1,t:normalizePath,t:lowercase\"
        SecRule ARGS \"@detectSQLi\" \"id:7,phase:1\"
        SecRule ARGS \"@detectXSS\" \"id:8,phase:1\"
        SecRule ARGS \"@validateUtf8Encoding\" \"id:9,phase:1\"
        SecRule ARGS \"@validateByteRange 32-126\" \"id:10,phase:1\"
        SecRule ARGS \"@rx ^(?:a|b)*$\" \"id:11,phase:1,t:cmdLine\"
        SecRule ARGS \"@rx x.+y|\\bfoo(?:d|t)\" \"id:12,phase:1,t:removeWhitespace\"";
    static PAIR: OnceLock<(Ruleset, Ruleset)> = OnceLock::new();
    let (quick, plain) = PAIR.get_or_init(|| (compile(RULES, true), compile(RULES, false)));
    let uri = [b"/?q=", data].concat();
    let quick = ask(quick, &uri, b"", b"").matched_ids().collect::<Vec<_>>();
    let plain = ask(plain, &uri, b"", b"").matched_ids().collect::<Vec<_>>();
    assert_eq!(quick, plain);
}

fn ask(rules: &Ruleset, uri: &[u8], media: &[u8], body: &[u8]) -> Transaction {
    let mut transaction = rules.transaction(Scratch::default());
    transaction.request_head(&RequestHead {
        line: b"",
        method: b"POST",
        uri,
        protocol: b"HTTP/1.1",
        headers: &[(b"Host", b"example.com"), (b"Content-Type", media), (b"Cookie", uri)],
    });
    transaction.request_body(body);
    let headers: [(&[u8], &[u8]); 1] = [(b"Content-Type", b"text/html")];
    transaction.response_head(&ResponseHead {
        status: 200,
        protocol: b"HTTP/1.1",
        headers: &headers,
    });
    transaction.response_body(body);
    transaction.finish();
    // Explaining must not fail either.
    drop(transaction.matches());
    transaction
}
