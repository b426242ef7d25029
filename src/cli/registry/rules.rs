//! Whether a document is what the API server and the operator accept, as `check` and the registry ask it.

use super::documents::{Document, located};
use super::position::{Position, Positions};
use crate::api::{Agent, OWN_SCENARIO, Scenario};
use crate::cel::Place;
use crate::cli::CliError;
use crate::controlplane::check_new_metadata;
use crate::controlplane::schema::{RULES_NOT_CHECKED, Schema};
use crate::domain::texts::{self, Language};
use crate::domain::validate::{
    Expressions, ProbePolicy, Problem, Reason, ValidatedScenario, ValidationError, validate,
};
use serde_json::Value;
use std::sync::Arc;

/// What is accepted.
pub struct Rules {
    scenario: Schema,
    agent: Schema,
    policy: Arc<ProbePolicy>,
    expressions: Expressions,
    language: Language,
}

/// What a document is.
pub enum Judged {
    /// A valid Agent.
    Agent,
    /// A Scenario that can run.
    Scenario(Box<ValidatedScenario>),
    /// The API server refuses it. Messages with their positions.
    Refused(Vec<Fault>),
    /// The API server takes it, and the operator does not run it.
    NotReady(Vec<Fault>),
}

/// What is wrong with a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The field and what is wrong with it.
    pub text: String,
    /// In the file.
    pub position: Option<Position>,
}

impl Fault {
    /// `FILE:LINE:COLUMN: text`.
    pub fn located(&self, file: &str) -> String {
        located(file, self.position, &self.text)
    }
}

impl Rules {
    /// The rules for Scenarios that may use what `policy` says. Messages are in `language`.
    pub fn new(policy: Arc<ProbePolicy>, language: Language) -> Result<Rules, CliError> {
        Ok(Rules {
            scenario: schema("Scenario")?,
            agent: schema("Agent")?,
            policy,
            expressions: Expressions::default(),
            language,
        })
    }

    /// Judges a document.
    pub fn judge(&mut self, document: &Document) -> Judged {
        let positions = Positions::of(&document.text);
        // The API server says it in English, without a position.
        if document.kind == "Scenario" && document.name == OWN_SCENARIO {
            let (reason, problem) = (Reason::ReservedName, Problem::ReservedScenarioName);
            let error = ValidationError { field: "metadata.name".into(), reason, problem };
            return Judged::Refused(vec![self.fault(&error, document, &positions)]);
        }
        let schema = if document.kind == "Agent" { &self.agent } else { &self.scenario };
        let (value, errors) = admitted(schema, &document.value, self.language);
        let in_file = |at: Option<Position>| at.map(|at| document.in_file(at));
        if !errors.is_empty() {
            let fault = |(field, text): (String, String)| Fault { position: in_file(positions.field(&field)), text };
            return Judged::Refused(errors.into_iter().map(fault).collect());
        }
        let undecodable = |error: serde_json::Error| {
            Judged::Refused(vec![Fault { text: error.to_string(), position: in_file(positions.field("")) }])
        };
        if document.kind == "Agent" {
            return serde_json::from_value::<Agent>(value).map_or_else(undecodable, |_| Judged::Agent);
        }
        let scenario: Scenario = match serde_json::from_value(value) {
            Ok(scenario) => scenario,
            Err(error) => return undecodable(error),
        };
        match validate(&document.name, &scenario.spec, &self.policy, &mut self.expressions) {
            Ok(valid) => Judged::Scenario(Box::new(valid)),
            Err(errors) => {
                let fault = |error: &ValidationError| self.fault(error, document, &positions);
                Judged::NotReady(errors.iter().map(fault).collect())
            }
        }
    }

    /// Whether the operator runs a Scenario that the API server has.
    pub fn is_ready(&mut self, scenario: &Scenario) -> bool {
        let name = scenario.metadata.name.as_deref().unwrap_or_default();
        validate(name, &scenario.spec, &self.policy, &mut self.expressions).is_ok()
    }

    /// An error with its position; of an expression, that of the character within it.
    pub fn fault(&self, error: &ValidationError, document: &Document, positions: &Positions<'_>) -> Fault {
        let field = error.field.replace("[]", "[0]");
        let position = match within(&error.problem) {
            Some(at) => {
                let pointer = format!("/{}", field.replace(['.', '['], "/").replace(']', ""));
                let source = document.value.pointer(&pointer).and_then(Value::as_str).unwrap_or_default();
                positions.within(&field, source, at)
            }
            None => positions.field(&field),
        };
        let position = position.map(|position| document.in_file(position));
        Fault { text: texts::validation(self.language, error), position }
    }
}

/// Where in an expression it is wrong.
fn within(problem: &Problem) -> Option<Position> {
    let place = match problem {
        Problem::Expression(error) => error.place(),
        Problem::UnknownField { place, .. } => Some(*place),
        _ => return None,
    };
    Some(place.map_or(Position { line: 1, column: 1 }, |Place { line, column }| Position { line, column }))
}

fn schema(kind: &str) -> Result<Schema, CliError> {
    let crds = crate::api::crds();
    let crd = crds.iter().find(|c| c.spec.names.kind == kind).map(serde_json::to_value).transpose()?;
    let schema = crd.unwrap_or_default()["spec"]["versions"][0]["schema"]["openAPIV3Schema"].clone();
    Schema::compile(&schema).map_err(|e| CliError::Argument(e.to_string()))
}

/// A document as the API server would store it, and its errors, each a field and a message.
fn admitted(schema: &Schema, document: &Value, language: Language) -> (Value, Vec<(String, String)>) {
    let mut value = document.clone();
    if let Some(error) = schema.decode_metadata(&mut value) {
        return (value, vec![("metadata".into(), error)]);
    }
    let unknown = schema.prune(&mut value);
    let mut errors: Vec<_> =
        unknown.into_iter().map(|path| (path.clone(), texts::unknown_field(language, &path))).collect();
    schema.drop_nulls(&mut value);
    schema.apply_defaults(&mut value);
    let causes = check_new_metadata(&value).into_iter().chain(schema.validate(&value, None));
    // It is beside the errors that it is about, and names no field.
    let causes = causes.filter(|cause| cause.message != RULES_NOT_CHECKED);
    errors.extend(causes.map(|cause| (cause.field.clone(), format!("{}: {}", cause.field, cause.message))));
    (value, errors)
}

#[cfg(test)]
mod tests {
    use super::super::documents::{Documents, parse};
    use super::*;
    use crate::cli::serve;
    use crate::cli::settings::Settings;
    use std::collections::BTreeMap;

    fn faults(text: &str) -> Vec<String> {
        let settings = Settings::load(&BTreeMap::new(), None, &BTreeMap::new()).unwrap();
        let mut rules = Rules::new(Arc::new(serve::policy(&settings)), Language::English).unwrap();
        let mut documents = Documents::default();
        parse("r.yaml", text, &mut documents);
        assert_eq!(documents.errors, []);
        match rules.judge(&documents.valid[documents.valid.len() - 1]) {
            Judged::Agent | Judged::Scenario(_) => Vec::new(),
            Judged::Refused(faults) | Judged::NotReady(faults) => {
                faults.iter().map(|fault| fault.located("r.yaml")).collect()
            }
        }
    }

    fn scenario(rest: &str) -> String {
        format!(
            "# first\n---\napiVersion: agentic.ligbox.io/v1alpha1\nkind: Scenario\nmetadata: {{name: a}}\nspec:\n  title: t\n  agent: pulso\n  severity: low\n  probes:\n  - name: p\n    tcp: {{address: \"a:1\"}}\n{rest}"
        )
    }

    #[test]
    fn faults_have_line_and_column() {
        assert_eq!(faults(&scenario("")), [""; 0]);
        for (rest, says) in [
            (
                "  checks:\n  - name: c\n    expect: probes.p.ok &&\n",
                "r.yaml:15:27: spec.checks[0].expect: CEL does not compile",
            ),
            (
                "  checks:\n  - name: c\n    expect: >-\n      probes.p.ok\n      && 'a\n",
                "r.yaml:17:10: spec.checks[0].expect: CEL does not compile",
            ),
            (
                "  checks:\n  - name: c\n    expect: probes.p.ok && nope\n",
                "r.yaml:15:28: spec.checks[0].expect: \"nope\" is not known",
            ),
            (
                "  checks:\n  - name: c\n    expect: >-\n      probes.p.ok &&\n      probes.p.status == 200\n",
                "r.yaml:17:16: spec.checks[0].expect: ",
            ),
            (
                "  checks:\n  - name: c\n    expect: \"'é' == '\\u00e9' &&\\n ('a' + 1) == 'b'\"\n",
                "r.yaml:15:40: spec.checks[0].expect: ",
            ),
            (
                "  checks:\n  - name: c\n    expect: |\n      probes.p.ok\n        && probes.p.error.matches('(')\n",
                "r.yaml:17:35: spec.checks[0].expect: ",
            ),
            (
                "  checks:\n  - name: c\n    expect: 'duration(''14d'') > duration(''1h'')'\n",
                "r.yaml:15:23: spec.checks[0].expect: ",
            ),
            (
                "  checks:\n  - {name: c, message: \"'a'\", expect: true || no()}\n",
                "r.yaml:14:47: spec.checks[0].expect: ",
            ),
            ("  checks:\n  - name: c\n    expect:\n      '1'\n", "r.yaml:16:8: spec.checks[0].expect: "),
            ("  intervall: 5m\n", "r.yaml:13:3: unknown field \"spec.intervall\""),
            ("  interval: 25h\n", "r.yaml:13:3: spec.interval: \"25h\" is not between"),
            ("  thresholds: {fail: 0}\n", "r.yaml:13:16: spec.thresholds.fail: "),
        ] {
            let faults = faults(&scenario(rest));
            assert!(faults.len() == 1 && faults[0].starts_with(says), "{faults:?}");
        }
    }

    #[test]
    fn names_that_the_api_server_refuses_are_faults() {
        for name in ["Y.test", "ação.test", "y.", "a_b", &"x".repeat(64)] {
            let faults = faults(&scenario("").replace("name: a}", &format!("name: {name}}}")));
            assert!(faults.len() == 1, "{name}: {faults:?}");
        }
        assert_eq!(faults(&scenario("").replace("name: a}", "name: a, labels: {a: b c}}")).len(), 1);
        assert_eq!(faults(&scenario("").replace("name: a}", "name: a, labels: {a: 1}}")).len(), 1);
        let agent =
            "apiVersion: agentic.ligbox.io/v1alpha1\nkind: Agent\nmetadata: {name: a}\nspec: {displayName: 1}\n";
        assert!(!faults(agent).is_empty());
    }

    #[test]
    fn null_counts_as_left_out_as_in_the_api_server() {
        assert_eq!(faults(&scenario("  checks: null\n  interval: null\n")), [""; 0]);
        let missing = faults(&scenario("  checks:\n  - name: c\n"));
        assert!(missing.len() == 1 && missing[0].contains("spec.checks[0].expect: Required value"), "{missing:?}");
    }
}
