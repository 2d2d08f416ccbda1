//! The tools that are part of this program.

use crate::source::Source;

/// The tools that ship with ringfence, in the order they are served.
pub fn bundled() -> Vec<Source> {
    Vec::new()
}
