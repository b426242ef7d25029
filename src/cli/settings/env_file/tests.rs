use super::*;

fn parsed(text: &str) -> EnvFile {
    let environment =
        BTreeMap::from([("HERE".to_string(), "env".to_string()), ("BOTH".to_string(), "env".to_string())]);
    parse(".env", text, &environment)
}

/// The value of `A`, where nothing is wrong with the text.
fn value(text: &str) -> Option<String> {
    let file = parsed(text);
    assert_eq!(file.errors, [""; 0], "{text:?}");
    file.values.get("A").cloned()
}

#[test]
fn values_are_read_as_compose_reads_them() {
    for (text, expected) in [
        ("A=x", "x"),
        ("A= x ", "x"),
        ("A = x", "x"),
        ("A: x", "x"),
        ("A=x # note", "x"),
        ("A=x\t# note", "x"),
        ("A= # note", ""),
        ("A=\t# note", ""),
        ("A=#x", "#x"),
        ("A=a#b", "a#b"),
        ("A=a\\nb \\ 'c'", "a\\nb \\ 'c'"),
        ("A=it's \"so\"", "it's \"so\""),
        ("A=x\r\nB=y\r\n", "x"),
        ("\u{feff}A=x", "x"),
        ("B=1\n\u{feff}A=x", "x"),
        ("export A=x", "x"),
        ("export\tA=x", "x"),
        ("exported=1\nA=x", "x"),
        ("\n\n  # note\n  A=x", "x"),
        ("A=1\nA=2", "2"),
        ("A=\nB=1", ""),
        // In quotes.
        ("A=\"say \\\"hi\\\"\"", "say \"hi\""),
        ("A='Let\\'s go'", "Let's go"),
        ("A=\" # x \" # note", " # x "),
        ("A='a'\t# note", "a"),
        ("A=\"a\"#note", "a"),
        ("A=\"a\\tb\\\\n\\x\"", "a\tb\\n\\x"),
        ("A='a\\tb\\\\'", "a\\tb\\\\"),
        ("A=\"\\0101\\012\"", "A\\012"),
        ("A=\"a\nb\"", "a\nb"),
        ("A='a\n$B'", "a\n$B"),
        // With variables.
        ("B=1\nA=x${B}y$B", "x1y1"),
        ("A=${HERE}", "env"),
        ("BOTH=file\nA=$BOTH", "env"),
        ("B=1\nA=\"x${B:-2}\\$B$$\"", "x1$B$"),
        ("B=1\nA='${B}'", "${B}"),
        ("A=${B:-two words} # note", "two words"),
    ] {
        assert_eq!(value(text).as_deref(), Some(expected), "{text:?}");
    }
}

#[test]
fn a_name_alone_has_the_value_of_the_environment() {
    assert_eq!(parsed("HERE\nNOWHERE\n").values, BTreeMap::from([("HERE".to_string(), "env".to_string())]));
    assert_eq!(parsed("export HERE").values.len(), 1);
}

#[test]
fn what_cannot_be_read_is_an_error_with_its_line() {
    for (text, error) in [
        ("A=\"abc\"def", ".env:1: A: text after the closing quote: quote the whole value"),
        ("A='it'\\''s'", ".env:1: A: text after the closing quote: quote the whole value"),
        ("\nA=\"a\nb\" c", ".env:2: A: text after the closing quote, on line 3: quote the whole value"),
        ("# 1\nA='open", ".env:2: A: the quote is not closed"),
        ("A=\"open\\\"", ".env:1: A: the quote is not closed"),
        ("A=${", ".env:1: A: a ${ without }: write $$ for a dollar sign"),
        ("A=${B c}", ".env:1: A: ${B c} is not a variable: write $$ for a dollar sign"),
        ("A=1\nB=${C:?set it}", ".env:2: B: the required variable C has no value: set it"),
        ("two words", ".env:1: should be NAME=value, with letters, digits, '_', '.' and '-' in the name"),
        ("A B=1", ".env:1: should be NAME=value, with letters, digits, '_', '.' and '-' in the name"),
        ("=1", ".env:1: should be NAME=value, with letters, digits, '_', '.' and '-' in the name"),
        ("1A=1", ".env:1: should be NAME=value, with letters, digits, '_', '.' and '-' in the name"),
        ("AÇÃO=1", ".env:1: should be NAME=value, with letters, digits, '_', '.' and '-' in the name"),
    ] {
        let file = parsed(&format!("{text}\nLAST=1\n"));
        assert_eq!(file.errors.first().map(String::as_str), Some(error), "{text:?}");
    }
    let file = parsed("no name\nA=1\nB='x'y\nC=3");
    assert_eq!((file.errors.len(), file.values.len()), (2, 2), "the other lines are read");
}

#[test]
fn a_file_that_is_not_utf_8_is_an_error_with_its_line() {
    let file = parse_bytes(".env", b"A=1\nB=a\xe7\xe3o\n", &BTreeMap::new());
    assert_eq!(file.errors, [".env:2: is not UTF-8: save the file in this encoding"]);
}

#[test]
fn a_variable_without_a_value_is_a_warning() {
    let file = parsed("A=1\nB=x$NONE");
    assert_eq!(file.values["B"], "x");
    let warning = ".env:2: ${NONE} has no value and is replaced by nothing; write $$ for a dollar sign";
    assert_eq!((file.errors.len(), file.warnings), (0, vec![warning.to_string()]));
}
