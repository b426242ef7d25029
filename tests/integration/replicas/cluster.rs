//! An API server for replicas: the embedded one, or the real one of AGENTIC_TEST_KUBECONFIG.

use super::proxy::Proxy;
use crate::kit::scratch::Scratch;
use crate::kit::{api, operator, ports, real, settings};
use agentic_ops::api::{Finding, Phase, Scenario};
use agentic_ops::controllers::Operator;
use agentic_ops::controllers::context::Limits;
use agentic_ops::controlplane;
use agentic_ops::runtime::leadership::Election;
use k8s_openapi::api::coordination::v1::{Lease, LeaseSpec};
use k8s_openapi::api::core::v1::{ConfigMap, Namespace};
use kube::api::{DeleteParams, Patch, PatchParams, PostParams};
use kube::{Api, Client};
use serde_json::json;
use std::net::SocketAddr;
use std::path::PathBuf;

pub struct Cluster {
    pub client: Client,
    pub namespace: String,
    pub scratch: Scratch,
    pub kubeconfig: PathBuf,
    embedded: Option<controlplane::Running>,
}

/// Which API server is used.
#[derive(Clone, Copy, PartialEq)]
pub enum Which {
    Embedded,
    Real,
}

impl Cluster {
    /// Returns `None` and prints a message if the real API server is requested and there is none.
    pub async fn start(which: Which, name: &str) -> Option<Cluster> {
        let scratch = Scratch::new(name);
        let cluster = match which {
            Which::Real => {
                let Some(kubeconfig) = real::kubeconfig() else {
                    eprintln!("{name}: skipped: {} is not set", real::KUBECONFIG);
                    return None;
                };
                let client = api::client_of_the_program(&kubeconfig).await;
                real::apply_crds(&client).await;
                let namespace = real::make_namespace(&client, name).await;
                Cluster { client, namespace, scratch, kubeconfig, embedded: None }
            }
            Which::Embedded => {
                let embedded = api::embedded(&scratch.0.join("api"), ports::lasting()).await;
                let kubeconfig = embedded.kubeconfig_path.clone();
                let client = api::client_of_the_program(&kubeconfig).await;
                let namespace = api::NAMESPACE.to_string();
                Cluster { client, namespace, scratch, kubeconfig, embedded: Some(embedded) }
            }
        };
        cluster.configure(&[]).await;
        Some(cluster)
    }

    /// Writes settings with unreachable targets on this machine, and these.
    pub async fn configure(&self, more: &[(&str, &str)]) {
        settings::write(&self.client, &self.namespace, &settings::nowhere(more)).await;
    }

    /// Sets a key of the ConfigMap, without validation.
    pub async fn set(&self, name: &str, value: &str) {
        self.edit(json!({"data": {name: value}})).await;
    }

    /// Removes a key of the ConfigMap.
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

    /// Creates a Scenario that reads `url` every second, with thresholds of one.
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

    /// The transitions of the Finding of a Scenario: the new phase, and the time in Unix seconds.
    pub async fn transitions(&self, scenario: &str) -> Vec<(Phase, i64)> {
        let name = agentic_ops::domain::fingerprint::finding_name(scenario, "status", "");
        let found = self.api::<Finding>().get_opt(&name).await.unwrap();
        let status = found.and_then(|f| f.status).unwrap_or_default();
        status.transitions.iter().map(|t| (t.to, t.at.0.as_second())).collect()
    }

    /// The holder of the Lease.
    pub async fn holder(&self) -> Option<String> {
        let lease = self.api::<Lease>().get_opt("agentic-ops").await.unwrap()?;
        lease.spec?.holder_identity.filter(|h| !h.is_empty())
    }

    /// The Lease, which has been taken before.
    pub async fn lease(&self) -> LeaseSpec {
        self.api::<Lease>().get("agentic-ops").await.unwrap().spec.unwrap()
    }

    /// Starts a TCP proxy for the API server, and writes a kubeconfig that uses it.
    pub async fn behind_a_proxy(&self, name: &str) -> (Proxy, PathBuf) {
        let text = std::fs::read_to_string(&self.kubeconfig).unwrap();
        let server = text.split("https://").nth(1).unwrap();
        let address: String = server.chars().take_while(|c| c.is_ascii_digit() || ".:".contains(*c)).collect();
        let proxy = Proxy::start(address.parse().unwrap()).await;
        let path = self.scratch.0.join(format!("kubeconfig-{name}"));
        std::fs::write(&path, text.replace(&address, &proxy.address.to_string())).unwrap();
        (proxy, path)
    }

    /// Stops the embedded API server and returns its address.
    pub async fn stop_embedded(&mut self) -> SocketAddr {
        let embedded = self.embedded.take().unwrap();
        let address = embedded.url.trim_start_matches("https://").parse().unwrap();
        embedded.shutdown().await;
        address
    }

    /// Starts the embedded API server again.
    pub async fn restart_embedded(&mut self, listen: SocketAddr) {
        self.embedded = Some(api::embedded(&self.scratch.0.join("api"), listen).await);
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

/// Starts an operator in this process.
pub fn operator(cluster: &Cluster, client: Client, election: Option<Election>) -> Operator {
    operator::start(client, &cluster.namespace, election)
}

/// Starts an operator in this process that keeps only so many objects.
pub fn operator_with(cluster: &Cluster, client: Client, election: Option<Election>, limits: Limits) -> Operator {
    operator::start_with(client, &cluster.namespace, election, limits)
}
