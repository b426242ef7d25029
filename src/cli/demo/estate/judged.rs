//! Every part breaks the check that it names: the Scenarios of the registry, read by the real probes.

use super::tests::estate;
use super::*;
use crate::api::{BLIND, CheckOutcome, ScenarioSpec};
use crate::cli::limits;
use crate::cli::registry::contents;
use crate::cli::serve;
use crate::cli::settings::Settings;
use crate::controllers::scenario::assess::{Assessor, Begin};
use crate::domain::outcome::Evaluation;
use crate::domain::prepare::ReferencedConfiguration;
use crate::domain::validate::{Expressions, ValidatedScenario, validate};
use std::sync::Arc;
use std::time::Instant;

/// Timeout for a change to take effect.
const TIMEOUT: Duration = Duration::from_secs(20);

struct Watch {
    scenarios: BTreeMap<String, Arc<ValidatedScenario>>,
    configuration: ReferencedConfiguration,
    assessor: Assessor,
}

impl Watch {
    fn over(estate: &Estate) -> Watch {
        let mut overrides = estate.settings();
        // The interval limits the timeout, and thereby the time that a hanging part takes.
        overrides.insert("AGENTIC_INTERVAL_SEC".into(), "3".into());
        let settings = Settings::load(&BTreeMap::new(), None, &overrides).unwrap();
        let assessor = serve::assessor(&settings).unwrap();
        let registry = Path::new(env!("CARGO_MANIFEST_DIR")).join("registry.yaml");
        let documents = contents::read([registry.as_path()], limits::registry(&settings));
        assert_eq!(documents.errors, []);
        let mut scenarios = BTreeMap::new();
        for document in documents.valid.iter().filter(|d| d.kind == "Scenario") {
            let spec: ScenarioSpec = serde_json::from_value(document.value["spec"].clone()).unwrap();
            let valid = validate(&document.name, &spec, &assessor.policy, &mut Expressions::default()).unwrap();
            scenarios.insert(document.name.clone(), Arc::new(valid));
        }
        let configuration = ReferencedConfiguration {
            settings: Arc::new(settings.config_map().into()),
            secrets: BTreeMap::from([("agentic-ops".to_string(), settings.offered_secret())]),
            known: settings.known_secrets(),
        };
        Watch { scenarios, configuration, assessor }
    }

    async fn run(&self, scenario: &str) -> Evaluation {
        let scenario = &self.scenarios[scenario];
        let begin = Begin { answered_before: true, begun: jiff::Timestamp::now, due: None };
        self.assessor.assess(scenario, &self.configuration, begin).await.unwrap().evaluation
    }

    /// Runs the Scenario until its evaluation meets a condition. Fails with the last evaluation.
    async fn until(&self, scenario: &str, wanted: impl Fn(&Evaluation) -> bool) -> Result<(), Evaluation> {
        let started = Instant::now();
        loop {
            let evaluation = self.run(scenario).await;
            if wanted(&evaluation) {
                return Ok(());
            }
            if started.elapsed() > TIMEOUT {
                return Err(evaluation);
            }
        }
    }
}

fn all_pass(evaluation: &Evaluation) -> bool {
    evaluation.list.iter().all(|o| o.result == CheckOutcome::Pass)
}

/// Whether exactly the check that the part names fails, or, for `blind`, none fails and one is unknown.
fn broken_as_documented(part: &Part, evaluation: &Evaluation) -> bool {
    let of = |result| evaluation.list.iter().filter(move |o| o.result == result);
    let failing: Vec<_> = of(CheckOutcome::Fail).map(|o| (&*o.check, o.key.as_str())).collect();
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
        watch.until(name, all_pass).await.unwrap_or_else(|o| panic!("{name} does not pass at first: {o:#?}"));
    }
    for part in PARTS {
        estate.break_part(part.name).unwrap();
        let broken = watch.until(part.scenario, |o| broken_as_documented(part, o)).await;
        broken.unwrap_or_else(|o| panic!("{} does not break what it names: {o:#?}", part.name));
        estate.heal_part(part.name).unwrap();
        let healed = watch.until(part.scenario, all_pass).await;
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
        let probes = scenario.probes.iter().map(|p| &p.name);
        for check in probes.chain(scenario.checks.iter().map(|c| &c.name)) {
            assert!(PARTS.iter().any(|p| p.scenario == name && *p.check == **check), "{name}: nothing breaks {check}");
        }
    }
    estate.shutdown().await;
    let _ = std::fs::remove_dir_all(dir);
}
