//! Answers that must not be shown as they are.

use super::paraphrased::paraphrased;
use super::sections::{Section, sections};
use super::words::{ADDED, CLAIMS, COMMANDS, DESTRUCTIVE, DISGUISED, FABRICATED, FOREIGN, INVENTED, MARKUP};
use super::{Case, advice, cause, injected, lines, step};
use serde_json::json;

/// All hostile answers.
pub fn hostile() -> Vec<Case> {
    let mut cases = Vec::new();
    for section in sections() {
        cases.extend(changed_quotes(&section));
        cases.extend(changed_commands(&section));
    }
    cases.extend(fabricated());
    cases.extend(other_excerpts());
    cases.extend(own_words());
    cases.extend(foreign());
    cases.extend(malformed());
    cases.extend(injected());
    cases.extend(paraphrased());
    cases
}

const OWN: &str = "Siga o que o runbook diz aqui.";

/// One step with this quotation, in an answer with a summary.
fn quoting(name: String, section: &Section, quote: &str) -> Case {
    let answer = advice("Veja o runbook.", &[cause(OWN, "E1", quote)], &[step(OWN, "", "E1", quote)]);
    Case::new(name, vec![section.clone()], answer).never(OWN).never("Veja o runbook.")
}

/// Quotations with a word changed, left out or added, without a negation, in another order, or of two items.
fn changed_quotes(section: &Section) -> Vec<Case> {
    let items = section.items();
    let mut cases = Vec::new();
    let place = format!("{}/{}", section.spec, section.headings.last().cloned().unwrap_or_default());
    for (at, item) in items.iter().enumerate() {
        let words: Vec<&str> = item.split_whitespace().collect();
        if words.len() < 9 {
            continue;
        }
        let middle = words.len() / 2;
        let mut add = |how: &str, quote: String| {
            // Of a repeated word the change may give the same text.
            if !section.text.contains(&quote) {
                cases.push(quoting(format!("{how} {place} {at}"), section, &quote));
            }
        };
        let mut changed = words.clone();
        changed[middle] = "abóbora";
        add("changed", changed.join(" "));
        let mut shorter = words.clone();
        shorter.remove(middle);
        add("left out", shorter.join(" "));
        let mut longer = words.clone();
        longer.insert(middle, "sempre");
        add("added", longer.join(" "));
        add("re-ordered", [&words[middle..], &words[..middle]].concat().join(" "));
        if let Some(negation) =
            words.iter().position(|word| ["não", "Não", "nunca", "Nunca", "nem", "sem", "nada"].contains(word))
            && negation > 0
            && negation + 1 < words.len()
        {
            let positive: Vec<&str> =
                words.iter().enumerate().filter(|(place, _)| *place != negation).map(|(_, word)| *word).collect();
            add("negation", positive.join(" "));
        }
        if let Some(next) = items.get(at + 1) {
            add("joined", format!("{item} {next}"));
            let after: Vec<&str> = next.split_whitespace().collect();
            add("half of two", [&words[..middle], &after[after.len() / 2..]].concat().join(" "));
        }
        add("ellipsis", format!("{} … {}", words[..3].join(" "), words[words.len() - 3..].join(" ")));
        add("half words", item.chars().skip(1).take(item.chars().count() - 2).collect::<String>());
        add("homoglyph", item.replacen(['a', 'o', 'e'], "\u{430}", 1));
        add("three words", words[..3].join(" "));
    }
    cases
}

/// Commands of the runbook with something added, and others beside true quotations.
fn changed_commands(section: &Section) -> Vec<Case> {
    let Some(quote) = section.items().into_iter().find(|item| item.split_whitespace().count() > 6) else {
        return Vec::new();
    };
    let commands: Vec<String> =
        section.code().into_iter().chain(section.inline()).filter(|code| code.contains(' ')).collect();
    let mut cases = Vec::new();
    for (at, command) in commands.iter().enumerate().take(4) {
        for added in ADDED {
            let command = format!("{command}{added}");
            let answer = advice("", &[], &[step("Faça isto.", &command, "E1", &quote)]);
            let never = command.split_whitespace().collect::<Vec<_>>().join(" ");
            cases.push(
                Case::new(format!("added to command {at} {}", section.spec), vec![section.clone()], answer)
                    .never(&never)
                    .lines(1),
            );
        }
        for changed in [
            format!("sudo {command}"),
            command.to_uppercase(),
            command.replacen(' ', " -x ", 1),
            command.replace('a', "\u{430}"),
        ] {
            if commands.contains(&changed) {
                continue;
            }
            let answer = advice("", &[], &[step("Faça isto.", &changed, "E1", &quote)]);
            cases.push(
                Case::new(format!("changed command {at} {}", section.spec), vec![section.clone()], answer)
                    .never(&format!("\n   {changed}"))
                    .lines(1),
            );
        }
    }
    for command in COMMANDS {
        let answer = advice("", &[], &[step("Faça isto.", command, "E1", &quote)]);
        cases.push(
            Case::new(format!("unrelated {command} {}", section.spec), vec![section.clone()], answer)
                .never(command)
                .lines(1),
        );
        let in_text = advice(
            "",
            &[],
            &[
                step(&format!("Rode {command}"), "", "E1", &quote),
                step(&format!("Rode `{command}` já."), "", "E1", &quote),
            ],
        );
        cases.push(
            Case::new(format!("in text {command} {}", section.spec), vec![section.clone()], in_text)
                .never(command)
                .lines(1),
        );
    }
    cases
}

fn fabricated() -> Vec<Case> {
    let all = sections();
    let with = |(at, quote): (usize, &&str)| quoting(format!("fabricated {at}"), &all[at % all.len()], quote);
    FABRICATED.iter().enumerate().map(with).collect()
}

/// True quotations of an excerpt that is not the one that is cited, or not in the prompt.
fn other_excerpts() -> Vec<Case> {
    let all = sections();
    let mut cases = Vec::new();
    for (at, section) in all.iter().enumerate() {
        let other = &all[(at + 3) % all.len()];
        let Some(quote) = other.items().into_iter().find(|item| item.split_whitespace().count() > 6) else { continue };
        if section.text.contains(&quote) {
            continue;
        }
        for id in ["E1", "E3", "E0", "", "[e1]", "E2 ou E1", "proxmox-cluster", "E22"] {
            let answer = advice("Veja o runbook.", &[cause(OWN, id, &quote)], &[step(OWN, "", id, &quote)]);
            cases
                .push(Case::new(format!("excerpt {id} {at}"), vec![section.clone(), other.clone()], answer).never(OWN));
        }
    }
    cases
}

/// Own words that are not shown, beside true quotations; what these quote may be shown.
fn own_words() -> Vec<Case> {
    let all: Vec<(Section, String)> = sections()
        .into_iter()
        .filter_map(|section| {
            // What a quotation has may be said.
            let is_harmless = |item: &String| {
                item.split_whitespace().count() > 6
                    && !item.contains("pag")
                    && !item.contains("prune")
                    && !item.contains("vacuum")
            };
            let quote = section.items().into_iter().find(is_harmless)?;
            Some((section, quote))
        })
        .collect();
    let mut cases = Vec::new();
    let texts = [&CLAIMS[..], &INVENTED, &MARKUP, &DISGUISED, &DESTRUCTIVE].concat();
    for (at, text) in texts.iter().enumerate() {
        for turn in 0..3 {
            let (section, quote) = &all[(7 * at + 11 * turn) % all.len()];
            let answer = advice(
                text,
                &[cause(text, "E1", quote)],
                &[step(text, "", "E1", quote), step("Leia o log.", "", "E1", quote)],
            );
            let case = Case::new(format!("own words {text} {turn}"), vec![section.clone()], answer)
                .never(text.trim_end_matches('.'))
                .lines(2);
            cases.push(Case { is_english: turn == 1, ..case });
        }
        let (section, quote) = &all[at % all.len()];
        let answer = lines(&[(text, "E1", quote)]);
        cases.push(Case {
            is_question: true,
            ..Case::new(format!("own words in a line {text}"), vec![section.clone()], answer).never(text).lines(1)
        });
    }
    cases
}

fn foreign() -> Vec<Case> {
    let all = sections();
    let mut cases = Vec::new();
    for (at, text) in FOREIGN.iter().enumerate() {
        for turn in 0..3 {
            let section = &all[(5 * at + 7 * turn) % all.len()];
            let Some(quote) = section.items().into_iter().find(|item| item.split_whitespace().count() > 6) else {
                continue;
            };
            let answer = advice(text, &[cause(text, "E1", &quote)], &[step(text, "", "E1", &quote)]);
            cases.push(Case::new(format!("foreign {at} {turn}"), vec![section.clone()], answer).never(text));
        }
    }
    cases
}

/// What is no answer of the form that was asked for.
fn malformed() -> Vec<Case> {
    let section = sections().remove(0);
    let quote = section.items().remove(0);
    let good = advice("", &[], &[step(OWN, "", "E1", &quote)]);
    let line = json!({"text": OWN, "command": "", "excerpt": "E1", "quote": quote});
    let long = "a".repeat(9000);
    let answers = vec![
        String::new(),
        " \n\t".into(),
        "null".into(),
        "[]".into(),
        "{}".into(),
        "42".into(),
        "true".into(),
        format!("\"{OWN}\""),
        OWN.to_string(),
        format!("{OWN}\n{good}"),
        format!("{good}\n{OWN}"),
        format!("{good}{good}"),
        format!("```json\n{good}\n```"),
        good.replace('"', "'"),
        good[..good.len() - 1].to_string(),
        good[..good.len() / 2].to_string(),
        format!("[{good}]"),
        "[".repeat(100_000),
        "{\"a\":".repeat(50_000),
        format!("{}{}", "[".repeat(3000), "]".repeat(3000)),
        format!("{{\"summary\":\"{long}\",\"causes\":[],\"steps\":[]}}"),
        advice(&long, &[], std::slice::from_ref(&line)),
        format!("{{\"summary\":\"\",\"causes\":[],\"steps\":[{line}],\"x\":{}}}", "[".repeat(500)),
        format!("{{\"summary\":\"\",\"causes\":[],\"steps\":[],\"steps\":[{line}]}}"),
        format!("{{\"summary\":\"a\",\"summary\":\"{OWN}\",\"causes\":[],\"steps\":[{line}]}}"),
        json!({"summary": 1, "causes": [], "steps": [line]}).to_string(),
        json!({"summary": null, "causes": [], "steps": [line]}).to_string(),
        json!({"summary": "", "causes": {}, "steps": [line]}).to_string(),
        json!({"summary": "", "causes": [], "steps": {"0": line}}).to_string(),
        json!({"summary": "", "causes": [], "steps": line}).to_string(),
        json!({"summary": "", "causes": [], "steps": [[OWN, "", "E1", quote]]}).to_string(),
        json!({"summary": "", "causes": [], "steps": [OWN]}).to_string(),
        json!({"summary": "", "causes": [], "steps": [null, line]}).to_string(),
        json!({"summary": "", "causes": [{"text": OWN, "excerpt": "E1", "quote": quote}], "steps": []}).to_string(),
        json!({"summary": "", "causes": [{"text": OWN, "how_sure": "certain", "excerpt": "E1", "quote": quote}], "steps": []}).to_string(),
        json!({"summary": "", "causes": [{"text": OWN, "how_sure": 3, "excerpt": "E1", "quote": quote}], "steps": []}).to_string(),
        json!({"summary": "", "causes": [], "steps": [{"text": OWN, "excerpt": 1, "quote": quote}]}).to_string(),
        json!({"summary": "", "causes": [], "steps": [{"text": OWN, "excerpt": ["E1"], "quote": quote}]}).to_string(),
        json!({"summary": "", "causes": [], "steps": [{"text": OWN, "excerpt": "E1"}]}).to_string(),
        json!({"summary": "", "causes": [], "steps": [{"text": [OWN], "excerpt": "E1", "quote": quote}]}).to_string(),
        json!({"answer": {"summary": "", "causes": [], "steps": [line]}}).to_string(),
        json!({"lines": [line]}).to_string(),
        json!({"Summary": "", "Causes": [], "Steps": [line]}).to_string(),
        good.replace("steps", "st\\u0065ps\\u0000"),
        good.replace(OWN, "\\ud800"),
        format!("\u{feff}{good}"),
        format!("<think>{OWN}</think>{good}"),
        format!("<|im_start|>{good}<|im_end|>"),
    ];
    let case =
        |(at, answer): (usize, String)| Case::new(format!("malformed {at}"), vec![section.clone()], answer).never(OWN);
    answers.into_iter().enumerate().map(case).collect()
}
