//! Notices that are held back by a Silence or a dependency, and sent when that ends.

use super::{ANA, BIA, Site, ids, mail_is, scenario, smtp_url, until_mails};
use crate::integration::replicas::target::Target;
use crate::kit::mailpit::Mailpit;
use agentic_ops::api::{FindingStatus, NoticeKind, NoticeState, Silence};
use serde_json::json;

/// The Findings that mails to a recipient are about, as their subjects say; the oldest first.
async fn openings(mailpit: &Mailpit) -> Vec<String> {
    let mails = mailpit.mails(0).await;
    let to_ana = mails.iter().filter(|mail| mail.content["To"][0]["Address"] == ANA);
    let subjects = to_ana.filter_map(|mail| mail.content["Subject"].as_str());
    let opened = subjects.filter(|subject| !subject.starts_with("Re: "));
    opened.filter_map(|subject| subject.rsplit_once(" · ")).map(|(_, scenario)| scenario.to_string()).collect()
}

fn held(status: &FindingStatus, reason: &str) -> bool {
    mail_is(status, NoticeKind::Opened, NoticeState::Held, reason)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_silence_holds_notices_back_until_it_ends() {
    let mailpit = Mailpit::start(&[], &[]).await;
    let smtp = smtp_url(mailpit.smtp);
    let site = Site::start("silenced", &[("SMTP_URL", smtp.as_str()), ("AGENTIC_GROUP_WAIT", "1s")]).await;
    let (shop, cafe, loud) = (Target::start().await, Target::start().await, Target::start().await);
    let silence = json!({"apiVersion": "agentic.ligbox.io/v1alpha1", "kind": "Silence", "metadata": {"name": "disk"},
        "spec": {"matchers": [{"name": "scenario", "op": "=~", "value": "shop|cafe"}], "author": "ana",
            "reason": "troca de disco", "endsAt": "2999-01-01T00:00:00Z"}});
    let silences = site.running.api::<Silence>();
    silences.create(&Default::default(), &serde_json::from_value(silence).unwrap()).await.unwrap();
    for target in [&shop, &cafe, &loud] {
        target.set(false);
    }
    site.watch(&scenario("shop", "high", &[&shop.url])).await;
    site.watch(&scenario("cafe", "high", &[&cafe.url])).await;
    for name in ["shop", "cafe"] {
        let status = site.status((name, "web0"), "a Silence", |status| held(status, "Silenced")).await;
        let notice = status.notices.iter().find(|notice| notice.kind == NoticeKind::Opened).unwrap();
        assert_eq!((notice.message.as_deref(), notice.recipient.as_str()), (Some("disk"), ""));
    }
    // Others are told meanwhile.
    site.watch(&scenario("loud", "critical", &[&loud.url])).await;
    until_mails(&mailpit, NoticeKind::Opened, &[ANA, BIA], 1).await;
    cafe.set(true);
    let status = site.over(("cafe", "web0")).await;
    assert!(mail_is(&status, NoticeKind::Opened, NoticeState::Suppressed, "ResolvedBeforeSent"), "{status:?}");
    assert_eq!(openings(&mailpit).await, ["loud"]);

    silences.delete("disk", &Default::default()).await.unwrap();
    until_mails(&mailpit, NoticeKind::Opened, &[ANA, BIA], 2).await;
    assert_eq!(openings(&mailpit).await, ["loud", "shop"], "what is still open");
    shop.set(true);
    site.over(("shop", "web0")).await;
    assert_eq!(ids(&mailpit, NoticeKind::Resolved, ANA).await.len(), 1);
    site.running.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dependency_that_fails_second_holds_what_depends_on_it() {
    let mailpit = Mailpit::start(&[], &[]).await;
    let smtp = smtp_url(mailpit.smtp);
    let site = Site::start("dependency", &[("SMTP_URL", smtp.as_str()), ("AGENTIC_GROUP_WAIT", "12s")]).await;
    let (shop, base) = (Target::start().await, Target::start().await);
    let mut dependant = scenario("shop", "high", &[&shop.url]);
    dependant["spec"]["dependsOn"] = json!(["base"]);
    site.watch(&scenario("base", "critical", &[&base.url])).await;
    site.watch(&dependant).await;
    shop.set(false);
    let planned = |status: &FindingStatus| mail_is(status, NoticeKind::Opened, NoticeState::Planned, "");
    site.status(("shop", "web0"), "a planned notice", planned).await;
    base.set(false);
    let status = site.status(("shop", "web0"), "a dependency", |status| held(status, "Dependency")).await;
    assert_eq!(status.notices.len(), 1, "{status:?}");
    assert_eq!(status.notices[0].message.as_deref(), Some("base"));
    until_mails(&mailpit, NoticeKind::Opened, &[ANA, BIA], 1).await;
    assert_eq!(openings(&mailpit).await, ["base"]);

    base.set(true);
    site.over(("base", "web0")).await;
    until_mails(&mailpit, NoticeKind::Opened, &[ANA, BIA], 2).await;
    assert_eq!(openings(&mailpit).await, ["base", "shop"]);
    site.running.stop().await;
}
