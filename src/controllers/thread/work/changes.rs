//! What changed: which Findings and Threads are to be decided on.

use super::{Controller, Subject};
use crate::api::{Finding, Message, Thread};
use crate::runtime::watch::Change;
use kube::ResourceExt as _;

impl Controller {
    pub(super) fn finding_changed(&mut self, change: Change<Finding>) {
        match change {
            Change::Applied(finding) => self.finding_seen(&finding.name_any()),
            Change::Deleted(name, _) => {
                self.index.findings.forget(&name);
                self.finding_seen(&name);
            }
            // The Finding controller repairs it.
            Change::Undecodable(_) => {}
            Change::Resynchronise => self.read_findings(),
        }
    }

    fn finding_seen(&mut self, name: &str) {
        self.correlation.findings_changed();
        self.dirty.extend(self.index.about(name).into_iter().map(Subject::Thread));
        self.dirty.insert(Subject::Finding(name.to_string()));
    }

    pub(super) fn read_findings(&mut self) {
        self.index.findings.forget_all();
        for name in self.index.findings.names() {
            self.finding_seen(&name);
        }
        // Those of Findings that were deleted meanwhile.
        self.dirty.extend(self.index.thread_names().into_iter().map(Subject::Thread));
    }

    pub(super) fn thread_changed(&mut self, change: Change<Thread>) {
        match change {
            Change::Applied(thread) => self.thread_seen(&thread),
            Change::Deleted(name, _) => {
                self.index.threads.forget(&name);
                self.dirty.extend(self.index.thread_gone(&name).map(Subject::Finding));
            }
            Change::Undecodable(_) => {}
            Change::Resynchronise => self.read_threads(),
        }
    }

    fn thread_seen(&mut self, thread: &Thread) {
        self.index.thread_seen(thread);
        self.dirty.insert(Subject::Thread(thread.name_any()));
        self.dirty.extend(thread.spec.finding.clone().map(Subject::Finding));
    }

    pub(super) fn read_threads(&mut self) {
        self.index.threads.forget_all();
        self.index.forget_threads();
        for thread in self.context.caches.threads.objects() {
            self.thread_seen(&thread);
        }
        // Those of which the Thread was deleted meanwhile.
        self.dirty.extend(self.index.findings.names().into_iter().map(Subject::Finding));
    }

    pub(super) fn message_changed(&mut self, change: Change<Message>) {
        match change {
            Change::Applied(message) => {
                self.thread_touched(message.spec.thread.clone());
                self.index.message_seen(message);
            }
            Change::Deleted(name, _) => self.message_gone(&name),
            Change::Undecodable(object) => {
                if let Some(name) = &object.metadata.name {
                    self.message_gone(name);
                }
            }
            Change::Resynchronise => self.read_messages(),
        }
    }

    fn message_gone(&mut self, name: &str) {
        if let Some(thread) = self.index.message_gone(name) {
            self.thread_touched(thread);
        }
    }

    /// The Messages of a Thread are others.
    fn thread_touched(&mut self, thread: String) {
        self.dirty.extend(self.index.finding_of(&thread).map(Subject::Finding));
        self.dirty.insert(Subject::Thread(thread));
    }

    pub(super) fn read_messages(&mut self) {
        self.index.read_messages();
        for thread in self.index.thread_names() {
            self.thread_touched(thread);
        }
    }
}
