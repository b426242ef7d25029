//! Measures the performance goals, as absolute values and as ratios to other programs, and prints a table. Run it with `benches/run`.
//!
//! For a shorter run, set BENCH_SCENARIOS (default 10000), BENCH_PACE (default 1000 probes per second) and BENCH_SECONDS (default
//! 30, for each window). GATUS and BLACKBOX_EXPORTER are the paths of the other programs if they are not in PATH. If one is missing,
//! the table says so instead of the ratio. BENCH_PARTS names the parts, separated by commas: probes, many, nine, notices, advice,
//! facade, latency, growth; all but the last two by default. BINARY is the program, by default the one that Cargo builds for benchmarks,
//! which has features of the tests. BENCH_REQUESTS (default 1000) is the number of requests for each list of
//! facade.
#![allow(clippy::expect_used, clippy::panic, reason = "a measurement that fails panics")]
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "the output is a table")]

mod advice;
mod facade;
mod growth;
mod latency;
mod mail;
mod model;
mod notices;
mod ours;
mod panel;
mod peers;
mod probes;
mod process;
mod target;

use agentic_ops::cli::demo::estate::Estate;
use ours::Ours;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;
use target::Target;

/// Writes of freshness start one minute after the program; after two minutes, runs are spread evenly.
const AT_REST: Duration = Duration::from_secs(125);

/// One row of the table.
struct Line {
    goal: &'static str,
    what: &'static str,
    expected: String,
    measured: String,
}

fn main() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    if target::is_role() {
        return runtime.block_on(target::serve());
    }
    if peers::is_bare_role() {
        return runtime.block_on(peers::run_bare());
    }
    runtime.block_on(run());
}

async fn run() {
    let bench = Bench {
        target: Target::start(),
        scratch: Scratch::new(),
        window: Duration::from_secs(number("BENCH_SECONDS", 30) as u64),
        many: number("BENCH_SCENARIOS", 10_000),
        pace: number("BENCH_PACE", 1_000),
        gatus: peers::find("GATUS", "gatus"),
        blackbox: peers::find("BLACKBOX_EXPORTER", "prometheus-blackbox-exporter"),
    };
    let parts = std::env::var("BENCH_PARTS").unwrap_or_else(|_| "probes,many,nine,notices,advice,facade".into());
    let mut lines = Vec::new();
    for part in parts.split(',') {
        lines.extend(match part {
            "probes" => bench.cost_of_a_probe().await,
            "many" => bench.many_scenarios().await,
            "nine" => bench.the_nine().await,
            "notices" => bench.all_fail_at_once().await,
            "advice" => bench.advice().await,
            "facade" => bench.lists_of_the_facade().await,
            "latency" => bench.latency_in_slots().await,
            "growth" => bench.growth().await,
            other => {
                panic!("BENCH_PARTS: {other:?} is none of probes, many, nine, notices, advice, facade, latency, growth")
            }
        });
    }
    println!("\n| | goal | expected | measured |\n|---|---|---|---|");
    for Line { goal, what, expected, measured } in lines {
        println!("| {goal} | {what} | {expected} | {measured} |");
    }
}

struct Bench {
    target: Target,
    scratch: Scratch,
    window: Duration,
    many: usize,
    /// Number of Scenarios in the comparison of the cost per probe, each with one probe per second.
    pace: usize,
    gatus: Option<PathBuf>,
    blackbox: Option<PathBuf>,
}

impl Bench {
    /// P3, P4, P5 and P9.
    async fn many_scenarios(&self) -> Vec<Line> {
        let many = self.many;
        step(&format!("{many} Scenarios"));
        let data = self.scratch.dir("many");
        ours::fill(&data, &self.target, many, "60s").await;
        let program = self.start(&data);
        let pass = program.until("agentic_ops_runs_total", many as f64).await;
        step(&format!("  first pass in {:.2} s", pass.as_secs_f64()));
        tokio::time::sleep(AT_REST.saturating_sub(program.started.elapsed())).await;
        let at_rest = self.writes_at_rest(&program).await;
        let resident = program.process.resident_mib();
        step(&format!("  {resident:.0} MiB resident"));
        program.process.stop();
        let before = ours::version(&data);
        let program = self.start(&data);
        let ready = program.until_ready().await;
        program.until("agentic_ops_runs_total", many as f64).await;
        program.process.stop();
        let wrote = if ours::version(&data) == before { "no writes" } else { "WRITES" };
        let mut gatus = None;
        if let Some(binary) = &self.gatus {
            step("  Gatus with the same number");
            let count = self.target.count().await;
            let process = peers::start_gatus(binary, &self.target, many, "60s", &self.scratch.0);
            while self.target.count().await - count < many as u64 {
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
            gatus = Some(process.resident_mib());
        }
        let memory = match gatus {
            Some(gatus) => format!("{resident:.0} MiB (Gatus {gatus:.0} MiB)"),
            None => format!("{resident:.0} MiB; Gatus is not installed"),
        };
        let line = |goal, what, expected: &str, measured| Line { goal, what, expected: expected.into(), measured };
        vec![
            line("P3", "resident memory", "≤ 85 MiB", memory),
            line(
                "P4",
                "first full pass, from the start of the process",
                "≤ 8 s",
                format!("{:.2} s", pass.as_secs_f64()),
            ),
            line("P5", "API writes per probe at rest", "≤ 0.02", at_rest),
            line("P9", "restart to reconciled", "≤ 3 s, no writes", format!("{:.2} s, {wrote}", ready.as_secs_f64())),
        ]
    }

    async fn writes_at_rest(&self, program: &Ours) -> String {
        let both = async || {
            let writes = program.metric("agentic_ops_api_writes_total").await.expect("it answers");
            (writes, program.metric("agentic_ops_runs_total").await.expect("it answers"))
        };
        let (writes, runs) = both().await;
        tokio::time::sleep(self.window.max(Duration::from_secs(20))).await;
        let (more_writes, more_runs) = both().await;
        let (writes, runs) = (more_writes - writes, more_runs - runs);
        format!("{:.3} ({writes:.0} writes, {runs:.0} probes)", writes / runs)
    }

    /// P10: the unmodified registry with a simulated estate.
    async fn the_nine(&self) -> Vec<Line> {
        step("the nine Scenarios");
        let data = self.scratch.dir("nine");
        let estate = Estate::start(&data, ([127, 0, 0, 1], 0).into()).await.expect("an estate");
        let registry = Path::new(env!("CARGO_MANIFEST_DIR")).join("registry.yaml");
        let program = Ours::start(&data, &registry, &estate.settings(), &self.scratch.0);
        let first = program.until("agentic_ops_probe_duration_seconds_count", 1.0).await;
        program.until("agentic_ops_runs_total", 9.0).await;
        tokio::time::sleep(self.window).await;
        let resident = program.process.resident_mib();
        program.process.stop();
        estate.shutdown().await;
        let line = |what, expected: &str, measured| Line { goal: "P10", what, expected: expected.into(), measured };
        vec![
            line("standalone with the nine Scenarios: resident memory", "≤ 40 MiB", format!("{resident:.1} MiB")),
            line(
                "standalone with the nine Scenarios: first probe after",
                "≤ 1 s",
                format!("{:.2} s", first.as_secs_f64()),
            ),
        ]
    }

    fn start(&self, data: &Path) -> Ours {
        self.start_with(data, Vec::new())
    }

    fn start_with(&self, data: &Path, settings: Vec<(String, String)>) -> Ours {
        // No Scenario here uses these settings. They are set so that their defaults are never contacted.
        let names = ["OLLAMA_BASE_URL", "OPENPANEL_BRIDGE_URL", "DESK_API_URL", "WIZARD_API_URL", "WIZARD_PORTAL_URL"];
        let nowhere = names.map(|name| (name.to_string(), "http://127.0.0.1:9".to_string()));
        let mut all = BTreeMap::from(nowhere);
        all.extend(settings);
        Ours::start(data, &data.join("registry.yaml"), &all, &self.scratch.0)
    }
}

/// A temporary directory, removed when dropped.
struct Scratch(PathBuf);

impl Scratch {
    fn new() -> Scratch {
        let path = std::env::temp_dir().join(format!("agentic-ops-bench-{}", std::process::id()));
        std::fs::create_dir_all(&path).expect("a directory");
        Scratch(path)
    }

    fn dir(&self, name: &str) -> PathBuf {
        let path = self.0.join(name);
        std::fs::create_dir_all(&path).expect("a directory");
        path
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn step(what: &str) {
    eprintln!("{what}");
}

fn number(name: &str, default: usize) -> usize {
    std::env::var(name)
        .map_or(default, |value| value.parse().unwrap_or_else(|_| panic!("{name}={value:?}: not a number")))
}
