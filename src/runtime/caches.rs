//! The caches of a process: one list and watch of each kind, shared by all controllers and the facade.

use super::field_managers;
use super::listing::ListProgress;
use super::votes::VotesByFinding;
use super::watch::Cache;
use crate::api::{Action, Agent, CheckSpec, Finding, MODEL_ANSWER, Message, RECORDED_BY, Scenario, Silence, Thread};
use crate::domain::cached_scenario::CachedScenario;
use crate::domain::shared::Shared;
use crate::domain::thread::authorship::{creator_entry, is_marked};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Condition, ManagedFieldsEntry};
use kube::{Client, ResourceExt as _};
use std::sync::Arc;
use tokio::task::JoinHandle;

/// Fields of the spec of a Finding, as managed fields name them.
const ACKNOWLEDGEMENT: &str = "f:acknowledgement";
const OWNER: &str = "f:owner";

/// Kinds that are watched.
const KINDS: [&str; 7] = ["Scenario", "Finding", "Agent", "Silence", "Thread", "Message", "Action"];

/// One cache for each kind.
#[derive(Clone)]
pub struct Caches {
    pub scenarios: Cache<CachedScenario>,
    pub findings: Cache<Finding>,
    pub agents: Cache<Agent>,
    pub silences: Cache<Silence>,
    pub threads: Cache<Thread>,
    pub messages: Cache<Message>,
    /// Without the stored responses.
    pub actions: Cache<Action>,
    pub votes: VotesByFinding,
    pub progress: ListProgress,
}

/// The tasks that fill the caches.
pub struct Watches(Vec<JoinHandle<()>>);

impl Watches {
    /// Ends them; the caches stay as they are.
    pub fn stop(self) {
        for task in self.0 {
            task.abort();
        }
    }
}

impl Caches {
    /// Lists and watches the kinds in a namespace until [`Watches::stop`].
    pub fn start(client: &Client, namespace: &str) -> (Caches, Watches) {
        let progress = ListProgress::expecting(KINDS);
        let mut tasks = Vec::new();
        let mut task = |task| tasks.push(task);
        macro_rules! cache {
            ($trim:expr) => {{
                let (cache, watching) = Cache::start(client, namespace, $trim, &progress);
                task(watching);
                cache
            }};
        }
        let mut alike = Alike::default();
        let actions = cache!(|action, _| trim_action(action));
        let (votes, following) = VotesByFinding::start(&actions);
        let caches = Caches {
            scenarios: cache!(move |scenario, held: Option<&_>| trim_scenario(scenario, held, &mut alike)),
            findings: cache!(|finding, _| trim_finding(finding)),
            agents: cache!(|agent, _| trim_agent(agent)),
            silences: cache!(|silence, _| trim_silence(silence)),
            threads: cache!(|thread, _| trim_thread(thread)),
            messages: cache!(|message, _| trim_message(message)),
            actions,
            votes,
            progress: progress.clone(),
        };
        tasks.push(following);
        (caches, Watches(tasks))
    }
}

/// What many Scenarios have in common: those of one template have the same checks, and those that were created together became ready in
/// the same second.
#[derive(Default)]
struct Alike {
    checks: Shared<Vec<CheckSpec>>,
    conditions: Shared<Vec<Condition>>,
}

/// Without a label that nothing reads, and the room for more probes that decoding leaves. What Scenarios have in common is kept once.
fn trim_scenario(scenario: Scenario, held: Option<&CachedScenario>, alike: &mut Alike) -> CachedScenario {
    let mut scenario = CachedScenario::from(scenario);
    scenario.labels = scenario.labels.filter(|labels| !labels.keys().eq([field_managers::LABEL]));
    if let Some(held) = held {
        scenario.share(held);
    }
    // Unless it is that of the state before.
    if let Some(spec) = Arc::get_mut(&mut scenario.spec) {
        spec.probes.shrink_to_fit();
        spec.checks = alike.checks.get(Arc::unwrap_or_clone(std::mem::take(&mut spec.checks)));
    }
    if let Some(status) = &mut scenario.status {
        let conditions = Arc::unwrap_or_clone(std::mem::take(&mut status.conditions));
        let key: Vec<_> = conditions.iter().map(|one| (one.last_transition_time.0, one.message.clone())).collect();
        status.conditions = alike.conditions.get_by(key, conditions);
    }
    scenario
}

/// Of the managed fields only those of the acknowledgement and of the owner are kept: they show how these were written.
fn trim_finding(mut finding: Finding) -> Finding {
    if let Some(owners) = &mut finding.metadata.managed_fields {
        owners.retain(|entry| has_field(entry, ACKNOWLEDGEMENT) || has_field(entry, OWNER));
    }
    finding
}

fn trim_agent(mut agent: Agent) -> Agent {
    agent.metadata.managed_fields = None;
    agent
}

fn trim_silence(mut silence: Silence) -> Silence {
    silence.metadata.managed_fields = None;
    // What `kubectl apply` keeps there is as large as the spec.
    silence.metadata.annotations = None;
    silence
}

fn trim_thread(mut thread: Thread) -> Thread {
    thread.metadata.managed_fields = None;
    thread.metadata.annotations = None;
    thread
}

/// Of the managed fields only the name of the one that created it is kept, unless the operator wrote it; of the annotations only that.
fn trim_message(mut message: Message) -> Message {
    if let Some(annotations) = &mut message.metadata.annotations {
        annotations.retain(|name, _| [RECORDED_BY, MODEL_ANSWER].contains(&name.as_str()));
    }
    let creator = creator_entry(&message).filter(|_| !is_marked(&message)).cloned();
    message.metadata.managed_fields = creator.map(|entry| vec![ManagedFieldsEntry { fields_v1: None, ..entry }]);
    message
}

/// Without what only the facade needs to answer a repeated request, which it reads from the API.
fn trim_action(mut action: Action) -> Action {
    action.metadata.managed_fields = None;
    action.spec.request = None;
    action.spec.before = None;
    if let Some(status) = &mut action.status {
        status.reply = None;
        status.notices = Vec::new();
    }
    action
}

/// Whether this entry has a field of the spec, or one below it.
fn has_field(entry: &ManagedFieldsEntry, field: &str) -> bool {
    let fields = entry.fields_v1.as_ref().map(|fields| &fields.0);
    fields.is_some_and(|fields| fields.get("f:spec").is_some_and(|spec| spec.get(field).is_some()))
}

/// The field manager that last wrote `spec.acknowledgement`.
pub fn manager_of_acknowledgement(finding: &Finding) -> Option<&str> {
    finding.spec.acknowledgement.as_ref()?;
    manager_of(finding, ACKNOWLEDGEMENT)
}

/// The field manager that last wrote `spec.owner`.
pub fn manager_of_owner(finding: &Finding) -> Option<&str> {
    finding.spec.owner.as_ref()?;
    manager_of(finding, OWNER)
}

fn manager_of<'a>(finding: &'a Finding, field: &str) -> Option<&'a str> {
    let entries = finding.managed_fields().iter().filter(|entry| has_field(entry, field));
    entries.max_by_key(|entry| entry.time.clone()).and_then(|entry| entry.manager.as_deref())
}
