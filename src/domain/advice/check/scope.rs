//! What a sentence of a runbook takes back or makes depend on something: negations and conditions.

use crate::domain::advice::language::fold;

/// They forbid or deny what follows.
const PROHIBITIONS: &[&str] = &[
    "nao", "nunca", "jamais", "nem", "evite", "evitar", "never", "not", "don't", "cannot", "can't", "mustn't", "avoid",
    "nor",
];
/// They deny what follows.
const DENIALS: &[&str] = &[
    "sem", "nada", "nenhum", "nenhuma", "ninguem", "isn't", "doesn't", "won't", "without", "nothing", "nobody", "none",
    "neither",
];
/// Something else is to be done instead of, or before what follows.
const INSTEAD: &[&str] = &["antes de", "vez de", "instead of", "before", "than", "que"];
/// They say when something holds, or that it is to be found out.
const CONDITIONS: &[&str] = &[
    "se", "caso", "quando", "enquanto", "ate", "antes", "so", "somente", "apenas", "exceto", "salvo", "que", "if",
    "when", "while", "until", "before", "unless", "only", "except", "whether", "that",
];
/// The clauses of a text that say something without a negation and a condition, as words without accents. `codes` are left out.
pub fn plain_clauses(text: &str, codes: &[String]) -> Vec<Vec<String>> {
    let text = codes.iter().fold(text.to_string(), |text, code| text.replace(code.as_str(), " "));
    let is_plain =
        |words: &Vec<String>| !words.iter().any(|word| is_negation(word) || CONDITIONS.contains(&word.as_str()));
    clauses(&text, &['.', ';', ':', '!', '?', '…']).filter(is_plain).collect()
}

/// The words that a text denies: those that follow a negation, up to the next mark of punctuation.
pub fn denied(text: &str) -> Vec<String> {
    let after = |words: Vec<String>| match words.iter().position(|word| is_negation(word)) {
        Some(at) => words.into_iter().skip(at + 1).collect(),
        None => Vec::new(),
    };
    text.lines()
        .flat_map(|line| clauses(line, &['.', ';', ':', '!', '?', '…', ',', '(', ')']))
        .flat_map(after)
        .collect()
}

/// Whether `text` forbids what follows it: a negation is before it in the sentence. A condition that ends, such as “if it does not
/// answer,”, forbids nothing.
pub fn forbids(text: &str) -> bool {
    let (mut forbids, mut in_condition) = (false, false);
    let mut words = Vec::new();
    for token in text.split_whitespace() {
        let word = bare(token);
        forbids |= PROHIBITIONS.contains(&word.as_str());
        in_condition |= CONDITIONS.contains(&word.as_str());
        words.push(word);
        if token.ends_with(['.', ';', '!', '?', '…']) || in_condition && token.ends_with([',', ':']) {
            (forbids, in_condition) = (false, false);
            words.clear();
        }
    }
    let words = format!(" {}", words.join(" ").trim_end());
    forbids || INSTEAD.iter().any(|instead| words.ends_with(&format!(" {instead}")))
}

/// Whether a text forbids anything.
pub fn has_prohibition(text: &str) -> bool {
    text.split_whitespace().any(|token| PROHIBITIONS.contains(&bare(token).as_str()))
}

/// A word as it is compared: in lower case, without accents and without the signs around it.
pub fn bare(token: &str) -> String {
    fold(&token.replace('’', "'")).trim_matches(|c: char| !c.is_alphanumeric()).to_string()
}

fn is_negation(word: &str) -> bool {
    PROHIBITIONS.contains(&word) || DENIALS.contains(&word)
}

fn clauses<'t>(text: &'t str, ends: &'t [char]) -> impl Iterator<Item = Vec<String>> + 't {
    let mut all = vec![Vec::new()];
    for token in text.split_whitespace() {
        if token.starts_with(ends) {
            all.push(Vec::new());
        }
        let word = bare(token);
        if let Some(last) = all.last_mut().filter(|_| !word.is_empty()) {
            last.push(word);
        }
        if token.trim_end_matches(['"', '”', '»', '\'', ')']).ends_with(ends) || token.ends_with(ends) {
            all.push(Vec::new());
        }
    }
    all.into_iter().filter(|words| !words.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_negation_forbids_up_to_the_end_of_its_sentence() {
        for text in [
            "Não use ",
            "Nunca rode:",
            "Não use, em hipótese alguma, ",
            "Use qm shutdown em vez de ",
            "Prefira isto antes de ",
        ] {
            assert!(forbids(text), "{text}");
        }
        for text in
            ["Se não foi: ", "Se não responde, rode ", "Não afeta nada. Rode ", "Liste tudo sem escrever:", "Rode "]
        {
            assert!(!forbids(text), "{text}");
        }
    }

    #[test]
    fn only_clauses_that_say_something_outright_are_plain() {
        let clauses = |text: &str| {
            plain_clauses(text, &["qm list".into()]).iter().map(|words| words.join(" ")).collect::<Vec<_>>()
        };
        assert_eq!(
            clauses("O nó caiu: veja `qm list` já. Não apague nada; espere."),
            ["o no caiu", "veja ` ` ja".replace("` ` ", "").as_str(), "espere"]
        );
        assert_eq!(clauses("Confira se a VM está em execução."), [""; 0]);
        assert_eq!(denied("a VM 112 não está em execução (stopped, nó pve2)"), ["esta", "em", "execucao"]);
    }
}
