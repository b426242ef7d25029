//! What Scenarios draw on: the ConfigMap of settings and the Secrets that their probes name.

use super::patch::{WriteError, call};
use crate::api::{PROBES_LABEL, SETTINGS_NAME};
use crate::domain::resolve::{SecretView, Surroundings};
use k8s_openapi::api::core::v1::{ConfigMap, Secret};
use kube::{Api, Client, ResourceExt as _};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::Mutex;

/// An edit is seen after this long at the latest; a thousand Scenarios cost one read in it.
const FRESH: Duration = Duration::from_secs(1);
/// Other Secrets than this many are read anew each time.
const SECRETS_MAX: usize = 256;

type Slot<T> = Arc<Mutex<Option<(Instant, T)>>>;

/// Reads with a short memory. While the API does not answer, what was read last still holds.
#[derive(Clone)]
pub struct SurroundingsReader {
    config_maps: Api<ConfigMap>,
    secrets: Api<Secret>,
    settings: Slot<Arc<BTreeMap<String, String>>>,
    views: Arc<Mutex<HashMap<String, Slot<SecretView>>>>,
}

impl SurroundingsReader {
    pub fn new(client: Client, namespace: &str) -> SurroundingsReader {
        SurroundingsReader {
            config_maps: Api::namespaced(client.clone(), namespace),
            secrets: Api::namespaced(client, namespace),
            settings: Slot::default(),
            views: Arc::default(),
        }
    }

    /// The settings, and the Secrets of these names.
    pub async fn read(&self, secret_names: impl IntoIterator<Item = &str>) -> Result<Surroundings, WriteError> {
        let settings = fresh(&self.settings, || self.read_settings()).await?;
        let mut secrets = BTreeMap::new();
        for name in secret_names {
            let slot = {
                let mut views = self.views.lock().await;
                if views.len() > SECRETS_MAX {
                    views.clear();
                }
                views.entry(name.to_string()).or_default().clone()
            };
            secrets.insert(name.to_string(), fresh(&slot, || self.read_secret(name)).await?);
        }
        Ok(Surroundings { settings, secrets })
    }

    async fn read_settings(&self) -> Result<Arc<BTreeMap<String, String>>, WriteError> {
        let found = call(self.config_maps.get_opt(SETTINGS_NAME)).await?;
        Ok(Arc::new(found.and_then(|c| c.data).unwrap_or_default()))
    }

    async fn read_secret(&self, name: &str) -> Result<SecretView, WriteError> {
        let secret = match call(self.secrets.get_opt(name)).await {
            Ok(Some(secret)) => secret,
            Ok(None) => return Ok(SecretView::Absent),
            Err(error) if error.is_forbidden() => return Ok(SecretView::Closed),
            Err(error) => return Err(error),
        };
        let offered = name == SETTINGS_NAME || secret.labels().get(PROBES_LABEL).is_some_and(|v| v == "allowed");
        if !offered {
            return Ok(SecretView::NotOffered);
        }
        let data = secret.data.unwrap_or_default().into_iter();
        let texts = data.map(|(key, value)| (key, String::from_utf8_lossy(&value.0).into_owned()));
        Ok(SecretView::Present(Arc::new(texts.collect())))
    }
}

/// The value in the slot where it is fresh, else a new one; an old one where reading fails.
async fn fresh<T, F>(slot: &Slot<T>, read: impl FnOnce() -> F) -> Result<T, WriteError>
where
    T: Clone,
    F: Future<Output = Result<T, WriteError>>,
{
    let mut slot = slot.lock().await;
    if let Some((at, value)) = slot.as_ref()
        && at.elapsed() < FRESH
    {
        return Ok(value.clone());
    }
    match (read().await, slot.as_ref()) {
        (Ok(value), _) => {
            *slot = Some((Instant::now(), value.clone()));
            Ok(value)
        }
        (Err(error), Some((_, old))) => {
            tracing::warn!(%error, "settings or a Secret can't be read; what was read last still holds");
            let old = old.clone();
            *slot = Some((Instant::now(), old.clone()));
            Ok(old)
        }
        (Err(error), None) => Err(error),
    }
}
