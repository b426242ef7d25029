//! What standalone and operator have in common: probes and the facade from settings, an address, the signal to stop.

use super::CliError;
use super::settings::Settings;
use crate::api::Agent;
use crate::domain::validate::ProbePolicy;
use crate::facade::auth::{AuthConfig, Authenticator};
use crate::facade::review::Reviewer;
use crate::facade::{Backend, Vitals};
use crate::probes::{Prober, ProberOptions, check_query};
use axum::Router;
use futures::FutureExt as _;
use kube::Client;
use kube::runtime::reflector::Store;
use std::net::SocketAddr;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// SQLite files read at once.
const SQLITE_CONCURRENCY: usize = 4;

/// What the settings offer to Scenarios.
pub fn policy(settings: &Settings) -> ProbePolicy {
    ProbePolicy {
        secret_keys: settings.probe_secret_keys(),
        sqlite_paths: settings.sqlite_paths(),
        default_interval: settings.interval(),
        check_query,
    }
}

/// Probes as the settings want them.
pub fn prober(settings: &Settings) -> Result<Prober, CliError> {
    let mut extra_ca_pem = Vec::new();
    if let Some(path) = settings.get("AGENTIC_CA_FILE") {
        extra_ca_pem.push(std::fs::read(path).map_err(|source| CliError::File { path: path.into(), source })?);
    }
    let options = ProberOptions {
        extra_ca_pem,
        allow_link_local: settings.is_on("AGENTIC_ALLOW_LINK_LOCAL"),
        sqlite_concurrency: SQLITE_CONCURRENCY,
        sqlite_paths: settings.sqlite_paths(),
        ..ProberOptions::default()
    };
    Prober::new(options).map_err(|e| CliError::Argument(e.to_string()))
}

/// Routes, on their address.
pub struct Served {
    pub address: SocketAddr,
    stop: oneshot::Sender<()>,
    serving: JoinHandle<()>,
}

impl Served {
    /// Takes no more requests and finishes those under way.
    pub async fn shutdown(self) {
        let _ = self.stop.send(());
        let _ = self.serving.await;
    }
}

/// The facade over an operator or caches, as the settings want it; `secret` is that of HS256 tokens.
pub fn backend(
    settings: &Settings,
    secret: Option<Vec<u8>>,
    client: Client,
    namespace: &str,
    vitals: Vitals,
    agents: Store<Agent>,
) -> Backend {
    let audience = settings.get("AGENTIC_AUTH_AUDIENCE").unwrap_or("agentic-ops").to_string();
    let reviewer = settings
        .is_on("AGENTIC_AUTH_TOKEN_REVIEW")
        .then(|| Reviewer::new(client.clone(), audience.clone(), settings.service_accounts()));
    let auth = Authenticator::new(AuthConfig {
        reviewer,
        audience,
        secret,
        jwks_url: settings.get("AGENTIC_AUTH_JWKS_URL").map(String::from),
        issuer: settings.get("AGENTIC_AUTH_ISSUER").map(String::from),
        roles_claim: settings.get("AGENTIC_AUTH_ROLES_CLAIM").unwrap_or("roles").to_string(),
    });
    let internal_token = settings.get("OPS_INTERNAL_TOKEN").map(String::from);
    Backend { client, namespace: namespace.to_string(), vitals, agents, auth, internal_token }
}

/// Listens.
pub async fn start(listen: SocketAddr, app: Router) -> Result<Served, CliError> {
    let listener = TcpListener::bind(listen).await.map_err(|source| CliError::Listen { address: listen, source })?;
    let address = listener.local_addr().map_err(|source| CliError::Listen { address: listen, source })?;
    let (stop, stopped) = oneshot::channel::<()>();
    let serving = tokio::spawn(async move {
        let until = async {
            let _ = stopped.await;
        };
        if let Err(error) = axum::serve(listener, app).with_graceful_shutdown(until).await {
            tracing::error!(%error, "the server ended");
        }
    });
    Ok(Served { address, stop, serving })
}

/// Resolves at SIGTERM or Ctrl-C.
pub async fn stop_requested() {
    let interrupt = tokio::signal::ctrl_c().map(drop);
    match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
        Ok(mut terminate) => {
            tokio::select! {
                () = interrupt => {}
                _ = terminate.recv() => {}
            }
        }
        Err(_) => interrupt.await,
    }
}
