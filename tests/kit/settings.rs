//! Settings with addresses on this machine only.

use agentic_ops::api::SETTINGS_NAME;
use agentic_ops::cli::settings::Settings;
use k8s_openapi::api::core::v1::{ConfigMap, Secret};
use kube::api::{Patch, PatchParams};
use kube::{Api, Client};
use serde_json::json;
use std::collections::BTreeMap;

/// Short, so that a takeover takes seconds, but long enough for a busy machine to renew the Lease.
pub const LEASE_SECONDS: u64 = 4;

const URLS: [&str; 10] = [
    "OLLAMA_BASE_URL",
    "OPENPANEL_BRIDGE_URL",
    "DESK_API_URL",
    "WIZARD_API_URL",
    "WIZARD_PORTAL_URL",
    "PFSENSE_API_URL",
    "PROXMOX_API_URL",
    "FOSS_URL",
    "ODOO_URL",
    "NTFY_BASE_URL",
];

/// Settings with all targets on a port where nothing listens, and the settings in `more`.
pub fn nowhere(more: &[(&str, &str)]) -> Settings {
    let mut values: BTreeMap<String, String> =
        URLS.map(|name| (name.to_string(), "http://127.0.0.1:9".to_string())).into();
    values.insert("VM123_IP".into(), "127.0.0.1".into());
    values.insert("AGENTIC_LEASE_SEC".into(), LEASE_SECONDS.to_string());
    values.extend(more.iter().map(|(name, value)| (name.to_string(), value.to_string())));
    of(&values)
}

/// The default settings with these values. The environment and files are not used. Tests may ask again and again.
pub fn of(values: &BTreeMap<String, String>) -> Settings {
    let mut all = BTreeMap::from([("AGENTIC_REQUESTS_PER_MINUTE".to_string(), "100000".to_string())]);
    all.extend(values.clone());
    Settings::load(&BTreeMap::new(), None, &all).unwrap()
}

/// Writes settings to the ConfigMap and the Secret in a namespace, where the operator reads them.
pub async fn write(client: &Client, namespace: &str, settings: &Settings) {
    let params = PatchParams::apply("agentic-ops-tests").force();
    let metadata = json!({"name": SETTINGS_NAME});
    let config = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": settings.config_map()});
    let api: Api<ConfigMap> = Api::namespaced(client.clone(), namespace);
    api.patch(SETTINGS_NAME, &params, &Patch::Apply(config)).await.unwrap();
    let secret = json!({"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "stringData": settings.secret()});
    let api: Api<Secret> = Api::namespaced(client.clone(), namespace);
    api.patch(SETTINGS_NAME, &params, &Patch::Apply(secret)).await.unwrap();
}
