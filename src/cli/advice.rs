//! What the advice controller is started with, from the settings.

use super::settings::Settings;
use super::{CliError, data_files, limits, model, vectors};
use crate::advisor::runbooks::{Library, LibraryConfig};
use crate::controllers::advice_config::AdviceConfig;
use crate::controllers::model_standing::ModelStanding;
use std::path::{Path, PathBuf};

/// The configuration, with the index of the runbooks in this directory. Error: the client of the model server can't be made.
pub fn config(settings: &Settings, data: Option<&Path>) -> Result<AdviceConfig, CliError> {
    let (model, library) = (model::client(settings)?, library(settings, data));
    let vectors = model.as_ref().zip(library.as_ref()).filter(|_| settings.is_on("AGENTIC_SEARCH_VECTORS"));
    let vectors = vectors.map(|(model, library)| vectors::of(model, library));
    Ok(AdviceConfig {
        vectors,
        least: settings.severity("AGENTIC_ADVICE_MIN_SEVERITY"),
        per_hour: settings.count("AGENTIC_ADVICE_PER_HOUR"),
        model,
        off: model::off(settings),
        library,
    })
}

/// What is known of the model before it is looked at.
pub fn standing(settings: &Settings) -> ModelStanding {
    match model::off(settings) {
        Some(setting) => ModelStanding::off(setting, settings.language()),
        None => ModelStanding::on(settings.get("AGENTIC_LLM_MODEL").unwrap_or_default()),
    }
}

/// The index of the runbooks, in memory where it can't be in the directory; `None` where it can't be opened at all: advice then has the
/// runbook of the Scenario alone.
fn library(settings: &Settings, data: Option<&Path>) -> Option<Library> {
    let root = PathBuf::from(settings.get("AGENTIC_SPECS_ROOT").unwrap_or_default());
    let open = |database| {
        Library::open(LibraryConfig { root: root.clone(), database, limits: limits::runbooks(settings) })
            .inspect_err(|error| tracing::error!(%error, "the index of the runbooks can't be opened"))
            .ok()
    };
    let file = data_files::path(data, data_files::RUNBOOKS);
    file.and_then(|file| open(Some(file))).or_else(|| open(None))
}
