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
    let begin = Begin { answered_before: true, begun: || "2026-11-23T12:00:00Z".parse().unwrap(), due: None };
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

/// A Scenario with checks that each take about so many steps, up to 6,561 times 20.
fn costly(name: &str, checks: usize, policy: &ProbePolicy) -> Arc<ValidatedScenario> {
    let list = "[1, 2, 3, 4, 5, 6, 7, 8, 9]";
    let many = format!("{list}.map(a, {list}.map(b, {list})).all(a, a.all(b, size(b) == 9))");
    let expect = vec![many; 10].join(" && ");
    let checks: Vec<_> = (0..checks).map(|i| json!({"name": format!("c{i}"), "expect": expect})).collect();
    let spec = json!({"title": "Loja", "agent": "pulso", "severity": "high", "probes": [], "checks": checks});
    let spec = serde_json::from_value(spec).unwrap();
    Arc::new(validate(name, &spec, policy, &mut Expressions::default()).unwrap())
}

#[tokio::test]
async fn what_is_not_evaluated_within_a_first_turn_is_evaluated_anew_among_the_costly_ones() {
    let policy = Arc::new(policy(8_000_000));
    let prober = Arc::new(Prober::new(ProberOptions::default()).unwrap());
    let assessor = Assessor::new(prober, policy.clone(), Language::English, Arc::default(), 2);
    let begin = || Begin { answered_before: true, begun: || "2026-11-23T12:00:00Z".parse().unwrap(), due: None };
    let configuration = ReferencedConfiguration::default();
    // Both turns are taken by the first evaluations of costly ones; what is left of them waits for one turn.
    let held = assessor.evaluations.turn("held", false).await;
    assert_eq!(held.steps(), None);
    let scenarios: Vec<_> = (0..20).map(|i| costly(&format!("costly.{i}"), 6, &policy)).collect();
    let mut waiting: Vec<_> =
        scenarios.iter().map(|scenario| Box::pin(assessor.assess(scenario, &configuration, begin()))).collect();
    for assessment in &mut waiting {
        assert!(assessment.as_mut().now_or_never().is_none());
    }
    let cheap = costly("cheap", 1, &policy);
    let Assessment { evaluation, .. } = tokio::select! {
        assessment = assessor.assess(&cheap, &configuration, begin()) => assessment.unwrap(),
        _ = futures::future::select_all(&mut waiting) => panic!("a costly one has a turn while another one holds theirs"),
    };
    assert!(evaluation.steps < 40_000, "{} steps", evaluation.steps);
    assert_eq!(evaluation.list.iter().map(|outcome| outcome.result).collect::<Vec<_>>(), [Pass]);
    drop(held);
    for assessment in join_all(waiting).await {
        let Assessment { evaluation, .. } = assessment.unwrap();
        assert!(evaluation.steps > 40_000 && evaluation.too_costly.is_empty(), "{} steps", evaluation.steps);
        assert_eq!(evaluation.list.iter().map(|outcome| outcome.result).collect::<Vec<_>>(), [Pass; 6]);
    }
}
