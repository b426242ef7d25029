//! `agentic-ops sqlite-worker`: the process that runs the queries of sqlite probes, started by the other commands.

use super::CliError;
use crate::probes;

/// Options of `sqlite-worker`.
#[derive(Debug, clap::Args)]
pub struct SqliteWorkerArgs {
    /// Most memory of SQLite, in MiB
    #[arg(long)]
    pub memory_mib: u64,
}

/// Answers queries until standard input ends.
pub fn run(args: &SqliteWorkerArgs) -> Result<(), CliError> {
    probes::serve_sqlite_worker(args.memory_mib).map_err(|error| CliError::Argument(error.to_string()))
}
