//! P1 and P2: what a probe costs, beside other programs that read the same targets at the same rate. Each program is measured twice, in
//! the order A B C C B A, so that a machine that becomes slower or faster is the same for all of them. Only CPU time counts.

use crate::peers::{self, Pace};
use crate::process::Process;
use crate::{Bench, Line, ours, step};
use std::time::Duration;

/// After the start of a program, before it is measured.
const WARM_UP: Duration = Duration::from_secs(3);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Program {
    BareEven,
    BareSlots,
    Ours,
    Gatus,
    Blackbox,
}

/// CPU time and probes of both windows.
#[derive(Clone, Copy, Default)]
struct Cost {
    seconds: f64,
    probes: f64,
}

impl Cost {
    /// Milliseconds for a probe.
    fn each(self) -> f64 {
        self.seconds / self.probes * 1e3
    }
}

impl Bench {
    pub async fn cost_of_a_probe(&self) -> Vec<Line> {
        let mut programs = vec![Program::BareEven, Program::BareSlots, Program::Ours];
        programs.extend(self.gatus.as_ref().map(|_| Program::Gatus));
        programs.extend(self.blackbox.as_ref().map(|_| Program::Blackbox));
        let mut costs: Vec<(Program, Cost)> = programs.iter().map(|program| (*program, Cost::default())).collect();
        ours::fill(&self.scratch.dir("paced"), &self.target, self.pace, "1s").await;
        for program in programs.iter().chain(programs.iter().rev()) {
            let window = self.window_of(*program).await;
            step(&format!("{program:?}: {:.4} ms of CPU each, {:.0} probes", window.each(), window.probes));
            let known = costs.iter_mut().find(|(known, _)| known == program).expect("all are there");
            known.1 = Cost { seconds: known.1.seconds + window.seconds, probes: known.1.probes + window.probes };
        }
        let each = |program| costs.iter().find(|(known, _)| *known == program).map(|(_, cost)| cost.each());
        let ours = each(Program::Ours).expect("it was measured");
        let against = |peer: Option<f64>, ratio: fn(f64, f64) -> f64, name: &str| match peer {
            Some(peer) => {
                format!("{:.2} ({ours:.3} ms of CPU per probe, {name} {peer:.3} ms)", ratio(ours, peer))
            }
            None => format!("{ours:.3} ms of CPU per probe; {name} is not installed"),
        };
        let line = |goal, what, expected: &str, measured| Line { goal, what, expected: expected.into(), measured };
        vec![
            line(
                "P1",
                "probes per CPU second, relative to blackbox_exporter",
                "≥ 5",
                against(each(Program::Blackbox), |ours, peer| peer / ours, "blackbox_exporter"),
            ),
            line(
                "P2",
                "CPU per probe, relative to Gatus",
                "≤ 0.3",
                against(each(Program::Gatus), |ours, peer| ours / peer, "Gatus"),
            ),
            line(
                "P2",
                "CPU per probe, relative to bare hyper in the same slots",
                "≤ 1.25",
                against(each(Program::BareSlots), |ours, peer| ours / peer, "hyper"),
            ),
            line(
                "P2",
                "CPU per probe, relative to bare hyper at an even pace",
                "",
                against(each(Program::BareEven), |ours, peer| ours / peer, "hyper"),
            ),
        ]
    }

    async fn window_of(&self, program: Program) -> Cost {
        match program {
            Program::BareEven => self.cost_of(&peers::start_bare(&self.target, self.pace, Pace::Even)).await,
            Program::BareSlots => self.cost_of(&peers::start_bare(&self.target, self.pace, Pace::Slots)).await,
            Program::Ours => {
                let program = self.start(&self.scratch.dir("paced"));
                program.until("agentic_ops_runs_total", (self.pace * 2) as f64).await;
                let cost = self.cost_of(&program.process).await;
                program.process.stop();
                cost
            }
            Program::Gatus => {
                let binary = self.gatus.as_ref().expect("it is there");
                self.cost_of(&peers::start_gatus(binary, &self.target, self.pace, "1s", &self.scratch.0)).await
            }
            Program::Blackbox => {
                let binary = self.blackbox.as_ref().expect("it is there");
                let (process, address) = peers::start_blackbox(binary, &self.scratch.0);
                tokio::select! {
                    cost = self.cost_of(&process) => cost,
                    () = peers::drive_blackbox(&address, &self.target, self.pace) => unreachable!("it goes on"),
                }
            }
        }
    }

    /// CPU time of a process, and the requests that reached the target meanwhile.
    async fn cost_of(&self, process: &Process) -> Cost {
        tokio::time::sleep(WARM_UP).await;
        let (count, cpu) = (self.target.count().await, process.cpu_seconds());
        tokio::time::sleep(self.window).await;
        let probes = (self.target.count().await - count) as f64;
        Cost { seconds: process.cpu_seconds() - cpu, probes }
    }
}
