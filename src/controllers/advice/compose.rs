//! Advice and its Message, put together from what is known.

use crate::api::conditions::bounded;
use crate::api::{Advice, AdviceBasis, AdviceModel, Agent, Citation, Finding, FindingStatus, MessageSpec, Tier};
use crate::controllers::context::Context;
use crate::controllers::making::said_by;
use crate::controllers::model_standing::ModelStanding;
use crate::domain::advice::Subject;
use crate::domain::advice::due::{
    AGENT_WITHOUT_MODEL, BUDGET_SPENT, MODEL_OFF, Model, NO_RUNBOOK, NOT_GROUNDED, Present, Request,
};
use crate::domain::advice::evidence_hash;
use crate::domain::advice::fallback::{Known, fallback};
use crate::domain::advice::prompt::PROMPT_VERSION;
use crate::domain::advice::search::search_text;
use crate::domain::agents::{MAESTRO, acting};
use crate::domain::conversation::BODY_MAX;
use crate::domain::model::ModelFault;
use crate::domain::runbooks::section::section;
use crate::domain::texts::advice_lines::evidence_changed;
use crate::domain::texts::{advice as texts, model_fault, model_off};
use crate::domain::thread::told::ADVICE;
use crate::runtime::clock;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Most citations of advice and of a Message.
const ADVICE_CITATIONS_MAX: usize = 12;
const MESSAGE_CITATIONS_MAX: usize = 8;
/// Longest text, in characters.
const TEXT_MAX: usize = 8192;

/// What advice on a Finding is made from, as it is now.
pub struct Facts {
    pub status: FindingStatus,
    pub evidence: String,
    pub request: Option<Request>,
    /// The Agent that does the work.
    pub acting: String,
    pub agent: Option<Arc<Agent>>,
    pub model: Model,
    pub runbooks: Arc<str>,
    is_compared: bool,
    least: crate::api::Severity,
}

impl Facts {
    pub fn present(&self) -> Present<'_> {
        Present {
            status: &self.status,
            evidence: &self.evidence,
            request: self.request.as_ref(),
            tier: self.agent.as_ref().map_or(Tier::T0, |agent| agent.spec.tier),
            model: &self.model,
            runbooks: &self.runbooks,
            is_compared: self.is_compared,
            prompt: PROMPT_VERSION,
            least: self.least,
        }
    }

    /// What the model is asked about now.
    pub fn subject(&self) -> Subject {
        Subject {
            evidence: self.evidence.clone(),
            runbooks: self.runbooks.to_string(),
            requested_at: self.requested_at(),
        }
    }

    fn basis(&self, model: Option<AdviceModel>) -> AdviceBasis {
        AdviceBasis {
            evidence: self.evidence.clone(),
            runbooks: self.runbooks.to_string(),
            prompt: PROMPT_VERSION,
            model,
        }
    }

    /// Now, but not before the occurrence, whatever the clock says.
    fn at(&self) -> Time {
        let opened = self.status.opened_at.as_ref().map(|at| at.0);
        Time(opened.map_or(clock::now(), |opened| clock::now().max(opened)))
    }

    fn requested_at(&self) -> Option<String> {
        self.present().request().map(|request| request.written.clone())
    }
}

/// Why there is no answer of the model.
#[derive(Clone, Debug)]
pub struct Why {
    pub reason: &'static str,
    /// The fault, where it is one.
    pub fault: Option<ModelFault>,
    /// The model that was asked, if what came of it is final.
    pub model: Option<AdviceModel>,
    /// What the model was to be asked about; `None` where it is not asked at all.
    pub subject: Option<Subject>,
}

impl From<&'static str> for Why {
    fn from(reason: &'static str) -> Why {
        Why { reason, fault: None, model: None, subject: None }
    }
}

/// A checked answer of the model.
pub struct Answer {
    /// What the model was asked about.
    pub subject: Subject,
    pub text: String,
    pub citations: Vec<Citation>,
    pub model: AdviceModel,
}

/// The Findings whose stored section is the same by other runbooks than it names, with the hash of those: it is composed once for each.
/// Clones share them.
#[derive(Clone, Default)]
pub struct Compared(Arc<Mutex<HashMap<String, Arc<str>>>>);

impl Compared {
    fn has(&self, finding: &str, runbooks: &Arc<str>) -> bool {
        self.lock().get(finding) == Some(runbooks)
    }

    pub fn add(&self, finding: &str, runbooks: &Arc<str>) {
        self.lock().insert(finding.to_string(), runbooks.clone());
    }

    pub fn remove(&self, finding: &str) {
        self.lock().remove(finding);
    }

    pub fn clear(&self) {
        self.lock().clear();
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Arc<str>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Composes advice. Clones share everything.
#[derive(Clone)]
pub struct Composer {
    context: Context,
    pub standing: ModelStanding,
    pub compared: Compared,
}

impl Composer {
    pub fn new(context: &Context) -> Composer {
        Composer { standing: context.monitoring.model.clone(), compared: Compared::default(), context: context.clone() }
    }

    /// What is known of a Finding; `None` before its status is written.
    pub fn facts(&self, finding: &Finding) -> Option<Facts> {
        let status = finding.status.clone()?;
        let agents = &self.context.caches.agents;
        let is_available = |name: &str| agents.get(name).is_some_and(|agent| !agent.spec.suspend);
        let acting = acting(status.agent.as_deref().unwrap_or(MAESTRO), is_available).to_string();
        let runbooks = self.context.search.revision();
        Some(Facts {
            is_compared: self.compared.has(finding.metadata.name.as_deref().unwrap_or_default(), &runbooks),
            evidence: evidence_hash(&finding.spec, &status),
            request: Request::of(finding.metadata.annotations.as_ref()),
            agent: agents.get(&acting),
            acting,
            model: self.standing.model(),
            runbooks,
            least: self.context.advice.least,
            status,
        })
    }

    /// The section of the runbook of the Scenario, or one that the search finds where it has none.
    pub async fn fallback(&self, finding: &Finding, facts: &Facts, why: Option<Why>) -> Advice {
        let status = &facts.status;
        let runbook = status.runbook.as_ref();
        let page = runbook.and_then(|runbook| (self.context.notices.page)(runbook));
        let is_quoted = page.as_deref().is_some_and(|page| section(page, None).is_some());
        let found = match is_quoted {
            true => None,
            false => self.context.search.by_words(&search_text(&finding.spec, status), None).await.into_iter().next(),
        };
        let worded = why.as_ref().map(|why| self.worded(why, facts));
        let said = fallback(&Known {
            language: self.context.language,
            runbook,
            page: page.as_deref(),
            found: found.as_ref(),
            why: worded.as_deref(),
        });
        let reason = why.as_ref().map(|why| why.reason);
        // A request that was made since is not answered, and other evidence is not what the model was asked about.
        let subject = why.as_ref().and_then(|why| why.subject.clone());
        let requested_at = subject.as_ref().map_or_else(|| facts.requested_at(), |of| of.requested_at.clone());
        let is_of_evidence = subject.is_none_or(|subject| subject.evidence == facts.evidence);
        let model = why.and_then(|why| why.model).filter(|_| is_of_evidence);
        Advice {
            tier: Tier::T0,
            text: said.text,
            grounded: !said.citations.is_empty() && reason != Some(NOT_GROUNDED),
            citations: said.citations,
            at: facts.at(),
            basis: facts.basis(model),
            stale: false,
            reason: reason.map(String::from),
            requested_at,
            message: None,
        }
    }

    /// The checked answer of the model.
    pub fn answer(&self, facts: &Facts, answer: &Answer) -> Advice {
        let Subject { evidence, runbooks, requested_at } = answer.subject.clone();
        Advice {
            tier: Tier::T1,
            text: bounded(&answer.text, TEXT_MAX),
            grounded: true,
            citations: answer.citations.iter().take(ADVICE_CITATIONS_MAX).cloned().collect(),
            at: facts.at(),
            stale: evidence != facts.evidence,
            basis: AdviceBasis { evidence, runbooks, prompt: PROMPT_VERSION, model: Some(answer.model.clone()) },
            reason: None,
            requested_at,
            message: None,
        }
    }

    /// The Message that has advice, in a Thread.
    pub fn message(&self, facts: &Facts, advice: &Advice, thread: &str) -> MessageSpec {
        let remark = advice.stale.then(|| evidence_changed(self.context.language));
        let body = remark.iter().chain([&advice.text]).map(String::as_str).collect::<Vec<_>>().join("\n\n");
        MessageSpec {
            citations: advice.citations.iter().take(MESSAGE_CITATIONS_MAX).cloned().collect(),
            grounded: Some(advice.grounded),
            reason: Some(ADVICE.to_string()),
            ..said_by(facts.acting.clone(), thread.to_string(), bounded(&body, BODY_MAX), advice.tier)
        }
    }

    fn worded(&self, why: &Why, facts: &Facts) -> String {
        let language = self.context.language;
        let known = match &facts.model {
            Model::Faulty(fault) if fault.reason() == why.reason => Some(fault),
            _ => None,
        };
        match (why.reason, why.fault.as_ref().or(known)) {
            (MODEL_OFF, _) => model_off(language, self.context.advice.off.unwrap_or("OLLAMA_BASE_URL")),
            (AGENT_WITHOUT_MODEL, _) => {
                let name = facts.agent.as_ref().map_or(facts.acting.as_str(), |agent| &agent.spec.display_name);
                texts::agent_without_model(language, name)
            }
            (BUDGET_SPENT, _) => texts::budget_spent(language),
            (NO_RUNBOOK, _) => texts::no_runbook_fits(language),
            (NOT_GROUNDED, _) => texts::not_grounded(language),
            (_, Some(fault)) => model_fault(language, fault),
            (reason, None) => reason.to_string(),
        }
    }
}
