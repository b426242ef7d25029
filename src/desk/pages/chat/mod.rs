//! Questions to Copiloto: `GET /desk/chat`, `POST /desk/chat`. The address names what the page is about that it was opened from.

mod ask;
mod show;

pub use ask::ask;

use super::list::{Frame, address_with, given};
use crate::api::{Finding, Thread};
use crate::desk::layout::Place;
use crate::desk::panel::{Panel, PanelState};
use crate::desk::visit::Visit;
use crate::domain::agents::COPILOTO;
use crate::domain::cached_scenario::CachedScenario;
use crate::domain::texts::panel::chat as said;
use crate::views::Parameters;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use kube::ResourceExt as _;
use std::sync::Arc;

const PATH: &str = "/desk/chat";

/// What a question is about, and in which conversation it is asked.
#[derive(Clone, Debug, Default)]
pub struct Subject {
    pub finding: Option<Arc<Finding>>,
    pub scenario: Option<Arc<CachedScenario>>,
    pub thread: Option<Arc<Thread>>,
    /// Something of the address does not exist.
    pub is_gone: bool,
}

/// `GET /desk/chat`.
pub async fn show(State(panel): State<PanelState>, visit: Visit, Query(parameters): Query<Parameters>) -> Response {
    let subject = Subject::of(&panel, &given(parameters));
    let frame = Frame { panel: &panel, visit: &visit, place: Place::Chat };
    let main = show::main(&frame, &subject);
    frame.answer_main(StatusCode::OK, said::title(visit.language()), &main)
}

impl Subject {
    /// What an address or a form names.
    pub fn of(panel: &Panel, asked: &Parameters) -> Subject {
        let resources = panel.resources();
        let mut subject = Subject::default();
        if let Some(name) = asked.get("finding_id") {
            subject.finding = resources.finding(name);
            subject.is_gone |= subject.finding.is_none();
        }
        if let Some(name) = asked.get("scenario_id") {
            subject.scenario = resources.scenario(name);
            subject.is_gone |= subject.scenario.is_none();
        }
        if let Some(name) = asked.get("thread_id") {
            subject.thread = resources.thread(name);
            subject.is_gone |= subject.thread.is_none();
        }
        // Opened from a Thread: one about a Finding is the subject, one with Copiloto goes on.
        if let Some(thread) = asked.get("about_thread").and_then(|name| resources.thread(name)) {
            match thread.spec.finding.as_deref().and_then(|name| resources.finding(name)) {
                Some(finding) => subject.finding = Some(finding),
                None if thread.spec.agent == COPILOTO => subject.thread = Some(thread),
                None => {}
            }
        }
        subject
    }

    pub fn finding_id(&self) -> Option<String> {
        self.finding.as_ref().map(|finding| finding.name_any())
    }

    pub fn scenario_id(&self) -> Option<String> {
        self.scenario.as_ref().map(|scenario| scenario.name.to_string())
    }

    pub fn thread_id(&self) -> Option<String> {
        self.thread.as_ref().map(|thread| thread.name_any())
    }

    /// The parameters that name it.
    pub fn parameters(&self) -> [(&'static str, String); 3] {
        [
            ("thread_id", self.thread_id().unwrap_or_default()),
            ("finding_id", self.finding_id().unwrap_or_default()),
            ("scenario_id", self.scenario_id().unwrap_or_default()),
        ]
    }

    /// The address of the page about it, in a conversation.
    pub fn address(&self, thread: Option<&str>) -> String {
        let mut parameters = self.parameters();
        if let Some(thread) = thread {
            parameters[0].1 = thread.to_string();
        }
        let parameters: Vec<_> = parameters.iter().map(|(name, value)| (*name, value.as_str())).collect();
        address_with(PATH, &Parameters::new(), &[], &parameters)
    }
}

/// Whether Copiloto can be asked.
pub fn has_copilot(panel: &Panel) -> bool {
    let is_there = |agent: &crate::api::Agent| agent.name_any() == COPILOTO && !agent.spec.suspend;
    panel.resources().agents.find(is_there).is_some()
}
