//! Imports as capabilities: what a component that has them could ask for.
//!
//! Owns the translation for people. What is enforced is decided elsewhere, from the same imports.

use ringfence_policy::{Capability, Kind};
use ringfence_sandbox::IMPORTS;

/// What stands behind an import.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// Works without any grant, and reaches nothing.
    Free,
    /// Reaches what is granted, and nothing without.
    Granted,
    /// Does not exist here: the component cannot be loaded.
    Unknown,
}

impl Standing {
    /// One word, for programs and columns.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Free => "free",
            Self::Granted => "needs a grant",
            Self::Unknown => "not offered",
        }
    }
}

/// The form of a grant of each kind that something stands behind, with what only the operator can say in
/// capitals. Reading and everything stand for all that can be said of files.
pub(super) const FORMS: &[(Kind, &str)] = &[
    (Kind::FsRead, "fs.read=HOST:GUEST"),
    (Kind::FsWrite, "fs.write=HOST:GUEST"),
    (Kind::Net, "net=https://HOST"),
    (Kind::Secret, "secret=NAME->HOST"),
    (Kind::Socket, TCP_FORM),
    (Kind::Env, "env=NAME"),
    (Kind::Config, "config=KEY"),
    (Kind::Kv, "kv=BUCKET"),
    (Kind::Tools, "tools=NAME"),
    (Kind::ClockPrecise, "clock.precise"),
    (Kind::Stdin, "stdin"),
    (Kind::Stdout, "stdout"),
];

/// The form of a grant of TCP, which stands for sockets.
pub(super) const TCP_FORM: &str = "socket=tcp:HOST:PORT";

/// That of UDP, for tools that can speak it.
pub(super) const UDP_FORM: &str = "socket=udp:HOST:PORT";

/// What imports begin with of those that can.
pub(super) const UDP_IMPORT: &str = "wasi:sockets/udp";

/// The form of the grant that answers a request.
pub(super) fn asked(request: &Capability) -> String {
    match request {
        Capability::Any(kind) => FORMS.iter().find(|(form, _)| form == kind).map_or_else(
            || format!("{kind}=HOST:GUEST"),
            |(_, form)| (*form).to_owned(),
        ),
        Capability::Files(files) => {
            let text = request.to_string();
            let guest = text.split_once('=').map_or("GUEST", |(_, guest)| guest);
            format!("{}=HOST:{guest}", Kind::from(files.kind))
        }
        Capability::Secret(_) => format!("{request}->HOST"),
        _ => request.to_string(),
    }
}

/// What an import lets a tool do, and on which terms.
pub(super) fn describe(import: &str) -> (Standing, &'static str) {
    if !is_offered(import) {
        return (Standing::Unknown, "a tool that needs it cannot be loaded");
    }
    let interface = import.split('@').next().unwrap_or(import);
    match interface {
        "ringfence:tool/announce" => (Standing::Free, "say that what it provides has changed"),
        "ringfence:tool/client" => (
            Standing::Free,
            "ask the person, the model or the client behind a call",
        ),
        "ringfence:tool/host" => (Standing::Free, "report progress and log to the client"),
        "ringfence:tool/tools" => (
            Standing::Granted,
            "other tools, as whoever calls it: `tools=NAME`, `tools=STEM*`",
        ),
        "ringfence:tool/types" => (Standing::Free, "content types"),
        "wasi:cli/environment" => (Standing::Granted, "environment variables: `env=NAME`"),
        "wasi:cli/exit" => (Standing::Free, "end its own call"),
        "wasi:random/random" | "wasi:random/insecure" | "wasi:random/insecure-seed" => {
            (Standing::Free, "random numbers")
        }
        _ if interface.starts_with("wasi:filesystem/") => (
            Standing::Granted,
            "files: `fs.read=HOST:GUEST`, `fs.write=HOST:GUEST`",
        ),
        _ if interface.starts_with("wasi:sockets/") => (
            Standing::Granted,
            "network sockets: `socket=tcp:HOST:PORT`, `socket=udp:HOST:PORT`",
        ),
        "wasi:config/store" => (Standing::Granted, "an operator's values: `config=KEY`"),
        _ if interface.starts_with("wasi:keyvalue/") => (
            Standing::Granted,
            "buckets that outlive the call: `kv=NAME`",
        ),
        _ if interface.starts_with("wasi:http/") => {
            (Standing::Granted, "HTTP requests: `net=https://HOST`")
        }
        _ if interface.starts_with("wasi:clocks/") => (
            Standing::Free,
            "the time to a millisecond, and timers; all of it: `clock.precise`",
        ),
        _ if interface.starts_with("wasi:cli/") => (
            Standing::Free,
            "standard streams: input is empty, output is captured; yours in a call: `stdin`, `stdout`",
        ),
        _ if interface.starts_with("wasi:io/") => (Standing::Free, "streams and waiting"),
        _ => (Standing::Free, "part of the host interface"),
    }
}

/// Whether an interface of this name, in a version that fits, is on the sandbox's list.
fn is_offered(import: &str) -> bool {
    let (name, version) = parts(import);
    IMPORTS.iter().any(|offered| {
        let (offered_name, offered_version) = parts(offered);
        name == offered_name && compatible(version) == compatible(offered_version)
    })
}

fn parts(import: &str) -> (&str, &str) {
    import.split_once('@').unwrap_or((import, ""))
}

/// The part of a version that must be equal: the major number or, before 1.0, the minor one too.
fn compatible(version: &str) -> Option<(&str, &str)> {
    let mut numbers = version.split('.');
    match (numbers.next()?, numbers.next()?) {
        ("0", minor) => Some(("0", minor)),
        (major, _) => Some((major, "")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_import_that_links_is_explained() {
        for import in IMPORTS {
            let (standing, words) = describe(import);
            assert_ne!(standing, Standing::Unknown, "{import}");
            assert_ne!(words, "part of the host interface", "{import}");
        }
    }

    #[test]
    fn versions_that_fit_are_offered_and_no_others() {
        assert_eq!(describe("wasi:filesystem/types@0.2.0").0, Standing::Granted);
        assert_eq!(describe("wasi:sockets/tcp@0.2.3").0, Standing::Granted);
        for import in [
            "wasi:clocks/wall-clock@0.3.0",
            "wasi:clocks/wall-clock",
            "acme:evil/door@1.0.0",
        ] {
            assert_eq!(describe(import).0, Standing::Unknown, "{import}");
        }
    }
}
