//! What standalone and operator share: probes and the facade from settings, the HTTP server, the signal to stop.

use super::CliError;
use super::settings::Settings;
use crate::controllers::scenario::assess::Assessor;
use crate::domain::validate::ProbePolicy;
use crate::facade::auth::{AuthConfig, Authenticator};
use crate::facade::token_review::TokenReviewer;
use crate::facade::{Backend, ProcessState};
use crate::probes::{Prober, ProberOptions, check_query};
use axum::Router;
use futures::FutureExt as _;
use kube::Client;
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// SQLite files read concurrently.
const SQLITE_CONCURRENCY: usize = 4;

/// Which settings, Secrets and files Scenarios may use.
pub fn policy(settings: &Settings) -> ProbePolicy {
    ProbePolicy {
        secret_keys: settings.probe_secret_keys(),
        sqlite_paths: settings.sqlite_paths(),
        default_interval: settings.interval(),
        evaluation_steps: usize::try_from(settings.integer("AGENTIC_EVALUATION_STEPS")).unwrap_or(usize::MAX),
        check_query,
    }
}

/// The prober, from the settings.
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

/// Reads and judges Scenarios as the settings say, for commands without an operator.
pub fn assessor(settings: &Settings) -> Result<Assessor, CliError> {
    let (policy, prober) = (Arc::new(policy(settings)), Arc::new(prober(settings)?));
    Ok(Assessor::new(prober, policy, settings.language(), Arc::default()))
}

/// A running HTTP server.
pub struct Served {
    pub address: SocketAddr,
    stop: oneshot::Sender<()>,
    serving: JoinHandle<()>,
}

impl Served {
    /// Accepts no new requests and waits for those in progress.
    pub async fn shutdown(self) {
        let _ = self.stop.send(());
        let _ = self.serving.await;
    }
}

/// What the facade needs, from the settings; `secret` is the key of HS256 tokens.
pub fn backend(settings: &Settings, secret: Option<Vec<u8>>, client: Client, process: ProcessState) -> Backend {
    let audience = settings.get("AGENTIC_AUTH_AUDIENCE").unwrap_or("agentic-ops").to_string();
    let reviewer = settings
        .is_on("AGENTIC_AUTH_TOKEN_REVIEW")
        .then(|| TokenReviewer::new(client.clone(), audience.clone(), settings.service_accounts()));
    let auth = Authenticator::new(AuthConfig {
        reviewer,
        audience,
        secret,
        jwks_url: settings.get("AGENTIC_AUTH_JWKS_URL").map(String::from),
        issuer: settings.get("AGENTIC_AUTH_ISSUER").map(String::from),
        roles_claim: settings.get("AGENTIC_AUTH_ROLES_CLAIM").unwrap_or("roles").to_string(),
    });
    let internal_token = settings.get("OPS_INTERNAL_TOKEN").map(String::from);
    Backend { client, process, auth, internal_token }
}

/// Listens on an address and serves the routes.
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

/// Waits for SIGTERM or Ctrl-C.
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
