//! The action log as a file for spreadsheets, as in RFC 4180.

use super::{find, in_time};
use crate::desk::panel::PanelState;
use crate::desk::visit::Visit;
use crate::views::{ActionView, LIMIT_MAX, Page, Parameters};
use axum::body::{Body, Bytes};
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse as _, Response};
use futures::{StreamExt as _, stream};
use std::convert::Infallible;

const COLUMNS: [&str; 11] =
    ["at", "actor", "proven", "roles", "via", "verb", "subject_kind", "subject_name", "result", "message", "id"];

/// What is still to be sent.
struct Rest {
    panel: PanelState,
    asked: Parameters,
    page: Option<Page<ActionView>>,
}

/// All Actions that the filter selects, page by page, so that however many there are take no memory.
pub async fn download(State(panel): State<PanelState>, visit: Visit, Query(parameters): Query<Parameters>) -> Response {
    let mut asked = in_time(super::given(parameters), &visit.look.zone);
    asked.remove("cursor");
    asked.insert("limit".into(), LIMIT_MAX.to_string());
    let page = match find(&panel, &asked) {
        Ok((_, page)) => page,
        Err(error) => return (StatusCode::BAD_REQUEST, error.to_string()).into_response(),
    };
    let date = visit.look.now.to_zoned(visit.look.zone.clone()).strftime("%Y-%m-%d").to_string();
    let headers = [
        (CONTENT_TYPE, "text/csv; charset=utf-8; header=present".to_string()),
        (CONTENT_DISPOSITION, format!("attachment; filename=\"agentic-ops-actions-{date}.csv\"")),
    ];
    let rest = Rest { panel, asked, page: Some(page) };
    // It is asked once more after its end where it is compressed.
    let pages = stream::unfold(Some(rest), |rest| async { rest.and_then(Rest::next) }).fuse();
    let head = stream::iter([Ok::<_, Infallible>(Bytes::from(line(&COLUMNS.map(String::from))))]);
    (headers, Body::from_stream(head.chain(pages))).into_response()
}

impl Rest {
    /// The lines of the next page, and what comes after it.
    fn next(mut self) -> Option<(Result<Bytes, Infallible>, Option<Rest>)> {
        let page = self.page.take()?;
        let lines: String = page.items.iter().map(|action| line(&fields(action))).collect();
        let Some(cursor) = page.next else { return Some((Ok(lines.into()), None)) };
        self.asked.insert("cursor".into(), cursor);
        self.page = find(&self.panel, &self.asked).ok().map(|(_, page)| page);
        Some((Ok(lines.into()), Some(self)))
    }
}

fn fields(action: &ActionView) -> [String; COLUMNS.len()] {
    let roles: Vec<_> = action.actor.roles.iter().map(|role| role.as_str()).collect();
    [
        action.at.map(|at| at.to_string()).unwrap_or_default(),
        action.actor.name.clone(),
        action.proven.to_string(),
        roles.join(" "),
        action.actor.via.clone(),
        action.verb.clone(),
        action.subject.kind.clone(),
        action.subject.name.clone(),
        action.result.clone().unwrap_or_default(),
        action.message.clone().unwrap_or_default(),
        action.id.clone(),
    ]
}

/// One record. Every field is in quotes, and ends are those of RFC 4180.
fn line(fields: &[String]) -> String {
    let quoted: Vec<_> = fields.iter().map(|field| format!("\"{}\"", harmless(field).replace('"', "\"\""))).collect();
    format!("{}\r\n", quoted.join(","))
}

/// A text that no spreadsheet takes for a formula: an apostrophe is put before what would begin one, at the start, and after what some
/// spreadsheets take for the end of a field.
fn harmless(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut may_begin = true;
    for c in text.chars() {
        let is_formula = matches!(c, '=' | '+' | '-' | '@' | '＝' | '＋' | '－' | '＠');
        if may_begin && (is_formula || c == '\t' && out.is_empty()) {
            out.push('\'');
        }
        may_begin = matches!(c, ';' | '\t' | '\r' | '\n') || may_begin && (c == ' ' || c == '"');
        out.push(c);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_is_quoted_and_begins_no_formula() {
        for (text, expected) in [
            ("ana", "\"ana\""),
            ("", "\"\""),
            ("a \"b\", c", "\"a \"\"b\"\", c\""),
            ("two\nlines", "\"two\nlines\""),
            ("=1+1", "\"'=1+1\""),
            ("+55 11", "\"'+55 11\""),
            ("-2", "\"'-2\""),
            ("@SUM(A1)", "\"'@SUM(A1)\""),
            ("\t=1", "\"'\t'=1\""),
            ("  =1", "\"  '=1\""),
            ("\"=1", "\"\"\"'=1\""),
            ("＝1", "\"'＝1\""),
            ("a;=cmd|'/c calc'!A1", "\"a;'=cmd|'/c calc'!A1\""),
            ("a\n=1", "\"a\n'=1\""),
            ("a-b=c@d+e", "\"a-b=c@d+e\""),
        ] {
            assert_eq!(line(&[text.to_string()]), format!("{expected}\r\n"), "{text:?}");
        }
        assert_eq!(line(&["a".into(), "b".into()]), "\"a\",\"b\"\r\n");
    }
}
