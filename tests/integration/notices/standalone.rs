//! Standalone as a process, to be killed and started again with the same data.

use super::{AGENT, ANA, NO_DIGEST};
use crate::kit::process::{self, Process};
use crate::kit::scratch::Scratch;
use crate::kit::settings::nowhere;
use crate::kit::wait::until;
use crate::kit::{api, ports};
use kube::{Api, Client};
use std::fmt::Write as _;
use std::net::SocketAddr;
use std::path::PathBuf;

/// The data and addresses of standalone, whether it runs or not.
pub struct Standalone {
    pub scratch: Scratch,
    data: PathBuf,
    registry: String,
    listen: SocketAddr,
    kube: SocketAddr,
}

impl Standalone {
    pub fn new(name: &str) -> Standalone {
        let scratch = Scratch::new(name);
        let registry = scratch.file("registry.yaml", AGENT);
        let data = scratch.0.join("data");
        Standalone { data, registry, listen: ports::lasting(), kube: ports::lasting(), scratch }
    }

    /// Starts it with mail to one recipient and these settings, and waits until it is ready.
    pub async fn start(&self, settings: &[(&str, &str)]) -> Process {
        let usual = [NO_DIGEST, ("MAIL_FROM", "ops@example.com"), ("DESK_ROOT_NOTIFY_EMAIL", ANA)];
        let settings = nowhere(&[&usual, settings].concat());
        let mut text = String::new();
        for (name, value) in settings.config_map().iter().chain(&settings.secret()) {
            let _ = writeln!(text, "{name}=\"{value}\"");
        }
        let file = self.scratch.file("settings.env", &text);
        let mut command = process::command(["standalone", "--env-file", &file, "--registry", &self.registry]);
        command.arg("--data").arg(&self.data).args(["--listen", &self.listen.to_string()]);
        command.args(["--kube-listen", &self.kube.to_string()]).env_clear();
        let process = Process::spawn("standalone", &self.scratch, command);
        let url = format!("http://{}/readyz", self.listen);
        let is_ready = async || reqwest::get(&url).await.is_ok_and(|answer| answer.status().is_success());
        until("readiness", is_ready).await;
        process
    }

    pub async fn client(&self) -> Client {
        api::client(&self.data.join("kubeconfig")).await
    }

    pub async fn api<K>(&self) -> Api<K>
    where
        K: kube::Resource<Scope = k8s_openapi::NamespaceResourceScope, DynamicType = ()>,
    {
        Api::namespaced(self.client().await, api::NAMESPACE)
    }
}
