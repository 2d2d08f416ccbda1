//! One capability, as text that a person can read.
//!
//! Owns the grammar of a whole grant: `KIND` or `KIND=VALUE`. What is parsed prints back the same.
//! Refuses to know whether what it names exists, and who gets it.
//!
//! | kind | example | what it gives |
//! |---|---|---|
//! | `fs.list` | `fs.list=/srv/docs:/docs` | names, sizes and times below a directory |
//! | `fs.read` | `fs.read=/srv/docs:/docs/**/*.md` | to list, and to read contents |
//! | `fs.create` | `fs.create=/srv/out:/out` | to make new files and directories |
//! | `fs.change` | `fs.change=/srv/out:/out` | to change contents, sizes and times of what is there |
//! | `fs.delete` | `fs.delete=/srv/out:/out/*.tmp` | to delete, and to rename away |
//! | `fs.write` | `fs.write=/srv/work:/work` | all of these |
//! | `net` | `net=GET,POST https://api.example.com/v1` | HTTP requests |
//! | `socket` | `socket=tcp:10.0.0.5:5432` | TCP connections, UDP datagrams |
//! | `env` | `env=LANG` | one environment variable |
//! | `secret` | `secret=TOKEN->api.example.com:x-api-key` | a secret in requests to one host |
//! | `config` | `config=greeting` | one configuration value |
//! | `kv` | `kv=notes:10MiB` | one bucket of the key-value store |
//! | `clock.precise` | `clock.precise` | clocks that are not coarsened |
//! | `random` | `random` | random bytes; every tool has them until a rule denies them |
//! | `tools` | `tools=text_*` | to call other tools |
//! | `stdin`, `stdout` | `stdin` | the streams of whoever runs `ringfence call` |
//! | `budget.…` | `budget.wall=30s` | no more than that for one call |

mod bucket;
mod capability;
mod files;
mod glob;
mod host;
mod invalid;
mod kind;
mod limit;
mod methods;
mod name;
mod net;
mod network;
mod ports;
mod quantity;
mod secret;
mod socket;
mod tools;
mod url_path;

use std::fmt;
use std::str::FromStr;

pub use bucket::{BucketGrant, BucketName};
pub use capability::{Capability, FileCapability, NetCapability};
pub use files::{FileGrant, FileKind, FileOperation, FileOperations, GuestPath};
pub use glob::Glob;
pub use host::{Host, HostName, HostPattern};
pub use invalid::InvalidGrant;
pub use kind::{Kind, Kinds};
pub use limit::{Limit, LimitKind};
pub use methods::Methods;
pub use name::{ConfigKey, EnvName, SecretName};
pub use net::{NetGrant, OutgoingRequest, Scheme};
pub use network::Network;
pub use ports::Ports;
pub use secret::{HeaderName, SecretGrant};
pub use socket::{Protocol, SocketGrant};
pub use tools::ToolPattern;
pub use url_path::UrlPath;

pub(crate) use files::is_normal;
pub(crate) use invalid::shown;
pub(crate) use tools::PATTERN_BYTES_MAX as TOOL_PATTERN_BYTES_MAX;
pub(crate) use url_path::could_be_any;

/// The longest grant, in bytes: no path that Linux accepts is longer than 4,096 bytes, and a grant
/// holds two. Bounds what a peer that may propose a grant makes us parse.
pub(crate) const GRANT_BYTES_MAX: usize = 2 * 4096 + 16;

/// Something a tool is allowed to touch. What no grant names, no tool can reach.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Grant {
    /// `budget.KIND=AMOUNT`: one call may use no more than that.
    Budget(Limit),
    /// `clock.precise`: clocks that are not coarsened.
    ClockPrecise,
    /// `config=KEY`: one configuration value.
    Config(ConfigKey),
    /// `env=NAME`: the value of one environment variable of the host.
    Env(EnvName),
    /// `fs.KIND=HOST:GUEST`: files.
    Files(FileGrant),
    /// `kv=BUCKET[:QUOTA]`: one bucket of the key-value store.
    Kv(BucketGrant),
    /// `net=[METHODS ]SCHEME://HOST[:PORT][/PATH]`: HTTP requests.
    Net(NetGrant),
    /// `random`: random bytes.
    Random,
    /// `secret=NAME->HOST[:PORT][:HEADER]`: a secret that the host adds to requests.
    Secret(SecretGrant),
    /// `socket=PROTOCOL:HOST:PORT[-PORT]`: TCP connections or UDP datagrams.
    Socket(SocketGrant),
    /// `stdin`: what is piped into `ringfence call`.
    Stdin,
    /// `stdout`: what the tool writes is shown by `ringfence call` as it comes.
    Stdout,
    /// `tools=PATTERN`: to call other tools.
    Tools(ToolPattern),
}

impl Grant {
    /// The range of addresses that it names, when it is about a network.
    pub fn range(&self) -> Option<&Network> {
        match self {
            Self::Net(net) => net.host.network(),
            Self::Socket(socket) => socket.host.network(),
            _ => None,
        }
    }

    /// What kind of capability it is; a budget is none.
    pub fn kind(&self) -> Option<Kind> {
        match self {
            Self::Budget(_) => None,
            Self::ClockPrecise => Some(Kind::ClockPrecise),
            Self::Config(_) => Some(Kind::Config),
            Self::Env(_) => Some(Kind::Env),
            Self::Files(files) => Some(files.kind.into()),
            Self::Kv(_) => Some(Kind::Kv),
            Self::Net(_) => Some(Kind::Net),
            Self::Random => Some(Kind::Random),
            Self::Secret(_) => Some(Kind::Secret),
            Self::Socket(_) => Some(Kind::Socket),
            Self::Stdin => Some(Kind::Stdin),
            Self::Stdout => Some(Kind::Stdout),
            Self::Tools(_) => Some(Kind::Tools),
        }
    }
}

impl fmt::Display for Grant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Budget(limit) => write!(f, "{limit}"),
            Self::ClockPrecise => f.write_str(Kind::ClockPrecise.word()),
            Self::Config(key) => write!(f, "config={key}"),
            Self::Env(name) => write!(f, "env={name}"),
            Self::Files(files) => write!(f, "{files}"),
            Self::Kv(bucket) => write!(f, "kv={bucket}"),
            Self::Net(net) => write!(f, "net={net}"),
            Self::Random => f.write_str(Kind::Random.word()),
            Self::Secret(secret) => write!(f, "secret={secret}"),
            Self::Socket(socket) => write!(f, "socket={socket}"),
            Self::Stdin => f.write_str(Kind::Stdin.word()),
            Self::Stdout => f.write_str(Kind::Stdout.word()),
            Self::Tools(pattern) => write!(f, "tools={pattern}"),
        }
    }
}

impl FromStr for Grant {
    type Err = InvalidGrant;

    fn from_str(text: &str) -> Result<Self, InvalidGrant> {
        if text.len() > GRANT_BYTES_MAX {
            return Err(InvalidGrant::TooLong);
        }
        let (word, value) = match text.split_once('=') {
            Some((word, value)) => (word, Some(value)),
            None => (text, None),
        };
        if let Some(limit) = word.strip_prefix(limit::PREFIX) {
            return Limit::parse(limit, value).map(Self::Budget);
        }
        let kind: Kind = word.parse()?;
        let Some(value) = value else {
            return match kind {
                Kind::ClockPrecise => Ok(Self::ClockPrecise),
                Kind::Random => Ok(Self::Random),
                Kind::Stdin => Ok(Self::Stdin),
                Kind::Stdout => Ok(Self::Stdout),
                _ => Err(InvalidGrant::NoValue(kind)),
            };
        };
        match kind {
            Kind::ClockPrecise | Kind::Random | Kind::Stdin | Kind::Stdout => {
                Err(InvalidGrant::Value(kind))
            }
            Kind::Config => value.parse().map(Self::Config),
            Kind::Env => value.parse().map(Self::Env),
            Kind::FsChange => FileGrant::parse(FileKind::Change, value).map(Self::Files),
            Kind::FsCreate => FileGrant::parse(FileKind::Create, value).map(Self::Files),
            Kind::FsDelete => FileGrant::parse(FileKind::Delete, value).map(Self::Files),
            Kind::FsList => FileGrant::parse(FileKind::List, value).map(Self::Files),
            Kind::FsRead => FileGrant::parse(FileKind::Read, value).map(Self::Files),
            Kind::FsWrite => FileGrant::parse(FileKind::Write, value).map(Self::Files),
            Kind::Kv => value.parse().map(Self::Kv),
            Kind::Net => NetGrant::parse(value).map(Self::Net),
            Kind::Secret => value.parse().map(Self::Secret),
            Kind::Socket => SocketGrant::parse(value).map(Self::Socket),
            Kind::Tools => value.parse().map(Self::Tools),
        }
    }
}
