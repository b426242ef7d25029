//! A replica of the operator, as a process of its own.

use super::cluster::Cluster;
use crate::running::PATIENCE;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

pub struct Replica {
    pub name: String,
    pub base: String,
    child: Child,
    log: PathBuf,
}

impl Replica {
    /// Starts it; it may wait for the API.
    pub fn spawn(cluster: &Cluster, name: &str, kubeconfig: &Path) -> Replica {
        Self::spawn_with(cluster, name, kubeconfig, &[])
    }

    fn spawn_with(cluster: &Cluster, name: &str, kubeconfig: &Path, options: &[&str]) -> Replica {
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let log = cluster.scratch.0.join(format!("{name}.log"));
        let child = Command::new(env!("CARGO_BIN_EXE_agentic-ops"))
            .args(["operator", "--namespace", &cluster.namespace, "--listen", &format!("127.0.0.1:{port}")])
            .args(options)
            .env("KUBECONFIG", kubeconfig)
            .env("POD_NAME", name)
            .stderr(File::create(&log).unwrap())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        Replica { name: name.into(), base: format!("http://127.0.0.1:{port}"), child, log }
    }

    /// Starts it and waits until it is ready.
    pub async fn start(cluster: &Cluster, name: &str, kubeconfig: &Path) -> Replica {
        let replica = Self::spawn(cluster, name, kubeconfig);
        replica.until("/readyz", 200, "ok").await;
        replica
    }

    /// Starts one part of it, and waits until it is ready.
    pub async fn start_part(cluster: &Cluster, part: &str) -> Replica {
        let replica = Self::spawn_with(cluster, part, &cluster.kubeconfig, &["--only", part]);
        replica.until("/readyz", 200, "ok").await;
        replica
    }

    pub fn signal(&self, name: &str) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args([name, &pid]).status().unwrap().success());
    }

    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Asks it to end, and waits until it has.
    pub async fn stop(&mut self) {
        self.signal("-TERM");
        let began = Instant::now();
        while self.child.try_wait().unwrap().is_none() {
            assert!(began.elapsed() < PATIENCE, "{} does not end\n{}", self.name, self.log());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
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
        let client = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(20)).build().unwrap();
        let mut request = client.request(method, format!("{}{path}", self.base));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let answer = request.send().await.ok()?;
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        Some((status, headers, answer.text().await.ok()?))
    }

    /// Waits until a path answers with this status and text.
    pub async fn until(&self, path: &str, status: u16, says: &str) {
        let began = Instant::now();
        loop {
            let answer = self.get(path).await;
            if answer.as_ref().is_some_and(|(s, text)| *s == status && text.contains(says)) {
                return;
            }
            assert!(began.elapsed() < PATIENCE, "{} {path}: {answer:?}, not {says:?}\n{}", self.name, self.log());
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Whether it says that it leads.
    pub async fn leads(&self) -> bool {
        self.get("/metrics").await.is_some_and(|(_, text)| text.contains("agentic_ops_leading 1"))
    }

    pub fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }
}

impl Drop for Replica {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("--- {}\n{}", self.name, self.log());
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
