//! Questions of people wait for the model before all advice.

use super::Controller;
use crate::controllers::advice::asking::Ended;
use crate::domain::advice::{Job, Offered};
use crate::runtime::clock;

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

    /// Tells the places of the questions in the queue.
    pub(super) fn tell_places(&self) {
        let open = self.open_questions.borrow().clone();
        let place = |name: &String| self.jobs.queue.position(&Job::Question { message: name.clone() });
        let places = open.keys().filter_map(|name| Some((name.clone(), place(name)?)));
        self.context.questions.queued(places.collect());
    }

    /// A question that can't be asked now is offered again.
    pub(super) fn question_ended(&mut self, name: String, ended: &Ended) {
        match ended {
            Ended::Later { until, .. } => self.jobs.not_before = Some(*until),
            _ => drop(self.jobs.settled.insert(name)),
        }
    }
}
