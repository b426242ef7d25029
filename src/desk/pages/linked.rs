//! Addresses without a page of their own yet: the commands that show the same; and those of nothing.

use crate::desk::layout;
use crate::desk::panel::PanelState;
use crate::desk::visit::Look;
use crate::domain::texts::desk::Page;
use axum::extract::State;
use axum::response::Response;

pub async fn findings(State(panel): State<PanelState>, look: Look) -> Response {
    panel.guest.answer(look.asked, Page::Findings)
}

pub async fn threads(State(panel): State<PanelState>, look: Look) -> Response {
    panel.guest.answer(look.asked, Page::Threads)
}

/// Any other address of the panel.
pub async fn nothing(look: Look) -> Response {
    layout::not_found(&look)
}
