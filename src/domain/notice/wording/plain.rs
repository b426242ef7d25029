//! A document as text.

use super::document::{Block, Document, SummaryLine};
use crate::api::Severity;
use crate::domain::texts::{Language, notices};

/// Ends with a line end. Blocks are separated by empty lines.
pub fn render(document: &Document) -> String {
    let mut blocks: Vec<String> = document.blocks.iter().map(|block| render_block(block, document.language)).collect();
    // What stands before the signature mark is the message; mail programs show what follows as less important.
    blocks.push(format!("-- \n{}", document.footer.join("\n")));
    blocks.retain(|block| !block.is_empty());
    format!("{}\n", blocks.join("\n\n"))
}

fn render_block(block: &Block, language: Language) -> String {
    match block {
        Block::Lead { severity, text } | Block::Headline { severity, text } => {
            format!("{}{text}", badge(language, *severity))
        }
        Block::Paragraph(text) | Block::Lines(text) => text.clone(),
        Block::Summary(lines) => lines.iter().map(|line| summary_line(line, language)).collect::<Vec<_>>().join("\n"),
        Block::Heading(text) => format!("{text}:"),
        Block::Facts(facts) => {
            facts.iter().map(|(name, value)| format!("{name}: {value}")).collect::<Vec<_>>().join("\n")
        }
        Block::Code(text) => text.lines().map(|line| format!("    {line}")).collect::<Vec<_>>().join("\n"),
        Block::Markdown(text) => text.trim_end().to_string(),
        Block::Links(links) => {
            links.iter().map(|link| format!("{}: {}", link.label, link.url)).collect::<Vec<_>>().join("\n")
        }
        Block::Rule => "----".to_string(),
    }
}

fn summary_line(line: &SummaryLine, language: Language) -> String {
    let state = line.state.as_ref().map(|state| format!("\n  {state}")).unwrap_or_default();
    let url = line.url.as_ref().map(|url| format!("\n  {url}")).unwrap_or_default();
    format!("- {}{}{state}{url}", badge(language, line.severity), line.text)
}

fn badge(language: Language, severity: Option<Severity>) -> String {
    severity.map(|severity| format!("[{}] ", notices::severity(language, severity))).unwrap_or_default()
}
