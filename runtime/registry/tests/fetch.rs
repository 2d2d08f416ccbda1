//! Registries that are honest, lie, drip, and lead elsewhere.
#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

use std::io::{self, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use ringfence_egress::{Egress, Timeouts};
use ringfence_registry::{
    About, Credential, FetchError, Fetcher, Keychain, Location, Manifest, NoKeychain, PublishError,
    Reach, Reference,
};
use ringfence_tool::Digest;

const COMPONENT: &[u8] = b"\0asm\x0d\0\x01\0";

/// Whatever a peer answers a request with: its path, and the proof that came with it.
type Answer = dyn Fn(&str, &str) -> Vec<u8> + Send + Sync;

/// A host on loopback that answers each connection once.
struct Peer {
    port: u16,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Peer {
    fn new(answer: impl Fn(u16, &str, &str) -> Vec<u8> + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let answer: Arc<Answer> = Arc::new(move |path, proof| answer(port, path, proof));
        let asked = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&asked);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (answer, kept) = (Arc::clone(&answer), Arc::clone(&kept));
                thread::spawn(move || serve(stream, &*answer, &kept));
            }
        });
        Self { port, asked }
    }

    /// A registry that has one artifact, with this layer behind its digest.
    fn with(layer: Vec<u8>) -> Self {
        Self::new(move |_, path, _| match path {
            "/v2/org/tool/manifests/1.0" => {
                ok("application/vnd.oci.image.manifest.v1+json", &manifest())
            }
            path if path == blob() => layer.clone(),
            _ => status(404, "", ""),
        })
    }

    fn reference(&self) -> Reference {
        format!("oci://127.0.0.1:{}/org/tool:1.0", self.port)
            .parse()
            .unwrap()
    }

    fn asked(&self) -> Vec<String> {
        self.asked
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

fn serve(mut stream: TcpStream, answer: &Answer, kept: &Mutex<Vec<String>>) {
    let (mut head, mut byte) = (Vec::new(), [0]);
    while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte).is_ok_and(|read| read == 1) {
        head.extend(byte);
    }
    let head = String::from_utf8(head).unwrap();
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length: "));
    let mut body = vec![0; length.map_or(0, |length| length.parse().unwrap())];
    stream.read_exact(&mut body).unwrap();
    let path = head.split(' ').nth(1).unwrap_or_default();
    let proof = head
        .lines()
        .find_map(|line| line.strip_prefix("authorization: "));
    kept.lock()
        .unwrap_or_else(PoisonError::into_inner)
        .push(format!("{path} {}", proof.unwrap_or("-")));
    let answer = answer(path, proof.unwrap_or_default());
    if answer == DRIP {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 8\r\n\r\n\0");
        thread::park_timeout(Duration::from_secs(5));
    } else if answer == ENDLESS {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n");
        let chunk = [b"1000\r\n".as_slice(), &[0; 4096], b"\r\n"].concat();
        while stream.write_all(&chunk).is_ok() {}
    } else {
        let _ = stream.write_all(&answer);
    }
}

/// Answers that are more than bytes.
const DRIP: &[u8] = b"drip";
const ENDLESS: &[u8] = b"endless";

fn ok(kind: &str, body: &[u8]) -> Vec<u8> {
    let length = body.len();
    let head =
        format!("HTTP/1.1 200 OK\r\ncontent-type: {kind}\r\ncontent-length: {length}\r\n\r\n");
    [head.as_bytes(), body].concat()
}

fn status(code: u16, headers: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!("HTTP/1.1 {code} X\r\n{headers}content-length: {length}\r\n\r\n{body}").into_bytes()
}

fn leads_to(place: &str) -> Vec<u8> {
    status(307, &format!("location: {place}\r\n"), "")
}

fn manifest() -> Vec<u8> {
    let (digest, size) = (Digest::of(COMPONENT), COMPONENT.len());
    format!(
        r#"{{"schemaVersion":2,"config":{{"mediaType":"application/vnd.wasm.config.v0+json","digest":"{digest}",
        "size":2}},"layers":[{{"mediaType":"application/wasm","digest":"{digest}","size":{size}}}]}}"#
    )
    .into_bytes()
}

fn blob() -> String {
    format!("/v2/org/tool/blobs/{}", Digest::of(COMPONENT))
}

struct Ann;

impl Keychain for Ann {
    fn credential(&self, _: &str) -> Result<Option<Credential>, String> {
        Ok(Some(Credential::Password {
            user: "ann".into(),
            password: "s3cret".to_owned().into(),
        }))
    }
}

struct Token;

impl Keychain for Token {
    fn credential(&self, _: &str) -> Result<Option<Credential>, String> {
        Ok(Some(Credential::Refresh(
            "long & lasting".to_owned().into(),
        )))
    }
}

/// One that may speak to loopback in the clear, and waits for nobody.
fn fetcher(keychain: impl Keychain + 'static) -> Fetcher {
    let reach = Reach {
        private: vec!["127.0.0.0/8".parse().unwrap()],
        plain: true,
    };
    let timeouts = Timeouts {
        between_bytes: Some(Duration::from_millis(200)),
        ..Timeouts::default()
    };
    Fetcher::new(Egress::system(), reach, Arc::new(keychain)).within(timeouts)
}

async fn pull(peer: &Peer, fetcher: &Fetcher) -> Result<Vec<u8>, FetchError> {
    let reference = peer.reference();
    let manifest = fetcher.manifest(&reference).await?;
    let mut bytes = Vec::new();
    fetcher
        .layer(&reference, &manifest.layer, &mut bytes)
        .await?;
    Ok(bytes)
}

#[tokio::test]
async fn a_tag_is_resolved_and_what_it_names_is_fetched() {
    let peer = Peer::with(ok("application/octet-stream", COMPONENT));
    let fetcher = fetcher(NoKeychain);
    assert_eq!(pull(&peer, &fetcher).await.unwrap(), COMPONENT);
    let found = fetcher.manifest(&peer.reference()).await.unwrap();
    assert_eq!(found.digest, Digest::of(&manifest()));
    assert_eq!(found, Manifest::read(manifest()).unwrap());
    // By digest, of a registry that has something else there.
    let other: Reference = format!("{}@{}", peer.reference(), Digest::of(b"other"))
        .parse()
        .unwrap();
    assert!(matches!(
        fetcher.manifest(&other).await,
        Err(FetchError::Missing(_))
    ));
    let liar = Peer::new(|_, _, _| ok("application/json", &manifest()));
    let refused = fetcher.manifest(&liar.reference()).await;
    assert!(
        matches!(refused, Err(FetchError::MediaType { .. })),
        "{refused:?}"
    );
    let liar = Peer::new(|_, _, _| ok("application/vnd.oci.image.manifest.v1+json", &manifest()));
    let other: Reference = format!(
        "oci://127.0.0.1:{}/org/tool@{}",
        liar.port,
        Digest::of(b"other")
    )
    .parse()
    .unwrap();
    let refused = fetcher.manifest(&other).await;
    assert!(
        matches!(refused, Err(FetchError::Digest { .. })),
        "{refused:?}"
    );
}

#[tokio::test]
async fn h51_a_layer_that_is_not_what_was_said_is_refused() {
    let fetcher = fetcher(NoKeychain);
    let mut changed = COMPONENT.to_vec();
    changed[4] ^= 1;
    let claimed = b"HTTP/1.1 200 OK\r\ncontent-length: 10737418240\r\n\r\n\0asm".to_vec();
    let cut = b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n\0asm".to_vec();
    for (answer, wanted) in [
        (ok("application/wasm", &changed), "is sha256:"),
        (claimed, "said to have 8 bytes, and has 10737418240"),
        (ENDLESS.to_vec(), "said to have 8 bytes, and has 9"),
        (cut, "said to have 8 bytes, and has 4"),
        (
            ok("application/wasm", &COMPONENT[..7]),
            "said to have 8 bytes, and has 7",
        ),
        (ok("text/html", COMPONENT), "came as `text/html`"),
        (status(500, "", "broken"), "status 500"),
        (status(404, "", ""), "there is no `oci://"),
    ] {
        let peer = Peer::with(answer);
        let error = pull(&peer, &fetcher).await.unwrap_err().to_string();
        assert!(error.contains(wanted), "{error}");
    }
}

#[tokio::test]
async fn h51_a_registry_that_drips_or_is_down_is_given_up() {
    let fetcher = fetcher(NoKeychain);
    let peer = Peer::with(DRIP.to_vec());
    let refused = pull(&peer, &fetcher).await;
    assert!(
        matches!(&refused, Err(FetchError::Egress { .. })),
        "{refused:?}"
    );
    let nobody = Peer {
        port: TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port(),
        asked: Arc::default(),
    };
    let refused = pull(&nobody, &fetcher).await.unwrap_err();
    assert!(matches!(refused, FetchError::Egress { .. }) && !refused.is_denied());
}

#[tokio::test]
async fn h51_a_manifest_without_end_is_refused() {
    let fetcher = fetcher(NoKeychain);
    let long = vec![b' '; 70_000];
    for answer in [
        ok("application/vnd.oci.image.manifest.v1+json", &long),
        ENDLESS.to_vec(),
    ] {
        let peer = Peer::new(move |_, _, _| answer.clone());
        let refused = fetcher.manifest(&peer.reference()).await;
        assert!(
            matches!(refused, Err(FetchError::TooLarge { .. })),
            "{refused:?}"
        );
    }
}

#[tokio::test]
async fn h51_a_redirect_leads_to_nothing_inside_the_house() {
    let fetcher = fetcher(NoKeychain);
    let canary = TcpListener::bind("127.0.0.2:0").unwrap();
    let port = canary.local_addr().unwrap().port();
    for place in [
        "http://169.254.169.254/latest/meta-data/".to_owned(),
        "https://169.254.169.254/".to_owned(),
        "http://127.0.0.2/".to_owned(),
        format!("http://127.0.0.2:{port}/"),
        format!("https://127.0.0.2:{port}/"),
        format!("https://[::ffff:127.0.0.2]:{port}/"),
        "http://10.0.0.1/".to_owned(),
        "http://example.com/".to_owned(),
    ] {
        let peer = Peer::with(leads_to(&place));
        let refused = pull(&peer, &fetcher).await.unwrap_err();
        assert!(refused.is_denied(), "{place}: {refused:?}");
    }
    canary.set_nonblocking(true).unwrap();
    let untouched = canary.accept().map(drop);
    assert_eq!(untouched.unwrap_err().kind(), io::ErrorKind::WouldBlock);
    // On the host that was asked for, one may be led on.
    let peer = Peer::new(|_, path, _| match path {
        "/elsewhere" => ok("application/octet-stream", COMPONENT),
        path if path == blob() => leads_to("/elsewhere"),
        _ => ok("application/vnd.oci.image.manifest.v1+json", &manifest()),
    });
    assert_eq!(pull(&peer, &fetcher).await.unwrap(), COMPONENT);
}

#[tokio::test]
async fn without_leave_nothing_private_is_asked() {
    let peer = Peer::with(ok("application/wasm", COMPONENT));
    for reach in [
        Reach::default(),
        Reach {
            private: Vec::new(),
            plain: true,
        },
        Reach {
            private: vec!["10.0.0.0/8".parse().unwrap()],
            plain: true,
        },
    ] {
        let fetcher = Fetcher::new(Egress::system(), reach, Arc::new(NoKeychain));
        let refused = pull(&peer, &fetcher).await.unwrap_err();
        assert!(refused.is_denied(), "{refused:?}");
        let location = format!(
            "https://127.0.0.1:{}/t.wasm#sha256={}",
            peer.port,
            Digest::of(COMPONENT).hex()
        );
        let location: Location = location.parse().unwrap();
        let refused = fetcher.file(&location, &mut Vec::new()).await;
        assert!(refused.unwrap_err().is_denied());
    }
    assert!(peer.asked().is_empty());
}

/// A registry that wants a token for everything, and says where tokens are to be had.
fn guarded(realm: impl Fn(u16) -> String + Send + Sync + 'static) -> Peer {
    Peer::new(move |port, path, proof| {
        if path.starts_with("/token") {
            return ok("application/json", br#"{"token": "short"}"#);
        }
        if proof != "Bearer short" {
            let realm = realm(port);
            let scope = "repository:org/tool:pull,push";
            let header = format!(
                "www-authenticate: Bearer realm=\"{realm}\",service=\"s\",scope=\"{scope}\"\r\n"
            );
            return status(401, &header, "");
        }
        match path {
            path if path == blob() => ok("application/octet-stream", COMPONENT),
            _ => ok("application/vnd.oci.image.manifest.v1+json", &manifest()),
        }
    })
}

#[tokio::test]
async fn a_registry_that_wants_to_know_who_asks_is_told() {
    let here = |port: u16| format!("http://127.0.0.1:{port}/token?a=b");
    let peer = guarded(here);
    assert_eq!(pull(&peer, &fetcher(NoKeychain)).await.unwrap(), COMPONENT);
    // Less than the registry asks for: nothing is pushed here.
    let scope = "a=b&service=s&scope=repository%3Aorg%2Ftool%3Apull";
    let token = format!("/token?{scope} -");
    assert_eq!(
        peer.asked().iter().filter(|asked| **asked == token).count(),
        2
    );

    let peer = guarded(here);
    assert_eq!(pull(&peer, &fetcher(Ann)).await.unwrap(), COMPONENT);
    // `ann:s3cret`
    let token = format!("/token?{scope} Basic YW5uOnMzY3JldA==");
    assert_eq!(
        peer.asked().iter().filter(|asked| **asked == token).count(),
        2
    );

    let peer = guarded(here);
    assert_eq!(pull(&peer, &fetcher(Token)).await.unwrap(), COMPONENT);
    assert!(
        peer.asked().contains(&"/token?a=b -".to_owned()),
        "{:?}",
        peer.asked()
    );

    let basic = Peer::new(|_, path, proof| match (proof, path) {
        ("Basic YW5uOnMzY3JldA==", path) if path == blob() => leads_to("https://127.0.0.3:1/"),
        ("Basic YW5uOnMzY3JldA==", _) => {
            ok("application/vnd.oci.image.manifest.v1+json", &manifest())
        }
        _ => status(401, "www-authenticate: Basic realm=\"x\"\r\n", ""),
    });
    assert!(fetcher(Ann).manifest(&basic.reference()).await.is_ok());
    let refused = fetcher(NoKeychain).manifest(&basic.reference()).await;
    assert!(
        matches!(refused, Err(FetchError::Refused(_))),
        "{refused:?}"
    );
}

#[tokio::test]
async fn a_password_is_told_to_nobody_else() {
    let other = Peer::new(|_, _, _| ok("application/json", br#"{"token": "short"}"#));
    let port = other.port;
    // Neither as the place where tokens are to be had, nor as where that leads.
    let peer = guarded(move |_| format!("http://127.0.0.9:{port}/token"));
    assert!(pull(&peer, &fetcher(Ann)).await.unwrap_err().is_denied());
    let peer = Peer::new(move |here, path, _| {
        if path.starts_with("/token") {
            return leads_to(&format!("http://127.0.0.1:{port}/token"));
        }
        let realm = format!("http://127.0.0.1:{here}/token");
        status(
            401,
            &format!("www-authenticate: Bearer realm=\"{realm}\"\r\n"),
            "",
        )
    });
    let refused = pull(&peer, &fetcher(Ann)).await;
    assert!(
        matches!(refused, Err(FetchError::Status { status: 307, .. })),
        "{refused:?}"
    );
    assert!(other.asked().is_empty());
    // What is wrong is told without the password.
    let peer = guarded(|_| "nowhere".to_owned());
    let error = format!("{:?}", pull(&peer, &fetcher(Ann)).await.unwrap_err());
    assert!(
        error.contains("Challenge") && !error.contains("s3cret"),
        "{error}"
    );
}

/// A list of one signature, which names what was signed by this digest and size.
fn signed(digest: Digest, size: usize) -> Vec<u8> {
    format!(
        r#"{{"layers":[{{"mediaType":"application/vnd.dev.cosign.simplesigning.v1+json","digest":"{digest}",
        "size":{size},"annotations":{{"dev.cosignproject.cosign/signature":"AAAA"}}}}]}}"#
    )
    .into_bytes()
}

#[tokio::test]
async fn h51_signatures_are_what_their_list_says_or_none() {
    const PAYLOAD: &[u8] = b"{}";
    let artifact = Digest::of(b"artifact");
    let list = format!("/v2/org/tool/manifests/sha256-{}.sig", artifact.hex());
    let fetcher = fetcher(NoKeychain);
    let with = |digest: Digest, size: usize| {
        let list = list.clone();
        Peer::new(move |_, path, _| {
            if path == list {
                ok(
                    "application/vnd.oci.image.manifest.v1+json",
                    &signed(digest, size),
                )
            } else {
                ok("application/octet-stream", PAYLOAD)
            }
        })
    };
    let honest = with(Digest::of(PAYLOAD), PAYLOAD.len());
    let attached = fetcher.attached(&honest.reference(), &artifact).await;
    let attached = attached.unwrap();
    assert_eq!(
        (attached.len(), attached[0].payload.as_slice()),
        (1, PAYLOAD)
    );
    for (digest, size, why) in [
        (Digest::of(b"other"), PAYLOAD.len(), "it was changed"),
        (Digest::of(PAYLOAD), 1, "was said to have 1 bytes"),
        (
            Digest::of(PAYLOAD),
            10 << 30,
            "more than the 65536 that it may have",
        ),
    ] {
        let liar = with(digest, size);
        let refused = fetcher.attached(&liar.reference(), &artifact).await;
        let refused = refused.unwrap_err().to_string();
        assert!(refused.contains(why), "{refused}");
    }
    let none = Peer::new(|_, _, _| status(404, "", ""));
    let attached = fetcher.attached(&none.reference(), &artifact).await;
    assert_eq!(attached.unwrap(), []);
    // Down is not unsigned.
    let down = Peer::new(|_, _, _| status(500, "", ""));
    assert!(
        fetcher
            .attached(&down.reference(), &artifact)
            .await
            .is_err()
    );
}

#[tokio::test]
async fn h51_a_push_proves_who_asks_to_the_registry_alone() {
    let elsewhere = Peer::new(|_, _, _| status(201, "", ""));
    let place = format!("http://127.0.0.1:{}/put?state=x", elsewhere.port);
    let registry = Peer::new(move |_, path, proof| match path {
        _ if proof.is_empty() => status(401, "www-authenticate: Basic realm=\"x\"\r\n", ""),
        "/v2/org/tool/blobs/uploads/" => status(202, &format!("location: {place}\r\n"), ""),
        "/v2/org/tool/manifests/1.0" => status(201, "", ""),
        _ => status(404, "", ""),
    });
    let pushing = fetcher(Ann);
    let component = bytes::Bytes::from_static(COMPONENT);
    let reference = registry.reference();
    let pushed = pushing
        .push(&reference, &component, &About::default())
        .await;
    pushed.unwrap();
    let asked = registry.asked();
    let proven = asked.iter().filter(|line| line.contains(" Basic "));
    assert_eq!(proven.count(), asked.len() - 1, "{asked:?}");
    let put = elsewhere.asked();
    assert_eq!(put.len(), 2);
    for line in put {
        assert!(
            line.starts_with("/put?state=x&digest=sha256") && line.ends_with(" -"),
            "{line}"
        );
    }
    // Nobody chooses the digest of what is pushed.
    let fixed = format!("{reference}@{}", Digest::of(b"x"));
    let refused = pushing
        .push(&fixed.parse().unwrap(), &component, &About::default())
        .await;
    assert!(matches!(refused, Err(PublishError::Digest(_))));
}
