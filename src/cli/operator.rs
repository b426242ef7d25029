//! `agentic-ops operator`: the operator and the facade against the cluster of the usual kubeconfig or service account.

use super::registry::Registry;
use super::serve;
use super::settings::Settings;
use super::{CliError, client, token};
use crate::api::SETTINGS_NAME;
use crate::controllers::backoff::pause;
use crate::controllers::leader::Election;
use crate::controllers::patch::call;
use crate::controllers::{Operator, OperatorConfig};
use crate::telemetry::Metrics;
use k8s_openapi::api::core::v1::{ConfigMap, Secret};
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
    /// Address of the facade and the panel
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8180")]
    pub listen: SocketAddr,
    /// Namespace to watch [default: that of the kubeconfig's context]
    #[arg(long, short)]
    pub namespace: Option<String>,
    /// Scenarios and Agents to keep applied: a file or a directory, followed as it changes [default: none]
    #[arg(long, value_name = "FILE")]
    pub registry: Option<PathBuf>,
}

/// Runs until it is told to stop.
pub async fn run(args: OperatorArgs) -> Result<(), CliError> {
    let config = client::inferred().await?;
    let namespace = args.namespace.unwrap_or_else(|| config.default_namespace.clone());
    if let Some(path) = args.registry.as_deref().filter(|path| !path.exists()) {
        return Err(CliError::NoRegistry(path.to_path_buf()));
    }
    let client = client::client(config)?;
    let settings = tokio::select! {
        settings = wait_for_settings(&client, &namespace) => settings?,
        () = serve::stop_requested() => return Ok(()),
    };
    let metrics = Arc::new(Metrics::default());
    let operator = Operator::start(OperatorConfig {
        client: client.clone(),
        namespace: namespace.clone(),
        offer: serve::offer(&settings),
        prober: serve::prober(&settings)?,
        language: settings.language(),
        metrics: metrics.clone(),
        election: Some(Election::new(&place(), settings.lease_time())),
    });
    let registry = args.registry.map(|path| Registry::new(client.clone(), &namespace, &path, operator.gate.clone()));
    let following = registry.map(|registry| tokio::spawn(registry.follow()));
    let secret =
        settings.get("AGENTIC_AUTH_SECRET_FILE").map(|path| token::read_secret(Path::new(path))).transpose()?;
    let facade = serve::Facade { listen: args.listen, settings: &settings, secret };
    let served = serve::start(facade, client, &namespace, &operator, metrics).await?;
    eprintln!("agentic-ops {} watches namespace {namespace}", env!("CARGO_PKG_VERSION"));
    eprintln!("  REST facade     http://{}/api/v1/agents", served.address);
    serve::stop_requested().await;
    if let Some(following) = following {
        following.abort();
    }
    operator.shutdown().await;
    served.shutdown().await;
    Ok(())
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
async fn wait_for_settings(client: &Client, namespace: &str) -> Result<Settings, CliError> {
    let mut failures = 0;
    loop {
        match read_settings(client, namespace).await {
            Err(CliError::Write(error)) => {
                tracing::warn!(%error, namespace, "ConfigMap and Secret {SETTINGS_NAME} can't be read; trying on");
                tokio::time::sleep(pause(failures, PAUSE_FIRST, PAUSE_MAX)).await;
                failures += 1;
            }
            other => return other,
        }
    }
}

/// The settings that the chart put into the cluster; what is absent has its default.
async fn read_settings(client: &Client, namespace: &str) -> Result<Settings, CliError> {
    let config_maps: Api<ConfigMap> = Api::namespaced(client.clone(), namespace);
    let config = call(config_maps.get_opt(SETTINGS_NAME)).await?.and_then(|c| c.data).unwrap_or_default();
    let secrets: Api<Secret> = Api::namespaced(client.clone(), namespace);
    let data = call(secrets.get_opt(SETTINGS_NAME)).await?.and_then(|s| s.data).unwrap_or_default();
    let secret: BTreeMap<String, String> =
        data.into_iter().map(|(name, value)| (name, String::from_utf8_lossy(&value.0).into_owned())).collect();
    Ok(Settings::from_objects(config, secret)?)
}
