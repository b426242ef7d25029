//! Library functions against the CEL environment of Kubernetes.

use super::{Explained, Outcome, evaluate, path};
use serde_json::{Map, Value};

/// The file that the Go program of this folder wrote: what came of each expression in Kubernetes.
const RESULTS: &str = "AGENTIC_TEST_CEL_KUBERNETES";

#[test]
fn functions_give_what_they_give_in_kubernetes() {
    let Some(results) = std::env::var_os(RESULTS) else {
        println!("{RESULTS} is not set: tests/cel/kubernetes/run sets it");
        return;
    };
    let mut explained = Explained::read("kubernetes/explained.txt");
    let (mut count, mut wrong) = (0, Vec::new());
    for line in std::fs::read_to_string(results).unwrap().lines() {
        let result: Map<String, Value> = serde_json::from_str(line).unwrap();
        let text = |name: &str| result.get(name).and_then(Value::as_str);
        let expression = text("expression").unwrap();
        let outcome = match text("value") {
            // It equals nothing.
            Some(value @ "double('NaN')") => evaluate(
                &format!("type({expression}) == type({value}) && ({expression}) != ({expression})"),
                &Map::new(),
            ),
            // Equal in value, and of the same type.
            Some(value) => {
                let same = format!("type({expression}) == type({value}) && ({expression}) == {value}");
                evaluate(&same, &Map::new())
            }
            None => evaluate(&format!("[{expression}] == []"), &Map::new()),
        };
        let is_right = if text("value").is_some() { outcome == Outcome::Pass } else { outcome.is_error() };
        count += 1;
        if !is_right && !explained.explains(expression, &outcome.shown()) {
            let there = text("value").or(text("error")).unwrap();
            wrong.push(format!("{expression}\n    there: {there}\n    here: {}", outcome.shown()));
        }
    }
    assert!(count >= 500, "{count}");
    assert!(wrong.is_empty(), "{} of {count}:\n{}", wrong.len(), wrong.join("\n"));
    explained.assert_all_used();
}

#[test]
fn there_are_at_least_500_expressions_and_none_twice() {
    let text = std::fs::read_to_string(path("kubernetes/expressions.txt")).unwrap();
    let mut expressions: Vec<&str> = text.lines().filter(|line| !line.starts_with("//") && !line.is_empty()).collect();
    assert!(expressions.len() >= 500);
    expressions.sort_unstable();
    let twice: Vec<_> = expressions.windows(2).filter(|pair| pair[0] == pair[1]).map(|pair| pair[0]).collect();
    assert!(twice.is_empty(), "{twice:?}");
}
