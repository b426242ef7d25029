//! The context window: `GET /desk/findings/{name}`, `GET /desk/threads/{name}`. The conversation is in the middle, the facts of the
//! Finding beside it, the inbox on the other side where there is room.

mod changed;
mod facts;
mod fixed;
mod forms;
mod head;
mod past;
mod ran;
mod thread;
mod told;
mod waiting;

pub use fixed::{download, explain};
pub use forms::{acknowledge, ask, release, reply, silence, take_back, take_over, vote};
pub use ran::{follow as follow_run, run};

use super::inbox::{Inbox, reader};
use crate::api::{Finding, Thread};
use crate::desk::layout::{self, Page};
use crate::desk::panel::{Panel, PanelState};
use crate::desk::visit::{Look, Visit};
use crate::domain::texts::Language;
use crate::domain::texts::desk::Page as GuestPage;
use crate::domain::texts::panel::{context as said, inbox, words};
use crate::views::{FindingView, First, InboxFilter, MessageView, Parameters, PendingView, ThreadView, happened};
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use kube::ResourceExt as _;
use maud::{Markup, html};
use std::collections::HashMap;
use std::sync::Arc;

/// Messages of a Thread that are shown, the last ones.
const MESSAGES_MAX: usize = 200;
/// Messages of the inbox beside it.
const INBOX_MAX: usize = 50;

/// Query parameters, of which only some words are shown.
pub type Asked = HashMap<String, String>;

/// What a window shows.
pub struct Context<'a> {
    pub panel: &'a Panel,
    pub visit: &'a Visit,
    pub finding: Option<FindingView>,
    pub thread: Option<ThreadView>,
    pub messages: Vec<MessageView>,
    /// What happened, in the words of the check, or the subject of the conversation.
    pub headline: String,
    /// What was just done, as the address says.
    pub asked: &'a Asked,
}

/// `GET /desk/findings/{name}`.
pub async fn finding(
    State(panel): State<PanelState>,
    look: Look,
    visit: Option<Visit>,
    Path(name): Path<String>,
    Query(asked): Query<Asked>,
) -> Response {
    let Some(visit) = visit else { return panel.guest.answer(look.asked, GuestPage::Finding(&name)) };
    let Some(finding) = panel.resources().finding(&name) else { return layout::not_found(&look) };
    let thread = finding.status.as_ref().and_then(|status| status.thread.as_deref());
    let thread = thread.and_then(|thread| panel.resources().thread(thread));
    window(&panel, &visit, (Some(finding), thread), &asked)
}

/// `GET /desk/threads/{name}`.
pub async fn thread(
    State(panel): State<PanelState>,
    look: Look,
    visit: Option<Visit>,
    Path(name): Path<String>,
    Query(asked): Query<Asked>,
) -> Response {
    let Some(visit) = visit else { return panel.guest.answer(look.asked, GuestPage::Thread(&name)) };
    let Some(thread) = panel.resources().thread(&name) else { return layout::not_found(&look) };
    let finding = thread.spec.finding.as_deref().and_then(|finding| panel.resources().finding(finding));
    window(&panel, &visit, (finding, Some(thread)), &asked)
}

fn window(
    panel: &Panel,
    visit: &Visit,
    (finding, thread): (Option<Arc<Finding>>, Option<Arc<Thread>>),
    asked: &Asked,
) -> Response {
    let resources = panel.resources();
    let messages =
        thread.as_deref().map(|thread| resources.last_messages(&thread.name_any(), MESSAGES_MAX)).unwrap_or_default();
    let message = finding.as_deref().and_then(happened).filter(|message| !message.trim().is_empty());
    let thread = thread.map(|thread| resources.thread_view(&thread));
    let subject = || thread.as_ref().map(|thread| thread.subject.clone()).unwrap_or_default();
    let context = Context {
        panel,
        headline: message.unwrap_or_else(subject),
        visit,
        finding: finding.map(|finding| resources.finding_view(&finding, &visit.caller.name)),
        thread,
        messages,
        asked,
    };
    let given =
        InboxFilter::PARAMETERS.into_iter().filter_map(|name| Some((name.to_string(), asked.get(name)?.clone())));
    let given: Parameters = given.filter(|(_, value)| !value.is_empty()).collect();
    let filter = InboxFilter::parse(&given).unwrap_or_default();
    let first = First { most: INBOX_MAX, with: context.thread.as_ref().map(|thread| thread.id.as_str()) };
    let pending = resources.pending(reader(visit), &filter, first).unwrap_or_default();
    context.answer(&pending, &filter)
}

impl Context<'_> {
    fn language(&self) -> Language {
        self.visit.language()
    }

    /// The name of the window for those who look at it together.
    fn window(&self) -> Option<&str> {
        let finding = self.finding.as_ref().map(|finding| finding.id.as_str());
        finding.or(self.thread.as_ref().map(|thread| thread.id.as_str()))
    }

    /// The path of this window.
    fn path(&self) -> String {
        match (&self.thread, &self.finding) {
            (Some(thread), _) => format!("/desk/threads/{}", thread.id),
            (None, Some(finding)) => format!("/desk/findings/{}", finding.id),
            (None, None) => "/desk".into(),
        }
    }

    fn answer(&self, pending: &PendingView, filter: &InboxFilter) -> Response {
        let language = self.language();
        let path = self.path();
        let list = Inbox { panel: self.panel, visit: self.visit, filter, pending, window: Some(&path) };
        let all = match *filter == InboxFilter::default() {
            true => pending.total,
            false => self.panel.resources().pending_total(reader(self.visit)),
        };
        let current = self.thread.as_ref().map(|thread| thread.id.as_str());
        let main = html! {
            main class={ "frame" @if self.finding.is_none() { " frame--talk" } } id="principal" {
                (list.section(None, current))
                (self.head(all))
                @if self.finding.is_some() { (jump(language)) (self.brief()) }
                (self.thread())
                @if let Some(finding) = &self.finding { (self.facts(finding)) }
            }
        };
        let title = match all {
            0 => format!("{} · Desk", self.headline),
            pending => format!("({pending}) {} · Desk", self.headline),
        };
        let page = Page { title, place: None, pending: all, visit: self.visit };
        page.answer(StatusCode::OK, &main)
    }
}

/// On a phone: where in the window to go.
fn jump(language: Language) -> Markup {
    html! {
        nav class="jump" aria-label=(said::in_this_finding(language)) {
            a href="#conversa-t" { (said::conversation(language)) }
            a href="#dif" { (said::changed(language)) }
            a href="#avisos" { (said::told(language)) }
            a href="#runbook" { (said::runbook(language)) }
        }
    }
}

/// The link back to the list, where that is not beside the window.
fn back(language: Language, pending: usize) -> Markup {
    html! { a class="head__back" href="/desk" { (words::back_to_inbox(language)) " (" (pending) span class="vh" { " " (inbox::pending(language, pending)) } ")" } }
}
