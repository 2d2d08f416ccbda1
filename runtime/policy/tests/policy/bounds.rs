//! How long and how much: the last that is allowed, and the first that is not.

use ringfence_policy::{Budget, Capability, Grant};

use crate::setup::Setup;

/// A host name of this many bytes, in labels that are short enough.
fn name(bytes: usize) -> String {
    let letter = |at| if at % 50 == 49 { '.' } else { 'a' };
    (0..bytes).map(letter).collect()
}

#[test]
fn a_text_may_be_so_long_and_no_longer() {
    type Written = fn(usize) -> String;
    let grants: [(usize, Written); 12] = [
        (64, |bytes| format!("kv={}", "a".repeat(bytes))),
        (256, |bytes| format!("env={}", "A".repeat(bytes))),
        (256, |bytes| format!("config={}", "a".repeat(bytes))),
        (256, |bytes| {
            format!("secret={}->a.example", "A".repeat(bytes))
        }),
        (128, |bytes| {
            format!("secret=A->a.example:{}", "x".repeat(bytes))
        }),
        (63, |bytes| {
            format!("net=https://{}.example", "a".repeat(bytes))
        }),
        (253, |bytes| format!("net=https://{}", name(bytes))),
        // A name that is written with what means nothing is measured as it is written, too.
        (507, |pairs| {
            format!("net=https://ab.example{}", "\u{ad}".repeat(pairs))
        }),
        (64, |bytes| format!("tools={}*", "a".repeat(bytes - 1))),
        (32, |parts| {
            format!("fs.read=/s:/g/*{}", "/a".repeat(parts - 1))
        }),
        (255, |bytes| {
            format!("fs.read=/s:/g/*{}", "a".repeat(bytes - 1))
        }),
        (8208, |bytes| {
            format!("fs.read=/{}:/g", "a".repeat(bytes - 12))
        }),
    ];
    for (most, text) in grants {
        let (longest, longer) = (text(most), text(most + 1));
        assert!(longest.parse::<Grant>().is_ok(), "{most}: {longest}");
        assert!(longer.parse::<Grant>().is_err(), "{most}: {longer}");
    }
    let capability = |bytes: usize| format!("fs.read=/{}", "a".repeat(bytes - 9));
    assert!(capability(8208).parse::<Capability>().is_ok());
    assert!(capability(8209).parse::<Capability>().is_err());
}

#[test]
fn a_number_may_be_so_large_and_so_small() {
    for (kind, fits, does_not) in [
        ("kv=a:", &["1", "1024GiB"][..], &["0", "1099511627777"][..]),
        ("budget.cpu=", &["1ms", "10m"], &["0ms", "600001ms"]),
        ("budget.wall=", &["1ms", "10m"], &["0ms", "600001ms"]),
        (
            "budget.fuel=",
            &["1", "1000000000000000"],
            &["0", "1000000000000001"],
        ),
        ("budget.handles=", &["1", "10000"], &["0", "10001"]),
        ("budget.log-lines=", &["0", "100000"], &["100001"]),
        (
            "budget.memory=",
            &["64KiB", "512MiB"],
            &["65535", "536870913"],
        ),
        ("budget.output=", &["0", "16MiB"], &["16777217"]),
        ("budget.result=", &["1", "16MiB"], &["0", "16777217"]),
        ("socket=udp:a.example:", &["1", "65535"], &["0", "65536"]),
        (
            "net=http://[0.0.0.0/",
            &["0]", "0]:1-65535"],
            &["33]", "256]"],
        ),
        (
            "net=http://[::ffff:0:0/",
            &["96]", "128]"],
            &["95]", "129]", "256]"],
        ),
    ] {
        for value in fits {
            let text = format!("{kind}{value}");
            assert!(text.parse::<Grant>().is_ok(), "{text}");
        }
        for value in does_not {
            let text = format!("{kind}{value}");
            assert!(text.parse::<Grant>().is_err(), "{text}");
        }
    }
}

#[test]
fn each_limit_lowers_what_it_names_and_nothing_else() {
    use std::time::Duration;
    type Lowered = fn(&mut Budget);
    let limits: [(&str, Lowered); 8] = [
        ("budget.cpu=7ms", |budget| {
            budget.cpu = Duration::from_millis(7);
        }),
        ("budget.fuel=7", |budget| budget.fuel = 7),
        ("budget.handles=7", |budget| budget.handles = 7),
        ("budget.log-lines=7", |budget| budget.log_lines = 7),
        ("budget.memory=65543", |budget| budget.memory_bytes = 65_543),
        ("budget.output=7", |budget| budget.output_bytes = 7),
        ("budget.result=7", |budget| budget.result_bytes = 7),
        ("budget.wall=7ms", |budget| {
            budget.wall = Duration::from_millis(7);
        }),
    ];
    for (grant, lower) in limits {
        let permit = Setup::grants(&[grant]).decide().unwrap();
        let mut expected = Budget::default();
        lower(&mut expected);
        assert_eq!(*permit.budget(), expected, "{grant}");
    }
    // The lowest counts, in whatever order they stand, and none raises what was there.
    for grants in [
        ["budget.wall=7s", "budget.wall=9s"],
        ["budget.wall=9s", "budget.wall=7s"],
    ] {
        let permit = Setup::grants(&grants).decide().unwrap();
        assert_eq!(permit.budget().wall, Duration::from_secs(7));
    }
    let permit = Setup::grants(&["budget.wall=10m"]).decide().unwrap();
    assert_eq!(permit.budget().wall, Budget::default().wall);
}
