mod costs;
mod documentation;
mod grammar;
pub mod hostile;
mod random;
mod reads;
mod semantics;
mod typing;

use super::limits::SOURCE_MAX;
use super::values::Value;
use super::*;
use proptest::prelude::*;
use serde_json::{Value as Json, json};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Not as _;
use std::sync::Arc;
use std::time::Duration;

const PLAIN: Scope = Scope { item: false };
const ITEM: Scope = Scope { item: true };

fn inputs(fields: Json) -> Inputs {
    let (fields, none) = (fields.as_object().cloned().unwrap_or_default(), serde_json::Map::new());
    let api = ReadingInput { fields: &fields, error: "", latency: Duration::from_millis(12) };
    let down = ReadingInput { fields: &none, error: "refused", latency: Duration::ZERO };
    let env = BTreeMap::from([("IDS".to_string(), "112, 122,104".to_string())]);
    Inputs::new([("api", api), ("down", down)], &env.into(), "2026-11-23T12:00:00Z".parse().unwrap(), 1 << 40)
}

fn holds(source: &str, fields: Json) -> Result<bool, EvalError> {
    Expression::compile(source, ResultType::Bool, PLAIN).unwrap().evaluate_bool(&inputs(fields), None)
}

/// Whether the expression is refused, or its evaluation gives an error.
fn is_error(source: &str, fields: Json) -> bool {
    Expression::compile(source, ResultType::Bool, PLAIN)
        .is_ok_and(|expression| expression.evaluate_bool(&inputs(fields), None).is_ok())
        .not()
}

#[test]
fn readings_are_evaluated_as_json_values() {
    let vms = json!({"status": 200, "json": {"data": [{"vmid": 112, "status": "running", "cpu": 0.5}]}});
    for source in [
        "probes.api.status == 200 && probes.api.ok && !probes.down.ok",
        "probes.down.error == 'refused'",
        "probes.api.json.data.exists(v, string(v.vmid) == '112' && v.status == 'running')",
        "probes.api.json.data[0].vmid == 112",
        "probes.api.json.data[0].vmid in [112]",
        "probes.api.json.data[0].vmid + 1 == 113",
        "double(probes.api.json.data[0].vmid) < 112.5",
        "probes.api.json.data[0].cpu < 0.6",
        "has(probes.api.json) && !has(probes.api.body)",
        "probes['api'].status == 200",
        "env.IDS.split(',').map(i, i.trim()) == ['112', '122', '104']",
        "probes.api.latency < 1.0",
    ] {
        assert_eq!(holds(source, vms.clone()), Ok(true), "{source}");
    }
}

#[test]
fn times_are_compared_as_times() {
    for (value, hours) in [
        (json!("2026-11-22T11:00:00Z"), 25),
        (json!("2026-11-22 11:00:00"), 25),
        (json!("2026-11-22T11:00:00"), 25),
        (json!("2026-11-22 08:00:00-03:00"), 25),
        (json!("2026-11-22T11:00:00.250Z"), 24),
        (json!("2026-11-23"), 12),
        (json!(1795345200), 25),
        (json!("1795345200"), 25),
        (json!(1795345200.5), 24),
    ] {
        let at_least = format!("now - time(probes.api.at) >= duration('{hours}h')");
        let less = format!("now - time(probes.api.at) < duration('{}h')", hours + 1);
        assert_eq!(holds(&at_least, json!({"at": value})), Ok(true), "{value}");
        assert_eq!(holds(&less, json!({"at": value})), Ok(true), "{value}");
    }
    let error = holds("time(probes.api.at) < now", json!({"at": "yesterday"})).unwrap_err();
    assert_eq!(error, EvalError::Function("time".into()));
}

#[test]
fn references_are_known_after_compilation() {
    let named = |s: &str| Expression::compile(s, ResultType::Bool, ITEM).unwrap();
    let e = named("probes.a.ok && probes['b'].ok && env.X == item && has(probes.c.json)");
    assert_eq!(e.probes(), &ProbeRefs::Named(["a", "b", "c"].map(String::from).into()));
    assert_eq!(e.settings(), &BTreeSet::from(["X".to_string()]));
    assert!(e.is_cheap());
    assert_eq!(named("probes[item].ok").probes(), &ProbeRefs::All);
    assert!(!named("[1].exists(x, x == 1)").is_cheap());
}

#[test]
fn invalid_expressions_are_rejected_when_they_are_compiled() {
    let deep = format!("{}true{}", "(".repeat(80), ")".repeat(80));
    let long = format!("'{}' == ''", "x".repeat(SOURCE_MAX));
    let chain = format!("probes.a{} == 1", ".b".repeat(1500));
    let three = "[1].all(a, [1].all(b, [1].all(c, true)))";
    let wide = format!("[{}].size() == 1", vec!["1"; 2_000].join(","));
    let first = Place { line: 1, column: 1 };
    let unknown = |name: &str| CompileError::UnknownName { name: name.into(), item_available: false, place: first };
    let function =
        |name: &str, column| CompileError::UnknownFunction { name: name.into(), place: Place { line: 1, column } };
    let wrong = |expected, actual| CompileError::WrongType { expected, actual };
    use CostError::{NestedTooDeep, TooManyComprehensions, TooManyNodes};
    use ResultType::{Bool, List, Text};
    for (source, result, expected) in [
        ("probe.api.ok", Bool, unknown("probe")),
        ("item == 'a'", Bool, unknown("item")),
        ("prboes(1)", Bool, function("prboes", 1)),
        ("probes.api.body.repalce('', probes.api.body) == ''", Bool, function("repalce", 17)),
        ("1 + 1", Bool, wrong(Bool, "int")),
        ("probes.api.status", Bool, wrong(Bool, "int")),
        ("'a' + 'b'", Bool, wrong(Bool, "string")),
        ("true ? 'a' : 'b'", Bool, wrong(Bool, "string")),
        ("true", Text, wrong(Text, "bool")),
        ("'a'", List, wrong(List, "string")),
        (three, Bool, CompileError::TooCostly(TooManyComprehensions)),
        (deep.as_str(), Bool, CompileError::TooCostly(NestedTooDeep)),
        (chain.as_str(), Bool, CompileError::TooCostly(NestedTooDeep)),
        (wide.as_str(), Bool, CompileError::TooCostly(TooManyNodes)),
        (long.as_str(), Bool, CompileError::TooLong { bytes: long.len() }),
    ] {
        assert_eq!(Expression::compile(source, result, PLAIN).expect_err(source), expected, "{source}");
    }
    let syntax = Expression::compile("probes.api.status ==", Bool, PLAIN).unwrap_err();
    let end = SyntaxError { line: 1, column: 21, reason: SyntaxReason::UnexpectedEnd };
    assert_eq!(syntax, CompileError::Syntax(end));
}

#[test]
fn errors_on_a_reading_contain_none_of_its_values() {
    for (source, expected) in [
        ("probes.api.json.x == 1", EvalError::NoSuchKey("json".into())),
        ("env.NOPE == ''", EvalError::UnsetSetting("NOPE".into())),
        ("probes.api.token < 5", EvalError::Operands { operator: "<", left: "string", right: "int" }),
        ("probes.api.token", EvalError::WrongResultType { expected: ResultType::Bool, actual: "string" }),
    ] {
        let expression = Expression::compile(source, ResultType::Bool, PLAIN).unwrap();
        let error = expression.evaluate_bool(&inputs(json!({"token": "hunter22"})), None).unwrap_err();
        assert_eq!(error, expected, "{source}");
        assert!(!format!("{error:?}").contains("hunter22"), "{source}: {error:?}");
    }
}

#[test]
fn lists_are_bounded() {
    let long: Vec<i64> = (0..1_001).collect();
    let error = holds("probes.api.json.all(x, x >= 0)", json!({"json": long})).unwrap_err();
    assert_eq!(error, EvalError::LongList { probe: "api".into(), length: 1001 });
    assert_eq!(holds("probes.api.json.size() == 1001", json!({"json": long})), Ok(true), "it does not iterate");
    let text = "a,".repeat(2_000);
    assert!(holds("['a', 'b'].join(probes.api.body) == ''", json!({"body": "x".repeat(70_000)})).is_err());
    assert_eq!(holds("['a', 'b'].join(', ') == 'a, b'", json!({})), Ok(true));
    assert!(holds("probes.api.body.split(',').all(x, true)", json!({"body": text})).is_err());
    let list = |source: &str| {
        Expression::compile(source, ResultType::List, PLAIN)
            .unwrap()
            .evaluate_list(&inputs(json!({"n": (0..101).collect::<Vec<_>>()})))
    };
    assert_eq!(list("probes.api.n"), Err(EvalError::TooManyItems(101)));
    let keys: Vec<_> = list("['a', 'b', 'a']").unwrap().iter().map(Item::key).collect();
    assert_eq!(keys, ["a", "b"]);
    let keys: Vec<_> = list("[1, 2]").unwrap().iter().map(Item::key).collect();
    assert_eq!(keys, ["1", "2"]);
    assert!(list("[[1]]").is_err());
}

#[test]
fn an_item_is_a_variable() {
    let expression = Expression::compile("'VM ' + item + ' parou'", ResultType::Text, ITEM).unwrap();
    let item = Item::Text("112".into());
    assert_eq!(expression.evaluate_text(&inputs(json!({})), Some(&item)).unwrap(), "VM 112 parou");
}

fn any_json() -> impl Strategy<Value = Json> {
    let leaf = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::from),
        any::<i64>().prop_map(Json::from),
        any::<u64>().prop_map(Json::from),
        any::<f64>().prop_map(Json::from),
        ".{0,8}".prop_map(Json::from),
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Json::from),
            prop::collection::btree_map("[a-c]", inner, 0..4).prop_map(|m| Json::Object(m.into_iter().collect())),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_source_text_panics_the_compiler(source in "[a-z0-9 .,()\\[\\]{}!?:+*/<>=&|'\"-]{0,60}") {
        let _ = Expression::compile(&source, ResultType::Bool, ITEM);
    }

    #[test]
    fn no_reading_panics_an_evaluation(value in any_json()) {
        for source in ["probes.api.json.a < 3", "probes.api.json.exists(x, x.b == 'a')", "time(probes.api.json) < now"] {
            let _ = holds(source, json!({"json": value.clone()}));
        }
    }

    #[test]
    fn integers_stay_integers(number in any::<i64>()) {
        prop_assert_eq!(holds(&format!("probes.api.n == {number}"), json!({"n": number})), Ok(true));
    }
}
