//! Secured connections: the host proves that it is the one that was checked.

use std::net::SocketAddr;
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use ringfence_egress::{Egress, EgressError, Limits, Trust};
use rustls::ServerConfig;
use rustls::crypto::ring::default_provider;
use rustls::pki_types::PrivateKeyDer;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use crate::stage::{Everything, Script, send, text};

/// An authority of the test's own, in DER, and a host that it vouches for as `name`.
async fn host(name: &str) -> (Vec<u8>, SocketAddr) {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority_key = KeyPair::generate().unwrap();
    let authority = params.self_signed(&authority_key).unwrap();
    let issuer = Issuer::new(params, authority_key);
    let key = KeyPair::generate().unwrap();
    let certificate = CertificateParams::new(vec![name.to_owned()])
        .unwrap()
        .signed_by(&key, &issuer)
        .unwrap();
    let mut config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(
            vec![certificate.der().clone()],
            PrivateKeyDer::Pkcs8(key.serialize_der().into()),
        )
        .unwrap();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let Ok(mut stream) = acceptor.accept(stream).await else {
                continue;
            };
            let (_, connection) = stream.get_ref();
            let name = connection.server_name().unwrap_or("-").to_owned();
            let protocol = connection.alpn_protocol().unwrap_or_default().to_vec();
            let mut buffer = [0; 1024];
            let _ = stream.read(&mut buffer).await;
            let body = format!("{name} {}", String::from_utf8_lossy(&protocol));
            let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", body.len());
            let _ = stream.write_all(format!("{head}{body}").as_bytes()).await;
            let _ = stream.shutdown().await;
        }
    });
    (authority.der().to_vec(), address)
}

fn outgoing(trust: Trust) -> ringfence_egress::Outgoing {
    let resolver = Script::new(&[&["127.0.0.1"]]);
    Egress::new(resolver, trust).outgoing(Everything::and(&["127.0.0.1/32"]), Limits::default())
}

#[tokio::test]
async fn a_host_that_proves_itself_is_spoken_to() {
    let (authority, address) = host("api.example").await;
    let outgoing = outgoing(Trust::with(&[authority]).unwrap());
    let url = format!("https://API.example.:{}/", address.port());
    let body = text(send(&outgoing, url).await.unwrap()).await.unwrap();
    assert_eq!(body, "api.example http/1.1");
    let [line] = outgoing.touched().reached.try_into().unwrap();
    assert_eq!(
        line.target,
        format!("https://api.example:{}", address.port())
    );
    assert!(line.sent > 100 && line.received > 500, "{line:?}");
}

#[tokio::test]
async fn an_address_can_prove_itself_too() {
    let (authority, address) = host("127.0.0.1").await;
    let outgoing = outgoing(Trust::with(&[authority]).unwrap());
    let body = text(
        send(&outgoing, format!("https://{address}/"))
            .await
            .unwrap(),
    )
    .await
    .unwrap();
    assert_eq!(body, "- http/1.1");
}

#[tokio::test]
async fn a_host_that_is_another_is_not_spoken_to() {
    let (authority, address) = host("api.example").await;
    let trusting = outgoing(Trust::with(&[authority]).unwrap());
    for name in ["evil.example", "example", "127.0.0.1", "x.api.example"] {
        let refused = send(&trusting, format!("https://{name}:{}/", address.port())).await;
        assert!(
            matches!(refused, Err(EgressError::Tls(..))),
            "{name}: {refused:?}"
        );
    }
    // One that nobody vouches for, and one that speaks no TLS.
    let bundled = outgoing(Trust::bundled());
    let refused = send(&bundled, format!("https://api.example:{}/", address.port())).await;
    assert!(matches!(refused, Err(EgressError::Tls(..))), "{refused:?}");
    let plain = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = plain.local_addr().unwrap().port();
    tokio::spawn(async move {
        let (mut stream, _) = plain.accept().await.unwrap();
        stream
            .write_all(b"220 mail.example ESMTP\r\n")
            .await
            .unwrap();
        let mut buffer = [0; 1024];
        while stream.read(&mut buffer).await.is_ok_and(|read| read > 0) {}
    });
    let refused = send(&trusting, format!("https://api.example:{port}/")).await;
    assert!(matches!(refused, Err(EgressError::Tls(..))), "{refused:?}");
}

#[test]
fn what_is_no_certificate_is_not_trusted() {
    assert!(Trust::with(&[b"no certificate".to_vec()]).is_err());
}
