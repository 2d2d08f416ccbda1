//! What could not be loaded.
//!
//! Owns the words for it. A problem never stops the other components.

use std::fmt;

use ringfence_signatures::Refusal;
use ringfence_tool::{ComponentName, ReadError, ToolName};
use thiserror::Error;

use crate::lock::LockError;
use crate::source::Origin;
use crate::store::StoreError;

/// Something that could not be loaded, and why.
#[derive(Debug)]
pub struct Problem {
    /// Where.
    pub origin: Origin,
    /// Why.
    pub fault: Fault,
    /// Whether what was loaded from there before is served on.
    pub kept: bool,
}

impl Fault {
    /// Whether it is about who signed.
    pub fn is_about_trust(&self) -> bool {
        matches!(
            self,
            Self::Evidence(_) | Self::TrustGone | Self::Unsigned(_)
        )
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`: {}", self.origin, self.fault)?;
        if self.kept {
            f.write_str("; what was loaded from it before is still served")?;
        }
        Ok(())
    }
}

/// Why something could not be loaded.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum Fault {
    /// The bytes are no component that can be used.
    #[error("{0}")]
    Component(#[from] ReadError),
    /// Nobody approved the component, or it is not what was approved.
    #[error("{0}")]
    Disabled(String),
    /// What is kept of the signatures of what is installed is none.
    #[error("{0}: add it again")]
    Evidence(String),
    /// The lock cannot be read again.
    #[error("{0}; what it said before still holds")]
    Lock(#[from] LockError),
    /// A symbolic link in a directory. It could lead anywhere, and whoever may write to the
    /// directory would choose where.
    #[error("is a symbolic link, which is not followed in a directory; name the file itself")]
    Link,
    /// Another component has the name.
    #[error(
        "component `{name}` is already loaded from `{first}`, and the first one wins; give this one \
         another name in its manifest, or rename the file if it has none"
    )]
    NameTaken {
        /// The name.
        name: ComponentName,
        /// Who has it.
        first: Origin,
    },
    /// Functions were to be offered under their own names, and another component has functions of
    /// those names.
    #[error(
        "{} taken by another component too, as `{offered}` by `{with}`; both keep their prefix",
        functions(*.more)
    )]
    NamesShared {
        /// What the first of them is offered as.
        offered: ToolName,
        /// Who else has the first.
        with: ComponentName,
        /// How many more there are.
        more: usize,
    },
    /// Neither a file nor a directory: reading a pipe or a device might never end.
    #[error("is not a regular file")]
    NotAFile,
    /// The file is larger than any component may be.
    #[error("has {found} bytes, more than the {max} that a component may have")]
    TooLarge {
        /// How large it is, at least.
        found: u64,
        /// How large it may be.
        max: u64,
    },
    /// What is installed under one name says that it has another.
    #[error("it is named `{0}`, and was installed under another name: add it again")]
    OtherName(ComponentName),
    /// What is installed is not in the store as it was put there.
    #[error("{0}")]
    Store(#[from] StoreError),
    /// There is more in a directory than is looked at.
    #[error("holds more than {max} {what}; the rest is left out")]
    TooMany {
        /// What was counted.
        what: &'static str,
        /// How many are taken.
        max: usize,
    },
    /// It was installed because of who signed it, and nobody says any more who has to.
    #[error(
        "it was installed because of who signed it, and the file that says who has to is gone: restore it, name it \
         with `--trust`, or install the tool again"
    )]
    TrustGone,
    /// Whoever has to have signed it did not.
    #[error("{0}")]
    Unsigned(#[from] Refusal),
    /// The system refused.
    #[error("cannot be read: {0}")]
    Unreadable(#[from] std::io::Error),
}

fn functions(more: usize) -> String {
    match more {
        0 => "the name of 1 function is".to_owned(),
        more => format!("the names of {} functions are", more + 1),
    }
}
