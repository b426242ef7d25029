//! The pages of the mails: `GET /mail`, `/mail/ID`, and as plain text `/mail.txt`, `/mail/ID/text` and `/mail/ID/source`.

use super::mailbox::{KeptMail, Mailbox};
use crate::domain::printable::printable;
use axum::Router;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse as _, Response};
use axum::routing::get;
use mail_parser::{Message, MessageParser};
use maud::{DOCTYPE, Markup, PreEscaped, html};

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

/// The routes of the pages.
pub fn router(mailbox: Mailbox) -> Router {
    Router::new()
        .route("/mail", get(list))
        .route("/mail.txt", get(plain_list))
        .route("/mail/{id}", get(mail))
        .route("/mail/{id}/text", get(text))
        .route("/mail/{id}/source", get(source))
        .with_state(mailbox)
}

async fn list(State(mailbox): State<Mailbox>) -> Response {
    let mails = mailbox.newest_first();
    let content = html! {
        h1 { "Mails that the simulated estate received" }
        p { "The newest first; the page is loaded again every 5 seconds. As plain text: " a href="/mail.txt" { "/mail.txt" } "." }
        @if mails.is_empty() { p.none { "None yet." } }
        ol {
            @for mail in &mails {
                li { a href={ "/mail/" (mail.id) } {
                    b { (subject(mail)) }
                    small { (time(mail)) " · from " (mail.from) " · to " (mail.to.join(", ")) }
                } }
            }
        }
    };
    page("Mails", html! { meta http-equiv="refresh" content="5"; }, &content)
}

async fn plain_list(State(mailbox): State<Mailbox>) -> String {
    let mut out = format!("{:<5} {:<21} {:<26} {:<26} SUBJECT\n", "ID", "TIME", "FROM", "TO");
    for mail in mailbox.newest_first() {
        let to = mail.to.join(",");
        let (from, to) = (printable(&mail.from), printable(&to));
        let at = time(&mail);
        out.push_str(&format!("{:<5} {at:<21} {from:<26} {to:<26} {}\n", mail.id, mail.subject));
    }
    out
}

async fn mail(State(mailbox): State<Mailbox>, Path(id): Path<String>) -> Response {
    let Some(mail) = find(&mailbox, &id) else { return not_found(&id) };
    let message = MessageParser::default().parse(&mail.source);
    let content = html! {
        p { a href="/mail" { "All mails" } }
        h1 { (subject(&mail)) }
        dl {
            dt { "From" } dd { (mail.from) }
            dt { "To" } dd { (mail.to.join(", ")) }
            dt { "Received" } dd { (time(&mail)) }
        }
        h2 { "HTML" }
        @match message.as_ref().and_then(html_part) {
            // Links open in a tab of their own. A mail has no other rights: it is of no origin and runs no script.
            Some(part) => iframe title="HTML part of the mail" sandbox="allow-popups allow-popups-to-escape-sandbox"
                srcdoc={ "<base target=\"_blank\">" (part) } {}
            None => p.none { "The mail has no HTML part." }
        }
        h2 { "Text" }
        @match message.as_ref().and_then(text_part) {
            Some(part) => pre { (part) }
            None => p.none { "The mail has no text part." }
        }
        h2 { "Headers" }
        pre { (headers(&mail)) }
        p { a href={ "/mail/" (mail.id) "/source" } { "The whole message as it was sent" } }
    };
    page(subject(&mail), html! {}, &content)
}

async fn text(State(mailbox): State<Mailbox>, Path(id): Path<String>) -> Response {
    let Some(mail) = find(&mailbox, &id) else { return not_found(&id) };
    let message = MessageParser::default().parse(&mail.source);
    message.as_ref().and_then(text_part).unwrap_or_default().into_response()
}

async fn source(State(mailbox): State<Mailbox>, Path(id): Path<String>) -> Response {
    let Some(mail) = find(&mailbox, &id) else { return not_found(&id) };
    String::from_utf8_lossy(&mail.source).into_owned().into_response()
}

fn find(mailbox: &Mailbox, id: &str) -> Option<std::sync::Arc<KeptMail>> {
    mailbox.get(id.parse().ok()?)
}

fn not_found(id: &str) -> Response {
    (StatusCode::NOT_FOUND, format!("no mail has the id {id:?}; /mail.txt lists those that are kept\n")).into_response()
}

fn page(title: &str, head: Markup, content: &Markup) -> Response {
    let page = html! {
        (DOCTYPE)
        html lang="en" {
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

fn subject(mail: &KeptMail) -> &str {
    if mail.subject.is_empty() { "(no subject)" } else { &mail.subject }
}

/// When it came, in UTC, to the second.
fn time(mail: &KeptMail) -> String {
    mail.at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
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
fn headers(mail: &KeptMail) -> String {
    let text = String::from_utf8_lossy(&mail.source);
    let end = ["\r\n\r\n", "\n\n"].iter().filter_map(|end| text.find(end)).min().unwrap_or(text.len());
    text[..end].to_string()
}
