//! One fetch: ask, prove who asks where that is wanted, and take what comes as far as it is what was said.
//!
//! Owns the limits on what a peer sends. A length is checked against what was said before anything is
//! taken, while it comes, and at the end; a digest at the end, before anybody is told that it went well.

use std::fmt;
use std::io::Write;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE};
use http::{HeaderValue, Request, Response, StatusCode};
use http_body_util::BodyExt as _;
use ringfence_egress::{
    Destination, Egress, EgressError, Limits, Outgoing, Part, ResponseBody, Timeouts,
};
use ringfence_tool::{COMPONENT_BYTES_MAX, Digest, Hashing};

use crate::challenge::Challenge;
use crate::credential::{Credential, Keychain};
use crate::docker::{HUB, HUB_HOST};
use crate::error::FetchError;
use crate::location::Location;
use crate::manifest::{self, LAYERS, Layer, MANIFEST, MANIFEST_BYTES_MAX, Manifest, shown};
use crate::reach::{Aim, Reach};
use crate::reference::Reference;
use crate::token::{self, Asked};

/// For one request in all. Bounds a host that drips: 32 MiB come in this time over a slow line.
pub(crate) const TOTAL: Duration = Duration::from_mins(5);

/// As what a file behind HTTPS may come. A page that says that something went wrong is none.
const FILES: [&str; 3] = [
    "application/wasm",
    "application/octet-stream",
    "binary/octet-stream",
];

/// Fetches.
#[derive(Clone)]
pub struct Fetcher {
    egress: Egress,
    reach: Reach,
    keychain: Arc<dyn Keychain>,
    timeouts: Timeouts,
}

impl fmt::Debug for Fetcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fetcher")
            .field("reach", &self.reach)
            .finish_non_exhaustive()
    }
}

/// What is asked for, and what is known of it.
pub(crate) struct Wanted<'a> {
    /// Which part, for messages.
    pub(crate) what: &'static str,
    /// Of what, for messages.
    pub(crate) from: String,
    /// Whom to ask.
    pub(crate) registry: &'a str,
    pub(crate) uri: String,
    pub(crate) accept: &'static str,
    pub(crate) bytes_max: u64,
}

impl Wanted<'_> {
    fn failed(&self, source: EgressError) -> FetchError {
        FetchError::Egress {
            what: self.what,
            from: self.from.clone(),
            source,
        }
    }
}

impl Fetcher {
    /// Fetches by this way out, as far as `reach` goes, as whoever `keychain` says.
    pub fn new(egress: Egress, reach: Reach, keychain: Arc<dyn Keychain>) -> Self {
        Self {
            egress,
            reach,
            keychain,
            timeouts: Timeouts::default(),
        }
    }

    /// The same, with less patience than the usual.
    pub fn within(self, timeouts: Timeouts) -> Self {
        Self { timeouts, ..self }
    }

    /// How long it waits.
    pub(crate) fn timeouts(&self) -> Timeouts {
        self.timeouts
    }

    /// The same, by the system's resolver and the bundled authorities.
    pub fn system(reach: Reach, keychain: Arc<dyn Keychain>) -> Self {
        Self::new(Egress::system(), reach, keychain)
    }

    /// What an artifact is made of: a tag is resolved, a digest is checked.
    ///
    /// # Errors
    ///
    /// It cannot be had, is not what its digest says, or is no tool.
    pub async fn manifest(&self, reference: &Reference) -> Result<Manifest, FetchError> {
        let wanted = Wanted {
            what: "manifest",
            from: reference.to_string(),
            registry: reference.registry(),
            uri: self.uri(reference, "manifests", &reference.wanted()),
            accept: MANIFEST,
            bytes_max: MANIFEST_BYTES_MAX,
        };
        let response = self.ask(&wanted, reference).await?;
        let kind = media_type(&response);
        let is_known = kind.is_empty() || kind == MANIFEST || manifest::is_list(&kind);
        if !is_known {
            return Err(FetchError::MediaType {
                what: wanted.what,
                from: wanted.from,
                found: shown(&kind),
            });
        }
        let mut bytes = Vec::new();
        let found = take(&wanted, response, None, &mut bytes).await?;
        if let Some(digest) = reference.digest() {
            check(&wanted, digest, found)?;
        }
        Manifest::read(bytes).map_err(|reason| FetchError::Manifest {
            from: wanted.from,
            reason,
        })
    }

    /// A layer of an artifact, into `sink`.
    ///
    /// # Errors
    ///
    /// It cannot be had, is not what its digest and size say, or `sink` does not take it. What `sink` took
    /// until then is of no use.
    pub async fn layer(
        &self,
        reference: &Reference,
        layer: &Layer,
        sink: &mut (dyn Write + Send),
    ) -> Result<(), FetchError> {
        let wanted = Wanted {
            what: "component",
            from: reference.to_string(),
            registry: reference.registry(),
            uri: self.uri(reference, "blobs", &layer.digest.to_string()),
            accept: "*/*",
            bytes_max: layer.size,
        };
        let response = self.ask(&wanted, reference).await?;
        let kind = media_type(&response);
        // A blob has no type of its own: stores say what they like, but no page.
        let accepted = LAYERS.iter().chain(&FILES);
        if !kind.is_empty() && !accepted.into_iter().any(|known| *known == kind) {
            return Err(FetchError::MediaType {
                what: wanted.what,
                from: wanted.from,
                found: shown(&kind),
            });
        }
        let found = take(&wanted, response, Some(layer.size), sink).await?;
        check(&wanted, layer.digest, found)
    }

    /// A file behind HTTPS, into `sink`.
    ///
    /// # Errors
    ///
    /// As [`layer`](Self::layer).
    pub async fn file(
        &self,
        location: &Location,
        sink: &mut (dyn Write + Send),
    ) -> Result<(), FetchError> {
        let authority = location.authority();
        let wanted = Wanted {
            what: "file",
            from: location.url().to_owned(),
            registry: &authority,
            uri: location.url().to_owned(),
            accept: "application/wasm, application/octet-stream",
            bytes_max: COMPONENT_BYTES_MAX as u64,
        };
        let response = self.get(&wanted).await?;
        let kind = media_type(&response);
        if !kind.is_empty() && !FILES.contains(&kind.as_str()) {
            return Err(FetchError::MediaType {
                what: wanted.what,
                from: wanted.from,
                found: shown(&kind),
            });
        }
        let found = take(&wanted, response, None, sink).await?;
        check(&wanted, location.digest(), found)
    }

    /// The way out for what is asked of `host`.
    pub(crate) fn outgoing(
        &self,
        host: &str,
        limits: Limits,
        aim: Aim,
    ) -> Result<Outgoing, FetchError> {
        let destination = Destination::parse(self.reach.scheme(), host)?;
        let rules = self.reach.rules(destination.host().clone(), aim);
        Ok(self.egress.outgoing(rules, limits))
    }

    /// The host of a registry, which may go by another name.
    pub(crate) fn host(registry: &str) -> &str {
        match registry {
            HUB => HUB_HOST,
            host => host,
        }
    }

    pub(crate) fn uri(&self, reference: &Reference, kind: &str, name: &str) -> String {
        let host = Self::host(reference.registry());
        let (scheme, repository) = (self.reach.scheme(), reference.repository());
        format!("{scheme}://{host}/v2/{repository}/{kind}/{name}")
    }

    /// Asks as nobody.
    pub(crate) async fn get(
        &self,
        wanted: &Wanted<'_>,
    ) -> Result<Response<ResponseBody>, FetchError> {
        let response = self.send(wanted, None).await?;
        succeeded(wanted, response)
    }

    /// Asks a registry, and once more when it wants to know who asks.
    pub(crate) async fn ask(
        &self,
        wanted: &Wanted<'_>,
        reference: &Reference,
    ) -> Result<Response<ResponseBody>, FetchError> {
        let response = self.send(wanted, None).await?;
        if response.status() != StatusCode::UNAUTHORIZED {
            return succeeded(wanted, response);
        }
        let proof = self.proof(&response, reference, Aim::Fetch).await?;
        drop(response);
        let response = self.send(wanted, Some(proof)).await?;
        succeeded(wanted, response)
    }

    /// What to answer a registry that wants to know who asks.
    pub(crate) async fn proof(
        &self,
        response: &Response<ResponseBody>,
        reference: &Reference,
        aim: Aim,
    ) -> Result<HeaderValue, FetchError> {
        let registry = reference.registry();
        let challenge = Challenge::of(response.headers());
        let challenge = challenge.ok_or_else(|| FetchError::Challenge {
            registry: registry.to_owned(),
            reason: "not in a way that is understood here".to_owned(),
        })?;
        let credential = self.keychain.credential(registry);
        let credential = credential.map_err(|reason| FetchError::Credential {
            registry: registry.to_owned(),
            reason,
        })?;
        match challenge {
            Challenge::Basic => match credential {
                Some(Credential::Password { user, password }) => token::basic(&user, &password),
                _ => None,
            }
            .ok_or_else(|| FetchError::Refused(reference.to_string())),
            Challenge::Bearer {
                realm,
                service,
                scope,
            } => {
                // What the registry asks for is not more than is needed: it could ask to push.
                let scope = scope.filter(|scope| aim == Aim::Fetch && scope.ends_with(":pull"));
                let needed = || format!("repository:{}:{}", reference.repository(), aim.actions());
                let asked = Asked {
                    registry,
                    realm: &realm,
                    service: service.as_deref(),
                    scope: &scope.unwrap_or_else(needed),
                    aim,
                };
                token::get(self, &asked, credential).await
            }
        }
    }

    async fn send(
        &self,
        wanted: &Wanted<'_>,
        proof: Option<HeaderValue>,
    ) -> Result<Response<ResponseBody>, FetchError> {
        let limits = Limits {
            total: TOTAL,
            response_bytes: wanted.bytes_max,
            ..Limits::default()
        };
        let host = Self::host(wanted.registry);
        let outgoing = self.outgoing(host, limits, Aim::Fetch)?;
        let mut request = Request::get(wanted.uri.as_str())
            .header(ACCEPT, wanted.accept)
            .body(Bytes::new())
            .map_err(|_| FetchError::Missing(wanted.from.clone()))?;
        if let Some(proof) = proof {
            request.headers_mut().insert(AUTHORIZATION, proof);
        }
        let answered = outgoing.follow(request, self.timeouts).await;
        answered.map_err(|source| wanted.failed(source))
    }
}

/// The response, when it is what was asked for.
fn succeeded(
    wanted: &Wanted<'_>,
    response: Response<ResponseBody>,
) -> Result<Response<ResponseBody>, FetchError> {
    let (what, from) = (wanted.what, wanted.from.clone());
    match response.status() {
        StatusCode::OK => Ok(response),
        StatusCode::NOT_FOUND => Err(FetchError::Missing(from)),
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Err(FetchError::Refused(from)),
        status => Err(FetchError::Status {
            what,
            from,
            status: status.as_u16(),
        }),
    }
}

fn media_type(response: &Response<ResponseBody>) -> String {
    let kind = response.headers().get(CONTENT_TYPE);
    let kind = kind.map_or(&b""[..], HeaderValue::as_bytes);
    let text = String::from_utf8_lossy(kind);
    let plain = text.split(';').next().unwrap_or_default();
    plain.trim().to_ascii_lowercase()
}

/// Takes a body: exactly `size` bytes where that is known, never more than may be. Gives its digest.
pub(crate) async fn take(
    wanted: &Wanted<'_>,
    response: Response<ResponseBody>,
    size: Option<u64>,
    sink: &mut (dyn Write + Send),
) -> Result<Digest, FetchError> {
    let too_much = |found: u64| {
        let (what, from) = (wanted.what, wanted.from.clone());
        match size {
            Some(said) => FetchError::Length {
                what,
                from,
                said,
                found,
            },
            None => FetchError::TooLarge {
                what,
                from,
                found,
                max: wanted.bytes_max,
            },
        }
    };
    let declared = response.headers().get(CONTENT_LENGTH);
    let declared = declared
        .and_then(|length| length.to_str().ok())
        .and_then(|length| length.parse::<u64>().ok());
    if let Some(declared) = declared
        && (declared > wanted.bytes_max || size.is_some_and(|size| size != declared))
    {
        return Err(too_much(declared));
    }
    let (mut hashing, mut taken) = (Hashing::default(), 0_u64);
    let mut body = response.into_body();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| match error {
            EgressError::TooLarge(Part::ResponseBody) => too_much(wanted.bytes_max + 1),
            error => wanted.failed(error),
        })?;
        let Ok(bytes) = frame.into_data() else {
            continue;
        };
        hashing.update(&bytes);
        taken = taken.saturating_add(bytes.len() as u64);
        sink.write_all(&bytes).map_err(FetchError::Write)?;
    }
    match size {
        Some(size) if size != taken => Err(too_much(taken)),
        _ => Ok(hashing.finish()),
    }
}

pub(crate) fn check(
    expected: &Wanted<'_>,
    wanted: Digest,
    found: Digest,
) -> Result<(), FetchError> {
    if wanted == found {
        return Ok(());
    }
    Err(FetchError::Digest {
        what: expected.what,
        from: expected.from.clone(),
        wanted,
        found,
    })
}
