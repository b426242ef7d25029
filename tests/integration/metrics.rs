//! What `/metrics` answers is valid in its format, complete, and described in `docs/metrics.md`.

use super::running::{self, Running};
use crate::kit::promtool;
use crate::kit::scratch::Scratch;
use crate::kit::wait::eventually;
use axum::Router;
use axum::http::StatusCode;
use axum::routing::get;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0";

/// A Scenario with a probe and, where there is an expression, a check of severity low.
fn scenario(name: &str, probe: &Value, expect: Option<&str>) -> String {
    let checks: Vec<Value> =
        expect.into_iter().map(|expect| json!({"name": "c", "expect": expect, "severity": "low"})).collect();
    let spec = json!({
        "title": name, "agent": "pulso", "severity": "high", "interval": "1s", "thresholds": {"fail": 1, "recover": 1},
        "probes": [probe], "checks": checks,
    });
    let object = json!({"apiVersion": "agentic.ligbox.io/v1alpha1", "kind": "Scenario", "metadata": {"name": name}, "spec": spec});
    format!("---\n{object}\n")
}

async fn target() -> String {
    let app =
        Router::new().route("/", get(|| async { "ok" })).route("/down", get(|| async { StatusCode::BAD_GATEWAY }));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async { axum::serve(listener, app).await });
    url
}

async fn metrics(running: &Running, accept: Option<&str>) -> String {
    let mut request = reqwest::Client::new().get(format!("http://{}/metrics", running.address));
    if let Some(accept) = accept {
        request = request.header("accept", accept);
    }
    let answer = request.send().await.unwrap();
    assert_eq!(answer.status(), 200);
    answer.text().await.unwrap()
}

/// The metrics in both formats, once both are valid.
async fn valid_metrics(running: &Running) -> String {
    let text = metrics(running, None).await;
    promtool::check_metrics(&text).unwrap_or_else(|said| panic!("{said}\nof\n{text}"));
    let open_metrics = metrics(running, Some(OPEN_METRICS)).await;
    promtool::read_open_metrics(&open_metrics).unwrap_or_else(|said| panic!("{said}\nof\n{open_metrics}"));
    is_open_metrics(&open_metrics);
    text
}

/// Fails unless each metric is described once, before all of its series, and the text ends as it must.
fn is_open_metrics(text: &str) {
    let mut described = BTreeSet::new();
    let (mut name, mut kind) = ("", "");
    let lines = text.strip_suffix("# EOF\n").unwrap_or_else(|| panic!("no end in\n{text}")).lines();
    for line in lines {
        let words: Vec<&str> = line.splitn(4, ' ').collect();
        match words.as_slice() {
            ["#", "HELP", of, _] => assert!(described.insert(*of), "{of} is described twice"),
            ["#", "TYPE", of, of_kind] => (name, kind) = (of, of_kind),
            ["#", "UNIT", of, unit] => assert!(*of == name && of.ends_with(&format!("_{unit}")), "{line}"),
            _ => {
                let suffix = line.split(['{', ' ']).next().unwrap().strip_prefix(name);
                let suffixes: &[&str] = match kind {
                    "counter" => &["_total"],
                    "histogram" => &["_bucket", "_count", "_sum"],
                    "info" => &["_info"],
                    _ => &[""],
                };
                assert!(suffix.is_some_and(|suffix| suffixes.contains(&suffix)), "{line} of {kind} {name}");
            }
        }
    }
}

/// Fails unless `docs/metrics.md` has each metric in the text with its type and labels.
fn is_described(text: &str) {
    let page = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/metrics.md")).unwrap();
    let (mut name, mut row) = ("", "");
    let mut labels: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for line in text.lines() {
        if let Some((of, kind)) = line.strip_prefix("# TYPE ").and_then(|rest| rest.split_once(' ')) {
            let begins = format!("| `{of}` | {kind} | ");
            name = of;
            row = page
                .lines()
                .find(|row| row.starts_with(&begins))
                .unwrap_or_else(|| panic!("{begins} is not in the page"));
        } else if let Some((_, of_series)) = line.split_once('{') {
            let pairs = of_series.split_once('}').unwrap().0.split(',');
            let names = pairs.filter_map(|pair| pair.split_once('=')).map(|(label, _)| label);
            for label in names.filter(|label| *label != "le") {
                assert!(row.contains(&format!("`{label}`")), "the page has no label {label} of {name}");
                labels.entry(name).or_default().insert(label);
            }
        }
    }
    assert!(labels.len() > 2, "{labels:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn metrics_are_valid_and_described_from_the_start_and_while_scenarios_fail() {
    let url = target().await;
    let http = |path: &str| json!({"name": "web", "http": {"url": format!("{url}{path}")}});
    let files = Scratch::new("metrics-registry");
    let file = files.0.join("registry.yaml");
    let good = scenario("well", &http("/"), Some("probes.web.status == 200"));
    std::fs::write(&file, &good).unwrap();
    let running = running::start("metrics", &file).await;
    is_described(&valid_metrics(&running).await);

    let closed = json!({"name": "closed", "tcp": {"address": "127.0.0.1:1"}});
    let bad =
        scenario("bad.check", &http("/down"), Some("probes.web.status == 200")) + &scenario("refused", &closed, None);
    std::fs::write(&file, good.clone() + &bad).unwrap();
    let expected = [
        "agentic_ops_scenario_up{scenario=\"well\"} 1\n",
        "agentic_ops_scenario_up{scenario=\"bad.check\"} 0\n",
        "agentic_ops_scenario_up{scenario=\"refused\"} 0\n",
        "agentic_ops_scenario_open_findings{scenario=\"well\",severity=\"low\"} 0\n",
        "agentic_ops_scenario_open_findings{scenario=\"bad.check\",severity=\"low\"} 1\n",
        "agentic_ops_scenario_open_findings{scenario=\"bad.check\",severity=\"high\"} 0\n",
        "agentic_ops_scenario_open_findings{scenario=\"refused\",severity=\"high\"} 1\n",
    ];
    let text = eventually("all values", || async {
        let text = metrics(&running, None).await;
        expected.iter().all(|line| text.contains(line)).then_some(text)
    })
    .await;
    let value = |series: &str| -> f64 {
        let value = text.lines().find_map(|line| line.strip_prefix(series)?.strip_prefix(' '));
        value.unwrap_or_else(|| panic!("{series} is not in\n{text}")).parse().unwrap()
    };
    let ran_at = value("agentic_ops_scenario_last_run_timestamp_seconds{scenario=\"well\"}");
    let now = jiff::Timestamp::now().as_second() as f64;
    assert!(ran_at > now - 60.0 && ran_at <= now, "{ran_at} at {now}");
    assert!(value("agentic_ops_scenario_last_run_duration_seconds{scenario=\"well\"}") > 0.0);
    assert!(value("agentic_ops_facade_requests_total{route=\"/metrics\",method=\"GET\",code=\"200\"}") >= 2.0);
    is_described(&valid_metrics(&running).await);

    // The series of a Scenario end with it, and what its last run found when it is suspended.
    let suspended = bad.replace("\"title\":\"bad.check\"", "\"title\":\"suspended\",\"suspend\":true");
    let (suspended, _) = suspended.rsplit_once("---").unwrap();
    std::fs::write(&file, good + suspended).unwrap();
    eventually("the series to end", || async {
        let text = metrics(&running, None).await;
        let is_there = |what: &str| text.contains(what);
        let ended = ["scenario=\"refused\"", "up{scenario=\"bad.check\"", "timestamp_seconds{scenario=\"bad.check\""];
        let still = ["up{scenario=\"well\"} 1\n", "open_findings{scenario=\"bad.check\",severity=\"low\"} 1\n"];
        (!ended.into_iter().any(is_there) && still.into_iter().all(is_there)).then_some(())
    })
    .await;
}

#[test]
fn invalid_metrics_are_noticed() {
    let text = "# HELP a_total A.\n# TYPE a_total counter\na_total 1\n";
    assert_eq!(promtool::check_metrics(text), Ok(()));
    for wrong in
        ["a_total 1\n", "# HELP a_ms A.\n# TYPE a_ms counter\na_ms 1\n", "# HELP a A.\n# TYPE a gauge\na{b=\"c} 1\n"]
    {
        assert!(promtool::check_metrics(wrong).is_err(), "{wrong}");
    }
    assert_eq!(promtool::read_open_metrics("# TYPE a counter\na_total 1\n# EOF\n"), Ok(()));
    assert!(promtool::read_open_metrics("# TYPE a counter\na_total 1\n").is_err());
    assert!(promtool::read_open_metrics("# TYPE a counter\na_total{b=\"c} 1\n# EOF\n").is_err());
}
