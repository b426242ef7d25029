//! Addresses of nothing.

use crate::desk::layout;
use crate::desk::visit::Look;
use axum::response::Response;

/// Any other address of the panel.
pub async fn show(look: Look) -> Response {
    layout::not_found(&look)
}
