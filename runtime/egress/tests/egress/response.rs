//! What comes back is bounded, and is handed on without what belonged to the connection.

use std::fmt::Write as _;

use http_body::Body as _;
use http_body_util::BodyExt as _;
use ringfence_egress::{EgressError, Limits, Part};

use crate::peer::Peer;
use crate::stage::{get, local, send, text};

async fn answer(answer: &str, limits: Limits) -> Result<(http::HeaderMap, String), EgressError> {
    let peer = Peer::answering(&[answer]).await;
    let outgoing = local(limits);
    let response = send(&outgoing, format!("http://127.0.0.1:{}/", peer.port())).await?;
    let headers = response.headers().clone();
    Ok((headers, text(response).await?))
}

fn small() -> Limits {
    Limits {
        response_bytes: 1000,
        ..Limits::default()
    }
}

#[tokio::test]
async fn what_belongs_to_the_connection_is_not_seen() {
    let (headers, body) = answer(
        "HTTP/1.1 200 OK\r\nconnection: close, x-inner\r\nx-inner: 1\r\nkeep-alive: 5\r\n\
         transfer-encoding: chunked\r\ntrailer: host\r\nset-cookie: a=b\r\nx-kept: 1\r\n\r\n\
         2\r\nhi\r\n0\r\nhost: evil.example\r\n\r\n",
        Limits::default(),
    )
    .await
    .unwrap();
    let names: Vec<_> = headers.keys().map(http::HeaderName::as_str).collect();
    assert_eq!(names, ["set-cookie", "x-kept"]);
    assert_eq!(body, "hi");
}

#[tokio::test]
async fn nothing_is_decompressed() {
    let (headers, body) = answer(
        "HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 4\r\n\r\n\x1f\x0f\x08\x00",
        Limits::default(),
    )
    .await
    .unwrap();
    assert_eq!(headers.get("content-encoding").unwrap(), "gzip");
    assert_eq!(body, "\x1f\x0f\x08\x00");
}

#[tokio::test]
async fn a_body_without_end_ends() {
    let body = "x".repeat(1001);
    let announced = format!("HTTP/1.1 200 OK\r\ncontent-length: 1001\r\n\r\n{body}");
    let endless = format!("HTTP/1.1 200 OK\r\n\r\n{body}");
    let chunked = format!(
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n{}",
        format!("64\r\n{}\r\n", "x".repeat(100)).repeat(11)
    );
    for bomb in [announced, endless, chunked] {
        let ended = answer(&bomb, small()).await;
        assert!(
            matches!(ended, Err(EgressError::TooLarge(Part::ResponseBody))),
            "{ended:?}"
        );
    }
    let exact = format!(
        "HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n{}",
        "x".repeat(1000)
    );
    assert_eq!(answer(&exact, small()).await.unwrap().1.len(), 1000);
}

#[tokio::test]
async fn a_head_without_end_ends() {
    let mut many = String::from("HTTP/1.1 200 OK\r\n");
    for field in 0..101 {
        write!(many, "x-{field}: 1\r\n").unwrap();
    }
    many.push_str("\r\n");
    let large = format!("HTTP/1.1 200 OK\r\nx: {}\r\n\r\n", "a".repeat(64 << 10));
    for bomb in [many, large] {
        let ended = answer(&bomb, Limits::default()).await;
        assert!(
            matches!(ended, Err(EgressError::TooLarge(Part::ResponseHead))),
            "{ended:?}"
        );
    }
}

/// Interim answers are no answer, and take bytes of the wire that are counted.
#[tokio::test]
async fn interim_answers_without_end_end() {
    let interim = "HTTP/1.1 103 Early Hints\r\nx: y\r\n\r\n".repeat(40_000);
    let ended = answer(&interim, small()).await;
    assert!(matches!(ended, Err(EgressError::Protocol(..))), "{ended:?}");
    let few = "HTTP/1.1 103 Early Hints\r\nx: y\r\n\r\n".repeat(3);
    let ended = answer(
        &format!("{few}HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi"),
        small(),
    )
    .await;
    assert_eq!(ended.unwrap().1, "hi");
}

#[tokio::test]
async fn what_is_no_plain_response_is_refused() {
    for text in [
        "HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n",
        "SSH-2.0-OpenSSH_9.6\r\n",
        "HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab",
        "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nab",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
        "",
    ] {
        let ended = answer(text, Limits::default()).await;
        assert!(
            matches!(ended, Err(EgressError::Protocol(..))),
            "{text:?}: {ended:?}"
        );
    }
}

#[tokio::test]
async fn a_head_that_announces_much_is_no_body() {
    let peer = Peer::answering(&["HTTP/1.1 200 OK\r\ncontent-length: 99999999999\r\n\r\n"]).await;
    let mut request = get(format!("http://127.0.0.1:{}/", peer.port()));
    *request.method_mut() = http::Method::HEAD;
    let outgoing = local(Limits::default());
    let response = outgoing
        .send(request, ringfence_egress::Timeouts::default())
        .await
        .unwrap();
    assert_eq!(
        response.headers().get("content-length").unwrap(),
        "99999999999"
    );
    assert_eq!(text(response).await.unwrap(), "");
}

#[tokio::test]
async fn a_body_says_what_is_to_come_and_when_it_ended() {
    let peer = Peer::answering(&["HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi"]).await;
    let outgoing = local(Limits::default());
    let response = send(&outgoing, format!("http://127.0.0.1:{}/", peer.port())).await;
    let mut body = response.unwrap().into_body();
    assert_eq!(body.size_hint().exact(), Some(2));
    assert!(!body.is_end_stream());
    while body.frame().await.is_some() {}
    assert!(body.is_end_stream());

    let long = format!("HTTP/1.1 200 OK\r\n\r\n{}", "x".repeat(1001));
    let peer = Peer::answering(&[&long]).await;
    let response = send(
        &local(small()),
        format!("http://127.0.0.1:{}/", peer.port()),
    )
    .await;
    let mut body = response.unwrap().into_body();
    assert_eq!(body.size_hint().exact(), None);
    while let Some(Ok(_)) = body.frame().await {}
    // Nothing comes after what went wrong.
    assert!(body.is_end_stream());
    assert!(body.frame().await.is_none());
}
