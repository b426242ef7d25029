//! A Kubernetes API to run replicas against: the embedded one, or the real one of AGENTIC_TEST_KUBECONFIG.

use super::proxy::Proxy;
use crate::running::{Scratch, lasting_port};
use agentic_ops::api::{Finding, Phase, Scenario, crds};
use agentic_ops::cli::client;
use agentic_ops::cli::settings::Settings;
use agentic_ops::controllers::{Operator, OperatorConfig};
use agentic_ops::controlplane;
use agentic_ops::domain::validate::ProbePolicy;
use agentic_ops::probes::{Prober, ProberOptions, check_query};
use agentic_ops::runtime::leadership::Election;
use k8s_openapi::api::coordination::v1::Lease;
use k8s_openapi::api::core::v1::{ConfigMap, Namespace, Secret};
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::api::{DeleteParams, Patch, PatchParams, PostParams};
use kube::{Api, Client, ResourceExt as _};
use serde_json::json;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

/// Names the kubeconfig of the real one.
const REAL: &str = "AGENTIC_TEST_KUBECONFIG";
/// So that takeovers take seconds; no shorter, or a busy machine looks like a dead one.
pub const LEASE_SECONDS: u64 = 4;

pub struct Cluster {
    pub client: Client,
    pub namespace: String,
    pub scratch: Scratch,
    pub kubeconfig: PathBuf,
    embedded: Option<controlplane::Running>,
}

/// Which API to test against.
#[derive(Clone, Copy, PartialEq)]
pub enum Which {
    Embedded,
    Real,
}

impl Cluster {
    /// `None`, told, where the real one is wanted and there is none.
    pub async fn start(which: Which, name: &str) -> Option<Cluster> {
        let scratch = Scratch::new(name);
        let real = std::env::var_os(REAL).filter(|_| which == Which::Real);
        let cluster = match (which, real) {
            (Which::Real, None) => {
                eprintln!("{name}: skipped: {REAL} is not set");
                return None;
            }
            (Which::Real, Some(kubeconfig)) => {
                let namespace = format!("{name}-{}", &uuid::Uuid::new_v4().simple().to_string()[..8]);
                let kubeconfig = PathBuf::from(kubeconfig);
                let client = client::of_file(&kubeconfig).await.unwrap();
                let cluster = Cluster { client, namespace, scratch, kubeconfig, embedded: None };
                cluster.install().await;
                cluster
            }
            (Which::Embedded, _) => {
                let embedded = embedded(&scratch, lasting_port(), true).await;
                let kubeconfig = embedded.kubeconfig_path.clone();
                let client = client::of_file(&kubeconfig).await.unwrap();
                let namespace = "agentic-ops".to_string();
                Cluster { client, namespace, scratch, kubeconfig, embedded: Some(embedded) }
            }
        };
        cluster.configure(&[]).await;
        Some(cluster)
    }

    async fn install(&self) {
        let params = PatchParams::apply("agentic-ops-tests").force();
        let definitions: Api<CustomResourceDefinition> = Api::all(self.client.clone());
        for definition in crds() {
            definitions.patch(&definition.name_any(), &params, &Patch::Apply(&definition)).await.unwrap();
        }
        let namespaces: Api<Namespace> = Api::all(self.client.clone());
        let namespace = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": self.namespace}});
        namespaces.patch(&self.namespace, &params, &Patch::Apply(namespace)).await.unwrap();
        crate::running::eventually("the definitions to be served", || async {
            self.api::<Finding>().list(&Default::default()).await.ok()
        })
        .await;
    }

    /// Settings of which none leads off this machine, and these.
    pub async fn configure(&self, more: &[(&str, &str)]) {
        let settings = settings(more);
        let config = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "agentic-ops"},
            "data": settings.config_map()});
        let params = PatchParams::apply("agentic-ops-tests").force();
        self.api::<ConfigMap>().patch("agentic-ops", &params, &Patch::Apply(config)).await.unwrap();
        let secret = json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "agentic-ops"},
            "stringData": settings.secret()});
        self.api::<Secret>().patch("agentic-ops", &params, &Patch::Apply(secret)).await.unwrap();
    }

    /// Sets one key of the ConfigMap, whatever the settings would say to it.
    pub async fn set(&self, name: &str, value: &str) {
        self.edit(json!({"data": {name: value}})).await;
    }

    /// Takes it out.
    pub async fn unset(&self, name: &str) {
        self.edit(json!({"data": {name: null}})).await;
    }

    async fn edit(&self, patch: serde_json::Value) {
        let params = PatchParams::default();
        self.api::<ConfigMap>().patch("agentic-ops", &params, &Patch::Merge(patch)).await.unwrap();
    }

    pub fn api<K>(&self) -> Api<K>
    where
        K: kube::Resource<Scope = k8s_openapi::NamespaceResourceScope, DynamicType = ()>,
    {
        Api::namespaced(self.client.clone(), &self.namespace)
    }

    /// A Scenario that reads `url` each second and opens or resolves at once.
    pub async fn watch_target(&self, name: &str, url: &str) {
        self.watch_target_every("1s", name, url).await;
    }

    pub async fn watch_target_every(&self, interval: &str, name: &str, url: &str) {
        let scenario = json!({
            "apiVersion": "agentic.ligbox.io/v1alpha1", "kind": "Scenario", "metadata": {"name": name},
            "spec": {"title": name, "agent": "pulso", "severity": "high", "interval": interval,
                "thresholds": {"fail": 1, "recover": 1},
                "probes": [{"name": "web", "http": {"url": url}}],
                "checks": [{"name": "status", "expect": "probes.web.status == 200"}]},
        });
        let scenario: Scenario = serde_json::from_value(scenario).unwrap();
        self.api().create(&PostParams::default(), &scenario).await.unwrap();
    }

    /// The transitions of the Finding of a target: where to, and when in Unix seconds.
    pub async fn transitions(&self, scenario: &str) -> Vec<(Phase, i64)> {
        let name = agentic_ops::domain::fingerprint::finding_name(scenario, "status", "");
        let found = self.api::<Finding>().get_opt(&name).await.unwrap();
        let status = found.and_then(|f| f.status).unwrap_or_default();
        status.transitions.iter().map(|t| (t.to, t.at.0.as_second())).collect()
    }

    /// Who holds the lease.
    pub async fn holder(&self) -> Option<String> {
        let lease = self.api::<Lease>().get_opt("agentic-ops").await.unwrap()?;
        lease.spec?.holder_identity.filter(|h| !h.is_empty())
    }

    /// A TCP proxy before the API server, and a kubeconfig that goes through it.
    pub async fn behind_a_proxy(&self, name: &str) -> (Proxy, PathBuf) {
        let text = std::fs::read_to_string(&self.kubeconfig).unwrap();
        let server = text.split("https://").nth(1).unwrap();
        let address: String = server.chars().take_while(|c| c.is_ascii_digit() || ".:".contains(*c)).collect();
        let proxy = Proxy::start(address.parse().unwrap()).await;
        let path = self.scratch.0.join(format!("kubeconfig-{name}"));
        std::fs::write(&path, text.replace(&address, &proxy.address.to_string())).unwrap();
        (proxy, path)
    }

    /// Stops the embedded API, and tells where it was.
    pub async fn stop_embedded(&mut self) -> SocketAddr {
        let embedded = self.embedded.take().unwrap();
        let address = embedded.url.trim_start_matches("https://").parse().unwrap();
        embedded.shutdown().await;
        address
    }

    /// Starts it again.
    pub async fn restart_embedded(&mut self, listen: SocketAddr) {
        self.embedded = Some(embedded(&self.scratch, listen, true).await);
    }

    pub async fn stop(self) {
        match self.embedded {
            Some(embedded) => embedded.shutdown().await,
            None => {
                let namespaces: Api<Namespace> = Api::all(self.client.clone());
                let _ = namespaces.delete(&self.namespace, &DeleteParams::default()).await;
            }
        }
    }
}

/// The embedded API, with or without the kinds.
pub async fn embedded(scratch: &Scratch, listen: SocketAddr, with_kinds: bool) -> controlplane::Running {
    let crds = crds().iter().filter(|_| with_kinds).map(|c| serde_json::to_value(c).unwrap()).collect();
    let data_dir = scratch.0.join("api");
    let config = controlplane::Config { data_dir, listen, crds, namespace: "agentic-ops".into() };
    controlplane::start(config).await.unwrap()
}

/// An operator in this process.
pub fn operator(cluster: &Cluster, client: Client, election: Option<Election>) -> Operator {
    let settings = settings(&[]);
    Operator::start(OperatorConfig {
        client,
        namespace: cluster.namespace.clone(),
        policy: ProbePolicy {
            secret_keys: settings.probe_secret_keys(),
            sqlite_paths: Vec::new(),
            default_interval: Duration::from_secs(1),
            check_query,
        },
        prober: Prober::new(ProberOptions::default()).unwrap(),
        language: settings.language(),
        names_are_checked: false,
        metrics: Default::default(),
        election,
    })
}

/// Settings of which none leads off this machine, and these.
pub fn settings(more: &[(&str, &str)]) -> Settings {
    let nowhere = "http://127.0.0.1:9";
    let urls = [
        "OLLAMA_BASE_URL",
        "OPENPANEL_BRIDGE_URL",
        "DESK_API_URL",
        "WIZARD_API_URL",
        "WIZARD_PORTAL_URL",
        "PFSENSE_API_URL",
        "PROXMOX_API_URL",
        "FOSS_URL",
        "ODOO_URL",
        "NTFY_BASE_URL",
    ];
    let mut values: BTreeMap<String, String> = urls.map(|name| (name.to_string(), nowhere.to_string())).into();
    values.insert("VM123_IP".into(), "127.0.0.1".into());
    values.insert("AGENTIC_LEASE_SEC".into(), LEASE_SECONDS.to_string());
    values.extend(more.iter().map(|(name, value)| (name.to_string(), value.to_string())));
    Settings::load(&BTreeMap::new(), None, &values).unwrap()
}
