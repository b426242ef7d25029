//! `$NAME` and `${NAME}` in the values of a `.env` file, as Docker Compose substitutes them.

/// Nesting of `${A:-${B}}` that is followed.
const DEPTH_MAX: usize = 16;

/// A text with its variables substituted.
#[derive(Debug, Default, PartialEq)]
pub struct Substitution {
    pub text: String,
    /// Variables without a value and without a default, which are replaced by nothing.
    pub unset: Vec<String>,
}

/// Substitutes `$NAME`, `${NAME}`, `${NAME:-default}`, `${NAME-default}`, `${NAME:+other}`, `${NAME+other}`, `${NAME:?message}`
/// and `${NAME?message}`. `$$` is a dollar sign. Errors: a `${` that is not of these forms, or a variable that must have a value.
pub fn substitute(text: &str, lookup: &dyn Fn(&str) -> Option<String>) -> Result<Substitution, String> {
    let mut substitution = Substitution::default();
    append(text, lookup, &mut substitution, DEPTH_MAX)?;
    Ok(substitution)
}

fn append(
    text: &str,
    lookup: &dyn Fn(&str) -> Option<String>,
    out: &mut Substitution,
    depth: usize,
) -> Result<(), String> {
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        out.text.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        if let Some(after) = rest.strip_prefix('$') {
            out.text.push('$');
            rest = after;
        } else if let Some(braced) = rest.strip_prefix('{') {
            let end = closing(braced).ok_or("a ${ without }: write $$ for a dollar sign")?;
            variable(&braced[..end], lookup, out, depth)?;
            rest = &braced[end + 1..];
        } else {
            let (name, after) = name_of(rest);
            match name {
                "" => out.text.push('$'),
                name => value(name, lookup, out),
            }
            rest = after;
        }
    }
    out.text.push_str(rest);
    Ok(())
}

fn value(name: &str, lookup: &dyn Fn(&str) -> Option<String>, out: &mut Substitution) {
    match lookup(name) {
        Some(value) => out.text.push_str(&value),
        None => out.unset.push(name.to_string()),
    }
}

/// What is between the braces.
fn variable(
    inner: &str,
    lookup: &dyn Fn(&str) -> Option<String>,
    out: &mut Substitution,
    depth: usize,
) -> Result<(), String> {
    let malformed = || format!("${{{inner}}} is not a variable: write $$ for a dollar sign");
    let (name, rest) = name_of(inner);
    if name.is_empty() {
        return Err(malformed());
    }
    if rest.is_empty() {
        value(name, lookup, out);
        return Ok(());
    }
    let (needs_text, operation) = match rest.strip_prefix(':') {
        Some(rest) => (true, rest),
        None => (false, rest),
    };
    let known = lookup(name).filter(|value| !needs_text || !value.is_empty());
    let word = operation.get(1..).unwrap_or_default();
    let depth = depth.checked_sub(1).ok_or("variables are nested too deeply")?;
    match (operation.as_bytes().first(), known) {
        (Some(b'-' | b'?'), Some(known)) => out.text.push_str(&known),
        (Some(b'-'), None) | (Some(b'+'), Some(_)) => append(word, lookup, out, depth)?,
        (Some(b'+'), None) => out.text.push_str(&lookup(name).unwrap_or_default()),
        (Some(b'?'), None) => {
            let mut message = Substitution::default();
            append(word, lookup, &mut message, depth)?;
            let message = message.text;
            let reason = if message.is_empty() { String::new() } else { format!(": {message}") };
            return Err(format!("the required variable {name} has no value{reason}"));
        }
        _ => return Err(malformed()),
    }
    Ok(())
}

/// The name at the start of `text`, and what follows it.
fn name_of(text: &str) -> (&str, &str) {
    let starts = text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    let end = text.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(text.len());
    if starts { text.split_at(end) } else { ("", text) }
}

/// Where the brace is that closes one before `text`.
fn closing(text: &str) -> Option<usize> {
    let mut open = 1;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'{' => open += 1,
            b'}' => open -= 1,
            _ => {}
        }
        if open == 0 {
            return Some(at);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Result<Substitution, String> {
        substitute(text, &|name| match name {
            "A" => Some("a".into()),
            "EMPTY" => Some(String::new()),
            _ => None,
        })
    }

    #[test]
    fn variables_are_substituted_as_compose_does() {
        for (text, value) in [
            ("x$A y${A}z", "xa yaz"),
            ("$A_$A-$A", "a-a"),
            ("$$A $${A} 5$ $5 $", "$A ${A} 5$ $5 $"),
            ("${A:-b}${EMPTY:-b}${NONE:-b}", "abb"),
            ("${A-b}${EMPTY-b}${NONE-b}", "ab"),
            ("${A:+b}${EMPTY:+b}${NONE:+b}", "b"),
            ("${A+b}${EMPTY+b}${NONE+b}", "bb"),
            ("${A:?m}${EMPTY?m}", "a"),
            ("${NONE:-${NONE:-x}$A{}}!", "xa{}!"),
        ] {
            assert_eq!(of(text).map(|s| s.text), Ok(value.to_string()), "{text}");
        }
        assert_eq!(
            of("a$NONE-${NONE}-$A").unwrap(),
            Substitution { text: "a--a".into(), unset: ["NONE"; 2].map(String::from).into() }
        );
    }

    #[test]
    fn what_is_no_variable_is_an_error() {
        for text in
            ["${", "${A", "${}", "${A b}", "${5}", "${A:b}", "${A!}", "${NONE:?}", "${NONE?gone $A}", "${EMPTY:?m}"]
        {
            assert!(of(text).is_err(), "{text}");
        }
        assert_eq!(of("${NONE?gone $A}").unwrap_err(), "the required variable NONE has no value: gone a");
        assert!(of(&"${N:-".repeat(20)).is_err() && of(&("${N:-".repeat(20) + &"}".repeat(20))).is_err());
    }
}
