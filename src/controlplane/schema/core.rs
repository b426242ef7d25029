//! The built-in kinds that are served, with schemas that suffice for pruning, apply and `kubectl explain`.

use serde_json::{Map, Value, json};

/// A built-in kind.
pub struct CoreKind {
    pub group: &'static str,
    pub kind: &'static str,
    pub plural: &'static str,
    pub short_names: &'static [&'static str],
    pub namespaced: bool,
    pub selectable: &'static [&'static str],
    pub categories: &'static [&'static str],
    /// Name, JSONPath, type and priority of each printer column.
    pub columns: &'static [(&'static str, &'static str, &'static str, u8)],
    description: &'static str,
}

const AGE: (&str, &str, &str, u8) = ("Age", ".metadata.creationTimestamp", "date", 0);
const EVENT_FIELDS: &[&str] = &[
    ".involvedObject.kind",
    ".involvedObject.namespace",
    ".involvedObject.name",
    ".involvedObject.uid",
    ".involvedObject.apiVersion",
    ".involvedObject.resourceVersion",
    ".involvedObject.fieldPath",
    ".reason",
    ".type",
    ".reportingComponent",
];
/// `kubectl get events` shows the name last, and only with `-o wide`.
const EVENT_COLUMNS: &[(&str, &str, &str, u8)] = &[
    ("Last Seen", ".lastTimestamp", "last seen", 0),
    ("Type", ".type", "text", 0),
    ("Reason", ".reason", "text", 0),
    ("Object", ".involvedObject", "object", 0),
    ("Subobject", ".involvedObject.fieldPath", "text", 1),
    ("Source", ".source", "source", 1),
    ("Message", ".message", "text", 0),
    ("First Seen", ".firstTimestamp", "first seen", 1),
    ("Count", ".count", "times", 1),
    ("Name", ".metadata.name", "name", 1),
];

/// Kinds whose objects are stored.
pub const KINDS: &[CoreKind] = &[
    CoreKind {
        group: "",
        kind: "Namespace",
        plural: "namespaces",
        short_names: &["ns"],
        namespaced: false,
        selectable: &[],
        categories: &[],
        columns: &[("Status", ".status.phase", "string", 0), AGE],
        description: "Namespace provides a scope for Names.",
    },
    CoreKind {
        group: "",
        kind: "Secret",
        plural: "secrets",
        short_names: &[],
        namespaced: true,
        selectable: &[".type"],
        categories: &[],
        columns: &[("Type", ".type", "string", 0), ("Data", ".data", "count", 0), AGE],
        description: "Secret holds secret data of a certain type.",
    },
    CoreKind {
        group: "",
        kind: "ConfigMap",
        plural: "configmaps",
        short_names: &["cm"],
        namespaced: true,
        selectable: &[],
        categories: &[],
        columns: &[("Data", ".data", "count", 0), AGE],
        description: "ConfigMap holds configuration data for pods to consume.",
    },
    CoreKind {
        group: "",
        kind: "Service",
        plural: "services",
        short_names: &["svc"],
        namespaced: true,
        selectable: &[],
        categories: &["all"],
        columns: &[
            ("Type", ".spec.type", "string", 0),
            ("Cluster-IP", ".spec.clusterIPs", "cluster ip", 0),
            ("External-IP", ".spec.externalIPs", "external ip", 0),
            ("Port(s)", ".spec.ports", "ports", 0),
            AGE,
            ("Selector", ".spec.selector", "selector", 1),
        ],
        description: "Service is a named abstraction of software service.",
    },
    CoreKind {
        group: "",
        kind: "Event",
        plural: "events",
        short_names: &["ev"],
        namespaced: true,
        selectable: EVENT_FIELDS,
        categories: &[],
        columns: EVENT_COLUMNS,
        description: "Event is a report of an event somewhere in the cluster.",
    },
    CoreKind {
        group: "events.k8s.io",
        kind: "Event",
        plural: "events",
        short_names: &["ev"],
        namespaced: true,
        selectable: EVENT_FIELDS,
        categories: &[],
        columns: EVENT_COLUMNS,
        description: "Event is a report of an event somewhere in the cluster.",
    },
    CoreKind {
        group: "coordination.k8s.io",
        kind: "Lease",
        plural: "leases",
        short_names: &[],
        namespaced: true,
        selectable: &[],
        categories: &[],
        columns: &[("Holder", ".spec.holderIdentity", "string", 0), AGE],
        description: "Lease defines a lease concept.",
    },
];

/// Kinds that are answered without being stored.
pub const REVIEWS: &[CoreKind] = &[
    CoreKind {
        group: "authorization.k8s.io",
        kind: "SelfSubjectAccessReview",
        plural: "selfsubjectaccessreviews",
        short_names: &[],
        namespaced: false,
        selectable: &[],
        categories: &[],
        columns: &[],
        description: "SelfSubjectAccessReview checks whether the current user may do something.",
    },
    CoreKind {
        group: "authentication.k8s.io",
        kind: "SelfSubjectReview",
        plural: "selfsubjectreviews",
        short_names: &[],
        namespaced: false,
        selectable: &[],
        categories: &[],
        columns: &[],
        description: "SelfSubjectReview returns the attributes of the current user.",
    },
];

/// The `openAPIV3Schema` of a built-in kind.
pub fn schema(kind: &CoreKind) -> Value {
    let text = |description: &str| json!({"type": "string", "description": description});
    let texts = |description: &str| json!({"type": "object", "additionalProperties": {"type": "string"}, "description": description});
    let bytes = |description: &str| json!({"type": "object", "additionalProperties": {"type": "string", "format": "byte", "nullable": true}, "description": description});
    let time = |description: &str| json!({"type": "string", "format": "date-time", "nullable": true, "description": description});
    let micro_time = |description: &str| json!({"type": "string", "format": "micro-time", "nullable": true, "description": description});
    let open = |description: &str| json!({"type": "object", "x-kubernetes-preserve-unknown-fields": true, "description": description});
    let fields = |description: &str, names: &[&str]| {
        let properties: Map<String, Value> = names.iter().map(|n| (n.to_string(), json!({"type": "string"}))).collect();
        json!({"type": "object", "properties": properties, "description": description})
    };
    let reference = |description: &str| {
        let names = ["kind", "namespace", "name", "uid", "apiVersion", "resourceVersion", "fieldPath"];
        let mut schema = fields(description, &names);
        schema["x-kubernetes-map-type"] = "atomic".into();
        schema
    };
    let source = |description: &str| fields(description, &["component", "host"]);
    let series = |description: &str| {
        let mut schema = fields(description, &[]);
        schema["properties"]["lastObservedTime"] = micro_time("Time of the last occurrence.");
        schema["properties"]["count"] = json!({"type": "integer", "format": "int32"});
        schema
    };
    let mut properties = match kind.kind {
        "Secret" => json!({
            "type": text("Used to facilitate programmatic handling of secret data."),
            "data": bytes("The secret data, each value in base64."),
            "stringData": texts("Secret data as plain text, write-only; it is merged into data."),
            "immutable": {"type": "boolean", "description": "If true, the data cannot be updated."},
        }),
        "ConfigMap" => json!({
            "data": texts("The configuration data."),
            "binaryData": bytes("Binary data, each value in base64."),
            "immutable": {"type": "boolean", "description": "If true, the data cannot be updated."},
        }),
        "Event" if kind.group.is_empty() => json!({
            "involvedObject": reference("The object that this event is about."),
            "related": reference("Another object for more complex actions."),
            "source": source("The component reporting this event."),
            "series": series("Data about the series that this event represents."),
            "reason": text("Why the action was taken, machine understandable."),
            "message": text("A description of the status of this operation."),
            "type": text("Normal or Warning."),
            "action": text("What action was taken regarding the object."),
            "reportingComponent": text("Name of the controller that emitted this event."),
            "reportingInstance": text("ID of the controller instance."),
            "firstTimestamp": time("When the event was first recorded."),
            "lastTimestamp": time("When the event was most recently recorded."),
            "eventTime": micro_time("When the event was first observed."),
            "count": {"type": "integer", "format": "int32", "description": "Number of times that the event has occurred."},
        }),
        "Event" => json!({
            "regarding": reference("The object that this event is about."),
            "related": reference("Another object for more complex actions."),
            "series": series("Data about the series that this event represents."),
            "reason": text("Why the action was taken, machine understandable."),
            "note": text("A description of the status of this operation."),
            "type": text("Normal or Warning."),
            "action": text("What action was taken regarding the object."),
            "reportingController": text("Name of the controller that emitted this event."),
            "reportingInstance": text("ID of the controller instance."),
            "eventTime": micro_time("When the event was first observed."),
            "deprecatedSource": source("For compatibility with core events."),
            "deprecatedFirstTimestamp": time("For compatibility with core events."),
            "deprecatedLastTimestamp": time("For compatibility with core events."),
            "deprecatedCount": {"type": "integer", "format": "int32", "description": "For compatibility with core events."},
        }),
        "Lease" => json!({"spec": {"type": "object", "description": "The specification of the Lease.", "properties": {
            "holderIdentity": text("Identity of the holder of the Lease."),
            "leaseDurationSeconds": {"type": "integer", "format": "int32", "description": "Seconds that candidates wait after renewTime before they acquire the Lease."},
            "acquireTime": micro_time("Time at which the Lease was acquired."),
            "renewTime": micro_time("Time at which the holder last renewed the Lease."),
            "leaseTransitions": {"type": "integer", "format": "int32", "description": "Number of transitions of the Lease between holders."},
            "preferredHolder": text("Identity of the preferred holder."),
            "strategy": text("Strategy for choosing the holder."),
        }}}),
        "Namespace" => json!({
            "spec": {"type": "object", "description": "Desired state.", "properties": {
                "finalizers": {"type": "array", "items": {"type": "string"}, "description": "Values that must be removed before the object is deleted."},
            }},
            "status": {"type": "object", "description": "Observed state.", "properties": {
                "phase": text("Phase of the namespace: Active or Terminating."),
            }},
        }),
        _ => json!({
            "spec": open("Desired state."),
            "status": open("Observed state."),
        }),
    };
    properties["apiVersion"] = text("The versioned schema of this representation of an object.");
    properties["kind"] = text("The REST resource that this object represents.");
    properties["metadata"] = json!({"type": "object"});
    json!({"type": "object", "description": kind.description, "properties": properties})
}

/// Fields that Go serialises even if they are not set, with their zero values.
pub fn zero_values(group: &str, kind: &str) -> Value {
    match (group, kind) {
        ("", "Event") => json!({
            "eventTime": null, "firstTimestamp": null, "lastTimestamp": null, "involvedObject": {}, "source": {},
            "reportingComponent": "", "reportingInstance": "",
        }),
        ("events.k8s.io", "Event") => json!({
            "eventTime": null, "deprecatedFirstTimestamp": null, "deprecatedLastTimestamp": null, "deprecatedSource": {},
            "regarding": {},
        }),
        ("coordination.k8s.io", "Lease") => json!({"spec": {}}),
        ("", "Namespace") => json!({"spec": {"finalizers": ["kubernetes"]}, "status": {"phase": "Active"}}),
        _ => json!({}),
    }
}
