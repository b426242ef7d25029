//! Metrics of each Scenario. They are written anew for each request, in parts of bounded size, so that thousands of Scenarios take
//! no memory for series that nobody reads.

use super::exposition::{Format, write_gauge, write_series};
use crate::api::Severity;
use foldhash::fast::RandomState;
use jiff::Timestamp;
use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

/// A part of the text has about so many bytes.
const PART: usize = 32 << 10;

/// The last run of a Scenario in this process.
#[derive(Clone, Debug, PartialEq)]
pub struct LastRun {
    /// Whether every check passed; `None` where none failed and some could not be judged.
    pub up: Option<bool>,
    /// When it began.
    pub at: Timestamp,
    /// From the first probe to the end of the evaluation.
    pub duration: Duration,
    /// The probes that read a certificate, each with the time, in seconds since 1970, at which the first certificate of the chain
    /// expires.
    pub certificates: Vec<(String, i64)>,
}

/// What the resources say about a Scenario.
#[derive(Clone, Debug, PartialEq)]
pub struct ScenarioSample {
    pub name: String,
    /// The last run that the status tells of, for Scenarios that this process has not run yet.
    pub last_run_at: Option<Timestamp>,
    /// Open and acknowledged Findings of each severity that the Scenario's checks have, and of others where there are any.
    pub open_findings: Vec<(Severity, usize)>,
}

/// The last runs in this process, while it runs Scenarios.
#[derive(Default)]
pub(super) struct LastRuns(RwLock<HashMap<Arc<str>, Arc<LastRun>, RandomState>>);

impl LastRuns {
    pub fn set(&self, scenario: Arc<str>, run: LastRun) {
        self.write().insert(scenario, Arc::new(run));
    }

    /// A run read nothing: the last one stays, and whether the Scenario is up is not known.
    pub fn not_read(&self, scenario: &str) {
        if let Some(run) = self.write().get_mut(scenario) {
            *run = Arc::new(LastRun { up: None, ..LastRun::clone(run) });
        }
    }

    pub fn remove(&self, scenario: &str) {
        self.write().remove(scenario);
    }

    pub fn clear(&self) {
        *self.write() = HashMap::default();
    }

    /// The last runs of these Scenarios.
    pub fn of(&self, samples: Vec<ScenarioSample>) -> Vec<Row> {
        let runs = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let row = |sample: ScenarioSample| Row { run: runs.get(sample.name.as_str()).cloned(), sample };
        samples.into_iter().map(row).collect()
    }

    fn write(&self) -> std::sync::RwLockWriteGuard<'_, HashMap<Arc<str>, Arc<LastRun>, RandomState>> {
        self.0.write().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Everything that is written about one Scenario.
pub(super) struct Row {
    sample: ScenarioSample,
    run: Option<Arc<LastRun>>,
}

/// A metric of Scenarios.
#[derive(Clone, Copy)]
enum Family {
    Up,
    LastRun,
    Duration,
    Certificates,
    OpenFindings,
}

impl Family {
    const ALL: [Family; 5] =
        [Family::Up, Family::LastRun, Family::Duration, Family::Certificates, Family::OpenFindings];

    fn name(self) -> &'static str {
        match self {
            Family::Up => "agentic_ops_scenario_up",
            Family::LastRun => "agentic_ops_scenario_last_run_timestamp_seconds",
            Family::Duration => "agentic_ops_scenario_last_run_duration_seconds",
            Family::Certificates => "agentic_ops_scenario_certificate_expiration_timestamp_seconds",
            Family::OpenFindings => "agentic_ops_scenario_open_findings",
        }
    }

    fn help(self) -> &'static str {
        match self {
            Family::Up => {
                "Whether every check passed in the last run (1) or one failed (0); absent where none failed and some could not be judged."
            }
            Family::LastRun => "Time of the last run.",
            Family::Duration => "Duration of the last run.",
            Family::Certificates => {
                "Time at which the first certificate of the chain that the probe read in the last run expires."
            }
            Family::OpenFindings => "Findings of the Scenario in phase Open or Acknowledged.",
        }
    }

    fn unit(self) -> Option<&'static str> {
        match self {
            Family::Up | Family::OpenFindings => None,
            Family::LastRun | Family::Duration | Family::Certificates => Some("seconds"),
        }
    }

    fn write(self, row: &Row, text: &mut String) {
        let (name, run) = (self.name(), row.run.as_deref());
        let scenario = ("scenario", row.sample.name.as_str());
        match self {
            Family::Up => {
                if let Some(up) = run.and_then(|run| run.up) {
                    write_series(text, name, &[scenario], u8::from(up));
                }
            }
            Family::LastRun => {
                if let Some(at) = run.map(|run| run.at).max(row.sample.last_run_at) {
                    write_series(text, name, &[scenario], at.as_duration().as_secs_f64());
                }
            }
            Family::Duration => {
                if let Some(run) = run {
                    write_series(text, name, &[scenario], run.duration.as_secs_f64());
                }
            }
            Family::Certificates => {
                for (probe, expires) in run.into_iter().flat_map(|run| &run.certificates) {
                    write_series(text, name, &[scenario, ("probe", probe)], expires);
                }
            }
            Family::OpenFindings => {
                for (severity, count) in &row.sample.open_findings {
                    write_series(text, name, &[scenario, ("severity", severity.as_str())], count);
                }
            }
        }
    }
}

/// All metrics in one format, in parts: first those of the program and the process, then those of Scenarios.
pub struct Exposition {
    format: Format,
    /// `None` once it has been given.
    program: Option<String>,
    rows: Vec<Row>,
    family: usize,
    row: usize,
    is_ended: bool,
}

impl Exposition {
    pub(super) fn new(format: Format, program: String, rows: Vec<Row>) -> Exposition {
        Exposition { format, program: Some(program), rows, family: 0, row: 0, is_ended: false }
    }
}

impl Iterator for Exposition {
    type Item = String;

    fn next(&mut self) -> Option<String> {
        if let Some(program) = self.program.take() {
            return Some(program);
        }
        let mut text = String::with_capacity(PART + (PART >> 3));
        while let (Some(family), false) = (Family::ALL.get(self.family), self.rows.is_empty()) {
            if self.row == 0 {
                write_gauge(&mut text, self.format, family.name(), family.unit(), family.help());
            }
            while let Some(row) = self.rows.get(self.row) {
                if text.len() >= PART {
                    return Some(text);
                }
                family.write(row, &mut text);
                self.row += 1;
            }
            (self.family, self.row) = (self.family + 1, 0);
        }
        if !std::mem::replace(&mut self.is_ended, true) {
            text.push_str(self.format.end());
        }
        (!text.is_empty()).then_some(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(up: Option<bool>) -> LastRun {
        let certificates = vec![("site".to_string(), 253_402_300_799)];
        let at = Timestamp::from_millisecond(1_500).unwrap();
        LastRun { up, at, duration: Duration::from_millis(250), certificates }
    }

    fn sample(name: &str) -> ScenarioSample {
        let open_findings = vec![(Severity::High, 2), (Severity::Low, 0)];
        ScenarioSample { name: name.into(), last_run_at: Timestamp::from_second(1).ok(), open_findings }
    }

    fn written(runs: &LastRuns, names: &[&str], format: Format) -> String {
        let samples = names.iter().map(|name| sample(name)).collect();
        Exposition::new(format, "first\n".into(), runs.of(samples)).collect()
    }

    #[test]
    fn each_scenario_has_its_series() {
        let runs = LastRuns::default();
        runs.set("a".into(), run(Some(true)));
        runs.set("b".into(), run(Some(false)));
        runs.set("c".into(), run(Some(false)));
        runs.set("gone".into(), run(Some(true)));
        runs.not_read("c");
        let text = written(&runs, &["a", "b", "c", "d"], Format::Text);
        let series: Vec<&str> = text.lines().filter(|line| !line.starts_with('#')).collect();
        let last_run =
            |name, at| format!("agentic_ops_scenario_last_run_timestamp_seconds{{scenario=\"{name}\"}} {at}");
        let mut expected = vec!["first".to_string()];
        expected.extend(
            [("a", 1), ("b", 0)].map(|(name, up)| format!("agentic_ops_scenario_up{{scenario=\"{name}\"}} {up}")),
        );
        expected.extend([("a", "1.5"), ("b", "1.5"), ("c", "1.5"), ("d", "1")].map(|(name, at)| last_run(name, at)));
        let duration = |name| format!("agentic_ops_scenario_last_run_duration_seconds{{scenario=\"{name}\"}} 0.25");
        expected.extend(["a", "b", "c"].map(duration));
        let certificate = |name| {
            format!(
                "agentic_ops_scenario_certificate_expiration_timestamp_seconds{{scenario=\"{name}\",probe=\"site\"}} 253402300799"
            )
        };
        expected.extend(["a", "b", "c"].map(certificate));
        for name in ["a", "b", "c", "d"] {
            for (severity, count) in [("high", 2), ("low", 0)] {
                expected.push(format!(
                    "agentic_ops_scenario_open_findings{{scenario=\"{name}\",severity=\"{severity}\"}} {count}"
                ));
            }
        }
        assert_eq!(series, expected);
    }

    #[test]
    fn scenarios_that_are_removed_have_no_series() {
        let runs = LastRuns::default();
        runs.set("a".into(), run(Some(true)));
        runs.set("b".into(), run(Some(true)));
        runs.remove("a");
        let up = |runs: &LastRuns| written(runs, &["a", "b"], Format::Text).matches("scenario_up{").count();
        assert_eq!(up(&runs), 1);
        runs.clear();
        assert_eq!(up(&runs), 0);
        assert_eq!(written(&runs, &[], Format::Text), "first\n");
        assert_eq!(written(&runs, &[], Format::OpenMetrics), "first\n# EOF\n");
    }

    #[test]
    fn the_parts_of_many_scenarios_are_bounded_and_families_stay_together() {
        let runs = LastRuns::default();
        let names: Vec<String> = (0..3_000).map(|number| format!("scenario-{number}")).collect();
        for name in &names {
            runs.set(name.as_str().into(), run(Some(true)));
        }
        let samples = names.iter().map(|name| sample(name)).collect();
        let parts: Vec<String> = Exposition::new(Format::OpenMetrics, String::new(), runs.of(samples)).collect();
        assert!(parts.len() > 20 && parts.iter().all(|part| part.len() < PART + 4_096), "{}", parts.len());
        let text = parts.concat();
        assert_eq!(text.matches("# TYPE ").count(), Family::ALL.len());
        assert_eq!(text.lines().count(), 3_000 * 6 + Family::ALL.len() * 2 + 3 + 1);
        assert!(text.ends_with("# EOF\n"));
    }
}
