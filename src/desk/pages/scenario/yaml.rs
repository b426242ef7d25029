//! A Scenario as it could be applied again, without values that may be secret.

use super::OfScenario;
use crate::api::ScenarioSpec;
use crate::domain::redact::without_likely_secrets;
use crate::domain::texts::panel::board as said;
use maud::{Markup, html};
use serde::Serialize;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Parts of names of headers whose values are not shown.
const SENSITIVE: [&str; 8] = ["auth", "cookie", "token", "key", "secret", "password", "credential", "session"];

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Shown<'a> {
    api_version: &'static str,
    kind: &'static str,
    metadata: Metadata<'a>,
    spec: ScenarioSpec,
}

#[derive(Serialize)]
struct Metadata<'a> {
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    labels: Option<&'a BTreeMap<String, String>>,
}

/// The spec without values of headers that may be secret.
fn without_credentials(spec: &ScenarioSpec, left_out: &str) -> ScenarioSpec {
    let mut spec = spec.clone();
    let headers = spec
        .probes
        .iter_mut()
        .map(Arc::make_mut)
        .filter_map(|probe| probe.http.as_mut())
        .flat_map(|http| &mut http.headers);
    for header in headers {
        let name = header.name.to_lowercase();
        if header.value.is_some() && SENSITIVE.iter().any(|part| name.contains(part)) {
            header.value = Some(left_out.to_string());
        }
    }
    spec
}

impl OfScenario<'_> {
    pub(super) fn yaml(&self) -> Markup {
        let language = self.language();
        let left_out = format!("({})", said::left_out(language));
        let shown = Shown {
            api_version: "agentic.ligbox.io/v1alpha1",
            kind: "Scenario",
            metadata: Metadata { name: &self.view.id, labels: self.scenario.labels.as_deref() },
            spec: without_credentials(&self.scenario.spec, &left_out),
        };
        let Ok(text) = serde_saphyr::to_string(&shown) else { return html! {} };
        let text = self.panel.backend.context.secrets.redact(&text);
        html! {
            details class="more yaml" {
                summary { (said::yaml(language)) }
                pre tabindex="0" { (without_likely_secrets(&text)) }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn headers_with_credentials_lose_their_values() {
        let headers = json!([
            {"name": "X-API-Key", "value": "abc"}, {"name": "Cookie", "value": "abc"}, {"name": "Accept", "value": "text/html"},
            {"name": "Authorization", "prefix": "Bearer ", "secretKeyRef": {"name": "agentic-ops", "key": "X"}},
        ]);
        let spec = json!({"title": "t", "agent": "a", "severity": "low",
            "probes": [{"name": "p", "http": {"url": "http://a.test", "headers": headers}}]});
        let spec: ScenarioSpec = serde_json::from_value(spec).unwrap();
        let shown = without_credentials(&spec, "(left out)");
        let values: Vec<_> =
            shown.probes[0].http.as_ref().unwrap().headers.iter().map(|header| header.value.as_deref()).collect();
        assert_eq!(values, [Some("(left out)"), Some("(left out)"), Some("text/html"), None]);
    }
}
