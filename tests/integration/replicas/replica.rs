//! A replica of the operator, as a separate process.

use super::cluster::Cluster;
use crate::kit::ports;
use crate::kit::process::{self, Process};
use crate::kit::wait::succeeds;
use std::ops::{Deref, DerefMut};
use std::path::Path;
use std::time::Duration;

pub struct Replica {
    process: Process,
    pub base: String,
}

impl Deref for Replica {
    type Target = Process;

    fn deref(&self) -> &Process {
        &self.process
    }
}

impl DerefMut for Replica {
    fn deref_mut(&mut self) -> &mut Process {
        &mut self.process
    }
}

impl Replica {
    /// Starts a replica without waiting until it is ready.
    pub fn spawn(cluster: &Cluster, name: &str, kubeconfig: &Path) -> Replica {
        Self::spawn_with(cluster, name, kubeconfig, &[])
    }

    fn spawn_with(cluster: &Cluster, name: &str, kubeconfig: &Path, options: &[&str]) -> Replica {
        let address = ports::lasting();
        let mut command =
            process::command(["operator", "--namespace", &cluster.namespace, "--listen", &address.to_string()]);
        command.args(options).env("KUBECONFIG", kubeconfig).env("POD_NAME", name);
        Replica { process: Process::spawn(name, &cluster.scratch, command), base: format!("http://{address}") }
    }

    /// Starts a replica and waits until it is ready.
    pub async fn start(cluster: &Cluster, name: &str, kubeconfig: &Path) -> Replica {
        let replica = Self::spawn(cluster, name, kubeconfig);
        replica.until("/readyz", 200, "ok").await;
        replica
    }

    /// Starts one component and waits until it is ready.
    pub async fn start_part(cluster: &Cluster, part: &str) -> Replica {
        let replica = Self::spawn_with(cluster, part, &cluster.kubeconfig, &["--only", part]);
        replica.until("/readyz", 200, "ok").await;
        replica
    }

    pub async fn get(&self, path: &str) -> Option<(u16, String)> {
        self.call(reqwest::Method::GET, path, &[]).await.map(|(status, _, text)| (status, text))
    }

    pub async fn call(
        &self,
        method: reqwest::Method,
        path: &str,
        headers: &[(&str, &str)],
    ) -> Option<(u16, reqwest::header::HeaderMap, String)> {
        self.send(method, path, headers, "").await
    }

    /// As `call`, with a body.
    pub async fn send(
        &self,
        method: reqwest::Method,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Option<(u16, reqwest::header::HeaderMap, String)> {
        let client = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(20)).build().unwrap();
        let mut request = client.request(method, format!("{}{path}", self.base)).body(body.to_string());
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let answer = request.send().await.ok()?;
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        Some((status, headers, answer.text().await.ok()?))
    }

    /// Waits until the response for a path has this status and contains this text.
    pub async fn until(&self, path: &str, status: u16, expected: &str) {
        let what = format!("{} {path}: {status} with {expected:?}", self.name);
        succeeds(&what, async || match self.get(path).await {
            Some((code, text)) if code == status && text.contains(expected) => Ok(()),
            other => Err(format!("{other:?}")),
        })
        .await;
    }

    /// Whether the replica leads, according to its metrics.
    pub async fn leads(&self) -> bool {
        self.get("/metrics").await.is_some_and(|(_, text)| text.contains("agentic_ops_leading 1"))
    }

    /// The number of runs of Scenarios, according to its metrics.
    pub async fn runs(&self) -> u64 {
        let (_, text) = self.get("/metrics").await.unwrap();
        let count = text.lines().find_map(|line| line.strip_prefix("agentic_ops_runs_total "));
        count.unwrap().parse().unwrap()
    }
}
