//! Acknowledges a Message that needs it: it leaves the inboxes.

use super::change::{self, Change, Made, Step};
use super::intent::{ActionResult, Intent, Record};
use super::{Command, CommandError, Context, Note, Objects, Stored};
use crate::api::{Message, MessagePhase, Phase, RecordedAcknowledgement, Subject, SubjectState};
use crate::domain::names::is_object_name;
use crate::domain::notice::flapping::flapping;
use crate::domain::refusal::{InvalidInput, Refusal};
use crate::runtime::clock::now;
use crate::runtime::write::call;
use crate::views::{self, MessageView};
use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use kube::{Api, ResourceExt as _};
use serde_json::json;
use std::collections::BTreeMap;

/// The verb of its Actions.
pub(super) use crate::domain::transition::VERB_ACKNOWLEDGE_MESSAGE as VERB;
/// The parameters of its Actions.
const NOTE: &str = "note";
const UNTIL: &str = "until";

/// Acknowledges one Message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AcknowledgeMessage {
    pub message: String,
    pub note: Option<Note>,
    /// Until when it holds; it does not end where this is not given.
    pub until: Option<Timestamp>,
}

/// How it is written.
struct OfMessage;

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
        let Some(intent) = earlier else {
            let record = self.record(context, &message)?;
            let permit = context.admit(Objects::ONE)?;
            let intent = Intent::begin(&permit, context, record).await?;
            return Box::pin(change::carry_out(OfMessage, context, intent, message, stored)).await;
        };
        Box::pin(change::resume(OfMessage, context, intent, message, stored)).await
    }
}

impl AcknowledgeMessage {
    fn record(&self, context: &Context, message: &Message) -> Result<Record, CommandError> {
        let now = now();
        if let Some(until) = self.until.filter(|until| *until <= now) {
            return Err(CommandError::invalid(UNTIL, InvalidInput::IsOver { until, now }));
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

/// Completes an Action that was left without a result.
pub(super) async fn complete(context: &Context, intent: Intent) -> Result<(), CommandError> {
    change::complete(OfMessage, context, intent).await
}

impl Change for OfMessage {
    type Object = Message;
    type View = MessageView;
    const KIND: &'static str = "Message";

    fn next_step(&mut self, context: &Context, intent: &Intent, message: &Message) -> Step {
        next_step(intent, message, is_over(context, message))
    }

    fn made(&self, intent: &Intent, message: Option<&Message>) -> Made {
        let is_done =
            message.is_some_and(|message| next_step(intent, message, false) == Step::Keep(ActionResult::Done));
        if is_done { Made::Yes } else { Made::No }
    }

    fn view(&self, context: &Context, _intent: &Intent, message: Message) -> MessageView {
        view_of(context, message)
    }
}

/// Whether the Finding of the Message's Thread is resolved, which the operator archives the Message for. While it flaps, the Message
/// stays in the inbox, and can be acknowledged.
fn is_over(context: &Context, message: &Message) -> bool {
    let thread = context.resources.thread(&message.spec.thread);
    let finding = thread.as_ref().and_then(|thread| thread.spec.finding.as_deref());
    let finding = finding.and_then(|finding| context.resources.finding(finding));
    finding.is_some_and(|finding| {
        let flaps = finding.status.as_ref().is_some_and(|status| flapping(&status.transitions, now()).is_some());
        views::phase(&finding) == Some(Phase::Resolved) && !flaps
    })
}

fn next_step(intent: &Intent, message: &Message, is_over: bool) -> Step {
    let refuse = |reason: Refusal| Step::Refuse(CommandError::Conflict(reason));
    let name = &intent.action.spec.subject.name;
    let status = message.status.as_ref();
    if intent.action.spec.before.as_ref().is_some_and(|before| before.uid != message.metadata.uid) {
        return refuse(Refusal::Recreated { name: name.clone() });
    }
    match &message.spec.acknowledgement {
        // This request acknowledged it before.
        Some(written) if written.action.as_deref() == Some(intent.name().as_str()) => {
            return Step::Keep(ActionResult::Done);
        }
        Some(_) => return Step::Keep(ActionResult::Unchanged),
        None => {}
    }
    match status.and_then(|status| status.phase) {
        _ if !message.spec.needs_ack => refuse(Refusal::NoAcknowledgementNeeded { message: name.clone() }),
        Some(MessagePhase::Archived) => refuse(Refusal::MessageArchived { message: name.clone() }),
        // It is acknowledged with its Finding.
        _ if status.is_some_and(|status| status.acknowledgement.is_some()) => Step::Keep(ActionResult::Unchanged),
        _ if is_over => refuse(Refusal::FindingOfMessageResolved { message: name.clone() }),
        _ => Step::Write(json!({
            "by": intent.action.spec.actor.name, "note": intent.parameter(NOTE), "until": intent.parameter(UNTIL),
            "at": intent.began_at().to_string(), "action": intent.name(),
        })),
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
