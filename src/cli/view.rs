//! The operator as the facade sees it: in this process, or somewhere else.

use crate::api::Scenario;
use crate::controllers::{Operator, scenario, tick};
use crate::domain::duration;
use crate::facade::{APART, OperatorView, TickReport, TickResult, Vitals};
use crate::runtime::caches::Caches;
use crate::runtime::leadership::{Leadership, WriteFence};
use crate::runtime::shared::Shared;
use crate::telemetry::Metrics;
use futures::FutureExt as _;
use futures::future::BoxFuture;
use jiff::Timestamp;
use kube::runtime::reflector::{ObjectRef, Store};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;

/// Of a process with an operator.
pub fn of_operator(operator: &Operator, metrics: Arc<Metrics>) -> Vitals {
    let here = Here { shared: operator.shared.clone(), fence: operator.fence.clone(), commands: operator.commands() };
    Vitals {
        scenarios: operator.scenarios.clone(),
        findings: operator.findings.clone(),
        operator: Arc::new(here),
        metrics,
    }
}

/// Of a process with the facade alone; `default_interval` is that of a Scenario that names none.
pub fn of_caches(caches: &Caches, namespace: &str, default_interval: Duration, metrics: Arc<Metrics>) -> Vitals {
    let apart = Apart {
        shared: caches.shared.clone(),
        scenarios: caches.scenarios.clone(),
        namespace: namespace.to_string(),
        default_interval,
    };
    Vitals {
        scenarios: caches.scenarios.clone(),
        findings: caches.findings.clone(),
        operator: Arc::new(apart),
        metrics,
    }
}

/// The operator of this process.
struct Here {
    shared: Arc<Shared>,
    fence: WriteFence,
    commands: mpsc::Sender<scenario::Command>,
}

impl OperatorView for Here {
    fn waiting_for(&self) -> Vec<String> {
        self.shared.waiting_for()
    }

    fn lateness(&self) -> Option<Duration> {
        Some(self.shared.lateness())
    }

    fn next_run_at(&self, scenario: &str) -> Option<Timestamp> {
        self.shared.next_run_at(scenario)
    }

    fn interval(&self, scenario: &str) -> Option<Duration> {
        self.shared.interval(scenario)
    }

    fn standing(&self) -> Option<Leadership> {
        Some(self.fence.standing())
    }

    fn tick(&self, force: bool) -> BoxFuture<'static, Result<TickReport, String>> {
        let (commands, fence) = (self.commands.clone(), self.fence.clone());
        async move {
            let why = || match fence.standing() {
                Leadership::Leading { .. } => "this replica can't run that now".to_string(),
                standing => standing.to_string(),
            };
            if !fence.is_open() {
                return Err(why());
            }
            let report = tick(&commands, force).await.ok_or_else(why)?;
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
    shared: Arc<Shared>,
    scenarios: Store<Scenario>,
    namespace: String,
    default_interval: Duration,
}

impl OperatorView for Apart {
    fn waiting_for(&self) -> Vec<String> {
        self.shared.waiting_for()
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
