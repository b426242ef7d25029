//! The operator as the facade sees it: in this process, or somewhere else.

use crate::api::Scenario;
use crate::controllers::Operator;
use crate::controllers::scenario;
use crate::domain::duration;
use crate::facade::{APART, OperatorView, TickReport, TickResult, Vitals};
use crate::runtime::caches::Caches;
use crate::runtime::leadership::{Leadership, WriteFence};
use crate::runtime::listing::ListProgress;
use crate::telemetry::Metrics;
use futures::FutureExt as _;
use futures::future::BoxFuture;
use jiff::Timestamp;
use kube::runtime::reflector::{ObjectRef, Store};
use std::sync::Arc;
use std::time::Duration;

/// Of a process with an operator.
pub fn of_operator(operator: &Operator, metrics: Arc<Metrics>) -> Vitals {
    let here = Here {
        progress: operator.caches.progress.clone(),
        fence: operator.fence.clone(),
        controller: operator.scenarios.clone(),
    };
    Vitals {
        scenarios: operator.caches.scenarios.store(),
        findings: operator.caches.findings.store(),
        operator: Arc::new(here),
        metrics,
    }
}

/// Of a process with the facade alone; `default_interval` is that of a Scenario that names none.
pub fn of_caches(caches: &Caches, namespace: &str, default_interval: Duration, metrics: Arc<Metrics>) -> Vitals {
    let apart = Apart {
        progress: caches.progress.clone(),
        scenarios: caches.scenarios.store(),
        namespace: namespace.to_string(),
        default_interval,
    };
    Vitals {
        scenarios: caches.scenarios.store(),
        findings: caches.findings.store(),
        operator: Arc::new(apart),
        metrics,
    }
}

/// The operator of this process.
struct Here {
    progress: ListProgress,
    fence: WriteFence,
    controller: scenario::Handle,
}

impl OperatorView for Here {
    fn waiting_for(&self) -> Vec<String> {
        self.progress.waiting_for()
    }

    fn lateness(&self) -> Option<Duration> {
        Some(self.controller.schedule.lateness())
    }

    fn next_run_at(&self, scenario: &str) -> Option<Timestamp> {
        self.controller.schedule.next_run_at(scenario)
    }

    fn interval(&self, scenario: &str) -> Option<Duration> {
        self.controller.schedule.interval(scenario)
    }

    fn standing(&self) -> Option<Leadership> {
        Some(self.fence.leadership())
    }

    fn tick(&self, force: bool) -> BoxFuture<'static, Result<TickReport, String>> {
        let (controller, fence) = (self.controller.clone(), self.fence.clone());
        async move {
            let why = || match fence.leadership() {
                Leadership::Leading { .. } => "this replica can't run that now".to_string(),
                standing => standing.to_string(),
            };
            if !fence.is_open() {
                return Err(why());
            }
            let report = controller.tick(force).await.ok_or_else(why)?;
            let results = report.results.into_iter().map(|r| TickResult {
                scenario_id: r.scenario,
                health: r.health,
                opened: r.opened,
                resolved: r.resolved,
            });
            Ok(TickReport { due: report.due, ran: report.ran, results: results.collect() })
        }
        .boxed()
    }
}

/// An operator that runs apart: of it is known what its objects say.
struct Apart {
    progress: ListProgress,
    scenarios: Store<Scenario>,
    namespace: String,
    default_interval: Duration,
}

impl OperatorView for Apart {
    fn waiting_for(&self) -> Vec<String> {
        self.progress.waiting_for()
    }

    fn lateness(&self) -> Option<Duration> {
        None
    }

    fn next_run_at(&self, _scenario: &str) -> Option<Timestamp> {
        None
    }

    fn interval(&self, scenario: &str) -> Option<Duration> {
        let found = self.scenarios.get(&ObjectRef::new(scenario).within(&self.namespace))?;
        found.spec.interval.as_deref().map_or(Some(self.default_interval), |text| duration::parse(text).ok())
    }

    fn standing(&self) -> Option<Leadership> {
        None
    }

    fn tick(&self, _force: bool) -> BoxFuture<'static, Result<TickReport, String>> {
        async { Err(APART.to_string()) }.boxed()
    }
}
