//! What policy promises, from the outside.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::format_push_string,
    clippy::too_many_lines,
    reason = "tests fail by panicking"
)]

mod bounds;
mod decisions;
mod differential;
mod directories;
mod explaining;
mod file;
mod grammar;
mod grid;
mod hints;
mod laws;
mod naive;
mod question;
mod questions;
mod reaching;
mod reference;
mod setup;
mod watching;
