//! What the runbooks are searched for.

use crate::api::{FindingSpec, FindingStatus};

/// Longest text, in bytes.
const TEXT_MAX: usize = 2048;

/// What the search is asked about a Finding: what failed, as people read it.
pub fn search_text(spec: &FindingSpec, status: &FindingStatus) -> String {
    let shown = status.evidence.as_ref().and_then(|evidence| evidence.show.as_deref());
    let parts = [status.message.as_deref(), Some(&spec.check), status.title.as_deref(), shown];
    let mut text = parts.into_iter().flatten().collect::<Vec<_>>().join("\n");
    text.truncate(text.floor_char_boundary(TEXT_MAX));
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_finding_is_searched_by_what_people_read_of_it_within_bounds() {
        let spec: FindingSpec = serde_json::from_value(
            serde_json::json!({"scenario": "s", "check": "vm-running", "key": "", "fingerprint": "0123456789"}),
        )
        .unwrap();
        let status = FindingStatus { message: Some("VM 112 parou".into()), ..FindingStatus::default() };
        assert_eq!(search_text(&spec, &status), "VM 112 parou\nvm-running");
        let long = FindingStatus { title: Some("é".repeat(5_000)), ..status };
        assert!(search_text(&spec, &long).len() <= TEXT_MAX);
    }
}
