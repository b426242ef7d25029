//! The page `docs/metrics.md`, made from the metrics themselves.

use super::{Format, LastRun, Limit, Metrics, ScenarioSample};
use crate::api::{CheckOutcome, Severity};
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::time::Duration;

const INTRODUCTION: &str = include_str!("reference.md");

/// The sections of the page, with what the names of their metrics begin with. The first that fits counts.
const SECTIONS: [(&str, &str); 4] = [
    ("Scenarios", "agentic_ops_scenario_"),
    ("The facade", "agentic_ops_facade_"),
    ("The program", "agentic_ops_"),
    ("The process", "process_"),
];

/// A metric as the text format shows it.
#[derive(Debug, Default)]
struct Described {
    kind: String,
    help: String,
    labels: BTreeSet<String>,
}

/// The page that describes all metrics.
pub fn reference() -> String {
    let text: String = example().exposition(Format::Text, vec![sample()]).collect();
    let mut metrics = described(&text);
    let mut page = INTRODUCTION.to_string();
    for (title, prefix) in SECTIONS {
        let _ = write!(page, "\n## {title}\n\n| metric | type | labels | meaning |\n|---|---|---|---|\n");
        let of_section: Vec<String> = metrics.keys().filter(|name| name.starts_with(prefix)).cloned().collect();
        for name in of_section {
            let Described { kind, help, labels } = metrics.remove(&name).unwrap_or_default();
            let labels: Vec<String> = labels.iter().map(|label| format!("`{label}`")).collect();
            let _ = writeln!(page, "| `{name}` | {kind} | {} | {help} |", labels.join(", "));
        }
    }
    page
}

/// Every metric, each with a value.
fn example() -> Metrics {
    let metrics = Metrics::default();
    metrics.probe("http", "ok", Duration::ZERO);
    metrics.check(CheckOutcome::Pass);
    metrics.run();
    metrics.lateness(Duration::ZERO);
    metrics.api_write("findings", true, true);
    metrics.set_open_findings(|_| 0);
    metrics.set_scenarios(|_| 0);
    metrics.set_scenario_states(|_| 0);
    metrics.set_leading(true);
    metrics.set_uncovered_checks(0);
    metrics.history_dropped(0);
    metrics.set_store(true, 0);
    metrics.limits.get_or_create(&super::LimitLabel { limit: super::LabelWord(Limit::Probes.as_str()) }).inc();
    metrics.request(None, "GET", 200, Duration::ZERO);
    metrics.notice_result("mail", "sent");
    metrics.heartbeat("sent");
    metrics.advice_request("grounded", Some(Duration::ZERO));
    metrics.set_advice_queue(0);
    let certificates = vec![("probe".to_string(), 0)];
    let run = LastRun { up: Some(true), at: Timestamp::UNIX_EPOCH, duration: Duration::ZERO, certificates };
    metrics.scenario_ran(sample().name.into(), run);
    metrics
}

fn sample() -> ScenarioSample {
    ScenarioSample { name: "scenario".into(), last_run_at: None, open_findings: vec![(Severity::High, 0)] }
}

fn described(text: &str) -> BTreeMap<String, Described> {
    let mut metrics: BTreeMap<String, Described> = BTreeMap::new();
    let mut last = String::new();
    for line in text.lines() {
        let mut words = line.splitn(4, ' ');
        match (words.next(), words.next(), words.next(), words.next()) {
            (Some("#"), Some(kind_of_line), Some(name), Some(rest)) => {
                name.clone_into(&mut last);
                let metric = metrics.entry(last.clone()).or_default();
                match kind_of_line {
                    "TYPE" => rest.clone_into(&mut metric.kind),
                    _ => rest.clone_into(&mut metric.help),
                }
            }
            _ => {
                let labels = line.split_once('{').and_then(|(_, rest)| rest.split_once('}'));
                let names = labels.into_iter().flat_map(|(labels, _)| labels.split(','));
                let names = names.filter_map(|label| label.split_once('=')).map(|(name, _)| name.to_string());
                metrics.entry(last.clone()).or_default().labels.extend(names.filter(|name| name != "le"));
            }
        }
    }
    metrics
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_has_every_metric_with_its_type_and_labels() {
        let page = reference();
        for row in [
            "| `agentic_ops_scenario_certificate_expiration_timestamp_seconds` | gauge | `probe`, `scenario` | ",
            "| `agentic_ops_facade_requests_total` | counter | `code`, `method`, `route` | ",
            "| `agentic_ops_probe_duration_seconds` | histogram | `kind`, `outcome` | ",
            "| `agentic_ops_build_info` | gauge | `version` | ",
            "| `process_cpu_seconds_total` | counter |  | ",
        ] {
            assert_eq!(page.matches(row).count(), 1, "{row} is not in\n{page}");
        }
        let text: String = example().exposition(Format::Text, vec![sample()]).collect();
        let names: Vec<&str> =
            text.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split(' ').next()).collect();
        assert!(names.iter().all(|name| page.matches(&format!("| `{name}` |")).count() == 1), "{names:?}\n{page}");
    }
}
