//! Why a target was not read.

mod sqlite;

use super::expressions::evaluation;
use super::language::Language;
use super::validation::field;

use crate::api::HOSTS_ANNOTATION;
use crate::cel::EvalError;
use crate::domain::detail::{
    AddressCause, Cause, ConfigurationCause, Detail, DnsCause, HttpCause, MemoryCause, TlsCause,
};
use crate::domain::reading::{ErrorKind, ReadError};

/// The message of a probe whose target was not read. `target` is its scheme, host and port, its file, or the probe's name.
pub fn unread(language: Language, target: &str, error: &ReadError) -> String {
    let Detail { subject, cause } = &*error.detail;
    let reason = self::cause(language, cause);
    // The target is not repeated.
    let reason =
        if subject.is_empty() || subject.starts_with(target) { reason } else { format!("{subject}: {reason}") };
    match (predicate(language, error.kind), cause) {
        (_, Cause::Http(HttpCause::CredentialRejected { .. })) => format!("{target} {}", self::cause(language, cause)),
        (_, Cause::Http(HttpCause::InvalidHeader { .. } | HttpCause::UnsupportedScheme)) | (None, _) => {
            format!("{target}: {reason}")
        }
        (_, cause) if error.kind == ErrorKind::Timeout && !matches!(cause, Cause::Foreign(_)) => {
            text!(language, "{target} não respondeu: {reason}", "{target} did not answer: {reason}")
        }
        (Some(predicate), Cause::Foreign(_)) if is_complete(error.kind) => {
            format!("{target} {predicate}")
        }
        (Some(predicate), _) => format!("{target} {predicate}: {reason}"),
    }
}

/// The detail of a reading, as in the evidence: what was read, and the cause.
pub fn detail(language: Language, detail: &Detail) -> String {
    let cause = cause(language, &detail.cause);
    if detail.subject.is_empty() { cause } else { format!("{}: {cause}", detail.subject) }
}

/// What the target did, for the kinds where the cause does not say it.
fn predicate(language: Language, kind: ErrorKind) -> Option<String> {
    Some(match kind {
        ErrorKind::Refused => text!(language, "recusou a conexão", "refused the connection"),
        ErrorKind::Timeout => text!(language, "não respondeu a tempo", "did not answer in time"),
        ErrorKind::Reset => text!(
            language,
            "encerrou a conexão antes de responder por completo",
            "closed the connection before the answer was complete"
        ),
        ErrorKind::Unreachable => text!(language, "está inacessível", "is unreachable"),
        ErrorKind::Tls => text!(language, "não tem TLS válido", "has no valid TLS"),
        ErrorKind::TooLarge => text!(language, "respondeu mais do que o permitido", "answered more than is allowed"),
        ErrorKind::Protocol => {
            text!(language, "respondeu fora do protocolo", "gave an answer that does not follow the protocol")
        }
        ErrorKind::Query => text!(language, "rejeitou a consulta", "rejected the query"),
        ErrorKind::Network => text!(
            language,
            "não pôde ser lido por uma falha de rede do lado do agentic-ops",
            "could not be read because of a network failure on the side of agentic-ops",
        ),
        ErrorKind::Unreadable | ErrorKind::Memory => text!(language, "não pôde ser lido", "could not be read"),
        ErrorKind::Credential => text!(language, "recusou a credencial", "rejected the credential"),
        ErrorKind::Dns
        | ErrorKind::Redirects
        | ErrorKind::Forbidden
        | ErrorKind::UnsetSetting
        | ErrorKind::MissingSecret => return None,
    })
}

/// Kinds whose predicate says as much as the operating system's message.
fn is_complete(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::Refused | ErrorKind::Timeout | ErrorKind::Reset | ErrorKind::Unreachable)
}

fn cause(language: Language, cause: &Cause) -> String {
    match cause {
        Cause::Foreign(message) => message.clone(),
        Cause::TimedOut(timeout) => {
            let timeout = language.seconds(*timeout);
            text!(language, "tempo esgotado após {timeout}", "timeout after {timeout}")
        }
        Cause::Internal => {
            text!(language, "erro interno: consulte o log", "internal error: see the log")
        }
        Cause::Address(cause) => address(language, cause),
        Cause::Dns(cause) => dns(language, cause),
        Cause::Http(cause) => http(language, cause),
        Cause::Tls(cause) => tls(language, cause),
        Cause::Sqlite(cause) => sqlite::cause(language, cause),
        Cause::Configuration(cause) => configuration(language, cause),
        Cause::Memory(cause) => memory(language, cause),
    }
}

fn address(language: Language, cause: &AddressCause) -> String {
    match cause {
        AddressCause::Forbidden { host, ip } => text!(
            language,
            "{host}: {ip} é um endereço link-local ou de metadados, que as sondas não podem ler",
            "{host}: {ip} is a link-local or metadata address, which probes may not read",
        ),
        AddressCause::Denied { host, ip } => text!(
            language,
            "{host}: {ip} está numa rede que AGENTIC_DENY_NETWORKS proíbe",
            "{host}: {ip} is in a network that AGENTIC_DENY_NETWORKS denies",
        ),
        AddressCause::NoSuchName { host } => no_such_name(language, host),
        AddressCause::NoAddress { host } => {
            text!(language, "o nome {host} não tem endereço no DNS", "the name {host} has no address in the DNS")
        }
        AddressCause::NotAHostName { host, reason } => {
            text!(language, "{host:?} não é um nome de host: {reason}", "{host:?} is not a host name: {reason}")
        }
        AddressCause::ResolverError { host, code } => text!(
            language,
            "o servidor DNS do sistema respondeu {code} à consulta de {host}",
            "the system's resolver answered {code} for {host}",
        ),
        AddressCause::ResolverSilent { host, reason } => text!(
            language,
            "o servidor DNS do sistema não respondeu à consulta de {host}: {reason}",
            "the system's resolver gave no answer for {host}: {reason}",
        ),
        AddressCause::ResolverTimedOut(timeout) => {
            let timeout = language.seconds(*timeout);
            text!(
                language,
                "o servidor DNS do sistema não respondeu em {timeout}",
                "the system's resolver did not answer within {timeout}",
            )
        }
        AddressCause::NoResolver { reason } => text!(
            language,
            "o DNS do sistema não pôde ser usado: {reason}",
            "the system's resolver is not usable: {reason}"
        ),
    }
}

fn no_such_name(language: Language, name: &str) -> String {
    text!(language, "o nome {name} não existe no DNS (NXDOMAIN)", "no such name in the DNS: {name} (NXDOMAIN)")
}

fn dns(language: Language, cause: &DnsCause) -> String {
    let server = |server: &Option<String>| match server {
        Some(server) => text!(language, "o servidor DNS {server}", "DNS server {server}"),
        None => text!(language, "o servidor DNS do sistema", "the system's resolver"),
    };
    match cause {
        DnsCause::NotAName { name, reason } => {
            text!(language, "{name:?} não é um nome: {reason}", "{name:?} is not a name: {reason}")
        }
        DnsCause::NoSuchName { name, server: None } => no_such_name(language, name),
        DnsCause::NoSuchName { name, server: Some(server) } => text!(
            language,
            "o nome {name} não existe no DNS (NXDOMAIN, segundo {server})",
            "no such name in the DNS: {name} (NXDOMAIN, from {server})",
        ),
        DnsCause::ErrorCode { name, server: from, code } => {
            let server = server(from);
            text!(language, "{server} respondeu {code} à consulta de {name}", "{server} answered {code} for {name}")
        }
        DnsCause::Silent { name, server: from, reason } => {
            let server = server(from);
            text!(
                language,
                "{server} não respondeu à consulta de {name}: {reason}",
                "{server} gave no answer for {name}: {reason}",
            )
        }
        DnsCause::Refused { name, server } => text!(
            language,
            "o servidor DNS {server} recusou a consulta de {name}",
            "DNS server {server} refused the query for {name}",
        ),
        DnsCause::ServerTimedOut(timeout) => {
            let timeout = language.seconds(*timeout);
            text!(
                language,
                "o servidor DNS não respondeu em {timeout}",
                "the DNS server did not answer within {timeout}",
            )
        }
    }
}

fn http(language: Language, cause: &HttpCause) -> String {
    match cause {
        HttpCause::RedirectLoop => {
            text!(language, "os redirecionamentos formam um ciclo", "the redirects form a loop")
        }
        HttpCause::TooManyRedirects { max } => {
            text!(language, "mais de {max} redirecionamentos", "more than {max} redirects")
        }
        HttpCause::RedirectToNoUrl => {
            text!(language, "redireciona para algo que não é uma URL", "redirects to no valid URL")
        }
        HttpCause::RedirectToOtherScheme => text!(
            language,
            "redireciona para um endereço que não é http nem https",
            "redirects to neither http nor https"
        ),
        HttpCause::UnsupportedScheme => {
            text!(language, "as sondas só usam http e https", "probes use only http and https")
        }
        HttpCause::InvalidHeader { name } => text!(
            language,
            "o cabeçalho {name:?} tem caracteres não permitidos",
            "header {name:?} has characters that are not allowed",
        ),
        HttpCause::CredentialRejected { status } => {
            text!(language, "recusou a credencial (HTTP {status})", "rejected the credential (HTTP {status})")
        }
        HttpCause::HeadersTooLarge { bytes, max } => {
            text!(language, "{bytes} bytes de cabeçalhos; o máximo é {max}", "{bytes} bytes of headers: at most {max}",)
        }
        HttpCause::BodyTooLarge { max } => {
            text!(language, "o corpo tem mais de {max} bytes", "the body is larger than {max} bytes")
        }
    }
}

fn memory(language: Language, cause: &MemoryCause) -> String {
    match cause {
        MemoryCause::Full { max } => text!(
            language,
            "outras leituras ocupam a memória para leituras (AGENTIC_READINGS_BYTES, {max} bytes)",
            "other readings take up the memory for readings (AGENTIC_READINGS_BYTES, {max} bytes)",
        ),
        MemoryCause::TooMuchJson { bytes, max } => text!(
            language,
            "o JSON ocuparia {bytes} bytes de memória; um cenário pode ocupar {max} (metade de AGENTIC_READINGS_BYTES)",
            "the JSON would take {bytes} bytes of memory: a Scenario may take {max} (half of AGENTIC_READINGS_BYTES)",
        ),
    }
}

fn tls(language: Language, cause: &TlsCause) -> String {
    match cause {
        TlsCause::NotAServerName(name) => {
            text!(language, "{name:?} não é um nome de servidor", "{name:?} is not a server name")
        }
        TlsCause::Expired { at: None } => text!(language, "o certificado expirou", "the certificate has expired"),
        TlsCause::Expired { at: Some(at) } => {
            text!(language, "o certificado expirou em {at}", "the certificate expired at {at}")
        }
        TlsCause::NotYetValid { from: None } => {
            text!(language, "o certificado ainda não é válido", "the certificate is not valid yet")
        }
        TlsCause::NotYetValid { from: Some(from) } => {
            text!(
                language,
                "o certificado só é válido a partir de {from}",
                "the certificate is not valid before {from}"
            )
        }
        TlsCause::UnknownIssuer => {
            text!(language, "o certificado é de um emissor desconhecido", "the certificate is from an unknown issuer")
        }
        TlsCause::WrongName => {
            text!(language, "o certificado é para outro nome", "the certificate is for another name")
        }
        TlsCause::NoNames { expected } => text!(
            language,
            "o certificado não tem nomes alternativos (SAN), só o nome comum, que não vale: não é para {expected}",
            "the certificate has no alternative names (SAN), only a common name, which does not count: it is not for {expected}",
        ),
        TlsCause::NotTls(message) => text!(
            language,
            "o servidor não respondeu em TLS: a porta é mesmo de TLS? ({message})",
            "the server did not answer in TLS: is this a port with TLS? ({message})",
        ),
        TlsCause::NoCommonVersion(message) => text!(
            language,
            "o servidor não aceita TLS 1.2 nem 1.3, as versões que o agentic-ops usa ({message})",
            "the server accepts neither TLS 1.2 nor 1.3, the versions that agentic-ops uses ({message})",
        ),
        TlsCause::NoCommonCipher(message) => text!(
            language,
            "o servidor recusou a negociação: o agentic-ops só usa ECDHE com AES-GCM ou ChaCha20-Poly1305 ({message})",
            "the server refused the handshake: agentic-ops uses only ECDHE with AES-GCM or ChaCha20-Poly1305 ({message})",
        ),
        TlsCause::WrongNames { expected, presented } => text!(
            language,
            "o certificado foi emitido para {presented}, e não para {expected}",
            "the certificate is not for {expected}, but for {presented}",
        ),
        TlsCause::Rejected(message) => {
            text!(language, "o certificado foi rejeitado: {message}", "the certificate was rejected: {message}")
        }
        TlsCause::NoCaCertificate => text!(
            language,
            "as CAs da sonda não contêm nenhum certificado em formato PEM",
            "the probe's own CA certificates contain no certificate in PEM form",
        ),
        TlsCause::InvalidCa(message) => text!(
            language,
            "as CAs da sonda não são válidas: {message}",
            "the probe's own CA certificates are not valid: {message}",
        ),
    }
}

fn configuration(language: Language, cause: &ConfigurationCause) -> String {
    match cause {
        ConfigurationCause::UnsetSetting(name) => evaluation(language, &EvalError::UnsetSetting(name.clone())),
        ConfigurationCause::Field(error) => field(language, error),
        ConfigurationCause::NoSecret { name } => {
            text!(language, "o Secret {name} não existe", "there is no Secret {name}")
        }
        ConfigurationCause::NoSecretKey { name, key } => {
            text!(language, "o Secret {name} não tem a chave {key}", "Secret {name} has no key {key}")
        }
        ConfigurationCause::SecretValue { name, key, error } => {
            let reason = field(language, error);
            text!(
                language,
                "o valor da chave {key} do Secret {name} não pode ser usado: {reason}",
                "the value of key {key} of Secret {name} cannot be used: {reason}",
            )
        }
        ConfigurationCause::SecretForbidden { name } => text!(
            language,
            "sem permissão para ler o Secret {name}: adicione-o ao valor probes.secrets do chart",
            "Secret {name} may not be read: add it to the chart's value probes.secrets",
        ),
        ConfigurationCause::HostNotAllowed { secret, key, host } => text!(
            language,
            "a chave {key} do Secret {secret} não pode ser enviada a {host}: a anotação {HOSTS_ANNOTATION} só permite outros hosts",
            "key {key} of Secret {secret} may not be sent to {host}: the annotation {HOSTS_ANNOTATION} allows other hosts only",
        ),
        ConfigurationCause::MalformedHosts { secret, entry } => text!(
            language,
            "a anotação {HOSTS_ANNOTATION} do Secret {secret} tem {entry:?}, que não é KEY=host:port",
            "the annotation {HOSTS_ANNOTATION} of Secret {secret} has {entry:?}, which is not KEY=host:port",
        ),
    }
}
