//! Putting something into a registry.
//!
//! Owns the order: every part is there before the manifest that names it, so that whoever is killed leaves what
//! was there before. A proof of who asks goes to the registry, and not to where it says that parts are taken.

use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE, LOCATION};
use http::{HeaderValue, Method, Request, Response, StatusCode};
use http_body_util::Full;
use ringfence_egress::{EgressError, Limits, Outgoing, ResponseBody};
use ringfence_tool::{COMPONENT_BYTES_MAX, Digest};
use thiserror::Error;
use url::Url;

use crate::attached::{ATTACHED_MAX, Attached, KEY, SIGNATURE, tag};
use crate::document::{self, About, Artifact, Descriptor, SIMPLE_SIGNING};
use crate::error::FetchError;
use crate::fetch::{Fetcher, TOTAL};
use crate::manifest::MANIFEST;
use crate::reach::Aim;
use crate::reference::Reference;

/// As what a part goes.
const BLOB: &str = "application/octet-stream";

/// Why something was not published.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum PublishError {
    /// Somebody would choose what the digest of it is.
    #[error("`{0}` names a digest, and what is pushed has its own: name a tag, or nothing")]
    Digest(String),
    /// It could not be sent, or is not answered in time.
    #[error("failed to push the {what} to `{to}`")]
    Egress {
        /// Which part.
        what: &'static str,
        /// Where.
        to: String,
        /// Why.
        #[source]
        source: EgressError,
    },
    /// What has to be known before cannot be had.
    #[error(transparent)]
    Fetch(#[from] FetchError),
    /// There are as many signatures as are looked at.
    #[error("`{0}` has {ATTACHED_MAX} signatures, and more than that are not looked at")]
    Full(String),
    /// The registry says nowhere to put a part.
    #[error("`{0}` does not say where a part of it is to be put")]
    Place(String),
    /// Whoever asks may not.
    #[error("`{0}` may not be changed by whoever asks: log in, as with `docker login`")]
    Refused(String),
    /// The registry says something else.
    #[error("the push of the {what} to `{to}` was answered with status {status}")]
    Status {
        /// Which part.
        what: &'static str,
        /// Where.
        to: String,
        /// With what.
        status: u16,
    },
}

impl PublishError {
    /// Whether the address may not be reached, rather than that something failed.
    pub fn is_denied(&self) -> bool {
        match self {
            Self::Egress { source, .. } => source.is_denied(),
            Self::Fetch(error) => error.is_denied(),
            _ => false,
        }
    }
}

impl Fetcher {
    /// Puts a component into a registry, under the reference's tag. Gives the digest of its manifest.
    ///
    /// # Errors
    ///
    /// The reference names a digest, or the registry does not take something.
    pub async fn push(
        &self,
        reference: &Reference,
        component: &Bytes,
        about: &About,
    ) -> Result<Digest, PublishError> {
        if reference.digest().is_some() {
            return Err(PublishError::Digest(reference.to_string()));
        }
        let artifact = document::component(component, about);
        let mut push = Push::new(self, reference)?;
        push.artifact(artifact, &reference.wanted()).await
    }

    /// Puts a signature beside an artifact, and leaves those that are there. One that is there already is not
    /// put there twice.
    ///
    /// # Errors
    ///
    /// There are too many, or the registry does not take something.
    pub async fn attach(
        &self,
        reference: &Reference,
        artifact: &Digest,
        attached: &Attached,
    ) -> Result<(), PublishError> {
        let mut layer = Descriptor::of(SIMPLE_SIGNING, &attached.payload);
        let annotations = &mut layer.annotations;
        annotations.insert(SIGNATURE.to_owned(), attached.signature.clone());
        if let Some(key) = &attached.key {
            annotations.insert(KEY.to_owned(), key.clone());
        }
        let mut layers = self.listed(reference, artifact).await?;
        let is_same =
            |other: &Descriptor| other.annotations.get(SIGNATURE) == Some(&attached.signature);
        if layers.iter().any(is_same) {
            return Ok(());
        }
        if layers.len() >= ATTACHED_MAX {
            return Err(PublishError::Full(reference.to_string()));
        }
        layers.push(layer);
        let mut signatures = document::signatures(&layers);
        signatures.blobs.push(attached.payload.clone().into());
        let mut push = Push::new(self, reference)?;
        push.artifact(signatures, &tag(artifact)).await?;
        Ok(())
    }
}

/// One artifact on its way.
struct Push<'a> {
    fetcher: &'a Fetcher,
    reference: &'a Reference,
    outgoing: Outgoing,
    /// What the registry was shown of who asks. It is good for the whole way.
    proof: Option<HeaderValue>,
}

/// One request.
struct Step {
    what: &'static str,
    method: Method,
    uri: String,
    media_type: &'static str,
    body: Bytes,
}

impl<'a> Push<'a> {
    fn new(fetcher: &'a Fetcher, reference: &'a Reference) -> Result<Self, PublishError> {
        let limits = Limits {
            total: TOTAL,
            request_bytes: COMPONENT_BYTES_MAX as u64,
            ..Limits::default()
        };
        let host = Fetcher::host(reference.registry());
        Ok(Self {
            fetcher,
            reference,
            outgoing: fetcher.outgoing(host, limits, Aim::Publish)?,
            proof: None,
        })
    }

    /// Puts all of it there. Gives the digest of its manifest.
    async fn artifact(&mut self, artifact: Artifact, name: &str) -> Result<Digest, PublishError> {
        for blob in artifact.blobs {
            self.blob(blob).await?;
        }
        let digest = Digest::of(&artifact.manifest);
        let step = Step {
            what: "manifest",
            method: Method::PUT,
            uri: self.fetcher.uri(self.reference, "manifests", name),
            media_type: MANIFEST,
            body: artifact.manifest,
        };
        self.succeed(step, &[StatusCode::CREATED, StatusCode::OK])
            .await?;
        Ok(digest)
    }

    async fn blob(&mut self, bytes: Bytes) -> Result<(), PublishError> {
        const WHAT: &str = "component";
        let digest = Digest::of(&bytes).to_string();
        let look = Step {
            what: WHAT,
            method: Method::HEAD,
            uri: self.fetcher.uri(self.reference, "blobs", &digest),
            media_type: BLOB,
            body: Bytes::new(),
        };
        if self.send(&look).await?.status() == StatusCode::OK {
            return Ok(());
        }
        let begin = self.fetcher.uri(self.reference, "blobs", "uploads/");
        let open = Step {
            what: WHAT,
            method: Method::POST,
            uri: begin.clone(),
            media_type: BLOB,
            body: Bytes::new(),
        };
        let response = self.succeed(open, &[StatusCode::ACCEPTED]).await?;
        let place = response.headers().get(LOCATION);
        let place = place.and_then(|place| place.to_str().ok());
        let place = place.and_then(|place| Url::parse(&begin).ok()?.join(place).ok());
        let mut place = place.ok_or_else(|| PublishError::Place(self.reference.to_string()))?;
        place.query_pairs_mut().append_pair("digest", &digest);
        place.set_fragment(None);
        let put = Step {
            what: WHAT,
            method: Method::PUT,
            uri: place.to_string(),
            media_type: BLOB,
            body: bytes,
        };
        self.succeed(put, &[StatusCode::CREATED]).await?;
        Ok(())
    }

    async fn succeed(
        &mut self,
        step: Step,
        good: &[StatusCode],
    ) -> Result<Response<ResponseBody>, PublishError> {
        let response = self.send(&step).await?;
        let status = response.status();
        if good.contains(&status) {
            return Ok(response);
        }
        let to = self.reference.to_string();
        Err(match status {
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => PublishError::Refused(to),
            status => PublishError::Status {
                what: step.what,
                to,
                status: status.as_u16(),
            },
        })
    }

    /// Sends, and once more when the registry wants to know who asks.
    async fn send(&mut self, step: &Step) -> Result<Response<ResponseBody>, PublishError> {
        let response = self.once(step).await?;
        if response.status() != StatusCode::UNAUTHORIZED || !self.is_own(&step.uri) {
            return Ok(response);
        }
        let proof = self.fetcher.proof(&response, self.reference, Aim::Publish);
        self.proof = Some(proof.await?);
        drop(response);
        self.once(step).await
    }

    async fn once(&self, step: &Step) -> Result<Response<ResponseBody>, PublishError> {
        let to = || self.reference.to_string();
        let mut request = Request::builder()
            .method(step.method.clone())
            .uri(step.uri.as_str())
            .header(CONTENT_TYPE, step.media_type)
            .body(Full::new(step.body.clone()))
            .map_err(|_| PublishError::Place(to()))?;
        if let Some(proof) = self.proof.as_ref().filter(|_| self.is_own(&step.uri)) {
            let headers = request.headers_mut();
            headers.insert(AUTHORIZATION, proof.clone());
        }
        let sent = self.outgoing.send(request, self.fetcher.timeouts()).await;
        sent.map_err(|source| PublishError::Egress {
            what: step.what,
            to: to(),
            source,
        })
    }

    /// Whether this is the registry itself.
    fn is_own(&self, uri: &str) -> bool {
        let origin = |text: &str| Url::parse(text).ok().map(|url| url.origin());
        let own = origin(&self.fetcher.uri(self.reference, "blobs", ""));
        own.is_some() && own == origin(uri)
    }
}
