//! The Actions that record digests.

use crate::api::{Action, ActionSpec, ActionStatus, Actor, DigestNotice, Subject};
use crate::controllers::context::Context;
use crate::domain::notice::digest_delivery::{Record, VERB, action_name, date_of, result};
use crate::runtime::clock::now;
use crate::runtime::field_managers;
use crate::runtime::leadership::WriteFence;
use crate::runtime::write::{WriteError, call};
use jiff::Timestamp;
use jiff::civil::Date;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{ObjectMeta, Time};
use kube::api::{ListParams, Patch, PatchParams, PostParams};
use kube::core::DeserializeGuard;
use kube::{Api, ResourceExt as _};
use serde_json::json;

/// The Agent in whose name digests are sent.
const AGENT: &str = crate::domain::agents::MAESTRO;
/// Actions of one page.
const PAGE: u32 = 500;

/// A digest as it was read, with its version.
#[derive(Clone, Debug)]
pub struct Stored {
    pub record: Record,
    version: Option<String>,
}

/// Reads and writes them.
pub struct Actions {
    reads: Api<DeserializeGuard<Action>>,
    writes: Api<Action>,
    fence: WriteFence,
}

impl Actions {
    pub fn new(context: &Context) -> Actions {
        let (client, namespace) = (&context.client, &context.namespace);
        Actions {
            reads: Api::namespaced(client.clone(), namespace),
            writes: Api::namespaced(client.clone(), namespace),
            fence: context.fence.clone(),
        }
    }

    /// The digests that are not ended, and all from a date on. One that cannot be decoded counts as ended: its date is not begun again.
    pub async fn list(&self, since: Date) -> Result<Vec<Stored>, WriteError> {
        let mut params = ListParams::default().fields(&format!("spec.verb={VERB}")).limit(PAGE);
        let mut found = Vec::new();
        loop {
            let page = call(self.reads.list(&params)).await?;
            let stored = page.items.into_iter().filter_map(stored);
            found.extend(stored.filter(|stored| !stored.record.is_ended || stored.record.date >= since));
            params.continue_token = page.metadata.continue_.filter(|token| !token.is_empty());
            if params.continue_token.is_none() {
                return Ok(found);
            }
        }
    }

    /// The digest of a date.
    pub async fn read(&self, date: Date) -> Result<Stored, WriteError> {
        let action = call(self.reads.get(&action_name(date))).await?;
        stored(action).ok_or(WriteError::Gone)
    }

    /// Creates the Action of a date, without recipients.
    pub async fn create(&self, date: Date) -> Result<(), WriteError> {
        let action = Action {
            metadata: ObjectMeta { name: Some(action_name(date)), ..ObjectMeta::default() },
            spec: ActionSpec {
                verb: VERB.into(),
                subject: Subject { kind: "Agent".into(), name: AGENT.into() },
                actor: Actor { name: AGENT.into(), roles: Vec::new(), via: "agent".into() },
                parameters: [("date".to_string(), date.to_string())].into(),
                request: None,
                before: None,
            },
            status: None,
        };
        let params = PostParams { field_manager: Some(field_managers::OPERATOR.into()), ..PostParams::default() };
        self.fence.write(self.writes.create(&params, &action)).await.map(drop)
    }

    /// Writes the notices of a digest, with a result where all are final. A conflict where another writer was faster.
    pub async fn write(&self, stored: &Stored, notices: Vec<DigestNotice>) -> Result<Stored, WriteError> {
        let result = result(&notices).map(String::from);
        let at = result.as_ref().map(|_| Time(now()));
        let status = ActionStatus { result, at, notices, ..ActionStatus::default() };
        let patch = json!({ "metadata": { "resourceVersion": stored.version }, "status": status });
        let params = PatchParams { field_manager: Some(field_managers::OPERATOR.into()), ..PatchParams::default() };
        let name = action_name(stored.record.date);
        let written = self.fence.write(self.writes.patch_status(&name, &params, &Patch::Merge(patch))).await?;
        let version = written.resource_version();
        let record = record(stored.record.date, written);
        Ok(Stored { record, version })
    }
}

/// `None` where the name has no date: it is not one of these.
fn stored(action: DeserializeGuard<Action>) -> Option<Stored> {
    let version = action.resource_version();
    let date = date_of(&action.name_any())?;
    let record = match action.0 {
        Ok(action) => record(date, action),
        Err(error) => {
            tracing::error!(%date, %error, "the Action of a digest cannot be decoded: delete it");
            Record { date, begun_at: Timestamp::MIN, notices: Vec::new(), is_ended: true }
        }
    };
    Some(Stored { record, version })
}

fn record(date: Date, action: Action) -> Record {
    let begun_at = action.metadata.creation_timestamp.as_ref().map_or(Timestamp::MIN, |at| at.0);
    let status = action.status.unwrap_or_default();
    Record { date, begun_at, notices: status.notices, is_ended: status.result.is_some() }
}
