//! Citations of runbooks.

use super::shown::{line, text};
use crate::api::Citation;
use serde::Serialize;
use utoipa::ToSchema;

/// A section of a runbook that a Message quotes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct CitationView {
    /// File name of the runbook, without `.md`.
    #[schema(example = "proxmox-cluster")]
    pub spec: String,
    /// Heading of the section; null for the whole runbook.
    #[schema(required, example = "Como verificar à mão")]
    pub section: Option<String>,
    /// What is quoted.
    #[schema(example = "Entre no nó e rode `qm status 112`.")]
    pub quote: String,
}

impl CitationView {
    pub(super) fn new(citation: &Citation) -> CitationView {
        let Citation { spec, section, quote } = citation;
        CitationView { spec: line(spec), section: section.as_deref().map(line), quote: text(quote) }
    }
}
