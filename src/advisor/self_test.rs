//! Measures a model: time to load it, tokens a second, and how long the longest call takes.

use super::ollama::{ModelState, Ollama};
use crate::domain::model::{Measured, ModelFault, Speed, Unfit};

/// How many times longer than the time limit of production a call of the self-test may take, so that it can tell how long it takes.
pub const TEST_TIMES: u32 = 3;

/// What a self-test found.
#[derive(Clone, Debug)]
pub struct Tested {
    pub state: ModelState,
    pub measured: Measured,
    pub speed: Speed,
}

/// Measures the model of a client, whose time limit should be [`TEST_TIMES`] that of production.
pub async fn self_test(client: &Ollama) -> Result<Tested, ModelFault> {
    let state = client.state().await?;
    let measured = client.measure(&uuid::Uuid::new_v4().simple().to_string()).await?;
    let speed = Speed::of(&measured).ok_or(ModelFault::Unfit(Unfit::NoDurations))?;
    Ok(Tested { state, measured, speed })
}
