//! Starts the program with the simulated estate: standalone in this process or, if `AGENTIC_TEST_KUBECONFIG` is set, the operator
//! as a separate process, with a new namespace on the real API server.

use crate::kit::process::{self, Process};
use crate::kit::scratch::Scratch;
use crate::kit::wait::eventually;
use crate::kit::{api, ports, real, settings};
use agentic_ops::api::Finding;
use agentic_ops::cli::demo::estate::Estate;
use agentic_ops::cli::registry::Registry;
use agentic_ops::cli::serve;
use agentic_ops::cli::standalone::{Standalone, StandaloneArgs};
use agentic_ops::cli::token::load_or_make_secret;
use agentic_ops::runtime::leadership::WriteFence;
use kube::{Api, Client};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::Path;

/// The running program and its estate.
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
    Operator { _process: Process, following: tokio::task::JoinHandle<()> },
}

pub async fn start(name: &str, registry: &Path) -> Running {
    start_with(name, registry, &[]).await
}

/// Starts it with the settings in `more` besides.
pub async fn start_with(name: &str, registry: &Path, more: &[(&str, &str)]) -> Running {
    let scratch = Scratch::new(name);
    let estate = Estate::start(&scratch.0, ports::any()).await.unwrap();
    let mut overrides = estate.settings();
    overrides.insert("AGENTIC_INTERVAL_SEC".into(), "1".into());
    overrides.insert("AGENTIC_SQLITE_PATHS".into(), scratch.0.join("offered.db").display().to_string());
    overrides.extend(more.iter().map(|(name, value)| (name.to_string(), value.to_string())));
    if real::kubeconfig().is_some() {
        return operator(scratch, estate, overrides, registry).await;
    }
    let settings = settings::of(&overrides);
    let args = StandaloneArgs {
        registry: registry.to_path_buf(),
        env_file: None,
        data: scratch.0.clone(),
        listen: ports::any(),
        desk_listen: None,
        kube_listen: ports::any(),
        worker_program: Some(env!("CARGO_BIN_EXE_agentic-ops").into()),
    };
    let standalone = Standalone::start(&args, &settings).await.unwrap();
    let (client, address) = (standalone.client.clone(), standalone.address());
    let program = Program::Standalone(Some(Box::new(standalone)));
    Running { program, client, namespace: api::NAMESPACE.into(), address, estate, scratch }
}

/// Starts the operator with a real API server and with the settings of standalone. Applies the registry and follows its changes.
async fn operator(
    scratch: Scratch,
    estate: Estate,
    mut overrides: BTreeMap<String, String>,
    registry: &Path,
) -> Running {
    let client = api::client(&real::kubeconfig().unwrap()).await;
    real::apply_crds(&client).await;
    let namespace = real::make_namespace(&client, "test").await;
    load_or_make_secret(&scratch.0).unwrap();
    overrides.insert("AGENTIC_AUTH_SECRET_FILE".into(), scratch.0.join("auth-secret").display().to_string());
    let settings = settings::of(&overrides);
    settings::write(&client, &namespace, &settings).await;
    let options = serve::registry(&settings, registry, &Default::default());
    let applied = Registry::new(client.clone(), &namespace, options, WriteFence::always()).unwrap();
    let following = tokio::spawn(applied.follow());
    let address = ports::lasting();
    let mut command = process::command(["operator", "--namespace", &namespace, "--listen", &address.to_string()]);
    command.env("KUBECONFIG", real::kubeconfig_in(&scratch.0, &namespace));
    let program = Program::Operator { _process: Process::spawn("operator", &scratch, command), following };
    let running = Running { program, client, namespace, address, estate, scratch };
    eventually("the facade", || async { tokio::net::TcpStream::connect(address).await.ok() }).await;
    running
}

impl Drop for Program {
    fn drop(&mut self) {
        if let Program::Operator { following, .. } = self {
            following.abort();
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

    /// Scenario, check and key of each open Finding.
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

    /// The one-time link of standalone; the operator makes none.
    pub fn sign_in_link(&self) -> Option<String> {
        match &self.program {
            Program::Standalone(standalone) => standalone.as_ref().map(|standalone| standalone.sign_in_link()),
            Program::Operator { .. } => None,
        }
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
