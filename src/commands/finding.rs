//! What the commands on one Finding have in common.

use super::change::{self, Change, Made, Step};
use super::intent::{Intent, Record};
use super::{CommandError, Context, Objects, Stored};
use crate::api::{Finding, Phase, Subject, SubjectState};
use crate::domain::refusal::Refusal;
use crate::runtime::write::call;
use crate::views::{self, Resources};
use kube::ResourceExt as _;
use std::collections::BTreeMap;

/// NotFound unless a Finding of this name is cached: only the name of an existing object may become part of a request path at the API
/// server.
pub(super) fn known(resources: &Resources, name: &str) -> Result<String, CommandError> {
    match resources.finding(name) {
        Some(_) => Ok(name.to_string()),
        None => Err(CommandError::no_such("Finding", name)),
    }
}

pub(super) fn subject(name: String) -> Subject {
    Subject { kind: "Finding".into(), name }
}

/// The Finding as it is before a command.
pub(super) fn before(finding: &Finding) -> SubjectState {
    SubjectState {
        uid: finding.uid(),
        generation: finding.metadata.generation,
        occurrence: finding.status.as_ref().and_then(|status| status.occurrences),
    }
}

/// What is recorded of a command, with those parameters that have a value.
pub(super) fn record<const N: usize>(
    verb: &'static str,
    finding: &Finding,
    parameters: [(&str, Option<String>); N],
) -> Record {
    let parameters = parameters.into_iter().filter_map(|(name, value)| Some((name.to_string(), value?)));
    Record {
        verb,
        subject: subject(finding.name_any()),
        before: before(finding),
        parameters: parameters.collect::<BTreeMap<_, _>>(),
    }
}

/// Records the Action of a change of a Finding and carries the change out, or resumes the Action `earlier`. `record` makes the record from
/// the Finding as the API has it. A Finding that does not exist is NotFound, and no Action is recorded. TooMany where the caller gave too
/// many commands.
pub(super) async fn execute<C: Change<Object = Finding>>(
    change: C,
    context: &Context,
    (name, record): (&str, impl FnOnce(&Finding) -> Record),
    earlier: Option<Intent>,
    stored: &Stored<C::View>,
) -> Result<C::View, CommandError> {
    let Some(intent) = earlier else {
        let permit = context.admit(Objects::ONE)?;
        let finding = call(context.api::<Finding>().get(name)).await?;
        let intent = Intent::begin(&permit, context, record(&finding)).await?;
        return Box::pin(change::carry_out(change, context, intent, finding, stored)).await;
    };
    // The one of the Action: by now a conversation may be about another one.
    let finding = call(context.api::<Finding>().get(&intent.action.spec.subject.name)).await?;
    Box::pin(change::resume(change, context, intent, finding, stored)).await
}

/// Whether it is the same occurrence of the same Finding as before the command.
pub(super) fn is_same_occurrence(intent: &Intent, finding: &Finding) -> bool {
    let state = before(finding);
    intent
        .action
        .spec
        .before
        .as_ref()
        .is_some_and(|before| before.uid == state.uid && before.occurrence == state.occurrence)
}

/// Why the occurrence that a command was meant for can't be changed any more; `resolved` is the reason where it has ended.
pub(super) fn refusal(intent: &Intent, finding: &Finding, resolved: fn(String) -> Refusal) -> Option<Refusal> {
    let (name, state) = (intent.action.spec.subject.name.clone(), before(finding));
    let before = intent.action.spec.before.as_ref();
    if before.is_some_and(|before| before.uid != state.uid) {
        return Some(Refusal::Recreated { name });
    }
    if views::phase(finding) == Some(Phase::Resolved) {
        return Some(resolved(name));
    }
    before.is_some_and(|before| before.occurrence != state.occurrence).then_some(Refusal::OpenedAgain { finding: name })
}

/// A change was made where nothing is left to write.
pub(super) fn made(next: Option<Step>) -> Made {
    if matches!(next, Some(Step::Keep(_))) { Made::Yes } else { Made::No }
}
