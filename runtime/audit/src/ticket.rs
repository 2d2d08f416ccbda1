//! Who waits for a record to be written.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use crate::shared::{Fate, Shared, Unwritten};

/// A record that was appended. Await it, and it is written, to where the log's durability says; drop
/// it, and the record follows by itself.
#[derive(Debug)]
#[must_use = "who must not go on before the record is written awaits this; who may, drops it"]
pub struct Ticket(State);

#[derive(Debug)]
enum State {
    /// Nothing is kept, so there is nothing to wait for.
    Off,
    /// There was no room.
    Lost,
    /// One that waits its turn.
    Queued {
        shared: Arc<Shared>,
        number: u64,
        pressed: bool,
    },
}

impl Ticket {
    pub(crate) fn off() -> Self {
        Self(State::Off)
    }

    pub(crate) fn lost() -> Self {
        Self(State::Lost)
    }

    pub(crate) fn queued(shared: Arc<Shared>, number: u64, pressed: bool) -> Self {
        Self(State::Queued {
            shared,
            number,
            pressed,
        })
    }

    /// Waits before an answer, where one must: when the log's durability says so, or when so many
    /// records wait that the next would be lost.
    ///
    /// # Errors
    ///
    /// The record is not written.
    pub async fn before_answer(self) -> Result<(), Unwritten> {
        match &self.0 {
            State::Queued {
                shared, pressed, ..
            } if !pressed && !shared.durability.holds_answers() => Ok(()),
            _ => self.await,
        }
    }

    /// Waits on this thread, for at most `patience`. For programs without an executor.
    ///
    /// # Errors
    ///
    /// The record is not written, or not yet.
    pub fn wait(self, patience: Duration) -> Result<(), Unwritten> {
        match self.0 {
            State::Off => Ok(()),
            State::Lost => Err(no_room()),
            State::Queued { shared, number, .. } => match shared.wait(number, patience) {
                Fate::Written => Ok(()),
                Fate::Failed(unwritten) => Err(unwritten),
                Fate::Waiting => Err(Unwritten("it takes too long".into())),
            },
        }
    }
}

impl Future for Ticket {
    type Output = Result<(), Unwritten>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        match &self.0 {
            State::Off => Poll::Ready(Ok(())),
            State::Lost => Poll::Ready(Err(no_room())),
            State::Queued { shared, number, .. } => match shared.poll(*number, context.waker()) {
                Fate::Written => Poll::Ready(Ok(())),
                Fate::Failed(unwritten) => Poll::Ready(Err(unwritten)),
                Fate::Waiting => Poll::Pending,
            },
        }
    }
}

fn no_room() -> Unwritten {
    Unwritten("too many records wait already".into())
}
