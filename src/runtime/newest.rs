//! Objects as they were last seen or written: a cache shows a write only some time after it was made.

use super::version::{Version, is_older};
use super::watch::Cache;
use kube::{Resource, ResourceExt as _};
use std::collections::HashMap;
use std::fmt::Debug;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A cache, and what was written and is not in it yet. Clones share it.
#[derive(Clone)]
pub struct Newest<K: Resource<DynamicType = ()> + 'static> {
    cache: Cache<K>,
    written: Arc<Mutex<HashMap<String, Arc<K>>>>,
}

impl<K> Newest<K>
where
    K: Resource<DynamicType = ()> + Clone + Debug + serde::de::DeserializeOwned + Send + Sync + 'static,
{
    pub fn new(cache: Cache<K>) -> Newest<K> {
        Newest { cache, written: Arc::default() }
    }

    /// The newest version that was seen or written.
    pub fn get(&self, name: &str) -> Option<Arc<K>> {
        let cached = self.cache.get(name);
        let mut all = self.written();
        let Some(written) = all.get(name) else { return cached };
        match cached {
            Some(cached) if !is_older(Version::of(&*cached), Version::of(&**written)) => {
                all.remove(name);
                Some(cached)
            }
            _ => Some(written.clone()),
        }
    }

    /// The API server answered a write with this.
    pub fn wrote(&self, object: Arc<K>) {
        self.written().insert(object.name_any(), object);
    }

    /// The object was deleted, or may have been.
    pub fn forget(&self, name: &str) {
        self.written().remove(name);
    }

    /// Everything is read anew.
    pub fn forget_all(&self) {
        self.written().clear();
    }

    /// All names in the cache.
    pub fn names(&self) -> Vec<String> {
        self.cache.objects().iter().map(|object| object.name_any()).collect()
    }

    fn written(&self) -> MutexGuard<'_, HashMap<String, Arc<K>>> {
        self.written.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
