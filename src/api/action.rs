//! `Action`: the record of something that a person did.

use super::agent::Role;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use kube::{CustomResource, KubeSchema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Who did what to which object. Immutable.
#[derive(CustomResource, Clone, Debug, PartialEq, Serialize, Deserialize, KubeSchema)]
#[kube(
    group = "agentic.ligbox.io",
    version = "v1alpha1",
    kind = "Action",
    plural = "actions",
    shortname = "act",
    category = "agentic",
    namespaced,
    status = "ActionStatus",
    derive = "PartialEq",
    doc = "An Action records something that a person did: who, what, when, and through which interface.",
    selectable = ".spec.verb",
    selectable = ".spec.actor.name",
    printcolumn(name = "Verb", type_ = "string", description = "What was done", json_path = ".spec.verb"),
    printcolumn(name = "Kind", type_ = "string", description = "Kind of the object", json_path = ".spec.subject.kind"),
    printcolumn(
        name = "Subject",
        type_ = "string",
        description = "Name of the object",
        json_path = ".spec.subject.name"
    ),
    printcolumn(name = "Actor", type_ = "string", description = "Name of the person", json_path = ".spec.actor.name"),
    printcolumn(
        name = "Via",
        type_ = "string",
        description = "Interface that was used",
        json_path = ".spec.actor.via"
    ),
    printcolumn(name = "Result", type_ = "string", description = "done or refused", json_path = ".status.result"),
    printcolumn(
        name = "Age",
        type_ = "date",
        description = "Time since its creation",
        json_path = ".metadata.creationTimestamp"
    )
)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = Rule::new("self == oldSelf").message("spec is immutable"))]
pub struct ActionSpec {
    /// What was done, such as `acknowledge` or `run`. Lower-case letters and dashes, 1 to 63 characters.
    #[schemars(length(min = 1, max = 63), regex(pattern = r"^[a-z][a-z-]*$"))]
    pub verb: String,
    /// Object that was acted upon.
    pub subject: Subject,
    /// Person who acted, and the interface that was used.
    pub actor: Actor,
    /// Parameters of the action, such as the `note` of an acknowledgement. At most 16, each at most 1024 characters.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(extend("maxProperties" = 16), inner(length(max = 1024)))]
    pub parameters: BTreeMap<String, String>,
}

/// The object that was acted upon.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Subject {
    /// Kind of the object, such as `Finding`.
    #[schemars(length(min = 1, max = 63))]
    pub kind: String,
    /// Name of the object. 1 to 253 characters.
    #[schemars(length(min = 1, max = 253))]
    pub name: String,
}

/// The person who acted, and the interface that was used.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct Actor {
    /// Name of the person, as authenticated by the interface. 1 to 253 characters.
    #[schemars(length(min = 1, max = 253))]
    pub name: String,
    /// Roles of the person at that time. At most 16.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 16))]
    #[x_kube(merge_strategy = ListMerge::Atomic)]
    pub roles: Vec<Role>,
    /// Interface that was used: `rest`, `agent` or `kubectl`.
    #[schemars(length(min = 1, max = 63))]
    pub via: String,
}

/// The result of the action.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ActionStatus {
    /// `done` or `refused`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 63))]
    pub result: Option<String>,
    /// Details of the result. At most 1024 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 1024))]
    pub message: Option<String>,
    /// Time at which the action ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Time>,
}
