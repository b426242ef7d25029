//! The kinds of core that are served, with schemas enough for pruning, apply and `kubectl explain`.

use serde_json::{Value, json};

/// A kind of core.
pub struct CoreKind {
    pub group: &'static str,
    pub kind: &'static str,
    pub plural: &'static str,
    pub short_names: &'static [&'static str],
    pub namespaced: bool,
    pub selectable: &'static [&'static str],
    /// Name, JSONPath and type of each printed column.
    pub columns: &'static [(&'static str, &'static str, &'static str)],
    description: &'static str,
}

const AGE: (&str, &str, &str) = ("Age", ".metadata.creationTimestamp", "date");
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
const EVENT_COLUMNS: &[(&str, &str, &str)] = &[
    ("Last Seen", ".lastTimestamp", "date"),
    ("Type", ".type", "string"),
    ("Reason", ".reason", "string"),
    ("Object", ".involvedObject", "object"),
    ("Message", ".message", "string"),
];

/// Those that are stored.
pub const KINDS: &[CoreKind] = &[
    CoreKind {
        group: "",
        kind: "Namespace",
        plural: "namespaces",
        short_names: &["ns"],
        namespaced: false,
        selectable: &[],
        columns: &[("Status", ".status.phase", "string"), AGE],
        description: "Namespace provides a scope for Names.",
    },
    CoreKind {
        group: "",
        kind: "Secret",
        plural: "secrets",
        short_names: &[],
        namespaced: true,
        selectable: &[".type"],
        columns: &[("Type", ".type", "string"), ("Data", ".data", "count"), AGE],
        description: "Secret holds secret data of a certain type.",
    },
    CoreKind {
        group: "",
        kind: "ConfigMap",
        plural: "configmaps",
        short_names: &["cm"],
        namespaced: true,
        selectable: &[],
        columns: &[("Data", ".data", "count"), AGE],
        description: "ConfigMap holds configuration data for pods to consume.",
    },
    CoreKind {
        group: "",
        kind: "Service",
        plural: "services",
        short_names: &["svc"],
        namespaced: true,
        selectable: &[],
        columns: &[("Type", ".spec.type", "string"), ("Cluster-IP", ".spec.clusterIP", "string"), AGE],
        description: "Service is a named abstraction of software service.",
    },
    CoreKind {
        group: "",
        kind: "Event",
        plural: "events",
        short_names: &["ev"],
        namespaced: true,
        selectable: EVENT_FIELDS,
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
        columns: &[("Holder", ".spec.holderIdentity", "string"), AGE],
        description: "Lease defines a lease concept.",
    },
];

/// Those that are answered and not stored.
pub const REVIEWS: &[CoreKind] = &[
    CoreKind {
        group: "authorization.k8s.io",
        kind: "SelfSubjectAccessReview",
        plural: "selfsubjectaccessreviews",
        short_names: &[],
        namespaced: false,
        selectable: &[],
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
        columns: &[],
        description: "SelfSubjectReview tells who the current user is.",
    },
];

/// The `openAPIV3Schema` of a kind of core.
pub fn schema(kind: &CoreKind) -> Value {
    let text = |description: &str| json!({"type": "string", "description": description});
    let texts = |description: &str| json!({"type": "object", "additionalProperties": {"type": "string"}, "description": description});
    let open = |description: &str| json!({"type": "object", "x-kubernetes-preserve-unknown-fields": true, "description": description});
    let mut properties = match kind.kind {
        "Secret" => json!({
            "type": text("Used to facilitate programmatic handling of secret data."),
            "data": texts("The secret data, each value in base64."),
            "stringData": texts("Secret data as plain text, write-only; it is merged into data."),
            "immutable": {"type": "boolean", "description": "If true, the data can't be changed."},
        }),
        "ConfigMap" => json!({
            "data": texts("The configuration data."),
            "binaryData": texts("Binary data, each value in base64."),
            "immutable": {"type": "boolean", "description": "If true, the data can't be changed."},
        }),
        "Event" if kind.group.is_empty() => json!({
            "involvedObject": open("The object that this event is about."),
            "related": open("Another object for more complex actions."),
            "source": open("The component reporting this event."),
            "series": open("Data about the series that this event represents."),
            "reason": text("Why the action was taken, machine understandable."),
            "message": text("A description of the status of this operation."),
            "type": text("Normal or Warning."),
            "action": text("What action was taken regarding the object."),
            "reportingComponent": text("Name of the controller that emitted this event."),
            "reportingInstance": text("ID of the controller instance."),
            "firstTimestamp": text("When the event was first recorded."),
            "lastTimestamp": text("When the event was most recently recorded."),
            "eventTime": {"type": "string", "nullable": true, "description": "When the event was first observed."},
            "count": {"type": "integer", "description": "How many times it has occurred."},
        }),
        "Event" => json!({
            "regarding": open("The object that this event is about."),
            "related": open("Another object for more complex actions."),
            "series": open("Data about the series that this event represents."),
            "reason": text("Why the action was taken, machine understandable."),
            "note": text("A description of the status of this operation."),
            "type": text("Normal or Warning."),
            "action": text("What action was taken regarding the object."),
            "reportingController": text("Name of the controller that emitted this event."),
            "reportingInstance": text("ID of the controller instance."),
            "eventTime": {"type": "string", "nullable": true, "description": "When the event was first observed."},
            "deprecatedSource": open("For compatibility with core events."),
            "deprecatedFirstTimestamp": text("For compatibility with core events."),
            "deprecatedLastTimestamp": text("For compatibility with core events."),
            "deprecatedCount": {"type": "integer", "description": "For compatibility with core events."},
        }),
        _ => json!({
            "spec": open("What is wanted."),
            "status": open("What is."),
        }),
    };
    properties["apiVersion"] = text("The versioned schema of this representation of an object.");
    properties["kind"] = text("The REST resource that this object represents.");
    properties["metadata"] = json!({"type": "object"});
    json!({"type": "object", "description": kind.description, "properties": properties})
}
