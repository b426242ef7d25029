use super::*;
use crate::api::CheckOutcome::{self, Pass, Unknown};
use crate::domain::validate::{Expressions, validate};
use crate::probes::ProberOptions;
use serde_json::json;
use std::collections::BTreeSet;
use std::time::Duration;

fn policy(evaluation_steps: usize) -> ProbePolicy {
    ProbePolicy {
        secret_keys: BTreeSet::new(),
        sqlite_paths: Vec::new(),
        default_interval: Duration::from_secs(60),
        runbooks: None,
        evaluation_steps,
        check_query: |_, _| Ok(()),
        check_certificates: |_| Ok(()),
    }
}

/// The results of checks that each take about 600 steps, and the metrics after them.
async fn assessed(evaluation_steps: usize) -> (Vec<CheckOutcome>, String) {
    let policy = policy(evaluation_steps);
    let expect = "[1, 2, 3, 4, 5, 6, 7, 8, 9].all(a, [1, 2, 3, 4, 5, 6, 7, 8, 9].all(b, a * b > 0))";
    let checks: Vec<_> = (0..3).map(|i| json!({"name": format!("c{i}"), "expect": expect})).collect();
    let spec = json!({"title": "Loja", "agent": "pulso", "severity": "high", "probes": [], "checks": checks});
    let spec = serde_json::from_value(spec).unwrap();
    let scenario = Arc::new(validate("shop.web", &spec, &policy, &mut Expressions::default()).unwrap());
    let metrics = Arc::new(Metrics::default());
    let prober = Arc::new(Prober::new(ProberOptions::default()).unwrap());
    let assessor = Assessor::new(prober, Arc::new(policy), Language::English, metrics.clone(), 2);
    let begin = Begin { answered_before: true, begun: || "2026-11-23T12:00:00Z".parse().unwrap() };
    let assessment = assessor.assess(&scenario, &ReferencedConfiguration::default(), begin).await.unwrap();
    (assessment.evaluation.list.iter().map(|outcome| outcome.result).collect(), metrics.encode())
}

#[tokio::test]
async fn checks_beyond_the_budget_are_unknown_and_counted_as_a_limit() {
    let (results, metrics) = assessed(1_000).await;
    assert_eq!(results, [Pass, Unknown, Unknown]);
    assert!(metrics.contains("agentic_ops_limit_reached_total{limit=\"evaluation\"} 2"), "{metrics}");
    let (results, metrics) = assessed(100_000).await;
    assert_eq!(results, [Pass; 3]);
    assert!(!metrics.contains("limit=\"evaluation\""), "{metrics}");
}
