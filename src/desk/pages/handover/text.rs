//! The handover as plain text, for a mail or a chat.

use super::shift::{Event, Shift, What, collapsed};
use crate::api::WatchState;
use crate::desk::pages::actions::{came, did, known_by};
use crate::desk::pages::silences::condition_in_words;
use crate::desk::panel::Panel;
use crate::desk::visit::Look;
use crate::domain::texts::Language;
use crate::domain::texts::panel::{handover as said, lists, times, words};
use crate::views::{FindingView, SilenceStanding, StandingSilence};
use jiff::Timestamp;
use std::fmt::Write as _;

/// The whole text.
pub fn text(panel: &Panel, look: &Look, shift: &Shift) -> String {
    let language = look.language;
    let exact = |at: Timestamp| times::exact(language, at, &look.zone);
    let mut out = String::new();
    let mut line = |text: &str| {
        // Writing to a String does not fail.
        let _ = writeln!(out, "{}", text.trim_end());
    };
    line(said::title(language));
    line(&said::period(language, &exact(shift.since), &exact(shift.until)));
    line(&said::summary(language, shift.opened, shift.resolved, shift.open_total));
    section(
        &mut line,
        said::still_open(language),
        shift.open.iter().map(|one| open(look, one)),
        said::none_open(language),
    );
    if shift.open_total > shift.open.len() {
        line(&said::more(language, shift.open_total - shift.open.len()));
    }
    // Those that are left out come before the others.
    let left_out = shift.events_total - shift.events.len();
    let left_out = (left_out > 0).then(|| said::more(language, left_out));
    let events = left_out.into_iter().chain(shift.events.iter().map(|one| event(panel, look, one)));
    section(&mut line, said::happened(language), events, said::nothing_happened(language));
    let silences = shift.silences.iter().map(|one| silence(look, one));
    section(&mut line, said::silenced(language), silences, said::none_silenced(language));
    if !shift.unwatched.is_empty() {
        let names = shift.unwatched.iter().map(|(name, state)| format!("{name}: {}", watch(language, *state)));
        section(&mut line, said::unwatched(language), names, "");
    }
    out
}

fn section(line: &mut impl FnMut(&str), title: &str, items: impl Iterator<Item = String>, none: &str) {
    line("");
    line(&title.to_uppercase());
    let mut is_empty = true;
    for item in items {
        is_empty = false;
        line(&format!("- {item}"));
    }
    if is_empty {
        line(none);
    }
}

/// What happened, on one line.
pub fn headline(finding: &FindingView) -> String {
    let message = finding.message.as_deref().map(str::trim).filter(|message| !message.is_empty());
    let text = message.or(finding.title.as_deref()).unwrap_or(&finding.id);
    collapsed(text)
}

fn open(look: &Look, finding: &FindingView) -> String {
    let language = look.language;
    let severity = finding.severity.map_or("", |severity| words::severity(language, severity));
    let since = finding.opened_at.map(|at| times::clock(language, at, look.now, &look.zone)).unwrap_or_default();
    let who = match &finding.acknowledgement {
        Some(ack) => {
            let note = ack.note.as_deref().map(|note| format!(": {}", collapsed(note)));
            format!("{}{}", said::with(language, &ack.by), note.unwrap_or_default())
        }
        None => said::nobody(language).to_string(),
    };
    let since = format!("{} {since}", lists::since(language).to_lowercase());
    let owner = finding.owner.as_ref().map(|owner| format!("{}; ", said::taken_by(language, &owner.by)));
    format!("[{severity}] {} ({}; {since}; {}{who})", headline(finding), finding.scenario_id, owner.unwrap_or_default())
}

fn event(panel: &Panel, look: &Look, event: &Event) -> String {
    let language = look.language;
    let at = times::clock(language, event.at, look.now, &look.zone);
    let what = match &event.what {
        What::Opened(finding) => {
            format!("{}: {} ({})", said::opened(language), headline(finding), finding.scenario_id)
        }
        What::Resolved(finding) => {
            format!("{}: {} ({})", said::resolved(language), headline(finding), finding.scenario_id)
        }
        What::Did(action, written) => {
            let result = came(language, action.result.as_deref());
            let subject = known_by(panel, action).unwrap_or_else(|| action.subject.name.clone());
            let written = written.as_ref().map(|text| format!(": “{text}”")).unwrap_or_default();
            format!("{} {}: {subject} ({result}){written}", action.actor.name, did(language, &action.verb))
        }
    };
    format!("{at} {what}")
}

fn silence(look: &Look, one: &StandingSilence) -> String {
    let language = look.language;
    let clock =
        |at: Option<Timestamp>| at.map(|at| times::clock(language, at, look.now, &look.zone)).unwrap_or_default();
    let when = match one.standing {
        SilenceStanding::Active => format!("{} {}", said::until(language), clock(one.end)),
        _ => format!("{} {}", said::begins(language), clock(one.start)),
    };
    let matchers = one.silence.matchers.iter().map(|matcher| {
        let (about, value) = condition_in_words(language, matcher);
        format!("{about} {value}").trim_end().to_string()
    });
    let matchers: Vec<_> = matchers.collect();
    let reason = collapsed(&one.silence.reason);
    format!("{reason} ({}; {when}; {})", matchers.join(", "), one.silence.author)
}

/// Why a Scenario is not watched.
pub fn watch(language: Language, state: WatchState) -> &'static str {
    match state {
        WatchState::Ready => lists::state_ready(language),
        WatchState::Suspended => lists::state_suspended(language),
        WatchState::Invalid => lists::state_invalid(language),
        WatchState::Late => lists::state_late(language),
    }
}
