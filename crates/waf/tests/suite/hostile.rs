//! Messages made to defeat the prefilter, the lazy automata, and the readers of bodies.

use portcullis_waf::{Outcome, RequestHead, Ruleset, Scratch};

pub(crate) struct Message {
    pub name: &'static str,
    pub media: &'static str,
    pub body: Vec<u8>,
}

const MIB: usize = 1 << 20;
const FORM: &str = "application/x-www-form-urlencoded";
const JSON: &str = "application/json";

/// All of them, each about as large as a gateway would let through.
pub(crate) fn messages() -> Vec<Message> {
    let message = |name, media, body| Message { name, media, body };
    let form = |name, text: &str| {
        let mut body = b"a=".to_vec();
        body.extend(text.bytes().cycle().take(MIB));
        message(name, FORM, body)
    };
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let mut noise = |alphabet: &[u8], length: usize| -> Vec<u8> {
        (0..length).map(|_| alphabet[random.next() as usize % alphabet.len()]).collect()
    };
    let printable: Vec<u8> = (b' '..=b'~').filter(|byte| !b"&%+=".contains(byte)).collect();
    let mut messages = vec![
        form("1 MiB of one letter", "a"),
        form("1 MiB of quotes", "'\"`"),
        form("1 MiB of short literals", "select union from etc passwd cmd exec "),
        form("1 MiB of opening tags", "<a "),
        form("1 MiB of dollars and braces", "${ $( {{"),
        form("1 MiB of spaces", " "),
        form("1 MiB of slashes and dots", "../"),
        form("1 MiB of backslashes", "\\\\x41"),
        form("1 MiB of entities", "&#x41;"),
        form("1 MiB of percent signs", "%2525"),
        form("1 MiB of open comments", "/*!"),
        form("1 MiB of words for SQL", "1 or 1=1 -- union select "),
        message(
            "1 MiB of printable noise",
            FORM,
            [b"a=".to_vec(), noise(&printable, MIB)].concat(),
        ),
        message("1 MiB of any bytes", FORM, [b"a=".to_vec(), noise(&all_bytes(), MIB)].concat()),
        message(
            "1 MiB of shell noise",
            FORM,
            [b"a=".to_vec(), noise(b"busyox$u\\'\"^;|({[ ", MIB)].concat(),
        ),
        message(
            "1 MiB of tag noise",
            FORM,
            [b"a=".to_vec(), noise(b"<>/scriptonerj:=\"' \n", MIB)].concat(),
        ),
        message(
            "1 MiB of SQL noise",
            FORM,
            [b"a=".to_vec(), noise(b"'\" ()=<>!1orandselctunif-/*#;", MIB)].concat(),
        ),
    ];
    messages.push(message("10,000 arguments", FORM, many("a{}=b{}&", 10_000)));
    messages.push(message(
        "10,000 leaves of JSON",
        JSON,
        wrap("[", many("\"v{} {}\",", 10_000), "1]"),
    ));
    messages.push(message(
        "900 leaves of 1 KiB of noise",
        JSON,
        wrap(
            "[",
            (0..900)
                .flat_map(|_| wrap("\"", noise(b"abcdefgh<>(){}$;:.,/ '=", 1024), "\","))
                .collect(),
            "1]",
        ),
    ));
    messages.push(message("100,000 open brackets", JSON, b"[".repeat(100_000)));
    messages.push(message("deep objects", JSON, b"{\"a\":".repeat(100_000)));
    messages.push(message("100,000 elements of XML", "text/xml", b"<a b='c'>".repeat(100_000)));
    messages.push(message(
        "1 MiB of text in XML",
        "text/xml",
        wrap("<a>", b"<b c=\"d\">e</b>".repeat(70_000), "</a>"),
    ));
    messages.push(message(
        "10,000 parts",
        "multipart/form-data; boundary=b",
        many("--b\r\nContent-Disposition: form-data; name=\"n{}\"\r\n\r\n{}\r\n", 10_000),
    ));
    messages.push(message(
        "1 MiB of boundaries",
        "multipart/form-data; boundary=b",
        b"--b\r\n".repeat(200_000),
    ));
    messages
}

fn all_bytes() -> Vec<u8> {
    (0..=255).filter(|byte| !b"&%+=".contains(byte)).collect()
}

fn many(pattern: &str, count: usize) -> Vec<u8> {
    (0..count).flat_map(|number| pattern.replace("{}", &number.to_string()).into_bytes()).collect()
}

fn wrap(before: &str, middle: Vec<u8>, after: &str) -> Vec<u8> {
    [before.as_bytes(), &middle, after.as_bytes()].concat()
}

struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 >> 16
    }
}

/// Shows a message to the rules: what came of it, and the work it was.
pub(crate) fn show(rules: &Ruleset, message: &Message, scratch: Scratch) -> (String, u64, Scratch) {
    let length = message.body.len().to_string();
    let mut transaction = rules.transaction(scratch);
    let mut outcome = transaction.request_head(&RequestHead {
        line: b"",
        method: b"POST",
        uri: b"/",
        protocol: b"HTTP/1.1",
        headers: &[
            (b"Host", b"example.com"),
            (b"User-Agent", b"hostile"),
            (b"Accept", b"*/*"),
            (b"Content-Type", message.media.as_bytes()),
            (b"Content-Length", length.as_bytes()),
        ],
    });
    if outcome == Outcome::Continue {
        outcome = transaction.request_body(&message.body);
    }
    let shown = match outcome {
        Outcome::Continue => "passed".to_string(),
        Outcome::Interrupted(interruption) => format!("refused by {}", interruption.rule),
        Outcome::BudgetExceeded(what) => format!("exceeded: {what:?}"),
    };
    (shown, transaction.work(), transaction.into_scratch())
}
