//! One list and watch of a kind for the whole process, and any number of readers.
//!
//! A [`Cache`] holds the objects of a kind as last seen. A [`Subscription`] hands each change to one reader; a reader that falls
//! too far behind, as well as every reader after a list, is asked to resynchronise: to read the cache anew.

use super::backoff::jittered;
use super::guard::{Guarded, InvalidObject};
use super::listing::ListProgress;
use super::objects::{CachedObject, Objects, Writer, store};
use super::retry;
use super::version::Version;
use futures::{Stream, StreamExt as _};
use kube::core::NamespaceResourceScope;
use kube::runtime::utils::Backoff;
use kube::runtime::{WatchStreamExt as _, watcher};
use kube::{Api, Client, Resource, ResourceExt as _};
use serde::de::DeserializeOwned;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt::Debug;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock, RwLockWriteGuard};
use std::time::{Duration, Instant};
use tokio::sync::broadcast;
use tokio::task::JoinHandle;

/// The server ends a watch after this long, and it is started again: a connection that was cut silently is noticed then.
const WATCH_SECONDS: u32 = 50;
/// Retry interval while the kind is not served: its definition is probably being installed.
const RETRY_ABSENT: Duration = Duration::from_secs(3);
/// After this long without a failure the retry interval starts from the first again.
const RETRY_RESET: Duration = Duration::from_secs(60);
/// Changes that a reader may fall behind before it has to resynchronise.
const CHANGES_MAX: usize = 1024;

/// A change of one kind.
pub enum Change<K> {
    Applied(Arc<K>),
    /// The object exists and does not have the shape that this program knows.
    Undecodable(Arc<InvalidObject>),
    /// With its version at the deletion, where the server says it.
    Deleted(Arc<str>, Option<Version>),
    /// Read the cache anew: after a list, or where changes were missed. What is not in the cache has been deleted.
    Resynchronise,
}

// Derived, it would ask for `K: Clone`.
impl<K> Clone for Change<K> {
    fn clone(&self) -> Self {
        match self {
            Change::Applied(object) => Change::Applied(object.clone()),
            Change::Undecodable(object) => Change::Undecodable(object.clone()),
            Change::Deleted(name, version) => Change::Deleted(name.clone(), *version),
            Change::Resynchronise => Change::Resynchronise,
        }
    }
}

type Undecodable = Arc<RwLock<BTreeMap<Arc<str>, Arc<InvalidObject>>>>;

/// The objects of one kind in one namespace, as last seen. Clones share them.
pub struct Cache<K> {
    /// The kind, as the API names it.
    kind: Cow<'static, str>,
    objects: Objects<K>,
    undecodable: Undecodable,
    changes: broadcast::Sender<Change<K>>,
    progress: ListProgress,
}

// Derived, it would ask for `K: Clone`.
impl<K> Clone for Cache<K> {
    fn clone(&self) -> Self {
        Cache {
            kind: self.kind.clone(),
            objects: self.objects.clone(),
            undecodable: self.undecodable.clone(),
            changes: self.changes.clone(),
            progress: self.progress.clone(),
        }
    }
}

impl<K: CachedObject + Send + Sync + 'static> Cache<K> {
    /// Lists and watches the kind `Read` until the task is aborted. `trim` makes what the cache holds of an object; it
    /// gets what the cache holds of the object by now.
    pub fn start<Read>(
        client: &Client,
        namespace: &str,
        trim: impl FnMut(Read, Option<&K>) -> K + Send + 'static,
        progress: &ListProgress,
    ) -> (Cache<K>, JoinHandle<()>)
    where
        Read: Resource<DynamicType = (), Scope = NamespaceResourceScope>,
        Read: Clone + Debug + DeserializeOwned + Send + Sync + 'static,
    {
        let (objects, writer) = store::<K>();
        let cache = Cache {
            kind: Read::kind(&()),
            objects,
            undecodable: Undecodable::default(),
            changes: broadcast::Sender::new(CHANGES_MAX),
            progress: progress.clone(),
        };
        let api = Api::namespaced(client.clone(), namespace);
        let watching = Watching { cache: cache.clone(), writer, trim: Box::new(trim), listed: BTreeMap::new() };
        (cache, tokio::spawn(watching.run(events(api))))
    }

    /// The kind, as the API names it.
    pub fn kind(&self) -> &str {
        &self.kind
    }

    /// The object of this name.
    pub fn get(&self, name: &str) -> Option<Arc<K>> {
        self.objects.get(name)
    }

    /// All objects that could be decoded.
    pub fn objects(&self) -> Vec<Arc<K>> {
        self.objects.state()
    }

    /// All objects, those that could be decoded and those that could not, as of one moment.
    pub fn snapshot(&self) -> (Vec<Arc<K>>, Vec<Arc<InvalidObject>>) {
        let undecodable = self.undecodable.read().unwrap_or_else(PoisonError::into_inner);
        (self.objects.state(), undecodable.values().cloned().collect())
    }

    /// Names of the objects that could not be decoded.
    pub fn undecodable(&self) -> Vec<String> {
        let undecodable = self.undecodable.read().unwrap_or_else(PoisonError::into_inner);
        undecodable.keys().map(ToString::to_string).collect()
    }

    /// The store behind the cache, for readers that need no changes.
    pub fn store(&self) -> Objects<K> {
        self.objects.clone()
    }

    /// A reader of all changes from now on. Where the kind has been listed already, it is asked to resynchronise first.
    pub fn subscribe(&self) -> Subscription<K> {
        let changes = self.changes.subscribe();
        let must_resynchronise = self.progress.is_listed(&self.kind);
        Subscription { changes, must_resynchronise }
    }
}

/// One reader of the changes of a kind.
pub struct Subscription<K> {
    changes: broadcast::Receiver<Change<K>>,
    must_resynchronise: bool,
}

impl<K> Subscription<K> {
    /// The next change; never returns once the watch has ended. Cancelling it loses nothing.
    pub async fn next(&mut self) -> Change<K> {
        if std::mem::take(&mut self.must_resynchronise) {
            return Change::Resynchronise;
        }
        match self.changes.recv().await {
            Ok(change) => change,
            Err(broadcast::error::RecvError::Lagged(_)) => {
                // What is still queued is older than the cache, which is read after this.
                self.changes = self.changes.resubscribe();
                Change::Resynchronise
            }
            Err(broadcast::error::RecvError::Closed) => std::future::pending().await,
        }
    }
}

/// What a watch reports, errors included.
type Events<K> = Result<watcher::Event<Guarded<K>>, watcher::Error>;

fn events<K>(api: Api<Guarded<K>>) -> impl Stream<Item = Events<K>> + Send
where
    K: Resource<DynamicType = ()> + Clone + Debug + DeserializeOwned + Send + Sync + 'static,
{
    let is_absent_now = Arc::new(AtomicBool::new(false));
    let backoff = WatchBackoff { failures: 0, last: None, is_absent: is_absent_now.clone() };
    let events = watcher(api, watcher::Config::default().timeout(WATCH_SECONDS));
    // The retry interval is chosen before this stream yields the error.
    events
        .inspect(move |event| is_absent_now.store(event.as_ref().is_err_and(is_absent), Ordering::Relaxed))
        .backoff(backoff)
}

/// Makes what a cache holds of an object, given what it held before.
type Trim<Read, K> = Box<dyn FnMut(Read, Option<&K>) -> K + Send>;

/// The task that fills a cache.
struct Watching<Read, K> {
    cache: Cache<K>,
    writer: Writer<K>,
    trim: Trim<Read, K>,
    /// Undecodable objects of the list under way.
    listed: BTreeMap<Arc<str>, Arc<InvalidObject>>,
}

impl<Read, K> Watching<Read, K>
where
    Read: Resource<DynamicType = ()>,
    K: CachedObject + Send + Sync + 'static,
{
    async fn run(mut self, events: impl Stream<Item = Events<Read>>) {
        let mut events = std::pin::pin!(events);
        while let Some(event) = events.next().await {
            match event {
                Ok(event) => self.take(event),
                Err(error) => self.failed(&error),
            }
        }
    }

    fn take(&mut self, event: watcher::Event<Guarded<Read>>) {
        match event {
            watcher::Event::Init => {
                self.listed.clear();
                self.writer.apply(watcher::Event::Init);
            }
            watcher::Event::InitApply(Guarded(Ok(object))) => {
                let object = self.trimmed(object);
                self.writer.apply(watcher::Event::InitApply(object));
            }
            watcher::Event::InitApply(Guarded(Err(invalid))) => {
                self.listed.insert(name_of(&invalid), Arc::new(invalid));
            }
            watcher::Event::InitDone => {
                let listed = std::mem::take(&mut self.listed);
                let mut undecodable = lock(&self.cache.undecodable);
                self.writer.apply(watcher::Event::InitDone);
                *undecodable = listed;
                drop(undecodable);
                // In this order, a reader that subscribes meanwhile resynchronises twice rather than never.
                self.cache.progress.listed(&self.cache.kind);
                self.publish(Change::Resynchronise);
            }
            watcher::Event::Apply(Guarded(Ok(object))) => {
                let object = self.trimmed(object);
                let name = object.shared_name();
                let mut undecodable = lock(&self.cache.undecodable);
                undecodable.remove(&name);
                self.writer.apply(watcher::Event::Apply(object));
                drop(undecodable);
                if let Some(object) = self.cache.get(&name) {
                    self.publish(Change::Applied(object));
                }
            }
            watcher::Event::Apply(Guarded(Err(invalid))) => {
                let (name, invalid) = (name_of(&invalid), Arc::new(invalid));
                let mut undecodable = lock(&self.cache.undecodable);
                // What it was before is no longer true.
                self.writer.remove(&name);
                undecodable.insert(name, invalid.clone());
                drop(undecodable);
                self.publish(Change::Undecodable(invalid));
            }
            watcher::Event::Delete(object) => {
                let (name, version): (Arc<str>, _) = (object.name_any().into(), Version::of(&object));
                let mut undecodable = lock(&self.cache.undecodable);
                undecodable.remove(&name);
                self.writer.remove(&name);
                drop(undecodable);
                self.publish(Change::Deleted(name, version));
            }
        }
    }

    fn trimmed(&mut self, object: Read) -> K {
        let held = self.cache.get(object.name());
        (self.trim)(object, held.as_deref())
    }

    fn failed(&self, error: &watcher::Error) {
        let kind = &self.cache.kind;
        let reason = match is_absent(error) {
            true => format!("CustomResourceDefinition {}.{} does not exist", Read::plural(&()), Read::group(&())),
            false => error.to_string(),
        };
        if self.cache.progress.not_listed(kind, &reason) {
            tracing::warn!(%kind, reason, "watch interrupted, retrying");
        }
    }

    fn publish(&self, change: Change<K>) {
        // It fails where there is no reader.
        let _ = self.cache.changes.send(change);
    }
}

/// Writers hold this lock over a change of both parts of a cache, so that [`Cache::snapshot`] sees all of it or nothing.
fn lock(undecodable: &Undecodable) -> RwLockWriteGuard<'_, BTreeMap<Arc<str>, Arc<InvalidObject>>> {
    undecodable.write().unwrap_or_else(PoisonError::into_inner)
}

fn name_of(invalid: &InvalidObject) -> Arc<str> {
    invalid.metadata.name.as_deref().unwrap_or_default().into()
}

/// Whether the API server does not serve the kind.
fn is_absent(error: &watcher::Error) -> bool {
    use watcher::Error::{InitialListFailed, WatchFailed, WatchStartFailed};
    match error {
        InitialListFailed(error) | WatchStartFailed(error) | WatchFailed(error) => {
            matches!(error, kube::Error::Api(status) if status.code == 404)
        }
        _ => false,
    }
}

/// The retry intervals of one watch.
struct WatchBackoff {
    failures: u32,
    last: Option<Instant>,
    is_absent: Arc<AtomicBool>,
}

impl Iterator for WatchBackoff {
    type Item = Duration;

    fn next(&mut self) -> Option<Duration> {
        if self.last.is_some_and(|last| last.elapsed() > RETRY_RESET) {
            self.failures = 0;
        }
        self.last = Some(Instant::now());
        if self.is_absent.load(Ordering::Relaxed) {
            return Some(jittered(RETRY_ABSENT));
        }
        let interval = retry::WATCHES.interval(self.failures);
        self.failures = self.failures.saturating_add(1);
        Some(interval)
    }
}

impl Backoff for WatchBackoff {
    fn reset(&mut self) {
        // A success between two failures may be one of many: only a longer time without failure starts from the first again.
    }
}

#[cfg(test)]
mod tests;
