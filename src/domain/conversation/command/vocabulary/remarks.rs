//! The words of remarks: what people say in a Thread without asking anything.

/// Greetings and thanks, as the whole line.
pub const COURTESIES: &[&str] = &[
    "oi",
    "ola",
    "opa",
    "bom dia",
    "boa tarde",
    "boa noite",
    "hi",
    "hello",
    "good morning",
    "good evening",
    "good night",
    "de nada",
    "tudo bem",
    "muito obrigado",
    "muito obrigada",
    "sem problema",
    "no problem",
    "youre welcome",
    "ate mais",
    "bye",
];

/// Words that questions begin with.
pub const ASKS: &[&str] = &[
    "como", "qual", "quais", "quando", "onde", "quem", "quanto", "quantos", "porque", "pq", "que", "posso", "devo",
    "pode", "tem", "ha", "existe", "sera", "how", "what", "which", "when", "where", "who", "why", "can", "should",
    "could", "does", "is", "are",
];

/// What a remark may begin with, before what was or will be done.
pub const BEFORE: &[&str] = &[
    "ok", "okay", "certo", "beleza", "blz", "sim", "entao", "ja", "eu", "agora", "yes", "right", "well", "just",
    "already",
];

/// Words that a remark begins with.
pub const DONE: &[&str] = &[
    "obrigado",
    "obrigada",
    "valeu",
    "vlw",
    "brigado",
    "entendi",
    "entendido",
    "ciente",
    "feito",
    "pronto",
    "resolvido",
    "resolvi",
    "fiz",
    "consegui",
    "corrigi",
    "removi",
    "thanks",
    "thank",
    "thx",
    "done",
    "fixed",
    "noted",
    "looking",
    "checking",
    "working",
    "investigating",
    "resolved",
    "ill",
    "im",
    "weve",
    "ive",
];

pub const I_AM: &[&str] = &["estou", "to", "tou", "estamos", "tamo"];
/// What a person is doing about it; other verbs tell of a symptom, as in `estou recebendo 502`.
pub const DOING: &[&str] = &[
    "vendo",
    "olhando",
    "verificando",
    "indo",
    "nisso",
    "trabalhando",
    "cuidando",
    "analisando",
    "investigando",
    "reiniciando",
    "trocando",
    "ciente",
    "chegando",
    "conferindo",
];

pub const I_WILL: &[&str] = &["vou", "vamos", "irei"];
/// Not infinitives, after one of these.
pub const TO_DO: &[&str] = &["la", "ai", "ja"];

/// After `i`.
pub const I_DID: &[&str] = &[
    "restarted",
    "rebooted",
    "replaced",
    "changed",
    "fixed",
    "checked",
    "did",
    "will",
    "am",
    "see",
    "have",
    "opened",
    "called",
];
