//! The daily digest.

use super::language::Language;

/// A section of the digest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Section {
    Open,
    Acknowledged,
    Flapping,
    Silenced,
    Unwatched,
}

/// The first line; `date` as people write it.
pub fn title(language: Language, date: &str) -> String {
    text!(language, "Resumo de {date}", "Digest of {date}")
}

/// The heading of a section.
pub fn heading(language: Language, section: Section, count: usize) -> String {
    match section {
        Section::Open => text!(language, "Abertas ({count})", "Open ({count})"),
        Section::Acknowledged => text!(
            language,
            "Reconhecidas há mais de 24 h e ainda abertas ({count})",
            "Acknowledged more than 24 h ago and still open ({count})",
        ),
        Section::Flapping => text!(language, "Instáveis ({count})", "Flapping ({count})"),
        Section::Silenced => text!(language, "Silenciadas ({count})", "Silenced ({count})"),
        Section::Unwatched => {
            text!(language, "Cenários sem monitoramento ({count})", "Scenarios not watched ({count})")
        }
    }
}

/// A section in the subject.
pub fn count(language: Language, section: Section, count: usize) -> String {
    match section {
        Section::Open => text!(language, "{count} em aberto", "{count} open"),
        Section::Acknowledged => text!(language, "{count} com reconhecimento antigo", "{count} acknowledged"),
        Section::Flapping => text!(language, "{count} em instabilidade", "{count} flapping"),
        Section::Silenced => text!(language, "{count} em silêncio", "{count} silenced"),
        Section::Unwatched => text!(language, "{count} sem monitoramento", "{count} not watched"),
    }
}

/// Since when, with how long ago that was.
pub fn since(language: Language, moment: &str) -> String {
    text!(language, "desde {moment}", "since {moment}")
}

/// By whom a Finding was acknowledged or silenced.
pub fn by(language: Language, section: Section, person: &str, note: Option<&str>) -> String {
    let note = note.map(|note| format!(": {note}")).unwrap_or_default();
    match section {
        Section::Silenced => text!(language, "silêncio de {person}{note}", "silenced by {person}{note}"),
        _ => text!(language, "reconhecida por {person}{note}", "acknowledged by {person}{note}"),
    }
}

/// Further lines of a section.
pub fn not_listed(language: Language, count: usize) -> String {
    text!(language, "e mais {count}", "and {count} more")
}

/// Who sends the digest.
pub fn from(language: Language) -> String {
    text!(
        language,
        "Este resumo é enviado por Maestro uma vez por dia; sem nada a relatar, não é enviado.",
        "Maestro sends this digest once a day; it is not sent if there is nothing to report.",
    )
}
