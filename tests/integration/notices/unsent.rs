//! Notices that are not sent, and the reasons that Findings give.

use super::receivers::Receivers;
use super::{ANA, BIA, Site, ids, is_over, mail_is, scenario, smtp_url, until_mails};
use crate::integration::replicas::target::Target;
use crate::kit::alertmanager::decode;
use crate::kit::mailpit::Mailpit;
use crate::kit::wait::eventually;
use agentic_ops::api::{Channel, FindingStatus, Notice, NoticeKind, NoticeState, Scenario};

fn of_channel(status: &FindingStatus, channel: Channel) -> Vec<&Notice> {
    status.notices.iter().filter(|notice| notice.channel == channel).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_mail_server_findings_say_so_and_others_are_told() {
    let (receivers, target) = (Receivers::start().await, Target::start().await);
    let (ntfy, webhook) = (receivers.ntfy(), receivers.webhook());
    let settings = [
        ("NTFY_BASE_URL", ntfy.as_str()),
        ("DESK_OPS_NTFY_TOPIC", "plantao"),
        ("AGENTIC_WEBHOOK_URL", &webhook),
        ("AGENTIC_GROUP_WAIT", "1s"),
    ];
    let site = Site::start("no-mail", &settings).await;
    target.set(false);
    site.watch(&scenario("shop", "high", &[&target.url])).await;
    site.watch(&scenario("cafe", "medium", &[&target.url])).await;
    let told = |status: &FindingStatus| status.informed.len() == 2;
    let status = site.status(("shop", "web0"), "two channels", told).await;
    let [mail] = of_channel(&status, Channel::Mail)[..] else { panic!("{status:?}") };
    let said = (mail.state, mail.reason.as_deref(), mail.message.as_deref(), mail.recipient.as_str());
    assert_eq!(said, (NoticeState::Suppressed, Some("ChannelOff"), Some("SMTP_URL"), ""));
    let (pushes, alerts) = (receivers.pushes(), receivers.alerts());
    assert_eq!((pushes.len(), &pushes[0]["topic"], &pushes[0]["priority"]), (1, &"plantao".into(), &4.into()));
    assert_eq!((alerts.len(), &alerts[0]["status"]), (1, &"firing".into()));

    let below = |status: &FindingStatus| status.notices.len() == 3;
    let status = site.status(("cafe", "web0"), "why nobody is told", below).await;
    for channel in Channel::ALL {
        let [notice] = of_channel(&status, channel)[..] else { panic!("{status:?}") };
        assert_eq!((notice.state, notice.reason.as_deref()), (NoticeState::Suppressed, Some("BelowSeverity")));
    }

    target.set(true);
    site.over(("shop", "web0")).await;
    site.over(("cafe", "web0")).await;
    // Bodies as the program sends them, in the types of Alertmanager.
    let alerts = receivers.alerts();
    let [firing, resolved] = alerts.as_slice() else { panic!("{alerts:?}") };
    let fingerprint = agentic_ops::domain::fingerprint::finding_name("shop", "web0", "");
    let fingerprint = fingerprint.rsplit_once('-').unwrap().1;
    for (body, is) in [(firing, "firing"), (resolved, "resolved")] {
        let decoded = decode(body).unwrap();
        let [alert] = decoded.as_slice() else { panic!("{decoded:?}") };
        assert!(alert.starts_with(&format!("{is} {fingerprint} ")) && alert.ends_with(" shop/web0"), "{alert}");
        assert_eq!(body["status"], is);
    }
    assert_eq!(firing["groupKey"], resolved["groupKey"]);
    assert_eq!(firing["alerts"][0]["startsAt"], resolved["alerts"][0]["startsAt"]);
    assert_eq!(receivers.pushes().len(), 2);
    site.running.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_ends_before_its_notice_left_is_not_told_and_what_is_removed_did_not_recover() {
    let mailpit = Mailpit::start(&[], &[]).await;
    let smtp = smtp_url(mailpit.smtp);
    let site = Site::start("unsent", &[("SMTP_URL", smtp.as_str()), ("AGENTIC_GROUP_WAIT", "8s")]).await;
    let (short, removed) = (Target::start().await, Target::start().await);
    short.set(false);
    removed.set(false);
    site.watch(&scenario("short", "high", &[&short.url])).await;
    let planned = |status: &FindingStatus| mail_is(status, NoticeKind::Opened, NoticeState::Planned, "");
    site.status(("short", "web0"), "a planned notice", planned).await;
    short.set(true);
    let status = site.status(("short", "web0"), "its end", is_over).await;
    assert!(mail_is(&status, NoticeKind::Opened, NoticeState::Suppressed, "ResolvedBeforeSent"), "{status:?}");

    site.watch(&scenario("removed", "high", &[&removed.url])).await;
    until_mails(&mailpit, NoticeKind::Opened, &[ANA, BIA], 1).await;
    site.running.api::<Scenario>().delete("removed", &Default::default()).await.unwrap();
    site.over(("removed", "web0")).await;
    let mails = mailpit.mails(4).await;
    assert_eq!(mails.len(), 4, "none of the Finding that ended before");
    for mail in &mails {
        let (subject, text) = (mail.content["Subject"].as_str().unwrap(), mail.part("Text"));
        assert!(subject.contains("removed"), "{subject}");
        assert!(!text.contains("Resolvid"), "{text}");
        assert_eq!(text.starts_with("Não é mais monitorado"), subject.starts_with("Re: "), "{text}");
    }
    let is_resolved = || async { (ids(&mailpit, NoticeKind::Resolved, ANA).await.len() == 1).then_some(()) };
    eventually("one end", is_resolved).await;
    site.running.stop().await;
}
