//! Silences a Finding or a Scenario again: what a person says in a conversation. One Silence of a person with the same matchers is enough.

use super::make::{self, ENDED_AT, ENDS_AT, VERB, is_renewal, is_written, parameters};
use super::{NewSilence, active_with};
use crate::api::{Silence, SilenceSpec, Subject, SubjectState};
use crate::commands::intent::{ActionResult, Intent, Progress, Record};
use crate::commands::{Command, CommandError, Context, Objects, Stored};
use crate::domain::refusal::Refusal;
use crate::runtime::clock::now;
use crate::runtime::field_managers;
use crate::runtime::write::{WriteError, call};
use crate::views::SilenceView;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use kube::api::{Patch, PatchParams};
use kube::{Api, ResourceExt as _};
use serde_json::json;
use std::collections::BTreeMap;

/// Attempts to write against concurrent edits of the Silence.
const ATTEMPTS_MAX: usize = 5;

/// Silences something until an end. An active Silence of the same person with the same matchers gets the new end, also an earlier one,
/// and the new reason where one is given; else a new Silence is made.
#[derive(Clone, Debug, PartialEq)]
pub struct Renew {
    pub new: NewSilence,
    /// The Finding or the Scenario that is silenced.
    pub about: Subject,
    /// Whether the reason is the person's own.
    pub is_reason_given: bool,
}

impl Command for Renew {
    type Output = SilenceView;

    /// Invalid, with the field, where it is no Silence that can hold notices back; TooMany where the caller gave too many commands.
    async fn execute(
        self,
        context: &Context,
        earlier: Option<Intent>,
        stored: &Stored<SilenceView>,
    ) -> Result<SilenceView, CommandError> {
        let new = NewSilence { reason: context.secrets.redact(&self.new.reason).into_owned(), ..self.new };
        let spec = new.spec(&context.caller.name, &context.resources.time_zone, now())?;
        if let Some(intent) = earlier {
            return match is_renewal(&intent) {
                true => Box::pin(again(context, intent, stored)).await,
                false => Box::pin(make::again(context, intent, spec, stored)).await,
            };
        }
        let about = BTreeMap::from([(self.about.kind.to_lowercase(), self.about.name)]);
        let Some(current) = current(context, &spec).await? else {
            return Box::pin(make::first(context, spec, about, stored)).await;
        };
        let reason = if self.is_reason_given { spec.reason } else { current.spec.reason.clone() };
        let spec = SilenceSpec { reason, ..spec };
        let ended_at = current.spec.ends_at.as_ref().map(|at| (ENDED_AT.to_string(), at.0.to_string()));
        let record = Record {
            verb: VERB,
            subject: Subject { kind: "Silence".into(), name: current.name_any() },
            before: SubjectState { uid: current.uid(), generation: current.metadata.generation, occurrence: None },
            parameters: parameters(&spec).into_iter().chain(about).chain(ended_at).collect(),
        };
        let permit = context.admit(Objects::ONE)?;
        let intent = Intent::begin(&permit, context, record).await?;
        Box::pin(carry_out(context, intent, stored)).await
    }
}

/// The active Silence of the same person with the same matchers; of several the one that ends last.
async fn current(context: &Context, spec: &SilenceSpec) -> Result<Option<Silence>, CommandError> {
    let active = active_with(context, &spec.matchers).await?.into_iter();
    let same = active.filter(|silence| silence.spec.author == spec.author);
    Ok(same.max_by_key(|silence| silence.spec.ends_at.as_ref().map(|at| at.0)))
}

/// Writes the end of an Action into its Silence, and records the result.
async fn carry_out(
    context: &Context,
    mut intent: Intent,
    stored: &Stored<SilenceView>,
) -> Result<SilenceView, CommandError> {
    let (written, result) = match write(context, &intent).await {
        Ok(silence) => (Ok(silence), ActionResult::Done),
        Err(error) if error.is_uncertain() => {
            match call(context.api::<Silence>().get_opt(&intent.action.spec.subject.name)).await {
                Ok(Some(silence)) if is_written(&intent, &silence) => (Ok(silence), ActionResult::Done),
                Ok(_) => (Err(error.clone()), ActionResult::Refused(error.refusal())),
                // It stays without a result, and is completed once the API can be read.
                Err(_) => return Err(error),
            }
        }
        Err(error) => (Err(error.clone()), ActionResult::Refused(error.refusal())),
    };
    let view = written.map(|silence| context.resources.silence_view(&silence, now()));
    intent.end(context, &result, stored(&view)).await;
    view
}

/// Answers a request whose Action has no response: carries it out where that was not done.
async fn again(
    context: &Context,
    mut intent: Intent,
    stored: &Stored<SilenceView>,
) -> Result<SilenceView, CommandError> {
    match intent.progress() {
        Progress::Begun => Box::pin(carry_out(context, intent, stored)).await,
        Progress::Refused => {
            context.admit(Objects::ONE)?;
            Box::pin(carry_out(context, intent, stored)).await
        }
        Progress::Done | Progress::Unknown => {
            let name = intent.action.spec.subject.name.clone();
            let silence = call(context.api::<Silence>().get_opt(&name)).await?;
            let view = silence.map(|silence| context.resources.silence_view(&silence, now()));
            let view = view.ok_or(CommandError::NotFound(Refusal::SilenceDeleted { name }));
            intent.answer(context, stored(&view)).await;
            view
        }
    }
}

async fn write(context: &Context, intent: &Intent) -> Result<Silence, CommandError> {
    let api: Api<Silence> = context.api();
    let name = &intent.action.spec.subject.name;
    let before = intent.action.spec.before.as_ref().and_then(|before| before.uid.as_ref());
    let ends_at = intent.parameter(ENDS_AT).and_then(|text| text.parse().ok()).map(Time);
    let params = PatchParams { field_manager: Some(field_managers::FACADE.into()), ..Default::default() };
    for _ in 0..ATTEMPTS_MAX {
        let silence = call(api.get(name)).await?;
        if before != silence.metadata.uid.as_ref() {
            return Err(CommandError::Conflict(Refusal::Recreated { name: name.clone() }));
        }
        if is_written(intent, &silence) {
            return Ok(silence);
        }
        let patch = json!({"metadata": {"resourceVersion": silence.resource_version()},
            "spec": {"endsAt": ends_at, "reason": intent.parameter("reason")}});
        match call(api.patch(name, &params, &Patch::Merge(patch))).await {
            Ok(silence) => return Ok(silence),
            Err(WriteError::Conflict) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(CommandError::Conflict(Refusal::KeepsChanging { kind: "Silence".into() }))
}
