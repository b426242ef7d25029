//! Operators and macros, by the CEL specification.

mod arithmetic;

use super::*;

/// A reading with values of every type.
fn fields() -> Json {
    json!({
        "none": null, "text": "abc", "number": 3, "real": 1.5, "yes": true, "list": [1, 2, 3],
        "map": {"a": 1, "b": null, "nested": {"c": "d"}},
        "mixed": [{"x": 0}, {}, null, {"x": 1}],
        "vms": [{"vmid": 112, "status": "running"}, {"vmid": 122}, {"vmid": "x", "status": "stopped"}],
        "accents": "ação é",
    })
}

fn evaluate(source: &str) -> Result<bool, EvalError> {
    holds(source, fields())
}

fn all_hold(sources: &[&str]) {
    for source in sources {
        assert_eq!(evaluate(source), Ok(true), "{source}");
    }
}

fn all_err(sources: &[&str]) {
    for source in sources {
        assert!(is_error(source, fields()), "{source}");
    }
}

#[test]
fn a_field_of_a_value_that_is_not_a_map_is_an_error() {
    all_err(&[
        "probes.api.none.cpu < 90",
        "probes.api.none.cpu == false",
        "probes.api.text.y == false",
        "probes.api.number.y == false",
        "probes.api.yes.y == false",
        "probes.api.list.y == false",
        "!probes.api.none.y",
        "probes.api.none.y || false",
        "probes.api.map.b.c == false",
        "probes.api.map.zzz == false",
        "probes.api.vms.all(v, v.status.deep == false)",
    ]);
    let error = evaluate("probes.api.none.cpu < 90").unwrap_err();
    assert_eq!(error, EvalError::NoFields { field: "cpu".into(), actual: "null" });
}

#[test]
fn has_applies_to_maps_only() {
    all_hold(&[
        "has(probes.api.map.a) && has(probes.api.map.b) && !has(probes.api.map.zzz)",
        "has(probes.api.map.nested.c) && !has(probes.api.map.nested.d)",
        "!has(env.NOPE) && has(env.IDS)",
    ]);
    all_err(&[
        "has(probes.api.none.a)",
        "!has(probes.api.none.a)",
        "has(probes.api.text.a)",
        "!has(probes.api.number.a)",
        "!has(probes.api.list.a)",
        "!has(probes.api.map.b.c)",
        "!has(probes.api.map.zzz.c)",
    ]);
}

#[test]
fn indexes_have_the_right_type_and_are_within_bounds() {
    all_hold(&[
        "probes.api.list[0] == 1 && probes.api.list[2] == 3",
        "probes.api.list[1u] == 2",
        "probes.api.list[1.0] == 2",
        "probes.api.map['a'] == 1",
        "{1: 'a'}[1u] == 'a' && {1u: 'a'}[1] == 'a' && {1: 'a'}[1.0] == 'a'",
        "{true: 'a'}[true] == 'a'",
    ]);
    all_err(&[
        "probes.api.list[3] == 1",
        "probes.api.list[-1] == 1",
        "probes.api.list['0'] == 1",
        "probes.api.list[1.5] == 1",
        "probes.api.list[null] == 1",
        "probes.api.map['zzz'] == 1",
        "probes.api.map[0] == 1",
        "probes.api.map[null] == 1",
        "probes.api.text[0] == 'a'",
        "probes.api.none[0] == 'a'",
        "probes.api.number[0] == 'a'",
    ]);
}

#[test]
fn or_and_and_absorb_errors_on_either_side() {
    let error = "probes.api.none.x == 1";
    for (source, value) in [
        ("ERR || true", Some(true)),
        ("true || ERR", Some(true)),
        ("ERR || false", None),
        ("false || ERR", None),
        ("ERR || ERR", None),
        ("ERR && false", Some(false)),
        ("false && ERR", Some(false)),
        ("ERR && true", None),
        ("true && ERR", None),
        ("ERR && ERR", None),
        ("!ERR", None),
        ("1 || true", Some(true)),
        ("true || 1", Some(true)),
        ("false || 1", None),
        ("1 && false", Some(false)),
        ("'a' && true", None),
        ("(ERR || true) && true", Some(true)),
        ("true ? true : ERR", Some(true)),
        ("false ? ERR : true", Some(true)),
        ("true ? ERR : true", None),
        ("ERR ? true : true", None),
        ("1 ? true : true", None),
    ] {
        let source = source.replace("ERR", &format!("({error})"));
        assert_eq!(evaluate(&source).ok(), value, "{source}");
    }
}

#[test]
fn exists_and_all_absorb_errors_of_items_if_others_decide() {
    all_hold(&[
        "probes.api.mixed.exists(v, v.x == 1)",
        "!probes.api.mixed.all(v, v.x == 1)",
        "[1, 'a', 2].exists(v, v > 1)",
        "!['a', 1].all(v, v > 1)",
        "probes.api.vms.exists(v, v.vmid == 'x')",
        "probes.api.vms.exists(v, v.status == 'stopped')",
        "![].exists(v, v.x) && [].all(v, v.x)",
        "probes.api.mixed.filter(v, v != null).size() == 3",
        "[1, 2, 3].exists_one(v, v == 2) && ![1, 2, 2].exists_one(v, v == 2)",
        "probes.api.list.map(v, v > 1, v * 2) == [4, 6]",
        "[[1, 2], [3]].map(x, x.map(x, x * 2)) == [[2, 4], [6]]",
        "probes.api.map.exists(k, k == 'a') && {'x': 1}.all(k, k == 'x')",
    ]);
    all_err(&[
        "probes.api.mixed.exists(v, v.x == 7)",
        "probes.api.mixed.all(v, v.x < 7)",
        "[1, 'a', 2].exists(v, v > 7)",
        "[1].all(v, v.x)",
        "[1, 2].exists(v, v)",
        // These macros absorb no errors.
        "probes.api.mixed.exists_one(v, v.x == 1)",
        "probes.api.mixed.map(v, v.x) == []",
        "probes.api.mixed.filter(v, v.x == 1) == []",
        "probes.api.number.all(v, true)",
        "probes.api.none.exists(v, true)",
        "probes.api.text.all(v, true)",
    ]);
}

#[test]
fn variables_are_unbound_after_an_error_in_a_comprehension() {
    all_hold(&[
        "probes.api.mixed.map(v, v.x) == [] || [7].exists(v, v == 7)",
        "[1].map(v, probes.api.mixed.map(v, v.x) == [] || v == 1) == [true]",
    ]);
}

#[test]
fn equality_compares_numbers_of_all_types_and_values_of_any_two_types() {
    all_hold(&[
        "1 == 1.0 && 1.0 == 1u && 1u == 1 && 1 != 1.5 && -1 != 1u",
        "9007199254740993 != 9007199254740992.0",
        "18446744073709551615u != -1",
        "1 != '1' && '1' != 1 && null != 0 && null != false && [] != {}",
        "null == null && probes.api.none == null && probes.api.text != null",
        "[1, 2.0] == [1.0, 2u] && [1] != [1, 1] && [1] != ['1']",
        "{'a': 1} == {'a': 1.0} && {'a': 1} != {'b': 1} && {1: 'x'} == {1u: 'x'}",
        "0.0 / 0.0 != 0.0 / 0.0",
        "duration('60s') == duration('1m') && duration('1s') != 1",
        "timestamp('2026-11-23T12:00:00Z') == timestamp('2026-11-23T09:00:00-03:00')",
        "b'abc' == b'abc' && b'abc' != 'abc'",
    ]);
}

#[test]
fn order_is_defined_among_numbers_and_within_a_type() {
    all_hold(&[
        "1 < 1.5 && 1.5 < 2u && 2u < 3 && -1 < 0u && 3 > 2.5 && 1 <= 1.0 && 1u >= 1",
        "9007199254740993 > 9007199254740992.0",
        "18446744073709551615u > 9223372036854775807 && 18446744073709551615u < 1e20",
        "'a' < 'b' && 'B' < 'a' && 'a' < 'é' && '' < 'a'",
        "false < true && b'a' < b'b'",
        "duration('1s') < duration('1m') && now > timestamp('2026-01-01T00:00:00Z')",
        "!(0.0 / 0.0 < 1.0) && !(0.0 / 0.0 >= 1.0) && !(1 <= 0.0 / 0.0)",
    ]);
    all_err(&[
        "1 < '2'",
        "'1' < 2",
        "null < 1",
        "null <= null",
        "true < 2",
        "[1] < [2]",
        "{} < {}",
        "now < 1",
        "duration('1s') < 2",
        "probes.api.none < 90",
        "probes.api.text >= 90",
    ]);
}

#[test]
fn in_applies_to_lists_and_map_keys() {
    all_hold(&[
        "1 in [1, 2] && !(3 in [1, 2]) && 1.0 in [1] && !('1' in [1])",
        "'a' in probes.api.map && !('zzz' in probes.api.map) && 'b' in probes.api.map",
        "1 in {1u: 'x'} && !(null in {'a': 1})",
        "null in [null] && [1] in [[1]]",
    ]);
    all_err(&["'a' in 'abc'", "1 in 1", "'a' in null", "'a' in probes.api.none"]);
}

#[test]
fn functions_of_lists_and_optional_values() {
    all_hold(&[
        "[3, 1, 2].sort() == [1, 2, 3] && [1, 2].isSorted() && ![2, 1].isSorted() && [1, 2].reverse() == [2, 1]",
        "[1, 2, 3].sum() == 6 && [].sum() == 0 && [1, 2.5].max() == 2.5 && max(1, 3, 2) == 3 && min([2, 1]) == 1",
        "[1, 1.0, 2].distinct() == [1, 2] && [1, 2, 3].slice(1, 3) == [2, 3]",
        "[1, 2, 1].indexOf(1) == 0 && [1, 2, 1].lastIndexOf(1) == 2 && [1].indexOf(7) == -1",
        "[1, 2].contains(2) && sets.contains([1, 2], [2]) && sets.equivalent([1, 1], [1]) && sets.intersects([1], [1, 2])",
        "!sets.contains([1], [2]) && !sets.equivalent([1, 2], [1]) && !sets.intersects([1], [2])",
        "[1, 2].first().value() == 1 && [1, 2].last().orValue(7) == 2 && [].first().orValue(7) == 7",
        "![].first().hasValue() && [].first().or(optional.of(3)).value() == 3 && optional.none() == [].first()",
        "probes.api.vms.first().vmid.orValue(0) == 112 && probes.api.vms.first().nope.orValue(0) == 0",
        "[[7].first()].all(o, o.value() == 7)",
        "optional.ofNonZeroValue('') == optional.none()",
        "math.greatest(1, 2) == 2 && math.abs(-1) == 1 && math.round(1.5) == 2.0",
        "ip('10.0.0.1').isLoopback() == false && cidr('10.0.0.0/8').containsIP('10.1.1.1') && ip.isCanonical('10.0.0.1')",
        "url('https://a.example:8080/x').getPort() == '8080' && quantity('1Ki').compareTo(quantity('1024')) == 0",
        "semver('1.2.3').isLessThan(semver('1.10.0'))",
    ]);
    all_err(&[
        "[1, 'a'].sort() == []",
        "[1, 'a'].sum() == 1",
        "['a', 'b'].sum() == 'ab'",
        "[9223372036854775807, 1].sum() == 0",
        "[].min() == 0",
        "[1, 'a'].max() == 1",
        "[1].slice(0, 2) == []",
        "[1].slice(-1, 1) == []",
        "[].first().value() == 1",
        "math.contains(1) == 1",
        "optional.of(1).startsWith('a')",
    ]);
}

#[test]
fn an_unset_setting_is_distinguished_from_a_missing_key() {
    let of = |source: &str| {
        Expression::compile(source, ResultType::Bool, PLAIN)
            .unwrap()
            .evaluate_bool(&inputs(json!({})), None)
            .unwrap_err()
    };
    assert_eq!(of("env.NOPE == 'a'"), EvalError::UnsetSetting("NOPE".into()));
    assert_eq!(of("env['NOPE'] == 'a'"), EvalError::UnsetSetting("NOPE".into()));
    let error = of("probes.api.NOPE == 1 || env.NOPE == ''");
    assert_eq!(error, EvalError::NoSuchKey("NOPE".into()));
}

#[test]
fn no_error_contains_a_value_that_was_read() {
    let secret = "hunter22";
    let fields = json!({"token": secret, "map": {"a": 1}, "list": [secret]});
    for source in [
        "probes.api.map[probes.api.token] == 1",
        "probes.api.token.x == 1",
        "probes.api.token + 1 == ''",
        "probes.api.token < 1",
        "int(probes.api.token) == 1",
        "time(probes.api.token) < now",
        "'x'.matches('(' + probes.api.token)",
        "url(probes.api.token).getHost() == ''",
        "probes.api.list.sum() == 1",
        "duration(probes.api.token) > duration('1s')",
        "{'a': 1}[probes.api.list[0]] == 1",
        "env[probes.api.token] == ''",
        "probes[probes.api.token].ok",
        "math.abs(probes.api.token) == 1",
        "ip(probes.api.token).isLoopback()",
        "probes.api.token",
    ] {
        let error = format!("{:?}", holds(source, fields.clone()).expect_err(source));
        assert!(!error.contains(secret), "{source}: {error}");
    }
}
