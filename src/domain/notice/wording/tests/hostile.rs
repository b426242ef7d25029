//! What objects and targets can contain, and what a message keeps of it.

use super::fixtures::{KINDS, content, style, vm};
use super::lines::{mail, push};
use crate::api::{Channel, NoticeKind};
use crate::domain::notice::content::{
    AcknowledgedBy, Content, ITEMS_MAX, Item, ModelAdvice, ReadFacts, RunbookSection,
};
use crate::domain::notice::wording::{MAIL_MAX, PUSH_MAX, Style, word};
use crate::domain::outgoing::Outgoing;
use crate::domain::texts::Language;

/// An item with this text everywhere.
fn item(text: &str) -> Item {
    let text = || text.to_string();
    Item {
        finding: text(),
        scenario: text(),
        check: text(),
        key: text(),
        agent: text(),
        title: text(),
        message: text(),
        acknowledgement: Some(AcknowledgedBy { by: text(), note: Some(text()), at: None, proven: false }),
        read: ReadFacts {
            show: Some(text()),
            expression: Some(text()),
            values: vec![(text(), text()); 17],
            last_good_at: None,
        },
        runbook: Some(RunbookSection { spec: text(), heading: Some(text()), url: Some(text()), text: Some(text()) }),
        thread: Some(text()),
        advice: Some(ModelAdvice { text: text(), is_stale: false }),
        ..vm(112)
    }
}

/// Everything that a person could see of a message, decoded from JSON.
fn texts(outgoing: &Outgoing) -> Vec<String> {
    match outgoing {
        Outgoing::Mail(mail) => vec![mail.subject.clone(), mail.text.clone(), mail.html.clone()],
        Outgoing::Ntfy(push) => {
            let links = push.links.iter().flat_map(|link| [link.label.clone(), link.url.clone()]);
            [push.title.clone(), push.body.clone()].into_iter().chain(push.tags.clone()).chain(links).collect()
        }
        Outgoing::Webhook(value) => strings(value),
    }
}

fn strings(value: &serde_json::Value) -> Vec<String> {
    match value {
        serde_json::Value::String(text) => vec![text.clone()],
        serde_json::Value::Array(items) => items.iter().flat_map(strings).collect(),
        serde_json::Value::Object(fields) => fields.values().flat_map(strings).collect(),
        _ => vec![],
    }
}

fn each_message(text: &str, check: impl Fn(&str)) {
    for kind in KINDS {
        for items in [vec![item(text)], vec![item(text); 3]] {
            let mut content = content(kind, items);
            if let Some(opening) = &mut content.opening {
                opening.subject = text.into();
            }
            for channel in Channel::ALL {
                texts(&word(&content, channel, &style(Language::English))).iter().for_each(|text| check(text));
            }
        }
    }
}

#[test]
fn html_is_text() {
    let text = "<script>alert('x')</script><img src=\"http://evil.example/p\" onerror='x'>&lt;b&gt;</title></style>";
    for kind in KINDS {
        for items in [vec![item(text)], vec![item(text); 3]] {
            let html = mail(&content(kind, items), Language::English).html;
            assert!(html.contains("&lt;script&gt;alert('x')&lt;/script&gt;&lt;img src=&quot;http"), "{html}");
            assert!(!html.contains("<script") && !html.contains("<img"), "{kind:?}: {html}");
            for once in ["</title>", "</style>"] {
                assert_eq!(html.matches(once).count(), 1, "{once} in {html}");
            }
        }
    }
}

#[test]
fn characters_that_hide_or_move_text_are_replaced() {
    let text = "a\u{202e}b\u{200b}c\u{1b}[31md\u{0}e\u{feff}";
    each_message(text, |shown| {
        let bad = |c: char| "\u{202e}\u{200b}\u{1b}\u{0}\u{feff}".contains(c);
        assert!(!shown.contains(bad), "{shown:?}");
    });
}

#[test]
fn headers_and_titles_have_no_line_breaks() {
    let text = "a\r\nBcc: x@example.org\r\n\r\nbody\u{2028}x\u{85}y";
    for kind in KINDS {
        let mut content = content(kind, vec![item(text)]);
        if let Some(opening) = &mut content.opening {
            opening.subject = text.into();
        }
        let subject = mail(&content, Language::English).subject;
        let push = push(&content);
        for line in [&subject, &push.title].into_iter().chain(&push.tags) {
            assert!(!line.contains(|c: char| c.is_control() || c == '\u{2028}'), "{line:?}");
        }
    }
}

#[test]
fn addresses_open_web_pages_only() {
    for url in ["javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", "http://", "x", "/desk", "mailto:a@b"]
    {
        let runbook = RunbookSection { url: Some(url.into()), text: Some(format!("[x]({url})")), ..Default::default() };
        let content = content(NoticeKind::Opened, vec![Item { runbook: Some(runbook), ..vm(112) }]);
        let mail = mail(&content, Language::English);
        let targets = mail.html.split("href=\"").skip(1).map(|rest| rest.split('"').next().unwrap());
        for target in targets {
            assert!(target.starts_with("https://desk.example.org/desk/") || target == "mailto:a@b", "{target}");
        }
        assert!(push(&content).links.iter().all(|link| link.url.starts_with("https://desk.example.org/")));
        let Outgoing::Webhook(value) = word(&content, Channel::Webhook, &style(Language::English)) else { panic!() };
        assert_eq!(value.pointer("/alerts/0/annotations/runbook_url"), None);
    }
}

#[test]
fn names_cannot_leave_their_place_in_an_address() {
    let item = Item { finding: "../../x?y#z\"<'%2f".into(), thread: Some("a/../b".into()), ..vm(112) };
    let mail = mail(&content(NoticeKind::Opened, vec![item]), Language::English);
    for part in ["/desk/findings/..%2F..%2Fx%3Fy%23z%22%3C%27%252f", "/desk/threads/a%2F..%2Fb"] {
        assert!(mail.html.contains(part) && mail.text.contains(part), "{}", mail.text);
    }
}

#[test]
fn messages_are_bounded() {
    let texts =
        ["\"".repeat(10 << 10), "漢".repeat(1 << 10), "`a` ".repeat(1100), "> ".repeat(2100), "a\n\n".repeat(1400)];
    for text in texts {
        for shown in [1, 3] {
            is_bounded(NoticeKind::Opened, vec![item(&text); shown], 30);
        }
    }
    for text in ["\"".repeat(1024), "漢".repeat(1024)] {
        for desk_url in [30, 3000] {
            is_bounded(NoticeKind::Acknowledged, vec![item(&text); ITEMS_MAX + 5], desk_url);
        }
    }
}

fn is_bounded(kind: NoticeKind, items: Vec<Item>, desk_url: usize) {
    let shown = items.len().min(ITEMS_MAX);
    let content = Content { total: 12_345, ..content(kind, items) };
    let style = Style { desk_url: format!("https://{}", "d".repeat(desk_url)), ..style(Language::Portuguese) };
    let Outgoing::Mail(mail) = word(&content, Channel::Mail, &style) else { panic!() };
    let size = mail.text.len() + mail.html.len();
    assert!(size <= MAIL_MAX, "{kind:?}: {size} bytes of mail about {shown}");
    let Outgoing::Ntfy(push) = word(&content, Channel::Ntfy, &style) else { panic!() };
    assert!(push.body.len() <= PUSH_MAX && push.title.len() <= 500, "{} bytes", push.body.len());
    let Outgoing::Webhook(value) = word(&content, Channel::Webhook, &style) else { panic!() };
    assert!(value.to_string().len() <= 2 << 20, "{} bytes", value.to_string().len());
    assert_eq!(value["truncatedAlerts"], 12_345 - shown);
}

#[test]
fn a_usual_group_is_listed_in_full() {
    let items: Vec<Item> = (0..100).map(|number| vm(100 + number)).collect();
    let content = Content { total: 130, ..content(NoticeKind::Opened, items) };
    let mail = mail(&content, Language::Portuguese);
    for part in ["VM 100 não", "VM 199 não", "e mais 30 ocorrências", "https://desk.example.org/desk/findings\n"] {
        assert!(mail.text.contains(part), "{part} in {}", mail.text);
    }
    assert_eq!(mail.text.matches("Condição que falhou").count(), 3);
    assert!(mail.html.contains("VM 199 não") && mail.html.contains("e mais 30 ocorrências"));
}

#[test]
fn a_group_quotes_a_runbook_once() {
    let content = content(NoticeKind::Opened, vec![vm(112), vm(123), vm(104)]);
    let mail = mail(&content, Language::Portuguese);
    for text in [&mail.text, &mail.html] {
        assert_eq!(text.matches("pvecm nodes").count(), 1, "{text}");
        assert_eq!(text.matches("Runbook proxmox-cluster").count(), 3, "{text}");
    }
}

#[test]
fn backquotes_of_a_runbook_stay_in_place() {
    let text = "Rode `qm status 112` e ``a`b``.\n\n````\n```\n````\n\n`sem fim";
    let runbook = RunbookSection { spec: "r".into(), text: Some(text.into()), ..Default::default() };
    let mail =
        mail(&content(NoticeKind::Opened, vec![Item { runbook: Some(runbook), ..vm(112) }]), Language::Portuguese);
    assert!(mail.text.contains(text), "{}", mail.text);
    for part in ["<code>qm status 112</code>", "<code>a`b</code>", ">```\n</pre>", "`sem fim"] {
        assert!(mail.html.contains(part), "{part} in {}", mail.html);
    }
}

#[test]
fn a_message_without_items_is_a_count() {
    let content = Content { items: vec![], total: 7, ..content(NoticeKind::Opened, vec![]) };
    for channel in Channel::ALL {
        assert!(!texts(&word(&content, channel, &style(Language::Portuguese))).is_empty());
    }
    assert_eq!(mail(&content, Language::Portuguese).subject, "7 ocorrências abertas");
}
