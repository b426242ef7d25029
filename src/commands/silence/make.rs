//! Makes a Silence.

use super::NewSilence;
use crate::api::{Silence, SilenceSpec, Subject, SubjectState};
use crate::commands::intent::{ActionResult, Intent, Progress, Record};
use crate::commands::{Command, CommandError, Context, Objects, Stored};
use crate::domain::refusal::Refusal;
use crate::runtime::clock::now;
use crate::runtime::field_managers;
use crate::runtime::write::{WriteError, call};
use crate::views::SilenceView;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use kube::Api;
use kube::api::PostParams;
use std::collections::BTreeMap;

/// The verb of its Actions.
pub(in crate::commands) const VERB: &str = "silence";
/// The parameter of its Actions with the end, which a repeated request does not move.
pub(super) const ENDS_AT: &str = "ends_at";
/// The parameter with the end that a Silence had before, where it was there.
pub(super) const ENDED_AT: &str = "ended_at";
/// Longest parameter, in characters.
pub(super) const PARAMETER_MAX: usize = 1024;
/// Digits of the Action's name that are part of the name of a Silence.
const NAME_DIGITS: usize = 10;

/// Makes one Silence. Its author is the caller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MakeSilence(pub NewSilence);

impl Command for MakeSilence {
    type Output = SilenceView;

    /// Creates the Silence. Invalid, with the field, where it is not one that can hold notices back now or later; TooMany where the
    /// caller gave too many commands.
    async fn execute(
        self,
        context: &Context,
        earlier: Option<Intent>,
        stored: &Stored<SilenceView>,
    ) -> Result<SilenceView, CommandError> {
        let new = NewSilence { reason: context.secrets.redact(&self.0.reason).into_owned(), ..self.0 };
        let spec = new.spec(&context.caller.name, &context.resources.time_zone, now())?;
        match earlier {
            Some(intent) => Box::pin(again(context, intent, spec, stored)).await,
            None => Box::pin(first(context, spec, BTreeMap::new(), stored)).await,
        }
    }
}

/// Makes a Silence with the spec. `more` are further parameters of its Action.
pub(super) async fn first(
    context: &Context,
    spec: SilenceSpec,
    more: BTreeMap<String, String>,
    stored: &Stored<SilenceView>,
) -> Result<SilenceView, CommandError> {
    let permit = context.admit(Objects::ONE)?;
    let digits = context.request.action().chars().take(NAME_DIGITS).collect::<String>();
    let subject = Subject { kind: "Silence".into(), name: format!("silence-{digits}") };
    let parameters = parameters(&spec).into_iter().chain(more).collect();
    let record = Record { verb: VERB, subject, before: SubjectState::default(), parameters };
    let intent = Intent::begin(&permit, context, record).await?;
    Box::pin(carry_out(context, intent, spec, stored)).await
}

/// What the Action says of the Silence.
pub(super) fn parameters(spec: &SilenceSpec) -> BTreeMap<String, String> {
    let matchers = spec.matchers.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    let recurrence = spec.recurrence.as_ref();
    let all = [
        ("matchers", Some(matchers)),
        ("reason", Some(spec.reason.clone())),
        ("starts_at", spec.starts_at.as_ref().map(|at| at.0.to_string())),
        (ENDS_AT, spec.ends_at.as_ref().map(|at| at.0.to_string())),
        ("cron", recurrence.map(|recurrence| recurrence.cron.clone())),
        ("duration", recurrence.map(|recurrence| recurrence.duration.clone())),
        ("timezone", recurrence.and_then(|recurrence| recurrence.timezone.clone())),
    ];
    let given = all.into_iter().filter_map(|(name, value)| Some((name, value?)));
    given.map(|(name, value)| (name.to_string(), value.chars().take(PARAMETER_MAX).collect())).collect()
}

/// Creates the Silence of an Action, and records the result.
async fn carry_out(
    context: &Context,
    mut intent: Intent,
    spec: SilenceSpec,
    stored: &Stored<SilenceView>,
) -> Result<SilenceView, CommandError> {
    let name = intent.action.spec.subject.name.clone();
    let (made, result) = match create(context, &name, spec).await {
        Ok(silence) => (Ok(context.resources.silence_view(&silence, now())), ActionResult::Done),
        Err(error) if error.is_uncertain() => match call(context.api::<Silence>().get_opt(&name)).await {
            Ok(Some(silence)) => (Ok(context.resources.silence_view(&silence, now())), ActionResult::Done),
            Ok(None) => (Err(error.clone()), ActionResult::Refused(error.refusal())),
            // It stays without a result, and is completed once the API can be read.
            Err(_) => return Err(error),
        },
        Err(error) => (Err(error.clone()), ActionResult::Refused(error.refusal())),
    };
    intent.end(context, &result, stored(&made)).await;
    made
}

async fn create(context: &Context, name: &str, spec: SilenceSpec) -> Result<Silence, CommandError> {
    let api: Api<Silence> = context.api();
    let params = PostParams { field_manager: Some(field_managers::FACADE.into()), ..Default::default() };
    let wanted = Silence::new(name, spec);
    match call(api.create(&params, &wanted)).await {
        // The name is that of this request: it was created by an attempt before, unless another client took the name.
        Err(WriteError::Exists) => {
            let existing = call(api.get(name)).await?;
            let is_own = existing.spec.author == wanted.spec.author && existing.spec.matchers == wanted.spec.matchers;
            let taken = || CommandError::Conflict(Refusal::NameTaken { kind: "Silence".into(), name: name.into() });
            if is_own { Ok(existing) } else { Err(taken()) }
        }
        other => Ok(other?),
    }
}

/// Answers a request whose Action has no response: carries it out where that was not done.
pub(super) async fn again(
    context: &Context,
    mut intent: Intent,
    mut spec: SilenceSpec,
    stored: &Stored<SilenceView>,
) -> Result<SilenceView, CommandError> {
    let recorded = intent.action.spec.parameters.get(ENDS_AT).and_then(|text| text.parse().ok());
    spec.ends_at = recorded.map(Time).or(spec.ends_at);
    match intent.progress() {
        Progress::Begun => Box::pin(carry_out(context, intent, spec, stored)).await,
        Progress::Refused => {
            context.admit(Objects::ONE)?;
            Box::pin(carry_out(context, intent, spec, stored)).await
        }
        Progress::Done | Progress::Unknown => {
            let name = &intent.action.spec.subject.name;
            let silence = call(context.api::<Silence>().get_opt(name)).await?;
            let ended = || CommandError::NotFound(Refusal::SilenceDeleted { name: name.clone() });
            let view = silence.map(|silence| context.resources.silence_view(&silence, now())).ok_or_else(ended);
            intent.answer(context, stored(&view)).await;
            view
        }
    }
}

/// Whether the Silence of an Action was there before.
pub(super) fn is_renewal(intent: &Intent) -> bool {
    intent.parameter(ENDED_AT).is_some()
}

/// Whether the Silence has the end and the reason of an Action.
pub(super) fn is_written(intent: &Intent, silence: &Silence) -> bool {
    let ends_at = silence.spec.ends_at.as_ref().map(|at| at.0.to_string());
    ends_at.as_deref() == intent.parameter(ENDS_AT) && Some(silence.spec.reason.as_str()) == intent.parameter("reason")
}

/// Completes an Action that was left without a result. The client that asked got no answer: the Silence is not made now, since none would
/// expect it any more.
pub(in crate::commands) async fn complete(context: &Context, mut intent: Intent) -> Result<(), CommandError> {
    let made = call(context.api::<Silence>().get_opt(&intent.action.spec.subject.name)).await?;
    // One that was there before has the end of the Action where that was written.
    let is_made = |silence: &Silence| !is_renewal(&intent) || is_written(&intent, silence);
    match made.filter(is_made) {
        Some(_) => {
            intent.end(context, &ActionResult::Done, None).await;
            Ok(())
        }
        None => {
            intent.end(context, &ActionResult::Refused(Refusal::SilenceNotMade), None).await;
            Err(CommandError::Conflict(Refusal::SilenceNotMade))
        }
    }
}
