//! `agentic-ops check`: runs Scenarios from files once, for people, pre-commit hooks and merge requests.

use super::registry::documents::{self, BadDocument, Document};
use super::settings::Settings;
use super::{CliError, serve};
use crate::api::{CheckOutcome, SETTINGS_NAME, Scenario};
use crate::controllers::scenario::assess::{AssessError, Assessor, Begin};
use crate::controlplane::schema::Schema;
use crate::domain::outcome::Evaluation;
use crate::domain::prepare::ReferencedConfiguration;
use crate::domain::printable::printable;
use crate::domain::texts::{self, Language};
use crate::domain::validate::{
    Expressions, ProbePolicy, Problem, Reason, ValidatedScenario, ValidationError, dependency_cycle, validate,
};
use crate::runtime::clock;
use futures::StreamExt as _;
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
    /// The errors, as text.
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
    let language = settings.language();
    let errors: Vec<String> = errors.iter().map(|e: &BadDocument| e.text(language)).collect();
    match args.output {
        Output::Table => print_table(&results, &errors, language),
        Output::Json => println!("{}", as_json(&results, &errors)),
    }
    Ok(ExitCode::from(code(&results, &errors)))
}

/// Validates each Scenario, and runs the valid ones.
pub async fn check(found: &[Document], settings: &Settings, no_run: bool) -> Result<Vec<(String, Checked)>, CliError> {
    let assessor = serve::assessor(settings)?;
    let policy = &assessor.policy;
    let configuration = ReferencedConfiguration {
        settings: Arc::new(settings.config_map()),
        secrets: BTreeMap::from([(SETTINGS_NAME.to_string(), settings.offered_secret())]),
        known: settings.known_secrets(),
    };
    let schema = scenario_schema()?;
    let language = settings.language();
    let mut expressions = Expressions::default();
    let depends_on: HashMap<String, Vec<String>> =
        found.iter().map(|d| (d.name.clone(), depends_on(&d.value))).collect();
    let mut work = Vec::new();
    for document in found {
        let valid = validated(document, &schema, policy, &mut expressions, language);
        let cycle = dependency_cycle(&document.name, &depends_on);
        let valid = match (valid, cycle) {
            (Ok(_), Some(path)) => Err(vec![texts::validation(language, &cycle_error(path))]),
            (valid, _) => valid,
        };
        work.push((document.name.clone(), valid));
    }
    let run = |(name, valid): (String, Result<ValidatedScenario, Vec<String>>)| {
        let (configuration, assessor) = (&configuration, &assessor);
        async move {
            let checked = match valid {
                Err(errors) => Checked::Invalid(errors),
                Ok(valid) if valid.suspend => Checked::Suspended,
                Ok(_) if no_run => Checked::Valid,
                Ok(valid) => run_once(valid, configuration, assessor).await,
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

fn cycle_error(path: Vec<String>) -> ValidationError {
    let problem = Problem::DependencyCycle { path };
    ValidationError { field: "spec.dependsOn".into(), reason: Reason::DependencyCycle, problem }
}

/// The Scenario as the operator validates it, after the schema that the API server uses.
fn validated(
    document: &Document,
    schema: &Schema,
    policy: &ProbePolicy,
    expressions: &mut Expressions,
    language: Language,
) -> Result<ValidatedScenario, Vec<String>> {
    let mut value = document.value.clone();
    let unknown = schema.prune(&mut value);
    let mut errors: Vec<String> = unknown.iter().map(|path| texts::unknown_field(language, path)).collect();
    schema.apply_defaults(&mut value);
    errors.extend(schema.validate(&value, None).iter().map(|c| format!("{}: {}", c.field, c.message)));
    if !errors.is_empty() {
        return Err(errors);
    }
    let scenario: Scenario = serde_json::from_value(value).map_err(|e| vec![e.to_string()])?;
    validate(&document.name, &scenario.spec, policy, expressions).map_err(|errors| rendered(&errors, language))
}

fn rendered(errors: &[ValidationError], language: Language) -> Vec<String> {
    errors.iter().map(|error| texts::validation(language, error)).collect()
}

async fn run_once(valid: ValidatedScenario, configuration: &ReferencedConfiguration, assessor: &Assessor) -> Checked {
    let begin = Begin { answered_before: true, begun: clock::now };
    match assessor.assess(&Arc::new(valid), configuration, begin).await {
        Ok(assessment) => Checked::Ran(assessment.evaluation),
        Err(AssessError::Refused(errors)) => Checked::Invalid(rendered(&errors, assessor.language)),
        Err(AssessError::Failed(failure)) => Checked::Invalid(vec![texts::run_failure(assessor.language, &failure)]),
    }
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

/// Rows of Scenario, check with its item, outcome, and message.
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

fn print_table(results: &[(String, Checked)], errors: &[String], language: Language) {
    let header = texts::check_columns(language).map(String::from);
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
        println!("{}", printable(line.trim_end()));
    }
    for error in errors {
        eprintln!("{}", printable(error));
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
