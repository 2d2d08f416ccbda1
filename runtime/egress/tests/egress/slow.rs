//! Hosts that take their time. Only the limit under test is short.

use std::time::Duration;

use ringfence_egress::{EgressError, Limits, Stage, Timeouts};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use crate::stage::{get, local, send, text};

const SHORT: Duration = Duration::from_millis(100);

/// Serves one connection with `serve`. The URL has no scheme.
async fn serving<F: Future<Output = ()> + Send>(
    serve: impl FnOnce(TcpStream) -> F + Send + 'static,
) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        serve(stream).await;
    });
    format!("://{address}/")
}

/// Reads until the other side is gone, and says nothing.
async fn silent(mut stream: TcpStream) {
    let mut buffer = [0; 1024];
    while stream.read(&mut buffer).await.is_ok_and(|read| read > 0) {}
}

/// Answers with a head, and then with a byte now and then.
async fn dripping(mut stream: TcpStream) {
    let head = b"HTTP/1.1 200 OK\r\ncontent-length: 1000000\r\n\r\n";
    let mut written = stream.write_all(head).await;
    while written.is_ok() {
        tokio::time::sleep(Duration::from_millis(5)).await;
        written = stream.write_all(b"x").await;
    }
}

/// Answers with a head and one byte.
async fn stopping(mut stream: TcpStream) {
    let head = b"HTTP/1.1 200 OK\r\ncontent-length: 1000000\r\n\r\nx";
    stream.write_all(head).await.unwrap();
    silent(stream).await;
}

fn stage<T>(ended: Result<T, EgressError>) -> Option<Stage> {
    match ended.err() {
        Some(EgressError::Timeout(_, stage)) => Some(stage),
        _ => None,
    }
}

#[tokio::test]
async fn a_host_that_never_shakes_hands_is_left() {
    let outgoing = local(Limits {
        connect: SHORT,
        ..Limits::default()
    });
    let url = format!("https{}", serving(silent).await);
    assert_eq!(stage(send(&outgoing, url).await), Some(Stage::Connect));
}

#[tokio::test]
async fn a_host_that_never_answers_is_left() {
    let outgoing = local(Limits {
        first_byte: SHORT,
        ..Limits::default()
    });
    let url = format!("http{}", serving(silent).await);
    assert_eq!(stage(send(&outgoing, url).await), Some(Stage::FirstByte));
}

#[tokio::test]
async fn a_host_that_stops_is_left() {
    let outgoing = local(Limits {
        between_bytes: SHORT,
        ..Limits::default()
    });
    let url = format!("http{}", serving(stopping).await);
    let response = send(&outgoing, url).await.unwrap();
    assert_eq!(stage(text(response).await), Some(Stage::BetweenBytes));
}

#[tokio::test]
async fn a_host_that_drips_is_left() {
    let outgoing = local(Limits {
        total: 3 * SHORT,
        ..Limits::default()
    });
    let url = format!("http{}", serving(dripping).await);
    let response = send(&outgoing, url).await.unwrap();
    assert_eq!(stage(text(response).await), Some(Stage::Total));
}

#[tokio::test]
async fn a_caller_can_ask_for_less_time_and_not_for_more() {
    let limits = Limits {
        first_byte: SHORT,
        ..Limits::default()
    };
    for asked in [Duration::ZERO, Duration::MAX] {
        let outgoing = local(limits.clone());
        let timeouts = Timeouts {
            first_byte: Some(asked),
            between_bytes: Some(Duration::MAX),
            connect: Some(Duration::MAX),
        };
        let url = format!("http{}", serving(silent).await);
        let ended = outgoing.send(get(url), timeouts).await;
        assert_eq!(stage(ended), Some(Stage::FirstByte));
    }
}

/// What is dropped is closed: the host sees the end.
#[tokio::test]
async fn a_request_that_nobody_waits_for_is_closed() {
    let (closed, ended) = tokio::sync::oneshot::channel();
    let url = serving(|stream| async {
        silent(stream).await;
        closed.send(()).unwrap();
    })
    .await;
    let outgoing = local(Limits::default());
    let waited = tokio::time::timeout(SHORT, send(&outgoing, format!("http{url}"))).await;
    assert!(waited.is_err());
    ended.await.unwrap();
}

#[tokio::test]
async fn a_body_that_nobody_reads_is_closed() {
    let (closed, ended) = tokio::sync::oneshot::channel();
    let url = serving(|stream| async {
        stopping(stream).await;
        closed.send(()).unwrap();
    })
    .await;
    let outgoing = local(Limits::default());
    drop(send(&outgoing, format!("http{url}")).await.unwrap());
    ended.await.unwrap();
}
