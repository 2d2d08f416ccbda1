//! The thread that writes.
//!
//! Owns one loop: take what waits, write it, tell who waited. Whatever cannot be written stays in its
//! hands, and is tried again. Refuses to drop a record while there is hope.

use crate::queue::Bodies;
use crate::shared::Shared;
use crate::sink::Sink;

/// Writes until the log is closed. `works` is whether the sink could be opened.
pub(crate) fn run(shared: &Shared, mut sink: Sink, mut works: bool) {
    let mut batch = Bodies::default();
    let mut wrote = false;
    loop {
        let going_on = if works {
            shared.take(&mut batch, wrote)
        } else {
            shared.retry(&mut batch)
        };
        if works && !going_on {
            return shared.ended(0);
        }
        let through = shared.taken();
        match sink.append(&batch) {
            Ok(()) => {
                batch.clear();
                opened(shared, &sink);
                shared.written(through);
                (works, wrote) = (true, true);
            }
            Err(error) => {
                shared.failed(&error.to_string());
                if !going_on {
                    // It is closed, and this was the last chance.
                    return shared.ended(batch.len());
                }
                works = false;
            }
        }
    }
}

/// Makes the key for arguments known once there is one.
pub(crate) fn opened(shared: &Shared, sink: &Sink) {
    if shared.arguments_key.get().is_none()
        && let Some(key) = sink.arguments_key()
    {
        // Nobody else sets it.
        let _ = shared.arguments_key.set(key);
    }
}
