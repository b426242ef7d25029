//! Parsing of `.env` files.

use std::collections::BTreeMap;

/// Parses lines of `NAME=value`, with `export`, quotes and comments.
pub fn parse(file: &str, text: &str, errors: &mut Vec<String>) -> BTreeMap<String, String> {
    let mut values = BTreeMap::new();
    for (number, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let line = line.strip_prefix("export ").unwrap_or(line);
        let parsed = line.split_once('=').map(|(name, value)| (name.trim(), unquote(value.trim())));
        match parsed {
            Some((name, Ok(value))) if is_name(name) => {
                values.insert(name.to_string(), value);
            }
            Some((name, Err(why))) if is_name(name) => errors.push(format!("{file}:{}: {name}: {why}", number + 1)),
            _ => errors.push(format!("{file}:{}: should be NAME=value", number + 1)),
        }
    }
    values
}

fn is_name(name: &str) -> bool {
    !name.is_empty()
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
        && !name.as_bytes()[0].is_ascii_digit()
}

fn unquote(value: &str) -> Result<String, &'static str> {
    match value.chars().next() {
        Some(quote @ ('"' | '\'')) => {
            let inner = &value[1..];
            let end = inner.find(quote).ok_or("the quote is not closed")?;
            Ok(inner[..end].to_string())
        }
        // A comment starts after a space.
        _ => Ok(value.split(" #").next().unwrap_or_default().trim_end().to_string()),
    }
}
