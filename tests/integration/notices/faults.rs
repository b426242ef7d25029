//! Servers that hang, refuse or are away, and escalation.

use super::receivers::Receivers;
use super::{ANA, BIA, Site, ids, mail_is, scenario, smtp_url, until_mails};
use crate::integration::replicas::target::Target;
use crate::kit::faulty_smtp::{Act, FaultySmtp};
use crate::kit::mailpit::Mailpit;
use crate::kit::ports;
use crate::kit::wait::until;
use agentic_ops::api::{Channel, FindingStatus, Notice, NoticeKind, NoticeState};

const CHIEF: &str = "chefia@example.org";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mail_server_that_hangs_delays_neither_other_channels_nor_probes() {
    let (receivers, target) = (Receivers::start().await, Target::start().await);
    let mut names = Vec::new();
    let server = FaultySmtp::start(&[("DOT", Act::Hang)]).await;
    let (smtp, ntfy, webhook) = (smtp_url(server.address), receivers.ntfy(), receivers.webhook());
    let settings = [
        ("SMTP_URL", smtp.as_str()),
        ("NTFY_BASE_URL", &ntfy),
        ("DESK_OPS_NTFY_TOPIC", "plantao"),
        ("AGENTIC_WEBHOOK_URL", &webhook),
        ("AGENTIC_GROUP_WAIT", "1s"),
    ];
    let site = Site::start("hung-mail", &settings).await;
    target.set(false);
    // More openings than mails are sent at once.
    for number in 0..4 {
        let name = format!("shop-{number}");
        site.watch(&scenario(&name, "critical", &[&target.url])).await;
        let told = |status: &FindingStatus| {
            [Channel::Ntfy, Channel::Webhook].iter().all(|c| status.informed.iter().any(|i| i.channel == *c))
        };
        let status = site.status((&name, "web0"), "two channels that work", told).await;
        assert!(!status.informed.iter().any(|informed| informed.channel == Channel::Mail), "{status:?}");
        names.push(name);
    }
    // The server has not answered the first mail yet, so that no attempt has failed.
    let first = site.status((&names[0], "web0"), "its status", |_| true).await;
    let mails: Vec<_> = first.notices.iter().filter(|notice| notice.channel == Channel::Mail).collect();
    let is_hung = |notice: &&Notice| notice.state == NoticeState::Claimed && notice.attempts == 0;
    assert!(mails.len() == 2 && mails.iter().all(is_hung), "{mails:?}");
    target.seen(8).await;
    target.set(true);
    for name in &names {
        let ended = |status: &FindingStatus| status.informed.is_empty() && !status.is_active();
        site.status((name, "web0"), "its end by the channels that work", ended).await;
    }
    let count =
        |bodies: Vec<serde_json::Value>, status: &str| bodies.iter().filter(|body| body["status"] == status).count();
    assert_eq!((count(receivers.alerts(), "firing"), receivers.pushes().is_empty()), (4, false));
    site.running.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_nobody_acknowledges_is_escalated_and_a_refused_recipient_concerns_nobody_else() {
    let mailpit = Mailpit::start(&["--smtp-allowed-recipients", "^(ana|chefia)@example\\.org$"], &[]).await;
    let smtp = smtp_url(mailpit.smtp);
    let settings = [
        ("SMTP_URL", smtp.as_str()),
        ("AGENTIC_ESCALATE_AFTER", "3s"),
        ("AGENTIC_ESCALATE_EMAIL", CHIEF),
        ("AGENTIC_GROUP_WAIT", "1s"),
    ];
    let site = Site::start("escalated", &settings).await;
    let target = Target::start().await;
    target.set(false);
    site.watch(&scenario("shop", "critical", &[&target.url])).await;
    until_mails(&mailpit, NoticeKind::Escalated, &[CHIEF], 1).await;
    // The escalation does not wait for the opening, which a busy machine may still be sending.
    let told = |status: &FindingStatus| {
        status.informed.iter().any(|informed| informed.recipient == CHIEF)
            && !status.notices.iter().any(|notice| notice.state.is_pending())
    };
    let status = site.status(("shop", "web0"), "an escalation, and nothing left to send", told).await;
    assert!(mail_is(&status, NoticeKind::Opened, NoticeState::Failed, "Refused"), "{status:?}");
    for notice in &status.notices {
        let refused = (notice.state, notice.recipient.as_str()) == (NoticeState::Failed, BIA);
        assert!(refused || notice.state == NoticeState::Sent, "{notice:?}");
        assert_eq!(
            notice.message.as_ref().unwrap().contains(" 5") || notice.message.as_ref().unwrap().starts_with('5'),
            refused
        );
    }
    target.set(true);
    site.over(("shop", "web0")).await;
    let of_chief = mailpit.mails(0).await.into_iter().filter(|mail| mail.content["To"][0]["Address"] == CHIEF);
    let subjects: Vec<String> = of_chief.map(|mail| mail.content["Subject"].as_str().unwrap().to_string()).collect();
    let escalated = "[crítico] a loja respondeu 500 · shop".to_string();
    assert_eq!(subjects, [escalated.clone(), format!("Re: {escalated}")]);
    assert_eq!(ids(&mailpit, NoticeKind::Resolved, ANA).await.len(), 1);
    assert!(mailpit.list().await.iter().all(|mail| mail["To"][0]["Address"] != BIA));
    site.running.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_was_away_gets_what_is_still_open() {
    let address = ports::lasting();
    let smtp = smtp_url(address);
    let settings = [("SMTP_URL", smtp.as_str()), ("DESK_ROOT_NOTIFY_EMAIL", ANA), ("AGENTIC_GROUP_WAIT", "1s")];
    let site = Site::start("mail-away", &settings).await;
    let (short, target) = (Target::start().await, Target::start().await);
    short.set(false);
    target.set(false);
    site.watch(&scenario("short", "high", &[&short.url])).await;
    site.watch(&scenario("shop", "high", &[&target.url])).await;
    for name in ["short", "shop"] {
        let retried = |status: &FindingStatus| mail_is(status, NoticeKind::Opened, NoticeState::Planned, "Retrying");
        site.status((name, "web0"), "a failed attempt", retried).await;
    }
    short.set(true);
    let status = site.over(("short", "web0")).await;
    assert!(mail_is(&status, NoticeKind::Opened, NoticeState::Suppressed, "ResolvedBeforeSent"), "{status:?}");
    let server = FaultySmtp::start_at(address, &[]).await;
    until("the mail", async || !server.messages().is_empty()).await;
    target.set(true);
    site.over(("shop", "web0")).await;
    let messages = server.messages();
    assert_eq!(messages.len(), 2, "{messages:?}");
    assert!(messages[0].contains("Message-ID: <opened.") && messages[1].contains("Message-ID: <resolved."));
    site.running.stop().await;
}
