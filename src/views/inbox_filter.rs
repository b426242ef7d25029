//! The filter of an inbox.

use super::query::{Parameters, QueryError};
use super::words;
use crate::api::{Role, Severity};
use utoipa::IntoParams;

/// Filter of an inbox. Conditions are combined with AND.
#[derive(Clone, Debug, Default, PartialEq, Eq, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct InboxFilter {
    /// Role that the Messages are for.
    #[param(nullable = false)]
    pub role: Option<Role>,
    /// Id or object name of the Agent of the Thread.
    #[param(nullable = false, example = "A1")]
    pub agent: Option<String>,
    /// Severity of the Messages.
    #[param(nullable = false)]
    pub severity: Option<Severity>,
}

impl InboxFilter {
    /// Names of the parameters that [`InboxFilter::parse`] reads.
    pub const PARAMETERS: [&'static str; 3] = ["role", "agent", "severity"];

    /// Reads the filter from query parameters; the error names the first invalid parameter.
    pub fn parse(parameters: &Parameters) -> Result<InboxFilter, QueryError> {
        let role = parameters.get("role").map(|word| words::parse(word, Role::ALL, Role::as_str)).transpose();
        let severity =
            parameters.get("severity").map(|word| words::parse(word, Severity::ALL, Severity::as_str)).transpose();
        Ok(InboxFilter {
            role: role.map_err(|message| QueryError::new("role", message))?,
            agent: parameters.get("agent").cloned(),
            severity: severity.map_err(|message| QueryError::new("severity", message))?,
        })
    }
}
