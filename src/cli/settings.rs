//! The program's settings: from the environment, `.env`, or their defaults; bad values stop the start, all at once.

use crate::domain::texts::Language;
use crate::facade::token_review::{ServiceAccounts, parse_service_accounts};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// A setting that the program knows.
pub struct Known {
    pub name: &'static str,
    /// May refer to other settings as `${NAME}`. `None`: not set.
    pub default: Option<&'static str>,
    pub meaning: &'static str,
    check: Check,
}

/// What a value must be.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Check {
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

const fn known(name: &'static str, default: Option<&'static str>, check: Check, meaning: &'static str) -> Known {
    Known { name, default, meaning, check }
}

/// Every setting, in the order in which people look for them.
pub const KNOWN: &[Known] = &[
    known("AGENTIC_INTERVAL_SEC", Some("300"), Check::Seconds, "interval of a Scenario that names none, in seconds"),
    known("AGENTIC_LANGUAGE", Some("pt-BR"), Check::Language, "language of what people on duty read: pt-BR or en"),
    known("AGENTIC_LLM_ENABLED", Some("true"), Check::Bool, "whether the local model is asked for advice"),
    known("OLLAMA_BASE_URL", Some("http://10.10.10.123:11434"), Check::Url, "the model server"),
    known("AGENTIC_LLM_MODEL", Some("qwen2.5:7b-instruct"), Check::Any, "the model that answers"),
    known("AGENTIC_EMBED_MODEL", Some("nomic-embed-text"), Check::Any, "the model that embeds"),
    known("AGENTIC_SPECS_ROOT", Some("./specs"), Check::Any, "the runbook library"),
    known("AGENTIC_CRITICAL_VMIDS", Some("112,122,123,104"), Check::Any, "virtual machines that must run"),
    known("VM123_IP", Some("10.10.10.123"), Check::Any, "address of VM 123"),
    known("OPENPANEL_BRIDGE_URL", Some("http://10.10.10.123:18087"), Check::Url, "the OpenPanel bridge"),
    known("DESK_API_URL", Some("http://10.10.10.122:8080"), Check::Url, "the Desk's API"),
    known("WIZARD_API_URL", Some("http://10.10.10.112:8000"), Check::Url, "the wizard's API"),
    known("WIZARD_PORTAL_URL", Some("http://10.10.10.112"), Check::Url, "the wizard's portal"),
    known("PFSENSE_API_URL", None, Check::Url, "pfSense, through Traefik"),
    known("PFSENSE_API_KEY", None, Check::Any, "its key"),
    known("PROXMOX_API_URL", None, Check::Url, "Proxmox VE"),
    known("PROXMOX_API_TOKEN", None, Check::Any, "its token, `USER@REALM!TOKENID=UUID`"),
    known("FOSS_URL", Some("http://${VM123_IP}:8085"), Check::Url, "FOSSBilling"),
    known("ODOO_URL", Some("http://${VM123_IP}:8069"), Check::Url, "Odoo"),
    known("DESK_DB_PATH", None, Check::Any, "the Desk's SQLite file, opened read-only"),
    known("AGENTIC_SQLITE_PATHS", None, Check::Any, "further files that probes may open, separated by commas"),
    known("AGENTIC_PROBE_SECRET_KEYS", None, Check::Any, "further keys of Secret agentic-ops that Scenarios may use"),
    known(
        "AGENTIC_ALLOW_LINK_LOCAL",
        Some("false"),
        Check::Bool,
        "whether probes may read link-local metadata addresses",
    ),
    known("AGENTIC_CA_FILE", None, Check::File, "PEM certificates that probes trust besides the system's"),
    known("OPS_INTERNAL_TOKEN", None, Check::Any, "token of /internal/tick; without one the route answers 503"),
    known("DESK_ROOT_NOTIFY_EMAIL", None, Check::Emails, "recipients, separated by commas"),
    known("SMTP_URL", None, Check::Any, "mail server, `smtp://user:pass@host:port?tls=required`"),
    known("MAIL_FROM", None, Check::Emails, "sender of mail"),
    known("DESK_OPS_NTFY_TOPIC", None, Check::Any, "ntfy topic"),
    known("NTFY_BASE_URL", Some("https://ntfy.sh"), Check::Url, "ntfy server"),
    known("NTFY_TOKEN", None, Check::Any, "ntfy token"),
    known("AGENTIC_AUTH_SECRET_FILE", None, Check::File, "secret that signs the Desk's tokens (HS256)"),
    known("AGENTIC_AUTH_JWKS_URL", None, Check::Url, "keys that sign the Desk's tokens (RS256, ES256)"),
    known(
        "AGENTIC_AUTH_SERVICE_ACCOUNTS",
        None,
        Check::ServiceAccounts,
        "roles of service accounts, `namespace/name=role+role,…`",
    ),
    known(
        "AGENTIC_AUTH_TOKEN_REVIEW",
        Some("false"),
        Check::Bool,
        "whether tokens of the cluster are taken, by TokenReview; the chart sets it",
    ),
    known("AGENTIC_AUTH_ISSUER", None, Check::Any, "issuer that tokens must have"),
    known("AGENTIC_AUTH_AUDIENCE", Some("agentic-ops"), Check::Any, "audience that tokens must have"),
    known("AGENTIC_AUTH_ROLES_CLAIM", Some("roles"), Check::Any, "claim of tokens that holds the roles"),
    known(
        "AGENTIC_NAMES_CHECKED",
        Some("false"),
        Check::Bool,
        "whether an admission policy of the API server holds people to their own names, so that what kubectl writes is proven; the chart sets it",
    ),
    known("AGENTIC_DESK_URL", None, Check::Url, "base of the links in mail and ntfy; default: the listen address"),
    known(
        "AGENTIC_LEASE_SEC",
        None,
        Check::LeaseSeconds,
        "how long a leader is waited for that is not heard of; default: 15",
    ),
];

/// The page `docs/settings.md`: every setting with its default, what it must be and what it means.
pub fn reference() -> String {
    let mut page = String::from(REFERENCE_HEAD);
    for known in KNOWN {
        let default = known.default.map_or("none".to_string(), |d| format!("`{d}`"));
        let Known { name, meaning, check, .. } = known;
        page.push_str(&format!("| `{name}` | {default} | {} | {meaning} |\n", check.as_str()));
    }
    page
}

const REFERENCE_HEAD: &str = "\
# Settings

From the process environment, else `.env` (or `--env-file`), else the default; in a cluster from the ConfigMap and the Secret
`agentic-ops`. `standalone` makes these two objects at its start. Names that end in _KEY, _TOKEN, _PASSWORD or _SECRET, those in
AGENTIC_PROBE_SECRET_KEYS and SMTP_URL go to the Secret, everything else to the ConfigMap. Other names are taken from `.env`
alone, and Scenarios use them as `${NAME}` and `env.NAME`.

An edit of the ConfigMap reaches Scenarios at their next run, the program's own settings at its next start. A bad value stops
the start with its name and what would be right. This page is generated.

| name | default | must be | meaning |
|---|---|---|---|
";

/// Keys of Secret `agentic-ops` that Scenarios may always use.
const OFFERED_KEYS: [&str; 2] = ["PFSENSE_API_KEY", "PROXMOX_API_TOKEN"];

/// What is wrong with the settings.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    #[error("{path}: {source}")]
    File { path: String, source: std::io::Error },
    #[error("settings:\n  {}", .0.join("\n  "))]
    Bad(Vec<String>),
}

/// All settings that have a value, checked.
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
    /// From the process's environment and a file; a file that is not named may be missing.
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

    /// From an environment, the text of a file with its name, and values that go ahead of both.
    pub fn load(
        environment: &BTreeMap<String, String>,
        file: Option<(&str, &str)>,
        overrides: &BTreeMap<String, String>,
    ) -> Result<Settings, SettingsError> {
        let mut wrong = Vec::new();
        let mut values = file.map(|(name, text)| parse_env(name, text, &mut wrong)).unwrap_or_default();
        for known in KNOWN {
            if let Some(value) = environment.get(known.name) {
                values.insert(known.name.into(), value.clone());
            }
        }
        values.extend(overrides.clone());
        values.retain(|_, value| !value.trim().is_empty());
        Self::complete(values, wrong)
    }

    /// From the ConfigMap and the Secret `agentic-ops` of a cluster.
    pub fn from_objects(
        config: BTreeMap<String, String>,
        secret: BTreeMap<String, String>,
    ) -> Result<Settings, SettingsError> {
        let mut values = config;
        values.extend(secret);
        values.retain(|_, value| !value.trim().is_empty());
        Self::complete(values, Vec::new())
    }

    fn complete(mut values: BTreeMap<String, String>, mut wrong: Vec<String>) -> Result<Settings, SettingsError> {
        for known in KNOWN {
            if let (false, Some(default)) = (values.contains_key(known.name), known.default) {
                let value = crate::domain::template::expand(default, &values).unwrap_or_else(|_| default.to_string());
                values.insert(known.name.into(), value);
            }
        }
        for known in KNOWN {
            if let Some(Err(should)) = values.get(known.name).map(|value| known.check.apply(value)) {
                let value = if is_secret(known.name, &values) { "***" } else { &values[known.name] };
                wrong.push(format!("{}={value}: {should}", known.name));
            }
        }
        if wrong.is_empty() { Ok(Settings { values }) } else { Err(SettingsError::Bad(wrong)) }
    }

    /// One value.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.values.get(name).map(String::as_str)
    }

    /// What goes into the ConfigMap.
    pub fn config_map(&self) -> BTreeMap<String, String> {
        self.values.iter().filter(|(n, _)| !is_secret(n, &self.values)).map(|(n, v)| (n.clone(), v.clone())).collect()
    }

    /// What goes into the Secret.
    pub fn secret(&self) -> BTreeMap<String, String> {
        self.values.iter().filter(|(n, _)| is_secret(n, &self.values)).map(|(n, v)| (n.clone(), v.clone())).collect()
    }

    /// Keys of the Secret that Scenarios may use.
    pub fn probe_secret_keys(&self) -> BTreeSet<String> {
        let named = self.list("AGENTIC_PROBE_SECRET_KEYS");
        OFFERED_KEYS.into_iter().map(String::from).chain(named).collect()
    }

    /// Files that probes may open.
    pub fn sqlite_paths(&self) -> Vec<PathBuf> {
        let desk = self.get("DESK_DB_PATH").map(String::from);
        desk.into_iter().chain(self.list("AGENTIC_SQLITE_PATHS")).map(PathBuf::from).collect()
    }

    /// Interval of a Scenario that names none.
    pub fn interval(&self) -> Duration {
        let seconds = self.get("AGENTIC_INTERVAL_SEC").and_then(|v| v.parse().ok()).unwrap_or(300);
        Duration::from_secs(seconds)
    }

    /// Roles of service accounts.
    pub fn service_accounts(&self) -> ServiceAccounts {
        let text = self.get("AGENTIC_AUTH_SERVICE_ACCOUNTS").unwrap_or_default();
        // A text that can't be read stopped the start.
        parse_service_accounts(text).unwrap_or_default()
    }

    /// How long a lease lasts that is not renewed.
    pub fn lease_time(&self) -> Duration {
        Duration::from_secs(self.get("AGENTIC_LEASE_SEC").and_then(|v| v.parse().ok()).unwrap_or(15))
    }

    /// Language of what people on duty read.
    pub fn language(&self) -> Language {
        self.get("AGENTIC_LANGUAGE").and_then(Language::parse).unwrap_or_default()
    }

    /// Whether a setting is `true`.
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

impl Check {
    fn as_str(self) -> &'static str {
        match self {
            Check::Any => "",
            Check::Seconds => "1 to 86400, whole",
            Check::Bool => "true or false",
            Check::Url => "absolute http or https URL",
            Check::Emails => "mail addresses",
            Check::Language => "pt-BR or en",
            Check::File => "a file that is there",
            Check::ServiceAccounts => "`namespace/name=role+role`, separated by commas",
            Check::LeaseSeconds => "3 to 300, whole",
        }
    }

    /// Ok, or what the value should be.
    fn apply(self, value: &str) -> Result<(), String> {
        let should = |ok: bool, what: &str| if ok { Ok(()) } else { Err(format!("should be {what}")) };
        match self {
            Check::Any => Ok(()),
            Check::Seconds => {
                let in_range = value.parse::<u64>().is_ok_and(|s| (1..=86_400).contains(&s));
                should(in_range, "a whole number of seconds from 1 to 86400")
            }
            Check::Bool => {
                let words = ["true", "false", "1", "0", "yes", "no", "on", "off"];
                should(words.contains(&value), "true or false")
            }
            Check::Url => {
                let url = url::Url::parse(value);
                let is_http = url.is_ok_and(|u| matches!(u.scheme(), "http" | "https") && u.has_host());
                should(is_http, "an absolute URL, as http://host:port")
            }
            Check::Emails => {
                let is_mail = |m: &str| {
                    m.trim().split_once('@').is_some_and(|(l, d)| !l.is_empty() && d.contains('.') || d == "localhost")
                };
                should(value.split(',').all(is_mail), "mail addresses, separated by commas")
            }
            Check::LeaseSeconds => {
                let in_range = value.parse::<u64>().is_ok_and(|s| (3..=300).contains(&s));
                should(in_range, "a whole number of seconds from 3 to 300")
            }
            Check::ServiceAccounts => parse_service_accounts(value).map(drop),
            Check::Language => should(Language::parse(value).is_some(), "pt-BR or en"),
            Check::File => {
                std::fs::metadata(value).map(drop).map_err(|e| format!("should be a file that is there: {e}"))
            }
        }
    }
}

/// Reads lines of `NAME=value`, with `export`, quotes and comments.
fn parse_env(file: &str, text: &str, wrong: &mut Vec<String>) -> BTreeMap<String, String> {
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
            Some((name, Err(why))) if is_name(name) => wrong.push(format!("{file}:{}: {name}: {why}", number + 1)),
            _ => wrong.push(format!("{file}:{}: should be NAME=value", number + 1)),
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
        // A comment begins after a space.
        _ => Ok(value.split(" #").next().unwrap_or_default().trim_end().to_string()),
    }
}

#[cfg(test)]
mod tests;
