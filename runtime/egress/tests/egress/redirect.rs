//! Redirects: a guest sees them, a part of the host follows them, and each hop is asked for anew.

use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderValue, Method, Request};
use ringfence_egress::{EgressError, Limits, Timeouts};

use crate::peer::{Canary, Peer};
use crate::stage::{Everything, Script, egress, local, send, text};

const DONE: &str = "HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\ndone";

fn moved(status: u16, to: &str) -> String {
    format!("HTTP/1.1 {status} Moved\r\nlocation: {to}\r\ncontent-length: 0\r\n\r\n")
}

fn request(method: Method, url: &str, body: &'static str) -> Request<Bytes> {
    let mut request = Request::new(Bytes::from_static(body.as_bytes()));
    *request.method_mut() = method;
    *request.uri_mut() = url.parse().unwrap();
    request
}

#[tokio::test]
async fn a_guest_sees_the_redirect_itself() {
    let canary = Canary::on("127.0.0.1").await;
    let to = format!("http://127.0.0.1:{}/", canary.port());
    let peer = Peer::answering(&[&moved(302, &to)]).await;
    let outgoing = local(Limits::default());
    let response = send(&outgoing, format!("http://a.example:{}/", peer.port()))
        .await
        .unwrap();
    assert_eq!(response.status(), 302);
    assert_eq!(response.headers().get("location").unwrap(), &to);
    canary.assert_untouched().await;
}

#[tokio::test]
async fn a_redirect_into_the_house_is_not_followed() {
    let canary = Canary::on("127.0.0.2").await;
    let port = canary.port();
    for to in [
        format!("http://127.0.0.2:{port}/"),
        format!("http://0x7f000002:{port}/"),
        format!("http://2130706434:{port}/"),
        format!("http://①②⑦.0.0.②:{port}/"),
        format!("http://[::ffff:127.0.0.2]:{port}/"),
        format!("//127.0.0.2:{port}/"),
        format!("http://ok@127.0.0.2:{port}/"),
        "http://169.254.169.254/latest/meta-data/".to_owned(),
        "file:///etc/passwd".to_owned(),
        "gopher://127.0.0.2/".to_owned(),
        "http://".to_owned(),
    ] {
        let peer = Peer::answering(&[&moved(302, &to)]).await;
        let rules = Everything::and(&["127.0.0.1/32"]);
        let outgoing = egress(Script::new(&[&["127.0.0.1"]])).outgoing(rules, Limits::default());
        let url = format!("http://a.example:{}/", peer.port());
        let refused = outgoing
            .follow(request(Method::GET, &url, ""), Timeouts::default())
            .await;
        assert!(
            matches!(
                refused,
                Err(EgressError::Redirect(_) | EgressError::Address { .. })
            ),
            "{to}: {refused:?}"
        );
    }
    canary.assert_untouched().await;
}

/// A name that was good for the first hop and leads inside for the second.
#[tokio::test]
async fn a_redirect_to_a_name_that_leads_inside_is_not_followed() {
    let canary = Canary::on("127.0.0.2").await;
    let to = format!("http://b.example:{}/", canary.port());
    let peer = Peer::answering(&[&moved(307, &to)]).await;
    let resolver = Script::new(&[&["127.0.0.1"], &["127.0.0.2"]]);
    let rules = Everything::and(&["127.0.0.1/32"]);
    let outgoing = egress(Arc::clone(&resolver)).outgoing(rules, Limits::default());
    let url = format!("http://a.example:{}/", peer.port());
    let refused = outgoing
        .follow(request(Method::GET, &url, ""), Timeouts::default())
        .await;
    assert!(
        matches!(refused, Err(EgressError::Address { .. })),
        "{refused:?}"
    );
    assert_eq!(resolver.asked(), ["a.example", "b.example"]);
    canary.assert_untouched().await;
}

#[tokio::test]
async fn each_hop_is_asked_for() {
    let last = Peer::answering(&[DONE]).await;
    let to = format!("http://b.example:{}/z?q", last.port());
    let first = Peer::answering(&[&moved(301, "x/y#part"), &moved(308, &to)]).await;
    let rules = Everything::and(&["127.0.0.1/32"]);
    let outgoing =
        egress(Script::new(&[&["127.0.0.1"]])).outgoing(Arc::clone(&rules) as _, Limits::default());
    let url = format!("http://a.example:{}/w/", first.port());
    let response = outgoing
        .follow(request(Method::GET, &url, ""), Timeouts::default())
        .await;
    assert_eq!(text(response.unwrap()).await.unwrap(), "done");
    let (a, b) = (first.port(), last.port());
    assert_eq!(
        rules.hops(),
        [
            format!("GET http://a.example:{a}/w/"),
            format!("GET http://a.example:{a}/w/x/y"),
            format!("GET http://b.example:{b}/z"),
        ]
    );
}

#[tokio::test]
async fn what_was_meant_for_one_origin_does_not_reach_another() {
    let last = Peer::answering(&[DONE]).await;
    let to = format!("http://b.example:{}/", last.port());
    let first = Peer::answering(&[&moved(307, "/again"), &moved(307, &to)]).await;
    let rules = Arc::new(Everything {
        private: vec!["127.0.0.1/32".into()],
        secret: Some(("a.example", "Bearer injected")),
        ..Everything::default()
    });
    let outgoing = egress(Script::new(&[&["127.0.0.1"]])).outgoing(rules, Limits::default());
    let url = format!("http://a.example:{}/", first.port());
    let mut asked = request(Method::POST, &url, "body");
    let mut key = HeaderValue::from_static("k3y");
    key.set_sensitive(true);
    asked.headers_mut().insert("x-key", key);
    asked
        .headers_mut()
        .insert("cookie", HeaderValue::from_static("c=1"));
    asked
        .headers_mut()
        .insert("accept", HeaderValue::from_static("*/*"));
    outgoing.follow(asked, Timeouts::default()).await.unwrap();
    for request in first.asked() {
        for kept in [
            "x-key: k3y",
            "cookie: c=1",
            "Bearer injected",
            "accept: */*",
            "body",
        ] {
            assert!(request.contains(kept), "{kept} in {request}");
        }
    }
    let request = last.only();
    for lost in ["k3y", "c=1", "Bearer"] {
        assert!(!request.contains(lost), "{lost} in {request}");
    }
    assert!(
        request.contains("accept: */*") && request.ends_with("\r\n\r\nbody"),
        "{request}"
    );
}

#[tokio::test]
async fn a_method_changes_as_in_browsers() {
    for (status, method, then) in [
        (301, Method::POST, "GET"),
        (302, Method::POST, "GET"),
        (302, Method::PUT, "PUT"),
        (303, Method::PUT, "GET"),
        (303, Method::HEAD, "HEAD"),
        (307, Method::POST, "POST"),
        (308, Method::POST, "POST"),
    ] {
        let peer = Peer::answering(&[&moved(status, "/next"), DONE]).await;
        let url = format!("http://a.example:{}/", peer.port());
        let mut asked = request(method.clone(), &url, "body");
        asked
            .headers_mut()
            .insert("content-type", HeaderValue::from_static("text/plain"));
        local(Limits::default())
            .follow(asked, Timeouts::default())
            .await
            .unwrap();
        let [_, second] = peer.asked().try_into().unwrap();
        assert!(
            second.starts_with(&format!("{then} /next ")),
            "{status} {method}: {second}"
        );
        let has_body = second.contains("content-type") && second.ends_with("body");
        assert_eq!(has_body, then != "GET", "{status} {method}: {second}");
    }
}

#[tokio::test]
async fn a_loop_ends() {
    let limits = Limits {
        redirects: 2,
        ..Limits::default()
    };
    let peer = Peer::answering(&[moved(302, "/").as_str(); 4]).await;
    let url = format!("http://a.example:{}/", peer.port());
    let ended = local(limits)
        .follow(request(Method::GET, &url, ""), Timeouts::default())
        .await;
    assert!(
        matches!(ended, Err(EgressError::Exhausted("redirects"))),
        "{ended:?}"
    );
    assert_eq!(peer.asked().len(), 3);
}

#[tokio::test]
async fn a_redirect_without_a_place_is_a_response() {
    let peer = Peer::answering(&[
        "HTTP/1.1 302 Moved\r\ncontent-length: 0\r\n\r\n",
        &moved(304, "/x"),
    ])
    .await;
    let url = format!("http://a.example:{}/", peer.port());
    for status in [302, 304] {
        let outgoing = local(Limits::default());
        let response = outgoing
            .follow(request(Method::GET, &url, ""), Timeouts::default())
            .await;
        assert_eq!(response.unwrap().status(), status);
    }
}
