//! What standalone and operator have in common: probes from settings, the facade on its address, the signal to stop.

use super::CliError;
use super::settings::Settings;
use crate::controllers::leader::{Gate, Standing};
use crate::controllers::shared::Shared;
use crate::controllers::{Operator, scenario, tick};
use crate::domain::validate::Offer;
use crate::facade::auth::{AuthConfig, Authenticator};
use crate::facade::review::Reviewer;
use crate::facade::{Backend, OperatorView, TickReport, TickResult, router};
use crate::probes::{Prober, ProberOptions, check_query};
use crate::telemetry::Metrics;
use futures::FutureExt as _;
use futures::future::BoxFuture;
use jiff::Timestamp;
use kube::Client;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

/// SQLite files read at once.
const SQLITE_CONCURRENCY: usize = 4;

/// What the settings offer to Scenarios.
pub fn offer(settings: &Settings) -> Offer {
    Offer {
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

/// How the facade is to listen and whom it is to trust.
pub struct Facade<'a> {
    pub listen: SocketAddr,
    pub settings: &'a Settings,
    /// The secret of HS256 tokens.
    pub secret: Option<Vec<u8>>,
}

/// The facade, listening.
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

/// Listens.
pub async fn start(
    facade: Facade<'_>,
    client: Client,
    namespace: &str,
    operator: &Operator,
    metrics: Arc<Metrics>,
) -> Result<Served, CliError> {
    let Facade { listen, settings, secret } = facade;
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
    let view = View { shared: operator.shared.clone(), gate: operator.gate.clone(), commands: operator.commands() };
    let backend = Backend {
        client,
        namespace: namespace.to_string(),
        scenarios: operator.scenarios.clone(),
        findings: operator.findings.clone(),
        agents: operator.agents.clone(),
        operator: Arc::new(view),
        auth,
        metrics,
        internal_token: settings.get("OPS_INTERNAL_TOKEN").map(String::from),
    };
    let listener = TcpListener::bind(listen).await.map_err(|source| CliError::Listen { address: listen, source })?;
    let address = listener.local_addr().map_err(|source| CliError::Listen { address: listen, source })?;
    let (stop, stopped) = oneshot::channel::<()>();
    let app = router(backend);
    let serving = tokio::spawn(async move {
        let until = async {
            let _ = stopped.await;
        };
        if let Err(error) = axum::serve(listener, app).with_graceful_shutdown(until).await {
            tracing::error!(%error, "the facade ended");
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

/// The operator as the facade sees it.
struct View {
    shared: Arc<Shared>,
    gate: Gate,
    commands: mpsc::Sender<scenario::Command>,
}

impl OperatorView for View {
    fn waiting_for(&self) -> Vec<String> {
        self.shared.waiting_for()
    }

    fn lateness(&self) -> Duration {
        self.shared.lateness()
    }

    fn next_run_at(&self, scenario: &str) -> Option<Timestamp> {
        self.shared.next_run_at(scenario)
    }

    fn interval(&self, scenario: &str) -> Option<Duration> {
        self.shared.interval(scenario)
    }

    fn standing(&self) -> Standing {
        self.gate.standing()
    }

    fn tick(&self, force: bool) -> BoxFuture<'static, Result<TickReport, String>> {
        let (commands, gate) = (self.commands.clone(), self.gate.clone());
        async move {
            let why = || match gate.standing() {
                Standing::Leading { .. } => "this replica can't run that now".to_string(),
                standing => standing.to_string(),
            };
            if !gate.is_open() {
                return Err(why());
            }
            let report = tick(&commands, force).await.ok_or_else(why)?;
            let results = report.results.into_iter().map(|r| TickResult {
                scenario_id: r.scenario,
                health: r.health,
                opened: r.opened,
                resolved: r.resolved,
            });
            Ok(TickReport { due: report.due, ran: report.ran, results: results.collect() })
        }
        .boxed()
    }
}
