//! What standalone and operator share: probes and the facade from settings, the HTTP server, the signal to stop.

use super::certificates::extra_ca_pem;
use super::registry::{self, RegistryOptions};
use super::settings::Settings;
use super::{CliError, advice, channels, data_files, limits};
use crate::api::Channel;
use crate::channels::heartbeat::Heartbeat;
use crate::commands::{Caller, CommandRate, Context, Interface, ProcessId, Recovery, RequestId};
use crate::controllers::channel_states::ChannelStates;
use crate::controllers::monitoring::{HeartbeatOptions, SelfMonitoring, StoreError};
use crate::controllers::probe_lateness::ProbeLateness;
use crate::controllers::scenario::assess::Assessor;
use crate::controlplane::StoreStatus;
use crate::domain::desk_url;
use crate::domain::lateness::LatenessLimits;
use crate::domain::redact::KnownSecrets;
use crate::domain::validate::ProbePolicy;
use crate::facade::auth::{AuthConfig, Authenticator};
use crate::facade::token_review::TokenReviewer;
use crate::facade::{Backend, EventFeed, ProcessState};
use crate::history::History;
use crate::listener::{Listener, Serving, Threads};
use crate::net::guard::AddressGuard;
use crate::probes::{ProbeLimits, Prober, ProberOptions, SqliteOptions, check_certificates, check_query};
use crate::telemetry::Metrics;
use axum::Router;
use futures::FutureExt as _;
use kube::Client;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// The facade answers without its commands after this long, if the Actions of before are not completed by then.
const RECOVERY_WAIT: Duration = Duration::from_secs(10);

/// Which settings, Secrets and files Scenarios may use.
pub fn policy(settings: &Settings) -> ProbePolicy {
    ProbePolicy {
        secret_keys: settings.probe_secret_keys(),
        sqlite_paths: settings.sqlite_paths(),
        default_interval: settings.interval(),
        runbooks: settings.runbooks(),
        evaluation_steps: usize::try_from(settings.integer("AGENTIC_EVALUATION_STEPS")).unwrap_or(usize::MAX),
        check_query,
        check_certificates,
    }
}

/// A registry at `path`, from the settings.
pub fn registry(settings: &Settings, path: &Path, metrics: &Arc<Metrics>) -> RegistryOptions {
    RegistryOptions {
        path: path.to_path_buf(),
        limits: limits::registry(settings),
        policy: Arc::new(policy(settings)),
        metrics: metrics.clone(),
        reconcile: registry::RECONCILE,
    }
}

/// What the prober needs besides settings.
#[derive(Default)]
pub struct ProberContext {
    pub metrics: Arc<Metrics>,
    /// Files of the program itself, which no probe reads.
    pub own_files: Vec<PathBuf>,
    /// The program that is started as worker of sqlite probes, if it is not the one that runs.
    pub worker_program: Option<PathBuf>,
}

/// The prober, from the settings.
pub fn prober(settings: &Settings, context: ProberContext) -> Result<Prober, CliError> {
    let extra_ca_pem = extra_ca_pem(settings)?;
    let options = ProberOptions {
        extra_ca_pem,
        limits: ProbeLimits {
            total: settings.count("AGENTIC_PROBES_MAX"),
            of_target: settings.count("AGENTIC_PROBES_PER_TARGET"),
        },
        readings_bytes: settings.count("AGENTIC_READINGS_BYTES"),
        addresses: settings.addresses(),
        sqlite: sqlite_options(settings, &context),
        metrics: context.metrics,
        ..ProberOptions::default()
    };
    Prober::new(options).map_err(|e| CliError::Argument(e.to_string()))
}

/// How the program watches itself, from the settings; `store` is the embedded store, where there is one.
pub fn monitoring(settings: &Settings, store: Option<StoreStatus>) -> SelfMonitoring {
    let limits = LatenessLimits {
        max: settings.duration("AGENTIC_LATENESS_MAX"),
        window: settings.duration("AGENTIC_LATENESS_WINDOW"),
    };
    let configured = Channel::ALL.into_iter().filter(|channel| channels::missing(settings, *channel).is_empty());
    let guard = AddressGuard::new(settings.addresses());
    SelfMonitoring {
        lateness: ProbeLateness::new(limits),
        channels: ChannelStates::new(configured),
        model: advice::standing(settings),
        heartbeat: settings.get("AGENTIC_HEARTBEAT_URL").map(|url| HeartbeatOptions {
            monitor: Arc::new(Heartbeat::new(url, guard)),
            interval: settings.duration("AGENTIC_HEARTBEAT_INTERVAL"),
        }),
        store_error: store.map(|store| -> StoreError { Arc::new(move || store.state().write_error) }),
    }
}

fn sqlite_options(settings: &Settings, context: &ProberContext) -> SqliteOptions {
    let defaults = SqliteOptions::default();
    SqliteOptions {
        paths: settings.sqlite_paths(),
        own_files: context.own_files.clone(),
        program: context.worker_program.clone().unwrap_or(defaults.program),
        workers: settings.count("AGENTIC_SQLITE_WORKERS"),
        workers_per_file: settings.count("AGENTIC_SQLITE_WORKERS_PER_FILE"),
        memory_mib: settings.integer("AGENTIC_SQLITE_MEMORY_MIB"),
        max_time: settings.duration("AGENTIC_SQLITE_MAX_TIME"),
    }
}

/// Reads and judges Scenarios as the settings say, for commands without an operator.
pub fn assessor(settings: &Settings) -> Result<Assessor, CliError> {
    let metrics = Arc::new(Metrics::default());
    let context = ProberContext { metrics: metrics.clone(), ..ProberContext::default() };
    let (policy, prober) = (Arc::new(policy(settings)), Arc::new(prober(settings, context)?));
    Ok(Assessor::new(prober, policy, settings.language(), metrics, settings.count("AGENTIC_EVALUATIONS_MAX")))
}

/// The history in a directory. Without a directory there is none; nor where its file can't be opened, which is no reason not to start.
pub fn history(directory: Option<&Path>, metrics: &Arc<Metrics>) -> History {
    let Some(path) = data_files::path(directory, data_files::HISTORY) else { return History::default() };
    let opened = History::start(&path, metrics.clone());
    opened.inspect_err(|error| tracing::error!(%error, "no history is kept")).unwrap_or_default()
}

/// The base of links: AGENTIC_DESK_URL, or else the address that the panel listens on.
pub fn desk_url(settings: &Settings, listen: SocketAddr) -> String {
    let host = rustix::system::uname();
    desk_url::desk_url(settings.get("AGENTIC_DESK_URL"), listen, &host.nodename().to_string_lossy())
}

/// A running HTTP server.
pub struct Served {
    pub address: SocketAddr,
    /// The address that it listens on besides, if there is one.
    pub desk_address: Option<SocketAddr>,
    serving: Serving,
}

impl Served {
    /// The threads of the server, which also run commands whose clients have disconnected.
    pub fn threads(&self) -> Arc<Threads> {
        self.serving.threads()
    }

    /// Accepts no new requests and waits for those in progress, for a few seconds and not beyond `until`.
    pub async fn shutdown(self, until: Instant) {
        self.serving.shutdown(until).await;
    }
}

/// What the facade needs, from the settings; `secret` is the key of HS256 tokens. `place` is a name that no two running processes of
/// the facade have at once, if there is one.
///
/// Completes the Actions that were left without a result before, for a few seconds until it returns and beyond that in the
/// background, as long as the recovery is kept.
pub async fn backend(
    settings: &Settings,
    secret: Option<Vec<u8>>,
    client: Client,
    process: ProcessState,
    secrets: KnownSecrets,
    place: Option<&str>,
    events: Arc<EventFeed>,
) -> (Backend, Recovery) {
    let audience = settings.get("AGENTIC_AUTH_AUDIENCE").unwrap_or("agentic-ops").to_string();
    let reviewer = settings
        .is_on("AGENTIC_AUTH_TOKEN_REVIEW")
        .then(|| TokenReviewer::new(client.clone(), audience.clone(), settings.service_accounts()));
    let auth = Arc::new(Authenticator::new(AuthConfig {
        guard: AddressGuard::new(settings.addresses()),
        reviewer,
        audience,
        secret,
        jwks_url: settings.get("AGENTIC_AUTH_JWKS_URL").map(String::from),
        issuer: settings.get("AGENTIC_AUTH_ISSUER").map(String::from),
        roles_claim: settings.get("AGENTIC_AUTH_ROLES_CLAIM").unwrap_or("roles").to_string(),
    }));
    let internal_token = settings.get("OPS_INTERNAL_TOKEN").map(String::from);
    let rate = Arc::new(CommandRate::new(settings.count("AGENTIC_ACTIONS_PER_MINUTE")));
    let id = ProcessId::new(place);
    let recovery = Recovery::start(Context {
        client: client.clone(),
        resources: process.resources.clone(),
        caller: Caller { name: String::new(), roles: Vec::new(), interface: Interface::Rest },
        request: RequestId::unique(),
        process: id.clone(),
        rate: rate.clone(),
        joined: Arc::default(),
        metrics: process.metrics.clone(),
        secrets: secrets.clone(),
    });
    recovery.state.wait(RECOVERY_WAIT).await;
    let state = recovery.state.clone();
    let backend = Backend {
        client,
        process,
        auth,
        internal_token,
        rate,
        joined: Arc::default(),
        access: limits::access(settings),
        events,
        secrets,
        id,
        recovery: state,
    };
    (backend, recovery)
}

/// Where the facade and the panel listen.
#[derive(Clone, Copy, Debug)]
pub struct Addresses {
    pub listen: SocketAddr,
    /// A further address, for the panel. The same is served there.
    pub desk: Option<SocketAddr>,
}

impl From<SocketAddr> for Addresses {
    fn from(listen: SocketAddr) -> Addresses {
        Addresses { listen, desk: None }
    }
}

impl Addresses {
    /// Where the panel is.
    pub fn of_desk(self) -> SocketAddr {
        self.desk.unwrap_or(self.listen)
    }
}

/// Listens on the addresses and serves the routes, with the limits of the settings.
pub fn start(
    addresses: impl Into<Addresses>,
    app: Router,
    settings: &Settings,
    metrics: &Arc<Metrics>,
) -> Result<Served, CliError> {
    let addresses: Addresses = addresses.into();
    let failed = |address| move |source| CliError::Listen { address, source };
    let mut listener = Listener::bind("facade", addresses.listen).map_err(failed(addresses.listen))?;
    let address = listener.address;
    let bind_also = |address| listener.bind_also(address).map_err(failed(address));
    let desk_address = addresses.desk.map(bind_also).transpose()?;
    let serving = listener.serve(None, app, limits::listener(settings), limits::report(metrics, "facade"));
    Ok(Served { address, desk_address, serving })
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
