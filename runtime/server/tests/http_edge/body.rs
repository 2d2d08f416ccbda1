//! Bodies that are too large, too slow, too many or broken.

use std::time::Duration;

use ringfence_server::http::Limits;

use crate::client::{Running, echo_request, get_request, limits};

fn head(fields: &str) -> String {
    format!("POST /echo HTTP/1.1\r\nhost: localhost\r\n{fields}\r\n")
}

#[tokio::test]
async fn four_gibibytes_are_refused_before_one_byte_is_read() {
    let running = Running::start(limits()).await;
    for length in ["4294967296", "4194305", "9223372036854775807"] {
        let answer = running
            .ask(&head(&format!("content-length: {length}\r\n")))
            .await;
        assert_eq!(
            (answer.status, answer.word().as_str()),
            (413, "body-too-large")
        );
    }
    // Nobody is asked to go on and send it.
    let fields = "content-length: 4294967296\r\nexpect: 100-continue\r\n";
    assert_eq!(running.ask(&head(fields)).await.status, 413);
    // No number at all is no request.
    let mut client = running.connect().await;
    client
        .send(head("content-length: 99999999999999999999999\r\n"))
        .await;
    assert!(client.rest().await.starts_with(b"HTTP/1.1 400 "));
}

#[tokio::test]
async fn a_body_without_a_length_is_limited_as_well() {
    let running = Running::start(Limits {
        body_bytes_max: 10,
        ..limits()
    })
    .await;
    let chunked = |body: &str| head("transfer-encoding: chunked\r\n") + body;
    let answer = running
        .ask(&chunked("5\r\n12345\r\n5\r\n67890\r\n0\r\n\r\n"))
        .await;
    assert_eq!((answer.status, answer.body.as_str()), (200, "1234567890"));
    let answer = running.ask(&chunked("5\r\n12345\r\n6\r\n678901\r\n")).await;
    assert_eq!(
        (answer.status, answer.word().as_str()),
        (413, "body-too-large")
    );
    let answer = running.ask(&chunked("5\r\n12345\r\nnonsense\r\n")).await;
    assert_eq!(
        (answer.status, answer.word().as_str()),
        (400, "body-broken")
    );
}

#[tokio::test]
async fn a_body_of_many_pieces_arrives_whole() {
    let running = Running::start(limits()).await;
    let body: String = ('a'..='z').cycle().take(40_000).collect();
    let request = echo_request(&body);
    let mut client = running.connect().await;
    for piece in request.as_bytes().chunks(977) {
        client.send(piece).await;
        tokio::task::yield_now().await;
    }
    assert_eq!(client.answer().await.body, body);
}

#[tokio::test]
async fn a_body_that_does_not_come_is_given_up() {
    let running = Running::start(Limits {
        body_time_max: Duration::from_millis(30),
        ..limits()
    })
    .await;
    let mut client = running.connect().await;
    client.send(head("content-length: 10\r\n") + "123").await;
    let answer = client.answer().await;
    assert_eq!(
        (answer.status, answer.word().as_str()),
        (408, "body-too-slow")
    );
    // What would come now is no new request.
    assert!(client.rest().await.is_empty());
}

#[tokio::test]
async fn bodies_in_flight_share_one_budget_that_only_real_bytes_use_up() {
    let running = Running::start(Limits {
        body_bytes_max: 100,
        bodies_bytes_max: 150,
        ..limits()
    })
    .await;
    // Declared and not sent: takes nothing from anybody.
    let mut silent = Vec::new();
    for _ in 0..5 {
        let mut client = running.connect().await;
        client.send(head("content-length: 100\r\n")).await;
        silent.push(client);
    }
    let hundred = "x".repeat(100);
    assert_eq!(running.ask(&echo_request(&hundred)).await.status, 200);
    // Sent and not finished: takes what was sent.
    let mut holder = running.connect().await;
    holder
        .send(head("content-length: 100\r\n") + &"x".repeat(99))
        .await;
    let refused = async {
        loop {
            let answer = running.ask(&echo_request(&hundred)).await;
            if answer.status == 503 {
                return answer;
            }
        }
    };
    let answer = crate::client::within("a full budget", refused).await;
    assert_eq!(answer.word(), "bodies-full");
    assert_eq!(answer.header("retry-after"), Some("1"));
    assert_eq!(running.ask(&echo_request("small")).await.status, 200);
    holder.send("x").await;
    assert_eq!(holder.answer().await.status, 200);
    assert_eq!(running.ask(&echo_request(&hundred)).await.status, 200);
    drop(silent);
    assert_eq!(running.ask(&get_request("/who")).await.status, 200);
}
