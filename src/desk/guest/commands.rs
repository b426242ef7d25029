//! The commands of a page. Names are checked, so that none of them changes what a shell runs.

use super::Guest;
use crate::domain::texts::Language;
use crate::domain::texts::desk::{Page, Step, placeholders, question};

/// Longest name of an object.
const NAME_MAX: usize = 253;

/// Prints author, time and text of each Message.
const BODIES: &str = r#"-o jsonpath='{range .items[*]}{.spec.author.name}{" "}{.metadata.creationTimestamp}{":\n"}{.spec.body}{"\n\n"}{end}'"#;
/// The same of the answer of REST.
const BODIES_OF_REST: &str = r#"jq -r '.items[] | "\(.author.name) \(.created_at):\n\(.body)\n"'"#;

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
pub fn kubectl(desk: &Guest, page: Page<'_>, language: Language) -> Vec<Line> {
    let kubectl = format!("kubectl -n {}", desk.namespace);
    match page {
        Page::Start => vec![],
        Page::Threads => vec![(Step::ListThreads, format!("{kubectl} get threads -o wide"))],
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
            (
                Step::Messages,
                format!(
                    "{kubectl} get messages --field-selector spec.thread={name} --sort-by=.status.sequence {BODIES}"
                ),
            ),
        ],
    }
}

/// The commands of curl for a page.
pub fn curl(desk: &Guest, page: Page<'_>, language: Language) -> Vec<Line> {
    let agents = format!("{}/api/v1/agents", desk.url);
    let api = format!("{agents}/findings");
    let curl = r#"curl -s -H "Authorization: Bearer $TOKEN""#;
    let sent = |body: String| format!("{curl} -H 'Content-Type: application/json' -d '{body}'");
    match page {
        Page::Start => vec![],
        Page::Threads => {
            let body = format!(r#"{{"message":"{}"}}"#, question(language));
            vec![
                (Step::ListThreads, format!("{curl} '{agents}/threads'")),
                (Step::Begin, format!("{} '{agents}/chat'", sent(body))),
            ]
        }
        Page::Findings => vec![(Step::List, format!("{curl} '{api}'"))],
        Page::Finding(name) => {
            let (_, note) = placeholders(language);
            vec![
                (Step::See, format!("{curl} '{api}/{name}'")),
                (Step::Acknowledge, format!("{} '{api}/{name}/ack'", sent(format!(r#"{{"note":"{note}"}}"#)))),
            ]
        }
        Page::Thread(name) => {
            let body = format!(r#"{{"body":"{}"}}"#, question(language));
            vec![
                (Step::Messages, format!("{curl} '{agents}/threads/{name}/messages' | {BODIES_OF_REST}")),
                (Step::Reply, format!("{} '{agents}/threads/{name}/reply'", sent(body))),
            ]
        }
    }
}
