//! A simulated estate on loopback: the nine targets with the responses of the real products, a Desk database that changes,
//! and a mail server that keeps what it gets. Each part can be broken and repaired with one command.

mod answers;
mod broken;
mod control;
mod desk_db;
mod errors;
mod http;
mod mail;
mod parts;
mod service;

#[cfg(test)]
mod judged;
#[cfg(test)]
mod tests;

pub use errors::{EstateError, UnknownPart};
pub use mail::{KeptMail, Mailbox};
pub use parts::{MAIL_PARTS, MailPart, PARTS, Part, PartInfo, PartState};

use crate::cli::notices;
use crate::cli::settings::Settings;
use broken::Broken;
use mail::Pages;
use service::Service;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::sync::watch as signal;
use tokio::task::JoinHandle;

/// Timeout for each task at shutdown.
const SHUTDOWN_GRACE: Duration = Duration::from_secs(2);

/// The running estate.
pub struct Estate {
    services: BTreeMap<&'static str, Service>,
    mail: Service,
    mailbox: Mailbox,
    broken: Broken,
    database: PathBuf,
    control: SocketAddr,
    stop: signal::Sender<bool>,
    tasks: Vec<JoinHandle<()>>,
}

impl Estate {
    /// Like [`Estate::start_for`], in the default language.
    pub async fn start(data_dir: &Path, control: SocketAddr) -> Result<Estate, EstateError> {
        Estate::start_for(data_dir, control, &Settings::load(&BTreeMap::new(), None, &BTreeMap::new())?).await
    }

    /// Starts every service on a port of its own, and the control API on `control`. Its pages are in the language and the time zone of
    /// the settings.
    pub async fn start_for(data_dir: &Path, control: SocketAddr, settings: &Settings) -> Result<Estate, EstateError> {
        let broken = Broken::nothing();
        let (stop, stopped) = signal::channel(false);
        let dir = data_dir.join("estate");
        let database = dir.join("desk.db");
        let failed = |message: String| EstateError::Database { path: database.display().to_string(), message };
        // The data directory above it is private, too; `standalone` warns of one that others could read.
        std::fs::DirBuilder::new().recursive(true).mode(0o700).create(&dir).map_err(|e| failed(e.to_string()))?;
        let database = std::fs::canonicalize(&dir).map_err(|e| failed(e.to_string()))?.join("desk.db");
        let desk = desk_db::Desk::open(&database, jiff::Timestamp::now()).map_err(|e| failed(e.to_string()))?;
        let outbox = desk.outbox();
        let mut tasks = vec![tokio::spawn(desk.run(broken.clone(), stopped.clone()))];
        let mut services = BTreeMap::new();
        for (name, down) in http::SERVICES {
            let serving = http::serving(name, *down, broken.clone(), outbox.clone());
            let (service, task) = Service::start(serving, broken.clone(), stopped.clone()).await?;
            tasks.push(task);
            services.insert(*name, service);
        }
        let mailbox = Mailbox::default();
        let serving = mail::serving(mailbox.clone(), broken.clone());
        let (mail, task) = Service::start(serving, broken.clone(), stopped.clone()).await?;
        tasks.push(task);
        let pages = Pages { mailbox: mailbox.clone(), language: settings.language(), zone: notices::zone(settings) };
        let (control, task) = control::start(control, broken.clone(), pages, stopped).await?;
        tasks.push(task);
        Ok(Estate { services, mail, mailbox, broken, database, control, stop, tasks })
    }

    /// All settings that would otherwise refer to other machines, and those that make notices leave at once as mail to the estate.
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
            // The model server of the estate lists models and answers no questions.
            ("AGENTIC_LLM_ENABLED", "false".to_string()),
            ("FOSS_URL", url("foss")),
            ("ODOO_URL", url("odoo")),
            ("OPENPANEL_BRIDGE_URL", url("bridge")),
            ("NTFY_BASE_URL", "http://127.0.0.1:9".to_string()),
            ("SMTP_URL", format!("smtp://{}?tls=none", self.mail.address)),
            ("MAIL_FROM", "agentic-ops@localhost".to_string()),
            ("DESK_ROOT_NOTIFY_EMAIL", "plantao@localhost".to_string()),
            ("AGENTIC_GROUP_WAIT", "1s".to_string()),
            ("DESK_DB_PATH", self.database.display().to_string()),
            ("AGENTIC_CRITICAL_VMIDS", "112,122,123,104".to_string()),
        ];
        pairs.into_iter().map(|(name, value)| (name.to_string(), value)).collect()
    }

    /// Address of the control API.
    pub fn control_address(&self) -> SocketAddr {
        self.control
    }

    /// The mails that the estate received.
    pub fn mailbox(&self) -> &Mailbox {
        &self.mailbox
    }

    /// Every part with its state: those that Scenarios watch, in the order of the Scenarios, then those of the mail server.
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
