//! Which parts are broken.

use super::errors::UnknownPart;
use super::parts::{PARTS, Part, PartInfo, PartState};
use std::collections::BTreeSet;
use std::sync::Arc;
use tokio::sync::watch as signal;

/// The broken parts, shared by all services. Clones see the same set.
#[derive(Clone)]
pub struct Broken {
    names: Arc<signal::Sender<BTreeSet<&'static str>>>,
}

impl Broken {
    /// No part is broken.
    pub fn nothing() -> Broken {
        Broken { names: Arc::new(signal::Sender::new(BTreeSet::new())) }
    }

    pub fn has(&self, part: &str) -> bool {
        self.names.borrow().contains(part)
    }

    /// Waits until a part is broken, or until it is repaired.
    pub async fn until(&self, part: &str, broken: bool) {
        // Fails only if the sender is gone, and `self` holds it.
        let _ = self.names.subscribe().wait_for(|names| names.contains(part) == broken).await;
    }

    /// A receiver of all changes from now on.
    pub fn changes(&self) -> signal::Receiver<BTreeSet<&'static str>> {
        self.names.subscribe()
    }

    pub fn set(&self, part: &str, broken: bool) -> Result<(), UnknownPart> {
        let known = PARTS.iter().find(|p| p.name == part).ok_or_else(|| UnknownPart(part.to_string()))?;
        self.names.send_if_modified(|names| if broken { names.insert(known.name) } else { names.remove(known.name) });
        Ok(())
    }

    pub fn heal_all(&self) {
        self.names.send_if_modified(|names| !std::mem::take(names).is_empty());
    }

    /// Every part with its state, in the order of the Scenarios.
    pub fn parts(&self) -> Vec<PartInfo> {
        let info = |p: &Part| {
            let state = if self.has(p.name) { PartState::Broken } else { PartState::Working };
            PartInfo { name: p.name, scenario: p.scenario, what: p.what, state }
        };
        PARTS.iter().map(info).collect()
    }
}
