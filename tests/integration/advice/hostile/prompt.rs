//! What stands in a prompt, as a model would read it.

use crate::integration::advice::hostile::cases::advice_cases::folded;
use serde_json::Value;

/// The mark of a question; four digits follow.
pub const MARK: &str = "caso-";

/// A prompt.
#[derive(Clone, Debug)]
pub struct Read {
    pub mark: Option<usize>,
    /// All of it.
    pub text: String,
    /// The blocks of data, each with its label.
    pub blocks: Vec<(String, String)>,
}

/// Reads the messages of a request. Blocks end at the boundary that the system's message names, whatever else looks like one.
pub fn read(messages: &Value) -> Read {
    let content = |at: usize| messages[at]["content"].as_str().unwrap_or_default().to_string();
    let (system, user) = (content(0), content(1));
    let boundary: String = system
        .split_once("lines that begin with === ")
        .map(|(_, rest)| rest.chars().take_while(char::is_ascii_hexdigit).collect())
        .unwrap_or_default();
    let fence = format!("=== {boundary} ");
    let mut blocks: Vec<(String, String)> = Vec::new();
    for line in user.lines() {
        match (line.strip_prefix(&fence), blocks.last_mut()) {
            (Some("end"), _) => {}
            (Some(label), _) => blocks.push((label.to_string(), String::new())),
            (None, Some((_, text))) => {
                text.push_str(line);
                text.push('\n');
            }
            (None, None) => {}
        }
    }
    let asked = blocks.iter().find(|(label, _)| label == "tried" || label == "question");
    let mark = asked.and_then(|(_, text)| text.split_once(MARK)?.1.get(..4)?.parse().ok());
    Read { mark, text: format!("{system}\n{user}"), blocks }
}

impl Read {
    /// The answer with its citations changed: each cites the excerpt that has its quotation, or most words of it.
    pub fn fitted(&self, answer: &str) -> String {
        let Ok(mut answer) = serde_json::from_str::<Value>(answer) else { return answer.to_string() };
        for part in ["causes", "steps", "lines"] {
            for line in answer[part].as_array_mut().into_iter().flatten() {
                let (id, quote) = (line["excerpt"].as_str(), line["quote"].as_str().unwrap_or_default());
                if id.is_some_and(|id| id == "E1" || id == "E2")
                    && let Some(best) = self.best(quote)
                {
                    line["excerpt"] = best.into();
                }
            }
        }
        answer.to_string()
    }

    fn best(&self, quote: &str) -> Option<String> {
        let quote = folded(quote);
        let words: Vec<&str> = quote.split_whitespace().collect();
        let score = |text: &str| {
            let text = folded(text);
            let common = words.iter().filter(|word| text.contains(**word)).count();
            if text.contains(&quote) { usize::MAX } else { common }
        };
        let excerpts = self.blocks.iter().filter(|(label, _)| label.starts_with('E'));
        // Of several the first.
        let best = excerpts.rev().max_by_key(|(_, text)| score(text));
        best.map(|(label, _)| label.clone())
    }
}
