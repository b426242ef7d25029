//! The record of what people did here.

use super::Backend;
use super::auth::Caller;
use super::problem::Problem;
use crate::api::{Action, ActionSpec, ActionStatus, Actor, Subject};
use crate::runtime::clock::now;
use crate::runtime::field_managers;
use crate::runtime::write::call;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use kube::Api;
use kube::api::{Patch, PatchParams, PostParams};
use serde_json::json;
use std::collections::BTreeMap;

/// As long as the message of an Action may be.
const MESSAGE_MAX: usize = 1024;

/// What somebody did to what.
pub struct Deed<'a> {
    pub verb: &'a str,
    pub kind: &'a str,
    pub name: &'a str,
    pub parameters: BTreeMap<String, String>,
}

/// How it went.
pub enum Outcome {
    Done,
    /// It was so already.
    Unchanged,
    /// And why.
    Refused(String),
}

impl Outcome {
    /// Of something that a problem came of.
    pub fn of(problem: &Problem) -> Outcome {
        Outcome::Refused(problem.detail.chars().take(MESSAGE_MAX).collect())
    }
}

impl Backend {
    /// Puts a deed on record with how it went. A record that can't be kept refuses nothing: it is logged.
    pub(super) async fn record(&self, caller: &Caller, deed: Deed<'_>, outcome: Outcome) {
        let (result, message) = match outcome {
            Outcome::Done => ("done", None),
            Outcome::Unchanged => ("unchanged", None),
            Outcome::Refused(why) => ("refused", Some(why)),
        };
        let name = format!("{}-{}", deed.verb, uuid::Uuid::new_v4().simple());
        let spec = ActionSpec {
            verb: deed.verb.to_string(),
            subject: Subject { kind: deed.kind.to_string(), name: deed.name.to_string() },
            actor: Actor { name: caller.name.clone(), roles: caller.roles.clone(), via: "rest".into() },
            parameters: deed.parameters,
        };
        let api: Api<Action> = Api::namespaced(self.client.clone(), &self.namespace);
        let params = PostParams { field_manager: Some(field_managers::FACADE.into()), ..Default::default() };
        let status = ActionStatus { result: Some(result.into()), message, at: Some(Time(now())) };
        let kept = async {
            call(api.create(&params, &Action::new(&name, spec))).await?;
            let params = PatchParams { field_manager: Some(field_managers::FACADE.into()), ..Default::default() };
            call(api.patch_status(&name, &params, &Patch::Merge(json!({"status": status})))).await
        };
        if let Err(error) = kept.await {
            let who = &caller.name;
            tracing::error!(%error, who, verb = deed.verb, subject = deed.name, result, "Action not recorded");
        }
    }
}
