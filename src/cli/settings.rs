//! The settings of the program, from the environment, `.env` and defaults. Invalid values are reported together and
//! prevent the start.

use crate::domain::texts::Language;
use crate::facade::review::{ServiceAccounts, parse_service_accounts};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// A setting of the program.
pub struct Setting {
    pub name: &'static str,
    /// May contain `${NAME}` of other settings. `None`: not set by default.
    pub default: Option<&'static str>,
    pub meaning: &'static str,
    format: Format,
}

/// The format of a value.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Format {
    Any,
    Seconds,
    Bool,
    Url,
    Emails,
    Language,
    File,
    ServiceAccounts,
    LeaseSeconds,
}

const fn setting(name: &'static str, default: Option<&'static str>, format: Format, meaning: &'static str) -> Setting {
    Setting { name, default, meaning, format }
}

/// All settings, in the order of the documentation.
pub const SETTINGS: &[Setting] = &[
    setting(
        "AGENTIC_INTERVAL_SEC",
        Some("300"),
        Format::Seconds,
        "interval in seconds of Scenarios without `interval`",
    ),
    setting("AGENTIC_LANGUAGE", Some("pt-BR"), Format::Language, "language of texts for people on duty"),
    setting("AGENTIC_LLM_ENABLED", Some("true"), Format::Bool, "whether the local model is used"),
    setting("OLLAMA_BASE_URL", Some("http://10.10.10.123:11434"), Format::Url, "URL of the model server"),
    setting("AGENTIC_LLM_MODEL", Some("qwen2.5:7b-instruct"), Format::Any, "model for advice and answers"),
    setting("AGENTIC_EMBED_MODEL", Some("nomic-embed-text"), Format::Any, "model for embeddings"),
    setting("AGENTIC_SPECS_ROOT", Some("./specs"), Format::Any, "directory of the runbooks"),
    setting(
        "AGENTIC_CRITICAL_VMIDS",
        Some("112,122,123,104"),
        Format::Any,
        "ids of the virtual machines that must run, separated by commas",
    ),
    setting("VM123_IP", Some("10.10.10.123"), Format::Any, "IP address of VM 123"),
    setting("OPENPANEL_BRIDGE_URL", Some("http://10.10.10.123:18087"), Format::Url, "URL of the OpenPanel bridge"),
    setting("DESK_API_URL", Some("http://10.10.10.122:8080"), Format::Url, "URL of the Desk's API"),
    setting("WIZARD_API_URL", Some("http://10.10.10.112:8000"), Format::Url, "URL of the wizard's API"),
    setting("WIZARD_PORTAL_URL", Some("http://10.10.10.112"), Format::Url, "URL of the wizard's portal"),
    setting("PFSENSE_API_URL", None, Format::Url, "URL of the pfSense API, through Traefik"),
    setting("PFSENSE_API_KEY", None, Format::Any, "pfSense API key"),
    setting("PROXMOX_API_URL", None, Format::Url, "URL of the Proxmox VE API"),
    setting("PROXMOX_API_TOKEN", None, Format::Any, "Proxmox VE API token, `USER@REALM!TOKENID=UUID`"),
    setting("FOSS_URL", Some("http://${VM123_IP}:8085"), Format::Url, "URL of FOSSBilling"),
    setting("ODOO_URL", Some("http://${VM123_IP}:8069"), Format::Url, "URL of Odoo"),
    setting("DESK_DB_PATH", None, Format::Any, "path of the Desk's SQLite database, which probes can read"),
    setting(
        "AGENTIC_SQLITE_PATHS",
        None,
        Format::Any,
        "paths of further SQLite databases that probes can read, separated by commas",
    ),
    setting(
        "AGENTIC_PROBE_SECRET_KEYS",
        None,
        Format::Any,
        "further keys of the Secret agentic-ops that Scenarios can use, separated by commas",
    ),
    setting(
        "AGENTIC_ALLOW_LINK_LOCAL",
        Some("false"),
        Format::Bool,
        "whether probes can connect to link-local addresses, such as those of metadata services",
    ),
    setting(
        "AGENTIC_CA_FILE",
        None,
        Format::File,
        "file with CA certificates in PEM that probes trust in addition to those of the system",
    ),
    setting(
        "OPS_INTERNAL_TOKEN",
        None,
        Format::Any,
        "bearer token for /internal/tick; if unset, the route responds with 503",
    ),
    setting("DESK_ROOT_NOTIFY_EMAIL", None, Format::Emails, "recipients of mail, separated by commas"),
    setting("SMTP_URL", None, Format::Any, "URL of the mail server, `smtp://user:pass@host:port?tls=required`"),
    setting("MAIL_FROM", None, Format::Emails, "sender address of mail"),
    setting("DESK_OPS_NTFY_TOPIC", None, Format::Any, "ntfy topic"),
    setting("NTFY_BASE_URL", Some("https://ntfy.sh"), Format::Url, "URL of the ntfy server"),
    setting("NTFY_TOKEN", None, Format::Any, "access token for ntfy"),
    setting(
        "AGENTIC_AUTH_SECRET_FILE",
        None,
        Format::File,
        "file with the secret for tokens signed by the Desk with HS256",
    ),
    setting(
        "AGENTIC_AUTH_JWKS_URL",
        None,
        Format::Url,
        "URL of the key set for tokens signed by the Desk with RS256 or ES256",
    ),
    setting(
        "AGENTIC_AUTH_SERVICE_ACCOUNTS",
        None,
        Format::ServiceAccounts,
        "roles of service accounts whose tokens the REST facade accepts",
    ),
    setting(
        "AGENTIC_AUTH_TOKEN_REVIEW",
        Some("false"),
        Format::Bool,
        "whether the REST facade accepts tokens of the cluster, by TokenReview; set by the chart",
    ),
    setting("AGENTIC_AUTH_ISSUER", None, Format::Any, "required issuer (`iss`) of tokens"),
    setting("AGENTIC_AUTH_AUDIENCE", Some("agentic-ops"), Format::Any, "required audience (`aud`) of tokens"),
    setting("AGENTIC_AUTH_ROLES_CLAIM", Some("roles"), Format::Any, "claim of tokens with the roles"),
    setting(
        "AGENTIC_NAMES_CHECKED",
        Some("false"),
        Format::Bool,
        "whether an admission policy of the API server verifies names, so that names written with kubectl are proven; set by the chart",
    ),
    setting(
        "AGENTIC_DESK_URL",
        None,
        Format::Url,
        "base URL of links in mail and ntfy; defaults to the listen address",
    ),
    setting(
        "AGENTIC_LEASE_SEC",
        None,
        Format::LeaseSeconds,
        "duration in seconds of the leader election Lease: a leader that stops renewing it is replaced after this time; defaults to 15",
    ),
];

/// The page `docs/settings.md`: every setting with default, format and meaning.
pub fn reference() -> String {
    let mut page = String::from(REFERENCE_HEAD);
    for setting in SETTINGS {
        let default = setting.default.map_or("none".to_string(), |d| format!("`{d}`"));
        let Setting { name, meaning, format, .. } = setting;
        page.push_str(&format!("| `{name}` | {default} | {} | {meaning} |\n", format.as_str()));
    }
    page
}

const REFERENCE_HEAD: &str = "\
# Settings

Settings come from the process environment, otherwise from `.env` (or `--env-file`), otherwise from their defaults; in a cluster
from the ConfigMap and the Secret `agentic-ops`. `standalone` creates these two objects at start. Settings whose names end in
_KEY, _TOKEN, _PASSWORD or _SECRET, those in AGENTIC_PROBE_SECRET_KEYS and SMTP_URL go to the Secret, all others to the ConfigMap.
`.env` can contain further names; Scenarios use them as `${NAME}` and `env.NAME`.

A change of the ConfigMap takes effect for Scenarios at their next run, and for the settings of the program itself at its next
start. An invalid value prevents the start; the error names the setting and the expected format. This page is generated.

| name | default | format | meaning |
|---|---|---|---|
";

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
        let mut values = file.map(|(name, text)| parse_env(name, text, &mut errors)).unwrap_or_default();
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

    /// Interval of a Scenario without one.
    pub fn interval(&self) -> Duration {
        let seconds = self.get("AGENTIC_INTERVAL_SEC").and_then(|v| v.parse().ok()).unwrap_or(300);
        Duration::from_secs(seconds)
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

impl Format {
    fn as_str(self) -> &'static str {
        match self {
            Format::Any => "",
            Format::Seconds => "integer from 1 to 86400",
            Format::Bool => "true or false",
            Format::Url => "absolute http or https URL",
            Format::Emails => "mail addresses, separated by commas",
            Format::Language => "pt-BR or en",
            Format::File => "path of an existing file",
            Format::ServiceAccounts => "`namespace/name=role+role`, separated by commas",
            Format::LeaseSeconds => "integer from 3 to 300",
        }
    }

    /// Validates a value. The error says what the value should be.
    fn validate(self, value: &str) -> Result<(), String> {
        let should = |ok: bool, what: &str| if ok { Ok(()) } else { Err(format!("should be {what}")) };
        match self {
            Format::Any => Ok(()),
            Format::Seconds => {
                let in_range = value.parse::<u64>().is_ok_and(|s| (1..=86_400).contains(&s));
                should(in_range, "a whole number of seconds from 1 to 86400")
            }
            Format::Bool => {
                let words = ["true", "false", "1", "0", "yes", "no", "on", "off"];
                should(words.contains(&value), "true or false")
            }
            Format::Url => {
                let url = url::Url::parse(value);
                let is_http = url.is_ok_and(|u| matches!(u.scheme(), "http" | "https") && u.has_host());
                should(is_http, "an absolute URL, as http://host:port")
            }
            Format::Emails => {
                let is_mail = |m: &str| {
                    m.trim().split_once('@').is_some_and(|(l, d)| !l.is_empty() && d.contains('.') || d == "localhost")
                };
                should(value.split(',').all(is_mail), "mail addresses, separated by commas")
            }
            Format::LeaseSeconds => {
                let in_range = value.parse::<u64>().is_ok_and(|s| (3..=300).contains(&s));
                should(in_range, "a whole number of seconds from 3 to 300")
            }
            Format::ServiceAccounts => parse_service_accounts(value).map(drop),
            Format::Language => should(Language::parse(value).is_some(), "pt-BR or en"),
            Format::File => {
                std::fs::metadata(value).map(drop).map_err(|e| format!("should be the path of an existing file: {e}"))
            }
        }
    }
}

/// Parses lines of `NAME=value`, with `export`, quotes and comments.
fn parse_env(file: &str, text: &str, errors: &mut Vec<String>) -> BTreeMap<String, String> {
    let mut values = BTreeMap::new();
    for (number, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let line = line.strip_prefix("export ").unwrap_or(line);
        let parsed = line.split_once('=').map(|(name, value)| (name.trim(), unquote(value.trim())));
        match parsed {
            Some((name, Ok(value))) if is_name(name) => {
                values.insert(name.to_string(), value);
            }
            Some((name, Err(why))) if is_name(name) => errors.push(format!("{file}:{}: {name}: {why}", number + 1)),
            _ => errors.push(format!("{file}:{}: should be NAME=value", number + 1)),
        }
    }
    values
}

fn is_name(name: &str) -> bool {
    !name.is_empty()
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
        && !name.as_bytes()[0].is_ascii_digit()
}

fn unquote(value: &str) -> Result<String, &'static str> {
    match value.chars().next() {
        Some(quote @ ('"' | '\'')) => {
            let inner = &value[1..];
            let end = inner.find(quote).ok_or("the quote is not closed")?;
            Ok(inner[..end].to_string())
        }
        // A comment starts after a space.
        _ => Ok(value.split(" #").next().unwrap_or_default().trim_end().to_string()),
    }
}

#[cfg(test)]
mod tests;
