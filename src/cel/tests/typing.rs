//! What is refused before evaluation, and where it is.

use super::*;

fn refusal(source: &str) -> CompileError {
    Expression::compile(source, ResultType::Bool, PLAIN).expect_err(source)
}

fn column(column: usize) -> Place {
    Place { line: 1, column }
}

#[test]
fn literals_that_a_function_does_not_accept_are_refused() {
    for (source, function, text, at) in [
        (r#""x".matches("(")"#, "matches", "(", 13),
        (r#"probes.a.body.find("a**") == """#, "find", "a**", 20),
        (r#"now - now > duration("14d")"#, "duration", "14d", 22),
        (r#"now > timestamp("2026-11-23")"#, "timestamp", "2026-11-23", 17),
        (r#"now > time("yesterday")"#, "time", "yesterday", 12),
        (r#"int("x") == 1"#, "int", "x", 5),
        (r#"quantity("1X").isInteger()"#, "quantity", "1X", 10),
        (r#"semver("v1.2").major() == 1"#, "semver", "v1.2", 8),
        (r#"ip("10.0.0.256").isLoopback()"#, "ip", "10.0.0.256", 4),
        (r#"cidr("10.0.0.0").prefixLength() == 8"#, "cidr", "10.0.0.0", 6),
        (r#"url("a b").getHost() == """#, "url", "a b", 5),
        (r#""%s %d".format(["a"]) == """#, "format", "%s %d", 1),
        (r#""%y".format(["a"]) == """#, "format", "%y", 1),
    ] {
        let expected = CompileError::Literal { function: function.into(), text: text.into(), place: column(at) };
        assert_eq!(refusal(source), expected, "{source}");
    }
    let lines = "true &&\n  \"x\".matches(\"[\")";
    let place = Place { line: 2, column: 15 };
    assert_eq!(refusal(lines), CompileError::Literal { function: "matches".into(), text: "[".into(), place });
    let large = refusal(r#""x".matches("^.{1,1000}$")"#);
    assert_eq!(large, CompileError::PatternTooLarge { place: column(13) });
    let many = (0..60).map(|i| format!("'x'.matches(r'{i}\\pL')")).collect::<Vec<_>>().join(" && ");
    assert!(matches!(refusal(&many), CompileError::PatternTooLarge { .. }), "all of them together cost too much");
}

#[test]
fn operands_of_types_that_do_not_fit_are_refused() {
    for (source, operator, left, right, at) in [
        (r#""status " + probes.a.status == "a""#, "+", "string", "int", 11),
        ("probes.a.latency * 1000 > 1.0", "*", "double", "int", 18),
        ("now < '2026-11-23'", "<", "timestamp", "string", 5),
        ("[1].exists(x, x + 'a' == 'b')", "+", "int", "string", 17),
        ("1 in 2", "in", "int", "int", 3),
        ("now + now == now", "+", "timestamp", "timestamp", 5),
        ("probes.a.body[0] == 'a'", "[]", "string", "int", 14),
        ("probes.a.status == '200'", "==", "int", "string", 17),
        ("'200' != probes.a.status", "!=", "string", "int", 7),
        ("probes.a.ok == 'true'", "==", "bool", "string", 13),
        ("env.PORT == 80", "==", "string", "int", 10),
        ("probes['a']['status'] == '200'", "==", "int", "string", 23),
        ("probes.a.status in ['200', '204']", "in", "int", "list", 17),
        ("200 in probes.a.headers", "in", "int", "map", 5),
        ("probes.a.headers == 'x'", "==", "map", "string", 18),
    ] {
        let expected = CompileError::Operands { operator, left, right, place: column(at) };
        assert_eq!(refusal(source), expected, "{source}");
    }
    for source in [
        "probes.a.latency == 0",
        "probes.a.status in [200, 204.0]",
        "probes.a.json.x == '1'",
        "1 != '1'",
        "probes.a.status == null",
        "[1, 'a'] != ['a']",
        "probes.a.?status == optional.of('a')",
        "probes.a.status in [200, 'x']",
    ] {
        Expression::compile(source, ResultType::Bool, PLAIN).expect(source);
    }
    let expected = CompileError::Expected { expected: "list, map", actual: "string", place: column(10) };
    assert_eq!(refusal("probes.a.body.all(x, true)"), expected);
    let expected = CompileError::Expected { expected: "bool", actual: "int", place: column(1) };
    assert_eq!(refusal("!probes.a.status"), expected);
}

#[test]
fn arguments_of_types_that_do_not_fit_are_refused() {
    let expected = CompileError::Arguments {
        function: "split".into(),
        actual: vec!["string"],
        accepted: vec!["string.split(string)".into(), "string.split(string, int)".into()],
        place: column(15),
    };
    assert_eq!(refusal("probes.a.body.split() == []"), expected);
    for source in ["probes.a.status.contains('5')", "size(now) == 1", "math.abs('1') == 1", "'%s'.format('a') == ''"] {
        assert!(matches!(refusal(source), CompileError::Arguments { .. }), "{source}");
    }
}

#[test]
fn fields_that_a_reading_cannot_have_are_known() {
    let fields = |source: &str| {
        let expression = Expression::compile(source, ResultType::Bool, PLAIN).unwrap();
        let fields = expression.reading_fields().iter();
        fields.map(|used| (used.probe.clone(), used.field.clone(), used.place.column)).collect::<Vec<_>>()
    };
    let used = |probe: &str, field: &str, column| (probe.to_string(), field.to_string(), column);
    assert_eq!(fields("probes.a.stauts == 200"), [used("a", "stauts", 10)]);
    assert_eq!(fields("has(probes.a.json.x) && probes['b'].ok"), [used("a", "json", 14), used("b", "ok", 37)]);
    assert_eq!(fields("probes.a['status'] == 200"), [used("a", "status", 9)]);
    assert_eq!(fields("[1].all(probes, probes == 1)"), []);
    assert!(ReadingKind::Http.fields().any(|field| field == "json") && !ReadingKind::Tcp.fields().any(|f| f == "json"));
    let expected = CompileError::NoSuchField {
        field: "notafter".into(),
        available: vec!["subject", "issuer", "notBefore", "notAfter", "names"],
        place: column(22),
    };
    assert_eq!(refusal("probes.a.certificate.notafter == ''"), expected);
    let expected = CompileError::NoFields { field: "x".into(), actual: "string", place: column(15) };
    assert_eq!(refusal("probes.a.body.x == 1"), expected);
}

#[test]
fn what_is_known_only_when_it_is_read_is_accepted() {
    for source in [
        "probes.a.json.x + 1 == 2 && probes.a.json.x + 'a' == 'b' || true",
        "probes.a.rows[0].n * 1.5 > 2.0",
        "probes.a.json.exists(k, v, k + v == '')",
        "dyn(1) + dyn('a') == dyn(2)",
        "(probes.a.ok ? 1 : 'a') == 1",
        "1 == 'a' || [1, 'a'] == {}",
        "[1, 'a'].exists(x, x > 1)",
        "type(probes.a.json) == map && type(1) == int && type(now) == google.protobuf.Timestamp",
        "probes.a.chain[0].notAfter > probes.a.certificate.notAfter",
        "optional.of(1).value() + 1 == 2",
    ] {
        assert!(Expression::compile(source, ResultType::Bool, PLAIN).is_ok(), "{source}");
    }
}
