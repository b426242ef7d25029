//! The headline of the board: a sentence that counts.

use super::empty;
use crate::domain::texts::Language;

/// A number as a word up to ten, in the masculine.
fn number(language: Language, count: usize) -> String {
    const PORTUGUESE: [&str; 11] =
        ["nenhum", "um", "dois", "três", "quatro", "cinco", "seis", "sete", "oito", "nove", "dez"];
    const ENGLISH: [&str; 11] = ["no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"];
    let words = if language == Language::Portuguese { PORTUGUESE } else { ENGLISH };
    words.get(count).map_or_else(|| count.to_string(), ToString::to_string)
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// What the headline counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Headline {
    pub total: usize,
    pub failing: usize,
    /// Those that can't be judged, are late, or are not read since their spec is invalid.
    pub unseen: usize,
    pub suspended: usize,
}

/// The headline, in a sentence.
pub fn headline(language: Language, of: Headline) -> String {
    let Headline { total, failing, unseen, suspended } = of;
    let [all, fail, blind, off] = [total, failing, unseen, suspended].map(|count| number(language, count));
    let text = match (language, total, failing, unseen, suspended) {
        (_, 0, ..) => empty(language).to_string(),
        (Language::Portuguese, 1, 1, ..) => "O único cenário falha".into(),
        (Language::English, 1, 1, ..) => "The only Scenario is failing".into(),
        (Language::Portuguese, _, 1, 0, _) => format!("{fail} de {all} cenários falha"),
        (Language::Portuguese, _, 2.., 0, _) => format!("{fail} de {all} cenários falham"),
        (Language::English, _, 1, 0, _) => format!("{fail} of {all} Scenarios is failing"),
        (Language::English, _, 2.., 0, _) => format!("{fail} of {all} Scenarios are failing"),
        (Language::Portuguese, _, 1.., _, _) => {
            let (falham, vê) = (plural(failing, "falha", "falham"), plural(unseen, "vê", "veem"));
            format!("{fail} de {all} cenários {falham}, e {blind} não se {vê}")
        }
        (Language::English, _, 1.., _, _) => {
            format!("{fail} of {all} Scenarios {} failing, and {blind} can't be seen", plural(failing, "is", "are"))
        }
        (Language::Portuguese, _, 0, 1.., _) => {
            format!(
                "nada falha, mas {blind} de {all} {} não se {}",
                scenarios(language, total),
                plural(unseen, "vê", "veem")
            )
        }
        (Language::English, _, 0, 1.., _) => {
            format!("nothing is failing, but {blind} of {all} {} can't be seen", scenarios(language, total))
        }
        (Language::Portuguese, _, 0, 0, 1..) => {
            let are = plural(suspended, "está suspenso", "estão suspensos");
            format!("nada falha; {off} de {all} {} {are}", scenarios(language, total))
        }
        (Language::English, _, 0, 0, 1..) => {
            format!(
                "nothing is failing; {off} of {all} {} {} suspended",
                scenarios(language, total),
                plural(suspended, "is", "are")
            )
        }
        (Language::Portuguese, 1, ..) => "O cenário está em ordem".into(),
        (Language::English, 1, ..) => "The Scenario is healthy".into(),
        (Language::Portuguese, ..) => format!("os {all} cenários estão em ordem"),
        (Language::English, ..) => format!("all {all} Scenarios are healthy"),
    };
    format!("{}.", capital(&text))
}

fn plural<'a>(count: usize, one: &'a str, many: &'a str) -> &'a str {
    if count == 1 { one } else { many }
}

fn scenarios(language: Language, count: usize) -> &'static str {
    match (language, count) {
        (Language::Portuguese, 1) => "cenário",
        (Language::Portuguese, _) => "cenários",
        (Language::English, 1) => "Scenario",
        (Language::English, _) => "Scenarios",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(total: usize, failing: usize, unseen: usize, suspended: usize) -> [String; 2] {
        [Language::Portuguese, Language::English]
            .map(|language| headline(language, Headline { total, failing, unseen, suspended }))
    }

    #[test]
    fn the_headline_counts_in_a_sentence() {
        for ((total, failing, unseen, suspended), portuguese, english) in [
            ((0, 0, 0, 0), "Nenhum cenário ainda.", "No Scenario yet."),
            ((1, 0, 0, 0), "O cenário está em ordem.", "The Scenario is healthy."),
            ((1, 1, 0, 0), "O único cenário falha.", "The only Scenario is failing."),
            ((9, 0, 0, 0), "Os nove cenários estão em ordem.", "All nine Scenarios are healthy."),
            ((9, 1, 0, 0), "Um de nove cenários falha.", "One of nine Scenarios is failing."),
            ((9, 4, 0, 1), "Quatro de nove cenários falham.", "Four of nine Scenarios are failing."),
            (
                (9, 4, 1, 0),
                "Quatro de nove cenários falham, e um não se vê.",
                "Four of nine Scenarios are failing, and one can't be seen.",
            ),
            (
                (12, 1, 2, 0),
                "Um de 12 cenários falha, e dois não se veem.",
                "One of 12 Scenarios is failing, and two can't be seen.",
            ),
            (
                (9, 0, 2, 0),
                "Nada falha, mas dois de nove cenários não se veem.",
                "Nothing is failing, but two of nine Scenarios can't be seen.",
            ),
            (
                (1, 0, 1, 0),
                "Nada falha, mas um de um cenário não se vê.",
                "Nothing is failing, but one of one Scenario can't be seen.",
            ),
            (
                (9, 0, 0, 1),
                "Nada falha; um de nove cenários está suspenso.",
                "Nothing is failing; one of nine Scenarios is suspended.",
            ),
        ] {
            assert_eq!(said(total, failing, unseen, suspended), [portuguese, english]);
        }
    }
}
