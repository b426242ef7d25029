//! Mail through a real server.

use super::{mail, mail_channels, outgoing, short};
use crate::kit::certificates;
use crate::kit::mailpit::Mailpit;
use agentic_ops::channels::{Line, Timeouts};
use agentic_ops::domain::outgoing::{Delivery, Mail, Outgoing};

const LOGIN: (&str, &str) = ("--smtp-auth-file", "ana:geheim-123\n");

async fn send(url: &str, ca: Option<&str>) -> (Delivery, Vec<Line>) {
    let ca = ca.iter().map(|pem| pem.as_bytes().to_vec()).collect();
    mail_channels(url, Timeouts::default(), ca).send_traced("ana@example.org", &outgoing()).await
}

fn text(lines: &[Line]) -> String {
    lines.iter().map(|line| format!("{line}\n")).collect()
}

#[tokio::test]
async fn a_conversation_of_mails_arrives_as_it_was_worded() {
    let server = Mailpit::start(&[], &[]).await;
    let url = format!("smtp://{}?tls=none", server.smtp);
    let (delivery, _) = send(&url, None).await;
    assert!(matches!(&delivery, Delivery::Accepted(answer) if answer.starts_with("250 ")), "{delivery:?}");
    let reply = Mail {
        message_id: "resolved.1.abc@ops.example.com".into(),
        subject: format!("Re: {}", mail().subject),
        in_reply_to: Some(mail().message_id),
        ..mail()
    };
    let channels = mail_channels(&url, Timeouts::default(), Vec::new());
    let delivery = channels.send("Ana Souza <ana@example.org>", &Outgoing::Mail(reply)).await;
    assert!(matches!(&delivery, Delivery::Accepted(_)), "{delivery:?}");

    let mails = server.mails(2).await;
    let [opening, reply] = &mails[..] else { panic!("{} mails", mails.len()) };
    assert_eq!(opening.header("Message-Id"), "<opened.1.abc@ops.example.com>");
    assert_eq!(opening.content["Subject"], mail().subject);
    assert_eq!(opening.header("In-Reply-To"), "");
    assert_eq!(reply.header("Message-Id"), "<resolved.1.abc@ops.example.com>");
    assert_eq!(reply.header("In-Reply-To"), "<opened.1.abc@ops.example.com>");
    assert_eq!(reply.header("References"), "<opened.1.abc@ops.example.com>");
    assert_eq!(reply.content["Subject"], format!("Re: {}", mail().subject));
    assert_eq!(reply.content["To"][0]["Name"], "Ana Souza");
    for received in &mails {
        assert_eq!(received.header("Auto-Submitted"), "auto-generated");
        assert_eq!(received.header("X-Auto-Response-Suppress"), "All");
        assert_eq!(received.header("List-Id"), "Agentic Ops <agentic-ops.example.com>");
        assert_eq!(received.header("Date"), "Sun, 01 Mar 2026 12:00:00 +0000");
        assert_eq!(received.content["From"]["Address"], "ops@example.com");
        assert_eq!(received.part("Text").replace("\r\n", "\n").trim_end(), mail().text);
        assert!(received.part("HTML").contains(&mail().html), "{}", received.part("HTML"));
    }
}

#[tokio::test]
async fn names_with_line_ends_add_no_header_and_no_command() {
    let server = Mailpit::start(&[], &[]).await;
    let url = format!("smtp://{}?tls=none", server.smtp);
    let attack = "x\r\nBcc: eve@example.net\r\n\r\n.\r\nRCPT TO:<eve@example.net>\r\n";
    let evil = Mail {
        message_id: attack.into(),
        subject: attack.into(),
        in_reply_to: Some(attack.into()),
        text: format!("\n.\n{attack}\r.\r"),
        html: attack.into(),
        ..mail()
    };
    let channels = mail_channels(&url, Timeouts::default(), Vec::new());
    let delivery = channels.send("ana@example.org", &Outgoing::Mail(evil.clone())).await;
    assert!(matches!(&delivery, Delivery::Accepted(_)), "{delivery:?}");
    let refused = channels.send("ana@example.org>\r\nRCPT TO:<eve@example.net", &Outgoing::Mail(evil)).await;
    assert!(matches!(&refused, Delivery::Refused(_)), "{refused:?}");
    let mails = server.mails(1).await;
    assert_eq!(mails.len(), 1);
    assert_eq!(mails[0].header("Bcc"), "");
    assert_eq!(mails[0].content["Bcc"].as_array().map(Vec::len), Some(0));
    assert_eq!(mails[0].content["To"].as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn user_and_password_are_sent_and_not_shown() {
    let server = Mailpit::start(&["--smtp-auth-allow-insecure"], &[LOGIN]).await;
    let of = |login: &str| format!("smtp://{login}{}?tls=none", server.smtp);
    let (delivery, lines) = send(&of("ana:geheim-123@"), None).await;
    assert!(matches!(&delivery, Delivery::Accepted(_)), "{delivery:?} {}", text(&lines));
    for secret in ["geheim-123", "Z2VoZWltLTEyMw", "AGFuYQ"] {
        assert!(!text(&lines).contains(secret), "{}", text(&lines));
    }
    assert!(text(&lines).contains("> AUTH PLAIN\n> ***\n"), "{}", text(&lines));

    let (wrong, _) = send(&of("ana:geheim-124@"), None).await;
    let Delivery::NotNow(reason) = &wrong else { panic!("{wrong:?}") };
    assert!(reason.contains("535") && reason.contains("SMTP_URL") && !reason.contains("geheim"), "{reason}");
    let (without, _) = send(&of(""), None).await;
    let Delivery::NotNow(reason) = &without else { panic!("{without:?}") };
    assert!(reason.contains("530") && reason.contains("SMTP_URL"), "{reason}");
    assert_eq!(server.list().await.len(), 1);
}

#[tokio::test]
async fn starttls_is_used_where_the_certificate_is_trusted() {
    let made = certificates::of(&["127.0.0.1"]);
    let files = [("--smtp-tls-cert", made.certificate.as_str()), ("--smtp-tls-key", &made.key), LOGIN];
    let server = Mailpit::start(&["--smtp-require-starttls"], &files).await;
    for mode in ["required", "opportunistic"] {
        let url = format!("smtp://ana:geheim-123@{}?tls={mode}", server.smtp);
        let (delivery, lines) = send(&url, Some(&made.ca)).await;
        assert!(matches!(&delivery, Delivery::Accepted(_)), "{mode}: {delivery:?} {}", text(&lines));
        assert!(text(&lines).contains("* TLSv1.3, certificate verified"), "{}", text(&lines));
        let (untrusted, lines) = send(&url, None).await;
        let Delivery::NotNow(reason) = &untrusted else { panic!("{untrusted:?}") };
        assert!(reason.contains("TLS") && reason.contains("UnknownIssuer"), "{reason}");
        assert!(!text(&lines).contains("AUTH PLAIN\n") && !text(&lines).contains("MAIL FROM"), "{}", text(&lines));
    }
    // A certificate for another name.
    let url = format!("smtp://ana:geheim-123@localhost:{}", server.smtp.port());
    let (other, _) = send(&url, Some(&made.ca)).await;
    assert!(matches!(&other, Delivery::NotNow(reason) if reason.contains("not valid for name")), "{other:?}");
    assert_eq!(server.list().await.len(), 2);
}

#[tokio::test]
async fn tls_from_the_first_byte_is_used_where_the_certificate_is_trusted() {
    let made = certificates::of(&["127.0.0.1", "localhost"]);
    let files = [("--smtp-tls-cert", made.certificate.as_str()), ("--smtp-tls-key", &made.key), LOGIN];
    let server = Mailpit::start(&["--smtp-require-tls"], &files).await;
    for host in ["127.0.0.1", "localhost"] {
        let url = format!("smtps://ana:geheim-123@{host}:{}", server.smtp.port());
        let (delivery, lines) = send(&url, Some(&made.ca)).await;
        assert!(matches!(&delivery, Delivery::Accepted(_)), "{delivery:?} {}", text(&lines));
    }
    let url = format!("smtps://ana:geheim-123@{}", server.smtp);
    let (untrusted, _) = send(&url, None).await;
    assert!(matches!(&untrusted, Delivery::NotNow(reason) if reason.contains("UnknownIssuer")), "{untrusted:?}");
    // Without TLS it says nothing that is understood.
    let channels = mail_channels(&format!("smtp://{}?tls=none", server.smtp), short(), Vec::new());
    let plain = channels.send("ana@example.org", &outgoing()).await;
    assert!(matches!(&plain, Delivery::NotNow(_)), "{plain:?}");
    assert_eq!(server.list().await.len(), 2);
}

#[tokio::test]
async fn a_refused_recipient_is_told_apart_from_a_server_that_is_away() {
    let server = Mailpit::start(&["--smtp-allowed-recipients", "@example\\.org$"], &[]).await;
    let url = format!("smtp://{}?tls=none", server.smtp);
    let channels = mail_channels(&url, Timeouts::default(), Vec::new());
    let accepted = channels.send("ana@example.org", &outgoing()).await;
    assert!(matches!(&accepted, Delivery::Accepted(_)), "{accepted:?}");
    let refused = channels.send("bob@example.net", &outgoing()).await;
    assert!(matches!(&refused, Delivery::Refused(reason) if reason.starts_with("RCPT TO: 5")), "{refused:?}");
    drop(server);
    let away = channels.send("ana@example.org", &outgoing()).await;
    assert!(matches!(&away, Delivery::NotNow(reason) if reason.contains("refused")), "{away:?}");
}
