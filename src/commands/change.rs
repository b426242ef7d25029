//! A change of one object that is recorded as an Action: written against concurrent edits, and again where that was not done.

use super::intent::{ActionResult, Intent, Progress};
use super::{CommandError, Context, Objects, Stored};
use crate::domain::refusal::Refusal;
use crate::runtime::field_managers;
use crate::runtime::write::{WriteError, call};
use kube::api::{Patch, PatchParams};
use kube::core::NamespaceResourceScope;
use kube::{Api, Resource, ResourceExt as _};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::fmt::Debug;

/// Attempts to write against concurrent edits of the object.
const ATTEMPTS_MAX: usize = 5;

/// What to do about the object as it is now.
#[derive(Debug, PartialEq)]
pub enum Step {
    /// Write this; see [`Change::patch`].
    Write(Value),
    /// Nothing: the object is as it should be.
    Keep(ActionResult),
    Refuse(CommandError),
}

/// Whether a change was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Made {
    Yes,
    No,
    /// It was not, and the occurrence that it was meant for has ended.
    Ended,
    Unknown,
}

/// A kind of change: its decisions.
pub trait Change: Send {
    type Object: Resource<Scope = NamespaceResourceScope, DynamicType = ()>
        + Clone
        + Debug
        + DeserializeOwned
        + Send
        + Sync
        + 'static;
    type View: Send;
    /// Kind of the object.
    const KIND: &'static str;

    /// Decides anew after each concurrent edit.
    fn next_step(&mut self, context: &Context, intent: &Intent, object: &Self::Object) -> Step;

    /// Whether the change of an Action was made, by the object as it was read afterwards; `None` where there is none.
    fn made(&self, intent: &Intent, object: Option<&Self::Object>) -> Made;

    /// The merge patch that writes a value: as `spec.acknowledgement`, which null removes, unless the change says otherwise.
    fn patch(&self, value: Value) -> Value {
        json!({ "spec": { "acknowledgement": value } })
    }

    /// The object as it will be once the operator has read it.
    fn view(&self, context: &Context, intent: &Intent, object: Self::Object) -> Self::View;
}

/// Carries a request out of which an Action is recorded, and records the result. `object` is as it was read.
pub async fn carry_out<C: Change>(
    mut change: C,
    context: &Context,
    mut intent: Intent,
    object: C::Object,
    stored: &Stored<C::View>,
) -> Result<C::View, CommandError> {
    let (view, result) = match write(&mut change, context, &intent, object).await {
        Ok((object, result)) => (Ok(change.view(context, &intent, object)), result),
        Err(error) if error.is_uncertain() => {
            // The answer of a write may have been lost.
            let api: Api<C::Object> = context.api();
            let Ok(object) = call(api.get_opt(&intent.action.spec.subject.name)).await else { return Err(error) };
            match (change.made(&intent, object.as_ref()), object) {
                (Made::Yes, Some(object)) => (Ok(change.view(context, &intent, object)), ActionResult::Done),
                (Made::No, _) => (Err(error.clone()), ActionResult::Refused(error.refusal())),
                // It stays without a result, and is completed once that can be told.
                _ => return Err(error),
            }
        }
        Err(error) => (Err(error.clone()), ActionResult::Refused(error.refusal())),
    };
    intent.end(context, &result, stored(&view)).await;
    view
}

/// Goes on with a request of which an Action was recorded before: carries it out, also where it was refused, or answers what came of it.
pub async fn resume<C: Change>(
    change: C,
    context: &Context,
    mut intent: Intent,
    object: C::Object,
    stored: &Stored<C::View>,
) -> Result<C::View, CommandError> {
    match intent.progress() {
        Progress::Begun => {}
        Progress::Refused => {
            context.admit(Objects::ONE)?;
        }
        Progress::Done | Progress::Unknown => {
            let view = Ok(change.view(context, &intent, object));
            intent.answer(context, stored(&view)).await;
            return view;
        }
    }
    Box::pin(carry_out(change, context, intent, object, stored)).await
}

/// Completes an Action that was left without a result, by the object as it is now.
pub async fn complete<C: Change>(change: C, context: &Context, mut intent: Intent) -> Result<(), CommandError> {
    let name = intent.action.spec.subject.name.clone();
    let Some(object) = call(context.api::<C::Object>().get_opt(&name)).await? else {
        let error = CommandError::NotFound(Refusal::Deleted { name });
        intent.end(context, &ActionResult::Refused(error.refusal()), None).await;
        return Err(error);
    };
    Box::pin(carry_out(change, context, intent, object, &|_| None)).await.map(drop)
}

async fn write<C: Change>(
    change: &mut C,
    context: &Context,
    intent: &Intent,
    mut object: C::Object,
) -> Result<(C::Object, ActionResult), CommandError> {
    let api: Api<C::Object> = context.api();
    let name = &intent.action.spec.subject.name;
    let params = PatchParams { field_manager: Some(field_managers::FACADE.into()), ..Default::default() };
    for _ in 0..ATTEMPTS_MAX {
        let value = match change.next_step(context, intent, &object) {
            Step::Write(value) => value,
            Step::Keep(result) => return Ok((object, result)),
            Step::Refuse(error) => return Err(error),
        };
        let mut patch = change.patch(value);
        patch["metadata"]["resourceVersion"] = json!(object.resource_version());
        match call(api.patch(name, &params, &Patch::Merge(patch))).await {
            Ok(object) => return Ok((object, ActionResult::Done)),
            Err(WriteError::Conflict) => object = call(api.get(name)).await?,
            Err(error) => return Err(error.into()),
        }
    }
    Err(CommandError::Conflict(Refusal::KeepsChanging { kind: C::KIND.into() }))
}
