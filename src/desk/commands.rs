//! The commands of a page. Names are checked, so that none of them changes what a shell runs.

use super::Desk;
use crate::domain::texts::Language;
use crate::domain::texts::desk::{Page, Step, placeholders};

/// Longest name of an object.
const NAME_MAX: usize = 253;

/// One command, and what it does.
pub type Line = (Step, String);

/// Whether it can be the name of a Finding or Thread: letters in lower case, digits, `-` and `.`, the first and the last a letter or digit.
pub fn is_name(text: &str) -> bool {
    let is_end = |c: Option<char>| c.is_some_and(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
    text.len() <= NAME_MAX
        && is_end(text.chars().next())
        && is_end(text.chars().next_back())
        && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '.'))
}

/// The commands of kubectl for a page.
pub fn kubectl(desk: &Desk, page: Page<'_>, language: Language) -> Vec<Line> {
    let kubectl = format!("kubectl -n {}", desk.namespace);
    match page {
        Page::Findings => vec![(Step::List, format!("{kubectl} get findings --field-selector status.phase!=Resolved"))],
        Page::Finding(name) => {
            let (by, note) = placeholders(language);
            let patch = format!("{kubectl} patch finding {name} --type=merge -p");
            vec![
                (Step::See, format!("{kubectl} get finding {name} -o yaml")),
                (
                    Step::Acknowledge,
                    format!(r#"{patch} '{{"spec":{{"acknowledgement":{{"by":"{by}","note":"{note}"}}}}}}'"#),
                ),
                (Step::TakeBack, format!(r#"{patch} '{{"spec":{{"acknowledgement":null}}}}'"#)),
            ]
        }
        Page::Thread(name) => vec![
            (Step::See, format!("{kubectl} get thread {name} -o yaml")),
            (Step::Messages, format!("{kubectl} get messages --field-selector spec.thread={name}")),
        ],
    }
}

/// The commands of curl for a page: none for a Thread, which REST does not serve yet.
pub fn curl(desk: &Desk, page: Page<'_>, language: Language) -> Vec<Line> {
    let api = format!("{}/api/v1/agents/findings", desk.url);
    let curl = r#"curl -H "Authorization: Bearer $TOKEN""#;
    match page {
        Page::Findings => vec![(Step::List, format!("{curl} '{api}'"))],
        Page::Finding(name) => {
            let (_, note) = placeholders(language);
            vec![
                (Step::See, format!("{curl} '{api}/{name}'")),
                (
                    Step::Acknowledge,
                    format!(
                        r#"{curl} -H 'Content-Type: application/json' -d '{{"note":"{note}"}}' '{api}/{name}/ack'"#
                    ),
                ),
            ]
        }
        Page::Thread(_) => vec![],
    }
}
