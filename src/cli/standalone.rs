//! `agentic-ops standalone`: runs everything on one machine, without a cluster.

use super::data_lock::{DataLock, LockedDir};
use super::objects;
use super::registry::Registry;
use super::serve::{self, Addresses, ProberContext, Served};
use super::settings::Settings;
use super::shutdown::{Shutdown, Step};
use super::view::{self, Beside, Place};
use super::{CliError, advice, client, data_files, limits, notices, panel, past, token};
use crate::api::{RECORDED_BY, SETTINGS_NAME};
use crate::commands::Recovery;
use crate::controllers::{Operator, OperatorConfig};
use crate::controlplane::StoreConfig;
use crate::desk::OneTime;
use crate::domain::redact::{KnownSecrets, Source};
use crate::domain::texts::{self, Language};
use crate::facade::{EventFeed, router};
use crate::runtime::leadership::WriteFence;
use crate::runtime::retry::{self, Retry};
use crate::runtime::write::WriteError;
use crate::telemetry::Metrics;
use crate::{api, controlplane, telemetry};
use kube::Client;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;
use tokio::task::JoinHandle;

/// The namespace of all objects.
pub const NAMESPACE: &str = "agentic-ops";
/// Files of the data directory that no probe reads, by whatever name, besides those that can be deleted at any time.
const OWN_FILES: [&str; 11] = [
    "controlplane.db",
    "controlplane.db-wal",
    "controlplane.db-wal.old",
    "controlplane.db-shm",
    "controlplane.db-journal",
    "auth-secret",
    "token",
    "ca.key",
    "ca.crt",
    "kubeconfig",
    "lock",
];

/// Options of `standalone` and `demo`.
#[derive(Clone, Debug, clap::Args)]
pub struct StandaloneArgs {
    /// File or directory with Scenarios and Agents to apply and to watch for changes
    #[arg(long, value_name = "FILE", default_value = "registry.yaml")]
    pub registry: PathBuf,
    /// File with settings, as NAME=value lines [default: .env, if it exists]
    #[arg(long, value_name = "FILE")]
    pub env_file: Option<PathBuf>,
    /// Data directory
    #[arg(long, value_name = "DIR", default_value = "./data")]
    pub data: PathBuf,
    /// Address of the REST facade and the panel
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8180")]
    pub listen: SocketAddr,
    /// A further address, for the panel; the facade answers there, too [default: none]
    #[arg(long, value_name = "ADDR")]
    pub desk_listen: Option<SocketAddr>,
    /// Address of the Kubernetes API
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8143")]
    pub kube_listen: SocketAddr,
    /// The program that runs SQLite queries, if it is not the one that runs.
    #[arg(skip)]
    pub worker_program: Option<PathBuf>,
}

impl StandaloneArgs {
    fn addresses(&self) -> Addresses {
        Addresses { listen: self.listen, desk: self.desk_listen }
    }
}

/// The running components.
pub struct Standalone {
    lock: DataLock,
    control_plane: controlplane::Running,
    operator: Operator,
    served: Served,
    recovery: Recovery,
    following: JoinHandle<()>,
    /// Writes the settings once the store can be written; `None` if they are written.
    writing: Option<JoinHandle<()>>,
    language: Language,
    pub client: Client,
    pub metrics: Arc<Metrics>,
    secrets: KnownSecrets,
    once: OneTime,
}

/// Runs until a stop signal.
pub async fn run(args: StandaloneArgs) -> Result<(), CliError> {
    let settings = Settings::from_process(args.env_file.as_deref(), &BTreeMap::new())?;
    let running = Standalone::start(&args, &settings).await?;
    running.redact_logs();
    running.greet();
    serve::stop_requested().await;
    running.shutdown().await;
    Ok(())
}

impl Standalone {
    /// Starts the control plane, the operator and the facade, and applies the registry.
    pub async fn start(args: &StandaloneArgs, settings: &Settings) -> Result<Standalone, CliError> {
        Standalone::start_in(LockedDir::open(&args.data)?, args, settings).await
    }

    /// Like [`Standalone::start`], in the data directory of `args`.
    pub(super) async fn start_in(
        dir: LockedDir,
        args: &StandaloneArgs,
        settings: &Settings,
    ) -> Result<Standalone, CliError> {
        let LockedDir { data, lock } = dir;
        let metrics = Arc::new(Metrics::default());
        if !args.registry.exists() {
            return Err(CliError::NoRegistry(args.registry.clone()));
        }
        let secret = match settings.get("AGENTIC_AUTH_SECRET_FILE") {
            Some(path) => token::read_secret(Path::new(path))?,
            None => token::load_or_make_secret_in(&data)?,
        };
        let crds = api::crds().iter().map(serde_json::to_value).collect::<Result<_, _>>()?;
        let control_plane = controlplane::start(controlplane::Config {
            data_dir: data,
            listen: args.kube_listen,
            crds,
            namespace: NAMESPACE.into(),
            event_ttl: settings.duration("AGENTIC_EVENT_TTL"),
            store: store_config(metrics.clone()),
            // kubectl writes Actions, and none that proves what the facade did.
            reserved_annotations: vec![RECORDED_BY.into()],
            limits: limits::control_plane(settings),
            report: limits::report_of_control_plane(&metrics),
        })
        .await?;
        let client = client::in_process(&control_plane, NAMESPACE);
        let secrets = settings.known_secrets();
        secrets.set(Source::Files, own_credentials(&args.data, &secret));
        let writing = write_settings(&client, settings).await?;
        let options = serve::registry(settings, &args.registry, &metrics);
        let registry = Registry::new(client.clone(), NAMESPACE, options, WriteFence::always())?;
        let registry_status = registry.status();
        let following = tokio::spawn(registry.follow());
        let prober_context = ProberContext {
            metrics: metrics.clone(),
            own_files: own_files(&args.data),
            worker_program: args.worker_program.clone(),
        };
        let notices =
            notices::config(settings, "standalone", serve::desk_url(settings, args.addresses().of_desk()), true)?;
        let operator = Operator::start(OperatorConfig {
            client: client.clone(),
            namespace: NAMESPACE.into(),
            policy: serve::policy(settings),
            secrets: secrets.clone(),
            prober: serve::prober(settings, prober_context)?,
            language: settings.language(),
            time_zone: settings.time_zone(),
            names_are_checked: settings.is_on("AGENTIC_NAMES_CHECKED"),
            limits: settings.limits(),
            digest: notices.digest,
            notices: notices.notification,
            advice: advice::config(settings, Some(&args.data))?,
            metrics: metrics.clone(),
            monitoring: serve::monitoring(settings, Some(control_plane.store.clone())),
            history: serve::history(Some(&args.data), &metrics),
            election: None,
        });
        let beside = Beside { store: Some(control_plane.store.clone()), registry: Some(registry_status) };
        let here = Place { namespace: NAMESPACE, time_zone: settings.time_zone() };
        let process = view::of_operator(&operator, here, metrics.clone(), beside);
        // The lock of the data directory sees to it that there is one process.
        let place = Some("standalone");
        let events = EventFeed::start(&operator.caches, &process.resources);
        let (backend, recovery) =
            serve::backend(settings, Some(secret.clone()), client.clone(), process, secrets.clone(), place, events)
                .await;
        let desk_address = args.addresses().of_desk();
        let once = OneTime::default();
        let at = panel::At {
            listen: desk_address,
            namespace: NAMESPACE,
            // Cookies do not tell the ports of a host apart.
            instance: &desk_address.to_string(),
        };
        let pages = panel::routes(
            settings,
            at,
            Some(secret),
            (&backend, &operator.caches, past::of_operator(&operator, None)),
            once.clone(),
        );
        let served = serve::start(args.addresses(), router(backend, pages), settings, &metrics)?;
        Ok(Standalone {
            lock,
            control_plane,
            operator,
            served,
            recovery,
            following,
            writing,
            language: settings.language(),
            client,
            metrics,
            secrets,
            once,
        })
    }

    /// Path of the kubeconfig.
    pub fn kubeconfig(&self) -> &Path {
        &self.control_plane.kubeconfig_path
    }

    /// URL of the Kubernetes API.
    pub fn kube_url(&self) -> &str {
        &self.control_plane.url
    }

    /// Address of the facade.
    pub fn address(&self) -> SocketAddr {
        self.served.address
    }

    /// The other address, for the panel, if there is one.
    pub fn desk_address(&self) -> Option<SocketAddr> {
        self.served.desk_address
    }

    /// The operator, for tests.
    pub fn operator(&self) -> &Operator {
        &self.operator
    }

    /// Redacts its secrets in the log of the process.
    pub fn redact_logs(&self) {
        telemetry::redact_logs(self.secrets.clone());
    }

    /// An address that signs in the person who opens it first, as the person of this machine. One that was made before is not valid any more.
    pub fn sign_in_link(&self) -> String {
        let address = self.desk_address().unwrap_or(self.address());
        format!("http://{}/desk/session/once/{}", panel::reachable(address), self.once.make(Instant::now()))
    }

    /// Prints addresses and first commands.
    pub fn greet(&self) {
        let (version, kubeconfig) = (env!("CARGO_PKG_VERSION"), self.kubeconfig().display());
        let lines = texts::standalone_started(self.language, version, self.kube_url(), self.address(), kubeconfig);
        eprintln!("{lines}");
        if let Some(address) = self.desk_address() {
            eprintln!("{}", texts::desk_listens(self.language, address));
        }
        eprintln!("{}", texts::desk_sign_in(self.language, self.sign_in_link()));
    }

    /// Stops all components in order, as a signal does that comes now.
    pub async fn shutdown(self) {
        self.shutdown_by(Shutdown::now()).await;
    }

    /// Stops all components in order, each before the end of its step.
    pub async fn shutdown_by(self, shutdown: Shutdown) {
        eprintln!("{}", texts::shutting_down(self.language));
        self.following.abort();
        self.writing.inspect(JoinHandle::abort);
        let until = |step| shutdown.until(step);
        // Commands that were begun have the time until the API server stops.
        let threads = self.served.threads();
        shutdown.step(Step::Controllers, self.operator.shutdown_by(until(Step::Controllers))).await;
        shutdown.step(Step::Facade, self.served.shutdown(until(Step::Facade))).await;
        drop((self.client, self.recovery));
        shutdown.step(Step::ApiServer, self.control_plane.shutdown_by(until(Step::ApiServer))).await;
        drop((threads, self.lock));
    }
}

/// The files of a data directory that no probe reads.
fn own_files(data: &Path) -> Vec<PathBuf> {
    OWN_FILES.iter().map(|name| data.join(name)).chain(data_files::all(data)).collect()
}

/// The credentials in the data directory, and the secret that signs tokens.
fn own_credentials(data: &Path, secret: &[u8]) -> Vec<String> {
    let token = std::fs::read_to_string(data.join("token")).ok();
    std::str::from_utf8(secret).ok().map(String::from).into_iter().chain(token).collect()
}

/// Creates or updates the objects with the settings. If the store can't be written now, this is tried again in the
/// background, and the objects stay as they are until then.
async fn write_settings(client: &Client, settings: &Settings) -> Result<Option<JoinHandle<()>>, WriteError> {
    let mut failed = match objects::write_settings(client, NAMESPACE, settings).await {
        Ok(()) => return Ok(None),
        Err(error) if retry::SETTINGS.decide(&error, 0) == Retry::Stop => return Err(error),
        Err(error) => error,
    };
    let (client, settings) = (client.clone(), settings.clone());
    Ok(Some(tokio::spawn(async move {
        for failures in 0.. {
            tracing::error!(error = %failed, "cannot write the settings to ConfigMap and Secret {SETTINGS_NAME}; retrying");
            tokio::time::sleep(retry::SETTINGS.interval(failures)).await;
            match objects::write_settings(&client, NAMESPACE, &settings).await {
                Ok(()) => return tracing::info!("the settings are written"),
                Err(error) => failed = error,
            }
        }
    })))
}

fn store_config(metrics: Arc<Metrics>) -> StoreConfig {
    StoreConfig { on_error: Some(Box::new(move || metrics.store_error())), ..StoreConfig::default() }
}
