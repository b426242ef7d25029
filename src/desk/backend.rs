//! What the panel works with, which the command line wires up.

use super::tools::Tools;
use crate::api::Role;
use crate::commands::{self, RecoveryState};
use crate::domain::texts::Language;
use crate::views::{HistoryReader, OperatorStatus};
use axum::http::HeaderValue;
use futures::future::BoxFuture;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// What the panel works with.
pub struct Backend {
    /// That of every command; the caller and the request are replaced for each.
    pub context: commands::Context,
    pub operator: Arc<dyn OperatorStatus>,
    /// Whether the Actions of before are completed: until then no command is taken.
    pub recovery: RecoveryState,
    pub gate: Arc<dyn Gate>,
    pub history: Arc<dyn HistoryReader>,
    /// What pages use besides the resources.
    pub tools: Tools,
}

/// Who may come in.
pub trait Gate: Send + Sync {
    /// Whom a bearer token names.
    fn verify<'a>(&'a self, token: &'a str) -> BoxFuture<'a, Result<SignedIn, NotVerified>>;

    /// Counts a request of a person. The error is the time after which one more is possible.
    fn admit(&self, name: &str) -> Result<(), Duration>;
}

/// A person whose token was verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedIn {
    pub name: String,
    pub roles: Vec<Role>,
    /// When the token expires, where it says so.
    pub expires: Option<Timestamp>,
}

/// Why a token was not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotVerified {
    Invalid,
    NoRole,
    /// It can't be verified now.
    Later,
}

/// How the panel is set up.
#[derive(Clone, Debug)]
pub struct Options {
    /// Address of the panel as people reach it, without a slash at its end.
    pub url: String,
    pub namespace: String,
    /// Language of a reader whose browser asks for none of the catalogue.
    pub language: Language,
    /// Time zone of a reader whose browser told none.
    pub zone: TimeZone,
    /// The directory of the runbooks, if there is one.
    pub runbooks: Option<PathBuf>,
    /// Origins besides its own whose pages may send forms to it.
    pub origins: Vec<HeaderValue>,
    /// Origins besides its own whose pages may show it in a frame.
    pub frame_ancestors: Vec<String>,
    /// Signs sessions. Without one they are those of one process.
    pub secret: Option<Vec<u8>>,
    /// Tells instances of one host apart, since cookies do not tell ports apart. The same for all replicas.
    pub instance: String,
}
