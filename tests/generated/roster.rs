//! `docs/agents-roster.md`: the Agents of the registry, with the Scenarios that each of them owns.

use agentic_ops::api::{Agent, Role, Scenario};
use kube::ResourceExt as _;
use std::fmt::Write as _;

const INTRODUCTION: &str = "# Agents

Generated from `registry.yaml` by `UPDATE_GENERATED=1 cargo test --test integration generated`: edit the registry, not this page.

The Agent that a Scenario names in `spec.agent` owns its Findings and their Threads. The work of an Agent that is absent or suspended
goes to Maestro. In REST an Agent is `{id, name}`; filters take the id or the object name, and an Agent without an id is known by its
object name. The people with one of its inbox roles see its messages in `GET /api/v1/agents/inbox`. [agent.md](reference/agent.md) has
all fields.
";

/// The Agents and Scenarios of a registry, in its order.
fn contents(registry: &str) -> (Vec<Agent>, Vec<Scenario>) {
    let (mut agents, mut scenarios) = (Vec::new(), Vec::new());
    for document in registry.split("\n---\n") {
        match document.lines().find_map(|line| line.strip_prefix("kind: ")) {
            Some("Agent") => agents.push(serde_saphyr::from_str(document).unwrap()),
            Some("Scenario") => scenarios.push(serde_saphyr::from_str(document).unwrap()),
            other => panic!("a document of kind {other:?}"),
        }
    }
    (agents, scenarios)
}

fn roles(agent: &Agent) -> String {
    let all = Role::ALL.iter().all(|role| agent.spec.inbox_roles.contains(role));
    let named: Vec<_> = agent.spec.inbox_roles.iter().map(|role| format!("`{}`", role.as_str())).collect();
    match named.as_slice() {
        [] => "none".into(),
        _ if all => "every role".into(),
        named => named.join(", "),
    }
}

/// The page.
pub fn page(registry: &str) -> String {
    let (agents, scenarios) = contents(registry);
    let mut page = INTRODUCTION.to_string();
    page +=
        "\n| id | name | object name | codename | tier | inbox roles | Scenarios |\n|---|---|---|---|---|---|---|\n";
    let owned = |agent: &Agent| {
        let name = agent.name_any();
        scenarios.iter().filter(move |scenario| scenario.spec.agent == name).collect::<Vec<_>>()
    };
    for agent in &agents {
        let spec = &agent.spec;
        let id = spec.id.as_deref().unwrap_or("none");
        let suspended = if spec.suspend { " (suspended)" } else { "" };
        let (object, tier, count) = (agent.name_any(), spec.tier, owned(agent).len());
        let _ = writeln!(
            page,
            "| {id} | {}{suspended} | `{object}` | `{}` | {tier:?} | {} | {count} |",
            spec.display_name,
            spec.codename,
            roles(agent)
        );
    }
    for agent in &agents {
        let _ = write!(page, "\n## {}\n", agent.spec.display_name);
        if let Some(persona) = &agent.spec.persona {
            let _ = write!(page, "\n> {}\n", persona.split_whitespace().collect::<Vec<_>>().join(" "));
        }
        let owned = owned(agent);
        if owned.is_empty() {
            page += "\nOwns no Scenario.\n";
            continue;
        }
        page += "\n| Scenario | title | severity | runbook |\n|---|---|---|---|\n";
        for scenario in owned {
            let spec = &scenario.spec;
            let runbook = spec.runbook.as_ref().map_or("none".into(), |r| format!("[{0}](../specs/{0}.md)", r.spec));
            let (name, severity) = (scenario.name_any(), spec.severity.as_str());
            let _ = writeln!(page, "| `{name}` | {} | {severity} | {runbook} |", spec.title);
        }
    }
    page
}

#[test]
fn the_roster_follows_the_registry() {
    let registry = "apiVersion: agentic.ligbox.io/v1alpha1
kind: Agent
metadata: {name: pulso}
spec: {id: A1, displayName: Pulso, codename: node_health, tier: T1, inboxRoles: [ops_lead, devops], suspend: true}
---
apiVersion: agentic.ligbox.io/v1alpha1
kind: Scenario
metadata: {name: shop.front}
spec: {title: Loja, agent: pulso, severity: high, probes: [{name: a, http: {url: 'http://127.0.0.1:9'}}]}
";
    let page = page(registry);
    for line in [
        "| A1 | Pulso (suspended) | `pulso` | `node_health` | T1 | `ops_lead`, `devops` | 1 |",
        "| `shop.front` | Loja | high | none |",
    ] {
        assert!(page.lines().any(|found| found == line), "{line}\n{page}");
    }
}
