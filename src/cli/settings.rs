//! The settings of the program, from the environment, `.env` and defaults. Invalid values are reported together and
//! prevent the start.

mod env_file;
mod format;
mod list;
mod substitution;

pub use list::{SETTINGS, Setting, reference};

use crate::controllers::context::Limits;
use crate::domain::duration;
use crate::domain::key_hosts::{KeyHosts, host_of};
use crate::domain::keys::KeyLimits;
use crate::domain::prepare::{OfferedSecret, SecretView, credential_of};
use crate::domain::redact::{KnownSecrets, Source};
use crate::domain::retention::RetentionLimits;
use crate::domain::runbook::RunbookBase;
use crate::domain::texts::Language;
use crate::domain::thread::policy::ThreadLimits;
use crate::facade::token_review::{ServiceAccounts, parse_service_accounts};
use crate::net::guard::AddressRules;
use crate::net::networks::parse_networks;
use jiff::SignedDuration;
use std::collections::{BTreeMap, BTreeSet};
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use url::Url;

/// Keys of the Secret `agentic-ops` that Scenarios can always use.
const ALLOWED_KEYS: [&str; 2] = ["PFSENSE_API_KEY", "PROXMOX_API_TOKEN"];

/// Keys, and the settings with the URLs that they are for.
const KEYS_OF_URLS: [(&str, &str); 2] =
    [("PFSENSE_API_KEY", "PFSENSE_API_URL"), ("PROXMOX_API_TOKEN", "PROXMOX_API_URL")];
/// Settings that are credentials, besides those with one of `SECRET_ENDINGS`. Who knows the address of a channel can send to it.
const CREDENTIALS: [&str; 4] = ["SMTP_URL", "AGENTIC_WEBHOOK_URL", "AGENTIC_HEARTBEAT_URL", "DESK_OPS_NTFY_TOPIC"];
/// Maximum size of a file of settings in bytes.
const FILE_MAX: u64 = 1 << 20;
/// How names of settings begin that only this program has.
const OWN_PREFIX: &str = "AGENTIC_";
/// A name that differs by so many letters from that of a setting is taken for a slip.
const MISSPELT_EDITS: usize = 2;
const SECRET_ENDINGS: [&str; 4] = ["_KEY", "_TOKEN", "_PASSWORD", "_SECRET"];

/// Why settings are rejected.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    #[error("{path}: {source}")]
    File { path: String, source: std::io::Error },
    #[error("settings:\n  {}", .0.join("\n  "))]
    Invalid(Vec<String>),
}

/// Validated settings that have a value.
#[derive(Clone)]
pub struct Settings {
    values: BTreeMap<String, String>,
}

impl std::fmt::Debug for Settings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.values.keys()).finish()
    }
}

impl Settings {
    /// Loads the settings from the process environment and a file. Only a file that is given explicitly must exist.
    pub fn from_process(
        env_file: Option<&Path>,
        overrides: &BTreeMap<String, String>,
    ) -> Result<Settings, SettingsError> {
        let path = env_file.unwrap_or(Path::new(".env"));
        let file = match read_bounded(path) {
            Ok(bytes) => Some(bytes),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound && env_file.is_none() => None,
            Err(source) => return Err(SettingsError::File { path: path.display().to_string(), source }),
        };
        let environment = std::env::vars_os().filter_map(|(n, v)| Some((n.into_string().ok()?, v.into_string().ok()?)));
        let shown = path.display().to_string();
        Self::load(&environment.collect(), file.as_deref().map(|bytes| (shown.as_str(), bytes)), overrides)
    }

    /// Loads the settings from an environment and a file, given as name and content. `overrides` take precedence over
    /// both. Variables of the file without a value are logged.
    pub fn load(
        environment: &BTreeMap<String, String>,
        file: Option<(&str, &[u8])>,
        overrides: &BTreeMap<String, String>,
    ) -> Result<Settings, SettingsError> {
        let file = file.map(|(name, bytes)| env_file::parse_bytes(name, bytes, environment)).unwrap_or_default();
        let env_file::EnvFile { mut values, errors, warnings } = file;
        for warning in warnings {
            tracing::warn!("settings: {warning}");
        }
        for setting in SETTINGS.iter() {
            if let Some(value) = environment.get(setting.name) {
                values.insert(setting.name.into(), value.clone());
            }
        }
        log_misspelt(environment.keys().chain(values.keys()));
        values.extend(overrides.clone());
        values.retain(|_, value| !value.trim().is_empty());
        Self::complete(values, errors)
    }

    /// Loads the settings from the data of the ConfigMap and the Secret `agentic-ops`. Names that are nearly that of a setting are
    /// logged.
    pub fn from_objects(
        config: BTreeMap<String, String>,
        secret: BTreeMap<String, String>,
    ) -> Result<Settings, SettingsError> {
        let mut values = config;
        values.extend(secret);
        log_misspelt(values.keys());
        values.retain(|_, value| !value.trim().is_empty());
        Self::complete(values, Vec::new())
    }

    fn complete(mut values: BTreeMap<String, String>, mut errors: Vec<String>) -> Result<Settings, SettingsError> {
        for setting in SETTINGS.iter() {
            if let (false, Some(default)) = (values.contains_key(setting.name), setting.default)
                // A default that refers to a setting without a value is none.
                && let Ok(value) = crate::domain::template::expand(default, &values)
            {
                values.insert(setting.name.into(), value);
            }
        }
        for setting in SETTINGS.iter() {
            if let Some(Err(should)) = values.get(setting.name).map(|value| setting.format.validate(value)) {
                let value = if is_secret(setting.name, &values) { "***" } else { &values[setting.name] };
                errors.push(format!("{}={value}: {should}", setting.name));
            }
        }
        if errors.is_empty() { Ok(Settings { values }) } else { Err(SettingsError::Invalid(errors)) }
    }

    /// The value of a setting.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.values.get(name).map(String::as_str)
    }

    /// The settings that belong in the ConfigMap.
    pub fn config_map(&self) -> BTreeMap<String, String> {
        self.values.iter().filter(|(n, _)| !is_secret(n, &self.values)).map(|(n, v)| (n.clone(), v.clone())).collect()
    }

    /// The settings that belong in the Secret.
    pub fn secret(&self) -> BTreeMap<String, String> {
        self.values.iter().filter(|(n, _)| is_secret(n, &self.values)).map(|(n, v)| (n.clone(), v.clone())).collect()
    }

    /// The Secret as probes see it, where there is no API to read it from.
    pub fn offered_secret(&self) -> SecretView {
        let hosts = KeyHosts::parse(&self.key_hosts().into_values().collect::<Vec<_>>().join(","));
        SecretView::Present(Arc::new(OfferedSecret { data: self.secret(), hosts }))
    }

    /// The credentials among the settings as secrets to redact.
    pub fn known_secrets(&self) -> KnownSecrets {
        let is_ordinary = |key: &str| SETTINGS.iter().any(|setting| setting.name == key) && !is_credential(key);
        let known = KnownSecrets::new(is_ordinary);
        known.set(Source::Program, self.secret().into_values());
        let urls = self.values.values().filter_map(|value| credential_of(&Url::parse(value).ok()?));
        known.set(Source::Settings, urls);
        known
    }

    /// The entry of the Secret's annotation of hosts for each key whose host is known, since its URL is a setting.
    pub fn key_hosts(&self) -> BTreeMap<&'static str, String> {
        let entry = |(key, url): (&'static str, &str)| {
            let url = Url::parse(self.get(url)?).ok()?;
            Some((key, format!("{key}={}", host_of(&url)?)))
        };
        KEYS_OF_URLS.into_iter().filter_map(entry).collect()
    }

    /// Keys of the Secret that Scenarios can use.
    pub fn probe_secret_keys(&self) -> BTreeSet<String> {
        let named = self.list("AGENTIC_PROBE_SECRET_KEYS");
        ALLOWED_KEYS.into_iter().map(String::from).chain(named).collect()
    }

    /// SQLite files that probes can open.
    pub fn sqlite_paths(&self) -> Vec<PathBuf> {
        let desk = self.get("DESK_DB_PATH").map(String::from);
        desk.into_iter().chain(self.list("AGENTIC_SQLITE_PATHS")).map(PathBuf::from).collect()
    }

    /// Which addresses may be connected to.
    pub fn addresses(&self) -> AddressRules {
        // An invalid value has prevented the start.
        let networks = |name| parse_networks(self.get(name).unwrap_or_default()).unwrap_or_default();
        AddressRules {
            allow_link_local: self.is_on("AGENTIC_ALLOW_LINK_LOCAL"),
            deny: networks("AGENTIC_DENY_NETWORKS"),
            allow: networks("AGENTIC_ALLOW_NETWORKS"),
        }
    }

    /// Interval of a Scenario without one.
    pub fn interval(&self) -> Duration {
        Duration::from_secs(self.integer("AGENTIC_INTERVAL_SEC"))
    }

    /// The address of the runbooks.
    pub fn runbooks(&self) -> Option<RunbookBase> {
        // An invalid value has prevented the start.
        self.get("AGENTIC_RUNBOOK_URL").and_then(|base| RunbookBase::parse(base).ok())
    }

    /// Roles of service accounts.
    pub fn service_accounts(&self) -> ServiceAccounts {
        let text = self.get("AGENTIC_AUTH_SERVICE_ACCOUNTS").unwrap_or_default();
        // An invalid value has prevented the start.
        parse_service_accounts(text).unwrap_or_default()
    }

    /// Duration of the leader election Lease.
    pub fn lease_time(&self) -> Duration {
        Duration::from_secs(self.get("AGENTIC_LEASE_SEC").and_then(|v| v.parse().ok()).unwrap_or(15))
    }

    /// Language of texts for people on duty.
    pub fn language(&self) -> Language {
        self.get("AGENTIC_LANGUAGE").and_then(Language::parse).unwrap_or_default()
    }

    /// Name of the time zone of Silences that name none, and of the times that people read.
    pub fn time_zone(&self) -> Arc<str> {
        self.get("AGENTIC_TIMEZONE").unwrap_or("UTC").into()
    }

    /// The value of a setting of format integer with a default.
    pub fn integer(&self, name: &str) -> u64 {
        // An invalid value has prevented the start.
        self.get(name).and_then(|value| value.parse().ok()).unwrap_or_default()
    }

    /// How many objects the controllers keep, and what they do at once.
    pub fn limits(&self) -> Limits {
        Limits {
            keys: KeyLimits {
                findings_per_check: self.count("AGENTIC_FINDINGS_PER_CHECK"),
                new_keys_per_hour: self.count("AGENTIC_NEW_KEYS_PER_HOUR"),
            },
            threads: ThreadLimits {
                recur_within: self.signed_duration("AGENTIC_THREAD_RECUR_WITHIN"),
                close_after: self.signed_duration("AGENTIC_THREAD_CLOSE_AFTER"),
                conversation_close_after: self.signed_duration("AGENTIC_CONVERSATION_CLOSE_AFTER"),
                messages_max: self.count("AGENTIC_THREAD_MESSAGES_MAX"),
                ..ThreadLimits::default()
            },
            retention: RetentionLimits {
                age: self.duration("AGENTIC_RETENTION"),
                objects_max: self.count("AGENTIC_RETENTION_MAX"),
                actions_max: self.count("AGENTIC_ACTIONS_MAX"),
            },
            evaluations: self.count("AGENTIC_EVALUATIONS_MAX"),
            answers_per_minute: self.count("AGENTIC_ANSWERS_PER_MINUTE"),
        }
    }

    /// The value of a setting that is a number of things.
    pub fn count(&self, name: &str) -> usize {
        usize::try_from(self.integer(name)).unwrap_or(usize::MAX)
    }

    /// The value of a setting of format duration with a default.
    pub fn duration(&self, name: &str) -> Duration {
        self.get(name).and_then(|value| duration::parse(value).ok()).unwrap_or_default()
    }

    fn signed_duration(&self, name: &str) -> SignedDuration {
        SignedDuration::try_from(self.duration(name)).unwrap_or(SignedDuration::MAX)
    }

    /// Whether a boolean setting is true.
    pub fn is_on(&self, name: &str) -> bool {
        matches!(self.get(name), Some("true" | "1" | "yes" | "on"))
    }

    /// The parts of a value that are separated by commas.
    pub fn list(&self, name: &str) -> Vec<String> {
        let parts = self.get(name).unwrap_or_default().split(',');
        parts.map(str::trim).filter(|p| !p.is_empty()).map(String::from).collect()
    }
}

fn log_misspelt<'a>(names: impl Iterator<Item = &'a String>) {
    for (name, meant) in misspelt(names) {
        tracing::warn!("settings: {name} is not a setting and has no effect: should it be {meant}?");
    }
}

/// Names that begin as those of settings and are nearly that of one, which they are probably meant to be.
fn misspelt<'a>(names: impl Iterator<Item = &'a String>) -> BTreeMap<&'a str, &'static str> {
    let is_known = |name: &str| SETTINGS.iter().any(|setting| setting.name == name);
    let meant = |name: &str| {
        let near = SETTINGS.iter().map(|setting| (strsim::osa_distance(name, setting.name), setting.name)).min()?;
        (near.0 <= MISSPELT_EDITS).then_some(near.1)
    };
    let own = names.filter(|name| name.starts_with(OWN_PREFIX) && !is_known(name));
    own.filter_map(|name| Some((name.as_str(), meant(name)?))).collect()
}

/// The content of a file of settings, which is as large as a ConfigMap may be at most.
fn read_bounded(path: &Path) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    std::fs::File::open(path)?.take(FILE_MAX + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > FILE_MAX {
        let message = format!("more than {FILE_MAX} bytes");
        return Err(std::io::Error::new(std::io::ErrorKind::FileTooLarge, message));
    }
    Ok(bytes)
}

/// Whether a setting of this name is a credential, which belongs in a Secret.
pub fn is_credential(name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    SECRET_ENDINGS.iter().any(|end| name.ends_with(end)) || CREDENTIALS.contains(&name.as_str())
}

fn is_secret(name: &str, values: &BTreeMap<String, String>) -> bool {
    let named = values.get("AGENTIC_PROBE_SECRET_KEYS").is_some_and(|list| list.split(',').any(|k| k.trim() == name));
    named || is_credential(name)
}

#[cfg(test)]
mod tests;
