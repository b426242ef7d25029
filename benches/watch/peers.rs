//! The programs that are compared: bare hyper, Gatus and blackbox_exporter, at the same rate with the same target.

use crate::process::Process;
use crate::target::Target;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

#[path = "../cost/src/bare.rs"]
mod bare;

const BARE: &str = "BENCH_BARE_URLS";

/// Whether this process was started as the bare client.
pub fn is_bare_role() -> bool {
    std::env::var(BARE).is_ok()
}

/// How the bare client starts its requests.
#[derive(Clone, Copy)]
pub enum Pace {
    /// One after the other.
    Even,
    /// Together, in slots of [`SLOT`].
    Slots,
}

/// As those of the program.
const SLOT: Duration = Duration::from_millis(50);
const SLOTS: &str = "BENCH_BARE_SLOTS";

/// Reads each address once per second by hyper and does nothing else, until killed.
pub async fn run_bare() {
    let urls: Vec<String> = std::env::var(BARE).expect("addresses").split(' ').map(String::from).collect();
    println!("running");
    match std::env::var(SLOTS) {
        Ok(_) => {
            let slots = Duration::from_secs(1).as_millis() / SLOT.as_millis();
            bare::run(&urls, SLOT, (urls.len() / slots as usize).max(1)).await;
        }
        Err(_) => bare::run_evenly(&urls).await,
    }
}

/// Starts the bare client with `count` addresses, with one request per second each.
pub fn start_bare(target: &Target, count: usize, pace: Pace) -> Process {
    let urls: Vec<String> = (0..count).map(|n| target.url(n)).collect();
    let exe = std::env::current_exe().expect("this program");
    let mut command = Command::new(exe);
    command.env(BARE, urls.join(" "));
    if matches!(pace, Pace::Slots) {
        command.env(SLOTS, "1");
    }
    Process::start_and_read_line("bare-client", &mut command).0
}

/// The path of another program: from the environment variable, or found in PATH.
pub fn find(variable: &str, name: &str) -> Option<PathBuf> {
    if let Some(path) = std::env::var_os(variable).map(PathBuf::from) {
        return path.is_file().then_some(path);
    }
    std::env::split_paths(&std::env::var_os("PATH")?).map(|dir| dir.join(name)).find(|path| path.is_file())
}

/// Starts Gatus with `count` endpoints at this interval and without a limit on concurrent reads.
pub fn start_gatus(binary: &Path, target: &Target, count: usize, interval: &str, scratch: &Path) -> Process {
    let mut config =
        format!("disable-monitoring-lock: true\nweb: {{address: 127.0.0.1, port: {}}}\nendpoints:\n", free_port());
    for n in 0..count {
        let url = target.url(n);
        let conditions = r#"["[STATUS] == 200", "[BODY].status == ok"]"#;
        writeln!(config, "- {{name: s-{n:05}, url: \"{url}\", interval: {interval}, conditions: {conditions}}}")
            .expect("text");
    }
    let path = scratch.join("gatus.yaml");
    std::fs::write(&path, config).expect("gatus.yaml");
    Process::start("gatus", Command::new(binary).env("GATUS_CONFIG_PATH", path), scratch)
}

/// Starts blackbox_exporter. Also returns the address that it listens on.
pub fn start_blackbox(binary: &Path, scratch: &Path) -> (Process, String) {
    let path = scratch.join("blackbox.yml");
    let module =
        "modules: {watch: {prober: http, timeout: 5s, http: {fail_if_body_not_matches_regexp: ['\"status\":\"ok\"']}}}";
    std::fs::write(&path, module).expect("blackbox.yml");
    let address = format!("127.0.0.1:{}", free_port());
    let mut command = Command::new(binary);
    command.arg(format!("--config.file={}", path.display())).arg(format!("--web.listen-address={address}"));
    (Process::start("blackbox", &mut command, scratch), address)
}

/// Requests each target from blackbox_exporter once per second, as Prometheus does, until dropped.
pub async fn drive_blackbox(address: &str, target: &Target, count: usize) {
    let client = reqwest::Client::new();
    let mut pace = tokio::time::interval(Duration::from_secs(1).div_f64(count as f64));
    for n in (0..count).cycle() {
        pace.tick().await;
        let request = client.get(format!("http://{address}/probe?module=watch&target={}", target.url(n))).send();
        // The request count of the target shows scrapes that fail.
        tokio::spawn(async move { request.await?.bytes().await });
    }
}

fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.local_addr().expect("an address").port()
}
