//! Starts the whole program beside the simulated estate: standalone in this process, or, where `AGENTIC_TEST_KUBECONFIG` names
//! a real API server, the operator as a process of its own in a namespace of its own there.

use crate::real;
use agentic_ops::api::{Finding, SETTINGS_NAME};
use agentic_ops::cli::demo::estate::Estate;
use agentic_ops::cli::registry::Registry;
use agentic_ops::cli::settings::Settings;
use agentic_ops::cli::standalone::{NAMESPACE, Standalone, StandaloneArgs};
use agentic_ops::cli::token::load_or_make_secret;
use agentic_ops::runtime::leadership::WriteFence;
use k8s_openapi::ByteString;
use k8s_openapi::api::core::v1::{ConfigMap, Secret};
use kube::api::PostParams;
use kube::{Api, Client, ResourceExt as _};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
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
    program: Program,
    pub client: Client,
    pub namespace: String,
    pub address: SocketAddr,
    pub estate: Estate,
    pub scratch: Scratch,
}

enum Program {
    Standalone(Option<Box<Standalone>>),
    Operator { child: Child, following: tokio::task::JoinHandle<()> },
}

pub fn any_port() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 0))
}

/// A port that stays free while a server starts again: below those that the kernel gives to outgoing connections.
pub fn lasting_port() -> SocketAddr {
    let start = uuid::Uuid::new_v4().as_u128() % 10_000;
    let ports = (0..10_000).map(|step| 20_000 + ((start + step) % 10_000) as u16);
    let mut addresses = ports.map(|port| SocketAddr::from(([127, 0, 0, 1], port)));
    addresses.find(|address| std::net::TcpListener::bind(address).is_ok()).unwrap()
}

pub async fn start(name: &str, registry: &Path) -> Running {
    let scratch = Scratch::new(name);
    let estate = Estate::start(&scratch.0, any_port()).await.unwrap();
    let mut overrides = estate.settings();
    overrides.insert("AGENTIC_INTERVAL_SEC".into(), "1".into());
    overrides.insert("AGENTIC_SQLITE_PATHS".into(), scratch.0.join("offered.db").display().to_string());
    if real::kubeconfig().is_some() {
        return operator(scratch, estate, overrides, registry).await;
    }
    let settings = Settings::load(&BTreeMap::new(), None, &overrides).unwrap();
    let args = StandaloneArgs {
        registry: registry.to_path_buf(),
        env_file: None,
        data: scratch.0.clone(),
        listen: any_port(),
        kube_listen: any_port(),
    };
    let standalone = Standalone::start(&args, &settings).await.unwrap();
    let (client, address) = (standalone.client.clone(), standalone.address());
    let program = Program::Standalone(Some(Box::new(standalone)));
    Running { program, client, namespace: NAMESPACE.into(), address, estate, scratch }
}

/// The operator against the real server, with the settings that standalone would make for itself, and the registry followed.
async fn operator(
    scratch: Scratch,
    estate: Estate,
    mut overrides: BTreeMap<String, String>,
    registry: &Path,
) -> Running {
    let client = real::client(&real::kubeconfig().unwrap()).await;
    real::apply_crds(&client).await;
    let namespace = real::make_namespace(&client).await;
    load_or_make_secret(&scratch.0).unwrap();
    overrides.insert("AGENTIC_AUTH_SECRET_FILE".into(), scratch.0.join("auth-secret").display().to_string());
    let settings = Settings::load(&BTreeMap::new(), None, &overrides).unwrap();
    write_settings(&client, &namespace, &settings).await;
    let following = tokio::spawn(Registry::new(client.clone(), &namespace, registry, WriteFence::always()).follow());
    let address = lasting_port();
    let child = Command::new(env!("CARGO_BIN_EXE_agentic-ops"))
        .args(["operator", "--namespace", &namespace, "--listen", &address.to_string()])
        .env("KUBECONFIG", real::kubeconfig_in(&scratch.0, &namespace))
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let program = Program::Operator { child, following };
    let running = Running { program, client, namespace, address, estate, scratch };
    eventually("the facade", || async { tokio::net::TcpStream::connect(address).await.ok() }).await;
    running
}

async fn write_settings(client: &Client, namespace: &str, settings: &Settings) {
    let mut config = ConfigMap { data: Some(settings.config_map()), ..ConfigMap::default() };
    config.metadata.name = Some(SETTINGS_NAME.into());
    let api: Api<ConfigMap> = Api::namespaced(client.clone(), namespace);
    api.create(&PostParams::default(), &config).await.unwrap();
    let data = settings.secret().into_iter().map(|(name, value)| (name, ByteString(value.into_bytes())));
    let mut secret = Secret { data: Some(data.collect()), ..Secret::default() };
    secret.metadata.name = Some(SETTINGS_NAME.into());
    let api: Api<Secret> = Api::namespaced(client.clone(), namespace);
    api.create(&PostParams::default(), &secret).await.unwrap();
}

impl Drop for Program {
    fn drop(&mut self) {
        if let Program::Operator { child, following } = self {
            following.abort();
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

impl Running {
    pub fn api<K>(&self) -> Api<K>
    where
        K: kube::Resource<Scope = k8s_openapi::NamespaceResourceScope, DynamicType = ()>,
    {
        Api::namespaced(self.client.clone(), &self.namespace)
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

    pub async fn stop(mut self) {
        if let Program::Standalone(standalone) = &mut self.program
            && let Some(standalone) = standalone.take()
        {
            standalone.shutdown().await;
        }
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
