//! The record of what people did here.

use super::auth::Caller;
use super::{Backend, MANAGER};
use crate::api::{Action, ActionSpec, ActionStatus, Actor, Subject};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use kube::Api;
use kube::api::{Patch, PatchParams, PostParams};
use serde_json::json;
use std::collections::BTreeMap;

/// What somebody did to what.
pub struct Deed<'a> {
    pub verb: &'a str,
    pub kind: &'a str,
    pub name: &'a str,
    pub parameters: BTreeMap<String, String>,
}

impl Backend {
    /// Puts a deed on record with how it went. A record that can't be kept refuses nothing: it is logged.
    pub(super) async fn record(&self, caller: &Caller, deed: Deed<'_>, result: &str) {
        let name = format!("{}-{}", deed.verb, uuid::Uuid::new_v4().simple());
        let spec = ActionSpec {
            verb: deed.verb.to_string(),
            subject: Subject { kind: deed.kind.to_string(), name: deed.name.to_string() },
            actor: Actor { name: caller.name.clone(), roles: caller.roles.clone(), via: "rest".into() },
            parameters: deed.parameters,
        };
        let api: Api<Action> = Api::namespaced(self.client.clone(), &self.namespace);
        let params = PostParams { field_manager: Some(MANAGER.into()), ..Default::default() };
        let status =
            ActionStatus { result: Some(result.to_string()), message: None, at: Some(Time(crate::controllers::now())) };
        let kept = async {
            api.create(&params, &Action::new(&name, spec)).await?;
            let params = PatchParams { field_manager: Some(MANAGER.into()), ..Default::default() };
            api.patch_status(&name, &params, &Patch::Merge(json!({"status": status}))).await
        };
        if let Err(error) = kept.await {
            let who = &caller.name;
            tracing::error!(%error, who, verb = deed.verb, subject = deed.name, result, "Action not recorded");
        }
    }
}
