//! Two replicas: the one that is sending a mail is killed, suspended, or can't reach the API server any more. The replica that leads then
//! sends the same message.

use super::{ANA, NO_DIGEST, is_over, mail_is, scenario, smtp_url, status_of, watch};
use crate::integration::replicas::cluster::{Cluster, Which};
use crate::integration::replicas::on_both;
use crate::integration::replicas::proxy::Line;
use crate::integration::replicas::replica::Replica;
use crate::integration::replicas::target::Target;
use crate::kit::faulty_smtp::{Act, FaultySmtp, Gate};
use crate::kit::wait::{eventually, until};
use agentic_ops::api::{Finding, FindingStatus, NoticeKind, NoticeState};
use agentic_ops::domain::fingerprint::finding_name;
use kube::api::Patch;
use serde_json::json;
use std::collections::BTreeSet;

on_both!(the_sender_is_killed, the_sender_is_suspended, the_sender_loses_the_api_server);

const SHOP: (&str, &str) = ("shop", "web0");

/// A cluster with two replicas of which the leader is sending an opening: all of it has arrived, and the server does not answer yet.
struct Sending {
    cluster: Cluster,
    leader: Replica,
    follower: Replica,
    /// The line of the leader to the API server.
    line: crate::integration::replicas::proxy::Proxy,
    server: FaultySmtp,
    gate: Gate,
    target: Target,
    /// Of another Scenario.
    other: Target,
}

/// Message-IDs of a kind, of all messages that came.
fn ids(server: &FaultySmtp, kind: &str) -> Vec<String> {
    let begins = format!("Message-ID: <{kind}.");
    let lines = server.received();
    lines.iter().filter(|line| line.starts_with(&begins)).map(|line| line.trim().to_string()).collect()
}

impl Sending {
    async fn start(which: Which, name: &str) -> Option<Sending> {
        let cluster = Cluster::start(which, name).await?;
        let gate = Gate::closed();
        let server = FaultySmtp::start(&[("DOT", Act::Wait(gate.clone()))]).await;
        let smtp = smtp_url(server.address);
        let settings = [
            NO_DIGEST,
            ("SMTP_URL", smtp.as_str()),
            ("MAIL_FROM", "ops@example.com"),
            ("DESK_ROOT_NOTIFY_EMAIL", ANA),
            ("AGENTIC_GROUP_WAIT", "1s"),
        ];
        cluster.configure(&settings).await;
        let (line, kubeconfig) = cluster.behind_a_proxy("replica-a").await;
        let leader = Replica::start(&cluster, "replica-a", &kubeconfig).await;
        eventually("a leader", || async { leader.leads().await.then_some(()) }).await;
        let follower = Replica::start(&cluster, "replica-b", &cluster.kubeconfig).await;
        let (target, other) = (Target::start().await, Target::start().await);
        target.set(false);
        watch(&cluster.api(), &scenario(SHOP.0, "high", &[&target.url])).await;
        until("the message", async || !server.messages().is_empty()).await;
        Some(Sending { cluster, leader, follower, line, server, gate, target, other })
    }

    async fn status(&self, of: (&str, &str), what: &str, holds: impl Fn(&FindingStatus) -> bool) -> FindingStatus {
        status_of(&self.cluster.api(), of, what, holds).await
    }

    /// The follower leads now. It tells of others, and not of what another replica may be sending.
    async fn taken_over(&self) {
        until("the follower to lead", async || self.follower.leads().await).await;
        self.other.set(false);
        watch(&self.cluster.api(), &scenario("cafe", "high", &[&self.other.url])).await;
        let was_sent = |status: &FindingStatus| mail_is(status, NoticeKind::Opened, NoticeState::Sent, "");
        self.status(("cafe", "web0"), "a notice by the new leader", was_sent).await;
        assert_eq!(ids(&self.server, "opened").len(), 2, "the other replica may still be sending");
        let is_claimed = |status: &FindingStatus| mail_is(status, NoticeKind::Opened, NoticeState::Claimed, "");
        self.status(SHOP, "its claim", is_claimed).await;
    }

    /// The time of the claim is over; without waiting for it.
    async fn claim_is_over(&self) {
        let api = self.cluster.api::<Finding>();
        let name = finding_name(SHOP.0, SHOP.1, "");
        let mut notices = serde_json::to_value(api.get(&name).await.unwrap().status.unwrap().notices).unwrap();
        notices[0]["claimedUntil"] = json!("2026-01-01T00:00:00Z");
        let patch = Patch::Merge(json!({"status": {"notices": notices}}));
        api.patch_status(&name, &Default::default(), &patch).await.unwrap();
    }

    /// It is sent again, as the same message, and its end is told.
    async fn told_once(self) {
        let was_sent = |status: &FindingStatus| mail_is(status, NoticeKind::Opened, NoticeState::Sent, "");
        self.status(SHOP, "that it was sent", was_sent).await;
        self.target.set(true);
        let status = self.status(SHOP, "its end", is_over).await;
        let by_id: BTreeSet<&String> =
            status.notices.iter().filter_map(|notice| notice.group.as_ref()).map(|group| &group.id).collect();
        assert_eq!(by_id.len(), 2, "{status:?}");
        let opened = ids(&self.server, "opened");
        assert_eq!((opened.len(), opened.iter().collect::<BTreeSet<_>>().len()), (3, 2), "{opened:?}");
        assert_eq!((&opened[0], ids(&self.server, "resolved").len()), (&opened[2], 1), "{opened:?}");
        self.cluster.stop().await;
    }
}

async fn the_sender_is_killed(which: Which) {
    let Some(mut sending) = Sending::start(which, "notice-killed").await else { return };
    sending.leader.kill();
    sending.gate.open();
    sending.taken_over().await;
    sending.claim_is_over().await;
    sending.told_once().await;
}

async fn the_sender_is_suspended(which: Which) {
    let Some(sending) = Sending::start(which, "notice-frozen").await else { return };
    sending.leader.signal("-STOP");
    sending.gate.open();
    sending.taken_over().await;
    // It reads the answer, and may not record it, since it no longer leads.
    sending.leader.signal("-CONT");
    let follows =
        async || sending.leader.get("/metrics").await.is_some_and(|(_, text)| text.contains("agentic_ops_leading 0"));
    until("the resumed replica to follow", follows).await;
    sending.claim_is_over().await;
    sending.told_once().await;
}

async fn the_sender_loses_the_api_server(which: Which) {
    let Some(sending) = Sending::start(which, "notice-apart").await else { return };
    sending.line.set(Line::Silent);
    // It gets the answer and can't record it.
    sending.gate.open();
    sending.taken_over().await;
    sending.claim_is_over().await;
    let status = sending.status(SHOP, "that it was sent", |status| !status.informed.is_empty()).await;
    assert_eq!(status.informed.len(), 1);
    sending.line.set(Line::Open);
    sending.told_once().await;
}
