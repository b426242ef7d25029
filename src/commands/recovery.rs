//! Completes the Actions that were left without a result: by a process that ended, or because the API could not be written.
//!
//! An Action is completed by what its object says now: where the change was made, its result is recorded; where it was not, it is
//! made now, except for a new Silence or Message, which is refused then. Any replica may do it, also two at once: the change is one that is made once ([`super::acknowledge`],
//! [`super::run`]), and the result is written with the resource version.

use super::intent::{ActionResult, Intent, is_over};
use super::{
    Caller, CommandError, Context, Interface, acknowledge, acknowledge_message, conversation, reclassify, release,
    request_advice, run, sign_out, silence, take_over, unacknowledge, vote_advice,
};
use crate::api::Action;
use crate::domain::owner::{VERB_RELEASE, VERB_TAKE_OVER};
use crate::domain::refusal::Refusal;
use crate::domain::transition::VERB_ACKNOWLEDGE;
use crate::runtime::clock::now;
use crate::runtime::retry::RetryPolicy;
use crate::runtime::write::{WriteError, call};
use jiff::Timestamp;
use kube::api::ListParams;
use kube::core::DeserializeGuard;
use kube::{Api, ResourceExt as _};
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// Selects the Actions without a result.
const WITHOUT_RESULT: &str = "status.result=";
/// Actions of one page.
const PAGE: u32 = 100;
/// Between two rounds, where Actions are left that another process may be carrying out.
const INTERVAL_LEFT: Duration = Duration::from_secs(30);
/// Between two rounds.
const INTERVAL: Duration = Duration::from_secs(600);
/// Between two rounds after a failure.
const FAILURES: RetryPolicy = RetryPolicy { first: Duration::from_millis(500), longest: Duration::from_secs(30) };

/// Whether the Actions of before the start were completed. Clones share it.
#[derive(Clone, Debug)]
pub struct RecoveryState(watch::Receiver<bool>);

impl RecoveryState {
    /// Of a process that has nothing to complete.
    pub fn complete() -> RecoveryState {
        RecoveryState(watch::channel(true).1)
    }

    /// Unavailable while Actions of before the start are being completed.
    pub fn require(&self) -> Result<(), CommandError> {
        match *self.0.borrow() {
            true => Ok(()),
            false => Err(CommandError::unavailable("the actions of before the start are being completed")),
        }
    }

    /// Waits until they are completed, or for this long.
    pub async fn wait(&self, most: Duration) {
        let mut complete = self.0.clone();
        // It fails only once the task has ended, after which there is nothing to wait for.
        let _ = tokio::time::timeout(most, complete.wait_for(|complete| *complete)).await;
    }
}

/// The task that completes them.
pub struct Recovery {
    pub state: RecoveryState,
    task: JoinHandle<()>,
}

/// What a round left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Left {
    Nothing,
    /// Actions that another process may be carrying out.
    Running,
}

impl Recovery {
    /// Starts it; it works until it is dropped. The caller of the context is not used.
    pub fn start(context: Context) -> Recovery {
        let (complete, state) = watch::channel(false);
        let task = tokio::spawn(async move {
            let mut failures = 0;
            loop {
                let interval = match round(&context).await {
                    Ok(left) => {
                        failures = 0;
                        complete.send_replace(true);
                        if left == Left::Running { INTERVAL_LEFT } else { INTERVAL }
                    }
                    // The definition of the kind is of an older version.
                    Err(WriteError::Api(error)) if is_refused(&error) => {
                        tracing::warn!(%error, "Actions without a result are not completed: the API server does not select them");
                        complete.send_replace(true);
                        INTERVAL
                    }
                    Err(error) => {
                        tracing::warn!(%error, "Actions without a result are not completed yet");
                        failures += 1;
                        FAILURES.interval(failures - 1)
                    }
                };
                tokio::time::sleep(interval).await;
            }
        });
        Recovery { state: RecoveryState(state), task }
    }
}

impl Drop for Recovery {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn is_refused(error: &kube::Error) -> bool {
    matches!(error, kube::Error::Api(status) if matches!(status.code, 400 | 403))
}

/// Completes all that can be. An error is one of listing, or of an API that is not available.
pub(super) async fn round(context: &Context) -> Result<Left, WriteError> {
    let api: Api<DeserializeGuard<Action>> = context.api();
    let mut params = ListParams { limit: Some(PAGE), ..ListParams::default() }.fields(WITHOUT_RESULT);
    let mut left = Left::Nothing;
    loop {
        let page = call(api.list(&params)).await?;
        for action in page.items {
            // What cannot be decoded was not recorded by the facade.
            let Ok(action) = action.0 else { continue };
            if action.spec.request.is_none() || !action.is_of_facade() {
                continue;
            }
            if !is_left(&action, context, now()) {
                left = Left::Running;
                continue;
            }
            complete(context, action).await?;
        }
        params.continue_token = page.metadata.continue_.filter(|token| !token.is_empty());
        if params.continue_token.is_none() {
            return Ok(left);
        }
    }
}

/// Whether no process is carrying an Action out, as far as can be told.
fn is_left(action: &Action, context: &Context, now: Timestamp) -> bool {
    let process = action.spec.request.as_ref().map_or("", |request| request.process.as_str());
    context.process.replaces(process) || is_over(action, now)
}

/// Completes one Action. An error says that the API is not available.
async fn complete(context: &Context, action: Action) -> Result<(), WriteError> {
    let (name, verb) = (action.name_any(), action.spec.verb.clone());
    let actor = action.spec.actor.clone();
    let caller = Caller { name: actor.name.clone(), roles: actor.roles, interface: Interface::Rest };
    let context = Context { caller, ..context.clone() };
    let mut intent = Intent { action };
    let result = match verb.as_str() {
        VERB_ACKNOWLEDGE => Box::pin(acknowledge::complete(&context, intent, &|_| None)).await.map(drop),
        unacknowledge::VERB => Box::pin(unacknowledge::complete(&context, intent)).await,
        acknowledge_message::VERB => Box::pin(acknowledge_message::complete(&context, intent)).await,
        VERB_TAKE_OVER => Box::pin(take_over::complete(&context, intent)).await,
        VERB_RELEASE => Box::pin(release::complete(&context, intent)).await,
        conversation::VERB_REPLY | conversation::VERB_CHAT | conversation::VERB_EXPLAIN => {
            Box::pin(conversation::complete(&context, intent)).await
        }
        run::VERB => Box::pin(run::carry_out(&context, &mut intent, &|_| None)).await.map(drop),
        request_advice::VERB => Box::pin(request_advice::complete(&context, intent)).await,
        vote_advice::VERB => vote_advice::complete(&context, intent).await,
        silence::VERB_MAKE => Box::pin(silence::complete_make(&context, intent)).await,
        silence::VERB_LIFT => Box::pin(silence::complete_lift(&context, intent)).await,
        silence::VERB_END => Box::pin(silence::complete_end(&context, intent)).await,
        sign_out::VERB => sign_out::complete(&context, intent).await,
        reclassify::VERB => reclassify::complete(&context, intent).await,
        // Of a later version of the program.
        _ => {
            let reason = Refusal::UnknownVerb { verb: verb.clone() };
            intent.end(&context, &ActionResult::Unknown(reason.clone()), None).await;
            Err(CommandError::Conflict(reason))
        }
    };
    match result {
        Err(CommandError::Unavailable { .. }) => return Err(WriteError::Timeout),
        Err(error) => {
            tracing::warn!(action = name, verb, actor = actor.name, %error, "Action of before completed: not done")
        }
        Ok(()) => tracing::info!(action = name, verb, actor = actor.name, "Action of before completed: done"),
    }
    Ok(())
}
