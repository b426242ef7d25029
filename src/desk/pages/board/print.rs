//! The board to print: a table without the rest of the panel.

use super::Board;
use super::list::{mark, message, spans};
use super::past::{SPANS, availability, last_read, missing};
use crate::desk::layout::answer;
use crate::desk::{symbols, time};
use crate::domain::texts::panel::{board as said, times};
use crate::views::{BoardRow, Standing};
use axum::http::StatusCode;
use axum::response::Response;
use maud::{Markup, html};

impl Board<'_> {
    pub(super) fn printed(&self) -> Response {
        let (language, look) = (self.language(), &self.visit.look);
        let at = times::exact(language, look.now, &look.zone);
        let body = html! {
            (symbols::all())
            main class="board board--print" id="principal" {
                header {
                    p class="board__at" { (said::as_of(language, &at)) }
                    h1 { (self.headline()) }
                    (self.tally(false))
                    p class="no-print" { a href=(self.here(("", ""))) { (said::close_print(language)) } }
                }
                (missing(language, self.pasts))
                (self.table())
            }
        };
        answer(StatusCode::OK, look, &said::as_of(language, &at), None, &body)
    }

    fn table(&self) -> Markup {
        let language = self.language();
        html! {
            table class="printed" {
                thead {
                    tr {
                        th scope="col" { (said::state(language)) }
                        th scope="col" { (said::scenario(language)) }
                        @for span in spans(language) { th scope="col" class="r" { (span) } }
                        th scope="col" class="r" { (said::last_reading(language)) }
                    }
                }
                @for group in &self.view.groups {
                    tbody {
                        tr { th scope="rowgroup" colspan="6" class="printed__g" { (group.name) } }
                        @for row in &group.rows { (self.line(row)) }
                        @let hidden = group.selected.saturating_sub(group.rows.len());
                        @if hidden > 0 { tr { td colspan="6" { (said::more(language, hidden)) } } }
                    }
                }
            }
        }
    }

    fn line(&self, row: &BoardRow) -> Markup {
        let (language, look) = (self.language(), &self.visit.look);
        let record = self.pasts.of(&row.view.id);
        let severity = row.severity().filter(|_| row.standing == Standing::Failing);
        html! {
            tr {
                td { (mark(language, row.standing, severity)) }
                th scope="row" {
                    (row.view.title) " " span class="fact" { (row.view.id) }
                    @if let Some(message) = message(row) { small { (message) } }
                }
                @for hours in SPANS {
                    td class="r" {
                        @if let Some(record) = record { (availability(language, record.past.availability(look.now, hours, None)).0) } @else { "—" }
                    }
                }
                td class="r" { @match last_read(record, &row.view) { Some(at) => (time::clock(look, at)), None => "—" } }
            }
        }
    }
}
