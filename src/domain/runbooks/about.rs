//! What a Scenario says about its runbook: words that people see when a check fails, and that the runbook may lack.

use crate::api::ScenarioSpec;

/// Longest text about one runbook, in bytes.
const TEXT_MAX: usize = 4096;

/// Words by which a runbook is found besides its own.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct About {
    /// The runbook, as `spec.runbook.spec` names it.
    pub spec: String,
    /// Name and title of the Scenario, names of its probes and checks, and the texts of the messages of its checks. At most 4 KiB.
    pub text: String,
}

impl About {
    /// What this Scenario says about its runbook; `None` if it has none.
    pub fn of(name: &str, scenario: &ScenarioSpec) -> Option<About> {
        let spec = scenario.runbook.as_ref()?.spec.clone();
        let mut lines = vec![name.to_string(), scenario.title.clone()];
        lines.extend(scenario.probes.iter().map(|probe| probe.name.clone()));
        for check in &*scenario.checks {
            lines.push(check.name.clone());
            lines.extend(check.message.iter().map(|message| literals(message)));
        }
        let mut text = lines.join("\n");
        text.truncate(text.floor_char_boundary(TEXT_MAX));
        Some(About { spec, text })
    }
}

/// The texts in quotes of a CEL expression.
fn literals(expression: &str) -> String {
    let mut texts = String::new();
    let mut quote = None;
    let mut chars = expression.chars();
    while let Some(c) = chars.next() {
        match quote {
            None if matches!(c, '"' | '\'') => quote = Some(c),
            None => {}
            Some(open) if c == open => {
                quote = None;
                texts.push(' ');
            }
            Some(_) if c == '\\' => {
                chars.next();
                texts.push(' ');
            }
            Some(_) => texts.push(c),
        }
    }
    texts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals_are_the_texts_in_quotes() {
        let message = r#""A API respondeu " + string(probes.api.status) + ' em "x" \'y' + (a ? "sim\n" : "")"#;
        let words: Vec<_> = literals(message).split_whitespace().map(String::from).collect();
        assert_eq!(words, ["A", "API", "respondeu", "em", "\"x\"", "y", "sim"]);
        assert_eq!(literals("\"open"), "open");
        assert_eq!(literals("a + b"), "");
    }

    #[test]
    fn a_scenario_without_a_runbook_says_nothing() {
        let spec = |runbook: &str| -> ScenarioSpec {
            let json = format!(
                r#"{{"title": "Impressora", "agent": "pulso", "severity": "high", {runbook}
                    "probes": [{{"name": "page", "http": {{"url": "http://h/"}}}}],
                    "checks": [{{"name": "paper", "expect": "true", "message": "\"Falta \" + \"papel\""}}]}}"#
            );
            serde_json::from_str(&json).unwrap()
        };
        assert_eq!(About::of("print", &spec("")), None);
        let about = About::of("print", &spec(r#""runbook": {"spec": "office/print"},"#)).unwrap();
        assert_eq!(about.spec, "office/print");
        let words: Vec<_> = about.text.split_whitespace().collect();
        assert_eq!(words, ["print", "Impressora", "page", "paper", "Falta", "papel"]);
    }
}
