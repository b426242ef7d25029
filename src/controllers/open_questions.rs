//! The questions that the local model is to answer, and how far it is with them.

use crate::api::AnswerPhase;
use crate::domain::advice::questions::Step;
use jiff::Timestamp;
use std::collections::BTreeMap;
use std::sync::Arc;
use tokio::sync::watch;

/// Between the controller that finds the questions and the one that calls the model. Clones share it.
#[derive(Clone, Debug, Default)]
pub struct Questions {
    open: Arc<watch::Sender<Arc<OpenQuestions>>>,
    /// Places in the queue, from 1.
    pub(super) queued: Arc<watch::Sender<Arc<BTreeMap<String, u32>>>>,
    /// What is being done for the one that is asked.
    pub(super) running: Arc<watch::Sender<Option<(String, AnswerPhase)>>>,
}

/// What each question waits for, by the names of their Messages.
pub type Steps = BTreeMap<String, Step>;

/// The questions that are to be answered, by the names of their Messages, with the times at which they were created.
pub type OpenQuestions = BTreeMap<String, Timestamp>;

impl Questions {
    pub fn open(&self) -> watch::Receiver<Arc<OpenQuestions>> {
        self.open.subscribe()
    }

    /// Tells which questions are to be answered.
    pub fn asked(&self, questions: OpenQuestions) {
        replace(&self.open, Arc::new(questions));
    }

    /// Tells the places of questions in the queue, from 1.
    pub fn queued(&self, places: BTreeMap<String, u32>) {
        replace(&self.queued, Arc::new(places));
    }

    /// Tells what is being done for the question that is asked.
    pub fn running(&self, question: Option<(&str, AnswerPhase)>) {
        replace(&self.running, question.map(|(name, phase)| (name.to_string(), phase)));
    }

    /// Whether the model is at work on a question.
    pub fn is_running(&self) -> bool {
        self.running.borrow().is_some()
    }

    /// What each question waits for.
    pub fn steps(&self) -> Steps {
        let queued = self.queued.borrow().clone();
        let running = self.running.borrow().clone();
        let step = |phase, position| Step { phase, position };
        let queued = queued.iter().map(|(name, place)| (name.clone(), step(AnswerPhase::Queued, Some(*place))));
        queued.chain(running.map(|(name, phase)| (name, step(phase, None)))).collect()
    }
}

/// Wakes those who follow only where the value is another one.
fn replace<T: PartialEq>(sender: &watch::Sender<T>, value: T) {
    sender.send_if_modified(|current| {
        let is_new = *current != value;
        *current = value;
        is_new
    });
}
