//! `agentic-ops specs coverage`.

use super::{Context, Output, Report};
use crate::advisor::runbooks::read_runbook;
use crate::cli::CliError;
use crate::domain::advice::votes::SectionVotes;
use crate::domain::runbooks::{Coverage, Gap, ScenarioRunbook, coverage};
use crate::domain::texts::{self, curator};
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::path::PathBuf;

/// Options of `specs coverage`.
#[derive(Debug, clap::Args)]
pub(super) struct CoverageArgs {
    /// Also list the sections that advice with votes cited, from the cluster of the kubeconfig
    #[arg(long)]
    pub votes: bool,
    /// Kubeconfig, such as data/kubeconfig of standalone [default: KUBECONFIG, or ~/.kube/config]
    #[arg(long, value_name = "FILE", requires = "votes")]
    pub kubeconfig: Option<PathBuf>,
    /// Namespace [default: that of the kubeconfig]
    #[arg(long, short, requires = "votes")]
    pub namespace: Option<String>,
}

impl Context {
    /// `votes` are not there where nobody asked for them.
    pub(super) fn coverage(&self, votes: Option<&[SectionVotes]>) -> Result<Report, CliError> {
        let language = self.settings.language();
        if self.scenarios.is_empty() {
            return Err(CliError::Argument(texts::no_scenario(language)));
        }
        let runbooks: Vec<_> = self.scenarios.iter().map(|(name, spec)| ScenarioRunbook::of(name, spec)).collect();
        let found = coverage(&runbooks, |spec| read_runbook(&self.root, spec).ok());
        let code = match (found.gaps.is_empty(), self.errors.is_empty()) {
            (false, _) => 1,
            (true, false) => 2,
            (true, true) => 0,
        };
        let text = match self.output {
            Output::Json => format!("{:#}\n", as_json(&found, votes)),
            Output::Text => {
                let mut text = String::new();
                for gap in &found.gaps {
                    let _ = writeln!(text, "{}", texts::runbook_gap(language, gap));
                }
                for of in votes.unwrap_or_default() {
                    let line = curator::section_votes(language, &of.spec, of.section.as_deref(), of.wrong, of.useful);
                    let _ = writeln!(text, "{line}");
                }
                let _ = writeln!(text, "{}", texts::coverage_summary(language, &found));
                text
            }
        };
        Ok(Report { text, warnings: self.errors.clone(), code })
    }
}

fn as_json(coverage: &Coverage, votes: Option<&[SectionVotes]>) -> Value {
    let gap = |gap: &Gap| match gap {
        Gap::NoRunbook { scenario } => json!({"scenario": scenario, "gap": "NoRunbook"}),
        Gap::AbsentRunbook { scenario, spec } => json!({"scenario": scenario, "gap": "AbsentRunbook", "spec": spec}),
        Gap::AbsentSection { scenario, spec, section } => {
            json!({"scenario": scenario, "gap": "AbsentSection", "spec": spec, "section": section})
        }
        Gap::UncoveredCheck { scenario, spec, check } => {
            json!({"scenario": scenario, "gap": "UncoveredCheck", "spec": spec, "check": check})
        }
    };
    let gaps: Vec<_> = coverage.gaps.iter().map(gap).collect();
    let mut all = json!({"checks": coverage.checks, "covered": coverage.covered, "uncovered": coverage.uncovered(), "gaps": gaps});
    if let Some(votes) = votes {
        let section =
            |of: &SectionVotes| json!({"spec": of.spec, "section": of.section, "useful": of.useful, "wrong": of.wrong});
        all["votes"] = votes.iter().map(section).collect();
    }
    all
}
