//! The settings of the program, from the environment, `.env` and defaults. Invalid values are reported together and
//! prevent the start.

mod env_file;
mod format;
mod list;

pub use list::{SETTINGS, Setting, reference};

use crate::domain::duration;
use crate::domain::texts::Language;
use crate::facade::token_review::{ServiceAccounts, parse_service_accounts};
use crate::net::guard::AddressRules;
use crate::net::networks::parse_networks;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Keys of the Secret `agentic-ops` that Scenarios can always use.
const ALLOWED_KEYS: [&str; 2] = ["PFSENSE_API_KEY", "PROXMOX_API_TOKEN"];

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
        let file = match std::fs::read_to_string(path) {
            Ok(text) => Some(text),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound && env_file.is_none() => None,
            Err(source) => return Err(SettingsError::File { path: path.display().to_string(), source }),
        };
        let environment = std::env::vars_os().filter_map(|(n, v)| Some((n.into_string().ok()?, v.into_string().ok()?)));
        let shown = path.display().to_string();
        Self::load(&environment.collect(), file.as_deref().map(|text| (shown.as_str(), text)), overrides)
    }

    /// Loads the settings from an environment and a file, given as name and content. `overrides` take precedence over
    /// both.
    pub fn load(
        environment: &BTreeMap<String, String>,
        file: Option<(&str, &str)>,
        overrides: &BTreeMap<String, String>,
    ) -> Result<Settings, SettingsError> {
        let mut errors = Vec::new();
        let mut values = file.map(|(name, text)| env_file::parse(name, text, &mut errors)).unwrap_or_default();
        for setting in SETTINGS {
            if let Some(value) = environment.get(setting.name) {
                values.insert(setting.name.into(), value.clone());
            }
        }
        values.extend(overrides.clone());
        values.retain(|_, value| !value.trim().is_empty());
        Self::complete(values, errors)
    }

    /// Loads the settings from the data of the ConfigMap and the Secret `agentic-ops`.
    pub fn from_objects(
        config: BTreeMap<String, String>,
        secret: BTreeMap<String, String>,
    ) -> Result<Settings, SettingsError> {
        let mut values = config;
        values.extend(secret);
        values.retain(|_, value| !value.trim().is_empty());
        Self::complete(values, Vec::new())
    }

    fn complete(mut values: BTreeMap<String, String>, mut errors: Vec<String>) -> Result<Settings, SettingsError> {
        for setting in SETTINGS {
            if let (false, Some(default)) = (values.contains_key(setting.name), setting.default) {
                let value = crate::domain::template::expand(default, &values).unwrap_or_else(|_| default.to_string());
                values.insert(setting.name.into(), value);
            }
        }
        for setting in SETTINGS {
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

    /// The value of a setting of format integer with a default.
    pub fn integer(&self, name: &str) -> u64 {
        // An invalid value has prevented the start.
        self.get(name).and_then(|value| value.parse().ok()).unwrap_or_default()
    }

    /// The value of a setting of format duration with a default.
    pub fn duration(&self, name: &str) -> Duration {
        self.get(name).and_then(|value| duration::parse(value).ok()).unwrap_or_default()
    }

    /// Whether a boolean setting is true.
    pub fn is_on(&self, name: &str) -> bool {
        matches!(self.get(name), Some("true" | "1" | "yes" | "on"))
    }

    fn list(&self, name: &str) -> Vec<String> {
        let parts = self.get(name).unwrap_or_default().split(',');
        parts.map(str::trim).filter(|p| !p.is_empty()).map(String::from).collect()
    }
}

fn is_secret(name: &str, values: &BTreeMap<String, String>) -> bool {
    let named = values.get("AGENTIC_PROBE_SECRET_KEYS").is_some_and(|list| list.split(',').any(|k| k.trim() == name));
    let ending = ["_KEY", "_TOKEN", "_PASSWORD", "_SECRET"].iter().any(|end| name.ends_with(end));
    named || ending || name == "SMTP_URL"
}

#[cfg(test)]
mod tests;
