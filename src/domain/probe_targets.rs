//! Which targets a check depends on, as far as the spec of its Scenario says.

use super::template::expand;
use crate::api::{CheckSpec, Probe, ScenarioSpec};
use std::collections::{BTreeMap, BTreeSet};
use url::Url;

/// The targets of the probes that a check reads, or of the probe of this name: each as scheme, host and port, or the path of a file. Where
/// a setting is not set, its name stands for it.
pub fn targets_of_check(spec: &ScenarioSpec, check: &str, settings: &BTreeMap<String, String>) -> Vec<String> {
    let own = spec.checks.iter().find(|of| of.name == check);
    let is_read = |probe: &Probe| match own {
        Some(check) => reads(check, &probe.name),
        None => probe.name == check,
    };
    let targets: BTreeSet<String> =
        spec.probes.iter().filter(|probe| is_read(probe)).filter_map(|probe| target(probe, settings)).collect();
    targets.into_iter().collect()
}

/// Whether an expression of the check refers to the reading of this probe.
fn reads(check: &CheckSpec, probe: &str) -> bool {
    let expressions = [check.given.as_ref(), check.for_each.as_ref(), Some(&check.expect)];
    expressions.into_iter().flatten().any(|expression| {
        let field = format!("probes.{probe}");
        let is_end = |rest: &str| !rest.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_');
        expression.match_indices(&field).any(|(at, _)| expression.get(at + field.len()..).is_some_and(is_end))
            || ['"', '\''].iter().any(|quote| expression.contains(&format!("probes[{quote}{probe}{quote}]")))
    })
}

fn target(probe: &Probe, settings: &BTreeMap<String, String>) -> Option<String> {
    let set = |text: &str| expand(text, settings).unwrap_or_else(|_| text.to_string());
    let dns = probe.dns.as_ref().and_then(|dns| dns.server.as_ref()).map(|server| format!("dns://{}", set(server)));
    let tcp = probe.tcp.as_ref().map(|tcp| format!("tcp://{}", set(&tcp.address)));
    let tls = probe.tls.as_ref().map(|tls| format!("tls://{}", set(&tls.address)));
    let sqlite = probe.sqlite.as_ref().map(|sqlite| set(&sqlite.path));
    let http = probe.http.as_ref().map(|http| origin(&set(&http.url)));
    http.or(sqlite).or(tcp).or(tls).or(dns)
}

/// Scheme, host and port of a URL; of what is no URL, since a setting is not set, what stands before the path.
fn origin(url: &str) -> String {
    match Url::parse(url) {
        Ok(parsed) if parsed.has_host() && !url.contains("${") => {
            let port = parsed.port_or_known_default().map(|port| format!(":{port}")).unwrap_or_default();
            format!("{}://{}{port}", parsed.scheme(), parsed.host_str().unwrap_or_default())
        }
        _ => {
            let start = url.find("://").map_or(0, |at| at + 3);
            let end = url.get(start..).and_then(|rest| rest.find('/')).map_or(url.len(), |at| start + at);
            url.get(..end).unwrap_or(url).to_string()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_targets_of_a_check_are_those_of_the_probes_that_it_reads() {
        let spec: ScenarioSpec = serde_json::from_value(json!({"title": "t", "agent": "a", "severity": "high", "probes": [
            {"name": "api", "http": {"url": "${API}/health"}},
            {"name": "api2", "http": {"url": "https://shop.test/x"}},
            {"name": "db", "sqlite": {"path": "/data/desk.db", "query": "SELECT 1"}},
            {"name": "port", "tcp": {"address": "shop.test:25"}},
            {"name": "unset", "http": {"url": "http://${NOPE}/health"}},
        ], "checks": [
            {"name": "one", "expect": "probes.api2.status == 200"},
            {"name": "two", "given": "probes['db'].ok", "expect": "probes.api.status == 200 && probes[\"api2\"].ok"},
            {"name": "none", "expect": "env.X == ''"},
            {"name": "off", "expect": "probes.unset.ok"},
        ]})).unwrap();
        let settings = BTreeMap::from([("API".to_string(), "http://api.test".to_string())]);
        let of = |check: &str| targets_of_check(&spec, check, &settings).join(" ");
        assert_eq!(of("one"), "https://shop.test:443");
        assert_eq!(of("two"), "/data/desk.db http://api.test:80 https://shop.test:443");
        assert_eq!(of("none"), "");
        assert_eq!(of("api"), "http://api.test:80", "of the probe itself");
        assert_eq!(of("port"), "tcp://shop.test:25");
        assert_eq!(of("off"), "http://${NOPE}");
        assert_eq!(of("blind"), "");
    }
}
