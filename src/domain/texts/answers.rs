//! What Agents answer to people.

use super::language::Language;
use super::notices::severity;
use crate::api::{CheckOutcome, Health, Severity, WatchState};
use crate::domain::argument::ArgumentError;

/// What was written was not understood.
pub fn not_understood(language: Language) -> String {
    text!(
        language,
        "Não entendi. Sem o modelo local, respondo só a pedidos simples.",
        "I did not understand that. Without the local model I answer simple requests only.",
    )
}

/// The heading of [`help`].
pub fn help_heading(language: Language) -> String {
    text!(
        language,
        "Pedidos que respondo, um por mensagem, na primeira linha",
        "Requests that are answered, one in each message, on its first line",
    )
}

/// What an Agent does.
pub fn help(language: Language) -> [String; 7] {
    [
        text!(
            language,
            "status: o estado do assunto desta conversa; status de NOME: o de uma ocorrência, de um cenário ou de um agente",
            "status: the state of what this conversation is about; status of NAME: that of a Finding, a Scenario or an Agent",
        ),
        text!(language, "abertos: as ocorrências abertas", "open: the open Findings"),
        text!(language, "runbook: o que fazer, como diz o runbook", "runbook: the next steps, as the runbook says"),
        text!(
            language,
            "ack NOTA: reconhece a ocorrência; desfazer ack: retira o reconhecimento",
            "ack NOTE: acknowledges the Finding; unack: withdraws the acknowledgement",
        ),
        text!(language, "rodar CENÁRIO: executa o cenário agora", "run SCENARIO: runs the Scenario now"),
        text!(
            language,
            "silenciar 2h MOTIVO: retém os avisos do cenário por esse tempo",
            "silence 2h REASON: holds back notices about the Scenario for that time",
        ),
        text!(language, "ajuda: esta lista", "help: this list"),
    ]
}

/// Commands by kubectl are not carried out.
pub fn commands_by_rest(language: Language) -> String {
    text!(
        language,
        "Executo comandos enviados pela API REST; aos gravados pelo kubectl, respondo com o que digitar.",
        "Commands sent by the REST API are carried out; those written by kubectl are answered with what to type.",
    )
}

/// A command that is not carried out.
pub fn not_carried_out(language: Language) -> String {
    text!(
        language,
        "Este comando não foi executado: o nome de quem escreve pelo kubectl não é comprovado. Para o mesmo efeito, digite:",
        "This command was not carried out: names that are written by kubectl are not proven. For the same effect, type:",
    )
}

/// A command about a Finding, in a conversation without one.
pub fn not_about_a_finding(language: Language) -> String {
    text!(
        language,
        "Esta conversa não trata de uma ocorrência: troque NOME pelo nome de uma.",
        "This conversation is not about a Finding: put the name of one in for NAME.",
    )
}

/// A command about a Scenario, in a conversation without one.
pub fn not_about_a_scenario(language: Language) -> String {
    text!(
        language,
        "Esta conversa não trata de um cenário: troque NOME pelo nome de um.",
        "This conversation is not about a Scenario: put the name of one in for NAME.",
    )
}

/// With the command line of the program.
pub fn with_program(language: Language) -> String {
    text!(
        language,
        "Pelo programa (no modo standalone, com --kubeconfig DADOS/kubeconfig)",
        "By the program (in standalone mode, with --kubeconfig DATA/kubeconfig)",
    )
}

/// What stands for a name in a command.
pub fn name_placeholder(language: Language) -> &'static str {
    match language {
        Language::Portuguese => "NOME",
        Language::English => "NAME",
    }
}

/// The argument of a command is wrong: the value, and what would be right.
pub fn invalid(language: Language, error: &ArgumentError) -> String {
    match error {
        ArgumentError::NoDuration => text!(
            language,
            "Falta a duração: escreva, por exemplo, silenciar 2h troca de disco.",
            "The duration is missing: write, for example, silence 2h disk replacement.",
        ),
        ArgumentError::NotADuration(value) => text!(
            language,
            "“{value}” não é uma duração: use, por exemplo, 30min, 2h, 1h30 ou 2 dias, como em silenciar 2h troca de disco.",
            "“{value}” is not a duration: use, for example, 30min, 2h, 1h30 or 2 days, as in silence 2h disk replacement.",
        ),
        ArgumentError::DurationOutOfRange(value) => text!(
            language,
            "“{value}” está fora do intervalo: a duração vai de 1 min a 30 dias.",
            "“{value}” is out of range: a duration is 1 min to 30 days.",
        ),
        ArgumentError::NotAScenario(value) => text!(
            language,
            "“{value}” não é o nome de um cenário: nomes têm letras minúsculas, algarismos, pontos e hifens, como desk.api.health.",
            "“{value}” is not the name of a Scenario: names have lower-case letters, digits, dots and dashes, such as desk.api.health.",
        ),
        ArgumentError::NoteTooLong { bytes, max } => text!(
            language,
            "O texto depois do comando tem {bytes} bytes: pode ter até {max}.",
            "The text after the command has {bytes} bytes: it can have up to {max}.",
        ),
    }
}

/// There is nothing of this name.
pub fn no_such(language: Language, name: &str) -> String {
    text!(
        language,
        "Não há ocorrência, cenário nem agente com o nome “{name}”.",
        "No Finding, Scenario or Agent is named “{name}”.",
    )
}

/// The conversation has ended.
pub fn closed(language: Language) -> String {
    text!(
        language,
        "Esta conversa está encerrada, e nada mais é tratado nela. Para continuar, inicie outra:",
        "This conversation is closed, and nothing more is dealt with in it. To go on, start another one:",
    )
}

/// How a conversation is started by kubectl.
pub fn new_by_kubectl(language: Language) -> String {
    text!(
        language,
        "Pelo kubectl, crie uma Thread com outro nome e uma Message que a indique em spec.thread.",
        "By kubectl, create a Thread of another name, and a Message that names it in spec.thread.",
    )
}

/// What stands for a message in a command.
pub fn message_placeholder(language: Language) -> &'static str {
    match language {
        Language::Portuguese => "sua mensagem",
        Language::English => "your message",
    }
}

/// What stands for the reason of a Silence in a command.
pub fn reason_placeholder(language: Language) -> &'static str {
    match language {
        Language::Portuguese => "o motivo",
        Language::English => "the reason",
    }
}

/// A question about a runbook, in a conversation about nothing that has one.
pub fn no_subject(language: Language) -> String {
    text!(
        language,
        "Esta conversa não trata de uma ocorrência nem de um cenário, e só eles têm um runbook. Inicie uma conversa sobre um deles.",
        "This conversation is about no Finding and no Scenario, and only these have a runbook. Start a conversation about one.",
    )
}

/// The note of Event ThreadNotFound.
pub fn no_thread(language: Language, thread: &str) -> String {
    text!(
        language,
        "a Thread {thread} não existe; a mensagem é respondida quando ela existir, em até uma hora",
        "Thread {thread} does not exist; the Message is answered if it is created within an hour",
    )
}

/// Too many Messages of one author.
pub fn too_many(language: Language, author: &str, most: usize) -> String {
    let got = match most {
        1 => text!(language, "já recebeu 1 resposta", "got 1 answer"),
        _ => text!(language, "já recebeu {most} respostas", "got {most} answers"),
    };
    text!(
        language,
        "{author} {got} em um minuto. As próximas mensagens não são respondidas até esse minuto passar.",
        "{author} {got} within a minute. Further messages are not answered until that minute has passed.",
    )
}

/// The state of a Finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    Open,
    Acknowledged,
    Resolved,
    /// It has no phase yet.
    Unknown,
}

/// The first line about a Finding.
pub fn finding_state(language: Language, state: State, headline: &str) -> String {
    match state {
        State::Open => text!(language, "Aberta: {headline}", "Open: {headline}"),
        State::Acknowledged => text!(language, "Reconhecida: {headline}", "Acknowledged: {headline}"),
        State::Resolved => text!(language, "Resolvida: {headline}", "Resolved: {headline}"),
        State::Unknown => text!(language, "Ainda sem estado: {headline}", "Without a state yet: {headline}"),
    }
}

/// The first line about a Scenario.
pub fn scenario_state(language: Language, scenario: &str, health: Option<Health>) -> String {
    let health = match (language, health.unwrap_or(Health::Unknown)) {
        (Language::Portuguese, Health::Healthy) => "normal",
        (Language::Portuguese, Health::Failing) => "com falha",
        (Language::Portuguese, Health::Unknown) => "estado desconhecido",
        (Language::English, health) => health.as_str(),
    };
    text!(language, "Cenário {scenario}: {health}", "Scenario {scenario}: {health}")
}

/// Why a Scenario is not watched; `None` if it is.
pub fn not_watched(language: Language, state: WatchState, why: &str) -> Option<String> {
    let state = match state {
        WatchState::Ready => return None,
        WatchState::Invalid => {
            text!(language, "Não é monitorado, pois a definição tem erros", "Not watched, as its spec has errors")
        }
        WatchState::Suspended => text!(language, "Suspenso", "Suspended"),
        WatchState::Late => text!(language, "Atrasado", "Late"),
    };
    Some(if why.is_empty() { state } else { format!("{state}: {why}") })
}

/// When a Scenario was last run.
pub fn last_run(language: Language, moment: &str) -> String {
    text!(language, "Última execução: {moment}", "Last run: {moment}")
}

/// How severe Findings of a Scenario are.
pub fn severity_of(language: Language, of: Severity) -> String {
    let of = severity(language, of);
    text!(language, "Severidade: {of}", "Severity: {of}")
}

/// The number of open Findings: of an Agent, or of all.
pub fn open_count(language: Language, agent: Option<&str>, count: usize) -> String {
    match (agent, count) {
        (Some(agent), 0) => text!(language, "{agent} não tem ocorrências abertas.", "{agent} has no open Findings."),
        (Some(agent), 1) => text!(language, "{agent} tem 1 ocorrência aberta", "{agent} has 1 open Finding"),
        (Some(agent), _) => {
            text!(language, "{agent} tem {count} ocorrências abertas", "{agent} has {count} open Findings")
        }
        (None, 0) => text!(language, "Nenhuma ocorrência aberta.", "No open Findings."),
        (None, 1) => text!(language, "1 ocorrência aberta", "1 open Finding"),
        (None, _) => text!(language, "{count} ocorrências abertas", "{count} open Findings"),
    }
}

/// The heading of the `others` that other Agents have open, with the number of all; there is at least one.
pub fn open_besides(language: Language, all: usize, others: usize) -> String {
    match (all, others) {
        (1, _) => text!(language, "Ao todo, 1 aberta, de outro agente", "In all, 1 is open, owned by another Agent"),
        (_, 1) => text!(
            language,
            "Ao todo, {all} abertas; a que é de outro agente",
            "In all, {all} are open; the one owned by another Agent",
        ),
        _ => text!(
            language,
            "Ao todo, {all} abertas; as que são de outros agentes",
            "In all, {all} are open; those owned by other Agents",
        ),
    }
}

/// An open Finding in a list: since when, whether somebody knows, and its name.
pub fn open_item(language: Language, said: &str, since: Option<&str>, is_acknowledged: bool, name: &str) -> String {
    let known = match is_acknowledged {
        true => text!(language, ", reconhecida", ", acknowledged"),
        false => String::new(),
    };
    let since = since.map(|since| text!(language, ", desde {since}", ", since {since}")).unwrap_or_default();
    format!("{said}{since}{known}: {name}")
}

/// A command that the facade carried out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Did<'a> {
    Acknowledge {
        finding: &'a str,
        by: &'a str,
    },
    Unacknowledge {
        finding: &'a str,
    },
    Run {
        scenario: &'a str,
    },
    Silence {
        name: &'a str,
        matchers: &'a str,
        until: Option<&'a str>,
    },
    /// By its verb.
    Other {
        verb: &'a str,
        subject: &'a str,
    },
}

/// A command was carried out.
pub fn done(language: Language, did: &Did<'_>) -> String {
    match did {
        Did::Acknowledge { finding, by } => text!(
            language,
            "Feito: {by} reconheceu a ocorrência {finding}.",
            "Done: {by} acknowledged Finding {finding}.",
        ),
        Did::Unacknowledge { finding } => text!(
            language,
            "Feito: o reconhecimento da ocorrência {finding} foi retirado.",
            "Done: the acknowledgement of Finding {finding} was withdrawn.",
        ),
        Did::Run { scenario } => {
            text!(
                language,
                "Feito: a execução do cenário {scenario} foi pedida.",
                "Done: a run of Scenario {scenario} was requested."
            )
        }
        Did::Silence { name, matchers, until: Some(until) } => text!(
            language,
            "Feito: o Silence {name} retém os avisos com {matchers} até {until}.",
            "Done: Silence {name} holds back notices with {matchers} until {until}.",
        ),
        Did::Silence { name, matchers, until: None } => text!(
            language,
            "Feito: o Silence {name} retém os avisos com {matchers}.",
            "Done: Silence {name} holds back notices with {matchers}.",
        ),
        Did::Other { verb, subject } => text!(language, "Feito: {verb} {subject}.", "Done: {verb} {subject}."),
    }
}

/// The state was already the wanted one.
pub fn unchanged(language: Language, did: &Did<'_>) -> String {
    match did {
        Did::Acknowledge { finding, .. } => text!(
            language,
            "Nada mudou: a ocorrência {finding} já estava reconhecida.",
            "Nothing changed: Finding {finding} was acknowledged already.",
        ),
        Did::Unacknowledge { finding } => text!(
            language,
            "Nada mudou: a ocorrência {finding} não estava reconhecida.",
            "Nothing changed: Finding {finding} was not acknowledged.",
        ),
        Did::Run { .. } | Did::Silence { .. } | Did::Other { .. } => {
            text!(language, "Nada mudou: o estado já era esse.", "Nothing changed: the state was that already.")
        }
    }
}

/// A command was refused; the reason is a part of a sentence.
pub fn refused(language: Language, reason: &str) -> String {
    text!(language, "Recusado, e nada foi alterado: {reason}.", "Refused, and nothing was changed: {reason}.")
}

/// Whether a command was carried out is not known.
pub fn uncertain(language: Language, reason: &str) -> String {
    text!(
        language,
        "Não se sabe se foi feito: {reason}. Peça status para ver o estado de agora.",
        "It is not known whether it was done: {reason}. Ask for status to see the state now.",
    )
}

/// A command has no result yet.
pub fn under_way(language: Language, action: &str) -> String {
    text!(
        language,
        "O comando ainda está em andamento. O resultado vai estar na Action {action}.",
        "The command is still in progress. Its result is going to be in Action {action}.",
    )
}

/// The result of a requested run is there.
pub fn ran(language: Language, moment: &str, checks: usize) -> String {
    match checks {
        1 => text!(language, "Executado em {moment}, com 1 verificação", "It ran at {moment}, with 1 check"),
        _ => text!(
            language,
            "Executado em {moment}, com {checks} verificações",
            "It ran at {moment}, with {checks} checks"
        ),
    }
}

/// The result of a requested run is not there yet.
pub fn not_run_yet(language: Language) -> String {
    text!(
        language,
        "O resultado ainda não chegou: peça status para vê-lo.",
        "Its result is not there yet: ask for status to see it.",
    )
}

/// So many checks had an outcome.
pub fn outcome(language: Language, outcome: CheckOutcome, count: usize) -> String {
    let word = match (language, outcome) {
        (Language::Portuguese, CheckOutcome::Pass) if count == 1 => "normal",
        (Language::Portuguese, CheckOutcome::Pass) => "normais",
        (Language::Portuguese, CheckOutcome::Fail) => "com falha",
        (Language::Portuguese, CheckOutcome::Unknown) => "sem resposta",
        (Language::Portuguese, CheckOutcome::Held) if count == 1 => "não avaliada",
        (Language::Portuguese, CheckOutcome::Held) => "não avaliadas",
        (Language::English, CheckOutcome::Pass) => "passed",
        (Language::English, CheckOutcome::Fail) => "failed",
        (Language::English, CheckOutcome::Unknown) => "unknown",
        (Language::English, CheckOutcome::Held) => "held",
    };
    format!("{word}: {count}")
}

/// How a command is taken back.
pub fn undo_acknowledge(language: Language) -> String {
    text!(language, "Para retirar: desfazer ack.", "To withdraw it: unack.")
}

/// The state of what a question that was not understood is about.
pub fn what_is_known(language: Language) -> String {
    text!(language, "O que sei sobre o assunto:", "What is known about it:")
}
