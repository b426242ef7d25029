//! `Agent`: the owner of a group of Scenarios, and the roles whose inbox shows its messages.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use kube::{CustomResource, KubeSchema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The desired state: names, inbox and persona of the Agent.
#[derive(CustomResource, Clone, Debug, PartialEq, Serialize, Deserialize, KubeSchema)]
#[kube(
    group = "agentic.ligbox.io",
    version = "v1alpha1",
    kind = "Agent",
    plural = "agents",
    shortname = "agt",
    category = "agentic",
    namespaced,
    status = "AgentStatus",
    derive = "PartialEq",
    doc = "An Agent owns a group of Scenarios and communicates about them with the people on duty.",
    validation = Rule::new("self.metadata.name.size() <= 63").message("an Agent's name is at most 63 characters"),
    printcolumn(name = "Id", type_ = "string", description = "Short id that the Desk uses", json_path = ".spec.id"),
    printcolumn(name = "Display Name", type_ = "string", description = "Name shown to people", json_path = ".spec.displayName"),
    printcolumn(name = "Codename", type_ = "string", description = "Area that the Agent covers", json_path = ".spec.codename"),
    printcolumn(name = "Tier", type_ = "string", description = "T0 (deterministic) or T1 (local model)", json_path = ".spec.tier"),
    printcolumn(name = "Open", type_ = "integer", description = "Findings in phase Open or Acknowledged", json_path = ".status.openFindings"),
    printcolumn(name = "Suspended", type_ = "boolean", description = "Whether its work goes to maestro", json_path = ".spec.suspend"),
    printcolumn(name = "Model", type_ = "string", description = "Whether the local model can be used", priority = 1, json_path = ".status.model.state"),
    printcolumn(name = "Inbox", type_ = "string", description = "Roles whose inbox shows its messages", priority = 1, json_path = ".spec.inboxRoles")
)]
#[serde(rename_all = "camelCase")]
pub struct AgentSpec {
    /// Short id that the Desk uses, such as `A1`. At most 16 characters. Defaults to the object name in the REST facade.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 16), regex(pattern = r"^[A-Z][0-9]+$"))]
    pub id: Option<String>,
    /// Name shown to people. 1 to 63 characters.
    #[schemars(length(min = 1, max = 63))]
    pub display_name: String,
    /// Name of the area that the Agent covers, such as `node_health`. Lower-case letters, digits and underscores, at most
    /// 63 characters.
    #[schemars(length(min = 1, max = 63), regex(pattern = r"^[a-z][a-z0-9_]*$"))]
    pub codename: String,
    /// `T0`: deterministic, without a model. `T1`: can ask the local model.
    pub tier: Tier,
    /// Roles whose inbox shows the messages of this Agent. At most 16.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 16))]
    #[x_kube(merge_strategy = ListMerge::Set)]
    pub inbox_roles: Vec<Role>,
    /// Instructions for the local model: tone and area of responsibility. At most 1024 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 1024))]
    pub persona: Option<String>,
    /// If true, the work of this Agent goes to the Agent `maestro`. Defaults to false.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub suspend: bool,
}

/// Whether an Agent can use the local model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Tier {
    T0,
    T1,
}

/// A role of a person. Every role can read the operations view.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    SuperAdmin,
    OpsLead,
    AgenticOperator,
    Devops,
    Seo,
    Technician,
    SecurityAnalyst,
}

impl Role {
    /// All roles.
    pub const ALL: [Role; 7] = [
        Role::SuperAdmin,
        Role::OpsLead,
        Role::AgenticOperator,
        Role::Devops,
        Role::Seo,
        Role::Technician,
        Role::SecurityAnalyst,
    ];

    /// The value in tokens, in REST and in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Role::SuperAdmin => "super_admin",
            Role::OpsLead => "ops_lead",
            Role::AgenticOperator => "agentic_operator",
            Role::Devops => "devops",
            Role::Seo => "seo",
            Role::Technician => "technician",
            Role::SecurityAnalyst => "security_analyst",
        }
    }

    /// The role with this value; `None` for any other string.
    pub fn parse(name: &str) -> Option<Role> {
        Role::ALL.into_iter().find(|r| r.as_str() == name)
    }

    /// Whether this role may request runs of Scenarios.
    pub fn may_run(self) -> bool {
        matches!(self, Role::SuperAdmin | Role::OpsLead | Role::AgenticOperator)
    }
}

/// Whether the local model could be used when the operator last asked for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ModelHealth {
    Ok,
    Failing,
}

/// The local model that an Agent of tier T1 can ask.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AgentModel {
    /// Name and tag, such as `qwen2.5:7b-instruct`.
    #[schemars(length(max = 256))]
    pub name: String,
    /// `ok` or `failing`, by the last attempt.
    pub state: ModelHealth,
    /// Digest, as the server lists it; absent while it fails.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 128))]
    pub digest: Option<String>,
    /// Why it can't be used, in CamelCase: ModelAway, ModelMissing, ModelTooSlow or AnswerRefused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64))]
    pub reason: Option<String>,
    /// The same for people on duty, and what to do. At most 512 bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 512))]
    pub message: Option<String>,
}

/// The observed state, written by the operator.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AgentStatus {
    /// The `metadata.generation` of the Agent that this status describes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observed_generation: Option<i64>,
    /// Number of Findings in phase Open or Acknowledged that this Agent owns.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0))]
    pub open_findings: Option<u32>,
    /// Number of Messages in its Threads that await acknowledgement.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0))]
    pub pending_messages: Option<u32>,
    /// Time of the last Message that the Agent wrote.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_activity_at: Option<Time>,
    /// The local model; only of an Agent of tier T1, once it was asked for. Its message is that of when `reason` last changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<AgentModel>,
}
