//! Validation errors of a spec.

use super::expressions::compilation;
use super::language::Language;
use crate::api::{BLIND, OWN_SCENARIO, PROBES_LABEL};
use crate::domain::duration::show;
use crate::domain::probe_fields::{CertificatesError, FieldError, HeaderRule, QueryError, UrlFault};
use crate::domain::validate::{Problem, ValidationError};

/// `field: problem`.
pub fn validation(language: Language, error: &ValidationError) -> String {
    format!("{}: {}", error.field, problem(language, &error.problem))
}

/// Several errors, separated by semicolons.
pub fn validations(language: Language, errors: &[ValidationError]) -> String {
    errors.iter().map(|error| validation(language, error)).collect::<Vec<_>>().join("; ")
}

fn problem(language: Language, problem: &Problem) -> String {
    match problem {
        Problem::NotADuration { text } => text!(
            language,
            "{text:?} não é uma duração: use um formato como 300ms, 10s, 5m ou 1h30m",
            "{text:?} is not a duration: use a format such as 300ms, 10s, 5m or 1h30m",
        ),
        Problem::DurationOutOfRange { text, min, max } => {
            let (min, max) = (show(*min), show(*max));
            text!(language, "{text:?} não está entre {min} e {max}", "{text:?} is not between {min} and {max}")
        }
        Problem::Field(error) => field(language, error),
        Problem::Query(error) => query(language, error),
        Problem::Expression(error) => compilation(language, error),
        Problem::DuplicateName { name, first } => text!(
            language,
            "{name:?} já é o nome de {first}: os nomes de sondas e verificações devem ser únicos",
            "{name:?} is also the name of {first}: the names of probes and checks must be unique",
        ),
        Problem::ReservedName => text!(
            language,
            "{BLIND:?} é um nome reservado ao que não pode ser avaliado: escolha outro",
            "{BLIND:?} is reserved for what cannot be evaluated: choose another name",
        ),
        Problem::ReservedScenarioName => text!(
            language,
            "{OWN_SCENARIO:?} é um nome reservado às ocorrências sobre o próprio programa: escolha outro",
            "{OWN_SCENARIO:?} is reserved for Findings about the program itself: choose another name",
        ),
        Problem::UnknownProbe { name, available } => {
            let available = available.join(", ");
            text!(
                language,
                "nenhuma sonda se chama {name:?}; existem: {available}",
                "no probe is named {name:?}; there is: {available}",
            )
        }
        Problem::UnknownField { probe, field, available, place } => {
            let available = available.join(", ");
            let message = text!(
                language,
                "a leitura {probe} nunca tem o campo {field:?}: use {available}",
                "the reading {probe} never has a field {field:?}: use {available}",
            );
            super::expressions::at(language, *place, message)
        }
        Problem::UnknownRequirement { name } => {
            text!(language, "nenhuma sonda ou verificação se chama {name:?}", "no probe or check is named {name:?}")
        }
        Problem::RequirementCycle { checks } => {
            let checks = checks.join(", ");
            text!(language, "{checks}: requires forma um ciclo", "{checks} require one another in a cycle")
        }
        Problem::SelfDependency { name } => {
            text!(language, "{name:?} não pode depender de si mesmo", "{name:?} cannot depend on itself")
        }
        Problem::DependencyCycle { path } => {
            let path = path.join(" -> ");
            text!(language, "dependência circular: {path}", "dependency cycle: {path}")
        }
        Problem::SecretKeyNotOffered { secret, key, offered } => {
            secret_key_not_offered(language, secret, key, &offered.join(", "))
        }
        Problem::SecretNotOffered { name } => text!(
            language,
            "o Secret {name:?} não está liberado para as sondas: adicione a ele o label {PROBES_LABEL}=allowed",
            "Secret {name:?} is not offered to probes: label it {PROBES_LABEL}=allowed",
        ),
        Problem::CredentialInText { name } => text!(
            language,
            "{name} é uma credencial: use secretKeyRef em um cabeçalho, com essa chave do Secret agentic-ops",
            "{name} is a credential: use secretKeyRef in a header, with this key of Secret agentic-ops",
        ),
        Problem::FileNotOffered { path } => text!(
            language,
            "{path:?} não está liberado para as sondas: inclua-o em DESK_DB_PATH ou AGENTIC_SQLITE_PATHS e reinicie o agentic-ops",
            "{path:?} is not offered to probes: add it to DESK_DB_PATH or AGENTIC_SQLITE_PATHS and restart agentic-ops",
        ),
    }
}

fn secret_key_not_offered(language: Language, secret: &str, key: &str, offered: &str) -> String {
    text!(
        language,
        "a chave {key:?} do Secret {secret:?} não está liberada para as sondas: use uma de {offered} ou inclua-a em AGENTIC_PROBE_SECRET_KEYS e reinicie o agentic-ops",
        "key {key:?} of Secret {secret:?} is not offered to probes: use one of {offered}, or add it to AGENTIC_PROBE_SECRET_KEYS and restart agentic-ops",
    )
}

fn url_fault(language: Language, fault: UrlFault) -> String {
    match fault {
        UrlFault::Host => text!(language, "falta o servidor depois de //", "it has no host after //"),
        UrlFault::HostName => text!(language, "o nome do servidor não é válido", "the name of its host is not valid"),
        UrlFault::IpAddress => text!(language, "o endereço IP não é válido", "its IP address is not valid"),
        UrlFault::Port => {
            text!(language, "a porta não é um número de 1 a 65535", "its port is no number from 1 to 65535")
        }
    }
}

/// Why a field of a probe is not valid.
pub(super) fn field(language: Language, error: &FieldError) -> String {
    match error {
        FieldError::NotOneKind => text!(
            language,
            "é preciso definir exatamente um de http, sqlite, tcp, dns e tls",
            "exactly one of http, sqlite, tcp, dns, tls must be set",
        ),
        FieldError::NotAUrl { text, fault } => {
            let fault = fault.map(|fault| format!(": {}", url_fault(language, fault))).unwrap_or_default();
            text!(
                language,
                "{text:?} não é uma URL http ou https absoluta{fault}",
                "{text:?} is not an absolute http or https URL{fault}",
            )
        }
        FieldError::NotAnAddress { text } => text!(
            language,
            "{text:?} não é um endereço: use host:porta ou [v6]:porta",
            "{text:?} is not an address: use host:port or [v6]:port",
        ),
        FieldError::NotAHost { text } => text!(
            language,
            "{text:?} não é um host: use um endereço IP ou um nome com letras, dígitos, `-` e `_`, de até 253 caracteres, 63 entre dois pontos",
            "{text:?} is not a host: use an IP address or a name of letters, digits, `-` and `_`, of at most 253 characters, 63 between two dots",
        ),
        FieldError::NotADomainName { text } => text!(
            language,
            "{text:?} não é um nome do DNS: use um nome como loja.example, sem esquema, porta ou caminho",
            "{text:?} is not a name in the DNS: use a name such as shop.example, without scheme, port or path",
        ),
        FieldError::NotAServerName { text } => text!(
            language,
            "{text:?} não é um nome de servidor: use um nome ou endereço IP, sem porta e sem `*`",
            "{text:?} is not a server name: use a name or an IP address, without port and without `*`",
        ),
        FieldError::HeaderCharacters { header } => text!(
            language,
            "o valor do cabeçalho {header} tem uma quebra de linha ou outro caractere de controle",
            "the value of header {header} has a line break or another control character",
        ),
        FieldError::HeaderValue { header, rule } => header_value(language, header, *rule),
        FieldError::Certificates(error) => certificates(language, error),
        FieldError::MalformedTemplate { text } => text!(
            language,
            "{text:?} tem um `${{` sem `}}` ou sem um nome: use ${{NOME}}",
            "{text:?} has a `${{` without `}}` or without a name: use ${{NAME}}",
        ),
    }
}

fn header_value(language: Language, header: &str, rule: HeaderRule) -> String {
    match rule {
        HeaderRule::Authority => text!(
            language,
            "o valor do cabeçalho {header} não é um host: use host ou host:porta",
            "the value of header {header} is not a host: use host or host:port",
        ),
        HeaderRule::BodyLength => text!(
            language,
            "o valor do cabeçalho {header} não é o tamanho do corpo: omita o cabeçalho",
            "the value of header {header} is not the length of the body: leave the header out",
        ),
        HeaderRule::Absent => text!(
            language,
            "o cabeçalho {header} é definido pelo agentic-ops: omita o cabeçalho",
            "header {header} is set by agentic-ops: leave it out",
        ),
    }
}

fn certificates(language: Language, error: &CertificatesError) -> String {
    match error {
        CertificatesError::None => text!(
            language,
            "não há nenhum certificado em formato PEM (-----BEGIN CERTIFICATE-----)",
            "there is no certificate in PEM form (-----BEGIN CERTIFICATE-----)",
        ),
        CertificatesError::NotPem(message) => {
            text!(language, "não está em formato PEM: {message}", "is not in PEM form: {message}")
        }
        CertificatesError::NotACertificate(number) => text!(
            language,
            "o certificado número {number} não é um certificado X.509",
            "certificate number {number} is not an X.509 certificate",
        ),
    }
}

/// Why a statement is not run.
pub(super) fn query(language: Language, error: &QueryError) -> String {
    let allowed = || {
        text!(
            language,
            "só são permitidos SELECT, VALUES e WITH … SELECT",
            "only SELECT, VALUES and WITH … SELECT may be used"
        )
    };
    match error {
        QueryError::NoStatement => text!(language, "não há instrução SQL", "no statement"),
        QueryError::MoreThanOneStatement => text!(language, "mais de uma instrução SQL", "more than one statement"),
        QueryError::NotReading { word: None } => allowed(),
        QueryError::NotReading { word: Some(word) } => format!("{word}: {}", allowed()),
        QueryError::Writes => {
            let allowed = allowed();
            text!(language, "a consulta grava dados: {allowed}", "it writes: {allowed}")
        }
        QueryError::NulCharacter => text!(language, "contém um caractere NUL", "contains a NUL character"),
        QueryError::ParameterCount { expected: 1, given } => text!(
            language,
            "a consulta tem 1 parâmetro, e foram informados {given}",
            "the query has 1 parameter, and {given} are given",
        ),
        QueryError::ParameterCount { expected, given } => text!(
            language,
            "a consulta tem {expected} parâmetros, e foram informados {given}",
            "the query has {expected} parameters, and {given} are given",
        ),
        QueryError::UnclosedComment => text!(language, "comentário sem fim", "a comment without an end"),
        QueryError::UnclosedQuote(quote) => text!(language, "{quote} sem fechamento", "{quote} is not closed"),
        QueryError::Syntax(message) => text!(language, "erro de SQL: {message}", "SQL error: {message}"),
    }
}
