//! Votes on the advice on a Finding.

use super::intent::{ActionResult, Intent, Progress, Record};
use super::{Command, CommandError, Context, Objects, Stored, finding};
use crate::api::Finding;
use crate::domain::advice::votes::{self, ADVICE, VOTE, Vote};
use crate::domain::refusal::Refusal;
use crate::runtime::clock::now_in_micros;
use crate::runtime::write::call;
use crate::views::{Resources, VoteView};
use std::collections::BTreeMap;

/// The verb of its Actions.
pub(super) const VERB: &str = votes::VERB;

/// Votes on the advice that a Finding has. A later vote of the same person takes the place of an earlier one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VoteAdvice {
    finding: String,
    vote: Vote,
}

impl VoteAdvice {
    /// NotFound unless a Finding of this name is cached.
    pub fn new(resources: &Resources, name: &str, vote: Vote) -> Result<VoteAdvice, CommandError> {
        Ok(VoteAdvice { finding: finding::known(resources, name)?, vote })
    }
}

impl Command for VoteAdvice {
    type Output = VoteView;

    /// Records the vote; the Action is all there is of it. A Finding without advice is a Conflict, and TooMany where the caller gave too
    /// many commands.
    async fn execute(
        self,
        context: &Context,
        earlier: Option<Intent>,
        stored: &Stored<VoteView>,
    ) -> Result<VoteView, CommandError> {
        match earlier {
            None => {
                let permit = context.admit(Objects::ONE)?;
                // Of what does not exist no Action is recorded.
                let finding = call(context.api::<Finding>().get(&self.finding)).await?;
                let intent = Intent::begin(&permit, context, self.record(&finding)).await?;
                settle(context, intent, stored).await
            }
            Some(mut intent) if intent.progress() == Progress::Done => {
                let view = Ok(view_of(context, &intent));
                intent.answer(context, stored(&view)).await;
                view
            }
            // What is voted on is in the Action: what was refused is refused again.
            Some(intent) => settle(context, intent, stored).await,
        }
    }
}

impl VoteAdvice {
    fn record(&self, finding: &Finding) -> Record {
        let status = finding.status.as_ref();
        let parameters = match status.and_then(|status| status.advice.as_ref()) {
            Some(advice) => votes::parameters(self.vote, advice, now_in_micros()),
            None => BTreeMap::from([(VOTE.to_string(), self.vote.as_str().to_string())]),
        };
        Record { parameters, ..finding::record(VERB, finding, []) }
    }
}

/// Gives the Action of a vote its result.
async fn settle(context: &Context, mut intent: Intent, stored: &Stored<VoteView>) -> Result<VoteView, CommandError> {
    if intent.parameter(ADVICE).is_none() {
        let finding = intent.action.spec.subject.name.clone();
        let error = CommandError::Conflict(Refusal::NoAdvice { finding });
        intent.end(context, &ActionResult::Refused(error.refusal()), stored(&Err(error.clone()))).await;
        return Err(error);
    }
    let view = Ok(view_of(context, &intent));
    intent.end(context, &ActionResult::Done, stored(&view)).await;
    view
}

/// Completes an Action that was left without a result.
pub(super) async fn complete(context: &Context, intent: Intent) -> Result<(), CommandError> {
    settle(context, intent, &|_| None).await.map(drop)
}

/// The votes with this one, which the cache may not have yet.
fn view_of(context: &Context, intent: &Intent) -> VoteView {
    let mut own = intent.action.clone();
    own.status.get_or_insert_default().result = Some("done".into());
    context.resources.vote_view(&own)
}
