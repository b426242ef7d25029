//! The fields of a JSON body: read one by one, to name the first that is not valid.

use super::problem::Problem;
use jiff::Timestamp;
use serde_json::{Map, Value};

/// An object that has no other fields than it may.
#[derive(Debug)]
pub struct Fields(Map<String, Value>);

impl Fields {
    /// Reads a body. Bad Request where it is no JSON object, Invalid for a field that is not one of `known`.
    pub fn parse(body: &[u8], known: &[&str]) -> Result<Fields, Problem> {
        let body: Value = serde_json::from_slice(body).map_err(|e| Problem::bad_request(format!("the body: {e}")))?;
        let Value::Object(fields) = body else { return Err(Problem::bad_request("the body should be a JSON object")) };
        match fields.keys().find(|name| !known.contains(&name.as_str())) {
            Some(other) if known.is_empty() => Err(Problem::invalid(other, "not a field here: there are none")),
            Some(other) => Err(Problem::invalid(other, format!("not a field here; there is {}", known.join(", ")))),
            None => Ok(Fields(fields)),
        }
    }

    /// As [`Fields::parse`]; an empty body has no fields.
    pub fn parse_optional(body: &[u8], known: &[&str]) -> Result<Fields, Problem> {
        if body.trim_ascii().is_empty() { Ok(Fields(Map::new())) } else { Fields::parse(body, known) }
    }

    /// A text, if there is one. Null is none.
    pub fn text(&self, name: &str) -> Result<Option<&str>, Problem> {
        match self.0.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(Problem::invalid(name, "should be a string")),
        }
    }

    /// A text. Invalid where there is none.
    pub fn required(&self, name: &str) -> Result<&str, Problem> {
        self.text(name)?.ok_or_else(|| Problem::invalid(name, "is missing"))
    }

    /// A time, if there is one.
    pub fn time(&self, name: &str) -> Result<Option<Timestamp>, Problem> {
        let Some(text) = self.text(name)? else { return Ok(None) };
        let expected = || format!("{text:?} is not a time as in RFC 3339, such as 2026-01-02T03:04:05Z");
        text.parse().map(Some).map_err(|_| Problem::invalid(name, expected()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_that_is_wrong_names_the_field() {
        let known = ["body", "until"];
        let fields = Fields::parse(br#"{"body": "x", "until": "2026-01-02T03:04:05-03:00"}"#, &known).unwrap();
        assert_eq!((fields.required("body").unwrap(), fields.text("other").unwrap()), ("x", None));
        assert_eq!(fields.time("until").unwrap(), "2026-01-02T06:04:05Z".parse().ok());
        assert!(Fields::parse_optional(b" ", &known).unwrap().text("body").unwrap().is_none());
        assert!(Fields::parse(br#"{"body": null}"#, &known).unwrap().text("body").unwrap().is_none());
        for (body, status, detail) in [
            ("", 400, "the body: "),
            ("{", 400, "the body: "),
            ("[]", 400, "the body should be"),
            (r#"{"bodi": "x"}"#, 422, "bodi: not a field here; there is body, until"),
            (r#"{"until": "x"}"#, 422, "body: is missing"),
            (r#"{"body": null}"#, 422, "body: is missing"),
            (r#"{"body": 5}"#, 422, "body: should be a string"),
            (r#"{"body": "x", "until": "tomorrow"}"#, 422, "until: \"tomorrow\" is not a time"),
            (r#"{"body": "x", "until": 5}"#, 422, "until: should be a string"),
        ] {
            let read = Fields::parse(body.as_bytes(), &known);
            let problem = read.and_then(|fields| {
                fields.required("body")?;
                fields.time("until")
            });
            let problem = problem.unwrap_err();
            assert!(problem.status == status && problem.detail.starts_with(detail), "{body}: {problem:?}");
        }
    }
}
