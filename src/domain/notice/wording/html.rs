//! A document as HTML for mail programs: styles are inline, since some drop others; a dark page where the device prefers one; nothing is
//! fetched from elsewhere.

use super::document::{Block, Document, SummaryLine, Tone};
use super::markdown;
use crate::api::Severity;
use crate::domain::outgoing::Link;
use crate::domain::texts::{Language, notices};
use maud::{DOCTYPE, Markup, PreEscaped, html};

const DARK: &str = "\
:root{color-scheme:light dark}\
a{color:#0b5cad}\
@media (prefers-color-scheme:dark){\
.page{background:#101418!important}\
.card{background:#1b2127!important;color:#e4e8ec!important}\
.soft{color:#a3adb8!important}\
.code{background:#11161b!important;color:#dbe2e9!important}\
.line{border-color:#37414b!important}\
a{color:#7cb8ff!important}}";
const PAGE: &str = "margin:0;padding:12px;background:#eef0f3;font:16px/1.5 -apple-system,'Segoe UI',Roboto,sans-serif";
const CARD: &str = "max-width:640px;margin:0 auto;padding:16px 18px;border-radius:8px;background:#fff;color:#1d2730;overflow-wrap:anywhere";
const CODE: &str = "margin:0 0 12px;padding:10px 12px;background:#f1f3f5;border-radius:6px;font-size:13px;white-space:pre-wrap;overflow-wrap:anywhere";

/// A whole page.
pub fn render(document: &Document) -> String {
    let card = format!("{CARD};border-top:5px solid {}", accent(document.tone));
    let page = html! {
        (DOCTYPE)
        html lang=(document.language.tag()) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width,initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="supported-color-schemes" content="light dark";
                title { (document.title) }
                style { (PreEscaped(DARK)) }
            }
            body.page style=(PAGE) {
                div.card style=(card) {
                    @for block in &document.blocks { (render_block(block, document.language)) }
                    div.soft.line style="margin-top:18px;padding-top:10px;border-top:1px solid #dde1e6;font-size:13px;color:#5d6975" {
                        @for line in &document.footer { div { (line) } }
                    }
                }
            }
        }
    };
    page.into_string()
}

fn render_block(block: &Block, language: Language) -> Markup {
    match block {
        Block::Lead { severity, text } => html! {
            p style="margin:0 0 12px;font-size:20px;line-height:1.35;font-weight:600" { (badge(language, *severity)) (text) }
        },
        Block::Headline { severity, text } => html! {
            p style="margin:0 0 12px;font-weight:600" { (badge(language, *severity)) (text) }
        },
        Block::Paragraph(text) => html! { p style="margin:0 0 12px" { (text) } },
        Block::Lines(text) => html! { p style="margin:0 0 12px;white-space:pre-wrap" { (text) } },
        Block::Summary(lines) => html! { @for line in lines { (summary_line(line, language)) } },
        Block::Heading(text) => {
            html! { p.soft style="margin:18px 0 6px;font-size:14px;font-weight:600;color:#5d6975" { (text) } }
        }
        Block::Facts(facts) => html! {
            div style="margin:0 0 12px" {
                @for (name, value) in facts { div { span.soft style="color:#5d6975" { (name) ": " } (value) } }
            }
        },
        Block::Code(text) => html! { pre.code style=(CODE) { (text) } },
        Block::Markdown(text) => markdown::to_html(text),
        Block::Links(links) => links_of(links),
        Block::Rule => html! { hr.line style="margin:20px 0;border:0;border-top:1px solid #dde1e6"; },
    }
}

fn summary_line(line: &SummaryLine, language: Language) -> Markup {
    html! {
        div style="margin:0 0 8px" {
            (badge(language, line.severity))
            @match &line.url {
                Some(url) => a href=(url) { (line.text) },
                None => (line.text),
            }
            @if let Some(state) = &line.state { div.soft { (state) } }
        }
    }
}

fn links_of(links: &[Link]) -> Markup {
    html! {
        div style="margin:14px 0 12px" {
            @for link in links { div style="padding:5px 0" { a href=(link.url) style="font-weight:600" { (link.label) } } }
        }
    }
}

fn badge(language: Language, severity: Option<Severity>) -> Markup {
    let style = |severity| {
        format!(
            "display:inline-block;margin-right:8px;padding:0 8px;border-radius:4px;font-size:14px;font-weight:600;color:#fff;background:{}",
            accent(Tone::Failing(Some(severity)))
        )
    };
    html! { @if let Some(severity) = severity { span style=(style(severity)) { (notices::severity(language, severity)) } } }
}

/// Colours that are read with white letters, and on white and on black.
fn accent(tone: Tone) -> &'static str {
    match tone {
        Tone::Failing(Some(Severity::Critical)) => "#c22f2f",
        Tone::Failing(Some(Severity::High)) => "#b4540a",
        Tone::Failing(Some(Severity::Medium)) => "#8a6a00",
        Tone::Failing(Some(Severity::Low)) => "#3d6f9e",
        Tone::Failing(Some(Severity::Info) | None) | Tone::Neutral => "#5d6975",
        Tone::Known => "#3d6f9e",
        Tone::Good => "#22794a",
    }
}
