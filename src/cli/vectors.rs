//! The vectors of an index, from the settings.

use super::settings::Settings;
use super::{CliError, model};
use crate::advisor::ollama::Ollama;
use crate::advisor::runbooks::{Library, QueryVector};
use crate::advisor::vectors::{Step, Vectors};
use crate::domain::model::ModelFault;
use crate::domain::texts::{model_fault, model_off};
use crate::runtime::clock;
use std::time::Duration;

/// For one question.
const QUESTION_TIME: Duration = Duration::from_secs(60);

/// Those of an index, by a model server.
pub fn of(client: &Ollama, library: &Library) -> Vectors {
    Vectors::new(client.clone(), library.clone(), clock::now)
}

/// Embeds all pieces of an index by the model server of the settings. Error: it is off, or can't be used.
pub async fn made(settings: &Settings, library: &Library) -> Result<Vectors, CliError> {
    let language = settings.language();
    let off = || CliError::Argument(model_off(language, model::off(settings).unwrap_or("OLLAMA_BASE_URL")));
    let fault = |fault: &ModelFault| CliError::Argument(model_fault(language, fault));
    let client = model::client(settings)?.ok_or_else(off)?;
    let name = client.embed_model().unwrap_or("AGENTIC_EMBED_MODEL").to_string();
    let digest = client.digest(&name).await.map_err(|error| fault(&error))?;
    let missing = ModelFault::Missing { model: name };
    let vectors = of(&client, library);
    vectors.seen(Some(&digest.ok_or_else(|| fault(&missing))?));
    loop {
        match vectors.step().await.map_err(|error| CliError::Argument(error.to_string()))? {
            Step::Stored(_) => {}
            Step::Settled => return Ok(vectors),
            Step::Failed { fault: Some(error), .. } => return Err(fault(&error)),
            Step::Missing | Step::Failed { fault: None, .. } => return Err(fault(&missing)),
        }
    }
}

/// The vector of a question; not bounded as tightly as where people wait.
pub async fn of_question(vectors: &Vectors, text: &str) -> Result<QueryVector, CliError> {
    let made = vectors.made_of(text, QUESTION_TIME).await.map_err(CliError::Argument)?;
    made.ok_or_else(|| CliError::Argument("the model for embeddings changed".into()))
}
