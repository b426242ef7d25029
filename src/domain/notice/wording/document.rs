//! The parts of a mail, in order, before they are text or HTML.

use crate::api::Severity;
use crate::domain::outgoing::Link;
use crate::domain::texts::Language;

/// A mail without its headers.
#[derive(Clone, Debug, PartialEq)]
pub struct Document {
    pub language: Language,
    pub title: String,
    pub tone: Tone,
    pub blocks: Vec<Block>,
    /// The last lines.
    pub footer: Vec<String>,
}

/// What the colour of a mail says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    Failing(Option<Severity>),
    Known,
    Good,
    Neutral,
}

/// One part.
#[derive(Clone, Debug, PartialEq)]
pub enum Block {
    /// The first line: the state, or what is wrong.
    Lead {
        severity: Option<Severity>,
        text: String,
    },
    /// What is wrong with one Finding.
    Headline {
        severity: Option<Severity>,
        text: String,
    },
    Paragraph(String),
    /// Text of which the lines stay as they are.
    Lines(String),
    /// A line for each Finding.
    Summary(Vec<SummaryLine>),
    Heading(String),
    /// Name and value.
    Facts(Vec<(&'static str, String)>),
    Code(String),
    Markdown(String),
    Links(Vec<Link>),
    /// Separates one Finding from the next.
    Rule,
}

/// A Finding in a summary.
#[derive(Clone, Debug, PartialEq)]
pub struct SummaryLine {
    pub severity: Option<Severity>,
    pub text: String,
    /// Its state, where the message doesn't say it for all.
    pub state: Option<String>,
    pub url: Option<String>,
}
