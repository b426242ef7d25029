//! The worker process: runs one query after the other, under limits that hold for this process alone.

use super::execute::execute;
use super::protocol::{Job, QueryFailure, Reply, read_message, write_message};
use super::sandbox;
use rusqlite::Connection;
use rustix::process::{Resource, Rlimit, Signal, getrlimit, set_parent_process_death_signal, setrlimit};
use rustix::time::{ClockId, clock_gettime};
use std::io::{self, Read, Write};
use std::time::Duration;

/// Address space besides that of SQLite's heap: of answers and of the allocators.
const EXTRA_MIB: u64 = 64;
/// Descriptors: standard ones, the database and the files beside it, directories.
const MAX_FILES: u64 = 16;
/// CPU time besides the time of a query.
const EXTRA_CPU: Duration = Duration::from_secs(2);

/// Why a worker does not start or go on.
#[derive(Debug, thiserror::Error)]
pub enum WorkerError {
    #[error("limits of the worker: {0}")]
    Limits(io::Error),
    #[error("heap limit of SQLite: {0}")]
    Heap(rusqlite::Error),
    #[error("input and output of the worker: {0}")]
    Exchange(io::Error),
}

/// Answers queries from standard input on standard output until the input ends. `memory_mib` is the most memory of SQLite.
pub fn serve(memory_mib: u64) -> Result<(), WorkerError> {
    limit_process(memory_mib).map_err(WorkerError::Limits)?;
    limit_heap(memory_mib).map_err(WorkerError::Heap)?;
    sandbox::enter();
    answer_all(&mut io::stdin().lock(), &mut io::stdout().lock()).map_err(WorkerError::Exchange)
}

fn limit_process(memory_mib: u64) -> io::Result<()> {
    // The program may have ended before this; then the input has ended, too.
    set_parent_process_death_signal(Some(Signal::KILL))?;
    // When memory is short, the system ends a worker rather than the program.
    let _ = std::fs::write("/proc/self/oom_score_adj", "1000");
    let limit = |resource, most: u64| setrlimit(resource, Rlimit { current: Some(most), maximum: Some(most) });
    limit(Resource::Core, 0)?;
    limit(Resource::Nofile, MAX_FILES)?;
    limit(Resource::As, address_space()? + ((memory_mib + EXTRA_MIB) << 20))?;
    // No file is written: sorting takes memory.
    limit(Resource::Fsize, 0)?;
    Ok(())
}

/// The address space that the process has now, in bytes.
fn address_space() -> io::Result<u64> {
    let sizes = std::fs::read_to_string("/proc/self/statm")?;
    let pages = sizes.split(' ').next().and_then(|size| size.parse::<u64>().ok());
    let pages = pages.ok_or_else(|| io::Error::other("/proc/self/statm: not as expected"))?;
    Ok(pages * rustix::param::page_size() as u64)
}

/// The limit of SQLite's heap, which is of the whole process.
fn limit_heap(memory_mib: u64) -> rusqlite::Result<()> {
    let connection = Connection::open_in_memory()?;
    connection.query_row(&format!("PRAGMA hard_heap_limit = {}", memory_mib << 20), [], |_| Ok(()))
}

fn answer_all(input: &mut impl Read, output: &mut impl Write) -> io::Result<()> {
    while let Some(job) = read_message::<Job>(input)? {
        limit_cpu(job.time)?;
        let reply = match execute(&job, || {
            // The program is gone if it can't be told, and this process with it.
            let _ = write_message(output, &Reply::Locking);
        }) {
            Ok(table) => Reply::Read(table),
            Err(failure) => Reply::Failed(failure),
        };
        if let Err(error) = write_message(output, &reply) {
            match error.kind() {
                io::ErrorKind::InvalidData => write_message(output, &Reply::Failed(QueryFailure::TooManyBytes))?,
                _ => return Err(error),
            }
        }
    }
    Ok(())
}

/// A query that can't be interrupted ends with the process, even if the program does not kill it.
fn limit_cpu(time: Duration) -> io::Result<()> {
    let used = clock_gettime(ClockId::ProcessCPUTime);
    let used = Duration::new(used.tv_sec.unsigned_abs(), 0);
    let most = (used + time + EXTRA_CPU).as_secs() + 1;
    let maximum = getrlimit(Resource::Cpu).maximum;
    Ok(setrlimit(Resource::Cpu, Rlimit { current: Some(most), maximum })?)
}
