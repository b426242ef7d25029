//! Votes on advice by annotation: recorded as an Action, and the annotation removed.

use super::FindingWriter;
use crate::api::{ADVICE_VOTE, Action, ActionSpec, ActionStatus, Actor, Finding, Subject, SubjectState};
use crate::controllers::context::Context;
use crate::domain::advice::votes::{self, Vote};
use crate::domain::runbooks::short_hash;
use crate::domain::texts::{self, Language};
use crate::runtime::clock::now;
use crate::runtime::field_managers;
use crate::runtime::leadership::WriteFence;
use crate::runtime::write::WriteError;
use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{ManagedFieldsEntry, Time};
use kube::api::{Patch, PatchParams, PostParams};
use kube::{Api, ResourceExt as _};
use serde_json::json;

/// The interface that Actions of such votes name.
const VIA: &str = "kubectl";
/// Reason of the Event about a vote that is not recorded.
const REASON_REFUSED: &str = "VoteRefused";
/// Longest value that an Event repeats, in characters.
const VALUE_MAX: usize = 64;
/// Longest name of a field manager in an Action, in characters.
const NAME_MAX: usize = 253;

/// Records votes. Clones are cheap.
#[derive(Clone)]
pub struct Votes {
    actions: Api<Action>,
    writer: FindingWriter,
    fence: WriteFence,
    language: Language,
}

/// What to do about the annotation of a Finding.
#[derive(Debug, PartialEq)]
enum Decision {
    /// Record this under this name.
    Record(String, Box<ActionSpec>),
    /// Say why it is not recorded.
    Refuse(String),
}

impl Votes {
    pub fn new(context: &Context) -> Votes {
        Votes {
            actions: Api::namespaced(context.client.clone(), &context.namespace),
            writer: FindingWriter::new(context),
            fence: context.fence.clone(),
            language: context.language,
        }
    }

    /// Whether a person votes.
    pub fn is_due(finding: &Finding) -> bool {
        finding.status.is_some() && finding.annotations().contains_key(ADVICE_VOTE)
    }

    /// Records a vote, if there is one, and removes the annotation. After a failure anywhere it is done again, under the same name.
    pub async fn record(&self, finding: &Finding) -> Result<(), WriteError> {
        match decide(finding, self.language) {
            None => return Ok(()),
            Some(Decision::Refuse(why)) => self.writer.publish_note(finding, true, REASON_REFUSED, &why),
            Some(Decision::Record(name, spec)) => self.store(&name, *spec).await?,
        }
        self.writer.remove_annotation(finding, ADVICE_VOTE).await.map(drop)
    }

    async fn store(&self, name: &str, spec: ActionSpec) -> Result<(), WriteError> {
        let params = PostParams { field_manager: Some(field_managers::OPERATOR.into()), ..PostParams::default() };
        match self.fence.write(self.actions.create(&params, &Action::new(name, spec))).await {
            // By an attempt before, which may have ended here.
            Ok(_) | Err(WriteError::Exists) => {}
            Err(error) => return Err(error),
        }
        let status = ActionStatus { result: Some("done".into()), at: Some(Time(now())), ..ActionStatus::default() };
        let params = PatchParams { field_manager: Some(field_managers::OPERATOR.into()), ..PatchParams::default() };
        let patch = Patch::Merge(json!({ "status": status }));
        self.fence.write(self.actions.patch_status(name, &params, &patch)).await.map(drop)
    }
}

/// What to do about the annotation; `None` where there is none.
fn decide(finding: &Finding, language: Language) -> Option<Decision> {
    let value = finding.annotations().get(ADVICE_VOTE)?;
    let Some(vote) = Vote::parse(value.trim()) else {
        let value: String = value.chars().take(VALUE_MAX).collect();
        return Some(Decision::Refuse(texts::vote_invalid(language, &value)));
    };
    let status = finding.status.as_ref();
    let Some(advice) = status.and_then(|status| status.advice.as_ref()) else {
        return Some(Decision::Refuse(texts::vote_without_advice(language)));
    };
    let (manager, at) = voter(finding);
    // Managed fields have whole seconds, as advice has.
    if at.is_some_and(|at| at.as_second() < advice.at.0.as_second()) {
        return Some(Decision::Refuse(texts::vote_on_earlier_advice(language)));
    }
    let created = finding.metadata.creation_timestamp.as_ref().map(|at| at.0);
    let at = at.or(created).unwrap_or(Timestamp::UNIX_EPOCH);
    let name = finding.name_any();
    let uid = finding.uid().unwrap_or_default();
    let parts = [uid.as_str(), &votes::advice_id(advice), vote.as_str(), &manager, &at.to_string()];
    let spec = ActionSpec {
        verb: votes::VERB.into(),
        subject: Subject { kind: "Finding".into(), name },
        actor: Actor { name: manager.clone(), roles: Vec::new(), via: VIA.into() },
        parameters: votes::parameters(vote, advice, at),
        request: None,
        before: Some(SubjectState {
            uid: finding.uid(),
            generation: finding.metadata.generation,
            occurrence: status.and_then(|status| status.occurrences),
        }),
    };
    Some(Decision::Record(format!("vote-{}", short_hash(parts)), Box::new(spec)))
}

/// The field manager that wrote the annotation, and when, where the API says it. Clients choose its name freely: it proves nothing.
fn voter(finding: &Finding) -> (String, Option<Timestamp>) {
    let key = format!("f:{ADVICE_VOTE}");
    let owns = |entry: &&ManagedFieldsEntry| {
        let fields = entry.fields_v1.as_ref().map(|fields| &fields.0);
        let annotations = fields.and_then(|fields| fields.get("f:metadata")?.get("f:annotations"));
        annotations.is_some_and(|annotations| annotations.get(&key).is_some())
    };
    let last = finding.managed_fields().iter().filter(owns).max_by_key(|entry| entry.time.clone());
    let manager = last.and_then(|entry| entry.manager.as_deref()).filter(|manager| !manager.is_empty());
    let at = last.and_then(|entry| entry.time.as_ref());
    (manager.unwrap_or(VIA).chars().take(NAME_MAX).collect(), at.map(|at| at.0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    fn finding(vote: &str, advice: Value) -> Finding {
        serde_json::from_value(json!({
            "apiVersion": "agentic.ligbox.io/v1alpha1", "kind": "Finding",
            "metadata": {"name": "f", "uid": "u", "annotations": {ADVICE_VOTE: vote}, "managedFields": [
                {"manager": "kubectl-annotate", "operation": "Update", "time": "2026-11-26T14:00:00Z",
                    "fieldsV1": {"f:metadata": {"f:annotations": {format!("f:{ADVICE_VOTE}"): {}}}}},
                {"manager": "other", "operation": "Update", "time": "2026-11-26T15:00:00Z",
                    "fieldsV1": {"f:metadata": {"f:annotations": {"f:x": {}}}}},
            ]},
            "spec": {"scenario": "s", "check": "c", "key": "", "fingerprint": "0123456789"},
            "status": {"phase": "Open", "occurrences": 2, "advice": advice},
        }))
        .unwrap()
    }

    fn advice() -> Value {
        json!({"tier": "T0", "text": "t", "at": "2026-11-26T13:00:00Z",
            "basis": {"evidence": "e", "runbooks": "r", "prompt": 1}})
    }

    #[test]
    fn a_vote_is_recorded_once_in_the_name_of_its_field_manager() {
        let decide = |vote: &str| super::decide(&finding(vote, advice()), Language::English).unwrap();
        let Decision::Record(name, spec) = decide("wrong") else { panic!("refused") };
        assert_eq!((spec.actor.name.as_str(), spec.actor.via.as_str()), ("kubectl-annotate", "kubectl"));
        let parameter = |name: &str| spec.parameters.get(name).map(String::as_str);
        assert_eq!((parameter("vote"), parameter("at")), (Some("wrong"), Some("2026-11-26T14:00:00Z")));
        assert_eq!(decide("wrong"), Decision::Record(name.clone(), spec), "another attempt has the same name");
        let Decision::Record(other, _) = decide("useful") else { panic!("refused") };
        assert_ne!(other, name);
    }

    #[test]
    fn what_is_no_vote_and_a_vote_on_nothing_are_refused() {
        let refused = |vote: &str, advice: Value| match super::decide(&finding(vote, advice), Language::English) {
            Some(Decision::Refuse(why)) => why,
            other => panic!("{other:?}"),
        };
        assert!(refused("good", advice()).contains("\"good\""));
        assert!(refused("wrong", Value::Null).contains("no advice"));
        let mut newer = advice();
        newer["at"] = json!("2026-11-26T14:00:01Z");
        assert!(refused("wrong", newer).contains("changed after the vote"));
        assert!(!refused(&"x".repeat(1000), advice()).contains(&"x".repeat(VALUE_MAX + 1)));
    }
}
