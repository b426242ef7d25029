//! The state of what is asked about.

use crate::api::{Health, Severity, WatchState};
use crate::domain::texts::Language;
use crate::domain::texts::panel::words::severity as grade;

/// The state of a Finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    Open,
    Acknowledged,
    Resolved,
    /// It has no phase yet.
    Unknown,
}

/// The first line about a Finding.
pub fn finding_state(language: Language, state: State, headline: &str) -> String {
    match state {
        State::Open => text!(language, "Aberta: {headline}", "Open: {headline}"),
        State::Acknowledged => text!(language, "Reconhecida: {headline}", "Acknowledged: {headline}"),
        State::Resolved => text!(language, "Resolvida: {headline}", "Resolved: {headline}"),
        State::Unknown => text!(language, "Ainda sem estado: {headline}", "Without a state yet: {headline}"),
    }
}

/// What follows where the state is that of a Finding that flaps.
pub fn flapping_next(language: Language) -> String {
    text!(
        language,
        "O estado ainda pode mudar; conta como estável quando se mantiver por 15 minutos.",
        "The state may still change; it counts as stable once it has been kept for 15 minutes.",
    )
}

/// The first line about a Scenario.
pub fn scenario_state(language: Language, scenario: &str, health: Option<Health>) -> String {
    let health = match (language, health.unwrap_or(Health::Unknown)) {
        (Language::Portuguese, Health::Healthy) => "normal",
        (Language::Portuguese, Health::Failing) => "com falha",
        (Language::Portuguese, Health::Unknown) => "estado desconhecido",
        (Language::English, health) => health.as_str(),
    };
    text!(language, "Cenário {scenario}: {health}", "Scenario {scenario}: {health}")
}

/// Why a Scenario is not watched; `None` if it is.
pub fn not_watched(language: Language, state: WatchState, why: &str) -> Option<String> {
    let state = match state {
        WatchState::Ready => return None,
        WatchState::Invalid => {
            text!(language, "Não é monitorado, pois a definição tem erros", "Not watched, as its spec has errors")
        }
        WatchState::Suspended => text!(language, "Suspenso", "Suspended"),
        WatchState::Late => text!(language, "Atrasado", "Late"),
    };
    Some(if why.is_empty() { state } else { format!("{state}: {why}") })
}

/// When a Scenario was last run.
pub fn last_run(language: Language, moment: &str) -> String {
    text!(language, "Última execução: {moment}", "Last run: {moment}")
}

/// How severe Findings of a Scenario are.
pub fn severity_of(language: Language, of: Severity) -> String {
    let of = grade(language, of).to_lowercase();
    text!(language, "Severidade: {of}", "Severity: {of}")
}

/// The number of open Findings: of an Agent, or of all.
pub fn open_count(language: Language, agent: Option<&str>, count: usize) -> String {
    match (agent, count) {
        (Some(agent), 0) => text!(language, "{agent} não tem ocorrências abertas.", "{agent} has no open Findings."),
        (Some(agent), 1) => text!(language, "{agent} tem 1 ocorrência aberta", "{agent} has 1 open Finding"),
        (Some(agent), _) => {
            text!(language, "{agent} tem {count} ocorrências abertas", "{agent} has {count} open Findings")
        }
        (None, 0) => text!(language, "Nenhuma ocorrência aberta.", "No open Findings."),
        (None, 1) => text!(language, "1 ocorrência aberta", "1 open Finding"),
        (None, _) => text!(language, "{count} ocorrências abertas", "{count} open Findings"),
    }
}

/// The heading of the `others` that other Agents have open, with the number of all; there is at least one.
pub fn open_besides(language: Language, all: usize, others: usize) -> String {
    match (all, others) {
        (1, _) => text!(language, "Ao todo, 1 aberta, de outro agente", "In all, 1 is open, owned by another Agent"),
        (_, 1) => text!(
            language,
            "Ao todo, {all} abertas; a que é de outro agente",
            "In all, {all} are open; the one owned by another Agent",
        ),
        _ => text!(
            language,
            "Ao todo, {all} abertas; as que são de outros agentes",
            "In all, {all} are open; those owned by other Agents",
        ),
    }
}

/// An open Finding in a list: since when, whether a person knows, and its name.
pub fn open_item(language: Language, said: &str, since: Option<&str>, is_known: [bool; 2], name: &str) -> String {
    let [is_acknowledged, is_silenced] = is_known;
    let words = [
        is_acknowledged.then(|| text!(language, ", reconhecida", ", acknowledged")),
        is_silenced.then(|| text!(language, ", silenciada", ", silenced")),
    ];
    let known = words.into_iter().flatten().collect::<String>();
    let since = since.map(|since| text!(language, ", desde {since}", ", since {since}")).unwrap_or_default();
    format!("{said}{since}{known}: {name}")
}

/// Who works on a Finding, and since when.
pub fn owned(language: Language, by: &str, moment: &str) -> String {
    text!(language, "Com {by} desde {moment}.", "Taken over by {by} at {moment}.")
}

/// The heading of similar past occurrences.
pub fn before_heading(language: Language) -> String {
    text!(language, "Já aconteceu", "Seen before")
}

/// There are none.
pub fn none_before(language: Language) -> String {
    text!(
        language,
        "Não encontrei ocorrências parecidas no histórico que ainda é guardado.",
        "No similar past occurrence is in the history that is still kept.",
    )
}

/// What was asked about is no Finding.
pub fn before_of_what(language: Language) -> String {
    text!(
        language,
        "Esta conversa não trata de uma ocorrência; pergunte na conversa de uma.",
        "This conversation is not about a Finding; ask in the Thread of one.",
    )
}

/// A past occurrence: when it was opened, how long it lasted, of another Finding the message and the name, and what people wrote.
pub fn before(language: Language, moment: &str, lasted: &str, other: Option<(&str, &str)>, notes: &str) -> String {
    let other = other.map(|(said, finding)| format!(": {said} ({finding})")).unwrap_or_default();
    let notes = if notes.is_empty() { String::new() } else { format!(". {notes}") };
    text!(language, "{moment}, durou {lasted}{other}{notes}", "{moment}, lasted {lasted}{other}{notes}")
}

/// An active Silence, of a Finding or of a Scenario: until when, by whom, why, and its name.
pub fn silenced(language: Language, is_finding: bool, until: Option<&str>, by: &str, why: &str, name: &str) -> String {
    let until = until.map(|until| text!(language, " até {until}", " until {until}")).unwrap_or_default();
    match is_finding {
        true => text!(
            language,
            "Silenciada{until} por {by}: {why} (silêncio {name})",
            "Silenced{until} by {by}: {why} (Silence {name})",
        ),
        false => text!(
            language,
            "Silenciado{until} por {by}: {why} (silêncio {name})",
            "Silenced{until} by {by}: {why} (Silence {name})",
        ),
    }
}
