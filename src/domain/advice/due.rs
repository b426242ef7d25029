//! What is to be done about the advice on a Finding: what is written now, and whether the model is asked.
//!
//! The section of the runbook (T0) is stored at once, and the checked answer of the model (T1) takes its place whenever it comes. An
//! answer holds as long as the evidence is the same; with the opening of another occurrence, or when a person asks, also the runbooks,
//! the model and the prompt must be. While advice of the model is stale it stays, marked, until there is other advice.

use crate::api::{ADVICE_NOTE, ADVICE_REQUESTED_AT, Advice, FindingStatus, Severity, Tier};
use crate::domain::model::ModelFault;
use crate::domain::thread::names::{advice_name, is_advice_in};
use jiff::Timestamp;
use std::collections::BTreeMap;

/// Longest value of the annotation with the time, and longest note that is used, in bytes.
const REQUEST_MAX: usize = 64;
const NOTE_MAX: usize = 1024;

/// No model server is configured, or T1 is turned off.
pub const MODEL_OFF: &str = "ModelOff";
/// The Agent is of tier T0.
pub const AGENT_WITHOUT_MODEL: &str = "AgentWithoutModel";
/// The model was asked as often as it may be.
pub const BUDGET_SPENT: &str = "BudgetSpent";
/// No section of a runbook fits, so that the model has nothing to quote.
pub const NO_RUNBOOK: &str = "NoRunbook";
/// No line of the model's answer was backed.
pub const NOT_GROUNDED: &str = "AnswerNotGrounded";

/// A person's request for advice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    pub at: Timestamp,
    /// The value of the annotation.
    pub written: String,
    pub note: Option<String>,
}

impl Request {
    /// The request in the annotations of a Finding, if there is one.
    pub fn of(annotations: Option<&BTreeMap<String, String>>) -> Option<Request> {
        let annotations = annotations?;
        let written = annotations.get(ADVICE_REQUESTED_AT).filter(|written| written.len() <= REQUEST_MAX)?;
        let at = written.parse().ok()?;
        let note = annotations.get(ADVICE_NOTE).map(|note| note.trim()).filter(|note| !note.is_empty());
        let note = note.map(|note| note.get(..note.floor_char_boundary(NOTE_MAX)).unwrap_or_default().to_string());
        Some(Request { at, written: written.clone(), note })
    }
}

/// A model, as the server lists it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelId {
    pub name: String,
    pub digest: String,
}

/// What is known of the model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Model {
    /// It is not used.
    Off,
    /// It is used, and was not looked at yet.
    Unknown,
    /// The last call failed.
    Faulty(ModelFault),
    Usable(ModelId),
}

/// What the decision is made from.
#[derive(Clone, Copy, Debug)]
pub struct Present<'a> {
    pub status: &'a FindingStatus,
    /// Hash over the evidence.
    pub evidence: &'a str,
    pub request: Option<&'a Request>,
    /// Tier of the Agent that does the work.
    pub tier: Tier,
    pub model: &'a Model,
    /// Hash over the runbooks.
    pub runbooks: &'a str,
    /// By these runbooks the stored section was found to be the same as by those that it names.
    pub is_compared: bool,
    /// Version of the prompt.
    pub prompt: u32,
    /// The least severity of Findings that get advice unasked.
    pub least: Severity,
}

/// What is to be written now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Write {
    /// The section of the runbook, with the reason why there is no answer of the model; `None` while it is asked.
    Fallback(Option<&'static str>),
    /// That the stored advice is stale.
    Stale,
    /// The stored advice holds: it is not stale, answers the request, and is told in the present Thread.
    Again,
    /// The stored answer of the model stays, and the person who asked for another one is told why there is none.
    Refused(&'static str),
}

/// What is due.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Due {
    pub write: Option<Write>,
    /// Whether the model is to be asked.
    pub ask: bool,
}

impl Present<'_> {
    /// The request of a person in this occurrence.
    pub fn request(&self) -> Option<&Request> {
        let opened = self.status.opened_at.as_ref().map_or(Timestamp::MIN, |at| at.0);
        self.request.filter(|request| request.at >= opened)
    }

    /// Whether a person asked, and has no answer of the model yet. Such advice is outside of the budget.
    pub fn is_asked(&self) -> bool {
        let is_answer = |stored: &Advice, request| is_for(stored, request) && is_of_model(stored);
        self.request().is_some_and(|request| {
            !self.stored().is_some_and(|stored| is_answer(stored, request) && !self.is_overtaken(stored))
        })
    }

    /// Whether the evidence changed before the answer of the model could be told.
    fn is_overtaken(&self, stored: &Advice) -> bool {
        let is_untold = |thread: &str| !self.is_told_in(stored, thread);
        let is_of_evidence = self.is_of_evidence(stored);
        stored.tier == Tier::T1 && !is_of_evidence && self.status.thread.as_deref().is_some_and(is_untold)
    }

    /// The reason why the model is not asked, if it can't be.
    pub fn obstacle(&self) -> Option<&'static str> {
        match (self.model, self.tier) {
            (Model::Off, _) => Some(MODEL_OFF),
            (_, Tier::T0) => Some(AGENT_WITHOUT_MODEL),
            _ => None,
        }
    }

    /// Name of the Message that has this advice in the present Thread; `None` before there is a Thread.
    pub fn message_name(&self, advice: &Advice) -> Option<String> {
        let thread = self.status.thread.as_deref()?;
        let basis = &advice.basis;
        let tier = if advice.tier == Tier::T1 { "T1" } else { "T0" };
        let (digest, prompt) = (basis.model.as_ref().map_or("", |model| &model.digest), basis.prompt.to_string());
        let requested = advice.requested_at.as_deref().unwrap_or_default();
        Some(advice_name(thread, &[tier, &basis.evidence, &basis.runbooks, digest, &prompt, requested]))
    }

    fn stored(&self) -> Option<&Advice> {
        self.status.advice.as_ref()
    }

    fn is_of_runbooks(&self, stored: &Advice) -> bool {
        stored.basis.runbooks == self.runbooks || (stored.tier == Tier::T0 && self.is_compared)
    }

    fn is_of_evidence(&self, stored: &Advice) -> bool {
        stored.basis.evidence == self.evidence
    }

    /// Whether the model would be asked the same again. Where its digest is not known, that is seen when it is to be asked.
    fn is_of_basis(&self, stored: &Advice) -> bool {
        let is_same_model = match (self.model, &stored.basis.model) {
            (Model::Usable(now), Some(then)) => (&now.name, &now.digest) == (&then.name, &then.digest),
            (Model::Unknown, _) => false,
            // There is nothing else to be had.
            (Model::Off | Model::Faulty(_), then) => then.is_some(),
            (Model::Usable(_), None) => false,
        };
        is_same_model && stored.basis.runbooks == self.runbooks && stored.basis.prompt == self.prompt
    }

    fn is_of_occurrence(&self, stored: &Advice) -> bool {
        self.status.opened_at.as_ref().is_none_or(|opened| stored.at.0 >= opened.0)
    }

    /// Whether a person asked for other advice than this.
    fn is_asked_anew(&self, stored: &Advice) -> bool {
        let Some(request) = self.request().filter(|request| !is_for(stored, request)) else { return false };
        // With what was tried the model is asked something else.
        request.note.is_some() || !self.is_of_basis(stored)
    }

    /// Whether the stored advice is of the model, or there can't be any, and the model need not be asked again.
    fn holds(&self, stored: &Advice) -> bool {
        let is_final = if is_of_model(stored) {
            (self.is_of_occurrence(stored) || self.is_of_basis(stored)) && !self.is_asked_anew(stored)
        } else {
            let is_without = stored.reason.as_deref() == Some(NO_RUNBOOK) && self.is_of_runbooks(stored);
            is_without && self.request().is_none_or(|request| is_for(stored, request))
        };
        is_final && self.is_of_evidence(stored)
    }

    /// Whether it is told in another Thread, in the Message of an earlier occurrence. The section of the runbook is in the opening.
    fn is_told_elsewhere(&self, stored: &Advice) -> bool {
        let Some(thread) = self.status.thread.as_deref() else { return false };
        stored.tier == Tier::T1 && !self.is_told_in(stored, thread)
    }

    /// Whether a Message of this Thread has it.
    pub fn is_told_in(&self, stored: &Advice, thread: &str) -> bool {
        stored.message.as_deref().is_some_and(|message| is_advice_in(message, thread))
    }
}

/// Whether the model was asked: its answer, or that none of it could be shown.
fn is_of_model(stored: &Advice) -> bool {
    stored.tier == Tier::T1 || stored.basis.model.is_some()
}

/// Whether it was stored for this request, or a later one.
fn is_for(stored: &Advice, request: &Request) -> bool {
    let answered = stored.requested_at.as_deref().and_then(|at| at.parse::<Timestamp>().ok());
    answered.is_some_and(|answered| answered >= request.at)
}

/// What is due. Of a Finding that is resolved, nothing: its advice stays as it is.
pub fn due(present: &Present<'_>) -> Due {
    let status = present.status;
    if !status.is_active() {
        return Due::default();
    }
    let is_serious = status.severity.is_some_and(|severity| severity <= present.least);
    let stored = status.advice.as_ref();
    // What a person asked for is not asked for again unless a person does.
    if !is_serious && !present.is_asked() {
        let write = stored.and_then(|stored| match (present.is_of_evidence(stored), stored.stale) {
            (false, false) => Some(Write::Stale),
            (true, true) => Some(Write::Again),
            _ => None,
        });
        return Due { write, ask: false };
    }
    let Some(stored) = stored else {
        let obstacle = present.obstacle();
        let reason = obstacle.or(fault_of(present.model));
        return Due { write: Some(Write::Fallback(reason)), ask: obstacle.is_none() };
    };
    if present.holds(stored) {
        let is_for_request = present.request().is_none_or(|request| is_for(stored, request));
        let is_new = stored.stale || !is_for_request || present.is_told_elsewhere(stored);
        return Due { write: is_new.then_some(Write::Again), ask: false };
    }
    match present.obstacle() {
        Some(reason) => Due { write: fallback(present, stored, reason), ask: false },
        None => Due { write: meanwhile(present, stored), ask: true },
    }
}

/// What is written instead of the answer of the model, after it was asked in vain.
pub fn instead(present: &Present<'_>, reason: &'static str) -> Option<Write> {
    if !present.status.is_active() {
        return None;
    }
    match &present.status.advice {
        None => Some(Write::Fallback(Some(reason))),
        Some(stored) => fallback(present, stored, reason),
    }
}

fn fallback(present: &Present<'_>, stored: &Advice, reason: &'static str) -> Option<Write> {
    let is_answered = present.request().is_none_or(|request| is_for(stored, request));
    if stored.tier == Tier::T1 && present.is_of_evidence(stored) {
        // Better than the section of the runbook, which everybody was told.
        return match is_answered {
            true => stored.stale.then_some(Write::Again),
            false => Some(Write::Refused(reason)),
        };
    }
    let is_same = present.is_of_evidence(stored)
        && stored.reason.as_deref() == Some(reason)
        && present.is_of_runbooks(stored)
        && !stored.stale
        && is_answered;
    (!is_same).then_some(Write::Fallback(Some(reason)))
}

/// What is written while the model is asked.
fn meanwhile(present: &Present<'_>, stored: &Advice) -> Option<Write> {
    let fault = fault_of(present.model);
    match (stored.tier, present.is_of_evidence(stored)) {
        (Tier::T1, false) => (!stored.stale).then_some(Write::Stale),
        (Tier::T1, true) => stored.stale.then_some(Write::Again),
        (Tier::T0, false) => Some(Write::Fallback(fault)),
        (Tier::T0, true) => {
            // What it says is not so any more.
            let is_past = matches!(stored.reason.as_deref(), Some(MODEL_OFF | AGENT_WITHOUT_MODEL | NO_RUNBOOK));
            let is_of_runbooks = present.is_of_runbooks(stored) || is_of_model(stored);
            (is_past || !is_of_runbooks || stored.stale).then_some(Write::Fallback(fault))
        }
    }
}

fn fault_of(model: &Model) -> Option<&'static str> {
    match model {
        Model::Faulty(fault) => Some(fault.reason()),
        Model::Off | Model::Unknown | Model::Usable(_) => None,
    }
}

#[cfg(test)]
mod tests;
