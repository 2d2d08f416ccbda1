//! Questions at the effect, and the answers that guard against what others got wrong.

use std::net::IpAddr;

use ringfence_policy::{FileOperation, Host, OutgoingRequest, Protocol, Scheme};

use crate::setup::Setup;

fn may(setup: &Setup, operation: FileOperation, path: &str) -> bool {
    setup.effective().file(operation, path).is_ok()
}

/// Whether `GET https://api.example.com:8443/v1` or the like may be sent.
fn sends(setup: &Setup, request: &str) -> bool {
    leads_to(setup, request, None)
}

fn leads_to(setup: &Setup, request: &str, at: Option<(&str, bool)>) -> bool {
    let (method, url) = request.split_once(' ').unwrap();
    let (scheme, rest) = url.split_once("://").unwrap();
    let scheme = if scheme == "http" {
        Scheme::Http
    } else {
        Scheme::Https
    };
    let slash = rest.find('/').unwrap_or(rest.len());
    let (place, path) = rest.split_at(slash);
    let (host, port) = match place.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, port.parse().unwrap()),
        _ => (place, scheme.port()),
    };
    let Ok(host) = host.parse::<Host>() else {
        return false;
    };
    let path = if path.is_empty() { "/" } else { path };
    let request = OutgoingRequest {
        method,
        scheme,
        host: &host,
        port,
        path,
    };
    let effective = setup.effective();
    let Ok(to) = effective.request(&request) else {
        return false;
    };
    at.is_none_or(|(address, public)| to.allows(address.parse().unwrap(), public))
}

#[test]
fn a_refusal_says_what_to_grant() {
    let effective = Setup::grants(&["fs.read=/srv:/data"]).effective();
    let refusal = effective
        .file(FileOperation::Create, "/data/new")
        .unwrap_err();
    assert_eq!(
        refusal.to_string(),
        "create /data/new: denied, no grant; grant it with `fs.create=HOST:/data/ne?`, where HOST is what \
         the tool sees as `/data`"
    );
    assert_eq!(refusal.wanted(), "create /data/new");
    for (operation, grant) in [
        (FileOperation::List, "fs.list=HOST:/x"),
        (FileOperation::Read, "fs.read=HOST:/x"),
        (FileOperation::Change, "fs.change=HOST:/x"),
        (FileOperation::Delete, "fs.delete=HOST:/?"),
    ] {
        let refusal = effective.file(operation, "/x").unwrap_err();
        assert_eq!(refusal.grants(), [grant]);
    }
    let host: Host = "api.example.com".parse().unwrap();
    let request = OutgoingRequest {
        method: "POST",
        scheme: Scheme::Https,
        host: &host,
        port: 8443,
        path: "/v1",
    };
    let refusal = effective.request(&request).unwrap_err();
    assert_eq!(
        refusal.grants(),
        ["net=POST https://api.example.com:8443/v1"]
    );
    let evil = effective
        .file(FileOperation::Read, "/\u{1b}[2J")
        .unwrap_err()
        .to_string();
    assert!(!evil.contains('\u{1b}'), "{evil}");
}

#[test]
fn spellings_of_a_host_are_one_host() {
    let setup = Setup::grants(&["net=https://api.example.com"]);
    for host in [
        "api.example.com",
        "API.Example.COM",
        "api.example.com.",
        "api.example.com:443",
    ] {
        assert!(sends(&setup, &format!("GET https://{host}/x")), "{host}");
    }
    for host in [
        "api.example.com.evil.test",
        "evil-api.example.com",
        "api.example.org",
        "example.com",
        "api.example.com:8443",
        "api.example.com..",
        "api%2eexample.com",
        "api.example.com@evil.test",
        "api.example.com\u{ad}.evil.test",
        "\u{430}pi.example.com",
    ] {
        assert!(!sends(&setup, &format!("GET https://{host}/x")), "{host}");
    }
    assert!(!sends(&setup, "GET http://api.example.com:443/x"));
    // Full-width letters and dots are the same name to every resolver.
    assert!(sends(&setup, "GET https://ａpi。example.com/x"));
}

#[test]
fn a_suffix_covers_names_below_it_alone() {
    let setup = Setup::grants(&["net=https://*.example.com"]);
    assert!(sends(&setup, "GET https://a.example.com/"));
    assert!(sends(&setup, "GET https://a.b.example.com/"));
    for host in [
        "example.com",
        "badexample.com",
        "a.example.com.evil.test",
        "10.0.0.1",
    ] {
        assert!(!sends(&setup, &format!("GET https://{host}/")), "{host}");
    }
}

#[test]
fn without_methods_a_grant_only_asks() {
    let safe = Setup::grants(&["net=https://a.example"]);
    let every = Setup::grants(&["net=* https://a.example"]);
    for (method, is_safe, at_all) in [
        ("GET", true, true),
        ("HEAD", true, true),
        ("OPTIONS", true, true),
        ("POST", false, true),
        ("DELETE", false, true),
        ("PROPFIND", false, true),
        ("get", false, true),
        ("CONNECT", false, false),
        ("TRACE", false, false),
        ("connect", false, false),
        ("GE T", false, false),
    ] {
        let sent = |setup: &Setup| {
            let host: Host = "a.example".parse().unwrap();
            let request = OutgoingRequest {
                method,
                scheme: Scheme::Https,
                host: &host,
                port: 443,
                path: "/",
            };
            setup.effective().request(&request).is_ok()
        };
        assert_eq!(sent(&safe), is_safe, "{method}");
        assert_eq!(sent(&every), at_all, "{method}");
    }
}

#[test]
fn a_url_path_that_could_mean_another_one_is_refused() {
    let setup = Setup::grants(&["net=https://a.example/v1"]);
    for path in ["/v1", "/v1/", "/v1/x", "/v1/a%20b", "/v1/..x", "/v1/x;y=1"] {
        assert!(
            sends(&setup, &format!("GET https://a.example{path}")),
            "{path}"
        );
    }
    for path in [
        "/",
        "/v1x",
        "/V1/x",
        "/v1/../admin",
        "/v1/%2e%2e/admin",
        "/v1/%2E./admin",
        "/v1/..;/admin",
        "/v1%2f..%2fadmin",
        "/v1/%252e%252e/admin",
        "/v1//admin",
        "//v1",
        "/v1/./x",
        "/v1/\\..\\admin",
        "/%761/x",
        "/v1/%",
        "/v1/%zz",
        "/v1/\u{7f}",
        "/v1/..",
    ] {
        assert!(
            !sends(&setup, &format!("GET https://a.example{path}")),
            "{path}"
        );
    }
    // Where every path is allowed there is nothing to mistake.
    assert!(sends(
        &Setup::grants(&["net=https://a.example"]),
        "GET https://a.example/a/../%2e"
    ));
}

#[test]
fn a_denied_path_stays_denied_in_every_spelling() {
    let setup = Setup::file(
        "[default]\nallow = [\"net=https://a.example\"]\ndeny = [\"net=*://a.example/admin\"]\ndangerous = \"allow\"",
    );
    for path in ["/", "/x", "/administrator", "/x/admin"] {
        assert!(
            sends(&setup, &format!("GET https://a.example{path}")),
            "{path}"
        );
    }
    for path in [
        "/admin",
        "/admin/",
        "/ADMIN/x",
        "/%61dmin",
        "/x/../admin",
        "//admin",
        "/./admin",
        "/admin;x",
        "/x%2f..%2fadmin",
        "/;/admin",
    ] {
        assert!(
            !sends(&setup, &format!("GET https://a.example{path}")),
            "{path}"
        );
    }
}

#[test]
fn a_name_leads_to_public_addresses_and_granted_ranges_alone() {
    let setup = Setup::grants(&[
        "net=https://a.example",
        "net=https://[10.1.0.0/16]",
        "net=POST https://[10.2.0.0/16]",
        "net=https://[10.3.0.0/16]:8443",
    ]);
    let to = |address, public| leads_to(&setup, "GET https://a.example/", Some((address, public)));
    assert!(to("93.184.216.34", true));
    assert!(!to("127.0.0.1", false) && !to("169.254.169.254", false) && !to("::1", false));
    assert!(to("10.1.2.3", false) && to("::ffff:10.1.2.3", false));
    assert!(!to("10.2.0.1", false), "another method");
    assert!(!to("10.3.0.1", false), "another port");
    assert!(sends(&setup, "GET https://10.1.2.3/"));
    assert!(!sends(&setup, "GET https://10.4.2.3/"));
    assert!(!sends(&setup, "GET https://10.1.2.3:8443/"));
    // `*` is every name and every public address; it opens no private one.
    let any = Setup::grants(&["net=https://*"]);
    assert!(leads_to(
        &any,
        "GET https://8.8.8.8/",
        Some(("8.8.8.8", true))
    ));
    assert!(!leads_to(
        &any,
        "GET https://10.1.2.3/",
        Some(("10.1.2.3", false))
    ));
    assert!(!leads_to(
        &any,
        "GET https://a.example/",
        Some(("10.1.2.3", false))
    ));
    // An address in a request is not a name to be resolved elsewhere.
    assert!(!leads_to(
        &any,
        "GET https://8.8.8.8/",
        Some(("9.9.9.9", true))
    ));
}

#[test]
fn a_tool_that_asks_for_a_name_is_led_where_the_operator_says() {
    let grants = [
        "net=https://wiki.example",
        "net=https://[10.2.0.0/16]",
        "socket=tcp:db.example:5432",
        "socket=tcp:10.3.0.0/16:5432",
    ];
    let setup =
        Setup::grants(&grants).asking(&["net=https://wiki.example", "socket=tcp:db.example:5432"]);
    assert!(leads_to(
        &setup,
        "GET https://wiki.example/",
        Some(("10.2.0.1", false))
    ));
    assert!(!leads_to(
        &setup,
        "GET https://wiki.example/",
        Some(("10.3.0.1", false))
    ));
    assert!(
        !sends(&setup, "GET https://10.2.0.1/"),
        "it asks for the name alone"
    );
    let effective = setup.effective();
    let host: Host = "db.example".parse().unwrap();
    let peer = effective.socket(Protocol::Tcp, &host, 5432).unwrap();
    assert!(peer.allows("10.3.0.1".parse().unwrap(), false));
    assert!(!peer.allows("10.2.0.1".parse().unwrap(), false));
}

#[test]
fn a_denied_range_holds_after_resolving() {
    let setup = Setup::file(
        "[default]\nallow = [\"net=https://*\", \"net=https://[10.0.0.0/8]\", \"socket=tcp:*:443\"]\n\
         deny = [\"net=*://[10.9.0.0/16]\", \"socket=tcp:8.8.8.0/24:*\"]",
    );
    assert!(leads_to(
        &setup,
        "GET https://a.example/",
        Some(("10.1.0.1", false))
    ));
    assert!(!leads_to(
        &setup,
        "GET https://a.example/",
        Some(("10.9.0.1", false))
    ));
    assert!(!sends(&setup, "GET https://10.9.0.1/"));
    let effective = setup.effective();
    let host: Host = "a.example".parse().unwrap();
    let peer = effective.socket(Protocol::Tcp, &host, 443).unwrap();
    let allows = |address: &str| peer.allows(address.parse::<IpAddr>().unwrap(), true);
    assert!(allows("9.9.9.9") && !allows("8.8.8.8"));
}

#[test]
fn sockets_are_by_protocol_host_and_port() {
    let setup = Setup::grants(&[
        "socket=tcp:db.example.com:5432",
        "socket=udp:10.0.0.0/8:53-60",
    ]);
    let effective = setup.effective();
    let may = |protocol, host: &str, port| {
        effective
            .socket(protocol, &host.parse().unwrap(), port)
            .is_ok()
    };
    assert!(may(Protocol::Tcp, "DB.example.com.", 5432));
    assert!(!may(Protocol::Udp, "db.example.com", 5432));
    assert!(!may(Protocol::Tcp, "db.example.com", 5433));
    assert!(may(Protocol::Udp, "10.255.0.1", 53) && may(Protocol::Udp, "10.0.0.1", 60));
    assert!(!may(Protocol::Udp, "10.0.0.1", 61) && !may(Protocol::Udp, "11.0.0.1", 53));
    assert!(!may(Protocol::Udp, "10.0.0.1", 0));
    assert!(
        effective
            .resolve(&"db.example.com".parse().unwrap())
            .is_ok()
    );
    assert!(
        effective
            .resolve(&"other.example.com".parse().unwrap())
            .is_err()
    );
    let denied = Setup::file(
        "[default]\nallow = [\"socket=tcp:*.example.com:443\"]\ndeny = [\"socket=tcp:a.example.com:*\"]",
    );
    assert!(
        denied
            .effective()
            .resolve(&"a.example.com".parse().unwrap())
            .is_err()
    );
    assert!(
        denied
            .effective()
            .resolve(&"b.example.com".parse().unwrap())
            .is_ok()
    );
}

#[test]
fn a_secret_goes_to_its_host_and_nowhere_else() {
    let setup = Setup::grants(&[
        "secret=A->api.example.com",
        "secret=B->api.example.com:x-key",
        "secret=C->http://10.0.0.5:8080",
    ]);
    let effective = setup.effective();
    let sent = |scheme, host: &str, port| -> Vec<String> {
        let host = host.parse().unwrap();
        let secrets = effective.secrets(scheme, &host, port);
        secrets
            .map(|(secret, _)| format!("{} in {}", secret.name, secret.header.as_str()))
            .collect()
    };
    assert_eq!(
        sent(Scheme::Https, "API.example.com", 443),
        ["A in authorization", "B in x-key"]
    );
    assert_eq!(sent(Scheme::Http, "10.0.0.5", 8080), ["C in authorization"]);
    for (scheme, host, port) in [
        (Scheme::Http, "api.example.com", 443),
        (Scheme::Https, "api.example.com", 8443),
        (Scheme::Https, "x.api.example.com", 443),
        (Scheme::Https, "example.com", 443),
        (Scheme::Https, "10.0.0.5", 8080),
    ] {
        assert_eq!(sent(scheme, host, port), [""; 0], "{host}:{port}");
    }
}

#[test]
fn names_tools_and_buckets_are_exact() {
    let setup = Setup::grants(&[
        "env=LANG",
        "config=a.b",
        "kv=notes:2KiB",
        "tools=text_*",
        "tools=files_read",
    ]);
    let effective = setup.effective();
    assert!(effective.variable("LANG").is_ok() && effective.variable("LANGUAGE").is_err());
    assert!(effective.configuration("a.b").is_ok() && effective.configuration("a").is_err());
    assert_eq!(effective.bucket("notes").unwrap().0, 2048);
    assert!(effective.bucket("note").is_err());
    assert!(effective.tool("text_stats").is_ok() && effective.tool("files_read").is_ok());
    assert!(effective.tool("files_read2").is_err() && effective.tool("tex").is_err());
    assert!(
        !effective.precise_clock() && !effective.standard_input() && !effective.standard_output()
    );
    let all = Setup::grants(&["clock.precise", "stdin", "stdout"]).effective();
    assert!(all.precise_clock() && all.standard_input() && all.standard_output());
}

#[test]
fn random_is_there_until_it_is_denied() {
    assert!(Setup::grants(&[]).effective().random());
    assert!(
        !Setup::file("[default]\ndeny = [\"random\"]")
            .effective()
            .random()
    );
}

#[test]
fn a_tool_gets_no_more_than_it_asks_for() {
    let grants = [
        "fs.write=/srv:/",
        "net=* https://*",
        "env=A",
        "tools=*",
        "socket=tcp:*:*",
    ];
    let setup = Setup::grants(&grants).asking(&[
        "fs.read=/docs",
        "net=GET https://a.example/v1",
        "tools=text_*",
        "socket=tcp:db.example:5432",
    ]);
    assert!(may(&setup, FileOperation::Read, "/docs/a"));
    assert!(
        !may(&setup, FileOperation::Read, "/other")
            && !may(&setup, FileOperation::Create, "/docs/a")
    );
    assert!(sends(&setup, "GET https://a.example/v1/x"));
    assert!(
        !sends(&setup, "GET https://a.example/") && !sends(&setup, "POST https://a.example/v1")
    );
    assert!(!sends(&setup, "GET https://b.example/v1"));
    let effective = setup.effective();
    assert!(effective.variable("A").is_err());
    assert!(effective.tool("text_x").is_ok() && effective.tool("files_x").is_err());
    let socket = |host: &str, port| {
        effective
            .socket(Protocol::Tcp, &host.parse().unwrap(), port)
            .is_ok()
    };
    assert!(socket("db.example", 5432) && !socket("db.example", 22) && !socket("x.example", 5432));
    let refusal = effective
        .file(FileOperation::Read, "/other")
        .unwrap_err()
        .to_string();
    assert!(refusal.contains("manifest does not ask"), "{refusal}");
}

#[test]
fn what_is_denied_whole_is_not_handed_out() {
    let granted = |denied: &str, grants: &str| {
        let text = format!("[default]\ndeny = [\"{denied}\"]\n[tool.tool]\nallow = [{grants}]");
        Setup::file(&text).granted()
    };
    assert_eq!(granted("env", "\"env=A\", \"stdin\""), ["stdin"]);
    assert_eq!(granted("env=A", "\"env=A\", \"env=B\""), ["env=B"]);
    assert_eq!(
        granted("fs.write", "\"fs.write=/srv:/w\""),
        ["fs.read=/srv:/w"]
    );
    assert_eq!(granted("fs.read", "\"fs.read=/srv:/w\""), [""; 0]);
    assert_eq!(
        granted("fs.delete=/", "\"fs.write=/srv:/w\""),
        ["fs.read=/srv:/w", "fs.create=/srv:/w", "fs.change=/srv:/w"]
    );
    assert_eq!(granted("fs.list", "\"fs.read=/srv:/w\""), [""; 0]);
    assert_eq!(
        granted("fs.write=/w/x", "\"fs.write=/srv:/w\""),
        ["fs.write=/srv:/w"]
    );
    assert_eq!(
        granted("net=POST *://*", "\"net=GET,POST https://a.example\""),
        ["net=GET https://a.example"]
    );
    assert_eq!(
        granted("net=*://*.example", "\"net=https://a.example\""),
        [""; 0]
    );
    assert_eq!(
        granted("net=http://*", "\"net=https://a.example\""),
        ["net=https://a.example"]
    );
    assert_eq!(
        granted("socket=tcp:10.0.0.0/8:*", "\"socket=tcp:10.1.0.0/16:22\""),
        [""; 0]
    );
    assert_eq!(
        granted("socket=tcp:10.1.0.0/16:*", "\"socket=tcp:10.0.0.0/8:22\"").len(),
        1
    );
    let wide = "\"socket=tcp:10.0.0.0/8:22\"";
    assert_eq!(
        granted("socket=tcp:10.0.0.0/16:*", wide),
        ["socket=tcp:10.0.0.0/8:22"]
    );
    let alike = "\"net=https://badexample\"";
    assert_eq!(
        granted("net=*://*.example", alike),
        ["net=https://badexample"]
    );
    assert_eq!(
        granted("tools=text_*", "\"tools=text_a*\", \"tools=*\""),
        ["tools=*"]
    );
    assert_eq!(granted("secret=S", "\"secret=S->a.example\""), [""; 0]);
    assert_eq!(granted("kv", "\"kv=a\""), [""; 0]);
}

#[test]
fn an_escape_that_is_none_is_no_path() {
    let setup = Setup::grants(&["net=https://a.example/v1"]);
    for path in ["%4a", "%C3%A9"] {
        let request = format!("GET https://a.example/v1/{path}");
        assert!(sends(&setup, &request), "{request}");
    }
    for path in ["%4g", "%g4", "%", "%4", "a%", "%%41"] {
        let request = format!("GET https://a.example/v1/{path}");
        assert!(!sends(&setup, &request), "{request}");
    }
}
