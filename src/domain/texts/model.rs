//! Why there is no answer of the local model, and the output of `agentic-ops advise --self-test`.

use super::language::Language;
use crate::domain::duration;
use crate::domain::model::{ANSWER_TOKENS, Measured, ModelFault, PROMPT_BYTES, Speed, Unfit, Verdict};
use std::time::Duration;

/// Why there is no answer of the model.
pub fn model_fault(language: Language, fault: &ModelFault) -> String {
    match fault {
        ModelFault::Away { error } => text!(
            language,
            "não há conexão com o servidor de modelos: {error}",
            "there is no connection to the model server: {error}",
        ),
        ModelFault::Missing { model } => text!(
            language,
            "o servidor não tem o modelo {model}; para instalar, execute nele: ollama pull {model}",
            "the server does not have the model {model}; to install it, run there: ollama pull {model}",
        ),
        ModelFault::Timeout { seconds } => text!(
            language,
            "nenhuma resposta completa em {seconds} s (AGENTIC_LLM_TIMEOUT)",
            "no complete answer within {seconds} s (AGENTIC_LLM_TIMEOUT)",
        ),
        ModelFault::Cut { reason } if reason == "length" => text!(
            language,
            "a resposta foi cortada no limite de tamanho",
            "the answer was cut off at the limit of its length",
        ),
        ModelFault::Cut { reason } => {
            text!(language, "a resposta está incompleta ({reason})", "the answer is incomplete ({reason})")
        }
        ModelFault::Empty => text!(language, "a resposta está vazia", "the answer is empty"),
        ModelFault::TooLong => text!(language, "a resposta é longa demais", "the answer is too long"),
        ModelFault::Malformed { error } => text!(
            language,
            "a resposta do servidor não foi entendida: {error}",
            "the answer of the server was not understood: {error}",
        ),
        ModelFault::Unfit(unfit) => text!(
            language,
            "a resposta do servidor não foi entendida: {}",
            "the answer of the server was not understood: {}",
            self::unfit(language, *unfit),
        ),
        ModelFault::Silent { seconds } => text!(
            language,
            "o servidor de modelos não respondeu em {seconds} s",
            "the model server did not answer within {seconds} s",
        ),
        ModelFault::Redirect { status } => text!(
            language,
            "HTTP {status}: redirecionamentos não são seguidos; configure o endereço final em OLLAMA_BASE_URL",
            "HTTP {status}: redirects are not followed; OLLAMA_BASE_URL needs the final address",
        ),
        ModelFault::Refused { status, error } => text!(
            language,
            "o servidor de modelos respondeu HTTP {status}: {error}",
            "the model server answered HTTP {status}: {error}",
        ),
        ModelFault::Failed { error } => {
            text!(language, "o servidor de modelos falhou: {error}", "the model server failed: {error}")
        }
        ModelFault::Defect => text!(
            language,
            "houve uma falha no próprio agentic-ops (veja o log)",
            "agentic-ops itself failed (see its log)",
        ),
    }
}

fn unfit(language: Language, unfit: Unfit) -> String {
    match unfit {
        Unfit::NoEnd => text!(language, "ela termina antes de “done”", "it ends before “done”"),
        Unfit::NotDone => text!(language, "“done” não é verdadeiro", "“done” is not true"),
        Unfit::Digest => text!(language, "uma versão ou um digest é inválido", "a version or digest is not valid"),
        Unfit::NoDurations => text!(language, "ela não diz quanto tempo levou", "it does not say how long it took"),
        Unfit::VectorCount => {
            text!(language, "não há um vetor para cada texto", "there is not one vector for each text")
        }
        Unfit::VectorLengths => text!(language, "os vetores têm tamanhos diferentes", "the vectors differ in length"),
        Unfit::Vector => text!(language, "um vetor não pode ser usado", "a vector can't be used"),
    }
}

/// There is no Finding to try a model on.
pub fn no_findings(language: Language) -> String {
    text!(language, "não há ocorrência nos arquivos", "there is no Finding in the files")
}

/// What came of trying a model: how many of how many, in seconds for an answer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TrialFigures {
    /// Findings with a grounded answer, of all.
    pub grounded: (u32, u32),
    /// Quotes that stand in the runbooks, of those given.
    pub surviving: (u32, u32),
    pub seconds: f64,
}

/// What came of trying a model on one Finding.
pub fn trial(language: Language, finding: &str, figures: &TrialFigures) -> String {
    let ((surviving, given), seconds) = (figures.surviving, figures.seconds);
    let grounded = match figures.grounded.0 {
        0 => text!(language, "sem fundamento", "not grounded"),
        _ => text!(language, "fundamentado", "grounded"),
    };
    text!(
        language,
        "{finding}: {grounded}, {surviving} de {given} citações existem nos runbooks, {seconds:.1} s",
        "{finding}: {grounded}, {surviving} of {given} quotes stand in the runbooks, {seconds:.1} s",
    )
}

/// What came of trying a model on all Findings.
pub fn trial_total(language: Language, figures: &TrialFigures) -> String {
    let percent = |(part, whole): (u32, u32)| match whole {
        0 => String::new(),
        _ => format!(" ({:.0} %)", 100.0 * f64::from(part) / f64::from(whole)),
    };
    let ((grounded, findings), (surviving, given)) = (figures.grounded, figures.surviving);
    let (share, precision) = (percent(figures.grounded), percent(figures.surviving));
    let seconds = figures.seconds;
    text!(
        language,
        "com fundamento: {grounded} de {findings}{share}; citações que existem nos runbooks: {surviving} de {given}{precision}; {seconds:.1} s por resposta",
        "grounded: {grounded} of {findings}{share}; quotes that stand in the runbooks: {surviving} of {given}{precision}; {seconds:.1} s for an answer",
    )
}

/// The local model is off, since this setting is off or has no value.
pub fn model_off(language: Language, setting: &str) -> String {
    text!(language, "o modelo local não é usado (configure {setting})", "the local model is not used (set {setting})")
}

/// A self-test begins, which takes a while.
pub fn self_test_begins(language: Language, model: &str, server: &str) -> String {
    text!(
        language,
        "Testando {model} em {server}; em um processador sem GPU, pode levar alguns minutos.",
        "Testing {model} at {server}; on a processor without a GPU this can take some minutes.",
    )
}

/// The rows of a self-test: what, and how much.
pub fn self_test_rows(language: Language, measured: &Measured, speed: &Speed) -> [(String, String); 4] {
    let rate = |rate: f64| match language {
        Language::Portuguese => format!("{rate:.1}").replace('.', ","),
        Language::English => format!("{rate:.1}"),
    };
    let (prompt, answer) = (rate(speed.prompt_rate), rate(speed.answer_rate));
    let (prompt_tokens, answer_tokens) = (measured.prompt_tokens, measured.answer_tokens);
    [
        (text!(language, "carga do modelo", "loading the model"), tenths(language, measured.load)),
        (
            text!(language, "leitura da pergunta", "evaluation of the prompt"),
            text!(
                language,
                "{prompt} tokens/s ({prompt_tokens} tokens medidos)",
                "{prompt} tokens/s ({prompt_tokens} tokens measured)",
            ),
        ),
        (
            text!(language, "escrita da resposta", "generation of the answer"),
            text!(
                language,
                "{answer} tokens/s ({answer_tokens} tokens medidos)",
                "{answer} tokens/s ({answer_tokens} tokens measured)",
            ),
        ),
        (
            text!(language, "chamada mais longa", "longest call"),
            text!(
                language,
                "{} (pergunta de {} bytes, resposta de {} tokens)",
                "{} (prompt of {} bytes, answer of {} tokens)",
                tenths(language, speed.longest),
                PROMPT_BYTES,
                ANSWER_TOKENS,
            ),
        ),
    ]
}

/// Whether the time limit can hold; `sufficient` is the least one that does.
pub fn self_test_verdict(language: Language, verdict: Verdict, timeout: Duration, sufficient: Duration) -> String {
    let (timeout, sufficient) = (duration::show(timeout), duration::show(sufficient));
    match verdict {
        Verdict::Holds => text!(
            language,
            "AGENTIC_LLM_TIMEOUT={timeout} é suficiente.",
            "AGENTIC_LLM_TIMEOUT={timeout} is sufficient.",
        ),
        Verdict::Tight => text!(
            language,
            "AGENTIC_LLM_TIMEOUT={timeout} é suficiente só enquanto a máquina não faz outra coisa; {sufficient} dá folga.",
            "AGENTIC_LLM_TIMEOUT={timeout} is sufficient only while the machine is otherwise idle; {sufficient} leaves a reserve.",
        ),
        Verdict::Exceeded => text!(
            language,
            "AGENTIC_LLM_TIMEOUT={timeout} não é suficiente: são necessários {sufficient}, ou um modelo menor.",
            "AGENTIC_LLM_TIMEOUT={timeout} is not sufficient: it needs {sufficient}, or a smaller model.",
        ),
    }
}

/// Seconds with one decimal.
fn tenths(language: Language, took: Duration) -> String {
    let seconds = format!("{:.1} s", took.as_secs_f64());
    if language == Language::Portuguese { seconds.replace('.', ",") } else { seconds }
}
