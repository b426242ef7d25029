//! What advice is made with.

use crate::advisor::ollama::Ollama;
use crate::advisor::runbooks::Library;
use crate::advisor::vectors::Vectors;
use crate::api::Severity;

/// What the advice controller is started with.
pub struct AdviceConfig {
    /// The least severity of Findings that get advice unasked.
    pub least: Severity,
    /// Calls of the model within an hour that no person asked for.
    pub per_hour: usize,
    /// The model server; `None` where T1 is off.
    pub model: Option<Ollama>,
    /// The setting that keeps T1 off.
    pub off: Option<&'static str>,
    /// The index of the runbooks; `None` where there is none.
    pub library: Option<Library>,
    /// Its vectors; `None` where words alone are compared.
    pub vectors: Option<Vectors>,
}

impl Default for AdviceConfig {
    /// T1 is off, and nothing is searched.
    fn default() -> AdviceConfig {
        AdviceConfig {
            least: Severity::High,
            per_hour: 12,
            model: None,
            off: Some("OLLAMA_BASE_URL"),
            library: None,
            vectors: None,
        }
    }
}
