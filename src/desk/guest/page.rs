//! A page as it is answered.

use super::Guest;
use super::commands::{self, Line};
use crate::domain::texts::Language;
use crate::domain::texts::desk::{self, Link, Page};
use crate::domain::texts::panel::session;
use axum::http::StatusCode;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_LANGUAGE, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, VARY,
    X_CONTENT_TYPE_OPTIONS,
};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use sha2::{Digest, Sha256};

const STYLE: &str = "\
:root{color-scheme:light dark}\
body{max-width:46rem;margin:0 auto;padding:1rem;font:16px/1.5 system-ui,sans-serif;overflow-wrap:anywhere}\
h1{font-size:1.3rem;line-height:1.3}h2{font-size:1.05rem;margin-top:2rem}\
h3{font-size:.95rem;font-weight:600;margin:1rem 0 .25rem}\
pre{margin:0;padding:.6rem .8rem;border:1px solid #8886;border-radius:6px;background:#8881;font-size:.85rem;white-space:pre-wrap}";

/// What the start page leads to. The links stay on the address that the page was read from.
const LINKS: [(Link, &str); 4] = [
    (Link::Findings, "/desk/findings"),
    (Link::Threads, "/desk/threads"),
    (Link::Health, "/api/v1/agents/health"),
    (Link::Document, "/api/v1/agents/openapi.json"),
];

/// The page, or that there is none; nothing of an address that is not valid is repeated.
pub fn answer(desk: &Guest, language: Language, page: Option<Page<'_>>) -> Response {
    let (status, content) = match page {
        Some(page) => (StatusCode::OK, content(desk, page, language)),
        None => (StatusCode::NOT_FOUND, document(language, &desk::not_a_name(language), &html! {})),
    };
    let hash = STANDARD.encode(Sha256::digest(STYLE));
    let policy = format!(
        "default-src 'none'; style-src 'sha256-{hash}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    );
    let headers = [
        (CONTENT_TYPE, "text/html; charset=utf-8".to_string()),
        (CONTENT_LANGUAGE, language.tag().to_string()),
        (CONTENT_SECURITY_POLICY, policy),
        (X_CONTENT_TYPE_OPTIONS, "nosniff".to_string()),
        (CACHE_CONTROL, "no-store".to_string()),
        (REFERRER_POLICY, "no-referrer".to_string()),
        (VARY, "Accept-Language, Cookie".to_string()),
    ];
    (status, headers, content.into_string()).into_response()
}

fn content(desk: &Guest, page: Page<'_>, language: Language) -> Markup {
    let kubectl = commands::kubectl(desk, page, language);
    let curl = commands::curl(desk, page, language);
    let body = html! {
        p { (desk::introduction(language)) }
        p { a href=(sign_in(page)) { (session::open_panel(language)) } }
        @if page == Page::Start {
            ul {
                @for (link, address) in LINKS {
                    li { a href=(address) { (desk::link(language, link)) } }
                }
            }
        }
        (section(&desk::with_kubectl(language), &kubectl, language))
        (section(&desk::with_curl(language), &curl, language))
    };
    document(language, &desk::title(language, page), &body)
}

/// Where to sign in, from where one comes back to the page.
fn sign_in(page: Page<'_>) -> String {
    let path = match page {
        Page::Start => "/desk".to_string(),
        Page::Threads => "/desk/threads".to_string(),
        Page::Findings => "/desk/findings".to_string(),
        Page::Finding(name) => format!("/desk/findings/{name}"),
        Page::Thread(name) => format!("/desk/threads/{name}"),
    };
    format!("/desk/session?return={path}")
}

fn section(title: &str, lines: &[Line], language: Language) -> Markup {
    html! {
        @if !lines.is_empty() {
            h2 { (title) }
            @for (step, command) in lines {
                h3 { (desk::step(language, *step)) }
                pre { (command) }
            }
        }
    }
}

fn document(language: Language, title: &str, body: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang=(language.tag()) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width,initial-scale=1";
                title { (title) }
                style { (PreEscaped(STYLE)) }
            }
            body { h1 { (title) } (body) }
        }
    }
}
