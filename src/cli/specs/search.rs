//! `agentic-ops specs search`.

use super::{Context, Output, Report};
use crate::advisor::runbooks::{Found, Library, LibraryConfig, LibraryError, Query};
use crate::cli::{CliError, limits};
use crate::domain::runbooks::About;
use crate::domain::texts::{self, Language};
use serde_json::{Value, json};
use std::fmt::Write as _;

/// Options of `specs search`.
#[derive(Debug, clap::Args)]
pub(super) struct SearchArgs {
    /// The question, as a person types it
    #[arg(required = true, value_name = "TEXT")]
    text: Vec<String>,
    /// Runbook of the Scenario that the question is about, which is preferred
    #[arg(long, value_name = "NAME")]
    runbook: Option<String>,
    /// Most sections that are shown
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u16).range(1..=100))]
    limit: u16,
}

impl Context {
    pub(super) fn search(&self, args: &SearchArgs) -> Result<Report, CliError> {
        let config =
            LibraryConfig { root: self.root.clone(), database: None, limits: limits::runbooks(&self.settings) };
        let about: Vec<_> = self.scenarios.iter().filter_map(|(name, spec)| About::of(name, spec)).collect();
        let failed = |error: LibraryError| CliError::Argument(error.to_string());
        let library = Library::open(config).map_err(failed)?;
        let refreshed = library.refresh(&about).map_err(failed)?;
        let text = args.text.join(" ");
        let query = Query { text: &text, runbook: args.runbook.as_deref(), limit: args.limit.into() };
        let found = library.find(&query).map_err(failed)?;
        let language = self.settings.language();
        let problems = refreshed.problems.iter().map(|problem| texts::runbook_problem(language, problem));
        let warnings = self.errors.iter().cloned().chain(problems).collect();
        let text = match self.output {
            Output::Text => as_text(language, &found),
            Output::Json => format!("{:#}\n", as_json(&refreshed.revision, &found)),
        };
        Ok(Report { text, warnings, code: found.is_empty().into() })
    }
}

/// The sections, each with why it was found.
fn as_text(language: Language, found: &[Found]) -> String {
    let mut text = String::new();
    if found.is_empty() {
        let _ = writeln!(text, "{}", texts::nothing_found(language));
    }
    for (number, Found { excerpt, score, why }) in (1..).zip(found) {
        let _ = writeln!(text, "{number}. {} › {}  ({score:.2})", excerpt.spec, excerpt.headings.join(" › "));
        let matched = why.matched.iter().map(|m| texts::word_matched(language, &m.word, &m.stem, m.by));
        let _ = writeln!(text, "   {}", matched.collect::<Vec<_>>().join(", "));
        if !why.missing.is_empty() {
            let _ = writeln!(text, "   {}", texts::missing_words(language, &why.missing));
        }
        let _ =
            writeln!(text, "   {}\n", texts::shares(language, percent(why.piece_share), percent(why.runbook_share)));
        for line in excerpt.text.lines() {
            let _ = writeln!(text, "{}", format!("   | {line}").trim_end());
        }
        let _ = writeln!(text);
    }
    let _ = writeln!(text, "{}", texts::full_text_only(language));
    text
}

fn as_json(revision: &str, found: &[Found]) -> Value {
    let found = found.iter().map(|Found { excerpt, score, why }| {
        let matched = why.matched.iter().map(|m| json!({"word": m.word, "stem": m.stem, "by": m.by.as_str()}));
        json!({
            "spec": excerpt.spec,
            "headings": excerpt.headings,
            "text": excerpt.text,
            "hash": excerpt.hash,
            "score": score,
            "why": {
                "matched": matched.collect::<Vec<_>>(),
                "missing": why.missing,
                "section_share": why.piece_share,
                "runbook_share": why.runbook_share,
                "own_runbook": why.own,
            },
        })
    });
    json!({"revision": revision, "vectors": false, "found": found.collect::<Vec<_>>()})
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "shares are between 0 and 1")]
fn percent(share: f64) -> u32 {
    (share * 100.0).round() as u32
}
