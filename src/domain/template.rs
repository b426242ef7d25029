//! `${NAME}` in the texts of a Scenario: references to settings.

use std::collections::BTreeMap;

/// Why settings cannot be substituted in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TemplateError {
    /// The text has a `${` without `}` or without a name.
    Malformed(String),
    /// This setting is not set.
    Unset(String),
}

/// Substitutes the settings in `text`. A `$` without `{` is literal.
pub fn expand(text: &str, settings: &BTreeMap<String, String>) -> Result<String, TemplateError> {
    walk(text, |name| settings.get(name).cloned().ok_or_else(|| TemplateError::Unset(name.to_string())))
}

/// The settings that `text` refers to; an error where it is malformed.
pub fn settings(text: &str) -> Result<Vec<String>, TemplateError> {
    let mut found = Vec::new();
    walk(text, |name| {
        found.push(name.to_string());
        Ok(String::new())
    })?;
    Ok(found)
}

fn walk(text: &str, mut value: impl FnMut(&str) -> Result<String, TemplateError>) -> Result<String, TemplateError> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find("${") {
        out.push_str(&rest[..start]);
        let after = &rest[start + 2..];
        let end = after.find('}').ok_or_else(|| TemplateError::Malformed(text.to_string()))?;
        let name = &after[..end];
        let is_name = !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
        if !is_name {
            return Err(TemplateError::Malformed(text.to_string()));
        }
        out.push_str(&value(name)?);
        rest = &after[end + 1..];
    }
    out.push_str(rest);
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings() -> BTreeMap<String, String> {
        BTreeMap::from([("HOST".into(), "db.local".into()), ("PORT".into(), "80".into())])
    }

    #[test]
    fn settings_are_substituted() {
        assert_eq!(expand("http://${HOST}:${PORT}/$x?a={b}", &settings()).unwrap(), "http://db.local:80/$x?a={b}");
    }

    #[test]
    fn an_unset_setting_and_a_malformed_text_are_named() {
        assert_eq!(expand("${NOPE}/", &settings()), Err(TemplateError::Unset("NOPE".into())));
        for text in ["${", "${HOST", "${}", "${a b}"] {
            assert_eq!(expand(text, &settings()), Err(TemplateError::Malformed(text.into())));
        }
        assert_eq!(super::settings("a"), Ok(vec![]));
        assert_eq!(super::settings("${A}/${B_1}"), Ok(vec!["A".into(), "B_1".into()]));
    }
}
