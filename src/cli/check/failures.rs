//! What `check` prints of an outcome: of a failure also what the check shows and the values that it read.

use crate::domain::evidence::Proof;
use crate::domain::outcome::Outcome;
use crate::domain::texts::Language;
use serde_json::{Value, json};

/// Below the row of a failed check: what it shows, and `path = value` for each value that it read.
pub fn lines(proof: &Proof, language: Language) -> Vec<String> {
    let show = proof.show.as_ref().map(|show| show.render(language)).unwrap_or_default();
    let values = proof.values.iter().map(|(path, value)| format!("{path} = {}", value.render(language)));
    show.lines().map(String::from).chain(values).collect()
}

/// An outcome; of a failed check with `show`, `expression` and `values`, as in the evidence of a Finding.
pub fn as_json(outcome: &Outcome, language: Language) -> Value {
    let Outcome { check, key, result, severity, message, proof, .. } = outcome;
    let mut json = json!({"name": &**check, "key": key, "outcome": result, "severity": severity, "message": message});
    if let Some(proof) = proof {
        let values = proof.values.iter().map(|(path, value)| json!({"path": path, "value": value.render(language)}));
        json["expression"] = proof.expression.render(language).into();
        json["values"] = values.collect();
        if let Some(show) = &proof.show {
            json["show"] = show.render(language).into();
        }
    }
    json
}
