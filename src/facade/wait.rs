//! The query parameter `wait`.

use super::problem::Problem;
use crate::views::Parameters;
use std::time::Duration;

/// How long to wait, in whole seconds up to `max`; `default` where it is not given. Bad Request for anything else.
pub fn wait(parameters: &Parameters, default: Duration, max: Duration) -> Result<Duration, Problem> {
    let Some(text) = parameters.get("wait") else { return Ok(default) };
    let max = max.as_secs();
    let seconds = text.parse().ok().filter(|seconds| *seconds <= max);
    let seconds =
        seconds.ok_or_else(|| Problem::bad_request(format!("wait: {text:?} is not a number from 0 to {max}")))?;
    Ok(Duration::from_secs(seconds))
}
