//! Where a call comes from: a client, or another call.
//!
//! Owns how deep and how wide calls may grow from one. Refuses to know what any of them does.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use ringfence_tool::Digest;

/// Calls one below the other, under the one that was called first. Each holds a sandbox and its memory until
/// the lowest is done: bounds what a tool that calls itself, or two that call each other, can hold.
pub(crate) const DEPTH_MAX: u32 = 4;

/// Calls below one call, over all depths. Bounds a tool that calls many that call many: without it a hundred
/// at each depth would be a hundred million, each with a record.
pub(crate) const DESCENDANTS_MAX: u32 = 250;

/// Where a call comes from. By default nobody's guest makes it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Lineage(Option<Above>);

/// A tool that makes a call.
#[derive(Debug, Clone)]
pub(crate) struct Maker {
    /// What clients call it.
    pub(crate) tool: Arc<str>,
    /// Its component.
    pub(crate) digest: Digest,
}

/// What is above a call.
#[derive(Debug, Clone)]
struct Above {
    call: Arc<str>,
    maker: Maker,
    depth: u32,
    /// How long the call that makes it can wait.
    left: Duration,
    family: Family,
}

/// How many calls may still be made below the first.
#[derive(Debug, Clone)]
pub(crate) struct Family(Arc<AtomicU32>);

impl Family {
    fn new() -> Self {
        Self(Arc::new(AtomicU32::new(DESCENDANTS_MAX)))
    }

    /// Whether one more may be made, which it then is.
    pub(crate) fn grow(&self) -> bool {
        let less = |left: u32| left.checked_sub(1);
        let grown = self
            .0
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, less);
        grown.is_ok()
    }
}

impl Lineage {
    /// That of a call which `maker` makes in `call`, and which has `left` to wait.
    pub(crate) fn below(
        depth: u32,
        call: &Arc<str>,
        maker: &Maker,
        left: Duration,
        family: &Family,
    ) -> Self {
        Self(Some(Above {
            call: Arc::clone(call),
            maker: maker.clone(),
            depth,
            left,
            family: family.clone(),
        }))
    }

    /// Whether no guest makes it.
    pub(crate) fn is_root(&self) -> bool {
        self.0.is_none()
    }

    /// How many calls are above it.
    pub(crate) fn depth(&self) -> u32 {
        self.0.as_ref().map_or(0, |above| above.depth)
    }

    /// The call that makes it.
    pub(crate) fn parent(&self) -> Option<&str> {
        self.0.as_ref().map(|above| &*above.call)
    }

    /// The tool that makes it.
    pub(crate) fn maker(&self) -> Option<&Maker> {
        self.0.as_ref().map(|above| &above.maker)
    }

    /// All calls below the first; a new family where this is the first.
    pub(crate) fn family(&self) -> Family {
        match &self.0 {
            Some(above) => above.family.clone(),
            None => Family::new(),
        }
    }

    /// `timeout`, and no more than whoever makes the call can wait.
    pub(crate) fn within(&self, timeout: Option<Duration>) -> Option<Duration> {
        let left = self.0.as_ref().map(|above| above.left);
        match (timeout, left) {
            (Some(timeout), Some(left)) => Some(timeout.min(left)),
            (timeout, left) => timeout.or(left),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_has_no_more_time_than_the_one_that_waits_for_it() {
        let seconds = Duration::from_secs;
        let root = Lineage::default();
        assert_eq!(root.within(None), None);
        assert_eq!(root.within(Some(seconds(9))), Some(seconds(9)));
        let maker = Maker {
            tool: "a_b".into(),
            digest: Digest::of(b"a"),
        };
        let child = Lineage::below(1, &"7".into(), &maker, seconds(3), &root.family());
        assert_eq!(child.within(None), Some(seconds(3)));
        assert_eq!(child.within(Some(seconds(9))), Some(seconds(3)));
        assert_eq!(child.within(Some(seconds(1))), Some(seconds(1)));
        let made_by = child.maker().map(|maker| &*maker.tool);
        assert_eq!((child.parent(), made_by), (Some("7"), Some("a_b")));
    }

    #[test]
    fn a_family_does_not_grow_for_ever() {
        let family = Lineage::default().family();
        let again = family.clone();
        for _ in 0..DESCENDANTS_MAX / 2 {
            assert!(family.grow() && again.grow());
        }
        assert!(!family.grow() && !again.grow());
    }
}
