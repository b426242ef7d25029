//! The shipped runbooks, in pieces.

/// A piece of a runbook.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Section {
    pub spec: String,
    pub headings: Vec<String>,
    pub text: String,
}

const SPECS: [(&str, &str); 9] = [
    ("desk-api-health", include_str!("../../specs/desk-api-health.md")),
    ("funnel-stuck-onboarding", include_str!("../../specs/funnel-stuck-onboarding.md")),
    ("integration-webhook-gap", include_str!("../../specs/integration-webhook-gap.md")),
    ("ollama-vm123-health", include_str!("../../specs/ollama-vm123-health.md")),
    ("pfsense-api-system", include_str!("../../specs/pfsense-api-system.md")),
    ("proxmox-cluster", include_str!("../../specs/proxmox-cluster.md")),
    ("vm123-finance-stack", include_str!("../../specs/vm123-finance-stack.md")),
    ("vm123-openpanel-bridge", include_str!("../../specs/vm123-openpanel-bridge.md")),
    ("wizard-vm112-bundle", include_str!("../../specs/wizard-vm112-bundle.md")),
];
/// A new piece begins with the first item after so many bytes.
const PIECE: usize = 1000;

/// All pieces, in order.
pub fn sections() -> Vec<Section> {
    SPECS.iter().flat_map(|(spec, page)| split(spec, page)).collect()
}

/// The pieces of one runbook under one heading.
pub fn under(spec: &str, heading: &str) -> Vec<Section> {
    sections()
        .into_iter()
        .filter(|section| section.spec == spec && section.headings.last().is_some_and(|last| last == heading))
        .collect()
}

fn split(spec: &str, page: &str) -> Vec<Section> {
    let mut found: Vec<Section> = Vec::new();
    let title = page.lines().next().unwrap_or_default().trim_start_matches("# ").to_string();
    let mut in_code = false;
    for line in page.lines() {
        let is_heading = !in_code && line.starts_with("## ");
        let is_item = !in_code && (line.starts_with("- ") || line.starts_with(|c: char| c.is_ascii_digit()));
        if line.trim_start().starts_with("```") {
            in_code = !in_code;
        }
        if is_heading {
            let headings = vec![title.clone(), line.trim_start_matches("## ").to_string()];
            found.push(Section { spec: spec.to_string(), headings, text: String::new() });
            continue;
        }
        let Some(last) = found.last_mut() else { continue };
        if is_item && last.text.len() > PIECE {
            let next = Section { text: String::new(), ..last.clone() };
            found.push(next);
        }
        let Some(last) = found.last_mut() else { continue };
        last.text.push_str(line);
        last.text.push('\n');
    }
    found.retain(|section| !section.text.trim().is_empty());
    found
}

impl Section {
    /// The list items as they are written, without what is below their first paragraph.
    pub fn items(&self) -> Vec<String> {
        let mut found: Vec<String> = Vec::new();
        let mut is_open = false;
        for line in self.text.lines() {
            let marker = line.starts_with("- ") || line.starts_with(|c: char| c.is_ascii_digit());
            if marker {
                let text = line.split_once(' ').map(|(_, text)| text).unwrap_or_default();
                found.push(text.trim().to_string());
            } else if is_open
                && !line.trim().is_empty()
                && !line.trim_start().starts_with("```")
                && let Some(last) = found.last_mut()
            {
                last.push('\n');
                last.push_str(line);
            }
            is_open = marker || is_open && !line.trim().is_empty() && !line.trim_start().starts_with("```");
        }
        found
    }

    /// The lines of code, those that go on in the next line left out.
    pub fn code(&self) -> Vec<String> {
        let mut found = Vec::new();
        let (mut in_code, mut goes_on) = (false, false);
        for line in self.text.lines().map(str::trim) {
            if line.starts_with("```") {
                (in_code, goes_on) = (!in_code, false);
                continue;
            }
            let ends = line.ends_with('\\') || line.ends_with('|') || line.ends_with("&&");
            if in_code && !goes_on && !ends && !line.is_empty() {
                found.push(line.to_string());
            }
            goes_on = ends;
        }
        found
    }

    /// What stands in backquotes in the items.
    pub fn inline(&self) -> Vec<String> {
        let mut found = Vec::new();
        for item in self.items() {
            found.extend(
                item.split('`').skip(1).step_by(2).map(|code| code.split_whitespace().collect::<Vec<_>>().join(" ")),
            );
        }
        found
    }
}

/// Without markup, in one line and in lower case: another way to compare than the program's own.
pub fn folded(text: &str) -> String {
    let text: String = text.chars().filter(|c| !matches!(c, '`' | '*' | '“' | '”' | '"' | '\\')).collect();
    text.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}
