//! The whole way from a broken part to the check that fails: the registry's own Scenarios, read by the real probes.

use super::tests::estate;
use super::*;
use crate::api::{BLIND, CheckOutcome, ScenarioSpec};
use crate::cli::registry::documents;
use crate::cli::serve;
use crate::cli::settings::Settings;
use crate::domain::outcome::{Evaluation, Observation, RunContext, judge};
use crate::domain::prepare::{ReferencedConfiguration, SecretView, prepare};
use crate::domain::reading::Reading;
use crate::domain::validate::{Expressions, ProbePolicy, ValidatedScenario, validate};
use crate::probes::Prober;
use std::time::Instant;

/// How long a change may take to show.
const PATIENCE: Duration = Duration::from_secs(20);

struct Watch {
    scenarios: BTreeMap<String, ValidatedScenario>,
    configuration: ReferencedConfiguration,
    policy: ProbePolicy,
    prober: Prober,
    settings: Settings,
}

impl Watch {
    fn over(estate: &Estate) -> Watch {
        let mut overrides = estate.settings();
        // The interval bounds the timeout, and so how long a part that hangs is waited for.
        overrides.insert("AGENTIC_INTERVAL_SEC".into(), "3".into());
        let settings = Settings::load(&BTreeMap::new(), None, &overrides).unwrap();
        let policy = serve::policy(&settings);
        let registry = Path::new(env!("CARGO_MANIFEST_DIR")).join("registry.yaml");
        let documents = documents::read(&registry).unwrap();
        assert_eq!(documents.errors, []);
        let mut scenarios = BTreeMap::new();
        for document in documents.good.iter().filter(|d| d.kind == "Scenario") {
            let spec: ScenarioSpec = serde_json::from_value(document.value["spec"].clone()).unwrap();
            let valid = validate(&document.name, &spec, &policy, &mut Expressions::default()).unwrap();
            scenarios.insert(document.name.clone(), valid);
        }
        let secret = SecretView::Present(Arc::new(settings.secret()));
        let configuration = ReferencedConfiguration {
            settings: Arc::new(settings.config_map()),
            secrets: BTreeMap::from([("agentic-ops".to_string(), secret)]),
        };
        let prober = serve::prober(&settings).unwrap();
        Watch { scenarios, configuration, policy, prober, settings }
    }

    async fn run(&self, scenario: &str) -> Evaluation {
        let scenario = &self.scenarios[scenario];
        let resolved = prepare(scenario, &self.configuration, &self.policy);
        assert!(resolved.refused.is_empty());
        let observe = |(name, target)| async {
            let target: Result<crate::domain::target::Target, Reading> = target;
            match target {
                Ok(target) => Observation { name, reading: self.prober.read(&target).await, target: Some(target) },
                Err(reading) => Observation { name, target: None, reading },
            }
        };
        let observations = futures::future::join_all(resolved.targets.into_iter().map(observe)).await;
        let settings = self.configuration.settings.clone();
        let context = RunContext {
            settings,
            now: jiff::Timestamp::now(),
            redactor: &resolved.redactor,
            language: self.settings.language(),
        };
        judge(scenario, &observations, &context)
    }

    /// Runs it until the outcomes are as wanted; they are the error when they never are.
    async fn until(&self, scenario: &str, wanted: impl Fn(&Evaluation) -> bool) -> Result<(), Evaluation> {
        let started = Instant::now();
        loop {
            let outcomes = self.run(scenario).await;
            if wanted(&outcomes) {
                return Ok(());
            }
            if started.elapsed() > PATIENCE {
                return Err(outcomes);
            }
        }
    }
}

fn whole(outcomes: &Evaluation) -> bool {
    outcomes.list.iter().all(|o| o.result == CheckOutcome::Pass)
}

/// Exactly what the part names fails, or nothing does and something can't be told.
fn broken_as_said(part: &Part, outcomes: &Evaluation) -> bool {
    let of = |result| outcomes.list.iter().filter(move |o| o.result == result);
    let failing: Vec<_> = of(CheckOutcome::Fail).map(|o| (o.check.as_str(), o.key.as_str())).collect();
    if part.check == BLIND {
        return failing.is_empty() && of(CheckOutcome::Unknown).count() > 0;
    }
    failing == [(part.check, part.key)] && of(CheckOutcome::Unknown).count() == 0
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_part_breaks_the_check_that_it_names_and_no_other() {
    let (estate, dir) = estate().await;
    let watch = Watch::over(&estate);
    for name in watch.scenarios.keys() {
        watch.until(name, whole).await.unwrap_or_else(|o| panic!("{name} is not whole at first: {o:#?}"));
    }
    for part in PARTS {
        estate.break_part(part.name).unwrap();
        let broken = watch.until(part.scenario, |o| broken_as_said(part, o)).await;
        broken.unwrap_or_else(|o| panic!("{} does not do what it says: {o:#?}", part.name));
        estate.heal_part(part.name).unwrap();
        let healed = watch.until(part.scenario, whole).await;
        healed.unwrap_or_else(|o| panic!("{} does not heal: {o:#?}", part.name));
    }
    estate.shutdown().await;
    let _ = std::fs::remove_dir_all(dir);
}

#[tokio::test]
async fn every_check_of_the_registry_has_a_part_that_breaks_it() {
    let (estate, dir) = estate().await;
    let watch = Watch::over(&estate);
    assert_eq!(watch.scenarios.len(), 9);
    for (name, scenario) in &watch.scenarios {
        let probes = scenario.probes.iter().map(|p| &p.probe.name);
        for check in probes.chain(scenario.checks.iter().map(|c| &c.name)) {
            assert!(PARTS.iter().any(|p| p.scenario == name && p.check == check), "{name}: nothing breaks {check}");
        }
    }
    estate.shutdown().await;
    let _ = std::fs::remove_dir_all(dir);
}
