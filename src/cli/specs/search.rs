//! `agentic-ops specs search`.

use super::{Context, Output, Report};
use crate::advisor::runbooks::{Found, Library, Query, QueryVector};
use crate::cli::settings::Settings;
use crate::cli::{CliError, vectors};
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
    /// Compare vectors, too, by the model server of the settings, which embeds all sections first [default: AGENTIC_SEARCH_VECTORS]
    #[arg(long)]
    vectors: bool,
}

impl Context {
    pub(super) async fn search(&self, args: &SearchArgs) -> Result<Report, CliError> {
        let (library, refreshed) = self.library()?;
        let text = args.text.join(" ");
        let compared = match args.vectors || self.settings.is_on("AGENTIC_SEARCH_VECTORS") {
            true => match vector(&self.settings, &library, &text).await {
                Err(error) if args.vectors => return Err(error),
                Err(error) => Compared::Words(Some(error.to_string())),
                Ok(vector) => Compared::Vectors(vector),
            },
            false => Compared::Words(None),
        };
        let (runbook, limit) = (args.runbook.as_deref(), args.limit.into());
        let query = Query { text: &text, runbook, limit, vector: compared.vector() };
        let found = library.find(&query).map_err(|error| CliError::Argument(error.to_string()))?;
        let text = match self.output {
            Output::Text => as_text(self.settings.language(), &found, &compared),
            Output::Json => format!("{:#}\n", as_json(&refreshed.revision, &found, &compared)),
        };
        Ok(Report { text, warnings: self.warnings(&refreshed), code: found.is_empty().into() })
    }
}

/// What is compared with a question.
enum Compared {
    /// Words alone, because of a fault if there is one.
    Words(Option<String>),
    Vectors(QueryVector),
}

impl Compared {
    fn vector(&self) -> Option<&QueryVector> {
        match self {
            Compared::Words(_) => None,
            Compared::Vectors(vector) => Some(vector),
        }
    }
}

/// The vector of a question, by the model with which all sections are embedded.
async fn vector(settings: &Settings, library: &Library, text: &str) -> Result<QueryVector, CliError> {
    let vectors = vectors::made(settings, library).await?;
    vectors::of_question(&vectors, text).await
}

/// The sections, each with why it was found.
fn as_text(language: Language, found: &[Found], compared: &Compared) -> String {
    let mut text = String::new();
    if found.is_empty() {
        let _ = writeln!(text, "{}", texts::nothing_found(language));
    }
    for (number, Found { excerpt, score, why }) in (1..).zip(found) {
        let _ = match compared.vector() {
            // Sums of reciprocals of places are small.
            Some(_) => writeln!(text, "{number}. {} › {}  ({score:.4})", excerpt.spec, excerpt.headings.join(" › ")),
            None => writeln!(text, "{number}. {} › {}  ({score:.2})", excerpt.spec, excerpt.headings.join(" › ")),
        };
        if compared.vector().is_some() {
            let near = why.near.map(|near| (near.place, near.likeness));
            let _ = writeln!(text, "   {}", texts::places(language, why.place, near));
        }
        let matched: Vec<_> =
            why.matched.iter().map(|m| texts::word_matched(language, &m.word, &m.stem, m.by)).collect();
        if !matched.is_empty() {
            let _ = writeln!(text, "   {}", matched.join(", "));
        }
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
    let last = match compared {
        Compared::Words(fault) => texts::full_text_only(language, fault.as_deref()),
        Compared::Vectors(vector) => texts::words_and_vectors(language, &vector.model.name),
    };
    let _ = writeln!(text, "{last}");
    text
}

fn as_json(revision: &str, found: &[Found], compared: &Compared) -> Value {
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
                "words_place": why.place,
                "vectors_place": why.near.map(|near| near.place),
                "vectors_likeness": why.near.map(|near| near.likeness),
            },
        })
    });
    json!({"revision": revision, "vectors": compared.vector().is_some(), "found": found.collect::<Vec<_>>()})
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "shares are between 0 and 1")]
fn percent(share: f64) -> u32 {
    (share * 100.0).round() as u32
}
