//! A time limit for what nearly always is ready at once.
//!
//! Owns looking before a timer is set: setting one for each request costs more than what it waits for.

use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use futures_util::poll;

/// The output of `future`; nothing when it takes longer than `time`.
pub(crate) async fn within<T>(time: Duration, future: impl Future<Output = T>) -> Option<T> {
    let mut future = pin!(future);
    if let Poll::Ready(output) = poll!(future.as_mut()) {
        return Some(output);
    }
    tokio::time::timeout(time, future).await.ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_is_late_does_not_come() {
        let (soon, late) = (Duration::from_millis(1), Duration::from_mins(1));
        assert_eq!(within(late, async { 7 }).await, Some(7));
        assert_eq!(within(late, tokio::time::sleep(soon)).await, Some(()));
        assert_eq!(within(soon, tokio::time::sleep(late)).await, None);
        assert_eq!(within(soon, std::future::pending::<()>()).await, None);
    }
}
