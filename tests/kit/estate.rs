//! `agentic-ops standalone` as a process, with its targets in a simulated estate that the test can break and repair.

use super::ports;
use super::process::{self, Process};
use super::scratch::Scratch;
use super::wait::until;
use agentic_ops::api::Role;
use agentic_ops::cli::demo::estate::Estate;
use agentic_ops::cli::token::{issue, read_secret};
use jiff::Timestamp;
use std::fmt::Write as _;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The value of `OPS_INTERNAL_TOKEN`.
pub const INTERNAL_TOKEN: &str = "token-of-the-tests";

/// The program, its estate and its files.
pub struct Watched {
    pub process: Process,
    pub estate: Estate,
    pub scratch: Scratch,
    /// The facade.
    pub listen: SocketAddr,
    /// The other address, for the panel.
    pub desk: SocketAddr,
    pub data: PathBuf,
}

impl Watched {
    /// Starts the program with the registry of the repository and waits until it is ready.
    pub async fn start(name: &str) -> Watched {
        let scratch = Scratch::new(name);
        let estate = Estate::start(&scratch.0, ports::any()).await.unwrap();
        let mut settings =
            format!("OPS_INTERNAL_TOKEN={INTERNAL_TOKEN}\nAGENTIC_INTERVAL_SEC=5\nAGENTIC_DIGEST_CRON=0 0 29 2 *\n");
        for (name, value) in estate.settings() {
            let _ = writeln!(settings, "{name}={value}");
        }
        let env_file = scratch.file("settings.env", &settings);
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let (listen, desk, data) = (ports::lasting(), ports::lasting(), scratch.0.join("data"));
        let mut command = process::command(["standalone", "--env-file", &env_file, "--kube-listen", "127.0.0.1:0"]);
        command.arg("--registry").arg(root.join("registry.yaml")).arg("--data").arg(&data);
        command.args(["--listen", &listen.to_string(), "--desk-listen", &desk.to_string()]).env_clear();
        let process = Process::spawn("standalone", &scratch, command);
        let watched = Watched { process, estate, scratch, listen, desk, data };
        let ready = watched.url("/readyz");
        until("readiness", async || reqwest::get(&ready).await.is_ok_and(|answer| answer.status().is_success())).await;
        watched
    }

    /// An address of the facade.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.listen)
    }

    /// A token with these roles.
    pub fn token(&self, name: &str, roles: &[Role]) -> String {
        let secret = read_secret(&self.data.join("auth-secret")).unwrap();
        issue(&secret, name, roles, Timestamp::now(), Duration::from_secs(3600)).unwrap()
    }

    pub async fn stop(mut self) {
        self.process.stop().await;
        self.estate.shutdown().await;
    }
}
