//! The conversation: the result of a run, a log, what is still to come, and the forms for what fixed it and for a reply.

use super::Context;
use super::fixed::explains;
use super::head::may_run;
use crate::api::Tier;
use crate::desk::layout::hidden;
use crate::desk::pages::runbook::address_of;
use crate::desk::{markdown, time};
use crate::domain::clip;
use crate::domain::conversation::command::{Question, Understood, parse};
use crate::domain::texts::panel::{context as said, words};
use crate::domain::thread::told::ADVICE;
use crate::views::{CitationView, FindingPhase, MessageView, ThreadState};
use maud::{Markup, html};

/// Messages that are open in a long conversation, and up to how many all are.
const OPEN: usize = 8;
const ALL_OPEN: usize = 12;
/// A text of the program up to so many bytes is shown whole; of a longer one so many at least.
const WHOLE: usize = 700;
const BEGINNING: usize = 120;
/// Characters of a question that are repeated above its answer.
const WORDS_MAX: usize = 60;

impl Context<'_> {
    pub(super) fn thread(&self) -> Markup {
        let language = self.language();
        html! {
            section class="thread" aria-labelledby="conversa-t" {
                h2 class="vh" id="conversa-t" { (said::conversation(language)) }
                (self.ran())
                div class="log" id="log" tabindex="0" role="log" aria-label=(said::messages(language))
                    hx-get=(self.path()) hx-trigger=[self.topics("thread")] hx-select="#log" hx-select-oob="#waiting,#fixed-place" hx-swap="outerHTML" {
                    @if self.messages.is_empty() { p class="quiet" { (said::no_messages(language)) } }
                    @if let Some(zone) = self.other_zone() { p class="quiet" { (said::other_zone(language)) " " (zone) "." } }
                    (self.log())
                }
                (self.waiting())
                (self.ask_fixed())
                (self.reply())
            }
        }
    }

    /// The zone of the times that the program wrote into Messages, where the reader's clock shows another time.
    fn other_zone(&self) -> Option<String> {
        let (look, zone) = (&self.visit.look, &self.panel.zone);
        let is_same = look.zone.to_offset(look.now) == zone.to_offset(look.now);
        (!is_same).then(|| zone.iana_name().map_or_else(|| zone.to_offset(look.now).to_string(), String::from))
    }

    /// The Messages; those of before are folded where there are many.
    fn log(&self) -> Markup {
        let folded = if self.messages.len() > ALL_OPEN { self.messages.len() - OPEN } else { 0 };
        let (older, open) = self.messages.split_at(folded);
        let last = self.messages.iter().rposition(|message| message.author.kind == "agent");
        html! {
            @if !older.is_empty() {
                details class="older" id="older" {
                    summary { (said::older(self.language(), older.len())) }
                    @for message in older { (self.message(message, false)) }
                }
            }
            @for (at, message) in open.iter().enumerate() { (self.message(message, last == Some(at + folded))) }
        }
    }

    /// A Message. Beside the last of an Agent is what can be done, which the program offers and not the text.
    pub fn message(&self, message: &MessageView, is_last: bool) -> Markup {
        let (language, is_person) = (self.language(), message.author.kind == "person");
        let id = format!("m-{}", message.id);
        let is_explanation = explains(message);
        html! {
            article class={ "msg" @if is_explanation { " msg--fixed" } } aria-labelledby=(id) {
                @if let Some(at) = message.created_at { (time::clock(&self.visit.look, at)) }
                p class="msg__by" {
                    b id=(id) { (message.author.name) }
                    @if is_explanation { span class="tag" { (said::fixed(language)) } }
                    @if is_person && !message.proven { span { (words::not_proven(language)) } }
                    @if let Some(word) = self.tier(message) {
                        span class={ "tier" @if message.tier == Some(Tier::T1) { " tier--t1" } } { (word) }
                    }
                    @if let Some(ack) = message.acknowledgement.as_ref().filter(|ack| !ack.of_finding) {
                        span { (said::read_by(language, &ack.by)) }
                    }
                }
                div class="msg__b" {
                    @if let Some(asked) = self.replied_to(message) {
                        p class="msg__re" { (said::in_reply_to(language)) " " a href={ "#m-" (asked.id) } { "“" (beginning(&asked.body)) "”" } }
                    }
                    // What the program writes, and the runbooks that it quotes, are Markdown, too; the words of the model never are.
                    @if is_person { (markdown::of_person(&message.body)) }
                    @else if message.tier == Some(Tier::T0) { (self.in_part(&message.body)) }
                    @else { (markdown::plain(&message.body)) }
                    @if message.tier == Some(Tier::T1) { (cites(&message.citations)) }
                    @else if !message.citations.is_empty() { (sources(&message.citations)) }
                    @if is_explanation { (self.offer_addition(message)) }
                    @if is_last { (self.offers(message)) }
                }
            }
        }
    }

    /// What the program writes: the beginning, and the rest folded where it is long, since the facts have it, too.
    fn in_part(&self, body: &str) -> Markup {
        let (beginning, rest) = parted(body);
        html! {
            (markdown::of_person(beginning))
            @if !rest.is_empty() {
                details class="rest" { summary { (said::rest(self.language())) } (markdown::of_person(rest)) }
            }
        }
    }

    fn tier(&self, message: &MessageView) -> Option<&'static str> {
        let word = match (message.tier?, message.grounded) {
            (Tier::T0, _) if !message.citations.is_empty() => said::from_runbook,
            (Tier::T0, _) if self.is_measured(message) => said::measured,
            (Tier::T0, _) => said::of_program,
            (Tier::T1, Some(false)) => said::advised_unchecked,
            (Tier::T1, _) => said::advised,
        };
        Some(word(self.language()))
    }

    /// Whether what an Agent says follows from what was read: what happened to the Finding, and the state that a person asked for. It does
    /// not of help, of what came of a command, nor of that there is no answer.
    fn is_measured(&self, message: &MessageView) -> bool {
        let asked = message.in_reply_to.as_ref().and_then(|of| self.messages.iter().find(|one| one.id == *of));
        let understood = asked.map(|asked| parse(&asked.body));
        let is_state = matches!(
            understood,
            Some(Understood::Question(Question::Status { .. } | Question::Open | Question::Before))
        );
        let is_told = message.reason.as_deref().is_some_and(|reason| reason != ADVICE);
        message.grounded != Some(false) && (is_told || is_state)
    }

    /// The Message that this one replies to, where others stand between them.
    fn replied_to(&self, message: &MessageView) -> Option<&MessageView> {
        let of = message.in_reply_to.as_deref()?;
        let at = self.messages.iter().position(|one| one.id == message.id)?;
        let asked = self.messages.iter().take(at).rposition(|one| one.id == of)?;
        let mut between = self.messages.iter().take(at).skip(asked + 1);
        let is_apart = between.any(|other| other.in_reply_to.as_deref() != Some(of));
        self.messages.get(asked).filter(|_| is_apart)
    }

    /// What can be done after an answer of an Agent: always the same, whatever the answer says.
    fn offers(&self, message: &MessageView) -> Markup {
        let language = self.language();
        let is_active = |phase: Option<FindingPhase>| phase != Some(FindingPhase::Resolved);
        let is_answer = message.tier == Some(Tier::T1) || message.in_reply_to.is_some();
        let Some(finding) = self.finding.as_ref().filter(|of| is_active(of.phase) && is_answer) else {
            return html! {};
        };
        html! {
            div class="offers" {
                @if may_run(&self.visit.caller) { (self.run(finding)) }
                form method="post" action={ "/desk/findings/" (finding.id) "/advice" } {
                    (hidden(&self.visit.csrf, &self.path()))
                    button class="btn" { (if finding.advice.is_some() { said::ask_again(language) } else { said::ask(language) }) }
                }
            }
        }
    }

    /// Where it is told that the reader writes.
    fn replying(&self) -> Option<String> {
        self.window().map(|window| format!("/desk/present/{window}/replying"))
    }

    fn reply(&self) -> Markup {
        let language = self.language();
        let Some(thread) = &self.thread else { return html! {} };
        if thread.state == ThreadState::Closed && self.finding.is_none() {
            return html! { p class="reply quiet" { (said::closed(language)) } };
        }
        let action = format!("/desk/threads/{}/reply", thread.id);
        html! {
            form class="reply" id="reply" method="post" action=(action)
                hx-post=(action) hx-target="#log" hx-select="#log" hx-select-oob="#waiting" hx-swap="outerHTML" {
                (hidden(&self.visit.csrf, &self.path()))
                input type="hidden" name="once" value=(uuid::Uuid::new_v4().simple());
                p class="reply__top" { label for="resposta" { (said::reply(language)) } }
                textarea id="resposta" name="body" rows="2" required maxlength="16000" data-draft=(thread.id)
                    hx-post=[self.replying()] hx-trigger="input throttle:8s" hx-swap="none" hx-params="csrf" {}
                p class="reply__end" {
                    span { (said::reply_help(language)) }
                    button class="btn" aria-keyshortcuts="Control+Enter" { (words::send(language)) }
                }
            }
        }
    }
}

/// The first words of a Message.
fn beginning(body: &str) -> String {
    let line = body.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    clip::chars(line.trim(), WORDS_MAX)
}

/// A long text in two, between paragraphs; the second part is empty where there is no good place.
fn parted(text: &str) -> (&str, &str) {
    let is_begun =
        |at: &usize| *at >= BEGINNING && text.get(at + 2..).is_some_and(|rest| rest.starts_with(char::is_alphanumeric));
    let place = text.match_indices("\n\n").map(|(at, _)| at).find(is_begun);
    match place.filter(|_| text.len() > WHOLE) {
        Some(at) => text.split_at(at),
        None => (text, ""),
    }
}

/// Where a citation stands, opened at it.
fn source(citation: &CitationView) -> Markup {
    html! {
        a class="cite__src" href=(address_of(&citation.spec, citation.section.as_deref(), Some(&citation.quote))) {
            (citation.spec) @if let Some(section) = &citation.section { ", " (section) }
        }
    }
}

/// Where what a Message quotes in its text stands, each section once.
pub(super) fn sources(citations: &[CitationView]) -> Markup {
    let place = |citation: &CitationView| (citation.spec.clone(), citation.section.clone());
    let is_first = |at: usize, one: &CitationView| citations.iter().take(at).all(|other| place(other) != place(one));
    let first = citations.iter().enumerate().filter(|(at, one)| is_first(*at, one));
    html! { p class="msg__more" { @for (_, citation) in first { (source(citation)) " " } } }
}

/// What is quoted from runbooks.
pub(super) fn cites(citations: &[CitationView]) -> Markup {
    html! {
        div class="cites" {
            @for (index, citation) in citations.iter().enumerate() {
                div class="cite" {
                    span class="cite__n" { (index + 1) }
                    blockquote { (markdown::of_person(&citation.quote)) }
                    (source(citation))
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_text_is_parted_between_paragraphs() {
        let beginning = format!("{}\n\n- um\n- dois", "a".repeat(130));
        let rest = format!("\n\nRunbook, seção:\n\n> {}", "b".repeat(700));
        let text = format!("{beginning}{rest}");
        assert_eq!(parted(&text), (beginning.as_str(), rest.as_str()));
        for whole in ["", "curto\n\nfim", &"é".repeat(2000), &format!("{}\n\n> {}", "a".repeat(200), "b".repeat(900))]
        {
            assert_eq!(parted(whole), (whole, ""));
        }
    }
}
