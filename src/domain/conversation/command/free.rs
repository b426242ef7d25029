//! Questions in a person's own words: what is neither a command nor a known request, and more than a remark.

use super::line::{Line, Word, joined};
use super::vocabulary::remarks as words;
use super::{SIGNATURE, Understood, parse};
use crate::domain::clip;
use crate::domain::printable::printable;

/// Longest question, in bytes; the rest of the text is not looked at.
pub const QUESTION_MAX: usize = 1024;
/// A question has so many letters at least.
const LETTERS_MIN: usize = 3;

/// The question of a text, without what it quotes and without its signature; `None` where the text is a command, a known request, a
/// misspelt one or a remark such as `obrigado` or `vou ver o nó`. At most [`QUESTION_MAX`] bytes.
pub fn free_question(text: &str) -> Option<String> {
    if parse(text) != Understood::Nothing {
        return None;
    }
    let text = printable(text);
    let lines = own_lines(&text);
    let asked = clip::bytes(&lines.join("\n"), QUESTION_MAX);
    // Under a quotation there may be a command or a known request.
    let is_other = || parse(&asked) != Understood::Nothing;
    let is_too_short = asked.chars().filter(|c| c.is_alphabetic()).count() < LETTERS_MIN;
    (!is_too_short && !is_other() && !are_remarks(&lines)).then_some(asked)
}

/// Whether a text only says what its author does or did, thanks, or greets, and nothing needs to be answered.
pub fn is_remark(text: &str) -> bool {
    let text = printable(text);
    let lines = own_lines(&text);
    parse(&text) == Understood::Nothing && !lines.is_empty() && are_remarks(&lines)
}

/// The lines of a text that are its author's, without the signature.
fn own_lines(text: &str) -> Vec<&str> {
    let lines = text.lines().map(str::trim).take_while(|line| *line != SIGNATURE);
    lines.filter(|line| !line.is_empty() && !line.starts_with('>')).collect()
}

fn are_remarks(lines: &[&str]) -> bool {
    lines.iter().all(|line| says_only(&Line::new(line)))
}

/// Whether a line only says what its author does or did, thanks, or greets.
fn says_only(line: &Line<'_>) -> bool {
    if line.is_question() {
        return false;
    }
    let all = line.request();
    let first = word(all, 0);
    if all.is_empty() || words::COURTESIES.contains(&joined(all).as_str()) {
        return true;
    }
    if words::ASKS.contains(&first) {
        return false;
    }
    // `ok, vou ver` and `já reiniciei`.
    let rest = match words::BEFORE.contains(&first) {
        true => all.get(1..).unwrap_or_default(),
        false => all,
    };
    match (word(rest, 0), word(rest, 1)) {
        ("", _) => true,
        (first, second) => {
            let is_doing = words::I_AM.contains(&first) && words::DOING.contains(&second);
            let is_to_do = words::I_WILL.contains(&first) && (is_infinitive(second) || words::TO_DO.contains(&second));
            words::DONE.contains(&first)
                || did(first)
                || is_doing
                || is_to_do
                || first == "i" && words::I_DID.contains(&second)
        }
    }
}

fn word(words: &[Word], at: usize) -> &str {
    words.get(at).map_or("", |word| word.plain.as_str())
}

/// `reiniciei`, `troquei`: what a person says that they did.
fn did(word: &str) -> bool {
    word.len() > 4 && word.ends_with("ei")
}

fn is_infinitive(word: &str) -> bool {
    word.len() > 2 && ["ar", "er", "ir"].iter().any(|end| word.ends_with(end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_in_own_words_is_found_with_and_without_a_question_mark() {
        for text in [
            "por que caiu?",
            "pq o proxmox ta fora",
            "como troco o certificado do traefik",
            "vm 112 parou de novo",
            "nao consigo entrar no pfsense",
            "não sei o que fazer com o desk",
            "estou recebendo 502 no desk",
            "estou sem acesso ao nó",
            "o disco encheu",
            "já aconteceu isso na semana passada?",
            "vou precisar reiniciar o nó?",
            "obrigado, mas e o backup?",
            "why is the API down",
            "i can't log in to proxmox",
            "disk is full",
        ] {
            assert_eq!(free_question(text).as_deref(), Some(text), "{text}");
        }
    }

    #[test]
    fn commands_requests_and_remarks_are_no_questions() {
        for text in [
            "ack",
            "ack vendo",
            "status",
            "como está o cluster?",
            "abertos",
            "runbook",
            "o que fazer?",
            "ajuda",
            "silenciar",
            "rodar proxmox.cluster",
            "statsu",
            "",
            "?",
            "!!!",
            "ok",
            "ok, vou ver",
            "Obrigado!",
            "muito obrigada",
            "bom dia",
            "oi",
            "Vou ver o nó agora.",
            "vou reiniciar a VM",
            "estou vendo",
            "estou olhando os logs",
            "já reiniciei o nó",
            "troquei o disco",
            "feito",
            "resolvido aqui",
            "thanks",
            "looking into it",
            "I'll restart it",
            "i restarted the node",
            "done",
            "> por que caiu?",
            "> por que caiu?\nack",
            "> por que caiu?\nobrigado",
        ] {
            assert_eq!(free_question(text), None, "{text}");
        }
    }

    #[test]
    fn a_remark_needs_no_answer() {
        for text in
            ["ok", "Valeu!", "bom dia", "beleza, obrigado", "reiniciei o nó", "> caiu?\nvou ver", "feito\nobrigada"]
        {
            assert!(is_remark(text), "{text}");
        }
        for text in ["ack", "status", "por que caiu?", "o disco encheu", "> caiu?\nack", "> caiu?", "", "ok?", "akc"] {
            assert!(!is_remark(text), "{text}");
        }
    }

    #[test]
    fn what_is_quoted_and_signatures_are_not_part_of_a_question() {
        let text = "> a VM 112 parou\n> ontem\n\ne agora, o que olho\nprimeiro?\n--\nAna, plantão";
        assert_eq!(free_question(text).as_deref(), Some("e agora, o que olho\nprimeiro?"));
        let text = "obrigado\nmas por que caiu?";
        assert_eq!(free_question(text).as_deref(), Some(text), "one line of it asks");
    }

    #[test]
    fn a_question_is_bounded() {
        let asked = free_question(&format!("por que {}?", "é".repeat(9_000))).unwrap();
        assert!(asked.len() <= QUESTION_MAX && asked.ends_with('…'), "{}", asked.len());
        for text in ["\u{0}\u{202e}por que\u{7} caiu?", &">\n".repeat(9_000), &"\n".repeat(9_000)] {
            assert!(free_question(text).is_none_or(|asked| !asked.contains(['\0', '\u{202e}', '\u{7}'])));
        }
    }
}
