//! `--registry`: applies the Scenarios and Agents of a file or directory and watches it for changes, as a GitOps agent
//! does.
//!
//! Applied objects carry the hash of their document. An unchanged document is applied once, and changes that people
//! make to its object in the API are kept.

pub mod documents;

use crate::api::{GROUP, VERSION};
use crate::domain::texts::Language;
use crate::runtime::field_managers;
use crate::runtime::leadership::WriteFence;
use crate::runtime::retry::{self, Retry};
use crate::runtime::write::{WriteError, call};
use documents::{Document, Documents};
use kube::api::{DeleteParams, ListParams, Patch, PatchParams};
use kube::core::{ApiResource, DynamicObject, GroupVersionKind};
use kube::{Api, Client, ResourceExt as _};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// Label of objects that the registry created.
const MANAGED_BY: &str = "app.kubernetes.io/managed-by";
/// Annotation with the hash of the applied document.
const HASH: &str = "agentic.ligbox.io/registry-hash";

/// Poll interval for changes of the files.
const POLL: Duration = Duration::from_secs(1);

/// Applies a registry to a namespace.
pub struct Registry {
    client: Client,
    namespace: String,
    path: PathBuf,
    fence: WriteFence,
}

/// The result of one synchronisation.
#[derive(Debug, Default, PartialEq)]
pub struct SyncResult {
    pub found: usize,
    pub applied: usize,
    pub deleted: usize,
    /// Errors in the files, and objects that the API server rejected.
    pub errors: Vec<String>,
    /// Whether a request failed, so that the synchronisation has to be retried.
    pub incomplete: bool,
}

impl Registry {
    /// Writes go through `fence`, so that only the leader applies its copy of the registry.
    pub fn new(client: Client, namespace: &str, path: &Path, fence: WriteFence) -> Registry {
        Registry { client, namespace: namespace.to_string(), path: path.to_path_buf(), fence }
    }

    /// Synchronises at start, after each change of the files, and after becoming the leader. Never returns.
    pub async fn follow(self) {
        let mut seen = None;
        let mut retry_at = None;
        let mut failures = 0;
        loop {
            let versions = file_versions(&self.path);
            let again = retry_at.is_some_and(|at| at <= tokio::time::Instant::now());
            if !self.fence.is_open() {
                seen = None;
            } else if seen.as_ref() != Some(&versions) || again {
                let result = self.sync().await;
                self.log(&result);
                retry_at = result.incomplete.then(|| tokio::time::Instant::now() + retry::REGISTRY.interval(failures));
                failures = if result.incomplete { failures + 1 } else { 0 };
                seen = Some(versions);
            }
            tokio::time::sleep(POLL).await;
        }
    }

    fn log(&self, result: &SyncResult) {
        for error in &result.errors {
            tracing::error!("registry: {error}");
        }
        let SyncResult { found, applied, deleted, errors, .. } = result;
        let registry = self.path.display();
        tracing::info!(%registry, found, applied, deleted, errors = errors.len(), "registry applied");
    }

    /// Reads the registry once, and applies and deletes objects accordingly.
    pub async fn sync(&self) -> SyncResult {
        let path = self.path.clone();
        let read = tokio::task::spawn_blocking(move || documents::read(&path)).await;
        let documents = match read {
            Ok(Ok(documents)) => documents,
            Ok(Err(error)) => return SyncResult::failed(format!("{}: {error}", self.path.display())),
            Err(error) => return SyncResult::failed(error.to_string()),
        };
        let errors = documents.errors.iter().map(|e| e.text(Language::English)).collect();
        let mut result = SyncResult { found: documents.valid.len(), errors, ..SyncResult::default() };
        for kind in ["Agent", "Scenario"] {
            self.sync_kind(kind, &documents, &mut result).await;
        }
        result
    }

    async fn sync_kind(&self, kind: &str, documents: &Documents, result: &mut SyncResult) {
        let api = self.api(kind);
        let managed = match self.managed_objects(&api).await {
            Ok(managed) => managed,
            Err(error) => return result.add_retryable(format!("cannot list {kind}s: {error}")),
        };
        let mut declared = BTreeSet::new();
        for document in documents.valid.iter().filter(|d| d.kind == kind) {
            declared.insert(document.name.clone());
            let hash = hash(&document.value);
            if managed.get(&document.name) == Some(&hash) {
                continue;
            }
            match self.apply(&api, document, &hash).await {
                Ok(()) => result.applied += 1,
                Err(error @ WriteError::Api(_)) if is_rejection(&error) => {
                    result.errors.push(format!("{}: {kind} {:?} rejected: {error}", document.origin, document.name));
                }
                Err(error) => result.add_retryable(format!("{}: {kind} {:?}: {error}", document.origin, document.name)),
            }
        }
        // Nothing is deleted while the files are invalid or empty, as while they are being written.
        if documents.errors.is_empty() && !documents.valid.is_empty() {
            for name in managed.keys().filter(|name| !declared.contains(*name)) {
                match self.fence.write(api.delete(name, &DeleteParams::default())).await {
                    Ok(_) => result.deleted += 1,
                    Err(WriteError::Gone) => {}
                    Err(error) => result.add_retryable(format!("{kind} {name:?} not deleted: {error}")),
                }
            }
        }
    }

    fn api(&self, kind: &str) -> Api<DynamicObject> {
        let resource = ApiResource::from_gvk(&GroupVersionKind::gvk(GROUP, VERSION, kind));
        Api::namespaced_with(self.client.clone(), &self.namespace, &resource)
    }

    /// Names of the objects that the registry created, with the hashes of their documents.
    async fn managed_objects(&self, api: &Api<DynamicObject>) -> Result<BTreeMap<String, String>, WriteError> {
        let params = ListParams::default().labels(&format!("{MANAGED_BY}={}", field_managers::REGISTRY));
        let list = call(api.list(&params)).await?;
        let hashed = |o: &DynamicObject| (o.name_any(), o.annotations().get(HASH).cloned().unwrap_or_default());
        Ok(list.iter().map(hashed).collect())
    }

    async fn apply(&self, api: &Api<DynamicObject>, document: &Document, hash: &str) -> Result<(), WriteError> {
        let mut value = document.value.clone();
        if let Some(metadata) = value.get_mut("metadata").and_then(Value::as_object_mut) {
            metadata.remove("namespace");
            for (field, name, content) in
                [("labels", MANAGED_BY, field_managers::REGISTRY), ("annotations", HASH, hash)]
            {
                let map = metadata.entry(field).or_insert_with(|| json!({}));
                if let Some(map) = map.as_object_mut() {
                    map.insert(name.to_string(), content.into());
                }
            }
        }
        let mut params = PatchParams::apply(field_managers::REGISTRY).force();
        params.field_validation = Some(kube::api::ValidationDirective::Strict);
        self.fence.write(api.patch(&document.name, &params, &Patch::Apply(value))).await.map(drop)
    }
}

impl SyncResult {
    fn failed(error: String) -> SyncResult {
        SyncResult { errors: vec![error], incomplete: true, ..SyncResult::default() }
    }

    fn add_retryable(&mut self, error: String) {
        self.errors.push(error);
        self.incomplete = true;
    }
}

/// Whether the API server rejected the content or denies the permission, so that an unchanged file is not applied again.
fn is_rejection(error: &WriteError) -> bool {
    error.is_forbidden() || retry::REGISTRY.decide(error, 0) == Retry::Stop
}

fn hash(value: &Value) -> String {
    Sha256::digest(value.to_string().as_bytes())[..8].iter().map(|b| format!("{b:02x}")).collect()
}

/// Name, size and modification time of each file, which differ after an edit.
fn file_versions(path: &Path) -> Vec<(PathBuf, u64, Option<SystemTime>)> {
    let version = |path: PathBuf| {
        let metadata = std::fs::metadata(&path).ok();
        let size = metadata.as_ref().map_or(0, std::fs::Metadata::len);
        (path, size, metadata.and_then(|m| m.modified().ok()))
    };
    let mut out = vec![version(path.to_path_buf())];
    if let Ok(entries) = std::fs::read_dir(path) {
        out.extend(entries.flatten().take(1000).map(|e| version(e.path())));
        out.sort();
    }
    out
}
