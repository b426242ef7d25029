//! The words of commands and questions, without accents and in lower case.

mod questions;
pub mod remarks;

pub use questions::*;

pub const ACKNOWLEDGE: &[&str] = &["ack", "acknowledge", "reconhecer", "reconheca", "reconhece", "reconheco"];
/// In the past, alone or with a note that is set apart: `reconhecido, vou olhar`.
pub const ACKNOWLEDGED: &[&str] = &["reconhecido", "reconhecida", "acknowledged"];
pub const AWARE: &str = "ciente";
/// Before the end of an acknowledgement, which has none: `ack até as 6h`.
pub const UNTIL: &[&str] = &["ate", "until", "till"];
/// Before the time for which it holds: `ack por 2 horas`.
pub const FOR: &[&str] = &["por", "for"];
/// Days before a time, and days alone.
pub const DAY: &[&str] = &[
    "hoje",
    "amanha",
    "segunda",
    "segunda-feira",
    "terca",
    "terca-feira",
    "quarta",
    "quarta-feira",
    "quinta",
    "quinta-feira",
    "sexta",
    "sexta-feira",
    "sabado",
    "domingo",
    "today",
    "tomorrow",
    "tonight",
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "sunday",
];
/// What may stand before a time of day.
pub const BEFORE_TIME: &[&str] = &["as", "a", "o", "the", "at"];
/// More than the Finding of the conversation: `reconhecer todas`, `ack todas as ocorrências`.
pub const EACH: &[&str] = &["todas", "todos", "tudo", "ambas", "ambos", "all", "everything", "both"];
pub const FINDINGS: &[&str] = &[
    "as",
    "os",
    "essas",
    "estas",
    "esses",
    "estes",
    "ocorrencias",
    "alertas",
    "avisos",
    "falhas",
    "abertas",
    "abertos",
    "of",
    "the",
    "these",
    "them",
    "open",
    "findings",
    "alerts",
];
/// Two words that say the same.
pub const I_AM_AWARE: (&str, &str) = ("estou", "ciente");
pub const UNACKNOWLEDGE: &[&str] = &["unack", "un-ack", "unacknowledge", "desreconhecer"];
pub const UNDO: &[&str] = &[
    "desfazer", "desfaca", "desfaz", "retirar", "retire", "remover", "remova", "cancelar", "cancele", "undo", "remove",
    "withdraw",
];
pub const ACKNOWLEDGEMENT: &[&str] = &["ack", "reconhecimento", "acknowledgement", "acknowledgment"];
pub const TAKE_OVER: &[&str] = &["assumir", "assumo", "assumi"];
/// With `comigo` after it.
pub const LEAVE: &[&str] = &["deixa", "deixe", "deixem"];
pub const RELEASE: &[&str] = &["devolver", "devolvo"];
/// What may stand before them.
pub const BEFORE_OWN: &[&str] = &["eu", "ja", "vou", "i", "im", "ill", "am", "will", "already"];
/// Before what somebody will do.
pub const WILL: &[&str] = &["ill", "will"];
/// What a note that takes a thing back begins with.
pub const BUT: &[&str] = &["mas", "but", "porem"];
/// What may stand after them: what is taken over or released.
pub const OWNED: &[&str] = &[
    "o",
    "a",
    "este",
    "esta",
    "esse",
    "essa",
    "isto",
    "isso",
    "the",
    "this",
    "that",
    "it",
    "one",
    "ocorrencia",
    "caso",
    "chamado",
    "alerta",
    "finding",
    "alert",
    "agora",
    "now",
];
/// Before what a person does: `ok, ciente`.
pub const AGREED: &[&str] = &["ok", "okay", "certo", "beleza", "blz"];
/// Before what is wanted: `oi, status do proxmox`.
pub const HELLO: &[&str] = &["oi", "ola", "opa", "hi", "hello", "hey"];
/// The same in two words.
pub const GREETINGS: &[(&str, &str)] = &[
    ("bom", "dia"),
    ("boa", "tarde"),
    ("boa", "noite"),
    ("e", "ai"),
    ("fala", "ai"),
    ("good", "morning"),
    ("good", "evening"),
];
pub const ADVISE: &[&str] = &["conselho", "conselhos", "aconselhar", "aconselhe", "aconselha", "advice", "advise"];
pub const RUN: &[&str] = &["run", "rerun", "rodar", "rode", "roda", "executar", "execute", "executa", "reexecutar"];
pub const SILENCE: &[&str] = &["silence", "silenciar", "silencie", "silencia", "mute"];
/// They end a Silence.
pub const UNSILENCE: &[&str] =
    &["unsilence", "unmute", "reativar", "reative", "reativa", "dessilenciar", "dessilencie"];
/// So do these, before the word for it.
pub const END: &[&str] = &[
    "fim", "encerrar", "encerre", "encerra", "terminar", "termine", "acabar", "desfazer", "desfaca", "desfaz",
    "retirar", "retire", "remover", "remova", "cancelar", "cancele", "end", "stop", "undo", "remove", "cancel",
];
pub const A_SILENCE: &[&str] = &["silencio", "silence", "silenciamento"];
/// What may stand around the scope of what is ended.
pub const AROUND_UNSILENCE: &[&str] = &[
    "o",
    "a",
    "os",
    "as",
    "do",
    "da",
    "dos",
    "das",
    "de",
    "the",
    "of",
    "for",
    "avisos",
    "aviso",
    "notices",
    "notificacoes",
    "isso",
    "este",
    "esta",
    "this",
    "it",
    "ocorrencia",
    "finding",
    "agora",
    "ja",
    "now",
];
/// What may stand before a scope, or before the word for a Silence.
pub const BEFORE_SCOPE: &[&str] = &["o", "a", "do", "da", "no", "de", "este", "the", "of", "this", "for"];
pub const SCENARIO: &[&str] = &["cenario", "scenario"];
/// Everything of a Scenario.
pub const WIDE: &[&str] = &["tudo", "todo", "inteiro", "all", "everything", "whole"];
pub const ARTICLES: &[&str] = &["o", "a", "the", "my"];

/// What may stand around the name of a Scenario that is to be run.
pub const AROUND_SCENARIO: &[&str] = &[
    "o",
    "a",
    "the",
    "cenario",
    "scenario",
    "verificacao",
    "check",
    "checks",
    "agora",
    "now",
    "ja",
    "de",
    "novo",
    "outra",
    "vez",
    "again",
    "isso",
    "este",
    "this",
    "it",
];
/// What may stand before the duration of a Silence.
pub const BEFORE_DURATION: &[&str] = &[
    "por",
    "for",
    "durante",
    "o",
    "a",
    "os",
    "do",
    "da",
    "of",
    "the",
    "cenario",
    "scenario",
    "avisos",
    "notices",
    "isso",
    "este",
    "esta",
    "this",
    "it",
    "ocorrencia",
    "finding",
    "tudo",
    "todo",
    "inteiro",
    "all",
    "everything",
    "whole",
];
/// What makes a sentence of what begins like a command: `ack não funciona`, `silence is golden`.
pub const SAYS_SOMETHING: &[&str] = &[
    "nao",
    "not",
    "nunca",
    "never",
    "foi",
    "foram",
    "e",
    "sao",
    "esta",
    "era",
    "estava",
    "tem",
    "tinha",
    "deu",
    "falhou",
    "funciona",
    "funcionou",
    "is",
    "isnt",
    "was",
    "wasnt",
    "are",
    "does",
    "doesnt",
    "did",
    "didnt",
    "wont",
    "cant",
    "failed",
    "works",
    "worked",
    "has",
    "se",
    "quando",
    "caso",
    "depois",
    "antes",
    "if",
    "when",
    "unless",
    "after",
    "before",
];
/// What a sentence goes on with after the word of an acknowledgement: `reconheço que não sei`. A person who is aware of something
/// acknowledges it.
pub const CLAUSE: &str = "que";
/// The same where more words follow: `acknowledge that this is bad`, but `ack that, thanks`.
pub const CLAUSE_WITH_MORE: &str = "that";
/// What is acknowledged: `reconheço esta ocorrência`.
pub const ACKNOWLEDGED_THING: &[&str] =
    &["ocorrencia", "falha", "caso", "chamado", "alerta", "mensagem", "finding", "alert", "failure", "message"];
/// After a command they say something of it, as in `ack do João`. A person who is aware of something acknowledges it.
pub const OF_SOMETHING: &[&str] = &["do", "da", "dos", "das", "de", "of"];
/// With `de` before they begin a note: `ack de novo, já vi`.
pub const ADVERB_WITH_DE: &[&str] =
    &["novo", "volta", "manha", "tarde", "noite", "madrugada", "fato", "acordo", "qualquer", "plantao", "olho"];
pub const PLEASE: &[&str] = &["please", "pls", "favor"];
pub const POR_FAVOR: (&str, &str) = ("por", "favor");
