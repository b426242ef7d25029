//! Whether the model's own words may be shown beside what they cite.
//!
//! Each sentence of them says that something is possible, and has nothing but words of one clause of the cited unit, as they stand there,
//! and words of grammar. So they can tell nothing that the runbook does not name, they state nothing as a fact, and they ask for nothing:
//! a clause cannot begin with a verb.

use super::scope::bare;
use crate::domain::texts::Language;
use std::collections::BTreeSet;

/// Words of grammar. Negations and conditions are none of them, nor are verbs of obligation.
const PORTUGUESE: &[&str] = &[
    "a", "o", "as", "os", "um", "uma", "uns", "umas", "de", "do", "da", "dos", "das", "em", "no", "na", "nos", "nas",
    "num", "numa", "por", "pelo", "pela", "ao", "aos", "com", "e", "ou", "este", "esta", "esse", "essa", "isso",
    "isto", "ele", "ela", "seu", "sua", "entre", "ha", "haver", "ser", "estar", "ter", "foi", "foram", "esta", "estao",
    "sao", "sido", "estado", "tenha", "tenham", "esteja", "estejam", "seja", "sejam", "haja", "que", "causa", "causas",
    "motivo", "porque", "alguem",
];
const ENGLISH: &[&str] = &[
    "the", "a", "an", "of", "in", "on", "at", "by", "with", "from", "and", "or", "this", "its", "it", "there", "is",
    "are", "was", "were", "be", "been", "has", "have", "had", "that", "cause", "causes", "reason", "because",
    "somebody",
];
/// Words that say that something is only possible. Each sentence has one.
const HEDGES: &[&str] = &[
    "talvez",
    "possivelmente",
    "provavelmente",
    "provavel",
    "provaveis",
    "possivel",
    "possiveis",
    "perhaps",
    "possibly",
    "probably",
    "possible",
    "probable",
];
/// They say so before [`AUXILIARIES`] alone: “may delete” allows it.
const MODALS: &[&str] = &["pode", "podem", "may", "might", "could"];
const AUXILIARIES: &[&str] = &["ser", "estar", "ter", "haver", "be", "have"];
/// Marks that may stand in or around the words.
const MARKS: &str = " ,.:;()-–/“”\"'%ºª";

/// What sentences are compared with.
pub struct Support<'s> {
    /// The clauses of what is cited, as [`super::scope::plain_clauses`] gives them.
    pub clauses: &'s [Vec<String>],
    /// What the evidence denies.
    pub denied: &'s [String],
    pub language: Language,
}

impl Support<'_> {
    /// Whether each sentence of `text` stands on one clause.
    pub fn holds(&self, text: &str) -> bool {
        let is_mark = |c: char| c.is_alphanumeric() || MARKS.contains(c);
        let sentences = sentences(text);
        text.chars().all(is_mark)
            && !sentences.is_empty()
            && sentences.iter().all(|sentence| self.clauses.iter().any(|clause| self.stands(sentence, clause)))
    }

    fn stands(&self, sentence: &[Token], clause: &[String]) -> bool {
        let clause: BTreeSet<&str> = clause.iter().map(String::as_str).collect();
        let (mut is_hedged, mut starts, mut has_content) = (false, true, false);
        for (at, token) in sentence.iter().enumerate() {
            let word = token.word.as_str();
            let next = sentence.get(at + 1).map(|token| token.word.as_str()).unwrap_or_default();
            let is_modal = MODALS.contains(&word) && AUXILIARIES.contains(&next);
            if HEDGES.contains(&word) || is_modal {
                is_hedged = true;
            } else if self.is_grammar(word) {
                starts = false;
            } else if starts || !clause.contains(word) || self.denied.iter().any(|denied| denied == word) {
                return false;
            } else {
                has_content = true;
            }
            starts |= token.ends_clause || ["e", "ou", "and", "or", "que", "that"].contains(&word);
        }
        is_hedged && has_content
    }

    fn is_grammar(&self, word: &str) -> bool {
        grammar(self.language).contains(&word)
    }
}

fn grammar(language: Language) -> &'static [&'static str] {
    match language {
        Language::Portuguese => PORTUGUESE,
        Language::English => ENGLISH,
    }
}

/// All words that may be shown without standing in a runbook.
#[cfg(test)]
pub fn vocabulary(language: Language) -> impl Iterator<Item = &'static str> {
    grammar(language).iter().chain(HEDGES).chain(MODALS).chain(AUXILIARIES).copied()
}

struct Token {
    word: String,
    ends_clause: bool,
}

fn sentences(text: &str) -> Vec<Vec<Token>> {
    let mut all: Vec<Vec<Token>> = vec![Vec::new()];
    for token in text.split([' ', '/', '–']).filter(|token| !token.is_empty()) {
        let word = bare(token);
        let last = token.trim_end_matches(['"', '”', ')']);
        if let Some(sentence) = all.last_mut().filter(|_| !word.is_empty()) {
            sentence.push(Token { word, ends_clause: last.ends_with([',', ':']) || token.ends_with(')') });
        }
        if last.ends_with(['.', ';', '!', '?']) {
            all.push(Vec::new());
        }
    }
    all.retain(|sentence| !sentence.is_empty());
    all
}

#[cfg(test)]
mod tests {
    use super::super::scope::{denied, plain_clauses};
    use super::*;

    const UNIT: &str = "VM parada: alguém a desligou, ela travou ou o disco do nó encheu. Não desligue o firewall. Desligue o proxy \
        antes de mexer nele. Confirme que a VM está em execução. A rede está fora do ar.";

    fn holds(text: &str) -> bool {
        let clauses = plain_clauses(UNIT, &[]);
        let denied = denied("a rede não está fora");
        let language = Language::Portuguese;
        Support { clauses: &clauses, denied: &denied, language }.holds(text)
    }

    #[test]
    fn a_possibility_in_the_words_of_one_clause_holds() {
        for text in [
            "Possivelmente o disco do nó encheu.",
            "Pode ser que o disco encheu",
            "Talvez o disco do nó. É possível: o nó encheu.",
        ] {
            assert!(holds(text), "{text}");
        }
    }

    #[test]
    fn nothing_else_does() {
        for text in [
            "",
            "O disco do nó encheu.",
            "Possivelmente o disco do nó encheu. O nó travou.",
            "Possivelmente o disco da VM encheu.",
            "Possivelmente desligue o firewall.",
            "Talvez o firewall desligue.",
            "Desligue o proxy, talvez.",
            "Talvez o proxy desligue.",
            "Pode desligar o proxy.",
            "Talvez a VM está em execução.",
            "Talvez a rede está fora do ar.",
            "Talvez o disco do nó não encheu.",
            "Talvez o dis co do nó encheu.",
            "Talvez o dis-co do nó encheu.",
            "Talvez o d1sco do nó encheu.",
            "Talvez o discoDoNó encheu.",
            "Talvez o discо do nó encheu.",
            "Talvez o dis\u{200b}co do nó encheu.",
            "Talvez o disco do nó encheu → apague.",
            "Talvez o disco encheu e travou.",
        ] {
            assert!(!holds(text), "{text}");
        }
    }
}
