//! `agentic-ops operator`: runs the operator and the facade, or one of them, against the cluster of the kubeconfig or
//! service account.

use super::past::Peers;
use super::registry::Registry;
use super::serve::{self, Addresses, ProberContext, Served};
use super::settings::Settings;
use super::shutdown::{Shutdown, Step};
use super::view::{self, Beside, Place};
use super::{CliError, advice, client, data_files, notices, panel, past, token};
use crate::api::SETTINGS_NAME;
use crate::commands::Recovery;
use crate::controllers::{Operator, OperatorConfig};
use crate::desk::OneTime;
use crate::domain::redact::{KnownSecrets, Source};
use crate::domain::texts;
use crate::facade::{Backend, EventFeed, ProcessState, router, router_of_controllers};
use crate::net::guard::AddressGuard;
use crate::runtime::caches::Caches;
use crate::runtime::leadership::Election;
use crate::runtime::retry;
use crate::runtime::write::call;
use crate::telemetry::{self, Metrics};
use crate::views::HistoryReader;
use axum::Router;
use k8s_openapi::api::core::v1::{ConfigMap, Secret};
use kube::{Api, Client};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Options of `operator`.
#[derive(Debug, clap::Args)]
pub struct OperatorArgs {
    /// Address of the REST facade and the panel; with --only controllers, of /livez, /readyz,
    /// /metrics and /api/v1/agents/internal/tick
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8180")]
    pub listen: SocketAddr,
    /// A further address, for the panel; the facade answers there, too [default: none]
    #[arg(long, value_name = "ADDR")]
    pub desk_listen: Option<SocketAddr>,
    /// Namespace to watch [default: that of the kubeconfig's context]
    #[arg(long, short)]
    pub namespace: Option<String>,
    /// File or directory with Scenarios and Agents to apply and to watch for changes [default: none]
    #[arg(long, value_name = "FILE")]
    pub registry: Option<PathBuf>,
    /// Run only this component; the other one runs in another process with permissions of its own [default: both]
    #[arg(long, value_enum, value_name = "PART")]
    pub only: Option<Component>,
}

/// A component that can run in a process of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Component {
    /// Elects a leader, runs probes, and updates Findings
    Controllers,
    /// Serves the REST facade; never leads, and reads neither targets nor Secrets
    Facade,
}

impl Component {
    /// The setting with a file that only the other component needs, so that it need not exist here.
    fn file_of_other_component(self) -> &'static str {
        match self {
            Component::Controllers => "AGENTIC_AUTH_SECRET_FILE",
            Component::Facade => "AGENTIC_CA_FILE",
        }
    }
}

/// Runs until a stop signal.
pub async fn run(args: OperatorArgs) -> Result<(), CliError> {
    let config = client::inferred().await?;
    let namespace = args.namespace.clone().unwrap_or_else(|| config.default_namespace.clone());
    if args.only == Some(Component::Facade) && args.registry.is_some() {
        return Err(CliError::Argument("--registry: the controllers apply it, not the facade alone".into()));
    }
    if let Some(path) = args.registry.as_deref().filter(|path| !path.exists()) {
        return Err(CliError::NoRegistry(path.to_path_buf()));
    }
    let client = client::client(config)?;
    let settings = tokio::select! {
        settings = wait_for_settings(&client, &namespace, args.only) => settings?,
        () = serve::stop_requested() => return Ok(()),
    };
    let secrets = settings.known_secrets();
    telemetry::redact_logs(secrets.clone());
    let process = Process { args, client, namespace, settings, secrets, metrics: Arc::default() };
    match process.args.only {
        Some(Component::Facade) => process.facade().await,
        _ => process.controllers().await,
    }
}

struct Process {
    args: OperatorArgs,
    client: Client,
    namespace: String,
    settings: Settings,
    secrets: KnownSecrets,
    metrics: Arc<Metrics>,
}

impl Process {
    /// Runs the controllers, with the facade unless it has a process of its own.
    async fn controllers(self) -> Result<(), CliError> {
        let desk_url = serve::desk_url(&self.settings, self.addresses().of_desk());
        let notices = notices::config(&self.settings, &identity(), desk_url, false)?;
        let operator = Operator::start(OperatorConfig {
            client: self.client.clone(),
            namespace: self.namespace.clone(),
            policy: serve::policy(&self.settings),
            secrets: self.secrets.clone(),
            prober: serve::prober(&self.settings, self.prober_context())?,
            language: self.settings.language(),
            time_zone: self.settings.time_zone(),
            names_are_checked: self.settings.is_on("AGENTIC_NAMES_CHECKED"),
            limits: self.settings.limits(),
            digest: notices.digest,
            notices: notices.notification,
            advice: advice::config(&self.settings, self.data())?,
            metrics: self.metrics.clone(),
            monitoring: serve::monitoring(&self.settings, None),
            history: serve::history(self.data(), &self.metrics),
            election: Some(self.election()),
        });
        let registry = self.args.registry.as_deref().map(|path| {
            let options = serve::registry(&self.settings, path, &self.metrics);
            Registry::new(self.client.clone(), &self.namespace, options, operator.fence.clone())
        });
        let registry = registry.transpose()?;
        let beside = Beside { store: None, registry: registry.as_ref().map(Registry::status) };
        let following = registry.map(|registry| tokio::spawn(registry.follow()));
        let process = view::of_operator(&operator, self.place(), self.metrics.clone(), beside);
        let (routes, _recovery) = match self.args.only {
            Some(_) => {
                let internal_token = self.settings.get("OPS_INTERNAL_TOKEN").map(String::from);
                (router_of_controllers(process, internal_token), None)
            }
            None => {
                let (backend, recovery) = self.backend(process, &operator.caches).await?;
                let pages = self.pages(&backend, &operator.caches, past::of_operator(&operator, self.peers()?))?;
                (router(backend, pages), Some(recovery))
            }
        };
        let served = self.serve(routes)?;
        self.greet(&served);
        serve::stop_requested().await;
        let shutdown = Shutdown::now();
        if let Some(following) = following {
            following.abort();
        }
        shutdown.step(Step::Controllers, operator.shutdown_by(shutdown.until(Step::Controllers))).await;
        shutdown.step(Step::Facade, served.shutdown(shutdown.until(Step::Facade))).await;
        Ok(())
    }

    /// Runs only the facade.
    async fn facade(self) -> Result<(), CliError> {
        let (caches, watches) = Caches::start(&self.client, &self.namespace);
        let process =
            view::of_caches(&caches, &self.client, self.place(), self.settings.interval(), self.metrics.clone());
        let (backend, _recovery) = self.backend(process, &caches).await?;
        let history = past::elsewhere(backend.process.operator.clone());
        let pages = self.pages(&backend, &caches, history)?;
        let served = self.serve(router(backend, pages))?;
        self.greet(&served);
        serve::stop_requested().await;
        served.shutdown(Shutdown::now().until(Step::Facade)).await;
        watches.stop();
        Ok(())
    }

    /// The election, with the address of the facade of this replica for the others.
    fn election(&self) -> Election {
        let serves = self.args.only.is_none();
        let address = address_of_pod(self.args.listen, std::env::var("POD_IP").ok().as_deref()).filter(|_| serves);
        let election = Election::new(&identity(), self.settings.lease_time());
        election.reached_at(address.map(|address| address.to_string()))
    }

    /// The other replicas. Without a secret that all of them have none can prove that it is one.
    fn peers(&self) -> Result<Option<Peers>, CliError> {
        let guard = AddressGuard::new(self.settings.addresses());
        Ok(self.secret()?.map(|secret| Peers::new(&self.client, &self.namespace, guard, secret)))
    }

    fn addresses(&self) -> Addresses {
        Addresses { listen: self.args.listen, desk: self.args.desk_listen }
    }

    fn place(&self) -> Place<'_> {
        Place { namespace: &self.namespace, time_zone: self.settings.time_zone() }
    }

    fn pages(&self, backend: &Backend, caches: &Caches, history: Arc<dyn HistoryReader>) -> Result<Router, CliError> {
        // The same for all replicas, whose own addresses differ.
        let instance = format!("{} {}", self.namespace, self.settings.get("AGENTIC_DESK_URL").unwrap_or_default());
        let at = panel::At { listen: self.addresses().of_desk(), namespace: &self.namespace, instance: &instance };
        Ok(panel::routes(&self.settings, at, self.secret()?, (backend, caches, history), OneTime::default()))
    }

    /// The key of tokens and sessions, if a file has one.
    fn secret(&self) -> Result<Option<Vec<u8>>, CliError> {
        let file = self.settings.get("AGENTIC_AUTH_SECRET_FILE");
        file.map(|path| token::read_secret(Path::new(path))).transpose()
    }

    fn prober_context(&self) -> ProberContext {
        let own_files = self.data().map(|data| data_files::all(data).collect()).unwrap_or_default();
        ProberContext { metrics: self.metrics.clone(), own_files, ..ProberContext::default() }
    }

    /// The directory for files that can be deleted at any time, if there is one.
    fn data(&self) -> Option<&Path> {
        self.settings.get("AGENTIC_DATA_DIR").map(Path::new)
    }

    async fn backend(&self, process: ProcessState, caches: &Caches) -> Result<(Backend, Recovery), CliError> {
        let secret = self.secret()?;
        let text = secret.as_deref().and_then(|secret| std::str::from_utf8(secret).ok());
        self.secrets.set(Source::Files, text.map(String::from));
        // The name of a pod outlives a restart of its container; several processes may have the name of one host.
        let pod = std::env::var("POD_NAME").ok().filter(|name| !name.is_empty());
        let (client, secrets) = (self.client.clone(), self.secrets.clone());
        let events = EventFeed::start(caches, &process.resources);
        Ok(serve::backend(&self.settings, secret, client, process, secrets, pod.as_deref(), events).await)
    }

    fn serve(&self, routes: Router) -> Result<Served, CliError> {
        serve::start(self.addresses(), routes, &self.settings, &self.metrics)
    }

    fn greet(&self, served: &Served) {
        let (language, version, only) = (self.settings.language(), env!("CARGO_PKG_VERSION"), self.args.only);
        let (facade_only, controllers_only) = (only == Some(Component::Facade), only == Some(Component::Controllers));
        let lines =
            texts::operator_started(language, version, &self.namespace, served.address, facade_only, controllers_only);
        eprintln!("{lines}");
    }
}

/// Where other replicas reach this one: at the address of the pod or, outside of a cluster, where it listens.
fn address_of_pod(listen: SocketAddr, pod: Option<&str>) -> Option<SocketAddr> {
    let pod = pod.and_then(|pod| pod.parse().ok());
    let ip = pod.unwrap_or(listen.ip());
    (!ip.is_unspecified() && listen.port() != 0).then_some(SocketAddr::new(ip, listen.port()))
}

/// Name of the pod, or of the host.
fn identity() -> String {
    let pod = std::env::var("POD_NAME").ok();
    let machine = || std::fs::read_to_string("/proc/sys/kernel/hostname").ok();
    let identity = pod.or_else(machine).unwrap_or_default();
    let identity = identity.trim();
    if identity.is_empty() { "agentic-ops".into() } else { identity.into() }
}

/// Reads the settings, and retries while the API server is unavailable, as while a cluster starts.
async fn wait_for_settings(client: &Client, namespace: &str, only: Option<Component>) -> Result<Settings, CliError> {
    let mut failures = 0;
    loop {
        match read_settings(client, namespace, only).await {
            Err(CliError::Write(error)) => {
                tracing::warn!(%error, namespace, "cannot read ConfigMap and Secret {SETTINGS_NAME}; retrying");
                tokio::time::sleep(retry::SETTINGS.interval(failures)).await;
                failures += 1;
            }
            other => return other,
        }
    }
}

/// Reads the settings from the ConfigMap and the Secret; absent settings have their defaults. The facade alone does not
/// read the Secret.
pub(super) async fn read_settings(
    client: &Client,
    namespace: &str,
    only: Option<Component>,
) -> Result<Settings, CliError> {
    let config_maps: Api<ConfigMap> = Api::namespaced(client.clone(), namespace);
    let mut config = call(config_maps.get_opt(SETTINGS_NAME)).await?.and_then(|c| c.data).unwrap_or_default();
    if let Some(part) = only {
        config.remove(part.file_of_other_component());
    }
    let secret = match only {
        Some(Component::Facade) => BTreeMap::new(),
        _ => read_secret(client, namespace).await?,
    };
    Ok(Settings::from_objects(config, secret)?)
}

async fn read_secret(client: &Client, namespace: &str) -> Result<BTreeMap<String, String>, CliError> {
    let secrets: Api<Secret> = Api::namespaced(client.clone(), namespace);
    let data = call(secrets.get_opt(SETTINGS_NAME)).await?.and_then(|s| s.data).unwrap_or_default();
    Ok(data.into_iter().map(|(name, value)| (name, String::from_utf8_lossy(&value.0).into_owned())).collect())
}
