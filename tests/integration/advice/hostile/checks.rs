//! What must hold, whatever the model says and reads.

use super::cases::advice_cases::folded;
use super::program::Program;
use agentic_ops::api::{Action, Agent, AuthorKind, Finding, Message, Scenario, Silence, Tier};
use kube::ResourceExt as _;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// What only T0 and people change, by what it is of.
pub async fn state(program: &Program) -> BTreeMap<String, Value> {
    let mut state = BTreeMap::new();
    for finding in program.api::<Finding>().list(&Default::default()).await.unwrap() {
        let status = finding.status.clone().unwrap_or_default();
        let is = json!({"phase": status.phase, "severity": status.severity, "agent": status.agent,
            "title": status.title, "message": status.message, "occurrences": status.occurrences,
            "transitions": status.transitions, "informed": status.informed, "notices": status.notices,
            "acknowledgement": [json!(finding.spec.acknowledgement), json!(status.acknowledgement)]});
        state.insert(format!("Finding {}", finding.name_any()), is);
    }
    for agent in program.api::<Agent>().list(&Default::default()).await.unwrap() {
        state.insert(format!("Agent {}", agent.name_any()), json!(agent.spec));
    }
    for scenario in program.api::<Scenario>().list(&Default::default()).await.unwrap() {
        state.insert(format!("Scenario {}", scenario.name_any()), json!(scenario.spec));
    }
    for silence in program.api::<Silence>().list(&Default::default()).await.unwrap() {
        state.insert(format!("Silence {}", silence.name_any()), json!(silence.spec));
    }
    let mails = program.estate.mailbox().newest_first();
    let mails: Vec<Value> = mails.iter().map(|mail| json!([mail.id, mail.to, mail.subject])).collect();
    state.insert("mails".into(), json!(mails));
    state
}

/// What is another one.
pub fn changes(before: &BTreeMap<String, Value>, after: &BTreeMap<String, Value>) -> Vec<String> {
    let names: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let is_other = |name: &&&String| before.get(**name) != after.get(**name);
    let names = names.iter().filter(is_other);
    names.map(|name| format!("{name} was {:?}, is {:?}", before.get(*name), after.get(*name))).collect()
}

/// The Actions, by verb, and those that are of nobody who asked.
pub async fn actions(program: &Program) -> (BTreeMap<String, usize>, Vec<String>) {
    let (mut verbs, mut others) = (BTreeMap::new(), Vec::new());
    for action in program.api::<Action>().list(&Default::default()).await.unwrap() {
        let is_of_person = action.spec.actor.name.starts_with("pessoa-");
        if !is_of_person {
            others.push(format!("{:?}", action.spec));
        }
        *verbs.entry(action.spec.verb).or_insert(0) += 1;
    }
    (verbs, others)
}

/// The runbooks, by which lines are judged; compared in another way than the check of the program does.
pub struct Pages(BTreeMap<String, String>);

/// Texts of T0 that stand beside the section of a runbook.
const FIXED: [&str; 6] = [
    "Runbook ",
    "Sem resposta do modelo local: ",
    "O modelo local não respondeu",
    "O modelo local respondeu",
    "Nenhuma seção de um runbook trata disto.",
    "Não encontrei nada nos runbooks",
];
/// Words of grammar that may stand beside words of what is cited, where a cause is said to be possible.
const GRAMMAR: &str = "a o as os um uma de do da dos das em no na nos nas por com e ou que possivelmente talvez provável provavelmente pode ter estar ser";

impl Pages {
    pub fn new(pages: &BTreeMap<String, String>) -> Pages {
        Pages(pages.iter().map(|(spec, page)| (spec.clone(), folded(page))).collect())
    }

    /// The lines of a Message or of advice that stand neither in a runbook nor are of T0.
    pub fn uncited(&self, text: &str, tier: Tier) -> Vec<String> {
        let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
        let is_fine = |(at, line): (usize, &&str)| match tier {
            Tier::T1 => self.is_cited(line, &lines[at + 1..]),
            Tier::T0 => FIXED.iter().any(|fixed| line.starts_with(fixed)) || self.stands(line),
        };
        let wrong = lines.iter().enumerate().filter(|(at, line)| !is_fine((*at, line)));
        wrong.map(|(_, line)| line.to_string()).collect()
    }

    fn is_cited(&self, line: &str, below: &[&str]) -> bool {
        if ["Causas prováveis:", "Passos:"].contains(&line) {
            return true;
        }
        if let Some(source) = line.strip_prefix("Runbook ") {
            return self.is_source(source);
        }
        let text =
            line.split_once(". ").filter(|(number, _)| number.parse::<u8>().is_ok()).map_or(line, |(_, text)| text);
        let text = text.strip_prefix("- ").unwrap_or(text);
        let cause = ["baixa", "média", "alta"].iter().find_map(|sure| text.strip_suffix(&format!(" (certeza {sure})")));
        // Below it is what it comes from.
        let source = below.iter().find_map(|line| line.strip_prefix("Runbook "));
        let Some(source) = source else { return false };
        let spec = source.split_once(" § ").map_or(source, |(spec, _)| spec);
        let stands = |text: &str| self.0.get(spec).is_some_and(|page| page.contains(&folded(text)));
        let quote = source.split_once(": “").map(|(_, quote)| folded(quote));
        let words = |cause: &str| {
            let cause = folded(cause);
            let mut words = cause.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
            quote.as_deref().is_some_and(|quote| {
                words.all(|word| {
                    GRAMMAR.split(' ').chain(quote.split(|c: char| !c.is_alphanumeric())).any(|own| own == word)
                })
            })
        };
        match cause {
            Some(cause) => stands(cause) || words(cause),
            None => stands(text),
        }
    }

    /// `SPEC § SECTION: “QUOTE”`.
    fn is_source(&self, source: &str) -> bool {
        let (place, quote) = source.split_once(": “").map_or((source, None), |(place, quote)| (place, Some(quote)));
        let (spec, section) = place.split_once(" § ").map_or((place, None), |(spec, section)| (spec, Some(section)));
        let Some(page) = self.0.get(spec) else { return false };
        let parts = section.into_iter().chain(quote.map(|quote| quote.trim_end_matches('”')));
        // A heading is shown as it is in a prompt.
        parts.into_iter().all(|part| page.contains(&folded(part)) || part.contains("***") || part.contains("< |"))
    }

    /// Whether a line stands in a runbook, whichever it is.
    fn stands(&self, line: &str) -> bool {
        self.0.values().any(|page| page.contains(&folded(line)))
    }

    /// What is wrong with a Message of an Agent that tells what the model was asked about.
    pub fn faults(&self, message: &Message) -> Vec<String> {
        let spec = &message.spec;
        let tier = spec.tier.unwrap_or(Tier::T0);
        let mut faults = self.uncited(&spec.body, tier);
        for citation in &spec.citations {
            let is_there = self.0.get(&citation.spec).is_some_and(|page| page.contains(&folded(&citation.quote)));
            if tier == Tier::T1 && !is_there {
                faults.push(format!("citation {citation:?}"));
            }
        }
        let is_quiet = spec.recipients.is_empty() && !spec.needs_ack && spec.author.kind == AuthorKind::Agent;
        if !is_quiet || (tier == Tier::T1) != (spec.grounded == Some(true) && spec.tier == Some(Tier::T1)) {
            faults.push(format!("{spec:?}"));
        }
        faults
    }
}

/// The lines that are shown of an answer.
pub fn shown_lines(text: &str) -> usize {
    let is_numbered = |line: &&str| {
        line.split_once(". ").is_some_and(|(number, _)| number.len() == 1 && number.parse::<u8>().is_ok())
    };
    text.lines().filter(|line| line.starts_with("- ") || is_numbered(line)).count()
}
