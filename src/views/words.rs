//! Enumerations of the API: reading their lower-case words, and their schemas in the OpenAPI document.

use crate::api::{CheckOutcome, Health, Role, Severity, Tier, WatchState};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

/// The value that a word names; the error lists the words.
pub fn parse<T: Copy, const N: usize>(word: &str, all: [T; N], as_str: fn(T) -> &'static str) -> Result<T, String> {
    let expected = || format!("{word:?} is not one of {}", all.map(as_str).join(", "));
    all.into_iter().find(|value| as_str(*value) == word).ok_or_else(expected)
}

fn schema<const N: usize>(description: &str, words: [&'static str; N]) -> RefOr<Schema> {
    ObjectBuilder::new().schema_type(Type::String).description(Some(description)).enum_values(Some(words)).into()
}

impl PartialSchema for Severity {
    fn schema() -> RefOr<Schema> {
        schema("Severity, worst first.", Severity::ALL.map(Severity::as_str))
    }
}

impl ToSchema for Severity {}

impl PartialSchema for Health {
    fn schema() -> RefOr<Schema> {
        let all = [Health::Healthy, Health::Failing, Health::Unknown];
        schema("Health of a Scenario.", all.map(Health::as_str))
    }
}

impl ToSchema for Health {}

impl PartialSchema for WatchState {
    fn schema() -> RefOr<Schema> {
        schema("Whether a Scenario is watched.", WatchState::ALL.map(WatchState::as_str))
    }
}

impl ToSchema for WatchState {}

impl PartialSchema for CheckOutcome {
    fn schema() -> RefOr<Schema> {
        let all = [CheckOutcome::Fail, CheckOutcome::Unknown, CheckOutcome::Held, CheckOutcome::Pass];
        schema("Outcome of a check.", all.map(CheckOutcome::as_str))
    }
}

impl ToSchema for CheckOutcome {}

impl PartialSchema for Role {
    fn schema() -> RefOr<Schema> {
        schema("A role of people.", Role::ALL.map(Role::as_str))
    }
}

impl ToSchema for Role {}

impl PartialSchema for Tier {
    fn schema() -> RefOr<Schema> {
        schema("`T0`: deterministic. `T1`: by the local model, or able to use it.", ["T0", "T1"])
    }
}

impl ToSchema for Tier {}
