//! Asks the model about one thing.

use super::compose::{Answer, Composer, Facts, Why};
use crate::advisor::ollama::{ChatRequest, Progress};
use crate::advisor::runner::{NotDone, Runner};
use crate::api::{AdviceModel, AnswerPhase, Finding, Message, MessageSpec};
use crate::controllers::context::Context;
use crate::controllers::question;
use crate::domain::advice::answer::schema;
use crate::domain::advice::check::{Checked, check};
use crate::domain::advice::due::{BUDGET_SPENT, Model, ModelId, NO_RUNBOOK, NOT_GROUNDED, due};
use crate::domain::advice::prompt::{AdviceInput, Prompt, Voice, advice_prompt};
use crate::domain::advice::search::search_text;
use crate::domain::advice::{Budget, May, Subject};
use crate::domain::model::ModelFault;
use crate::domain::runbooks::Excerpt;
use crate::domain::texts::advice::not_grounded;
use crate::domain::texts::model_fault;
use crate::domain::thread::authorship::is_own;
use crate::domain::thread::names::names;
use crate::runtime::clock;
use jiff::{SignedDuration, Timestamp};
use std::sync::{Arc, Mutex as StdMutex, PoisonError};
use tokio::sync::Mutex;

/// When the server is asked again that answered that it does not have the model.
const MISSING_AGAIN: SignedDuration = SignedDuration::from_secs(30);

/// What came of a job.
pub enum Ended {
    /// The model can't be asked now: the job waits until this time. With the fault of this attempt.
    Later {
        until: Timestamp,
        fault: Option<ModelFault>,
    },
    /// The model need not be asked. What is due is to be written.
    Settled,
    /// There is no answer, and none is expected of another attempt now.
    Without(Why),
    /// The attempt failed, and another one may not.
    Failed(ModelFault),
    /// The model was to be asked about this, and another attempt may succeed; where the server could not do the call, not before this
    /// time.
    Unanswered {
        subject: Subject,
        fault: ModelFault,
        until: Option<Timestamp>,
    },
    Answer(Arc<Answer>),
}

/// Asks the model. Clones share everything.
#[derive(Clone)]
pub struct Asking {
    pub(super) context: Context,
    pub(super) composer: Composer,
    pub(super) runner: Arc<Mutex<Runner>>,
    pub(super) questions: question::Asking,
    budget: Arc<StdMutex<Budget>>,
}

impl Asking {
    /// `None` where T1 is off.
    pub fn new(context: &Context, composer: Composer) -> Option<Asking> {
        let model = context.advice.model.clone()?;
        Some(Asking {
            runner: Arc::new(Mutex::new(Runner::new(model, clock::now))),
            budget: Arc::new(StdMutex::new(Budget::new(context.advice.per_hour))),
            questions: question::Asking::new(context),
            composer,
            context: context.clone(),
        })
    }

    /// The calls of before, as the statuses of Findings have them, count.
    pub fn resume(&self, calls: impl IntoIterator<Item = Timestamp>) {
        *self.budget() = Budget::resumed(self.context.advice.per_hour, calls);
    }

    /// When advice may be asked for that no person requested: `now` if at once; `None` if never.
    pub fn budget_next(&self, now: Timestamp) -> Option<Timestamp> {
        self.budget().next(now)
    }

    fn budget(&self) -> std::sync::MutexGuard<'_, Budget> {
        self.budget.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Asks the server which models it has, where nothing else waits. After a call that was cancelled it is left alone: it may be busy,
    /// and only a call of the model could tell.
    pub async fn look(&self) {
        let mut runner = self.runner.lock().await;
        if runner.breaker().may_call(clock::now()) == May::Call {
            let _ = self.ready(&mut runner).await;
        }
    }

    /// Advice on a Finding; `is_asked` where a person asked for it.
    pub async fn advise(&self, finding: &Finding, is_asked: bool) -> Ended {
        let mut runner = self.runner.lock().await;
        let model = match self.ready(&mut runner).await {
            Ok(model) => model,
            Err(ended) => return ended,
        };
        let Some(mut facts) = self.composer.facts(finding) else { return Ended::Settled };
        facts.model = Model::Usable(model.clone());
        if !due(&facts.present()).ask {
            return Ended::Settled;
        }
        let asked = AdviceModel { name: model.name, digest: model.digest, seconds: 0 };
        if let Some(answer) = self.made_before(&facts, &asked) {
            return Ended::Answer(Arc::new(answer));
        }
        let runbook = facts.status.runbook.as_ref().map(|runbook| runbook.spec.clone());
        let text = search_text(&finding.spec, &facts.status);
        let excerpts = self.context.search.for_model(&text, runbook.as_deref()).await;
        if excerpts.is_empty() {
            return Ended::Without(Why { subject: Some(facts.subject()), ..NO_RUNBOOK.into() });
        }
        let now = clock::now();
        if !is_asked {
            let mut budget = self.budget();
            if !budget.may(now) {
                return Ended::Without(BUDGET_SPENT.into());
            }
            budget.spend(now);
        }
        let ended = self.called(&mut runner, finding, &facts, excerpts, asked).await;
        if !is_asked && is_not_made(&ended) {
            self.budget().refund(now);
        }
        ended
    }

    /// Asks the model for advice from these excerpts.
    async fn called(
        &self,
        runner: &mut Runner,
        finding: &Finding,
        facts: &Facts,
        excerpts: Vec<Excerpt>,
        asked: AdviceModel,
    ) -> Ended {
        let subject = facts.subject();
        let agent = facts.agent.as_ref();
        let prompt = advice_prompt(&AdviceInput {
            language: self.context.language,
            secrets: &self.context.secrets,
            agent: Voice {
                name: agent.map_or(facts.acting.as_str(), |agent| &agent.spec.display_name),
                persona: agent.and_then(|agent| agent.spec.persona.as_deref()),
            },
            finding: &finding.spec,
            status: &facts.status,
            note: facts.present().request().and_then(|request| request.note.as_deref()),
            excerpts: &excerpts,
        });
        let (name, steps) = (finding.metadata.name.as_deref().unwrap_or_default(), &self.composer.standing.advice);
        let _running = steps.begin(name);
        let progress = |progress| match progress {
            Progress::Reading => steps.is_at(name, AnswerPhase::Reading),
            Progress::Writing { .. } => steps.is_at(name, AnswerPhase::Writing),
        };
        let (checked, asked) = match self.ask(runner, &prompt, asked, &progress).await {
            Ok(answered) => answered,
            Err(Ended::Later { until, fault: Some(fault) }) => {
                return Ended::Unanswered { subject, fault, until: Some(until) };
            }
            Err(Ended::Failed(fault)) => return Ended::Unanswered { subject, fault, until: None },
            Err(Ended::Without(why)) => return Ended::Without(Why { subject: Some(subject), ..why }),
            Err(ended) => return ended,
        };
        let Checked { text, citations, grounded, dropped } = checked;
        tracing::info!(
            finding = finding.metadata.name,
            grounded,
            dropped = dropped.len(),
            seconds = asked.seconds,
            "the local model answered"
        );
        if !grounded {
            return Ended::Without(Why {
                reason: NOT_GROUNDED,
                fault: None,
                model: Some(asked),
                subject: Some(subject),
            });
        }
        Ended::Answer(Arc::new(Answer { subject, text, citations, model: asked }))
    }

    /// Asks the model what a prompt says, right after [`Asking::ready`], and checks the answer.
    pub(super) async fn ask(
        &self,
        runner: &mut Runner,
        prompt: &Prompt,
        asked: AdviceModel,
        progress: &(dyn Fn(Progress) + Sync),
    ) -> Result<(Checked, AdviceModel), Ended> {
        let (system, user) = (prompt.system.clone(), prompt.user.clone());
        let request = ChatRequest { system, user, schema: schema(prompt.kind) };
        let answer = match runner.ask(&request, progress).await {
            Ok(answered) => answered,
            Err(failed) => return Err(self.failed(runner, failed, asked)),
        };
        let language = self.context.language;
        let checked = check(&answer.text, prompt, language);
        // One that says that the excerpts do not help is right.
        let is_refused = !checked.grounded && !checked.dropped.is_empty();
        self.composer.standing.answered(is_refused.then(|| not_grounded(language)));
        let result = if checked.grounded { "grounded" } else { "not_grounded" };
        self.context.metrics.advice_request(result, Some(answer.took));
        let (dropped, read, written) = (&checked.dropped, answer.prompt_tokens, answer.answer_tokens);
        tracing::debug!(?dropped, prompt_tokens = read, answer_tokens = written, "an answer of the local model");
        Ok((checked, AdviceModel { seconds: u32::try_from(answer.took.as_secs()).unwrap_or(u32::MAX), ..asked }))
    }

    /// Reads the digest of the model, and remembers whether it can be used.
    pub(super) async fn ready(&self, runner: &mut Runner) -> Result<ModelId, Ended> {
        match runner.ready().await {
            Ok(state) => {
                self.composer.standing.usable(&state.digest);
                if let Some(vectors) = self.context.search.vectors() {
                    vectors.seen(state.embed_digest.as_deref());
                }
                Ok(ModelId { name: runner.client().model().to_string(), digest: state.digest })
            }
            Err(NotDone::Until(until)) => Err(Ended::Later { until, fault: None }),
            Err(NotDone::Fault(fault)) => {
                self.context.metrics.advice_request(result_of(&fault), None);
                Err(self.later(runner, fault))
            }
        }
    }

    /// The server can't be asked now.
    fn later(&self, runner: &Runner, fault: ModelFault) -> Ended {
        let now = clock::now();
        self.composer.standing.faulty(&fault, now, self.context.language);
        let next = runner.breaker().next(now);
        let again = now.saturating_add(MISSING_AGAIN).unwrap_or(Timestamp::MAX);
        Ended::Later { until: if next > now { next } else { again }, fault: Some(fault) }
    }

    fn failed(&self, runner: &Runner, failed: NotDone, asked: AdviceModel) -> Ended {
        let fault = match failed {
            NotDone::Until(until) => return Ended::Later { until, fault: None },
            NotDone::Fault(fault) => fault,
        };
        self.context.metrics.advice_request(result_of(&fault), None);
        if fault.reason() != AWAY && !matches!(fault, ModelFault::Missing { .. }) {
            self.composer.standing.answered(Some(model_fault(self.context.language, &fault)));
        }
        match fault {
            ModelFault::Away { .. } | ModelFault::Missing { .. } | ModelFault::Redirect { .. } => {
                self.later(runner, fault)
            }
            // Another time it may have more time, or memory.
            ModelFault::Timeout { .. } | ModelFault::Failed { .. } => {
                self.composer.standing.faulty(&fault, clock::now(), self.context.language);
                Ended::Failed(fault)
            }
            _ if fault.reason() == AWAY => self.later(runner, fault),
            // The same would be answered.
            _ => Ended::Without(Why { reason: fault.reason(), fault: Some(fault), model: Some(asked), subject: None }),
        }
    }

    /// The answer in a Message that was made before its Finding named it: one of the operator, and such as would be made now.
    fn made_before(&self, facts: &Facts, model: &AdviceModel) -> Option<Answer> {
        let subject = facts.subject();
        let empty =
            Answer { subject: subject.clone(), text: String::new(), citations: Vec::new(), model: model.clone() };
        let advice = self.composer.answer(facts, &empty);
        let name = facts.present().message_name(&advice)?;
        let messages = &self.context.caches.messages;
        let expected = self.composer.message(facts, &advice, facts.status.thread.as_deref()?);
        let is_it = |message: &Arc<Message>| is_own(message) && is_such(&message.spec, &expected);
        let message = names(&name).filter_map(|name| messages.get(&name)).find(is_it)?;
        Some(Answer {
            subject,
            text: message.spec.body.clone(),
            citations: message.spec.citations.clone(),
            model: model.clone(),
        })
    }
}

/// Whether a Message with advice is as one that would be made now, but for what it says, by whom and when.
fn is_such(message: &MessageSpec, expected: &MessageSpec) -> bool {
    let of = |spec: &MessageSpec| {
        let about = (spec.thread.clone(), spec.reason.clone(), spec.in_reply_to.clone(), spec.finding.clone());
        (about, spec.author.kind, spec.tier, spec.grounded)
    };
    of(message) == of(expected)
}

/// Whether the model was not called, or can't have been busy with the call.
fn is_not_made(ended: &Ended) -> bool {
    let is_none = |fault: &ModelFault| matches!(fault, ModelFault::Missing { .. } | ModelFault::Redirect { .. });
    match ended {
        Ended::Later { fault, .. } => fault.as_ref().is_none_or(is_none),
        Ended::Unanswered { fault, .. } => is_none(fault),
        _ => false,
    }
}

const AWAY: &str = "ModelAway";

/// Value of label `result`.
fn result_of(fault: &ModelFault) -> &'static str {
    match fault.reason() {
        AWAY => "away",
        "ModelMissing" => "missing",
        "ModelTooSlow" => "timeout",
        _ => "refused",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    #[test]
    fn only_a_message_as_it_would_be_made_is_the_answer_of_before() {
        let spec = |change: Value| -> MessageSpec {
            let mut spec = json!({"thread": "t", "author": {"kind": "agent", "name": "pulso"}, "body": "b",
                "tier": "T1", "grounded": true, "reason": "Advice"});
            json_patch::merge(&mut spec, &change);
            serde_json::from_value(spec).unwrap()
        };
        let expected = spec(json!({}));
        assert!(is_such(&spec(json!({"body": "other", "author": {"name": "maestro"}})), &expected));
        for other in [
            json!({"thread": "u"}),
            json!({"tier": "T0"}),
            json!({"grounded": false}),
            json!({"reason": null}),
            json!({"inReplyTo": "m"}),
            json!({"author": {"kind": "person"}}),
        ] {
            assert!(!is_such(&spec(other.clone()), &expected), "{other}");
        }
    }
}
