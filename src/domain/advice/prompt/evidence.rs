//! What a Finding is about, as the model reads it.

use super::text;
use crate::api::{FindingSpec, FindingStatus, Snapshot};
use crate::domain::advice::fence::clean;
use crate::domain::redact::KnownSecrets;

/// Longest title, message and other short texts, in bytes.
const TITLE_MAX: usize = 160;
const MESSAGE_MAX: usize = 480;

/// Name, severity and message.
pub fn core(secrets: &KnownSecrets, finding: &FindingSpec, status: &FindingStatus) -> String {
    let mut lines = vec![format!("scenario: {}", line(secrets, &finding.scenario))];
    let mut add = |name: &str, value: Option<String>| {
        lines.extend(value.filter(|value| !value.is_empty()).map(|value| format!("{name}: {value}")));
    };
    add("title", status.title.as_deref().map(|title| line(secrets, title)));
    add("check", Some(line(secrets, &finding.check)));
    add("key", Some(line(secrets, &finding.key)));
    add("severity", status.severity.map(|severity| severity.to_string()));
    add("message", status.message.as_deref().map(|message| text(secrets, message, MESSAGE_MAX).replace('\n', " ")));
    lines.join("\n")
}

/// What the check shows, its expression with the values that it read, and the readings.
pub fn details(secrets: &KnownSecrets, status: &FindingStatus) -> String {
    let Some(evidence) = &status.evidence else { return String::new() };
    let mut lines = Vec::new();
    lines.extend(evidence.expression.as_deref().map(|text| format!("expression: {}", clean(secrets, text))));
    lines.extend(evidence.values.iter().map(|read| {
        format!(
            "{} = {}",
            clean(secrets, &read.path).replace('\n', " "),
            clean(secrets, &read.value).replace('\n', " ")
        )
    }));
    lines.extend(evidence.show.as_deref().map(|text| format!("shown: {}", clean(secrets, text))));
    lines.extend(evidence.failing.as_ref().map(|run| readings(secrets, "now", run)));
    lines.extend(evidence.last_good.as_ref().map(|run| readings(secrets, "last good", run)));
    lines.join("\n").trim().to_string()
}

fn readings(secrets: &KnownSecrets, when: &str, run: &Snapshot) -> String {
    let one = |(probe, text): (&str, &str)| format!("{when}, {}: {}", clean(secrets, probe), clean(secrets, text));
    let texts = run.readings.iter().map(|reading| (reading.probe.as_str(), reading.reading.as_str()));
    texts.map(one).collect::<Vec<_>>().join("\n")
}

fn line(secrets: &KnownSecrets, value: &str) -> String {
    text(secrets, value, TITLE_MAX).replace('\n', " ")
}
