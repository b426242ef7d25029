//! Makes the objects in the API what the registry declares, by server-side apply.

use super::drift::drift;
use super::rules::Rules;
use super::watched::{Entry, Plan, Trouble, Verdict};
use crate::api::{GROUP, Scenario, VERSION};
use crate::cli::CliError;
use crate::runtime::field_managers;
use crate::runtime::leadership::WriteFence;
use crate::runtime::retry::{self, Retry};
use crate::runtime::write::{WriteError, call};
use kube::api::{DeleteParams, ListParams, Patch, PatchParams};
use kube::core::{ApiResource, DynamicObject, GroupVersionKind};
use kube::{Api, Client, ResourceExt as _};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// Annotation with the hash of the applied document.
const HASH: &str = "agentic.ligbox.io/registry-hash";
/// Annotation of objects that people took over: with the value `disabled` they are neither changed nor deleted.
const RECONCILE: &str = "agentic.ligbox.io/reconcile";
/// Objects in a page of a list.
const PAGE: u32 = 500;
/// Fields of metadata that the API server sets. A document that was copied from it has them, too.
const SERVER_SET: [&str; 8] = [
    "namespace",
    "uid",
    "resourceVersion",
    "generation",
    "creationTimestamp",
    "deletionTimestamp",
    "managedFields",
    "selfLink",
];

/// The result of one synchronisation.
#[derive(Debug, Default, PartialEq)]
pub struct SyncResult {
    /// Objects that were created or changed as their files were.
    pub applied: usize,
    /// Objects that people had changed or deleted.
    pub restored: usize,
    pub deleted: usize,
    /// Objects that the API server refused, and requests that failed.
    pub troubles: Vec<Trouble>,
    /// Whether a request failed, so that the synchronisation has to be retried.
    pub incomplete: bool,
}

/// Applies plans to a namespace.
pub struct Applier {
    client: Client,
    namespace: String,
    fence: WriteFence,
    /// The schema of each kind.
    schemas: BTreeMap<&'static str, Value>,
    /// The objects that were there after the last synchronisation.
    known: BTreeSet<(String, String)>,
}

/// Why an object is applied.
#[derive(Debug, PartialEq)]
enum Reason {
    /// It is not there.
    Absent,
    /// The file changed.
    Declared,
    /// These fields were changed in the API.
    Changed(Vec<String>),
}

const KINDS: [&str; 2] = ["Agent", "Scenario"];

impl Applier {
    pub fn new(client: Client, namespace: &str, fence: WriteFence) -> Result<Applier, CliError> {
        let mut schemas = BTreeMap::new();
        for kind in KINDS {
            let crd = crate::api::crds().into_iter().find(|c| c.spec.names.kind == kind);
            let crd = crd.as_ref().map(serde_json::to_value).transpose()?.unwrap_or_default();
            schemas.insert(kind, crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"].clone());
        }
        Ok(Applier { client, namespace: namespace.to_string(), fence, schemas, known: BTreeSet::new() })
    }

    /// Applies and deletes objects as the plan says. What is already so is not written.
    pub async fn sync(&mut self, plan: &Plan, rules: &mut Rules) -> SyncResult {
        let mut result = SyncResult::default();
        for kind in KINDS {
            let mut entries: BTreeMap<&str, &Entry> = BTreeMap::new();
            entries.extend(plan.entries.iter().filter(|e| e.identity.0 == kind).map(|e| (e.identity.1.as_str(), &**e)));
            self.sync_kind(kind, entries, plan.may_delete, rules, &mut result).await;
        }
        result
    }

    async fn sync_kind(
        &mut self,
        kind: &'static str,
        mut entries: BTreeMap<&str, &Entry>,
        may_delete: bool,
        rules: &mut Rules,
        result: &mut SyncResult,
    ) {
        let api = self.api(kind);
        let mut surplus = Vec::new();
        let mut params = ListParams::default()
            .labels(&format!("{}={}", field_managers::LABEL, field_managers::REGISTRY))
            .limit(PAGE);
        loop {
            let page = match call(api.list(&params)).await {
                Ok(page) => page,
                Err(error) => return result.add_retryable(format!("cannot list {kind}s: {error}")),
            };
            params.continue_token = page.metadata.continue_.filter(|token| !token.is_empty());
            for object in page.items {
                match entries.remove(object.name_any().as_str()) {
                    Some(entry) => self.sync_object(&api, entry, Some(&object), rules, result).await,
                    None if !is_disabled(&object) => surplus.push(object.name_any()),
                    None => {}
                }
            }
            if params.continue_token.is_none() {
                break;
            }
        }
        for (name, entry) in entries {
            match call(api.get_opt(name)).await {
                Ok(object) => self.sync_object(&api, entry, object.as_ref(), rules, result).await,
                Err(error) => result.add_retryable(format!("{}: {kind} {name:?}: {error}", entry.origin)),
            }
        }
        if may_delete {
            self.delete(&api, kind, surplus, result).await;
        }
    }

    async fn delete(&mut self, api: &Api<DynamicObject>, kind: &str, names: Vec<String>, result: &mut SyncResult) {
        for name in names {
            match self.fence.write(api.delete(&name, &DeleteParams::default())).await {
                Ok(_) => {
                    result.deleted += 1;
                    self.known.remove(&(kind.to_string(), name));
                }
                Err(WriteError::Gone) => {}
                Err(error) => result.add_retryable(format!("{kind} {name:?} not deleted: {error}")),
            }
        }
    }

    /// Applies an entry where its object differs from it.
    async fn sync_object(
        &mut self,
        api: &Api<DynamicObject>,
        entry: &Entry,
        live: Option<&DynamicObject>,
        rules: &mut Rules,
        result: &mut SyncResult,
    ) {
        let (kind, name) = &entry.identity;
        let Ok(wanted) = wanted(entry) else { return };
        let Some(reason) = self.reason(entry, &wanted, live, rules) else {
            self.known.extend(live.map(|_| entry.identity.clone()));
            return;
        };
        let mut params = PatchParams::apply(field_managers::REGISTRY).force();
        params.field_validation = Some(kube::api::ValidationDirective::Strict);
        match self.fence.write(api.patch(name, &params, &Patch::Apply(wanted))).await {
            Ok(now) => {
                let is_changed = live.is_none_or(|live| live.resource_version() != now.resource_version());
                let was_known = !self.known.insert(entry.identity.clone());
                match reason {
                    _ if !is_changed => {}
                    Reason::Changed(fields) => {
                        let fields = fields.join(", ");
                        tracing::warn!(
                            kind,
                            name,
                            fields,
                            "registry: fields that the file sets were changed: restored"
                        );
                        result.restored += 1;
                    }
                    Reason::Absent if was_known => {
                        tracing::warn!(kind, name, "registry: an object that a file has was deleted: restored");
                        result.restored += 1;
                    }
                    Reason::Absent | Reason::Declared => result.applied += 1,
                }
            }
            Err(error @ WriteError::Api(_)) if is_rejection(&error) => {
                result.troubles.push(Trouble::new(format!("{}: {kind} {name:?} rejected: {error}", entry.origin)));
            }
            Err(error) => result.add_retryable(format!("{}: {kind} {name:?}: {error}", entry.origin)),
        }
    }

    /// Why an entry is to be applied, if it is.
    fn reason(&self, entry: &Entry, wanted: &Value, live: Option<&DynamicObject>, rules: &mut Rules) -> Option<Reason> {
        if entry.verdict == Verdict::Refused {
            return None;
        }
        let Some(live) = live else { return Some(Reason::Absent) };
        if is_disabled(live) {
            return None;
        }
        let value = serde_json::to_value(live).unwrap_or_default();
        // A spec that is not valid shows as such in the API, but it does not replace one that is.
        if entry.verdict == Verdict::NotReady
            && serde_json::from_value::<Scenario>(value.clone()).is_ok_and(|scenario| rules.is_ready(&scenario))
        {
            return None;
        }
        if live.annotations().get(HASH) != Some(&entry.hash) {
            return Some(Reason::Declared);
        }
        let fields = drift(wanted, &value, self.schemas.get(entry.identity.0.as_str()).unwrap_or(&Value::Null));
        (!fields.is_empty()).then_some(Reason::Changed(fields))
    }

    fn api(&self, kind: &str) -> Api<DynamicObject> {
        let resource = ApiResource::from_gvk(&GroupVersionKind::gvk(GROUP, VERSION, kind));
        Api::namespaced_with(self.client.clone(), &self.namespace, &resource)
    }
}

/// The object that is applied: the document, with what marks it.
fn wanted(entry: &Entry) -> Result<Value, serde_json::Error> {
    let mut value: Value = serde_json::from_str(&entry.json.get())?;
    if let Some(fields) = value.as_object_mut() {
        fields.remove("status");
    }
    if let Some(metadata) = value.get_mut("metadata").and_then(Value::as_object_mut) {
        metadata.retain(|name, value| !SERVER_SET.contains(&name.as_str()) && !value.is_null());
        for (field, name, content) in
            [("labels", field_managers::LABEL, field_managers::REGISTRY), ("annotations", HASH, entry.hash.as_str())]
        {
            let map = metadata.entry(field).or_insert_with(|| json!({}));
            if let Some(map) = map.as_object_mut() {
                map.insert(name.to_string(), content.into());
            }
        }
    }
    Ok(value)
}

fn is_disabled(object: &DynamicObject) -> bool {
    object.annotations().get(RECONCILE).is_some_and(|value| value == "disabled")
}

impl SyncResult {
    fn add_retryable(&mut self, error: String) {
        self.troubles.push(Trouble::new(error));
        self.incomplete = true;
    }
}

/// Whether the API server rejected the content or denies the permission, so that an unchanged file is not applied again.
fn is_rejection(error: &WriteError) -> bool {
    error.is_forbidden() || retry::REGISTRY.decide(error, 0) == Retry::Stop
}
