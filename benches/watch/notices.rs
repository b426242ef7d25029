//! P6 and P8: all targets fail at once, without a mail server, with one that accepts mail, and with one that hangs.

use crate::mail::{Behaviour, MailServer};
use crate::{Bench, Line, ours, step};
use std::time::{Duration, Instant};

/// Longer than the waits between two attempts to send, so that several of them are made.
const WINDOW_MIN: Duration = Duration::from_secs(20);

/// What was measured with one mail server.
struct Outage {
    /// From the second failure until all Findings were stored.
    stored: Duration,
    /// From the second failure to the first mail.
    mailed: Option<Duration>,
    connections: usize,
    /// Mean lateness of the runs from the failure on.
    lateness: Duration,
}

impl Bench {
    pub async fn all_fail_at_once(&self) -> Vec<Line> {
        let without = self.outage(None).await;
        let accepting = self.outage(Some(Behaviour::Accepts)).await;
        let hanging = self.outage(Some(Behaviour::Hangs)).await;
        let line = |goal, what, expected: &str, measured| Line { goal, what, expected: expected.into(), measured };
        let mailed = accepting.mailed.map_or("no mail came".into(), |after| format!("{:.2} s", after.as_secs_f64()));
        let ratio = |hung: Duration, peer: Duration| hung.as_secs_f64() / peer.as_secs_f64().max(1e-4);
        let compared = |pick: fn(&Outage) -> Duration| {
            let times = [&without, &accepting, &hanging].map(|outage| pick(outage).as_secs_f64() * 1e3);
            let ratios = (ratio(pick(&hanging), pick(&without)), ratio(pick(&hanging), pick(&accepting)));
            format!(
                "{:.2} and {:.2} ({:.1} ms without a server, {:.1} ms with one that accepts, {:.1} ms with one that hangs)",
                ratios.0, ratios.1, times[0], times[1], times[2]
            )
        };
        vec![
            line("P6", "all fail: first mail after the second failure", "≤ 5 s", mailed),
            line(
                "P6",
                "all fail: stored after the second failure",
                "≤ 5 s",
                format!("{:.2} s", accepting.stored.as_secs_f64()),
            ),
            line(
                "P6",
                "the same with a mail server that hangs, relative to none and to one that accepts",
                "≤ 1.2",
                compared(|outage| outage.stored),
            ),
            line(
                "P8",
                "lateness with a mail server that hangs, relative to none and to one that accepts",
                "≤ 1.2",
                format!("{}; {} connections to it", compared(|outage| outage.lateness), hanging.connections),
            ),
        ]
    }

    async fn outage(&self, behaviour: Option<Behaviour>) -> Outage {
        step(&format!("all fail, mail server: {behaviour:?}"));
        let data = self.scratch.dir(&format!("outage-{behaviour:?}"));
        ours::fill(&data, &self.target, self.many, "60s").await;
        let server = match behaviour {
            Some(behaviour) => Some(MailServer::start(behaviour).await),
            None => None,
        };
        let mut settings = vec![("OPS_INTERNAL_TOKEN".to_string(), ours::TICK_TOKEN.to_string())];
        if let Some(server) = &server {
            settings.push(("SMTP_URL".into(), server.url()));
            settings.push(("MAIL_FROM".into(), "ops@bench.example".into()));
            settings.push(("DESK_ROOT_NOTIFY_EMAIL".into(), "ana@bench.example".into()));
        }
        let program = self.start_with(&data, settings);
        program.until("agentic_ops_runs_total", self.many as f64).await;
        self.target.set_broken(true).await;
        program.run_all().await;
        let late = program.lateness().await;
        let second = Instant::now();
        program.run_all().await;
        program.until("agentic_ops_open_findings", self.many as f64).await;
        let stored = second.elapsed();
        tokio::time::sleep(self.window.max(WINDOW_MIN)).await;
        let (sum, count) = program.lateness().await;
        self.target.set_broken(false).await;
        program.process.stop();
        let lateness = Duration::from_secs_f64((sum - late.0).max(0.0) / (count - late.1).max(1.0));
        let mailed = server.as_ref().and_then(MailServer::first_mail).map(|at| at.saturating_duration_since(second));
        let connections = server.as_ref().map_or(0, MailServer::connections);
        step(&format!("  stored in {:.2} s, {connections} connections to the mail server", stored.as_secs_f64()));
        Outage { stored, mailed, connections, lateness }
    }
}
