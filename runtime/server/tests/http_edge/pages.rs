//! Pages in a browser: which may read what, and what a browser is told before it sends.

use crate::client::{Answer, Running, limits};

const ORIGIN: &str = "http://localhost:6274";

async fn asked(running: &Running, first: &str, fields: &[(&str, &str)], body: &str) -> Answer {
    let fields = fields
        .iter()
        .map(|(name, value)| format!("{name}: {value}\r\n"));
    let fields: String = fields.collect::<Vec<_>>().concat();
    let length = body.len();
    let request = format!(
        "{first} HTTP/1.1\r\nhost: localhost\r\n{fields}content-length: {length}\r\n\r\n{body}"
    );
    running.ask(&request).await
}

fn names(answer: &Answer, field: &str) -> Vec<String> {
    let value = answer.header(field).unwrap_or_default();
    let names = value.split(',').map(|name| name.trim().to_lowercase());
    names.filter(|name| !name.is_empty()).collect()
}

fn says_nothing_to_pages(answer: &Answer) -> bool {
    !answer.head.to_lowercase().contains("access-control") && answer.header("vary").is_none()
}

#[tokio::test]
async fn a_browser_is_told_what_a_page_of_an_allowed_origin_may_send() {
    let running = Running::product(limits()).await;
    let fields = [
        ("origin", ORIGIN),
        ("access-control-request-method", "POST"),
        (
            "access-control-request-headers",
            "content-type, Mcp-Param-Region, x-other, mcp-session-id",
        ),
    ];
    let answer = asked(&running, "OPTIONS /mcp", &fields, "").await;
    assert_eq!(answer.status, 204, "{answer:?}");
    assert_eq!(answer.header("access-control-allow-origin"), Some(ORIGIN));
    assert_eq!(
        names(&answer, "access-control-allow-methods"),
        ["post", "get", "delete"]
    );
    let allowed = names(&answer, "access-control-allow-headers");
    for name in [
        "accept",
        "authorization",
        "content-type",
        "last-event-id",
        "mcp-method",
        "mcp-name",
        "mcp-param-region",
        "mcp-protocol-version",
        "mcp-session-id",
    ] {
        assert!(
            allowed.iter().any(|other| other == name),
            "{name}: {answer:?}"
        );
    }
    assert!(!allowed.iter().any(|name| name == "x-other"), "{answer:?}");
    assert!(answer.header("access-control-allow-credentials").is_none());
    assert!(answer.head.contains("vary: origin"), "{answer:?}");
}

#[tokio::test]
async fn nobody_else_is_told_anything() {
    let running = Running::product(limits()).await;
    let method = ("access-control-request-method", "POST");
    for (first, fields, status) in [
        (
            "OPTIONS /mcp",
            vec![("origin", "https://evil.example"), method],
            403,
        ),
        ("OPTIONS /mcp", vec![("origin", "null"), method], 403),
        ("OPTIONS /mcp", vec![method], 405),
        ("OPTIONS /ws", vec![("origin", ORIGIN), method], 405),
        ("OPTIONS /other", vec![("origin", ORIGIN), method], 404),
        ("POST /mcp", vec![("origin", "https://evil.example")], 403),
        ("POST /mcp", vec![], 415),
    ] {
        let answer = asked(&running, first, &fields, "").await;
        assert_eq!(answer.status, status, "{first} {fields:?}: {answer:?}");
        assert!(
            says_nothing_to_pages(&answer),
            "{first} {fields:?}: {answer:?}"
        );
    }
    // An allowed origin that does not ask in advance is answered as anybody.
    let answer = asked(&running, "OPTIONS /mcp", &[("origin", ORIGIN)], "").await;
    assert_eq!(answer.status, 405);
}

#[tokio::test]
async fn a_page_reads_answers_and_refusals_and_its_session() {
    const HELLO: &str = r#"{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"page","version":"1"}}}"#;
    let running = Running::product(limits()).await;
    let json = ("content-type", "application/json");
    let greeted = asked(&running, "POST /mcp", &[("origin", ORIGIN), json], HELLO).await;
    assert_eq!(greeted.status, 200, "{greeted:?}");
    assert!(greeted.header("mcp-session-id").is_some());
    let refused = asked(&running, "POST /mcp", &[("origin", ORIGIN)], HELLO).await;
    assert_eq!(refused.status, 415);
    for answer in [greeted, refused] {
        assert_eq!(answer.header("access-control-allow-origin"), Some(ORIGIN));
        assert_eq!(answer.header("vary"), Some("origin"));
        let exposed = names(&answer, "access-control-expose-headers");
        for name in ["mcp-session-id", "x-correlation-id"] {
            assert!(exposed.iter().any(|other| other == name), "{answer:?}");
        }
    }
}
