//! A WebSocket whose peer may be there or not.

use std::time::Duration;

use ringfence_server::http::Limits;
use tokio::io::AsyncReadExt as _;

use crate::client::{Client, Running, limits, within};

/// How long a peer may be silent here. What answers has two thirds of it.
const SILENCE_MAX: Duration = Duration::from_millis(1500);

const PING: [u8; 2] = [0x89, 0];
const CLOSE: u8 = 0x88;

/// Masked with zeros, as the protocol wants it of a client.
const PONG: [u8; 6] = [0x8a, 0x80, 0, 0, 0, 0];

async fn open(running: &Running) -> Client {
    let mut client = running.connect().await;
    client
        .send(
            "GET /ws HTTP/1.1\r\nhost: localhost\r\nconnection: upgrade\r\nupgrade: websocket\r\n\
             sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
             sec-websocket-protocol: mcp\r\n\r\n",
        )
        .await;
    let head = within("the handshake", client.read_head()).await.unwrap();
    assert!(head.starts_with("HTTP/1.1 101"), "{head}");
    client
}

/// What is neither said nor taken back: the peer has vanished, and its connection has not.
#[tokio::test]
async fn a_peer_that_answers_no_ping_is_let_go() {
    let limits = Limits {
        socket_silence_max: SILENCE_MAX,
        ..limits()
    };
    let running = Running::product(limits).await;
    let (mut gone, mut there) = (open(&running).await, open(&running).await);
    let answering = async {
        // For longer than silence may last.
        for _ in 0..4 {
            let mut frame = [0; 2];
            let read = within("a ping", there.0.read_exact(&mut frame)).await;
            assert_eq!((read.unwrap(), frame), (2, PING));
            there.send(PONG).await;
        }
    };
    let (rest, ()) = tokio::join!(gone.rest(), answering);
    let (pings, end) = rest.split_at(rest.len().saturating_sub(4));
    assert!(pings.len() >= PING.len(), "{rest:?}");
    assert!(pings.chunks(2).all(|frame| frame == PING), "{rest:?}");
    // 1008: a rule was broken.
    assert_eq!(end, [CLOSE, 2, 3, 0xf0], "{rest:?}");
    // Whoever answers is still served.
    there.send([0x81, 0x80, 0, 0, 0, 0]).await;
    let mut frame = PING;
    while frame == PING {
        let read = within("an answer", there.0.read_exact(&mut frame)).await;
        assert_eq!(read.unwrap(), 2);
    }
    assert_eq!(frame[0], 0x81, "text");
}
