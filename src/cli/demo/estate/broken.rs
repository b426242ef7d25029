//! Which parts are broken.

use super::errors::UnknownPart;
use super::parts::{self, PartInfo, PartState};
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
        let known = parts::all().find(|(name, ..)| *name == part).ok_or_else(|| UnknownPart(part.to_string()))?;
        self.names.send_if_modified(|names| if broken { names.insert(known.0) } else { names.remove(known.0) });
        Ok(())
    }

    pub fn heal_all(&self) {
        self.names.send_if_modified(|names| !std::mem::take(names).is_empty());
    }

    /// Every part with its state: those that Scenarios watch, in the order of the Scenarios, then those of the mail server.
    pub fn parts(&self) -> Vec<PartInfo> {
        let state = |name| if self.has(name) { PartState::Broken } else { PartState::Working };
        parts::all().map(|(name, scenario, what)| PartInfo { name, scenario, what, state: state(name) }).collect()
    }
}
