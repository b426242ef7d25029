//! What was acknowledged, of Findings that are not resolved.

use super::Reader;
use crate::views::Resources;
use crate::views::kept::{Asked, FindingTable, MessageRow, ThreadTable};
use crate::views::message::{InboxView, MessageAcknowledgementView};
use crate::views::message_state::is_acknowledged;
use std::cmp::Reverse;
use std::collections::HashMap;

/// What was acknowledged, of Findings that are not resolved.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AcknowledgedView {
    /// The first of them: those that come back, the next one first, then the others, the last one first.
    pub items: Vec<AcknowledgedItem>,
    /// How many there are.
    pub total: usize,
    /// How many of them come back to the inbox.
    pub returning: usize,
}

/// An acknowledged Message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AcknowledgedItem {
    pub message: InboxView,
    pub acknowledgement: MessageAcknowledgementView,
}

impl Resources {
    /// What was acknowledged of Findings that are not resolved, at most so many: of each the last Message that asked, unless that is
    /// pending.
    pub fn acknowledged(&self, reader: Reader<'_>, most: usize) -> AcknowledgedView {
        let table = self.message_table();
        let audiences = table.audiences(Some(reader), None);
        let own = |row: &&MessageRow| audiences.get(row.audience).is_some_and(|is_own| *is_own);
        let acknowledged = table.rows.iter().filter(|row| row.asked != Asked::Pending).filter(own);
        let mut last: HashMap<&str, &MessageRow> = acknowledged.map(|row| (&*row.thread, row)).collect();
        if last.is_empty() {
            return AcknowledgedView::default();
        }
        for row in table.rows.iter().filter(own) {
            if let Some(known) = last.get_mut(&*row.thread)
                && (known.written_at, &known.name) < (row.written_at, &row.name)
            {
                *known = row;
            }
        }
        let (threads, findings) = (self.thread_table(), self.finding_table());
        let mut open: Vec<_> = last
            .into_values()
            .filter_map(|row| match row.asked {
                Asked::Acknowledged(Some((until, at))) => Some((until, at, row)),
                Asked::Acknowledged(None) | Asked::Pending => None,
            })
            .filter(|(_, _, row)| is_of_open_finding(row, &threads, &findings))
            .collect();
        let (total, returning) = (open.len(), open.iter().filter(|(until, ..)| until.is_some()).count());
        open.sort_unstable_by_key(|(until, at, row)| (until.is_none(), *until, Reverse(*at), row.name.clone()));
        let items = open.into_iter().take(most).filter_map(|(_, _, row)| self.acknowledged_item(&row.name));
        AcknowledgedView { items: items.collect(), total, returning }
    }

    /// An acknowledged Message, unless it is pending again.
    fn acknowledged_item(&self, name: &str) -> Option<AcknowledgedItem> {
        let message = self.message(name).filter(|message| is_acknowledged(message))?;
        let acknowledgement = MessageAcknowledgementView::of(&message)?;
        Some(AcknowledgedItem { message: self.inbox_view(&message), acknowledgement })
    }

    /// Whether a Thread is about the current occurrence of a Finding. Where the Finding names no Thread yet, each of its Threads is.
    pub fn tells_of_now(&self, thread: &str, finding: &str) -> bool {
        let finding = self.finding(finding);
        let status = finding.as_ref().and_then(|finding| finding.status.as_ref());
        status.is_some_and(|status| status.is_active() && status.thread.as_deref().is_none_or(|now| now == thread))
    }
}

/// Whether the Thread of a Message tells of what is wrong with a Finding now.
fn is_of_open_finding(message: &MessageRow, threads: &ThreadTable, findings: &FindingTable) -> bool {
    let finding =
        threads.rows.named(&message.thread).and_then(|thread| findings.rows.named(thread.finding.as_deref()?));
    finding.is_some_and(|finding| {
        finding.phase.is_active() && finding.thread.as_ref().is_none_or(|now| *now == message.thread)
    })
}
