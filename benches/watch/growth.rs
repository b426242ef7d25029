//! How cost and memory grow with the number of Scenarios, all of which together are probed 100 times a second.

use crate::{AT_REST, Bench, Line, ours, step};
use std::time::Duration;

/// The number of Scenarios, and their interval.
const SIZES: [(usize, &str); 4] = [(100, "1s"), (1_000, "10s"), (10_000, "100s"), (30_000, "300s")];

impl Bench {
    pub async fn growth(&self) -> Vec<Line> {
        let mut lines = Vec::new();
        for (count, interval) in SIZES {
            let measured = self.with(count, interval).await;
            step(&format!("{count} Scenarios: {measured}"));
            lines.push(Line {
                goal: "growth",
                what: "100 probes a second",
                expected: format!("{count} Scenarios"),
                measured,
            });
        }
        lines
    }

    async fn with(&self, count: usize, interval: &str) -> String {
        let data = self.scratch.dir(&format!("growth-{count}"));
        ours::fill(&data, &self.target, count, interval).await;
        let program = self.start(&data);
        let pass = program.until("agentic_ops_runs_total", count as f64).await;
        tokio::time::sleep(AT_REST.saturating_sub(program.started.elapsed())).await;
        let (probes, seconds) = (self.target.count().await, program.process.cpu_seconds());
        tokio::time::sleep(self.window.max(Duration::from_secs(20))).await;
        let probes = (self.target.count().await - probes) as f64;
        let each = (program.process.cpu_seconds() - seconds) / probes * 1e3;
        let resident = program.process.resident_mib();
        program.process.stop();
        let program = self.start(&data);
        let ready = program.until_ready().await;
        let restart = program.until("agentic_ops_runs_total", count as f64).await;
        let peak = program.process.peak_mib();
        let stopped = program.process.stop();
        let _ = std::fs::remove_dir_all(data);
        let [pass, ready, restart, stopped] = [pass, ready, restart, stopped].map(|time| time.as_secs_f64());
        format!(
            "{each:.3} ms of CPU for a probe, {resident:.0} MiB, first pass {pass:.2} s; after a restart ready {ready:.2} s, first pass \
             {restart:.2} s, at most {peak:.0} MiB; stopped in {stopped:.2} s"
        )
    }
}
