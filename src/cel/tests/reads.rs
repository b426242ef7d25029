//! What an expression reads, and values for people.

use super::*;

fn compiled(source: &str, expected: ResultType) -> Expression {
    Expression::compile(source, expected, ITEM).unwrap_or_else(|error| panic!("{source}: {error:?}"))
}

fn written(shown: &Shown<'_>, layout: Layout) -> String {
    let mut out = Vec::new();
    shown.write(layout, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

/// `path = value` of each path; of what is not shown as a whole, `path: size`.
fn reads(source: &str, fields: Json) -> Vec<String> {
    let inputs = inputs(fields);
    let reads = compiled(source, ResultType::Bool).reads(&inputs, Some(&Item::Text("112".into())), 16);
    let text = |read: &PathRead<'_>| match &read.value {
        Err(error) => format!("{} = {error:?}", read.path),
        Ok(shown) => match shown.items().filter(|_| read.is_whole) {
            Some(count) => format!("{}: {count}", read.path),
            None => format!("{} = {}", read.path, written(shown, Layout::Line)),
        },
    };
    reads.iter().map(text).collect()
}

#[test]
fn each_path_is_read_once_with_its_value() {
    let fields = || {
        json!({"status": 500, "headers": {"a": "1", "b": "2"}, "body": "x",
            "json": {"n": 2, "data": [{"vmid": 112}], "state": {"112": "down"}, "none": null}})
    };
    for (source, expected) in [
        ("probes.api.status == 200", vec!["probes.api.status = 500"]),
        ("probes['api'].status == 200 && now > now", vec![r#"probes["api"].status = 500"#]),
        (
            "probes.api.json.n == 1 || probes.api.json.n == 3 || probes.api.json.none == 1",
            vec!["probes.api.json.n = 2", "probes.api.json.none = null"],
        ),
        ("env.IDS == ''", vec![r#"env.IDS = "112, 122,104""#]),
        ("now < timestamp('2026-01-01T00:00:00Z')", vec![r#"now = "2026-11-23T12:00:00Z""#]),
        (
            "probes.api.json.data.exists(v, string(v.vmid) == item && v.vmid == probes.api.json.n)",
            vec![r#"probes.api.json.data = [{"vmid":112}]"#, r#"item = "112""#, "probes.api.json.n = 2"],
        ),
        ("probes.api.json.data[0].vmid == 1", vec!["probes.api.json.data[0].vmid = 112"]),
        ("probes.api.json.state[item] == 'up'", vec![r#"probes.api.json.state[item] = "down""#, r#"item = "112""#]),
        ("probes.api.json.?gone.orValue(1) == 2", vec!["probes.api.json.gone = NoSuchComputedKey"]),
        ("has(probes.api.json.gone)", vec![r#"probes.api.json.gone = NoSuchKey("gone")"#]),
        ("has(probes.api.json) && probes.api.body == ''", vec!["probes.api.json: 4", r#"probes.api.body = "x""#]),
        ("'c' in probes.api.headers", vec![r#"probes.api.headers["c"] = NoSuchComputedKey"#]),
        ("probes.api.headers.size() == 1", vec!["probes.api.headers: 2"]),
        ("probes.api.json.n in [1, 3]", vec!["probes.api.json.n = 2"]),
        (
            "probes.api.size() == 1 || probes.size() == 1 || env.size() == 7",
            vec!["probes.api: 7", "probes: 2", "env: 1"],
        ),
        (
            "cel.bind(n, probes.api.json.n, n == 1 && n > probes.api.status)",
            vec!["probes.api.json.n = 2", "probes.api.status = 500"],
        ),
        ("[probes].all(probes, probes.api.status == 200)", vec!["probes: 2"]),
    ] {
        assert_eq!(reads(source, fields()), expected, "{source}");
    }
}

#[test]
fn paths_beyond_what_decides_are_not_read() {
    let fields = || json!({"status": 500, "json": {"a": 1, "b": 2, "c": 3}});
    for (source, expected) in [
        ("probes.api.json.a == 1 && probes.api.json.b == 1 && probes.api.json.c == 1", &["a = 1", "b = 2"][..]),
        ("!(probes.api.json.a == 1 || probes.api.json.b == 1)", &["a = 1"]),
        ("probes.api.json.a == 1 ? probes.api.json.b == 1 : probes.api.json.c == 1", &["a = 1", "b = 2"]),
        ("probes.api.json.a == 2 ? probes.api.json.b == 1 : probes.api.json.c == 1", &["a = 1", "c = 3"]),
    ] {
        let expected: Vec<String> = expected.iter().map(|path| format!("probes.api.json.{path}")).collect();
        assert_eq!(reads(source, fields()), expected, "{source}");
    }
}

#[test]
fn paths_are_bounded_in_number_and_take_steps_of_the_run() {
    let source: Vec<String> = (0..40).map(|i| format!("probes.api.json.f{i} == 1")).collect();
    let expression = compiled(&source.join(" || "), ResultType::Bool);
    let inputs = inputs(json!({"json": {}}));
    assert_eq!(expression.reads(&inputs, None, 17).len(), 17);
    let taken = inputs.steps_taken();
    assert!(taken > 40, "{taken}");
    let none = serde_json::Map::new();
    let api = ReadingInput { fields: &none, error: "", latency: Duration::ZERO };
    let empty = Inputs::new([("api", api)], &Environment::default(), "2026-11-23T12:00:00Z".parse().unwrap(), 0);
    let reads = expression.reads(&empty, None, 17);
    assert!(reads.iter().all(|read| read.value.is_err()), "{}", reads.len());
}

#[test]
fn values_are_written_as_json_or_as_their_text() {
    let inputs = inputs(json!({"json": {"b": [1, 2.5, null, true], "a": {"x": "y"}}}));
    let show = |source: &str, layout| {
        written(&compiled(source, ResultType::Any).evaluate_shown(&inputs, None).unwrap(), layout)
    };
    assert_eq!(show("probes.api.json", Layout::Line), r#"{"a":{"x":"y"},"b":[1,2.5,null,true]}"#);
    assert_eq!(
        show("probes.api.json", Layout::Lines),
        "{\n  \"a\": {\n    \"x\": \"y\"\n  },\n  \"b\": [\n    1,\n    2.5,\n    null,\n    true\n  ]\n}"
    );
    assert_eq!(show("'a\\nb'", Layout::Lines), "a\nb");
    assert_eq!(show("'a\\nb'", Layout::Line), r#""a\nb""#);
    for (source, expected) in [
        ("duration('90s')", r#""90s""#),
        ("{1: 2u, 3: b'x'}", r#"{"1":2,"3":"x"}"#),
        ("[1.0 / 0.0, double('NaN')]", r#"["inf","NaN"]"#),
        ("type(1)", r#""int""#),
        ("optional.of(1)", "1"),
        ("optional.none()", "null"),
        ("[ip('::1')]", r#"["::1"]"#),
        ("cidr('10.0.0.0/8')", r#""10.0.0.0/8""#),
        ("quantity('1500m')", r#""1500e-3""#),
        ("semver('1.2.3')", r#""1.2.3""#),
        ("url('https://a.example/b')", r#""https://a.example/b""#),
    ] {
        assert_eq!(show(source, Layout::Line), expected, "{source}");
    }
}

#[test]
fn writing_a_value_ends_where_no_steps_are_left() {
    let none = serde_json::Map::new();
    let api = ReadingInput { fields: &none, error: "", latency: Duration::ZERO };
    let inputs = Inputs::new([("api", api)], &Environment::default(), "2026-11-23T12:00:00Z".parse().unwrap(), 2_000);
    // Shared, so that it costs little to build and much to write.
    let source = "cel.bind(a, lists.range(100), cel.bind(b, [a, a, a, a, a, a, a, a], [b, b, b, b, b, b, b, b, b, b]))";
    let shown = compiled(source, ResultType::Any).evaluate_shown(&inputs, None).unwrap();
    let mut out = Vec::new();
    assert_eq!(shown.write(Layout::Lines, &mut out), Err(EvalError::TooManyStepsInRun(2_000)));
    assert!(out.len() < 2_000 * 16, "{} bytes", out.len());
}
