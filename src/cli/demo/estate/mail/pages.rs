//! The pages of the mails: `GET /mail`, `/mail/ID`, and as plain text `/mail.txt`, `/mail/ID/text` and `/mail/ID/source`.

use super::mailbox::{KeptMail, Mailbox};
use crate::desk;
use crate::domain::printable::printable;
use crate::domain::texts::mailbox::{self, Text};
use crate::domain::texts::{Language, notices};
use axum::Router;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{Html, IntoResponse as _, Response};
use axum::routing::get;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use mail_parser::{Message, MessageParser};
use maud::{DOCTYPE, Markup, PreEscaped, html};
use std::sync::Arc;

/// Nothing is loaded from anywhere, neither by a page nor by a mail in it, and no mail runs a script.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-src 'self'; base-uri 'none'";

const STYLE: &str = "
:root { color-scheme: light dark; --line: color-mix(in srgb, currentColor 20%, transparent); }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 64rem; margin: 0 auto; padding: 1rem; overflow-wrap: anywhere; }
h1 { font-size: 1.4rem; line-height: 1.3; }
h2 { font-size: 1.1rem; margin-top: 2rem; }
ol { list-style: none; padding: 0; margin: 0; border-top: 1px solid var(--line); }
li { border-bottom: 1px solid var(--line); }
li a { display: block; padding: .6rem .25rem; color: inherit; text-decoration: none; }
li a:hover, li a:focus { background: color-mix(in srgb, currentColor 7%, transparent); }
li b { display: block; }
small, dt, .none { opacity: .75; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .2rem 1rem; margin: 0; }
dd { margin: 0; }
iframe { box-sizing: border-box; width: 100%; height: min(70vh, 40rem); border: 1px solid var(--line); border-radius: .3rem; resize: vertical; background: Canvas; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; border: 1px solid var(--line); border-radius: .3rem; padding: .75rem; margin: 0; }
";

/// What the pages show, and how.
#[derive(Clone)]
pub struct Pages {
    pub mailbox: Mailbox,
    /// Language of a reader whose browser asks for none of the catalogue.
    pub language: Language,
    /// Time zone of the times.
    pub zone: TimeZone,
}

/// The routes of the pages.
pub fn router(pages: Pages) -> Router {
    Router::new()
        .route("/mail", get(list))
        .route("/mail.txt", get(plain_list))
        .route("/mail/{id}", get(mail))
        .route("/mail/{id}/text", get(text))
        .route("/mail/{id}/source", get(source))
        .with_state(pages)
}

async fn list(State(pages): State<Pages>, headers: HeaderMap) -> Response {
    let language = desk::accepted(&headers, pages.language);
    let of = |text| mailbox::text(language, text);
    let mails = pages.mailbox.newest_first();
    let content = html! {
        h1 { (of(Text::Heading)) }
        p { (of(Text::Introduction)) " " a href="/mail.txt" { "/mail.txt" } "." }
        @if mails.is_empty() { p.none { (of(Text::NoMail)) } }
        ol {
            @for mail in &mails {
                li { a href={ "/mail/" (mail.id) } {
                    b { (subject(mail, language)) }
                    small {
                        (pages.time(mail, language)) " · " (of(Text::From)) ": " (mail.from) " · " (of(Text::To)) ": " (mail.to.join(", "))
                    }
                } }
            }
        }
        p { small { (pages.zone_of(&mails, language)) } }
    };
    page(language, of(Text::Title), html! { meta http-equiv="refresh" content="5"; }, &content)
}

async fn plain_list(State(pages): State<Pages>, headers: HeaderMap) -> String {
    let language = desk::accepted(&headers, pages.language);
    let [id, time, from, to, subject] = mailbox::columns(language);
    let mut out = format!("{id:<5} {time:<21} {from:<26} {to:<26} {subject}\n");
    for mail in pages.mailbox.newest_first() {
        let to = mail.to.join(",");
        let (from, to) = (printable(&mail.from), printable(&to));
        let at = pages.time(&mail, language);
        out.push_str(&format!("{:<5} {at:<21} {from:<26} {to:<26} {}\n", mail.id, mail.subject));
    }
    out
}

async fn mail(State(pages): State<Pages>, headers: HeaderMap, Path(id): Path<String>) -> Response {
    let language = desk::accepted(&headers, pages.language);
    let Some(mail) = pages.find(&id) else { return not_found(language, &id) };
    let message = MessageParser::default().parse(&mail.source);
    let of = |text| mailbox::text(language, text);
    let content = html! {
        p { a href="/mail" { (of(Text::AllMails)) } }
        h1 { (subject(&mail, language)) }
        dl {
            dt { (of(Text::From)) } dd { (mail.from) }
            dt { (of(Text::To)) } dd { (mail.to.join(", ")) }
            dt { (of(Text::Received)) } dd { (pages.time(&mail, language)) " (" (notices::zone_name(&pages.zone, mail.at)) ")" }
        }
        h2 { "HTML" }
        @match message.as_ref().and_then(html_part) {
            // Links open in a tab of their own. A mail has no other rights: it is of no origin and runs no script.
            Some(part) => iframe title=(of(Text::HtmlFrame)) sandbox="allow-popups allow-popups-to-escape-sandbox"
                srcdoc={ "<base target=\"_blank\">" (part) } {}
            None => p.none { (of(Text::NoHtmlPart)) }
        }
        h2 { (of(Text::TextPart)) }
        @match message.as_ref().and_then(text_part) {
            Some(part) => pre { (part) }
            None => p.none { (of(Text::NoTextPart)) }
        }
        h2 { (of(Text::Headers)) }
        pre { (headers_of(&mail)) }
        p { a href={ "/mail/" (mail.id) "/source" } { (of(Text::Source)) } }
    };
    page(language, subject(&mail, language), html! {}, &content)
}

async fn text(State(pages): State<Pages>, headers: HeaderMap, Path(id): Path<String>) -> Response {
    let Some(mail) = pages.find(&id) else { return not_found(desk::accepted(&headers, pages.language), &id) };
    let message = MessageParser::default().parse(&mail.source);
    message.as_ref().and_then(text_part).unwrap_or_default().into_response()
}

async fn source(State(pages): State<Pages>, headers: HeaderMap, Path(id): Path<String>) -> Response {
    let Some(mail) = pages.find(&id) else { return not_found(desk::accepted(&headers, pages.language), &id) };
    String::from_utf8_lossy(&mail.source).into_owned().into_response()
}

impl Pages {
    fn find(&self, id: &str) -> Option<Arc<KeptMail>> {
        self.mailbox.get(id.parse().ok()?)
    }

    /// When a mail came, to the second.
    fn time(&self, mail: &KeptMail, language: Language) -> String {
        notices::second(language, mail.at, &self.zone)
    }

    /// In which time zone the times of these mails are given.
    fn zone_of(&self, mails: &[Arc<KeptMail>], language: Language) -> String {
        let at = mails.first().map_or_else(Timestamp::now, |mail| mail.at);
        notices::zone(language, &self.zone, at)
    }
}

fn not_found(language: Language, id: &str) -> Response {
    (StatusCode::NOT_FOUND, format!("{}\n", mailbox::no_such_mail(language, id))).into_response()
}

fn page(language: Language, title: &str, head: Markup, content: &Markup) -> Response {
    let page = html! {
        (DOCTYPE)
        html lang=(language.tag()) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (title) }
                style { (PreEscaped(STYLE)) }
                (head)
            }
            body { (content) }
        }
    };
    ([("content-security-policy", POLICY)], Html(page.into_string())).into_response()
}

fn subject(mail: &KeptMail, language: Language) -> &str {
    if mail.subject.is_empty() { mailbox::text(language, Text::NoSubject) } else { &mail.subject }
}

/// The part that is HTML: mail-parser makes HTML of text where there is none, and the reverse.
fn html_part(message: &Message<'_>) -> Option<String> {
    message.html_bodies().find(|part| part.is_text_html()).and_then(|part| part.text_contents()).map(String::from)
}

fn text_part(message: &Message<'_>) -> Option<String> {
    let mut parts = message.text_bodies().filter(|part| part.is_text() && !part.is_text_html());
    parts.next().and_then(|part| part.text_contents()).map(String::from)
}

/// The headers as they were sent.
fn headers_of(mail: &KeptMail) -> String {
    let text = String::from_utf8_lossy(&mail.source);
    let end = ["\r\n\r\n", "\n\n"].iter().filter_map(|end| text.find(end)).min().unwrap_or(text.len());
    text[..end].to_string()
}
