//! How well the index finds the runbooks of this repository, among 2,000 sections about other systems.
//!
//! Each file has a question in each line: what answers it, its language and the question. In `tuned.tsv`, the weights were tuned with
//! them; it names the runbook and the headings that answer. The questions in `held-out.tsv` were written by a person who saw only
//! symptoms, and nothing is to be tuned with them; it names the Scenario and the check. Those in `development.tsv`, and the last ones of
//! `tuned.tsv`, were written in the same way and name the Scenario alone; nothing is tuned with those in `development.tsv` either, but
//! the figures are looked at while the search is worked on. `-` stands for a question that no runbook answers.

mod distractors;

use agentic_ops::advisor::runbooks::{Library, LibraryConfig, Query, TreeLimits};
use agentic_ops::api::ScenarioSpec;
use agentic_ops::domain::runbooks::About;
use agentic_ops::domain::runbooks::evaluation::{self, Answer, Count, FIRST, Figures, Question};
use serde_json::Value;
use std::path::{Path, PathBuf};

/// Where the others are.
const OTHERS: &str = "outros/";

struct Directory(PathBuf);

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn questions(file: &str) -> Vec<Question> {
    let text = std::fs::read_to_string(repository().join("tests/retrieval").join(file)).unwrap();
    evaluation::questions(&text, |scenario| Some(scenario.replace('.', "-")).filter(|_| !scenario.contains('/')))
        .unwrap()
}

/// An index of the runbooks of this repository, with or without those about other systems.
fn library(directory: &Path, others: bool) -> Library {
    for entry in std::fs::read_dir(repository().join("specs")).unwrap().flatten() {
        std::fs::copy(entry.path(), directory.join(entry.file_name())).unwrap();
    }
    for (spec, page) in distractors::pages().into_iter().filter(|_| others) {
        let path = directory.join(format!("{spec}.md"));
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, page).unwrap();
    }
    let limits = TreeLimits { files: 2000, bytes: 16 << 20 };
    let library = Library::open(LibraryConfig { root: directory.into(), database: None, limits }).unwrap();
    let refreshed = library.refresh(&about()).unwrap();
    assert_eq!(refreshed.problems, []);
    let least = if others { distractors::COUNT } else { 0 };
    assert!(refreshed.sections > least + 45, "{}", refreshed.sections);
    library
}

/// What the Scenarios of the registry say about their runbooks.
fn about() -> Vec<About> {
    let registry = std::fs::read_to_string(repository().join("registry.yaml")).unwrap();
    let documents: Vec<Value> = serde_saphyr::from_multiple(&registry).unwrap();
    let scenarios = documents.iter().filter(|document| document["kind"] == "Scenario");
    let about = scenarios.filter_map(|document| {
        let spec: ScenarioSpec = serde_json::from_value(document["spec"].clone()).unwrap();
        About::of(document["metadata"]["name"].as_str().unwrap(), &spec)
    });
    about.collect()
}

fn figures(library: &Library, questions: &[Question]) -> Figures {
    let mut count = Count::default();
    for question in questions {
        let query = Query { text: &question.text, runbook: None, limit: FIRST, vector: None };
        let found = library.find(&query).unwrap();
        count.add(question, found.iter().map(|found| &found.excerpt), |spec| spec.starts_with(OTHERS));
    }
    count.figures()
}

/// The figures of a file, which are printed.
fn measured(file: &str, others: bool) -> Figures {
    let directory = Directory(std::env::temp_dir().join(format!("retrieval-{}", uuid::Uuid::new_v4())));
    std::fs::create_dir_all(&directory.0).unwrap();
    let figures = figures(&library(&directory.0, others), &questions(file));
    let Figures { questions, unanswerable, nothing, .. } = figures;
    println!("retrieval of {file}, other systems: {others}: {figures:.3?}");
    println!(
        "of {questions} questions, {unanswerable} have no answer; nothing at all is found for {nothing:.3} of these"
    );
    figures
}

#[test]
fn the_questions_are_as_many_as_promised() {
    let (tuned, held_out) = (questions("tuned.tsv"), questions("held-out.tsv"));
    let unanswerable = |questions: &[Question]| questions.iter().filter(|question| question.answer.is_none()).count();
    let nowhere = unanswerable(&tuned) + unanswerable(&held_out);
    assert!(tuned.len() + held_out.len() - nowhere >= 120 && nowhere >= 40, "{nowhere}");
    assert_eq!(distractors::COUNT, 2000);
    for question in tuned {
        let Some(Answer { runbook: spec, headings }) = question.answer else { continue };
        let page = std::fs::read_to_string(repository().join(format!("specs/{spec}.md"))).unwrap();
        assert!(headings.iter().all(|heading| page.contains(&format!("\n## {heading}\n"))), "{spec} {headings:?}");
    }
}

#[test]
fn questions_that_it_was_tuned_with_find_their_section() {
    let figures = measured("tuned.tsv", true);
    assert!(figures.recall_1 >= 0.70 && figures.recall_3 >= 0.90, "{figures:?}");
    assert!(figures.section_1 >= 0.70 && figures.section_3 >= 0.88, "{figures:?}");
    assert!(figures.declined >= 0.90, "{figures:?}");
}

#[test]
fn questions_of_development_find_their_runbook() {
    let figures = measured("development.tsv", true);
    // The goals are 0.70 and 0.90, which are not reached. This keeps it from getting worse.
    assert!(figures.recall_1 >= 0.65 && figures.recall_3 >= 0.70, "{figures:?}");
    assert!(figures.declined >= 0.90, "{figures:?}");
}

#[test]
fn questions_that_were_held_out_find_their_runbook() {
    let figures = measured("held-out.tsv", true);
    assert!(figures.recall_1 >= 0.70 && figures.declined >= 0.90, "{figures:?}");
    // The goal is 0.90, which is not reached. This keeps it from getting worse.
    println!("held out: recall@3 is {:.3}, the goal is 0.90", figures.recall_3);
    assert!(figures.recall_3 >= 0.77, "{figures:?}");
}

#[test]
fn in_a_small_library_most_questions_without_an_answer_are_declined() {
    let figures = measured("tuned.tsv", false);
    assert!(figures.recall_3 >= 0.90 && figures.section_3 >= 0.90, "{figures:?}");
    assert!(figures.declined >= 0.75, "{figures:?}");
}
