//! Errors of CEL expressions.

use super::language::Language;
use crate::cel::limits::{
    BYTES_MAX, COMPREHENSIONS_MAX, DEPTH_MAX, ITEMS_MAX, LIST_MAX, NODES_MAX, PATTERN_MAX, SOURCE_MAX, STEPS_MAX,
};
use crate::cel::{CompileError, CostError, EvalError, Place, ResultType, SyntaxError, SyntaxReason};

/// Functions of Kubernetes that checks do not have.
const LEFT_OUT: [&str; 16] = [
    "byte",
    "date",
    "datetime",
    "dns1035Label",
    "dns1035LabelPrefix",
    "dns1123Label",
    "dns1123LabelPrefix",
    "dns1123Subdomain",
    "dns1123SubdomainPrefix",
    "escapeKey",
    "labelValue",
    "named",
    "qualifiedName",
    "uri",
    "uuid",
    "validate",
];

/// Why an expression is rejected, and where.
pub fn compilation(language: Language, error: &CompileError) -> String {
    match error {
        CompileError::TooLong { bytes } => text!(
            language,
            "a expressão CEL tem {bytes} bytes; o máximo é {SOURCE_MAX}",
            "{bytes} bytes of CEL: at most {SOURCE_MAX}",
        ),
        CompileError::Syntax(error) => syntax(language, error),
        CompileError::WrongType { expected, actual } => {
            let expected = result_type(language, *expected);
            text!(language, "deve ser {expected}, mas é {actual}", "must be {expected}, is {actual}")
        }
        CompileError::TooCostly(error) => {
            let limit = cost(language, *error);
            text!(language, "o custo pode passar do limite: {limit}", "could cost too much: {limit}")
        }
        CompileError::UnknownName { name, item_available: true, place } => at(
            language,
            *place,
            text!(
                language,
                "{name:?} não é um nome conhecido aqui: use probes, env, now ou item",
                "{name:?} is not known here: use probes, env, now or item",
            ),
        ),
        CompileError::UnknownName { name, item_available: false, place } => at(
            language,
            *place,
            text!(
                language,
                "{name:?} não é um nome conhecido aqui: use probes, env ou now (item somente com forEach)",
                "{name:?} is not known here: use probes, env or now (item only with forEach)",
            ),
        ),
        CompileError::UnknownFunction { name, place } if LEFT_OUT.contains(&name.as_str()) => at(
            language,
            *place,
            text!(
                language,
                "a função {name:?} existe no Kubernetes, mas não é aceita em verificações",
                "function {name:?} exists in Kubernetes, but is left out of checks",
            ),
        ),
        CompileError::UnknownFunction { name, place } => {
            at(language, *place, text!(language, "a função {name:?} não é conhecida", "function {name:?} is not known"))
        }
        CompileError::PatternTooLarge { place } => at(language, *place, pattern_too_large(language)),
        other => typing(language, other),
    }
}

/// A message with the place that it is about.
pub(super) fn at(language: Language, Place { line, column }: Place, message: String) -> String {
    text!(language, "{message} (linha {line}, coluna {column})", "{message} (line {line}, column {column})")
}

/// Why a part of an expression cannot give a value.
fn typing(language: Language, error: &CompileError) -> String {
    match error {
        CompileError::Operands { operator, left, right, place } => {
            let hint = operands_hint(language, operator, left, right);
            at(
                language,
                *place,
                text!(
                    language,
                    "{operator} não se aplica a {left} e {right}{hint}",
                    "{operator} does not apply to {left} and {right}{hint}",
                ),
            )
        }
        CompileError::Expected { expected, actual, place } => at(
            language,
            *place,
            text!(language, "{actual} onde se espera {expected}", "{actual} where {expected} is expected",),
        ),
        CompileError::Arguments { function, actual, accepted, place } => {
            let (actual, accepted) = (actual.join(", "), alternatives(language, accepted));
            at(
                language,
                *place,
                text!(
                    language,
                    "{function}() não aceita ({actual}): use {accepted}",
                    "{function}() does not accept ({actual}): use {accepted}",
                ),
            )
        }
        CompileError::NoSuchField { field, available, place } => {
            let available = available.join(", ");
            at(
                language,
                *place,
                text!(
                    language,
                    "o campo {field} não existe aqui: use {available}",
                    "there is no field {field} here: use {available}",
                ),
            )
        }
        CompileError::NoFields { field, actual, place } => at(
            language,
            *place,
            text!(language, "um valor do tipo {actual} não tem o campo {field}", "{actual} has no field {field}",),
        ),
        CompileError::Literal { function, text, place } => {
            let right = accepted_text(language, function);
            at(
                language,
                *place,
                text!(
                    language,
                    "{function}() não aceita {text:?}: {right}",
                    "{function}() does not accept {text:?}: {right}",
                ),
            )
        }
        // `compilation` has the others.
        _ => String::new(),
    }
}

/// How to write what was probably meant.
fn operands_hint(language: Language, operator: &str, left: &str, right: &str) -> String {
    let is_number = |t: &str| matches!(t, "int" | "uint" | "double");
    match (operator, left, right) {
        ("+", "string", _) | ("+", _, "string") => {
            text!(language, ": converta o outro valor com string()", ": convert the other value with string()",)
        }
        (_, left, right) if is_number(left) && is_number(right) => text!(
            language,
            ": converta um dos dois com int(), uint() ou double()",
            ": convert one of them with int(), uint() or double()",
        ),
        (_, "timestamp", "string") | (_, "string", "timestamp") => {
            text!(language, ": leia o texto com time()", ": read the text with time()")
        }
        ("==" | "!=", _, _) => text!(
            language,
            ": valores destes tipos nunca são iguais; escreva os dois no mesmo tipo, como 200 e não \"200\"",
            ": values of these types are never equal; write both in one type, such as 200 and not \"200\"",
        ),
        ("in", _, "list") => text!(
            language,
            ": os itens são de outro tipo; escreva-os no mesmo tipo, como 200 e não \"200\"",
            ": the items are of another type; write them in the same one, such as 200 and not \"200\"",
        ),
        _ => String::new(),
    }
}

/// What the function accepts.
fn accepted_text(language: Language, function: &str) -> String {
    match function {
        "matches" | "find" | "findAll" => text!(
            language,
            "use uma expressão regular na sintaxe RE2, como \"^a[0-9]+$\"",
            "use a regular expression in the syntax of RE2, such as \"^a[0-9]+$\"",
        ),
        "format" => text!(
            language,
            "use %s, %d, %f, %e, %x, %X, %o ou %b para cada valor da lista, e %% para o sinal",
            "use %s, %d, %f, %e, %x, %X, %o or %b for each value of the list, and %% for the sign",
        ),
        "duration" => text!(
            language,
            "use horas, minutos e segundos, como \"336h\" ou \"1h30m\"",
            "use hours, minutes and seconds, such as \"336h\" or \"1h30m\"",
        ),
        "timestamp" => text!(
            language,
            "use RFC 3339, como \"2026-11-23T12:00:00Z\"; time() aceita outros formatos",
            "use RFC 3339, such as \"2026-11-23T12:00:00Z\"; time() accepts other formats",
        ),
        "time" | "daysUntil" => text!(
            language,
            "use ISO 8601, como \"2026-11-23 12:00:00\", ou segundos Unix",
            "use ISO 8601, such as \"2026-11-23 12:00:00\", or Unix seconds",
        ),
        "int" | "uint" | "double" => text!(language, "use um número, como \"42\"", "use a number, such as \"42\""),
        "bool" => text!(language, "use \"true\" ou \"false\"", "use \"true\" or \"false\""),
        "ip" => text!(language, "use um endereço, como \"192.0.2.1\"", "use an address, such as \"192.0.2.1\""),
        "cidr" => text!(language, "use uma rede, como \"192.0.2.0/24\"", "use a network, such as \"192.0.2.0/24\""),
        "quantity" => text!(
            language,
            "use uma quantidade, como \"1500m\" ou \"2Gi\"",
            "use a quantity, such as \"1500m\" or \"2Gi\""
        ),
        "semver" => text!(
            language,
            "use três números, como \"1.2.3\"; semver(x, true) aceita \"v1.2\"",
            "use three numbers, such as \"1.2.3\"; semver(x, true) accepts \"v1.2\"",
        ),
        _ => text!(
            language,
            "use um endereço completo, como \"https://example.com/\"",
            "use an absolute address, such as \"https://example.com/\"",
        ),
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
        CostError::TooManyLiterals => text!(
            language,
            "os literais custam mais de {STEPS_MAX} passos para serem lidos",
            "its literals cost more than {STEPS_MAX} steps to read",
        ),
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
        ResultType::Any => text!(language, "qualquer valor", "any value"),
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
fn alternatives<T: AsRef<str>>(language: Language, items: &[T]) -> String {
    let items: Vec<&str> = items.iter().map(AsRef::as_ref).collect();
    items.join(&text!(language, " ou ", " or "))
}
