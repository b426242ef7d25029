//! Where people on duty read the runbook of a Finding.

use crate::api::{FindingRunbook, Runbook};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use url::Url;

/// Longest base address of the runbooks, in bytes.
const BASE_MAX: usize = 1024;
/// Longest address of a runbook, in bytes; a longer one has no anchor.
const URL_MAX: usize = 2048;
/// What an anchor contains as it is.
const ANCHOR: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_');

/// The address of the directory with the runbooks, such as the page of a repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunbookBase(String);

impl RunbookBase {
    /// An http or https URL without user, query and fragment. The error says what the value should be.
    pub fn parse(text: &str) -> Result<RunbookBase, String> {
        let url = Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
        let is_plain = |url: &Url| {
            url.username().is_empty() && url.password().is_none() && url.query().is_none() && url.fragment().is_none()
        };
        match url.filter(is_plain) {
            Some(url) if url.as_str().len() <= BASE_MAX => Ok(RunbookBase(url.as_str().trim_end_matches('/').into())),
            _ => Err(format!(
                "should be an absolute http or https URL without user, query and fragment, of at most {BASE_MAX} bytes"
            )),
        }
    }

    /// The address of a runbook, at its section if it has one.
    fn url(&self, runbook: &Runbook) -> String {
        let page = format!("{}/{}.md", self.0, runbook.spec);
        let anchor = runbook.section.as_deref().map(anchor).filter(|anchor| !anchor.is_empty());
        anchor.map(|anchor| format!("{page}#{anchor}")).filter(|url| url.len() <= URL_MAX).unwrap_or(page)
    }
}

/// The runbook of a Scenario as its Findings refer to it; with an address where `base` is known.
pub fn reference(runbook: &Runbook, base: Option<&RunbookBase>) -> FindingRunbook {
    FindingRunbook {
        spec: runbook.spec.clone(),
        section: runbook.section.clone(),
        url: base.map(|base| base.url(runbook)),
    }
}

/// The anchor of a heading, as GitHub, GitLab and Gitea make it: lower case, with hyphens for spaces and without punctuation.
fn anchor(heading: &str) -> String {
    let kept = heading.trim().chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
    let hyphenated: String = kept.map(|c| if c == ' ' { '-' } else { c }).collect();
    utf8_percent_encode(&hyphenated.to_lowercase(), ANCHOR).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(base: &str, spec: &str, section: Option<&str>) -> Option<String> {
        let base = RunbookBase::parse(base).unwrap();
        let runbook = Runbook { spec: spec.into(), section: section.map(Into::into) };
        reference(&runbook, Some(&base)).url
    }

    #[test]
    fn an_address_is_the_base_with_the_runbook_and_its_section() {
        let base = "https://git.example.org/ops/src/branch/main/specs";
        let page = "https://git.example.org/ops/src/branch/main/specs/desk-api-health.md";
        for base in [base.to_string(), format!("{base}/")] {
            assert_eq!(url(&base, "desk-api-health", None).as_deref(), Some(page));
        }
        for (section, anchor) in [
            ("Como verificar à mão", "#como-verificar-%C3%A0-m%C3%A3o"),
            ("1. Reinício (`systemctl`)", "#1-rein%C3%ADcio-systemctl"),
            ("snake_case - e mais", "#snake_case---e-mais"),
            ("?!", ""),
            (&"ã".repeat(400), ""),
        ] {
            assert_eq!(url(base, "desk-api-health", Some(section)), Some(format!("{page}{anchor}")), "{section}");
        }
    }

    #[test]
    fn without_a_base_there_is_no_address() {
        let runbook = Runbook { spec: "a".into(), section: Some("b".into()) };
        let expected = FindingRunbook { spec: "a".into(), section: Some("b".into()), url: None };
        assert_eq!(reference(&runbook, None), expected);
    }

    #[test]
    fn a_base_is_a_web_address_without_user_query_and_fragment() {
        for text in ["http://h", "https://h:8443/a/b/", "http://[::1]:80/x"] {
            assert!(RunbookBase::parse(text).is_ok(), "{text}");
        }
        let long = format!("http://h/{}", "a".repeat(BASE_MAX));
        let bad =
            ["", "h/specs", "ftp://h/x", "file:///specs", "http://u:p@h/", "https://h/?a=b", "https://h/#a", &long];
        for text in bad {
            assert!(RunbookBase::parse(text).unwrap_err().contains("http or https URL"), "{text}");
        }
    }
}
