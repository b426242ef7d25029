//! Which kinds have been listed since the start, and why not.

use std::collections::BTreeMap;
use std::sync::Arc;
use tokio::sync::watch;

/// Kinds that were never listed, each with the reason where it is known. Clones share it.
#[derive(Clone)]
pub struct ListProgress {
    unlisted: Arc<watch::Sender<BTreeMap<&'static str, Option<String>>>>,
}

impl ListProgress {
    /// Expects a first list of each of these kinds.
    pub fn expecting(kinds: impl IntoIterator<Item = &'static str>) -> ListProgress {
        ListProgress { unlisted: Arc::new(watch::Sender::new(kinds.into_iter().map(|kind| (kind, None)).collect())) }
    }

    /// A kind has been listed.
    pub fn listed(&self, kind: &str) {
        self.unlisted.send_if_modified(|unlisted| unlisted.remove(kind).is_some());
    }

    /// A kind can't be listed or watched at present. True where the reason is new.
    pub fn not_listed(&self, kind: &str, reason: &str) -> bool {
        let mut is_new = true;
        self.unlisted.send_if_modified(|unlisted| {
            let Some(known) = unlisted.get_mut(kind) else { return false };
            is_new = known.as_deref() != Some(reason);
            *known = Some(reason.to_string());
            is_new
        });
        is_new
    }

    /// Whether the kind has been listed.
    pub fn is_listed(&self, kind: &str) -> bool {
        !self.unlisted.borrow().contains_key(kind)
    }

    /// Waits until these kinds have been listed.
    pub async fn until_listed(&self, kinds: &[&str]) {
        let mut unlisted = self.unlisted.subscribe();
        // It fails only once the sender is gone, and this holds it.
        let _ = unlisted.wait_for(|unlisted| !kinds.iter().any(|kind| unlisted.contains_key(kind))).await;
    }

    /// The first lists that are still expected, for people; empty once every kind has been listed.
    pub fn waiting_for(&self) -> Vec<String> {
        let describe = |(kind, reason): (&&str, &Option<String>)| match reason {
            Some(reason) => format!("the first list of {kind}s ({reason})"),
            None => format!("the first list of {kind}s"),
        };
        self.unlisted.borrow().iter().map(describe).collect()
    }
}
