//! Ends a Silence.

use crate::api::{Silence, Subject, SubjectState};
use crate::commands::intent::{ActionResult, Intent, Progress, Record};
use crate::commands::{Command, CommandError, Context, Objects, Stored};
use crate::domain::refusal::Refusal;
use crate::domain::silence::{END_WAIT_MAX, Ending, ending};
use crate::runtime::clock::{now, wait_until};
use crate::runtime::field_managers;
use crate::runtime::write::{WriteError, call};
use crate::views::{Resources, SilenceView};
use kube::api::{DeleteParams, Patch, PatchParams, Preconditions};
use kube::{Api, ResourceExt as _};
use serde_json::json;
use std::collections::BTreeMap;

/// The verb of its Actions.
pub(in crate::commands) const VERB: &str = "end-silence";
/// Attempts to write against concurrent edits of the Silence.
const ATTEMPTS_MAX: usize = 5;

/// Ends one Silence. One that holds notices back, or did, stays with its end, for the record; any other is deleted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EndSilence {
    silence: String,
}

/// The Silence after it was ended; of one that was deleted, as it was before.
struct Ended {
    silence: Silence,
    result: ActionResult,
}

impl EndSilence {
    /// NotFound unless a Silence of this name is cached: only the name of an existing object may become part of a request path at
    /// the API server.
    pub fn new(resources: &Resources, silence: &str) -> Result<EndSilence, CommandError> {
        if resources.silence(silence).is_none() {
            return Err(CommandError::no_such("Silence", silence));
        }
        Ok(EndSilence { silence: silence.to_string() })
    }
}

impl Command for EndSilence {
    type Output = SilenceView;

    /// Ends the Silence, and returns it as it is then. One that has ended stays as it is. TooMany where the caller gave too many
    /// commands.
    async fn execute(
        self,
        context: &Context,
        earlier: Option<Intent>,
        stored: &Stored<SilenceView>,
    ) -> Result<SilenceView, CommandError> {
        let intent = match earlier {
            Some(intent) => {
                if intent.progress() == Progress::Refused {
                    context.admit(Objects::ONE)?;
                }
                intent
            }
            None => {
                let permit = context.admit(Objects::ONE)?;
                // Of what does not exist no Action is recorded.
                let silence = call(context.api::<Silence>().get(&self.silence)).await?;
                let subject = Subject { kind: "Silence".into(), name: self.silence };
                let before =
                    SubjectState { uid: silence.uid(), generation: silence.metadata.generation, occurrence: None };
                let record = Record { verb: VERB, subject, before, parameters: BTreeMap::new() };
                Intent::begin(&permit, context, record).await?
            }
        };
        Box::pin(carry_out(context, intent, stored)).await
    }
}

/// Ends the Silence of an Action, and records the result.
async fn carry_out(
    context: &Context,
    mut intent: Intent,
    stored: &Stored<SilenceView>,
) -> Result<SilenceView, CommandError> {
    let before = intent.action.spec.before.as_ref().and_then(|before| before.uid.clone());
    let (view, result) = match end(context, &intent.action.spec.subject.name, before).await {
        Ok(Ended { silence, result }) => {
            let view = context.resources.silence_view(&silence, now());
            (Ok(SilenceView { active: false, holding: 0, ..view }), result)
        }
        // Whether it was ended is not known: it is completed once the API can be read.
        Err(error) if error.is_uncertain() => return Err(error),
        Err(error) => (Err(error.clone()), ActionResult::Refused(error.refusal())),
    };
    intent.end(context, &result, stored(&view)).await;
    view
}

/// Completes an Action that was left without a result.
pub(in crate::commands) async fn complete(context: &Context, mut intent: Intent) -> Result<(), CommandError> {
    let existing = call(context.api::<Silence>().get_opt(&intent.action.spec.subject.name)).await?;
    if existing.is_none() {
        // What was to be done is done.
        intent.end(context, &ActionResult::Done, None).await;
        return Ok(());
    }
    Box::pin(carry_out(context, intent, &|_| None)).await.map(drop)
}

/// Ends the Silence of this name and UID. One that was ended before stays.
pub(super) async fn end_one(context: &Context, name: &str, uid: Option<String>) -> Result<(), CommandError> {
    Box::pin(end(context, name, uid)).await.map(drop)
}

async fn end(context: &Context, name: &str, before: Option<String>) -> Result<Ended, CommandError> {
    let api: Api<Silence> = context.api();
    for _ in 0..ATTEMPTS_MAX {
        let silence = call(api.get(name)).await?;
        if before != silence.metadata.uid {
            return Err(CommandError::Conflict(Refusal::Recreated { name: name.to_string() }));
        }
        match end_silence_as_read(&api, field_managers::FACADE, silence).await {
            Ok((silence, Ending::Ended)) => return Ok(Ended { silence, result: ActionResult::Unchanged }),
            Ok((silence, Ending::At(_) | Ending::Delete)) => return Ok(Ended { silence, result: ActionResult::Done }),
            Err(WriteError::Conflict) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(CommandError::Conflict(Refusal::KeepsChanging { kind: "Silence".into() }))
}

/// Ends a Silence that was read just now, as the field manager `manager`, and returns it as it is then, and how it was ended; of one
/// that was deleted, as it was before. Conflict where it has changed since.
pub async fn end_silence_as_read(
    api: &Api<Silence>,
    manager: &str,
    silence: Silence,
) -> Result<(Silence, Ending), WriteError> {
    let created = silence.metadata.creation_timestamp.as_ref().map_or_else(now, |at| at.0);
    let how = ending(&silence.spec, created, now());
    let name = silence.name_any();
    let silence = match how {
        Ending::Ended => silence,
        Ending::At(end) => {
            let patch = json!({"metadata": {"resourceVersion": silence.resource_version()},
                "spec": {"endsAt": end.to_string()}});
            let params = PatchParams { field_manager: Some(manager.into()), ..Default::default() };
            let ended = call(api.patch(&name, &params, &Patch::Merge(patch))).await?;
            wait_until(end, END_WAIT_MAX).await;
            ended
        }
        Ending::Delete => {
            let preconditions = Preconditions { uid: silence.uid(), resource_version: silence.resource_version() };
            let params = DeleteParams { preconditions: Some(preconditions), ..DeleteParams::default() };
            call(api.delete(&name, &params)).await?;
            silence
        }
    };
    Ok((silence, how))
}
