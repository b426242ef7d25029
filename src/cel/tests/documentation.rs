//! The documentation of functions and macros.

use super::*;
use crate::cel::functions::signatures;

const DOCUMENT: &str = include_str!("../../../docs/cel.md");

fn reading() -> Json {
    let start = DOCUMENT.find("```json\n").unwrap() + "```json\n".len();
    let length = DOCUMENT[start..].find("```").unwrap();
    serde_json::from_str(&DOCUMENT[start..start + length]).unwrap()
}

/// The first and the last cell of each row, where the last one is code.
fn rows() -> Vec<(String, String)> {
    let rows = DOCUMENT.lines().filter_map(|line| line.strip_prefix("| ")?.strip_suffix("` |"));
    rows.map(|row| {
        let (first, _) = row.split_once(" | ").unwrap();
        let (_, example) = row.rsplit_once("| `").unwrap();
        (first.to_string(), example.replace("\\|", "|"))
    })
    .collect()
}

#[test]
fn each_example_holds() {
    let rows = rows();
    assert!(rows.len() > 80, "{}", rows.len());
    for (name, example) in &rows {
        assert_eq!(holds(example, reading()), Ok(true), "{name}: {example}");
    }
}

#[test]
fn each_function_and_macro_has_an_example() {
    let rows = rows();
    let has = |called: &str| {
        let name = called.rsplit('.').next().unwrap();
        rows.iter().any(|(first, example)| first.contains(name) && example.contains(&format!("{called}(")))
    };
    for signature in signatures::ALL.iter().copied().flatten() {
        let called = signature.namespace.map_or(signature.name.to_string(), |n| format!("{n}.{}", signature.name));
        assert!(has(&called), "{called} has no example");
    }
    for name in [
        "has",
        "all",
        "exists",
        "exists_one",
        "existsOne",
        "filter",
        "map",
        "transformList",
        "transformMap",
        "transformMapEntry",
        "sortBy",
        "optMap",
        "optFlatMap",
        "cel.bind",
    ] {
        assert!(has(name), "{name} has no example");
    }
}
