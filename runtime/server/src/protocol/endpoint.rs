//! What answers requests, however they arrive.
//!
//! Owns what all requests share: the funnel, the current offer, tasks, waiting calls and news. One for
//! a process; every transport hands its requests to [`Endpoint::answer`].

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use ringfence_identity::Caller;

use super::news::{Changed, Newsroom};
use super::parked::Parked;
use super::seal::Seal;
use super::tasks::Tasks;
use crate::call::Funnel;
use crate::offer::{Descriptions, Offer};

/// How long after a change the next is looked into. Bounds how often a guest that announces in a loop
/// has every component describe itself.
const FOLLOW_INTERVAL: Duration = Duration::from_millis(100);

/// Tools of which the log says that they are not offered. Bounds what a large catalog writes there.
const HIDDEN_MAX: usize = 16;

/// What answers requests.
#[derive(Debug)]
pub(crate) struct Endpoint {
    pub(crate) funnel: Arc<Funnel>,
    pub(crate) newsroom: Arc<Newsroom>,
    pub(crate) tasks: Arc<Tasks>,
    pub(crate) parked: Arc<Parked>,
    pub(crate) seal: Arc<Seal>,
    offer: RwLock<Arc<Offer>>,
    descriptions: Descriptions,
    /// Held while the offer is made: the one that is made last is of the latest catalog.
    refreshing: tokio::sync::Mutex<()>,
    /// Whether the catalog can change while it is served.
    changes: bool,
    /// Whether calls were stopped because the server ends.
    has_cut: AtomicBool,
}

impl Endpoint {
    /// An endpoint for the tools behind `funnel`. Components that describe themselves are not asked
    /// before [`Endpoint::refresh`].
    pub(crate) fn new(funnel: Arc<Funnel>, changes: bool) -> Arc<Self> {
        let offer = Offer::new(&funnel.catalog(), &funnel.policy(), &[]);
        funnel.offer(Arc::clone(&offer.tools));
        let seal = Arc::new(Seal::new());
        Arc::new(Self {
            newsroom: Newsroom::new(),
            tasks: Arc::default(),
            parked: Parked::new(Arc::clone(&seal)),
            seal,
            offer: RwLock::new(Arc::new(offer)),
            descriptions: Descriptions::default(),
            refreshing: tokio::sync::Mutex::default(),
            changes,
            has_cut: AtomicBool::new(false),
            funnel,
        })
    }

    /// What is offered at this moment.
    pub(crate) fn offer(&self) -> Arc<Offer> {
        Arc::clone(&self.offer.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Whether clients may hear that a list has changed.
    pub(crate) fn lists_change(&self) -> bool {
        self.changes || self.offer().describes()
    }

    /// Calls are stopped because the server ends, and not because of anything of theirs.
    pub(crate) fn cut(&self) {
        self.has_cut.store(true, Ordering::Relaxed);
    }

    /// Whether calls were.
    pub(crate) fn has_cut(&self) -> bool {
        self.has_cut.load(Ordering::Relaxed)
    }

    /// Offers what the catalog holds now. `anew` asks components again what they provide.
    pub(crate) async fn refresh(&self, anew: bool) {
        let _refreshing = self.refreshing.lock().await;
        let catalog = self.funnel.catalog();
        let described = self.descriptions.of(&self.funnel, &catalog, anew).await;
        let policy = self.funnel.policy();
        let offer = Arc::new(Offer::new(&catalog, &policy, &described));
        // Whoever granted something and does not find the tool has to learn why.
        for (tool, denial) in offer
            .tools
            .undecided(&policy, &Caller::local())
            .take(HIDDEN_MAX)
        {
            tracing::warn!(tool, reason = %denial, "a tool is not offered");
        }
        self.funnel.offer(Arc::clone(&offer.tools));
        *self.offer.write().unwrap_or_else(PoisonError::into_inner) = offer;
    }

    /// Tells clients of the changes that guests announce. Runs as long as the server.
    pub(crate) async fn follow(&self) {
        loop {
            let changed = self.newsroom.announced().await;
            self.refresh(true).await;
            self.newsroom.publish(changed);
            tokio::time::sleep(FOLLOW_INTERVAL).await;
        }
    }

    /// The catalog has changed: every list that there was or is may have.
    pub(crate) async fn replaced(&self) {
        let before = self.offer();
        self.refresh(false).await;
        let after = self.offer();
        self.newsroom.publish(Changed {
            tools: true,
            prompts: !(before.prompts.is_empty() && after.prompts.is_empty()),
            resources: !(before.resources.is_empty() && after.resources.is_empty()),
        });
    }
}
