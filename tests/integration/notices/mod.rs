//! What people are told of Findings, by the whole program: with a real mail server, stand-ins of other receivers, and faults.

mod advised;
mod digests;
mod faults;
mod held;
mod killed;
mod receivers;
mod replicas;
mod standalone;
mod thread;
mod unsent;

use super::running::{Running, start_with};
use crate::kit::api::get;
use crate::kit::mailpit::Mailpit;
use crate::kit::scratch::Scratch;
use crate::kit::wait::{eventually, until};
use agentic_ops::api::{Channel, Finding, FindingStatus, Notice, NoticeKind, NoticeState, Phase, Scenario};
use agentic_ops::domain::fingerprint::finding_name;
use kube::Api;
use serde_json::{Value, json};

pub const ANA: &str = "ana@example.org";
const BIA: &str = "bia@example.org";

/// A digest that is not due while tests run, but on 29 February.
pub const NO_DIGEST: (&str, &str) = ("AGENTIC_DIGEST_CRON", "0 0 29 2 *");

/// A registry without Scenarios.
const AGENT: &str = "{apiVersion: agentic.ligbox.io/v1alpha1, kind: Agent, metadata: {name: pulso}, \
    spec: {displayName: Pulso, codename: node_health, tier: T0}}\n";

/// Mail goes to this server of loopback.
pub fn smtp_url(address: std::net::SocketAddr) -> String {
    format!("smtp://{address}?tls=none")
}

/// A Scenario with a check for each URL, `web0`, `web1` and so on, that fails at once unless the URL answers 200. It is run every second.
pub fn scenario(name: &str, severity: &str, urls: &[&str]) -> Value {
    let probe = |(number, url): (usize, &&str)| json!({"name": format!("p{number}"), "http": {"url": url}});
    let check = |(number, _): (usize, &&str)| {
        let expect = format!("probes.p{number}.status == 200");
        json!({"name": format!("web{number}"), "expect": expect, "message": "'a loja respondeu 500'"})
    };
    json!({"apiVersion": "agentic.ligbox.io/v1alpha1", "kind": "Scenario", "metadata": {"name": name}, "spec": {
        "title": "Loja", "agent": "pulso", "severity": severity, "interval": "1s", "thresholds": {"fail": 1, "recover": 1},
        "probes": urls.iter().enumerate().map(probe).collect::<Vec<_>>(),
        "checks": urls.iter().enumerate().map(check).collect::<Vec<_>>()}})
}

/// Creates a Scenario.
pub async fn watch(api: &Api<Scenario>, scenario: &Value) {
    api.create(&Default::default(), &serde_json::from_value(scenario.clone()).unwrap()).await.unwrap();
}

/// Waits until the status of the Finding of a check is as expected.
async fn status_of(
    api: &Api<Finding>,
    (scenario, check): (&str, &str),
    what: &str,
    holds: impl Fn(&FindingStatus) -> bool,
) -> FindingStatus {
    let name = finding_name(scenario, check, "");
    eventually(&format!("{name}: {what}"), || async { get(api, &name).await?.status.filter(&holds) }).await
}

/// Whether everybody who was told is told of the end.
fn is_over(status: &FindingStatus) -> bool {
    status.phase == Some(Phase::Resolved)
        && status.informed.is_empty()
        && !status.notices.iter().any(|notice| notice.state.is_pending() || notice.state == NoticeState::Held)
}

/// Whether the notice of this kind to mail is in this state for this reason.
fn mail_is(status: &FindingStatus, kind: NoticeKind, state: NoticeState, reason: &str) -> bool {
    let is_it = |notice: &Notice| {
        (notice.channel, notice.kind, notice.state) == (Channel::Mail, kind, state)
            && notice.reason.as_deref().unwrap_or_default() == reason
    };
    status.notices.iter().any(is_it)
}

/// The program with a mail server and two recipients, and with no Scenarios.
struct Site {
    running: Running,
    _registry: Scratch,
}

impl Site {
    /// Starts it with these settings; mail is off where they do not turn it on.
    async fn start(name: &str, settings: &[(&str, &str)]) -> Site {
        let scratch = Scratch::new(&format!("{name}-registry"));
        let registry = scratch.0.join("registry.yaml");
        std::fs::write(&registry, AGENT).unwrap();
        let to = format!("{ANA}, {BIA}");
        let usual = [
            NO_DIGEST,
            ("SMTP_URL", ""),
            ("MAIL_FROM", "Agentic Ops <ops@example.com>"),
            ("DESK_ROOT_NOTIFY_EMAIL", &to),
        ];
        let settings = [&usual, settings].concat();
        Site { running: start_with(name, &registry, &settings).await, _registry: scratch }
    }

    async fn watch(&self, scenario: &Value) {
        watch(&self.running.api(), scenario).await;
    }

    async fn status(&self, of: (&str, &str), what: &str, holds: impl Fn(&FindingStatus) -> bool) -> FindingStatus {
        status_of(&self.running.api(), of, what, holds).await
    }

    /// Waits until everybody who was told of a Finding was told of its end.
    async fn over(&self, of: (&str, &str)) -> FindingStatus {
        self.status(of, "an end that everybody was told", is_over).await
    }
}

/// Message-IDs of the mails of a kind to a recipient; the newest first.
async fn ids(mailpit: &Mailpit, kind: NoticeKind, to: &str) -> Vec<String> {
    let begins = format!("{}.", kind.as_str().to_lowercase());
    let mails = mailpit.list().await;
    let of_kind = mails.iter().filter(|mail| mail["To"][0]["Address"] == to);
    let ids = of_kind.filter_map(|mail| mail["MessageID"].as_str()).filter(|id| id.starts_with(&begins));
    ids.map(String::from).collect()
}

/// Waits until so many mails of a kind came to each of these.
async fn until_mails(mailpit: &Mailpit, kind: NoticeKind, to: &[&str], count: usize) {
    for to in to {
        let what = format!("{count} mails {} to {to}", kind.as_str());
        until(&what, async || ids(mailpit, kind, to).await.len() >= count).await;
    }
}
