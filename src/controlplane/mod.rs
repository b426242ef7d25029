//! An embedded Kubernetes-compatible API server over SQLite, for standalone use on one machine, trials and tests. It
//! serves the kinds of the given CRDs and the built-in kinds that they need, and has no knowledge of their meaning.
//!
//! Request -> `request` (target and options) -> `operations` (decide on the current object) -> `store` -> `watch`

mod admission;
mod apply;
mod auth;
mod budget;
mod data_dir;
mod decodable;
mod discovery;
mod event_expiry;
mod events;
mod field_validation;
mod in_process;
mod json_patch;
mod kubeconfig;
mod kubernetes_service;
mod limits;
mod names;
mod object;
mod openapi;
mod operations;
mod protobuf;
mod recovery;
mod replace;
mod request;
mod resource;
mod routes;
pub mod schema;
mod selector;
mod serve;
mod served_kind;
mod service_columns;
mod shutdown;
mod state;
mod status;
mod store;
mod table;
mod tls;
mod watch;
mod write_context;

pub use admission::check_new_metadata;
pub use data_dir::{DataDir, DataDirError, write_private};
pub use in_process::{InProcess, Stopped};
pub use limits::{Limits, Reached, Report};
pub use serve::Running;
pub use store::{Packer, StoreState, StoreStatus, Text};

use crate::listener::Listener;
use auth::Token;
use budget::Budgets;
use decodable::StoredKinds;
use recovery::Recovery;
use resource::Resource;
use serde_json::Value;
use served_kind::ServedKind;
use state::ServerState;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use store::{FileOptions, Key, Store, StoreOptions};
use tokio::sync::watch as signal;

/// Options of [`start`].
pub struct Config {
    /// Directory for `controlplane.db`, the CA, the token and the kubeconfig.
    pub data_dir: DataDir,
    pub listen: SocketAddr,
    /// The CustomResourceDefinitions to serve.
    pub crds: Vec<Value>,
    /// Default namespace of the kubeconfig, created if absent.
    pub namespace: String,
    /// How long after their last change Events are removed.
    pub event_ttl: Duration,
    pub store: StoreConfig,
    /// Annotations that only clients in this process can set, change and remove, as an admission policy would have it: of an
    /// object that another client writes they are as they were.
    pub reserved_annotations: Vec<String>,
    pub limits: Limits,
    /// Called when a client reaches a limit.
    pub report: Report,
}

/// Options of the store.
#[derive(Default)]
pub struct StoreConfig {
    /// Called with each write that the store could not carry out.
    pub on_error: Option<Box<dyn Fn() + Send>>,
    /// Maximum size of the database in pages of 4 KiB, by which tests fill it.
    pub pages_max: Option<u32>,
}

/// Why the server does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error("{path}: {source}")]
    File { path: PathBuf, source: std::io::Error },
    #[error("CRD: {0}")]
    Crd(String),
    #[error(transparent)]
    DataDir(#[from] DataDirError),
    #[error(transparent)]
    Token(#[from] auth::TokenError),
    #[error(transparent)]
    Store(#[from] store::OpenError),
    #[error(transparent)]
    Tls(#[from] tls::TlsError),
    #[error("namespace {name:?}: {message}")]
    Namespace { name: String, message: String },
    #[error("Service default/kubernetes: {0}")]
    Service(String),
    #[error("listen on {address}: {source}")]
    Listen { address: SocketAddr, source: std::io::Error },
}

/// Starts the server: opens the store, creates namespaces, listens, and writes the kubeconfig. What can't be written
/// because the disk is full is written later.
pub async fn start(config: Config) -> Result<Running, StartError> {
    let dir = config.data_dir.path();
    let mut resources = Resource::core();
    for crd in &config.crds {
        resources.extend(Resource::from_crd(crd).map_err(StartError::Crd)?);
    }
    let kinds = resources.iter().cloned().map(compile).collect::<Result<Vec<_>, _>>()?;
    let (store, writer) = Store::open(store_options(dir, config.store, StoredKinds::new(&kinds)))?;
    // Created after the store, so that they are evidence of one.
    let token = Token::load_or_create(dir)?;
    let identity = tls::identity(dir, config.listen.ip())?;
    let listen = |source| StartError::Listen { address: config.listen, source };
    let listener = Listener::bind("kube-api", config.listen).map_err(listen)?;
    let address = listener.address;
    let url = format!("https://{address}");
    let kubeconfig_path = dir.join("kubeconfig");
    let kubeconfig = kubeconfig::render(&url, &identity.ca_pem, token.as_str(), &config.namespace);
    let (stop, stopped) = signal::channel(false);
    let events = event_expiry::Limits { ttl: config.event_ttl, most: config.limits.events };
    tokio::spawn(event_expiry::run(store.clone(), events, config.report.clone(), stopped.clone()));
    let namespaces = ["default".to_string(), "kube-system".into(), config.namespace];
    let service = kubernetes_service::object(address);
    let recovery = Recovery::new(store.clone(), &kinds, namespaces, service, (kubeconfig_path.clone(), kubeconfig));
    recovery.start(stop.subscribe()).await?;
    let token_text = token.as_str().to_string();
    let store_status = store.status();
    let Config { limits, report, reserved_annotations, .. } = config;
    let api = Arc::new(ServerState {
        kinds,
        resources,
        store,
        token,
        address: address.to_string(),
        reserved_annotations: reserved_annotations.into(),
        limits,
        report: report.clone(),
        budgets: Arc::new(Budgets::new(&limits, report.clone())),
        stop: stopped,
    });
    let report = Arc::new(move |reached, detail: &str| report(Reached::Listener(reached), detail));
    let serving = listener.serve(Some(identity.config), serve::router(api.clone()), limits.listener, report);
    let ca_pem = identity.ca_pem;
    Ok(Running {
        url,
        address,
        kubeconfig_path,
        ca_pem,
        token: token_text,
        store: store_status,
        api,
        stop,
        serving,
        writer,
    })
}

fn store_options(dir: &Path, config: StoreConfig, kinds: StoredKinds) -> StoreOptions {
    let evidence = ["token", "ca.key", "ca.crt", "kubeconfig"].map(|name| dir.join(name)).to_vec();
    let file = FileOptions { path: dir.join("controlplane.db"), evidence, pages_max: config.pages_max };
    let check = Box::new(move |key: &Key, object: &Value| kinds.check(key, object));
    StoreOptions { file, check, on_error: config.on_error.unwrap_or_else(|| Box::new(|| ())) }
}

fn compile(resource: Resource) -> Result<Arc<ServedKind>, StartError> {
    let kind = resource.kind.clone();
    ServedKind::new(resource).map(Arc::new).map_err(|e| StartError::Crd(format!("{kind}: {e}")))
}
