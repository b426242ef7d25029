//! The code blocks of a document in Markdown.

/// A block that is fenced by three backticks.
pub struct Block<'a> {
    /// The word behind the backticks.
    pub language: &'a str,
    /// The nearest heading above it.
    pub heading: &'a str,
    pub text: String,
}

/// All fenced blocks, in their order.
pub fn blocks(document: &str) -> Vec<Block<'_>> {
    let (mut found, mut heading) = (Vec::new(), "");
    let mut lines = document.lines();
    while let Some(line) = lines.next() {
        if let Some(language) = line.strip_prefix("```") {
            let text: String = lines.by_ref().take_while(|line| *line != "```").flat_map(|line| [line, "\n"]).collect();
            found.push(Block { language, heading, text });
        } else if line.starts_with('#') {
            heading = line.trim_start_matches('#').trim();
        }
    }
    found
}
