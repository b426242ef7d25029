use super::fake::{Facade, SECRET, View, config, request};
use crate::api::Role;
use crate::facade::auth::AuthConfig;
use crate::telemetry::LastRun;
use axum::body::{Body, to_bytes};
use axum::http::Method;
use flate2::read::GzDecoder;
use serde_json::json;
use std::io::Read as _;
use std::time::Duration;
use tower::ServiceExt as _;

const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0";

/// The metrics, and the header Content-Type.
async fn metrics(facade: &Facade, accept: Option<&str>) -> (String, String) {
    let mut request = request(Method::GET, "!/metrics");
    if let Some(accept) = accept {
        request = request.header("accept", accept);
    }
    let answer = facade.send(request, "").await;
    assert_eq!(answer.status, 200);
    (answer.text, answer.headers["content-type"].to_str().unwrap().to_string())
}

/// A facade with a Scenario that has run, and one of its Findings.
fn with_scenario(view: View) -> Facade {
    let facade = Facade::with(view, AuthConfig { secret: Some(SECRET.to_vec()), ..config() }, None);
    facade.add_scenario("shop", false, "True").add_scenario("other", false, "True");
    facade.add_finding("a-1", json!({"phase": "Open", "severity": "critical"}));
    let at = jiff::Timestamp::from_second(1_800_000_000).unwrap();
    let run = LastRun { up: Some(false), at, duration: Duration::from_millis(20), certificates: Vec::new() };
    facade.metrics.scenario_ran("shop".into(), run);
    facade
}

#[tokio::test]
async fn the_format_is_the_text_format_unless_open_metrics_is_asked_for() {
    let facade = with_scenario(View::default());
    let (text, media_type) = metrics(&facade, None).await;
    assert_eq!(media_type, "text/plain; version=0.0.4; charset=utf-8");
    assert!(text.contains("# TYPE agentic_ops_runs_total counter\nagentic_ops_runs_total 0\n"), "{text}");
    assert!(!text.contains("# EOF") && !text.contains("# UNIT"), "{text}");
    let (open_metrics, media_type) = metrics(&facade, Some(OPEN_METRICS)).await;
    assert_eq!(media_type, "application/openmetrics-text; version=1.0.0; charset=utf-8");
    assert!(open_metrics.contains("# TYPE agentic_ops_runs counter\nagentic_ops_runs_total 0\n"), "{open_metrics}");
    assert!(open_metrics.ends_with("# EOF\n") && open_metrics.matches("# EOF").count() == 1);
    // Both have the same series.
    let names = |text: &str| {
        let series = text.lines().filter(|line| !line.starts_with('#')).filter(|line| !line.contains("facade_request"));
        series.map(|line| line.rsplit_once(' ').unwrap().0.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(names(&text), names(&open_metrics));
}

#[tokio::test]
async fn metrics_are_compressed_where_that_is_accepted() {
    let facade = with_scenario(View::default());
    let request =
        request(Method::GET, "!/metrics").header("accept-encoding", "gzip, br").header("accept", OPEN_METRICS);
    let response = facade.app.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
    assert_eq!(response.headers()["content-encoding"], "gzip");
    assert_eq!(response.headers()["vary"], "Accept, Accept-Encoding");
    let body = to_bytes(response.into_body(), 1 << 20).await.unwrap();
    let mut text = String::new();
    GzDecoder::new(&*body).read_to_string(&mut text).unwrap();
    assert!(text.contains("agentic_ops_scenario_up{scenario=\"shop\"} 0\n") && text.ends_with("# EOF\n"), "{text}");
}

#[tokio::test]
async fn only_the_replica_that_runs_scenarios_has_their_metrics() {
    let uncertain = View { is_uncertain: true, ..View::default() };
    for view in [View::default(), uncertain] {
        let (text, _) = metrics(&with_scenario(view), None).await;
        for line in [
            "agentic_ops_scenario_up{scenario=\"shop\"} 0\n",
            "agentic_ops_scenario_last_run_timestamp_seconds{scenario=\"shop\"} 1800000000\n",
            "agentic_ops_scenario_last_run_duration_seconds{scenario=\"shop\"} 0.02\n",
            "agentic_ops_scenario_open_findings{scenario=\"shop\",severity=\"high\"} 0\n",
            "agentic_ops_scenario_open_findings{scenario=\"other\",severity=\"high\"} 0\n",
        ] {
            assert!(text.contains(line), "{line} is not in\n{text}");
        }
        assert!(!text.contains("scenario_up{scenario=\"other\"}"), "{text}");
    }
    let (standby, apart) = (View { is_standby: true, ..View::default() }, View { is_apart: true, ..View::default() });
    for view in [standby, apart] {
        let (text, _) = metrics(&with_scenario(view), None).await;
        assert!(!text.contains("{scenario=\"") && !text.contains("# TYPE agentic_ops_scenario_up"), "{text}");
        assert!(text.contains("process_start_time_seconds "), "{text}");
    }
}

#[tokio::test]
async fn a_bounded_number_of_responses_is_sent_at_once() {
    let facade = with_scenario(View::default());
    let answered = || facade.app.clone().oneshot(request(Method::GET, "!/metrics").body(Body::empty()).unwrap());
    let mut sending = Vec::new();
    for _ in 0..8 {
        sending.push(answered().await.unwrap());
    }
    let mut waiting = std::pin::pin!(answered());
    assert!(futures::poll!(&mut waiting).is_pending());
    sending.pop();
    let body = waiting.await.unwrap().into_body();
    let text = String::from_utf8(to_bytes(body, 1 << 20).await.unwrap().to_vec()).unwrap();
    assert!(text.contains("agentic_ops_limit_reached_total{limit=\"metrics_responses\"} 1\n"), "{text}");
}

#[tokio::test]
async fn requests_are_counted_by_the_template_of_their_route() {
    let facade = Facade::new();
    facade.add_finding("a-1", json!({"phase": "Open"}));
    for path in ["/findings/a-1", "/findings/b-1", "/findings/b-2", "/nothing", "!/", "/findings?limit=x"] {
        facade.get(path).await;
    }
    facade.call(Method::DELETE, "/findings", Role::SuperAdmin, "").await;
    facade.call(Method::from_bytes(b"BREW").unwrap(), "!/pot", Role::SuperAdmin, "").await;
    facade.send(request(Method::GET, "/findings"), "").await;
    let (text, _) = metrics(&facade, None).await;
    for (route, method, code, count) in [
        ("/api/v1/agents/findings/{id}", "GET", 200, 1),
        ("/api/v1/agents/findings/{id}", "GET", 404, 2),
        ("/api/v1/agents/findings", "GET", 400, 1),
        ("/api/v1/agents/findings", "GET", 401, 1),
        ("/api/v1/agents/findings", "DELETE", 405, 1),
        ("other", "GET", 404, 2),
        ("other", "other", 404, 1),
    ] {
        let labels = format!("route=\"{route}\",method=\"{method}\",code=\"{code}\"");
        for line in [
            format!("agentic_ops_facade_requests_total{{{labels}}} {count}\n"),
            format!("agentic_ops_facade_request_duration_seconds_count{{{labels}}} {count}\n"),
        ] {
            assert!(text.contains(&line), "{line} is not in\n{text}");
        }
    }
    assert!(!text.contains("a-1") && !text.contains("pot"), "{text}");
    assert_eq!(text.matches("agentic_ops_facade_requests_total{").count(), 7, "{text}");
}
