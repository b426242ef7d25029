//! Logs and metrics. Metrics follow the Prometheus conventions: base units, and labels with few values.

mod advice;
mod exposition;
mod limits;
mod logging;
mod notices;
mod process;
mod reference;
mod requests;
mod scenarios;
mod store;

pub use exposition::Format;
pub use limits::Limit;
pub use logging::{LogFormat, init_logging, redact_logs};
pub use reference::reference;
pub use scenarios::{Exposition, LastRun, ScenarioSample};

use crate::api::{CheckOutcome, Health, Severity, WatchState};
use advice::AdviceMetrics;
use exposition::to_text_format;
use limits::Throttle;
use notices::NoticeMetrics;
use process::ProcessMetrics;
use prometheus_client::encoding::text::encode_registry;
use prometheus_client::encoding::{EncodeLabelSet, EncodeLabelValue, LabelValueEncoder};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::{Registry, Unit};
use requests::RequestMetrics;
use scenarios::LastRuns;
use std::fmt::Write as _;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};
use store::StoreMetrics;

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ProbeLabels {
    kind: LabelWord,
    outcome: LabelWord,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OutcomeLabel {
    outcome: LabelWord,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct WriteLabels {
    resource: LabelWord,
    result: LabelWord,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct SeverityLabel {
    severity: LabelWord,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct HealthLabel {
    health: LabelWord,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct StateLabel {
    state: LabelWord,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct LimitLabel {
    limit: LabelWord,
}

/// A label value from a fixed set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct LabelWord(&'static str);

impl EncodeLabelValue for LabelWord {
    fn encode(&self, encoder: &mut LabelValueEncoder) -> Result<(), std::fmt::Error> {
        encoder.write_str(self.0)
    }
}

/// The outcomes of checks. Each run counts several: their counters are looked up once.
#[derive(Default)]
struct CheckMetrics {
    family: Family<OutcomeLabel, Counter>,
    counters: [OnceLock<Counter>; 4],
}

impl CheckMetrics {
    fn add(&self, outcome: CheckOutcome) {
        let look_up = || self.family.get_or_create(&OutcomeLabel { outcome: LabelWord(outcome.as_str()) }).clone();
        match self.counters.get(outcome as usize) {
            Some(counter) => counter.get_or_init(look_up).inc(),
            None => look_up().inc(),
        };
    }
}

/// All metrics of the program. Recording is cheap and never blocks.
pub struct Metrics {
    registry: Registry,
    probes: Family<ProbeLabels, Histogram>,
    checks: CheckMetrics,
    runs: Counter,
    lateness: Histogram,
    writes: Family<WriteLabels, Counter>,
    open_findings: Family<SeverityLabel, Gauge>,
    scenarios: Family<HealthLabel, Gauge>,
    scenario_states: Family<StateLabel, Gauge>,
    leading: Gauge,
    uncovered_checks: Gauge,
    history_dropped: Counter,
    limits: Family<LimitLabel, Counter>,
    limits_logged: Throttle,
    store: Arc<StoreMetrics>,
    requests: RequestMetrics,
    notices: NoticeMetrics,
    advice: AdviceMetrics,
    last_runs: LastRuns,
    process: Registry,
}

const SECONDS: [f64; 12] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0];

impl Default for Metrics {
    fn default() -> Self {
        let mut registry = Registry::with_prefix("agentic_ops");
        let probes = Family::new_with_constructor((|| Histogram::new(SECONDS)) as fn() -> Histogram);
        let lateness = Histogram::new(SECONDS);
        let metrics = Metrics {
            probes: probes.clone(),
            checks: CheckMetrics::default(),
            runs: Counter::default(),
            lateness: lateness.clone(),
            writes: Family::default(),
            open_findings: Family::default(),
            scenarios: Family::default(),
            scenario_states: Family::default(),
            leading: Gauge::default(),
            uncovered_checks: Gauge::default(),
            history_dropped: Counter::default(),
            limits: Family::default(),
            limits_logged: Throttle::default(),
            store: Arc::default(),
            requests: RequestMetrics::registered(&mut registry),
            notices: NoticeMetrics::registered(&mut registry),
            advice: AdviceMetrics::registered(&mut registry),
            last_runs: LastRuns::default(),
            process: Registry::with_prefix("process"),
            registry: Registry::default(),
        };
        let info = Info::new([("version", env!("CARGO_PKG_VERSION"))]);
        registry.register("build", "Version of the program", info);
        registry.register_with_unit("probe_duration", "Duration of probes", Unit::Seconds, probes);
        registry.register("checks", "Check outcomes", metrics.checks.family.clone());
        registry.register("runs", "Scenario runs", metrics.runs.clone());
        registry.register_with_unit(
            "scheduler_lateness",
            "Delay between the scheduled and the actual start of runs",
            Unit::Seconds,
            lateness,
        );
        registry.register("api_writes", "Write requests to the Kubernetes API", metrics.writes.clone());
        registry.register("open_findings", "Findings in phase Open or Acknowledged", metrics.open_findings.clone());
        registry.register("scenarios", "Scenarios by health", metrics.scenarios.clone());
        registry.register(
            "scenario_states",
            "Scenarios by state: each is ready, invalid, suspended or late",
            metrics.scenario_states.clone(),
        );
        registry.register("leading", "Whether this replica is the leader (1) or not (0)", metrics.leading.clone());
        registry.register(
            "uncovered_checks",
            "Checks whose name is not in the runbook of their Scenario",
            metrics.uncovered_checks.clone(),
        );
        registry.register(
            "history_dropped_readings",
            "Readings that the history could not take or write",
            metrics.history_dropped.clone(),
        );
        registry.register("limit_reached", "How often a limit was reached", metrics.limits.clone());
        registry.register_collector(Box::new(metrics.store.clone()));
        let mut process = Registry::with_prefix("process");
        process.register_collector(Box::new(ProcessMetrics::default()));
        Metrics { registry, process, ..metrics }
    }
}

impl Metrics {
    /// Records the duration of a probe. `outcome` is `ok` or the error of the reading.
    pub fn probe(&self, kind: &'static str, outcome: &'static str, latency: Duration) {
        let labels = ProbeLabels { kind: LabelWord(kind), outcome: LabelWord(outcome) };
        self.probes.get_or_create(&labels).observe(latency.as_secs_f64());
    }

    /// Counts the outcome of a check.
    pub fn check(&self, outcome: CheckOutcome) {
        self.checks.add(outcome);
    }

    /// Counts an attempt to ask the local model; `took` is the duration of a call that was answered.
    pub fn advice_request(&self, result: &'static str, took: Option<Duration>) {
        self.advice.request(result, took);
    }

    /// Sets how much waits for the local model.
    pub fn set_advice_queue(&self, length: usize) {
        self.advice.set_queue(length);
    }

    /// Counts a run of a Scenario.
    pub fn run(&self) {
        self.runs.inc();
    }

    /// Records the delay between the scheduled and the actual start of a run.
    pub fn lateness(&self, late: Duration) {
        self.lateness.observe(late.as_secs_f64());
    }

    /// Counts a write to the API, unless nothing was written.
    pub fn api_write(&self, resource: &'static str, wrote: bool, ok: bool) {
        if wrote {
            let labels =
                WriteLabels { resource: LabelWord(resource), result: LabelWord(if ok { "ok" } else { "error" }) };
            self.writes.get_or_create(&labels).inc();
        }
    }

    /// Sets the number of open Findings by severity.
    pub fn set_open_findings(&self, count: impl Fn(Severity) -> usize) {
        for severity in Severity::ALL {
            let gauge = self.open_findings.get_or_create(&SeverityLabel { severity: LabelWord(severity.as_str()) });
            gauge.set(count(severity).try_into().unwrap_or(i64::MAX));
        }
    }

    /// Sets the number of Scenarios by health.
    pub fn set_scenarios(&self, count: impl Fn(Health) -> usize) {
        for health in [Health::Healthy, Health::Failing, Health::Unknown] {
            let gauge = self.scenarios.get_or_create(&HealthLabel { health: LabelWord(health.as_str()) });
            gauge.set(count(health).try_into().unwrap_or(i64::MAX));
        }
    }

    /// Sets the number of Scenarios by state.
    pub fn set_scenario_states(&self, count: impl Fn(WatchState) -> usize) {
        for state in WatchState::ALL {
            let gauge = self.scenario_states.get_or_create(&StateLabel { state: LabelWord(state.as_str()) });
            gauge.set(count(state).try_into().unwrap_or(i64::MAX));
        }
    }

    /// Sets whether this replica is the leader.
    pub fn set_leading(&self, leads: bool) {
        self.leading.set(leads.into());
    }

    /// Sets the number of checks that no runbook covers.
    pub fn set_uncovered_checks(&self, count: usize) {
        self.uncovered_checks.set(count.try_into().unwrap_or(i64::MAX));
    }

    /// Counts readings that are missing in the history.
    pub fn history_dropped(&self, count: u64) {
        self.history_dropped.inc_by(count);
    }

    /// Sets the state of the embedded store.
    pub fn set_store(&self, is_writable: bool, damaged: usize) {
        self.store.set(is_writable, damaged);
    }

    /// Counts a failed write of the embedded store.
    pub fn store_error(&self) {
        self.store.error();
    }

    /// Counts that a limit was reached, and logs it with `detail` at most once a minute for each limit.
    pub fn limit_reached(&self, limit: Limit, detail: impl std::fmt::Display) {
        self.limits.get_or_create(&LimitLabel { limit: LabelWord(limit.as_str()) }).inc();
        if self.limits_logged.is_due(limit, Instant::now()) {
            tracing::warn!(limit = limit.as_str(), setting = limit.setting(), %detail, "limit reached");
        }
    }

    /// Records a request of the facade: the template of its route, `None` without one; its method, the status code of the answer, and
    /// the time to it.
    pub fn request(&self, route: Option<&str>, method: &str, code: u16, took: Duration) {
        self.requests.answered(route, method, code, took);
    }

    /// Counts what came of a notice. `result` is `sent`, `failed`, `retried` or `suppressed`.
    pub fn notice_result(&self, channel: &str, result: &str) {
        self.notices.notice(channel, result);
    }

    /// Counts a time at which the push monitor was to be called. `result` is `sent`, `failed` or `withheld`.
    pub fn heartbeat(&self, result: &'static str) {
        self.notices.heartbeat(result);
    }

    /// Records the last run of a Scenario.
    pub fn scenario_ran(&self, scenario: Arc<str>, run: LastRun) {
        self.last_runs.set(scenario, run);
    }

    /// Records that a run of a Scenario read nothing.
    pub fn scenario_not_read(&self, scenario: &str) {
        self.last_runs.not_read(scenario);
    }

    /// Forgets the last run of a Scenario that runs no more.
    pub fn forget_scenario(&self, scenario: &str) {
        self.last_runs.remove(scenario);
    }

    /// Forgets the last runs of all Scenarios: this process runs none.
    pub fn forget_scenarios(&self) {
        self.last_runs.clear();
    }

    /// All metrics, with those of these Scenarios.
    pub fn exposition(&self, format: Format, scenarios: Vec<ScenarioSample>) -> Exposition {
        let mut text = String::new();
        // Writing to a String cannot fail.
        let _ = encode_registry(&mut text, &self.registry);
        let _ = encode_registry(&mut text, &self.process);
        let text = match format {
            Format::OpenMetrics => text,
            Format::Text => to_text_format(&text),
        };
        Exposition::new(format, text, self.last_runs.of(scenarios))
    }

    /// All metrics but those of Scenarios, in the text format.
    pub fn encode(&self) -> String {
        self.exposition(Format::Text, Vec::new()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_units_are_those_of_prometheus() {
        let metrics = Metrics::default();
        metrics.probe("http", "ok", Duration::from_millis(3));
        metrics.check(CheckOutcome::Pass);
        metrics.api_write("findings", true, true);
        metrics.set_open_findings(|s| usize::from(s == Severity::High));
        metrics.set_scenario_states(|state| usize::from(state == WatchState::Late));
        metrics.limit_reached(Limit::Probes, "1024 probes");
        let text = metrics.encode();
        for line in [
            "agentic_ops_probe_duration_seconds_bucket{le=\"0.005\",kind=\"http\",outcome=\"ok\"} 1",
            "agentic_ops_checks_total{outcome=\"pass\"} 1",
            "agentic_ops_api_writes_total{resource=\"findings\",result=\"ok\"} 1",
            "agentic_ops_open_findings{severity=\"high\"} 1",
            "agentic_ops_scenario_states{state=\"late\"} 1",
            "agentic_ops_scenario_states{state=\"ready\"} 0",
            "agentic_ops_limit_reached_total{limit=\"probes\"} 1",
            "agentic_ops_build_info{version=",
        ] {
            assert!(text.contains(line), "{line} is not in\n{text}");
        }
    }
}
