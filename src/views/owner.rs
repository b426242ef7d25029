//! Who has taken a Finding over.

use super::shown::line;
use crate::api::FindingOwner;
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

/// Who works on a Finding, and since when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct OwnerView {
    /// Name of the person.
    #[schema(example = "ana")]
    pub by: String,
    /// When the person took it over.
    #[schema(example = "2026-01-02T03:08:00Z")]
    pub at: Timestamp,
    /// Whether the name was authenticated.
    #[schema(example = true)]
    pub proven: bool,
}

impl From<FindingOwner> for OwnerView {
    fn from(owner: FindingOwner) -> OwnerView {
        OwnerView { by: line(&owner.by), at: owner.at.0, proven: owner.proven }
    }
}
