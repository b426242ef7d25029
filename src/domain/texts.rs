//! The catalogue of texts that people on duty read where a Scenario brings none of its own.

use super::reading::ErrorKind;

/// The language of those texts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Language {
    /// Brazilian Portuguese.
    #[default]
    Portuguese,
    English,
}

impl Language {
    /// `pt` or `en`, with or without a region.
    pub fn parse(text: &str) -> Option<Language> {
        match text.split(['-', '_']).next().unwrap_or_default().to_ascii_lowercase().as_str() {
            "pt" => Some(Language::Portuguese),
            "en" => Some(Language::English),
            _ => None,
        }
    }
}

/// The message of a probe whose target was not read.
pub fn unread(language: Language, target: &str, kind: ErrorKind, detail: &str) -> String {
    use ErrorKind::*;
    let what = match (language, kind) {
        (Language::Portuguese, Refused) => "recusou a conexão",
        (Language::Portuguese, Timeout) => "não respondeu a tempo",
        (Language::Portuguese, Reset) => "interrompeu a conexão",
        (Language::Portuguese, Unreachable) => "está inalcançável",
        (Language::Portuguese, Tls) => "não tem TLS válido",
        (Language::Portuguese, Dns) => "não tem nome no DNS",
        (Language::Portuguese, TooLarge) => "respondeu mais do que o permitido",
        (Language::Portuguese, Redirects) => "redireciona sem fim",
        (Language::Portuguese, Protocol) => "respondeu fora do protocolo",
        (Language::Portuguese, Query) => "recusou a consulta",
        (Language::Portuguese, Forbidden) => "tem um endereço que as sondas não podem ler",
        (Language::Portuguese, Network) => "não pôde ser lido: a rede deste vigia está fora do ar",
        (Language::Portuguese, Unreadable) => "não pôde ser aberto",
        (Language::Portuguese, Credential) => "recusou a credencial",
        (Language::Portuguese, UnsetSetting) => "depende de uma configuração sem valor",
        (Language::Portuguese, MissingSecret) => "depende de um segredo que falta",
        (Language::English, Refused) => "refused the connection",
        (Language::English, Timeout) => "did not answer in time",
        (Language::English, Reset) => "broke off the connection",
        (Language::English, Unreachable) => "is unreachable",
        (Language::English, Tls) => "has no valid TLS",
        (Language::English, Dns) => "has no name in the DNS",
        (Language::English, TooLarge) => "answered more than is allowed",
        (Language::English, Redirects) => "redirects without end",
        (Language::English, Protocol) => "answered outside the protocol",
        (Language::English, Query) => "refused the query",
        (Language::English, Forbidden) => "has an address that probes may not read",
        (Language::English, Network) => "could not be read: this watcher's own network is down",
        (Language::English, Unreadable) => "could not be opened",
        (Language::English, Credential) => "refused the credential",
        (Language::English, UnsetSetting) => "needs a setting that has no value",
        (Language::English, MissingSecret) => "needs a secret that is missing",
    };
    // Details begin with what was read, which is said already.
    let detail = match detail.split_once(": ") {
        Some((head, rest)) if head.starts_with(target) => rest,
        _ => detail,
    };
    if explains_itself(kind) { format!("{target} {what}") } else { format!("{target} {what}: {detail}") }
}

/// Kinds whose detail says no more than the kind does.
fn explains_itself(kind: ErrorKind) -> bool {
    use ErrorKind::*;
    matches!(kind, Refused | Timeout | Reset | Unreachable | Credential)
}

/// The message of a check that brings none, or whose own can't be made.
pub fn check_failed(language: Language, check: &str, key: &str) -> String {
    let subject = if key.is_empty() { check.to_string() } else { format!("{check} ({key})") };
    match language {
        Language::Portuguese => format!("A verificação {subject} falhou"),
        Language::English => format!("Check {subject} failed"),
    }
}

/// An item of `forEach` that is the empty text, at its place in the list.
pub fn item_without_name(language: Language, check: &str, at: usize) -> String {
    match language {
        Language::Portuguese => format!("{check}: o item {at} de forEach está vazio; cada item precisa de um nome"),
        Language::English => format!("{check}: item {at} of forEach is empty; each item needs a name"),
    }
}

/// The message of a check that says "given", and what it needs is not there.
pub fn not_given(language: Language, check: &str) -> String {
    match language {
        Language::Portuguese => format!("{check}: as leituras não permitem julgar"),
        Language::English => format!("{check}: the readings allow no judgement"),
    }
}

/// The message of the Finding `blind`.
pub fn blind(language: Language, reasons: &str) -> String {
    match language {
        Language::Portuguese => format!("Não é possível julgar: {reasons}"),
        Language::English => format!("Cannot be judged: {reasons}"),
    }
}

/// The titles of the Scenario's Findings are the Scenario's own; that of `blind` says so.
pub fn blind_title(language: Language, title: &str) -> String {
    match language {
        Language::Portuguese => format!("{title}: sem visibilidade"),
        Language::English => format!("{title}: blind"),
    }
}

/// Why a Finding was resolved.
pub fn resolved(language: Language, reason: super::transition::ResolveReason) -> &'static str {
    use super::transition::ResolveReason::*;
    match (language, reason) {
        (Language::Portuguese, Recovered) => "voltou ao normal",
        (Language::Portuguese, CheckRemoved) => "a verificação não existe mais no Scenario",
        (Language::Portuguese, ScenarioRemoved) => "o Scenario não existe mais",
        (Language::English, Recovered) => "whole again",
        (Language::English, CheckRemoved) => "the check is no longer in the Scenario",
        (Language::English, ScenarioRemoved) => "the Scenario is no longer there",
    }
}
