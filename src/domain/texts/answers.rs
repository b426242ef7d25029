//! What Agents answer to people.

mod results;
mod states;

pub use results::{
    About, Did, done, how_to_end, not_run_yet, notices_go_on, outcome, ran, reason_is, refused, still_silenced,
    uncertain, unchanged, under_way, undo_acknowledge,
};
pub use states::{
    State, before, before_heading, before_of_what, finding_state, flapping_next, last_run, none_before, not_watched,
    open_besides, open_count, open_item, owned, scenario_state, severity_of, silenced,
};

use super::language::Language;
use crate::domain::argument::ArgumentError;

/// What was written was not understood.
pub fn not_understood(language: Language) -> String {
    text!(
        language,
        "Não entendi isto como um pedido nem como uma pergunta.",
        "I understood this neither as a request nor as a question.",
    )
}

/// The answer to what asks for nothing.
pub fn remark(language: Language) -> String {
    text!(
        language,
        "Certo, fica registrado nesta conversa. Para ver os pedidos que respondo: ajuda.",
        "All right, it is kept in this conversation. For the requests that I answer: help.",
    )
}

/// A question in the person's own words, about which the runbooks have nothing.
pub fn nothing_found(language: Language) -> String {
    text!(language, "Não encontrei nada nos runbooks sobre isso.", "I found nothing about that in the runbooks.",)
}

/// Nothing in the runbooks has the words that were asked with; that of the subject is quoted.
pub fn only_the_runbook(language: Language) -> String {
    text!(
        language,
        "Não encontrei essas palavras nos runbooks. O runbook deste assunto diz:",
        "I found none of these words in the runbooks. The runbook of this subject says:",
    )
}

/// What is answered while T1 is off.
pub fn without_the_model(language: Language) -> String {
    text!(
        language,
        "Sem o modelo local, respondo com os runbooks e a pedidos simples.",
        "Without the local model I answer from the runbooks, and simple requests.",
    )
}

/// Before the sections of the runbooks that fit a question.
pub fn found_in_runbooks(language: Language) -> String {
    text!(language, "O que os runbooks dizem de mais próximo:", "The closest that the runbooks say:",)
}

/// The answer of the local model follows.
pub fn the_model_answers(language: Language) -> String {
    text!(
        language,
        "O modelo local também vai responder: a resposta dele, depois de conferida, vem em outra mensagem.",
        "The local model answers as well: its answer comes in another message, once it is checked.",
    )
}

/// The answer of the local model does not come. `why` is a clause.
pub fn the_model_did_not_answer(language: Language, why: &str) -> String {
    text!(language, "O modelo local não respondeu: {why}", "The local model did not answer: {why}")
}

/// The local model was not asked while the question was recent.
pub fn the_model_was_too_late(language: Language) -> String {
    text!(
        language,
        "O modelo local não chegou a esta pergunta dentro de uma hora. Se ainda precisar da resposta, pergunte de novo.",
        "The local model did not get to this question within an hour. If the answer is still needed, ask again.",
    )
}

/// The local model was turned off after its answer was announced; `setting` turns it on.
pub fn the_model_was_turned_off(language: Language, setting: &str) -> String {
    text!(
        language,
        "O modelo local foi desligado antes de responder. Para ligar, configure {setting}.",
        "The local model was turned off before it answered. To turn it on, set {setting}.",
    )
}

/// Nothing of what the local model said is supported by what it was given.
pub fn the_model_had_nothing(language: Language) -> String {
    text!(
        language,
        "O modelo local respondeu, mas nada do que disse se apoia nos runbooks ou no que foi lido, e por isso não é mostrado.",
        "The local model answered, but nothing of what it said is supported by the runbooks or by what was read, so that it is not shown.",
    )
}

/// What was probably meant by a misspelt command.
pub fn did_you_mean(language: Language, meant: &str) -> String {
    text!(language, "Você quis dizer “{meant}”? Então escreva assim.", "Did you mean “{meant}”? Then write that.")
}

/// The heading of the Scenarios that words can mean.
pub fn one_of(language: Language, asked: &str) -> String {
    text!(
        language,
        "“{asked}” pode ser um destes cenários; escreva status de NOME",
        "“{asked}” can be one of these Scenarios; write status of NAME",
    )
}

/// The heading of the open Findings that say what was asked about.
pub fn open_about(language: Language, asked: &str) -> String {
    text!(language, "Ocorrências abertas que falam de “{asked}”", "Open Findings that say “{asked}”")
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
pub fn help(language: Language) -> [String; 11] {
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
            "já aconteceu?: ocorrências parecidas do passado, e o que se escreveu sobre elas",
            "seen before?: similar past occurrences, and what was written about them",
        ),
        text!(
            language,
            "conselho NOTA: pede um conselho sobre a ocorrência; a nota diz o que já se tentou",
            "advice NOTE: requests advice on the Finding; the note says what was tried",
        ),
        text!(
            language,
            "ack NOTA: reconhece a ocorrência; desfazer ack: retira o reconhecimento",
            "ack NOTE: acknowledges the Finding; unack: withdraws the acknowledgement",
        ),
        text!(
            language,
            "assumir: diz que você está cuidando da ocorrência; devolver: que ninguém mais está",
            "take over: says that you work on the Finding; release it: that nobody does any more",
        ),
        text!(language, "rodar CENÁRIO: executa o cenário agora", "run SCENARIO: runs the Scenario now"),
        text!(
            language,
            "silenciar 2h MOTIVO: retém os avisos da ocorrência por esse tempo; silenciar cenário 2h: os de todo o cenário",
            "silence 2h REASON: holds back notices about the Finding for that time; silence scenario 2h: those of the whole Scenario",
        ),
        text!(
            language,
            "reativar: encerra o silêncio da ocorrência; reativar cenário: o de todo o cenário",
            "unsilence: ends the silence of the Finding; unsilence scenario: that of the whole Scenario",
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
            "“{value}” não é uma duração: diga por quanto tempo, por exemplo 30min, 2h, 1h30 ou 2 dias, como em silenciar 2h troca de disco.",
            "“{value}” is not a duration: say for how long, for example 30min, 2h, 1h30 or 2 days, as in silence 2h disk replacement.",
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
        ArgumentError::NoEnd => text!(
            language,
            "Um reconhecimento vale até a ocorrência se resolver. Para reter os avisos só por um tempo, use silenciar 2h; no painel, uma mensagem da caixa pode ser reconhecida até um horário.",
            "An acknowledgement holds until the Finding is resolved. To hold notices back for a time only, use silence 2h; in the panel, a Message of the inbox can be acknowledged until a time.",
        ),
        ArgumentError::OneAtATime => text!(
            language,
            "O comando vale só para a ocorrência desta conversa. Várias se reconhecem juntas na caixa do painel.",
            "The command is about the Finding of this Thread alone. Several are acknowledged together in the inbox of the panel.",
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
        "{author} {got} em um minuto. Esta mensagem não será respondida; as próximas são respondidas assim que o limite permitir.",
        "{author} {got} within a minute. This message is not answered; further ones are answered as soon as the limit allows.",
    )
}

/// The state of what a question that was not understood is about.
pub fn what_is_known(language: Language) -> String {
    text!(language, "O que sei sobre o assunto:", "What is known about it:")
}
