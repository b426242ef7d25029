//! Findings as they were last seen or written, and the writes of their notices.

use crate::api::{Finding, FindingStatus};
use crate::controllers::context::Context;
use crate::domain::notice::content::OfOpening;
use crate::domain::notice::informed::of_opening;
use crate::domain::notice::record::{NoticeParts, Target};
use crate::runtime::field_managers;
use crate::runtime::leadership::WriteFence;
use crate::runtime::newest::Newest;
use crate::runtime::watch::Cache;
use crate::runtime::write::{WriteError, call};
use kube::api::{Patch, PatchParams};
use kube::core::DeserializeGuard;
use kube::{Api, Client, ResourceExt as _};
use serde_json::json;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::Arc;

/// A decision that other writers keep overtaking is postponed after this many tries.
const TRIES: usize = 5;
/// Findings that are written at once, at most.
const TURNS: usize = 64;

/// A Finding of a message, and its notice.
pub type Member = (Arc<Finding>, Target);

/// Findings, the newest version of each that is known here. Clones share them.
#[derive(Clone)]
pub struct Findings {
    api: Api<Finding>,
    guarded: Api<DeserializeGuard<Finding>>,
    newest: Newest<Finding>,
    fence: WriteFence,
    /// One write of a Finding at a time: those of this process do not overtake each other.
    turns: Arc<[tokio::sync::Mutex<()>; TURNS]>,
}

impl Findings {
    pub fn new(context: &Context) -> Findings {
        Findings::of(&context.client, &context.namespace, context.caches.findings.clone(), context.fence.clone())
    }

    fn of(client: &Client, namespace: &str, cache: Cache<Finding>, fence: WriteFence) -> Findings {
        Findings {
            api: Api::namespaced(client.clone(), namespace),
            guarded: Api::namespaced(client.clone(), namespace),
            newest: Newest::new(cache),
            fence,
            turns: Arc::new(std::array::from_fn(|_| tokio::sync::Mutex::new(()))),
        }
    }

    /// The newest version that was seen or written.
    pub fn get(&self, name: &str) -> Option<Arc<Finding>> {
        self.newest.get(name)
    }

    /// What has become of the Findings of a message that told of an opening, of which these members are some. Others are looked for
    /// only where there may be any.
    pub fn of_opening(&self, id: &str, members: &[Member]) -> OfOpening {
        if id.is_empty() {
            return OfOpening::default();
        }
        let of_members = of_opening(id, members.iter().filter_map(|(finding, _)| finding.status.as_ref()));
        if of_members.told.is_some_and(|told| told <= members.len()) {
            return of_members;
        }
        let names = self.newest.names();
        let all: Vec<Arc<Finding>> = names.iter().filter_map(|name| self.get(name)).collect();
        of_opening(id, all.iter().filter_map(|finding| finding.status.as_ref()))
    }

    /// The Finding was deleted, or everything is read anew.
    pub fn forget(&self, name: Option<&str>) {
        match name {
            Some(name) => self.newest.forget(name),
            None => self.newest.forget_all(),
        }
    }

    /// Changes the notices of a Finding: `change` decides on the newest status, again if another writer was faster. The Finding after
    /// it; `None` where it is gone, or `change` gives nothing.
    pub async fn change(
        &self,
        name: &str,
        change: impl Fn(&FindingStatus) -> Option<NoticeParts>,
    ) -> Result<Option<Arc<Finding>>, WriteError> {
        let mut hasher = DefaultHasher::new();
        name.hash(&mut hasher);
        let turn = usize::try_from(hasher.finish() % TURNS as u64).unwrap_or_default();
        let _turn = match self.turns.get(turn) {
            Some(turn) => Some(turn.lock().await),
            None => None,
        };
        let mut current = self.get(name);
        for _ in 0..TRIES {
            let Some(finding) = &current else { return Ok(None) };
            let Some(status) = &finding.status else { return Ok(None) };
            let Some(parts) = change(status) else { return Ok(None) };
            match self.write(finding, status, &parts).await {
                Ok(written) => {
                    let written = Arc::new(written);
                    self.newest.wrote(written.clone());
                    return Ok(Some(written));
                }
                Err(WriteError::Conflict) => current = self.read(name).await?,
                Err(WriteError::Gone) => return Ok(None),
                Err(error) => return Err(error),
            }
        }
        Err(WriteError::Conflict)
    }

    async fn write(
        &self,
        finding: &Finding,
        status: &FindingStatus,
        parts: &NoticeParts,
    ) -> Result<Finding, WriteError> {
        let mut patch = json!({ "metadata": { "resourceVersion": finding.resource_version() }, "status": {} });
        // A list that is empty is left out of the stored status, so that null removes it.
        if parts.notices != status.notices {
            patch["status"]["notices"] = serde_json::to_value(Some(&parts.notices).filter(|list| !list.is_empty()))?;
        }
        if parts.informed != status.informed {
            patch["status"]["informed"] = serde_json::to_value(Some(&parts.informed).filter(|list| !list.is_empty()))?;
        }
        let params = PatchParams { field_manager: Some(field_managers::OPERATOR.into()), ..Default::default() };
        self.fence.write(self.api.patch_status(&finding.name_any(), &params, &Patch::Merge(patch))).await
    }

    async fn read(&self, name: &str) -> Result<Option<Arc<Finding>>, WriteError> {
        let object = call(self.guarded.get_opt(name)).await?;
        // One that can't be decoded is repaired by the Finding controller first.
        Ok(object.and_then(|object| object.0.ok()).map(Arc::new))
    }
}

#[cfg(test)]
mod tests;
