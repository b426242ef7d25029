//! A simulated estate on loopback: the nine targets with the responses of the real products, and a Desk database that
//! changes. Each part can be broken and repaired with one command.

mod answers;
mod broken;
mod control;
mod desk_db;
mod errors;
mod parts;
mod service;

#[cfg(test)]
mod judged;
#[cfg(test)]
mod tests;

pub use errors::{EstateError, UnknownPart};
pub use parts::{PARTS, Part, PartInfo, PartState};

use broken::Broken;
use service::Service;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::sync::watch as signal;
use tokio::task::JoinHandle;

/// Timeout for each task at shutdown.
const SHUTDOWN_GRACE: Duration = Duration::from_secs(2);

/// The running estate.
pub struct Estate {
    services: BTreeMap<&'static str, Service>,
    broken: Broken,
    database: PathBuf,
    control: SocketAddr,
    stop: signal::Sender<bool>,
    tasks: Vec<JoinHandle<()>>,
}

impl Estate {
    /// Starts every service on a port of its own, and the control API on `control`.
    pub async fn start(data_dir: &Path, control: SocketAddr) -> Result<Estate, EstateError> {
        let broken = Broken::nothing();
        let (stop, stopped) = signal::channel(false);
        let dir = data_dir.join("estate");
        let database = dir.join("desk.db");
        let failed = |message: String| EstateError::Database { path: database.display().to_string(), message };
        std::fs::create_dir_all(&dir).map_err(|e| failed(e.to_string()))?;
        let database = std::fs::canonicalize(&dir).map_err(|e| failed(e.to_string()))?.join("desk.db");
        let desk = desk_db::Desk::open(&database, jiff::Timestamp::now()).map_err(|e| failed(e.to_string()))?;
        let outbox = desk.outbox();
        let mut tasks = vec![tokio::spawn(desk.run(broken.clone(), stopped.clone()))];
        let mut services = BTreeMap::new();
        for (name, down) in service::SERVICES {
            let (service, task) = Service::start(name, *down, broken.clone(), outbox.clone(), stopped.clone()).await?;
            tasks.push(task);
            services.insert(*name, service);
        }
        let (control, task) = control::start(control, broken.clone(), stopped).await?;
        tasks.push(task);
        Ok(Estate { services, broken, database, control, stop, tasks })
    }

    /// All settings that would otherwise refer to other machines.
    pub fn settings(&self) -> BTreeMap<String, String> {
        let url = |service: &str| format!("http://{}", self.services[service].address);
        let pairs = [
            ("VM123_IP", "127.0.0.1".to_string()),
            ("DESK_API_URL", url("desk")),
            ("WIZARD_API_URL", url("wizard-api")),
            ("WIZARD_PORTAL_URL", url("wizard-portal")),
            ("PFSENSE_API_URL", url("pfsense")),
            ("PFSENSE_API_KEY", answers::PFSENSE_KEY.to_string()),
            ("PROXMOX_API_URL", url("proxmox")),
            ("PROXMOX_API_TOKEN", answers::PROXMOX_TOKEN.to_string()),
            ("OLLAMA_BASE_URL", url("ollama")),
            ("FOSS_URL", url("foss")),
            ("ODOO_URL", url("odoo")),
            ("OPENPANEL_BRIDGE_URL", url("bridge")),
            ("NTFY_BASE_URL", "http://127.0.0.1:9".to_string()),
            ("DESK_DB_PATH", self.database.display().to_string()),
            ("AGENTIC_CRITICAL_VMIDS", "112,122,123,104".to_string()),
        ];
        pairs.into_iter().map(|(name, value)| (name.to_string(), value)).collect()
    }

    /// Address of the control API.
    pub fn control_address(&self) -> SocketAddr {
        self.control
    }

    /// Every part with its state, in the order of the Scenarios.
    pub fn parts(&self) -> Vec<PartInfo> {
        self.broken.parts()
    }

    /// Breaks a part. Services react at their next connection, the Desk's database shortly after.
    pub fn break_part(&self, part: &str) -> Result<(), UnknownPart> {
        self.broken.set(part, true)
    }

    /// Repairs a part; no effect if it is not broken. A service that was down listens on its port again shortly after.
    pub fn heal_part(&self, part: &str) -> Result<(), UnknownPart> {
        self.broken.set(part, false)
    }

    /// Repairs all parts.
    pub fn heal_all(&self) {
        self.broken.heal_all();
    }

    /// Stops all tasks: listeners and connections are closed, and the database is no longer written. Tasks that do not
    /// end within two seconds are aborted.
    pub async fn shutdown(self) {
        let _ = self.stop.send(true);
        for mut task in self.tasks {
            if tokio::time::timeout(SHUTDOWN_GRACE, &mut task).await.is_err() {
                task.abort();
            }
        }
    }
}
