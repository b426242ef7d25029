//! `Action`: the record of something that somebody did: who, what, when, through which door.

use super::agent::Role;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use kube::{CustomResource, KubeSchema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What was done (set once).
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
    doc = "An Action is the record of something that somebody did.",
    selectable = ".spec.verb",
    selectable = ".spec.actor.name",
    printcolumn(name = "Verb", type_ = "string", json_path = ".spec.verb"),
    printcolumn(name = "Kind", type_ = "string", json_path = ".spec.subject.kind"),
    printcolumn(name = "Subject", type_ = "string", json_path = ".spec.subject.name"),
    printcolumn(name = "Actor", type_ = "string", json_path = ".spec.actor.name"),
    printcolumn(name = "Via", type_ = "string", json_path = ".spec.actor.via"),
    printcolumn(name = "Result", type_ = "string", json_path = ".status.result"),
    printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp")
)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = Rule::new("self == oldSelf").message("an Action is written once"))]
pub struct ActionSpec {
    /// As `acknowledge` or `run`.
    #[schemars(length(min = 1, max = 63), regex(pattern = r"^[a-z][a-z-]*$"))]
    pub verb: String,
    pub subject: Subject,
    pub actor: Actor,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(extend("maxProperties" = 16), inner(length(max = 1024)))]
    pub parameters: BTreeMap<String, String>,
}

/// What it was done to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Subject {
    #[schemars(length(min = 1, max = 63))]
    pub kind: String,
    #[schemars(length(min = 1, max = 253))]
    pub name: String,
}

/// Who did it and how they came in.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct Actor {
    #[schemars(length(min = 1, max = 253))]
    pub name: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 16))]
    #[x_kube(merge_strategy = ListMerge::Atomic)]
    pub roles: Vec<Role>,
    /// The door: `rest`, `agent`, `kubectl`.
    #[schemars(length(min = 1, max = 63))]
    pub via: String,
}

/// How it went.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ActionStatus {
    /// As `done` or `refused`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 63))]
    pub result: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 1024))]
    pub message: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Time>,
}
