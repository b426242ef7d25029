//! The nine Scenarios of the registry: for each part of the estate that breaks, exactly its Finding opens, and resolves when it heals.

use super::running::start;
use crate::kit::wait::eventually;
use agentic_ops::api::{Finding, Health, Phase, Scenario};
use agentic_ops::cli::demo::estate::PARTS;
use std::collections::BTreeSet;
use std::path::Path;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_broken_part_opens_exactly_its_finding() {
    let running = start("nine", &Path::new(env!("CARGO_MANIFEST_DIR")).join("registry.yaml")).await;
    let scenarios = running.api::<Scenario>();
    eventually("nine healthy Scenarios", || async {
        let list = scenarios.list(&Default::default()).await.unwrap();
        let healthy = |s: &&Scenario| s.status.as_ref().and_then(|s| s.health) == Some(Health::Healthy);
        (list.items.iter().filter(healthy).count() == 9).then_some(())
    })
    .await;
    assert_eq!(running.open().await, []);
    // Parts of different Scenarios are broken at the same time. Targets that do not respond have a separate test, since they time out.
    let mut rest: Vec<_> = PARTS.iter().collect();
    while !rest.is_empty() {
        let mut round: Vec<&agentic_ops::cli::demo::estate::Part> = Vec::new();
        rest.retain(|part| {
            // The wizard's API serves two Scenarios.
            let shares = |a: &str, b: &str| {
                a == b
                    || (a.starts_with("wizard") && b.starts_with("integration"))
                    || (b.starts_with("wizard") && a.starts_with("integration"))
            };
            let free = !round.iter().any(|other| shares(part.scenario, other.scenario));
            if free {
                round.push(part);
            }
            !free
        });
        for part in &round {
            running.estate.break_part(part.name).unwrap();
        }
        let mut expected: Vec<_> =
            round.iter().map(|p| (p.scenario.to_string(), p.check.to_string(), p.key.to_string())).collect();
        // Without its API the wizard's outbox cannot be read either, which opens a Finding of another Scenario.
        if round.iter().any(|p| p.name == "wizard-down") {
            expected.push(("integration.webhook.gap".into(), "outbox".into(), String::new()));
        }
        expected.sort();
        let names: Vec<_> = round.iter().map(|p| p.name).collect();
        eventually(&format!("{expected:?}, after {names:?} broke"), || async {
            let open = running.open().await;
            let known = open.iter().all(|o| expected.contains(o));
            assert!(known, "{open:?} has more than {expected:?}");
            (open == expected).then_some(())
        })
        .await;
        for part in &round {
            running.estate.heal_part(part.name).unwrap();
        }
        eventually(&format!("everything resolved, after {names:?} healed"), || async {
            running.open().await.is_empty().then_some(())
        })
        .await;
    }
    let findings = running.api::<Finding>().list(&Default::default()).await.unwrap();
    let found: BTreeSet<_> =
        findings.iter().map(|f| (f.spec.scenario.as_str(), f.spec.check.as_str(), f.spec.key.as_str())).collect();
    let outbox = ("integration.webhook.gap", "outbox", "");
    let expected: BTreeSet<_> = PARTS.iter().map(|p| (p.scenario, p.check, p.key)).chain([outbox]).collect();
    assert_eq!(found, expected);
    for finding in findings {
        let status = finding.status.unwrap();
        assert_eq!((status.phase, status.occurrences >= Some(1)), (Some(Phase::Resolved), true));
        let evidence = serde_json::to_string(&status.evidence).unwrap();
        assert!(!evidence.contains("demo-pfsense-key") && !evidence.contains("5b2e9c1e-7d1f"), "{evidence}");
        assert!(evidence.len() <= 4_096, "{} bytes of evidence", evidence.len());
        let evidence = status.evidence.unwrap();
        let is_of_check =
            !["api", "portal", "system", "tickets", "outbox", "received", "vms", "cluster", "tags", "foss"]
                .iter()
                .chain(&["odoo", "bridge", "blind"])
                .any(|probe| *probe == finding.spec.check);
        assert_eq!(evidence.expression.is_some(), is_of_check, "{:?}", finding.spec);
        let shows = ["not-stuck", "no-gap", "vm-running", "quorum", "model"].contains(&finding.spec.check.as_str());
        let show = evidence.show.unwrap_or_default();
        assert_eq!(shows, !show.is_empty(), "{:?}", finding.spec);
        assert!(!show.contains("erro em"), "{show}");
    }
    running.stop().await;
}
