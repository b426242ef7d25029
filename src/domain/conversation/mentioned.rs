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

/// Whether this looks like the name of something, such as `vm-112` or `desk.api`, and not like a word for it.
pub fn is_identifier(asked: &str) -> bool {
    let is_inner = |c: char| matches!(c, '.' | '-' | '_' | '/');
    let inner = asked.trim_matches(|c: char| !c.is_alphanumeric());
    inner.contains(is_inner) || inner.contains(|c: char| c.is_ascii_digit())
}

/// Whether one of the texts has all the words that say something, or has what was asked for, however that is split into words.
pub fn says(asked: &str, texts: &[&str]) -> bool {
    let all = words(asked);
    let has_words = !all.is_empty() && texts.iter().any(|text| has_all(&split(text).collect(), &all));
    has_words || is_said(asked, texts)
}

fn is_said(asked: &str, texts: &[&str]) -> bool {
    let asked: String = telling(asked).collect();
    let begins_with_it = |words: &[String]| {
        let mut rest = asked.as_str();
        for word in words {
            match rest.strip_prefix(word.as_str()) {
                Some(after) => rest = after,
                None => break,
            }
        }
        rest.is_empty()
    };
    let has_it = |text: &&str| {
        let words: Vec<String> = split(text).collect();
        (0..words.len()).any(|at| begins_with_it(&words[at..]))
    };
    !asked.is_empty() && texts.iter().any(has_it)
}

/// A plural is the same word.
fn has_all(known: &BTreeSet<String>, asked: &BTreeSet<String>) -> bool {
    let is_same = |a: &str, b: &str| a == b || a.strip_suffix('s') == Some(b) || b.strip_suffix('s') == Some(a);
    asked.iter().all(|word| known.iter().any(|known| is_same(known, word)))
}

fn words(text: &str) -> BTreeSet<String> {
    telling(text).collect()
}

/// The words that say something about which one is meant.
fn telling(text: &str) -> impl Iterator<Item = String> {
    split(text).filter(|word| !EMPTY.contains(&word.as_str()))
}

fn split(text: &str) -> impl Iterator<Item = String> {
    text.split(|c: char| !c.is_alphanumeric()).map(plain).filter(|word| !word.is_empty())
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
    fn a_name_is_told_from_a_word_and_is_found_however_it_is_split() {
        for (asked, is_name) in [
            ("vm-112", true),
            ("A9", true),
            ("nada.existe", true),
            ("backup", false),
            ("o cluster?", false),
            ("", false),
        ] {
            assert_eq!(is_identifier(asked), is_name, "{asked}");
        }
        let texts = ["VM 112 não está em execução", "proxmox.cluster", "porta 9", "CPU do pfSense em 97%"];
        for (asked, is_in) in [
            ("vm-112", true),
            ("VM112", true),
            ("a VM 112", true),
            ("proxmox", true),
            ("a CPU do pfsense", true),
            ("cpu pfsense", true),
            ("cpu da vm", false),
            ("vm-11", false),
            ("vm-999", false),
            ("a9", false),
            ("isso", false),
            ("", false),
        ] {
            assert_eq!(says(asked, &texts), is_in, "{asked}");
        }
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
