//! Mail: everything about the Findings of one opening is one conversation.

use super::{ANA, BIA, Site, ids, is_over, scenario, smtp_url, until_mails};
use crate::integration::replicas::target::Target;
use crate::kit::kubectl;
use crate::kit::mailpit::{Mailpit, Received};
use crate::kit::wait::eventually;
use agentic_ops::api::{FindingStatus, NoticeKind, NoticeState, Role};
use agentic_ops::cli::token::{issue, load_or_make_secret};
use agentic_ops::domain::fingerprint::finding_name;
use jiff::Timestamp;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::time::Duration;

const FIRST: (&str, &str) = ("shop", "web0");
const SECOND: (&str, &str) = ("shop", "web1");

async fn acknowledge(site: &Site, (scenario, check): (&str, &str)) {
    let patch = json!({"spec": {"acknowledgement": {"by": "rui", "note": "troca de disco"}}}).to_string();
    let name = finding_name(scenario, check, "");
    let arguments = ["patch", "finding", &name, "--type", "merge", "-p", &patch];
    let scratch = &site.running.scratch.0;
    let patched = kubectl::run(kubectl::command(&scratch.join("kubeconfig"), scratch, &arguments)).await;
    assert!(patched.ok, "{}", patched.err);
}

/// A Finding as REST shows it.
async fn rest(site: &Site, (scenario, check): (&str, &str)) -> Value {
    let secret = load_or_make_secret(&site.running.scratch.0).unwrap();
    let token = issue(&secret, "rui", &[Role::Technician], Timestamp::now(), Duration::from_secs(600)).unwrap();
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let name = finding_name(scenario, check, "");
    let url = format!("http://{}/api/v1/agents/findings/{name}", site.running.address);
    let answer = client.get(url).bearer_auth(&token).send().await.unwrap();
    serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap()
}

/// The mails to a recipient are one thread: the first is the opening, and all others reply to it under their own Message-IDs.
fn is_thread(mails: &[Received], to: &str) -> String {
    let mails: Vec<&Received> = mails.iter().filter(|mail| mail.content["To"][0]["Address"] == to).collect();
    let (opening, later) = mails.split_first().unwrap();
    let id = opening.header("Message-Id");
    assert!(id.starts_with("<opened.") && opening.header("In-Reply-To").is_empty(), "{id}");
    let subject = opening.content["Subject"].as_str().unwrap();
    assert_eq!(subject, "[alto] a loja respondeu 500 · shop (e mais 1)");
    for mail in later {
        assert_eq!((mail.header("In-Reply-To"), mail.header("References")), (id.clone(), id.clone()));
        assert_eq!(mail.content["Subject"], format!("Re: {subject}"));
        assert!(!mail.header("Message-Id").starts_with("<opened."));
    }
    let all: BTreeSet<String> = mails.iter().map(|mail| mail.header("Message-Id")).collect();
    assert_eq!(all.len(), mails.len(), "each has a Message-ID of its own: {all:?}");
    id.trim_matches(['<', '>']).to_string()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_follows_an_opening_replies_to_it() {
    let mailpit = Mailpit::start(&[], &[]).await;
    let smtp = smtp_url(mailpit.smtp);
    let settings = [("SMTP_URL", smtp.as_str()), ("AGENTIC_GROUP_WAIT", "4s"), ("AGENTIC_REMIND_AFTER", "2s")];
    let site = Site::start("thread", &settings).await;
    let (first, second) = (Target::start().await, Target::start().await);
    first.set(false);
    second.set(false);
    site.watch(&scenario("shop", "high", &[&first.url, &second.url])).await;

    until_mails(&mailpit, NoticeKind::Reminder, &[ANA, BIA], 1).await;
    for of in [FIRST, SECOND] {
        acknowledge(&site, of).await;
    }
    until_mails(&mailpit, NoticeKind::Acknowledged, &[ANA, BIA], 1).await;
    let told = |status: &FindingStatus| {
        status.informed.len() == 2 && status.informed.iter().all(|informed| informed.acknowledged_at.is_some())
    };
    site.status(FIRST, "an acknowledgement that both were told of", told).await;
    let status = site.status(SECOND, "an acknowledgement that both were told of", told).await;
    let opening_ids: BTreeSet<String> = status.informed.iter().map(|informed| informed.message_id.clone()).collect();

    // One ends before the other: each end is told as a reply to the one opening.
    first.set(true);
    let ended = site.over(FIRST).await;
    second.set(true);
    let last = site.over(SECOND).await;
    let mails = mailpit.mails(0).await;
    let openings: BTreeSet<String> = [ANA, BIA].map(|to| is_thread(&mails, to)).into();
    assert_eq!(openings, opening_ids, "as the status said while it was open");
    for to in [ANA, BIA] {
        let count = async |kind| ids(&mailpit, kind, to).await.len();
        assert_eq!((count(NoticeKind::Opened).await, count(NoticeKind::Resolved).await), (1, 2));
    }
    // The subject names one of the two; the first line says what has become of the other.
    for to in [ANA, BIA] {
        let is_end = |mail: &&Received| {
            mail.content["To"][0]["Address"] == to && mail.header("Message-Id").starts_with("<resolved.")
        };
        let lines: Vec<String> = (mails.iter().filter(is_end))
            .map(|mail| mail.part("Text").lines().next().unwrap_or_default().to_string())
            .collect();
        let [first, second] = lines.as_slice() else { panic!("{lines:?}") };
        assert!(first.ends_with(" · 1 de 2 do mesmo aviso continua aberta, 1 reconhecida"), "{first}");
        assert!(second.ends_with(" · as duas do mesmo aviso estão encerradas"), "{second}");
    }
    for status in [&ended, &last] {
        for to in [ANA, BIA] {
            for kind in [NoticeKind::Opened, NoticeKind::Reminder, NoticeKind::Acknowledged, NoticeKind::Resolved] {
                let notice = status.notices.iter().find(|n| n.kind == kind && n.recipient == to).unwrap();
                assert_eq!((notice.state, notice.reason.as_deref()), (NoticeState::Sent, None), "{notice:?}");
                let id = &notice.group.as_ref().unwrap().id;
                assert!(mails.iter().any(|mail| mail.content["MessageID"] == id.as_str()), "{id}");
            }
        }
        let opened = status.notices.iter().find(|n| n.kind == NoticeKind::Opened).unwrap();
        assert_eq!(opened.group.as_ref().unwrap().size, 2);
    }
    // REST shows what was read a moment ago.
    let shown = eventually("the end in REST", || async {
        let shown = rest(&site, SECOND).await["notices"].as_array().cloned().unwrap();
        let is_settled = shown.iter().all(|notice| notice["state"] != "planned" && notice["state"] != "claimed");
        (is_settled && shown.len() == last.notices.len()).then_some(shown)
    })
    .await;
    for (shown, notice) in shown.iter().zip(&last.notices) {
        // A reminder that was not sent any more after the acknowledgement has no recipient.
        let recipient = Some(&notice.recipient).filter(|recipient| !recipient.is_empty());
        let [kind, state] = [notice.kind.as_str(), notice.state.as_str()].map(|text| json!(text.to_lowercase()));
        let expected = (kind, json!(recipient), state);
        assert_eq!((shown["kind"].clone(), shown["recipient"].clone(), shown["state"].clone()), expected);
        assert_eq!(shown["message_id"], json!(notice.group.as_ref().map(|group| &group.id)));
    }
    assert!(is_over(&last));
    site.running.stop().await;
}
