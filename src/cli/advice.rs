//! What the advice controller is started with, from the settings.

use super::settings::Settings;
use super::{CliError, limits, model};
use crate::advisor::runbooks::{Library, LibraryConfig};
use crate::controllers::advice_config::AdviceConfig;
use crate::controllers::model_standing::ModelStanding;
use std::path::PathBuf;

/// The configuration. Error: the client of the model server can't be made.
pub fn config(settings: &Settings) -> Result<AdviceConfig, CliError> {
    Ok(AdviceConfig {
        least: settings.severity("AGENTIC_ADVICE_MIN_SEVERITY"),
        per_hour: settings.count("AGENTIC_ADVICE_PER_HOUR"),
        model: model::client(settings)?,
        off: model::off(settings),
        library: library(settings),
    })
}

/// What is known of the model before it is looked at.
pub fn standing(settings: &Settings) -> ModelStanding {
    match model::off(settings) {
        Some(setting) => ModelStanding::off(setting, settings.language()),
        None => ModelStanding::on(settings.get("AGENTIC_LLM_MODEL").unwrap_or_default()),
    }
}

/// The index of the runbooks, in memory; `None` where it can't be opened: advice then has the runbook of the Scenario alone.
fn library(settings: &Settings) -> Option<Library> {
    let root = PathBuf::from(settings.get("AGENTIC_SPECS_ROOT").unwrap_or_default());
    let opened = Library::open(LibraryConfig { root, database: None, limits: limits::runbooks(settings) });
    opened.inspect_err(|error| tracing::error!(%error, "the runbooks can't be searched")).ok()
}
