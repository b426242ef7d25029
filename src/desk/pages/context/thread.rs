//! The conversation: a log, and the form for a reply.

use super::Context;
use crate::api::Tier;
use crate::desk::layout::hidden;
use crate::desk::{markdown, time};
use crate::domain::texts::panel::{context as said, times, words};
use crate::views::{CitationView, MessageView, ThreadState};
use maud::{Markup, html};

impl Context<'_> {
    pub(super) fn thread(&self) -> Markup {
        let language = self.language();
        html! {
            section class="thread" aria-labelledby="conversa-t" {
                h2 class="vh" id="conversa-t" { (said::conversation(language)) }
                div class="log" id="log" tabindex="0" role="log" aria-label=(said::messages(language))
                    hx-get=(self.path()) hx-trigger=[self.topics("thread")] hx-select="#log" hx-swap="outerHTML" {
                    @if self.messages.is_empty() { p class="quiet" { (said::no_messages(language)) } }
                    @for message in &self.messages { (self.message(message)) }
                    (self.waiting())
                }
                (self.reply())
            }
        }
    }

    fn message(&self, message: &MessageView) -> Markup {
        let (language, is_person) = (self.language(), message.author.kind == "person");
        let id = format!("m-{}", message.id);
        html! {
            article class="msg" aria-labelledby=(id) {
                @if let Some(at) = message.created_at { (time::clock(&self.visit.look, at)) }
                p class="msg__by" {
                    b id=(id) { (message.author.name) }
                    @if is_person && !message.proven { span { (words::not_proven(language)) } }
                    @if let Some(word) = self.tier(message) {
                        span class={ "tier" @if message.tier == Some(Tier::T1) { " tier--t1" } } { (word) }
                    }
                    @if let Some(ack) = message.acknowledgement.as_ref().filter(|ack| !ack.of_finding) {
                        span { (said::read_by(language, &ack.by)) }
                    }
                }
                div class="msg__b" {
                    // What the program writes, and the runbooks that it quotes, are Markdown, too; the words of the model never are.
                    @if is_person || message.tier == Some(Tier::T0) { (markdown::of_person(&message.body)) }
                    @else { (markdown::plain(&message.body)) }
                    @if message.tier == Some(Tier::T1) { (cites(&message.citations)) }
                }
            }
        }
    }

    fn tier(&self, message: &MessageView) -> Option<&'static str> {
        let word = match (message.tier?, message.grounded) {
            (Tier::T0, _) if message.citations.is_empty() => said::measured,
            (Tier::T0, _) => said::from_runbook,
            (Tier::T1, Some(false)) => said::advised_unchecked,
            (Tier::T1, _) => said::advised,
        };
        Some(word(self.language()))
    }

    /// Which answers of the model are still to come.
    fn waiting(&self) -> Markup {
        let (language, now) = (self.language(), self.visit.look.now);
        let agent = self.thread.as_ref().map_or("", |thread| thread.agent.name.as_str());
        let progress = self.messages.iter().rev().find_map(|message| message.answer.as_ref());
        html! {
            @if let Some(progress) = progress {
                p class="waiting" role="status" {
                    span {
                        b { (agent) } " " (said::model_answers(language))
                        @if let Some(place) = progress.position { ": " (place) "º" }
                        ", " span class="fact" { (times::span(language, now.duration_since(progress.since))) }
                    }
                }
            }
        }
    }

    fn reply(&self) -> Markup {
        let language = self.language();
        let Some(thread) = &self.thread else { return html! {} };
        if thread.state == ThreadState::Closed && self.finding.is_none() {
            return html! { p class="reply quiet" { (said::closed(language)) } };
        }
        html! {
            form class="reply" id="responder" method="post" action={ "/desk/threads/" (thread.id) "/reply" } {
                (hidden(&self.visit.csrf, &self.path()))
                input type="hidden" name="once" value=(uuid::Uuid::new_v4().simple());
                p class="reply__top" { label for="resposta" { (said::reply(language)) } }
                textarea id="resposta" name="body" rows="2" required maxlength="16000" data-draft=(thread.id) {}
                p class="reply__end" {
                    span { (said::reply_help(language)) }
                    button class="btn" aria-keyshortcuts="Control+Enter" { (words::send(language)) }
                }
            }
        }
    }
}

/// What is quoted from runbooks.
pub(super) fn cites(citations: &[CitationView]) -> Markup {
    html! {
        div class="cites" {
            @for (index, citation) in citations.iter().enumerate() {
                div class="cite" {
                    span class="cite__n" { (index + 1) }
                    blockquote { (markdown::of_person(&citation.quote)) }
                    a class="cite__src" href="#runbook" {
                        (citation.spec) @if let Some(section) = &citation.section { ", " (section) }
                    }
                }
            }
        }
    }
}
