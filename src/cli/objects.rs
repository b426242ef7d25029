//! The ConfigMap and the Secret `agentic-ops`, which standalone creates from its settings.

use super::settings::Settings;
use crate::api::{HOSTS_ANNOTATION, SETTINGS_NAME};
use crate::runtime::write::{WriteError, call};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use k8s_openapi::api::core::v1::{ConfigMap, Secret};
use kube::api::{ListParams, Patch, PatchParams};
use kube::{Api, Client, ResourceExt as _};
use serde_json::{Map, Value, json};

/// Field manager of the settings.
const MANAGER: &str = "agentic-ops-settings";

/// Creates or updates both objects. Keys that people added are kept.
pub async fn write_settings(client: &Client, namespace: &str, settings: &Settings) -> Result<(), WriteError> {
    let params = PatchParams::apply(MANAGER).force();
    let metadata = json!({"name": SETTINGS_NAME, "namespace": namespace});
    let config = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": settings.config_map()});
    let config_maps: Api<ConfigMap> = Api::namespaced(client.clone(), namespace);
    call(config_maps.patch(SETTINGS_NAME, &params, &Patch::Apply(config))).await?;

    let data: Map<String, Value> =
        settings.secret().into_iter().map(|(name, value)| (name, STANDARD.encode(value).into())).collect();
    let secrets: Api<Secret> = Api::namespaced(client.clone(), namespace);
    let mut metadata = metadata;
    // A list leaves out a Secret that is damaged in the embedded store, so that it is written anew, as the ConfigMap is.
    let named = ListParams::default().fields(&format!("metadata.name={SETTINGS_NAME}"));
    if let Some(hosts) = hosts(settings, call(secrets.list(&named)).await?.items.first()) {
        metadata["annotations"] = json!({HOSTS_ANNOTATION: hosts});
    }
    let secret = json!({"apiVersion": "v1", "kind": "Secret", "type": "Opaque", "metadata": metadata, "data": data});
    call(secrets.patch(SETTINGS_NAME, &params, &Patch::Apply(secret))).await?;
    Ok(())
}

/// The annotation of hosts: for keys whose URL is a setting the host of that URL, for other keys what people wrote.
fn hosts(settings: &Settings, existing: Option<&Secret>) -> Option<String> {
    let own = settings.key_hosts();
    let is_own = |entry: &&str| own.keys().any(|key| entry.split('=').next().is_some_and(|named| named.trim() == *key));
    let written = existing.and_then(|secret| secret.annotations().get(HOSTS_ANNOTATION)).map_or("", String::as_str);
    let kept = written.split(',').map(str::trim).filter(|entry| !entry.is_empty() && !is_own(entry));
    let entries: Vec<&str> = own.values().map(String::as_str).chain(kept).collect();
    (!entries.is_empty()).then(|| entries.join(","))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    fn after(written: &str, settings: &[(&str, &str)]) -> Option<String> {
        let environment = settings.iter().map(|(n, v)| (n.to_string(), v.to_string())).collect();
        let settings = Settings::load(&environment, None, &BTreeMap::new()).unwrap();
        let mut secret = Secret::default();
        secret.annotations_mut().insert(HOSTS_ANNOTATION.into(), written.into());
        hosts(&settings, Some(&secret))
    }

    #[test]
    fn keys_are_bound_to_the_hosts_of_their_urls() {
        let both = [("PROXMOX_API_URL", "https://PVE.example:8006/x"), ("PFSENSE_API_URL", "https://fw.example")];
        let expected = "PFSENSE_API_KEY=fw.example:443,PROXMOX_API_TOKEN=pve.example:8006";
        assert_eq!(after("", &both).as_deref(), Some(expected));
        assert_eq!(after("PROXMOX_API_TOKEN=old:1 , MINE=a:80", &both), Some(format!("{expected},MINE=a:80")));
        assert_eq!(after("MINE=a:80", &[]).as_deref(), Some("MINE=a:80"));
        assert_eq!(after("", &[]), None);
    }
}
