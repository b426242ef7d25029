//! `agentic-ops operator`: the operator and the facade, or one of them, against the cluster of the usual kubeconfig or service
//! account.

use super::registry::Registry;
use super::serve::{self, Served};
use super::settings::Settings;
use super::{CliError, client, token, view};
use crate::api::{Agent, SETTINGS_NAME};
use crate::controllers::{Operator, OperatorConfig};
use crate::domain::texts;
use crate::facade::{Backend, Vitals, router, router_of_controllers};
use crate::runtime::backoff::pause;
use crate::runtime::caches::Caches;
use crate::runtime::leadership::Election;
use crate::runtime::write::call;
use crate::telemetry::Metrics;
use k8s_openapi::api::core::v1::{ConfigMap, Secret};
use kube::runtime::reflector::Store;
use kube::{Api, Client};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// Pauses while the API server does not give the settings.
const PAUSE_FIRST: Duration = Duration::from_secs(1);
const PAUSE_MAX: Duration = Duration::from_secs(15);

/// The options of `operator`.
#[derive(Debug, clap::Args)]
pub struct OperatorArgs {
    /// Address of the facade and the panel; of the controllers alone, of /livez, /readyz and /metrics
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8180")]
    pub listen: SocketAddr,
    /// Namespace to watch [default: that of the kubeconfig's context]
    #[arg(long, short)]
    pub namespace: Option<String>,
    /// Scenarios and Agents to keep applied: a file or a directory, followed as it changes [default: none]
    #[arg(long, value_name = "FILE")]
    pub registry: Option<PathBuf>,
    /// The part to run, where the other runs apart, with rights of its own [default: both]
    #[arg(long, value_enum, value_name = "PART")]
    pub only: Option<Part>,
}

/// What can run apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Part {
    /// Elects a leader, reads targets, keeps Findings
    Controllers,
    /// Serves REST; never leads, and reads no target and no Secret
    Facade,
}

impl Part {
    /// A setting that names a file of the other part's, which need not be there.
    fn foreign_file(self) -> &'static str {
        match self {
            Part::Controllers => "AGENTIC_AUTH_SECRET_FILE",
            Part::Facade => "AGENTIC_CA_FILE",
        }
    }
}

/// Runs until a signal stops it.
pub async fn run(args: OperatorArgs) -> Result<(), CliError> {
    let config = client::inferred().await?;
    let namespace = args.namespace.clone().unwrap_or_else(|| config.default_namespace.clone());
    if args.only == Some(Part::Facade) && args.registry.is_some() {
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
    let process = Process { args, client, namespace, settings, metrics: Arc::default() };
    match process.args.only {
        Some(Part::Facade) => process.facade().await,
        _ => process.controllers().await,
    }
}

struct Process {
    args: OperatorArgs,
    client: Client,
    namespace: String,
    settings: Settings,
    metrics: Arc<Metrics>,
}

impl Process {
    /// The controllers, with the facade unless that runs apart.
    async fn controllers(self) -> Result<(), CliError> {
        let operator = Operator::start(OperatorConfig {
            client: self.client.clone(),
            namespace: self.namespace.clone(),
            policy: serve::policy(&self.settings),
            prober: serve::prober(&self.settings)?,
            language: self.settings.language(),
            names_are_checked: self.settings.is_on("AGENTIC_NAMES_CHECKED"),
            metrics: self.metrics.clone(),
            election: Some(Election::new(&place(), self.settings.lease_time())),
        });
        let registry = self.args.registry.as_deref();
        let registry =
            registry.map(|path| Registry::new(self.client.clone(), &self.namespace, path, operator.fence.clone()));
        let following = registry.map(|registry| tokio::spawn(registry.follow()));
        let vitals = view::of_operator(&operator, self.metrics.clone());
        let routes = match self.args.only {
            Some(_) => router_of_controllers(vitals),
            None => router(self.backend(vitals, operator.agents.clone())?),
        };
        let served = serve::start(self.args.listen, routes).await?;
        self.greet(&served);
        serve::stop_requested().await;
        if let Some(following) = following {
            following.abort();
        }
        operator.shutdown().await;
        served.shutdown().await;
        Ok(())
    }

    /// The facade alone.
    async fn facade(self) -> Result<(), CliError> {
        let caches = Caches::follow(&self.client, &self.namespace);
        let vitals = view::of_caches(&caches, &self.namespace, self.settings.interval(), self.metrics.clone());
        let served = serve::start(self.args.listen, router(self.backend(vitals, caches.agents.clone())?)).await?;
        self.greet(&served);
        serve::stop_requested().await;
        served.shutdown().await;
        caches.shutdown();
        Ok(())
    }

    fn backend(&self, vitals: Vitals, agents: Store<Agent>) -> Result<Backend, CliError> {
        let file = self.settings.get("AGENTIC_AUTH_SECRET_FILE");
        let secret = file.map(|path| token::read_secret(Path::new(path))).transpose()?;
        Ok(serve::backend(&self.settings, secret, self.client.clone(), &self.namespace, vitals, agents))
    }

    fn greet(&self, served: &Served) {
        let (language, version, only) = (self.settings.language(), env!("CARGO_PKG_VERSION"), self.args.only);
        let (facade_only, controllers_only) = (only == Some(Part::Facade), only == Some(Part::Controllers));
        let lines =
            texts::operator_started(language, version, &self.namespace, served.address, facade_only, controllers_only);
        eprintln!("{lines}");
    }
}

/// Where this replica runs: the pod, or the machine.
fn place() -> String {
    let pod = std::env::var("POD_NAME").ok();
    let machine = || std::fs::read_to_string("/proc/sys/kernel/hostname").ok();
    let place = pod.or_else(machine).unwrap_or_default();
    let place = place.trim();
    if place.is_empty() { "agentic-ops".into() } else { place.into() }
}

/// The settings, as soon as the API server gives them: a cluster that is just starting is no reason to end.
async fn wait_for_settings(client: &Client, namespace: &str, only: Option<Part>) -> Result<Settings, CliError> {
    let mut failures = 0;
    loop {
        match read_settings(client, namespace, only).await {
            Err(CliError::Write(error)) => {
                tracing::warn!(%error, namespace, "ConfigMap and Secret {SETTINGS_NAME} can't be read; trying on");
                tokio::time::sleep(pause(failures, PAUSE_FIRST, PAUSE_MAX)).await;
                failures += 1;
            }
            other => return other,
        }
    }
}

/// The settings that the chart put into the cluster; what is absent has its default. The facade alone needs none of the Secret.
async fn read_settings(client: &Client, namespace: &str, only: Option<Part>) -> Result<Settings, CliError> {
    let config_maps: Api<ConfigMap> = Api::namespaced(client.clone(), namespace);
    let mut config = call(config_maps.get_opt(SETTINGS_NAME)).await?.and_then(|c| c.data).unwrap_or_default();
    if let Some(part) = only {
        config.remove(part.foreign_file());
    }
    let secret = match only {
        Some(Part::Facade) => BTreeMap::new(),
        _ => read_secret(client, namespace).await?,
    };
    Ok(Settings::from_objects(config, secret)?)
}

async fn read_secret(client: &Client, namespace: &str) -> Result<BTreeMap<String, String>, CliError> {
    let secrets: Api<Secret> = Api::namespaced(client.clone(), namespace);
    let data = call(secrets.get_opt(SETTINGS_NAME)).await?.and_then(|s| s.data).unwrap_or_default();
    Ok(data.into_iter().map(|(name, value)| (name, String::from_utf8_lossy(&value.0).into_owned())).collect())
}
