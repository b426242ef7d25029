//! Why a check failed: what its expression read, and what its `show` gives.

use super::abridged::Abridged;
use super::ends::Ends;
use crate::cel::{EvalError, Layout, PathRead, Shown};
use crate::domain::redact::Redactor;
use crate::domain::texts::{self, Language};

/// Most values that are shown of a check.
pub const VALUES_MAX: usize = 16;
/// What each part takes at most, in bytes between the quotes of JSON.
const SHOW_MAX: usize = 1536;
const EXPRESSION_MAX: usize = 512;
const PATH_MAX: usize = 200;
const VALUE_MAX: usize = 240;

/// Why a check failed, without secrets.
#[derive(Clone, Debug, PartialEq)]
pub struct Proof {
    /// What `show` of the check gives, or why it gives nothing.
    pub show: Option<Abridged>,
    /// The text of `expect`.
    pub expression: Abridged,
    /// What `expect` read: each path with its value.
    pub values: Vec<(String, Abridged)>,
    /// Whether it read more than that.
    pub has_more: bool,
}

impl Proof {
    /// From the text of `expect`, what it read (at most one path more than is shown) and the value of `show`.
    pub fn new(
        expression: &str,
        mut reads: Vec<PathRead<'_>>,
        show: Option<Result<Shown<'_>, EvalError>>,
        redactor: &Redactor,
        language: Language,
    ) -> Proof {
        let clean = |text: &str, max| Abridged::from(redactor.redact(text).into_owned()).within(max);
        let has_more = reads.len() > VALUES_MAX;
        reads.truncate(VALUES_MAX);
        let values = reads.iter().map(|read| {
            let path = clean(&read.path, PATH_MAX).render(language);
            (path, value(read, redactor, language).within(VALUE_MAX).compact())
        });
        Proof {
            expression: clean(expression.trim(), EXPRESSION_MAX).compact(),
            values: values.collect(),
            show: show.map(|show| shown(show, redactor, language).within(SHOW_MAX).compact()),
            has_more,
        }
    }

    /// Of a failure beyond those that can be shown in a run: only the text of `expect`.
    pub fn omitted(expression: &str, redactor: &Redactor, language: Language) -> Proof {
        Proof { has_more: true, ..Proof::new(expression, Vec::new(), None, redactor, language) }
    }

    /// The bytes of all texts, about.
    pub fn size(&self) -> usize {
        let values: usize = self.values.iter().map(|(path, value)| path.len() + value.size()).sum();
        values + self.expression.size() + self.show.as_ref().map_or(0, Abridged::size)
    }
}

/// The value at a path; of what is more than the expression can mean, only its size.
fn value(read: &PathRead<'_>, redactor: &Redactor, language: Language) -> Abridged {
    let shown = match &read.value {
        Ok(shown) => shown,
        Err(error) => return Abridged::from(redactor.redact(&no_value(language, error)).into_owned()),
    };
    let items = shown.items();
    if let Some(count) = items.filter(|_| read.is_whole) {
        return Abridged::from(texts::items(language, count));
    }
    let text = written(shown, Layout::Line, redactor, language);
    match items {
        Some(count) if text.size() > VALUE_MAX => {
            Abridged::from(format!("{}: ", texts::items(language, count))).with(&text)
        }
        _ => text,
    }
}

fn shown(show: Result<Shown<'_>, EvalError>, redactor: &Redactor, language: Language) -> Abridged {
    match show {
        Ok(shown) => written(&shown, Layout::Lines, redactor, language),
        Err(error) => Abridged::from(redactor.redact(&texts::show_failed(language, &error)).into_owned()),
    }
}

fn written(shown: &Shown<'_>, layout: Layout, redactor: &Redactor, language: Language) -> Abridged {
    let mut ends = Ends::default();
    let result = shown.write(layout, &mut ends);
    let text = ends.abridged(redactor, str::to_string);
    match result {
        Ok(()) => text,
        Err(error) => text.with(&Abridged::from(format!(" {}", no_value(language, &error)))),
    }
}

fn no_value(language: Language, error: &EvalError) -> String {
    format!("({})", texts::evaluation(language, error))
}
