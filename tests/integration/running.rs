//! Starts the whole program beside the simulated estate, in this process.

use agentic_ops::api::Finding;
use agentic_ops::cli::demo::estate::Estate;
use agentic_ops::cli::settings::Settings;
use agentic_ops::cli::standalone::{NAMESPACE, Standalone, StandaloneArgs};
use kube::{Api, ResourceExt as _};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Nothing here takes longer, unless it is broken.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// A directory of its own, removed at the end.
pub struct Scratch(pub PathBuf);

impl Scratch {
    pub fn new(name: &str) -> Scratch {
        let path = std::env::temp_dir().join(format!("agentic-ops-{name}-{}", uuid::Uuid::new_v4()));
        std::fs::create_dir_all(&path).unwrap();
        Scratch(path)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// The program and its estate.
pub struct Running {
    pub standalone: Standalone,
    pub estate: Estate,
    pub scratch: Scratch,
}

pub fn any_port() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 0))
}

pub async fn start(name: &str, registry: &Path) -> Running {
    let scratch = Scratch::new(name);
    let estate = Estate::start(&scratch.0, any_port()).await.unwrap();
    let mut overrides = estate.settings();
    overrides.insert("AGENTIC_INTERVAL_SEC".into(), "1".into());
    overrides.insert("AGENTIC_SQLITE_PATHS".into(), scratch.0.join("offered.db").display().to_string());
    let settings = Settings::load(&BTreeMap::new(), None, &overrides).unwrap();
    let args = StandaloneArgs {
        registry: registry.to_path_buf(),
        env_file: None,
        data: scratch.0.clone(),
        listen: any_port(),
        kube_listen: any_port(),
    };
    let standalone = Standalone::start(&args, &settings).await.unwrap();
    Running { standalone, estate, scratch }
}

impl Running {
    pub fn api<K>(&self) -> Api<K>
    where
        K: kube::Resource<Scope = k8s_openapi::NamespaceResourceScope, DynamicType = ()>,
    {
        Api::namespaced(self.standalone.client.clone(), NAMESPACE)
    }

    /// Scenario, check and key of what is open.
    pub async fn open(&self) -> Vec<(String, String, String)> {
        let findings = self.api::<Finding>().list(&Default::default()).await.unwrap();
        let active = |f: &&Finding| f.status.as_ref().and_then(|s| s.phase).is_some_and(|p| p.is_active());
        let mut open: Vec<_> = findings
            .iter()
            .filter(active)
            .map(|f| (f.spec.scenario.clone(), f.spec.check.clone(), f.spec.key.clone()))
            .collect();
        open.sort();
        open
    }

    pub async fn stop(self) {
        self.standalone.shutdown().await;
        self.estate.shutdown().await;
    }
}

/// Looks again and again until `found` gives something.
pub async fn eventually<T, F>(what: &str, mut found: impl FnMut() -> F) -> T
where
    F: Future<Output = Option<T>>,
{
    let looked = async {
        loop {
            if let Some(value) = found().await {
                return value;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(PATIENCE, looked).await.unwrap_or_else(|_| panic!("waited in vain for {what}"))
}

pub async fn get<K>(api: &Api<K>, name: &str) -> Option<K>
where
    K: kube::Resource + Clone + std::fmt::Debug + serde::de::DeserializeOwned,
{
    api.get_opt(name).await.unwrap().inspect(|o| assert_eq!(o.name_any(), name))
}
