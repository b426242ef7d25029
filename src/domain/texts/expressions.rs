//! Errors of CEL expressions.

use super::language::Language;
use crate::cel::limits::{
    BYTES_MAX, COMPREHENSIONS_MAX, DEPTH_MAX, ITEMS_MAX, LIST_MAX, NODES_MAX, PATTERN_MAX, SOURCE_MAX, STEPS_MAX,
};
use crate::cel::{CompileError, CostError, EvalError, ResultType, SyntaxError, SyntaxReason};

/// Why an expression is rejected.
pub fn compilation(language: Language, error: &CompileError) -> String {
    match error {
        CompileError::TooLong { bytes } => text!(
            language,
            "a expressão CEL tem {bytes} bytes; o máximo é {SOURCE_MAX}",
            "{bytes} bytes of CEL: at most {SOURCE_MAX}",
        ),
        CompileError::Syntax(error) => syntax(language, error),
        CompileError::UnknownName { name, item_available: true } => text!(
            language,
            "{name:?} não é um nome conhecido aqui: use probes, env, now ou item",
            "{name:?} is not known here: use probes, env, now or item",
        ),
        CompileError::UnknownName { name, item_available: false } => text!(
            language,
            "{name:?} não é um nome conhecido aqui: use probes, env ou now (item somente com forEach)",
            "{name:?} is not known here: use probes, env or now (item only with forEach)",
        ),
        CompileError::UnknownFunction(name) => {
            text!(language, "a função {name:?} não é conhecida", "function {name:?} is not known")
        }
        CompileError::WrongType { expected, actual } => {
            let expected = result_type(language, *expected);
            text!(language, "deve ser {expected}, mas é {actual}", "must be {expected}, is {actual}")
        }
        CompileError::TooCostly(error) => {
            let limit = cost(language, *error);
            text!(language, "o custo pode passar do limite: {limit}", "could cost too much: {limit}")
        }
    }
}

fn syntax(language: Language, error: &SyntaxError) -> String {
    let SyntaxError { line, column, reason } = error;
    let reason = syntax_reason(language, reason);
    text!(
        language,
        "o CEL não compila: linha {line}, coluna {column}: {reason}",
        "CEL does not compile: line {line}, column {column}: {reason}",
    )
}

fn syntax_reason(language: Language, reason: &SyntaxReason) -> String {
    match reason {
        SyntaxReason::Character(c) => text!(language, "caractere inesperado {c:?}", "unexpected character {c:?}"),
        SyntaxReason::Unexpected(found) => text!(language, "{found:?} inesperado", "unexpected {found:?}"),
        SyntaxReason::UnexpectedEnd => {
            text!(language, "a expressão termina antes do esperado", "the expression ends too early")
        }
        SyntaxReason::Expected { expected, found } if found.is_empty() => {
            text!(language, "falta {expected:?} no fim", "missing {expected:?} at the end")
        }
        SyntaxReason::Expected { expected, found } => {
            text!(language, "falta {expected:?} antes de {found:?}", "missing {expected:?} before {found:?}")
        }
        SyntaxReason::UnclosedText => {
            text!(language, "texto sem as aspas finais", "string without its closing quotes")
        }
        SyntaxReason::Escape(sequence) => {
            text!(language, "sequência de escape inválida: {sequence}", "invalid escape sequence: {sequence}")
        }
        SyntaxReason::Number(number) => {
            text!(language, "número fora do intervalo: {number}", "number out of range: {number}")
        }
        SyntaxReason::ReservedWord(word) => {
            text!(language, "{word:?} é uma palavra reservada", "{word:?} is a reserved word")
        }
        SyntaxReason::NotSupported(syntax) => {
            text!(language, "a sintaxe {syntax} não é aceita", "the syntax {syntax} is not supported")
        }
        SyntaxReason::NotAField => {
            text!(language, "o argumento deve ser um campo, como a.b", "the argument must be a field, such as a.b")
        }
        SyntaxReason::MacroArgument(name) => text!(
            language,
            "o primeiro argumento de {name}() deve ser um nome",
            "the first argument of {name}() must be a name",
        ),
    }
}

fn cost(language: Language, error: CostError) -> String {
    match error {
        CostError::NestedTooDeep => {
            text!(language, "mais de {DEPTH_MAX} níveis de aninhamento", "nested deeper than {DEPTH_MAX} levels")
        }
        CostError::TooManyNodes => {
            text!(language, "mais de {NODES_MAX} elementos", "more than {NODES_MAX} syntax elements")
        }
        CostError::TooManyComprehensions => text!(
            language,
            "mais de {COMPREHENSIONS_MAX} níveis de all, exists, map e filter aninhados",
            "more than {COMPREHENSIONS_MAX} nested levels of all, exists, map and filter",
        ),
        CostError::UnboundedRange => text!(
            language,
            "all, exists, map e filter só percorrem leituras, literais, split(), findAll() e ordenações deles",
            "all, exists, map and filter iterate only over readings, literals, split(), findAll() and sorts of them",
        ),
        CostError::PatternTooLarge => pattern_too_large(language),
    }
}

fn pattern_too_large(language: Language) -> String {
    text!(
        language,
        "expressão regular com mais de {PATTERN_MAX} bytes, ou grande demais ao ser compilada",
        "a regular expression has more than {PATTERN_MAX} bytes, or is too large when it is compiled",
    )
}

fn result_type(language: Language, expected: ResultType) -> String {
    match expected {
        ResultType::Bool => text!(language, "booleano", "boolean"),
        ResultType::Text => text!(language, "um texto", "a string"),
        ResultType::List => text!(language, "uma lista de textos ou números", "a list of strings or numbers"),
    }
}

/// Why an evaluation gives no value.
pub fn evaluation(language: Language, error: &EvalError) -> String {
    match error {
        EvalError::UnsetSetting(name) => {
            text!(language, "a configuração {name} não está definida", "setting {name} is not set")
        }
        EvalError::NoSuchKey(key) => text!(language, "chave inexistente: {key}", "no such key: {key}"),
        EvalError::NoSuchComputedKey => text!(language, "chave inexistente", "no such key"),
        EvalError::NoSuchIndex => text!(language, "índice inexistente", "no such index"),
        EvalError::NotJson(reason) => {
            text!(language, "o corpo lido não é JSON: {reason}", "the body that was read is not JSON: {reason}")
        }
        EvalError::NoFields { field, actual } => text!(
            language,
            "um valor do tipo {actual} não tem o campo {field}: o valor lido é de outro tipo",
            "{actual} has no field {field}: the value that was read is of another type",
        ),
        EvalError::Operands { operator, left, right } => text!(
            language,
            "{operator} não se aplica a {left} e {right}: o valor lido é de outro tipo",
            "{operator} does not apply to {left} and {right}: the value that was read is of another type",
        ),
        EvalError::TypeMismatch { actual, expected } => {
            let expected = alternatives(language, expected);
            text!(
                language,
                "{actual} onde se espera {expected}: o valor lido é de outro tipo",
                "{actual} where {expected} is expected: the value that was read is of another type",
            )
        }
        EvalError::DuplicateMapKey => text!(language, "chave repetida em um mapa", "duplicate key in a map"),
        EvalError::Function(name) => text!(
            language,
            "a função {name}() não aceita o valor lido",
            "{name}() does not accept the value that was read"
        ),
        EvalError::DivisionByZero => text!(language, "divisão por zero", "division by zero"),
        EvalError::OutOfRange(operator) => {
            text!(language, "{operator}: resultado fora do intervalo", "{operator}: the result is out of range")
        }
        EvalError::UnknownName(name) => text!(language, "nome desconhecido: {name}", "unknown name: {name}"),
        EvalError::TooManySteps => {
            text!(
                language,
                "custo acima do limite: mais de {STEPS_MAX} passos",
                "costs too much: more than {STEPS_MAX} steps"
            )
        }
        EvalError::TooManyStepsInRun(limit) => text!(
            language,
            "custo acima do limite: as expressões do cenário usam juntas mais de {limit} passos por execução",
            "costs too much: the expressions of the Scenario take more than {limit} steps together in one run",
        ),
        EvalError::TooManyBytes => text!(
            language,
            "custo acima do limite: ocupa mais de {BYTES_MAX} bytes",
            "costs too much: allocates more than {BYTES_MAX} bytes"
        ),
        EvalError::PatternTooLarge => {
            let limit = pattern_too_large(language);
            text!(language, "custo acima do limite: {limit}", "costs too much: {limit}")
        }
        EvalError::WrongResultType { expected, actual } => {
            let expected = result_type(language, *expected);
            text!(language, "o resultado é {actual}, e não {expected}", "the result is {actual}, not {expected}")
        }
        EvalError::TooManyItems(count) => {
            text!(language, "a lista tem {count} itens; o máximo é {ITEMS_MAX}", "{count} items: at most {ITEMS_MAX}")
        }
        EvalError::LongList { probe, length } => text!(
            language,
            "a sonda {probe} leu uma lista de {length} itens; as verificações percorrem no máximo {LIST_MAX}",
            "probe {probe} has a list of {length} items: checks iterate over at most {LIST_MAX}",
        ),
        EvalError::Panicked => text!(language, "erro interno na avaliação", "internal error in the evaluation"),
    }
}

/// A list of alternatives: `int ou double`, `int or double`.
fn alternatives(language: Language, items: &[&str]) -> String {
    items.join(&text!(language, " ou ", " or "))
}
