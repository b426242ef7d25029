//! The client of the Kubernetes API that all subcommands use.

use super::CliError;
use crate::controlplane;
use kube::config::Kubeconfig;
use kube::{Client, Config};
use std::path::Path;
use std::time::Duration;
use tower::ServiceExt as _;

/// User-Agent in the API server's logs and audit log.
const USER_AGENT: &str = concat!("agentic-ops/", env!("CARGO_PKG_VERSION"));
/// Read timeout of a connection. Longer than a watch lasts, so that only dead connections reach it.
const READ_TIMEOUT: Duration = Duration::from_secs(60);

/// The configuration of the default kubeconfig or of the service account.
pub async fn inferred() -> Result<Config, CliError> {
    Config::infer().await.map_err(|e| CliError::Kubeconfig(e.to_string()))
}

/// A client for a kubeconfig file.
pub async fn of_file(path: &Path) -> Result<Client, CliError> {
    of(Kubeconfig::read_from(path).map_err(|e| CliError::Kubeconfig(e.to_string()))?).await
}

async fn of(kubeconfig: Kubeconfig) -> Result<Client, CliError> {
    let config = Config::from_custom_kubeconfig(kubeconfig, &Default::default()).await;
    client(config.map_err(|e| CliError::Kubeconfig(e.to_string()))?)
}

/// A client of the embedded API server in this process, which needs no connection.
pub fn in_process(server: &controlplane::Running, namespace: &str) -> Client {
    let service = server.in_process().map_request(|mut request: http::Request<kube::client::Body>| {
        let agent = http::HeaderValue::from_static(USER_AGENT);
        request.headers_mut().entry(http::header::USER_AGENT).or_insert(agent);
        request
    });
    Client::new(service, namespace)
}

/// A client with our User-Agent, which closes connections that have died.
pub fn client(mut config: Config) -> Result<Client, CliError> {
    config.headers.push((http::header::USER_AGENT, http::HeaderValue::from_static(USER_AGENT)));
    config.read_timeout = Some(READ_TIMEOUT);
    config.reset_reader_on_write = true;
    Client::try_from(config).map_err(|e| CliError::Kubeconfig(e.to_string()))
}
