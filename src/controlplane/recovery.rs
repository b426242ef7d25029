//! What the server writes for itself at the start, and what it does until a full disk has space again. It also has the
//! store examine its file.

use super::data_dir::{is_full, write_private};
use super::shutdown::stopped;
use super::store::{Key, Store, StoreError, StoredObject, WriteAction};
use super::write_context::WriteContext;
use super::{ServedKind, StartError, kubernetes_service};
use serde_json::{Value, json};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch as signal;

/// Interval of the attempts while something can't be written, and of the examinations of the file.
const INTERVAL: Duration = Duration::from_secs(3);
/// One of this many attempts that fail is logged: one a minute.
const LOGGED_EVERY: u32 = 20;

/// Namespaces and kubeconfig, which are written at the start or as soon as the disk has space, and the Service
/// `default/kubernetes`, which is restored whenever it was deleted or changed.
pub struct Recovery {
    store: Store,
    namespaces_kind: Option<Arc<ServedKind>>,
    services_kind: Option<Arc<ServedKind>>,
    service: Value,
    /// Namespaces that are not created yet.
    namespaces: Vec<String>,
    /// Path and content of the kubeconfig, until it is written.
    kubeconfig: Option<(PathBuf, String)>,
    attempts: u32,
}

impl Recovery {
    /// `service` is the Service `default/kubernetes`, `kubeconfig` the path and content of the file.
    pub fn new(
        store: Store,
        kinds: &[Arc<ServedKind>],
        namespaces: [String; 3],
        service: Value,
        kubeconfig: (PathBuf, String),
    ) -> Recovery {
        let kind = |key: &str| kinds.iter().find(|k| k.store_key == key).cloned();
        let (namespaces_kind, services_kind) = (kind("namespaces"), kind("services"));
        let (namespaces, kubeconfig) = (namespaces.to_vec(), Some(kubeconfig));
        Recovery { store, namespaces_kind, services_kind, service, namespaces, kubeconfig, attempts: 0 }
    }

    /// Writes what is to be written, and keeps trying in the background what a full disk prevents.
    pub async fn start(mut self, mut stop: signal::Receiver<bool>) -> Result<(), StartError> {
        self.write_all().await?;
        tokio::spawn(async move {
            tokio::select! {
                () = self.run() => {}
                () = stopped(&mut stop) => {}
            }
        });
        Ok(())
    }

    async fn run(&mut self) {
        let mut ticks = tokio::time::interval(INTERVAL);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            if let Err(error) = self.write_all().await {
                self.log(&error, "cannot write");
            }
            if self.store.check().await.is_err() {
                return;
            }
        }
    }

    /// Writes what is missing. A full disk is no error.
    async fn write_all(&mut self) -> Result<(), StartError> {
        self.attempts += 1;
        if let Some((path, text)) = &self.kubeconfig {
            let is_written = std::fs::read_to_string(path).is_ok_and(|found| found == *text);
            match if is_written { Ok(()) } else { write_private(path, text) } {
                Ok(()) => self.kubeconfig = None,
                Err(error) if is_full(&error) => self.log(&error, "cannot write the kubeconfig"),
                Err(source) => return Err(StartError::File { path: path.clone(), source }),
            }
        }
        for name in std::mem::take(&mut self.namespaces) {
            match self.create_namespace(&name).await {
                Ok(created) => created.map_err(|message| StartError::Namespace { name, message })?,
                Err(error) => {
                    self.log(&error, "cannot create a namespace");
                    self.namespaces.push(name);
                }
            }
        }
        self.restore_service().await
    }

    fn log(&self, error: &dyn std::error::Error, what: &str) {
        if self.attempts % LOGGED_EVERY == 1 {
            tracing::error!(%error, "{what}; trying again until it is possible");
        }
    }

    async fn create_namespace(&self, name: &str) -> Result<Result<(), String>, StoreError> {
        let Some(served) = self.namespaces_kind.clone() else { return Ok(Ok(())) };
        let key = served.key(None, name);
        let context = context(served, &key);
        let value = json!({
            "apiVersion": "v1", "kind": "Namespace",
            "metadata": {"name": name},
        });
        let decide = move |current: Option<&StoredObject>| match current {
            Some(stored) => WriteAction::Keep(Box::new(stored.value())),
            None => context.create(None, value.clone()),
        };
        Ok(self.store.write(key, decide).await?.map(drop).map_err(|e| e.message))
    }

    /// Creates or restores the Service if it is not as it should be. A full disk is no error.
    async fn restore_service(&self) -> Result<(), StartError> {
        let Some(served) = self.services_kind.clone() else { return Ok(()) };
        let key = served.key(Some(kubernetes_service::NAMESPACE), kubernetes_service::NAME);
        if self.store.get(&key).is_some_and(|stored| kubernetes_service::is_current(&stored, &self.service)) {
            return Ok(());
        }
        let (context, service) = (context(served, &key), self.service.clone());
        match self.store.write(key, move |current| kubernetes_service::restore(&context, current, &service)).await {
            Ok(written) => written.map(drop).map_err(|error| StartError::Service(error.message)),
            Err(error) => {
                self.log(&error, "cannot write the Service default/kubernetes");
                Ok(())
            }
        }
    }
}

/// The parameters of a write of this object by the server itself.
fn context(served: Arc<ServedKind>, key: &Key) -> WriteContext {
    WriteContext {
        served,
        name: key.name.clone(),
        namespace: key.namespace.clone(),
        manager: "agentic-ops".into(),
        status: false,
        reserved_annotations: Arc::default(),
        dry_run: false,
        field_validation: Default::default(),
        warnings: Default::default(),
        now: jiff::Timestamp::now(),
    }
}
