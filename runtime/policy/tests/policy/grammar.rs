//! The text of grants: what is parsed prints back the same, and nothing half understood is parsed.

use proptest::prelude::*;
use ringfence_policy::{Capability, Grant};

/// Grants in the form in which they print.
const GRANTS: &[&str] = &[
    "budget.cpu=10s",
    "budget.files=0",
    "budget.fuel=1000000",
    "budget.handles=16",
    "budget.log-lines=0",
    "budget.memory=64MiB",
    "budget.output=1500",
    "budget.result=1KiB",
    "budget.wall=500ms",
    "budget.written=10MiB",
    "clock.precise",
    "config=http/base-url",
    "env=LANG",
    "fs.change=/srv/out:/out",
    "fs.create=/srv/out:/out/*.txt",
    "fs.delete=/srv/out:/out/**",
    "fs.list=./docs:/",
    "fs.read=./docs:/docs",
    "fs.read=./docs:/docs/**/*.md",
    "fs.read=./report.txt:/report.txt",
    "fs.read=.:/*",
    "fs.write=/srv/a:b/c:/work",
    "kv=notes",
    "kv=notes:10MiB",
    "net=* https://api.example.com",
    "net=GET,POST https://api.example.com/v1",
    "net=http://10.0.0.5:8080",
    "net=http://[10.0.0.0/8]:8080/metrics",
    "net=http://[::1]:3000",
    "net=http://[::1]/8",
    "net=http://[fd00::]:3000",
    "net=http://[fd00::/8]:*",
    "net=https://*",
    "net=https://*.example.com:8000-8100",
    "net=https://api.example.com",
    "net=https://api.example.com/8",
    "net=https://xn--bcher-kva.example",
    "random",
    "secret=GITHUB_TOKEN->api.example.com",
    "secret=KEY->api.example.com:8443:x-api-key",
    "secret=KEY->api.example.com:x-api-key",
    "secret=KEY->http://127.0.0.1:8080",
    "secret=KEY->[::1]:8443",
    "socket=tcp:*.example.com:443",
    "socket=tcp:10.0.0.0/8:5432",
    "socket=tcp:10.0.0.5:5432",
    "socket=tcp:[fd00::/8]:1-1024",
    "socket=tcp:db.example.com:*",
    "socket=udp:[::1]:53",
    "stdin",
    "stdout",
    "tools=*",
    "tools=text_*",
    "tools=text_word-count",
];

/// Capabilities in the form in which they print.
const CAPABILITIES: &[&str] = &[
    "clock.precise",
    "config=greeting",
    "env",
    "env=LANG",
    "fs.read",
    "fs.write=/work/**/.git",
    "fs.write=/work/.git",
    "kv=notes",
    "net",
    "net=*://[169.254.0.0/16]",
    "net=POST https://example.com:8443/admin",
    "net=http://*",
    "secret=TOKEN",
    "socket=udp:*:53",
    "tools=text_*",
];

#[test]
fn what_is_parsed_prints_back() {
    for text in GRANTS {
        let grant: Grant = text
            .parse()
            .unwrap_or_else(|error| panic!("{text}: {error}"));
        assert_eq!(grant.to_string(), *text);
    }
    for text in CAPABILITIES {
        let capability: Capability = text
            .parse()
            .unwrap_or_else(|error| panic!("{text}: {error}"));
        assert_eq!(capability.to_string(), *text);
    }
}

#[test]
fn two_spellings_of_one_grant_are_one() {
    for (one, other) in [
        (
            "net=https://API.Example.COM.:443/",
            "net=https://api.example.com",
        ),
        (
            "net=GET,HEAD,OPTIONS https://a.example",
            "net=https://a.example",
        ),
        (
            "net=POST,GET https://a.example",
            "net=GET,POST https://a.example",
        ),
        (
            "net=https://b\u{fc}cher.example",
            "net=https://xn--bcher-kva.example",
        ),
        ("net=http://[::ffff:10.0.0.5]", "net=http://10.0.0.5"),
        (
            "net=http://[::ffff:10.0.0.0/104]",
            "net=http://[10.0.0.0/8]",
        ),
        ("socket=tcp:[10.0.0.0/8]:80-80", "socket=tcp:10.0.0.0/8:80"),
        ("socket=tcp:a.example:1-65535", "socket=tcp:a.example:*"),
        (
            "secret=K->A.example:443:X-Api-Key",
            "secret=K->a.example:x-api-key",
        ),
        (
            "secret=K->https://a.example:authorization",
            "secret=K->a.example",
        ),
        ("kv=notes:1024KiB", "kv=notes"),
        ("budget.memory=65536KiB", "budget.memory=64MiB"),
        ("budget.wall=1m", "budget.wall=60s"),
        ("fs.read=docs:/docs/", "fs.read=docs:/docs"),
    ] {
        let (one, other): (Grant, Grant) = (one.parse().unwrap(), other.parse().unwrap());
        assert_eq!(one, other);
    }
}

#[test]
fn nothing_half_understood_becomes_a_grant() {
    for text in [
        "",
        "*",
        "=",
        "fs",
        "fs.read",
        "fs.read=",
        "fs.read=docs",
        "fs.read=:/docs",
        "fs.read=docs:docs",
        "fs.read=docs:/a/../b",
        "fs.read=docs:/a//b",
        "fs.read=docs:/a\n",
        "fs.read=docs:/a\\*",
        "fs.read=docs:/a/**b",
        "fs.read=docs:/a*/../b",
        "fs.Read=a:/b",
        " fs.read=a:/b",
        "fs.read=a\n:/b",
        "env=",
        "env=A B",
        "env=A=B",
        "env=*",
        "env=1A",
        "random=1",
        "stdin=",
        "clock.precise=yes",
        "clock",
        "budget",
        "budget.wall",
        "budget.wall=",
        "budget.wall=0s",
        "budget.wall=11m",
        "budget.wall=30",
        "budget.wall=-1s",
        "budget.memory=1",
        "budget.memory=1GiB",
        "budget.memory=1.5MiB",
        "budget.memory=64MB",
        "budget.memory=99999999999999999999GiB",
        "budget.speed=1",
        "budget.fuel=007",
        "budget.fuel=+5",
        "net=",
        "net=example.com",
        "net=ftp://example.com",
        "net=*://example.com",
        "net=https://",
        "net=https://:443",
        "net=https://a.example:",
        "net=https://a.example:0",
        "net=https://a.example:65536",
        "net=https://a.example:9-8",
        "net=https://user@a.example",
        "net=https://a.example?x",
        "net=https://a.example#x",
        "net=https://a.example/%61",
        "net=https://a.example/..",
        "net=https://a.example/a/./b",
        "net=https://a.example//b",
        "net=https://a.example/*",
        "net=https://a..example",
        "net=https://-a.example",
        "net=https://a.*.example",
        "net=https://a*.example",
        "net=https://*.",
        "net=https://*.*",
        "net=https://xn--a.example",
        "net=https://127.1",
        "net=https://2130706433",
        "net=https://0x7f000001",
        "net=https://0x7f.1",
        "net=https://010.0.0.1",
        "net=https://1.2.3.4.5",
        "net=http://10.0.0.0/8:8080",
        "net=http://10.0.0.0/8",
        "net=http://[10.0.0.1/8]",
        "net=http://[10.0.0.0/33]",
        "net=http://[a.example]",
        "net=http://[::1",
        "net=http://::1",
        "net=http://[fe80::1%25eth0]",
        "net=get https://a.example",
        "net=GET,GET https://a.example",
        "net= https://a.example",
        "net=CONNECT https://a.example",
        "net=TRACE https://a.example",
        "net=GET  https://a.example",
        "net=https://a.example b",
        "net=https://a\u{200b}.example ",
        "socket=",
        "socket=a.example:80",
        "socket=tcp:a.example",
        "socket=sctp:a.example:80",
        "socket=tcp:a.example:80:90",
        "socket=tcp::80",
        "socket=tcp:::1:80",
        "socket=TCP:a.example:80",
        "secret=TOKEN",
        "secret=->a.example",
        "secret=TOKEN->",
        "secret=TOKEN->*.example.com",
        "secret=TOKEN->*",
        "secret=TOKEN->[10.0.0.0/8]",
        "secret=TOKEN->a.example:host",
        "secret=TOKEN->a.example:Content-Length",
        "secret=TOKEN->a.example:x y",
        "secret=TOKEN->a.example:",
        "secret=TOKEN->a.example:0",
        "secret=TOKEN->a.example:443:",
        "secret=A B->a.example",
        "config=",
        "config=a b",
        "config=*",
        "kv=",
        "kv=Notes",
        "kv=../x",
        "kv=notes:",
        "kv=notes:0",
        "kv=notes:2000GiB",
        "kv=notes:1MiB:2",
        "tools=",
        "tools=*_stats",
        "tools=a*b",
        "tools=Text",
        "tools=text stats",
        "tools=**",
    ] {
        assert!(
            text.parse::<Grant>().is_err(),
            "{text:?} is {:?}",
            text.parse::<Grant>()
        );
    }
    for text in [
        "budget.wall=1s",
        "fs.read=docs",
        "fs.read=./docs:/docs",
        "random=",
        "fs",
        "kv=a:1MiB",
    ] {
        assert!(text.parse::<Capability>().is_err(), "{text:?}");
    }
}

#[test]
fn an_error_names_what_was_probably_meant() {
    for (text, meant) in [
        ("fs.raed=/a:/b", "did you mean `fs.read`?"),
        ("nett=https://a.example", "did you mean `net`?"),
        ("sockets=tcp:a.example:1", "did you mean `socket`?"),
        ("budget.memroy=64MiB", "did you mean `budget.memory`?"),
        ("clock.precize", "did you mean `clock.precise`?"),
        ("env", "env=LANG"),
        ("net=http://10.0.0.0/8:8080", "[10.0.0.0/8]"),
    ] {
        let error = text.parse::<Grant>().unwrap_err().to_string();
        assert!(error.contains(meant), "{text}: {error}");
    }
    let error = "qqqqqqqq=1".parse::<Grant>().unwrap_err().to_string();
    assert!(
        error.contains("fs.read") && error.contains("budget.wall"),
        "{error}"
    );
}

#[test]
fn a_wrong_grant_is_repeated_in_part_and_without_control_characters() {
    let long = format!("env={}\u{1b}[31m", "x".repeat(5000));
    let error = long.parse::<Grant>().unwrap_err().to_string();
    assert!(error.len() < 400 && !error.contains('\u{1b}'), "{error}");
    for plain in [format!("env={}", "x".repeat(5000)), "x".repeat(5000)] {
        let error = plain.parse::<Grant>().unwrap_err().to_string();
        assert!(error.len() < 700, "{error}");
    }
    let quoted = "env='A'".parse::<Grant>().unwrap_err().to_string();
    assert!(quoted.ends_with("not `\\'A\\'`"), "{quoted}");
}

#[test]
fn a_manifest_may_ask_with_a_kind_a_capability_or_a_grant() {
    for (text, shown) in [
        ("fs.read", "fs.read"),
        ("fs.read=/docs", "fs.read=/docs"),
        ("fs.read=./docs:/docs", "fs.read=/docs"),
        ("kv=notes:10MiB", "kv=notes"),
        ("secret=TOKEN->a.example", "secret=TOKEN"),
        ("net=https://a.example", "net=https://a.example"),
    ] {
        assert_eq!(Capability::requested(text).unwrap().to_string(), shown);
    }
    assert!(Capability::requested("budget.wall=1s").is_err());
    assert!(Capability::requested("anything").is_err());
}

fn grant_text() -> impl Strategy<Value = String> {
    let host = prop_oneof![
        "[a-z]{1,8}(\\.[a-z][a-z0-9-]{0,6}[a-z0-9]){0,3}",
        "\\*\\.[a-z]{1,8}\\.[a-z]{2,4}",
        Just("*".to_owned()),
        "(1[0-9]{0,2}\\.){3}1[0-9]{0,2}",
        (0_u8..=32, any::<u32>()).prop_map(|(prefix, bits)| {
            let mask = u32::MAX.checked_shl(32 - u32::from(prefix)).unwrap_or(0);
            format!("[{}/{prefix}]", core::net::Ipv4Addr::from_bits(bits & mask))
        }),
        any::<u128>().prop_map(|bits| format!("[{}]", core::net::Ipv6Addr::from_bits(bits))),
    ];
    let ports = prop_oneof![
        Just(String::new()),
        Just(":*".to_owned()),
        (1_u16..).prop_map(|port| format!(":{port}")),
        (1_u16..9000, 9000_u16..).prop_map(|(first, last)| format!(":{first}-{last}")),
    ];
    let path = "(/[a-zA-Z0-9_.~-]{0,3}[a-z]){0,3}/?";
    let methods = prop_oneof![
        Just(String::new()),
        Just("* ".to_owned()),
        Just("POST ".to_owned()),
        Just("DELETE,GET ".to_owned()),
        Just("OPTIONS,HEAD,GET ".to_owned()),
    ];
    let guest = "(/[a-z*?.]{0,2}[a-z]|/\\*\\*){1,4}/?";
    prop_oneof![
        (methods, "https?", host.clone(), ports, path).prop_map(
            |(methods, scheme, host, ports, path)| format!(
                "net={methods}{scheme}://{host}{ports}{path}"
            )
        ),
        ("tcp|udp", host.clone(), 1_u16.., 0_u16..500).prop_map(|(protocol, host, first, more)| {
            format!(
                "socket={protocol}:{host}:{first}-{}",
                first.saturating_add(more)
            )
        }),
        (
            "[A-Z_][A-Z0-9_]{0,6}",
            "(http://)?",
            host,
            "(:[1-9][0-9]{0,3})?",
            "(:[a-zA-Z][a-z-]{0,8})?"
        )
            .prop_map(|(name, scheme, host, port, header)| format!(
                "secret={name}->{scheme}{host}{port}{header}"
            )),
        (
            "fs\\.(list|read|create|change|delete|write)",
            "[a-z:./ ]{1,8}",
            guest
        )
            .prop_map(|(kind, host, guest)| format!("{kind}={host}:{guest}")),
        ("kv|config|env|tools", "[a-zA-Z0-9_*/:-]{1,8}")
            .prop_map(|(kind, value)| format!("{kind}={value}")),
        (
            "budget\\.(cpu|files|fuel|handles|log-lines|memory|output|result|wall|written)",
            "[1-9][0-9]{0,4}(B|KiB|MiB|ms|s|m)?"
        )
            .prop_map(|(kind, value)| format!("{kind}={value}")),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    /// Printing loses nothing, and what is printed is in the one printed form.
    #[test]
    fn printing_and_parsing_are_inverse(text in grant_text()) {
        if let Ok(grant) = text.parse::<Grant>() {
            let printed = grant.to_string();
            let again: Grant = printed.parse().map_err(|error| {
                TestCaseError::fail(format!("`{text}` prints `{printed}`: {error}"))
            })?;
            prop_assert_eq!(&again, &grant, "`{}`", text);
            prop_assert_eq!(again.to_string(), printed);
            if let Some(capability) = Capability::of(&grant) {
                let printed = capability.to_string();
                prop_assert_eq!(printed.parse::<Capability>().ok(), Some(capability), "`{}`", printed);
            }
        }
    }

    /// Whatever the text, there is an answer.
    #[test]
    fn no_text_breaks_the_parser(text in "\\PC*", kind in "(fs\\.read|net|socket|secret|kv|env|tools|budget\\.wall)=") {
        let _ = text.parse::<Grant>();
        let _ = format!("{kind}{text}").parse::<Grant>();
        let _ = Capability::requested(&format!("{kind}{text}"));
    }
}

/// The strategy above would prove nothing if most of what it makes were refused.
#[test]
fn most_of_what_is_tried_is_a_grant() {
    use proptest::strategy::ValueTree as _;
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let parsed = (0..1000).filter(|_| {
        let text = grant_text().new_tree(&mut runner).unwrap().current();
        text.parse::<Grant>().is_ok()
    });
    let parsed = parsed.count();
    assert!(parsed > 500, "{parsed} of 1000");
}

#[test]
fn an_amount_that_is_none_is_quoted_as_it_was_written() {
    for (text, quoted) in [
        ("kv=notes:1MB", "`1MB`"),
        ("budget.memory=1KB", "`1KB`"),
        ("budget.wall=1.5s", "`1.5s`"),
    ] {
        let error = text.parse::<Grant>().unwrap_err().to_string();
        assert!(error.contains(quoted), "{error}");
    }
}
