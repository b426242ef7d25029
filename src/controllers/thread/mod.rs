//! The Thread controller: tells in Threads what happens to Findings, and keeps the statuses of Threads and Messages.
//!
//! 1. Follow Findings, Threads, Messages and Silences; remember the Findings whose story may go on, and the Threads that changed.
//! 2. While this replica leads, decide for each of those Findings what is to be told, make its Thread, have the Finding name it, and make
//!    the Messages.
//! 3. Decide for each of those Threads which sequences, phases and counts are to be written, and whether it is closed.
//! 4. Look, once a second at most, which open Findings have one root, and tell of them in the Thread of the root.
//!
//! All of it is decided from what the API holds. What has to be made once has a name that follows from what it is about.

mod correlation;
mod index;
mod tasks;
mod work;
mod writer;

use super::context::Context;
use tokio::task::JoinHandle;
use work::Controller;

/// Starts the controller; it ends when the context is stopped. What is not told then, the next leader tells.
pub fn start(context: &Context) -> JoinHandle<()> {
    let controller = Controller::new(context);
    let stopped = context.stopped();
    tokio::spawn(async move {
        tokio::select! {
            () = controller.run() => {}
            _ = stopped => {}
        }
    })
}
