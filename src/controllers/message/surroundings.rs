//! What is known about the subject of a Message, from the caches.

use crate::api::{
    Action, ActionSpec, Agent, Finding, FindingRunbook, FindingStatus, Message, Phase, ScenarioSpec, Thread,
};
use crate::controllers::context::Context;
use crate::domain::agents;
use crate::domain::cached_scenario::CachedScenario;
use crate::domain::conversation::Facts;
use crate::domain::conversation::answer::{
    About, CarriedOut, Conversation, Free, Known, OpenItem, OpenList, Place, ScenarioFacts,
};
use crate::domain::conversation::command::{Question, Understood};
use crate::domain::conversation::correlation::Group;
use crate::domain::conversation::mentioned::{is_identifier, mentioned, says};
use crate::domain::conversation::noted::noted;
use crate::domain::silence::{self, ActiveSilences, ParsedSilences, SilencedBy, VERB_UNSILENCE};
use crate::domain::similar::{Similar, candidates, similar};
use crate::runtime::caches::Caches;
use crate::runtime::clock;
use jiff::Timestamp;
use kube::ResourceExt as _;
use std::sync::Arc;

/// What a Message is about.
enum Subject {
    Finding(Arc<Finding>),
    Scenario(Arc<CachedScenario>),
    Agent(Arc<Agent>),
    /// Scenarios that have the words that were asked about.
    OneOf {
        asked: String,
        scenarios: Vec<String>,
    },
    /// Open Findings that say what was asked about.
    Findings {
        asked: String,
        names: Vec<String>,
    },
    Unknown(String),
    Nothing,
}

/// All that an answer is made of.
pub struct Surroundings {
    subject: Subject,
    /// Open Findings that say what was asked about, besides those of the subject.
    besides: Vec<String>,
    /// The page of its runbook.
    page: Option<String>,
    /// The group of open Findings that it belongs to.
    group: Option<Arc<Group>>,
    /// The status of a Finding that has none.
    no_status: FindingStatus,
    /// The active Silences about the subject, and all of them.
    silences: Vec<SilencedBy>,
    active: ActiveSilences,
    caches: Caches,
    /// The Agent that answers, by the name of the object and by the one that people see.
    agent: (String, String),
    asker: String,
    is_closed: bool,
    place: Place,
}

/// The Agent that does the work of `agent`.
pub fn acting(caches: &Caches, agent: &str) -> String {
    let is_available = |name: &str| caches.agents.get(name).is_some_and(|agent| !agent.spec.suspend);
    agents::acting(agent, is_available).to_string()
}

impl Surroundings {
    /// `silences` are those of now, `action` that of the command in the Message.
    pub fn of(
        context: &Context,
        (question, thread): (&Message, &Thread),
        understood: &Understood,
        action: Option<&Action>,
        silences: &ParsedSilences,
    ) -> Surroundings {
        let caches = &context.caches;
        let subject = subject(caches, question, thread, understood);
        let unsilenced = action.and_then(|action| unsilenced(caches, &action.spec));
        let subject = unsilenced.filter(|other| !is_about(&subject, other)).unwrap_or(subject);
        let agent = match &subject {
            Subject::Agent(agent) => agent.name_any(),
            _ => acting(caches, &thread.spec.agent),
        };
        let shown = caches.agents.get(&agent).map_or_else(|| agent.clone(), |of| of.spec.display_name.clone());
        let runbook = runbook(&subject);
        let now = clock::now();
        let active = silences.active(now);
        let silences = silencing(silences, &subject, now);
        Surroundings {
            besides: besides(caches, &subject, understood),
            page: runbook.and_then(|runbook| (context.notices.page)(&runbook)),
            group: match &subject {
                Subject::Finding(finding) => context.roots.group_of(&finding.name_any()),
                _ => None,
            },
            subject,
            no_status: FindingStatus::default(),
            silences,
            active,
            caches: caches.clone(),
            agent: (agent, shown),
            asker: question.spec.author.name.clone(),
            is_closed: thread.spec.closed,
            place: Place {
                namespace: context.namespace.clone(),
                url: context.notices.style.desk_url.trim_end_matches('/').to_string(),
            },
        }
    }

    /// As the text is made of it.
    pub fn known<'a>(
        &'a self,
        (understood, is_remark): (&'a Understood, bool),
        carried_out: Option<CarriedOut<'a>>,
        free: Option<Free<'a>>,
        open: &'a dyn Fn() -> OpenList,
        similar: &'a dyn Fn() -> Vec<Similar>,
    ) -> Known<'a> {
        Known {
            understood,
            is_remark,
            conversation: Conversation { asker: &self.asker, is_closed: self.is_closed, place: &self.place },
            about: self.about(),
            besides: &self.besides,
            now: clock::now(),
            open,
            similar,
            carried_out,
            free,
        }
    }

    /// Similar past occurrences of the Finding that it is about.
    pub fn similar(&self) -> Vec<Similar> {
        let Subject::Finding(finding) = &self.subject else { return Vec::new() };
        let (findings, threads) = (self.caches.findings.objects(), self.caches.threads.objects());
        let messages = self.caches.messages.objects();
        let (findings, threads) = (findings.iter().map(|of| &**of), threads.iter().map(|of| &**of));
        similar(candidates(finding, findings), threads, messages.iter().map(|of| &**of), noted)
    }

    /// The runbook of the subject.
    pub fn runbook(&self) -> Option<FindingRunbook> {
        runbook(&self.subject)
    }

    /// The open Findings.
    pub fn open(&self) -> OpenList {
        let (agent, shown) = &self.agent;
        OpenList::new(open(&self.caches, &self.active), agent, shown)
    }

    fn about(&self) -> About<'_> {
        let page = self.page.as_deref();
        match &self.subject {
            Subject::Finding(finding) => About::Finding(Facts {
                finding: finding.metadata.name.as_deref().unwrap_or_default(),
                spec: &finding.spec,
                status: finding.status.as_ref().unwrap_or(&self.no_status),
                page,
                group: self.group.as_deref(),
                silences: &self.silences,
            }),
            Subject::Scenario(scenario) => About::Scenario(ScenarioFacts {
                name: &scenario.name,
                spec: &scenario.spec,
                status: scenario.status.as_ref(),
                page,
                silences: &self.silences,
            }),
            Subject::Agent(agent) => About::Agent(&agent.spec.display_name),
            Subject::OneOf { asked, scenarios } => About::OneOf { asked, scenarios },
            Subject::Findings { asked, names } => About::Findings { asked, names },
            Subject::Unknown(name) => About::Unknown(name),
            Subject::Nothing => About::Nothing,
        }
    }
}

/// What a command ended the Silences of, whatever the conversation is about: the answer tells which are left.
fn unsilenced(caches: &Caches, action: &ActionSpec) -> Option<Subject> {
    let name = &action.subject.name;
    match action.subject.kind.as_str() {
        _ if action.verb != VERB_UNSILENCE => None,
        "Finding" => caches.findings.get(name).map(Subject::Finding),
        "Scenario" => caches.scenarios.get(name).map(Subject::Scenario),
        _ => None,
    }
}

/// Whether the Silences about a subject are listed with those about the other one: a Finding has those of its Scenario, too.
fn is_about(subject: &Subject, other: &Subject) -> bool {
    match (subject, other) {
        (Subject::Finding(finding), Subject::Scenario(scenario)) => finding.spec.scenario == *scenario.name,
        (Subject::Finding(finding), Subject::Finding(other)) => finding.metadata.name == other.metadata.name,
        (Subject::Scenario(scenario), Subject::Scenario(other)) => scenario.name == other.name,
        _ => false,
    }
}

/// What the text names, else what the Message is about, else what its Thread is about.
fn subject(caches: &Caches, question: &Message, thread: &Thread, understood: &Understood) -> Subject {
    if let Understood::Question(Question::Status { of: Some(name) }) = understood {
        let has_context =
            question.spec.finding.is_some() || question.spec.scenario.is_some() || thread.spec.finding.is_some();
        let context = context(caches, question, thread);
        return match named(caches, name) {
            // Such as `VM 112`, which the Finding of the conversation is about.
            Subject::Unknown(_) if is_identifier(name) && says_of(&context, name) => context,
            Subject::Unknown(_) => match by_words(caches, name) {
                Some(found) if is_context(&found, &context) => context,
                Some(found) => found,
                // It may be a word for what the conversation is about, but no name of something else.
                None if has_context && !is_identifier(name) => context,
                None => open_that_say(caches, name).unwrap_or_else(|| Subject::Unknown(name.clone())),
            },
            found => found,
        };
    }
    context(caches, question, thread)
}

/// The open Findings that say what was asked about.
fn open_that_say(caches: &Caches, asked: &str) -> Option<Subject> {
    let names = names_that_say(caches, asked, |_| true);
    match names.as_slice() {
        [] => None,
        [one] => caches.findings.get(one).map(Subject::Finding),
        _ => Some(Subject::Findings { asked: asked.to_string(), names }),
    }
}

/// The open Findings of other Scenarios that say what was asked about, where Scenarios were found by these words: what is asked about is
/// not well while they are open, whatever their Scenario is called.
fn besides(caches: &Caches, subject: &Subject, understood: &Understood) -> Vec<String> {
    let Understood::Question(Question::Status { of: Some(asked) }) = understood else { return Vec::new() };
    match subject {
        Subject::Scenario(found) if *found.name != *asked.to_lowercase() => {
            names_that_say(caches, asked, |scenario| scenario != &*found.name)
        }
        Subject::OneOf { scenarios, .. } => {
            names_that_say(caches, asked, |scenario| !scenarios.iter().any(|found| found == scenario))
        }
        _ => Vec::new(),
    }
}

/// The names of the open Findings of such Scenarios that say what was asked about.
fn names_that_say(caches: &Caches, asked: &str, is_of: impl Fn(&str) -> bool) -> Vec<String> {
    let findings = caches.findings.objects();
    let is_open = |finding: &Finding| finding.status.as_ref().is_some_and(FindingStatus::is_active);
    let mut names: Vec<String> = findings
        .iter()
        .filter(|finding| is_open(finding) && is_of(&finding.spec.scenario) && finding_says(finding, asked))
        .map(|finding| finding.name_any())
        .collect();
    names.sort_unstable();
    names
}

/// The Scenarios that have the words.
fn by_words(caches: &Caches, asked: &str) -> Option<Subject> {
    let all = caches.scenarios.objects();
    let named: Vec<(String, &ScenarioSpec)> = all.iter().map(|of| (of.name.to_string(), &*of.spec)).collect();
    let found = mentioned(asked, named.iter().map(|(name, spec)| (name.as_str(), *spec)));
    match found.as_slice() {
        [] => None,
        [one] => caches.scenarios.get(one).map(Subject::Scenario),
        several => {
            let scenarios = several.iter().map(|name| name.to_string()).collect();
            Some(Subject::OneOf { asked: asked.to_string(), scenarios })
        }
    }
}

/// Whether what was found by words is what the conversation is about.
fn is_context(found: &Subject, context: &Subject) -> bool {
    let scenario = match context {
        Subject::Finding(finding) => finding.spec.scenario.clone(),
        Subject::Scenario(scenario) => scenario.name.to_string(),
        _ => return false,
    };
    match found {
        Subject::Scenario(found) => *found.name == *scenario,
        Subject::OneOf { scenarios, .. } => scenarios.contains(&scenario),
        _ => false,
    }
}

/// Whether the texts about a Finding or Scenario say what was asked for.
fn says_of(subject: &Subject, asked: &str) -> bool {
    match subject {
        Subject::Finding(finding) => finding_says(finding, asked),
        Subject::Scenario(scenario) => says(asked, &[&scenario.name, &scenario.spec.title]),
        _ => false,
    }
}

fn finding_says(finding: &Finding, asked: &str) -> bool {
    let (name, spec) = (finding.name_any(), &finding.spec);
    let message = finding.status.as_ref().and_then(|status| status.message.as_deref()).unwrap_or_default();
    says(asked, &[&name, &spec.scenario, &spec.check, &spec.key, message])
}

/// What the Message is about, else what its Thread is about.
fn context(caches: &Caches, question: &Message, thread: &Thread) -> Subject {
    let spec = &question.spec;
    if let Some(name) = &spec.finding {
        return caches.findings.get(name).map_or_else(|| Subject::Unknown(name.clone()), Subject::Finding);
    }
    if let Some(name) = &spec.scenario {
        return caches.scenarios.get(name).map_or_else(|| Subject::Unknown(name.clone()), Subject::Scenario);
    }
    match &thread.spec.finding {
        // It may have been removed after its resolution.
        Some(name) => caches.findings.get(name).map_or_else(|| Subject::Unknown(name.clone()), Subject::Finding),
        None => Subject::Nothing,
    }
}

/// A Finding, Scenario or Agent by the name of the object; an Agent also by its id or the name that people see.
fn named(caches: &Caches, name: &str) -> Subject {
    let lower = name.to_lowercase();
    let is_agent = |agent: &Arc<Agent>| {
        let names = [Some(&agent.spec.display_name), agent.spec.id.as_ref()];
        names.into_iter().flatten().any(|known| known.to_lowercase() == lower)
    };
    if let Some(finding) = caches.findings.get(&lower) {
        return Subject::Finding(finding);
    }
    if let Some(scenario) = caches.scenarios.get(&lower) {
        return Subject::Scenario(scenario);
    }
    let agent = caches.agents.get(&lower).or_else(|| caches.agents.objects().into_iter().find(is_agent));
    agent.map_or_else(|| Subject::Unknown(name.to_string()), Subject::Agent)
}

/// The Silences about the subject; of a Scenario those of all of its Findings.
fn silencing(silences: &ParsedSilences, subject: &Subject, now: Timestamp) -> Vec<SilencedBy> {
    match subject {
        Subject::Finding(finding) => silences.silencing(&silence::Subject::of(finding), now),
        Subject::Scenario(scenario) => {
            let (name, agent, severity) = (&scenario.name, &scenario.spec.agent, scenario.spec.severity.as_str());
            let whole = silence::Subject { scenario: name, agent, severity, ..silence::Subject::default() };
            silences.silencing(&whole, now)
        }
        _ => Vec::new(),
    }
}

fn runbook(subject: &Subject) -> Option<FindingRunbook> {
    match subject {
        Subject::Finding(finding) => finding.status.as_ref()?.runbook.clone(),
        Subject::Scenario(scenario) => {
            let runbook = scenario.spec.runbook.as_ref()?;
            Some(FindingRunbook { spec: runbook.spec.clone(), section: runbook.section.clone(), url: None })
        }
        _ => None,
    }
}

/// The open Findings, acknowledged ones included; each with the Agent that does the work now.
fn open(caches: &Caches, silences: &ActiveSilences) -> Vec<OpenItem> {
    let findings = caches.findings.objects();
    let open = findings.iter().filter_map(|finding| {
        let status = finding.status.as_ref().filter(|status| status.is_active())?;
        Some(OpenItem {
            name: finding.name_any(),
            scenario: finding.spec.scenario.clone(),
            agent: acting(caches, status.agent.as_deref().unwrap_or_default()),
            message: status.message.clone().unwrap_or_default(),
            severity: status.severity,
            opened_at: status.opened_at.as_ref().map(|at| at.0),
            is_acknowledged: status.phase == Some(Phase::Acknowledged),
            is_silenced: !silences.matching(&silence::Subject::of(finding)).is_empty(),
        })
    });
    open.collect()
}
