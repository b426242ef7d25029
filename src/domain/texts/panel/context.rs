//! The context window: a Finding and its conversation.

use crate::api::notice;
use crate::domain::texts::Language;

words! {
    conversation: "Conversa", "Conversation";
    messages: "Mensagens da conversa", "Messages of the conversation";
    facts: "Ficha da ocorrência", "Facts of the Finding";
    in_this_finding: "Nesta ocorrência", "In this Finding";
    actions: "Ações sobre a ocorrência", "Actions on the Finding";
    nobody: "Ninguém assumiu.", "Nobody has taken it over.";
    take_over: "Assumir", "Take over";
    take_over_more: "Diz aos outros que você está cuidando; os avisos continuam.", "Says that you work on it; notices go on.";
    release: "Devolver", "Release";
    show_of_check: "O que a verificação mostra", "What the check shows";
    other_zone: "As horas no texto das mensagens estão no fuso", "The times in the text of messages are in the zone";
    present: "Quem mais está aqui", "Who else is here";
    ask_fixed: "O que resolveu?", "What fixed it?";
    ask_fixed_more: "Fica nesta conversa e aparece em ocorrências parecidas. Pode ser baixado como acréscimo ao runbook.",
        "It is kept in this conversation and shown under similar Findings. It can be downloaded as an addition to the runbook.";
    keep: "Guardar", "Keep";
    fixed: "O que resolveu", "What fixed it";
    download_addition: "Baixar como acréscimo ao runbook", "Download as an addition to the runbook";
    symptom: "Sintoma", "Symptom";
    happened: "Ocorrência", "Occurrence";
    addition_file: "acrescimo", "addition";
    field: "Campo", "Field";
    rest: "Mostrar o resto", "Show the rest";
    not_kept: "não guardado", "not kept";
    latest: "Resultado da verificação", "Result of the check";
    running: "Verificando", "Checking";
    outcome_pass: "em ordem", "passes";
    outcome_fail: "falha", "fails";
    outcome_unknown: "não se sabe", "unknown";
    outcome_held: "não avaliada", "not judged";
    depends_on: "Depende de", "Depends on";
    depended_on: "O que depende disto", "What depends on this";
    health_healthy: "em ordem", "healthy";
    health_failing: "falha", "failing";
    health_unknown: "não se sabe", "unknown";
    earlier_own: "Ocorrências anteriores", "Earlier occurrences";
    no_earlier: "É a primeira vez que se tem registro.", "It is the first one on record.";
    in_short: "Em resumo", "In short";
    notice_flapping: "Abre e fecha", "Opens and closes";
    notice_known: "Reconhecimento", "Acknowledgement";
    notice_reminder: "Lembrete", "Reminder";
    notice_escalated: "Escalada", "Escalation";
    notice_resolved: "Resolução", "Resolution";
    loading: "carregando o modelo", "loading the model";
    reading: "lendo o runbook", "reading the runbook";
    writing: "escrevendo", "writing";
    runbook_missing: "Este runbook não está nesta instalação", "This runbook is not in this installation";
    runbook_missing_more: "O diretório dos runbooks é o de AGENTIC_SPECS_ROOT.", "The directory of the runbooks is that of AGENTIC_SPECS_ROOT.";
    quote_missing: "O trecho citado não está mais neste runbook.", "The quoted part is not in this runbook any more.";
    acknowledge: "Reconhecer", "Acknowledge";
    acknowledge_more: "Não haverá mais avisos desta vez.", "No further notices are sent this time.";
    take_back: "Retirar o reconhecimento", "Take the acknowledgement back";
    run_now: "Verificar agora", "Check now";
    run_pending: "A verificação foi pedida; o resultado aparece quando terminar.",
        "The check was requested; its result appears when it ends.";
    not_run: "Seus papéis não permitem verificar agora", "It cannot be checked now with your roles";
    silence: "Silenciar", "Silence";
    silence_more: "Retém os avisos deste item, com o motivo registrado.", "Holds back the notices of this item, with the reason recorded.";
    silence_for: "Por quanto tempo", "For how long";
    reason: "Motivo", "Reason";
    note: "Nota para os outros de plantão", "Note for the others on duty";
    optional: "opcional", "optional";
    reply: "Responder", "Reply";
    reply_help: "Quem está de plantão lê, e o agente responde. Uma mensagem que é um comando, como ack ou rodar, é executada.",
        "The people on duty read it, and the Agent answers. A message that is a command, such as ack or run, is carried out.";
    no_messages: "Nenhuma mensagem ainda", "No messages yet";
    closed: "Esta conversa está encerrada", "This conversation is closed";
    measured: "T0, fato medido", "T0, measured fact";
    of_program: "T0, resposta do programa", "T0, answer of the program";
    in_reply_to: "Em resposta a", "In reply to";
    from_runbook: "T0, trecho do runbook", "T0, excerpt of the runbook";
    advised: "T1, conselho conferido no runbook", "T1, advice checked against the runbook";
    advised_unchecked: "T1, nem toda linha tem respaldo no runbook", "T1, not every line is backed by the runbook";
    changed: "O que mudou", "What changed";
    last_good: "última boa", "last good";
    now: "agora", "now";
    at_opening: "ao abrir", "at opening";
    compared: "Última leitura boa comparada com a que abriu a ocorrência", "Last good reading compared with the one that opened the Finding";
    never_good: "Nenhuma leitura boa foi guardada antes desta.", "No good reading was kept before this one.";
    probe: "Leitura", "Reading";
    cut: "Parte das leituras foi cortada para caber.", "Part of the readings was cut to fit.";
    failed: "Condição que falhou", "Failed condition";
    result: "resultado", "result";
    told: "Quem foi avisado", "Who was told";
    told_nobody: "Ninguém ainda.", "Nobody yet.";
    not_told: "Quem não foi, e por quê", "Who was not, and why";
    runbook: "Runbook", "Runbook";
    open_whole: "Abrir inteiro", "Open all of it";
    advice: "Conselho", "Advice";
    no_advice: "Ainda não há conselho sobre esta ocorrência.", "There is no advice on this Finding yet.";
    ask: "Pedir conselho", "Ask for advice";
    ask_again: "Pedir outro", "Ask for another";
    stale: "As leituras mudaram depois deste conselho.", "The readings changed after this advice.";
    vote: "Este conselho foi", "This advice was";
    useful: "Útil", "Useful";
    wrong: "Errado", "Wrong";
    earlier: "Ocorrências parecidas", "Similar occurrences";
    resolved: "Resolvida", "Resolved";
    acknowledged: "Reconhecida", "Acknowledged";
    mail: "e-mail", "mail";
    below_severity: "Abaixo da severidade do canal", "Below the severity of the channel";
    notice_acknowledged: "Já reconhecida", "Acknowledged already";
    dependency: "Retido: a causa é outra ocorrência", "Held back: another Finding is the cause";
    silenced: "Retido por um silêncio", "Held back by a silence";
    flapping: "Abre e fecha repetidamente", "Opens and closes repeatedly";
    no_recipient: "Sem destinatário", "No recipient";
    channel_off: "Canal desligado", "Channel is off";
    resolved_before: "Resolvida antes do envio", "Resolved before it was sent";
    superseded: "Um aviso posterior diz mais", "A later notice says more";
    retrying: "A última tentativa falhou; será repetida", "The last attempt failed; it is repeated";
    refused: "Recusado pelo servidor", "Refused by the server";
    waiting_to_send: "Vai ser enviado", "About to be sent";
    model_answers: "está avaliando", "is working on it";
    waits_its_turn: "espera a vez", "waits for its turn";
    waits_for: "espera pelo", "waits for the";
    the_model: "modelo local", "local model";
    which_is_away: ", que não responde", ", which does not answer";
    away_since: "desde", "since";
    answer_comes_until: "A resposta vem se ele voltar até", "The answer comes if it is back by";
    answer_comes: "A resposta vem quando ele voltar.", "The answer comes once it is back.";
    the_advice: "O conselho", "The advice";
    advice_made: "está sendo feito", "is being made";
    advice_asked: "foi pedido", "was requested";
    advice_comes: "Ele vem quando o modelo voltar.", "It comes once the model is back.";
    advice_on_its_way: "Um conselho do modelo local está a caminho.", "Advice of the local model is on its way.";
}

/// Why a notice was not sent, by the reason in CamelCase; `None` of one that is not known here.
pub fn not_sent(language: Language, reason: &str) -> Option<&'static str> {
    let text = match reason {
        notice::REASON_BELOW_SEVERITY => below_severity,
        notice::REASON_NOTICE_ACKNOWLEDGED => notice_acknowledged,
        notice::REASON_DEPENDENCY => dependency,
        notice::REASON_SILENCED => silenced,
        notice::REASON_FLAPPING => flapping,
        notice::REASON_NO_RECIPIENT => no_recipient,
        notice::REASON_CHANNEL_OFF => channel_off,
        notice::REASON_RESOLVED_BEFORE_SENT => resolved_before,
        notice::REASON_SUPERSEDED => superseded,
        notice::REASON_RETRYING | notice::REASON_UNCERTAIN => retrying,
        notice::REASON_REFUSED => refused,
        _ => return None,
    };
    Some(text(language))
}

/// When it opened: the time, and how long ago.
pub fn opened(language: Language) -> (&'static str, &'static str) {
    match language {
        Language::Portuguese => ("aberta desde", ","),
        Language::English => ("open since", ","),
    }
}

/// How many times it has happened.
pub fn times(language: Language, occurrences: u32) -> String {
    text!(language, "{occurrences}ª vez", "occurrence {occurrences}")
}

/// Who works on it.
pub fn owned_by(language: Language, by: &str) -> String {
    text!(language, "Com {by}", "Taken over by {by}")
}

/// Who worked on it, once it is over.
pub fn was_owned_by(language: Language, by: &str) -> String {
    text!(language, "Quem cuidou: {by}", "Handled by {by}")
}

/// The button that takes it from another person.
pub fn take_from(language: Language, by: &str) -> String {
    text!(language, "Assumir de {by}", "Take over from {by}")
}

/// Who else has this window open.
pub fn looks(language: Language, name: &str) -> String {
    text!(language, "{name} também está olhando.", "{name} is looking, too.")
}

/// Several people who have this window open.
pub fn look(language: Language, names: &str) -> String {
    text!(language, "{names} também estão olhando.", "{names} are looking, too.")
}

/// Who else writes a reply.
pub fn replies(language: Language, name: &str) -> String {
    text!(language, "{name} está respondendo.", "{name} is replying.")
}

/// So many fields did not change.
pub fn equal_fields(language: Language, count: usize) -> String {
    match count {
        1 => text!(language, "1 campo igual", "1 equal field"),
        _ => text!(language, "{count} campos iguais", "{count} equal fields"),
    }
}

/// So many further fields changed, or are known of one reading only.
pub fn other_fields(language: Language, count: usize) -> String {
    match count {
        1 => text!(language, "mais 1 campo diferente", "1 further field differs"),
        _ => text!(language, "mais {count} campos diferentes", "{count} further fields differ"),
    }
}

/// So many Messages before those that are shown.
pub fn older(language: Language, count: usize) -> String {
    match count {
        1 => text!(language, "1 mensagem anterior", "1 earlier message"),
        _ => text!(language, "{count} mensagens anteriores", "{count} earlier messages"),
    }
}

/// The place in the queue of the model.
pub fn queued(language: Language, place: u32) -> String {
    text!(language, "{place}º na fila", "number {place} in the queue")
}

/// What a file is that proposes an addition to a runbook.
pub fn proposed(language: Language, spec: &str, section: Option<&str>) -> String {
    match section {
        Some(section) => text!(
            language,
            "Acréscimo proposto a specs/{spec}.md, seção “{section}”. Revise antes de aplicar.",
            "Proposed addition to specs/{spec}.md, section “{section}”. Review it before you apply it.",
        ),
        None => text!(
            language,
            "Acréscimo proposto a specs/{spec}.md. Revise antes de aplicar.",
            "Proposed addition to specs/{spec}.md. Review it before you apply it.",
        ),
    }
}

/// Who acknowledged it.
pub fn acknowledged_by(language: Language, by: &str) -> String {
    text!(language, "Reconhecida por {by}", "Acknowledged by {by}")
}

/// A Message acknowledged by a person.
pub fn read_by(language: Language, by: &str) -> String {
    text!(language, "reconhecida por {by}", "acknowledged by {by}")
}

/// What a run gave: so many checks passed of all.
pub fn ran(language: Language, passed: usize, all: usize) -> String {
    text!(language, "Verificado: {passed} de {all} em ordem.", "Checked: {passed} of {all} pass.")
}

/// How long an earlier occurrence lasted.
pub fn lasted(language: Language, span: &str) -> String {
    text!(language, "durou {span}", "lasted {span}")
}

/// The number of votes.
pub fn votes(language: Language, useful: u32, wrong: u32) -> String {
    text!(language, "útil {useful}, errado {wrong}", "useful {useful}, wrong {wrong}")
}
