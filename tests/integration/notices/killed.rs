//! Standalone is killed at each step of sending: the opening has one identity, and its end is told.

use super::receivers::Receivers;
use super::standalone::Standalone;
use super::{is_over, mail_is, scenario, smtp_url, status_of, watch};
use crate::integration::replicas::target::Target;
use crate::kit::faulty_smtp::{Act, FaultySmtp, Gate};
use crate::kit::wait::{eventually, until};
use agentic_ops::api::{FindingStatus, NoticeKind, NoticeState};
use serde_json::json;

/// More Findings than are written at once.
const MANY: usize = 48;

/// Until where a message gets before the process is killed.
#[derive(Clone, Copy, PartialEq)]
enum Step {
    /// It waits for its group.
    Planned,
    /// It is claimed, and the server has not greeted yet.
    Connected,
    /// The server knows the sender.
    Sender,
    /// A part of the message has arrived.
    Body,
    /// All of it has arrived, and the server has not answered.
    Arrived,
    /// The server has accepted it, and the answer is not read yet.
    Accepted,
}

impl Step {
    fn of_server(self) -> &'static str {
        match self {
            Step::Planned => "NEVER",
            Step::Connected => "GREETING",
            Step::Sender => "MAIL",
            Step::Body => "BODY",
            Step::Arrived | Step::Accepted => "DOT",
        }
    }

    /// Whether the step is reached, as far as the server can tell.
    fn is_reached(self, server: &FaultySmtp) -> bool {
        match self {
            Step::Planned | Step::Connected => true,
            Step::Sender => server.got("MAIL"),
            Step::Body => server.got("DATA"),
            Step::Arrived | Step::Accepted => !server.messages().is_empty(),
        }
    }

    /// What the Finding says when the step is reached.
    fn state(self) -> NoticeState {
        if self == Step::Planned { NoticeState::Planned } else { NoticeState::Claimed }
    }
}

/// A header of a message.
fn header<'a>(message: &'a str, name: &str) -> &'a str {
    let line = message.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
    line.unwrap_or_default().trim()
}

/// The messages of a kind.
fn of_kind(messages: &[String], kind: NoticeKind) -> Vec<&String> {
    let begins = format!("<{}.", kind.as_str().to_lowercase());
    messages.iter().filter(|message| header(message, "Message-ID").starts_with(&begins)).collect()
}

async fn killed_at(name: &str, step: Step) {
    let (gate, target) = (Gate::closed(), Target::start().await);
    let first = FaultySmtp::start(&[(step.of_server(), Act::Wait(gate.clone()))]).await;
    // Long enough for both Findings to be written on a busy machine, before their one message leaves.
    let wait = if step == Step::Planned { "1h" } else { "4s" };
    let standalone = Standalone::new(name);
    let smtp = smtp_url(first.address);
    let mut process = standalone.start(&[("SMTP_URL", &smtp), ("AGENTIC_GROUP_WAIT", wait)]).await;
    target.set(false);
    watch(&standalone.api().await, &scenario("shop", "high", &[&target.url, &target.url])).await;
    let (web0, web1) = (("shop", "web0"), ("shop", "web1"));
    let is_there = |status: &FindingStatus| mail_is(status, NoticeKind::Opened, step.state(), "");
    for of in [web0, web1] {
        status_of(&standalone.api().await, of, "the step", is_there).await;
    }
    until("the step of the server", async || step.is_reached(&first)).await;
    if step == Step::Accepted {
        process.signal("-STOP");
        gate.open();
        process.kill();
    } else {
        process.kill();
    }

    let second = FaultySmtp::start(&[]).await;
    let smtp = smtp_url(second.address);
    let _process = standalone.start(&[("SMTP_URL", &smtp), ("AGENTIC_GROUP_WAIT", "1s")]).await;
    let was_sent = |status: &FindingStatus| mail_is(status, NoticeKind::Opened, NoticeState::Sent, "");
    for of in [web0, web1] {
        let status = status_of(&standalone.api().await, of, "a notice that was sent", was_sent).await;
        assert_eq!(status.informed.len(), 1, "{status:?}");
    }
    target.set(true);
    for of in [web0, web1] {
        status_of(&standalone.api().await, of, "its end", is_over).await;
    }
    let resolved = eventually("the mail about the end", || async {
        let messages = second.messages();
        let resolved = of_kind(&messages, NoticeKind::Resolved);
        resolved.first().map(ToString::to_string)
    })
    .await;
    let (before, after) = (first.messages(), second.messages());
    let opened = of_kind(&after, NoticeKind::Opened);
    let [opened] = opened.as_slice() else { panic!("{opened:?}") };
    assert_eq!(header(&resolved, "In-Reply-To"), header(opened, "Message-ID"));
    assert_eq!(before.len(), usize::from(matches!(step, Step::Arrived | Step::Accepted)), "{before:?}");
    for duplicate in &before {
        assert_eq!(duplicate, *opened, "the same message again");
    }
    assert!(
        header(opened, "Subject").starts_with("=?utf-8?") || header(opened, "Subject").contains("shop"),
        "{opened}"
    );
}

/// Of a message about more Findings than are written at once, the claims are read before it is judged what came of it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_about_many_findings_stays_the_same_where_all_of_them_are_planned_anew() {
    let (gate, target, receivers) = (Gate::closed(), Target::start().await, Receivers::start().await);
    let first = FaultySmtp::start(&[("DOT", Act::Wait(gate))]).await;
    let standalone = Standalone::new("notice-many");
    let smtp = smtp_url(first.address);
    let mut process = standalone.start(&[("SMTP_URL", &smtp), ("AGENTIC_GROUP_WAIT", "20s")]).await;
    target.set(false);
    let mut many = scenario("shop", "high", &[&target.url]);
    let check = many["spec"]["checks"][0].clone();
    let checks = (0..MANY).map(|number| {
        let mut check = check.clone();
        check["name"] = json!(format!("web{number}"));
        check
    });
    many["spec"]["checks"] = checks.collect();
    watch(&standalone.api().await, &many).await;
    until("the message", async || !first.messages().is_empty()).await;
    process.kill();

    let second = FaultySmtp::start(&[]).await;
    let (smtp, webhook) = (smtp_url(second.address), receivers.webhook());
    let settings = [("SMTP_URL", smtp.as_str()), ("AGENTIC_WEBHOOK_URL", &webhook), ("AGENTIC_GROUP_WAIT", "1s")];
    let _process = standalone.start(&settings).await;
    for number in 0..MANY {
        let was_told = |status: &FindingStatus| status.informed.len() == 2;
        status_of(&standalone.api().await, ("shop", &format!("web{number}")), "both channels", was_told).await;
    }
    let ids =
        |server: &FaultySmtp| server.messages().iter().map(|m| header(m, "Message-ID").to_string()).collect::<Vec<_>>();
    assert_eq!((ids(&second), first.messages().len()), (ids(&first), 1));
}

macro_rules! killed {
    ($($name:ident: $step:ident,)+) => {
        $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $name() {
            killed_at(stringify!($name), Step::$step).await;
        })+
    };
}

killed! {
    killed_before_the_claim: Planned,
    killed_before_the_server_greets: Connected,
    killed_before_the_message: Sender,
    killed_during_the_message: Body,
    killed_before_the_answer: Arrived,
    killed_after_the_answer: Accepted,
}
