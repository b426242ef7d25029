//! Answers of a model, hostile and right, with what they were asked about. Unit tests of the check and tests of the whole program use
//! them (`#[path]`), so that nothing but the standard library and serde_json is used here. The same at every run.
#![allow(dead_code, unused_imports, reason = "each test uses a part")]

mod hostile;
mod injected;
mod paraphrased;
mod right;
mod sections;
mod told;
mod words;

pub use hostile::hostile;
pub use injected::{INJECTIONS, injected};
pub use right::right;
pub use sections::{Section, folded, sections};

use serde_json::{Value, json};

/// One answer.
#[derive(Clone, Debug)]
pub struct Case {
    pub name: String,
    pub is_question: bool,
    /// The people read English; otherwise Portuguese.
    pub is_english: bool,
    /// The excerpts in the prompt, E1 first.
    pub sections: Vec<Section>,
    pub inputs: Inputs,
    /// What the model says.
    pub answer: String,
    /// Nothing that is shown has one of these, in any case.
    pub never: Vec<String>,
    /// So many lines are shown: of a right answer all, of a hostile one at most these.
    pub lines: usize,
}

/// What else is in the prompt.
#[derive(Clone, Debug)]
pub struct Inputs {
    pub persona: String,
    pub title: String,
    pub message: String,
    pub key: String,
    pub show: String,
    pub reading: String,
    pub note: String,
    pub question: String,
    pub turn: String,
    pub state: String,
}

impl Default for Inputs {
    fn default() -> Inputs {
        Inputs {
            persona: "Cuido da saúde dos nós. Falo em fatos medidos e no próximo passo a dar.".into(),
            title: "API do Desk".into(),
            message: "a API responde 502".into(),
            key: String::new(),
            show: "status: 502".into(),
            reading: "ok: true\nerror: \"\"\nstatus: 502\nlatencyMs: 12\nbody: Bad Gateway".into(),
            note: "já olhei o painel".into(),
            question: "o que faço agora?".into(),
            turn: "alguém já olhou isso?".into(),
            state: "ocorrência status aberta\nstatus: 502".into(),
        }
    }
}

impl Case {
    /// An answer to a usual prompt.
    pub fn new(name: String, sections: Vec<Section>, answer: String) -> Case {
        let inputs = Inputs::default();
        Case { name, is_question: false, is_english: false, sections, inputs, answer, never: Vec::new(), lines: 0 }
    }

    pub fn never(mut self, text: &str) -> Case {
        self.never.push(text.to_string());
        self
    }

    pub fn lines(mut self, lines: usize) -> Case {
        self.lines = lines;
        self
    }
}

/// A step of an answer.
pub fn step(text: &str, command: &str, excerpt: &str, quote: &str) -> Value {
    json!({"text": text, "command": command, "excerpt": excerpt, "quote": quote})
}

/// A cause of an answer.
pub fn cause(text: &str, excerpt: &str, quote: &str) -> Value {
    json!({"text": text, "how_sure": "medium", "excerpt": excerpt, "quote": quote})
}

/// An answer with these parts.
pub fn advice(summary: &str, causes: &[Value], steps: &[Value]) -> String {
    json!({"summary": summary, "causes": causes, "steps": steps}).to_string()
}

/// An answer to a question.
pub fn lines(lines: &[(&str, &str, &str)]) -> String {
    let lines: Vec<Value> =
        lines.iter().map(|(text, excerpt, quote)| json!({"text": text, "excerpt": excerpt, "quote": quote})).collect();
    json!({ "lines": lines }).to_string()
}
