//! `Agent`: a name that speaks for a group of Scenarios, and the people whose inbox it fills.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use kube::{CustomResource, KubeSchema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Who speaks, and to whom.
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
    doc = "An Agent speaks for a group of Scenarios in Threads with the people on duty.",
    validation = Rule::new("self.metadata.name.size() <= 63").message("an Agent's name is at most 63 characters"),
    printcolumn(name = "Id", type_ = "string", json_path = ".spec.id"),
    printcolumn(name = "Display Name", type_ = "string", json_path = ".spec.displayName"),
    printcolumn(name = "Codename", type_ = "string", json_path = ".spec.codename"),
    printcolumn(name = "Tier", type_ = "string", json_path = ".spec.tier"),
    printcolumn(name = "Open", type_ = "integer", description = "open Findings", json_path = ".status.openFindings"),
    printcolumn(name = "Suspended", type_ = "boolean", json_path = ".spec.suspend"),
    printcolumn(name = "Inbox", type_ = "string", priority = 1, json_path = ".spec.inboxRoles")
)]
#[serde(rename_all = "camelCase")]
pub struct AgentSpec {
    /// Short id known to the Desk, as `A1`. Without one, REST knows the agent by its object name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 16), regex(pattern = r"^[A-Z][0-9]+$"))]
    pub id: Option<String>,
    #[schemars(length(min = 1, max = 63))]
    pub display_name: String,
    #[schemars(length(min = 1, max = 63), regex(pattern = r"^[a-z][a-z0-9_]*$"))]
    pub codename: String,
    pub tier: Tier,
    /// Roles whose inbox shows this agent's messages.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 16))]
    #[x_kube(merge_strategy = ListMerge::Set)]
    pub inbox_roles: Vec<Role>,
    /// How it speaks and what it answers for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 1024))]
    pub persona: Option<String>,
    /// Its work goes to Maestro while true.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub suspend: bool,
}

/// T0: deterministic. T1: may ask the local model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Tier {
    T0,
    T1,
}

/// What a person may be. Any of them has the operations view.
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
    /// All seven.
    pub const ALL: [Role; 7] = [
        Role::SuperAdmin,
        Role::OpsLead,
        Role::AgenticOperator,
        Role::Devops,
        Role::Seo,
        Role::Technician,
        Role::SecurityAnalyst,
    ];

    /// The word used in tokens, in REST and in the API.
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

    /// The role of this name, if there is one.
    pub fn parse(name: &str) -> Option<Role> {
        Role::ALL.into_iter().find(|r| r.as_str() == name)
    }

    /// Whether this role may run scenarios.
    pub fn may_run(self) -> bool {
        matches!(self, Role::SuperAdmin | Role::OpsLead | Role::AgenticOperator)
    }
}

/// What the operator counts for it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AgentStatus {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observed_generation: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0))]
    pub open_findings: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0))]
    pub pending_messages: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_activity_at: Option<Time>,
}
