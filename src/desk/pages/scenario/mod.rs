//! The page of a Scenario: `GET /desk/scenarios/{name}`.

mod checks;
mod findings;
mod forms;
mod head;
mod history;
mod yaml;

pub use forms::{reclassify, run};

use super::board::{Pasts, missing};
use super::inbox::reader;
use crate::api::Finding;
use crate::desk::layout::{self, Page};
use crate::desk::panel::{Panel, PanelState};
use crate::desk::visit::{Look, Visit};
use crate::domain::cached_scenario::CachedScenario;
use crate::domain::history::record::Record;
use crate::domain::texts::Language;
use crate::views::{ScenarioView, Standing, standing};
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use maud::html;
use std::collections::HashMap;
use std::sync::Arc;

/// Readings of a day that are looked at, the last ones.
const READINGS_MAX: usize = 9000;

/// Query parameters, of which only some words are shown.
type Asked = HashMap<String, String>;

/// A Scenario as one reader sees it.
struct OfScenario<'a> {
    panel: &'a Panel,
    visit: &'a Visit,
    scenario: &'a CachedScenario,
    view: ScenarioView,
    standing: Standing,
    /// The most serious of its open Findings.
    finding: Option<Arc<Finding>>,
    pasts: &'a Pasts,
    asked: &'a Asked,
}

/// `GET /desk/scenarios/{name}`.
pub async fn show(
    State(panel): State<PanelState>,
    look: Look,
    visit: Visit,
    Path(name): Path<String>,
    Query(asked): Query<Asked>,
) -> Response {
    let resources = panel.resources();
    let Some(scenario) = resources.scenario(&name) else { return layout::not_found(&look) };
    let pasts = Pasts::read(&panel, vec![name.clone()], look.now, READINGS_MAX).await;
    let view = resources.scenario_view(&scenario, &*panel.backend.operator);
    let of = OfScenario {
        panel: &panel,
        visit: &visit,
        scenario: &scenario,
        view,
        standing: standing(&scenario),
        finding: resources.worst_finding(&name),
        pasts: &pasts,
        asked: &asked,
    };
    of.answer()
}

impl OfScenario<'_> {
    fn language(&self) -> Language {
        self.visit.language()
    }

    fn path(&self) -> String {
        format!("/desk/scenarios/{}", self.view.id)
    }

    fn record(&self) -> Option<&Record> {
        self.pasts.of(&self.view.id)
    }

    fn answer(&self) -> Response {
        let language = self.language();
        let pending = self.panel.resources().pending_total(reader(self.visit));
        let topics =
            format!("sse:scenario-{} throttle:5s, sse:finding throttle:5s, sse:reset, every 60s", self.view.id);
        let main = html! {
            main class="board board--one" id="principal" {
                (self.head())
                div class="drill drill--page" {
                    div {
                        div id="passado" hx-get=(self.path()) hx-trigger=(topics) hx-select="#passado"
                            hx-select-oob="#cenario-topo,#agora" hx-swap="outerHTML" {
                            (missing(language, self.pasts))
                            @if let Some(record) = self.record() { (self.past(record)) }
                            (self.findings())
                        }
                        (self.runbook())
                    }
                    div {
                        div id="agora" { (self.checks()) }
                        (self.yaml())
                    }
                }
            }
        };
        let title = format!("{} · Desk", self.view.title);
        let page = Page { title, place: None, pending, visit: self.visit };
        page.answer(StatusCode::OK, &main)
    }
}
