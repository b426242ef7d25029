//! `--registry`: follows a file or directory and applies its edits, as a GitOps agent would.
//!
//! What is applied carries the hash of what was written in the file, so that an unchanged file is applied once, and what
//! people changed elsewhere is not taken back.

pub mod documents;

use crate::api::{GROUP, VERSION};
use crate::domain::texts::Language;
use crate::runtime::field_managers;
use crate::runtime::leadership::WriteFence;
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

/// Marks what the registry made.
const MANAGED_BY: &str = "app.kubernetes.io/managed-by";
/// The hash of the document as it was applied.
const HASH: &str = "agentic.ligbox.io/registry-hash";

/// How often the file is looked at.
const POLL: Duration = Duration::from_secs(1);
/// After a failure of the API it is tried again this much later.
const RETRY: Duration = Duration::from_secs(5);

/// Applies a registry to a namespace.
pub struct Registry {
    client: Client,
    namespace: String,
    path: PathBuf,
    fence: WriteFence,
}

/// What a pass did.
#[derive(Debug, Default, PartialEq)]
pub struct Pass {
    pub found: usize,
    pub applied: usize,
    pub deleted: usize,
    /// What the file has wrong, and what the API refused.
    pub errors: Vec<String>,
    /// Whether the API failed, so that the pass is to be done again.
    pub incomplete: bool,
}

impl Registry {
    /// What is written passes `fence`: of several replicas with their own copies of the registry one applies it.
    pub fn new(client: Client, namespace: &str, path: &Path, fence: WriteFence) -> Registry {
        Registry { client, namespace: namespace.to_string(), path: path.to_path_buf(), fence }
    }

    /// Applies the registry, then follows it for ever; whenever this replica comes to lead it is looked at anew.
    pub async fn follow(self) {
        let mut seen = None;
        let mut retry_at = None;
        loop {
            let stamp = stamp(&self.path);
            let again = retry_at.is_some_and(|at| at <= tokio::time::Instant::now());
            if !self.fence.is_open() {
                seen = None;
            } else if seen.as_ref() != Some(&stamp) || again {
                let pass = self.pass().await;
                self.tell(&pass);
                retry_at = pass.incomplete.then(|| tokio::time::Instant::now() + RETRY);
                seen = Some(stamp);
            }
            tokio::time::sleep(POLL).await;
        }
    }

    fn tell(&self, pass: &Pass) {
        for error in &pass.errors {
            tracing::error!("registry: {error}");
        }
        let Pass { found, applied, deleted, errors, .. } = pass;
        let registry = self.path.display();
        tracing::info!(%registry, found, applied, deleted, errors = errors.len(), "registry applied");
    }

    /// Reads the registry once and makes the API agree with it.
    pub async fn pass(&self) -> Pass {
        let path = self.path.clone();
        let read = tokio::task::spawn_blocking(move || documents::read(&path)).await;
        let documents = match read {
            Ok(Ok(documents)) => documents,
            Ok(Err(error)) => return Pass::failed(format!("{}: {error}", self.path.display())),
            Err(error) => return Pass::failed(error.to_string()),
        };
        let errors = documents.errors.iter().map(|e| e.text(Language::English)).collect();
        let mut pass = Pass { found: documents.good.len(), errors, ..Pass::default() };
        for kind in ["Agent", "Scenario"] {
            self.pass_kind(kind, &documents, &mut pass).await;
        }
        pass
    }

    async fn pass_kind(&self, kind: &str, documents: &Documents, pass: &mut Pass) {
        let api = self.api(kind);
        let mine = match self.made_by_me(&api).await {
            Ok(mine) => mine,
            Err(error) => return pass.put_off(format!("{kind}s can't be listed: {error}")),
        };
        let mut wanted = BTreeSet::new();
        for document in documents.good.iter().filter(|d| d.kind == kind) {
            wanted.insert(document.name.clone());
            let hash = hash(&document.value);
            if mine.get(&document.name) == Some(&hash) {
                continue;
            }
            match self.apply(&api, document, &hash).await {
                Ok(()) => pass.applied += 1,
                Err(WriteError::Api(error)) if is_refusal(&error) => {
                    pass.errors.push(format!("{}: {kind} {:?} refused: {error}", document.origin, document.name));
                }
                Err(error) => pass.put_off(format!("{}: {kind} {:?}: {error}", document.origin, document.name)),
            }
        }
        // A file that is broken or empty, as while it is being written, takes nothing away.
        if documents.errors.is_empty() && !documents.good.is_empty() {
            for name in mine.keys().filter(|name| !wanted.contains(*name)) {
                match self.fence.write(api.delete(name, &DeleteParams::default())).await {
                    Ok(_) => pass.deleted += 1,
                    Err(WriteError::Gone) => {}
                    Err(error) => pass.put_off(format!("{kind} {name:?} not deleted: {error}")),
                }
            }
        }
    }

    fn api(&self, kind: &str) -> Api<DynamicObject> {
        let resource = ApiResource::from_gvk(&GroupVersionKind::gvk(GROUP, VERSION, kind));
        Api::namespaced_with(self.client.clone(), &self.namespace, &resource)
    }

    /// What the registry made, with the hash of what it applied.
    async fn made_by_me(&self, api: &Api<DynamicObject>) -> Result<BTreeMap<String, String>, WriteError> {
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

impl Pass {
    fn failed(error: String) -> Pass {
        Pass { errors: vec![error], incomplete: true, ..Pass::default() }
    }

    fn put_off(&mut self, error: String) {
        self.errors.push(error);
        self.incomplete = true;
    }
}

/// The API understood and said no: trying again would change nothing.
fn is_refusal(error: &kube::Error) -> bool {
    matches!(error, kube::Error::Api(status) if (400..500).contains(&status.code) && status.code != 429 && status.code != 401)
}

fn hash(value: &Value) -> String {
    Sha256::digest(value.to_string().as_bytes())[..8].iter().map(|b| format!("{b:02x}")).collect()
}

/// What changes when a file is edited: name, size and time of each.
fn stamp(path: &Path) -> Vec<(PathBuf, u64, Option<SystemTime>)> {
    let of = |path: PathBuf| {
        let metadata = std::fs::metadata(&path).ok();
        let size = metadata.as_ref().map_or(0, std::fs::Metadata::len);
        (path, size, metadata.and_then(|m| m.modified().ok()))
    };
    let mut out = vec![of(path.to_path_buf())];
    if let Ok(entries) = std::fs::read_dir(path) {
        out.extend(entries.flatten().take(1000).map(|e| of(e.path())));
        out.sort();
    }
    out
}
