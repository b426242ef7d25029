//! Questions of people wait for the model before all advice.

use super::Controller;
use crate::controllers::advice::asking::Ended;
use crate::domain::advice::{Job, Offered};
use crate::runtime::clock;
use std::collections::{BTreeMap, HashMap};

impl Controller {
    /// Offers the questions that are open, the oldest first, and forgets the others. Those without room are offered again at each pass.
    pub(super) fn offer_questions(&mut self) {
        if self.jobs.asking.is_none() {
            return;
        }
        let open = self.open_questions.borrow().clone();
        self.jobs.settled.retain(|name| open.contains_key(name));
        self.jobs.queue.retain(|job| match job {
            Job::Question { message } => open.contains_key(message),
            Job::Advice { .. } => true,
        });
        let mut waiting: Vec<_> = open.iter().filter(|(name, _)| !self.is_taken(name)).collect();
        waiting.sort_by_key(|(_, made)| **made);
        for (name, _) in waiting {
            let offered = self.jobs.queue.offer(Job::Question { message: name.clone() }, clock::now());
            if let Offered::Waits { displaced: Some(Job::Advice { finding, .. }), .. } = offered {
                self.jobs.unplaced.insert(finding);
            }
        }
    }

    /// Whether it is being asked, or what came of it will be seen soon.
    fn is_taken(&self, name: &str) -> bool {
        let is_running = matches!(&self.jobs.running, Some(Job::Question { message }) if message == name);
        is_running || self.jobs.settled.contains(name)
    }

    /// Tells the places of what waits for the model.
    pub(super) fn tell_places(&self) {
        let is_question = matches!(self.jobs.running, Some(Job::Question { .. }));
        // A question that may have to wait again has its place until the model begins with it.
        let ahead = u32::from(is_question && !self.context.questions.is_running());
        let (mut questions, mut advice) = (BTreeMap::new(), HashMap::new());
        for (job, place) in self.jobs.queue.places() {
            match job {
                Job::Question { message } => drop(questions.insert(message.clone(), place + ahead)),
                Job::Advice { finding, .. } => drop(advice.insert(finding.clone(), place + ahead)),
            }
        }
        if let (Some(Job::Question { message }), 1) = (&self.jobs.running, ahead) {
            questions.insert(message.clone(), 1);
        }
        self.context.questions.queued(questions);
        self.composer.standing.advice.queued(advice);
    }

    /// A question that can't be asked now waits again, at its place.
    pub(super) fn question_ended(&mut self, name: String, ended: &Ended) {
        match ended {
            Ended::Later { until, .. } => {
                self.jobs.not_before = Some(*until);
                self.jobs.queue.keep_place(Job::Question { message: name }, clock::now());
            }
            _ => drop(self.jobs.settled.insert(name)),
        }
    }
}
