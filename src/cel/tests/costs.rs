//! The budget of an evaluation.

use super::*;

fn many(count: usize) -> Json {
    (0..count).map(|i| json!({"id": i, "name": format!("vm-{i}")})).collect()
}

#[test]
fn costly_iterations_are_an_error() {
    let fields = json!({"vms": many(1_000), "body": "x".repeat(1 << 20)});
    for source in [
        "probes.api.vms.all(v, probes.api.vms.all(w, v.id + w.id >= 0 && v.name != w.name || true))",
        "probes.api.vms.all(v, probes.api.vms.exists(w, w.id == -1) || true)",
        "probes.api.vms.all(v, !probes.api.body.contains('y'))",
        "probes.api.vms.all(v, !probes.api.body.matches('y' + string(v.id)))",
        "probes.api.vms.all(v, v.name.matches('[a-z]*' + v.name + '|vm'))",
        "probes.api.vms.all(v, probes.api.vms == probes.api.vms)",
        "probes.api.vms.distinct().size() == 1000",
        "probes.api.vms.all(v, probes.api.body.size() > 0)",
    ] {
        let error = holds(source, fields.clone()).unwrap_err();
        assert!(error.is_final(), "{source}: {error:?}");
    }
}

#[test]
fn a_used_up_budget_is_not_absorbed() {
    let fields = json!({"vms": many(1_000)});
    let costly = "probes.api.vms.all(v, probes.api.vms.all(w, v.id + w.id >= 0))";
    for source in [format!("{costly} || true"), format!("!({costly} && false)"), format!("[1, 2].exists(i, {costly})")]
    {
        match Expression::compile(&source, ResultType::Bool, PLAIN) {
            Ok(expression) => {
                let error = expression.evaluate_bool(&inputs(fields.clone()), None).unwrap_err();
                assert_eq!(error, EvalError::TooManySteps, "{source}");
            }
            Err(error) => assert!(matches!(error, CompileError::TooCostly(_)), "{source}: {error:?}"),
        }
    }
}

#[test]
fn allocations_are_bounded_in_bytes() {
    let fields = json!({"vms": many(1_000), "body": "x".repeat(1 << 20)});
    let eight = ["probes.api.body"; 8].join(" + ");
    for source in [
        "probes.api.vms.map(v, probes.api.body + v.name).size() == 1000".to_string(),
        "probes.api.vms.map(v, probes.api.vms.map(w, w.id)).size() == 1000".to_string(),
        "probes.api.vms.map(v, probes.api.body.lowerAscii()).size() == 1000".to_string(),
        format!("({eight}).size() > 0"),
        "[1, 2, 3, 4, 5].all(i, ('%s%s').format([probes.api.body, probes.api.body]) != '')".to_string(),
    ] {
        assert_eq!(holds(&source, fields.clone()), Err(EvalError::TooManyBytes), "{source}");
    }
    assert!(is_error("'%.99999999f'.format([1.0]) != ''", json!({})));
    assert!(is_error("probes.api.format.format([1.0]) != ''", json!({"format": "%.99999999f"})));
}

#[test]
fn ordinary_checks_are_within_the_budget() {
    let vms = many(1_000);
    let fields = json!({"vms": vms, "body": format!("{}\n", "x".repeat((1 << 20) - 1))});
    for source in [
        "probes.api.vms.exists(v, string(v.id) == '999' && v.name == 'vm-999')",
        "probes.api.vms.map(v, v.name).filter(n, n.matches('^vm-[0-9]+$')).size() == 1000",
        "probes.api.body.trim().startsWith('x') && !probes.api.body.lowerAscii().contains('error')",
        "!probes.api.body.matches('(?i)error|exception|fatal')",
        "probes.api.vms.slice(0, 100).all(v, probes.api.vms.slice(0, 100).exists(w, w.id == v.id))",
        "probes.api.vms.map(v, v.id).sort().sum() == 499500",
    ] {
        assert_eq!(holds(source, fields.clone()), Ok(true), "{source}");
    }
}

#[test]
fn readings_are_shared_and_not_copied() {
    let inputs = inputs(json!({"json": {"list": [1, 2, 3]}}));
    let value = |source: &str| {
        let expression = Expression::compile(source, ResultType::List, PLAIN).unwrap();
        match expression.evaluate(&inputs, None) {
            Ok(Value::List(list)) => Arc::as_ptr(&list),
            other => panic!("{other:?}"),
        }
    };
    let list = value("probes.api.json.list");
    assert_eq!(list, value("probes.api['json'].list"));
    assert_eq!(list, value("[probes.api].map(p, p.json.list)[0]"));
    assert_eq!(list, value("true ? probes.api.json.list : []"));
    assert_eq!(list, value("[probes.api.json.list].first().value()"));
}
