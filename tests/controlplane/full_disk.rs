//! A disk that is full indeed: a small file system in memory. Root only.

use super::server::{CONFIGMAPS, Server, configmap};
use crate::kit::api::NAMESPACE;
use crate::kit::ports;
use crate::kit::scratch::Scratch;
use crate::kit::wait::until;
use agentic_ops::controlplane::{self, DataDir, StoreConfig};
use http::StatusCode;
use std::io::Write as _;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::Command;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

/// A small file system, unmounted when dropped.
struct Disk {
    scratch: Scratch,
    /// Where the server listens, also after a restart: the kubeconfig can't be written while the disk is full.
    listen: OnceLock<SocketAddr>,
}

impl Disk {
    /// `None` without the right to mount one.
    fn new(mebibytes: u32) -> Option<Disk> {
        let disk = Disk { scratch: Scratch::new("disk"), listen: OnceLock::new() };
        let size = format!("size={mebibytes}m");
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", &size, "tmpfs"]).arg(&disk.scratch.0);
        let is_mounted = mount.output().is_ok_and(|output| output.status.success());
        if !is_mounted {
            eprintln!("skipped: a file system can't be mounted");
        }
        is_mounted.then_some(disk)
    }

    fn ballast(&self) -> PathBuf {
        self.scratch.0.join("ballast")
    }

    /// Takes all space that is left.
    fn fill(&self) {
        let mut file = std::fs::File::options().create(true).append(true).open(self.ballast()).unwrap();
        while file.write(&[b'x'; 4096]).is_ok() {}
    }

    fn data(&self) -> PathBuf {
        self.scratch.0.join("data")
    }

    async fn try_start(&self) -> Result<controlplane::Running, controlplane::StartError> {
        let store = StoreConfig::default();
        controlplane::start(controlplane::Config {
            data_dir: DataDir::prepare(&self.data())?,
            listen: self.listen.get().copied().unwrap_or_else(ports::any),
            crds: Vec::new(),
            namespace: NAMESPACE.into(),
            event_ttl: Duration::from_secs(3600),
            store,
            limits: controlplane::Limits::default(),
            report: Arc::new(|_, _| {}),
            reserved_annotations: Vec::new(),
        })
        .await
    }

    async fn start(&self) -> Server {
        let running = self.try_start().await.unwrap();
        self.listen.get_or_init(|| running.address);
        let link = Scratch::new("link");
        std::os::unix::fs::symlink(self.data().join("kubeconfig"), link.0.join("kubeconfig")).unwrap();
        Server::of(running, link).await
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let unmounted = Command::new("umount").arg("-l").arg(&self.scratch.0).status();
        drop(unmounted);
    }
}

/// Creates objects of this size until one is refused. Returns their names.
async fn create_all(server: &Server, prefix: &str, size: usize) -> Vec<String> {
    let mut names = Vec::new();
    loop {
        let name = format!("{prefix}{}", names.len());
        let answer = server.post(CONFIGMAPS, &configmap(&name, &"x".repeat(size))).await;
        if answer.code != StatusCode::CREATED {
            assert!(answer.message().contains("cannot write to the store: database or disk is full"), "{answer:?}");
            return names;
        }
        names.push(name);
        assert!(names.len() < 5_000);
    }
}

async fn delete(server: &Server, name: &str) {
    let answer = server.delete(&format!("{CONFIGMAPS}/{name}")).await;
    assert_eq!(answer.code, StatusCode::OK, "{name}: {answer:?}");
}

async fn names(server: &Server) -> usize {
    server.get(CONFIGMAPS).await.body["items"].as_array().unwrap().len()
}

async fn is_writable(server: &Server) {
    until("the store can be written", async || server.running().store.state().write_error.is_none()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disk_that_the_objects_filled_is_used_again_once_objects_are_deleted() {
    for size in [10, 18] {
        let Some(disk) = Disk::new(size) else { return };
        let mut server = disk.start().await;
        for round in 0..3 {
            let mut made = create_all(&server, &format!("large{round}-"), 60_000).await;
            made.extend(create_all(&server, &format!("small{round}-"), 6_000).await);
            assert!(made.len() > 20, "{}", made.len());
            let found = names(&server).await;
            if round == 1 {
                // Also after a start on the full disk.
                server.stop().await;
                server = disk.start().await;
                assert_eq!(names(&server).await, found);
            }
            // A few make room for as many, at once.
            for name in &made[..6] {
                delete(&server, name).await;
            }
            for name in &made[..4] {
                let answer = server.post(CONFIGMAPS, &configmap(name, &"y".repeat(60_000))).await;
                assert_eq!(answer.code, StatusCode::CREATED, "{name} on {size} MiB, round {round}: {answer:?}");
            }
            let answer = server.delete(&format!("{CONFIGMAPS}?labelSelector=!keep")).await;
            assert_eq!(answer.code, StatusCode::OK, "{answer:?}");
            assert_eq!(names(&server).await, 0);
            is_writable(&server).await;
        }
        server.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn objects_are_deleted_and_replaced_on_a_disk_that_others_filled() {
    let Some(disk) = Disk::new(32) else { return };
    let mut server = disk.start().await;
    for i in 0..100 {
        let answer = server.post(CONFIGMAPS, &configmap(&format!("c{i}"), &"x".repeat(30_000))).await;
        assert_eq!(answer.code, StatusCode::CREATED);
    }
    for round in 0..3 {
        disk.fill();
        create_all(&server, &format!("more{round}-"), 20_000).await;
        disk.fill();
        if round == 2 {
            server.stop().await;
            disk.fill();
            server = disk.start().await;
        }
        for i in 0..20 {
            delete(&server, &format!("c{}", round * 20 + i)).await;
        }
        disk.fill();
        // The space of the deleted ones, though the disk has none.
        for i in 0..10 {
            let answer = server.post(CONFIGMAPS, &configmap(&format!("new{round}-{i}"), &"y".repeat(30_000))).await;
            assert_eq!(answer.code, StatusCode::CREATED, "round {round}: {answer:?}");
        }
    }
    std::fs::remove_file(disk.ballast()).unwrap();
    is_writable(&server).await;
    until("the reserve is there again", async || disk.data().join("reserve").exists()).await;
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_first_start_on_a_full_disk_says_so_and_harms_no_later_one() {
    let Some(disk) = Disk::new(16) else { return };
    std::fs::create_dir(disk.data()).unwrap();
    disk.fill();
    let blocks = std::fs::metadata(disk.ballast()).unwrap().len() / 4096;
    // With as many blocks free as the start comes further with.
    for free in [0, 1, 2, 3, 4, 6, 8, 10, 12, 14, 16, 20, 24, 28, 32, 64, 256, 700] {
        let file = std::fs::File::options().write(true).open(disk.ballast()).unwrap();
        file.set_len((blocks - free) * 4096).unwrap();
        match disk.try_start().await {
            Ok(running) => running.shutdown().await,
            Err(error) => {
                let error = error.to_string();
                let says = error.contains("disk is full") || error.contains("No space left on device");
                assert!(says && error.contains("data/"), "with {free} blocks: {error}");
            }
        }
    }
    std::fs::remove_file(disk.ballast()).unwrap();
    let server = disk.start().await;
    is_writable(&server).await;
    assert_eq!(server.post(CONFIGMAPS, &configmap("a", "x")).await.code, StatusCode::CREATED);
    server.stop().await;
}
