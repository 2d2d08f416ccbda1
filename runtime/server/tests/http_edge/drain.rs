//! How serving ends.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::routing::get;
use ringfence_server::http::{Edge, Ended, Limits};
use tokio::net::TcpStream;
use tokio::sync::Notify;

use crate::client::{Client, Running, get_request, limits, routes, within};

/// A route that answers when it is told to, and says when it has been asked.
async fn start(limits: Limits) -> (Running, Arc<Notify>, Arc<Notify>) {
    let (asked, go) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let state = (Arc::clone(&asked), Arc::clone(&go));
    let waiting = |edge: Edge| {
        let route = get(
            |State((asked, go)): State<(Arc<Notify>, Arc<Notify>)>| async move {
                asked.notify_one();
                go.notified().await;
                "done"
            },
        );
        Router::new()
            .route("/wait", route)
            .with_state(state)
            .merge(routes(edge))
    };
    let running = Running::start_with(limits, waiting, |edge| edge).await;
    (running, asked, go)
}

async fn asking(running: &Running, asked: &Notify) -> Client {
    let mut client = running.connect().await;
    client.send(get_request("/wait")).await;
    within("the request", asked.notified()).await;
    client
}

#[tokio::test]
async fn what_is_running_is_finished_and_nothing_new_begins() {
    let (running, asked, go) = start(limits()).await;
    let mut idle = running.connect().await;
    idle.send(get_request("/who")).await;
    idle.answer().await;
    let mut client = asking(&running, &asked).await;
    running.closing.cancel();
    assert!(idle.rest().await.is_empty());
    within("the end of listening", async {
        while TcpStream::connect(running.address).await.is_ok() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    })
    .await;
    assert!(!running.served.is_finished());
    go.notify_one();
    let answer = client.answer().await;
    assert_eq!((answer.status, answer.body.as_str()), (200, "done"));
    assert_eq!(answer.header("connection"), Some("close"));
    let ended = within("the end", running.served).await.unwrap();
    assert_eq!(ended, Ended::Drained);
    assert_eq!(running.metrics.connections_open(), 0);
}

#[tokio::test]
async fn what_does_not_finish_in_time_is_cut() {
    let (running, asked, _go) = start(Limits {
        drain_max: Duration::from_millis(30),
        ..limits()
    })
    .await;
    let mut client = asking(&running, &asked).await;
    running.metrics.call_started();
    running.closing.cancel();
    let ended = within("the end", running.served).await.unwrap();
    assert_eq!(ended, Ended::Cut);
    assert!(client.rest().await.is_empty());
    assert_eq!(running.edge.rate.in_flight(), 0);
}

#[tokio::test]
async fn the_second_signal_cuts_at_once() {
    let (running, asked, _go) = start(limits()).await;
    let mut client = asking(&running, &asked).await;
    running.closing.cancel();
    running.now.cancel();
    within("the end", running.served).await.unwrap();
    assert!(client.rest().await.is_empty());
    assert_eq!(running.metrics.connections_open(), 0);
}

#[tokio::test]
async fn insisting_without_asking_first_is_enough() {
    let (running, asked, _go) = start(limits()).await;
    let _client = asking(&running, &asked).await;
    running.now.cancel();
    within("the end", running.served).await.unwrap();
}
