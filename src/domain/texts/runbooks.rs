//! Texts about the runbooks and their index.

use super::language::Language;
use crate::domain::runbooks::evaluation::Figures;
use crate::domain::runbooks::{Coverage, Gap};
use std::fmt::{Display, Formatter};

/// Why a part of the runbooks is not read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunbookProblem {
    /// The file or directory, within AGENTIC_SPECS_ROOT and without `.md`; empty for the whole.
    pub path: String,
    pub kind: RunbookProblemKind,
}

/// What is wrong with a file or directory of runbooks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RunbookProblemKind {
    /// Its name has other characters than a Scenario may use for its runbook.
    Name,
    /// A symbolic link that leads out of the directory of the runbooks.
    Outside,
    NotAFile,
    /// The message of the operating system.
    Unreadable(String),
    /// The file is longer; the rest is left out.
    Cut {
        max: u64,
    },
    TooManyFiles {
        found: usize,
        max: usize,
    },
    /// All files together are larger than the limit; this file and those after it are left out.
    TooManyBytes {
        max: u64,
    },
    /// Entries of directories.
    TooManyEntries {
        max: usize,
    },
    /// Levels of directories.
    TooDeep {
        max: usize,
    },
}

impl Display for RunbookProblem {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        f.write_str(&runbook_problem(Language::English, self))
    }
}

/// Why a part of the runbooks is not read.
pub fn runbook_problem(language: Language, problem: &RunbookProblem) -> String {
    let what = match &problem.kind {
        RunbookProblemKind::Name => text!(
            language,
            "o nome só pode ter letras sem acento, algarismos, `.`, `_` e `-`",
            "the name may consist of letters without accents, digits, `.`, `_` and `-` only",
        ),
        RunbookProblemKind::Outside => {
            text!(
                language,
                "a ligação leva para fora da pasta dos runbooks",
                "the link leads out of the directory of the runbooks"
            )
        }
        RunbookProblemKind::NotAFile => text!(language, "não é um arquivo", "is not a file"),
        RunbookProblemKind::Unreadable(error) => {
            text!(language, "não pôde ser lido: {error}", "cannot be read: {error}")
        }
        RunbookProblemKind::Cut { max } => {
            text!(language, "só os primeiros {max} bytes são usados", "only the first {max} bytes are used",)
        }
        RunbookProblemKind::TooManyFiles { found, max } => text!(
            language,
            "há {found} runbooks; só são lidos {max} (AGENTIC_SPECS_FILES_MAX)",
            "there are {found} runbooks; only {max} are read (AGENTIC_SPECS_FILES_MAX)",
        ),
        RunbookProblemKind::TooManyBytes { max } => text!(
            language,
            "este e os seguintes não são lidos: juntos, os runbooks passam de {max} bytes (AGENTIC_SPECS_BYTES_MAX)",
            "this one and those after it are not read: the runbooks together exceed {max} bytes (AGENTIC_SPECS_BYTES_MAX)",
        ),
        RunbookProblemKind::TooManyEntries { max } => {
            text!(language, "há mais de {max} arquivos e pastas", "there are more than {max} files and folders")
        }
        RunbookProblemKind::TooDeep { max } => {
            text!(language, "há mais de {max} níveis de pastas", "there are more than {max} levels of folders")
        }
    };
    if problem.path.is_empty() { what } else { format!("{}: {what}", problem.path) }
}

/// What the runbooks lack.
pub fn runbook_gap(language: Language, gap: &Gap) -> String {
    match gap {
        Gap::NoRunbook { scenario } => {
            text!(language, "{scenario}: o Scenario não indica um runbook", "{scenario}: the Scenario names no runbook")
        }
        Gap::AbsentRunbook { scenario, spec } => {
            text!(language, "{scenario}: o runbook {spec} não existe", "{scenario}: there is no runbook {spec}")
        }
        Gap::AbsentSection { scenario, spec, section } => text!(
            language,
            "{scenario}: o runbook {spec} não tem a seção {section:?}",
            "{scenario}: the runbook {spec} has no section {section:?}",
        ),
        Gap::UncoveredCheck { scenario, spec, check } => text!(
            language,
            "{scenario}: o runbook {spec} não fala de `{check}`",
            "{scenario}: the runbook {spec} does not mention `{check}`",
        ),
    }
}

/// How many checks the runbooks cover.
pub fn coverage_summary(language: Language, coverage: &Coverage) -> String {
    let Coverage { checks, covered, .. } = coverage;
    text!(
        language,
        "{covered} de {checks} verificações estão nos runbooks",
        "{covered} of {checks} checks are in the runbooks",
    )
}

/// How a word of a question belongs to one of a runbook.
pub fn word_matched(language: Language, word: &str, stem: &str, by: WordMatch) -> String {
    match by {
        WordMatch::Stem => text!(language, "{word} (mesma palavra)", "{word} (same word)"),
        WordMatch::Likeness => text!(language, "{word} (parecida com {stem}…)", "{word} (looks like {stem}…)"),
        WordMatch::Lexicon => text!(language, "{word} (mesmo sentido que {stem}…)", "{word} (same meaning as {stem}…)"),
    }
}

/// How a word of a question and one of a runbook belong together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WordMatch {
    /// They have the same stem.
    Stem,
    /// One is like the other, and the index does not have it.
    Likeness,
    /// They may stand for one another.
    Lexicon,
}

impl WordMatch {
    /// The name in output for programs.
    pub fn as_str(self) -> &'static str {
        match self {
            WordMatch::Stem => "stem",
            WordMatch::Likeness => "trigrams",
            WordMatch::Lexicon => "lexicon",
        }
    }
}

/// Words of a question that a runbook does not have.
pub fn missing_words(language: Language, words: &[String]) -> String {
    let words = words.join(", ");
    text!(language, "não aparecem no runbook: {words}", "not in the runbook: {words}")
}

/// How much of a question a section and its runbook have, in percent.
pub fn shares(language: Language, section: u32, runbook: u32) -> String {
    text!(
        language,
        "a seção tem {section}% do que foi perguntado, e o runbook {runbook}%",
        "the section has {section}% of what was asked, and the runbook {runbook}%",
    )
}

/// No section fits a question.
pub fn nothing_found(language: Language) -> String {
    text!(language, "não encontrei nada nos runbooks sobre isso", "nothing was found in the runbooks about this")
}

/// The place of a section among those by words and those by vectors, with how near its vector is to that of the question.
pub fn places(language: Language, words: Option<u32>, vectors: Option<(u32, f32)>) -> String {
    let words = words.map(|place| text!(language, "por palavras, lugar {place}", "by words, place {place}"));
    let vectors = vectors.map(|(place, near)| {
        text!(language, "por vetores, lugar {place} ({near:.2})", "by vectors, place {place} ({near:.2})")
    });
    [words, vectors].into_iter().flatten().collect::<Vec<_>>().join("; ")
}

/// The search compares words alone: because of this fault, or because nothing else was asked for.
pub fn full_text_only(language: Language, fault: Option<&str>) -> String {
    match fault {
        Some(fault) => {
            text!(language, "a busca compara só palavras: {fault}", "the search compares words only: {fault}")
        }
        None => text!(
            language,
            "a busca compara só palavras; com --vectors, também vetores",
            "the search compares words only; with --vectors, vectors too",
        ),
    }
}

/// The search compares words, and vectors of this model.
pub fn words_and_vectors(language: Language, model: &str) -> String {
    text!(language, "a busca compara palavras e vetores de {model}", "the search compares words and vectors of {model}")
}

/// The figures of a search, each with its value.
pub fn evaluation_rows(language: Language, figures: &Figures) -> Vec<(String, String)> {
    let share = |share: f64| format!("{share:.3}");
    let answerable = figures.questions.saturating_sub(figures.unanswerable);
    [
        (text!(language, "perguntas com resposta", "questions with an answer"), answerable.to_string()),
        (text!(language, "runbook em primeiro", "runbook first"), share(figures.recall_1)),
        (text!(language, "runbook entre os três primeiros", "runbook among the first three"), share(figures.recall_3)),
        (text!(language, "seção em primeiro", "section first"), share(figures.section_1)),
        (text!(language, "seção entre as três primeiras", "section among the first three"), share(figures.section_3)),
        (text!(language, "perguntas sem resposta", "questions without an answer"), figures.unanswerable.to_string()),
        (text!(language, "recusadas", "declined"), share(figures.nothing)),
    ]
    .into()
}

/// The headings of the two columns of figures.
pub fn evaluation_columns(language: Language) -> (String, String) {
    (text!(language, "palavras", "words"), text!(language, "palavras e vetores", "words and vectors"))
}

/// What the figures say about vectors.
pub fn evaluation_verdict(language: Language, is_worse: bool) -> String {
    match is_worse {
        true => text!(
            language,
            "Com vetores, um dos valores piora: deixe AGENTIC_SEARCH_VECTORS=false.",
            "With vectors a figure gets worse: leave AGENTIC_SEARCH_VECTORS=false.",
        ),
        false => text!(
            language,
            "Com vetores, nenhum valor piora: AGENTIC_SEARCH_VECTORS=true é possível.",
            "With vectors no figure gets worse: AGENTIC_SEARCH_VECTORS=true is possible.",
        ),
    }
}

/// A line of a file is no question.
pub fn no_question(language: Language, file: &str, line: usize) -> String {
    text!(
        language,
        "{file}, linha {line}: uma pergunta tem três partes separadas por tabulações: o que a responde, o idioma e o texto",
        "{file}, line {line}: a question has three parts separated by tabulators: what answers it, its language and the text",
    )
}

/// There is nothing to evaluate a search with.
pub fn no_questions(language: Language) -> String {
    text!(language, "os arquivos não têm perguntas", "the files have no questions")
}
