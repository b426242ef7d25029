//! `agentic-ops specs`: what of the runbooks is found, and what they lack.

mod coverage;
mod evaluate;
mod search;
mod votes;

use super::registry::contents;
use super::registry::documents::Documents;
use super::settings::Settings;
use super::{CliError, limits};
use crate::advisor::runbooks::{Library, LibraryConfig, LibraryError, Refreshed};
use crate::api::ScenarioSpec;
use crate::domain::advice::votes::SectionVotes;
use crate::domain::printable::printable;
use crate::domain::runbooks::About;
use crate::domain::texts;
use coverage::CoverageArgs;
use evaluate::EvaluateArgs;
use search::SearchArgs;
use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// The registry that is read without `--registry`, if it exists.
const REGISTRY: &str = "registry.yaml";

/// Options of `specs`.
#[derive(Debug, clap::Args)]
pub struct SpecsArgs {
    #[command(subcommand)]
    command: SpecsCommand,
    /// Directory of the runbooks [default: AGENTIC_SPECS_ROOT]
    #[arg(long, global = true, value_name = "DIR")]
    specs: Option<PathBuf>,
    /// File or directory with Scenarios [default: registry.yaml, if it exists]
    #[arg(long, global = true, value_name = "FILE")]
    registry: Option<PathBuf>,
    /// File with settings, as NAME=value lines [default: .env, if it exists]
    #[arg(long, global = true, value_name = "FILE")]
    env_file: Option<PathBuf>,
    /// Output format
    #[arg(long, global = true, value_enum, default_value_t)]
    output: Output,
}

#[derive(Debug, clap::Subcommand)]
enum SpecsCommand {
    /// Show the sections that fit a question, and why; exit code 1 if none does
    Search(SearchArgs),
    /// Tell how well questions find the runbooks that answer them; with --vectors, whether vectors find more: exit code 1 if a figure is worse
    Evaluate(EvaluateArgs),
    /// List the checks that the runbooks do not cover; exit code 1 if there are any
    Coverage(CoverageArgs),
}

/// Output format.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
enum Output {
    #[default]
    Text,
    Json,
}

/// What a subcommand prints.
#[derive(Debug, Default, PartialEq)]
struct Report {
    text: String,
    /// For standard error.
    warnings: Vec<String>,
    code: u8,
}

/// What the subcommands work with.
struct Context {
    settings: Settings,
    /// Directory of the runbooks.
    root: PathBuf,
    scenarios: Vec<(String, ScenarioSpec)>,
    /// What of the registry is not used, and why.
    errors: Vec<String>,
    output: Output,
}

/// Prints what was found. An error of the command is exit code 2, which the caller sees to.
pub async fn run(args: &SpecsArgs) -> Result<ExitCode, CliError> {
    let settings = Settings::from_process(args.env_file.as_deref(), &BTreeMap::new())?;
    let votes = match &args.command {
        SpecsCommand::Coverage(args) if args.votes => Some(votes::read(args).await?),
        _ => None,
    };
    let report = report(args, settings, votes.as_deref()).await?;
    for line in &report.warnings {
        eprintln!("{}", printable(line));
    }
    // A reader that wants no more, such as `head`, is no error.
    let _ = std::io::stdout().lock().write_all(printable(&report.text).as_bytes());
    Ok(ExitCode::from(report.code))
}

async fn report(args: &SpecsArgs, settings: Settings, votes: Option<&[SectionVotes]>) -> Result<Report, CliError> {
    let registry = match &args.registry {
        Some(path) if !path.exists() => return Err(CliError::NoRegistry(path.clone())),
        Some(path) => Some(path.as_path()),
        None => Some(Path::new(REGISTRY)).filter(|path| path.exists()),
    };
    let documents = registry.map(|path| contents::read([path], limits::registry(&settings))).unwrap_or_default();
    let root = args.specs.clone().unwrap_or_else(|| settings.get("AGENTIC_SPECS_ROOT").unwrap_or_default().into());
    let (scenarios, errors) = scenarios(&documents, &settings);
    let context = Context { settings, root, scenarios, errors, output: args.output };
    match &args.command {
        SpecsCommand::Search(args) => context.search(args).await,
        SpecsCommand::Evaluate(args) => context.evaluate(args).await,
        SpecsCommand::Coverage(_) => context.coverage(votes),
    }
}

impl Context {
    /// An index of the runbooks in memory, and what it has.
    fn library(&self) -> Result<(Library, Refreshed), CliError> {
        let config =
            LibraryConfig { root: self.root.clone(), database: None, limits: limits::runbooks(&self.settings) };
        let about: Vec<_> = self.scenarios.iter().filter_map(|(name, spec)| About::of(name, spec)).collect();
        let failed = |error: LibraryError| CliError::Argument(error.to_string());
        let library = Library::open(config).map_err(failed)?;
        let refreshed = library.refresh(&about).map_err(failed)?;
        Ok((library, refreshed))
    }

    /// What is wrong with files, for standard error.
    fn warnings(&self, refreshed: &Refreshed) -> Vec<String> {
        let language = self.settings.language();
        let problems = refreshed.problems.iter().map(|problem| texts::runbook_problem(language, problem));
        self.errors.iter().cloned().chain(problems).collect()
    }
}

/// The Scenarios of a registry, and what is wrong with its files.
fn scenarios(documents: &Documents, settings: &Settings) -> (Vec<(String, ScenarioSpec)>, Vec<String>) {
    let mut errors: Vec<String> = documents.errors.iter().map(|error| error.text(settings.language())).collect();
    let mut scenarios = Vec::new();
    for document in documents.valid.iter().filter(|document| document.kind == "Scenario") {
        let spec = document.value.get("spec").cloned().unwrap_or_default();
        match serde_json::from_value(spec) {
            Ok(spec) => scenarios.push((document.name.clone(), spec)),
            Err(error) => errors.push(format!("{}: {}: {error}", document.file, document.name)),
        }
    }
    (scenarios, errors)
}

#[cfg(test)]
mod tests;
