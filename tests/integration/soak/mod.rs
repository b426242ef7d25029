//! A long run of standalone under attack, started by `tests/soak`: hung targets, slow clients, new keys, hostile expressions and a full
//! disk in turn. Under each, the nine Scenarios of the registry are judged rightly; in the end memory is what it was.

mod attack;

use crate::kit::process::{self, Process};
use crate::kit::scratch::Scratch;
use crate::kit::wait::{succeeds, until};
use crate::kit::{api, ports};
use agentic_ops::api::{Finding, Health, Scenario};
use agentic_ops::cli::demo::estate::Estate;
use attack::{ATTACKS, Attack};
use kube::{Api, Client, ResourceExt as _};
use std::fmt::Write as _;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Attacks, one after the other: six rounds of all.
const ROUNDS: usize = 6;
/// Memory in the end, relative to that after the first round.
const GROWTH_MAX: f64 = 1.10;

/// The program under attack.
struct Soak {
    program: Process,
    estate: Estate,
    client: Client,
    /// On a small file system.
    data: PathBuf,
    address: SocketAddr,
    kube: SocketAddr,
    _scratch: Scratch,
}

impl Soak {
    async fn start(data: PathBuf) -> Soak {
        let scratch = Scratch::new("soak");
        let estate = Estate::start(&scratch.0, ports::any()).await.unwrap();
        let mut settings = "AGENTIC_INTERVAL_SEC=2\n".to_string();
        for (name, value) in estate.settings() {
            let _ = writeln!(settings, "{name}={value}");
        }
        let settings = scratch.file("settings.env", &settings);
        let registry = Path::new(env!("CARGO_MANIFEST_DIR")).join("registry.yaml");
        let (address, kube) = (ports::lasting(), ports::lasting());
        let mut command = process::command(["standalone", "--env-file", &settings]);
        command.arg("--registry").arg(registry).arg("--data").arg(&data);
        command.args(["--listen", &address.to_string(), "--kube-listen", &kube.to_string()]);
        let program = Process::spawn("standalone", &scratch, command);
        until("readiness", async || ready(address).await == Some(200)).await;
        let client = api::client(&data.join("kubeconfig")).await;
        Soak { program, estate, client, data, address, kube, _scratch: scratch }
    }

    fn scenarios(&self) -> Api<Scenario> {
        Api::namespaced(self.client.clone(), api::NAMESPACE)
    }

    /// Whether the nine Scenarios have these Findings open and no others.
    async fn open_are(&self, expected: &[&str]) -> Result<(), String> {
        let findings: Api<Finding> = Api::namespaced(self.client.clone(), api::NAMESPACE);
        let findings = findings.list(&Default::default()).await.map_err(|e| e.to_string())?;
        let is_open = |f: &&Finding| f.status.as_ref().and_then(|s| s.phase).is_some_and(|phase| phase.is_active());
        let of_nine =
            findings.iter().filter(is_open).map(|f| f.spec.scenario.as_str()).filter(|s| !attack::is_of_attack(s));
        let open: Vec<&str> = of_nine.collect();
        if open == expected { Ok(()) } else { Err(format!("open are {open:?}")) }
    }

    /// A part of the estate breaks and heals: its Finding opens and resolves.
    async fn is_judged_rightly(&self) {
        self.estate.break_part("quorum").unwrap();
        succeeds("the Finding to open", async || self.open_are(&["proxmox.cluster"]).await).await;
        self.estate.heal_all();
        succeeds("the Finding to resolve", async || self.open_are(&[]).await).await;
    }

    /// The nine are healthy.
    async fn is_healthy(&self) {
        succeeds("the nine to be healthy", async || {
            let scenarios = self.scenarios().list(&Default::default()).await.map_err(|e| e.to_string())?;
            let healthy = |s: &&Scenario| s.status.as_ref().and_then(|s| s.health) == Some(Health::Healthy);
            let count = scenarios.iter().filter(healthy).filter(|s| !attack::is_of_attack(&s.name_any())).count();
            if count == 9 { Ok(()) } else { Err(format!("{count} are healthy")) }
        })
        .await;
    }

    async fn under(&self, attack: Attack, time: Duration) {
        let end = Instant::now() + time;
        let held = attack.begin(self).await;
        let mut judged = 0;
        while judged == 0 || Instant::now() < end {
            // Once in a round: the store keeps the room that its objects took, and would fill the disk itself.
            if attack == Attack::FullDisk && judged == 0 {
                attack::fill_disk_and_free_it(self).await;
            }
            self.is_judged_rightly().await;
            judged += 1;
        }
        let resident = self.program.resident_mib();
        attack.end(self).await;
        drop(held);
        println!("{attack:?}: a target broke and healed {judged} times, as found; {resident:.0} MiB resident");
    }
}

/// The status of `/readyz`.
async fn ready(address: SocketAddr) -> Option<u16> {
    let client = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(5)).build().unwrap();
    Some(client.get(format!("http://{address}/readyz")).send().await.ok()?.status().as_u16())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes an hour and a small file system: run tests/soak"]
async fn an_hour_under_attack() {
    let data = PathBuf::from(std::env::var_os("SOAK_DATA").expect("SOAK_DATA, set by tests/soak"));
    let seconds: f64 = std::env::var("SOAK_SECONDS").ok().and_then(|text| text.parse().ok()).unwrap_or(3600.0);
    let time = Duration::from_secs_f64(seconds / (ROUNDS * ATTACKS.len()) as f64);
    let soak = Soak::start(data).await;
    let mut after_first = 0.0;
    for round in 1..=ROUNDS {
        for attack in ATTACKS {
            soak.under(attack, time).await;
        }
        soak.is_healthy().await;
        let resident = soak.program.resident_mib();
        println!("round {round} of {ROUNDS}: the nine are healthy; {resident:.0} MiB resident");
        if round == 1 {
            after_first = resident;
        }
    }
    // Freed memory is given back a while after.
    let most = after_first * GROWTH_MAX;
    succeeds("memory as after the first round", async || {
        let resident = soak.program.resident_mib();
        if resident <= most {
            Ok(())
        } else {
            Err(format!("{resident:.1} MiB, {after_first:.1} after the first round"))
        }
    })
    .await;
}
