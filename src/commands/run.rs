//! Requests a run of a Scenario, and looks up its results.

use super::action::{ActionResult, Record};
use super::{Caller, CommandError, Context, Objects};
use crate::api::conditions::{READY, find};
use crate::api::{RUN_REQUESTED_AT, RequestedRun, Scenario};
use crate::runtime::field_managers;
use crate::runtime::write::{WriteError, call};
use crate::views::{Resources, RunView, is_ready};
use jiff::Timestamp;
use kube::api::{Patch, PatchParams};
use kube::{Api, ResourceExt as _};
use serde_json::json;
use std::collections::BTreeMap;
use std::time::Duration;

/// Wait for the results where the caller names none.
pub const WAIT_DEFAULT: Duration = Duration::from_secs(30);
/// Longest wait for the results.
pub const WAIT_MAX: Duration = Duration::from_secs(60);
/// Attempts to write against concurrent edits of the Scenario.
const ATTEMPTS_MAX: usize = 5;
/// The cache is read this often while waiting; a run takes some milliseconds at least.
const POLL_INTERVAL: Duration = Duration::from_millis(25);

/// Requests a run of one Scenario.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestRun {
    pub scenario: String,
    /// How long to wait for the results, at most [`WAIT_MAX`].
    pub wait: Duration,
}

/// State of a requested run.
#[derive(Clone, Debug, PartialEq)]
pub enum RunProgress {
    Finished(RunView),
    /// To be looked up later by this time.
    Pending {
        requested_at: Timestamp,
    },
}

impl RequestRun {
    /// Asks the operator for a run and waits for the results. Conflict where the Scenario is suspended or not Ready, and
    /// TooMany where the caller gave too many commands.
    pub async fn execute(self, context: &Context) -> Result<RunProgress, CommandError> {
        context.caller.require_run_role()?;
        // No Action is recorded of what does not exist.
        if context.resources.scenario(&self.scenario).is_none() {
            return Err(CommandError::no_such("Scenario", &self.scenario));
        }
        let permit = context.admit(Objects::ONE)?;
        let requested = request(context, &self.scenario).await;
        let parameters =
            requested.iter().map(|at| ("requested_at".to_string(), at.to_string())).collect::<BTreeMap<_, _>>();
        let record = Record { verb: "run", kind: "Scenario", name: &self.scenario, parameters };
        let requested_at = match requested {
            Ok(requested_at) => {
                record.succeeded(&permit, context, ActionResult::Done).await;
                requested_at
            }
            Err(error) => {
                record.failed(&permit, context, &error).await;
                return Err(error);
            }
        };
        let finished = async {
            loop {
                if let Some(run) = finished(&context.resources, &self.scenario, requested_at) {
                    return run;
                }
                tokio::time::sleep(POLL_INTERVAL).await;
            }
        };
        Ok(match tokio::time::timeout(self.wait.min(WAIT_MAX), finished).await {
            Ok(run) => RunProgress::Finished(run),
            Err(_) => RunProgress::Pending { requested_at },
        })
    }
}

/// Looks up a run by the time of its request. A finished run is returned whatever the state of the Scenario is now; else Conflict
/// where the Scenario is suspended or not Ready, since the run will not happen.
pub fn look_up_run(
    resources: &Resources,
    caller: &Caller,
    scenario: &str,
    requested_at: Timestamp,
) -> Result<RunProgress, CommandError> {
    caller.require_run_role()?;
    if let Some(run) = finished(resources, scenario, requested_at) {
        return Ok(RunProgress::Finished(run));
    }
    require_runnable(resources, scenario)?;
    Ok(RunProgress::Pending { requested_at })
}

fn finished(resources: &Resources, scenario: &str, requested_at: Timestamp) -> Option<RunView> {
    RunView::new(&*resources.scenario(scenario)?, requested_at)
}

fn require_runnable(resources: &Resources, name: &str) -> Result<(), CommandError> {
    let scenario = resources.scenario(name).ok_or_else(|| CommandError::no_such("Scenario", name))?;
    if scenario.spec.suspend {
        return Err(CommandError::Conflict(format!("{name} is suspended")));
    }
    let conditions = scenario.status.as_ref().map(|s| s.conditions.as_slice()).unwrap_or_default();
    match find(conditions, READY) {
        Some(ready) if !is_ready(&scenario) => {
            Err(CommandError::Conflict(format!("{name} is not Ready: {}", ready.message)))
        }
        // A new Scenario has no status yet.
        _ => Ok(()),
    }
}

/// Writes the annotation that requests a run, and returns the time in it.
async fn request(context: &Context, id: &str) -> Result<Timestamp, CommandError> {
    require_runnable(&context.resources, id)?;
    let api: Api<Scenario> = context.api();
    let params = PatchParams { field_manager: Some(field_managers::FACADE.into()), ..Default::default() };
    for _ in 0..ATTEMPTS_MAX {
        let scenario = call(api.get(id)).await?;
        let requested_at = match request_time(&scenario, Timestamp::now()) {
            RequestTime::Existing(at) => return Ok(at),
            RequestTime::New(at) => at,
        };
        let patch = json!({"metadata": {
            "resourceVersion": scenario.resource_version(),
            "annotations": {RUN_REQUESTED_AT: requested_at.to_string()},
        }});
        match call(api.patch(id, &params, &Patch::Merge(patch))).await {
            Ok(_) => return Ok(requested_at),
            Err(WriteError::Conflict) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(CommandError::Conflict("the Scenario keeps changing: try again".into()))
}

#[derive(Debug, PartialEq)]
enum RequestTime {
    /// A later request exists, and its run also answers this one.
    Existing(Timestamp),
    New(Timestamp),
}

/// The time of a request: now, in microseconds, but after the last request that was answered, whose results would otherwise be
/// taken for the new run's. A later request is kept, because its caller waits for it.
fn request_time(scenario: &Scenario, now: Timestamp) -> RequestTime {
    let answered =
        scenario.status.as_ref().and_then(|s| s.last_requested_run.as_ref()).and_then(RequestedRun::requested);
    let micros = |at: Timestamp| Timestamp::from_microsecond(at.as_microsecond()).unwrap_or(at);
    let next = |at: Timestamp| Timestamp::from_microsecond(at.as_microsecond().saturating_add(1)).unwrap_or(at);
    let earliest = answered.map_or(micros(now), |at| micros(now).max(next(at)));
    let existing = scenario.annotations().get(RUN_REQUESTED_AT).and_then(|text| text.parse::<Timestamp>().ok());
    match existing {
        Some(at) if at >= earliest => RequestTime::Existing(at),
        _ => RequestTime::New(earliest),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scenario(existing: Option<&str>, answered: Option<&str>) -> Scenario {
        let run = answered.map(|at| json!({"requestedAt": at, "runAt": "2026-01-01T00:00:00Z"}));
        let annotations = existing.map(|at| json!({RUN_REQUESTED_AT: at}));
        serde_json::from_value(json!({
            "apiVersion": "agentic.ligbox.io/v1alpha1",
            "kind": "Scenario",
            "metadata": {"name": "desk.api.health", "annotations": annotations},
            "spec": {"title": "t", "agent": "pulso", "severity": "high", "probes": []},
            "status": {"lastRequestedRun": run},
        }))
        .unwrap()
    }

    #[test]
    fn a_run_is_requested_after_the_last_answered_one_and_a_later_request_is_kept() {
        let now = "2026-03-01T12:00:00.0000005Z".parse().unwrap();
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        for (existing, answered, expected) in [
            (None, None, RequestTime::New(at("2026-03-01T12:00:00Z"))),
            (Some("2026-03-01T11:00:00Z"), None, RequestTime::New(at("2026-03-01T12:00:00Z"))),
            (Some("2026-03-01T12:00:01Z"), None, RequestTime::Existing(at("2026-03-01T12:00:01Z"))),
            (Some("soon"), None, RequestTime::New(at("2026-03-01T12:00:00Z"))),
            (
                Some("2026-03-01T12:00:09Z"),
                Some("2026-03-01T12:00:09Z"),
                RequestTime::New(at("2026-03-01T12:00:09.000001Z")),
            ),
        ] {
            assert_eq!(request_time(&scenario(existing, answered), now), expected, "{existing:?} {answered:?}");
        }
    }
}
