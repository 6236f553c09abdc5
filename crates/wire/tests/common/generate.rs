//! Requests by the thousand: mostly well formed, some bent in one of the ways that attacks are bent.

/// A small repeatable generator (SplitMix64), so that a failing case is one number.
pub struct Random(pub u64);

impl Random {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % bound as u64).unwrap()
    }

    pub fn pick<'a, T: ?Sized>(&mut self, of: &[&'a T]) -> &'a T {
        of[self.below(of.len())]
    }

    pub fn chance(&mut self, one_in: usize) -> bool {
        self.below(one_in) == 0
    }
}

const METHODS: &[&str] =
    &["GET", "POST", "PUT", "HEAD", "OPTIONS", "DELETE", "PATCH", "get", "M-SEARCH", ""];
const TARGETS: &[&str] = &[
    "/",
    "/a/b?c=d",
    "/a%2fb",
    "//a",
    "/a;b?c[d]=|",
    "http://a.example/x",
    "http://other/x",
    "*",
    "/a#b",
    "a",
    "/\\",
    "/%00",
    "/?",
    "/../a",
    "http://a.example?x",
    "/a{b}",
    "/?{\"a\"}",
    "HTTP://A.example",
];
const VERSIONS: &[&str] =
    &["HTTP/1.1", "HTTP/1.1", "HTTP/1.1", "HTTP/1.1", "HTTP/1.0", "HTTP/1.2", "http/1.1"];
const FIELDS: &[&str] = &[
    "accept: */*",
    "user-agent: x (y; z)",
    "cookie: a=b; c=\"d\"",
    "x-empty:",
    "x-tabs:\ta\t",
    "x-latin: \u{e9}",
    "connection: close",
    "connection: keep-alive, x-a",
    "te: trailers",
    "x_y.z: 1",
    "upgrade: websocket",
    "content-type: application/json",
    "transfer-encoding: chunked",
    "content-length: 3",
    "content-length: 0",
    "expect: 100-continue",
    "connection: upgrade",
];
const HOSTILE: &[&str] = &[
    "content-length: +3",
    "content-length: 3, 3",
    "content-length: 0x3",
    "content-length:",
    "content-length: 003",
    "content-length: 99999999999999999999",
    "transfer-encoding: chunked, chunked",
    "transfer-encoding: gzip",
    "transfer-encoding: xchunked",
    "transfer-encoding : chunked",
    "transfer_encoding: chunked",
    " folded",
    "\tcontent-length: 3",
    "host: b.example",
    "host: a@b",
    "no colon",
    ": empty",
    "x y: z",
    "x: a\rb",
    "x: a\0b",
    "x: a\nb: c",
    "x\u{b}: a",
    "connection: content-length",
    "expect: something",
    "content-length: 3\u{b}",
];
const CHUNKS: &[&str] = &[
    "3\r\nabc\r\n",
    "A\r\n0123456789\r\n",
    "1;a=b\r\nx\r\n",
    "3;a=\"\\\"\"\r\nabc\r\n",
    "003\r\nabc\r\n",
];
const HOSTILE_CHUNKS: &[&str] = &[
    "+3\r\nabc\r\n",
    "0x3\r\nabc\r\n",
    "3 \r\nabc\r\n",
    "3\nabc\r\n",
    "3\r\nabc\n",
    "3\r\nabcd\r\n",
    "-1\r\n",
    "\r\n",
    "10000000000000003\r\nabc\r\n",
    "3;\r\nabc\r\n",
    "3;a\nb\r\nabc\r\n",
    "ffffffffffffffff\r\n",
    "3\r\nabc\rX",
];
const ENDS: &[&str] = &[
    "0\r\n\r\n",
    "0\r\n\r\n",
    "0\r\nx-t: 1\r\n\r\n",
    "0\r\ncontent-length: 1\r\n\r\n",
    "00;a\r\n\r\n",
];
const BYTES: &[u8] = b"\r\n\0 \t:;,#\\\"@_-+0aZ/\x7f\x80\x0b";

/// One or two requests on one connection. One in `hostile` parts is bent; 0 bends nothing.
pub fn stream(random: &mut Random, hostile: usize) -> Vec<u8> {
    let mut bytes = request(random, hostile);
    if random.chance(3) {
        bytes.extend(request(random, hostile));
    }
    if hostile > 0 && random.chance(hostile * 4) {
        let at = random.below(bytes.len());
        let byte = BYTES[random.below(BYTES.len())];
        match random.below(3) {
            0 => bytes[at] = byte,
            1 => bytes.insert(at, byte),
            _ => drop(bytes.remove(at)),
        }
    }
    bytes
}

fn request(random: &mut Random, hostile: usize) -> Vec<u8> {
    let bent = |random: &mut Random| hostile > 0 && random.chance(hostile * 3);
    let (methods, targets, versions) = if bent(random) {
        (METHODS, TARGETS, VERSIONS)
    } else {
        (&METHODS[..7], &TARGETS[..6], &VERSIONS[..5])
    };
    let mut head =
        format!("{} {} {}\r\n", random.pick(methods), random.pick(targets), random.pick(versions));
    if !bent(random) {
        head.push_str("host: a.example\r\n");
    }
    for _ in 0..random.below(5) {
        head.push_str(random.pick(&FIELDS[..12]));
        head.push_str("\r\n");
    }
    let chunked = random.chance(3);
    match chunked {
        true => head.push_str("transfer-encoding: chunked\r\n"),
        false if random.chance(2) => head.push_str("content-length: 3\r\n"),
        false => {}
    }
    if bent(random) {
        let line = random.pick(HOSTILE);
        let end = if random.chance(8) { "\n" } else { "\r\n" };
        head.push_str(if random.chance(2) { line } else { random.pick(FIELDS) });
        head.push_str(end);
    }
    let sized = head.contains("content-length: 3\r\n");
    head.push_str("\r\n");
    if chunked {
        for _ in 0..random.below(3) {
            head.push_str(if bent(random) {
                random.pick(HOSTILE_CHUNKS)
            } else {
                random.pick(CHUNKS)
            });
        }
        let ends = if hostile > 0 { ENDS } else { &ENDS[..3] };
        head.push_str(random.pick(ends));
    } else if sized {
        head.push_str("abc");
    }
    latin(&head)
}

/// One byte for each character, as fields hold them.
fn latin(text: &str) -> Vec<u8> {
    text.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect()
}
