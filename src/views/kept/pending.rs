//! The table of pending Messages, with what they are about.

use super::{Asked, FindingRow, FindingTable, MessageRow, MessageTable, ThreadTable};
use crate::api::Severity;
use crate::views::InboxFilter;
use crate::views::Reader;
use jiff::Timestamp;
use std::sync::{Arc, Weak};

/// A pending Message.
pub struct PendingRow {
    message: usize,
    finding: Option<usize>,
    /// What the Message says of the severity, else that of the Finding of its Thread.
    pub severity: Option<Severity>,
    /// The same, where the Thread has no Finding that of the one that the Message names.
    pub graded: Option<Severity>,
    /// When what it tells of began: the occurrence of the Finding, or when it was written.
    pub began_at: Option<Timestamp>,
    /// Object name of the Agent of the Thread.
    pub agent: Option<Arc<str>>,
}

/// All of them, in no order.
pub struct PendingTable {
    pub messages: Arc<MessageTable>,
    threads: Weak<ThreadTable>,
    findings: Arc<FindingTable>,
    pub rows: Vec<PendingRow>,
}

impl PendingTable {
    /// Whether it was made of just these.
    pub fn is_of(
        &self,
        messages: &Arc<MessageTable>,
        threads: &Arc<ThreadTable>,
        findings: &Arc<FindingTable>,
    ) -> bool {
        Arc::ptr_eq(&self.messages, messages)
            && std::ptr::eq(self.threads.as_ptr(), Arc::as_ptr(threads))
            && Arc::ptr_eq(&self.findings, findings)
    }

    pub fn of(messages: Arc<MessageTable>, threads: &Arc<ThreadTable>, findings: Arc<FindingTable>) -> PendingTable {
        let row = |(message, row): (usize, &MessageRow)| {
            let thread = threads.rows.named(&row.thread);
            let of_thread = thread.and_then(|thread| thread.finding.as_deref());
            let finding = of_thread.or(row.finding.as_deref()).and_then(|name| findings.rows.place(name));
            let found = finding.and_then(|finding| findings.rows.get(finding));
            let graded = row.severity.or_else(|| found.and_then(|finding| finding.severity));
            let opened = found.and_then(|finding| finding.opened_at);
            PendingRow {
                message,
                finding,
                severity: if of_thread.is_some() { graded } else { row.severity },
                graded,
                began_at: row.written_at.map(|written| opened.map_or(written, |opened| opened.min(written))),
                agent: thread.map(|thread| thread.agent.clone()),
            }
        };
        let pending = messages.rows.iter().enumerate().filter(|(_, row)| row.asked == Asked::Pending);
        let rows = pending.map(row).collect();
        PendingTable { rows, messages, threads: Arc::downgrade(threads), findings }
    }

    /// Those that a filter selects, of a person or of all. `agent` is the object name of the Agent to filter by.
    pub fn selected(
        &self,
        reader: Option<Reader<'_>>,
        filter: &InboxFilter,
        agent: Option<&str>,
    ) -> impl Iterator<Item = &PendingRow> {
        let audiences = self.messages.audiences(reader, filter.role);
        self.rows.iter().filter(move |row| {
            audiences.get(self.message(row).audience).is_some_and(|is_selected| *is_selected)
                && filter.severity.is_none_or(|severity| row.severity == Some(severity))
                && agent.is_none_or(|agent| row.agent.as_deref() == Some(agent))
        })
    }

    pub fn message(&self, row: &PendingRow) -> &MessageRow {
        &self.messages.rows[row.message]
    }

    pub fn finding(&self, row: &PendingRow) -> Option<&FindingRow> {
        row.finding.and_then(|finding| self.findings.rows.get(finding))
    }
}
