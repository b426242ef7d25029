//! What came of a command that the facade carried out.

use super::{About, NAME_MAX};
use crate::api::{ActionSpec, ActionStatus, CheckOutcome, CheckResult, RequestedRun};
use crate::domain::conversation::command::{Understood, parse};
use crate::domain::conversation::draft::Draft;
use crate::domain::conversation::{Style, finding, worded};
use crate::domain::notice::wording::one_line;
use crate::domain::owner::{VERB_RELEASE, VERB_TAKE_OVER};
use crate::domain::refusal::Refusal;
use crate::domain::silence::{SilencedBy, VERB_UNSILENCE};
use crate::domain::texts::answers::{self as texts, Did};
use crate::domain::texts::{Language, conversation, notices, refusals};
use jiff::Timestamp;

/// Longest message of an Action or a check, in characters.
const MESSAGE_MAX: usize = 1024;
/// Checks that are listed at most.
const CHECKS_MAX: usize = 20;

/// A command, as its Action says.
#[derive(Clone, Copy, Debug)]
pub struct CarriedOut<'a> {
    /// Name of the Action.
    pub action: &'a str,
    pub spec: &'a ActionSpec,
    pub status: Option<&'a ActionStatus>,
    /// The last requested run of the Scenario that it ran.
    pub run: Option<&'a RequestedRun>,
}

pub fn result(draft: &mut Draft, command: &CarriedOut<'_>, about: &About<'_>, style: &Style) {
    let language = style.language;
    let parameter = |name: &str| command.spec.parameters.get(name).map(|text| one_line(text, MESSAGE_MAX));
    let subject = one_line(&command.spec.subject.name, NAME_MAX);
    let by = one_line(&command.spec.actor.name, NAME_MAX);
    let moment = |name: &str| {
        let at = parameter(name).and_then(|text| text.parse::<Timestamp>().ok());
        at.map(|at| notices::moment(language, at, &style.zone))
    };
    let (until, before) = (moment("ends_at"), moment("ended_at"));
    let (matchers, of_finding, of_scenario) = (parameter("matchers"), parameter("finding"), parameter("scenario"));
    let matchers = matchers.unwrap_or_default();
    let silenced = match (&of_finding, &of_scenario) {
        (Some(finding), _) => texts::About::Finding(finding, &matchers),
        (None, Some(scenario)) => texts::About::Scenario(scenario),
        (None, None) => texts::About::Matchers(&matchers),
    };
    let ended: Vec<String> =
        parameter("silences").map(|names| names.split(", ").map(String::from).collect()).unwrap_or_default();
    let from = parameter("from");
    let verb = command.spec.verb.as_str();
    let did = match verb {
        "acknowledge" => Did::Acknowledge { finding: &subject, by: &by },
        "unacknowledge" => Did::Unacknowledge { finding: &subject },
        VERB_TAKE_OVER => Did::TakeOver { finding: &subject, by: &by, from: from.as_deref() },
        VERB_RELEASE => Did::Release { finding: &subject, from: from.as_deref() },
        "request-advice" => Did::Advise { finding: &subject },
        "run" => Did::Run { scenario: &subject },
        "silence" => {
            Did::Silence { name: &subject, about: silenced, until: until.as_deref(), before: before.as_deref() }
        }
        VERB_UNSILENCE => Did::Unsilence { about: silenced, ended: &ended },
        verb => Did::Other { verb, subject: &subject },
    };
    let why = command.status.map(|status| why(status, language)).unwrap_or_default();
    match command.status.and_then(|status| status.result.as_deref()) {
        Some("done") => {
            draft.paragraph(texts::done(language, &did));
            draft.extend(parameter("note").map(|note| conversation::note(language, &note)));
            // Without a reason of its own a Silence has the command itself.
            let reason = parameter("reason").filter(|reason| parse(reason) == Understood::Nothing);
            draft.extend(reason.map(|reason| texts::reason_is(language, &reason)));
            match did {
                Did::Acknowledge { .. } => draft.paragraph(texts::undo_acknowledge(language)),
                Did::TakeOver { .. } => draft.paragraph(texts::notices_go_on(language)),
                Did::Run { .. } => ran(draft, command, parameter("requested_at").as_deref(), style),
                Did::Silence { about: texts::About::Finding(..), .. } => {
                    draft.paragraph(texts::how_to_end(language, None))
                }
                Did::Silence { about: texts::About::Scenario(name), .. } => {
                    draft.paragraph(texts::how_to_end(language, Some(name)))
                }
                Did::Unsilence { ended, .. } => still_silenced(draft, about, ended, style),
                _ => {}
            }
        }
        Some("unchanged") => {
            draft.paragraph(texts::unchanged(language, &did));
            draft.extend(acknowledged_by(&did, about, language));
            if matches!(did, Did::Unsilence { .. }) {
                still_silenced(draft, about, &[], style);
            }
        }
        Some("refused") => draft.paragraph(texts::refused(language, &why)),
        Some(_) => draft.paragraph(texts::uncertain(language, &why)),
        None => draft.paragraph(texts::under_way(language, command.action)),
    }
}

/// Why it was refused, as a part of a sentence; of a reason that is not known, as the API says it.
fn why(status: &ActionStatus, language: Language) -> String {
    let refusal = status.reason.as_deref().and_then(|code| Refusal::parse(code, &status.values));
    let why = match (&refusal, &status.message) {
        (Some(refusal), _) => refusals::refusal(language, refusal),
        (None, message) => message.clone().unwrap_or_default(),
    };
    one_line(&worded::in_words(language, &why), MESSAGE_MAX).trim_end_matches('.').to_string()
}

/// The Silences that are left; the caches may still have those that were ended.
fn still_silenced(draft: &mut Draft, about: &About<'_>, ended: &[String], style: &Style) {
    let (is_finding, silences) = match about {
        About::Finding(facts) => (true, facts.silences),
        About::Scenario(facts) => (false, facts.silences),
        _ => return,
    };
    let left: Vec<SilencedBy> = silences.iter().filter(|by| !ended.contains(&by.name)).cloned().collect();
    finding::silenced(draft, Some(&texts::still_silenced(style.language)), is_finding, &left, style);
}

/// By whom it was acknowledged before.
fn acknowledged_by(did: &Did<'_>, about: &About<'_>, language: Language) -> Option<String> {
    let (Did::Acknowledge { .. }, About::Finding(facts)) = (did, about) else { return None };
    let of = facts.status.acknowledgement.as_ref()?;
    let note = of.note.as_deref().map(|note| one_line(note, MESSAGE_MAX));
    Some(format!("{}.", notices::acknowledged_by(language, &one_line(&of.by, NAME_MAX), of.proven, note.as_deref())))
}

/// The result of a requested run, where it is there.
fn ran(draft: &mut Draft, command: &CarriedOut<'_>, requested_at: Option<&str>, style: &Style) {
    let language = style.language;
    let requested_at = requested_at.and_then(|text| text.parse::<Timestamp>().ok());
    let run = command.run.filter(|run| match (run.requested(), requested_at) {
        (Some(answered), Some(requested)) => requested <= answered,
        _ => false,
    });
    let Some(run) = run else {
        draft.paragraph(texts::not_run_yet(language));
        return;
    };
    let counts = [CheckOutcome::Pass, CheckOutcome::Fail, CheckOutcome::Unknown, CheckOutcome::Held].map(|outcome| {
        let count = run.checks.iter().filter(|check| check.outcome == outcome).count();
        (count > 0).then(|| texts::outcome(language, outcome, count))
    });
    let counts: Vec<String> = counts.into_iter().flatten().collect();
    let moment = notices::moment(language, run.run_at.0, &style.zone);
    let first = texts::ran(language, &moment, run.checks.len());
    let counts = Some(counts.join("; ")).filter(|counts| !counts.is_empty());
    draft.paragraph(format!("{first}{}.", counts.map(|counts| format!(" ({counts})")).unwrap_or_default()));
    let is_shown = |check: &&CheckResult| matches!(check.outcome, CheckOutcome::Fail | CheckOutcome::Unknown);
    draft.list(None, run.checks.iter().filter(is_shown).take(CHECKS_MAX).map(|check| line(check, language)));
}

fn line(check: &CheckResult, language: Language) -> String {
    let key = if check.key.is_empty() { String::new() } else { format!(" ({})", check.key) };
    let message = worded::in_words(language, &check.message);
    one_line(&format!("{}{key}: {message}", check.name), MESSAGE_MAX)
}
