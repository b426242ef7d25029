//! Delete and deletecollection.

use super::response::{answer, damaged, store_error};
use crate::controlplane::request::{Query, RequestTarget, check_policy};
use crate::controlplane::resource::Resource;
use crate::controlplane::served_kind::ServedKind;
use crate::controlplane::state::ServerState;
use crate::controlplane::status::ApiError;
use crate::controlplane::store::{Key, StoredObject, WriteAction};
use axum::response::Response;
use http::{HeaderMap, StatusCode};
use serde_json::{Value, json};
use std::sync::Arc;

/// Namespaces that cannot be deleted.
const SYSTEM_NAMESPACES: [&str; 2] = ["default", "kube-system"];

/// Deletes an object, or the selected objects. `options` are DeleteOptions or null.
pub async fn delete(
    api: Arc<ServerState>,
    target: RequestTarget,
    mut query: Query,
    options: &Value,
) -> Result<Response, ApiError> {
    let served = target.served.clone();
    check_options(options)?;
    query.dry_run |= options["dryRun"].as_array().is_some_and(|d| d.iter().any(|v| v == "All"));
    let Some(name) = target.name.clone() else { return delete_all(&api, &target, &query).await };
    let precondition = |field: &str| options["preconditions"][field].as_str().map(String::from);
    let (uid, version) = (precondition("uid"), precondition("resourceVersion"));
    let context = target.write_context(&name, &query, &HeaderMap::new(), &Arc::default());
    let at = served.key(target.namespace.as_deref(), &name);
    if let Some(why) = api.store.damage(&at).filter(|_| !query.dry_run) {
        return delete_damaged(&api, &target, at, options, &why).await;
    }
    let is_namespace = served.store_key == "namespaces" && !query.dry_run;
    if is_namespace {
        if SYSTEM_NAMESPACES.contains(&name.as_str()) {
            return Err(ApiError::forbidden(&served.resource, &name, "this namespace may not be deleted"));
        }
        // Preconditions are checked before the contents are deleted.
        let mut dry_run = context.clone();
        dry_run.dry_run = true;
        if let WriteAction::Reject(error) =
            dry_run.delete(api.store.get(&at).as_ref(), uid.as_deref(), version.as_deref())
        {
            return Err(error);
        }
        empty_namespace(&api, &name).await?;
    }
    let deleted = api.store.write(at, move |current| context.delete(current, uid.as_deref(), version.as_deref())).await;
    let value = deleted.map_err(store_error)??;
    if is_namespace {
        // Objects that were created in the meantime.
        empty_namespace(&api, &target.name.clone().unwrap_or_default()).await?;
    }
    if value.pointer("/metadata/deletionTimestamp").is_some() && value.pointer("/metadata/finalizers/0").is_some() {
        return Ok(answer(Ok((StatusCode::OK, served.to_served(value)))));
    }
    Ok(success(&served.resource, json!({"name": name, "uid": value.pointer("/metadata/uid")})))
}

fn success(resource: &Resource, mut details: Value) -> Response {
    let Resource { group, plural, .. } = resource;
    details["kind"] = plural.as_str().into();
    if !group.is_empty() {
        details["group"] = group.as_str().into();
    }
    let status = json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "details": details});
    answer(Ok((StatusCode::OK, status)))
}

/// Deletes an object that can't be read, and so has no finalizers that could be waited for.
async fn delete_damaged(
    api: &ServerState,
    target: &RequestTarget,
    key: Key,
    options: &Value,
    why: &str,
) -> Result<Response, ApiError> {
    if options["preconditions"].as_object().is_some_and(|preconditions| !preconditions.is_empty()) {
        return Err(damaged(&key, why));
    }
    let (resource, name) = (target.served.resource.clone(), key.name.clone());
    let absent = ApiError::not_found(&resource, &name);
    let remove = move |current: Option<&StoredObject>| match current {
        // Replaced in the meantime.
        Some(_) => WriteAction::Reject(absent.clone()),
        None => WriteAction::Delete(Box::new(Value::Null)),
    };
    api.store.write(key, remove).await.map_err(store_error)??;
    Ok(success(&resource, json!({"name": name})))
}

fn check_options(options: &Value) -> Result<(), ApiError> {
    let (version, kind) = (options["apiVersion"].as_str(), options["kind"].as_str());
    if kind.is_some_and(|kind| kind != "DeleteOptions") {
        let (kind, version) = (kind.unwrap_or_default(), version.unwrap_or_default());
        return Err(ApiError::bad_request(format!("no kind {kind:?} is registered for version {version:?}")));
    }
    let mut causes = Vec::new();
    check_policy(options["propagationPolicy"].as_str().unwrap_or_default(), &mut causes);
    if causes.is_empty() { Ok(()) } else { Err(ApiError::invalid_options("DeleteOptions", &causes)) }
}

async fn delete_all(api: &ServerState, target: &RequestTarget, query: &Query) -> Result<Response, ApiError> {
    let served = &target.served;
    let listed = api.store.list(&served.store_key, target.namespace.as_deref());
    let version = listed.version;
    let mut items = Vec::new();
    for (at, stored) in listed.items {
        let value = stored.value();
        if query.labels.matches(&value) && query.fields.matches(&value) {
            let mut context = target.write_context(&at.name, query, &HeaderMap::new(), &Arc::default());
            context.namespace.clone_from(&at.namespace);
            match api.store.write(at, move |current| context.delete(current, None, None)).await.map_err(store_error)? {
                Ok(_) => items.push(listed_item(served, value)),
                // Already deleted.
                Err(error) if error.code == StatusCode::NOT_FOUND => {}
                Err(error) => return Err(error),
            }
        }
    }
    let mut metadata = json!({"resourceVersion": version.to_string()});
    if served.resource.custom {
        metadata["continue"] = "".into();
    }
    let list = json!({
        "kind": format!("{}List", served.resource.kind),
        "apiVersion": served.resource.api_version(),
        "metadata": metadata,
        "items": items,
    });
    Ok(answer(Ok((StatusCode::OK, list))))
}

/// An object as an item of a list.
fn listed_item(served: &ServedKind, value: Value) -> Value {
    let mut value = served.to_served(value);
    if !served.resource.custom {
        value.as_object_mut().into_iter().for_each(|v| v.retain(|name, _| name != "kind" && name != "apiVersion"));
    }
    value
}

async fn empty_namespace(api: &ServerState, namespace: &str) -> Result<(), ApiError> {
    for served in api.kinds.iter().filter(|k| k.resource.namespaced && k.resource.is_stored()) {
        let target =
            RequestTarget { served: served.clone(), namespace: Some(namespace.to_string()), name: None, status: false };
        delete_all(api, &target, &Query::default()).await?;
        for key in api.store.damaged(&served.store_key, namespace) {
            delete_damaged(api, &target, key, &Value::Null, "").await?;
        }
    }
    Ok(())
}
