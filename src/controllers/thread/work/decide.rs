//! The decisions, and the tasks that carry them out.

use super::{Controller, Subject};
use crate::api::{BLIND, Finding, FindingStatus, Role};
use crate::controllers::thread::tasks::{Ended, Keeping, Telling};
use crate::domain::agents::{MAESTRO, VIGIA, acting};
use crate::domain::texts;
use crate::domain::thread::authorship::creator;
use crate::domain::thread::closing::Closing;
use crate::domain::thread::course::Case;
use crate::domain::thread::escalation::Surroundings;
use crate::domain::thread::story::plan;
use crate::domain::thread::telling::Voices;
use crate::domain::thread::told::Told;
use crate::domain::thread::upkeep::upkeep;
use crate::runtime::write::WriteError;
use crate::telemetry::Limit;
use jiff::Timestamp;
use std::collections::HashMap;

impl Controller {
    pub(super) fn decide(&mut self, subject: &Subject, now: Timestamp) {
        match subject {
            Subject::Finding(name) => self.decide_story(name, now),
            Subject::Thread(name) => self.decide_upkeep(name, now),
            Subject::Root(name) => self.decide_root(name, now),
            Subject::Settings => self.read_settings(),
        }
    }

    fn decide_story(&mut self, name: &str, now: Timestamp) {
        let subject = Subject::Finding(name.to_string());
        let Some(finding) = self.index.findings.get(name) else { return self.wake(&subject, None) };
        let Some(status) = finding.status.as_ref().filter(|status| is_told(status)) else {
            return self.wake(&subject, None);
        };
        let thread = status.thread.as_deref().and_then(|thread| self.index.threads.get(thread));
        let nothing = Told::default();
        let told = status.thread.as_deref().and_then(|thread| self.index.told(thread)).unwrap_or(&nothing);
        let case = Case { finding: name, status, thread: thread.as_deref(), told, limits: &self.limits };
        let holds = || self.holding.of(&finding);
        let surroundings = Surroundings {
            after: self.context.notices.policy.timing.escalate_after,
            is_told_once: finding.spec.check == BLIND
                && texts::names_only_unset_settings(status.message.as_deref().unwrap_or_default()),
            holds: &holds,
        };
        let plan = plan(&case, &surroundings, now);
        if plan.refer && told.len() >= self.limits.messages_max {
            let detail =
                format_args!("Thread {}: {} Messages", status.thread.as_deref().unwrap_or_default(), told.len());
            self.context.metrics.limit_reached(Limit::ThreadMessages, detail);
        }
        self.wake(&subject, plan.wake);
        if !plan.is_empty() {
            let (voices, silences) = (self.voices(&finding), self.holding.silencing(&finding, now));
            let telling = Telling { voices, group: self.correlation.group_of(name), finding, plan, silences };
            self.spawn(subject, telling);
        }
    }

    fn decide_upkeep(&mut self, name: &str, now: Timestamp) {
        let subject = Subject::Thread(name.to_string());
        let Some(thread) = self.index.threads.get(name) else { return self.wake(&subject, None) };
        let finding = thread.spec.finding.as_deref().and_then(|finding| self.index.findings.get(finding));
        let told = self.index.told(name).cloned().unwrap_or_default();
        let keeping = Keeping { thread, finding, told, now, blank: FindingStatus::default() };
        let todo = upkeep(&keeping.surroundings(), &self.limits, &HashMap::new(), creator);
        let wake = match todo.closing {
            Closing::At(at) => Some(at),
            Closing::Now | Closing::Open => None,
        };
        self.wake(&subject, wake);
        if !todo.is_empty() {
            let (tasks, limits) = (self.tasks.clone(), self.limits);
            self.begin_task(subject, async move { tasks.keep(&keeping, &limits).await });
        }
    }

    pub(super) fn spawn(&mut self, subject: Subject, telling: Telling) {
        let tasks = self.tasks.clone();
        self.begin_task(subject, async move { tasks.tell(&telling).await });
    }

    fn read_settings(&mut self) {
        let tasks = self.tasks.clone();
        self.begin_task(Subject::Settings, async move { tasks.read_settings().await });
    }

    fn begin_task(&mut self, subject: Subject, work: impl Future<Output = Ended> + Send + 'static) {
        self.busy.insert(subject.clone());
        let done = self.done.clone();
        tokio::spawn(async move {
            // A defect in it must not keep the subject busy for ever.
            let panicked = |_| Ended { written: Default::default(), result: Err(WriteError::Panicked) };
            let ended = tokio::spawn(work).await.unwrap_or_else(panicked);
            let _ = done.send((subject, ended)).await;
        });
    }

    /// Who speaks of a Finding.
    pub(super) fn voices(&self, finding: &Finding) -> Voices {
        let agents = &self.context.caches.agents;
        let is_available = |name: &str| agents.get(name).is_some_and(|agent| !agent.spec.suspend);
        let owner = finding.status.as_ref().and_then(|status| status.agent.as_deref()).unwrap_or(MAESTRO);
        let acting = acting(owner, is_available).to_string();
        let roles: Vec<Role> = agents.get(&acting).map(|agent| agent.spec.inbox_roles.clone()).unwrap_or_default();
        Voices { acting, roles, has_vigia: is_available(VIGIA) }
    }
}

/// Of a Finding that was resolved before there were Threads, nothing is told.
fn is_told(status: &FindingStatus) -> bool {
    status.is_active() || status.thread.is_some()
}
