//! Records commands as Actions.

use super::{CommandError, Context, Permit};
use crate::api::{Action, ActionSpec, ActionStatus, Subject};
use crate::runtime::clock::now;
use crate::runtime::field_managers;
use crate::runtime::write::call;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use kube::Api;
use kube::api::{Patch, PatchParams, PostParams};
use serde_json::json;
use std::collections::BTreeMap;

/// Longest message of an Action, in characters.
const MESSAGE_MAX: usize = 1024;

/// What a command does, and to which object.
pub(super) struct Record<'a> {
    pub verb: &'static str,
    pub kind: &'static str,
    pub name: &'a str,
    pub parameters: BTreeMap<String, String>,
}

/// What the Action's status says.
pub(super) enum ActionResult {
    Done,
    /// The state was already the wanted one.
    Unchanged,
    /// With the reason.
    Refused(String),
}

impl ActionResult {
    fn as_str(&self) -> &'static str {
        match self {
            ActionResult::Done => "done",
            ActionResult::Unchanged => "unchanged",
            ActionResult::Refused(_) => "refused",
        }
    }
}

impl Record<'_> {
    /// Writes the Action of a command that succeeded.
    pub(super) async fn succeeded(self, _permit: &Permit, context: &Context, result: ActionResult) {
        self.write(context, result).await;
    }

    /// Writes the Action of a command that failed. None is written where the object does not exist.
    pub(super) async fn failed(self, _permit: &Permit, context: &Context, error: &CommandError) {
        if !matches!(error, CommandError::NotFound(_)) {
            let reason = context.secrets.redact(&error.to_string()).chars().take(MESSAGE_MAX).collect();
            self.write(context, ActionResult::Refused(reason)).await;
        }
    }

    /// A failure to write the Action is logged and does not fail the command.
    async fn write(self, context: &Context, result: ActionResult) {
        let name = format!("{}-{}", self.verb, uuid::Uuid::new_v4().simple());
        let spec = ActionSpec {
            verb: self.verb.to_string(),
            subject: Subject { kind: self.kind.to_string(), name: self.name.to_string() },
            actor: context.caller.actor(),
            parameters: self.parameters,
        };
        let word = result.as_str();
        let message = match result {
            ActionResult::Refused(reason) => Some(reason),
            ActionResult::Done | ActionResult::Unchanged => None,
        };
        let status = ActionStatus { result: Some(word.into()), message, at: Some(Time(now())) };
        let api: Api<Action> = context.api();
        let written = async {
            let params = PostParams { field_manager: Some(field_managers::FACADE.into()), ..Default::default() };
            call(api.create(&params, &Action::new(&name, spec))).await?;
            let params = PatchParams { field_manager: Some(field_managers::FACADE.into()), ..Default::default() };
            call(api.patch_status(&name, &params, &Patch::Merge(json!({"status": status})))).await
        };
        if let Err(error) = written.await {
            let actor = &context.caller.name;
            tracing::error!(%error, actor, verb = self.verb, subject = self.name, result = word, "Action not recorded");
        }
    }
}
