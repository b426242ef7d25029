//! Sends a question, and leads to the conversation, which has the first answer by then.

use super::{Subject, has_copilot};
use crate::commands::{AnswerWait, Chat, ChatInput, Text};
use crate::desk::admit::Sent;
use crate::desk::pages::failed;
use crate::desk::panel::PanelState;
use crate::domain::agents::COPILOTO;
use crate::views::Parameters;
use axum::extract::State;
use axum::response::{IntoResponse as _, Redirect, Response};
use std::time::Duration;

/// `POST /desk/chat`.
pub async fn ask(State(panel): State<PanelState>, sent: Sent) -> Response {
    let (form, caller) = (&sent.form, &sent.visit.caller);
    let names = ["thread_id", "finding_id", "scenario_id"];
    let given = names.map(|name| (name.to_string(), form.get(name).to_string()));
    let asked: Parameters = given.into_iter().filter(|(_, value)| !value.is_empty()).collect();
    let subject = Subject::of(&panel, &asked);
    let (text, key) = (form.get("message"), form.get("once"));
    let command = |_: &_| {
        let input = ChatInput {
            text: Text::parse("message", text)?,
            thread: subject.thread_id(),
            finding: subject.finding_id(),
            scenario: subject.scenario_id(),
            agent: has_copilot(&panel).then(|| COPILOTO.to_string()),
        };
        // The checked answer of the local model comes to the page that is then open.
        Ok(Chat { input, wait: AnswerWait::for_all(Duration::ZERO) })
    };
    let place = subject.address(None);
    let result = match key.is_empty() {
        true => panel.run(caller, command).await.map(Some),
        false => panel.run_once(caller, (key, &[place.as_bytes(), text.as_bytes()]), command).await,
    };
    match result {
        // To the question, below which its answer begins.
        Ok(Some(view)) => {
            let conversation = subject.address(Some(&view.thread_id));
            Redirect::to(&format!("{conversation}#m-{}", view.question_id)).into_response()
        }
        Ok(None) => Redirect::to(&place).into_response(),
        Err(error) => failed::answer(&panel, &sent.visit, &error, &place),
    }
}
