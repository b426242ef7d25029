//! Every kind of notice, about one Finding and about several, in both languages and for every channel.
//!
//! `UPDATE_GOLDEN=1 cargo test --lib wording` writes the files. The HTML files open in a browser.

use super::fixtures::{KINDS, english, group, part, single, style};
use crate::api::{Channel, NoticeKind};
use crate::domain::notice::content::Content;
use crate::domain::notice::wording::{Style, word};
use crate::domain::outgoing::{Outgoing, Push};
use crate::domain::texts::Language;
use std::fmt::Write;
use std::path::Path;

/// Compares a text with a file, or writes the file.
pub fn compare(name: &str, text: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/domain/notice/wording/tests/golden").join(name);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&path, text).unwrap();
    }
    let golden = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(golden == text, "{name} is not what is sent now:\n{text}");
}

pub fn language_name(language: Language) -> &'static str {
    match language {
        Language::Portuguese => "pt",
        Language::English => "en",
    }
}

fn push_text(push: &Push) -> String {
    let mut out = format!("priority: {}\ntags: {}\ntitle: {}\n", push.priority, push.tags.join(","), push.title);
    for (number, link) in push.links.iter().enumerate() {
        writeln!(out, "link {}: {} {}", number + 1, link.label, link.url).unwrap();
    }
    format!("{out}click: {}\n\n{}\n", push.click.as_deref().unwrap_or_default(), push.body)
}

/// A message of every channel in one text, and the HTML of the mail apart.
fn messages(content: &Content, style: &Style) -> (String, String) {
    let (mut out, mut html) = (String::new(), String::new());
    for channel in Channel::ALL {
        match word(content, channel, style) {
            Outgoing::Mail(mail) => {
                writeln!(out, "===== mail\nSubject: {}\nMessage-ID: {}", mail.subject, mail.message_id).unwrap();
                writeln!(out, "In-Reply-To: {}\n\n{}", mail.in_reply_to.unwrap_or_default(), mail.text).unwrap();
                html = mail.html;
            }
            Outgoing::Ntfy(push) => writeln!(out, "===== ntfy\n{}", push_text(&push)).unwrap(),
            Outgoing::Webhook(value) => {
                writeln!(out, "===== webhook\n{}", serde_json::to_string_pretty(&value).unwrap()).unwrap();
            }
        }
    }
    (out, html)
}

#[test]
fn messages_are_those_of_the_golden_files() {
    for language in Language::ALL {
        for kind in KINDS {
            let contents = [("single", single(kind)), ("group", group(kind)), ("part", part(kind))];
            for (name, content) in
                contents.into_iter().filter(|(name, _)| *name != "part" || kind == NoticeKind::Resolved)
            {
                let content = if language == Language::English { english(content) } else { content };
                let (text, html) = messages(&content, &style(language));
                let name = format!("{}-{name}.{}", kind.as_str().to_lowercase(), language_name(language));
                compare(&format!("{name}.txt"), &text);
                compare(&format!("{name}.html"), &html);
            }
        }
    }
}
