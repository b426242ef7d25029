//! A streamed answer, one JSON object in each line, put together from the parts that arrive.

use super::{ChatAnswer, Ended};
use crate::domain::model::{ModelFault, Unfit};
use serde::Deserialize;
use std::time::Duration;

/// Most bytes of a line.
const LINE_MAX: usize = 64 * 1024;
/// Most bytes of all lines.
const LINES_MAX: usize = 2 << 20;
/// Most bytes of the text.
const TEXT_MAX: usize = 64 * 1024;

/// What came so far.
#[derive(Default)]
pub(super) struct Reply {
    /// The beginning of a line.
    line: Vec<u8>,
    bytes: usize,
    text: String,
    tokens: u32,
}

/// A line.
#[derive(Deserialize)]
struct Part {
    #[serde(default)]
    message: Content,
    #[serde(default)]
    done: bool,
    #[serde(default)]
    done_reason: Option<String>,
    #[serde(default)]
    prompt_eval_count: u64,
    #[serde(default)]
    eval_count: u64,
    /// In nanoseconds, as all durations.
    #[serde(default)]
    prompt_eval_duration: u64,
    #[serde(default)]
    eval_duration: u64,
    #[serde(default)]
    error: Option<String>,
}

#[derive(Default, Deserialize)]
struct Content {
    #[serde(default)]
    content: String,
}

/// A complete answer.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Done {
    chat: ChatAnswer,
    reason: String,
}

impl Done {
    pub fn ended(self, took: Duration) -> Ended {
        Ended { chat: ChatAnswer { took, ..self.chat }, done_reason: self.reason }
    }
}

impl Reply {
    /// The next bytes. `written` is called with the number of parts of the text that came. Returns the answer once it is complete;
    /// what follows it is not read.
    pub fn push(&mut self, chunk: &[u8], written: &dyn Fn(u32)) -> Result<Option<Done>, ModelFault> {
        self.bytes = self.bytes.saturating_add(chunk.len());
        if self.bytes > LINES_MAX {
            return Err(ModelFault::TooLong);
        }
        let mut rest = chunk;
        while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
            self.extend(&rest[..end])?;
            rest = &rest[end + 1..];
            let line = std::mem::take(&mut self.line);
            if let Some(done) = self.line(&line, written)? {
                return Ok(Some(done));
            }
        }
        self.extend(rest)?;
        Ok(None)
    }

    /// Nothing follows: the last line may be without its end. Ollama ends an answer without telling that it is done where the model
    /// repeats a token again and again.
    pub fn end(mut self) -> Result<Done, ModelFault> {
        let line = std::mem::take(&mut self.line);
        let done = self.line(&line, &|_| {})?;
        done.ok_or_else(|| match self.tokens {
            0 => ModelFault::Unfit(Unfit::NoEnd),
            _ => ModelFault::Cut { reason: "not done".into() },
        })
    }

    fn extend(&mut self, bytes: &[u8]) -> Result<(), ModelFault> {
        if self.line.len() + bytes.len() > LINE_MAX {
            return Err(ModelFault::TooLong);
        }
        self.line.extend_from_slice(bytes);
        Ok(())
    }

    fn line(&mut self, line: &[u8], written: &dyn Fn(u32)) -> Result<Option<Done>, ModelFault> {
        if line.trim_ascii().is_empty() {
            return Ok(None);
        }
        let part: Part =
            serde_json::from_slice(line).map_err(|error| ModelFault::Malformed { error: error.to_string() })?;
        if let Some(error) = part.error {
            return Err(ModelFault::Failed { error });
        }
        if self.text.len() + part.message.content.len() > TEXT_MAX {
            return Err(ModelFault::TooLong);
        }
        if !part.message.content.is_empty() {
            self.text.push_str(&part.message.content);
            self.tokens = self.tokens.saturating_add(1);
            written(self.tokens);
        }
        if !part.done {
            return Ok(None);
        }
        let chat = ChatAnswer {
            text: std::mem::take(&mut self.text),
            prompt_tokens: part.prompt_eval_count,
            answer_tokens: part.eval_count,
            prompt_took: Duration::from_nanos(part.prompt_eval_duration),
            answer_took: Duration::from_nanos(part.eval_duration),
            took: Duration::ZERO,
        };
        // Before 0.1.38 there was no reason.
        Ok(Some(Done { chat, reason: part.done_reason.unwrap_or_else(|| "no done_reason".into()) }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::sync::atomic::{AtomicU32, Ordering};

    const STREAM: &str = "{\"message\":{\"role\":\"assistant\",\"content\":\"{\\\"a\\\":\"},\"done\":false}\n\n\
        {\"message\":{\"content\":\"\\\"ção\\\"}\"},\"done\":false}\r\n\
        {\"message\":{\"content\":\"\"},\"done\":true,\"done_reason\":\"stop\",\"prompt_eval_count\":7,\"eval_count\":2,\
        \"prompt_eval_duration\":3000000,\"eval_duration\":1000000}\n";

    fn read(parts: &[&[u8]]) -> Result<Done, ModelFault> {
        let mut reply = Reply::default();
        for part in parts {
            if let Some(done) = reply.push(part, &|_| {})? {
                return Ok(done);
            }
        }
        reply.end()
    }

    fn expected() -> Done {
        let chat = ChatAnswer {
            text: "{\"a\":\"ção\"}".into(),
            prompt_tokens: 7,
            answer_tokens: 2,
            prompt_took: Duration::from_millis(3),
            answer_took: Duration::from_millis(1),
            took: Duration::ZERO,
        };
        Done { chat, reason: "stop".into() }
    }

    proptest! {
        #[test]
        fn an_answer_is_the_same_however_it_is_divided(mut cuts in prop::collection::vec(0..STREAM.len(), 0..12)) {
            cuts.extend([0, STREAM.len()]);
            cuts.sort_unstable();
            let parts: Vec<&[u8]> = cuts.windows(2).map(|pair| &STREAM.as_bytes()[pair[0]..pair[1]]).collect();
            prop_assert_eq!(read(&parts), Ok(expected()));
        }

        #[test]
        fn no_bytes_make_it_fail_otherwise(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            let result = read(&[&bytes]);
            prop_assert!(matches!(result, Err(ModelFault::Malformed { .. } | ModelFault::Unfit(_))), "{:?}", result);
        }
    }

    #[test]
    fn the_last_line_needs_no_end_and_what_follows_it_is_not_read() {
        assert_eq!(read(&[STREAM.trim_end().as_bytes()]), Ok(expected()));
        assert_eq!(read(&[STREAM.as_bytes(), b"rubbish"]), Ok(expected()));
        assert_eq!(read(&[format!("{STREAM}rubbish\n").as_bytes()]), Ok(expected()));
    }

    #[test]
    fn each_part_of_the_text_is_counted() {
        let counted = AtomicU32::new(0);
        Reply::default().push(STREAM.as_bytes(), &|tokens| counted.store(tokens, Ordering::Relaxed)).unwrap();
        assert_eq!(counted.load(Ordering::Relaxed), 2);
    }

    #[test]
    fn answers_beyond_the_bounds_are_ended() {
        let line = |length: usize| format!("{{\"message\":{{\"content\":\"{}\"}}}}\n", "x".repeat(length));
        assert_eq!(read(&[&[b'x'; LINE_MAX + 1]]), Err(ModelFault::TooLong));
        assert_eq!(read(&[line(LINE_MAX).as_bytes()]), Err(ModelFault::TooLong));
        let many = line(1000);
        assert_eq!(read(&vec![many.as_bytes(); 70]), Err(ModelFault::TooLong), "the text is too long");
        assert_eq!(read(&vec![line(0).as_bytes(); 200_000]), Err(ModelFault::TooLong), "too many lines");
        assert_eq!(read(&vec![&b"\n"[..]; LINES_MAX + 1]), Err(ModelFault::TooLong), "nothing but ends of lines");
    }

    #[test]
    fn what_is_no_answer_is_a_fault() {
        for wrong in ["", "{}\n", "nonsense\n", "[1]\n", "{\"done\":\"x\"}\n", "{\"message\":5}\n"] {
            assert!(
                matches!(read(&[wrong.as_bytes()]), Err(ModelFault::Malformed { .. } | ModelFault::Unfit(_))),
                "{wrong}"
            );
        }
        let cut = read(&[b"{\"message\":{\"content\":\"x\"}}\n"]);
        assert_eq!(cut, Err(ModelFault::Cut { reason: "not done".into() }));
        let failed = read(&[b"{\"message\":{\"content\":\"x\"}}\n{\"error\":\"runner died\"}\n"]);
        assert_eq!(failed, Err(ModelFault::Failed { error: "runner died".into() }));
        assert_eq!(read(&[b"{\"done\":true}"]).map(|done| done.reason), Ok("no done_reason".into()));
    }
}
