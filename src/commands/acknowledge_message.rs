//! Acknowledges a Message that needs it: it leaves the inboxes.

use super::intent::{ActionResult, Intent, Progress, Record};
use super::{Command, CommandError, Context, Note, Objects, Stored};
use crate::api::{Message, MessagePhase, Phase, RecordedAcknowledgement, Subject, SubjectState};
use crate::domain::names::is_object_name;
use crate::domain::refusal::Refusal;
use crate::runtime::clock::now;
use crate::runtime::field_managers;
use crate::runtime::write::{WriteError, call};
use crate::views::{self, MessageView};
use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use kube::api::{Patch, PatchParams};
use kube::{Api, ResourceExt as _};
use serde_json::json;
use std::collections::BTreeMap;

/// The verb of its Actions.
pub(super) use crate::domain::transition::VERB_ACKNOWLEDGE_MESSAGE as VERB;
/// The parameters of its Actions.
const NOTE: &str = "note";
const UNTIL: &str = "until";
/// Attempts to write against concurrent edits of the Message.
const ATTEMPTS_MAX: usize = 5;

/// Acknowledges one Message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AcknowledgeMessage {
    pub message: String,
    pub note: Option<Note>,
    /// Until when it holds; it does not end where this is not given.
    pub until: Option<Timestamp>,
}

/// The Message as the API server returned it, and whether this changed it.
struct Written {
    message: Message,
    result: ActionResult,
}

/// What to do about the Message as it is now.
#[derive(Debug, PartialEq)]
enum Step {
    Write,
    /// This request acknowledged it before.
    Done,
    /// It is acknowledged, by itself or with its Finding.
    Keep,
    Refuse(Refusal),
}

impl Command for AcknowledgeMessage {
    type Output = MessageView;

    /// Writes the acknowledgement, and returns the Message as it will be once the operator has recorded it. The first person to
    /// acknowledge stays. NotFound where there is no such Message, Conflict where it needs no acknowledgement or its Finding is resolved,
    /// Invalid where `until` is over, and TooMany where the caller gave too many commands.
    async fn execute(
        self,
        context: &Context,
        earlier: Option<Intent>,
        stored: &Stored<MessageView>,
    ) -> Result<MessageView, CommandError> {
        let name = &self.message;
        let api: Api<Message> = context.api();
        let found = if is_object_name(name) { call(api.get_opt(name)).await? } else { None };
        let message = found.ok_or_else(|| CommandError::no_such("Message", name))?;
        let Some(mut intent) = earlier else {
            let record = self.record(context, &message)?;
            let permit = context.admit(Objects::ONE)?;
            let intent = Intent::begin(&permit, context, record).await?;
            return Box::pin(carry_out(context, intent, message, stored)).await;
        };
        match intent.progress() {
            Progress::Begun => Box::pin(carry_out(context, intent, message, stored)).await,
            Progress::Refused => {
                context.admit(Objects::ONE)?;
                Box::pin(carry_out(context, intent, message, stored)).await
            }
            Progress::Done | Progress::Unknown => {
                let view = Ok(view_of(context, message));
                intent.answer(context, stored(&view)).await;
                view
            }
        }
    }
}

impl AcknowledgeMessage {
    fn record(&self, context: &Context, message: &Message) -> Result<Record, CommandError> {
        let now = now();
        if let Some(until) = self.until.filter(|until| *until <= now) {
            return Err(CommandError::invalid(UNTIL, format!("{until} is over, should be after now, {now}")));
        }
        let note = self.note.as_ref().map(|note| context.secrets.redact(note.as_str()).into_owned());
        // The API keeps whole seconds.
        let whole = |until: Timestamp| Timestamp::from_second(until.as_second()).unwrap_or(until).to_string();
        let all = [(NOTE, note), (UNTIL, self.until.map(whole))];
        let given = all.into_iter().filter_map(|(name, value)| Some((name.to_string(), value?)));
        Ok(Record {
            verb: VERB,
            subject: Subject { kind: "Message".into(), name: message.name_any() },
            before: SubjectState { uid: message.uid(), generation: message.metadata.generation, occurrence: None },
            parameters: given.collect::<BTreeMap<_, _>>(),
        })
    }
}

/// Carries a request out of which an Action is recorded, and records the result. `message` is as it was read.
async fn carry_out(
    context: &Context,
    mut intent: Intent,
    message: Message,
    stored: &Stored<MessageView>,
) -> Result<MessageView, CommandError> {
    let (view, result) = match write(context, &intent, message).await {
        Ok(Written { message, result }) => (Ok(view_of(context, message)), result),
        Err(error @ CommandError::Unavailable { .. }) => {
            match call(context.api::<Message>().get_opt(&intent.action.spec.subject.name)).await {
                Ok(Some(message)) if next_step(&intent, &message, false) == Step::Done => {
                    (Ok(view_of(context, message)), ActionResult::Done)
                }
                Ok(_) => (Err(error.clone()), ActionResult::Refused(error.refusal())),
                // It stays without a result, and is completed once the API can be read.
                Err(_) => return Err(error),
            }
        }
        Err(error) => (Err(error.clone()), ActionResult::Refused(error.refusal())),
    };
    intent.end(context, &result, stored(&view)).await;
    view
}

/// Completes an Action that was left without a result.
pub(super) async fn complete(context: &Context, mut intent: Intent) -> Result<(), CommandError> {
    let name = intent.action.spec.subject.name.clone();
    let Some(message) = call(context.api::<Message>().get_opt(&name)).await? else {
        let error = CommandError::NotFound(Refusal::Deleted { name });
        intent.end(context, &ActionResult::Refused(error.refusal()), None).await;
        return Err(error);
    };
    Box::pin(carry_out(context, intent, message, &|_| None)).await.map(drop)
}

async fn write(context: &Context, intent: &Intent, mut message: Message) -> Result<Written, CommandError> {
    let api: Api<Message> = context.api();
    let name = &intent.action.spec.subject.name;
    let params = PatchParams { field_manager: Some(field_managers::FACADE.into()), ..Default::default() };
    for _ in 0..ATTEMPTS_MAX {
        match next_step(intent, &message, is_over(context, &message)) {
            Step::Refuse(reason) => return Err(CommandError::Conflict(reason)),
            Step::Done => return Ok(Written { message, result: ActionResult::Done }),
            Step::Keep => return Ok(Written { message, result: ActionResult::Unchanged }),
            Step::Write => {}
        }
        let acknowledgement = json!({
            "by": intent.action.spec.actor.name, "note": intent.parameter(NOTE), "until": intent.parameter(UNTIL),
            "at": intent.began_at().to_string(), "action": intent.name(),
        });
        let patch = json!({
            "metadata": {"resourceVersion": message.resource_version()},
            "spec": {"acknowledgement": acknowledgement},
        });
        match call(api.patch(name, &params, &Patch::Merge(patch))).await {
            Ok(message) => return Ok(Written { message, result: ActionResult::Done }),
            Err(WriteError::Conflict) => message = call(api.get(name)).await?,
            Err(error) => return Err(error.into()),
        }
    }
    Err(CommandError::Conflict(Refusal::KeepsChanging { kind: "Message".into() }))
}

/// Whether the Finding of the Message's Thread is resolved, which the operator archives the Message for.
fn is_over(context: &Context, message: &Message) -> bool {
    let thread = context.resources.thread(&message.spec.thread);
    let finding = thread.as_ref().and_then(|thread| thread.spec.finding.as_deref());
    let finding = finding.and_then(|finding| context.resources.finding(finding));
    finding.is_some_and(|finding| views::phase(&finding) == Some(Phase::Resolved))
}

fn next_step(intent: &Intent, message: &Message, is_over: bool) -> Step {
    let name = &intent.action.spec.subject.name;
    let status = message.status.as_ref();
    if intent.action.spec.before.as_ref().is_some_and(|before| before.uid != message.metadata.uid) {
        return Step::Refuse(Refusal::Recreated { name: name.clone() });
    }
    match &message.spec.acknowledgement {
        Some(written) if written.action.as_deref() == Some(intent.name().as_str()) => return Step::Done,
        Some(_) => return Step::Keep,
        None => {}
    }
    match status.and_then(|status| status.phase) {
        _ if !message.spec.needs_ack => Step::Refuse(Refusal::NoAcknowledgementNeeded { message: name.clone() }),
        Some(MessagePhase::Archived) => Step::Refuse(Refusal::MessageArchived { message: name.clone() }),
        _ if status.is_some_and(|status| status.acknowledgement.is_some()) => Step::Keep,
        _ if is_over => Step::Refuse(Refusal::FindingOfMessageResolved { message: name.clone() }),
        _ => Step::Write,
    }
}

/// The Message as it will be once the operator has recorded the acknowledgement: those with an Action are proven.
fn view_of(context: &Context, mut message: Message) -> MessageView {
    let written = message.spec.acknowledgement.clone();
    let status = message.status.get_or_insert_default();
    if let (Some(written), None) = (written, &status.acknowledgement) {
        status.phase = Some(MessagePhase::Acknowledged);
        status.acknowledgement = Some(RecordedAcknowledgement {
            by: written.by,
            note: written.note,
            at: written.at.unwrap_or_else(|| Time(now())),
            until: written.until,
            of_finding: false,
            proven: written.action.is_some(),
        });
    }
    context.resources.message_view(&message)
}
