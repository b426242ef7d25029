//! Requests advice on a Finding.

use super::change::{self, Change, Made, Step};
use super::intent::{ActionResult, Intent};
use super::{Command, CommandError, Context, Note, Stored, finding};
use crate::api::{ADVICE_NOTE, ADVICE_REQUESTED_AT, Finding, Phase};
use crate::domain::refusal::Refusal;
use crate::runtime::clock::now_in_micros;
use crate::views::{self, AdviceRequested, Resources};
use jiff::Timestamp;
use kube::ResourceExt as _;
use serde_json::{Value, json};

/// The verb of its Actions.
pub(super) const VERB: &str = "request-advice";
/// The parameters of its Actions.
const NOTE: &str = "note";
const REQUESTED_AT: &str = "requested_at";

/// Requests advice on one Finding, whatever its severity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestAdvice {
    finding: String,
    note: Option<Note>,
}

/// How it is written.
struct OfFinding;

impl RequestAdvice {
    /// `note` says what was tried. NotFound unless a Finding of this name is cached.
    pub fn new(resources: &Resources, name: &str, note: Option<Note>) -> Result<RequestAdvice, CommandError> {
        Ok(RequestAdvice { finding: finding::known(resources, name)?, note })
    }
}

impl Command for RequestAdvice {
    type Output = AdviceRequested;

    /// Writes the request into annotations of the Finding, which the operator follows. A resolved Finding is a Conflict, and TooMany where
    /// the caller gave too many commands.
    async fn execute(
        self,
        context: &Context,
        earlier: Option<Intent>,
        stored: &Stored<AdviceRequested>,
    ) -> Result<AdviceRequested, CommandError> {
        let note = self.note.as_ref().map(|note| context.secrets.redact(note.as_str()).into_owned());
        let record = |finding: &Finding| {
            let at = request_time(finding, now_in_micros()).to_string();
            finding::record(VERB, finding, [(NOTE, note), (REQUESTED_AT, Some(at))])
        };
        finding::execute(OfFinding, context, (&self.finding, record), earlier, stored).await
    }
}

/// Completes an Action that was left without a result: the request is written now, unless it was, or the Finding is resolved since.
pub(super) async fn complete(context: &Context, intent: Intent) -> Result<(), CommandError> {
    change::complete(OfFinding, context, intent).await
}

impl Change for OfFinding {
    type Object = Finding;
    type View = AdviceRequested;
    const KIND: &'static str = "Finding";

    fn next_step(&mut self, _context: &Context, intent: &Intent, finding: &Finding) -> Step {
        next_step(intent, finding)
    }

    fn made(&self, intent: &Intent, finding: Option<&Finding>) -> Made {
        let is_made = finding.is_some_and(|finding| is_asked(finding, requested_at(intent)));
        if is_made { Made::Yes } else { Made::No }
    }

    fn patch(&self, value: Value) -> Value {
        json!({ "metadata": { "annotations": value } })
    }

    fn view(&self, _context: &Context, intent: &Intent, finding: Finding) -> AdviceRequested {
        view_of(intent, &finding)
    }
}

fn next_step(intent: &Intent, finding: &Finding) -> Step {
    let refuse = |reason: Refusal| Step::Refuse(CommandError::Conflict(reason));
    let name = &intent.action.spec.subject.name;
    if intent.action.spec.before.as_ref().is_some_and(|before| before.uid != finding.metadata.uid) {
        return refuse(Refusal::Recreated { name: name.clone() });
    }
    if is_asked(finding, requested_at(intent)) {
        // By an earlier attempt, or by another person since, whose advice answers this request, too.
        return Step::Keep(ActionResult::Done);
    }
    if views::phase(finding) == Some(Phase::Resolved) {
        return refuse(Refusal::NothingToAdvise { finding: name.clone() });
    }
    // Without a note that of an earlier request is removed.
    Step::Write(json!({
        ADVICE_REQUESTED_AT: requested_at(intent).to_string(),
        ADVICE_NOTE: intent.parameter(NOTE),
    }))
}

/// The time of the request of an Action.
fn requested_at(intent: &Intent) -> Timestamp {
    intent.parameter(REQUESTED_AT).and_then(|at| at.parse().ok()).unwrap_or_else(|| intent.began_at())
}

/// Whether advice was requested at `at` or later.
fn is_asked(finding: &Finding, at: Timestamp) -> bool {
    asked(finding).is_some_and(|asked| asked >= at)
}

fn asked(finding: &Finding) -> Option<Timestamp> {
    finding.annotations().get(ADVICE_REQUESTED_AT).and_then(|text| text.parse().ok())
}

/// The time of a request: now, but after the last request that was answered, so that it is not taken for that one.
fn request_time(finding: &Finding, now: Timestamp) -> Timestamp {
    let advice = finding.status.as_ref().and_then(|status| status.advice.as_ref());
    let answered = advice.and_then(|advice| advice.requested_at.as_deref()?.parse::<Timestamp>().ok());
    let next = |at: Timestamp| Timestamp::from_microsecond(at.as_microsecond().saturating_add(1)).unwrap_or(at);
    answered.map_or(now, |at| now.max(next(at)))
}

fn view_of(intent: &Intent, finding: &Finding) -> AdviceRequested {
    AdviceRequested::new(finding, requested_at(intent))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finding(asked: Option<&str>, answered: Option<&str>) -> Finding {
        let annotations = asked.map(|at| json!({ADVICE_REQUESTED_AT: at}));
        let advice = answered.map(|at| {
            json!({"tier": "T0", "text": "t", "at": "2026-01-01T00:00:00Z", "requestedAt": at,
                "basis": {"evidence": "e", "runbooks": "r", "prompt": 1}})
        });
        serde_json::from_value(json!({
            "apiVersion": "agentic.ligbox.io/v1alpha1", "kind": "Finding",
            "metadata": {"name": "f", "annotations": annotations},
            "spec": {"scenario": "s", "check": "c", "key": "", "fingerprint": "0123456789"},
            "status": {"phase": "Open", "advice": advice},
        }))
        .unwrap()
    }

    #[test]
    fn a_request_is_later_than_the_last_one_that_was_answered() {
        let now: Timestamp = "2026-03-01T12:00:00.000005Z".parse().unwrap();
        for (asked, answered, expected, is_asked_already) in [
            (None, None, "2026-03-01T12:00:00.000005Z", false),
            (Some("2026-03-01T11:00:00Z"), Some("2026-03-01T11:00:00Z"), "2026-03-01T12:00:00.000005Z", false),
            (Some("2026-03-01T12:00:01Z"), None, "2026-03-01T12:00:00.000005Z", true),
            (Some("soon"), Some("soon"), "2026-03-01T12:00:00.000005Z", false),
            (None, Some("2026-03-01T12:00:09Z"), "2026-03-01T12:00:09.000001Z", false),
        ] {
            let finding = finding(asked, answered);
            let at: Timestamp = expected.parse().unwrap();
            assert_eq!(request_time(&finding, now), at, "{asked:?} {answered:?}");
            assert_eq!(is_asked(&finding, at), is_asked_already, "{asked:?} {answered:?}");
        }
    }
}
