//! `agentic-ops check`: runs Scenarios from files once, for a person, a pre-commit hook or a merge request.

use super::registry::documents::{self, Document};
use super::settings::Settings;
use super::{CliError, serve};
use crate::api::{CheckOutcome, SETTINGS_NAME, Scenario};
use crate::controlplane::schema::Schema;
use crate::domain::outcome::{Evaluation, Observation, RunContext, judge};
use crate::domain::prepare::{ReferencedConfiguration, SecretView, prepare};
use crate::domain::reading::Reading;
use crate::domain::validate::{Expressions, ProbePolicy, dependency_cycle, validate};
use crate::probes::Prober;
use futures::StreamExt as _;
use futures::future::join_all;
use serde_json::{Value, json};
use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

/// Maximum number of Scenarios that run in parallel.
const CONCURRENCY: usize = 32;

/// Options of `check`.
#[derive(Debug, clap::Args)]
pub struct CheckArgs {
    /// Files or directories with Scenarios
    #[arg(value_name = "FILE", default_value = "registry.yaml")]
    pub files: Vec<PathBuf>,
    /// File with settings, as NAME=value lines [default: .env, if it exists]
    #[arg(long, value_name = "FILE")]
    pub env_file: Option<PathBuf>,
    /// Output format
    #[arg(long, value_enum, default_value_t)]
    pub output: Output,
    /// Validate the files only, without reading any target
    #[arg(long)]
    pub no_run: bool,
}

/// Output format.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Output {
    #[default]
    Table,
    Json,
}

/// The result for one Scenario.
#[derive(Debug)]
pub enum Checked {
    Invalid(Vec<String>),
    Suspended,
    /// Valid, and not run because of `--no-run`.
    Valid,
    Ran(Evaluation),
}

/// Exit code 0 if all checks pass, 1 if one fails, 2 if none fails and one is unknown or a Scenario is invalid.
pub async fn run(args: CheckArgs) -> Result<ExitCode, CliError> {
    let settings = Settings::from_process(args.env_file.as_deref(), &BTreeMap::new())?;
    let mut found = Vec::new();
    let mut errors = Vec::new();
    for path in &args.files {
        let read = documents::read(path).map_err(|source| CliError::File { path: path.clone(), source })?;
        found.extend(read.valid.into_iter().filter(|d| d.kind == "Scenario"));
        errors.extend(read.errors);
    }
    let results = check(&found, &settings, args.no_run).await?;
    match args.output {
        Output::Table => print_table(&results, &errors),
        Output::Json => println!("{}", as_json(&results, &errors)),
    }
    Ok(ExitCode::from(code(&results, &errors)))
}

/// Validates each Scenario, and runs the valid ones.
pub async fn check(found: &[Document], settings: &Settings, no_run: bool) -> Result<Vec<(String, Checked)>, CliError> {
    let policy = serve::policy(settings);
    let prober = serve::prober(settings)?;
    let configuration = ReferencedConfiguration {
        settings: Arc::new(settings.config_map()),
        secrets: BTreeMap::from([(SETTINGS_NAME.to_string(), SecretView::Present(Arc::new(settings.secret())))]),
    };
    let schema = scenario_schema()?;
    let mut expressions = Expressions::default();
    let depends_on: HashMap<String, Vec<String>> =
        found.iter().map(|d| (d.name.clone(), depends_on(&d.value))).collect();
    let mut work = Vec::new();
    for document in found {
        let valid = validated(document, &schema, &policy, &mut expressions);
        let cycle = dependency_cycle(&document.name, &depends_on);
        let valid = match (valid, cycle) {
            (Ok(_), Some(path)) => Err(vec![format!("spec.dependsOn: leads back to itself: {}", path.join(" -> "))]),
            (valid, _) => valid,
        };
        work.push((document.name.clone(), valid));
    }
    let language = settings.language();
    let run = |(name, valid): (String, Result<crate::domain::validate::ValidatedScenario, Vec<String>>)| {
        let (configuration, policy, prober) = (&configuration, &policy, &prober);
        async move {
            let checked = match valid {
                Err(errors) => Checked::Invalid(errors),
                Ok(valid) if valid.suspend => Checked::Suspended,
                Ok(_) if no_run => Checked::Valid,
                Ok(valid) => run_once(&valid, configuration, policy, prober, language).await,
            };
            (name, checked)
        }
    };
    Ok(futures::stream::iter(work).map(run).buffered(CONCURRENCY).collect().await)
}

fn scenario_schema() -> Result<Schema, CliError> {
    let crds = crate::api::crds();
    let crd = crds.iter().find(|c| c.spec.names.kind == "Scenario").map(serde_json::to_value).transpose()?;
    let schema = crd.unwrap_or_default()["spec"]["versions"][0]["schema"]["openAPIV3Schema"].clone();
    Schema::compile(&schema).map_err(|e| CliError::Argument(e.to_string()))
}

fn depends_on(value: &Value) -> Vec<String> {
    let list = value.pointer("/spec/dependsOn").and_then(Value::as_array).into_iter().flatten();
    list.filter_map(|v| v.as_str().map(String::from)).collect()
}

/// Validates a Scenario as the API server and the operator do, with the same schema.
fn validated(
    document: &Document,
    schema: &Schema,
    policy: &ProbePolicy,
    expressions: &mut Expressions,
) -> Result<crate::domain::validate::ValidatedScenario, Vec<String>> {
    let mut value = document.value.clone();
    let unknown = schema.prune(&mut value);
    let mut errors: Vec<String> = unknown.iter().map(|path| format!("unknown field {path:?}")).collect();
    schema.apply_defaults(&mut value);
    errors.extend(schema.validate(&value, None).iter().map(|c| format!("{}: {}", c.field, c.message)));
    if !errors.is_empty() {
        return Err(errors);
    }
    let scenario: Scenario = serde_json::from_value(value).map_err(|e| vec![e.to_string()])?;
    let errors = |m: Vec<crate::domain::validate::ValidationError>| m.iter().map(ToString::to_string).collect();
    validate(&document.name, &scenario.spec, policy, expressions).map_err(errors)
}

async fn run_once(
    valid: &crate::domain::validate::ValidatedScenario,
    configuration: &ReferencedConfiguration,
    policy: &ProbePolicy,
    prober: &Prober,
    language: crate::domain::texts::Language,
) -> Checked {
    let prepared = prepare(valid, configuration, policy);
    if !prepared.refused.is_empty() {
        return Checked::Invalid(prepared.refused.iter().map(ToString::to_string).collect());
    }
    let observe = |(name, target): (String, Result<crate::domain::target::Target, Reading>)| async move {
        match target {
            Ok(target) => Observation { name, reading: prober.read(&target).await, target: Some(target) },
            Err(reading) => Observation { name, target: None, reading },
        }
    };
    let observations = join_all(prepared.targets.into_iter().map(observe)).await;
    let settings = configuration.settings.clone();
    let context = RunContext { settings, now: crate::runtime::clock::now(), redactor: &prepared.redactor, language };
    Checked::Ran(judge(valid, &observations, &context))
}

fn code(results: &[(String, Checked)], errors: &[String]) -> u8 {
    let has = |outcome| {
        let runs =
            results.iter().filter_map(|(_, c)| if let Checked::Ran(evaluation) = c { Some(evaluation) } else { None });
        runs.flat_map(|o| &o.list).any(|o| o.result == outcome)
    };
    let is_invalid = !errors.is_empty() || results.iter().any(|(_, c)| matches!(c, Checked::Invalid(_)));
    match (has(CheckOutcome::Fail), is_invalid || has(CheckOutcome::Unknown)) {
        (true, _) => 1,
        (false, true) => 2,
        (false, false) => 0,
    }
}

/// Scenario, check with its item, outcome, message.
fn rows(results: &[(String, Checked)]) -> Vec<[String; 4]> {
    let mut rows = Vec::new();
    for (name, checked) in results {
        let row =
            |check: &str, outcome: &str, message: &str| [name.clone(), check.into(), outcome.into(), message.into()];
        match checked {
            Checked::Invalid(errors) => rows.extend(errors.iter().map(|m| row("", "invalid", m))),
            Checked::Suspended => rows.push(row("", "suspended", "")),
            Checked::Valid => rows.push(row("", "valid", "")),
            Checked::Ran(evaluation) => rows.extend(evaluation.list.iter().map(|o| {
                let check = if o.key.is_empty() { o.check.clone() } else { format!("{} ({})", o.check, o.key) };
                row(&check, o.result.as_str(), &o.message)
            })),
        }
    }
    rows
}

fn print_table(results: &[(String, Checked)], errors: &[String]) {
    let header = ["SCENARIO", "CHECK", "OUTCOME", "MESSAGE"].map(String::from);
    let rows = rows(results);
    let width = |i: usize| rows.iter().chain([&header]).map(|r| r[i].chars().count()).max().unwrap_or(0);
    let widths = [width(0), width(1), width(2)];
    for row in std::iter::once(&header).chain(&rows) {
        let line = format!(
            "{:<a$}  {:<b$}  {:<c$}  {}",
            row[0],
            row[1],
            row[2],
            row[3],
            a = widths[0],
            b = widths[1],
            c = widths[2]
        );
        println!("{}", line.trim_end());
    }
    for error in errors {
        eprintln!("{error}");
    }
}

fn as_json(results: &[(String, Checked)], errors: &[String]) -> Value {
    let scenarios: Vec<Value> = results
        .iter()
        .map(|(name, checked)| match checked {
            Checked::Invalid(errors) => json!({"id": name, "valid": false, "mistakes": errors}),
            Checked::Suspended => json!({"id": name, "valid": true, "suspended": true}),
            Checked::Valid => json!({"id": name, "valid": true}),
            Checked::Ran(evaluation) => {
                let checks = evaluation.list.iter().map(|o| {
                    json!({"name": o.check, "key": o.key, "outcome": o.result, "severity": o.severity, "message": o.message})
                });
                json!({"id": name, "valid": true, "checks": checks.collect::<Vec<_>>()})
            }
        })
        .collect();
    json!({"scenarios": scenarios, "mistakes": errors})
}
