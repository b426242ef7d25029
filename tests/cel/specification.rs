//! The conformance tests of the CEL specification.

use super::{Explained, Outcome, evaluate, path};
use serde_json::{Map, Value};

#[test]
fn the_conformance_tests_of_the_specification_pass_or_are_explained() {
    let mut explained = Explained::read("explained.txt");
    let (mut count, mut wrong) = (0, Vec::new());
    // The first line says where they come from.
    for line in std::fs::read_to_string(path("specification.jsonl")).unwrap().lines().skip(1) {
        let case: Map<String, Value> = serde_json::from_str(line).unwrap();
        let text = |name: &str| case[name].as_str().unwrap();
        let json = case.get("json").cloned().unwrap_or_default();
        let outcome = evaluate(text("expect"), &Map::from_iter([("json".to_string(), json)]));
        let is_right = match text("wanted") {
            "pass" => outcome == Outcome::Pass,
            "fail" => outcome == Outcome::Fail,
            _ => outcome.is_error(),
        };
        count += 1;
        if !is_right && !explained.explains(text("name"), &outcome.shown()) {
            let (name, expect, wanted) = (text("name"), text("expect"), text("wanted"));
            wrong.push(format!("{name}\n    {expect}\n    {wanted}, but {}", outcome.shown()));
        }
    }
    assert!(count > 1_600, "{count}");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    explained.assert_all_used();
}
