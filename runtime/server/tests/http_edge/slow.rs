//! Peers that take their time.

use std::time::Duration;

use ringfence_server::http::Limits;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::client::{Running, echo_request, get_request, limits, within};

/// Long enough for an honest peer on a busy machine.
const SHORT: Duration = Duration::from_millis(300);

#[tokio::test]
async fn a_head_that_drips_is_given_up_while_others_are_answered() {
    let running = Running::start(Limits {
        head_time_max: SHORT,
        ..limits()
    })
    .await;
    let mut neighbour = running.connect().await;
    neighbour.send(get_request("/who")).await;
    assert_eq!(neighbour.answer().await.status, 200);
    let mut dripping = running.connect().await;
    dripping
        .send("GET /who HTTP/1.1\r\nhost: localhost\r\n")
        .await;
    let (mut reader, mut writer) = dripping.0.into_split();
    let drip = async {
        // Every byte is progress, and none makes the head end.
        while writer.write_all(b"x").await.is_ok() {
            neighbour.send(get_request("/who")).await;
            assert_eq!(neighbour.answer().await.status, 200);
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        std::future::pending::<()>().await;
    };
    let mut answer = Vec::new();
    let ended = async {
        // A reset is an end as well.
        let _ = reader.read_to_end(&mut answer).await;
    };
    within("the end of a head that drips", async {
        tokio::select! { () = drip => {}, () = ended => {} }
    })
    .await;
    assert!(answer.is_empty());
}

#[tokio::test]
async fn a_peer_that_connects_and_is_silent_is_let_go() {
    let running = Running::start(Limits {
        head_time_max: SHORT,
        ..limits()
    })
    .await;
    let mut silent = running.connect().await;
    assert!(silent.rest().await.is_empty());
    running.connections_become(0).await;
}

#[tokio::test]
async fn a_second_head_may_not_drip_either() {
    let running = Running::start(Limits {
        head_time_max: SHORT,
        ..limits()
    })
    .await;
    let mut client = running.connect().await;
    for _ in 0..3 {
        client.send(get_request("/who")).await;
        assert_eq!(client.answer().await.status, 200);
    }
    client.send("GET /who HT").await;
    assert!(client.rest().await.is_empty());
}

#[tokio::test]
async fn the_time_for_heads_is_not_the_time_for_answers_or_for_idling() {
    let running = Running::start(Limits {
        head_time_max: SHORT,
        ..limits()
    })
    .await;
    // Half a body, for longer than a head may take.
    let mut client = running.connect().await;
    let request = echo_request("whole");
    let (first, second) = request.split_at(request.len() - 2);
    client.send(first).await;
    tokio::time::sleep(SHORT * 2).await;
    client.send(second).await;
    assert_eq!(client.answer().await.body, "whole");
    tokio::time::sleep(SHORT * 2).await;
    client.send(get_request("/who")).await;
    assert_eq!(client.answer().await.status, 200);
}

#[tokio::test]
async fn a_connection_that_is_kept_for_nothing_is_closed() {
    let running = Running::start(Limits {
        idle_time_max: SHORT,
        ..limits()
    })
    .await;
    let mut client = running.connect().await;
    client.send(get_request("/who")).await;
    assert_eq!(client.answer().await.status, 200);
    assert!(client.rest().await.is_empty());
    running.connections_become(0).await;
}

#[tokio::test]
async fn a_peer_that_asks_and_never_reads_is_let_go() {
    let running = Running::start(Limits {
        write_stall_max: SHORT,
        ..limits()
    })
    .await;
    let mut deaf = running.connect().await;
    deaf.send(get_request("/endless")).await;
    running.connections_become(1).await;
    assert_eq!(running.ask(&get_request("/who")).await.status, 200);
    running.connections_become(0).await;
    drop(deaf);
}

#[tokio::test]
async fn a_peer_that_reads_a_byte_now_and_then_is_let_go() {
    let running = Running::start(Limits {
        write_stall_max: SHORT,
        ..limits()
    })
    .await;
    let mut dawdler = running.connect().await;
    dawdler.send(get_request("/endless")).await;
    running.connections_become(1).await;
    let reading = async {
        loop {
            if dawdler.0.read_u8().await.is_err() {
                std::future::pending::<()>().await;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::select! {
        () = reading => {}
        () = running.connections_become(0) => {}
    }
}

#[tokio::test]
async fn a_peer_that_reads_all_the_time_is_kept() {
    let running = Running::start(Limits {
        write_stall_max: SHORT,
        ..limits()
    })
    .await;
    let mut client = running.connect().await;
    client.send(get_request("/endless")).await;
    let mut piece = vec![0; 1 << 20];
    within("64 MiB", async {
        for _ in 0..64 {
            client.0.read_exact(&mut piece).await.unwrap();
        }
    })
    .await;
    assert_eq!(running.metrics.connections_open(), 1);
}
