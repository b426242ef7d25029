//! Whether a quotation stands in an excerpt.

use super::units::{Unit, single_spaced, units, without_comment};
use crate::domain::printable::is_printable;
use icu_normalizer::ComposingNormalizerBorrowed;

/// A quotation has at least this many words, unless it is a whole line of code.
pub const WORDS_MIN: usize = 4;

/// Why a quotation supports nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QuoteError {
    /// Fewer words than [`WORDS_MIN`].
    TooShort,
    /// It does not stand within one unit.
    NotFound,
}

/// The unit in which a quotation stands. Markup, case, white space and the form of quotation marks do not matter; accents do.
pub fn find<'u>(quote: &str, units: &'u [Unit]) -> Result<&'u Unit, QuoteError> {
    let candidates = [trimmed(&fold(quote)), trimmed(&fold(&unmarked(quote)))];
    let whole_line = |unit: &&Unit| {
        let lines = [fold(&unit.text), fold(without_comment(&unit.text))];
        unit.is_code
            && candidates.iter().any(|quote| !quote.is_empty() && lines.iter().any(|line| trimmed(line) == *quote))
    };
    if let Some(unit) = units.iter().find(whole_line) {
        return Ok(unit);
    }
    let long: Vec<&String> = candidates.iter().filter(|quote| words(quote) >= WORDS_MIN).collect();
    if long.is_empty() {
        return Err(QuoteError::TooShort);
    }
    let holds = |unit: &&Unit| {
        let text = fold(&unit.text);
        long.iter().any(|quote| stands_in(&text, quote))
    };
    units.iter().find(holds).ok_or(QuoteError::NotFound)
}

/// Whether a text says what the unit says, and nothing else.
pub fn is_whole(text: &str, unit: &Unit) -> bool {
    let whole = trimmed(&fold(&unit.text));
    [fold(text), fold(&unmarked(text))].iter().any(|text| trimmed(text) == whole)
}

/// Whether `part` stands in `text`, at the boundaries of words.
pub fn stands_in(text: &str, part: &str) -> bool {
    let is_word = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
    !part.is_empty()
        && text.match_indices(part).any(|(at, _)| {
            let (before, from) = text.split_at_checked(at).unwrap_or_default();
            let after = from.get(part.len()..).unwrap_or_default();
            let starts = !is_word(part.chars().next()) || !is_word(before.chars().next_back());
            starts && (!is_word(part.chars().next_back()) || !is_word(after.chars().next()))
        })
}

/// What does not distinguish two quotations is made the same.
fn fold(text: &str) -> String {
    let same = |c: char| match c {
        '“' | '”' | '„' | '«' | '»' => '"',
        '‘' | '’' => '\'',
        '–' | '—' | '‑' => '-',
        c if c.is_whitespace() => ' ',
        c => c,
    };
    let shown: String = text.chars().filter(|c| is_printable(*c) || c.is_whitespace()).map(same).collect();
    let shown = ComposingNormalizerBorrowed::new_nfc().normalize(&shown).to_lowercase();
    single_spaced(&shown.replace(['`', '*'], ""))
}

/// Without what models put around quotations.
fn trimmed(text: &str) -> String {
    let around = |c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '.' | '…' | ',' | ';' | ':' | '(' | ')');
    text.trim_matches(around).to_string()
}

/// The text of what may be Markdown.
fn unmarked(quote: &str) -> String {
    units(quote.trim()).into_iter().map(|unit| unit.text).collect::<Vec<_>>().join(" ")
}

fn words(text: &str) -> usize {
    text.split(' ').filter(|word| word.chars().any(char::is_alphanumeric)).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "1. VM parada sem motivo conhecido: confira no log de **tarefas** se foi\n   desligada de propósito. Se não foi: \
        `qm start 112`.\n2. Não apague nada ao lado do arquivo do banco: `-wal` e `-shm` fazem parte dele.\n\n\
        O nó caiu ou reiniciou. As VMs continuam ligadas.\n\n```sh\npvecm nodes\nls -t /var/log/pve/tasks/*/* | head\n\
        pvecm status        # procure \"Quorate: Yes\" e conte os votos\n```\n\n[Peça ajuda](http://a.example) ao líder de plantão.";

    fn found(quote: &str) -> Option<String> {
        find(quote, &units(TEXT)).ok().map(|unit| unit.text.clone())
    }

    #[test]
    fn a_quotation_stands_for_its_whole_unit() {
        let first = "VM parada sem motivo conhecido: confira no log de tarefas se foi desligada de propósito. Se não foi: qm start 112.";
        for quote in [
            "VM parada sem motivo conhecido: confira no log",
            "1. VM parada sem **motivo conhecido**",
            "“CONFIRA NO LOG DE TAREFAS  se foi\ndesligada de propósito…”",
            "Se não foi: `qm start 112`.",
            "confira no log de _tarefas_ se foi",
            "- confira no log de tarefas",
            "confira no log de tarefas se foi desligada de propo\u{301}sito",
            "con\u{200b}fira no log de tarefas",
        ] {
            assert_eq!(found(quote).as_deref(), Some(first), "{quote}");
        }
        for (quote, unit) in [
            ("pvecm nodes", "pvecm nodes"),
            ("`pvecm nodes`", "pvecm nodes"),
            ("```sh\npvecm nodes\n```", "pvecm nodes"),
            ("pvecm status", "pvecm status # procure \"Quorate: Yes\" e conte os votos"),
            (
                "pvecm status # procure \"Quorate: Yes\" e conte os votos",
                "pvecm status # procure \"Quorate: Yes\" e conte os votos",
            ),
            ("ls -t /var/log/pve/tasks/*/* | head", "ls -t /var/log/pve/tasks/*/* | head"),
            ("o nó caiu ou reiniciou", "O nó caiu ou reiniciou."),
            (
                "apague nada ao lado do arquivo",
                "Não apague nada ao lado do arquivo do banco: -wal e -shm fazem parte dele.",
            ),
            ("[Peça ajuda](http://evil.example) ao líder", "Peça ajuda ao líder de plantão."),
        ] {
            assert_eq!(found(quote).as_deref(), Some(unit), "{quote}");
        }
    }

    #[test]
    fn what_does_not_stand_in_one_unit_is_no_quotation() {
        for quote in [
            "O nó caiu ou reiniciou. As VMs continuam ligadas.",
            "apague nada ao lado do banco",
            "Apague tudo ao lado do arquivo do banco",
            "VM parada sem motivo … se foi desligada",
            "parada VM sem motivo conhecido",
            "ague nada ao lado do arquivo",
            "confira no log de tarefa",
            "no no caiu ou reiniciou",
            "o no caiu ou reiniciou",
            "VM p\u{430}rada sem motivo conhecido",
            "pvecm nodes pvecm status",
            "ls -t /var/log/pve/tasks/*/* | tail",
            "http://a.example ao líder de plantão",
        ] {
            assert_eq!(find(quote, &units(TEXT)), Err(QuoteError::NotFound), "{quote}");
        }
        for quote in ["", "o nó caiu", "pvecm", "\" … \"", "qm start 112", "- - - -", "````", "e conte votos"] {
            assert_eq!(find(quote, &units(TEXT)), Err(QuoteError::TooShort), "{quote}");
        }
    }
}
