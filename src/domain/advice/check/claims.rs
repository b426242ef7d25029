//! Whether the model claims what it cannot know or do: that something was done, resolved, silenced or told to somebody, or how severe
//! it is. Such a line is not shown; those statements are of T0 alone.

mod words;

use crate::domain::advice::language::fold;
use words::{ALWAYS, FIRST_PERSON, LOOK, NOT_FIRST_PERSON, OF_PEOPLE, OF_SUBJECTS, PEOPLE, PHRASES, STATES, SUBJECTS};

/// The first words by which `text` claims something.
pub fn claim(text: &str) -> Option<String> {
    let folded = fold(&text.replace(['’', '‘'], "'")).replace("i/o", "io");
    let found = folded.split(['.', '!', '?', ';', ':', '\n']).find_map(in_sentence);
    // Words that a full stop or a hyphen divides.
    found.or_else(|| phrase(&words(&folded.replace(['.', '-', '_', '/', ',', ':', ';'], " ")), PHRASES))
}

fn in_sentence(sentence: &str) -> Option<String> {
    let all = words(sentence);
    if let Some(found) = phrase(&all, PHRASES) {
        return Some(found);
    }
    let all = after_whether(&all);
    if let Some(found) = phrase(&all, STATES) {
        return Some(found);
    }
    let starts = |word: &str, set: &[&str]| set.iter().any(|start| word.starts_with(start));
    let has = |set: &[&str]| all.iter().any(|word| starts(word, set));
    let (is_of_subject, is_of_people) = (has(SUBJECTS), has(PEOPLE));
    let claims = |word: &&&str| {
        starts(word, ALWAYS)
            || is_of_subject && starts(word, OF_SUBJECTS)
            || is_of_people && starts(word, OF_PEOPLE)
            || is_first_person(word)
    };
    all.iter().find(claims).map(|word| (*word).to_string()).or_else(|| divided(&all))
}

/// What follows “check whether” claims nothing, up to a comma: the words before it, and those after.
fn after_whether<'w>(all: &[&'w str]) -> Vec<&'w str> {
    let asks = all.first().is_some_and(|first| LOOK.contains(first))
        && all.get(1).is_some_and(|second| ["se", "if", "whether"].contains(second));
    if !asks {
        return all.to_vec();
    }
    match all.iter().position(|word| *word == ",") {
        Some(comma) => all.get(comma..).unwrap_or_default().to_vec(),
        None => Vec::new(),
    }
}

/// A word that a space divides, as in `re solved`.
fn divided(all: &[&str]) -> Option<String> {
    all.iter()
        .zip(all.iter().skip(1))
        .map(|(one, other)| format!("{one}{other}"))
        .find(|joined| ALWAYS.iter().any(|start| start.len() > 4 && joined.starts_with(start)))
}

fn phrase(all: &[&str], phrases: &[&str]) -> Option<String> {
    let all: Vec<&str> = all.iter().copied().filter(|word| *word != ",").collect();
    let joined = format!(" {} ", all.join(" "));
    phrases.iter().find(|phrase| joined.contains(&format!(" {phrase} "))).map(|phrase| (*phrase).to_string())
}

fn is_first_person(word: &str) -> bool {
    let verb = word.split('-').next().unwrap_or_default();
    FIRST_PERSON.contains(&verb) || verb.len() > 3 && verb.ends_with("ei") && !NOT_FIRST_PERSON.contains(&verb)
}

/// The words, and commas as words of their own.
fn words(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    for part in text.split_inclusive(',') {
        let part_without = part.trim_end_matches(',');
        let parts = part_without
            .split(|c: char| !(c.is_alphanumeric() || c == '-' || c == '\''))
            .map(|word| word.trim_matches(['-', '\'']));
        found.extend(parts.filter(|word| !word.is_empty()));
        if part_without.len() < part.len() {
            found.push(",");
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn claims_are_found_in_both_languages() {
        for text in [
            "O problema foi resolvido.",
            "RESOLVIDO",
            "A ocorrência está encerrada.",
            "Já reiniciei o serviço.",
            "Silenciei o alerta por uma hora.",
            "A equipe foi avisada.",
            "O líder de plantão já foi informado.",
            "A severidade agora é baixa.",
            "Reclassificado como informativo.",
            "O alerta passou a baixa prioridade.",
            "Pode ignorar este aviso.",
            "O serviço voltou ao normal.",
            "Nenhuma ação é necessária.",
            "É um falso positivo.",
            "Verifique se o disco está cheio, o problema foi resolvido.",
            "Veja: foi resolvido",
            "Notificarei o cliente.",
            "Nós corrigimos a falha.",
            "The issue has been resolved.",
            "Fixed.",
            "The incident is closed.",
            "The alert was silenced for an hour.",
            "The team has been notified.",
            "An email was sent to the customer.",
            "Severity lowered to info.",
            "This is no longer critical.",
            "I restarted the service.",
            "I’ve restarted it",
            "We are done here.",
            "Everything is back to normal.",
            "No action is needed.",
            "Please disregard this alert.",
            "false-positive",
            "O problema foi re.sol.vido ignore",
            "O problema foi re solvido.",
            "Já está funcionando novamente.",
            "O comando foi executado.",
            "A VM foi reiniciada com sucesso.",
            "A VM já está ligada.",
            "Considere o incidente concluído.",
            "Ocorrência finalizada.",
            "Todos já sabem do problema na equipe.",
            "O gestor aprovou a parada.",
            "Isto foi um teste.",
            "The outage is over.",
            "The check passes again.",
            "Status: green.",
            "Mute the alert.",
            "The command completed successfully.",
        ] {
            assert!(claim(text).is_some(), "{text}");
        }
    }

    #[test]
    fn what_a_runbook_says_is_no_claim() {
        for text in [
            "O processo parou ou a VM está desligada.",
            "A ponte está de pé e não alcança o OpenPanel.",
            "A conexão foi fechada sem resposta.",
            "Confira se a VM foi desligada de propósito.",
            "Verifique se o problema foi resolvido.",
            "Check whether the alert was resolved.",
            "O último evento enviado é mais novo que o recebido.",
            "A ocorrência se encerra depois de duas leituras boas.",
            "Libere espaço antes de reiniciar o serviço.",
            "O token foi recusado ou não tem direitos.",
            "Chame o responsável pelo Desk.",
            "Informe o horário da primeira falha ao líder de operações.",
            "The node went down or restarted.",
            "The connection was closed by the proxy.",
            "Call whoever published the change.",
            "Free space on the disk before a restart.",
            "O uso de CPU está alto.",
            "Recupere a rede entre os nós.",
            "O disco mostra erros de I/O.",
            "Verifique se o serviço já está ativo.",
            "Garanta que a VM esteja ligada e respondendo.",
            "Se o problema persistir, escale para o devops.",
            "Avise o cliente sobre a indisponibilidade.",
            "Monitore a VM para garantir que ela permaneça em execução.",
            "Contact the operations lead if the quorum does not come back.",
            "Check for low memory on the node.",
            "Espere a cópia terminar.",
        ] {
            assert_eq!(claim(text), None, "{text}");
        }
    }
}
