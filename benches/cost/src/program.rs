//! The programs that are counted, and their windows.

use crate::callgrind::{Counted, Counts, PROFILE, corrected};
use crate::target::Target;
use std::fmt::Write as _;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// The two numbers of probes a second. What does not depend on probes is the same for both, and is not in their difference.
pub const RATES: [usize; 2] = [20, 120];
/// Each program is counted for so long.
const WINDOW: Duration = Duration::from_secs(20);
/// The interval of each Scenario in seconds, which is also the timeout of its probe: long for a program that Callgrind slows down.
const INTERVAL: usize = 2;
/// Before the program is counted. It compares its registry with the API some seconds after its start, and a minute later again, which
/// takes longer with more Scenarios: the window is between.
const BEFORE: usize = 12;
/// Seconds before it is stopped for the first time, and before the bare client is counted.
const SHORT: usize = 3;
/// Seconds of counting that do not count: Callgrind translates the program anew, which keeps it from answering for a moment.
const TRANSLATING: usize = 4;
/// A program that does not get so far in this time is broken.
const START_MAX: Duration = Duration::from_secs(300);
/// Settings of the program that name targets: it must contact none of them.
const SETTINGS: [&str; 9] = [
    "OLLAMA_BASE_URL",
    "OPENPANEL_BRIDGE_URL",
    "DESK_API_URL",
    "WIZARD_API_URL",
    "WIZARD_PORTAL_URL",
    "PROXMOX_API_URL",
    "PFSENSE_API_URL",
    "ODOO_URL",
    "FOSS_URL",
];
const AGENT: &str = "apiVersion: agentic.ligbox.io/v1alpha1
kind: Agent
metadata: {name: maestro}
spec: {id: A0, displayName: Maestro, codename: orchestrator, tier: T1, inboxRoles: [agentic_operator], persona: Maestro}
";

/// A directory that is removed when dropped.
pub struct Scratch(PathBuf);

impl Scratch {
    pub fn new(name: &str) -> Scratch {
        let path = std::env::temp_dir().join(format!("probe-cost-{}-{name}", std::process::id()));
        fs::create_dir_all(&path).expect("a directory");
        Scratch(path)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Counts the program with so many probes a second. `profile`: where what Callgrind wrote is kept.
pub async fn count_program(program: PathBuf, rate: usize, profile: Option<PathBuf>) -> Counts {
    let scratch = Scratch::new(&format!("program-{rate}"));
    let target = Target::start().await;
    fill(&program, &scratch.0, &target, rate * INTERVAL).await;
    // Nothing is removed where the registry is empty, and a restart writes nothing.
    fs::write(scratch.0.join("registry.yaml"), "").expect("registry.yaml");
    let counted = Counted::start(&mut standalone(&program, &scratch.0), &scratch.0);
    let counts = window(counted, &target, rate, BEFORE).await;
    if let Some(profile) = profile {
        let text = fs::read_to_string(scratch.0.join(PROFILE)).expect("a profile");
        fs::write(profile, corrected(&text)).expect("a copy of the profile");
    }
    counts
}

/// Counts the bare client with so many requests a second.
pub async fn count_bare(rate: usize) -> Counts {
    let scratch = Scratch::new(&format!("bare-{rate}"));
    let target = Target::start().await;
    let mut bare = Command::new(std::env::current_exe().expect("this program"));
    bare.arg("bare").args(target.urls(rate));
    let counted = Counted::start(&mut bare, &scratch.0);
    window(counted, &target, rate, SHORT).await
}

/// Counts a program that sends so many requests a second, so many seconds after the first.
async fn window(mut counted: Counted, target: &Target, rate: usize, after: usize) -> Counts {
    reach(target, target.count() + (rate * after) as u64, || counted.is_running()).await;
    counted.count(true);
    reach(target, target.count() + (rate * TRANSLATING) as u64, || counted.is_running()).await;
    counted.begin();
    let before = target.count();
    tokio::time::sleep(WINDOW).await;
    let requests = (target.count() - before) as f64;
    counted.count(false);
    let expected = rate as f64 * WINDOW.as_secs_f64();
    assert!(requests > 0.9 * expected, "{requests} requests, not {expected}: the machine is too slow");
    Counts { requests, ..counted.end() }
}

/// Waits for so many requests.
async fn reach(target: &Target, count: u64, mut is_running: impl FnMut() -> bool) {
    let since = Instant::now();
    while target.count() < count {
        assert!(is_running(), "the program ended");
        assert!(since.elapsed() < START_MAX, "the program does not read its targets");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Makes the data directory with Scenarios that have run.
async fn fill(program: &Path, data: &Path, target: &Target, count: usize) {
    let mut registry = AGENT.to_string();
    for (n, url) in target.urls(count).iter().enumerate() {
        write!(registry, "---\n{}", scenario(n, url)).expect("text");
    }
    fs::write(data.join("registry.yaml"), registry).expect("registry.yaml");
    let settings = SETTINGS.map(|name| format!("{name}=http://127.0.0.1:9\n")).concat();
    fs::write(data.join("cost.env"), settings).expect("cost.env");
    let log = File::create(data.join("fill.log")).expect("a log");
    let mut command = standalone(program, data);
    command.stdin(Stdio::null()).stdout(log.try_clone().expect("a log")).stderr(log);
    let mut running = command.spawn().unwrap_or_else(|error| panic!("{}: {error}", program.display()));
    reach(target, (count * SHORT) as u64, || running.try_wait().is_ok_and(|ended| ended.is_none())).await;
    Command::new("kill").args(["-TERM", &running.id().to_string()]).status().expect("kill");
    running.wait().expect("its end");
}

fn scenario(n: usize, url: &str) -> String {
    format!(
        "apiVersion: agentic.ligbox.io/v1alpha1
kind: Scenario
metadata: {{name: s-{n:05}}}
spec:
  title: Serviço {n}
  agent: maestro
  severity: critical
  interval: {INTERVAL}s
  thresholds: {{fail: 10}}
  runbook: {{spec: site, section: Como reparar}}
  probes: [{{name: site, http: {{url: \"{url}\"}}}}]
  checks:
  - {{name: status, expect: \"probes.site.status == 200\"}}
  - {{name: body, requires: [status], expect: 'probes.site.json.status == \"ok\"'}}
"
    )
}

fn standalone(program: &Path, data: &Path) -> Command {
    let mut command = Command::new(program);
    command.arg("standalone").arg("--registry").arg(data.join("registry.yaml")).arg("--data").arg(data.join("data"));
    command.arg("--env-file").arg(data.join("cost.env"));
    command.args(["--listen", "127.0.0.1:0", "--kube-listen", "127.0.0.1:0"]);
    command
}
