//! What has changed, on its way to those who want to know.
//!
//! Owns telling: changes of lists that come close together are one, and a resource's change reaches
//! only its tenant. Refuses to know who listens, and how they are told.

use std::sync::{Arc, Mutex, PoisonError};

use ringfence_identity::TenantName;
use ringfence_sandbox::News;
use tokio::sync::{Notify, broadcast, watch};

/// Changes of resources that a listener may be behind. Bounds what a guest that announces in a loop
/// makes the server hold; a listener that is further behind misses the oldest.
const BACKLOG_MAX: usize = 256;

/// How often each list has changed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Lists {
    tools: u64,
    prompts: u64,
    resources: u64,
}

/// Which lists have changed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Changed {
    pub(crate) tools: bool,
    pub(crate) prompts: bool,
    pub(crate) resources: bool,
}

impl Changed {
    fn any(self) -> bool {
        self.tools || self.prompts || self.resources
    }
}

/// Something that a client may want to know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Report {
    /// Lists have changed.
    Lists(Changed),
    /// What a resource holds has changed.
    Resource(String),
}

/// Where changes are announced.
#[derive(Debug)]
pub(crate) struct Newsroom {
    lists: watch::Sender<Lists>,
    resources: broadcast::Sender<(TenantName, Arc<str>)>,
    /// Announced by guests and not yet looked into.
    pending: Mutex<Changed>,
    announced: Notify,
}

impl Newsroom {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self {
            lists: watch::Sender::new(Lists::default()),
            resources: broadcast::Sender::new(BACKLOG_MAX),
            pending: Mutex::default(),
            announced: Notify::new(),
        })
    }

    /// A guest says that something has changed. Lists are described anew before anybody is told.
    pub(crate) fn announce(&self, tenant: &TenantName, news: News) {
        let mut pending = self.pending.lock().unwrap_or_else(PoisonError::into_inner);
        match news {
            News::Tools => pending.tools = true,
            News::Prompts => pending.prompts = true,
            News::Resources => pending.resources = true,
            News::Resource(uri) => {
                // Nobody may listen.
                let _ = self.resources.send((tenant.clone(), uri.into()));
                return;
            }
        }
        drop(pending);
        self.announced.notify_one();
    }

    /// Waits until guests have announced that lists have changed.
    pub(crate) async fn announced(&self) -> Changed {
        loop {
            let changed = self.take();
            if changed.any() {
                return changed;
            }
            self.announced.notified().await;
        }
    }

    fn take(&self) -> Changed {
        let mut pending = self.pending.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut *pending)
    }

    /// Tells that lists have changed.
    pub(crate) fn publish(&self, changed: Changed) {
        if changed.any() {
            self.lists.send_modify(|lists| {
                lists.tools = lists.tools.wrapping_add(changed.tools.into());
                lists.prompts = lists.prompts.wrapping_add(changed.prompts.into());
                lists.resources = lists.resources.wrapping_add(changed.resources.into());
            });
        }
    }

    /// Listens from now on, for one tenant.
    pub(crate) fn listen(&self, tenant: TenantName) -> Listener {
        let mut lists = self.lists.subscribe();
        let seen = *lists.borrow_and_update();
        Listener {
            tenant,
            lists,
            seen,
            resources: self.resources.subscribe(),
        }
    }
}

/// Somebody who listens.
#[derive(Debug)]
pub(crate) struct Listener {
    tenant: TenantName,
    lists: watch::Receiver<Lists>,
    seen: Lists,
    resources: broadcast::Receiver<(TenantName, Arc<str>)>,
}

impl Listener {
    /// The next report. Nothing when there will be none any more. Safe to be dropped and called again.
    pub(crate) async fn next(&mut self) -> Option<Report> {
        loop {
            tokio::select! {
                changed = self.lists.changed() => {
                    changed.ok()?;
                    let now = *self.lists.borrow_and_update();
                    let before = std::mem::replace(&mut self.seen, now);
                    return Some(Report::Lists(Changed {
                        tools: now.tools != before.tools,
                        prompts: now.prompts != before.prompts,
                        resources: now.resources != before.resources,
                    }));
                }
                update = self.resources.recv() => match update {
                    Ok((tenant, uri)) if tenant == self.tenant => {
                        return Some(Report::Resource(uri.as_ref().to_owned()));
                    }
                    Ok(_) | Err(broadcast::error::RecvError::Lagged(_)) => {}
                    Err(broadcast::error::RecvError::Closed) => return None,
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn changes_that_come_together_are_one() {
        let newsroom = Newsroom::new();
        let acme: TenantName = "acme".parse().unwrap();
        let mut listener = newsroom.listen(acme.clone());
        for _ in 0..3 {
            newsroom.announce(&acme, News::Tools);
        }
        let changed = newsroom.announced().await;
        newsroom.publish(changed);
        newsroom.publish(changed);
        let tools = Changed {
            tools: true,
            ..Changed::default()
        };
        assert_eq!(listener.next().await, Some(Report::Lists(tools)));
        newsroom.announce(&acme, News::Resource("a:b".into()));
        assert_eq!(listener.next().await, Some(Report::Resource("a:b".into())));
    }

    #[tokio::test]
    async fn a_resource_of_another_tenant_is_not_reported() {
        let newsroom = Newsroom::new();
        let (acme, other) = ("acme".parse().unwrap(), "other".parse().unwrap());
        let mut listener = newsroom.listen(acme);
        newsroom.announce(&other, News::Resource("theirs:".into()));
        let tools = Changed {
            tools: true,
            ..Changed::default()
        };
        newsroom.publish(tools);
        assert_eq!(listener.next().await, Some(Report::Lists(tools)));
    }
}
