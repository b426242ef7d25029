//! The self-test of the local model: `GET /desk/model`, `POST /desk/model`.

use super::failed;
use super::list::{self, Frame};
use crate::advisor::self_test::Tested;
use crate::api::Role;
use crate::desk::admit::Sent;
use crate::desk::layout::{Place, hidden, say};
use crate::desk::panel::{Panel, PanelState};
use crate::desk::time;
use crate::desk::tools::Reading;
use crate::desk::visit::{Look, Visit};
use crate::domain::model::ModelFault;
use crate::domain::texts::panel::{model as said, times};
use crate::domain::texts::{Language, model_fault, model_off, self_test_rows, self_test_verdict};
use crate::views::{ModelState, ModelUse};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use maud::{Markup, html};

const PATH: &str = "/desk/model";

/// `GET /desk/model`.
pub async fn show(State(panel): State<PanelState>, visit: Visit) -> Response {
    let frame = Frame { panel: &panel, visit: &visit, place: Place::Model };
    let language = visit.language();
    let content = html! {
        (list::top(said::title(language), None, &html! {}))
        @match panel.backend.tools.meter.model() {
            None => (off(&panel, language)),
            Some((name, server)) => {
                p class="page__lead" { (said::lead(language)) }
                (standing(&panel, &visit.look, &name, &server))
                (reading(&panel, &visit))
            }
        }
    };
    frame.answer(StatusCode::OK, said::title(language), &content)
}

/// `POST /desk/model`: begins the self-test.
pub async fn begin(State(panel): State<PanelState>, sent: Sent) -> Response {
    let caller = &sent.visit.caller;
    match caller.require_run_role() {
        Ok(()) => {
            panel.backend.tools.meter.begin(&caller.name, sent.visit.look.now);
            Redirect::to(PATH).into_response()
        }
        Err(error) => failed::answer(&panel, &sent.visit, &error, PATH),
    }
}

fn off(panel: &Panel, language: Language) -> Markup {
    // The detail names the setting that keeps it off.
    let detail = panel.backend.operator.state().model.and_then(|model| model.detail);
    let detail = detail.unwrap_or_else(|| model_off(language, "OLLAMA_BASE_URL"));
    let more = format!("{} {detail}.", said::off_more(language));
    say(said::off(language), &more, None)
}

/// What the program knows of the model.
fn standing(panel: &Panel, look: &Look, name: &str, server: &str) -> Markup {
    let language = look.language;
    let state = match panel.backend.operator.state().model {
        Some(ModelState { usable: ModelUse::Possible { .. }, .. }) => said::state_ok(language).to_string(),
        Some(ModelState { usable: ModelUse::Failing, detail: Some(detail), since, .. }) => match since {
            Some(since) => said::since(language, &detail, &times::clock(language, since, look.now, &look.zone)),
            None => detail,
        },
        _ => said::state_unknown(language).to_string(),
    };
    html! {
        dl class="pairs" {
            dt { (said::name(language)) } dd { span class="fact" { (name) } }
            dt { (said::server(language)) } dd { span class="fact" { (server) } }
            dt { (said::state(language)) } dd { (state) }
        }
    }
}

/// What was measured, or that it is being measured.
fn reading(panel: &Panel, visit: &Visit) -> Markup {
    let (language, look) = (visit.language(), &visit.look);
    let reading = panel.backend.tools.meter.reading();
    let is_running = matches!(reading, Reading::Running { .. });
    html! {
        section id="medida" hx-get=[is_running.then_some(PATH)] hx-trigger=[is_running.then_some("every 3s")]
            hx-select="#medida" hx-swap="outerHTML" {
            h2 class="page__h" { (said::result(language)) }
            @match &reading {
                Reading::None => p class="quiet" { (said::none(language)) },
                Reading::Running { since, by } => {
                    p {
                        b { (said::running(language)) } " "
                        (said::for_so_long(language, &times::elapsed(language, look.now.duration_since(*since))))
                        ", " (said::by(language)) " " (by) "."
                    }
                    p class="quiet" { (said::running_more(language)) }
                    noscript { p { a class="btn" href=(PATH) { (said::refresh(language)) } } }
                }
                Reading::Done { at, by, tested } => {
                    p class="quiet" { (time::ago(look, *at)) ", " (said::by(language)) " " (by) }
                    (result(panel, language, tested))
                }
            }
            (button(panel, visit))
        }
    }
}

fn result(panel: &Panel, language: Language, tested: &Result<Tested, ModelFault>) -> Markup {
    let timeout = panel.backend.tools.meter.timeout();
    match tested {
        Ok(tested) => {
            let (speed, load) = (&tested.speed, tested.measured.load);
            let verdict = self_test_verdict(language, speed.verdict(load, timeout), timeout, speed.sufficient(load));
            html! {
                p class="verdict" { (verdict) }
                dl class="pairs" {
                    @for (what, value) in self_test_rows(language, &tested.measured, speed) { dt { (what) } dd { span class="fact" { (value) } } }
                }
            }
        }
        Err(fault) => {
            html! { p class="verdict" role="alert" { (said::failed(language)) ": " (model_fault(language, fault)) } }
        }
    }
}

fn button(panel: &Panel, visit: &Visit) -> Markup {
    let language = visit.language();
    let reading = panel.backend.tools.meter.reading();
    if visit.caller.require_run_role().is_err() {
        let roles: Vec<_> = Role::ALL.into_iter().filter(|role| role.may_run()).map(Role::as_str).collect();
        return html! { p class="quiet" { (said::no_rights(language)) " " (roles.join(", ")) "." } };
    }
    let word = if matches!(reading, Reading::Done { .. }) { said::again(language) } else { said::begin(language) };
    let is_running = matches!(reading, Reading::Running { .. });
    html! {
        form class="page__do" method="post" action=(PATH) {
            (hidden(&visit.csrf, ""))
            button class="btn btn--go" disabled[is_running] { (word) }
            @if is_running { " " span class="quiet" { (said::already(language)) } }
        }
    }
}
