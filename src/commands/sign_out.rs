//! Ends all sessions of the panel of a person: every replica sees the Action in its cache.

use super::intent::{ActionResult, Intent, Record};
use super::{Command, CommandError, Context, Objects, Stored};
use crate::api::{Action, Subject, SubjectState};
use jiff::Timestamp;
use std::collections::BTreeMap;

/// The verb of its Actions.
pub(super) const VERB: &str = "sign-out";
/// The kind of what ends; no object of this kind exists.
const SESSION: &str = "Session";

/// Signs the caller out, everywhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SignOut;

impl SignOut {
    /// Who signed out and when, if that is what an Action records, and the facade recorded it.
    pub fn recorded(action: &Action) -> Option<(&str, Timestamp)> {
        let is_own = action.spec.verb == VERB && action.is_of_facade();
        let at = action.metadata.creation_timestamp.as_ref().filter(|_| is_own)?.0;
        Some((&action.spec.actor.name, at))
    }
}

impl Command for SignOut {
    type Output = Timestamp;

    /// Records it. Sessions that began at the time that it returns, or before, have ended.
    async fn execute(
        self,
        context: &Context,
        earlier: Option<Intent>,
        stored: &Stored<Timestamp>,
    ) -> Result<Timestamp, CommandError> {
        let mut intent = match earlier {
            Some(intent) => intent,
            None => {
                let permit = context.admit(Objects::ONE)?;
                let subject = Subject { kind: SESSION.into(), name: context.caller.name.clone() };
                let before = SubjectState { uid: None, generation: None, occurrence: None };
                let record = Record { verb: VERB, subject, before, parameters: BTreeMap::new() };
                Intent::begin(&permit, context, record).await?
            }
        };
        let at = Ok(intent.began_at());
        intent.end(context, &ActionResult::Done, stored(&at)).await;
        at
    }
}

/// Completes an Action that was left without a result: the record is all that there is to do.
pub(super) async fn complete(context: &Context, mut intent: Intent) -> Result<(), CommandError> {
    intent.end(context, &ActionResult::Done, None).await;
    Ok(())
}
