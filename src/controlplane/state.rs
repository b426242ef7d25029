//! The state that all requests share.

use super::auth::Token;
use super::budget::Budgets;
use super::resource::Resource;
use super::served_kind::ServedKind;
use super::store::Store;
use super::{Limits, Report};
use std::sync::Arc;
use tokio::sync::watch as signal;

/// The server's state.
pub struct ServerState {
    pub kinds: Vec<Arc<ServedKind>>,
    pub resources: Vec<Resource>,
    pub store: Store,
    pub token: Token,
    pub address: String,
    /// Annotations that only clients in this process write.
    pub reserved_annotations: Arc<[String]>,
    pub limits: Limits,
    pub report: Report,
    pub budgets: Arc<Budgets>,
    pub stop: signal::Receiver<bool>,
}
