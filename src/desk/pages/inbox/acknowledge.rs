//! `POST /desk/acknowledge` and `POST /desk/acknowledge/undo`: one Message or many, until their Findings are resolved or until a time.

use super::AT_ONCE_MAX;
use crate::commands::{AcknowledgeMessage, Caller, CommandError};
use crate::desk::admit::Sent;
use crate::desk::held::Batch;
use crate::desk::layout::address;
use crate::desk::pages::failed;
use crate::desk::panel::PanelState;
use crate::desk::visit::Look;
use crate::domain::refusal::InvalidInput;
use crate::domain::texts::panel::{inbox as said, times};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use jiff::{SignedDuration, Timestamp, ToSpan as _, civil::time};

/// For how long Messages can be acknowledged, in hours.
const HOURS: [(&str, i64); 3] = [("1h", 1), ("4h", 4), ("12h", 12)];
/// Until the next morning.
const MORNING: &str = "morning";

/// What there is to choose: the value of the form, and its words.
pub fn choices(look: &Look) -> Vec<(&'static str, String)> {
    let language = look.language;
    let resolved = [("", said::until_resolved(language).to_string())];
    let hours = HOURS.map(|(value, hours)| (value, said::for_a_while(language, SignedDuration::from_hours(hours))));
    let clock = |at| said::until_time(language, &times::clock(language, at, look.now, &look.zone));
    let morning = morning(look).map(|at| (MORNING, clock(at)));
    resolved.into_iter().chain(hours).chain(morning).collect()
}

/// The next eight o'clock of the reader.
fn morning(look: &Look) -> Option<Timestamp> {
    let now = look.now.to_zoned(look.zone.clone());
    let at = |day: jiff::civil::Date| day.to_datetime(time(8, 0, 0, 0)).to_zoned(look.zone.clone()).ok();
    let today = at(now.date()).filter(|at| *at > now);
    today.or_else(|| at(now.date().checked_add(1.day()).ok()?)).map(|at| at.timestamp())
}

/// What was chosen, as a time; `None` until resolved. The error is a choice that there is not.
fn until(word: &str, look: &Look) -> Result<Option<Timestamp>, CommandError> {
    let unknown = || CommandError::invalid("until", InvalidInput::NotAnEnd { value: word.into() });
    match word {
        "" => Ok(None),
        MORNING => morning(look).map(Some).ok_or_else(unknown),
        _ => {
            let (_, hours) = HOURS.into_iter().find(|(value, _)| *value == word).ok_or_else(unknown)?;
            look.now.checked_add(SignedDuration::from_hours(hours)).map(Some).map_err(|_| unknown())
        }
    }
}

/// `POST /desk/acknowledge`. The script has held it back already and says `now`; what browsers without it send can be taken back for some
/// seconds.
pub async fn acknowledge(State(panel): State<PanelState>, sent: Sent) -> Response {
    let (visit, back) = (&sent.visit, sent.form.return_path());
    let messages: Vec<String> = sent.form.all("message").take(AT_ONCE_MAX).map(str::to_string).collect();
    let is_script = !sent.form.get("now").is_empty();
    let batch = match until(sent.form.get("until"), &visit.look) {
        Ok(until) => Batch { messages, until },
        Err(error) => return failed::answer(&panel, visit, &error, back),
    };
    if !is_script && !batch.messages.is_empty() {
        let (panel, caller, later) = (panel.clone(), visit.caller.clone(), batch.clone());
        let held = panel.clone();
        let carried_out = async move {
            if let Err(error) = carry_out(&panel, &caller, &later).await {
                tracing::warn!(by = caller.name, %error, "Messages were not acknowledged");
            }
        };
        if held.held.hold(&visit.caller.name, batch.clone(), carried_out) {
            return Redirect::to(back).into_response();
        }
    }
    match carry_out(&panel, &visit.caller, &batch).await {
        Ok(_) if is_script => StatusCode::NO_CONTENT.into_response(),
        Ok(done) => Redirect::to(&with_done(back, done)).into_response(),
        Err(error) if is_script => (failed::status(&error), failed::reason(visit.language(), &error)).into_response(),
        Err(error) => failed::answer(&panel, visit, &error, back),
    }
}

/// `POST /desk/acknowledge/undo`.
pub async fn undo(State(panel): State<PanelState>, sent: Sent) -> Response {
    let back = sent.form.return_path();
    match panel.held.take_back(&sent.visit.caller.name) {
        0 => Redirect::to(back).into_response(),
        _ => Redirect::to(&with_done(back, 0)).into_response(),
    }
}

fn with_done(back: &str, done: usize) -> String {
    let added = address("", &[("done", &done.to_string())]);
    if back.contains('?') { format!("{back}&{}", &added[1..]) } else { format!("{back}{added}") }
}

/// Acknowledges them; how many.
async fn carry_out(panel: &PanelState, caller: &Caller, batch: &Batch) -> Result<usize, CommandError> {
    let of = |name: &String| AcknowledgeMessage { message: name.clone(), note: None, until: batch.until };
    let commands: Vec<_> = batch.messages.iter().map(of).collect();
    if !commands.is_empty() {
        panel.run_all(caller, "message", commands).await?;
    }
    Ok(batch.messages.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::texts::Language;
    use jiff::tz::TimeZone;

    fn look(now: &str) -> Look {
        let zone = TimeZone::get("America/Sao_Paulo").unwrap();
        let (language, now) = (Language::Portuguese, now.parse().unwrap());
        Look { language, asked: language, zone, theme: None, keys: true, now }
    }

    #[test]
    fn an_acknowledgement_holds_until_what_was_chosen() {
        let at = |text: &str| Some(text.parse::<Timestamp>().unwrap());
        for (now, word, expected) in [
            ("2026-11-27T05:00:00Z", "", None),
            ("2026-11-27T05:00:00Z", "4h", at("2026-11-27T09:00:00Z")),
            ("2026-11-27T05:00:00Z", "morning", at("2026-11-27T11:00:00Z")),
            ("2026-11-27T11:00:00Z", "morning", at("2026-11-28T11:00:00Z")),
            ("2026-11-28T02:30:00Z", "morning", at("2026-11-28T11:00:00Z")),
        ] {
            assert_eq!(until(word, &look(now)).unwrap(), expected, "{now} {word}");
        }
        for word in ["5h", "-1h", "2026", "MORNING"] {
            assert!(until(word, &look("2026-11-27T05:00:00Z")).is_err(), "{word}");
        }
    }

    #[test]
    fn what_can_be_chosen_says_when_it_ends() {
        let words: Vec<_> = choices(&look("2026-11-27T15:00:00Z")).into_iter().map(|(_, word)| word).collect();
        assert_eq!(words, ["até resolver", "por 1 h", "por 4 h", "por 12 h", "até 28/11 08:00"]);
        for (value, _) in choices(&look("2026-11-27T15:00:00Z")) {
            assert!(until(value, &look("2026-11-27T15:00:00Z")).is_ok(), "{value}");
        }
    }
}
