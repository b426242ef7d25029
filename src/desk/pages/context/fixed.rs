//! What fixed it: asked once the Finding is resolved, kept in the conversation, and offered as an addition to the runbook.

use super::Context;
use super::forms::{back, shown};
use crate::commands::{Explain, Text};
use crate::desk::admit::Sent;
use crate::desk::layout::{self, hidden};
use crate::desk::panel::PanelState;
use crate::desk::visit::Visit;
use crate::domain::addition::{Fixed, addition, file_name};
use crate::domain::explained::{REASON_EXPLAINED, is_explanation};
use crate::domain::texts::panel::context as said;
use crate::domain::thread::told;
use crate::views::{FindingPhase, MessageView};
use axum::extract::{Path, State};
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse as _, Response};
use maud::{Markup, html};

/// `POST /desk/findings/{name}/resolution`.
pub async fn explain(State(panel): State<PanelState>, Path(name): Path<String>, sent: Sent) -> Response {
    let (text, key) = (sent.form.get("body"), sent.form.get("once"));
    let command = |resources: &_| Explain::new(resources, &name, Text::parse("body", text)?);
    let content = [name.as_bytes(), text.as_bytes()];
    let result = match key.is_empty() {
        true => panel.run(&sent.visit.caller, command).await.map(Some),
        false => panel.run_once(&sent.visit.caller, (key, &content), command).await,
    };
    if let Ok(Some(message)) = &result {
        shown(|| panel.resources().message(&message.id).is_some()).await;
    }
    back(&panel, &sent, result, &[])
}

/// `GET /desk/messages/{name}/addition`: a Message that says what fixed a Finding, as Markdown for its runbook.
pub async fn download(State(panel): State<PanelState>, visit: Visit, Path(name): Path<String>) -> Response {
    let resources = panel.resources();
    let (look, language) = (&visit.look, visit.language());
    let message = resources.message(&name).filter(|message| is_explanation(message));
    let thread = message.as_ref().and_then(|message| resources.thread(&message.spec.thread));
    let finding = thread.and_then(|thread| resources.finding(thread.spec.finding.as_deref()?));
    let (Some(message), Some(finding)) = (message, finding) else { return layout::not_found(look) };
    let view = resources.finding_view(&finding, &visit.caller.name);
    let at = told::at(&message);
    let occurrence = resources.occurrence_before(&finding, at);
    let runbook = view.runbook.as_ref();
    let spec = runbook.map_or(view.scenario_id.as_str(), |runbook| runbook.spec.as_str());
    let (opened_at, resolved_at, symptom) = match &occurrence {
        Some((opened, resolved, message)) => (Some(*opened), Some(*resolved), message.as_str()),
        None => (None, None, ""),
    };
    let title = view.title.as_deref().unwrap_or_default();
    let fixed = Fixed {
        spec,
        section: runbook.and_then(|runbook| runbook.section.as_deref()),
        place: [&view.scenario_id, &view.check, &view.key].map(String::as_str),
        symptom: if symptom.is_empty() { title } else { symptom },
        opened_at,
        resolved_at,
        by: &message.spec.author.name,
        at,
        text: &message.spec.body,
    };
    let file = file_name(language, spec, at);
    let headers = [
        (CONTENT_TYPE, "text/markdown; charset=utf-8".to_string()),
        (CONTENT_DISPOSITION, format!("attachment; filename=\"{file}\"")),
    ];
    (headers, addition(language, &fixed, &look.zone)).into_response()
}

/// Whether a Message says what fixed the Finding.
pub(super) fn explains(message: &MessageView) -> bool {
    message.author.kind == "person" && message.reason.as_deref() == Some(REASON_EXPLAINED)
}

impl Context<'_> {
    /// Asks what fixed it, until a person has said so. Before the end there is only the place, which is filled when it comes.
    pub(super) fn ask_fixed(&self) -> Markup {
        let language = self.language();
        let Some(finding) = &self.finding else { return html! {} };
        let resolved = finding.resolved_at.filter(|_| finding.phase == Some(FindingPhase::Resolved));
        let is_told = || {
            let since =
                |message: &&MessageView| message.created_at.zip(resolved).is_some_and(|(at, resolved)| at >= resolved);
            self.messages.iter().filter(since).any(explains)
        };
        if resolved.is_none() || self.thread.is_none() || is_told() {
            return html! { div id="fixed-place" {} };
        }
        let action = format!("/desk/findings/{}/resolution", finding.id);
        html! {
            div id="fixed-place" {
                form class="reply reply--fixed" id="explain" method="post" action=(action)
                    hx-post=(action) hx-target="#log" hx-select="#log" hx-select-oob="#waiting,#fixed-place" hx-swap="outerHTML" {
                    (hidden(&self.visit.csrf, &self.path()))
                    input type="hidden" name="once" value=(uuid::Uuid::new_v4().simple());
                    p class="reply__top" { label for="fixed" { b { (said::ask_fixed(language)) } } }
                    textarea id="fixed" name="body" rows="2" required maxlength="16000" aria-describedby="fixed-more" data-draft={ "fixed-" (finding.id) "-" (resolved.map_or(0, |at| at.as_second())) } {}
                    p class="reply__end" {
                        span id="fixed-more" { (said::ask_fixed_more(language)) }
                        button class="btn btn--go" aria-keyshortcuts="Control+Enter" { (said::keep(language)) }
                    }
                }
            }
        }
    }

    /// Beside a Message that says what fixed the Finding.
    pub(super) fn offer_addition(&self, message: &MessageView) -> Markup {
        html! {
            p class="msg__more" {
                a href={ "/desk/messages/" (message.id) "/addition" } download { (said::download_addition(self.language())) }
            }
        }
    }
}
