//! A simulated estate on loopback: the nine targets with the answers of the real products, and a Desk database that changes.
//! Each part can be broken and healed with one command.

mod answers;
mod control;
mod desk_db;
mod parts;
mod service;

#[cfg(test)]
mod judged;
#[cfg(test)]
mod tests;

pub use parts::{PARTS, Part, PartInfo, PartState};

use service::Service;
use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch as signal;
use tokio::task::JoinHandle;

/// How long each task has to end by itself.
const SHUTDOWN_GRACE: Duration = Duration::from_secs(2);

/// Why the estate does not start.
#[derive(Debug, thiserror::Error)]
pub enum EstateError {
    #[error("{path}: {message}")]
    Database { path: String, message: String },
    #[error("listen on {address}: {source}")]
    Listen { address: SocketAddr, source: std::io::Error },
}

/// A name that no part has.
#[derive(Debug, thiserror::Error)]
#[error("no part is named {0:?}")]
pub struct UnknownPart(pub String);

/// What is broken now; everybody looks here, and may wait for it to change.
#[derive(Clone)]
pub(super) struct Broken {
    names: Arc<signal::Sender<BTreeSet<&'static str>>>,
}

impl Broken {
    fn nothing() -> Broken {
        Broken { names: Arc::new(signal::Sender::new(BTreeSet::new())) }
    }

    pub fn has(&self, part: &str) -> bool {
        self.names.borrow().contains(part)
    }

    /// Waits until a part is broken, or until it is whole.
    pub async fn until(&self, part: &str, broken: bool) {
        // It fails only once the sender is gone, and this holds it.
        let _ = self.names.subscribe().wait_for(|names| names.contains(part) == broken).await;
    }

    /// Tells of every change from now on.
    pub fn changes(&self) -> signal::Receiver<BTreeSet<&'static str>> {
        self.names.subscribe()
    }

    pub fn set(&self, part: &str, broken: bool) -> Result<(), UnknownPart> {
        let known = PARTS.iter().find(|p| p.name == part).ok_or_else(|| UnknownPart(part.to_string()))?;
        self.names.send_if_modified(|names| if broken { names.insert(known.name) } else { names.remove(known.name) });
        Ok(())
    }

    pub fn heal_all(&self) {
        self.names.send_if_modified(|names| !std::mem::take(names).is_empty());
    }
}

/// The estate, running.
pub struct Estate {
    services: BTreeMap<&'static str, Service>,
    broken: Broken,
    database: PathBuf,
    control: SocketAddr,
    stop: signal::Sender<bool>,
    tasks: Vec<JoinHandle<()>>,
}

impl Estate {
    /// Starts every part on a port of its own, and the control on `control`.
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
        let mut tasks = vec![tokio::spawn(desk.live(broken.clone(), stopped.clone()))];
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

    /// Every setting that would otherwise point elsewhere.
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

    /// Where `POST /break/PART` and `POST /heal/PART` go.
    pub fn control_address(&self) -> SocketAddr {
        self.control
    }

    /// Every part and how it is now, in the order of the Scenarios.
    pub fn parts(&self) -> Vec<PartInfo> {
        parts::now(&self.broken)
    }

    /// Breaks a part. Its service is broken with its next connection, the Desk's database within moments.
    pub fn break_part(&self, part: &str) -> Result<(), UnknownPart> {
        self.broken.set(part, true)
    }

    /// Heals a part, which may be whole already. A service that was down listens on its old port again within moments.
    pub fn heal_part(&self, part: &str) -> Result<(), UnknownPart> {
        self.broken.set(part, false)
    }

    /// Heals everything.
    pub fn heal_all(&self) {
        self.broken.heal_all();
    }

    /// Stops everything: listeners are closed, connections dropped, and the database is written no more. What does not
    /// end within two seconds is cut off.
    pub async fn shutdown(self) {
        let _ = self.stop.send(true);
        for mut task in self.tasks {
            if tokio::time::timeout(SHUTDOWN_GRACE, &mut task).await.is_err() {
                task.abort();
            }
        }
    }
}
