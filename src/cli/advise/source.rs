//! The Findings that a model is tried on: from files, or by name from the cluster.

use super::FindingsArgs;
use crate::api::{Agent, Finding, Scenario};
use crate::cli::{CliError, client};
use crate::domain::names::is_object_name;
use crate::domain::refusal::Refusal;
use crate::domain::runbooks::About;
use crate::domain::texts::refusals::refusal;
use crate::domain::texts::{self, DocumentError, Language};
use crate::runtime::write::call;
use kube::api::ListParams;
use kube::core::DeserializeGuard;
use kube::{Api, Client, ResourceExt as _};
use serde_json::Value;
use std::collections::BTreeMap;
use std::io::Read as _;
use std::path::Path;

/// Longest file, in bytes.
const FILE_MAX: u64 = 16 << 20;
/// Findings at most.
const FINDINGS_MAX: usize = 500;

/// What the trial is about.
#[derive(Default)]
pub struct Source {
    /// In the order of the arguments.
    pub findings: Vec<Finding>,
    /// Display names and personas of the Agents in the cluster, by the name of the object.
    pub agents: BTreeMap<String, (String, Option<String>)>,
    /// What the Scenarios in the cluster say about their runbooks.
    pub about: Vec<About>,
}

/// Reads them. An argument is a file if there is one of that name, else the name of a Finding.
pub async fn read(args: &FindingsArgs, language: Language) -> Result<Source, CliError> {
    let (files, names): (Vec<&String>, Vec<&String>) = args.findings.iter().partition(|given| is_file(given));
    let mut source = Source::default();
    for file in files {
        source.findings.extend(of_file(Path::new(file), language)?);
    }
    if !names.is_empty() {
        let client = connect(args).await?;
        let namespace = args.namespace.clone().unwrap_or_else(|| client.default_namespace().to_string());
        for name in names {
            let findings: Api<Finding> = Api::namespaced(client.clone(), &namespace);
            let found = if is_object_name(name) { call(findings.get_opt(name)).await? } else { None };
            let missing = || CliError::Argument(refusal(language, &Refusal::no_such("Finding", name)));
            source.findings.push(found.ok_or_else(missing)?);
        }
        source.surroundings(&client, &namespace).await?;
    }
    source.findings.truncate(FINDINGS_MAX);
    Ok(source)
}

fn is_file(given: &str) -> bool {
    let path = Path::new(given);
    path.is_file()
        || path.extension().is_some_and(|extension| ["yaml", "yml", "json"].contains(&&*extension.to_string_lossy()))
}

async fn connect(args: &FindingsArgs) -> Result<Client, CliError> {
    match &args.kubeconfig {
        Some(path) => client::of_file(path).await,
        None => client::client(client::inferred().await?),
    }
}

impl Source {
    async fn surroundings(&mut self, client: &Client, namespace: &str) -> Result<(), CliError> {
        let agents: Api<DeserializeGuard<Agent>> = Api::namespaced(client.clone(), namespace);
        let scenarios: Api<DeserializeGuard<Scenario>> = Api::namespaced(client.clone(), namespace);
        let params = ListParams::default();
        for agent in call(agents.list(&params)).await?.items.into_iter().filter_map(|agent| agent.0.ok()) {
            self.agents.insert(agent.name_any(), (agent.spec.display_name, agent.spec.persona));
        }
        let scenarios = call(scenarios.list(&params)).await?.items.into_iter().filter_map(|scenario| scenario.0.ok());
        self.about = scenarios.filter_map(|scenario| About::of(&scenario.name_any(), &scenario.spec)).collect();
        Ok(())
    }
}

/// The Findings in a file of YAML or JSON, as `kubectl get -o yaml` writes it. Objects of other kinds are passed over.
fn of_file(path: &Path, language: Language) -> Result<Vec<Finding>, CliError> {
    let of_file = |source| CliError::File { path: path.to_path_buf(), source };
    let mut text = String::new();
    std::fs::File::open(path).map_err(of_file)?.take(FILE_MAX).read_to_string(&mut text).map_err(of_file)?;
    parse(&text).map_err(|error| {
        let error = texts::document_error(language, &DocumentError::NotYaml(error));
        CliError::Argument(format!("{}: {error}", path.display()))
    })
}

fn parse(text: &str) -> Result<Vec<Finding>, String> {
    let documents: Vec<Value> =
        serde_saphyr::from_multiple(text).map_err(|error| error.without_snippet().to_string())?;
    let items = |mut document: Value| match document.get_mut("items").map(Value::take) {
        Some(Value::Array(items)) => items,
        _ => vec![document],
    };
    let findings = documents.into_iter().flat_map(items).filter(|object| object["kind"] == "Finding");
    findings.map(|object| serde_json::from_value(object).map_err(|error| error.to_string())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const FINDING: &str = "apiVersion: agentic.ligbox.io/v1alpha1\nkind: Finding\nmetadata: {name: NAME}\n\
        spec: {scenario: s, check: c, key: '', fingerprint: '0123456789'}\n";

    fn names(text: &str) -> Vec<String> {
        parse(text).unwrap().iter().map(kube::ResourceExt::name_any).collect()
    }

    #[test]
    fn findings_are_read_from_documents_lists_and_json() {
        let (a, b) = (FINDING.replace("NAME", "a"), FINDING.replace("NAME", "b"));
        assert_eq!(names(&format!("{a}---\nkind: Agent\nmetadata: {{name: x}}\n---\n{b}")), ["a", "b"]);
        let indented: String = a.lines().map(|line| format!("  {line}\n")).collect();
        assert_eq!(names(&format!("apiVersion: v1\nkind: List\nitems:\n- {}", indented.trim_start())), ["a"]);
        let finding = parse(&a).unwrap().remove(0);
        assert_eq!(names(&serde_json::to_string(&finding).unwrap()), ["a"]);
        assert!(names("").is_empty());
        assert!(parse("kind: Finding\nspec: {}").is_err());
        assert!(parse("a: [").is_err());
    }

    #[test]
    fn an_argument_with_the_ending_of_a_file_is_one() {
        for (given, expected) in [("saved.yaml", true), ("x.json", true), ("proxmox.cluster-0123456789", false)] {
            assert_eq!(is_file(given), expected, "{given}");
        }
    }
}
