//! The Agent controller: what each Agent has to do, when it last wrote, and whether its model can be used, looked at again and again.

use super::context::Context;
use crate::api::conditions::bounded;
use crate::api::{Agent, AgentModel, AgentStatus, Finding, Message, ModelHealth, Thread, Tier};
use crate::controllers::model_standing::{ModelStanding, Standing};
use crate::domain::advice::due::Model;
use crate::domain::thread::authorship::is_own;
use crate::domain::thread::told::{at, second};
use crate::runtime::caches::Caches;
use crate::runtime::field_managers;
use crate::runtime::leadership::WriteFence;
use crate::runtime::watch::{Change, Subscription};
use crate::runtime::write::merge;
use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use kube::api::{Patch, PatchParams};
use kube::{Api, ResourceExt as _};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinHandle;

/// The interval of counting: changes in quick succession are counted once.
const INTERVAL: Duration = Duration::from_secs(1);

/// Longest name of the model, and longest message about it, in bytes.
const MODEL_NAME_MAX: usize = 256;
const MODEL_MESSAGE_MAX: usize = 512;

/// Starts the controller; it ends when the context is stopped.
pub fn start(context: &Context) -> JoinHandle<()> {
    let (caches, fence, stopped) = (context.caches.clone(), context.fence.clone(), context.stopped());
    let api = Api::namespaced(context.client.clone(), &context.namespace);
    let model = context.monitoring.model.clone();
    tokio::spawn(async move {
        let messages = caches.messages.subscribe();
        tokio::select! {
            () = run(&api, &caches, &fence, &model, messages) => {}
            _ = stopped => {}
        }
    })
}

/// Keeps the status of every Agent. It begins once all kinds are listed: what is not listed yet is not zero.
async fn run(
    api: &Api<Agent>,
    caches: &Caches,
    fence: &WriteFence,
    model: &ModelStanding,
    mut messages: Subscription<Message>,
) {
    caches.progress.until_listed(&["Agent", "Finding", "Thread", "Message"]).await;
    let mut activity = Activity::default();
    let mut interval = tokio::time::interval(INTERVAL);
    interval.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            change = messages.next() => activity.changed(change, caches),
            _ = interval.tick() => if fence.is_open() {
                count(api, caches, fence, &activity, &model.get()).await;
            },
        }
    }
}

async fn count(api: &Api<Agent>, caches: &Caches, fence: &WriteFence, activity: &Activity, standing: &Standing) {
    let open = open_findings(&caches.findings.objects());
    let pending = pending_messages(&caches.threads.objects());
    for agent in caches.agents.objects() {
        let name = agent.name_any();
        let before = agent.status.clone().unwrap_or_default();
        let last = activity.0.get(&name).copied().max(before.last_activity_at.as_ref().map(|at| at.0));
        let next = AgentStatus {
            observed_generation: agent.metadata.generation,
            open_findings: Some(open.get(&name).copied().unwrap_or(0)),
            pending_messages: Some(pending.get(&name).copied().unwrap_or(0)),
            last_activity_at: last.map(Time),
            model: model(agent.spec.tier, before.model.as_ref(), standing),
        };
        if agent.status.as_ref() == Some(&next) {
            continue;
        }
        let Ok(patch) = merge("status", Some(&before), &next, agent.metadata.resource_version.as_deref()) else {
            continue;
        };
        let params = PatchParams { field_manager: Some(field_managers::OPERATOR.into()), ..Default::default() };
        // Whatever the error, the next count decides again.
        if let Err(error) = fence.write(api.patch_status(&name, &params, &Patch::Merge(patch))).await {
            tracing::debug!(agent = name, %error, "count not written yet");
        }
    }
}

/// What is known of the model that an Agent can ask; `before` where this replica does not know yet.
fn model(tier: Tier, before: Option<&AgentModel>, standing: &Standing) -> Option<AgentModel> {
    let name = standing.name.as_ref().filter(|_| tier == Tier::T1)?;
    let of = |state, digest: Option<&String>, reason: Option<&str>| AgentModel {
        name: bounded(name, MODEL_NAME_MAX),
        state,
        digest: digest.cloned(),
        reason: reason.map(String::from),
        message: None,
    };
    let now = match &standing.model {
        Model::Off => return None,
        Model::Unknown => return before.filter(|before| before.name == *name).cloned(),
        Model::Usable(_) if standing.refused.is_some() => of(ModelHealth::Failing, None, Some("AnswerRefused")),
        Model::Usable(id) => of(ModelHealth::Ok, Some(&id.digest), None),
        Model::Faulty(fault) => of(ModelHealth::Failing, None, Some(fault.reason())),
    };
    // Details such as times may differ with each attempt, and say nothing new.
    let is_same = |before: &&AgentModel| AgentModel { message: None, ..(*before).clone() } == now;
    let message =
        standing.detail.as_ref().or(standing.refused.as_ref()).map(|detail| bounded(detail, MODEL_MESSAGE_MAX));
    Some(before.filter(is_same).cloned().unwrap_or(AgentModel { message, ..now }))
}

/// When each Agent wrote last. A Message that is removed changes nothing.
#[derive(Default)]
struct Activity(HashMap<String, Timestamp>);

impl Activity {
    fn changed(&mut self, change: Change<Message>, caches: &Caches) {
        match change {
            Change::Applied(message) => self.seen(&message),
            Change::Undecodable(_) | Change::Deleted(..) => {}
            Change::Resynchronise => {
                self.0.clear();
                caches.messages.objects().iter().for_each(|message| self.seen(message));
            }
        }
    }

    fn seen(&mut self, message: &Message) {
        if !is_own(message) {
            return;
        }
        let author = &message.spec.author;
        let written = second(at(message));
        let last = self.0.entry(author.name.clone()).or_insert(written);
        *last = written.max(*last);
    }
}

/// Findings that are Open or Acknowledged, by Agent.
fn open_findings(findings: &[Arc<Finding>]) -> HashMap<String, u32> {
    let mut open: HashMap<String, u32> = HashMap::new();
    for status in findings.iter().filter_map(|finding| finding.status.as_ref()) {
        if let (Some(agent), true) = (&status.agent, status.is_active()) {
            *open.entry(agent.clone()).or_default() += 1;
        }
    }
    open
}

/// Messages that await acknowledgement, by the Agent of their Thread.
fn pending_messages(threads: &[Arc<Thread>]) -> HashMap<String, u32> {
    let mut pending: HashMap<String, u32> = HashMap::new();
    for thread in threads {
        let count = thread.status.as_ref().and_then(|status| status.pending_count).unwrap_or(0);
        if count > 0 {
            let total = pending.entry(thread.spec.agent.clone()).or_default();
            *total = total.saturating_add(count);
        }
    }
    pending
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::advice::due::ModelId;
    use crate::domain::model::ModelFault;

    fn standing(model: Model, detail: Option<&str>) -> Standing {
        Standing {
            name: Some("m:1b".into()),
            off: None,
            model,
            detail: detail.map(String::from),
            since: None,
            refused: None,
        }
    }

    #[test]
    fn the_model_is_in_the_status_of_agents_that_can_ask_it_and_only_what_is_new_is_written() {
        let usable = standing(Model::Usable(ModelId { name: "m:1b".into(), digest: "d".into() }), None);
        let ok = model(Tier::T1, None, &usable).unwrap();
        assert_eq!((ok.state, ok.digest.as_deref(), &ok.message), (ModelHealth::Ok, Some("d"), &None));
        assert_eq!(model(Tier::T0, Some(&ok), &usable), None);
        let away = |error: &str| standing(Model::Faulty(ModelFault::Away { error: error.into() }), Some(error));
        let failing = model(Tier::T1, Some(&ok), &away("after 1 s")).unwrap();
        assert_eq!((failing.state, failing.reason.as_deref()), (ModelHealth::Failing, Some("ModelAway")));
        assert_eq!(failing.message.as_deref(), Some("after 1 s"));
        assert_eq!(model(Tier::T1, Some(&failing), &away("after 2 s")), Some(failing.clone()), "nothing new");
        assert_eq!(model(Tier::T1, Some(&failing), &usable), Some(ok.clone()));
        let useless = Standing { refused: Some("no runbook".into()), ..usable.clone() };
        let failing = model(Tier::T1, Some(&ok), &useless).unwrap();
        assert_eq!((failing.state, failing.reason.as_deref()), (ModelHealth::Failing, Some("AnswerRefused")));
        assert_eq!(
            failing.message.as_deref(),
            Some("no runbook"),
            "the server lists it, but its answers are of no use"
        );
        // A replica that begins to lead does not know yet.
        let unknown = standing(Model::Unknown, None);
        assert_eq!(model(Tier::T1, Some(&ok), &unknown), Some(ok.clone()));
        assert_eq!(model(Tier::T1, None, &unknown), None);
        let other = AgentModel { name: "other:1b".into(), ..ok.clone() };
        assert_eq!(model(Tier::T1, Some(&other), &unknown), None, "of another model it is not known");
        assert_eq!(model(Tier::T1, Some(&ok), &Standing::default()), None, "it is off");
    }
}
