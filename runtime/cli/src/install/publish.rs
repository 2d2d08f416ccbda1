//! `ringfence keygen`, `sign`, `verify`, `push` and `pull`.
//!
//! Owns the order of each. Who signed what, and whether that is enough, is the business of the rooms below.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write as _};
use std::path::Path;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ringfence_catalog::{Offer, Shelf, read_file};
use ringfence_registry::{About, Attached, Reference};
use ringfence_signatures::{Payload, SigningKey};
use ringfence_tool::Component;
use zeroize::Zeroizing;

use super::bring::{Brought, Courier, beside};
use super::source::Wanted;
use crate::arguments::{
    KeygenArguments, PullArguments, PushArguments, SignArguments, VerifySourceArguments,
};
use crate::console::{Console, Style};
use crate::escape::escape;
use crate::failure::Failure;
use crate::shelved::Shelved;
use crate::stop::Stop;
use crate::trust;

/// What stands in front of what is said of an artifact.
const ANNOTATION: &str = "org.opencontainers.image.";

/// Bytes of a seed.
const SEED_BYTES: usize = 32;

/// `ringfence keygen`.
///
/// # Errors
///
/// Something is there already, or cannot be written.
pub(crate) fn keygen(arguments: &KeygenArguments, console: Console) -> Result<(), Failure> {
    let path = &arguments.file;
    let public = beside(path, ".pub");
    let unwritten = |path: &Path, error: io::Error| Failure::Write {
        path: path.to_owned(),
        reason: error.to_string(),
    };
    let mut seed = Zeroizing::new([0; SEED_BYTES]);
    getrandom::fill(&mut *seed).map_err(|error| unwritten(path, error.into()))?;
    let made = SigningKey::from_seed(&seed).map_err(|error| Failure::Key {
        path: path.clone(),
        reason: error.to_string(),
    });
    let (key, text) = made?;
    if public.exists() {
        return Err(unwritten(&public, io::ErrorKind::AlreadyExists.into()));
    }
    put(path, text.as_bytes(), false).map_err(|error| unwritten(path, error))?;
    let shown = key.public().to_pem();
    put(&public, shown.as_bytes(), true).map_err(|error| unwritten(&public, error))?;
    console.note(&format!(
        "{} {} and {}, {}\n",
        console.paint_note(Style::Good, "made"),
        path.display(),
        public.display(),
        key.public()
    ));
    Ok(())
}

/// Writes a file that is not there yet, as a whole or not at all.
fn put(path: &Path, bytes: &[u8], for_everybody: bool) -> io::Result<()> {
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    // Made for its owner alone.
    let mut file = tempfile::NamedTempFile::new_in(folder.unwrap_or_else(|| Path::new(".")))?;
    file.write_all(bytes)?;
    #[cfg(unix)]
    if for_everybody {
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o644);
        file.as_file().set_permissions(mode)?;
    }
    #[cfg(not(unix))]
    let _ = for_everybody;
    file.as_file().sync_all()?;
    file.persist_noclobber(path)
        .map(drop)
        .map_err(|error| error.error)
}

/// `ringfence sign`.
///
/// # Errors
///
/// The key cannot be used, there is no such tool, or its signature cannot be put anywhere.
pub(crate) async fn sign(
    arguments: SignArguments,
    console: Console,
    stop: Stop,
) -> Result<(), Failure> {
    stoppable(&stop, signing(arguments, console)).await
}

async fn signing(arguments: SignArguments, console: Console) -> Result<(), Failure> {
    let key = trust::signing_key(&arguments.key)?;
    let failed = |error: &dyn std::error::Error| Failure::Key {
        path: arguments.key.clone(),
        reason: error.to_string(),
    };
    let of = match Wanted::read(&arguments.source, None)? {
        Wanted::File(path) => {
            let bytes = file(&path)?;
            let signature = key.sign(&bytes).map_err(|error| failed(&error))?;
            let to = beside(&path, ".sig");
            let text = format!("{}\n", STANDARD.encode(signature));
            fs::write(&to, text).map_err(|error| Failure::Write {
                path: to.clone(),
                reason: error.to_string(),
            })?;
            to.display().to_string()
        }
        Wanted::Registry(reference) => {
            let courier = Courier::new(&arguments.reaching);
            let fetcher = courier.fetcher(&Wanted::Registry(reference.clone()))?;
            let manifest = fetcher.manifest(&reference).await?.digest;
            let payload = Payload { manifest }.write(&name(&reference));
            let signature = key.sign(&payload).map_err(|error| failed(&error))?;
            let attached = Attached {
                payload,
                signature: STANDARD.encode(signature),
                key: Some(key.public().fingerprint().to_string()),
            };
            fetcher.attach(&reference, &manifest, &attached).await?;
            format!("{reference}, {manifest}")
        }
        Wanted::Web(location) => {
            return Err(Failure::Source {
                text: location.to_string(),
                reason: "sign the file, and put its signature beside it".to_owned(),
            });
        }
    };
    let done = console.paint_note(Style::Good, "signed");
    let of = escape(&of);
    console.note(&format!("{done} {of}, by {}\n", key.public()));
    Ok(())
}

/// Where an artifact is.
fn name(reference: &Reference) -> String {
    format!("{}/{}", reference.registry(), reference.repository())
}

/// `ringfence verify`.
///
/// # Errors
///
/// It cannot be had, nobody has to have signed it, or whoever has to did not.
pub(crate) async fn verify(
    arguments: VerifySourceArguments,
    console: Console,
    stop: Stop,
) -> Result<(), Failure> {
    stoppable(&stop, verifying(arguments, console)).await
}

async fn verifying(arguments: VerifySourceArguments, console: Console) -> Result<(), Failure> {
    let place = &arguments.place;
    let shelved = Shelved::at(place.lock.as_ref(), place.state_dir.as_ref())?;
    let shelved = shelved.trusting(arguments.trusting.trust.as_ref());
    let trust = match &arguments.key {
        Some(path) => Some(trust::in_key(path)?),
        None => shelved.trust()?,
    };
    let shelf = shelved.shelf().trusting(trust);
    let wanted = Wanted::read(&arguments.source, None)?;
    let lease = shelf.begin()?;
    let courier = Courier::new(&arguments.reaching);
    let brought = courier.bring(&shelf, &lease, &wanted).await?;
    let by = signer(&shelf, &brought)?;
    let by = by.ok_or_else(|| Failure::NobodyHasToSign {
        source_text: wanted.to_string(),
    })?;
    let good = console.paint(Style::Good, "signed");
    let digest = brought
        .resolved
        .unwrap_or_else(|| brought.component.digest());
    let (of, by) = (wanted.to_string(), escape(&by));
    let line = format!("{good} {}, {digest}, by {by}\n", escape(&of));
    Ok(console.print(&line)?)
}

/// Who signed what was brought, where somebody had to.
fn signer(shelf: &Shelf, brought: &Brought) -> Result<Option<String>, Failure> {
    let offer = Offer {
        component: Arc::clone(&brought.component),
        source: brought.source.clone(),
        resolved: brought.resolved,
        evidence: brought.evidence,
        instead_of: None,
    };
    Ok(shelf.judge(&offer)?)
}

/// `ringfence push`.
///
/// # Errors
///
/// It is no tool, or the registry does not take it.
pub(crate) async fn push(
    arguments: PushArguments,
    console: Console,
    stop: Stop,
) -> Result<(), Failure> {
    stoppable(&stop, pushing(arguments, console)).await
}

async fn pushing(arguments: PushArguments, console: Console) -> Result<(), Failure> {
    let (path, to) = (&arguments.file, &arguments.to);
    let bytes = file(path)?;
    // What nobody could install is not pushed.
    let component = Component::read(bytes.clone(), to.name()).map_err(|error| Failure::Load {
        path: path.clone(),
        reason: error.to_string(),
    })?;
    let courier = Courier::new(&arguments.reaching);
    let fetcher = courier.fetcher(&Wanted::Registry(to.clone()))?;
    let digest = fetcher.push(to, &bytes, &about(&component)).await?;
    let done = console.paint_note(Style::Good, "pushed");
    console.note(&format!("{done} {}\n", path.display()));
    // What a script goes on with.
    let pushed = format!("oci://{}@{digest}\n", name(to));
    Ok(console.print(&pushed)?)
}

/// What is said of a component beside its bytes.
fn about(component: &Component) -> About {
    let manifest = component.manifest();
    let version = manifest.version.as_ref().map(ToString::to_string);
    let authors = (!manifest.authors.is_empty()).then(|| manifest.authors.join(", "));
    let title = manifest.title.as_deref();
    let title = title.unwrap_or_else(|| component.name().as_str());
    let said = [
        ("title", Some(title.to_owned())),
        ("version", version),
        (
            "description",
            manifest.description.as_deref().map(str::to_owned),
        ),
        ("licenses", manifest.license.as_deref().map(str::to_owned)),
        ("authors", authors),
    ];
    let annotations: BTreeMap<_, _> = said
        .into_iter()
        .filter_map(|(key, value)| Some((format!("{ANNOTATION}{key}"), value?)))
        .collect();
    let functions = component.interface().functions.iter();
    let mut exports: Vec<String> = functions
        .map(|function| {
            let export = &function.export;
            let name = export.interface.as_ref().unwrap_or(&export.function);
            name.to_string()
        })
        .collect();
    exports.dedup();
    let imports = component.imports().iter();
    About {
        imports: imports.map(|import| import.name.to_string()).collect(),
        exports,
        annotations,
    }
}

/// `ringfence pull`.
///
/// # Errors
///
/// It cannot be had or written, or whoever has to have signed it did not.
pub(crate) async fn pull(
    arguments: PullArguments,
    console: Console,
    stop: Stop,
) -> Result<(), Failure> {
    stoppable(&stop, pulling(arguments, console)).await
}

async fn pulling(arguments: PullArguments, console: Console) -> Result<(), Failure> {
    let place = &arguments.place;
    let shelved = Shelved::at(place.lock.as_ref(), place.state_dir.as_ref())?;
    let shelf = shelved
        .trusting(arguments.trusting.trust.as_ref())
        .trusted_shelf()?;
    let wanted = Wanted::read(&arguments.source, None)?;
    let lease = shelf.begin()?;
    let courier = Courier::new(&arguments.reaching);
    let brought = courier.bring(&shelf, &lease, &wanted).await?;
    let by = signer(&shelf, &brought)?;
    let path = &arguments.output;
    fs::write(path, brought.component.bytes()).map_err(|error| Failure::Write {
        path: path.clone(),
        reason: error.to_string(),
    })?;
    let done = console.paint_note(Style::Good, "pulled");
    let by = by.map_or_else(
        || "nobody has to have signed it".to_owned(),
        |by| format!("signed by {}", escape(&by)),
    );
    console.note(&format!(
        "{done} {}, {}, {by}\n",
        path.display(),
        brought.component.digest()
    ));
    Ok(())
}

fn file(path: &Path) -> Result<bytes::Bytes, Failure> {
    read_file(path).map_err(|fault| Failure::Load {
        path: path.to_owned(),
        reason: fault.to_string(),
    })
}

/// Does something until it is done, or a signal comes.
async fn stoppable(
    stop: &Stop,
    doing: impl Future<Output = Result<(), Failure>>,
) -> Result<(), Failure> {
    tokio::select! {
        biased;
        () = stop.gently.cancelled() => Err(Failure::Interrupted),
        done = doing => done,
    }
}
