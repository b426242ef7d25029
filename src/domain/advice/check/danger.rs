//! Words for what cannot be undone. A text of the model has one only where what it quotes has one, and not where the quotation forbids it.

use crate::domain::advice::language::fold;

const DESTRUCTIVE: &[&str] = &[
    "apag",
    "delet",
    "exclu",
    "remov",
    "destru",
    "format",
    "sobrescrev",
    "esvazi",
    "zere",
    "zerar",
    "desinstal",
    "descart",
    "trunc",
    "limp",
    "purg",
    "drop",
    "wipe",
    "eras",
    "destroy",
    "overwrit",
    "uninstall",
    "shred",
    "prune",
    "vacuum",
    "reinstal",
    "revog",
    "revok",
    "desativ",
    "disabl",
    "desabilit",
    "permissiv",
    "chmod",
];
const NEGATIONS: &[&str] =
    &["nao", "nunca", "jamais", "sem", "nem", "evite", "never", "not", "don't", "without", "avoid"];
/// A negation takes back the word after it in a text of the model, and one of so many in a runbook. Either way the doubt drops the line.
const AFTER_IN_TEXT: usize = 1;
const AFTER_IN_QUOTATION: usize = 4;

/// The first destructive word of `text` that the quotation does not have, or that it forbids while the text does not.
pub fn danger(text: &str, quotation: &str) -> Option<String> {
    let (text, quotation) = (fold(text), fold(quotation));
    let allows = destructive(&quotation, AFTER_IN_QUOTATION).iter().any(|(_, is_negated)| !is_negated);
    let said = destructive(&text, AFTER_IN_TEXT);
    said.into_iter().find(|(_, is_negated)| !allows && !is_negated).map(|(word, _)| word)
}

/// The destructive words, and whether each is negated.
fn destructive(text: &str, reach: usize) -> Vec<(String, bool)> {
    let words: Vec<&str> =
        text.split(|c: char| !(c.is_alphanumeric() || c == '\'')).filter(|word| !word.is_empty()).collect();
    let is_destructive = |word: &str| {
        DESTRUCTIVE.iter().any(|start| word.starts_with(start))
            && !word.starts_with("formato")
            && !word.starts_with("exclusiv")
    };
    let negated = |at: usize| {
        let before = words.get(at.saturating_sub(reach)..at).unwrap_or_default();
        before.iter().any(|word| NEGATIONS.contains(word))
    };
    let found = words.iter().enumerate().filter(|(_, word)| is_destructive(word));
    found.map(|(at, word)| ((*word).to_string(), negated(at))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const FORBIDDEN: &str = "Não apague nada ao lado do arquivo do banco: -wal e -shm fazem parte dele.";
    const ALLOWED: &str = "Disco cheio: libere espaço (docker image prune), remova logs antigos.";

    #[test]
    fn what_the_quotation_forbids_or_does_not_name_is_found() {
        for (text, quotation, found) in [
            ("Apague os arquivos ao lado do banco.", FORBIDDEN, Some("apague")),
            ("Não apague os arquivos ao lado do banco.", FORBIDDEN, None),
            ("Apague a VM.", "Reinicie a VM em outro nó.", Some("apague")),
            ("Delete the disk image.", "Reinicie a VM em outro nó.", Some("delete")),
            ("Never delete the disk image.", "Reinicie a VM em outro nó.", None),
            ("Remova logs antigos.", ALLOWED, None),
            ("Não hesite, apague o disco.", "Reinicie a VM em outro nó.", Some("apague")),
            ("Libere espaço em disco.", "Outra coisa.", None),
        ] {
            assert_eq!(danger(text, quotation).as_deref(), found, "{text}");
        }
    }
}
