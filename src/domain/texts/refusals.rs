//! Why commands were refused. The English texts are those of the API, too.

use super::language::Language;
use super::silences::silence_input;
use crate::domain::refusal::{InvalidInput, Refusal};
use jiff::tz::TimeZone;

/// Why a command was refused, or why what came of it is not known; a part of a sentence.
pub fn refusal(language: Language, refusal: &Refusal) -> String {
    let parts = [of_object, of_conversation, of_subject, of_input];
    // A test has every reason worded by one of them.
    parts.iter().find_map(|part| part(language, refusal)).unwrap_or_default()
}

/// What is wrong with a field of the input of a command, and what would be right; follows the name of the field.
pub fn invalid_input(language: Language, problem: &InvalidInput) -> String {
    match problem {
        InvalidInput::Blank { max } => {
            text!(
                language,
                "está em branco, deve ter de 1 a {max} caracteres",
                "is blank, should be 1 to {max} characters"
            )
        }
        InvalidInput::TooManyCharacters { chars, max } => {
            text!(language, "{chars} caracteres, no máximo {max}", "{chars} characters, at most {max}")
        }
        InvalidInput::TooManyBytes { bytes, max } => text!(
            language,
            "{bytes} bytes, no máximo {max}; uma letra com acento ocupa 2",
            "{bytes} bytes, at most {max}",
        ),
        InvalidInput::NotAnHour => text!(language, "escolha uma hora da lista", "choose an hour of the list"),
        InvalidInput::NotAVote => text!(language, "escolha útil ou errado", "should be useful or wrong"),
        InvalidInput::Silence(problem) => silence_input(language, &TimeZone::UTC, problem),
        InvalidInput::NotAnEnd { value } => {
            text!(language, "escolha um prazo da lista, e não {value:?}", "choose an end of the list, not {value:?}",)
        }
        InvalidInput::IsOver { until, now } => text!(
            language,
            "{until} já passou, deve vir depois de agora, {now}",
            "{until} is over, should be after now, {now}",
        ),
        InvalidInput::KeyReused => text!(language, "já foi usada em outro pedido", "was used for another request"),
        InvalidInput::NumberOfObjects { count, max } => {
            text!(language, "{count} objetos, deve haver de 1 a {max}", "{count} objects, should be 1 to {max}")
        }
        InvalidInput::NotInThread { message, thread } => text!(
            language,
            "{message:?} não é uma mensagem da conversa {thread}",
            "{message:?} is not a Message of {thread}",
        ),
        InvalidInput::NotOfScenario { finding, scenario } => text!(
            language,
            "{scenario:?} não é o cenário da ocorrência {finding:?}",
            "{scenario:?} is not the Scenario of Finding {finding:?}",
        ),
        InvalidInput::Refused(refused) => refusal(language, refused),
    }
}

/// What is wrong with an object, or its name.
fn of_object(language: Language, refusal: &Refusal) -> Option<String> {
    Some(match refusal {
        Refusal::NoSuchObject { kind, name } => {
            let called = kind_name(language, kind);
            text!(language, "não há {called} com o nome {name:?}", "no {called} is named {name:?}")
        }
        Refusal::NoSuchScenario { name, found } => text!(
            language,
            "não há cenário com o nome {name:?}; se é um destes, escreva o nome inteiro: {found}",
            "no Scenario is named {name:?}; if it is one of these, write its whole name: {found}",
        ),
        Refusal::Deleted { name } => text!(language, "{name} não existe mais", "{name} no longer exists"),
        Refusal::MessageDeleted => {
            text!(language, "a mensagem foi gravada, e excluída depois", "the Message was stored, and deleted since",)
        }
        Refusal::SilenceDeleted { name } => {
            text!(language, "{name} foi criado, e excluído depois", "{name} was made, and deleted since")
        }
        Refusal::Recreated { name } => text!(
            language,
            "{name} foi excluído e criado de novo desde o pedido",
            "{name} was deleted and created again since the request",
        ),
        Refusal::NameTaken { kind, name } => {
            text!(
                language,
                "o nome {name} já está em uso por outro {kind}",
                "there is another {kind} with the name {name}"
            )
        }
        Refusal::ChangedAtOnce => text!(
            language,
            "o objeto foi alterado ao mesmo tempo: leia-o de novo e repita",
            "the object was changed at the same time: read it again and retry",
        ),
        Refusal::AcknowledgementChanged => text!(
            language,
            "o reconhecimento foi alterado ao mesmo tempo: leia a ocorrência de novo",
            "the acknowledgement was changed at the same time: read the Finding again",
        ),
        Refusal::OwnerChanged => text!(
            language,
            "outra pessoa assumiu ou devolveu a ocorrência ao mesmo tempo: leia-a de novo",
            "another person took the Finding over or released it at the same time: read it again",
        ),
        Refusal::KeepsChanging { kind } => {
            let called = kind_name(language, kind);
            text!(
                language,
                "alterações simultâneas de {called} não param: tente de novo",
                "the {called} keeps changing: try again",
            )
        }
        Refusal::RequestInProgress => text!(
            language,
            "um pedido com a mesma Idempotency-Key está em andamento: tente mais tarde",
            "a request with the same Idempotency-Key is in progress: try again later",
        ),
        Refusal::StoredResponseChanged => text!(
            language,
            "a resposta gravada dessa chave foi alterada",
            "the stored response of this key was changed",
        ),
        Refusal::ObjectDeleted => text!(language, "o objeto não existe mais", "the object no longer exists"),
        _ => return None,
    })
}

/// What does not go in a conversation, or with a Message.
fn of_conversation(language: Language, refusal: &Refusal) -> Option<String> {
    Some(match refusal {
        Refusal::ThreadClosed { thread } => text!(
            language,
            "a conversa {thread} está encerrada: inicie outra",
            "{thread} is closed: start a new conversation",
        ),
        Refusal::ThreadFull { thread, max } => text!(
            language,
            "a conversa {thread} já tem {max} mensagens: inicie outra",
            "{thread} has {max} Messages: start a new conversation",
        ),
        Refusal::ThreadDeleted { thread } => {
            text!(language, "a conversa {thread} foi excluída depois", "{thread} was deleted since")
        }
        Refusal::NotAboutFinding => {
            text!(
                language,
                "esta conversa não trata de uma ocorrência: dê o comando na conversa da ocorrência, ou com finding_id",
                "this conversation is not about a Finding: give the command in the Thread of the Finding, or with finding_id",
            )
        }
        Refusal::NotAboutScenario => {
            text!(
                language,
                "esta conversa não trata de um cenário: diga qual, como em silenciar cenário NOME 2h ou rodar NOME",
                "this conversation is not about a Scenario: name one, as in silence scenario NAME 2h or run NAME",
            )
        }
        Refusal::NamesAnother { name } => text!(
            language,
            "o comando vale para a ocorrência desta conversa, e {name} é outra coisa: dê o comando na conversa sobre {name}",
            "the command is about the Finding of this conversation, and {name} is not: give it in the conversation about {name}",
        ),
        Refusal::NoAcknowledgementNeeded { message } => {
            text!(language, "a mensagem {message} não precisa de reconhecimento", "{message} needs no acknowledgement",)
        }
        Refusal::MessageArchived { message } => text!(
            language,
            "a mensagem {message} está arquivada: aquilo de que trata foi resolvido; se abriu de novo, há outra mensagem",
            "{message} is archived: what it is about was resolved; if it opened again, there is another Message",
        ),
        Refusal::FindingOfMessageResolved { message } => text!(
            language,
            "a ocorrência da mensagem {message} está resolvida: não há o que reconhecer",
            "the Finding of {message} is resolved: there is nothing to acknowledge",
        ),
        Refusal::MessageNotStored => text!(
            language,
            "o programa terminou antes de gravar a mensagem: envie-a de novo",
            "the facade ended before the Message was stored: send it again",
        ),
        _ => return None,
    })
}

/// What keeps a command from being carried out on a Finding, a Scenario or a Silence.
fn of_subject(language: Language, refusal: &Refusal) -> Option<String> {
    Some(match refusal {
        Refusal::NothingToAcknowledge { finding } => text!(
            language,
            "a ocorrência {finding} está resolvida: não há o que reconhecer",
            "{finding} is resolved: there is nothing to acknowledge",
        ),
        Refusal::AcknowledgementEnded { finding } => text!(
            language,
            "a ocorrência {finding} está resolvida: o reconhecimento já terminou",
            "{finding} is resolved: its acknowledgement has ended",
        ),
        Refusal::NothingToOwn { finding } => text!(
            language,
            "a ocorrência {finding} está resolvida: não há o que assumir nem devolver",
            "{finding} is resolved: there is nothing to take over or release",
        ),
        Refusal::NotResolved { finding } => text!(
            language,
            "a ocorrência {finding} não está resolvida: diga o que resolveu quando estiver",
            "{finding} is not resolved: tell what fixed it once it is",
        ),
        Refusal::NoThread { finding } => {
            text!(language, "a ocorrência {finding} não tem conversa", "{finding} has no Thread")
        }
        Refusal::NothingToAdvise { finding } => text!(
            language,
            "a ocorrência {finding} está resolvida: não há mais o que aconselhar",
            "{finding} is resolved: there is nothing to advise on any more",
        ),
        Refusal::NoAdvice { finding } => text!(
            language,
            "a ocorrência {finding} não tem conselho para avaliar",
            "{finding} has no advice to vote on",
        ),
        Refusal::ResolvedMeanwhile => text!(
            language,
            "a ocorrência foi resolvida antes que o reconhecimento pudesse ser gravado",
            "the Finding was resolved before the acknowledgement could be written",
        ),
        Refusal::OpenedAgain { finding } => text!(
            language,
            "a ocorrência {finding} abriu de novo desde o pedido",
            "{finding} was opened again since the request",
        ),
        Refusal::AcknowledgementUnknown { finding } => text!(
            language,
            "não se sabe se a ocorrência {finding} foi reconhecida: o programa terminou durante o reconhecimento, e ela foi alterada depois",
            "whether this acknowledged {finding} is not known: the facade ended while it was being acknowledged, and it was changed since",
        ),
        Refusal::ScenarioSuspended { scenario } => {
            text!(language, "o cenário {scenario} está suspenso", "{scenario} is suspended")
        }
        Refusal::ScenarioNotReady { scenario, why } => {
            text!(language, "o cenário {scenario} não está pronto: {why}", "{scenario} is not Ready: {why}",)
        }
        _ => return None,
    })
}

/// What is wrong with a request or with its sender, or what the API says.
fn of_input(language: Language, refusal: &Refusal) -> Option<String> {
    Some(match refusal {
        Refusal::RoleRequired { roles } => text!(
            language,
            "executar cenários exige um dos papéis {roles}",
            "running Scenarios requires one of the roles {roles}",
        ),
        Refusal::TooManyCommands { seconds } => text!(
            language,
            "pedidos demais em um minuto: tente de novo depois de {seconds} s",
            "too many requests within a minute: try again after {seconds}s",
        ),
        Refusal::InvalidField { field, problem } => {
            text!(language, "o valor do campo {field} não serve: {problem}", "{field}: {problem}")
        }
        Refusal::RejectedByApi { message } => match language {
            Language::Portuguese => format!("a API Kubernetes recusou o objeto: {message}"),
            Language::English => message.clone(),
        },
        Refusal::Undecodable => text!(
            language,
            "o objeto tem um valor que esta versão do programa não consegue ler: corrija-o com kubectl",
            "the object has a value that this version of the program cannot read: correct it with kubectl",
        ),
        Refusal::Unavailable { message } => match language {
            Language::Portuguese => format!("não é possível no momento: {message}"),
            Language::English => message.clone(),
        },
        Refusal::ReasonLength { max } => {
            text!(language, "diga o motivo, em até {max} caracteres", "give a reason of at most {max} characters",)
        }
        Refusal::PastEmpty => {
            text!(language, "o período precisa terminar depois de começar", "the time has to end after it begins",)
        }
        Refusal::PastNotOver => text!(language, "o período ainda não acabou", "the time is not over"),
        Refusal::PastTooOld => text!(
            language,
            "o período começa antes do histórico, que guarda 30 dias",
            "the time begins before the history, which keeps 30 days",
        ),
        Refusal::NoRequestTime => text!(language, "a Action não tem horário", "the Action has no time"),
        Refusal::SilenceNotMade => text!(
            language,
            "o programa terminou antes de criar o silêncio: crie-o de novo",
            "the facade ended before the Silence was made: make it again",
        ),
        Refusal::UnknownVerb { verb } => text!(
            language,
            "esta versão do programa não conhece o verbo {verb:?}",
            "this version of the program does not know the verb {verb:?}",
        ),
        _ => return None,
    })
}

/// A kind as people call it.
fn kind_name(language: Language, kind: &str) -> &str {
    match (language, kind) {
        (Language::Portuguese, "Finding") => "ocorrência",
        (Language::Portuguese, "Scenario") => "cenário",
        (Language::Portuguese, "Message") => "mensagem",
        (Language::Portuguese, "Thread") => "conversa",
        (Language::Portuguese, "Silence") => "silêncio",
        (Language::Portuguese, "Agent") => "agente",
        (Language::Portuguese, "Action") => "ação",
        (_, kind) => kind,
    }
}
