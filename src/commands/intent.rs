//! The Action of a command: recorded before the command changes anything, ended with its result.

use super::error::in_english;
use super::{CommandError, Context, Permit};
use crate::api::{
    Action, ActionReply, ActionRequest, ActionSpec, ActionStatus, RECORDED_BY, RECORDED_BY_FACADE, Subject,
    SubjectState,
};
use crate::domain::refusal::{InvalidInput, Refusal};
use crate::domain::thread::proof::PARAMETER_TEXT;
use crate::runtime::clock::now;
use crate::runtime::field_managers;
use crate::runtime::write::{WriteError, call, merge};
use jiff::{SignedDuration, Timestamp};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use kube::api::{Patch, PatchParams, PostParams};
use kube::{Api, ResourceExt as _};
use std::collections::BTreeMap;

/// The parameters of Actions of requests that store a Message: its name, and that of its Thread.
pub(super) use crate::domain::thread::proof::PARAMETER_MESSAGE as MESSAGE;
pub(super) const THREAD: &str = "thread";
/// Longest message of an Action, in characters.
const MESSAGE_MAX: usize = 1024;
/// Attempts to write the result against another replica that writes one.
const ATTEMPTS_MAX: usize = 3;
/// A command has ended this long after its Action was created, or the process that carried it out has.
pub(super) const COMMAND_MAX: SignedDuration = SignedDuration::from_mins(3);

/// What a command does, and to which object.
pub(super) struct Record {
    pub verb: &'static str,
    pub subject: Subject,
    pub before: SubjectState,
    pub parameters: BTreeMap<String, String>,
}

/// What the Action's status says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum ActionResult {
    Done,
    /// The state was already the wanted one.
    Unchanged,
    /// With the reason.
    Refused(Refusal),
    /// Whether it was done can't be told any more; with the reason.
    Unknown(Refusal),
}

impl ActionResult {
    fn as_str(&self) -> &'static str {
        match self {
            ActionResult::Done => "done",
            ActionResult::Unchanged => "unchanged",
            ActionResult::Refused(_) => "refused",
            ActionResult::Unknown(_) => "unknown",
        }
    }

    fn reason(&self) -> Option<&Refusal> {
        match self {
            ActionResult::Done | ActionResult::Unchanged => None,
            ActionResult::Refused(reason) | ActionResult::Unknown(reason) => Some(reason),
        }
    }
}

/// How far the command of an Action has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Progress {
    /// It has no result: the change may have been made or not.
    Begun,
    /// The change was made, or was not needed.
    Done,
    /// Nothing was changed.
    Refused,
    Unknown,
}

/// A recorded Action, as the API has it.
#[derive(Clone, Debug)]
pub struct Intent {
    pub(super) action: Action,
}

impl Intent {
    /// Records a command before it is carried out. Without this record nothing may be changed: a failure fails the command.
    pub(super) async fn begin(_permit: &Permit, context: &Context, record: Record) -> Result<Intent, CommandError> {
        let mut parameters = record.parameters;
        if let Some(name) = &context.request.message {
            parameters.insert(MESSAGE.into(), name.message.clone());
            parameters.insert(THREAD.into(), name.thread.clone());
            parameters.insert(PARAMETER_TEXT.into(), name.text.clone());
        }
        let spec = ActionSpec {
            verb: record.verb.to_string(),
            subject: record.subject,
            actor: context.caller.actor(),
            parameters,
            request: Some(ActionRequest {
                digest: context.request.digest.clone(),
                process: context.process.as_str().to_string(),
            }),
            before: Some(record.before),
        };
        let mut action = Action::new(&context.request.action, spec);
        action.annotations_mut().insert(RECORDED_BY.into(), RECORDED_BY_FACADE.into());
        let params = PostParams { field_manager: Some(field_managers::FACADE.into()), ..Default::default() };
        let api: Api<Action> = context.api();
        match call(api.create(&params, &action)).await {
            Ok(action) => Ok(Intent { action }),
            // Between looking it up and here: by another replica.
            Err(WriteError::Exists) => Err(CommandError::in_progress()),
            Err(error) => Err(error.into()),
        }
    }

    pub(super) fn name(&self) -> String {
        self.action.name_any()
    }

    pub(super) fn parameter(&self, name: &str) -> Option<&str> {
        self.action.spec.parameters.get(name).map(String::as_str)
    }

    /// When the Action was created, by the clock of the API server.
    pub(super) fn began_at(&self) -> Timestamp {
        self.action.metadata.creation_timestamp.as_ref().map_or_else(now, |at| at.0)
    }

    pub(super) fn progress(&self) -> Progress {
        let result = self.action.status.as_ref().and_then(|status| status.result.as_deref());
        match result {
            None => Progress::Begun,
            Some("done" | "unchanged") => Progress::Done,
            Some("refused") => Progress::Refused,
            Some(_) => Progress::Unknown,
        }
    }

    /// Records the result, with the response for a request that may be repeated.
    ///
    /// A failure is logged and does not fail the command: an Action without a result is completed later.
    pub(super) async fn end(&mut self, context: &Context, result: &ActionResult, reply: Option<ActionReply>) {
        let shown = |text: String| context.secrets.redact(&text).chars().take(MESSAGE_MAX).collect::<String>();
        let (reason, values) = result.reason().map(Refusal::recorded).unwrap_or_default();
        let status = ActionStatus {
            result: Some(result.as_str().into()),
            message: result.reason().map(|reason| shown(in_english(reason))),
            reason,
            values: values.into_iter().map(|(name, value)| (name, shown(value))).collect(),
            at: Some(Time(now())),
            reply,
            ..ActionStatus::default()
        };
        if let Err(error) = self.write_status(context, status).await {
            let (actor, verb, action) = (&self.action.spec.actor.name, &self.action.spec.verb, self.name());
            tracing::error!(%error, actor, verb, action, result = result.as_str(), "result of an Action not recorded yet");
        }
    }

    /// Adds the response to an Action that has its result.
    pub(super) async fn answer(&mut self, context: &Context, reply: Option<ActionReply>) {
        let status = self.action.status.clone().unwrap_or_default();
        if reply.is_none() {
            return;
        }
        if let Err(error) = self.write_status(context, ActionStatus { reply, ..status }).await {
            tracing::error!(%error, action = self.name(), "response not recorded: a repeated request gets another one");
        }
    }

    async fn write_status(&mut self, context: &Context, status: ActionStatus) -> Result<(), WriteError> {
        let api: Api<Action> = context.api();
        let params = PatchParams { field_manager: Some(field_managers::FACADE.into()), ..Default::default() };
        let name = self.name();
        for _ in 0..ATTEMPTS_MAX {
            // Nothing of an earlier attempt stays, such as why it was refused.
            let (before, version) = (self.action.status.as_ref(), self.action.resource_version());
            let patch = merge("status", before, &status, version.as_deref())?;
            match call(api.patch_status(&name, &params, &Patch::Merge(patch))).await {
                Err(WriteError::Conflict) => self.action = call(api.get(&name)).await?,
                other => {
                    self.action = other?;
                    return Ok(());
                }
            }
        }
        Err(WriteError::Conflict)
    }
}

/// What is known of a request before it is carried out.
#[derive(Debug)]
pub enum Earlier {
    /// Nothing: it is new.
    None,
    /// It was answered.
    Answered(ActionReply),
    /// It was recorded, and whatever carried it out has ended without an answer to be repeated.
    Unanswered(Box<Intent>),
}

/// Looks a request with a key up by its Action. Conflict while another process carries it out, and Invalid where the key was used
/// for another request. The caller sees to it that this process does not carry it out.
pub async fn look_up(context: &Context) -> Result<Earlier, CommandError> {
    let Some(digest) = &context.request.digest else { return Ok(Earlier::None) };
    let api: Api<Action> = context.api();
    let Some(action) = call(api.get_opt(&context.request.action)).await? else { return Ok(Earlier::None) };
    let request = action.spec.request.as_ref();
    let is_same = request.and_then(|request| request.digest.as_ref()) == Some(digest);
    if !is_same || action.spec.actor.name != context.caller.name || !action.is_of_facade() {
        return Err(CommandError::invalid("Idempotency-Key", InvalidInput::KeyReused));
    }
    let intent = Intent { action };
    let reply = intent.action.status.as_ref().and_then(|status| status.reply.clone());
    match (reply, intent.progress()) {
        (Some(reply), _) if reply.body.is_some() => Ok(Earlier::Answered(reply)),
        (Some(_), _) | (None, Progress::Refused | Progress::Unknown) => Ok(Earlier::Unanswered(Box::new(intent))),
        (None, _) if may_be_running(&intent.action, context, now()) => Err(CommandError::in_progress()),
        (None, _) => Ok(Earlier::Unanswered(Box::new(intent))),
    }
}

/// Whether another process may be carrying out the command of an Action.
fn may_be_running(action: &Action, context: &Context, now: Timestamp) -> bool {
    let process = action.spec.request.as_ref().map_or("", |request| request.process.as_str());
    process != context.process.as_str() && !context.process.replaces(process) && !is_over(action, now)
}

/// Whether the command of an Action began so long ago that it has ended, whichever process it was.
pub(super) fn is_over(action: &Action, now: Timestamp) -> bool {
    let began = action.metadata.creation_timestamp.as_ref();
    began.is_none_or(|began| now.duration_since(began.0) > COMMAND_MAX)
}
