//! Mail servers with faults.

use super::{mail_channels, outgoing, short};
use crate::kit::faulty_smtp::{Act, FaultySmtp, say, say_bytes};
use crate::kit::wait::within;
use agentic_ops::channels::{Channels, ChannelsConfig, MailConfig, Timeouts};
use agentic_ops::domain::notice::SmtpUrl;
use agentic_ops::domain::outgoing::{Delivery, Mail, Outgoing};
use agentic_ops::net::guard::AddressGuard;
use std::time::Duration;

const LOGIN: &str = "ana:geheim-123@";
/// The steps before the message.
const STEPS: [&str; 6] = ["GREETING", "EHLO", "AUTH", "MAIL", "RCPT", "DATA"];

async fn sent(server: &FaultySmtp, query: &str, timeouts: Timeouts) -> Delivery {
    let url = format!("smtp://{LOGIN}{}?tls={query}", server.address);
    within(mail_channels(&url, timeouts, Vec::new()).send("ana@example.org", &outgoing())).await
}

async fn with(step: &str, act: Act, timeouts: Timeouts) -> Delivery {
    sent(&FaultySmtp::start(&[(step, act)]).await, "none", timeouts).await
}

#[tokio::test]
async fn without_a_fault_the_answer_to_the_message_is_the_result() {
    let server = FaultySmtp::start(&[]).await;
    assert_eq!(sent(&server, "none", short()).await, Delivery::Accepted("250 2.0.0 queued as 12345".into()));
    assert!(server.got("RCPT TO:<ana@example.org>") && server.got(".\r\n"), "{:?}", server.received());
}

#[tokio::test]
async fn a_temporary_answer_is_tried_again_whatever_the_step() {
    for step in STEPS.into_iter().chain(["DOT"]) {
        let delivery = with(step, say("451-4.3.0 later,\r\n451 4.3.0 please"), Timeouts::default()).await;
        let Delivery::NotNow(reason) = &delivery else { panic!("{step}: {delivery:?}") };
        assert!(reason.contains("451 4.3.0 later, 4.3.0 please"), "{step}: {reason}");
        let closing = with(step, say("421 closing"), Timeouts::default()).await;
        assert!(matches!(&closing, Delivery::NotNow(_)), "{step}: {closing:?}");
    }
}

#[tokio::test]
async fn a_permanent_answer_refuses_the_message_from_its_sender_on() {
    for step in STEPS.into_iter().chain(["DOT"]) {
        let delivery = with(step, say("554 5.7.1 no"), Timeouts::default()).await;
        let is_refused = matches!(&delivery, Delivery::Refused(reason) if reason.contains("554 5.7.1 no"));
        assert_eq!(is_refused, ["MAIL", "RCPT", "DATA", "DOT"].contains(&step), "{step}: {delivery:?}");
        assert!(is_refused || matches!(&delivery, Delivery::NotNow(reason) if reason.contains("554")), "{delivery:?}");
    }
}

#[tokio::test]
async fn a_server_that_hangs_before_the_end_of_the_message_did_not_accept_it() {
    let timeouts = Timeouts { step: Duration::from_millis(300), ..short() };
    for step in STEPS {
        let delivery = with(step, Act::Hang, timeouts).await;
        assert!(matches!(&delivery, Delivery::NotNow(reason) if reason.contains("no answer")), "{step}: {delivery:?}");
    }
}

#[tokio::test]
async fn a_connection_that_is_lost_before_the_end_of_the_message_is_tried_again() {
    for step in STEPS.into_iter().chain(["BODY"]) {
        let delivery = with(step, Act::Drop, Timeouts::default()).await;
        assert!(matches!(&delivery, Delivery::NotNow(reason) if reason.contains("lost")), "{step}: {delivery:?}");
    }
}

#[tokio::test]
async fn a_message_without_an_answer_is_uncertain() {
    let timeouts = Timeouts { whole: Duration::from_secs(3), ..short() };
    for act in [Act::Drop, Act::Hang, say("hello"), say("354 more"), Act::Say("250 half a li".into())] {
        let delivery = with("DOT", act.clone(), timeouts).await;
        assert!(matches!(&delivery, Delivery::Uncertain(_)), "{act:?}: {delivery:?}");
    }
}

#[tokio::test]
async fn a_server_that_had_enough_of_a_message_answers_before_its_end() {
    let delivery = with("BODY", say("552 5.3.4 too large"), Timeouts::default()).await;
    assert!(matches!(&delivery, Delivery::Refused(reason) if reason.contains("552 5.3.4 too large")), "{delivery:?}");
    let delivery = with("BODY", say("421 4.3.2 shutting down"), Timeouts::default()).await;
    assert!(matches!(&delivery, Delivery::NotNow(reason) if reason.contains("421 4.3.2")), "{delivery:?}");
    let early = with("BODY", say("250 accepted already"), Timeouts::default()).await;
    assert!(matches!(&early, Delivery::NotNow(_)), "{early:?}");
}

#[tokio::test]
async fn a_server_that_reads_nothing_of_a_large_message_did_not_accept_it() {
    let server = FaultySmtp::start(&[("BODY", Act::Hang)]).await;
    let channels = mail_channels(&format!("smtp://{}?tls=none", server.address), short(), Vec::new());
    let large = Mail { text: "é".repeat(1 << 17), html: "é".repeat(1 << 18), ..super::mail() };
    let delivery = within(channels.send("ana@example.org", &Outgoing::Mail(large))).await;
    // It depends on the buffers of the system whether all of it was sent.
    assert!(matches!(&delivery, Delivery::NotNow(_) | Delivery::Uncertain(_)), "{delivery:?}");
}

#[tokio::test]
async fn endless_answers_are_cut_off() {
    for step in STEPS {
        for text in ["250-and so on\r\n", "and so on without a line end "] {
            let delivery = with(step, Act::Repeat(text.into()), Timeouts::default()).await;
            assert!(
                matches!(&delivery, Delivery::NotNow(reason) if reason.contains("too long")),
                "{step}: {delivery:?}"
            );
        }
    }
    for text in ["250-and so on\r\n", "and so on without a line end "] {
        let delivery = with("DOT", Act::Repeat(text.into()), Timeouts::default()).await;
        assert!(matches!(&delivery, Delivery::Uncertain(_)), "{text:?}: {delivery:?}");
    }
}

#[tokio::test]
async fn answers_are_short_printable_and_without_credentials() {
    let echo = format!("550 \x1b[2J geheim-123 Z2VoZWltLTEyMw== AGFuYQBnZWhlaW0tMTIz {}", "long ".repeat(300));
    let delivery = with("RCPT", say(&echo), Timeouts::default()).await;
    let Delivery::Refused(reason) = &delivery else { panic!("{delivery:?}") };
    assert!(reason.chars().count() < 500 && !reason.contains('\x1b'), "{reason}");
    for secret in ["geheim", "Z2VoZWlt", "AGFuYQ"] {
        assert!(!reason.contains(secret), "{reason}");
    }
}

#[tokio::test]
async fn without_starttls_nothing_is_sent_that_requires_it() {
    let server = FaultySmtp::start(&[]).await;
    let delivery = sent(&server, "required", Timeouts::default()).await;
    assert!(matches!(&delivery, Delivery::NotNow(reason) if reason.contains("STARTTLS")), "{delivery:?}");
    // Credentials require it, too.
    let delivery = sent(&server, "opportunistic", Timeouts::default()).await;
    assert!(matches!(&delivery, Delivery::NotNow(reason) if reason.contains("unencrypted")), "{delivery:?}");
    assert!(!server.got("AUTH") && !server.got("MAIL"), "{:?}", server.received());
    let url = format!("smtp://{}?tls=opportunistic", server.address);
    let delivery = mail_channels(&url, Timeouts::default(), Vec::new()).send("ana@example.org", &outgoing()).await;
    assert!(matches!(&delivery, Delivery::Accepted(_)), "{delivery:?}");
}

#[tokio::test]
async fn what_a_server_says_between_starttls_and_tls_is_refused() {
    let offer = || say("250-faulty.test\r\n250 STARTTLS");
    for after in ["220 go\r\n250-faulty.test\r\n250 AUTH PLAIN\r\n", "220 go\r\nx", "220 go\r\n235 welcome\r\n"] {
        let server = FaultySmtp::start(&[("EHLO", offer()), ("STARTTLS", Act::Say(after.into()))]).await;
        for mode in ["required", "opportunistic"] {
            let delivery = sent(&server, mode, Timeouts::default()).await;
            let Delivery::NotNow(reason) = &delivery else { panic!("{delivery:?}") };
            assert!(reason.contains("STARTTLS") && reason.contains("unencrypted"), "{mode} {after:?}: {reason}");
        }
        assert!(!server.got("AUTH") && !server.got("MAIL"), "{:?}", server.received());
    }
    // A refusal does not make it a connection without TLS.
    for answer in ["454 TLS not available", "502 no", "250 not what the protocol says, and no TLS follows"] {
        let server = FaultySmtp::start(&[("EHLO", offer()), ("STARTTLS", say(answer))]).await;
        for mode in ["required", "opportunistic"] {
            let delivery = sent(&server, mode, short()).await;
            assert!(matches!(&delivery, Delivery::NotNow(_)), "{mode} {answer}: {delivery:?}");
        }
        assert!(!server.got("AUTH") && !server.got("MAIL"), "{:?}", server.received());
    }
}

#[tokio::test]
async fn answers_ahead_of_their_commands_are_refused() {
    let all = "220 hi\r\n250 fine\r\n250 fine\r\n250 fine\r\n354 go\r\n250 accepted\r\n";
    for step in ["GREETING", "EHLO", "MAIL", "RCPT"] {
        let server = FaultySmtp::start(&[(step, Act::Say(all.into()))]).await;
        let url = format!("smtp://{}?tls=none", server.address);
        let delivery = mail_channels(&url, Timeouts::default(), Vec::new()).send("ana@example.org", &outgoing()).await;
        assert!(
            matches!(&delivery, Delivery::NotNow(reason) if reason.contains("before it was asked")),
            "{delivery:?}"
        );
    }
}

#[tokio::test]
async fn a_positive_answer_of_the_wrong_kind_is_none() {
    for (step, answer) in [("AUTH", "354 go"), ("MAIL", "354 go"), ("RCPT", "334 go"), ("DATA", "250 fine")] {
        let delivery = with(step, say(answer), short()).await;
        assert!(matches!(&delivery, Delivery::NotNow(_)), "{step}: {delivery:?}");
    }
}

#[tokio::test]
async fn credentials_need_a_known_way_of_authentication() {
    let server = FaultySmtp::start(&[("EHLO", say("250-faulty.test\r\n250 AUTH CRAM-MD5"))]).await;
    let delivery = sent(&server, "none", Timeouts::default()).await;
    assert!(matches!(&delivery, Delivery::NotNow(reason) if reason.contains("PLAIN")), "{delivery:?}");
    // LOGIN, where it is the only one.
    let acts = [("EHLO", say("250-faulty.test\r\n250 AUTH LOGIN")), ("AUTH", say("334 VXNlcm5hbWU6"))];
    // The server compares in upper case: `ana` and the password in base64.
    let login = [("YW5H", say("334 UGFzc3dvcmQ6")), ("Z2VOZWLTLTEYMW==", say("235 welcome"))];
    let acts: Vec<_> = acts.into_iter().chain(login).collect();
    let server = FaultySmtp::start(&acts).await;
    let delivery = sent(&server, "none", Timeouts::default()).await;
    assert!(matches!(&delivery, Delivery::Accepted(_)), "{delivery:?} {:?}", server.received());
}

#[tokio::test]
async fn forbidden_addresses_are_not_connected_to() {
    let server = FaultySmtp::start(&[]).await;
    let guard = AddressGuard::new(agentic_ops::net::guard::AddressRules {
        deny: vec!["127.0.0.0/8".parse().unwrap()],
        ..Default::default()
    });
    let url = SmtpUrl::parse(&format!("smtp://{}?tls=none", server.address)).unwrap();
    let mail = Some(MailConfig { url, from: "ops@example.com".into() });
    let channels = Channels::new(ChannelsConfig { mail, guard, ..ChannelsConfig::default() }).unwrap();
    let delivery = channels.send("ana@example.org", &outgoing()).await;
    assert!(matches!(&delivery, Delivery::NotNow(reason) if reason.contains("AGENTIC_DENY_NETWORKS")), "{delivery:?}");
    assert!(server.received().is_empty());
}

#[tokio::test]
async fn answers_of_old_servers_are_understood() {
    for end in [&b"\r\n"[..], b"\n"] {
        let latin = [&b"250 mensagem aceita \xe0s 12:00"[..], end].concat();
        let delivery = with("DOT", say_bytes(&latin), Timeouts::default()).await;
        assert_eq!(delivery, Delivery::Accepted("250 mensagem aceita às 12:00".into()));
        let latin = [&b"550-endere\xe7o\r\n550 inv\xe1lido"[..], end].concat();
        let delivery = with("RCPT", say_bytes(&latin), Timeouts::default()).await;
        assert_eq!(delivery, Delivery::Refused("RCPT TO: 550 endereço inválido".into()));
    }
    let delivery = with("RCPT", say("571 5.7.1 a code of no standard"), Timeouts::default()).await;
    assert_eq!(delivery, Delivery::Refused("RCPT TO: 571 5.7.1 a code of no standard".into()));
    let delivery = with("DOT", say("250"), Timeouts::default()).await;
    assert_eq!(delivery, Delivery::Accepted("250".into()));
}

#[tokio::test]
async fn the_answer_counts_if_the_end_of_the_conversation_hangs() {
    for (step, expected) in [("EHLO", "NotNow"), ("RCPT", "Refused")] {
        let server = FaultySmtp::start(&[(step, say("554 5.3.2 closed")), ("QUIT", Act::Hang)]).await;
        let timeouts = Timeouts { step: Duration::from_secs(1), ..short() };
        let delivery = format!("{:?}", sent(&server, "none", timeouts).await);
        assert!(delivery.starts_with(expected) && delivery.contains("554 5.3.2 closed"), "{step}: {delivery}");
    }
    let server = FaultySmtp::start(&[("QUIT", Act::Hang)]).await;
    assert!(matches!(sent(&server, "none", short()).await, Delivery::Accepted(_)));
}
