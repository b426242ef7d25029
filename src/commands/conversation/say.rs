//! Stores a person's Message, once for each request.

use super::instruction::{self, Instruction};
use super::utterance::{Place, Utterance};
use crate::api::{ActionReply, Author, AuthorKind, Message, MessageSpec, Subject, SubjectState, Thread, ThreadSpec};
use crate::commands::intent::{ActionResult, Intent, MESSAGE, Progress, Record};
use crate::commands::request::MessageName;
use crate::commands::{CommandError, Context, Objects};
use crate::domain::explained::REASON_EXPLAINED;
use crate::domain::refusal::Refusal;
use crate::domain::thread::names::{message_name, text_digest};
use crate::runtime::clock::now_in_micros;
use crate::runtime::field_managers;
use crate::runtime::write::{WriteError, call};
use crate::telemetry::Limit;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::MicroTime;
use kube::api::PostParams;
use kube::{Api, ResourceExt as _};
use std::collections::BTreeMap;

pub(in crate::commands) use crate::domain::thread::proof::{VERB_CHAT, VERB_EXPLAIN, VERB_REPLY};

/// A Message that was stored.
#[derive(Debug)]
pub(super) struct Said {
    pub message: Message,
    /// The Action, unless it is needed no more.
    pub intent: Option<Intent>,
}

/// The response to be stored for what came of a request: [`crate::commands::Stored`] in terms of the Message.
pub(super) type Kept<'a> = dyn Fn(&Result<Message, CommandError>) -> Option<ActionReply> + Send + Sync + 'a;

/// Carries out the command that a text gives, if any, and stores the Message. A closed Thread is a Conflict.
pub(super) async fn say(
    context: &Context,
    verb: &'static str,
    earlier: Option<Intent>,
    said: &Utterance,
    stored: &Kept<'_>,
) -> Result<Said, CommandError> {
    let thread = said.place.name();
    let message = message_name(&thread, context.request.action());
    let text = text_digest(&said.text);
    let request = context.request.clone().storing(MessageName { thread, message, text });
    let context = &Context { request, ..context.clone() };
    // A repeated request is understood as it was at first.
    let may_command = match &earlier {
        _ if said.explains.is_some() => false,
        Some(intent) => !matches!(intent.action.spec.verb.as_str(), VERB_REPLY | VERB_CHAT),
        None => said.place.refusal().is_none(),
    };
    match instruction::in_text(&said.text).filter(|_| may_command) {
        Some(instruction) => Box::pin(instructed(context, earlier, said, instruction, stored)).await,
        None => Box::pin(plain(context, verb, earlier, said, stored)).await,
    }
}

/// Stores a Message that gives no command.
async fn plain(
    context: &Context,
    verb: &'static str,
    earlier: Option<Intent>,
    said: &Utterance,
    stored: &Kept<'_>,
) -> Result<Said, CommandError> {
    let Some(mut intent) = earlier else {
        let permit = context.admit(Objects::ONE)?;
        let (subject, before) = said.explains.clone().unwrap_or_else(|| of_thread(&said.place));
        let record = Record { verb, subject, before, parameters: BTreeMap::new() };
        let intent = Intent::begin(&permit, context, record).await?;
        return Box::pin(carry_out(context, intent, said, stored)).await;
    };
    match intent.progress() {
        Progress::Begun => Box::pin(carry_out(context, intent, said, stored)).await,
        Progress::Refused => {
            context.admit(Objects::ONE)?;
            Box::pin(carry_out(context, intent, said, stored)).await
        }
        Progress::Done | Progress::Unknown => {
            let found = own(context).await?;
            let gone = || CommandError::NotFound(Refusal::MessageDeleted);
            let message = found.ok_or_else(gone);
            intent.answer(context, stored(&message)).await;
            Ok(Said { message: message?, intent: Some(intent) })
        }
    }
}

/// The Thread that a Message is added to, as its Action has it.
fn of_thread(place: &Place) -> (Subject, SubjectState) {
    let before = match place {
        Place::Thread(thread) => {
            SubjectState { uid: thread.uid(), generation: thread.metadata.generation, occurrence: None }
        }
        Place::New(..) => SubjectState::default(),
    };
    (Subject { kind: "Thread".into(), name: place.name() }, before)
}

/// Stores the Message of an Action, and records the result.
async fn carry_out(
    context: &Context,
    mut intent: Intent,
    said: &Utterance,
    stored: &Kept<'_>,
) -> Result<Said, CommandError> {
    let (message, result) = match store(context, said).await {
        Ok(message) => (Ok(message), ActionResult::Done),
        Err(error) if error.is_uncertain() => match own(context).await {
            Ok(Some(message)) => (Ok(message), ActionResult::Done),
            Ok(None) => (Err(error.clone()), ActionResult::Refused(error.refusal())),
            // It stays without a result, and is completed once the API can be read.
            Err(_) => return Err(error),
        },
        Err(error) => (Err(error.clone()), ActionResult::Refused(error.refusal())),
    };
    intent.end(context, &result, stored(&message)).await;
    Ok(Said { message: message?, intent: Some(intent) })
}

/// Carries a command out, and stores the Message that gave it, also where the command was refused: the answer tells.
async fn instructed(
    context: &Context,
    earlier: Option<Intent>,
    said: &Utterance,
    instruction: Instruction,
    stored: &Kept<'_>,
) -> Result<Said, CommandError> {
    let recorded = Box::pin(instruction::carry_out(context, earlier, said, instruction)).await?;
    let message = store(context, said).await?;
    // Only a request with a key can be repeated.
    let mut intent = match (recorded, context.request.is_keyed()) {
        (Some(intent), _) => Some(intent),
        (None, true) => instruction::recorded(context).await?,
        (None, false) => None,
    };
    if let Some(intent) = &mut intent {
        intent.answer(context, stored(&Ok(message.clone()))).await;
    }
    Ok(Said { message, intent })
}

/// Creates the Thread, where the request begins one, and the Message. What an earlier attempt made is found again.
async fn store(context: &Context, said: &Utterance) -> Result<Message, CommandError> {
    let thread = said.place.name();
    if let Some(refusal) = said.place.refusal() {
        // An earlier attempt may have stored it before.
        return match own(context).await? {
            Some(message) => Ok(message),
            None => Err(refuse(context, &thread, refusal)),
        };
    }
    if let Place::New(name, spec) = &said.place {
        begin_thread(context, name, spec).await?;
    }
    let spec = MessageSpec {
        thread: thread.clone(),
        author: Author { kind: AuthorKind::Person, name: context.caller.name.clone() },
        body: said.text.clone(),
        in_reply_to: said.in_reply_to.clone(),
        recipients: Vec::new(),
        needs_ack: false,
        at: Some(MicroTime(now_in_micros())),
        tier: None,
        citations: Vec::new(),
        grounded: None,
        reason: said.explains.is_some().then(|| REASON_EXPLAINED.to_string()),
        severity: None,
        finding: said.finding.clone().filter(|finding| said.place.finding() != Some(finding)),
        scenario: said.scenario.clone(),
        action: Some(context.request.action().to_string()),
        acknowledgement: None,
    };
    let name = message_name(&thread, context.request.action());
    match call(context.api::<Message>().create(&params(), &Message::new(&name, spec))).await {
        Err(WriteError::Exists) => {
            let taken = || CommandError::Conflict(Refusal::NameTaken { kind: "Message".into(), name: name.clone() });
            own(context).await?.ok_or_else(taken)
        }
        other => Ok(other?),
    }
}

fn refuse(context: &Context, thread: &str, refusal: Refusal) -> CommandError {
    if matches!(refusal, Refusal::ThreadFull { .. }) {
        context.metrics.limit_reached(Limit::RepliesOfThread, format_args!("of {thread}"));
    }
    CommandError::Conflict(refusal)
}

async fn begin_thread(context: &Context, name: &str, spec: &ThreadSpec) -> Result<(), CommandError> {
    let api: Api<Thread> = context.api();
    match call(api.create(&params(), &Thread::new(name, spec.clone()))).await {
        Err(WriteError::Exists) => {
            let existing = call(api.get(name)).await?;
            let taken = || CommandError::Conflict(Refusal::NameTaken { kind: "Thread".into(), name: name.into() });
            if existing.spec.conversation == spec.conversation { Ok(()) } else { Err(taken()) }
        }
        other => Ok(other.map(drop)?),
    }
}

fn params() -> PostParams {
    PostParams { field_manager: Some(field_managers::FACADE.into()), ..Default::default() }
}

/// In whole microseconds: the API keeps no more.
/// The Message that this request stored.
async fn own(context: &Context) -> Result<Option<Message>, CommandError> {
    let Some(name) = &context.request.message else { return Ok(None) };
    find(context, &name.message).await
}

/// The Message of this name, where the Action of the request names it.
async fn find(context: &Context, name: &str) -> Result<Option<Message>, CommandError> {
    let found = call(context.api::<Message>().get_opt(name)).await?;
    let action = Some(context.request.action());
    let is_own =
        |message: &Message| message.spec.author.name == context.caller.name && message.spec.action.as_deref() == action;
    Ok(found.filter(is_own))
}

/// Completes an Action that was left without a result. The text is not in it: a Message that was not stored is not stored any more, and
/// its sender got no answer.
pub(in crate::commands) async fn complete(context: &Context, mut intent: Intent) -> Result<(), CommandError> {
    let api: Api<Message> = context.api();
    let stored = match intent.parameter(MESSAGE) {
        Some(name) => call(api.get_opt(name)).await?,
        None => None,
    };
    let (action, author) = (intent.name(), &intent.action.spec.actor.name);
    let is_own = |message: &Message| message.spec.author.name == *author && message.spec.action == Some(action.clone());
    match stored.filter(is_own) {
        Some(_) => {
            intent.end(context, &ActionResult::Done, None).await;
            Ok(())
        }
        None => {
            intent.end(context, &ActionResult::Refused(Refusal::MessageNotStored), None).await;
            Err(CommandError::Conflict(Refusal::MessageNotStored))
        }
    }
}
