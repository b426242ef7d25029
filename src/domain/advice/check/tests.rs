//! Generated answers, hostile and right, and what must hold for each.

#[path = "../../../../tests/advice_cases/mod.rs"]
mod cases;
mod rules;

use super::*;
use crate::api::{Evidence, Excerpt as Reading, FindingSpec, FindingStatus, Severity, Snapshot};
use crate::domain::advice::prompt::{AdviceInput, QuestionInput, Turn, Voice, advice_prompt, question_prompt};
use crate::domain::redact::KnownSecrets;
use crate::domain::runbooks::Excerpt;
use crate::domain::texts::advice_lines::{self, HowSure};
use cases::Case;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use std::collections::BTreeSet;

fn prompt(case: &Case) -> Prompt {
    let secrets = KnownSecrets::default();
    let cited = |section: &cases::Section| Excerpt {
        spec: section.spec.clone(),
        headings: section.headings.clone(),
        text: section.text.clone(),
        hash: String::new(),
    };
    let excerpts: Vec<Excerpt> = case.sections.iter().map(cited).collect();
    let inputs = &case.inputs;
    let agent = Voice { name: "Pulso", persona: Some(&inputs.persona) };
    let language = language(case);
    if case.is_question {
        let turns = [Turn { author: "ana", text: &inputs.turn }];
        let (question, state) = (inputs.question.as_str(), inputs.state.as_str());
        return question_prompt(&QuestionInput {
            language,
            secrets: &secrets,
            agent,
            question,
            turns: &turns,
            state,
            excerpts: &excerpts,
        });
    }
    let finding = FindingSpec {
        scenario: "desk.api.health".into(),
        check: "status".into(),
        key: inputs.key.clone(),
        fingerprint: "0123456789".into(),
        acknowledgement: None,
        owner: None,
    };
    let readings = vec![Reading { probe: "api".into(), reading: inputs.reading.clone() }];
    let failing = Some(Snapshot { at: Time("2026-11-23T12:00:00Z".parse().unwrap()), readings });
    let evidence = Evidence { show: Some(inputs.show.clone()), failing, ..Evidence::default() };
    let status = FindingStatus {
        severity: Some(Severity::High),
        title: Some(inputs.title.clone()),
        message: Some(inputs.message.clone()),
        evidence: Some(evidence),
        ..FindingStatus::default()
    };
    let note = Some(inputs.note.as_str());
    advice_prompt(&AdviceInput {
        language,
        secrets: &secrets,
        agent,
        finding: &finding,
        status: &status,
        note,
        excerpts: &excerpts,
    })
}

fn language(case: &Case) -> Language {
    if case.is_english { Language::English } else { Language::Portuguese }
}

fn checked(case: &Case) -> Checked {
    check(&case.answer, &prompt(case), language(case))
}

/// The lines that are shown.
fn shown_lines(text: &str) -> usize {
    text.lines().filter(|line| is_line(line)).count()
}

fn is_line(line: &str) -> bool {
    line.starts_with("- ")
        || line
            .split_once(". ")
            .is_some_and(|(number, _)| number.len() == 1 && number.chars().all(|c| c.is_ascii_digit()))
}

/// What does not hold for an answer. The comparison with the runbook is another one than that of the check.
fn faults(case: &Case, checked: &Checked) -> Vec<String> {
    let Checked { text, citations, grounded, .. } = checked;
    let mut faults = Vec::new();
    let mut holds = |is_so: bool, what: &str| {
        if !is_so {
            faults.push(format!("{}: {what}\n{}\n{text}\n", case.name, case.answer.get(..600).unwrap_or(&case.answer)));
        }
    };
    holds(*grounded != citations.is_empty() && *grounded != text.is_empty(), "grounded without a citation");
    holds(text.len() <= CHECKED_MAX && citations.len() <= CITATIONS_MAX, "too long");
    holds(text.chars().all(crate::domain::printable::is_printable), "control characters");
    for citation in citations {
        let quote = cases::folded(&citation.quote);
        let stands =
            |section: &cases::Section| section.spec == citation.spec && cases::folded(&section.text).contains(&quote);
        holds(case.sections.iter().any(stands), &format!("{citation:?} stands nowhere"));
    }
    let lines: Vec<&str> = text.lines().collect();
    for (at, line) in lines.iter().enumerate().filter(|(_, line)| is_line(line)) {
        let mut below = lines[at + 1..].iter().take_while(|line| line.starts_with(' '));
        holds(below.any(|line| line.trim_start().starts_with("Runbook ")), &format!("uncited: {line}"));
    }
    let known = known_words(case);
    let strange: Vec<&str> = text
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .filter(|word| !known.contains(&word.to_lowercase()))
        .collect();
    holds(strange.is_empty(), &format!("words of the model's own: {strange:?}"));
    for never in &case.never {
        holds(!text.to_lowercase().contains(&never.to_lowercase()), &format!("has {never:?}"));
    }
    faults
}

/// The words of the runbooks, those of the layout, and those of grammar: nothing else is ever shown. The evidence is none of them.
fn known_words(case: &Case) -> BTreeSet<String> {
    let mut known: Vec<String> = Vec::new();
    for section in &case.sections {
        known.extend([section.text.clone(), section.spec.clone(), section.headings.join(" ")]);
    }
    let language = language(case);
    known.extend([advice_lines::causes(language), advice_lines::steps(language), "Runbook 1 2 3 4 5".into()]);
    known.extend([HowSure::Low, HowSure::Medium, HowSure::High].map(|sure| advice_lines::how_sure(language, sure)));
    let is_shown = |c: &char| crate::domain::printable::is_printable(*c);
    known.iter_mut().for_each(|text| *text = text.chars().filter(is_shown).collect());
    let words = known.join(" ").replace(['*', '_'], "").to_lowercase();
    let words = words.split(|c: char| !c.is_alphanumeric()).map(str::to_string);
    let with_marks = known.join(" ").to_lowercase();
    let with_marks = with_marks.split(|c: char| !c.is_alphanumeric()).map(str::to_string).collect::<Vec<_>>();
    let grammar = wording::vocabulary(language).map(str::to_string);
    words
        .chain(with_marks)
        .chain(grammar)
        .chain(["é", "está", "estão", "são", "há", "provável", "possível"].map(String::from))
        .collect()
}

#[test]
fn no_line_of_a_hostile_answer_is_shown_without_what_supports_it() {
    let cases = cases::hostile();
    let mut found = Vec::new();
    let mut shown = 0;
    for case in &cases {
        let checked = checked(case);
        let lines = shown_lines(&checked.text);
        found.extend(faults(case, &checked));
        if lines > case.lines || checked.dropped.is_empty() {
            found.push(format!("{}: {lines} lines\n{}\n{}\n", case.name, case.answer, checked.text));
        }
        shown += lines;
    }
    println!("{} hostile answers; {shown} of their lines are right and shown", cases.len());
    assert!(found.is_empty(), "{} of {}:\n{}", found.len(), cases.len(), found.join("\n"));
    let paraphrased = cases.iter().filter(|case| case.name.starts_with("paraphrased")).count();
    assert!(paraphrased >= 300, "{paraphrased}");
    assert!(cases.len() >= 600, "{}", cases.len());
    // The good lines beside hostile ones: a check that drops everything is of no use.
    assert!(shown > 200, "{shown}");
}

#[test]
fn right_answers_are_shown_whole() {
    let cases = cases::right();
    let mut lost = Vec::new();
    for case in &cases {
        let checked = checked(case);
        assert_eq!(faults(case, &checked), [""; 0]);
        let is_wording = |dropped: &Dropped| dropped.reason == Reason::Words;
        if !checked.dropped.iter().all(is_wording) || shown_lines(&checked.text) != case.lines {
            lost.push(format!("{}: {:?} {}", case.name, checked.dropped, case.answer));
        }
    }
    let kept = cases.len() - lost.len();
    println!("{kept} of {} right answers are shown whole\n{}", cases.len(), lost.join("\n"));
    assert!(cases.len() >= 100 && kept * 100 >= cases.len() * 95, "{kept} of {}\n{}", cases.len(), lost.join("\n"));
}

proptest::proptest! {
    /// Whatever the model writes: parts of the runbook and of markup in any order.
    #[test]
    fn what_is_shown_is_supported_whatever_the_answer(parts in proptest::collection::vec(part(), 1..12), quoted in proptest::collection::vec(part(), 1..8)) {
        let sections = vec![cases::sections().remove(28)];
        let (text, quote) = (parts.join(" "), quoted.join(" "));
        let answer = cases::advice(&text, &[cases::cause(&text, "E1", &quote)], &[cases::step(&text, &quote, "E1", &quote)]);
        let case = Case::new(text, sections, answer).lines(2);
        proptest::prop_assert_eq!(faults(&case, &checked(&case)), [""; 0]);
    }
}

fn part() -> impl proptest::strategy::Strategy<Value = String> {
    use proptest::prelude::*;
    let words = "qm start 112|VM parada sem motivo conhecido: confira no log de tarefas|`|**|[a](b)|<b>|\u{e000}|\u{301}|1.|Não|…|“|https://a|/|-x|ç";
    let words: Vec<String> = words.split('|').map(str::to_string).collect();
    prop_oneof![proptest::sample::select(words), any::<String>().prop_map(|text| text.chars().take(6).collect())]
}
