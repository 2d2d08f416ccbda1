//! How many connections, and what one of them can do to another.

use ringfence_server::http::Limits;

use crate::client::{Running, echo_request, get_request, limits, within};

#[tokio::test]
async fn a_connection_over_the_limit_is_turned_away_at_once() {
    let running = Running::start(Limits {
        connections_max: 2,
        ..limits()
    })
    .await;
    let mut first = running.connect().await;
    first.send(get_request("/who")).await;
    assert_eq!(first.answer().await.status, 200);
    let second = running.connect().await;
    running.connections_become(2).await;
    let mut third = running.connect().await;
    let told = String::from_utf8(third.rest().await).unwrap();
    assert!(told.starts_with("HTTP/1.1 503 "), "{told}");
    assert!(told.contains("retry-after: 1\r\n"), "{told}");
    // Those who are in stay in, and room is found again.
    first.send(get_request("/who")).await;
    assert_eq!(first.answer().await.status, 200);
    drop(second);
    running.connections_become(1).await;
    assert_eq!(running.ask(&get_request("/who")).await.status, 200);
}

#[tokio::test]
async fn a_peer_that_leaves_at_any_byte_hurts_nobody() {
    let running = Running::start(limits()).await;
    let request = echo_request(&"body ".repeat(60));
    let mut neighbour = running.connect().await;
    // The same hundred places each time.
    let mut random = 0x9e37_79b9_7f4a_7c15_u64;
    for round in 0..100 {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        let length = usize::try_from(random % request.len() as u64).unwrap();
        let mut leaving = running.connect().await;
        leaving.send(&request[..length]).await;
        if round % 2 == 0 {
            // Without a good-bye: the server sees a reset.
            socket2::SockRef::from(&leaving.0)
                .set_linger(Some(std::time::Duration::ZERO))
                .unwrap();
        }
        drop(leaving);
        let nonce = format!("nonce-{round}");
        neighbour.send(echo_request(&nonce)).await;
        let answer = neighbour.answer().await;
        assert_eq!((answer.status, answer.body), (200, nonce));
    }
    running.connections_become(1).await;
    assert_eq!(running.edge.rate.in_flight(), 0);
}

#[tokio::test]
async fn a_peer_that_leaves_cancels_its_request() {
    let running = Running::start(limits()).await;
    let mut leaving = running.connect().await;
    leaving.send(get_request("/never")).await;
    let in_flight_becomes = async |count| {
        within("the number of requests", async {
            while running.edge.rate.in_flight() != count {
                tokio::time::sleep(std::time::Duration::from_millis(1)).await;
            }
        })
        .await;
    };
    in_flight_becomes(1).await;
    drop(leaving);
    in_flight_becomes(0).await;
}

/// What it has sent beyond its request must not hide that it is gone.
#[tokio::test]
async fn a_peer_that_asks_twice_and_leaves_cancels_its_request() {
    let running = Running::start(limits()).await;
    let mut leaving = running.connect().await;
    let pipelined = get_request("/never").repeat(50);
    leaving.send(&pipelined).await;
    within("the request", async {
        while running.edge.rate.in_flight() == 0 {
            tokio::time::sleep(std::time::Duration::from_millis(1)).await;
        }
    })
    .await;
    drop(leaving);
    running.connections_become(0).await;
    assert_eq!(running.edge.rate.in_flight(), 0);
}

#[tokio::test]
async fn requests_in_one_packet_are_answered_in_order() {
    let running = Running::start(limits()).await;
    let mut client = running.connect().await;
    let requests: String = (0..20).map(|n| echo_request(&n.to_string())).collect();
    client.send(requests).await;
    for n in 0..20 {
        assert_eq!(client.answer().await.body, n.to_string());
    }
}

#[tokio::test]
async fn nonsense_ends_its_own_connection_only() {
    let running = Running::start(limits()).await;
    for nonsense in [
        &b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"[..],
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"\0\0\0\0\r\n\r\n",
        b"GET /who\r\n\r\n",
        b"GET /who HTTP/9.9\r\nhost: localhost\r\n\r\n",
        b"GET /who HTTP/1.1\r\nhost : localhost\r\n\r\n",
        b"GET /who HTTP/1.1\r\nhost: localhost\r\n folded: line\r\n\r\n",
    ] {
        let mut client = running.connect().await;
        client.send(nonsense).await;
        let answer = client.rest().await;
        let refused = answer.is_empty() || answer.starts_with(b"HTTP/1.1 400 ");
        assert!(refused, "{}", String::from_utf8_lossy(&answer));
        assert_eq!(running.ask(&get_request("/who")).await.status, 200);
    }
}
