//! OpenAPI v3 documents, for `kubectl explain` and kubectl's validation, and an empty v2 document.

use super::resource::Resource;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;

const TITLE: &str = "Kubernetes";
const VERSION: &str = "v1.36.0";
const OBJECT_META: &str = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta";
const LIST_META: &str = "io.k8s.apimachinery.pkg.apis.meta.v1.ListMeta";
const STATUS: &str = "io.k8s.apimachinery.pkg.apis.meta.v1.Status";

/// The only media type that kubectl accepts for `/openapi/v2`: protobuf.
pub const V2_PROTOBUF: &str = "application/com.github.proto-openapi.spec.v2@v1.0+protobuf";
/// The Content-Type of that response, without `@`, which is not allowed there.
pub const V2_PROTOBUF_ANSWER: &str = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf";

/// `/openapi/v2`, without any kind. kubectl validates the items of a `List` against this document before sending them,
/// and leaves kinds that are missing in it to the server. If the document did not exist, it would not send a `List`.
pub fn v2() -> Value {
    json!({"swagger": "2.0", "info": {"title": TITLE, "version": VERSION}, "paths": {}})
}

/// [`v2`] in protobuf: fields 1 (swagger) and 2 (info: title, version) of `openapi.v2.Document`.
pub fn v2_protobuf() -> Vec<u8> {
    let field = |number: u8, bytes: &[u8]| {
        let mut field = vec![number << 3 | 2, bytes.len() as u8];
        field.extend_from_slice(bytes);
        field
    };
    let info = [field(1, TITLE.as_bytes()), field(2, VERSION.as_bytes())].concat();
    [field(1, b"2.0"), field(2, &info)].concat()
}

/// `/openapi/v3`: the URL of the document of each group and version.
pub fn index(resources: &[Resource]) -> Value {
    let versions: BTreeSet<(&str, &str)> = resources.iter().map(|r| (r.group.as_str(), r.version.as_str())).collect();
    let mut paths = Map::new();
    for (group, version) in versions {
        let path = path_of(group, version);
        let text = document(resources, group, version).map(|d| d.to_string()).unwrap_or_default();
        let hash: String = Sha256::digest(text.as_bytes()).iter().map(|b| format!("{b:02X}")).collect();
        paths.insert(path.clone(), json!({"serverRelativeURL": format!("/openapi/v3/{path}?hash={hash}")}));
    }
    json!({"paths": paths})
}

fn path_of(group: &str, version: &str) -> String {
    if group.is_empty() { format!("api/{version}") } else { format!("apis/{group}/{version}") }
}

/// `/openapi/v3/apis/GROUP/VERSION`.
pub fn document(resources: &[Resource], group: &str, version: &str) -> Option<Value> {
    let mut schemas = Map::new();
    let mut paths = Map::new();
    for resource in resources.iter().filter(|r| r.group == group && r.version == version) {
        let name = schema_name(resource);
        schemas.insert(name.clone(), kind_schema(resource));
        schemas.insert(format!("{name}List"), list_schema(resource, &name));
        add_paths(resource, &name, &mut paths);
    }
    if schemas.is_empty() {
        return None;
    }
    schemas.insert(OBJECT_META.into(), object_meta());
    schemas.insert(LIST_META.into(), json!({
        "type": "object",
        "description": "ListMeta describes metadata that lists must have.",
        "properties": {"resourceVersion": {"type": "string"}, "continue": {"type": "string"}, "remainingItemCount": {"type": "integer", "format": "int64"}},
    }));
    schemas.insert(
        STATUS.into(),
        json!({"type": "object", "description": "Status is a return value for calls that don't return other objects."}),
    );
    Some(json!({
        "openapi": "3.0.0",
        "info": {"title": TITLE, "version": VERSION},
        "paths": paths,
        "components": {"schemas": schemas},
    }))
}

/// Schema name: `agentic.ligbox.io/v1alpha1 Scenario` is `io.ligbox.agentic.v1alpha1.Scenario`.
fn schema_name(resource: &Resource) -> String {
    let Resource { group, version, kind, .. } = resource;
    if resource.custom {
        let reversed: Vec<&str> = group.rsplit('.').collect();
        return format!("{}.{version}.{kind}", reversed.join("."));
    }
    let short = group.split('.').next().filter(|g| !g.is_empty()).unwrap_or("core");
    format!("io.k8s.api.{short}.{version}.{kind}")
}

fn gvk(resource: &Resource) -> Value {
    json!({"group": resource.group, "version": resource.version, "kind": resource.kind})
}

fn kind_schema(resource: &Resource) -> Value {
    let mut schema = resource.schema.clone();
    let properties = &mut schema["properties"];
    properties["apiVersion"] = json!({"type": "string", "description": "APIVersion defines the versioned schema of this representation of an object."});
    properties["kind"] = json!({"type": "string", "description": "Kind is a string value representing the REST resource this object represents."});
    properties["metadata"] = json!({
        "description": "Standard object's metadata.",
        "allOf": [{"$ref": format!("#/components/schemas/{OBJECT_META}")}],
    });
    if resource.custom && !resource.selectable_fields.is_empty() {
        let fields = resource.selectable_fields.iter().map(|f| json!({"fieldPath": f.trim_start_matches('.')}));
        schema["x-kubernetes-selectable-fields"] = fields.collect();
    }
    schema["x-kubernetes-group-version-kind"] = json!([gvk(resource)]);
    schema
}

fn list_schema(resource: &Resource, name: &str) -> Value {
    json!({
        "type": "object",
        "description": format!("{}List is a list of {}", resource.kind, resource.kind),
        "required": ["items"],
        "properties": {
            "apiVersion": {"type": "string"},
            "kind": {"type": "string"},
            "metadata": {"allOf": [{"$ref": format!("#/components/schemas/{LIST_META}")}]},
            "items": {"type": "array", "items": {"allOf": [{"$ref": format!("#/components/schemas/{name}")}]}},
        },
        "x-kubernetes-group-version-kind": [{"group": resource.group, "version": resource.version, "kind": format!("{}List", resource.kind)}],
    })
}

fn add_paths(resource: &Resource, name: &str, paths: &mut Map<String, Value>) {
    let base = path_of(&resource.group, &resource.version);
    let collection = match resource.namespaced {
        true => format!("/{base}/namespaces/{{namespace}}/{}", resource.plural),
        false => format!("/{base}/{}", resource.plural),
    };
    let reference = json!({"$ref": format!("#/components/schemas/{name}")});
    let answer = json!({"200": {"description": "OK", "content": {"application/json": {"schema": reference}}}});
    let operation = |action: &str, parameters: &[&str], content: &[&str]| {
        let mut operation = json!({
            "description": format!("{action} {}", resource.kind),
            "operationId": format!("{action}{}{}", resource.kind, base.replace('/', "")),
            "parameters": parameters.iter().map(|p| json!({"name": p, "in": "query", "schema": {"type": if *p == "force" { "boolean" } else { "string" }, "uniqueItems": true}})).collect::<Vec<_>>(),
            "responses": answer,
            "x-kubernetes-action": action,
            "x-kubernetes-group-version-kind": gvk(resource),
        });
        if !content.is_empty() {
            let bodies: Map<String, Value> =
                content.iter().map(|c| (c.to_string(), json!({"schema": reference}))).collect();
            operation["requestBody"] = json!({"content": bodies, "required": true});
        }
        operation
    };
    let write: &[&str] = &["dryRun", "fieldManager", "fieldValidation", "pretty"];
    let patch: &[&str] = &["dryRun", "fieldManager", "fieldValidation", "force", "pretty"];
    let list: &[&str] = &[
        "allowWatchBookmarks",
        "continue",
        "fieldSelector",
        "labelSelector",
        "limit",
        "resourceVersion",
        "resourceVersionMatch",
        "sendInitialEvents",
        "timeoutSeconds",
        "watch",
    ];
    let json_body: &[&str] = if resource.custom { &["application/json", "application/yaml"] } else { &["*/*"] };
    let get: &[&str] = if resource.custom { &["pretty", "resourceVersion"] } else { &["pretty"] };
    // Custom resources do not support strategic merge patches; kubectl looks that up here.
    let mut patches =
        vec!["application/apply-patch+yaml", "application/json-patch+json", "application/merge-patch+json"];
    if !resource.custom {
        patches.push("application/strategic-merge-patch+json");
    }
    let mut of_collection = json!({"post": operation("post", write, json_body)});
    if resource.is_stored() {
        of_collection["get"] = operation("list", list, &[]);
        of_collection["delete"] = operation("deletecollection", list, &[]);
        let one = json!({
            "get": operation("get", get, &[]),
            "put": operation("put", write, json_body),
            "patch": operation("patch", patch, &patches),
            "delete": operation("delete", &["dryRun", "propagationPolicy"], &[]),
        });
        if resource.status_subresource {
            let status = json!({
                "get": operation("get", get, &[]),
                "put": operation("put", write, json_body),
                "patch": operation("patch", patch, &patches),
            });
            paths.insert(format!("{collection}/{{name}}/status"), status);
        }
        paths.insert(format!("{collection}/{{name}}"), one);
        if resource.namespaced {
            paths.insert(format!("/{base}/{}", resource.plural), json!({"get": operation("list", list, &[])}));
        }
    }
    paths.insert(collection, of_collection);
}

fn object_meta() -> Value {
    let text = |description: &str| json!({"type": "string", "description": description});
    let map = |description: &str| json!({"type": "object", "description": description, "additionalProperties": {"type": "string", "default": ""}});
    json!({
        "type": "object",
        "description": "ObjectMeta is metadata that all persisted resources must have.",
        "properties": {
            "name": text("Name must be unique within a namespace."),
            "generateName": text("A prefix used to generate a unique name if the name is not given."),
            "namespace": text("Namespace defines the space within which each name must be unique."),
            "uid": text("UID is the unique in time and space value for this object."),
            "resourceVersion": text("An opaque value that represents the internal version of this object."),
            "generation": {"type": "integer", "format": "int64", "description": "A sequence number of the desired state."},
            "creationTimestamp": text("When the object was created."),
            "deletionTimestamp": text("When the object will be deleted."),
            "deletionGracePeriodSeconds": {"type": "integer", "format": "int64", "description": "Seconds allowed for this object to terminate."},
            "labels": map("Map of string keys and values that can be used to organize and select objects."),
            "annotations": map("Unstructured key value map."),
            "finalizers": {"type": "array", "items": {"type": "string", "default": ""}, "description": "Must be empty before the object is deleted."},
            "ownerReferences": {"type": "array", "items": {"type": "object"}, "description": "Objects depended on by this object."},
            "managedFields": {"type": "array", "items": {"type": "object"}, "description": "Managers, and the fields that they own."},
        },
    })
}
