//! Requests for advice, and votes on it.

use crate::api::{Action, Advice, Finding};
use crate::domain::advice::votes::{Cast, Tally, Vote, advice_id, tally};
use jiff::Timestamp;
use kube::ResourceExt as _;
use serde::Serialize;
use std::sync::Arc;
use utoipa::ToSchema;

/// A request for advice that was accepted. The advice follows in the Finding, and as a Message in its Thread.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct AdviceRequested {
    /// Object name of the Finding.
    #[schema(example = "proxmox.cluster-0123456789")]
    pub finding_id: String,
    /// Time of the request: advice whose `requested_at` is this or later answers it.
    #[schema(example = "2026-01-02T03:10:00.123456Z")]
    pub requested_at: Timestamp,
    /// Object name of the Thread of the Finding; null before there is one.
    #[schema(required, example = "proxmox.cluster-0123456789-s44we8")]
    pub thread_id: Option<String>,
}

impl AdviceRequested {
    /// Of a request at this time.
    pub fn new(finding: &Finding, requested_at: Timestamp) -> AdviceRequested {
        let thread_id = finding.status.as_ref().and_then(|status| status.thread.clone());
        AdviceRequested { finding_id: finding.name_any(), requested_at, thread_id }
    }
}

/// What a person thinks of advice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum VoteWord {
    Useful,
    Wrong,
}

impl From<Vote> for VoteWord {
    fn from(vote: Vote) -> VoteWord {
        match vote {
            Vote::Useful => VoteWord::Useful,
            Vote::Wrong => VoteWord::Wrong,
        }
    }
}

/// The votes on the advice that a Finding has now: of each person the last one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct VotesView {
    /// People who found it useful.
    #[schema(example = 2)]
    pub useful: u32,
    /// People who found it wrong.
    #[schema(example = 0)]
    pub wrong: u32,
    /// The vote of the caller; null where there is none.
    #[schema(required)]
    pub own: Option<VoteWord>,
}

impl From<Tally> for VotesView {
    fn from(Tally { useful, wrong, own }: Tally) -> VotesView {
        VotesView { useful, wrong, own: own.map(VoteWord::from) }
    }
}

/// A vote that was recorded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct VoteView {
    /// Object name of the Finding.
    #[schema(example = "proxmox.cluster-0123456789")]
    pub finding_id: String,
    /// Object name of the Action that records the vote.
    #[schema(example = "0f1e2d3c4b5a69788796a5b4c3d2e1f0")]
    pub action_id: String,
    /// The votes on that advice, this one included.
    pub votes: VotesView,
}

/// The recorded votes on advice on one Finding, as they were in the cache.
#[derive(Default)]
pub struct RecordedVotes(pub(super) Vec<Arc<Action>>);

impl RecordedVotes {
    /// Counts those on advice on a Finding. `looker` is the name of the caller.
    pub fn on(&self, finding: &str, advice: &Advice, looker: Option<&str>) -> VotesView {
        let casts = self.0.iter().filter_map(|action| Cast::of(action));
        tally(casts, finding, &advice_id(advice), looker).into()
    }
}
