//! What slots do to the latency that checks see: that of a target which answers at once and of one which takes its time, where many probes
//! start in a slot, and where each starts alone, as it would without slots.

use crate::{Bench, Line, ours, step};
use std::time::Duration;

/// Of so many targets one is slow.
const SLOW_EVERY: usize = 10;
/// Fewer than there are slots in a second, so that each probe starts alone.
const ALONE: usize = 10;
const DURATION: &str = "agentic_ops_scenario_last_run_duration_seconds{scenario=\"s-";

/// Mean durations of runs, in ms.
struct Latencies {
    fast: f64,
    slow: f64,
}

impl Bench {
    pub async fn latency_in_slots(&self) -> Vec<Line> {
        let alone = self.latencies(ALONE).await;
        let together = self.latencies(self.pace).await;
        let line = |what, together: f64, alone: f64| Line {
            goal: "slots",
            what,
            expected: String::new(),
            measured: format!(
                "{:.2} ({together:.2} ms at {} a second, {alone:.2} ms alone)",
                together / alone,
                self.pace
            ),
        };
        vec![
            line(
                "latency of a target that answers at once, relative to probes that start alone",
                together.fast,
                alone.fast,
            ),
            line(
                "latency of a target that takes 20 ms, relative to probes that start alone",
                together.slow,
                alone.slow,
            ),
        ]
    }

    async fn latencies(&self, count: usize) -> Latencies {
        step(&format!("latencies at {count} probes a second"));
        let data = self.scratch.dir(&format!("latency-{count}"));
        let is_slow = |n: usize| n.is_multiple_of(SLOW_EVERY);
        let url = |n: usize| if is_slow(n) { self.target.slow_url(n) } else { self.target.url(n) };
        ours::fill_with(&data, count, "1s", url).await;
        let program = self.start(&data);
        program.until("agentic_ops_runs_total", (count * 5) as f64).await;
        let (mut fast, mut slow) = (Vec::new(), Vec::new());
        for _ in 0..self.window.as_secs() {
            tokio::time::sleep(Duration::from_secs(1)).await;
            let text = program.metrics().await.expect("it answers");
            for (n, seconds) in text.lines().filter_map(|line| line.strip_prefix(DURATION)?.split_once("\"} ")) {
                let n: usize = n.parse().expect("a number");
                let all = if is_slow(n) { &mut slow } else { &mut fast };
                all.push(seconds.parse::<f64>().expect("seconds"));
            }
        }
        program.process.stop();
        let mean = |all: Vec<f64>| all.iter().sum::<f64>() / all.len() as f64 * 1e3;
        Latencies { fast: mean(fast), slow: mean(slow) }
    }
}
