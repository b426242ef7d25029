//! What fixed a Finding, as a proposed addition to its runbook: Markdown to be reviewed by the maintainer of the runbook.

use crate::domain::notice::wording::one_line;
use crate::domain::texts::Language;
use crate::domain::texts::panel::{context as said, times};
use jiff::Timestamp;
use jiff::tz::TimeZone;

/// Longest line of a heading or a symptom, in characters.
const LINE_MAX: usize = 200;

/// What the addition is made of.
#[derive(Clone, Copy, Debug)]
pub struct Fixed<'a> {
    /// The runbook, and the section that applied.
    pub spec: &'a str,
    pub section: Option<&'a str>,
    /// Scenario, check and key.
    pub place: [&'a str; 3],
    /// The message with which the occurrence was opened.
    pub symptom: &'a str,
    pub opened_at: Option<Timestamp>,
    pub resolved_at: Option<Timestamp>,
    /// Who told what fixed it, and when.
    pub by: &'a str,
    pub at: Timestamp,
    pub text: &'a str,
}

/// The Markdown.
pub fn addition(language: Language, fixed: &Fixed<'_>, zone: &TimeZone) -> String {
    let symptom = one_line(fixed.symptom, LINE_MAX);
    let place: Vec<_> = fixed.place.into_iter().filter(|part| !part.is_empty()).collect();
    let exact = |at: Timestamp| times::exact(language, at, zone);
    let mut lines = vec![
        said::proposed(language, fixed.spec, fixed.section.map(|section| one_line(section, LINE_MAX)).as_deref()),
        String::new(),
        format!("### {symptom}"),
        String::new(),
        format!("- {}: {symptom} (`{}`)", said::symptom(language), one_line(&place.join(" / "), LINE_MAX)),
    ];
    if let Some((opened, resolved)) = fixed.opened_at.zip(fixed.resolved_at.filter(|at| Some(*at) >= fixed.opened_at)) {
        let span = times::span(language, resolved.duration_since(opened));
        lines.push(format!("- {}: {}, {span}", said::happened(language), exact(opened)));
    }
    lines.push(format!("- {} ({}, {}):", said::fixed(language), one_line(fixed.by, LINE_MAX), exact(fixed.at)));
    lines.push(String::new());
    // Below the item of the list, as it was written.
    lines.extend(
        fixed.text.lines().map(|line| if line.trim().is_empty() { String::new() } else { format!("  {line}") }),
    );
    lines.join("\n") + "\n"
}

/// The name of the file.
pub fn file_name(language: Language, spec: &str, at: Timestamp) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let spec: String = spec.chars().map(|c| if is_plain(c) { c } else { '-' }).collect();
    format!("{spec}-{}-{}.md", said::addition_file(language), at.strftime("%Y-%m-%d"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_addition_has_the_section_the_symptom_and_what_fixed_it() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let fixed = Fixed {
            spec: "proxmox-cluster",
            section: Some("Como reparar"),
            place: ["proxmox.cluster", "vm-running", "112"],
            symptom: "VM 112 não está\nem execução",
            opened_at: Some(at("2026-11-26T05:24:00Z")),
            resolved_at: Some(at("2026-11-26T05:58:00Z")),
            by: "Davi",
            at: at("2026-11-26T06:10:00Z"),
            text: "O disco encheu.\n\n- apaguei logs\n- `qm start 112`",
        };
        let text = addition(Language::Portuguese, &fixed, &TimeZone::UTC);
        for part in [
            "specs/proxmox-cluster.md",
            "Como reparar",
            "\n### VM 112 não está em execução\n",
            "(`proxmox.cluster / vm-running / 112`)\n",
            ", 34 min\n",
            "Davi, ",
            "\n\n  O disco encheu.\n\n  - apaguei logs\n  - `qm start 112`\n",
        ] {
            assert!(text.contains(part), "{part:?} in {text}");
        }
        let bare = Fixed { section: None, opened_at: None, place: ["s", "c", ""], ..fixed };
        let text = addition(Language::English, &bare, &TimeZone::UTC);
        assert!(text.contains("(`s / c`)") && !text.contains("34 min"), "{text}");
        assert_eq!(file_name(Language::English, "../a b/c", fixed.at), "..-a-b-c-addition-2026-11-26.md");
    }
}
