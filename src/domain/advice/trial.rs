//! How well a model advises: figures over Findings on which it was tried.

use super::answer;
use super::check::{Checked, Reason, What};
use super::prompt::Prompt;
use std::time::Duration;

/// What came of trying a model on one Finding.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Trial {
    /// Whether a line was left.
    pub grounded: bool,
    /// Quotes that the model gave, and those of them that stand in the excerpts that they cite.
    pub given: u32,
    pub surviving: u32,
    /// The call of the model, without loading it.
    pub took: Duration,
}

impl Trial {
    /// Of an answer and what the check left of it.
    pub fn of(answer: &str, prompt: &Prompt, checked: &Checked, took: Duration) -> Trial {
        let lines = answer::read(answer, prompt.kind).map(|answer| answer.lines).unwrap_or_default();
        let given = lines.iter().filter(|line| !line.quote.trim().is_empty()).count();
        let is_line = |what: What| matches!(what, What::Cause | What::Step | What::Line);
        let is_quote = |reason: Reason| matches!(reason, Reason::NoExcerpt | Reason::ShortQuote | Reason::NoQuote);
        let refused = checked.dropped.iter().filter(|dropped| is_line(dropped.what) && is_quote(dropped.reason));
        let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        Trial {
            grounded: checked.grounded,
            given: count(given),
            surviving: count(given.saturating_sub(refused.count())),
            took,
        }
    }

    /// Surviving quotes of those given; `None` where none was given.
    pub fn precision(&self) -> Option<f64> {
        share(self.surviving, self.given)
    }
}

/// What came of trying a model on several Findings.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Total {
    pub findings: u32,
    /// Findings on which the model gave an answer.
    pub answered: u32,
    pub grounded: u32,
    pub given: u32,
    pub surviving: u32,
    /// All calls that were answered.
    pub took: Duration,
}

impl Total {
    /// Adds a Finding; `None` where the model gave no answer.
    pub fn add(&mut self, trial: Option<&Trial>) {
        self.findings += 1;
        let Some(trial) = trial else { return };
        self.answered += 1;
        self.grounded += u32::from(trial.grounded);
        self.given += trial.given;
        self.surviving += trial.surviving;
        self.took += trial.took;
    }

    /// The share of all Findings with a grounded answer; `None` without Findings.
    pub fn grounded_share(&self) -> Option<f64> {
        share(self.grounded, self.findings)
    }

    /// Surviving quotes of those given; `None` where none was given.
    pub fn precision(&self) -> Option<f64> {
        share(self.surviving, self.given)
    }

    /// The mean time of an answer; `None` without one.
    pub fn mean(&self) -> Option<Duration> {
        self.took.checked_div(self.answered)
    }
}

fn share(part: u32, whole: u32) -> Option<f64> {
    (whole > 0).then(|| f64::from(part) / f64::from(whole))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::advice::check::check;
    use crate::domain::advice::prompt::{Cited, Kind};
    use crate::domain::runbooks::Excerpt;
    use crate::domain::texts::Language;
    use serde_json::json;

    fn prompt() -> Prompt {
        let excerpt = Excerpt {
            spec: "proxmox-cluster".into(),
            headings: vec!["Cluster Proxmox".into(), "Como reparar".into()],
            text: "1. Ligue a VM parada pelo painel do nó.\n2. Confira se ela respondeu na rede.\n".into(),
            hash: "0123456789abcdef".into(),
        };
        Prompt {
            kind: Kind::Advice,
            system: String::new(),
            user: String::new(),
            excerpts: vec![Cited { id: "E1".into(), excerpt }],
            facts: "VM 112 não está em execução".into(),
        }
    }

    fn trial(quotes: &[&str]) -> Trial {
        let steps: Vec<_> = quotes
            .iter()
            .map(|quote| json!({"text": "Ligue a VM parada.", "command": "", "excerpt": "E1", "quote": quote}))
            .collect();
        let answer = json!({"summary": "A VM está parada.", "causes": [], "steps": steps}).to_string();
        let checked = check(&answer, &prompt(), Language::Portuguese);
        Trial::of(&answer, &prompt(), &checked, Duration::from_secs(10))
    }

    #[test]
    fn quotes_that_stand_in_the_excerpt_survive() {
        let good = trial(&["Ligue a VM parada pelo painel do nó.", "Reinicie o servidor inteiro pela tomada agora."]);
        assert_eq!((good.grounded, good.given, good.surviving), (true, 2, 1));
        assert_eq!(good.precision(), Some(0.5));
        let bad = trial(&["Reinicie o servidor inteiro pela tomada agora."]);
        assert_eq!((bad.grounded, bad.precision()), (false, Some(0.0)));
        let malformed =
            Trial::of("não sei", &prompt(), &check("não sei", &prompt(), Language::Portuguese), Duration::ZERO);
        assert_eq!((malformed.grounded, malformed.precision()), (false, None));
    }

    #[test]
    fn the_total_counts_findings_without_an_answer_as_not_grounded() {
        let mut total = Total::default();
        assert_eq!((total.grounded_share(), total.precision(), total.mean()), (None, None, None));
        total.add(Some(&trial(&["Ligue a VM parada pelo painel do nó."])));
        total.add(Some(&trial(&["Reinicie o servidor inteiro pela tomada agora."])));
        total.add(None);
        total.add(None);
        assert_eq!((total.grounded_share(), total.precision()), (Some(0.25), Some(0.5)));
        assert_eq!(total.mean(), Some(Duration::from_secs(10)));
    }
}
