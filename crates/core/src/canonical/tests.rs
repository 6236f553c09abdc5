//! What has exactly one reading, and what is refused.

use super::*;
use proptest::prelude::*;

fn admit(target: &str) -> Result<Canonical, Inadmissible> {
    admit_with(target, &["api.example.com"])
}

fn admit_with(target: &str, hosts: &[&str]) -> Result<Canonical, Inadmissible> {
    let mut headers = HeaderMap::new();
    for host in hosts {
        headers.append(header::HOST, host.parse().unwrap());
    }
    let scheme = Scheme::Http;
    Canonical::admit(RawHead { method: Method::GET, scheme, target, authority: None, headers })
}

fn path(raw: &str) -> Result<String, Inadmissible> {
    admit(raw).map(|canonical| canonical.target().path_and_query())
}

#[test]
fn az3_one_normal_form() {
    let cases = [
        ("/", "/"),
        ("/pets", "/pets"),
        ("/pets/", "/pets/"),
        ("/%70ets", "/pets"),
        ("/a%2db%7e", "/a-b~"),
        ("/caf%c3%a9", "/caf%C3%A9"),
        ("/a%20b", "/a%20b"),
        ("/a%21b", "/a%21b"),
        ("/a|b[1]", "/a%7Cb%5B1%5D"),
        ("/a?b=%7E&c=%2f&d={x}", "/a?b=~&c=%2F&d=%7Bx%7D"),
        ("/a?", "/a?"),
        ("/a?b?c", "/a?b?c"),
        ("/..a/b..", "/..a/b.."),
        ("/a%252fb", "/a%252fb"),
        ("http://api.example.com/x", "/x"),
        ("http://api.example.com", "/"),
    ];
    for (raw, normal) in cases {
        assert_eq!(path(raw).as_deref(), Ok(normal), "{raw}");
    }
}

#[test]
fn az3_what_servers_read_differently_is_refused() {
    use Inadmissible::*;
    let cases = [
        ("/a/../b", DotSegment),
        ("/a/.", DotSegment),
        ("/%2e%2e/b", DotSegment),
        ("/.%2E/b", DotSegment),
        ("//a", EmptySegment),
        ("/a//b", EmptySegment),
        ("/a;b=c/d", PathParameter),
        ("/a%2fb", EncodedDelimiter),
        ("/a%5cb", EncodedDelimiter),
        ("/a%00", EncodedDelimiter),
        ("/a%0ab", EncodedDelimiter),
        ("/a%7f", EncodedDelimiter),
        ("/a\\b", PathByte),
        ("/a b", PathByte),
        ("/a#b", PathByte),
        ("/a\u{e9}", PathByte),
        ("/a%", BadPercent),
        ("/a%2", BadPercent),
        ("/a%+1", BadPercent),
        ("/a%zz", BadPercent),
        ("/%c0%af", NotUtf8),
        ("/%ff", NotUtf8),
        ("/a?b=%0d%0a", EncodedDelimiter),
        ("/a?b=%ff", NotUtf8),
        ("/a?b c", QueryByte),
        ("/a?b#c", QueryByte),
        ("*", TargetForm),
        ("a", TargetForm),
        ("", TargetForm),
        ("api.example.com:443", TargetForm),
        ("ftp://api.example.com/", TargetForm),
        ("http://api.example.com?x", TargetForm),
        ("https://api.example.com/", OtherScheme),
        ("http://other.example.com/", HostsDiffer),
        ("http://me@api.example.com/", UserInformation),
    ];
    for (raw, why) in cases {
        assert_eq!(path(raw), Err(why), "{raw}");
    }
    assert_eq!(path(&format!("/{}", "a".repeat(9000))), Err(TargetTooLong));
}

#[test]
fn az5_a_host_has_one_form() {
    let cases = [
        ("API.Example.COM", "api.example.com"),
        ("api.example.com.", "api.example.com"),
        ("api.example.com:80", "api.example.com"),
        ("api.example.com:8080", "api.example.com:8080"),
        ("192.0.2.1:80", "192.0.2.1"),
        ("[2001:DB8:0::1]:81", "[2001:db8::1]:81"),
        ("a_b.internal", "a_b.internal"),
    ];
    for (raw, normal) in cases {
        let canonical = admit_with("/", &[raw]).unwrap();
        assert_eq!(canonical.target().authority.to_string(), normal);
        assert!(canonical.headers().is_empty());
    }
}

#[test]
fn fr2_a_host_that_is_not_one_host_is_refused() {
    use Inadmissible::*;
    assert_eq!(admit_with("/", &[]).unwrap_err(), HostMissing);
    assert_eq!(admit_with("/", &["a", "a"]).unwrap_err(), HostRepeated);
    assert_eq!(admit_with("/", &["u@a"]).unwrap_err(), UserInformation);
    for bad in [
        "",
        ".",
        "a..b",
        "a b",
        "a/b",
        "a,b",
        "-a",
        "a-",
        "[::1",
        "::1",
        "[::1]x",
        "a:",
        "a:0",
        "a::80",
        "a:99999",
        "a:+80",
        "a:80:80",
        "127.1",
        "0x7f.1",
        "1.2.3.4.5",
        "256.1.1.1",
        "a.0x7f",
    ] {
        assert_eq!(admit_with("/", &[bad]).unwrap_err(), HostMalformed, "{bad}");
    }
}

#[test]
fn a_query_is_taken_apart_once() {
    let canonical = admit("/a?x=1&y=a%26b+c&x=2&&flag").unwrap();
    let query = canonical.target().query.clone().unwrap();
    let pairs: Vec<_> = query.pairs().map(|(n, v)| format!("{n}:{v}")).collect();
    assert_eq!(pairs, ["x:1", "y:a&b c", "x:2", "flag:"]);
}

#[test]
fn the_router_sees_what_a_segment_says() {
    let canonical = admit("/a%21b/%C3%A9/").unwrap();
    let segments: Vec<_> = canonical.target().path.segments().collect();
    assert_eq!(segments, ["a!b", "é", ""]);
}

proptest! {
    /// canon(canon(x)) = canon(x), and what is accepted has none of the forms that are refused.
    #[test]
    fn az3_canonical_is_idempotent(raw in "/[ -~é]{0,40}") {
        if let Ok(once) = path(&raw) {
            prop_assert_eq!(path(&once), Ok(once.clone()));
            let bare = once.split('?').next().unwrap_or_default();
            prop_assert!(!bare.contains("//") && !bare.contains(['\\', ';', '#', ' ']));
            prop_assert!(bare.split('/').all(|segment| segment != "." && segment != ".."));
        }
    }

    /// Percent-encoding any character of a path never reaches another path.
    #[test]
    fn az3_encoding_a_character_changes_nothing_or_is_refused(plain in "/[a-z.~!]{1,8}", at in 0usize..8) {
        let at = 1 + at % (plain.len() - 1).max(1);
        if let (Ok(canonical), Some(byte)) = (admit(&plain), plain.as_bytes().get(at)) {
            let encoded = format!("{}%{byte:02x}{}", &plain[..at], &plain[at + 1..]);
            if let Ok(other) = admit(&encoded) {
                let segments = |c: &Canonical| c.target().path.segments().map(String::from).collect::<Vec<_>>();
                prop_assert_eq!(segments(&other), segments(&canonical));
            }
        }
    }

    #[test]
    fn az5_hosts_are_idempotent(raw in "[a-zA-Z0-9.:\\[\\]-]{1,20}") {
        if let Ok(authority) = Authority::admit(&raw, Scheme::Http) {
            prop_assert_eq!(Authority::admit(&authority.to_string(), Scheme::Http), Ok(authority));
        }
    }
}
