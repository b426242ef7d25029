//! `Silence`: a time in which notices about some Findings are held back.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use kube::{CustomResource, KubeSchema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Which Findings, when, by whom and why.
#[derive(CustomResource, Clone, Debug, PartialEq, Serialize, Deserialize, KubeSchema)]
#[kube(
    group = "agentic.ligbox.io",
    version = "v1alpha1",
    kind = "Silence",
    plural = "silences",
    shortname = "sil",
    category = "agentic",
    namespaced,
    status = "SilenceStatus",
    derive = "PartialEq",
    doc = "A Silence holds back notices about the Findings that match it. Checks go on, and who was told of a Finding is told of its resolution.",
    printcolumn(
        name = "Active",
        type_ = "boolean",
        description = "Whether it holds notices back now",
        json_path = ".status.active"
    ),
    printcolumn(
        name = "Holding",
        type_ = "integer",
        description = "Active Findings that match it",
        json_path = ".status.holdingTotal"
    ),
    printcolumn(name = "Author", type_ = "string", description = "Person who made it", json_path = ".spec.author"),
    printcolumn(name = "Reason", type_ = "string", description = "Why it was made", json_path = ".spec.reason"),
    printcolumn(
        name = "Starts",
        type_ = "string",
        description = "Start; of a recurring one the current or next start",
        json_path = ".status.starts"
    ),
    printcolumn(
        name = "Ends",
        type_ = "string",
        description = "End; of a recurring one the end of that time",
        json_path = ".status.ends"
    ),
    printcolumn(
        name = "Message",
        type_ = "string",
        description = "What is wrong with it, so that it holds nothing back",
        json_path = ".status.message"
    )
)]
#[serde(rename_all = "camelCase")]
#[x_kube(
    validation = Rule::new("has(self.endsAt) != has(self.recurrence)").message("exactly one of endsAt, recurrence has to be set"),
    validation = Rule::new("!has(self.endsAt) || !has(self.startsAt) || self.endsAt > self.startsAt").message("endsAt has to be after startsAt")
)]
pub struct SilenceSpec {
    /// Conditions that a Finding has to meet, all of them. 1 to 16. At least one must not match the empty text.
    #[schemars(length(min = 1, max = 16))]
    #[x_kube(merge_strategy = ListMerge::Atomic)]
    pub matchers: Vec<Matcher>,
    /// Start; of a recurring Silence the time before which no occurrence starts. Defaults to the creation of the Silence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub starts_at: Option<Time>,
    /// End of a Silence that does not recur.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ends_at: Option<Time>,
    /// When a recurring Silence is active, such as for a weekly maintenance.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recurrence: Option<Recurrence>,
    /// Person who made it. 1 to 253 characters.
    #[schemars(length(min = 1, max = 253))]
    pub author: String,
    /// Why it was made. 1 to 1024 characters.
    #[schemars(length(min = 1, max = 1024))]
    pub reason: String,
}

/// A condition on one property of a Finding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Matcher {
    /// Property of the Finding.
    pub name: MatcherName,
    /// `=` or `!=` for a text, `=~` or `!~` for a regular expression (RE2) that has to match the whole property.
    pub op: MatcherOp,
    /// Text or regular expression. At most 256 characters.
    #[schemars(length(max = 256))]
    pub value: String,
}

/// A property of a Finding that a Silence can match.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum MatcherName {
    Scenario,
    Check,
    Key,
    Agent,
    Severity,
}

impl MatcherName {
    /// All of them.
    pub const ALL: [MatcherName; 5] =
        [MatcherName::Scenario, MatcherName::Check, MatcherName::Key, MatcherName::Agent, MatcherName::Severity];

    /// The word in the API and in REST.
    pub fn as_str(self) -> &'static str {
        match self {
            MatcherName::Scenario => "scenario",
            MatcherName::Check => "check",
            MatcherName::Key => "key",
            MatcherName::Agent => "agent",
            MatcherName::Severity => "severity",
        }
    }
}

/// How a property is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub enum MatcherOp {
    #[serde(rename = "=")]
    Equal,
    #[serde(rename = "!=")]
    NotEqual,
    #[serde(rename = "=~")]
    Matches,
    #[serde(rename = "!~")]
    MatchesNot,
}

impl MatcherOp {
    /// All of them; none begins with one that is before it.
    pub const ALL: [MatcherOp; 4] = [MatcherOp::Matches, MatcherOp::MatchesNot, MatcherOp::NotEqual, MatcherOp::Equal];

    /// The sign in the API and in REST.
    pub fn as_str(self) -> &'static str {
        match self {
            MatcherOp::Equal => "=",
            MatcherOp::NotEqual => "!=",
            MatcherOp::Matches => "=~",
            MatcherOp::MatchesNot => "!~",
        }
    }
}

impl std::fmt::Display for Matcher {
    /// As people write it, such as `key=~11.*`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}{}{}", self.name.as_str(), self.op.as_str(), self.value)
    }
}

/// A time that recurs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Recurrence {
    /// Starts as a cron expression of five fields, such as `0 3 * * SUN`.
    #[schemars(length(min = 9, max = 128))]
    pub cron: String,
    /// How long it is active from each start, such as `2h`.
    #[schemars(length(min = 2, max = 32))]
    pub duration: String,
    /// Time zone of the cron expression, such as `America/Sao_Paulo`. Defaults to AGENTIC_TIMEZONE.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 64))]
    pub timezone: Option<String>,
}

/// The observed state, written by the operator.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct SilenceStatus {
    /// The `metadata.generation` of the Silence that this status describes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observed_generation: Option<i64>,
    /// Whether it holds notices back now.
    #[serde(default)]
    pub active: bool,
    /// Start of the current or else of the next time; absent where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_start: Option<Time>,
    /// Start of the current or else of the next time; also of one that has ended, and does not recur.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub starts: Option<Time>,
    /// End of that time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ends: Option<Time>,
    /// What is wrong with the spec, so that it holds nothing back. At most 512 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 512))]
    pub message: Option<String>,
    /// Names of Findings that match it and are Open or Acknowledged, the most severe first. At most 20.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 20))]
    #[x_kube(merge_strategy = ListMerge::Atomic)]
    pub holding: Vec<String>,
    /// Number of Findings that match it and are Open or Acknowledged; 0 while it is not active.
    #[serde(default)]
    #[schemars(range(min = 0))]
    pub holding_total: u32,
}
