//! The embedded API server, and clients.

use agentic_ops::{api, controlplane};
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Client, ResourceExt as _};
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// The namespace of the program's objects in the embedded server.
pub use agentic_ops::cli::standalone::NAMESPACE;

/// How long the embedded server keeps Events.
const EVENT_TTL: Duration = Duration::from_secs(3600);

/// Starts the embedded server with a data directory and with the CustomResourceDefinitions of the program.
pub async fn embedded(data_dir: &Path, listen: SocketAddr) -> controlplane::Running {
    controlplane::start(config(data_dir, listen, api::crds())).await.unwrap()
}

/// Starts the embedded server, which removes Events this long after their last change.
pub async fn embedded_with_event_ttl(
    data_dir: &Path,
    listen: SocketAddr,
    event_ttl: Duration,
) -> controlplane::Running {
    let config = controlplane::Config { event_ttl, ..config(data_dir, listen, api::crds()) };
    controlplane::start(config).await.unwrap()
}

/// Starts the embedded server with a store of at most so many pages.
pub async fn embedded_with_pages_max(data_dir: &Path, pages_max: u32) -> controlplane::Running {
    let store = controlplane::StoreConfig { pages_max: Some(pages_max), ..Default::default() };
    let config = controlplane::Config { store, ..config(data_dir, super::ports::any(), api::crds()) };
    controlplane::start(config).await.unwrap()
}

/// Starts the embedded server without CustomResourceDefinitions.
pub async fn embedded_without_definitions(data_dir: &Path, listen: SocketAddr) -> controlplane::Running {
    controlplane::start(config(data_dir, listen, Vec::new())).await.unwrap()
}

type Definition = k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;

/// Starts the embedded server with these CustomResourceDefinitions.
pub async fn embedded_with_definitions(data_dir: &Path, definitions: Vec<Definition>) -> controlplane::Running {
    controlplane::start(config(data_dir, super::ports::any(), definitions)).await.unwrap()
}

/// Starts the embedded server with limits on its clients, and with a function that is told which of them are reached.
pub async fn embedded_with_limits(
    data_dir: &Path,
    limits: controlplane::Limits,
    report: controlplane::Report,
) -> controlplane::Running {
    let config = controlplane::Config { limits, report, ..config(data_dir, super::ports::any(), api::crds()) };
    controlplane::start(config).await.unwrap()
}

fn config(data_dir: &Path, listen: SocketAddr, definitions: Vec<Definition>) -> controlplane::Config {
    controlplane::Config {
        data_dir: controlplane::DataDir::prepare(data_dir).unwrap(),
        listen,
        crds: definitions.iter().map(|crd| serde_json::to_value(crd).unwrap()).collect(),
        namespace: NAMESPACE.into(),
        event_ttl: EVENT_TTL,
        store: Default::default(),
        reserved_annotations: Vec::new(),
        limits: controlplane::Limits::default(),
        report: Arc::new(|_, _| {}),
    }
}

/// A client for a kubeconfig, which does not retry requests.
pub async fn client(kubeconfig: &Path) -> Client {
    let config = Kubeconfig::read_from(kubeconfig).unwrap();
    let mut config = kube::Config::from_custom_kubeconfig(config, &KubeConfigOptions::default()).await.unwrap();
    config.default_retry = false;
    Client::try_from(config).unwrap()
}

/// A client for a kubeconfig, with the configuration of the program.
pub async fn client_of_the_program(kubeconfig: &Path) -> Client {
    agentic_ops::cli::client::of_file(kubeconfig).await.unwrap()
}

/// Gets an object, if it exists.
pub async fn get<K>(api: &kube::Api<K>, name: &str) -> Option<K>
where
    K: kube::Resource + Clone + std::fmt::Debug + serde::de::DeserializeOwned,
{
    api.get_opt(name).await.unwrap().inspect(|o| assert_eq!(o.name_any(), name))
}
