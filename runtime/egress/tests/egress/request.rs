//! What arrives is one plain request for the host that was checked, or nothing.

use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, Request};
use http_body::Frame;
use http_body_util::{Full, StreamBody};
use ringfence_egress::{
    Denied, EgressError, Hop, Leave, Limits, Malformed, Outgoing, Part, Rules, Timeouts,
};

use crate::peer::{Canary, Peer};
use crate::stage::{Everything, Script, egress, get, local, send, text};

const EMPTY: &str = "HTTP/1.1 204 No Content\r\n\r\n";

/// A body in these pieces, which says nothing of its length.
fn pieces(
    pieces: Vec<Result<Frame<Bytes>, std::io::Error>>,
) -> StreamBody<impl futures_util::Stream<Item = Result<Frame<Bytes>, std::io::Error>> + Send> {
    StreamBody::new(futures_util::stream::iter(pieces))
}

#[expect(clippy::unnecessary_wraps, reason = "a piece may be a failure")]
fn data(text: &'static str) -> Result<Frame<Bytes>, std::io::Error> {
    Ok(Frame::data(Bytes::from_static(text.as_bytes())))
}

#[tokio::test]
async fn a_request_arrives_as_it_was_meant() {
    let peer = Peer::answering(&[EMPTY, EMPTY]).await;
    let outgoing = local(Limits::default());
    let request = Request::post(format!("http://Api.Example.:{}/a?b=c", peer.port()))
        .header("accept", "text/plain")
        .body(Full::new(Bytes::from_static(b"hello")))
        .unwrap();
    outgoing.send(request, Timeouts::default()).await.unwrap();
    let request = Request::put(format!("http://api.example:{}", peer.port()))
        .body(pieces(vec![data("hel"), data("lo")]))
        .unwrap();
    outgoing.send(request, Timeouts::default()).await.unwrap();
    let host = format!("host: api.example:{}", peer.port());
    assert_eq!(
        peer.asked(),
        [
            format!(
                "POST /a?b=c HTTP/1.1\r\naccept: text/plain\r\n{host}\r\ncontent-length: 5\r\n\r\nhello"
            ),
            format!(
                "PUT / HTTP/1.1\r\n{host}\r\ntransfer-encoding: chunked\r\n\r\n3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n"
            ),
        ]
    );
}

#[tokio::test]
async fn what_was_touched_is_on_record() {
    let answer = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi";
    let peer = Peer::answering(&[answer, answer]).await;
    let outgoing = local(Limits::default());
    let url = format!("http://api.example:{}/", peer.port());
    for _ in 0..2 {
        text(send(&outgoing, &url).await.unwrap()).await.unwrap();
    }
    let sent: usize = peer.asked().iter().map(String::len).sum();
    let [line] = outgoing.touched().reached.try_into().unwrap();
    assert_eq!(line.target, url.trim_end_matches('/'));
    assert_eq!(line.method.as_deref(), Some("GET"));
    assert_eq!((line.count, line.sent), (2, sent as u64));
    assert_eq!(line.received, 2 * answer.len() as u64);
}

#[tokio::test]
async fn nothing_malformed_gets_onto_the_wire() {
    let canary = Canary::on("127.0.0.1").await;
    let url = format!("http://127.0.0.1:{}/", canary.port());
    let outgoing = local(Limits::default());
    let with = |name: &str, values: &[&str]| {
        let mut request = get(&url);
        for value in values {
            let name: http::HeaderName = name.parse().unwrap();
            request.headers_mut().append(name, value.parse().unwrap());
        }
        request
    };
    for request in [
        with("host", &["evil.example"]),
        with("connection", &["x-frame"]),
        with("transfer-encoding", &["chunked"]),
        with("te", &["trailers"]),
        with("trailer", &["host"]),
        with("upgrade", &["h2c"]),
        with("expect", &["100-continue"]),
        with("content-length", &["0", "0"]),
        with("content-length", &["+0"]),
        with("content-length", &["5"]),
    ] {
        let shown = format!("{request:?}");
        let refused = outgoing.send(request, Timeouts::default()).await;
        assert!(
            matches!(refused, Err(EgressError::Malformed(_))),
            "{shown}: {refused:?}"
        );
    }
    for target in [
        "http://127.0.0.1/../x",
        "ftp://127.0.0.1/",
        "file://etc/passwd",
        "/x",
    ] {
        let refused = send(&outgoing, target).await;
        assert!(
            matches!(refused, Err(EgressError::Malformed(_))),
            "{target}: {refused:?}"
        );
    }
    canary.assert_untouched().await;
}

/// A body that is not what its head said breaks the connection off: nothing behind it can be taken
/// for another request.
#[tokio::test]
async fn a_body_is_what_its_head_says() {
    let trailers = || Ok(Frame::trailers(HeaderMap::new()));
    for (length, body, expected) in [
        (Some("3"), vec![data("ab")], Malformed::ContentLength),
        (
            Some("3"),
            vec![data("ab"), data("cd")],
            Malformed::ContentLength,
        ),
        (None, vec![data("ab"), trailers()], Malformed::Trailers),
    ] {
        let peer = Peer::answering(&[EMPTY]).await;
        let outgoing = local(Limits::default());
        let mut request = Request::post(format!("http://127.0.0.1:{}/", peer.port()));
        if let Some(length) = length {
            request = request.header("content-length", length);
        }
        let refused = outgoing
            .send(request.body(pieces(body)).unwrap(), Timeouts::default())
            .await;
        let Err(EgressError::Malformed(found)) = refused else {
            panic!("{length:?}: {refused:?}");
        };
        assert_eq!(found, expected, "{length:?}");
    }
}

/// What is left when the length is reached stays here.
#[tokio::test]
async fn nothing_follows_a_body() {
    for more in [
        data("GET /evil HTTP/1.1\r\n\r\n"),
        Ok(Frame::trailers(HeaderMap::new())),
    ] {
        let peer = Peer::answering(&[EMPTY]).await;
        let request = Request::post(format!("http://127.0.0.1:{}/", peer.port()))
            .header("content-length", "2")
            .body(pieces(vec![data("ab"), more]))
            .unwrap();
        let outgoing = local(Limits::default());
        outgoing.send(request, Timeouts::default()).await.unwrap();
        assert!(peer.only().ends_with("\r\n\r\nab"), "{}", peer.only());
    }
}

#[tokio::test]
async fn a_body_has_its_limit() {
    let limits = Limits {
        request_bytes: 4,
        ..Limits::default()
    };
    let canary = Canary::on("127.0.0.1").await;
    let url = format!("http://127.0.0.1:{}/", canary.port());
    let outgoing = local(limits.clone());
    let known = Request::post(&url)
        .body(Full::new(Bytes::from_static(b"hello")))
        .unwrap();
    let refused = outgoing.send(known, Timeouts::default()).await;
    assert!(matches!(
        refused,
        Err(EgressError::TooLarge(Part::RequestBody))
    ));
    canary.assert_untouched().await;

    let peer = Peer::answering(&[EMPTY]).await;
    let exact = Request::post(format!("http://127.0.0.1:{}/", peer.port()))
        .body(Full::new(Bytes::from_static(b"four")))
        .unwrap();
    let sent = local(limits.clone()).send(exact, Timeouts::default()).await;
    assert!(sent.is_ok(), "{sent:?}");

    let peer = Peer::answering(&[EMPTY]).await;
    let unknown = Request::post(format!("http://127.0.0.1:{}/", peer.port()))
        .body(pieces(vec![data("hel"), data("lo")]))
        .unwrap();
    let refused = local(limits).send(unknown, Timeouts::default()).await;
    assert!(
        matches!(refused, Err(EgressError::TooLarge(Part::RequestBody))),
        "{refused:?}"
    );
}

#[tokio::test]
async fn a_body_that_fails_says_so() {
    let peer = Peer::answering(&[EMPTY]).await;
    let request = Request::post(format!("http://127.0.0.1:{}/", peer.port()))
        .body(pieces(vec![
            data("hel"),
            Err(std::io::Error::other("torn")),
        ]))
        .unwrap();
    let refused = local(Limits::default())
        .send(request, Timeouts::default())
        .await;
    assert!(matches!(refused, Err(EgressError::Body(_))), "{refused:?}");
}

#[tokio::test]
async fn a_secret_goes_to_its_host_and_nowhere_else() {
    let peer = Peer::answering(&[EMPTY, EMPTY]).await;
    let rules = Arc::new(Everything {
        private: vec!["127.0.0.1/32".into()],
        secret: Some(("api.example", "Bearer s3cret")),
        ..Everything::default()
    });
    let outgoing = egress(Script::new(&[&["127.0.0.1"]])).outgoing(rules, Limits::default());
    for host in ["api.example", "other.example"] {
        send(&outgoing, format!("http://{host}:{}/", peer.port()))
            .await
            .unwrap();
    }
    let [bound, other] = peer.asked().try_into().unwrap();
    assert!(
        bound.contains("\r\nauthorization: Bearer s3cret\r\n"),
        "{bound}"
    );
    assert!(!other.contains("s3cret"), "{other}");
}

/// A secret that cannot be had is not left out.
#[tokio::test]
async fn a_secret_that_is_missing_stops_the_request() {
    struct Missing;
    impl Rules for Missing {
        fn request(&self, _: &Hop<'_>) -> Result<Leave, Denied> {
            Ok(Leave::within(vec!["127.0.0.1/32".parse().unwrap()]))
        }
        fn inject(&self, _: &Hop<'_>, _: &mut HeaderMap) -> Result<(), Denied> {
            Err(Denied::new("secret `TOKEN` is not set"))
        }
    }
    let peer = Peer::answering(&[EMPTY]).await;
    let outgoing = egress(Script::new(&[])).outgoing(Arc::new(Missing), Limits::default());
    let refused = send(&outgoing, format!("http://127.0.0.1:{}/", peer.port())).await;
    assert!(
        matches!(refused, Err(EgressError::Denied(_))),
        "{refused:?}"
    );
    assert!(peer.asked().iter().all(String::is_empty));
}

#[tokio::test]
async fn a_caller_has_so_many_requests() {
    let answer = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi";
    let peer = Peer::answering(&[answer; 4]).await;
    let url = format!("http://127.0.0.1:{}/", peer.port());
    let limits = Limits {
        concurrent: 2,
        requests: 3,
        ..Limits::default()
    };
    let outgoing: Outgoing = local(limits);
    let (first, _second) = (
        send(&outgoing, &url).await.unwrap(),
        send(&outgoing, &url).await.unwrap(),
    );
    let refused = send(&outgoing, &url).await;
    assert!(
        matches!(refused, Err(EgressError::Exhausted("requests at once"))),
        "{refused:?}"
    );
    // A response that was read makes room.
    text(first).await.unwrap();
    text(send(&outgoing, &url).await.unwrap()).await.unwrap();
    let refused = send(&outgoing, &url).await;
    assert!(
        matches!(refused, Err(EgressError::Exhausted("requests"))),
        "{refused:?}"
    );
}
