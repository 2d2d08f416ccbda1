//! TOML. The crate parses; writing is ours, because the crate writes only what serde hands it.

mod reader;
mod writer;

pub use reader::read;
pub use writer::write;

/// A place in the data, for messages.
fn join(path: &[&str]) -> String {
    path.iter()
        .fold("$".to_owned(), |joined, key| joined + "." + key)
}
