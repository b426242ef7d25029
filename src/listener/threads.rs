//! The threads of a server.

use std::future::Future;
use std::io;
use tokio::runtime::{Builder, EnterGuard, Handle, Runtime};
use tokio::task::JoinHandle;

/// Two, so that one request that takes long does not hold up all others.
const THREADS: usize = 2;

/// Threads for the requests of one server alone. On those of the process they would wait behind thousands of probes and writes when
/// everything fails at once; here the system gives them their share of the processor.
pub struct Threads {
    handle: Handle,
    runtime: Option<Runtime>,
}

impl Threads {
    pub fn start(name: &str) -> io::Result<Threads> {
        let runtime = Builder::new_multi_thread().worker_threads(THREADS).thread_name(name).enable_all().build()?;
        Ok(Threads { handle: runtime.handle().clone(), runtime: Some(runtime) })
    }

    /// Sockets that are opened while the guard lives belong to these threads.
    pub fn enter(&self) -> EnterGuard<'_> {
        self.handle.enter()
    }

    pub fn spawn<F>(&self, task: F) -> JoinHandle<F::Output>
    where
        F: Future<Output: Send> + Send + 'static,
    {
        self.handle.spawn(task)
    }
}

impl Drop for Threads {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            // The server may be dropped by a task, which must not wait.
            runtime.shutdown_background();
        }
    }
}
