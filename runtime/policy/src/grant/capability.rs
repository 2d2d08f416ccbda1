//! A kind of capability, alone or narrowed: what a rule denies, and what a tool asks for.
//!
//! Owns the same words as a grant, without what only a grant can know: no host directory, no quota,
//! no header. What is left out means all: `net=https://example.com` is every method, port and path.

use std::fmt;
use std::str::FromStr;

use super::bucket::BucketName;
use super::files::{self, FileKind, FileOperation, GuestPath};
use super::glob::Glob;
use super::invalid::InvalidGrant;
use super::kind::Kind;
use super::limit::PREFIX;
use super::methods::Methods;
use super::name::{ConfigKey, EnvName, SecretName};
use super::net::{NetGrant, OutgoingRequest, Parts, Scheme};
use super::ports::Ports;
use super::socket::SocketGrant;
use super::tools::ToolPattern;
use super::{GRANT_BYTES_MAX, Grant, HostPattern, UrlPath};

/// A kind of capability, alone or narrowed.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Capability {
    /// `KIND`: everything of that kind.
    Any(Kind),
    /// `config=KEY`
    Config(ConfigKey),
    /// `env=NAME`
    Env(EnvName),
    /// `fs.KIND=GUEST`
    Files(FileCapability),
    /// `kv=BUCKET`
    Kv(BucketName),
    /// `net=[METHODS ]SCHEME://HOST[:PORT][/PATH]`, with `*` for both schemes.
    Net(NetCapability),
    /// `secret=NAME`
    Secret(SecretName),
    /// `socket=PROTOCOL:HOST:PORT[-PORT]`
    Socket(SocketGrant),
    /// `tools=PATTERN`
    Tools(ToolPattern),
}

/// Files, as the tool sees them.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct FileCapability {
    /// What is done with them.
    pub kind: FileKind,
    /// At or below which path.
    pub guest: GuestPath,
    /// Which of them alone.
    pub glob: Option<Glob>,
}

/// HTTP requests.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct NetCapability {
    /// With which methods.
    pub methods: Methods,
    /// How; either way when not said.
    pub scheme: Option<Scheme>,
    /// To which hosts.
    pub host: HostPattern,
    /// To which ports of them.
    pub ports: Ports,
    /// To which paths.
    pub path: UrlPath,
}

impl FileCapability {
    /// Whether a tool that asks for it asks to do `operation` with `path`, as far as the path goes.
    pub(crate) fn asks_at(&self, operation: FileOperation, path: &str) -> bool {
        files::covers(&self.guest, self.glob.as_ref(), operation, path)
    }

    /// Whether a rule that denies it is about `path`: it, or a directory that it is in.
    pub(crate) fn holds(&self, path: &str) -> bool {
        match (self.guest.below(path), &self.glob) {
            (None, _) => false,
            (Some(_), None) => true,
            (Some(rest), Some(glob)) => glob.covers_or_holds(rest),
        }
    }

    /// Whether something below `path` could be what it is about.
    pub(crate) fn may_lie_below(&self, path: &GuestPath) -> bool {
        path.below(self.guest.as_str()).is_some()
            || match (self.guest.below(path.as_str()), &self.glob) {
                (Some(rest), Some(glob)) => glob.leads_below(rest),
                _ => false,
            }
    }
}

impl NetCapability {
    /// Whether it is about everything of `request` but its path.
    pub(crate) fn reaches(&self, request: &OutgoingRequest<'_>) -> bool {
        self.scheme.is_none_or(|scheme| scheme == request.scheme)
            && self.ports.contains(request.port)
            && self.methods.contains(request.method)
            && self.host.covers(request.host)
    }

    /// Whether some request is covered by it and by `grant`.
    pub(crate) fn overlaps(&self, grant: &NetGrant) -> bool {
        self.scheme.is_none_or(|scheme| scheme == grant.scheme)
            && self.ports.overlaps(grant.ports)
            && self.methods.overlaps(grant.methods)
            && self.host.overlaps(&grant.host)
            && self.path.overlaps(&grant.path)
    }
}

impl Capability {
    /// Of which kind it is.
    pub fn kind(&self) -> Kind {
        match self {
            Self::Any(kind) => *kind,
            Self::Config(_) => Kind::Config,
            Self::Env(_) => Kind::Env,
            Self::Files(files) => files.kind.into(),
            Self::Kv(_) => Kind::Kv,
            Self::Net(_) => Kind::Net,
            Self::Secret(_) => Kind::Secret,
            Self::Socket(_) => Kind::Socket,
            Self::Tools(_) => Kind::Tools,
        }
    }

    /// What a tool asks for, as its manifest says it: a kind, a capability, or a whole grant of which
    /// only its author knows the host's side.
    ///
    /// # Errors
    ///
    /// It is none of these.
    pub fn requested(text: &str) -> Result<Self, InvalidGrant> {
        text.parse().or_else(|error| match text.parse::<Grant>() {
            Ok(grant) => Self::of(&grant).ok_or(error),
            Err(_) => Err(error),
        })
    }

    /// The capability that `grant` gives; a budget gives none.
    pub fn of(grant: &Grant) -> Option<Self> {
        Some(match grant {
            Grant::Budget(_) => return None,
            Grant::ClockPrecise => Self::Any(Kind::ClockPrecise),
            Grant::Config(key) => Self::Config(key.clone()),
            Grant::Env(name) => Self::Env(name.clone()),
            Grant::Files(files) => Self::Files(FileCapability {
                kind: files.kind,
                guest: files.guest.clone(),
                glob: files.glob.clone(),
            }),
            Grant::Kv(bucket) => Self::Kv(bucket.name.clone()),
            Grant::Net(net) => Self::Net(NetCapability {
                methods: net.methods,
                scheme: Some(net.scheme),
                host: net.host.clone(),
                ports: net.ports,
                path: net.path.clone(),
            }),
            Grant::Random => Self::Any(Kind::Random),
            Grant::Secret(secret) => Self::Secret(secret.name.clone()),
            Grant::Socket(socket) => Self::Socket(socket.clone()),
            Grant::Stdin => Self::Any(Kind::Stdin),
            Grant::Stdout => Self::Any(Kind::Stdout),
            Grant::Tools(pattern) => Self::Tools(pattern.clone()),
        })
    }
}

impl fmt::Display for Capability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Any(kind) => write!(f, "{kind}"),
            Self::Config(key) => write!(f, "config={key}"),
            Self::Env(name) => write!(f, "env={name}"),
            Self::Files(file) => {
                write!(f, "{}=", Kind::from(file.kind))?;
                files::show(&file.guest, file.glob.as_ref(), f)
            }
            Self::Kv(bucket) => write!(f, "kv={bucket}"),
            Self::Net(net) => write!(f, "net={net}"),
            Self::Secret(name) => write!(f, "secret={name}"),
            Self::Socket(socket) => write!(f, "socket={socket}"),
            Self::Tools(pattern) => write!(f, "tools={pattern}"),
        }
    }
}

impl fmt::Display for NetCapability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.methods != Methods::ALL {
            write!(f, "{} ", self.methods)?;
        }
        let scheme = self.scheme.map_or("*", Scheme::word);
        write!(f, "{scheme}://{}", self.host)?;
        if self.ports != Ports::ALL {
            write!(f, ":{}", self.ports)?;
        }
        if !self.path.is_root() {
            write!(f, "{}", self.path)?;
        }
        Ok(())
    }
}

impl FromStr for Capability {
    type Err = InvalidGrant;

    fn from_str(text: &str) -> Result<Self, InvalidGrant> {
        if text.len() > GRANT_BYTES_MAX {
            return Err(InvalidGrant::TooLong);
        }
        if text.starts_with(PREFIX) {
            const EXPECTED: &str = "a capability; a budget can be lowered, not denied";
            return Err(InvalidGrant::malformed(EXPECTED, text));
        }
        let Some((word, value)) = text.split_once('=') else {
            return text.parse().map(Self::Any);
        };
        let kind: Kind = word.parse()?;
        if let Some(kind) = FileKind::of(kind) {
            let (guest, glob) = files::narrowed(value)?;
            return Ok(Self::Files(FileCapability { kind, guest, glob }));
        }
        match kind {
            Kind::Config => value.parse().map(Self::Config),
            Kind::Env => value.parse().map(Self::Env),
            Kind::Kv => value.parse().map(Self::Kv),
            Kind::Net => net(value).map(Self::Net),
            Kind::Secret => value.parse().map(Self::Secret),
            Kind::Socket => SocketGrant::parse(value).map(Self::Socket),
            Kind::Tools => value.parse().map(Self::Tools),
            _ => Err(InvalidGrant::Value(kind)),
        }
    }
}

fn net(value: &str) -> Result<NetCapability, InvalidGrant> {
    let parts = Parts::parse(value)?;
    let scheme = match parts.scheme {
        "*" => None,
        scheme => Some(Scheme::parse(scheme)?),
    };
    Ok(NetCapability {
        methods: parts.methods.unwrap_or(Methods::ALL),
        scheme,
        host: parts.host,
        ports: parts.ports.unwrap_or(Ports::ALL),
        path: parts.path,
    })
}
