//! Watching one kind: a stream of changes by name that survives relists, beside a store for readers.

use super::backoff::jittered;
use super::shared::Shared;
use futures::{Stream, StreamExt as _};
use kube::core::DeserializeGuard;
use kube::core::error_boundary::InvalidObject;
use kube::runtime::reflector::store::Writer;
use kube::runtime::utils::Backoff;
use kube::runtime::{WatchStreamExt as _, watcher};
use kube::{Api, Resource, ResourceExt as _};
use serde::de::DeserializeOwned;
use std::collections::HashSet;
use std::fmt::Debug;
use std::hash::Hash;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// The server ends a watch after this long, and it is taken up again: one whose connection died without a word is noticed then.
const WATCH_SECONDS: u32 = 50;
/// Pauses after failures in a row.
const PAUSE_FIRST: Duration = Duration::from_millis(500);
const PAUSE_MAX: Duration = Duration::from_secs(15);
/// A kind that is not served is looked for this often: somebody is likely to be installing it.
const PAUSE_ABSENT: Duration = Duration::from_secs(3);
/// After this long without a failure pauses begin small again.
const CALM: Duration = Duration::from_secs(60);

/// What happened to an object.
pub enum Change<K> {
    Applied(Box<K>),
    /// It is there but is not of the shape that this program knows.
    Undecodable(Box<InvalidObject>),
    Deleted(String),
    /// Everything that was there has been told; once for each (re)list.
    Synced,
}

/// Follows all objects of a kind in a namespace, for ever. `trim` makes the copy that the store keeps.
///
/// Errors are logged and retried with back-off; objects that went away during a gap come as deleted. `shared` is told when the
/// kind has been listed, and why it was not.
pub fn changes<K>(
    api: Api<DeserializeGuard<K>>,
    mut store: Writer<K>,
    trim: fn(&K) -> K,
    shared: Arc<Shared>,
) -> impl Stream<Item = Change<K>>
where
    K: Resource<DynamicType = ()> + Clone + Debug + DeserializeOwned + Send + Sync + 'static,
    K::DynamicType: Eq + Hash,
{
    let mut known: HashSet<String> = HashSet::new();
    let mut listed: HashSet<String> = HashSet::new();
    let absent = Arc::new(AtomicBool::new(false));
    let patience = Patience { failures: 0, last: None, absent: absent.clone() };
    let events = watcher(api, watcher::Config::default().timeout(WATCH_SECONDS));
    // The pause is chosen before this stream yields the error.
    let events = events.inspect(move |event| absent.store(event.as_ref().is_err_and(is_absent), Ordering::Relaxed));
    events.backoff(patience).flat_map(move |event| {
        let out = match event {
            Ok(watcher::Event::Init) => {
                listed.clear();
                store.apply_watcher_event(&watcher::Event::Init);
                Vec::new()
            }
            Ok(watcher::Event::InitApply(object)) => {
                listed.insert(object.name_any());
                vec![applied(object, &mut store, trim, watcher::Event::InitApply)]
            }
            Ok(watcher::Event::InitDone) => {
                store.apply_watcher_event(&watcher::Event::InitDone);
                shared.listed(&K::kind(&()));
                let gone: Vec<_> = known.difference(&listed).cloned().map(Change::Deleted).collect();
                known = std::mem::take(&mut listed);
                gone.into_iter().chain([Change::Synced]).collect()
            }
            Ok(watcher::Event::Apply(object)) => {
                known.insert(object.name_any());
                vec![applied(object, &mut store, trim, watcher::Event::Apply)]
            }
            Ok(watcher::Event::Delete(object)) => {
                let name = object.name_any();
                known.remove(&name);
                if let DeserializeGuard(Ok(object)) = object {
                    store.apply_watcher_event(&watcher::Event::Delete(object));
                }
                vec![Change::Deleted(name)]
            }
            Err(error) => {
                let kind = K::kind(&());
                let why = match is_absent(&error) {
                    true => format!("CustomResourceDefinition {}.{} is not there", K::plural(&()), K::group(&())),
                    false => error.to_string(),
                };
                if shared.not_listed(&kind, &why) {
                    tracing::warn!(%kind, why, "watch interrupted; it goes on by itself");
                }
                Vec::new()
            }
        };
        futures::stream::iter(out)
    })
}

/// Whether the API server does not know the kind.
fn is_absent(error: &watcher::Error) -> bool {
    use watcher::Error::{InitialListFailed, WatchFailed, WatchStartFailed};
    match error {
        InitialListFailed(error) | WatchStartFailed(error) | WatchFailed(error) => {
            matches!(error, kube::Error::Api(status) if status.code == 404)
        }
        _ => false,
    }
}

/// The pauses of one watch.
struct Patience {
    failures: u32,
    last: Option<Instant>,
    absent: Arc<AtomicBool>,
}

impl Iterator for Patience {
    type Item = Duration;

    fn next(&mut self) -> Option<Duration> {
        if self.last.is_some_and(|last| last.elapsed() > CALM) {
            self.failures = 0;
        }
        self.last = Some(Instant::now());
        if self.absent.load(Ordering::Relaxed) {
            return Some(jittered(PAUSE_ABSENT));
        }
        let pause = super::backoff::pause(self.failures, PAUSE_FIRST, PAUSE_MAX);
        self.failures = self.failures.saturating_add(1);
        Some(pause)
    }
}

impl Backoff for Patience {
    fn reset(&mut self) {
        // A success between two failures may be one of many: only calm makes pauses small again.
    }
}

fn applied<K>(
    object: DeserializeGuard<K>,
    store: &mut Writer<K>,
    trim: fn(&K) -> K,
    event: fn(K) -> watcher::Event<K>,
) -> Change<K>
where
    K: Resource<DynamicType = ()> + Clone,
{
    match object.0 {
        Ok(object) => {
            store.apply_watcher_event(&event(trim(&object)));
            Change::Applied(Box::new(object))
        }
        Err(invalid) => Change::Undecodable(Box::new(invalid)),
    }
}
