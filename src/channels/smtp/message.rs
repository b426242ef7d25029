//! A mail as it is sent.
//!
//! The same mail gives the same bytes, so that one that is sent again is a duplicate.

use crate::domain::outgoing::Mail;
use crate::domain::printable::one_line;
use lettre::message::header::{ContentTransferEncoding, ContentType, HeaderName, HeaderValue};
use lettre::message::{Body, Mailbox, Message, MultiPart, MultiPartKind, SinglePart};
use std::time::SystemTime;
use url::Host;

/// Most bytes of the text.
const TEXT_MAX: usize = 256 << 10;
/// A mail whose HTML is larger has only the text, since a part of it is none.
const HTML_MAX: usize = 512 << 10;
/// Most characters of the subject.
const SUBJECT_MAX: usize = 400;
/// Quoted-printable text never has `=_`.
const BOUNDARY: &str = "=_agentic-ops";

/// `address@domain` or `Name <address@domain>`; the domain becomes ASCII.
pub(super) fn mailbox(text: &str) -> Option<Mailbox> {
    let mut mailbox: Mailbox = text.trim().parse().ok()?;
    // Within quotes, an address may have what ends a command.
    if mailbox.email.to_string().chars().any(|c| c.is_control() || c.is_whitespace()) {
        return None;
    }
    if !mailbox.email.domain().is_ascii() {
        let Ok(Host::Domain(domain)) = Host::parse(mailbox.email.domain()) else { return None };
        mailbox.email = lettre::Address::new(mailbox.email.user(), domain).ok()?;
    }
    mailbox.name = mailbox.name.map(|name| one_line(&name).into_owned());
    Some(mailbox)
}

/// The bytes of a mail. The error is the library's message.
pub(super) fn bytes(from: &Mailbox, to: &Mailbox, mail: &Mail) -> Result<Vec<u8>, String> {
    let list = format!("Agentic Ops <agentic-ops.{}>", from.email.domain());
    let subject: String = one_line(&mail.subject).chars().take(SUBJECT_MAX).collect();
    let mut builder = Message::builder()
        .from(from.clone())
        .to(to.clone())
        .date(SystemTime::from(mail.date))
        .message_id(Some(id(&mail.message_id)))
        .subject(subject)
        .raw_header(raw(HeaderName::new_from_ascii_str("List-Id"), list))
        .raw_header(raw(HeaderName::new_from_ascii_str("Auto-Submitted"), "auto-generated".into()))
        .raw_header(raw(HeaderName::new_from_ascii_str("X-Auto-Response-Suppress"), "All".into()));
    if let Some(opening) = &mail.in_reply_to {
        builder = builder.in_reply_to(id(opening)).references(id(opening));
    }
    let text = part(ContentType::TEXT_PLAIN, cut(&mail.text));
    let message = if mail.html.is_empty() || mail.html.len() > HTML_MAX {
        builder.singlepart(text)
    } else {
        let parts = MultiPart::builder().kind(MultiPartKind::Alternative).boundary(BOUNDARY);
        builder.multipart(parts.singlepart(text).singlepart(part(ContentType::TEXT_HTML, mail.html.clone())))
    };
    Ok(message.map_err(|error| error.to_string())?.formatted())
}

fn part(content_type: ContentType, text: String) -> SinglePart {
    let encoding = ContentTransferEncoding::QuotedPrintable;
    let body = Body::new_with_encoding(text, encoding).unwrap_or_else(Body::new);
    SinglePart::builder().header(content_type).body(body)
}

fn raw(name: HeaderName, value: String) -> HeaderValue {
    HeaderValue::new(name, value)
}

/// A Message-ID in angle brackets, without what would end it or its line.
fn id(text: &str) -> String {
    let is_kept = |c: &char| c.is_ascii_graphic() && !matches!(c, '<' | '>');
    format!("<{}>", text.chars().filter(is_kept).collect::<String>())
}

fn cut(text: &str) -> String {
    if text.len() <= TEXT_MAX {
        return text.to_string();
    }
    format!("{}\n…\n", &text[..text.floor_char_boundary(TEXT_MAX)])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mail() -> Mail {
        Mail {
            message_id: "opened.pulso.1.abc@ops.example.com".into(),
            subject: "[crítico] VM 112 não está em execução · proxmox.cluster".into(),
            in_reply_to: None,
            date: "2026-03-01T12:00:00Z".parse().unwrap(),
            text: "Olá\n.\nfim".into(),
            html: "<p>Olá</p>".into(),
        }
    }

    fn text(mail: &Mail) -> String {
        let (from, to) = (mailbox("Ops <ops@example.com>").unwrap(), mailbox("ana@example.org").unwrap());
        String::from_utf8(bytes(&from, &to, mail).unwrap()).unwrap()
    }

    /// The headers of the mail, unfolded.
    fn headers(mail: &Mail) -> Vec<String> {
        let text = text(mail);
        let head = text.split_once("\r\n\r\n").unwrap().0;
        head.replace("\r\n ", " ").split("\r\n").map(String::from).collect()
    }

    #[test]
    fn a_mail_has_the_headers_of_a_conversation() {
        let reply = Mail { in_reply_to: Some("first@ops.example.com".into()), ..mail() };
        let headers = headers(&reply);
        for expected in [
            "From: Ops <ops@example.com>",
            "To: ana@example.org",
            "Date: Sun, 01 Mar 2026 12:00:00 +0000",
            "Message-ID: <opened.pulso.1.abc@ops.example.com>",
            "In-Reply-To: <first@ops.example.com>",
            "References: <first@ops.example.com>",
            "List-Id: Agentic Ops <agentic-ops.example.com>",
            "Auto-Submitted: auto-generated",
            "X-Auto-Response-Suppress: All",
            "MIME-Version: 1.0",
        ] {
            assert!(headers.iter().any(|header| header == expected), "{expected}: {headers:#?}");
        }
    }

    #[test]
    fn the_same_mail_gives_the_same_bytes() {
        assert_eq!(text(&mail()), text(&mail()));
    }

    #[test]
    fn no_text_adds_a_header() {
        let attack = "x\r\nBcc: eve@example.net\nX-Evil: 1\r\rX-Evil: 2";
        let evil = Mail {
            message_id: attack.into(),
            subject: attack.into(),
            in_reply_to: Some(attack.into()),
            text: format!(".\r\n.\r\nMAIL FROM:<eve@example.net>\r\n\r\n--{BOUNDARY}--\n{attack}"),
            ..mail()
        };
        let names: Vec<String> =
            headers(&evil).iter().map(|header| header.split(':').next().unwrap().to_ascii_lowercase()).collect();
        assert!(!names.iter().any(|name| name == "bcc" || name == "x-evil"), "{names:?}");
        assert_eq!(names.iter().filter(|name| *name == "message-id").count(), 1, "{names:?}");
        let all = text(&evil);
        assert!(all.split("\r\n").all(|line| !line.contains(['\r', '\n'])), "line ends are CRLF");
        assert_eq!(all.matches(&format!("--{BOUNDARY}--")).count(), 1);
        for wrong in ["a@b.c>\r\nBcc: <d@e.f", "\"a\r\nBcc: d\"@b.c", "\"a b\"@b.c", "Ana <\"a\nb\"@b.c>"] {
            assert_eq!(mailbox(wrong), None, "{wrong:?}");
        }
    }

    #[test]
    fn sizes_are_bounded() {
        let large = Mail { subject: "é".repeat(5000), text: "x".repeat(1 << 21), html: "y".repeat(1 << 21), ..mail() };
        let all = text(&large);
        assert!(all.len() < 2 * TEXT_MAX, "{}", all.len());
        assert!(!all.contains("text/html") && all.is_ascii());
        assert!(all.lines().all(|line| line.len() <= 998));
    }

    #[test]
    fn a_domain_becomes_ascii() {
        assert_eq!(mailbox("ana@münchen.example").unwrap().email.domain(), "xn--mnchen-3ya.example");
        assert_eq!(mailbox("Ana <ana@example.org>").unwrap().name.as_deref(), Some("Ana"));
        for wrong in ["", "ana", "a@b@c", "a@example.org, b@example.org"] {
            assert_eq!(mailbox(wrong), None, "{wrong}");
        }
    }
}
