//! Writes of one object at the same time, and writes in one transaction.

use super::tests::{Directory, close, delete, key, names, put};
use super::*;
use serde_json::json;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

fn count_of(stored: Option<&StoredObject>) -> u64 {
    stored.map_or(0, |stored| stored.value()["count"].as_u64().unwrap())
}

fn counting<E>(stored: Option<&StoredObject>) -> WriteAction<E> {
    WriteAction::Put(Box::new(json!({"metadata": {"name": "a"}, "count": count_of(stored) + 1})))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_write_is_lost_among_others_of_the_same_object() {
    let directory = Directory::new();
    let (store, writer) = directory.open().unwrap();
    let evaluations = Arc::new(AtomicUsize::new(0));
    let writers: Vec<_> = (0..8)
        .map(|_| {
            let (store, evaluations) = (store.clone(), evaluations.clone());
            tokio::spawn(async move {
                let mut versions = Vec::new();
                for _ in 0..50 {
                    let evaluations = evaluations.clone();
                    let count = move |stored: Option<&StoredObject>| {
                        evaluations.fetch_add(1, Ordering::Relaxed);
                        counting::<()>(stored)
                    };
                    let written = store.write(key("a"), count).await.unwrap().unwrap();
                    versions.push((written["count"].as_u64().unwrap(), written["metadata"]["resourceVersion"].clone()));
                }
                versions
            })
        })
        .collect();
    let mut answers = Vec::new();
    for writer in writers {
        answers.extend(writer.await.unwrap());
    }
    answers.sort_by_key(|(count, _)| *count);
    // Each answer is that of the write which was stored, with its version.
    let versions: Vec<u64> = answers.iter().map(|(_, version)| version.as_str().unwrap().parse().unwrap()).collect();
    assert!(answers.iter().map(|(count, _)| *count).eq(1..=400), "{answers:?}");
    assert!(versions.windows(2).all(|two| two[0] + 1 == two[1]), "{versions:?}");
    assert!(evaluations.load(Ordering::Relaxed) <= 800);
    close(store, writer);
}

#[tokio::test]
async fn what_is_decided_again_is_what_counts() {
    let directory = Directory::new();
    let (store, writer) = directory.open().unwrap();
    put(&store, "a", 1).await.unwrap();
    // While it is decided that the object is replaced, it is replaced by another; then it is deleted instead.
    let (other, evaluations) = (store.clone(), AtomicUsize::new(0));
    let written = store.write(key("a"), move |stored| match evaluations.fetch_add(1, Ordering::Relaxed) {
        0 => {
            futures::executor::block_on(put(&other, "a", 2)).unwrap();
            counting(None)
        }
        1 => WriteAction::Delete(Box::new(stored.unwrap().value())),
        _ => WriteAction::Reject("evaluated once more"),
    });
    assert_eq!(written.await.unwrap().unwrap()["data"]["text"], "xx");
    assert!(store.get(&key("a")).is_none());
    // The same, and then it is rejected.
    let (other, evaluations) = (store.clone(), AtomicUsize::new(0));
    let written = store.write(key("a"), move |stored| match (evaluations.fetch_add(1, Ordering::Relaxed), stored) {
        (0, None) => {
            futures::executor::block_on(put(&other, "a", 3)).unwrap();
            counting(None)
        }
        (1, Some(_)) => WriteAction::Reject("exists"),
        _ => WriteAction::Reject("evaluated otherwise"),
    });
    assert_eq!(written.await.unwrap(), Err("exists"));
    assert_eq!(store.get(&key("a")).unwrap().value()["data"]["text"], "xxx");
    close(store, writer);
}

#[tokio::test]
async fn on_a_full_disk_deletions_do_not_fail_with_the_writes_of_their_transaction() {
    let directory = Directory::new();
    let file = FileOptions { pages_max: Some(40), ..directory.options() };
    let check = Box::new(|_: &Key, _: &Value| Ok(()));
    let (store, writer) = Store::open(StoreOptions { file, check, on_error: Box::new(|| ()) }).unwrap();
    for name in ["a", "b", "c", "d"] {
        put(&store, name, 20_000).await.unwrap();
    }
    // The first write takes from before the others are queued until all are, so that they share a transaction.
    let (go, going) = std::sync::mpsc::channel::<()>();
    let (begin, begun) = tokio::sync::oneshot::channel::<()>();
    let (begin, is_again, other) = (Mutex::new(Some(begin)), AtomicBool::new(false), store.clone());
    let first = store.write(key("a"), move |_| {
        if is_again.swap(true, Ordering::Relaxed) {
            begin.lock().unwrap().take().unwrap().send(()).unwrap();
            going.recv().unwrap();
        } else {
            // So that it is evaluated again, in the thread that writes.
            futures::executor::block_on(put(&other, "a", 20_000)).unwrap();
        }
        WriteAction::<()>::Delete(Box::default())
    });
    let marked = store.write(key("b"), |current| {
        let mut value = current.unwrap().value();
        value["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z".into();
        WriteAction::<()>::Put(Box::new(value))
    });
    let replaced = async {
        // Deleted and created again: that fails as a whole.
        let (deleted, created) = futures::join!(delete(&store, "c"), put(&store, "c", 200_000));
        (deleted.is_err(), created.is_err())
    };
    let brief = async {
        let (created, deleted) = futures::join!(put(&store, "e", 200_000), delete(&store, "e"));
        (created.is_ok(), deleted.is_ok())
    };
    // Decided again, on what is not stored yet.
    let is_again = AtomicBool::new(false);
    let kept = store.write(key("c"), move |current| {
        let value = Box::new(current.unwrap().value());
        if is_again.swap(true, Ordering::Relaxed) { WriteAction::<()>::Keep(value) } else { WriteAction::Put(value) }
    });
    let start = async {
        tokio::task::yield_now().await;
        go.send(()).unwrap();
    };
    let others = async {
        begun.await.unwrap();
        futures::join!(marked, replaced, brief, kept, start)
    };
    let (first, (marked, replaced, brief, kept, ())) = futures::join!(first, others);
    assert_eq!([first.is_ok(), marked.is_ok(), kept.is_ok()], [true, true, false]);
    assert_eq!((replaced, brief), ((true, true), (true, true)));
    assert_eq!(names(&store), ["b", "c", "d"]);
    assert_eq!(store.get(&key("c")).unwrap().json.size(), store.get(&key("d")).unwrap().json.size());
    close(store, writer);
    let (store, writer) = directory.open().unwrap();
    assert_eq!(names(&store), ["b", "c", "d"]);
    assert!(store.get(&key("b")).unwrap().json.get().contains("deletionTimestamp"));
    close(store, writer);
}
