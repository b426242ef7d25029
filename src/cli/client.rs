//! The client of the Kubernetes API, as every subcommand makes it.

use super::CliError;
use kube::config::Kubeconfig;
use kube::{Client, Config};
use std::path::Path;
use std::time::Duration;

/// What the API server's logs and audit call this program.
const USER_AGENT: &str = concat!("agentic-ops/", env!("CARGO_PKG_VERSION"));
/// Nothing heard of a connection for this long: it is dead. Longer than a watch lasts.
const SILENCE: Duration = Duration::from_secs(60);

/// What the usual kubeconfig or service account says.
pub async fn inferred() -> Result<Config, CliError> {
    Config::infer().await.map_err(|e| CliError::Kubeconfig(e.to_string()))
}

/// A client for the kubeconfig at this path.
pub async fn of_file(path: &Path) -> Result<Client, CliError> {
    let kubeconfig = Kubeconfig::read_from(path).map_err(|e| CliError::Kubeconfig(e.to_string()))?;
    let config = Config::from_custom_kubeconfig(kubeconfig, &Default::default()).await;
    client(config.map_err(|e| CliError::Kubeconfig(e.to_string()))?)
}

/// A client that says who it is, and gives up on connections that have died without a word.
pub fn client(mut config: Config) -> Result<Client, CliError> {
    config.headers.push((http::header::USER_AGENT, http::HeaderValue::from_static(USER_AGENT)));
    config.read_timeout = Some(SILENCE);
    config.reset_reader_on_write = true;
    Client::try_from(config).map_err(|e| CliError::Kubeconfig(e.to_string()))
}
