//! The page that documents the settings.

use super::{SETTINGS, Setting};
use crate::telemetry::Limit;

/// The page `docs/settings.md`: every setting with default, format and meaning.
pub fn reference() -> String {
    let mut page = String::from(REFERENCE_HEAD);
    for setting in SETTINGS.iter() {
        let default = setting.default.map_or("none".to_string(), |d| format!("`{d}`"));
        let Setting { name, meaning, format, .. } = setting;
        page.push_str(&format!("| `{name}` | {default} | {} | {meaning} |\n", format.describe()));
    }
    page.push_str(FIXED_HEAD);
    for (limit, meaning) in FIXED {
        page.push_str(&format!("| `{}` | {meaning} |\n", limit.as_str()));
    }
    page
}

/// The limits that no setting changes.
const FIXED: [(Limit, &str); 9] = [
    (Limit::PreparedRuns, "512 runs read their settings and Secrets from the Kubernetes API at once; the others wait"),
    (
        Limit::CountedPeople,
        "the requests, and the commands, of 10,000 people are counted at once; further people get 429 for a minute",
    ),
    (
        Limit::EventBacklog,
        "the last 1,000 changes are kept for streams of `/events`; one that is further behind is ended",
    ),
    (Limit::RenderedLists, "4 lists are rendered at once by the embedded API server; the others wait"),
    (Limit::MetricsResponses, "8 responses of /metrics are sent at once; further requests wait"),
    (
        Limit::RepliesOfThread,
        "a Thread with 10,000 Messages takes no further one by REST: the answer is 409, and says to start a new conversation",
    ),
    (
        Limit::JsonPatch,
        "a JSON patch has at most 10,000 operations and copies at most 3 MiB, as in kube-apiserver; it nests at most 100 levels and moves at most 20,000,000 values",
    ),
    (
        Limit::RequestBytes,
        "a request to the embedded API server has a body of at most 3 MiB, and an object at most 1,500,000 bytes",
    ),
    (
        Limit::KnownSecrets,
        "the values of 512 Secrets, and 64 KiB of values, are redacted in the readings of all Scenarios; a Scenario's own are always redacted. A value over 256 bytes counts an eighth",
    ),
];

const FIXED_HEAD: &str = "
## Fixed limits

These limits report as the others do, and no setting changes them.

| limit | meaning |
|---|---|
";

const REFERENCE_HEAD: &str = "\
# Settings

Settings come from the process environment, otherwise from `.env` (or `--env-file`), otherwise from their defaults; in a cluster
from the ConfigMap and the Secret `agentic-ops`. `standalone` creates these two objects at start. Settings that are
credentials go to the Secret, all others to the ConfigMap: those whose names end in _KEY, _TOKEN, _PASSWORD or _SECRET, those in
AGENTIC_PROBE_SECRET_KEYS, and SMTP_URL, AGENTIC_WEBHOOK_URL, AGENTIC_HEARTBEAT_URL and DESK_OPS_NTFY_TOPIC.
`.env` can contain further names; Scenarios use them as `${NAME}` and `env.NAME`.

No address has a default, so that nothing is contacted without settings. A Scenario that refers to a setting without a value is
unknown and names it. `.env.example` and `helm/agentic-ops/examples/ligbox.yaml` have the addresses of the site that the nine
Scenarios were written for.

`.env` is read as Docker Compose reads it: `NAME=value` lines, with `export`, comments after white space and `#`, single quotes
(literal) and double quotes (with `\\n`, `\\t` and so on), and `$NAME`, `${NAME}`, `${NAME:-default}`, `${NAME:?message}`,
`${NAME:+other}` outside of single quotes, from the process environment or the lines before; `$$` is a dollar sign. A variable
without a value is replaced by nothing, with a warning. A line that cannot be read, which includes text after a closing quote,
prevents the start; the error has its number.

A change of the ConfigMap takes effect for Scenarios at their next run, and for the settings of the program itself at its next
start. An invalid value prevents the start; the error names the setting and the expected format. This page is generated.

Where a setting is a limit, reaching it counts in the metric `agentic_ops_limit_reached_total`, with the label `limit`, and is logged
at most once a minute.

| name | default | format | meaning |
|---|---|---|---|
";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_limit_is_a_setting_or_documented_as_fixed() {
        for limit in Limit::ALL {
            let is_fixed = FIXED.iter().any(|(fixed, _)| *fixed == limit);
            match limit.setting() {
                Some(name) => assert!(SETTINGS.iter().any(|setting| setting.name == name) && !is_fixed, "{limit:?}"),
                None => assert!(is_fixed, "{limit:?}"),
            }
        }
    }
}
