//! Commands for people to type: what a Message by kubectl asks for is not carried out.

use super::{About, Known, NAME_MAX, Place};
use crate::api::{ADVICE_NOTE, ADVICE_REQUESTED_AT, FindingSpec, Matcher, MatcherName, MatcherOp, RUN_REQUESTED_AT};
use crate::domain::conversation::command::{Command, Scope};
use crate::domain::conversation::draft::Draft;
use crate::domain::notice::wording::one_line;
use crate::domain::texts::{Language, answers as texts, desk};
use serde_json::{Value, json};

const CURL: &str = r#"curl -H "Authorization: Bearer $TOKEN""#;
const CURL_JSON: &str = r#"curl -H "Authorization: Bearer $TOKEN" -H 'Content-Type: application/json'"#;

/// The time, for a shell.
const NOW: &str = r#""$(date -u +%Y-%m-%dT%H:%M:%SZ)""#;

/// What to type for a command.
pub fn command(draft: &mut Draft, command: &Command, known: &Known<'_>, language: Language) {
    draft.paragraph(texts::not_carried_out(language));
    let place = known.conversation.place;
    let unnamed = texts::name_placeholder(language);
    let (finding, scenario) = subject(&known.about);
    let is_about_finding = command.is_about_finding();
    let of_conversation = if is_about_finding { finding } else { scenario };
    let named = command.named_scenario().map(String::as_str).or(of_conversation);
    let name = named.unwrap_or(unnamed);
    let by = one_line(known.conversation.asker, NAME_MAX);
    let (kubectl, rest) = match command {
        Command::Acknowledge { note } => acknowledge(place, name, &by, note.as_deref()),
        Command::Unacknowledge => unacknowledge(place, name),
        Command::TakeOver { .. } => take_over(place, name, &by),
        Command::Release => release(place, name),
        Command::Advise { note } => advise(place, name, note.as_deref()),
        Command::Run { .. } => run(place, name),
        Command::Silence { scope, duration, reason } => {
            let reason = reason.as_deref().unwrap_or_else(|| texts::reason_placeholder(language));
            let matchers = match (&known.about, scope) {
                (About::Finding(facts), Scope::Subject) => matchers_of(facts.spec),
                _ => vec![matcher(MatcherName::Scenario, name)],
            };
            silence(place, &matchers, &by, duration, reason)
        }
        Command::Unsilence { .. } => unsilence(place, &known.about, unnamed),
    };
    let how = match command {
        Command::Silence { .. } | Command::Unsilence { .. } => texts::with_program(language),
        _ => desk::with_kubectl(language),
    };
    draft.paragraph(format!("{how}:"));
    draft.code(&[kubectl]);
    draft.paragraph(format!("{}:", desk::with_curl(language)));
    draft.code(&[rest]);
    if named.is_none() {
        draft.paragraph(match is_about_finding {
            true => texts::not_about_a_finding(language),
            false => texts::not_about_a_scenario(language),
        });
    }
}

/// The Finding and the Scenario that a Message is about.
fn subject<'a>(about: &About<'a>) -> (Option<&'a str>, Option<&'a str>) {
    match about {
        About::Finding(facts) => (Some(facts.finding), Some(facts.spec.scenario.as_str())),
        About::Scenario(facts) => (None, Some(facts.name)),
        About::Agent(_) | About::OneOf { .. } | About::Findings { .. } | About::Unknown(_) | About::Nothing => {
            (None, None)
        }
    }
}

/// The merge patch of a Finding's spec, as a command.
fn patched(place: &Place, finding: &str, spec: &Value) -> String {
    let patch = json!({ "spec": spec });
    format!("kubectl -n {} patch fnd {finding} --type=merge -p {}", place.namespace, quoted(&patch.to_string()))
}

// A merge patch keeps what it does not name, such as the time and the Action of the person before.
fn acknowledge(place: &Place, finding: &str, by: &str, note: Option<&str>) -> (String, String) {
    let (written, body) = match note {
        Some(note) => (json!({"by": by, "note": note, "at": null, "action": null}), json!({"note": note})),
        None => (json!({"by": by, "note": null, "at": null, "action": null}), json!({})),
    };
    (
        patched(place, finding, &json!({ "acknowledgement": written })),
        format!("{CURL_JSON} -d {} '{}/api/v1/agents/findings/{finding}/ack'", quoted(&body.to_string()), place.url),
    )
}

fn unacknowledge(place: &Place, finding: &str) -> (String, String) {
    (
        patched(place, finding, &json!({ "acknowledgement": null })),
        format!("{CURL} -X DELETE '{}/api/v1/agents/findings/{finding}/ack'", place.url),
    )
}

fn take_over(place: &Place, finding: &str, by: &str) -> (String, String) {
    (
        patched(place, finding, &json!({ "owner": { "by": by, "at": null, "action": null } })),
        format!("{CURL} -X PUT '{}/api/v1/agents/findings/{finding}/owner'", place.url),
    )
}

fn release(place: &Place, finding: &str) -> (String, String) {
    (
        patched(place, finding, &json!({ "owner": null })),
        format!("{CURL} -X DELETE '{}/api/v1/agents/findings/{finding}/owner'", place.url),
    )
}

fn advise(place: &Place, finding: &str, note: Option<&str>) -> (String, String) {
    let of_note = note.map(|note| format!(" {ADVICE_NOTE}={}", quoted(note))).unwrap_or_default();
    let body = note.map_or_else(|| json!({}), |note| json!({ "note": note }));
    (
        format!(
            "kubectl -n {} annotate fnd {finding} --overwrite {ADVICE_REQUESTED_AT}={NOW}{of_note}",
            place.namespace
        ),
        format!("{CURL_JSON} -d {} '{}/api/v1/agents/findings/{finding}/advice'", quoted(&body.to_string()), place.url),
    )
}

fn run(place: &Place, scenario: &str) -> (String, String) {
    (
        format!("kubectl -n {} annotate scn {scenario} --overwrite {RUN_REQUESTED_AT}={NOW}", place.namespace),
        format!("{CURL} -X POST '{}/api/v1/agents/runs/{scenario}'", place.url),
    )
}

fn matcher(name: MatcherName, value: &str) -> Matcher {
    Matcher { name, op: MatcherOp::Equal, value: value.to_string() }
}

/// What matches a Finding alone.
fn matchers_of(spec: &FindingSpec) -> Vec<Matcher> {
    let all =
        [(MatcherName::Scenario, &spec.scenario), (MatcherName::Check, &spec.check), (MatcherName::Key, &spec.key)];
    all.into_iter().map(|(name, value)| matcher(name, value)).collect()
}

/// Ends the first of the Silences that are known.
fn unsilence(place: &Place, about: &About<'_>, unnamed: &str) -> (String, String) {
    let silences = match about {
        About::Finding(facts) => facts.silences,
        About::Scenario(facts) => facts.silences,
        About::Agent(_) | About::OneOf { .. } | About::Findings { .. } | About::Unknown(_) | About::Nothing => &[],
    };
    let name = silences.first().map_or(unnamed, |by| by.name.as_str());
    (
        format!("agentic-ops silence end -n {} {name}", place.namespace),
        format!("{CURL} -X DELETE '{}/api/v1/agents/silences/{name}'", place.url),
    )
}

fn silence(place: &Place, matchers: &[Matcher], by: &str, duration: &str, reason: &str) -> (String, String) {
    let body = json!({ "matchers": matchers, "duration": duration, "reason": reason });
    let matchers: String =
        matchers.iter().map(|matcher| format!("--matcher {} ", shell(&matcher.to_string()))).collect();
    (
        format!(
            "agentic-ops silence add -n {} {matchers}--for {duration} --reason {} --by {}",
            place.namespace,
            quoted(reason),
            quoted(by)
        ),
        format!("{CURL_JSON} -d {} '{}/api/v1/agents/silences'", quoted(&body.to_string()), place.url),
    )
}

/// How to start another conversation.
pub fn new_conversation(draft: &mut Draft, known: &Known<'_>, language: Language) {
    draft.paragraph(texts::closed(language));
    let mut body = json!({"message": texts::message_placeholder(language)});
    let (finding, scenario) = subject(&known.about);
    if let Some(fields) = body.as_object_mut() {
        match (finding, scenario) {
            (Some(finding), _) => fields.insert("finding_id".into(), json!(finding)),
            (None, Some(scenario)) => fields.insert("scenario_id".into(), json!(scenario)),
            (None, None) => None,
        };
    }
    let url = &known.conversation.place.url;
    draft.paragraph(format!("{}:", desk::with_curl(language)));
    draft.code(&[format!("{CURL_JSON} -d {} '{url}/api/v1/agents/chat'", quoted(&body.to_string()))]);
    draft.paragraph(texts::new_by_kubectl(language));
}

/// A text as one argument for a shell, in quotation marks only where it needs them.
fn shell(text: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | '=' | '/' | ':');
    if !text.is_empty() && text.chars().all(is_plain) { text.to_string() } else { quoted(text) }
}

/// A text as one argument for a shell, whatever is in it.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_argument_is_one_word_for_a_shell() {
        for text in ["", "a b", "it's", "'; rm -rf /; '", "$(x) `y` \"z\" \\ !"] {
            let line = format!("printf %s {}", quoted(text));
            let output = std::process::Command::new("sh").args(["-c", &line]).output().unwrap();
            assert_eq!(String::from_utf8(output.stdout).unwrap(), text);
        }
    }
}
