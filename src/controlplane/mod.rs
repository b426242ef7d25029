//! An embedded Kubernetes-compatible API server over SQLite, for standalone use on one machine, trials and tests. It
//! serves the kinds of the given CRDs and the built-in kinds that they need, and has no knowledge of their meaning.
//!
//! Request -> `request` (target and options) -> `operations` (decide on the current object) -> `store` -> `watch`

mod admission;
mod apply;
mod auth;
mod budget;
mod discovery;
mod event_expiry;
mod events;
mod field_validation;
mod in_process;
mod kubeconfig;
mod limits;
mod names;
mod object;
mod openapi;
mod operations;
mod protobuf;
mod replace;
mod request;
mod resource;
mod routes;
pub mod schema;
mod selector;
mod serve;
mod served_kind;
mod shutdown;
mod state;
mod status;
mod store;
mod table;
mod tls;
mod watch;
mod write_context;

pub use in_process::{InProcess, Stopped};
pub use limits::{Limits, Reached, Report};
pub use serve::Running;
pub use tls::write_private;

use crate::listener::Listener;
use auth::Token;
use budget::Budgets;
use resource::Resource;
use serde_json::{Value, json};
use served_kind::ServedKind;
use state::ServerState;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use store::{Key, Store, WriteAction};
use tokio::sync::watch as signal;

/// Options of [`start`].
pub struct Config {
    /// Directory for `controlplane.db`, the CA, the token and the kubeconfig.
    pub data_dir: PathBuf,
    pub listen: SocketAddr,
    /// The CustomResourceDefinitions to serve.
    pub crds: Vec<Value>,
    /// Default namespace of the kubeconfig, created if absent.
    pub namespace: String,
    /// How long after their last change Events are removed.
    pub event_ttl: Duration,
    pub limits: Limits,
    /// Called when a client reaches a limit.
    pub report: Report,
}

/// Why the server does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error("{path}: {source}")]
    File { path: String, source: std::io::Error },
    #[error("CRD: {0}")]
    Crd(String),
    #[error(transparent)]
    Store(#[from] store::StoreError),
    #[error(transparent)]
    Tls(#[from] tls::TlsError),
    #[error("listen on {address}: {source}")]
    Listen { address: SocketAddr, source: std::io::Error },
}

/// Starts the server: opens the store, creates namespaces, listens, and writes the kubeconfig.
pub async fn start(config: Config) -> Result<Running, StartError> {
    let dir = &config.data_dir;
    let file = |path: &std::path::Path, source| StartError::File { path: path.display().to_string(), source };
    std::fs::create_dir_all(dir).map_err(|e| file(dir, e))?;
    let mut resources = Resource::core();
    for crd in &config.crds {
        resources.extend(Resource::from_crd(crd).map_err(StartError::Crd)?);
    }
    let kinds = resources.iter().cloned().map(compile).collect::<Result<Vec<_>, _>>()?;
    let token = Token::load_or_create(dir).map_err(|e| file(&dir.join("token"), e))?;
    let identity = tls::identity(dir, config.listen.ip())?;
    let (store, writer) = Store::open(&dir.join("controlplane.db"))?;
    let listen = |source| StartError::Listen { address: config.listen, source };
    let listener = Listener::bind(config.listen).map_err(listen)?;
    let address = listener.address;
    let url = format!("https://{address}");
    let kubeconfig_path = dir.join("kubeconfig");
    let kubeconfig = kubeconfig::render(&url, &identity.ca_pem, token.as_str(), &config.namespace);
    write_private(&kubeconfig_path, &kubeconfig).map_err(|e| file(&kubeconfig_path, e))?;
    for namespace in ["default", "kube-system", &config.namespace] {
        create_namespace(&store, &kinds, namespace).await?;
    }
    let (stop, stopped) = signal::channel(false);
    tokio::spawn(event_expiry::run(store.clone(), config.event_ttl, stopped.clone()));
    let token_text = token.as_str().to_string();
    let Config { limits, report, .. } = config;
    let api = Arc::new(ServerState {
        kinds,
        resources,
        store,
        token,
        address: address.to_string(),
        limits,
        report: report.clone(),
        budgets: Arc::new(Budgets::new(&limits, report.clone())),
        stop: stopped,
    });
    let report = Arc::new(move |reached, detail: &str| report(Reached::Listener(reached), detail));
    let serving = listener.serve(Some(identity.config), serve::router(api.clone()), limits.listener, report);
    let ca_pem = identity.ca_pem;
    Ok(Running { url, address, kubeconfig_path, ca_pem, token: token_text, api, stop, serving, writer })
}

fn compile(resource: Resource) -> Result<Arc<ServedKind>, StartError> {
    let kind = resource.kind.clone();
    ServedKind::new(resource).map(Arc::new).map_err(|e| StartError::Crd(format!("{kind}: {e}")))
}

async fn create_namespace(store: &Store, kinds: &[Arc<ServedKind>], name: &str) -> Result<(), StartError> {
    let Some(served) = kinds.iter().find(|k| k.store_key == "namespaces").cloned() else { return Ok(()) };
    let key = Key { kind: "namespaces".into(), namespace: String::new(), name: name.into() };
    let context = write_context::WriteContext {
        served,
        name: name.to_string(),
        namespace: String::new(),
        manager: "agentic-ops".into(),
        status: false,
        dry_run: false,
        field_validation: Default::default(),
        warnings: Default::default(),
        now: jiff::Timestamp::now(),
    };
    let value = json!({
        "apiVersion": "v1", "kind": "Namespace",
        "metadata": {"name": name},
    });
    let decide = move |current: Option<&store::StoredObject>| match current {
        Some(stored) => WriteAction::Keep(Box::new(stored.value())),
        None => context.create(None, value),
    };
    store.write(key, decide).await?.map(drop).map_err(|e| StartError::Crd(e.message))
}
