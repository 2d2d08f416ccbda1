//! What a fixture needs of the host while its call runs.
//!
//! Owns the list, which is short: the component imports all of it and nothing else. Refuses to know
//! who answers.

use std::time::Duration;

use crate::bindings::ringfence::tool::client::{Abilities, Answer, AskError, Question};

/// The host, and the client behind it.
pub trait Host {
    /// Reports how far the call has come.
    fn progress(&self, done: f64, total: f64);

    /// Writes a line to the log, at the level `info`.
    fn log(&self, line: &str);

    /// Asks to go on as a task; tells whether the call is one now.
    fn background(&self) -> bool;

    /// What the client can be asked.
    fn can_ask(&self) -> Abilities;

    /// Asks, and waits for the answers.
    ///
    /// # Errors
    ///
    /// When nothing comes back.
    fn ask(&self, questions: Vec<Question>) -> Result<Vec<Answer>, AskError>;

    /// Tells clients that the list of tools has changed.
    fn tools_changed(&self);

    /// Tells clients that the list of prompts has changed.
    fn prompts_changed(&self);

    /// Waits.
    fn pause(&self, duration: Duration);
}
