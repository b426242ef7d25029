//! `${NAME}` in the texts of a Scenario: settings put in their place.

use std::collections::BTreeMap;

/// Why a text can't be filled in.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError {
    /// The text itself is wrong.
    #[error("{0:?} has a `${{` that no `}}` closes or no name in between: write ${{NAME}}")]
    Malformed(String),
    /// The setting has no value.
    #[error("setting {0} is not set")]
    Unset(String),
}

/// Puts the settings into `text`. A `$` without `{` stands for itself.
pub fn expand(text: &str, settings: &BTreeMap<String, String>) -> Result<String, TemplateError> {
    walk(text, |name| settings.get(name).cloned().ok_or_else(|| TemplateError::Unset(name.to_string())))
}

/// Whether `text` names a setting; an error when it can't be read.
pub fn has_settings(text: &str) -> Result<bool, TemplateError> {
    let mut found = false;
    walk(text, |_| {
        found = true;
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
    fn settings_take_their_places() {
        assert_eq!(expand("http://${HOST}:${PORT}/$x?a={b}", &settings()).unwrap(), "http://db.local:80/$x?a={b}");
    }

    #[test]
    fn an_unset_setting_and_a_malformed_text_are_named() {
        assert_eq!(expand("${NOPE}/", &settings()), Err(TemplateError::Unset("NOPE".into())));
        for text in ["${", "${HOST", "${}", "${a b}"] {
            assert_eq!(expand(text, &settings()), Err(TemplateError::Malformed(text.into())));
        }
        assert_eq!(has_settings("a"), Ok(false));
        assert_eq!(has_settings("${A}"), Ok(true));
    }
}
