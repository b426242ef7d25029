//! The grammar of the CEL specification.

use super::*;

fn all_hold(sources: &[&str]) {
    for source in sources {
        assert_eq!(holds(source, json!({"list": [1, 2, 3], "map": {"if": 1, "a-b": 2}})), Ok(true), "{source}");
    }
}

fn refusal(source: &str) -> SyntaxError {
    match Expression::compile(source, ResultType::Bool, PLAIN) {
        Err(CompileError::Syntax(error)) => error,
        other => panic!("{source}: {other:?}"),
    }
}

#[test]
fn numbers_have_signs_suffixes_exponents_and_hexadecimal_digits() {
    all_hold(&[
        "0x1F == 31 && -0x10 == -16 && 0xABCDEFu == 11259375u && 0xffU == 255u",
        "-9223372036854775808 < 0 && -0x8000000000000000 == -9223372036854775808 && 9223372036854775807 > 0",
        "18446744073709551615u > 1u && 0u == 0U",
        "1.5 == 15e-1 && .5 == 0.5 && 1e3 == 1000.0 && 1.0E+2 == 100.0 && -.25 == -0.25 && 1e-2 == 0.01",
        "1.5 - .5 == 1.0 && 3 -1 == 2 && 3-1==2 && 3 - -1 == 4 && 3 --1 == 4",
        "007 == 7",
    ]);
    for (source, column, number) in [
        ("1 == 9223372036854775808", 6, "9223372036854775808"),
        ("-9223372036854775809 == 1", 2, "-9223372036854775809"),
        ("1u == 18446744073709551616u", 7, "18446744073709551616u"),
        ("1.0 == 1e999", 8, "1e999"),
        ("1 == 0x10000000000000000", 6, "0x10000000000000000"),
    ] {
        let expected = SyntaxError { line: 1, column, reason: SyntaxReason::Number(number.into()) };
        assert_eq!(refusal(source), expected, "{source}");
    }
    for source in ["1 == 0x", "1 == 0xg", "1 == 1.", "1.0 == 1e", "1 == 1a", "1 == 1_000", "1 == 0X1"] {
        assert!(
            matches!(refusal(source).reason, SyntaxReason::Unexpected(_) | SyntaxReason::UnexpectedEnd),
            "{source}"
        );
    }
}

#[test]
fn strings_have_four_kinds_of_quotes_and_escape_sequences() {
    all_hold(&[
        r#"'a' == "a" && '''a''' == "a" && """a""" == 'a' && '' == "" && '''''' == '' && """""" == ''"#,
        r#"'"' == "\"" && "'" == '\'' && '''a'b''c''' == "a'b''c" && """a"b""c""" == 'a"b""c'"#,
        "'''a\nb\r\nc''' == 'a\\nb\\r\\nc' && \"\"\"\n\"\"\" == '\\n' && r'''\n''' == '\\n'",
        r#"'\a\b\f\n\r\t\v\\\?\`' == '\x07\x08\x0c\x0a\x0d\x09\x0b\x5c\x3f\x60'"#,
        r#"'\x41\X42\u0043\U00000044\105' == 'ABCDE' && '\xe9' == 'é' && '\377' == 'ÿ' && '\u00e9' == 'é'"#,
        r#"'\U0001F62C' == '😬' && size('\U0010FFFF') == 1 && '''\'\'\'''' == "'''""#,
        r#"r'\n' == '\\n' && R"\x" == '\\x' && r'''\''' == '\\' && r"\\" == '\\\\' && r'a"b' == 'a"b'"#,
        r#"b'abc' == b"abc" && B'a' == b'\x61' && b'é' == b'\xc3\xa9' && b'\xff\377\000' == b'\XFF\xff\x00'"#,
        r#"br'\n' == b'\\n' && bR"a" == b'a' && Br'''a''' == b'a' && b'''a'b''' == b"a'b" && size(b'\n\t\\') == 3"#,
    ]);
    for (source, column, sequence) in [
        (r"'\q' == ''", 2, r"\q"),
        (r"'a\400' == ''", 3, r"\4"),
        (r"'\18' == ''", 2, r"\18'"),
        (r"'\x4' == ''", 2, r"\x4'"),
        (r"'\xzz' == ''", 2, r"\xzz"),
        (r"'\u12' == ''", 2, r"\u12' "),
        (r"'\ud800' == ''", 2, r"\ud800"),
        (r"'\U00110000' == ''", 2, r"\U00110000"),
        (r"b'\u0041' == b''", 3, r"\u"),
        (r"b'\U00000041' == b''", 3, r"\U"),
        (r"'\+12' == ''", 2, r"\+"),
        (r"'\x+1' == ''", 2, r"\x+1"),
        ("'\\é' == ''", 2, "\\é"),
    ] {
        let expected = SyntaxError { line: 1, column, reason: SyntaxReason::Escape(sequence.into()) };
        assert_eq!(refusal(source), expected, "{source}");
    }
    for source in ["'a", "\"a'", "'a\n'", "'a\r'", "'''a''", "r'a\\", "b'", "'\\'", "r'\n'", "\"\"\"a\"\""] {
        assert_eq!(refusal(source).reason, SyntaxReason::UnclosedText, "{source}");
    }
}

#[test]
fn operators_bind_as_the_specification_says() {
    all_hold(&[
        "1 + 2 * 3 == 7 && (1 + 2) * 3 == 9 && 7 - 2 - 1 == 4 && 12 / 3 / 2 == 2 && 7 % 4 * 2 == 6",
        "2 * 3 + 4 * 5 == 26 && 1 + 2 - 3 + 4 == 4 && -1 + 2 == 1 && -(1 + 2) == -3",
        "true || false && false && !(false || false)",
        "1 < 2 == true && 1 + 1 in [2] && !(1 in []) && 1 in [1] == true",
        "true ? 1 == 1 : false",
        "false ? false : true ? true : false",
        "(false ? 1 : 2) == 2 && (true ? false || true : false)",
        "(true ? (false ? 1 : 2) : 3) == 2",
        "!!true && !!!false && --1 == 1 && ---1 == -1 && !(!true)",
        "[1, 2][0] == 1 && {'a': [1]}.a[0] == 1 && 'abc'.size() == 3 && -[1][0] == -1 && -'abc'.size() == -3",
        "[1, 2,] == [1, 2] && [,] == [] && {'a': 1,} == {'a': 1} && {,} == {} && [] == [] && {} == {}",
        "// a comment\n1 == 1 // and\n// another",
        "\t1\u{c}==\r\n1",
        "probes.api.list . size ( ) == 3 && .probes.api.list.size() == 3 && .size([1]) == 1",
        "[7].all(probes, probes == 7 && .probes.api.ok)",
        "probes.api.map.if == 1 && probes.api.map.`a-b` == 2 && has(probes.api.map.`a-b`) && {'for': 1}.for == 1",
        "probes.api.list.existsOne(x, x == 1) && probes.api.list.exists_one(x, x == 1)",
        "probes.api.list.map(x, x > 1, x * 2) == [4, 6] && [1].map(has, has) == [1]",
    ]);
    assert!(is_error("!!1", json!({})), "the type is checked");
    assert!(is_error("--'a' == 'a'", json!({})));
}

#[test]
fn an_error_names_the_line_the_column_and_what_is_wrong() {
    let unexpected = |found: &str| SyntaxReason::Unexpected(found.into());
    let expected = |expected, found: &str| SyntaxReason::Expected { expected, found: found.into() };
    for (source, line, column, reason) in [
        ("", 1, 1, SyntaxReason::UnexpectedEnd),
        ("true &&", 1, 8, SyntaxReason::UnexpectedEnd),
        ("true\n  && )", 2, 6, unexpected(")")),
        ("1 == 1 2", 1, 8, unexpected("2")),
        ("(1 == 1", 1, 8, expected(")", "")),
        ("[1, 2 == 3", 1, 11, expected("]", "")),
        ("{'a' 1}", 1, 6, expected(":", "1")),
        ("true ? true", 1, 12, expected(":", "")),
        ("size(1,)", 1, 8, unexpected(")")),
        ("size(,)", 1, 6, unexpected(",")),
        ("[1,,2]", 1, 4, unexpected(",")),
        ("1 = 1", 1, 3, SyntaxReason::Character('=')),
        ("true & true", 1, 6, SyntaxReason::Character('&')),
        ("'é' + #", 1, 7, SyntaxReason::Character('#')),
        ("1 == “1”", 1, 6, SyntaxReason::Character('“')),
        ("``", 1, 1, SyntaxReason::Character('`')),
        ("!-probes.api.n", 1, 3, unexpected("probes")),
        ("-!true", 1, 2, unexpected("!")),
        ("true ? true ? 1 : 2 : 3", 1, 13, expected(":", "?")),
        ("probes.in", 1, 8, unexpected("in")),
        ("probes.true", 1, 8, unexpected("true")),
        ("in", 1, 1, unexpected("in")),
        ("probes.`a`()", 1, 11, unexpected("(")),
        ("for == 1", 1, 1, SyntaxReason::ReservedWord("for".into())),
        ("[1].all(if, true)", 1, 9, SyntaxReason::ReservedWord("if".into())),
        ("probes.?", 1, 9, SyntaxReason::UnexpectedEnd),
        ("probes.?a()", 1, 10, unexpected("(")),
        ("[1].all(x, x, true)", 1, 5, SyntaxReason::MacroArgument("all".into())),
        ("cel.bind(1, 2, 3)", 1, 5, SyntaxReason::MacroArgument("bind".into())),
        ("a.B{c: 1}", 1, 4, SyntaxReason::NotSupported("Message{…}")),
        ("has(probes)", 1, 1, SyntaxReason::NotAField),
        ("has(probes['a'])", 1, 1, SyntaxReason::NotAField),
        ("[1].all(1, true)", 1, 5, SyntaxReason::MacroArgument("all".into())),
        ("[1].map(a.b, true)", 1, 5, SyntaxReason::MacroArgument("map".into())),
        ("[1].map(.a, true)", 1, 5, SyntaxReason::MacroArgument("map".into())),
    ] {
        assert_eq!(refusal(source), SyntaxError { line, column, reason }, "{source}");
    }
}

#[test]
fn levels_and_nodes_are_counted_while_the_text_is_parsed() {
    use CostError::{NestedTooDeep, TooManyNodes};
    let cost = |source: String| match Expression::compile(&source, ResultType::Bool, PLAIN) {
        Err(CompileError::TooCostly(error)) => Some(error),
        _ => None,
    };
    let nested =
        |open: &str, close: &str, levels: usize| format!("{}true{}", open.repeat(levels), close.repeat(levels));
    for (open, close) in [("(", ")"), ("[", "]"), ("{1:", "}"), ("!(", ")"), ("size(", ")"), ("true?true:", "")] {
        let last = 4096_usize.saturating_sub(4) / (open.len() + close.len());
        assert_eq!(cost(nested(open, close, last)), Some(NestedTooDeep), "{open}");
        assert_eq!(cost(nested(open, close, 65)), Some(NestedTooDeep), "{open}");
    }
    assert_eq!(cost(nested("(", ")", 64)), None);
    assert_eq!(cost(format!("1{} == 1", " + 1".repeat(1000))), Some(NestedTooDeep));
    assert_eq!(cost(format!("now{}", ".a".repeat(2000))), Some(NestedTooDeep));
    assert_eq!(cost(format!("now{}", "[0]".repeat(1300))), Some(NestedTooDeep));
    assert_eq!(cost(format!("now{}", ".first()".repeat(500))), Some(NestedTooDeep));
    assert_eq!(cost(format!("[{}] == []", "1,".repeat(2000))), Some(TooManyNodes));
    // Neither recurses.
    assert_eq!(cost(format!("{}true", "!".repeat(4000))), None);
    assert_eq!(cost(format!("{}1 == 1", "-".repeat(4000))), None);
    assert_eq!(cost(format!("true{}", " || true".repeat(500))), None);
    assert_eq!(cost(format!("true{}", " && true".repeat(500))), None);
}
