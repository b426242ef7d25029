//! Says of hours of the past that what failed in them was maintenance, or takes that back. The Action is all that there is: what shows
//! the past applies it.

use super::intent::{ActionResult, Intent, Progress, Record};
use super::{Command, CommandError, Context, Objects, REASON_MAX, Stored};
use crate::api::{Subject, SubjectState};
use crate::domain::history::maintenance::{Invalid, Reclassified, VERB as OF_HISTORY};
use crate::domain::printable::printable;
use crate::domain::refusal::Refusal;
use crate::runtime::clock::{now, now_in_micros};
use jiff::Timestamp;

/// The verb of its Actions.
pub(super) const VERB: &str = OF_HISTORY;

/// Reclassifies the hours of a Scenario that a time touches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reclassify {
    pub scenario: String,
    pub from: Timestamp,
    pub until: Timestamp,
    /// False takes back what was said before.
    pub is_maintenance: bool,
    pub reason: String,
}

impl Command for Reclassify {
    /// The hours, as they are recorded.
    type Output = Reclassified;

    async fn execute(
        self,
        context: &Context,
        earlier: Option<Intent>,
        stored: &Stored<Reclassified>,
    ) -> Result<Reclassified, CommandError> {
        let reclassified = self.checked(context)?;
        let mut intent = match earlier {
            Some(intent) => intent,
            None => {
                let permit = context.admit(Objects::ONE)?;
                let subject = Subject { kind: "Scenario".into(), name: self.scenario.clone() };
                let parameters = reclassified.parameters(now_in_micros());
                let record = Record { verb: VERB, subject, before: SubjectState::default(), parameters };
                Intent::begin(&permit, context, record).await?
            }
        };
        let said = Ok(reclassified);
        match intent.progress() {
            Progress::Done => intent.answer(context, stored(&said)).await,
            _ => intent.end(context, &ActionResult::Done, stored(&said)).await,
        }
        said
    }
}

impl Reclassify {
    /// What it says; the error is why that can't be said.
    fn checked(&self, context: &Context) -> Result<Reclassified, CommandError> {
        if context.resources.scenario(&self.scenario).is_none() {
            return Err(CommandError::no_such("Scenario", &self.scenario));
        }
        let reason = printable(&self.reason).trim().to_string();
        // To take it back needs no reason.
        let least = usize::from(self.is_maintenance);
        if !(least..=REASON_MAX).contains(&reason.chars().count()) {
            return Err(CommandError::Rejected(Refusal::ReasonLength { max: REASON_MAX.to_string() }));
        }
        let reason = context.secrets.redact(&reason).into_owned();
        Reclassified::new(self.from, self.until, self.is_maintenance, &reason, now()).map_err(|invalid| {
            CommandError::Rejected(match invalid {
                Invalid::Empty => Refusal::PastEmpty,
                Invalid::NotOver => Refusal::PastNotOver,
                Invalid::TooOld => Refusal::PastTooOld,
            })
        })
    }
}

/// Completes an Action that was left without a result: the record is all that there is to do.
pub(super) async fn complete(context: &Context, mut intent: Intent) -> Result<(), CommandError> {
    intent.end(context, &ActionResult::Done, None).await;
    Ok(())
}
