//! Reads the referenced configuration of Scenarios: the ConfigMap of settings and the Secrets that their probes name.

use super::named_secrets::NamedSecrets;
use crate::api::{HOSTS_ANNOTATION, PROBES_LABEL, SETTINGS_NAME};
use crate::cel::Environment;
use crate::domain::key_hosts::KeyHosts;
use crate::domain::prepare::{OfferedSecret, ReferencedConfiguration, SecretView, credential_of};
use crate::domain::redact::{KnownSecrets, Source};
use crate::runtime::write::{WriteError, call};
use crate::telemetry::{Limit, Metrics};
use futures::StreamExt as _;
use k8s_openapi::api::core::v1::{ConfigMap, Secret};
use kube::{Api, Client, ResourceExt as _};
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex as SyncMutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::Mutex;
use tokio::time::Instant;
use url::Url;

/// Values are used this long without reading again, so that a thousand Scenarios cost one read.
const FRESH: Duration = Duration::from_secs(1);
/// A run waits no longer than this for a read where an older value is known.
const WAIT: Duration = Duration::from_secs(1);
/// The interval of retrying a failed read, in the background.
const RETRY: Duration = Duration::from_secs(5);
/// Secrets kept; beyond this all are dropped and read again as needed.
const SECRETS_MAX: usize = 256;
/// Runs wait no longer than this, once, for the Secrets that other Scenarios name.
const LEARN: Duration = Duration::from_secs(5);
/// Secrets that are read at once before a run.
const LEARN_AT_ONCE: usize = 16;

type Slot<T> = Arc<Mutex<Option<Cached<T>>>>;

/// A value, and when reading it was last tried.
struct Cached<T> {
    value: T,
    tried: Instant,
    failing: bool,
}

/// Reads with a short cache. While the API does not answer, the last value is used.
#[derive(Clone)]
pub struct ConfigurationReader {
    config_maps: Api<ConfigMap>,
    secrets: Api<Secret>,
    settings: Slot<Arc<Environment>>,
    views: Arc<Mutex<HashMap<String, Slot<SecretView>>>>,
    /// What was read of the Secrets that Scenarios may use.
    known: KnownSecrets,
    /// What Scenarios name, whether they have run or not.
    named: Arc<SyncMutex<NamedSecrets>>,
    /// Held while they are read.
    learning: Arc<Mutex<()>>,
    metrics: Arc<Metrics>,
}

impl ConfigurationReader {
    /// Secrets that are read become known.
    pub fn new(client: Client, namespace: &str, known: KnownSecrets, metrics: Arc<Metrics>) -> ConfigurationReader {
        ConfigurationReader {
            config_maps: Api::namespaced(client.clone(), namespace),
            secrets: Api::namespaced(client, namespace),
            settings: Slot::default(),
            views: Arc::default(),
            known,
            named: Arc::default(),
            learning: Arc::default(),
            metrics,
        }
    }

    /// A valid Scenario refers to these Secrets: they are read before the next run of any Scenario, see [`Self::learn`].
    pub fn expect<'a>(&self, names: impl IntoIterator<Item = &'a str>) {
        let mut named = self.named();
        for name in names {
            if !named.add(name) {
                self.metrics
                    .limit_reached(Limit::KnownSecrets, format_args!("Scenarios name more than Secret {name:?}"));
            }
        }
    }

    /// Makes the Secrets that Scenarios name known, before any target can show what another one was sent. One that can't be read delays
    /// runs by at most [`LEARN`]; it is tried again in the background.
    pub async fn learn(&self) {
        let _learning = self.learning.lock().await;
        let unread = self.named().unread();
        if !unread.is_empty() {
            let reading = Box::pin(self.learn_all(&unread));
            // What is read by then is known.
            let _ = tokio::time::timeout(LEARN, reading).await;
            if self.named().give_up(&unread, Instant::now()) {
                tracing::warn!("not all Secrets of Scenarios can be read; their values are redacted once they can");
            }
        }
        let again = self.named().retry(Instant::now());
        if !again.is_empty() {
            let this = self.clone();
            tokio::spawn(async move { this.learn_all(&again).await });
        }
    }

    async fn learn_all(&self, names: &[String]) {
        futures::stream::iter(names).for_each_concurrent(LEARN_AT_ONCE, |name| self.learn_one(name)).await;
    }

    async fn learn_one(&self, name: &str) {
        if self.secret(name).await.is_ok() {
            self.named().read(name);
        }
    }

    fn named(&self) -> MutexGuard<'_, NamedSecrets> {
        self.named.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The settings, and the Secrets of these names. The Secret of the program's own credentials is always read, since no answer
    /// may show them.
    pub async fn read(
        &self,
        secret_names: impl IntoIterator<Item = &str>,
    ) -> Result<ReferencedConfiguration, WriteError> {
        let read_settings = || {
            let this = self.clone();
            async move { this.read_settings().await }
        };
        let settings = fresh(&self.settings, read_settings).await?;
        let mut secrets = BTreeMap::new();
        for name in secret_names {
            secrets.insert(name.to_string(), self.secret(name).await?);
        }
        if !secrets.contains_key(SETTINGS_NAME) {
            self.secret(SETTINGS_NAME).await?;
        }
        Ok(ReferencedConfiguration { settings, secrets, known: self.known.clone() })
    }

    async fn secret(&self, name: &str) -> Result<SecretView, WriteError> {
        let slot = {
            let mut views = self.views.lock().await;
            if views.len() > SECRETS_MAX {
                views.clear();
            }
            match views.get(name) {
                Some(slot) => slot.clone(),
                None => views.entry(name.to_string()).or_default().clone(),
            }
        };
        let read = || {
            let (this, wanted) = (self.clone(), name.to_string());
            async move {
                let view = this.read_secret(&wanted).await?;
                this.note(&wanted, &view);
                Ok(view)
            }
        };
        fresh(&slot, read).await
    }

    /// Makes the values of a Secret known.
    fn note(&self, name: &str, view: &SecretView) {
        let values: Vec<String> = match view {
            SecretView::Present(secret) => {
                let is_secret = |key: &str| name != SETTINGS_NAME || !self.known.is_ordinary_setting(key);
                secret.data.iter().filter(|(key, _)| is_secret(key)).map(|(_, value)| value.clone()).collect()
            }
            SecretView::Absent | SecretView::NotOffered | SecretView::Closed => Vec::new(),
        };
        if !self.known.set(Source::Secret(name.to_string()), values) {
            self.metrics.limit_reached(Limit::KnownSecrets, format_args!("values of Secret {name:?}"));
        }
    }

    async fn read_settings(&self) -> Result<Arc<Environment>, WriteError> {
        let found = call(self.config_maps.get_opt(SETTINGS_NAME)).await?;
        let settings = found.and_then(|c| c.data).unwrap_or_default();
        let credentials = settings.values().filter_map(|value| credential_of(&Url::parse(value).ok()?));
        if !self.known.set(Source::Settings, credentials) {
            self.metrics.limit_reached(Limit::KnownSecrets, format_args!("URLs of ConfigMap {SETTINGS_NAME}"));
        }
        Ok(Arc::new(settings.into()))
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
        let hosts = secret.annotations().get(HOSTS_ANNOTATION).map(|text| KeyHosts::parse(text)).unwrap_or_default();
        let data = secret.data.unwrap_or_default().into_iter();
        let texts = data.map(|(key, value)| (key, String::from_utf8_lossy(&value.0).into_owned()));
        Ok(SecretView::Present(Arc::new(OfferedSecret { data: texts.collect(), hosts })))
    }
}

/// The value in the slot where it is fresh, else a new one; the old one where reading fails or takes too long. While the API does
/// not answer, only the first run waits for it, for at most [`WAIT`].
async fn fresh<T, F>(slot: &Slot<T>, read: impl FnOnce() -> F) -> Result<T, WriteError>
where
    T: Clone + PartialEq + Send + 'static,
    F: Future<Output = Result<T, WriteError>> + Send + 'static,
{
    let mut cached = slot.lock().await;
    let Some(known) = cached.as_mut() else {
        let value = Box::pin(read()).await?;
        *cached = Some(Cached { value: value.clone(), tried: Instant::now(), failing: false });
        return Ok(value);
    };
    let again = if known.failing { RETRY } else { FRESH };
    if known.tried.elapsed() < again {
        return Ok(known.value.clone());
    }
    if known.failing {
        known.tried = Instant::now();
        let old = known.value.clone();
        let (slot, reading) = (slot.clone(), read());
        tokio::spawn(async move {
            if let Ok(value) = reading.await {
                *slot.lock().await = Some(Cached { value, tried: Instant::now(), failing: false });
            }
        });
        return Ok(old);
    }
    match tokio::time::timeout(WAIT, Box::pin(read())).await.unwrap_or(Err(WriteError::Timeout)) {
        // An equal value keeps its memory, and what was derived from it.
        Ok(value) if value == known.value => known.tried = Instant::now(),
        Ok(value) => *known = Cached { value, tried: Instant::now(), failing: false },
        Err(error) => {
            tracing::warn!(%error, "settings or a Secret can't be read; the last value is used");
            (known.tried, known.failing) = (Instant::now(), true);
        }
    }
    Ok(known.value.clone())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

    /// Reads a number that counts up; after the first it fails or hangs while `works` is false.
    async fn read(reads: Arc<AtomicUsize>, works: bool, hangs: bool) -> Result<usize, WriteError> {
        let number = reads.fetch_add(1, SeqCst) + 1;
        if hangs {
            std::future::pending::<()>().await;
        }
        if works { Ok(number) } else { Err(WriteError::Gone) }
    }

    #[tokio::test(start_paused = true)]
    async fn runs_do_not_wait_for_an_api_that_does_not_answer() {
        for hangs in [false, true] {
            let slot: Slot<usize> = Slot::default();
            let reads = Arc::new(AtomicUsize::new(0));
            let get = |works, hangs| {
                let reads = reads.clone();
                fresh(&slot, move || read(reads, works, hangs))
            };
            assert!(get(false, false).await.is_err(), "nothing is known yet");
            assert_eq!(get(true, false).await.unwrap(), 2);
            assert_eq!(get(true, false).await.unwrap(), 2, "it is fresh");
            tokio::time::advance(FRESH).await;
            assert_eq!(get(true, false).await.unwrap(), 3, "an edit is seen at the next run");
            tokio::time::advance(FRESH).await;
            let began = Instant::now();
            assert_eq!(get(false, hangs).await.unwrap(), 3);
            assert!(began.elapsed() <= WAIT);
            let began = Instant::now();
            for _ in 0..100 {
                tokio::time::advance(FRESH).await;
                assert_eq!(get(false, hangs).await.unwrap(), 3);
                tokio::task::yield_now().await;
            }
            assert!(began.elapsed() <= FRESH * 101, "no run waited");
            assert!(reads.load(SeqCst) <= 4 + 25, "{} reads in 100 s", reads.load(SeqCst));
            tokio::time::advance(RETRY).await;
            let _ = get(true, false).await;
            tokio::task::yield_now().await;
            assert!(get(true, false).await.unwrap() > 3, "it answers again");
        }
    }
    #[tokio::test(start_paused = true)]
    async fn an_equal_value_is_the_same_value() {
        let slot: Slot<Arc<Vec<i32>>> = Slot::default();
        let read = |number| async move { Ok(Arc::new(vec![number])) };
        let first = fresh(&slot, || read(1)).await.unwrap();
        tokio::time::advance(FRESH).await;
        assert!(Arc::ptr_eq(&first, &fresh(&slot, || read(1)).await.unwrap()));
        assert!(Arc::ptr_eq(&first, &fresh(&slot, || read(2)).await.unwrap()), "it was read just now");
        tokio::time::advance(FRESH).await;
        assert_eq!(*fresh(&slot, || read(2)).await.unwrap(), [2]);
    }
}
