//! A small Kubernetes-compatible API server over SQLite, in this process: for one machine, for trying things out, and for
//! tests. It serves the kinds of the CRDs that it is given and what they need of core, and knows nothing of what they mean.
//!
//! request -> [`request`] (where, how) -> [`write`] (decided over what stands) -> [`store`] -> [`watch`]

mod admission;
mod apply;
mod auth;
mod discovery;
mod events;
mod field_validation;
mod kubeconfig;
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
mod served;
mod shutdown;
mod state;
mod status;
mod store;
mod table;
mod tls;
mod watch;
mod write_context;

pub use serve::Running;
pub use tls::write_private;

use auth::Token;
use resource::Resource;
use serde_json::{Value, json};
use served::Served;
use state::ServerState;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use store::{Key, Store, Verdict};
use tokio::sync::watch as signal;

/// How to start.
pub struct Config {
    /// Where everything is kept: `controlplane.db`, the CA, the token, the kubeconfig.
    pub data_dir: PathBuf,
    pub listen: SocketAddr,
    /// CustomResourceDefinitions.
    pub crds: Vec<Value>,
    /// Made at the start where it is missing, and the kubeconfig's default.
    pub namespace: String,
}

/// Why it does not start.
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

/// Opens the store, makes what is missing, listens, and writes the kubeconfig.
pub async fn start(config: Config) -> Result<Running, StartError> {
    let dir = &config.data_dir;
    let file = |path: &std::path::Path, source| StartError::File { path: path.display().to_string(), source };
    std::fs::create_dir_all(dir).map_err(|e| file(dir, e))?;
    let mut resources = Resource::core();
    for crd in &config.crds {
        resources.extend(Resource::from_crd(crd).map_err(StartError::Crd)?);
    }
    let kinds = resources.iter().cloned().map(compile).collect::<Result<Vec<_>, _>>()?;
    let token = Token::load_or_make(dir).map_err(|e| file(&dir.join("token"), e))?;
    let identity = tls::identity(dir, config.listen.ip())?;
    let (store, writer) = Store::open(&dir.join("controlplane.db"))?;
    let listen = |source| StartError::Listen { address: config.listen, source };
    let listener = tokio::net::TcpListener::bind(config.listen).await.map_err(listen)?;
    let address = listener.local_addr().map_err(listen)?;
    let url = format!("https://{address}");
    let kubeconfig_path = dir.join("kubeconfig");
    let kubeconfig = kubeconfig::render(&url, &identity.ca_pem, token.reveal(), &config.namespace);
    write_private(&kubeconfig_path, &kubeconfig).map_err(|e| file(&kubeconfig_path, e))?;
    for namespace in ["default", "kube-system", &config.namespace] {
        make_namespace(&store, &kinds, namespace).await?;
    }
    let (stop, stopped) = signal::channel(false);
    let token_text = token.reveal().to_string();
    let api = Arc::new(ServerState { kinds, resources, store, token, address: address.to_string(), stop: stopped });
    let serving = tokio::spawn(serve::serve(listener, identity.config, api, stop.subscribe()));
    Ok(Running { url, address, kubeconfig_path, ca_pem: identity.ca_pem, token: token_text, stop, serving, writer })
}

fn compile(resource: Resource) -> Result<Arc<Served>, StartError> {
    let kind = resource.kind.clone();
    Served::new(resource).map(Arc::new).map_err(|e| StartError::Crd(format!("{kind}: {e}")))
}

async fn make_namespace(store: &Store, kinds: &[Arc<Served>], name: &str) -> Result<(), StartError> {
    let Some(served) = kinds.iter().find(|k| k.store_key == "namespaces").cloned() else { return Ok(()) };
    let key = Key { kind: "namespaces".into(), namespace: String::new(), name: name.into() };
    let how = write_context::WriteContext {
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
    let decide = move |current: Option<&store::Stored>| match current {
        Some(stored) => Verdict::Keep(Box::new(stored.value())),
        None => how.create(None, value),
    };
    store.write(key, decide).await?.map(drop).map_err(|e| StartError::Crd(e.message))
}
