//! `Action`: the record of something that a person did, or of a digest.

use super::agent::Role;
use super::notice::DigestNotice;
use super::{RECORDED_BY, RECORDED_BY_FACADE};
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
    doc = "An Action records something that a person did: who, what, when, and through which interface. The daily digest is one of Maestro.",
    selectable = ".spec.verb",
    selectable = ".spec.actor.name",
    selectable = ".status.result",
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
    printcolumn(
        name = "Result",
        type_ = "string",
        description = "done, unchanged, refused, failed or unknown",
        json_path = ".status.result"
    ),
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
    /// Request that the action was given by; set by the REST facade.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<ActionRequest>,
    /// The object before the action; set by the REST facade.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<SubjectState>,
}

/// The request that an action was given by.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ActionRequest {
    /// SHA-256 of the method, path, query and body, in hexadecimal digits; only for a request with an Idempotency-Key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64))]
    pub digest: Option<String>,
    /// Process of the facade that received the request: the name of its pod, and an id of the process.
    #[schemars(length(max = 320))]
    pub process: String,
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

/// Which object was acted upon, and in which state.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SubjectState {
    /// UID of the object.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64))]
    pub uid: Option<String>,
    /// Generation of the object.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub generation: Option<i64>,
    /// Of a Finding, the occurrence that was acted upon, as counted by `status.occurrences`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0))]
    pub occurrence: Option<u32>,
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
    /// Interface that was used: `rest`, `desk` (the panel), `agent` or `kubectl`.
    #[schemars(length(min = 1, max = 63))]
    pub via: String,
}

/// The result of the action.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct ActionStatus {
    /// `done`; `unchanged` if the state was already the wanted one; `refused`; `failed` if a digest reached nobody; or `unknown` if
    /// the program ended during the action, and it cannot be determined whether the change was made. Absent while the action is in
    /// progress.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 63))]
    pub result: Option<String>,
    /// Details of the result. At most 1024 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 1024))]
    pub message: Option<String>,
    /// Why the action was refused, or why its result is not known, as one word in CamelCase, such as `RoleRequired`. Does not change
    /// with the wording of the message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 63))]
    pub reason: Option<String>,
    /// Names and values that belong to the reason, such as the `roles` of `RoleRequired`. At most 8, each at most 1024 characters.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(extend("maxProperties" = 8), inner(length(max = 1024)))]
    pub values: BTreeMap<String, String>,
    /// Time at which the action ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Time>,
    /// Response to the request, if it had an Idempotency-Key: a repeated request gets the same one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply: Option<ActionReply>,
    /// Of a digest, how far it is for each recipient. At most 64.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 64))]
    #[x_kube(merge_strategy = ListMerge::Atomic)]
    pub notices: Vec<DigestNotice>,
}

/// The response to a request with an Idempotency-Key.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ActionReply {
    /// HTTP status code.
    #[schemars(range(min = 100, max = 599))]
    pub code: u16,
    /// Body, JSON; absent if it was too long to be stored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 49_152))]
    pub body: Option<String>,
    /// Header `Location`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 1024))]
    pub location: Option<String>,
}

impl Action {
    /// Whether it says that the REST facade recorded it. Where the API server is protected, no other client can have written that.
    pub fn is_of_facade(&self) -> bool {
        let annotations = self.metadata.annotations.as_ref();
        annotations.and_then(|all| all.get(RECORDED_BY)).is_some_and(|value| value == RECORDED_BY_FACADE)
    }
}

/// Longest body of a stored response as it is in the object, in bytes of JSON text. An object has at most 64 KiB.
const REPLY_BODY_MAX: usize = 48 << 10;

impl ActionReply {
    /// A response to be stored; a body that is too long is left out.
    pub fn new(code: u16, body: &str, location: Option<String>) -> ActionReply {
        let quoted = serde_json::to_string(body).unwrap_or_default();
        let fits = !quoted.is_empty() && quoted.len() <= REPLY_BODY_MAX;
        ActionReply { code, body: fits.then(|| body.to_string()), location }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_body_of_a_response_is_stored_unless_it_makes_the_object_too_large() {
        let stored = |body: &str| ActionReply::new(200, body, None).body.is_some();
        assert!(stored("{}") && stored(&"x".repeat(REPLY_BODY_MAX - 2)));
        assert!(!stored(&"x".repeat(REPLY_BODY_MAX - 1)));
        assert!(!stored(&"\"".repeat(REPLY_BODY_MAX / 2)), "quoted it is twice as long");
    }
}
