//! The body of a new Silence: read field by field, to name the first that is not valid.

use crate::api::{Matcher, MatcherName, MatcherOp, Recurrence};
use crate::commands::{NewSilence, REASON_MAX};
use crate::domain::silence::{MATCHERS_MAX, VALUE_MAX};
use crate::facade::problem::Problem;
use jiff::Timestamp;
use serde_json::{Map, Value};
use utoipa::ToSchema;

/// Body of a new Silence.
#[derive(ToSchema)]
#[allow(dead_code, reason = "only its schema is used")]
pub struct SilenceBody {
    /// Conditions that a Finding has to meet, all of them. At least one must not match the empty text.
    #[schema(min_items = 1, max_items = 16)]
    matchers: Vec<MatcherBody>,
    /// Start; now by default. Of a recurring Silence the time before which no occurrence starts.
    starts_at: Option<Timestamp>,
    /// End.
    ends_at: Option<Timestamp>,
    /// Time from the start to the end, in the format of Go.
    #[schema(example = "2h")]
    duration: Option<String>,
    /// When it is active again and again.
    recurrence: Option<RecurrenceBody>,
    /// Why notices are held back.
    #[schema(min_length = 1, max_length = 1024, example = "troca de disco")]
    reason: String,
}

/// A condition on one property of a Finding.
#[derive(ToSchema)]
#[allow(dead_code, reason = "only its schema is used")]
struct MatcherBody {
    /// Property of the Finding: `scenario`, `check`, `key`, `agent` or `severity`.
    #[schema(example = "scenario")]
    name: String,
    /// `=` or `!=` for a text, `=~` or `!~` for a regular expression (RE2) that has to match the whole property.
    #[schema(example = "=")]
    op: String,
    /// Text or regular expression.
    #[schema(max_length = 256, example = "proxmox.cluster")]
    value: String,
}

/// A time that recurs.
#[derive(ToSchema)]
#[allow(dead_code, reason = "only its schema is used")]
struct RecurrenceBody {
    /// Starts as a cron expression of five fields.
    #[schema(example = "0 3 * * SUN")]
    cron: String,
    /// How long it is active from each start.
    #[schema(example = "2h")]
    duration: String,
    /// Time zone of the cron expression; that of AGENTIC_TIMEZONE by default.
    #[schema(example = "America/Sao_Paulo")]
    timezone: Option<String>,
}

const FIELDS: [&str; 6] = ["matchers", "starts_at", "ends_at", "duration", "recurrence", "reason"];
const MATCHER_FIELDS: [&str; 3] = ["name", "op", "value"];
const RECURRENCE_FIELDS: [&str; 3] = ["cron", "duration", "timezone"];

/// Reads the body. What the fields say together is checked by the command.
pub fn parse(body: &[u8]) -> Result<NewSilence, Problem> {
    let body: Value = serde_json::from_slice(body).map_err(|e| Problem::bad_request(format!("the body: {e}")))?;
    let Value::Object(fields) = body else { return Err(Problem::bad_request("the body should be a JSON object")) };
    check_names("", &fields, &FIELDS)?;
    Ok(NewSilence {
        matchers: matchers(&fields)?,
        starts_at: time(&fields, "starts_at")?,
        ends_at: time(&fields, "ends_at")?,
        duration: text("", &fields, "duration")?,
        recurrence: recurrence(&fields)?,
        reason: required("", &fields, "reason")?,
    })
}

fn matchers(fields: &Map<String, Value>) -> Result<Vec<Matcher>, Problem> {
    let expected = format!("should be a list of 1 to {MATCHERS_MAX} objects with name, op and value");
    let Some(Value::Array(given)) = fields.get("matchers") else {
        return Err(Problem::invalid("matchers", expected));
    };
    if !(1..=MATCHERS_MAX).contains(&given.len()) {
        return Err(Problem::invalid("matchers", format!("there are {}, {expected}", given.len())));
    }
    given.iter().enumerate().map(|(index, given)| matcher(&format!("matchers[{index}]"), given)).collect()
}

fn matcher(at: &str, given: &Value) -> Result<Matcher, Problem> {
    let Value::Object(fields) = given else {
        return Err(Problem::invalid(at, "should be an object with name, op and value"));
    };
    check_names(at, fields, &MATCHER_FIELDS)?;
    let name = word(at, fields, "name", MatcherName::ALL, MatcherName::as_str)?;
    let op = word(at, fields, "op", MatcherOp::ALL, MatcherOp::as_str)?;
    let value = required(at, fields, "value")?;
    if value.chars().count() > VALUE_MAX {
        let message = format!("{} characters, should be at most {VALUE_MAX}", value.chars().count());
        return Err(Problem::invalid(&path(at, "value"), message));
    }
    Ok(Matcher { name, op, value })
}

fn recurrence(fields: &Map<String, Value>) -> Result<Option<Recurrence>, Problem> {
    let at = "recurrence";
    match fields.get(at) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Object(fields)) => {
            check_names(at, fields, &RECURRENCE_FIELDS)?;
            let (cron, duration) = (required(at, fields, "cron")?, required(at, fields, "duration")?);
            Ok(Some(Recurrence { cron, duration, timezone: text(at, fields, "timezone")? }))
        }
        Some(_) => Err(Problem::invalid(at, "should be an object with cron and duration")),
    }
}

fn path(at: &str, name: &str) -> String {
    if at.is_empty() { name.to_string() } else { format!("{at}.{name}") }
}

fn check_names(at: &str, fields: &Map<String, Value>, known: &[&str]) -> Result<(), Problem> {
    match fields.keys().find(|name| !known.contains(&name.as_str())) {
        Some(other) => {
            Err(Problem::invalid(&path(at, other), format!("not a field here; there is {}", known.join(", "))))
        }
        None => Ok(()),
    }
}

/// A text, if there is one. None is longer than a reason may be.
fn text(at: &str, fields: &Map<String, Value>, name: &str) -> Result<Option<String>, Problem> {
    match fields.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) if text.chars().count() > REASON_MAX => {
            let message = format!("{} characters, should be at most {REASON_MAX}", text.chars().count());
            Err(Problem::invalid(&path(at, name), message))
        }
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(_) => Err(Problem::invalid(&path(at, name), "should be a string")),
    }
}

fn required(at: &str, fields: &Map<String, Value>, name: &str) -> Result<String, Problem> {
    text(at, fields, name)?.ok_or_else(|| Problem::invalid(&path(at, name), "is missing"))
}

fn time(fields: &Map<String, Value>, name: &str) -> Result<Option<Timestamp>, Problem> {
    let Some(text) = text("", fields, name)? else { return Ok(None) };
    let expected = || format!("{text:?} is not a time as in RFC 3339, such as 2026-01-02T03:04:05Z");
    text.parse().map(Some).map_err(|_| Problem::invalid(name, expected()))
}

fn word<T: Copy, const N: usize>(
    at: &str,
    fields: &Map<String, Value>,
    name: &str,
    all: [T; N],
    as_str: fn(T) -> &'static str,
) -> Result<T, Problem> {
    let given = required(at, fields, name)?;
    let expected = || format!("{given:?} is not one of {}", all.map(as_str).join(", "));
    let found = all.into_iter().find(|value| as_str(*value) == given);
    found.ok_or_else(|| Problem::invalid(&path(at, name), expected()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn body(change: Value) -> Value {
        let matcher = json!({"name": "key", "op": "=~", "value": "11.*"});
        let mut body = json!({"matchers": [matcher], "duration": "2h", "reason": "disco"});
        json_patch::merge(&mut body, &change);
        body
    }

    #[test]
    fn a_body_is_read_as_it_is() {
        let recurrence = json!({"cron": "0 3 * * SUN", "duration": "2h", "timezone": "UTC"});
        let given = body(json!({"duration": null, "recurrence": recurrence, "starts_at": "2026-01-02T03:04:05-03:00"}));
        let new = parse(given.to_string().as_bytes()).unwrap();
        let matchers = vec![Matcher { name: MatcherName::Key, op: MatcherOp::Matches, value: "11.*".into() }];
        let recurrence = Recurrence { cron: "0 3 * * SUN".into(), duration: "2h".into(), timezone: Some("UTC".into()) };
        let starts_at = "2026-01-02T06:04:05Z".parse().ok();
        let reason = "disco".into();
        let expected =
            NewSilence { matchers, starts_at, recurrence: Some(recurrence), reason, ..NewSilence::default() };
        assert_eq!(new, expected);
    }

    #[test]
    fn a_body_that_is_wrong_names_the_field() {
        let matcher = |change: Value| {
            let mut matcher = json!({"name": "key", "op": "=", "value": "x"});
            json_patch::merge(&mut matcher, &change);
            body(json!({"matchers": [{"name": "agent", "op": "=", "value": "a"}, matcher]}))
        };
        for (given, status, detail) in [
            (json!([]), 400, "the body should be"),
            (body(json!({"author": "rui"})), 422, "author: not a field here; there is matchers, "),
            (body(json!({"matchers": null})), 422, "matchers: should be a list of 1 to 16"),
            (body(json!({"matchers": []})), 422, "matchers: there are 0, should be"),
            (body(json!({"matchers": vec![1; 17]})), 422, "matchers: there are 17, should be"),
            (body(json!({"matchers": ["a=b"]})), 422, "matchers[0]: should be an object"),
            (matcher(json!({"name": "host"})), 422, "matchers[1].name: \"host\" is not one of scenario, check, key"),
            (matcher(json!({"op": "=="})), 422, "matchers[1].op: \"==\" is not one of =~, !~, !=, ="),
            (matcher(json!({"value": 112})), 422, "matchers[1].value: should be a string"),
            (matcher(json!({"value": "x".repeat(257)})), 422, "matchers[1].value: 257 characters"),
            (matcher(json!({"value": null})), 422, "matchers[1].value: is missing"),
            (matcher(json!({"isEqual": true})), 422, "matchers[1].isEqual: not a field here"),
            (body(json!({"starts_at": "tomorrow"})), 422, "starts_at: \"tomorrow\" is not a time"),
            (body(json!({"ends_at": 5})), 422, "ends_at: should be a string"),
            (body(json!({"duration": 7200})), 422, "duration: should be a string"),
            (body(json!({"recurrence": "weekly"})), 422, "recurrence: should be an object"),
            (body(json!({"recurrence": {"cron": "0 3 * * *"}})), 422, "recurrence.duration: is missing"),
            (body(json!({"recurrence": {"zone": "UTC"}})), 422, "recurrence.zone: not a field here"),
            (body(json!({"reason": null})), 422, "reason: is missing"),
            (body(json!({"reason": "x".repeat(1025)})), 422, "reason: 1025 characters"),
        ] {
            let problem = parse(given.to_string().as_bytes()).unwrap_err();
            let starts = problem.detail.starts_with(detail);
            assert!(problem.status == status && starts, "{given}: {problem:?}, expected {detail}");
        }
        assert_eq!(parse(b"").unwrap_err().status, 400);
    }
}
