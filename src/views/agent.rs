//! How views refer to Agents.

use super::shown::line;
use crate::api::Agent;
use serde::Serialize;
use utoipa::ToSchema;

/// Reference to an Agent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct AgentRef {
    /// The Agent's id, such as `A1`; the object name of an Agent without an id.
    #[schema(example = "A1")]
    pub id: String,
    /// The display name; the object name where the Agent does not exist.
    #[schema(example = "Pulso")]
    pub name: String,
}

impl AgentRef {
    /// The reference to the Agent of this object name, given the Agent itself where it exists.
    pub fn new(object_name: &str, agent: Option<&Agent>) -> AgentRef {
        let id = agent.and_then(|agent| agent.spec.id.as_deref().map(line));
        let name = agent.map(|agent| line(&agent.spec.display_name));
        AgentRef { id: id.unwrap_or_else(|| object_name.into()), name: name.unwrap_or_else(|| object_name.into()) }
    }
}
