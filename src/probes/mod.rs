//! How each kind of target is read: http, sqlite, tcp, dns, tls.
//!
//! Each reader takes a [`Target`](crate::domain::target::Target) and returns a [`Reading`](crate::domain::reading::Reading),
//! whatever the target does: time, bytes and redirects are bounded, and errors have a kind. Connections are not reused, since a
//! target that accepts no new connection is down.

mod certificate;
mod clients;
mod dns;
mod errors;
mod failure;
mod held;
mod http;
mod json;
mod memory;
mod options;
mod pool;
mod prober;
mod sqlite;
mod stage;
mod tcp;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
mod tls;
mod weight;

pub use clients::check_certificates;
pub use held::HeldReading;
pub use memory::ParsedMemory;
pub use options::{ProbeLimits, ProberError, ProberOptions, SqliteOptions};
pub use pool::{PoolBound, Turn};
pub use prober::Prober;
pub use sqlite::{WorkerError, check_query, serve_sqlite_worker};
