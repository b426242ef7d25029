//! `agentic-ops standalone`: runs everything on one machine, without a cluster.

use super::objects;
use super::registry::Registry;
use super::serve::{self, ProberContext, Served};
use super::settings::Settings;
use super::{CliError, client, limits, token, view};
use crate::api::SETTINGS_NAME;
use crate::controllers::{Operator, OperatorConfig};
use crate::controlplane::{StartError, StoreConfig};
use crate::domain::texts::{self, Language};
use crate::facade::router;
use crate::runtime::leadership::WriteFence;
use crate::runtime::retry::{self, Retry};
use crate::runtime::write::WriteError;
use crate::telemetry::Metrics;
use crate::{api, controlplane};
use kube::Client;
use std::collections::BTreeMap;
use std::fs::File;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinHandle;

/// The namespace of all objects.
pub const NAMESPACE: &str = "agentic-ops";
/// Files of the data directory that no probe reads, by whatever name.
const OWN_FILES: [&str; 10] = [
    "controlplane.db",
    "controlplane.db-wal",
    "controlplane.db-shm",
    "controlplane.db-journal",
    "auth-secret",
    "token",
    "ca.key",
    "ca.crt",
    "kubeconfig",
    "lock",
];
/// Timeout of the shutdown.
const SHUTDOWN: Duration = Duration::from_secs(10);

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
    /// Address of the Kubernetes API
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8143")]
    pub kube_listen: SocketAddr,
    /// The program that runs SQLite queries, if it is not the one that runs.
    #[arg(skip)]
    pub worker_program: Option<PathBuf>,
}

/// The running components.
pub struct Standalone {
    lock: File,
    control_plane: controlplane::Running,
    operator: Operator,
    served: Served,
    following: JoinHandle<()>,
    /// Writes the settings once the store can be written; `None` if they are written.
    writing: Option<JoinHandle<()>>,
    language: Language,
    pub client: Client,
    pub metrics: Arc<Metrics>,
}

/// Runs until a stop signal.
pub async fn run(args: StandaloneArgs) -> Result<(), CliError> {
    let settings = Settings::from_process(args.env_file.as_deref(), &BTreeMap::new())?;
    let running = Standalone::start(&args, &settings).await?;
    running.greet();
    serve::stop_requested().await;
    running.shutdown().await;
    Ok(())
}

impl Standalone {
    /// Starts the control plane, the operator and the facade, and applies the registry.
    pub async fn start(args: &StandaloneArgs, settings: &Settings) -> Result<Standalone, CliError> {
        let lock = lock(&args.data)?;
        let metrics = Arc::new(Metrics::default());
        if !args.registry.exists() {
            return Err(CliError::NoRegistry(args.registry.clone()));
        }
        let secret = match settings.get("AGENTIC_AUTH_SECRET_FILE") {
            Some(path) => token::read_secret(Path::new(path))?,
            None => token::load_or_make_secret(&args.data)?,
        };
        let crds = api::crds().iter().map(serde_json::to_value).collect::<Result<_, _>>()?;
        let control_plane = controlplane::start(controlplane::Config {
            data_dir: args.data.clone(),
            listen: args.kube_listen,
            crds,
            namespace: NAMESPACE.into(),
            event_ttl: settings.duration("AGENTIC_EVENT_TTL"),
            store: store_config(metrics.clone()),
            limits: limits::control_plane(settings),
            report: limits::report_of_control_plane(&metrics),
        })
        .await?;
        let client = client::in_process(&control_plane, NAMESPACE);
        let writing = write_settings(&client, settings).await?;
        let options = serve::registry(settings, &args.registry, &metrics);
        let registry = Registry::new(client.clone(), NAMESPACE, options, WriteFence::always())?;
        let following = tokio::spawn(registry.follow());
        let prober_context = ProberContext {
            metrics: metrics.clone(),
            own_files: OWN_FILES.iter().map(|name| args.data.join(name)).collect(),
            worker_program: args.worker_program.clone(),
        };
        let operator = Operator::start(OperatorConfig {
            client: client.clone(),
            namespace: NAMESPACE.into(),
            policy: serve::policy(settings),
            prober: serve::prober(settings, prober_context)?,
            language: settings.language(),
            names_are_checked: settings.is_on("AGENTIC_NAMES_CHECKED"),
            limits: settings.limits(),
            metrics: metrics.clone(),
            election: None,
        });
        let store = Some(control_plane.store.clone());
        let process = view::of_operator(&operator, NAMESPACE, metrics.clone(), store);
        let backend = serve::backend(settings, Some(secret), client.clone(), process);
        let served = serve::start(args.listen, router(backend), settings, &metrics)?;
        Ok(Standalone {
            lock,
            control_plane,
            operator,
            served,
            following,
            writing,
            language: settings.language(),
            client,
            metrics,
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

    /// The operator, for tests.
    pub fn operator(&self) -> &Operator {
        &self.operator
    }

    /// Prints addresses and first commands.
    pub fn greet(&self) {
        let (version, kubeconfig) = (env!("CARGO_PKG_VERSION"), self.kubeconfig().display());
        let lines = texts::standalone_started(self.language, version, self.kube_url(), self.address(), kubeconfig);
        eprintln!("{lines}");
    }

    /// Stops all components in order, within [`SHUTDOWN`].
    pub async fn shutdown(self) {
        eprintln!("{}", texts::shutting_down(self.language));
        let in_order = async {
            self.following.abort();
            self.writing.inspect(JoinHandle::abort);
            self.operator.shutdown().await;
            self.served.shutdown().await;
            drop(self.client);
            self.control_plane.shutdown().await;
        };
        if tokio::time::timeout(SHUTDOWN, in_order).await.is_err() {
            tracing::warn!("shutdown timed out after {SHUTDOWN:?}");
        }
        drop(self.lock);
    }
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

/// Locks the data directory for this process.
fn lock(data: &Path) -> Result<File, CliError> {
    controlplane::prepare_data_dir(data).map_err(StartError::DataDir)?;
    let path = data.join("lock");
    let failed = |source| CliError::File { path: path.clone(), source };
    let file = File::options().create(true).truncate(false).write(true).open(&path).map_err(failed)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(std::fs::TryLockError::WouldBlock) => Err(CliError::InUse(data.to_path_buf())),
        Err(std::fs::TryLockError::Error(source)) => Err(failed(source)),
    }
}
