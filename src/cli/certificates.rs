//! The certificates of the settings.

use super::CliError;
use super::settings::Settings;

/// The file of AGENTIC_CA_FILE in PEM; nothing where it is not set.
pub fn extra_ca_pem(settings: &Settings) -> Result<Vec<Vec<u8>>, CliError> {
    let path = settings.get("AGENTIC_CA_FILE");
    let read = |path: &str| std::fs::read(path).map_err(|source| CliError::File { path: path.into(), source });
    Ok(path.map(read).transpose()?.into_iter().collect())
}
