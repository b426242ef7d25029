//! The worker processes: started when they are needed, used again, ended when they are idle, and killed with the query that they run
//! when nobody waits for it any more.

use super::protocol::{Job, QueryFailure, Reply, Table, receive, send};
use super::turns::Turn;
use std::io;
use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};
use tokio::io::BufReader;
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

/// The hidden subcommand by which the program becomes a worker.
pub const SUBCOMMAND: &str = "sqlite-worker";
/// An idle worker ends after this time.
const IDLE: Duration = Duration::from_secs(30);
/// Time in which a worker ends that closed its output.
const EXIT: Duration = Duration::from_secs(1);

/// How workers are started.
#[derive(Clone, Debug)]
pub struct WorkerOptions {
    /// The program, started with [`SUBCOMMAND`].
    pub program: PathBuf,
    pub memory_mib: u64,
}

/// What became of a query.
#[derive(Debug)]
pub enum Ended {
    Read(Table),
    Failed(QueryFailure),
    /// No answer in time; the worker was killed.
    TimedOut,
    /// The worker held locks for too long and was killed.
    LockedTooLong,
    /// The worker ended by itself or was killed by the system.
    WorkerDied(String),
    /// No worker could be started.
    NotStarted(io::Error),
}

/// The workers that wait for work.
pub struct Pool {
    options: WorkerOptions,
    idle: Mutex<Idle>,
}

#[derive(Default)]
struct Idle {
    /// The one that was used last is last.
    workers: Vec<(Worker, Instant)>,
    is_watched: bool,
}

impl Pool {
    pub fn new(options: WorkerOptions) -> Arc<Pool> {
        Arc::new(Pool { options, idle: Mutex::default() })
    }

    /// Runs a query until it answers or `until`. When this is dropped, the worker is killed. The turn ends when the worker is free
    /// again, or gone.
    pub async fn run(self: &Arc<Self>, job: &Job, until: Instant, lock_time: Duration, mut turn: Turn) -> Ended {
        #[cfg(test)]
        if self.options.program == std::path::Path::new(crate::probes::options::OWN_PROGRAM) {
            return on_a_thread(job, turn).await;
        }
        // A turn without a worker ends here, and says nothing of the query.
        let worker = match self.idle_worker() {
            Some(worker) => worker,
            None => match Worker::start(&self.options) {
                Ok(worker) => worker,
                Err(error) => return Ended::NotStarted(error),
            },
        };
        turn.runs(until);
        let mut busy = Busy { worker: Some(worker), turn: Some(turn) };
        let Some(worker) = &mut busy.worker else { return Ended::WorkerDied(String::new()) };
        match worker.exchange(job, until, lock_time).await {
            Ok(Exchanged::Reply(Reply::Read(table))) => {
                busy.answered();
                self.release(busy);
                Ended::Read(table)
            }
            Ok(Exchanged::Reply(Reply::Failed(failure))) => {
                if failure.is_slow() {
                    busy.too_slow()
                } else {
                    busy.answered()
                }
                self.release(busy);
                Ended::Failed(failure)
            }
            Ok(Exchanged::Reply(Reply::Locking) | Exchanged::LockedTooLong) => {
                busy.too_slow();
                Ended::LockedTooLong
            }
            Ok(Exchanged::TimedOut) => {
                busy.too_slow();
                Ended::TimedOut
            }
            Err(error) => {
                let exited = tokio::time::timeout(EXIT, worker.child.wait()).await;
                busy.too_slow();
                Ended::WorkerDied(match exited {
                    Ok(Ok(status)) => status_text(status),
                    _ => error.to_string(),
                })
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Idle> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn idle_worker(&self) -> Option<Worker> {
        let mut idle = self.lock();
        while let Some((mut worker, _)) = idle.workers.pop() {
            if matches!(worker.child.try_wait(), Ok(None)) {
                return Some(worker);
            }
        }
        None
    }

    /// Keeps the worker for the next query.
    fn release(self: &Arc<Self>, mut busy: Busy) {
        let Some(worker) = busy.worker.take() else { return };
        let mut idle = self.lock();
        idle.workers.push((worker, Instant::now()));
        if !std::mem::replace(&mut idle.is_watched, true) {
            tokio::spawn(end_idle(Arc::downgrade(self)));
        }
    }

    /// Ends the workers that have been idle for long; gives when the next one will be, if there is one.
    fn end_idle(&self, now: Instant) -> Option<Instant> {
        let mut idle = self.lock();
        idle.workers.retain(|(_, since)| now.saturating_duration_since(*since) < IDLE);
        let next = idle.workers.iter().map(|(_, since)| *since + IDLE).min();
        idle.is_watched = next.is_some();
        next
    }
}

async fn end_idle(pool: Weak<Pool>) {
    let mut next = Instant::now() + IDLE;
    loop {
        tokio::time::sleep_until(next.into()).await;
        let Some(pool) = pool.upgrade() else { return };
        match pool.end_idle(Instant::now()) {
            Some(at) => next = at,
            None => return,
        }
    }
}

/// The program of unit tests has no such subcommand. Workers are tested with the program itself, in `tests/`.
#[cfg(test)]
async fn on_a_thread(job: &Job, mut turn: Turn) -> Ended {
    let job = job.clone();
    match tokio::task::spawn_blocking(move || super::execute::execute(&job, || {})).await {
        Ok(Ok(table)) => {
            turn.answered();
            Ended::Read(table)
        }
        Ok(Err(failure)) => Ended::Failed(failure),
        Err(error) => Ended::WorkerDied(error.to_string()),
    }
}

enum Exchanged {
    Reply(Reply),
    TimedOut,
    LockedTooLong,
}

/// A worker process. It is killed when this is dropped.
struct Worker {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Worker {
    fn start(options: &WorkerOptions) -> io::Result<Worker> {
        // What this program inherited, or a library opened, is not for its workers.
        close_fds::set_fds_cloexec_threadsafe(3, &[]);
        let mut child = Command::new(&options.program)
            .args([SUBCOMMAND, "--memory-mib", &options.memory_mib.to_string()])
            .env_clear()
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            // Ctrl-C in a terminal goes to the program, which ends its workers in order.
            .process_group(0)
            .kill_on_drop(true)
            .spawn()?;
        match (child.stdin.take(), child.stdout.take()) {
            (Some(input), Some(output)) => Ok(Worker { child, input, output: BufReader::new(output) }),
            _ => Err(io::Error::other("the worker has no standard input and output")),
        }
    }

    async fn exchange(&mut self, job: &Job, until: Instant, lock_time: Duration) -> io::Result<Exchanged> {
        let ask = async {
            send(&mut self.input, job).await?;
            receive(&mut self.output).await
        };
        let reply = match tokio::time::timeout_at(until.into(), ask).await {
            Ok(reply) => reply?,
            Err(_) => return Ok(Exchanged::TimedOut),
        };
        if !matches!(reply, Reply::Locking) {
            return Ok(Exchanged::Reply(reply));
        }
        // Another attempt of the worker says so again.
        loop {
            let lock_end = Instant::now() + lock_time;
            match tokio::time::timeout_at(until.min(lock_end).into(), receive(&mut self.output)).await {
                Ok(Ok(Reply::Locking)) => {}
                Ok(reply) => return reply.map(Exchanged::Reply),
                Err(_) if lock_end < until => return Ok(Exchanged::LockedTooLong),
                Err(_) => return Ok(Exchanged::TimedOut),
            }
        }
    }
}

/// A worker with a query, and the turn that lasts as long as its process.
struct Busy {
    worker: Option<Worker>,
    turn: Option<Turn>,
}

impl Busy {
    fn answered(&mut self) {
        self.turn.iter_mut().for_each(Turn::answered);
    }

    fn too_slow(&mut self) {
        self.turn.iter_mut().for_each(Turn::too_slow);
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        let Some(mut worker) = self.worker.take() else { return };
        let turn = self.turn.take();
        // Without a runtime the program ends, and the worker with it.
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
        let _ = worker.child.start_kill();
        // A process that waits for a failed disk does not end before that does.
        runtime.spawn(async move {
            let _ = worker.child.wait().await;
            drop(turn);
        });
    }
}

fn status_text(status: ExitStatus) -> String {
    use std::os::unix::process::ExitStatusExt as _;
    match (status.signal(), status.code()) {
        (Some(signal), _) => format!("signal {signal}"),
        (_, Some(code)) => format!("exit code {code}"),
        _ => status.to_string(),
    }
}
