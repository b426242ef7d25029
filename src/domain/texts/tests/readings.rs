//! The texts of failed readings.

use super::*;
use crate::domain::detail::{
    AddressCause, Cause, ConfigurationCause, Detail, DnsCause, HttpCause, MemoryCause, SqliteCause, TlsCause,
};
use crate::domain::reading::{ErrorKind, ReadError};

fn address_and_dns_causes() -> Vec<Cause> {
    let second = Duration::from_secs(1);
    let addresses = samples!(AddressCause {
        AddressCause::Forbidden { .. } => AddressCause::Forbidden { host: s(), ip: "::1".parse().unwrap() },
        AddressCause::Denied { .. } => AddressCause::Denied { host: s(), ip: "::1".parse().unwrap() },
        AddressCause::NoSuchName { .. } => AddressCause::NoSuchName { host: s() },
        AddressCause::NoAddress { .. } => AddressCause::NoAddress { host: s() },
        AddressCause::NotAHostName { .. } => AddressCause::NotAHostName { host: s(), reason: s() },
        AddressCause::ResolverError { .. } => AddressCause::ResolverError { host: s(), code: s() },
        AddressCause::ResolverSilent { .. } => AddressCause::ResolverSilent { host: s(), reason: s() },
        AddressCause::ResolverTimedOut(_) => AddressCause::ResolverTimedOut(second),
        AddressCause::NoResolver { .. } => AddressCause::NoResolver { reason: s() },
    });
    let dns = samples!(DnsCause {
        DnsCause::NotAName { .. } => DnsCause::NotAName { name: s(), reason: s() },
        DnsCause::NoSuchName { server: None, .. } => DnsCause::NoSuchName { name: s(), server: None },
        DnsCause::NoSuchName { server: Some(_), .. } => DnsCause::NoSuchName { name: s(), server: Some(s()) },
        DnsCause::ErrorCode { server: None, .. } => DnsCause::ErrorCode { name: s(), server: None, code: s() },
        DnsCause::ErrorCode { server: Some(_), .. } =>
            DnsCause::ErrorCode { name: s(), server: Some(s()), code: s() },
        DnsCause::Silent { server: None, .. } => DnsCause::Silent { name: s(), server: None, reason: s() },
        DnsCause::Silent { server: Some(_), .. } =>
            DnsCause::Silent { name: s(), server: Some(s()), reason: s() },
        DnsCause::Refused { .. } => DnsCause::Refused { name: s(), server: s() },
        DnsCause::ServerTimedOut(_) => DnsCause::ServerTimedOut(second),
    });
    addresses.into_iter().map(Cause::Address).chain(dns.into_iter().map(Cause::Dns)).collect()
}

fn http_and_tls_causes() -> Vec<Cause> {
    let at = jiff::Timestamp::UNIX_EPOCH;
    let http = samples!(HttpCause {
        HttpCause::RedirectLoop => HttpCause::RedirectLoop,
        HttpCause::TooManyRedirects { .. } => HttpCause::TooManyRedirects { max: 5 },
        HttpCause::RedirectToNoUrl => HttpCause::RedirectToNoUrl,
        HttpCause::RedirectToOtherScheme => HttpCause::RedirectToOtherScheme,
        HttpCause::UnsupportedScheme => HttpCause::UnsupportedScheme,
        HttpCause::InvalidHeader { .. } => HttpCause::InvalidHeader { name: s() },
        HttpCause::CredentialRejected { .. } => HttpCause::CredentialRejected { status: 403 },
        HttpCause::HeadersTooLarge { .. } => HttpCause::HeadersTooLarge { bytes: 3, max: 2 },
        HttpCause::BodyTooLarge { .. } => HttpCause::BodyTooLarge { max: 2 },
    });
    let tls = samples!(TlsCause {
        TlsCause::NotAServerName(_) => TlsCause::NotAServerName(s()),
        TlsCause::Expired { at: None } => TlsCause::Expired { at: None },
        TlsCause::Expired { at: Some(_) } => TlsCause::Expired { at: Some(at) },
        TlsCause::NotYetValid { from: None } => TlsCause::NotYetValid { from: None },
        TlsCause::NotYetValid { from: Some(_) } => TlsCause::NotYetValid { from: Some(at) },
        TlsCause::UnknownIssuer => TlsCause::UnknownIssuer,
        TlsCause::WrongName => TlsCause::WrongName,
        TlsCause::NoNames { .. } => TlsCause::NoNames { expected: s() },
        TlsCause::NotTls(_) => TlsCause::NotTls(s()),
        TlsCause::NoCommonVersion(_) => TlsCause::NoCommonVersion(s()),
        TlsCause::NoCommonCipher(_) => TlsCause::NoCommonCipher(s()),
        TlsCause::WrongNames { .. } => TlsCause::WrongNames { expected: s(), presented: s() },
        TlsCause::Rejected(_) => TlsCause::Rejected(s()),
        TlsCause::NoCaCertificate => TlsCause::NoCaCertificate,
        TlsCause::InvalidCa(_) => TlsCause::InvalidCa(s()),
    });
    http.into_iter().map(Cause::Http).chain(tls.into_iter().map(Cause::Tls)).collect()
}

fn causes() -> Vec<Cause> {
    let second = Duration::from_secs(1);
    let mut all = samples!(Cause {
        Cause::Foreign(_) => Cause::Foreign(s()),
        Cause::TimedOut(_) => Cause::TimedOut(second),
        Cause::Internal => Cause::Internal,
        Cause::Address(_) => Cause::Address(AddressCause::NoSuchName { host: s() }),
        Cause::Dns(_) => Cause::Dns(DnsCause::ServerTimedOut(second)),
        Cause::Http(_) => Cause::Http(HttpCause::RedirectLoop),
        Cause::Tls(_) => Cause::Tls(TlsCause::UnknownIssuer),
        Cause::Sqlite(_) => Cause::Sqlite(SqliteCause::Locked(second)),
        Cause::Configuration(_) => Cause::Configuration(ConfigurationCause::NoSecret { name: s() }),
        Cause::Memory(_) => Cause::Memory(MemoryCause::Full { max: 2 }),
    });
    let sqlite = samples!(SqliteCause {
        SqliteCause::NotOffered => SqliteCause::NotOffered,
        SqliteCause::OwnFile => SqliteCause::OwnFile,
        SqliteCause::NotAFile => SqliteCause::NotAFile,
        SqliteCause::Replaced => SqliteCause::Replaced,
        SqliteCause::Query(_) => SqliteCause::Query(QueryError::Writes),
        SqliteCause::TooManyRows { .. } => SqliteCause::TooManyRows { max: 2 },
        SqliteCause::TooManyBytes { .. } => SqliteCause::TooManyBytes { max: 2 },
        SqliteCause::ParameterCount { .. } => SqliteCause::ParameterCount { expected: 1, given: 0 },
        SqliteCause::DuplicateColumn(_) => SqliteCause::DuplicateColumn(s()),
        SqliteCause::Locked(_) => SqliteCause::Locked(second),
        SqliteCause::LockedTooLong => SqliteCause::LockedTooLong,
        SqliteCause::QueryTooSlow(_) => SqliteCause::QueryTooSlow(second),
        SqliteCause::TimeLimit(_) => SqliteCause::TimeLimit(second),
        SqliteCause::OutOfMemory { .. } => SqliteCause::OutOfMemory { mib: 1 },
        SqliteCause::WorkerDied(_) => SqliteCause::WorkerDied(s()),
        SqliteCause::NoWorker(_) => SqliteCause::NoWorker(s()),
        SqliteCause::WalWithoutIndex => SqliteCause::WalWithoutIndex,
        SqliteCause::Changing => SqliteCause::Changing,
        SqliteCause::CannotOpen(_) => SqliteCause::CannotOpen(s()),
        SqliteCause::NotAuthorized(_) => SqliteCause::NotAuthorized(s()),
        SqliteCause::Queued(_) => SqliteCause::Queued(second),
    });
    let configuration = samples!(ConfigurationCause {
        ConfigurationCause::UnsetSetting(_) => ConfigurationCause::UnsetSetting(s()),
        ConfigurationCause::Field(_) => ConfigurationCause::Field(FieldError::NotOneKind),
        ConfigurationCause::SecretValue { .. } => ConfigurationCause::SecretValue { name: s(), key: s(), error: FieldError::NotOneKind },
        ConfigurationCause::NoSecret { .. } => ConfigurationCause::NoSecret { name: s() },
        ConfigurationCause::NoSecretKey { .. } => ConfigurationCause::NoSecretKey { name: s(), key: s() },
        ConfigurationCause::HostNotAllowed { .. } => ConfigurationCause::HostNotAllowed { secret: s(), key: s(), host: s() },
        ConfigurationCause::MalformedHosts { .. } => ConfigurationCause::MalformedHosts { secret: s(), entry: s() },
        ConfigurationCause::SecretForbidden { .. } => ConfigurationCause::SecretForbidden { name: s() },
    });
    let memory = samples!(MemoryCause {
        MemoryCause::Full { .. } => MemoryCause::Full { max: 2 },
        MemoryCause::TooMuchJson { .. } => MemoryCause::TooMuchJson { bytes: 3, max: 2 },
    });
    all.extend(memory.into_iter().map(Cause::Memory));
    all.extend(sqlite.into_iter().map(Cause::Sqlite));
    all.extend(configuration.into_iter().map(Cause::Configuration));
    all.extend(address_and_dns_causes());
    all.extend(http_and_tls_causes());
    all
}

fn kinds() -> Vec<ErrorKind> {
    samples!(ErrorKind {
        ErrorKind::Refused => ErrorKind::Refused,
        ErrorKind::Timeout => ErrorKind::Timeout,
        ErrorKind::Reset => ErrorKind::Reset,
        ErrorKind::Unreachable => ErrorKind::Unreachable,
        ErrorKind::Tls => ErrorKind::Tls,
        ErrorKind::Dns => ErrorKind::Dns,
        ErrorKind::TooLarge => ErrorKind::TooLarge,
        ErrorKind::Redirects => ErrorKind::Redirects,
        ErrorKind::Protocol => ErrorKind::Protocol,
        ErrorKind::Query => ErrorKind::Query,
        ErrorKind::Forbidden => ErrorKind::Forbidden,
        ErrorKind::Network => ErrorKind::Network,
        ErrorKind::Unreadable => ErrorKind::Unreadable,
        ErrorKind::Memory => ErrorKind::Memory,
        ErrorKind::Credential => ErrorKind::Credential,
        ErrorKind::UnsetSetting => ErrorKind::UnsetSetting,
        ErrorKind::MissingSecret => ErrorKind::MissingSecret,
    })
}

#[test]
fn causes_of_failed_readings_are_in_both_languages() {
    for cause in causes() {
        let name = format!("{cause:?}");
        if let Cause::Foreign(message) = &cause {
            assert_eq!(&detail(Language::Portuguese, &cause.clone().into()), message, "it is shown verbatim");
            continue;
        }
        check(&name, |language| detail(language, &cause.clone().into()));
        check(&name, |language| {
            let error = ReadError { kind: ErrorKind::Network, detail: Box::new(cause.clone().into()) };
            unread(language, "X2", &error)
        });
    }
    for kind in kinds() {
        // A foreign message is all that these kinds show besides the target.
        let detail = match kind {
            ErrorKind::Dns | ErrorKind::Redirects | ErrorKind::Forbidden => continue,
            ErrorKind::UnsetSetting | ErrorKind::MissingSecret => continue,
            _ => Detail::from(Cause::Foreign(s())),
        };
        check(kind.as_str(), |language| unread(language, "X2", &ReadError { kind, detail: Box::new(detail.clone()) }));
    }
}

#[test]
fn a_target_is_named_once_and_the_cause_is_precise() {
    let second = Duration::from_secs(10);
    let message = |target: &str, kind, subject: &str, cause: Cause| {
        unread(Language::Portuguese, target, &ReadError { kind, detail: Box::new(Detail::new(subject, cause)) })
    };
    let host = || "loja.example".to_string();
    let target = "http://loja.example:80";
    for (kind, subject, cause, expected) in [
        (
            ErrorKind::Refused,
            "http://loja.example:80/",
            Cause::Foreign(s()),
            "http://loja.example:80 recusou a conexão",
        ),
        (
            ErrorKind::Credential,
            "http://loja.example/health",
            HttpCause::CredentialRejected { status: 403 }.into(),
            "http://loja.example:80 recusou a credencial (HTTP 403)",
        ),
        (
            ErrorKind::Dns,
            "",
            AddressCause::NoSuchName { host: host() }.into(),
            "http://loja.example:80: o nome loja.example não existe no DNS (NXDOMAIN)",
        ),
        (
            ErrorKind::Dns,
            "",
            AddressCause::NoAddress { host: host() }.into(),
            "http://loja.example:80: o nome loja.example não tem endereço no DNS",
        ),
        (
            ErrorKind::Network,
            "",
            AddressCause::ResolverTimedOut(second).into(),
            "http://loja.example:80 não pôde ser lido por uma falha de rede do lado do agentic-ops: o servidor DNS do sistema não respondeu em 10 s",
        ),
        (
            ErrorKind::Timeout,
            "http://loja.example:80",
            Cause::TimedOut(second),
            "http://loja.example:80 não respondeu: tempo esgotado após 10 s",
        ),
        (
            ErrorKind::Timeout,
            "/d.db",
            SqliteCause::QueryTooSlow(Duration::from_millis(1500)).into(),
            "http://loja.example:80 não respondeu: /d.db: tempo esgotado após 1,5 s: a consulta demorou demais",
        ),
        (
            ErrorKind::Dns,
            "http://loja.example:80",
            DnsCause::ServerTimedOut(second).into(),
            "http://loja.example:80: o servidor DNS não respondeu em 10 s",
        ),
        (
            ErrorKind::Dns,
            "",
            DnsCause::ErrorCode { name: host(), server: Some("10.0.0.1:53".into()), code: "SERVFAIL".into() }.into(),
            "http://loja.example:80: o servidor DNS 10.0.0.1:53 respondeu SERVFAIL à consulta de loja.example",
        ),
        (
            ErrorKind::UnsetSetting,
            "",
            ConfigurationCause::UnsetSetting("DESK_API_URL".into()).into(),
            "http://loja.example:80: a configuração DESK_API_URL não está definida",
        ),
    ] {
        assert_eq!(message(target, kind, subject, cause), expected);
    }
}
