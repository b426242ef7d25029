//! A disk that is full indeed: a small file system in memory. Root only.

use super::tests::{Directory, close, delete, put};
use super::*;
use std::path::PathBuf;
use std::process::Command;

/// A small file system, unmounted when dropped.
struct Disk(Directory);

impl Disk {
    /// `None` without the right to mount one.
    fn new(kibibytes: u32) -> Option<Disk> {
        let disk = Disk(Directory::new());
        let size = format!("size={kibibytes}k");
        let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", &size, "tmpfs"]).arg(disk.path()).output();
        let is_mounted = mounted.is_ok_and(|output| output.status.success());
        if !is_mounted {
            eprintln!("skipped: a file system can't be mounted");
        }
        is_mounted.then_some(disk)
    }

    fn path(&self) -> PathBuf {
        self.0.0.clone()
    }
}

/// Stores objects of this size until one is refused. Returns their names.
async fn put_all(store: &Store, prefix: &str, size: usize) -> Vec<String> {
    let mut names = Vec::new();
    loop {
        let name = format!("{prefix}{}", names.len());
        if let Err(error) = put(store, &name, size).await {
            assert_eq!(error.to_string(), "cannot write to the store: database or disk is full");
            return names;
        }
        names.push(name);
        assert!(names.len() < 5_000);
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let unmounted = Command::new("umount").arg("-l").arg(self.path()).status();
        drop(unmounted);
    }
}

#[tokio::test]
async fn space_of_deleted_objects_is_used_again_whenever_the_store_is_checked() {
    const DELETED: usize = 6;
    // The check may come before and among the deletions, or not at all.
    for checked_after in [0, 3, 7] {
        for kibibytes in [10_000, 10_700] {
            let Some(disk) = Disk::new(kibibytes) else { return };
            let (mut store, mut writer) = disk.0.open().unwrap();
            for restarts in [false, true] {
                let mut made = put_all(&store, &format!("large{restarts}-"), 60_000).await;
                made.extend(put_all(&store, &format!("small{restarts}-"), 6_000).await);
                if restarts {
                    close(store, writer);
                    (store, writer) = disk.0.open().unwrap();
                }
                for (i, name) in made[..DELETED].iter().enumerate() {
                    if i == checked_after {
                        store.check().await.unwrap();
                    }
                    delete(&store, name).await.unwrap();
                }
                for name in &made[..DELETED - 2] {
                    let result = put(&store, name, 60_000).await;
                    let case = format!("{name} on {kibibytes} KiB, checked after {checked_after}: {result:?}");
                    assert!(result.is_ok(), "{case}");
                }
                for name in &made {
                    delete(&store, name).await.unwrap();
                }
                store.check().await.unwrap();
                assert!(!store.status().is_failing());
            }
            close(store, writer);
        }
    }
}
