//! Makes Silences, and ends them.

mod end;
mod input;
mod lift;
mod make;
mod renew;

pub use end::{EndSilence, end_silence_as_read};
pub use input::{NewSilence, REASON_MAX};
pub use make::MakeSilence;

pub(super) use end::{VERB as VERB_END, complete as complete_end};
pub(super) use lift::{Lift, VERB as VERB_LIFT, complete as complete_lift};
pub(super) use make::{VERB as VERB_MAKE, complete as complete_make};
pub(super) use renew::Renew;

use super::{CommandError, Context};
use crate::api::{Matcher, Silence};
use crate::domain::silence::ValidatedSilence;
use crate::runtime::clock::now;
use crate::runtime::write::call;
use end::end_one;
use kube::Api;
use kube::api::ListParams;
use kube::core::DeserializeGuard;

/// Silences of one page of a list.
const PAGE: u32 = 500;

/// The active Silences with just these matchers that do not recur, as the API has them now: what a person made a moment ago may not be
/// in the cache.
async fn active_with(context: &Context, matchers: &[Matcher]) -> Result<Vec<Silence>, CommandError> {
    let (now, zone) = (now(), &context.resources.time_zone);
    let is_meant = |silence: &Silence| {
        let created = silence.metadata.creation_timestamp.as_ref().map_or(now, |at| at.0);
        silence.spec.matchers == matchers
            && silence.spec.recurrence.is_none()
            && ValidatedSilence::is_active_at(&silence.spec, created, zone, now)
    };
    let api: Api<DeserializeGuard<Silence>> = context.api();
    let mut params = ListParams { limit: Some(PAGE), ..ListParams::default() };
    let mut all = Vec::new();
    loop {
        let page = call(api.list(&params)).await?;
        all.extend(page.items.into_iter().filter_map(|silence| silence.0.ok()).filter(is_meant));
        params.continue_token = page.metadata.continue_.filter(|token| !token.is_empty());
        if params.continue_token.is_none() {
            return Ok(all);
        }
    }
}
