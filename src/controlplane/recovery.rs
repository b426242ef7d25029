//! What the server writes for itself at the start, and what it does until a full disk has space again. It also has the
//! store examine its file.

use super::data_dir::{is_full, write_private};
use super::shutdown::stopped;
use super::store::{Key, Store, StoreError, StoredObject, WriteAction};
use super::{ServedKind, StartError, write_context};
use serde_json::json;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch as signal;

/// Interval of the attempts while something can't be written, and of the examinations of the file.
const INTERVAL: Duration = Duration::from_secs(3);
/// One of this many attempts that fail is logged: one a minute.
const LOGGED_EVERY: u32 = 20;

/// Namespaces and kubeconfig, which are written at the start or as soon as the disk has space.
pub struct Recovery {
    store: Store,
    namespaces_kind: Option<Arc<ServedKind>>,
    /// Namespaces that are not created yet.
    namespaces: Vec<String>,
    /// Path and content of the kubeconfig, until it is written.
    kubeconfig: Option<(PathBuf, String)>,
    attempts: u32,
}

impl Recovery {
    pub fn new(
        store: Store,
        kinds: &[Arc<ServedKind>],
        namespaces: [String; 3],
        kubeconfig: (PathBuf, String),
    ) -> Recovery {
        let namespaces_kind = kinds.iter().find(|k| k.store_key == "namespaces").cloned();
        Recovery { store, namespaces_kind, namespaces: namespaces.to_vec(), kubeconfig: Some(kubeconfig), attempts: 0 }
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
        Ok(())
    }

    fn log(&self, error: &dyn std::error::Error, what: &str) {
        if self.attempts % LOGGED_EVERY == 1 {
            tracing::error!(%error, "{what}; trying again until it is possible");
        }
    }

    async fn create_namespace(&self, name: &str) -> Result<Result<(), String>, StoreError> {
        let Some(served) = self.namespaces_kind.clone() else { return Ok(Ok(())) };
        let key = Key { kind: "namespaces".into(), namespace: String::new(), name: name.into() };
        let context = write_context::WriteContext {
            served,
            name: name.to_string(),
            namespace: String::new(),
            manager: "agentic-ops".into(),
            status: false,
            dry_run: false,
            field_validation: Default::default(),
            warnings: Default::default(),
            now: jiff::Timestamp::now(),
        };
        let value = json!({
            "apiVersion": "v1", "kind": "Namespace",
            "metadata": {"name": name},
        });
        let decide = move |current: Option<&StoredObject>| match current {
            Some(stored) => WriteAction::Keep(Box::new(stored.value())),
            None => context.create(None, value),
        };
        Ok(self.store.write(key, decide).await?.map(drop).map_err(|e| e.message))
    }
}
