//! Random expressions and readings.

use super::*;

/// Small expressions over values of [`any_json`]: syntactically valid, and mostly of the wrong type.
pub(super) fn any_source() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just("probes.api.json".to_string()),
        Just("probes.api.json.a".to_string()),
        Just("probes.api.json.b".to_string()),
        Just("probes.down.ok".to_string()),
        Just("env.IDS".to_string()),
        Just("env.NOPE".to_string()),
        Just("now".to_string()),
        Just("null".to_string()),
        Just("[]".to_string()),
        Just("{'a': 1}".to_string()),
        any::<bool>().prop_map(|b| b.to_string()),
        (-3_i64..4).prop_map(|i| format!("({i})")),
        Just("9223372036854775807".to_string()),
        Just("2u".to_string()),
        Just("1.5".to_string()),
        "[abé]{0,3}".prop_map(|t| format!("'{t}'")),
        Just("duration('1h')".to_string()),
    ];
    leaf.prop_recursive(4, 24, 3, |inner| {
        let operators = ["==", "!=", "<", "<=", ">", ">=", "+", "-", "*", "/", "%", "in", "&&", "||"];
        let methods = ["size", "trim", "first", "sum", "sort", "reverse", "max", "distinct", "hasValue", "getHours"];
        let binary = ["contains", "startsWith", "matches", "indexOf", "split", "join", "orValue", "charAt", "format"];
        let functions = ["size", "int", "uint", "double", "string", "bytes", "time", "timestamp", "duration", "max"];
        prop_oneof![
            (inner.clone(), prop::sample::select(operators.to_vec()), inner.clone())
                .prop_map(|(a, op, b)| format!("({a} {op} {b})")),
            (inner.clone(), prop::sample::select(methods.to_vec())).prop_map(|(a, f)| format!("({a}).{f}()")),
            (inner.clone(), prop::sample::select(binary.to_vec()), inner.clone())
                .prop_map(|(a, f, b)| format!("({a}).{f}({b})")),
            (prop::sample::select(functions.to_vec()), inner.clone()).prop_map(|(f, a)| format!("{f}({a})")),
            inner.clone().prop_map(|a| format!("({a}).a")),
            inner.clone().prop_map(|a| format!("has(({a}).a)")),
            inner.clone().prop_map(|a| format!("!({a})")),
            inner.clone().prop_map(|a| format!("-({a})")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a})[{b}]")),
            (inner.clone(), inner.clone(), inner.clone()).prop_map(|(a, b, c)| format!("({a} ? {b} : {c})")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("[{a}, {b}]")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("{{{a}: {b}}}")),
            inner.clone().prop_map(|a| format!("probes.api.json.exists(x, x == {a})")),
            inner.clone().prop_map(|a| format!("probes.api.json.all(x, [x].exists(y, y == {a}))")),
            inner.clone().prop_map(|a| format!("[{a}].map(x, x.a)")),
            inner.prop_map(|a| format!("[{a}, 1].filter(x, x > 0)")),
        ]
    })
}

fn evaluate(source: &str, value: &Json) -> Option<Result<String, EvalError>> {
    // Wrapped, so that an expression of any type compiles.
    let source = format!("[{source}].size() == 1");
    let expression = Expression::compile(&source, ResultType::Bool, ITEM).ok()?;
    let inputs = inputs(json!({"json": value}));
    let item = Item::Text("a".into());
    Some(expression.evaluate(&inputs, Some(&item)).map(|value| format!("{value:?}")))
}

fn list(source: &str, value: &Json) -> Option<Result<Vec<Item>, EvalError>> {
    let expression = Expression::compile(source, ResultType::List, PLAIN).ok()?;
    Some(expression.evaluate_list(&inputs(json!({"json": value}))))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn no_expression_panics_and_each_has_the_same_result_every_time(source in any_source(), value in any_json()) {
        let first = evaluate(&source, &value);
        if let Some(Err(error)) = &first {
            prop_assert!(*error != EvalError::Panicked, "{}", source);
        }
        prop_assert_eq!(first, evaluate(&source, &value));
    }

    #[test]
    fn maps_are_iterated_over_in_the_order_of_their_keys(keys in prop::collection::btree_set("[a-z]{1,6}", 0..20)) {
        let value: Json = keys.iter().map(|key| (key.clone(), json!(1))).collect::<serde_json::Map<_, _>>().into();
        let expected: Vec<Item> = keys.into_iter().map(Item::Text).collect();
        prop_assert_eq!(list("probes.api.json.map(k, k)", &value), Some(Ok(expected)));
    }

    #[test]
    fn an_error_is_absorbed_by_an_operand_that_decides(source in any_source(), value in any_json()) {
        for (sides, expected) in [("true || (SRC)", true), ("(SRC) || true", true), ("false && (SRC)", false), ("(SRC) && false", false)] {
            let source = sides.replace("SRC", &source);
            if let Ok(expression) = Expression::compile(&source, ResultType::Bool, PLAIN) {
                prop_assert_eq!(expression.evaluate_bool(&inputs(json!({"json": value})), None), Ok(expected), "{}", source);
            }
        }
    }
}
