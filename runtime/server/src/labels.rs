//! What every line of the log says of the request that it was written for.
//!
//! Owns how it travels with the request's task. Refuses to write anything: whoever formats a line
//! asks for it. A span would say the same; it costs a call a tenth of its time, for lines that are
//! hardly ever written.

use std::sync::Arc;

use crate::trace::TraceParent;

tokio::task_local! {
    static LABELS: Labels;
}

/// What ties the lines of one request together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Labels {
    /// The id that answer, log and audit record share. A client may have chosen it: escape it.
    pub correlation: Arc<str>,
    /// The trace that the request is part of.
    pub trace: Option<TraceParent>,
}

impl Labels {
    /// Those of the request that the current task works for, if any.
    pub fn current() -> Option<Self> {
        LABELS.try_with(Clone::clone).ok()
    }

    /// `work`, with the labels of the current task: for whoever spawns one for the same request.
    pub(crate) fn carried<W: Future>(work: W) -> impl Future<Output = W::Output> {
        let labels = Self::current();
        async move {
            match labels {
                Some(labels) => labels.scope(work).await,
                None => work.await,
            }
        }
    }

    /// `work`, with these on every line of the log that is written within.
    pub(crate) fn scope<W: Future>(self, work: W) -> impl Future<Output = W::Output> {
        LABELS.scope(self, work)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn labels_last_as_long_as_their_work() {
        let labels = Labels {
            correlation: "7".into(),
            trace: None,
        };
        let seen = labels.clone().scope(async {
            tokio::task::yield_now().await;
            Labels::current()
        });
        assert_eq!(seen.await, Some(labels));
        assert_eq!(Labels::current(), None);
    }

    #[tokio::test]
    async fn labels_are_carried_into_a_task() {
        let labels = Labels {
            correlation: "7".into(),
            trace: None,
        };
        let seen = async || Labels::current();
        let spawned = labels
            .clone()
            .scope(async { tokio::spawn(Labels::carried(seen())).await.unwrap() });
        assert_eq!(spawned.await, Some(labels));
        assert_eq!(tokio::spawn(Labels::carried(seen())).await.unwrap(), None);
    }
}
