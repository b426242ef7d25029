//! Advice on a Finding: what the runbooks, and the local model where there is one, say about it.

use super::agent::Tier;
use super::message::Citation;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Advice on a Finding. It changes no phase, severity or recipient.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct Advice {
    /// `T1` for an answer of the local model that was checked; `T0` for the section of the runbook alone.
    pub tier: Tier,
    /// Plain text. At most 8 KiB.
    #[schemars(length(max = 8192))]
    pub text: String,
    /// Whether each line is backed by one of the citations. False where nothing was found, and where no line of the model's answer was
    /// backed: then the text is the section of the runbook alone.
    #[serde(default)]
    pub grounded: bool,
    /// Sections of runbooks that it quotes. At most 12.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 12))]
    #[x_kube(merge_strategy = ListMerge::Atomic)]
    pub citations: Vec<Citation>,
    /// Time at which it was written.
    pub at: Time,
    /// What it was made from. Where this is the same, the stored advice is used again.
    pub basis: AdviceBasis,
    /// If true, the evidence of the Finding changed since.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub stale: bool,
    /// Why it is not of tier T1, in CamelCase: ModelOff, ModelAway, ModelMissing, ModelTooSlow, AnswerRefused, AnswerNotGrounded,
    /// AgentWithoutModel, BudgetSpent or NoRunbook. Absent for T1, and while the model is still asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 64), regex(pattern = r"^[A-Z][A-Za-z]*$"))]
    pub reason: Option<String>,
    /// Time of the request of a person that it answers: the value of annotation `agentic.ligbox.io/advice-requested-at`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64))]
    pub requested_at: Option<String>,
    /// Name of the Message that has it, in the Thread of the Finding.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 128))]
    pub message: Option<String>,
}

/// What advice was made from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AdviceBasis {
    /// Hash over check, key, severity, error class, status code and message without digits, 16 hexadecimal digits.
    #[schemars(length(max = 64))]
    pub evidence: String,
    /// Hash over the runbooks as they were indexed, 16 hexadecimal digits.
    #[schemars(length(max = 64))]
    pub runbooks: String,
    /// Version of the template of the prompt.
    #[schemars(range(min = 0))]
    pub prompt: u32,
    /// The model that was asked; absent for T0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<AdviceModel>,
}

/// A model that was asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AdviceModel {
    /// Name and tag, such as `qwen2.5:7b-instruct`.
    #[schemars(length(max = 256))]
    pub name: String,
    /// Digest, as the server lists it.
    #[schemars(length(max = 128))]
    pub digest: String,
    /// How long it took to answer, in seconds.
    #[serde(default)]
    #[schemars(range(min = 0))]
    pub seconds: u32,
}
