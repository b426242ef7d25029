//! The section of a runbook that applies to a Finding.

use super::notice::content::RunbookSection;
use super::runbooks::section::section;
use crate::api::FindingRunbook;

/// The runbook of a Finding with its section from the `page`, which is the text of its file if that could be read.
pub fn runbook_section(runbook: &FindingRunbook, page: Option<&str>) -> RunbookSection {
    RunbookSection {
        spec: runbook.spec.clone(),
        heading: runbook.section.clone(),
        url: runbook.url.clone(),
        text: page.and_then(|page| section(page, runbook.section.as_deref())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_section_has_its_text_where_the_page_could_be_read() {
        let runbook = FindingRunbook { spec: "a".into(), section: Some("B".into()), url: Some("http://x".into()) };
        let expected = RunbookSection {
            spec: "a".into(),
            heading: Some("B".into()),
            url: Some("http://x".into()),
            text: Some("c\n".into()),
        };
        assert_eq!(runbook_section(&runbook, Some("# B\nc")), expected);
        assert_eq!(runbook_section(&runbook, None), RunbookSection { text: None, ..expected });
    }
}
