//! What Scenarios refer to and is absent: no error, since the cluster may have it, or it may come later.

use crate::advisor::runbooks::read_runbook;
use crate::cli::registry::documents::{Document, Documents};
use crate::domain::runbooks::section::has_section;
use crate::domain::texts::CheckWarning;
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::Path;

/// What is absent in these documents and in the directory of the runbooks.
pub fn of(documents: &Documents, runbooks: &Path) -> Vec<CheckWarning> {
    let names = |kind: &str| -> BTreeSet<&str> {
        documents.valid.iter().filter(|d| d.kind == kind).map(|d| d.name.as_str()).collect()
    };
    let (agents, scenarios) = (names("Agent"), names("Scenario"));
    let mut warnings: Vec<_> =
        documents.ignored.iter().map(|path| CheckWarning::IgnoredFile { path: path.clone() }).collect();
    for document in documents.valid.iter().filter(|d| d.kind == "Scenario") {
        let scenario = document.name.clone();
        if let Some(agent) = text(document, "/spec/agent").filter(|agent| !agents.contains(agent)) {
            warnings.push(CheckWarning::AbsentAgent { scenario: scenario.clone(), agent: agent.into() });
        }
        for name in depends_on(document).into_iter().filter(|name| !scenarios.contains(name.as_str())) {
            warnings.push(CheckWarning::AbsentDependency { scenario: scenario.clone(), name });
        }
        warnings.extend(runbook(document, runbooks));
    }
    warnings
}

/// The names in `spec.dependsOn`.
pub fn depends_on(document: &Document) -> Vec<String> {
    let list = document.value.pointer("/spec/dependsOn").and_then(Value::as_array).into_iter().flatten();
    list.filter_map(|v| v.as_str().map(String::from)).collect()
}

fn text<'a>(document: &'a Document, pointer: &str) -> Option<&'a str> {
    document.value.pointer(pointer).and_then(Value::as_str)
}

fn runbook(document: &Document, runbooks: &Path) -> Option<CheckWarning> {
    let scenario = document.name.clone();
    let spec = text(document, "/spec/runbook/spec")?;
    let path = runbooks.join(format!("{spec}.md")).display().to_string();
    let Ok(page) = read_runbook(runbooks, spec) else {
        return Some(CheckWarning::AbsentRunbook { scenario, path });
    };
    let section = text(document, "/spec/runbook/section")?;
    let is_there = has_section(&page, section);
    (!is_there).then(|| CheckWarning::AbsentSection { scenario, path, section: section.into() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::registry::documents::parse;

    #[test]
    fn absent_agents_dependencies_and_runbooks_are_named() {
        let scenario = |name: &str, spec: &str| {
            format!(
                "---\napiVersion: agentic.ligbox.io/v1alpha1\nkind: Scenario\nmetadata: {{name: {name}}}\nspec: {spec}\n"
            )
        };
        let mut documents = Documents::default();
        let agent = "apiVersion: agentic.ligbox.io/v1alpha1\nkind: Agent\nmetadata: {name: pulso}\n";
        let runbook =
            |spec: &str, section: &str| format!("{{agent: pulso, runbook: {{spec: {spec}, section: {section}}}}}");
        let text = agent.to_string()
            + &scenario("a", "{agent: pulso, dependsOn: [b, c]}")
            + &scenario("b", "{agent: nobody}")
            + &scenario("d", &runbook("desk-api-health", "Como verificar à mão"))
            + &scenario("e", &runbook("desk-api-health", "Nada"))
            + &scenario("f", &runbook("nothing", "x"));
        parse("r.yaml", &text, &mut documents);
        let specs = Path::new(env!("CARGO_MANIFEST_DIR")).join("specs");
        let path = |name: &str| specs.join(name).display().to_string();
        assert_eq!(
            of(&documents, &specs),
            [
                CheckWarning::AbsentDependency { scenario: "a".into(), name: "c".into() },
                CheckWarning::AbsentAgent { scenario: "b".into(), agent: "nobody".into() },
                CheckWarning::AbsentSection {
                    scenario: "e".into(),
                    path: path("desk-api-health.md"),
                    section: "Nada".into()
                },
                CheckWarning::AbsentRunbook { scenario: "f".into(), path: path("nothing.md") },
            ]
        );
    }
}
