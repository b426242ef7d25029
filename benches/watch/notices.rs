//! P6 and P8: all targets fail at once, without a mail server, with one that accepts mail, and with one that hangs.

use crate::mail::{Behaviour, MailServer};
use crate::{Bench, Line, ours, step};
use std::time::{Duration, Instant};

/// Longer than the waits between two attempts to send, so that several of them are made.
const WINDOW_MIN: Duration = Duration::from_secs(20);
const RUNBOOK_TEXT: &str = "# Site

## Como reparar

1. Reinicie o serviço do site com calma: `systemctl restart site`.
2. Confira o estado do serviço e os registros: `journalctl -u site -n 50`.
";

/// What was measured while all targets failed.
pub struct Outage {
    /// When they failed for the second time.
    second: Instant,
    /// From then until all Findings were stored.
    pub stored: Duration,
    /// Mean lateness of the runs from the failure on.
    pub lateness: Duration,
}

/// The same with one mail server.
struct MailOutage {
    outage: Outage,
    /// From the second failure to the first mail.
    mailed: Option<Duration>,
    connections: usize,
}

impl Bench {
    pub async fn all_fail_at_once(&self) -> Vec<Line> {
        let without = self.mail_outage(None).await;
        let accepting = self.mail_outage(Some(Behaviour::Accepts)).await;
        let hanging = self.mail_outage(Some(Behaviour::Hangs)).await;
        let line = |goal, what, expected: &str, measured| Line { goal, what, expected: expected.into(), measured };
        let mailed = accepting.mailed.map_or("no mail came".into(), |after| format!("{:.2} s", after.as_secs_f64()));
        let outages = [&without.outage, &accepting.outage, &hanging.outage];
        vec![
            line("P6", "all fail: first mail after the second failure", "≤ 5 s", mailed),
            line(
                "P6",
                "all fail: stored after the second failure",
                "≤ 5 s",
                format!("{:.2} s", accepting.outage.stored.as_secs_f64()),
            ),
            line(
                "P6",
                "the same with a mail server that hangs, relative to none and to one that accepts",
                "≤ 1.2",
                compared(outages, |outage| outage.stored),
            ),
            line(
                "P8",
                "lateness with a mail server that hangs, relative to none and to one that accepts",
                "≤ 1.2",
                format!("{}; {} connections to it", compared(outages, |outage| outage.lateness), hanging.connections),
            ),
        ]
    }

    async fn mail_outage(&self, behaviour: Option<Behaviour>) -> MailOutage {
        let server = match behaviour {
            Some(behaviour) => Some(MailServer::start(behaviour).await),
            None => None,
        };
        let mut settings = Vec::new();
        if let Some(server) = &server {
            settings.push(("SMTP_URL".into(), server.url()));
            settings.push(("MAIL_FROM".into(), "ops@bench.example".into()));
            settings.push(("DESK_ROOT_NOTIFY_EMAIL".into(), "ana@bench.example".into()));
        }
        let outage = self.outage(&format!("mail server {behaviour:?}"), settings).await;
        let first = server.as_ref().and_then(MailServer::first_mail);
        let mailed = first.map(|at| at.saturating_duration_since(outage.second));
        let connections = server.as_ref().map_or(0, MailServer::connections);
        step(&format!("  {connections} connections to the mail server"));
        MailOutage { outage, mailed, connections }
    }

    /// All targets fail, with these settings besides. Each Scenario has the runbook `site`.
    pub async fn outage(&self, what: &str, mut settings: Vec<(String, String)>) -> Outage {
        step(&format!("all fail, {what}"));
        let data = self.scratch.dir(&format!("outage, {what}"));
        ours::fill(&data, &self.target, self.many, "60s").await;
        let specs = data.join("specs");
        std::fs::create_dir_all(&specs).expect("a directory");
        std::fs::write(specs.join(format!("{}.md", ours::RUNBOOK)), RUNBOOK_TEXT).expect("a runbook");
        settings.push(("AGENTIC_SPECS_ROOT".into(), specs.display().to_string()));
        settings.push(("OPS_INTERNAL_TOKEN".into(), ours::TICK_TOKEN.into()));
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
        step(&format!("  stored in {:.2} s", stored.as_secs_f64()));
        Outage { second, stored, lateness }
    }
}

/// A time of the last of three outages, relative to the first and to the second one.
pub fn compared([without, working, hanging]: [&Outage; 3], pick: fn(&Outage) -> Duration) -> String {
    let ratio = |peer: &Outage| pick(hanging).as_secs_f64() / pick(peer).as_secs_f64().max(1e-4);
    let times = [without, working, hanging].map(|outage| pick(outage).as_secs_f64() * 1e3);
    format!(
        "{:.2} and {:.2} ({:.1} ms without a server, {:.1} ms with one that works, {:.1} ms with one that hangs)",
        ratio(without),
        ratio(working),
        times[0],
        times[1],
        times[2]
    )
}
