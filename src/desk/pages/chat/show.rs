//! The page: the conversation with its form, and beside it what it is about and earlier conversations.

use super::{PATH, Subject, has_copilot};
use crate::desk::layout::hidden;
use crate::desk::pages::context::Context;
use crate::desk::pages::list::Frame;
use crate::desk::{symbols, time};
use crate::domain::agents::COPILOTO;
use crate::domain::texts::panel::{chat as said, words};
use crate::views::{MessageView, ThreadView};
use kube::ResourceExt as _;
use maud::{Markup, html};
use std::collections::HashMap;

/// Messages that are shown, the last ones.
const MESSAGES_MAX: usize = 100;
/// Earlier conversations that are shown.
const RECENT_MAX: usize = 10;

/// The main element of the page.
pub fn main(frame: &Frame<'_>, subject: &Subject) -> Markup {
    let language = frame.language();
    html! {
        main class="chat" id="principal" {
            section class="chat__main" aria-labelledby="chat-t" {
                header class="chat__top" {
                    h1 id="chat-t" { (said::title(language)) }
                    @if subject.thread.is_some() {
                        a class="btn" href=(without_thread(subject)) { (said::new(language)) }
                    }
                }
                (log(frame, subject))
                (form(frame, subject))
            }
            aside class="chat__side" {
                (about(frame, subject))
                (recent(frame, subject))
            }
        }
    }
}

fn without_thread(subject: &Subject) -> String {
    Subject { thread: None, ..subject.clone() }.address(None)
}

fn log(frame: &Frame<'_>, subject: &Subject) -> Markup {
    let (language, resources) = (frame.language(), frame.panel.resources());
    let Some(thread) = &subject.thread else {
        return html! {
            div class="log chat__empty" {
                p { (said::lead(language)) }
                @if !has_copilot(frame.panel) { p { (said::no_copilot(language)) } }
                (suggestions(frame, subject))
            }
        };
    };
    let messages = resources.last_messages(&thread.name_any(), MESSAGES_MAX);
    let is_waiting = messages.iter().any(|message| message.answer.is_some());
    let shown = Messages { frame, thread: resources.thread_view(thread), messages };
    let here = subject.address(None);
    html! {
        div class="log" tabindex="0" role="log" aria-label=(said::log(language)) {
            // The part that is read again is within the one that scrolls, which so stays where it is.
            div class="log__in" id="respostas" hx-get=(here) hx-trigger={ "sse:thread-" (thread.name_any()) " delay:150ms, sse:reset delay:150ms" }
                hx-select="#respostas" hx-swap="outerHTML" {
                (shown.markup())
                // Without script nothing comes by itself.
                @if is_waiting { noscript { p { a class="btn" href=(here) { (said::refresh(language)) } } } }
            }
        }
    }
}

/// The Messages of a conversation, as the window of a Finding shows them.
struct Messages<'a> {
    frame: &'a Frame<'a>,
    thread: ThreadView,
    messages: Vec<MessageView>,
}

impl Messages<'_> {
    fn markup(self) -> Markup {
        let asked = HashMap::new();
        let context = Context {
            panel: self.frame.panel,
            visit: self.frame.visit,
            finding: None,
            thread: Some(self.thread),
            messages: self.messages,
            headline: String::new(),
            asked: &asked,
        };
        html! {
            @for message in &context.messages { (context.message(message, false)) }
            (context.waiting())
        }
    }
}

/// Questions that are understood at once, each a button.
fn suggestions(frame: &Frame<'_>, subject: &Subject) -> Markup {
    let language = frame.language();
    let of_subject = [said::ask_status(language), said::ask_do(language), said::ask_before(language)];
    let has_subject = subject.finding.is_some() || subject.scenario.is_some();
    let questions = if has_subject { &of_subject[..] } else { &[] };
    html! {
        form class="chat__try" method="post" action=(PATH) {
            (hidden_of(frame, subject))
            p class="field__l" { (said::try_one(language)) }
            p {
                @for question in questions { button class="btn" name="message" value=(question) { (question) } }
                @for question in [said::ask_open(language), said::ask_help(language)] {
                    button class="btn" name="message" value=(question) { (question) }
                }
            }
        }
    }
}

fn hidden_of(frame: &Frame<'_>, subject: &Subject) -> Markup {
    html! {
        (hidden(&frame.visit.csrf, ""))
        input type="hidden" name="once" value=(uuid::Uuid::new_v4().simple());
        @for (name, value) in subject.parameters() {
            @if !value.is_empty() { input type="hidden" name=(name) value=(value); }
        }
    }
}

fn form(frame: &Frame<'_>, subject: &Subject) -> Markup {
    let language = frame.language();
    // Going back leads out of the conversation, not through its questions.
    let is_new = subject.thread_id().is_none();
    html! {
        form class="reply" method="post" action=(PATH)
            hx-post=(PATH) hx-target="#principal" hx-select="#principal" hx-swap="outerHTML" hx-push-url=[is_new.then_some("true")] {
            (hidden_of(frame, subject))
            p class="reply__top" { label for="pergunta" { (said::question(language)) } }
            textarea id="pergunta" name="message" rows="2" required maxlength="16000" placeholder=(said::placeholder(language)) data-draft="chat" {}
            p class="reply__end" {
                span { (said::help(language)) }
                button class="btn btn--go" aria-keyshortcuts="Control+Enter" { (words::send(language)) }
            }
        }
    }
}

fn about(frame: &Frame<'_>, subject: &Subject) -> Markup {
    let (language, resources) = (frame.language(), frame.panel.resources());
    let finding = subject.finding.as_ref().map(|finding| resources.finding_view(finding, &frame.visit.caller.name));
    html! {
        section class="fact-s" aria-labelledby="sobre" {
            div class="fact-s__h" { h2 id="sobre" { (said::about(language)) } }
            @if subject.is_gone { p { (said::gone(language)) } }
            @match (&finding, &subject.scenario) {
                (Some(finding), _) => {
                    p {
                        @if let Some(severity) = finding.severity { (symbols::severity(language, severity)) " " }
                        a href={ "/desk/findings/" (finding.id) } { (finding.message.as_deref().unwrap_or(&finding.id)) }
                    }
                    p class="quiet" { span class="fact" { (finding.scenario_id) } @if let Some(at) = finding.opened_at { " · " (time::ago(&frame.visit.look, at)) } }
                }
                (None, Some(scenario)) => p { a href={ "/desk/scenarios/" (scenario.name) } { (said::of_scenario(language, &scenario.name)) } },
                (None, None) => p class="quiet" { (said::about_nothing(language)) },
            }
            @if finding.is_some() || subject.scenario.is_some() {
                @let alone = Subject { thread: subject.thread.clone(), ..Subject::default() }.address(None);
                p class="book-src" { a href=(alone) { (said::forget(language)) } }
            }
        }
    }
}

/// The last conversations of this person with Copiloto.
fn recent(frame: &Frame<'_>, subject: &Subject) -> Markup {
    let (language, resources) = (frame.language(), frame.panel.resources());
    let name = &frame.visit.caller.name;
    let mut threads = resources.threads.state_filter(|thread| {
        let spec = &thread.spec;
        spec.agent == COPILOTO && spec.conversation.is_some() && spec.participants.contains(name)
    });
    threads.sort_by_key(|thread| std::cmp::Reverse(thread.metadata.creation_timestamp.as_ref().map(|at| at.0)));
    threads.truncate(RECENT_MAX);
    let current = subject.thread_id();
    html! {
        @if !threads.is_empty() {
            section class="fact-s" aria-labelledby="recentes" {
                div class="fact-s__h" { h2 id="recentes" { (said::recent(language)) } }
                ul class="chat__recent" {
                    @for thread in threads {
                        @let view = resources.thread_view(&thread);
                        li {
                            a href={ (PATH) "?thread_id=" (view.id) } aria-current=[(current.as_ref() == Some(&view.id)).then_some("true")] { (view.subject) }
                            @if let Some(at) = view.last_message_at.or(view.created_at) { " " (time::age(&frame.visit.look, at)) }
                        }
                    }
                }
            }
        }
    }
}
