//! Requests a run of a Scenario, and looks up its results.

use super::intent::{ActionResult, Intent, Progress, Record};
use super::{Caller, Command, CommandError, Context, Objects, Stored};
use crate::api::conditions::{READY, find};
use crate::api::{RUN_REQUESTED_AT, RequestedRun, Scenario, Subject, SubjectState};
use crate::domain::cached_scenario::CachedScenario;
use crate::domain::refusal::Refusal;
use crate::runtime::field_managers;
use crate::runtime::retry::RetryPolicy;
use crate::runtime::write::{WriteError, call};
use crate::views::{Resources, RunView, is_ready};
use jiff::Timestamp;
use kube::Api;
use kube::api::{Patch, PatchParams};
use serde_json::json;
use std::collections::BTreeMap;
use std::time::Duration;

/// The verb of its Actions.
pub(super) const VERB: &str = "run";
/// The parameter of its Actions with the time of the request.
const REQUESTED_AT: &str = "requested_at";
/// Wait for the results where the caller names none.
pub const WAIT_DEFAULT: Duration = Duration::from_secs(30);
/// Longest wait for the results.
pub const WAIT_MAX: Duration = Duration::from_secs(60);
/// Attempts to write against concurrent edits of the Scenario.
const ATTEMPTS_MAX: u32 = 20;
/// The intervals between them.
const CONFLICTS: RetryPolicy = RetryPolicy { first: Duration::from_millis(2), longest: Duration::from_millis(500) };
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

impl Command for RequestRun {
    type Output = RunProgress;

    /// Asks the operator for a run and waits for the results. Conflict where the Scenario is suspended or not Ready, and
    /// TooMany where the caller gave too many commands.
    async fn execute(
        self,
        context: &Context,
        earlier: Option<Intent>,
        stored: &Stored<RunProgress>,
    ) -> Result<RunProgress, CommandError> {
        context.caller.require_run_role()?;
        let mut intent = match earlier {
            Some(intent) => intent,
            None => self.begin(context).await?,
        };
        let asked = match (intent.progress(), requested_at(&intent)) {
            (Progress::Done, Some(at)) => Ok(at),
            (Progress::Refused, _) => match context.admit(Objects::ONE) {
                Ok(_) => carry_out(context, &mut intent, stored).await,
                Err(error) => Err(error),
            },
            _ => carry_out(context, &mut intent, stored).await,
        };
        let requested_at = asked?;
        let progress = self.progress_after(context, requested_at).await;
        intent.answer(context, stored(&Ok(progress.clone()))).await;
        Ok(progress)
    }
}

impl RequestRun {
    /// Records the request. Its time is in the Action: every run that is requested then or later answers it.
    async fn begin(&self, context: &Context) -> Result<Intent, CommandError> {
        // No Action is recorded of what does not exist, and only the name of an existing object becomes part of a request path.
        if context.resources.scenario(&self.scenario).is_none() {
            return Err(CommandError::no_such("Scenario", &self.scenario));
        }
        let permit = context.admit(Objects::ONE)?;
        let scenario = read(&context.api(), &self.scenario).await?;
        let at = request_time(&scenario, Timestamp::now());
        let parameters = BTreeMap::from([(REQUESTED_AT.to_string(), at.to_string())]);
        let subject = Subject { kind: "Scenario".into(), name: self.scenario.clone() };
        let before = SubjectState {
            uid: scenario.uid.as_deref().map(String::from),
            generation: scenario.generation,
            occurrence: None,
        };
        Intent::begin(&permit, context, Record { verb: VERB, subject, before, parameters }).await
    }

    /// Waits for the results. Who waits for none looks them up later, also where the run has ended by now, so that the status of the
    /// answer does not depend on how fast the run was.
    async fn progress_after(&self, context: &Context, requested_at: Timestamp) -> RunProgress {
        if self.wait.is_zero() {
            return RunProgress::Pending { requested_at };
        }
        let finished = async {
            loop {
                if let Some(run) = finished(&context.resources, &self.scenario, requested_at) {
                    return run;
                }
                tokio::time::sleep(POLL_INTERVAL).await;
            }
        };
        match tokio::time::timeout(self.wait.min(WAIT_MAX), finished).await {
            Ok(run) => RunProgress::Finished(run),
            Err(_) => RunProgress::Pending { requested_at },
        }
    }
}

/// Requests the run of an Action, unless it was requested, and records the result.
pub(super) async fn carry_out(
    context: &Context,
    intent: &mut Intent,
    stored: &Stored<RunProgress>,
) -> Result<Timestamp, CommandError> {
    let name = intent.action.spec.subject.name.clone();
    let asked = async {
        let at = requested_at(intent).ok_or(CommandError::Rejected(Refusal::NoRequestTime))?;
        let scenario = read(&context.api(), &name).await?;
        let before = intent.action.spec.before.as_ref().and_then(|before| before.uid.as_deref());
        if before.is_some() && before != scenario.uid.as_deref() {
            return Err(CommandError::Conflict(Refusal::Recreated { name: name.clone() }));
        }
        if !is_asked(&scenario, at) {
            require_runnable(&scenario)?;
            context.joined.request(&name, at, |at| write(context, &name, at)).await?;
        }
        Ok(at)
    };
    let asked = match asked.await {
        Err(error) if error.is_uncertain() => {
            // The outcome of the write is not known. Where it can't be read, the Action stays without a result, and is completed
            // once the API is available.
            let scenario = read(&context.api(), &name).await.map_err(|_| error.clone())?;
            match requested_at(intent).filter(|at| is_asked(&scenario, *at)) {
                Some(at) => Ok(at),
                None => Err(error),
            }
        }
        asked => asked,
    };
    let (result, reply) = match &asked {
        Ok(_) => (ActionResult::Done, None),
        Err(error) => (ActionResult::Refused(error.refusal()), stored(&Err(error.clone()))),
    };
    intent.end(context, &result, reply).await;
    asked
}

async fn read(api: &Api<Scenario>, name: &str) -> Result<CachedScenario, WriteError> {
    call(api.get(name)).await.map(CachedScenario::from)
}

/// The time of the request of an Action.
fn requested_at(intent: &Intent) -> Option<Timestamp> {
    intent.action.spec.parameters.get(REQUESTED_AT)?.parse().ok()
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
    let found = resources.scenario(scenario).ok_or_else(|| CommandError::no_such("Scenario", scenario))?;
    require_runnable(&found)?;
    Ok(RunProgress::Pending { requested_at })
}

fn finished(resources: &Resources, scenario: &str, requested_at: Timestamp) -> Option<RunView> {
    RunView::new(&*resources.scenario(scenario)?, requested_at)
}

fn require_runnable(scenario: &CachedScenario) -> Result<(), CommandError> {
    let name = scenario.name.to_string();
    if scenario.spec.suspend {
        return Err(CommandError::Conflict(Refusal::ScenarioSuspended { scenario: name }));
    }
    let conditions = scenario.status.as_ref().map(|s| s.conditions.as_slice()).unwrap_or_default();
    match find(conditions, READY) {
        Some(ready) if !is_ready(scenario) => {
            Err(CommandError::Conflict(Refusal::ScenarioNotReady { scenario: name, why: ready.message.clone() }))
        }
        // A new Scenario has no status yet.
        _ => Ok(()),
    }
}

/// Writes the annotation that requests a run at `at`, unless it says so or a later time, which its run answers as well. A conflict is
/// resolved by reading again, so that only a later time takes the place of another.
async fn write(context: &Context, name: &str, at: Timestamp) -> Result<(), CommandError> {
    let api: Api<Scenario> = context.api();
    let params = PatchParams { field_manager: Some(field_managers::FACADE.into()), ..Default::default() };
    for failures in 0..ATTEMPTS_MAX {
        let scenario = read(&api, name).await?;
        if is_asked(&scenario, at) {
            return Ok(());
        }
        let patch = json!({"metadata": {
            "resourceVersion": scenario.resource_version,
            "annotations": {RUN_REQUESTED_AT: at.to_string()},
        }});
        match call(api.patch(name, &params, &Patch::Merge(patch))).await {
            Ok(_) => return Ok(()),
            Err(WriteError::Conflict) => tokio::time::sleep(CONFLICTS.interval(failures)).await,
            Err(error) => return Err(error.into()),
        }
    }
    Err(CommandError::unavailable("the Scenario keeps changing"))
}

/// Whether a run was requested at `at` or later, or has answered such a request.
fn is_asked(scenario: &CachedScenario, at: Timestamp) -> bool {
    asked(scenario).is_some_and(|asked| asked >= at) || answered(scenario).is_some_and(|answered| answered >= at)
}

fn asked(scenario: &CachedScenario) -> Option<Timestamp> {
    scenario.run_requested_at.as_deref().and_then(|text| text.parse().ok())
}

fn answered(scenario: &CachedScenario) -> Option<Timestamp> {
    scenario.status.as_ref()?.last_requested_run.as_deref().and_then(RequestedRun::requested)
}

/// The time of a request: now, in microseconds, but after the last request that was answered, whose results would otherwise be
/// taken for the new run's.
fn request_time(scenario: &CachedScenario, now: Timestamp) -> Timestamp {
    let micros = |at: Timestamp| Timestamp::from_microsecond(at.as_microsecond()).unwrap_or(at);
    let next = |at: Timestamp| Timestamp::from_microsecond(at.as_microsecond().saturating_add(1)).unwrap_or(at);
    answered(scenario).map_or(micros(now), |at| micros(now).max(next(at)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scenario(existing: Option<&str>, answered: Option<&str>) -> CachedScenario {
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
    fn a_run_is_requested_after_the_last_answered_one_unless_a_later_one_was() {
        let now = "2026-03-01T12:00:00.0000005Z".parse().unwrap();
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        for (existing, answered, expected, is_asked_already) in [
            (None, None, "2026-03-01T12:00:00Z", false),
            (Some("2026-03-01T11:00:00Z"), None, "2026-03-01T12:00:00Z", false),
            (Some("2026-03-01T12:00:00Z"), None, "2026-03-01T12:00:00Z", true),
            (Some("2026-03-01T12:00:01Z"), None, "2026-03-01T12:00:00Z", true),
            (Some("soon"), None, "2026-03-01T12:00:00Z", false),
            (Some("2026-03-01T12:00:09Z"), Some("2026-03-01T12:00:09Z"), "2026-03-01T12:00:09.000001Z", false),
        ] {
            let scenario = scenario(existing, answered);
            assert_eq!(request_time(&scenario, now), at(expected), "{existing:?} {answered:?}");
            assert_eq!(is_asked(&scenario, at(expected)), is_asked_already, "{existing:?} {answered:?}");
        }
        // Its annotation is removed, as Flux does, and it was answered.
        assert!(is_asked(&scenario(None, Some("2026-03-01T12:00:00Z")), at("2026-03-01T12:00:00Z")));
    }
}
