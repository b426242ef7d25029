//! The form of an answer of the model, and how it is read. Nothing of it is shown before [`super::check`] has checked it.

use super::prompt::Kind;
use crate::domain::texts::advice_lines::HowSure;
use serde::Deserialize;
use serde_json::{Value, json};

/// Longest answer that is read, in bytes.
pub const ANSWER_MAX: usize = 8 << 10;
/// Most causes, steps and lines that are read; further ones are dropped.
pub const CAUSES_MAX: usize = 3;
pub const STEPS_MAX: usize = 5;
pub const LINES_MAX: usize = 6;

/// An answer, as the model wrote it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    /// Empty for a question.
    pub summary: String,
    pub lines: Vec<Line>,
    /// Lines beyond the limits of their lists.
    pub surplus: usize,
}

/// One statement with what supports it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    pub part: Part,
    /// The model's own words. Only causes are asked for some; what else has some is checked all the same.
    pub text: String,
    /// Id of the excerpt that it cites.
    pub excerpt: String,
    /// What it quotes of it.
    pub quote: String,
}

/// What a line is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    Cause(HowSure),
    /// A step, with a command or without.
    Step(Option<String>),
    /// A line of an answer to a person.
    Line,
}

/// Why an answer could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AnswerError {
    /// No text.
    Empty,
    /// More than [`ANSWER_MAX`] bytes.
    TooLong,
    /// Not JSON of the form that was asked for. A field that stands twice counts as this, since JSON does not say which one is meant.
    Malformed,
}

#[derive(Deserialize)]
struct AdviceForm {
    summary: String,
    causes: Vec<CauseForm>,
    steps: Vec<StepForm>,
}

#[derive(Deserialize)]
struct CauseForm {
    #[serde(default)]
    text: String,
    how_sure: HowSure,
    excerpt: String,
    quote: String,
}

#[derive(Deserialize)]
struct StepForm {
    #[serde(default)]
    text: String,
    command: Option<String>,
    excerpt: String,
    quote: String,
}

#[derive(Deserialize)]
struct QuestionForm {
    lines: Vec<LineForm>,
}

#[derive(Deserialize)]
struct LineForm {
    #[serde(default)]
    text: String,
    excerpt: String,
    quote: String,
}

/// The JSON schema of an answer, for the `format` of Ollama. Texts have no length there: the grammars that servers make of long ones
/// are slow, and the number of tokens is bounded anyway.
pub fn schema(kind: Kind) -> Value {
    let line = |further: &[(&str, Value)]| {
        let mut properties = json!({"excerpt": {"type": "string"}, "quote": {"type": "string"}});
        let mut required = vec!["excerpt", "quote"];
        for (name, schema) in further {
            properties[*name] = schema.clone();
            required.push(name);
        }
        required.sort_unstable();
        json!({"type": "object", "properties": properties, "required": required, "additionalProperties": false})
    };
    let list = |items: Value, most: usize| json!({"type": "array", "items": items, "maxItems": most});
    match kind {
        Kind::Advice => {
            let causes = line(&[
                ("how_sure", json!({"type": "string", "enum": ["low", "medium", "high"]})),
                ("text", json!({"type": "string"})),
            ]);
            let steps = line(&[("command", json!({"type": "string"}))]);
            json!({
                "type": "object",
                "properties": {
                    "causes": list(causes, CAUSES_MAX),
                    "steps": list(steps, STEPS_MAX),
                    "summary": {"type": "string"},
                },
                "required": ["causes", "steps", "summary"],
                "additionalProperties": false,
            })
        }
        Kind::Question => json!({
            "type": "object",
            "properties": {"lines": list(line(&[]), LINES_MAX)},
            "required": ["lines"],
            "additionalProperties": false,
        }),
    }
}

/// Reads an answer. Unknown fields are ignored.
pub fn read(answer: &str, kind: Kind) -> Result<Answer, AnswerError> {
    let answer = answer.trim();
    if answer.is_empty() {
        return Err(AnswerError::Empty);
    }
    if answer.len() > ANSWER_MAX {
        return Err(AnswerError::TooLong);
    }
    match kind {
        Kind::Advice => form::<AdviceForm>(answer).map(AdviceForm::answer),
        Kind::Question => form::<QuestionForm>(answer).map(QuestionForm::answer),
    }
}

/// A structure from objects alone: serde would take lists of their fields as well.
fn form<'a, T: Deserialize<'a>>(answer: &'a str) -> Result<T, AnswerError> {
    let form = serde_json::from_str(answer).map_err(|_| AnswerError::Malformed)?;
    let value: Value = serde_json::from_str(answer).map_err(|_| AnswerError::Malformed)?;
    let items = ["causes", "steps", "lines"].iter().filter_map(|list| value.get(list)?.as_array()).flatten();
    if value.is_object() && items.into_iter().all(Value::is_object) { Ok(form) } else { Err(AnswerError::Malformed) }
}

impl AdviceForm {
    fn answer(self) -> Answer {
        let surplus = self.causes.len().saturating_sub(CAUSES_MAX) + self.steps.len().saturating_sub(STEPS_MAX);
        let cause =
            |CauseForm { text, how_sure, excerpt, quote }| Line { part: Part::Cause(how_sure), text, excerpt, quote };
        let step = |StepForm { text, command, excerpt, quote }| {
            let command = command.filter(|command| !command.trim().is_empty());
            Line { part: Part::Step(command), text, excerpt, quote }
        };
        let causes = self.causes.into_iter().take(CAUSES_MAX).map(cause);
        let lines = causes.chain(self.steps.into_iter().take(STEPS_MAX).map(step)).collect();
        Answer { summary: self.summary, lines, surplus }
    }
}

impl QuestionForm {
    fn answer(self) -> Answer {
        let surplus = self.lines.len().saturating_sub(LINES_MAX);
        let line = |LineForm { text, excerpt, quote }| Line { part: Part::Line, text, excerpt, quote };
        Answer { summary: String::new(), lines: self.lines.into_iter().take(LINES_MAX).map(line).collect(), surplus }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_read_in_order() {
        let text = r#" {"summary":"s","causes":[{"text":"c","how_sure":"high","excerpt":"E1","quote":"q","more":[1]}],
            "steps":[{"text":"t","command":" ","excerpt":"E2","quote":"r"},{"text":"u","excerpt":"E2","quote":"r"},
            {"text":"v","command":"ls","excerpt":"E2","quote":"r"}]} "#;
        let answer = read(text, Kind::Advice).unwrap();
        let parts: Vec<&Part> = answer.lines.iter().map(|line| &line.part).collect();
        let command = Part::Step(Some("ls".into()));
        assert_eq!(parts, [&Part::Cause(HowSure::High), &Part::Step(None), &Part::Step(None), &command]);
        assert_eq!((answer.summary.as_str(), answer.surplus), ("s", 0));
        let lines = r#"{"lines":[{"text":"a","excerpt":"E1","quote":"q"}]}"#;
        assert_eq!(read(lines, Kind::Question).unwrap().lines[0].part, Part::Line);
    }

    #[test]
    fn lists_are_bounded() {
        let step = r#"{"text":"t","excerpt":"E2","quote":"r"}"#;
        let many = format!(r#"{{"summary":"","causes":[],"steps":[{}]}}"#, [step; 40].join(","));
        let answer = read(&many, Kind::Advice).unwrap();
        assert_eq!((answer.lines.len(), answer.surplus), (STEPS_MAX, 40 - STEPS_MAX));
    }

    #[test]
    fn other_forms_are_refused() {
        let deep = format!(r#"{{"summary":"","causes":[],"steps":[],"x":{}}}"#, "[".repeat(4000));
        let long = format!(r#"{{"summary":"{}","causes":[],"steps":[]}}"#, "a".repeat(ANSWER_MAX));
        for (text, error) in [
            ("", AnswerError::Empty),
            (" \n", AnswerError::Empty),
            (&long, AnswerError::TooLong),
            (&deep, AnswerError::Malformed),
            ("{}", AnswerError::Malformed),
            ("[\"s\",[],[]]", AnswerError::Malformed),
            ("null", AnswerError::Malformed),
            ("```json\n{\"summary\":\"\",\"causes\":[],\"steps\":[]}\n```", AnswerError::Malformed),
            (r#"{"summary":"","causes":[],"steps":[]} {"summary":""}"#, AnswerError::Malformed),
            (r#"{"summary":"","summary":"","causes":[],"steps":[]}"#, AnswerError::Malformed),
            (r#"{"summary":1,"causes":[],"steps":[]}"#, AnswerError::Malformed),
            (r#"{"summary":"","causes":{},"steps":[]}"#, AnswerError::Malformed),
            (r#"{"summary":"","causes":[["t","high","E1","q"]],"steps":[]}"#, AnswerError::Malformed),
            (r#"{"summary":"","causes":[],"steps":[7]}"#, AnswerError::Malformed),
            (
                r#"{"summary":"","causes":[{"text":"t","how_sure":"certain","excerpt":"E1","quote":"q"}],"steps":[]}"#,
                AnswerError::Malformed,
            ),
            (
                r#"{"summary":"","causes":[{"text":"t","excerpt":"E1","quote":"q","text":"u","how_sure":"low"}],"steps":[]}"#,
                AnswerError::Malformed,
            ),
        ] {
            assert_eq!(read(text, Kind::Advice), Err(error), "{}", text.get(..80).unwrap_or(text));
        }
    }

    #[test]
    fn the_schema_names_what_is_read() {
        let advice = schema(Kind::Advice);
        assert_eq!(advice["properties"]["steps"]["items"]["required"], json!(["command", "excerpt", "quote"]));
        assert_eq!(
            advice["properties"]["causes"]["items"]["required"],
            json!(["excerpt", "how_sure", "quote", "text"])
        );
        assert_eq!(schema(Kind::Question)["properties"]["lines"]["maxItems"], LINES_MAX);
    }
}
