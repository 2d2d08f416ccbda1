//! The law of hints: who writes down what a refusal proposes is not refused again, loses nothing, and
//! allows no more than grants can help.

use ringfence_policy::{
    Effective, FileOperation, Grant, Host, OutgoingRequest, Protocol, Refusal, RefusalReason,
    Scheme,
};

use proptest::prelude::*;

use crate::setup::Setup;

/// What was wanted.
#[derive(Debug, Clone, Copy)]
enum Wish {
    File(FileOperation, &'static str),
    Rename(&'static str, &'static str),
    Link(&'static str, &'static str),
    /// A request, and where its host leads: to a private address.
    Request(&'static str, &'static str, u16, &'static str, &'static str),
    Socket(&'static str, u16, &'static str),
    Secret(&'static str, &'static str, &'static str),
    Bucket(&'static str),
    Config(&'static str),
    Variable(&'static str),
    Tool(&'static str),
}

impl Wish {
    fn ask(self, effective: &Effective) -> Result<(), Refusal> {
        match self {
            Self::File(operation, path) => effective.file(operation, path).map(drop),
            Self::Rename(from, to) => effective.rename(from, to, false).map(drop),
            Self::Link(from, to) => effective.link(from, to).map(drop),
            Self::Request(method, host, port, path, leads) => {
                let (host, address) = (host.parse().unwrap(), leads.parse().unwrap());
                let request = OutgoingRequest {
                    method,
                    scheme: Scheme::Https,
                    host: &host,
                    port,
                    path,
                };
                let to = effective.request(&request)?;
                if to.allows(address, false) {
                    Ok(())
                } else {
                    Err(to.refusal(address, false))
                }
            }
            Self::Socket(host, port, leads) => {
                let (host, address): (Host, _) = (host.parse().unwrap(), leads.parse().unwrap());
                let to = effective.socket(Protocol::Tcp, &host, port)?;
                if to.allows(address, false) {
                    Ok(())
                } else {
                    Err(to.refusal(address, false))
                }
            }
            Self::Secret(name, host, header) => {
                let host = host.parse().unwrap();
                let bound = effective.secret(name, Scheme::Https, &host, 443, header);
                bound.map(drop)
            }
            Self::Bucket(name) => effective.bucket(name).map(drop),
            Self::Config(key) => effective.configuration(key).map(drop),
            Self::Variable(name) => effective.variable(name).map(drop),
            Self::Tool(name) => effective.tool(name).map(drop),
        }
    }

    /// Where it leads, as an operator knows.
    fn leads(self) -> &'static str {
        match self {
            Self::Request(.., leads) | Self::Socket(.., leads) => leads,
            _ => "",
        }
    }
}

/// A proposed grant with the operator's words filled in. What is mounted already stays what it is.
fn filled(grant: &str, grants: &[String], leads: &str) -> String {
    let grant = grant.replace("[RANGE]", leads).replace("RANGE", leads);
    let parsed: Grant = grant
        .parse()
        .unwrap_or_else(|error| panic!("{grant}: {error}"));
    let Grant::Files(mut files) = parsed else {
        return grant;
    };
    let mounted = grants.iter().find_map(|grant| match grant.parse() {
        Ok(Grant::Files(mounted)) if mounted.guest == files.guest => Some(mounted.host),
        _ => None,
    });
    files.host = mounted.unwrap_or_else(|| format!("/at{}", files.guest).into());
    Grant::Files(files).to_string()
}

fn effective(grants: &[String]) -> std::sync::Arc<Effective> {
    let grants: Vec<_> = grants.iter().map(String::as_str).collect();
    Setup::grants(&grants).effective()
}

/// Takes the advice of each refusal, until there is none. Gives back all grants.
fn take_advice(grants: &[&str], wish: Wish) -> Vec<String> {
    let mut grants: Vec<String> = grants.iter().map(|grant| (*grant).to_owned()).collect();
    // A name first, and then where it leads.
    for _ in 0..2 {
        let Err(refusal) = wish.ask(&effective(&grants)) else {
            return grants;
        };
        assert_eq!(*refusal.reason(), RefusalReason::NotGranted, "{wish:?}");
        assert!(!refusal.grants().is_empty(), "{wish:?}: {refusal}");
        for proposed in refusal.grants() {
            let said = refusal.to_string();
            assert!(said.contains(proposed), "{said}");
            let proposed = filled(proposed, &grants, wish.leads());
            grants.push(proposed);
        }
    }
    if let Err(refusal) = wish.ask(&effective(&grants)) {
        panic!("{wish:?} with {grants:?}: {refusal}");
    }
    grants
}

#[test]
fn who_takes_the_advice_is_not_refused_again() {
    use FileOperation::{Change, Create, Delete, List, Read};
    for (grants, wish, expected) in [
        (
            &[][..],
            Wish::File(Read, "/d/a.txt"),
            &["fs.read=/at/d/a.txt:/d/a.txt"][..],
        ),
        (&[], Wish::File(List, "/d"), &["fs.list=/at/d:/d"]),
        (
            &[],
            Wish::File(Create, "/d/new"),
            &["fs.create=/at/d:/d/ne?"],
        ),
        (&[], Wish::File(Delete, "/old"), &["fs.delete=/at/:/ol?"]),
        (&[], Wish::File(Read, "/"), &["fs.read=/at/:/"]),
        // What is granted of a folder stays granted.
        (
            &["fs.read=/h:/d"],
            Wish::File(Change, "/d/s/a"),
            &["fs.change=/h:/d/?/a"],
        ),
        (
            &["fs.list=/h:/d"],
            Wish::File(Read, "/d"),
            &["fs.read=/h:/d"],
        ),
        (
            &["fs.read=/h:/d/*.md"],
            Wish::File(Read, "/d/a.txt"),
            &["fs.read=/h:/d/a.tx?"],
        ),
        // Names that a grant cannot spell.
        (&[], Wish::File(Read, "/d/a*b"), &["fs.read=/at/d:/d/a?b"]),
        (
            &[],
            Wish::File(Read, "/d/\u{e9}/a:/b"),
            &["fs.read=/at/d:/d/?/a?/b"],
        ),
        (
            &[],
            Wish::Rename("/d/a1", "/e/b1"),
            &[
                "fs.delete=/at/d:/d/a?",
                "fs.create=/at/e:/e/b?",
                "fs.delete=/at/e:/e/b?",
            ],
        ),
        (
            &["fs.read=/h:/e"],
            Wish::Link("/d/a", "/e/b1"),
            &["fs.read=/at/d/a:/d/a", "fs.create=/h:/e/b?"],
        ),
        // What is public and what is not.
        (
            &[],
            Wish::Request("GET", "10.1.2.3", 443, "/a/b", "10.1.2.3"),
            &["net=GET https://10.1.2.3/a/b"],
        ),
        (
            &[],
            Wish::Request("POST", "[fd00::1]", 8443, "/", "fd00::1"),
            &["net=POST https://[fd00::1]:8443"],
        ),
        (
            &[],
            Wish::Request("GET", "169.254.169.254", 443, "/latest", "169.254.169.254"),
            &["net=GET https://169.254.169.254/latest"],
        ),
        (
            &[],
            Wish::Request("GET", "localhost", 8443, "/a", "127.0.0.1"),
            &[
                "net=GET https://localhost:8443/a",
                "net=GET https://127.0.0.1:8443/a",
                "net=GET https://[::1]:8443/a",
            ],
        ),
        (
            &[],
            Wish::Request("GET", "wiki.example.com", 443, "/a", "10.1.2.3"),
            &[
                "net=GET https://wiki.example.com/a",
                "net=GET https://10.1.2.3/a",
            ],
        ),
        // A path that rules cannot compare.
        (
            &[],
            Wish::Request("GET", "10.1.2.3", 443, "/a%2fb", "10.1.2.3"),
            &["net=GET https://10.1.2.3"],
        ),
        (
            &[],
            Wish::Socket("10.1.2.3", 22, "10.1.2.3"),
            &["socket=tcp:10.1.2.3:22"],
        ),
        (
            &[],
            Wish::Socket("[fd00::1]", 22, "fd00::1"),
            &["socket=tcp:[fd00::1]:22"],
        ),
        (
            &[],
            Wish::Socket("db.example.com", 22, "10.1.2.3"),
            &["socket=tcp:db.example.com:22", "socket=tcp:10.1.2.3:22"],
        ),
        (
            &["secret=A->other.example.com"],
            Wish::Secret("A", "api.example.com", "Authorization"),
            &["secret=A->api.example.com"],
        ),
        (
            &["secret=A->api.example.com"],
            Wish::Secret("A", "api.example.com", "X-Api-Key"),
            &["secret=A->api.example.com:x-api-key"],
        ),
        (&[], Wish::Bucket("notes"), &["kv=notes"]),
        (&[], Wish::Config("a.b"), &["config=a.b"]),
        (&[], Wish::Variable("LANG"), &["env=LANG"]),
        (&[], Wish::Tool("text_stats"), &["tools=text_stats"]),
    ] {
        let all = take_advice(grants, wish);
        assert_eq!(&all[grants.len()..], expected, "{wish:?}");
    }
}

/// Where no grant helps, none is proposed.
#[test]
fn what_no_grant_allows_has_no_advice() {
    let denied = Setup::file("[default]\ndeny = [\"fs.read=/d\", \"net=*://[10.0.0.0/8]\"]");
    let not_asked = Setup::grants(&[]).asking(&["fs.read"]);
    let nothing = Setup::grants(&[]);
    for (setup, wish) in [
        (&denied, Wish::File(FileOperation::Read, "/d/a")),
        (
            &denied,
            Wish::Request("GET", "10.1.2.3", 443, "/", "10.1.2.3"),
        ),
        (&not_asked, Wish::File(FileOperation::Change, "/d/a")),
        (
            &not_asked,
            Wish::Request("GET", "a.example", 443, "/", "10.1.2.3"),
        ),
        (&not_asked, Wish::Bucket("notes")),
        (&not_asked, Wish::Tool("text_stats")),
        (&not_asked, Wish::Secret("A", "a.example", "authorization")),
        (&nothing, Wish::File(FileOperation::Read, "/d/../a")),
        (&nothing, Wish::Variable("A B")),
        (&nothing, Wish::Secret("A", "a.example", "host")),
    ] {
        let refusal = wish.ask(&setup.effective()).unwrap_err();
        assert!(!refusal.to_string().contains("grant it with"), "{refusal}");
    }
}

#[test]
fn the_name_of_this_machine_needs_where_it_leads_as_well() {
    let name = "localhost".parse().unwrap();
    let refusal = Setup::grants(&[]).effective().resolve(&name).unwrap_err();
    let grants = [
        "socket=tcp:localhost:PORT",
        "socket=tcp:127.0.0.1:PORT",
        "socket=tcp:[::1]:PORT",
    ];
    assert_eq!(refusal.grants(), grants, "{refusal}");
    let granted = grants.map(|grant| grant.replace("PORT", "80"));
    let effective = effective(&granted);
    assert!(effective.resolve(&name).is_ok());
    let host = Host::Name(name.clone());
    let peer = effective.socket(Protocol::Tcp, &host, 80).unwrap();
    for address in ["127.0.0.1", "::1"] {
        assert!(peer.allows(address.parse().unwrap(), false), "{address}");
    }
    // Where the name alone was granted, what is missing is said.
    let missing = effective.leads(&name, "127.0.0.1".parse().unwrap(), true);
    assert_eq!(missing.grants(), ["socket=tcp:127.0.0.1:PORT"]);
    // Any other name leads where nobody has to know.
    let other = "db.example".parse().unwrap();
    let hidden = effective.leads(&other, "10.1.2.3".parse().unwrap(), false);
    assert_eq!(hidden.grants(), ["socket=tcp:RANGE:PORT"]);
    assert!(!hidden.to_string().contains("10.1"), "{hidden}");
}

#[test]
fn a_header_has_room_for_one_secret_and_says_so() {
    let effective = Setup::grants(&["secret=A->a.example"]).effective();
    let host = "a.example".parse().unwrap();
    let refused = effective.secret("B", Scheme::Https, &host, 443, "authorization");
    let refusal = refused.unwrap_err();
    assert_eq!(
        *refusal.reason(),
        RefusalReason::Taken("A".parse().unwrap())
    );
    assert!(refusal.grants().is_empty(), "{refusal}");
    assert!(
        refusal.to_string().contains("`A` is bound to that header"),
        "{refusal}"
    );
    let elsewhere = effective.secret("B", Scheme::Https, &host, 443, "x-api-key");
    assert_eq!(
        elsewhere.unwrap_err().grants(),
        ["secret=B->a.example:x-api-key"]
    );
}

/// Paths with what is special in some grammar, next to plain ones.
fn path() -> impl Strategy<Value = String> {
    let name = prop_oneof![
        Just("a"),
        Just("docs"),
        Just("b.md"),
        Just("c d"),
        Just("*"),
        Just("x?"),
        Just("e:"),
        Just("\u{fc}"),
        Just("q\"'`\\"),
        Just("..."),
    ];
    prop::collection::vec(name, 0..4).prop_map(|names| format!("/{}", names.join("/")))
}

const MOUNTS: [&str; 6] = [
    "fs.read=/h/a:/a",
    "fs.write=/h/docs:/docs/*.md",
    "fs.list=/h/all:/",
    "fs.read=/h/deep:/a/docs",
    "fs.create=/h/a:/a",
    "fs.read=/h/docs:/docs",
];

proptest! {
    #[test]
    fn advice_about_files_allows_what_was_wanted_and_hardly_more(
        mounts in prop::sample::subsequence(MOUNTS.to_vec(), 0..4),
        wanted in path(),
        operation in prop::sample::select(FileOperation::ALL.to_vec()),
        others in prop::collection::vec(path(), 8),
    ) {
        let mut grants: Vec<String> = mounts.iter().map(|mount| (*mount).to_owned()).collect();
        let before = effective(&grants);
        let Err(refusal) = before.file(operation, &wanted) else {
            return Ok(());
        };
        prop_assert_eq!(refusal.grants().len(), 1, "{}", refusal);
        let advice = filled(&refusal.grants()[0], &grants, "");
        grants.push(advice.clone());
        let after = effective(&grants);
        prop_assert!(after.file(operation, &wanted).is_ok(), "{} {:?}", refusal, grants);
        for other in &others {
            for one in FileOperation::ALL {
                let (was, is) = (before.file(one, other), after.file(one, other));
                // What a single file or folder is mounted over was not granted in this way.
                prop_assert!(is.is_ok() || was.is_err(), "{} took {} {}", advice, one.word(), other);
                if is.is_ok() && was.is_err() {
                    let same_length = other.chars().count() == wanted.chars().count();
                    let below = other.strip_prefix(&*wanted);
                    let below = below.is_some_and(|rest| wanted == "/" || rest.starts_with('/'));
                    let on_the_way = one == FileOperation::List
                        && other.split('/').count() < wanted.split('/').count();
                    prop_assert!(
                        other == &wanted || other == "/" || same_length || below || on_the_way,
                        "{} gave {} {}", advice, one.word(), other
                    );
                    let reads = operation == FileOperation::Read && one == FileOperation::List;
                    prop_assert!(one == operation || reads || on_the_way, "{}", advice);
                }
            }
        }
    }
}
