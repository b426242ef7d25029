//! Which Scenarios a person means by words of their names, titles, probes or targets: `o cluster`, `a API do Desk`, `odoo`.

use super::command::plain;
use crate::api::{Probe, ScenarioSpec};
use std::collections::BTreeSet;

/// Words that say nothing about which one is meant.
const EMPTY: &[&str] = &[
    "o",
    "a",
    "os",
    "as",
    "um",
    "uma",
    "de",
    "do",
    "da",
    "dos",
    "das",
    "no",
    "na",
    "e",
    "em",
    "the",
    "of",
    "an",
    "on",
    "in",
    "cenario",
    "scenario",
    "servidor",
    "server",
    "servico",
    "service",
    "http",
    "https",
    "url",
    "tudo",
    "isso",
    "isto",
    "este",
    "esta",
    "ele",
    "ela",
    "it",
    "this",
    "that",
    "agora",
    "now",
    "hoje",
    "aqui",
    "problema",
    "problem",
    "ocorrencia",
    "finding",
    "caso",
    "assunto",
];

/// The names of the Scenarios that have all the words that say something: in name and title, or else with probes and targets. Empty
/// where there are no such words.
pub fn mentioned<'a>(asked: &str, scenarios: impl IntoIterator<Item = (&'a str, &'a ScenarioSpec)>) -> Vec<&'a str> {
    let asked = words(asked);
    if asked.is_empty() {
        return Vec::new();
    }
    let (mut by_title, mut by_target) = (Vec::new(), Vec::new());
    for (name, spec) in scenarios {
        let mut known = words(name);
        known.extend(words(&spec.title));
        if has_all(&known, &asked) {
            by_title.push(name);
            continue;
        }
        known.extend(spec.probes.iter().flat_map(|probe| words(&probe.name)));
        known.extend(spec.probes.iter().flat_map(|probe| words(&target(probe))));
        if has_all(&known, &asked) {
            by_target.push(name);
        }
    }
    let mut found = if by_title.is_empty() { by_target } else { by_title };
    found.sort_unstable();
    found
}

/// A plural is the same word.
fn has_all(known: &BTreeSet<String>, asked: &BTreeSet<String>) -> bool {
    let is_same = |a: &str, b: &str| a == b || a.strip_suffix('s') == Some(b) || b.strip_suffix('s') == Some(a);
    asked.iter().all(|word| known.iter().any(|known| is_same(known, word)))
}

fn words(text: &str) -> BTreeSet<String> {
    let words = text.split(|c: char| !c.is_alphanumeric()).map(plain);
    words.filter(|word| !word.is_empty() && !EMPTY.contains(&word.as_str())).collect()
}

/// What a probe reads, as the spec says it.
fn target(probe: &Probe) -> String {
    let dns = probe.dns.as_ref().map(|dns| dns.name.as_str());
    let all = [
        probe.http.as_ref().map(|http| http.url.as_str()),
        probe.sqlite.as_ref().map(|sqlite| sqlite.path.as_str()),
        probe.tcp.as_ref().map(|tcp| tcp.address.as_str()),
        probe.tls.as_ref().map(|tls| tls.address.as_str()),
        dns,
    ];
    all.into_iter().flatten().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn spec(title: &str, probe: &str, url: &str) -> ScenarioSpec {
        let probe = json!({"name": probe, "http": {"url": url}});
        let spec = json!({"title": title, "agent": "pulso", "severity": "high", "probes": [probe], "checks": []});
        serde_json::from_value(spec).unwrap()
    }

    #[test]
    fn scenarios_are_found_by_words_of_their_titles_and_targets() {
        let all = [
            ("desk.api.health", spec("API do Desk", "health", "${DESK_API_URL}/health")),
            ("proxmox.cluster", spec("Cluster Proxmox", "vms", "${PROXMOX_API_URL}/api2/json/cluster")),
            ("vm123.finance.stack", spec("Pilha financeira da VM 123", "odoo", "${ODOO_URL}/web/health")),
            ("vm123.openpanel.bridge", spec("Ponte do OpenPanel", "bridge", "http://panel.example.org:18087/health")),
        ];
        for (asked, expected) in [
            ("cluster", vec!["proxmox.cluster"]),
            ("o Clúster Proxmox", vec!["proxmox.cluster"]),
            ("API do Desk", vec!["desk.api.health"]),
            ("odoo", vec!["vm123.finance.stack"]),
            ("panel.example.org", vec!["vm123.openpanel.bridge"]),
            ("vm123", vec!["vm123.finance.stack", "vm123.openpanel.bridge"]),
            ("a pilha financeira", vec!["vm123.finance.stack"]),
            ("backup", vec![]),
            ("cluster do Desk", vec![]),
            ("isso agora", vec![]),
            ("", vec![]),
        ] {
            let found = mentioned(asked, all.iter().map(|(name, spec)| (*name, spec)));
            assert_eq!(found, expected, "{asked}");
        }
    }
}
