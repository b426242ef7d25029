//! Whether a model is fast enough for the time limit, by what a self-test measured.

use std::time::Duration;

/// Most bytes of a prompt.
pub const PROMPT_BYTES: u64 = 6 * 1024;
/// Most tokens of an answer.
pub const ANSWER_TOKENS: u64 = 600;
/// Share of the time limit, in percent, above which it is tight: other services use the machine, too.
const TIGHT_PERCENT: u128 = 70;

/// What one call took, as the server measured it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Measured {
    /// Loading the model, as its own request.
    pub load: Duration,
    /// Length of the prompt, in bytes.
    pub prompt_bytes: u64,
    pub prompt_tokens: u64,
    /// Evaluating the prompt.
    pub prompt: Duration,
    pub answer_tokens: u64,
    /// Writing the answer.
    pub answer: Duration,
}

/// Whether the time limit can hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It can.
    Holds,
    /// It can while the machine has little else to do.
    Tight,
    /// It can't: a full answer, or loading, takes longer.
    Exceeded,
}

/// The speed of a model, and how long the longest call takes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Speed {
    /// Tokens of the prompt that are evaluated in a second.
    pub prompt_rate: f64,
    /// Tokens of the answer that are written in a second.
    pub answer_rate: f64,
    /// Evaluating a prompt of [`PROMPT_BYTES`] and writing [`ANSWER_TOKENS`].
    pub longest: Duration,
}

impl Speed {
    /// The speed by what was measured; `None` if nothing was: no token of the prompt or of the answer.
    pub fn of(measured: &Measured) -> Option<Speed> {
        let prompt_rate = rate(measured.prompt_tokens, measured.prompt)?;
        let answer_rate = rate(measured.answer_tokens, measured.answer)?;
        if measured.prompt_bytes == 0 {
            return None;
        }
        // Tokens of a full prompt, rounded up, at the bytes per token of the one that was measured.
        let tokens = (measured.prompt_tokens.saturating_mul(PROMPT_BYTES)).div_ceil(measured.prompt_bytes);
        let prompt = scaled(measured.prompt, tokens, measured.prompt_tokens);
        let longest = prompt.saturating_add(scaled(measured.answer, ANSWER_TOKENS, measured.answer_tokens));
        Some(Speed { prompt_rate, answer_rate, longest })
    }

    /// Whether a call, and loading, end within `timeout`.
    pub fn verdict(&self, load: Duration, timeout: Duration) -> Verdict {
        let longest = self.longest.max(load);
        if longest > timeout {
            Verdict::Exceeded
        } else if longest.as_millis() * 100 > timeout.as_millis() * TIGHT_PERCENT {
            Verdict::Tight
        } else {
            Verdict::Holds
        }
    }

    /// The least time limit, in whole minutes, with which the verdict is [`Verdict::Holds`].
    pub fn sufficient(&self, load: Duration) -> Duration {
        let needed = self.longest.max(load).as_millis() * 100 / TIGHT_PERCENT;
        let minutes = u64::try_from(needed / 60_000 + 1).unwrap_or(u64::MAX);
        Duration::from_secs(minutes.saturating_mul(60))
    }
}

/// Tokens in a second; `None` where there is nothing to divide.
#[allow(clippy::cast_precision_loss, reason = "numbers of tokens are small")]
fn rate(tokens: u64, took: Duration) -> Option<f64> {
    (tokens > 0 && !took.is_zero()).then(|| tokens as f64 / took.as_secs_f64())
}

/// The time for `tokens` where `of` tokens took `took`.
fn scaled(took: Duration, tokens: u64, of: u64) -> Duration {
    let nanos = took.as_nanos().saturating_mul(tokens.into()).div_ceil(u128::from(of).max(1));
    Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn secs(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn measured() -> Measured {
        // 3 KiB in 750 tokens at 15 a second, and 64 tokens at 4 a second.
        let (prompt, answer) = (secs(50), secs(16));
        Measured { load: secs(30), prompt_bytes: 3072, prompt_tokens: 750, prompt, answer_tokens: 64, answer }
    }

    #[test]
    fn the_longest_call_is_a_full_prompt_and_a_full_answer() {
        let speed = Speed::of(&measured()).unwrap();
        assert!((speed.prompt_rate - 15.0).abs() < 1e-9 && (speed.answer_rate - 4.0).abs() < 1e-9);
        assert_eq!(speed.longest, secs(100 + 150));
    }

    #[test]
    fn the_time_limit_holds_with_a_reserve_for_other_services() {
        let speed = Speed::of(&measured()).unwrap();
        for (timeout, verdict) in [
            (600, Verdict::Holds),
            (358, Verdict::Holds),
            (357, Verdict::Tight),
            (250, Verdict::Tight),
            (249, Verdict::Exceeded),
        ] {
            assert_eq!(speed.verdict(secs(30), secs(timeout)), verdict, "{timeout}");
        }
        assert_eq!(speed.verdict(secs(601), secs(600)), Verdict::Exceeded, "loading counts, too");
        assert_eq!(speed.verdict(secs(30), Duration::MAX), Verdict::Holds);
    }

    #[test]
    fn the_sufficient_time_limit_holds_and_a_minute_less_does_not() {
        let speed = Speed::of(&measured()).unwrap();
        for load in [secs(0), secs(30), secs(900), secs(420)] {
            let sufficient = speed.sufficient(load);
            assert_eq!(speed.verdict(load, sufficient), Verdict::Holds);
            assert_ne!(speed.verdict(load, sufficient - secs(61)), Verdict::Holds);
        }
    }

    #[test]
    fn nothing_measured_is_no_speed() {
        for wrong in [
            Measured { prompt_tokens: 0, ..measured() },
            Measured { prompt: Duration::ZERO, ..measured() },
            Measured { answer_tokens: 0, ..measured() },
            Measured { answer: Duration::ZERO, ..measured() },
            Measured { prompt_bytes: 0, ..measured() },
            Measured::default(),
        ] {
            assert_eq!(Speed::of(&wrong), None, "{wrong:?}");
        }
        let endless = Measured { prompt: Duration::MAX, ..measured() };
        assert!(Speed::of(&endless).is_some_and(|speed| speed.verdict(secs(0), secs(600)) == Verdict::Exceeded));
    }
}
