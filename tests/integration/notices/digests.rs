//! The daily digest by mail, with a restart.

use super::standalone::Standalone;
use super::{ANA, scenario, smtp_url, status_of, until_mails, watch};
use crate::integration::replicas::target::Target;
use crate::kit::mailpit::Mailpit;
use crate::kit::wait::eventually;
use agentic_ops::api::{Action, DigestNotice, FindingStatus, NoticeKind, NoticeState};
use jiff::{Timestamp, tz};
use kube::api::ListParams;

/// A zone where it is around noon, so that no midnight comes in between.
fn zone() -> String {
    let hours = 12 - i64::from(Timestamp::now().to_zoned(tz::TimeZone::UTC).hour());
    if hours < 0 { format!("Etc/GMT+{}", -hours) } else { format!("Etc/GMT-{hours}") }
}

async fn digests(mailpit: &Mailpit) -> Vec<String> {
    let mails = mailpit.list().await;
    let ids = mails.iter().filter_map(|mail| mail["MessageID"].as_str());
    ids.filter(|id| id.starts_with("digest-")).map(String::from).collect()
}

/// What the Action of the one digest says once it is done.
async fn recorded(standalone: &Standalone) -> Vec<DigestNotice> {
    let api = standalone.api::<Action>().await;
    let params = ListParams::default().fields("spec.verb=digest");
    let status = eventually("the Action of the digest with a result", || async {
        let status = api.list(&params).await.unwrap().items.pop()?.status?;
        (status.result.as_deref() == Some("done")).then_some(status)
    });
    status.await.notices
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_digest_arrives_once_also_where_the_program_is_started_again() {
    let mailpit = Mailpit::start(&[], &[]).await;
    let (smtp, zone) = (smtp_url(mailpit.smtp), zone());
    let standalone = Standalone::new("digests");
    let mut process = standalone.start(&[]).await;
    let target = Target::start().await;
    target.set(false);
    // Nobody is told of it but in the digest.
    watch(&standalone.api().await, &scenario("cafe", "low", &[&target.url])).await;
    status_of(&standalone.api().await, ("cafe", "web0"), "a Finding", FindingStatus::is_active).await;
    process.kill();

    let settings = [
        ("SMTP_URL", smtp.as_str()),
        ("AGENTIC_DIGEST_CRON", "* * * * *"),
        ("AGENTIC_TIMEZONE", &zone),
        ("AGENTIC_GROUP_WAIT", "1s"),
    ];
    let mut process = standalone.start(&settings).await;
    let sent = eventually("the digest", || async { digests(&mailpit).await.pop() }).await;
    let mails = mailpit.mails(1).await;
    assert!(mails[0].part("Text").contains("cafe") && mails[0].content["To"][0]["Address"] == ANA);
    let recorded = recorded(&standalone).await;
    process.kill();

    let _process = standalone.start(&settings).await;
    watch(&standalone.api().await, &scenario("shop", "high", &[&target.url])).await;
    until_mails(&mailpit, NoticeKind::Opened, &[ANA], 1).await;
    assert_eq!(digests(&mailpit).await, [sent.as_str()]);
    let [notice] = recorded.as_slice() else { panic!("{recorded:?}") };
    assert_eq!((notice.state, notice.attempts, &notice.message_id), (NoticeState::Sent, 1, &sent));
    assert_eq!(self::recorded(&standalone).await, recorded);
}

/// When the program starts, no Scenario is there: that is not all that there is to tell on that date.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_digest_tells_what_is_there_only_after_the_start() {
    let mailpit = Mailpit::start(&[], &[]).await;
    let (smtp, zone) = (smtp_url(mailpit.smtp), zone());
    let standalone = Standalone::new("digests-later");
    let settings =
        [("SMTP_URL", smtp.as_str()), ("AGENTIC_DIGEST_CRON", "0-59 * * * *"), ("AGENTIC_TIMEZONE", zone.as_str())];
    let _process = standalone.start(&settings).await;
    let target = Target::start().await;
    let mut suspended = scenario("cafe", "low", &[&target.url]);
    suspended["spec"]["suspend"] = true.into();
    watch(&standalone.api().await, &suspended).await;
    eventually("the digest", || async { digests(&mailpit).await.pop() }).await;
    let mails = mailpit.mails(1).await;
    assert!(mails[0].part("Text").contains("cafe"), "{}", mails[0].part("Text"));
}
