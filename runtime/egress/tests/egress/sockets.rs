//! Sockets that a caller holds itself: each address is checked, by itself or by the name that led to it.

use std::sync::Arc;

use ringfence_egress::{Denied, EgressError, Hop, Host, Leave, Limits, Outgoing, Rules, Transport};

use crate::stage::{Everything, Nothing, Script, egress};

/// Grants one host and port over TCP.
struct Only(&'static str, u16, &'static str);

impl Rules for Only {
    fn request(&self, _: &Hop<'_>) -> Result<Leave, Denied> {
        Err(Denied::new("no request"))
    }

    fn socket(&self, transport: Transport, host: &Host, port: u16) -> Result<Leave, Denied> {
        if transport == Transport::Tcp && host.to_string() == self.0 && port == self.1 {
            self.lookup(host)
        } else {
            Err(Denied::new(format!("no socket for {host}:{port}")))
        }
    }

    fn lookup(&self, host: &Host) -> Result<Leave, Denied> {
        if host.to_string() == self.0 {
            Ok(Leave::within(vec![self.2.parse().unwrap()]))
        } else {
            Err(Denied::new(format!("no lookup of {host}")))
        }
    }
}

fn only(host: &'static str, answers: &[&[&str]]) -> (Outgoing, Arc<Script>) {
    let resolver = Script::new(answers);
    let rules = Arc::new(Only(host, 5432, "10.0.0.0/24"));
    (
        egress(Arc::clone(&resolver)).outgoing(rules, Limits::default()),
        resolver,
    )
}

fn connect(outgoing: &Outgoing, peer: &str) -> Result<(), EgressError> {
    outgoing.connect_socket(Transport::Tcp, peer.parse().unwrap())
}

#[tokio::test]
async fn an_address_is_reached_by_the_name_that_led_to_it() {
    let (outgoing, resolver) = only("db.example", &[&["10.0.0.5"]]);
    assert!(
        connect(&outgoing, "10.0.0.5:5432").is_err(),
        "nobody looked it up"
    );
    let addresses = outgoing.lookup("DB.example.").await.unwrap();
    assert_eq!(addresses, ["10.0.0.5".parse::<std::net::IpAddr>().unwrap()]);
    assert_eq!(resolver.asked(), ["db.example"]);
    connect(&outgoing, "10.0.0.5:5432").unwrap();
    assert!(connect(&outgoing, "10.0.0.5:22").is_err());
    assert!(connect(&outgoing, "10.0.0.6:5432").is_err());
    let datagram = outgoing.connect_socket(Transport::Udp, "10.0.0.5:5432".parse().unwrap());
    assert!(datagram.is_err());
    let touched = outgoing.touched();
    let [line] = touched.reached.try_into().unwrap();
    assert_eq!(
        (line.target.as_str(), line.count),
        ("tcp://10.0.0.5:5432", 1)
    );
    assert_eq!(touched.denied.len(), 3, "{:?}", touched.denied);
}

#[tokio::test]
async fn a_name_that_leads_elsewhere_opens_nothing() {
    for answer in [
        &["127.0.0.1"][..],
        &["10.0.1.5"],
        &["10.0.0.5", "169.254.169.254"],
    ] {
        let (outgoing, _) = only("db.example", &[answer]);
        let refused = outgoing.lookup("db.example").await;
        assert!(
            matches!(refused, Err(EgressError::Address { .. })),
            "{refused:?}"
        );
        for address in answer {
            assert!(
                connect(&outgoing, &format!("{address}:5432")).is_err(),
                "{address}"
            );
        }
    }
}

#[tokio::test]
async fn a_name_that_is_not_granted_is_told_to_nobody() {
    let (outgoing, resolver) = only("db.example", &[&["10.0.0.5"]]);
    for name in [
        "c2VjcmV0.evil.example",
        "db.example.evil.example",
        "127.1",
        "a b",
        "",
    ] {
        assert!(outgoing.lookup(name).await.is_err(), "{name}");
    }
    assert_eq!(resolver.asked(), [""; 0]);
    // An address needs no looking up, and opens nothing by it.
    assert_eq!(outgoing.lookup("8.8.8.8").await.unwrap().len(), 1);
    assert!(connect(&outgoing, "8.8.8.8:5432").is_err());
}

#[test]
fn every_form_of_an_address_is_the_address() {
    let (outgoing, _) = only("10.0.0.5", &[]);
    connect(&outgoing, "10.0.0.5:5432").unwrap();
    connect(&outgoing, "[::ffff:10.0.0.5]:5432").unwrap();
    for form in [
        "[64:ff9b::a00:5]:5432",
        "[2002:a00:5::]:5432",
        "[::a00:5]:5432",
    ] {
        assert!(connect(&outgoing, form).is_err(), "{form}");
    }
}

#[test]
fn without_a_grant_there_are_no_sockets() {
    let outgoing = egress(Script::new(&[])).outgoing(Arc::new(Nothing), Limits::default());
    for peer in ["8.8.8.8:53", "127.0.0.1:1", "[::1]:1"] {
        let peer = peer.parse().unwrap();
        for transport in [Transport::Tcp, Transport::Udp] {
            let refused = outgoing.connect_socket(transport, peer);
            assert!(
                matches!(refused, Err(EgressError::Denied(_))),
                "{refused:?}"
            );
        }
        assert!(outgoing.receive_from(peer).is_err());
    }
}

#[test]
fn a_caller_has_so_many_sockets() {
    let limits = Limits {
        sockets: 2,
        ..Limits::default()
    };
    let outgoing = egress(Script::new(&[])).outgoing(Everything::and(&[]), limits);
    let udp = |peer: &str| outgoing.connect_socket(Transport::Udp, peer.parse().unwrap());
    // Datagrams to one peer are one socket.
    for _ in 0..5 {
        udp("8.8.8.8:53").unwrap();
    }
    udp("8.8.4.4:53").unwrap();
    assert!(matches!(
        udp("8.8.4.5:53"),
        Err(EgressError::Exhausted("sockets"))
    ));
    assert!(outgoing.receive_from("8.8.8.8:53".parse().unwrap()).is_ok());
}

#[tokio::test]
async fn a_caller_has_so_many_lookups() {
    let limits = Limits {
        lookups: 1,
        ..Limits::default()
    };
    let outgoing = egress(Script::new(&[&["8.8.8.8"]])).outgoing(Everything::and(&[]), limits);
    outgoing.lookup("a.example").await.unwrap();
    let refused = outgoing.lookup("b.example").await;
    assert!(
        matches!(refused, Err(EgressError::Exhausted("names"))),
        "{refused:?}"
    );
}

#[tokio::test]
async fn an_address_that_is_answered_twice_is_one() {
    let (outgoing, _) = only(
        "db.example",
        &[&["10.0.0.5", "::ffff:10.0.0.5", "10.0.0.6", "10.0.0.5"]],
    );
    let addresses = outgoing.lookup("db.example").await.unwrap();
    let addresses: Vec<_> = addresses.iter().map(ToString::to_string).collect();
    assert_eq!(addresses, ["10.0.0.5", "10.0.0.6"]);
}

/// What rules do not speak of is denied, in words that say what was wanted.
#[tokio::test]
async fn rules_that_say_nothing_of_sockets_deny_them() {
    let outgoing = egress(Script::new(&[])).outgoing(Arc::new(Nothing), Limits::default());
    for (transport, words) in [
        (Transport::Tcp, "no socket is granted for tcp:8.8.8.8:53"),
        (Transport::Udp, "no socket is granted for udp:8.8.8.8:53"),
    ] {
        let refused = outgoing.connect_socket(transport, "8.8.8.8:53".parse().unwrap());
        assert_eq!(refused.unwrap_err().to_string(), words);
    }
    let refused = outgoing.lookup("a.example").await.unwrap_err();
    assert_eq!(refused.to_string(), "no socket is granted for `a.example`");
}

#[tokio::test]
async fn what_a_guest_may_not_do_is_on_record_and_what_failed_is_not() {
    let outgoing = egress(Script::new(&[])).outgoing(Everything::and(&[]), Limits::default());
    assert!(outgoing.lookup("nowhere.example").await.is_err());
    assert!(outgoing.touched().denied.is_empty());
    let (denied, _) = only("db.example", &[]);
    assert!(denied.lookup("other.example").await.is_err());
    assert_eq!(denied.touched().denied, ["no lookup of other.example"]);
}
