//! Right answers, as small models write them: all lines of them are shown.

use super::sections::{Section, sections, under};
use super::told::{CALL, MEANS, REPAIR, SAID, SAID_IN_ENGLISH, SEEN, TOLD};
use super::{Case, advice, cause, lines, step};

/// Ways to write the same quotation.
const STYLES: [fn(&str) -> String; 9] = [
    |quote| quote.to_string(),
    |quote| quote.replace('`', ""),
    |quote| quote.split_whitespace().collect::<Vec<_>>().join("\n   "),
    |quote| format!("“{}…”", quote.trim_end_matches('.')),
    |quote| quote.to_uppercase().replace("SS", "ss"),
    |quote| format!("1. {quote}"),
    |quote| {
        format!("- **{}**", quote.split(": ").next().unwrap_or(quote))
            + quote.split_once(": ").map(|(_, rest)| format!(": {rest}")).unwrap_or_default().as_str()
    },
    |quote| quote.replace("ç", "c\u{327}").replace("ã", "a\u{303}").replace("é", "e\u{301}"),
    |quote| quote.split_whitespace().take(7).collect::<Vec<_>>().join(" "),
];

/// All right answers.
pub fn right() -> Vec<Case> {
    let mut cases = written();
    cases.extend(said());
    cases.extend(copied());
    cases
}

/// With words of the model's own.
fn written() -> Vec<Case> {
    let mut cases = Vec::new();
    for (at, told) in TOLD.iter().enumerate() {
        for is_english in [false, true] {
            let (spec, heading, quote, command, portuguese, english) = *told;
            let says = if is_english { english } else { portuguese };
            let quote = STYLES[[0, 1, 2, 3, 7][at % 5]](quote);
            let pieces = with_quote(spec, heading, told.2);
            let answer = if heading == MEANS || heading == SEEN {
                advice(says, &[cause(&format!("**{says}**"), "E2", &quote)], &[])
            } else {
                advice("", &[], &[step(&format!("1. {says}"), command, "E2", &quote)])
            };
            let name = format!("written {at} {is_english}");
            cases.push(Case { is_english, ..Case::new(name, pieces.clone(), answer).lines(1) });
            if command.is_empty() {
                let answer = lines(&[(says, "E2", &quote)]);
                cases.push(Case {
                    is_english,
                    is_question: true,
                    ..Case::new(format!("answered {at} {is_english}"), pieces, answer).lines(1)
                });
            }
        }
    }
    cases
}

/// Another piece, and the one with the quotation.
fn with_quote(spec: &str, heading: &str, quote: &str) -> Vec<Section> {
    let key: String = quote
        .chars()
        .filter(|c| !matches!(c, '`' | '*'))
        .collect::<String>()
        .split_whitespace()
        .take(3)
        .collect::<Vec<_>>()
        .join(" ");
    let pieces = under(spec, heading);
    let holds = |piece: &&Section| {
        piece
            .text
            .chars()
            .filter(|c| !matches!(c, '`' | '*'))
            .collect::<String>()
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ")
            .contains(&key)
    };
    let found = pieces.iter().find(holds).or(pieces.first()).cloned();
    let other = under(spec, if heading == CALL { MEANS } else { CALL }).remove(0);
    std::iter::once(other).chain(found).collect()
}

fn said() -> Vec<Case> {
    let mut sections = under("proxmox-cluster", REPAIR);
    sections.extend(under("proxmox-cluster", MEANS));
    let quote = "confira no log de tarefas se foi desligada de propósito";
    let texts = SAID.iter().map(|text| (text, false)).chain(SAID_IN_ENGLISH.iter().map(|text| (text, true)));
    let case = |(text, is_english): (&&str, bool)| {
        let answer = advice("", &[], &[step(text, "", "E1", quote)]);
        let mut case = Case::new(format!("said {text}"), sections.clone(), answer).lines(1);
        case.inputs.message = "a VM 112 não está em execução (stopped, nó pve2)".into();
        case.inputs.key = "vm-running".into();
        Case { is_english, ..case }
    };
    texts.map(case).collect()
}

/// With the words of the runbook, as small models do most of the time.
fn copied() -> Vec<Case> {
    let mut cases = Vec::new();
    for (number, section) in sections().iter().enumerate() {
        // The index gives no longer ones; what only introduces the code below it is no step.
        let items: Vec<String> = section
            .items()
            .into_iter()
            .filter(|item| item.split_whitespace().count() > 6 && item.len() < 380 && !item.ends_with(':'))
            .collect();
        for (at, item) in items.iter().enumerate() {
            let quote = STYLES[(number + at) % STYLES.len()](item);
            let answer = advice("", &[], &[step(item, "", "E1", &quote)]);
            cases.push(Case::new(format!("copied {number} {at}"), vec![section.clone()], answer).lines(1));
        }
        for (at, line) in section.code().iter().enumerate().take(2).filter(|(_, line)| !line.starts_with('#')) {
            let command = line.split("  #").next().unwrap_or(line).trim();
            let answer =
                advice("", &[], &[step("Rode este comando e leia a resposta.", command, "E1", &format!("`{line}`"))]);
            cases.push(Case::new(format!("code {number} {at}"), vec![section.clone()], answer).lines(1));
        }
    }
    cases
}
