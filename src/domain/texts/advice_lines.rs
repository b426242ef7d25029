//! The words around checked advice of the model.

use super::language::Language;
use serde::Deserialize;

/// How sure the model says that it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum HowSure {
    Low,
    Medium,
    High,
}

/// The heading of the causes.
pub fn causes(language: Language) -> String {
    text!(language, "Causas prováveis:", "Likely causes:")
}

/// The heading of the steps.
pub fn steps(language: Language) -> String {
    text!(language, "Passos:", "Steps:")
}

/// How sure the model says that it is of a cause.
pub fn how_sure(language: Language, sure: HowSure) -> String {
    match sure {
        HowSure::Low => text!(language, "certeza baixa", "low confidence"),
        HowSure::Medium => text!(language, "certeza média", "medium confidence"),
        HowSure::High => text!(language, "certeza alta", "high confidence"),
    }
}

/// Where a line comes from.
pub fn source(language: Language, spec: &str, section: Option<&str>) -> String {
    match section {
        Some(section) => text!(language, "Runbook {spec} § {section}", "Runbook {spec} § {section}"),
        None => text!(language, "Runbook {spec}", "Runbook {spec}"),
    }
}

/// Where a line comes from, with what stands there.
pub fn quoted_source(language: Language, spec: &str, section: Option<&str>, quote: &str) -> String {
    format!("{}: “{quote}”", source(language, spec, section))
}

/// Stands before an answer about evidence that changed while the model was asked.
pub fn evidence_changed(language: Language) -> String {
    text!(
        language,
        "Atenção: as evidências mudaram depois desta resposta, que é sobre as anteriores.",
        "Note: the evidence changed after this answer, which is about the earlier one.",
    )
}
