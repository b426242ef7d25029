//! What is carried out of a decision, each in a task of its own.

use super::writer::Writer;
use crate::api::{Action, Finding, FindingStatus, Message, SETTINGS_NAME, Thread, ThreadSpec};
use crate::controllers::context::Context;
use crate::controllers::making::{Made, Maker};
use crate::domain::clip;
use crate::domain::conversation::correlation::Group;
use crate::domain::conversation::{Facts, Style};
use crate::domain::silence::SilencedBy;
use crate::domain::thread::authorship::creator;
use crate::domain::thread::closing::Closing;
use crate::domain::thread::message_status::{Proof, Subject, Surroundings, is_author_unknown, takes_acknowledgement};
use crate::domain::thread::policy::ThreadLimits;
use crate::domain::thread::proof::{proves_acknowledgement, proves_author};
use crate::domain::thread::story::Plan;
use crate::domain::thread::telling::{Voices, message};
use crate::domain::thread::told::Told;
use crate::domain::thread::upkeep::upkeep;
use crate::runtime::write::{WriteError, call};
use jiff::Timestamp;
use k8s_openapi::api::core::v1::ConfigMap;
use kube::core::DeserializeGuard;
use kube::{Api, ResourceExt as _};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// Longest subject of a Thread, in characters.
const SUBJECT_MAX: usize = 200;

/// Everything that a task has written, whatever came of it in the end.
#[derive(Default)]
pub struct Written {
    pub findings: Vec<Finding>,
    pub threads: Vec<Thread>,
    pub messages: Vec<Message>,
    /// The settings that were read.
    pub settings: Option<BTreeMap<String, String>>,
}

/// The end of a task.
pub struct Ended {
    pub written: Written,
    pub result: Result<(), WriteError>,
}

/// Carries decisions out. Clones share everything.
#[derive(Clone)]
pub struct Tasks {
    pub writer: Writer,
    maker: Maker,
    actions: Api<DeserializeGuard<Action>>,
    settings: Api<ConfigMap>,
    context: Context,
    style: Style,
}

/// What is to be told of a Finding.
pub struct Telling {
    pub finding: Arc<Finding>,
    pub plan: Plan,
    pub voices: Voices,
    pub group: Option<Arc<Group>>,
    /// The active Silences about it.
    pub silences: Vec<SilencedBy>,
}

/// A Thread whose statuses are to be written.
pub struct Keeping {
    pub thread: Arc<Thread>,
    /// The Finding that it is about, where it exists.
    pub finding: Option<Arc<Finding>>,
    pub told: Told,
    pub now: Timestamp,
    /// The status of a Finding that has none yet.
    pub blank: FindingStatus,
}

impl Keeping {
    pub fn surroundings(&self) -> Surroundings<'_> {
        let subject = match (&self.thread.spec.finding, &self.finding) {
            (None, _) => Subject::None,
            (Some(_), None) => Subject::Gone,
            (Some(_), Some(finding)) => Subject::Finding(finding.status.as_ref().unwrap_or(&self.blank)),
        };
        Surroundings { thread: &self.thread, subject, told: &self.told, now: self.now }
    }
}

impl Tasks {
    pub fn new(context: &Context) -> Tasks {
        let style = &context.notices.style;
        Tasks {
            writer: Writer::new(context),
            maker: Maker::new(context),
            actions: Api::namespaced(context.client.clone(), &context.namespace),
            settings: Api::namespaced(context.client.clone(), &context.namespace),
            style: Style { language: style.language, zone: style.zone.clone() },
            context: context.clone(),
        }
    }

    /// Reads the settings, by which targets of probes are compared.
    pub async fn read_settings(&self) -> Ended {
        let settings = call(self.settings.get_opt(SETTINGS_NAME)).await;
        let read = |map: Option<ConfigMap>| map.and_then(|map| map.data).unwrap_or_default();
        let (settings, result) = match settings {
            Ok(map) => (Some(read(map)), Ok(())),
            Err(error) => (None, Err(error)),
        };
        Ended { written: Written { settings, ..Written::default() }, result }
    }

    /// Makes the Thread, has the Finding name it, and tells. What exists already was made by an earlier attempt.
    pub async fn tell(&self, telling: &Telling) -> Ended {
        let mut written = Written::default();
        let result = self.try_tell(telling, &mut written).await;
        Ended { written, result }
    }

    async fn try_tell(&self, telling: &Telling, written: &mut Written) -> Result<(), WriteError> {
        let Telling { finding, plan, voices, group, silences } = telling;
        let Some(status) = &finding.status else { return Ok(()) };
        let mut is_behind = false;
        let mut thread = plan.thread.clone();
        if plan.make {
            match self.maker.thread(&thread, &spec_of(finding, voices)).await? {
                Made::New(made) => {
                    thread = made.name_any();
                    written.threads.push(made);
                }
                Made::Before(name) => (thread, is_behind) = (name, true),
                Made::NoName => return Ok(()),
            }
        }
        if plan.refer || thread != plan.thread {
            let Some(referring) = self.writer.refer(finding, &thread).await? else {
                return Err(WriteError::Conflict);
            };
            written.findings.push(referring);
        }
        if thread != plan.thread {
            // What is told has names that follow from that of the Thread: it is decided anew.
            return Ok(());
        }
        let page = status.runbook.as_ref().and_then(|runbook| (self.context.notices.page)(runbook));
        let name = finding.name_any();
        let (page, group) = (page.as_deref(), group.as_deref());
        let facts = Facts { finding: &name, spec: &finding.spec, status, page, group, silences };
        for one in &plan.tell {
            let spec = message(one, &plan.thread, voices, &facts, &self.style);
            match self.maker.message(&one.name, &spec).await {
                Ok(Made::New(made)) => written.messages.push(made),
                Ok(Made::Before(_)) => is_behind = true,
                Ok(Made::NoName) => {}
                Err(WriteError::Api(error)) if matches!(&*error, kube::Error::Api(status) if matches!(status.code, 400 | 413 | 422)) =>
                {
                    tracing::error!(thread = plan.thread, message = one.name, %error, "not told: the API server refuses it");
                }
                Err(error) => return Err(error),
            }
        }
        // The cache does not show it yet.
        if is_behind { Err(WriteError::Exists) } else { Ok(()) }
    }

    /// Writes the status of the Thread, which reserves sequences, then those of its Messages, and closes the Thread.
    pub async fn keep(&self, keeping: &Keeping, limits: &ThreadLimits) -> Ended {
        let mut written = Written::default();
        let result = self.try_keep(keeping, limits, &mut written).await;
        Ended { written, result }
    }

    async fn try_keep(
        &self,
        keeping: &Keeping,
        limits: &ThreadLimits,
        written: &mut Written,
    ) -> Result<(), WriteError> {
        if let (Some(finding), None) = (&keeping.thread.spec.finding, &keeping.finding)
            && !self.writer.is_finding_gone(finding).await?
        {
            // The cache does not show it yet, or can't decode it.
            return Err(WriteError::Exists);
        }
        let proofs = self.proofs(keeping).await?;
        let todo = upkeep(&keeping.surroundings(), limits, &proofs, creator);
        let mut thread = (*keeping.thread).clone();
        if let Some(status) = &todo.thread {
            thread = self.writer.write_thread_status(&thread, status).await?;
            written.threads.push(thread.clone());
        }
        let mut conflict = None;
        for (message, status) in &todo.messages {
            match self.writer.write_message_status(message, status).await {
                Ok(message) => written.messages.push(message),
                Err(error @ (WriteError::Conflict | WriteError::Gone)) => conflict = Some(error),
                Err(error) => return Err(error),
            }
        }
        if let Some(WriteError::Conflict) = conflict {
            return Err(WriteError::Conflict);
        }
        if todo.closing == Closing::Now {
            tracing::info!(thread = %thread.name_any(), "Thread closed");
            written.threads.push(self.writer.close(&thread).await?);
        }
        Ok(())
    }

    /// Whether the names in Messages that are not recorded yet are proven, by their Actions or by the API server.
    async fn proofs(&self, keeping: &Keeping) -> Result<HashMap<String, Proof>, WriteError> {
        let is_checked = self.context.names_are_checked;
        let mut proofs = HashMap::new();
        for message in keeping.told.all() {
            let acknowledgement = takes_acknowledgement(message);
            if !is_author_unknown(message) && acknowledgement.is_none() {
                continue;
            }
            let mut proof = Proof { author: is_checked, acknowledgement: is_checked };
            if is_author_unknown(message) && !is_checked {
                let action = self.action(message.spec.action.as_deref()).await?;
                proof.author = action.is_some_and(|action| proves_author(&action, message));
            }
            if let Some(written) = acknowledgement.filter(|_| !is_checked) {
                let action = self.action(written.action.as_deref()).await?;
                proof.acknowledgement = action.is_some_and(|action| proves_acknowledgement(&action, message, written));
            }
            proofs.insert(message.name_any(), proof);
        }
        Ok(proofs)
    }

    async fn action(&self, name: Option<&str>) -> Result<Option<Action>, WriteError> {
        let Some(name) = name.filter(|name| is_object_name(name)) else { return Ok(None) };
        match call(self.actions.get_opt(name)).await {
            Ok(action) => Ok(action.and_then(|action| action.0.ok())),
            Err(error) if error.is_forbidden() => {
                tracing::warn!(%error, action = name, "the Action of a Message can't be read: its name is not proven");
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }
}

/// The Thread of a Finding.
fn spec_of(finding: &Finding, voices: &Voices) -> ThreadSpec {
    let status = finding.status.clone().unwrap_or_default();
    let line = |text: Option<String>| {
        text.and_then(|text| text.lines().map(str::trim).find(|line| !line.is_empty()).map(String::from))
    };
    // Of several Scenarios a check may say the same.
    let scenario = format!(" · {}", finding.spec.scenario);
    let room = SUBJECT_MAX.saturating_sub(scenario.chars().count());
    let said = line(status.message).or_else(|| line(status.title)).unwrap_or_else(|| finding.name_any());
    let mut participants = vec![voices.acting.clone(), voices.reporter().to_string()];
    participants.dedup();
    ThreadSpec {
        subject: clip::chars(&said, room) + &scenario,
        agent: voices.acting.clone(),
        finding: Some(finding.name_any()),
        conversation: None,
        participants,
        closed: false,
    }
}

/// Whether a name can be that of an object: it becomes part of a request path.
fn is_object_name(name: &str) -> bool {
    let is_inside = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '.');
    name.len() <= 253 && name.starts_with(|c: char| c.is_ascii_alphanumeric()) && name.chars().all(is_inside)
}
