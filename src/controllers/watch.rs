//! Watching one kind: a stream of changes by name that survives relists, beside a store for readers.

use futures::{Stream, StreamExt as _};
use kube::core::DeserializeGuard;
use kube::core::error_boundary::InvalidObject;
use kube::runtime::reflector::store::Writer;
use kube::runtime::{WatchStreamExt as _, watcher};
use kube::{Api, Resource, ResourceExt as _};
use serde::de::DeserializeOwned;
use std::collections::HashSet;
use std::fmt::Debug;
use std::hash::Hash;

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
/// Errors are logged and retried with back-off; objects that went away during a gap come as deleted.
pub fn changes<K>(
    api: Api<DeserializeGuard<K>>,
    mut store: Writer<K>,
    trim: fn(&K) -> K,
) -> impl Stream<Item = Change<K>>
where
    K: Resource<DynamicType = ()> + Clone + Debug + DeserializeOwned + Send + Sync + 'static,
    K::DynamicType: Eq + Hash,
{
    let mut known: HashSet<String> = HashSet::new();
    let mut listed: HashSet<String> = HashSet::new();
    watcher(api, watcher::Config::default()).default_backoff().flat_map(move |event| {
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
                tracing::warn!(kind = %K::kind(&()), %error, "watch interrupted; it goes on by itself");
                Vec::new()
            }
        };
        futures::stream::iter(out)
    })
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
