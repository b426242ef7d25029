//! The ConfigMap and the Secret `agentic-ops`, which standalone creates from its settings.

use super::settings::Settings;
use crate::api::SETTINGS_NAME;
use crate::runtime::write::{WriteError, call};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use k8s_openapi::api::core::v1::{ConfigMap, Secret};
use kube::api::{Patch, PatchParams};
use kube::{Api, Client};
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
    let secret = json!({"apiVersion": "v1", "kind": "Secret", "type": "Opaque", "metadata": metadata, "data": data});
    let secrets: Api<Secret> = Api::namespaced(client.clone(), namespace);
    call(secrets.patch(SETTINGS_NAME, &params, &Patch::Apply(secret))).await?;
    Ok(())
}
