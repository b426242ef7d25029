//! `agentic-ops specs evaluate`.

use super::{Context, Output, Report};
use crate::advisor::runbooks::{Library, Query};
use crate::advisor::vectors::Vectors;
use crate::cli::{CliError, vectors};
use crate::domain::runbooks::evaluation::{Count, FIRST, Figures, Question, questions};
use crate::domain::texts::{self, Language};
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::io::Read as _;
use std::path::PathBuf;

/// Largest file, in bytes.
const FILE_MAX: u64 = 16 << 20;

/// Options of `specs evaluate`.
#[derive(Debug, clap::Args)]
pub(super) struct EvaluateArgs {
    /// Files of questions, one in each line: what answers it (RUNBOOK#HEADING|HEADING, SCENARIO, SCENARIO/CHECK, or - for nothing), its
    /// language and the text, separated by tabulators
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Compare vectors, too, by the model server of the settings, which embeds all sections first
    #[arg(long)]
    vectors: bool,
}

impl Context {
    pub(super) async fn evaluate(&self, args: &EvaluateArgs) -> Result<Report, CliError> {
        let language = self.settings.language();
        let questions = self.questions(args)?;
        let (library, refreshed) = self.library()?;
        let words = figures(&library, None, &questions).await?;
        let vectors = match args.vectors {
            true => Some(vectors::made(&self.settings, &library).await?),
            false => None,
        };
        let both = match &vectors {
            Some(vectors) => Some(figures(&library, Some(vectors), &questions).await?),
            None => None,
        };
        let is_worse = both.is_some_and(|both| both.is_worse_than(&words));
        let text = match self.output {
            Output::Json => {
                format!("{:#}\n", json!({"words": as_json(&words), "words_and_vectors": both.as_ref().map(as_json)}))
            }
            Output::Text => as_text(language, &words, both.as_ref()),
        };
        Ok(Report { text, warnings: self.warnings(&refreshed), code: is_worse.into() })
    }

    fn questions(&self, args: &EvaluateArgs) -> Result<Vec<Question>, CliError> {
        let language = self.settings.language();
        let runbook_of = |name: &str| {
            let (_, spec) = self.scenarios.iter().find(|(scenario, _)| scenario == name)?;
            spec.runbook.as_ref().map(|runbook| runbook.spec.clone())
        };
        let mut all = Vec::new();
        for path in &args.files {
            let failed = |source| CliError::File { path: path.clone(), source };
            let mut text = String::new();
            std::fs::File::open(path).map_err(failed)?.take(FILE_MAX).read_to_string(&mut text).map_err(failed)?;
            let read = questions(&text, runbook_of);
            let wrong = |line| texts::no_question(language, &path.display().to_string(), line);
            all.extend(read.map_err(|line| CliError::Argument(wrong(line)))?);
        }
        match all.is_empty() {
            true => Err(CliError::Argument(texts::no_questions(language))),
            false => Ok(all),
        }
    }
}

async fn figures(library: &Library, by: Option<&Vectors>, questions: &[Question]) -> Result<Figures, CliError> {
    let mut count = Count::default();
    for question in questions {
        let vector = match by {
            Some(by) => Some(vectors::of_question(by, &question.text).await?),
            None => None,
        };
        let query = Query { text: &question.text, runbook: None, limit: FIRST, vector: vector.as_ref() };
        let found = library.find(&query).map_err(|error| CliError::Argument(error.to_string()))?;
        count.add(question, found.iter().map(|found| &found.excerpt), |_| false);
    }
    Ok(count.figures())
}

/// A table with a column for each search, and what follows.
fn as_text(language: Language, words: &Figures, both: Option<&Figures>) -> String {
    let (by_words, by_both) = texts::evaluation_columns(language);
    let rows = texts::evaluation_rows(language, words);
    let others = both.map(|both| texts::evaluation_rows(language, both));
    let width = |texts: &mut dyn Iterator<Item = &String>| texts.map(|text| text.chars().count()).max().unwrap_or(0);
    let (first, second) = (width(&mut rows.iter().map(|row| &row.0)), by_words.chars().count());
    let mut text = String::new();
    let mut line = |label: &str, words: &str, both: Option<&str>| {
        let line = format!("{label:<first$}  {words:<second$}  {}", both.unwrap_or_default());
        let _ = writeln!(text, "{}", line.trim_end());
    };
    line("", &by_words, others.as_ref().map(|_| by_both.as_str()));
    for (at, (label, value)) in rows.iter().enumerate() {
        line(label, value, others.as_ref().and_then(|rows| rows.get(at)).map(|row| row.1.as_str()));
    }
    if let Some(both) = both {
        let _ = writeln!(text, "{}", texts::evaluation_verdict(language, both.is_worse_than(words)));
    }
    text
}

fn as_json(figures: &Figures) -> Value {
    json!({
        "questions": figures.questions,
        "unanswerable": figures.unanswerable,
        "runbook_first": figures.recall_1,
        "runbook_among_three": figures.recall_3,
        "section_first": figures.section_1,
        "section_among_three": figures.section_3,
        "declined": figures.nothing,
    })
}
