//! `agentic-ops check`: runs Scenarios from files once, for people, pre-commit hooks and merge requests.

mod failures;
mod warnings;

use super::registry::contents;
use super::registry::documents::{Document, Documents, place};
use super::registry::position::Positions;
use super::registry::rules::{Fault, Judged, Rules};
use super::settings::Settings;
use super::{CliError, limits, serve};
use crate::api::{CheckOutcome, SETTINGS_NAME};
use crate::controllers::scenario::assess::{AssessError, Assessor, Begin};
use crate::domain::outcome::Evaluation;
use crate::domain::prepare::{ReferencedConfiguration, prepare};
use crate::domain::printable::printable;
use crate::domain::texts::{self, Language};
use crate::domain::validate::{ProbePolicy, Problem, Reason, ValidatedScenario, ValidationError, dependency_cycle};
use crate::runtime::clock;
use futures::StreamExt as _;
use serde_json::{Value, json};
use std::collections::{BTreeMap, HashMap};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

/// Maximum number of Scenarios that run in parallel.
const CONCURRENCY: usize = 32;

/// Options of `check`.
#[derive(Debug, clap::Args)]
pub struct CheckArgs {
    /// Files or directories with Scenarios; - is standard input
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
    Invalid(Vec<Mistake>),
    Suspended,
    /// Valid, and not run because of `--no-run`.
    Valid,
    Ran(Evaluation),
}

/// Exit code 0 if all checks pass, 1 if one fails, 2 if none fails and one is unknown, something is invalid, or there is no
/// Scenario. An error of the command is 2, too, which the caller sees to: 1 means only that a check fails.
pub async fn run(args: CheckArgs) -> Result<ExitCode, CliError> {
    let settings = Settings::from_process(args.env_file.as_deref(), &BTreeMap::new())?;
    let documents = contents::read(args.files.iter().map(PathBuf::as_path), limits::registry(&settings));
    let report = check(&documents, &settings, args.no_run).await?;
    let text = match args.output {
        Output::Table => table(&report.scenarios, settings.language()),
        Output::Json => format!("{}\n", as_json(&report, settings.language())),
    };
    // A reader that wants no more, such as `head`, is no error.
    let _ = std::io::stdout().lock().write_all(text.as_bytes());
    if args.output == Output::Table {
        for line in report.errors.iter().chain(&report.warnings) {
            eprintln!("{}", printable(line));
        }
    }
    Ok(ExitCode::from(code(&report)))
}

/// What is wrong with a Scenario.
#[derive(Debug)]
pub struct Mistake {
    /// The field and what is wrong with it.
    pub text: String,
    /// `FILE:LINE:COLUMN`, where it is known.
    pub place: Option<String>,
}

impl Mistake {
    fn of(fault: Fault, file: &str) -> Mistake {
        Mistake { place: Some(place(file, fault.position)), text: fault.text }
    }

    fn located(&self) -> String {
        self.place.as_ref().map_or_else(|| self.text.clone(), |place| format!("{place}: {}", self.text))
    }
}

/// What `check` found.
#[derive(Debug, Default)]
pub struct Report {
    /// Each Scenario by name, in the order of the files.
    pub scenarios: Vec<(String, Checked)>,
    /// What is wrong with files and Agents, as text.
    pub errors: Vec<String>,
    /// What is absent, as text; it does not change the exit code.
    pub warnings: Vec<String>,
}

/// Validates all documents, and runs the valid Scenarios.
pub async fn check(documents: &Documents, settings: &Settings, no_run: bool) -> Result<Report, CliError> {
    let assessor = serve::assessor(settings)?;
    let language = settings.language();
    let configuration = ReferencedConfiguration {
        settings: Arc::new(settings.config_map().into()),
        secrets: BTreeMap::from([(SETTINGS_NAME.to_string(), settings.offered_secret())]),
        known: settings.known_secrets(),
    };
    let mut errors: Vec<String> = documents.errors.iter().map(|e| e.text(language)).collect();
    let mut checking = Checking {
        rules: Rules::new(assessor.policy.clone(), language)?,
        policy: &assessor.policy,
        configuration: &configuration,
        depends_on: documents.valid.iter().map(|d| (d.name.clone(), warnings::depends_on(d))).collect(),
    };
    let mut work = Vec::new();
    for document in &documents.valid {
        match checking.judge(document) {
            Ok(Some(valid)) => work.push((document.name.clone(), Ok(valid))),
            Ok(None) => {}
            Err(mistakes) if document.kind == "Agent" => errors.extend(mistakes.iter().map(Mistake::located)),
            Err(mistakes) => work.push((document.name.clone(), Err(mistakes))),
        }
    }
    if work.is_empty() {
        errors.push(texts::no_scenario(language));
    }
    let run = |(name, valid): (String, Result<ValidatedScenario, Vec<Mistake>>)| {
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
    let scenarios = futures::stream::iter(work).map(run).buffered(CONCURRENCY).collect().await;
    let specs = Path::new(settings.get("AGENTIC_SPECS_ROOT").unwrap_or_default());
    let warnings =
        warnings::of(documents, specs).iter().map(|warning| texts::check_warning(language, warning)).collect();
    Ok(Report { scenarios, errors, warnings })
}

struct Checking<'a> {
    rules: Rules,
    policy: &'a ProbePolicy,
    configuration: &'a ReferencedConfiguration,
    depends_on: HashMap<String, Vec<String>>,
}

impl Checking<'_> {
    /// The Scenario, `None` for a valid Agent, or what is wrong.
    fn judge(&mut self, document: &Document) -> Result<Option<ValidatedScenario>, Vec<Mistake>> {
        let valid = match self.rules.judge(document) {
            Judged::Agent => return Ok(None),
            Judged::Scenario(valid) => *valid,
            Judged::Refused(faults) | Judged::NotReady(faults) => {
                return Err(faults.into_iter().map(|fault| Mistake::of(fault, &document.file)).collect());
            }
        };
        // What the settings do not offer.
        let mut errors = prepare(&valid, self.configuration, self.policy).refused;
        if let Some(path) = dependency_cycle(&document.name, &self.depends_on) {
            let problem = Problem::DependencyCycle { path };
            errors.push(ValidationError { field: "spec.dependsOn".into(), reason: Reason::DependencyCycle, problem });
        }
        if errors.is_empty() {
            return Ok(Some(valid));
        }
        let positions = Positions::of(&document.text);
        let mistake = |error| Mistake::of(self.rules.fault(error, document, &positions), &document.file);
        Err(errors.iter().map(mistake).collect())
    }
}

fn rendered(errors: &[ValidationError], language: Language) -> Vec<Mistake> {
    errors.iter().map(|error| unplaced(texts::validation(language, error))).collect()
}

fn unplaced(text: String) -> Mistake {
    Mistake { text, place: None }
}

async fn run_once(valid: ValidatedScenario, configuration: &ReferencedConfiguration, assessor: &Assessor) -> Checked {
    let begin = Begin { answered_before: true, begun: clock::now, due: None };
    match assessor.assess(&Arc::new(valid), configuration, begin).await {
        Ok(assessment) => Checked::Ran(assessment.evaluation),
        Err(AssessError::Refused(errors)) => Checked::Invalid(rendered(&errors, assessor.language)),
        Err(AssessError::Failed(failure)) => {
            Checked::Invalid(vec![unplaced(texts::run_failure(assessor.language, &failure))])
        }
    }
}

fn code(report: &Report) -> u8 {
    let has = |outcome| {
        let runs = report
            .scenarios
            .iter()
            .filter_map(|(_, c)| if let Checked::Ran(evaluation) = c { Some(evaluation) } else { None });
        runs.flat_map(|o| &o.list).any(|o| o.result == outcome)
    };
    let is_invalid =
        !report.errors.is_empty() || report.scenarios.iter().any(|(_, c)| matches!(c, Checked::Invalid(_)));
    match (has(CheckOutcome::Fail), is_invalid || has(CheckOutcome::Unknown)) {
        (true, _) => 1,
        (false, true) => 2,
        (false, false) => 0,
    }
}

/// A row of the table.
struct Row {
    /// Scenario, check with its item, outcome, and message.
    cells: [String; 4],
    /// Further lines: what a failed check shows.
    below: Vec<String>,
}

fn rows(results: &[(String, Checked)], language: Language) -> Vec<Row> {
    let mut rows = Vec::new();
    for (name, checked) in results {
        let row = |check: &str, outcome: &str, message: &str| Row {
            cells: [name.clone(), check.into(), outcome.into(), message.into()],
            below: Vec::new(),
        };
        match checked {
            Checked::Invalid(errors) => rows.extend(errors.iter().map(|m| row("", "invalid", &m.located()))),
            Checked::Suspended => rows.push(row("", "suspended", "")),
            Checked::Valid => rows.push(row("", "valid", "")),
            Checked::Ran(evaluation) => rows.extend(evaluation.list.iter().map(|o| {
                let check = if o.key.is_empty() { o.check.to_string() } else { format!("{} ({})", o.check, o.key) };
                let below = o.proof.iter().flat_map(|proof| failures::lines(proof, language)).collect();
                Row { below, ..row(&check, o.result.as_str(), &o.message) }
            })),
        }
    }
    rows
}

fn table(results: &[(String, Checked)], language: Language) -> String {
    let header = texts::check_columns(language).map(String::from);
    let rows = rows(results, language);
    let cells = || std::iter::once(&header).chain(rows.iter().map(|row| &row.cells));
    let width = |i: usize| cells().map(|r| r[i].chars().count()).max().unwrap_or(0);
    let (a, b, c) = (width(0), width(1), width(2));
    let line = |row: &[String; 4]| {
        let [scenario, check, outcome, message] = row;
        let line = format!("{scenario:<a$}  {check:<b$}  {outcome:<c$}  {message}");
        format!("{}\n", printable(line.trim_end()))
    };
    let below = |row: &Row| row.below.iter().map(|line| format!("    {}\n", printable(line))).collect::<String>();
    let rows = rows.iter().map(|row| line(&row.cells) + &below(row));
    std::iter::once(line(&header)).chain(rows).collect()
}

fn as_json(report: &Report, language: Language) -> Value {
    let scenarios: Vec<Value> = report
        .scenarios
        .iter()
        .map(|(name, checked)| match checked {
            Checked::Invalid(mistakes) => {
                let texts: Vec<&String> = mistakes.iter().map(|mistake| &mistake.text).collect();
                let places: Vec<&Option<String>> = mistakes.iter().map(|mistake| &mistake.place).collect();
                json!({"id": name, "valid": false, "mistakes": texts, "places": places})
            }
            Checked::Suspended => json!({"id": name, "valid": true, "suspended": true}),
            Checked::Valid => json!({"id": name, "valid": true}),
            Checked::Ran(evaluation) => {
                let checks = evaluation.list.iter().map(|o| failures::as_json(o, language));
                json!({"id": name, "valid": true, "checks": checks.collect::<Vec<_>>()})
            }
        })
        .collect();
    json!({"scenarios": scenarios, "mistakes": report.errors, "warnings": report.warnings})
}
