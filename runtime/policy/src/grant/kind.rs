//! The kinds of capability.
//!
//! Owns their words, and sets of them. Refuses to know what their values look like.

use std::fmt;
use std::str::FromStr;

use super::invalid::InvalidGrant;
use super::limit::{LimitKind, PREFIX};

macro_rules! kinds {
    ($($(#[$doc:meta])* $kind:ident, $word:literal, $example:literal;)*) => {
        /// A kind of capability, as the word before the `=`.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Kind {
            $($(#[$doc])* $kind,)*
        }

        impl Kind {
            /// Every kind, in alphabetical order.
            pub const ALL: &'static [Self] = &[$(Self::$kind,)*];

            /// Its word.
            pub const fn word(self) -> &'static str {
                match self {
                    $(Self::$kind => $word,)*
                }
            }

            /// A grant of this kind, for people to learn from.
            pub const fn example(self) -> &'static str {
                match self {
                    $(Self::$kind => $example,)*
                }
            }
        }
    };
}

kinds! {
    /// Clocks that are not coarsened.
    ClockPrecise, "clock.precise", "clock.precise";
    /// Configuration values.
    Config, "config", "config=greeting";
    /// Environment variables.
    Env, "env", "env=LANG";
    /// To change contents, sizes and times of files that are there.
    FsChange, "fs.change", "fs.change=/srv/out:/out";
    /// To make new files and directories.
    FsCreate, "fs.create", "fs.create=/srv/out:/out";
    /// To delete files and directories, and to rename them away.
    FsDelete, "fs.delete", "fs.delete=/srv/out:/out";
    /// Names, sizes and times.
    FsList, "fs.list", "fs.list=/srv/docs:/docs";
    /// To list, and to read contents.
    FsRead, "fs.read", "fs.read=/srv/docs:/docs";
    /// Everything with files.
    FsWrite, "fs.write", "fs.write=/srv/work:/work";
    /// Buckets of the key-value store.
    Kv, "kv", "kv=notes:10MiB";
    /// HTTP requests.
    Net, "net", "net=GET,POST https://api.example.com/v1";
    /// Random bytes.
    Random, "random", "random";
    /// Secrets that the host adds to requests.
    Secret, "secret", "secret=TOKEN->api.example.com";
    /// TCP and UDP.
    Socket, "socket", "socket=tcp:10.0.0.5:5432";
    /// What is piped into a call.
    Stdin, "stdin", "stdin";
    /// What a call shows as it comes.
    Stdout, "stdout", "stdout";
    /// To call other tools.
    Tools, "tools", "tools=text_*";
}

impl Kind {
    /// Every word of the grammar, in a line.
    pub(crate) fn words() -> String {
        let kinds = Self::ALL.iter().map(|kind| format!("`{kind}`"));
        let limits = LimitKind::ALL
            .iter()
            .map(|limit| format!("`{PREFIX}{}`", limit.word()));
        kinds.chain(limits).collect::<Vec<_>>().join(", ")
    }

    const fn bit(self) -> u32 {
        1 << self as u32
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

impl FromStr for Kind {
    type Err = InvalidGrant;

    fn from_str(text: &str) -> Result<Self, InvalidGrant> {
        let found = Self::ALL.iter().find(|kind| kind.word() == text);
        found.copied().ok_or_else(|| {
            let words = Self::ALL.iter().map(|kind| kind.word());
            InvalidGrant::unknown(text, words.chain(["budget.memory", "budget.wall"]))
        })
    }
}

/// A set of kinds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Kinds(u32);

impl Kinds {
    /// No kind.
    pub const NONE: Self = Self(0);

    /// Every kind that has to do with files.
    pub const FILES: Self = Self(
        Kind::FsChange.bit()
            | Kind::FsCreate.bit()
            | Kind::FsDelete.bit()
            | Kind::FsList.bit()
            | Kind::FsRead.bit()
            | Kind::FsWrite.bit(),
    );

    /// Every kind.
    pub const ALL: Self = Self(u32::MAX >> (u32::BITS as usize - Kind::ALL.len()));

    /// This set and `kind`.
    pub const fn with(self, kind: Kind) -> Self {
        Self(self.0 | kind.bit())
    }

    /// Both sets.
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether it holds `kind`.
    pub const fn contains(self, kind: Kind) -> bool {
        self.0 & kind.bit() != 0
    }

    /// What it holds, in alphabetical order.
    pub fn iter(self) -> impl Iterator<Item = Kind> {
        let all = Kind::ALL.iter().copied();
        all.filter(move |kind| self.contains(*kind))
    }
}

impl FromIterator<Kind> for Kinds {
    fn from_iter<I: IntoIterator<Item = Kind>>(kinds: I) -> Self {
        kinds.into_iter().fold(Self::NONE, Self::with)
    }
}
