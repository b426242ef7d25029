//! The pending Messages of one person, whatever their roles: the inbox of the panel.

mod acknowledged;
#[cfg(test)]
mod tests;

pub use acknowledged::{AcknowledgedItem, AcknowledgedView};

use super::inbox_filter::InboxFilter;
use super::kept::{FindingRow, MessageRow, PendingRow, PendingTable};
use super::message::InboxView;
use super::message_state::is_pending;
use super::order::{Key, Order, Sort};
use super::query::QueryError;
use super::{Page, PageRequest, Reader, Resources};
use crate::api::{Message, Severity};
use foldhash::fast::RandomState;
use jiff::Timestamp;
use std::cmp::Ordering;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// A pending Message in its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PendingItem {
    pub message: InboxView,
    /// When what it tells of began: the occurrence of its Finding, however often that is told; of others, when it was written.
    pub began_at: Option<Timestamp>,
}

/// The number of pending Messages, and of those whose Finding has no owner.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PendingCount {
    pub all: usize,
    pub unowned: usize,
}

/// A check of a Scenario, and the severity of Messages about it.
pub type OfCheck<T = String> = (Option<Severity>, T, T);

/// The pending Messages that a filter selects for a person.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PendingView {
    /// The first of them, most serious and then oldest first.
    pub items: Vec<PendingItem>,
    /// How many there are.
    pub total: usize,
    /// When the newest of them was written.
    pub newest: Option<Timestamp>,
    /// All of them, also those that are not among the first, by severity.
    pub by_severity: BTreeMap<Option<Severity>, PendingCount>,
    /// The same by check, of those checks that several of the first are about.
    pub by_check: BTreeMap<OfCheck, PendingCount>,
}

/// Which of the pending Messages are listed.
#[derive(Clone, Copy, Debug)]
pub struct First<'a> {
    /// At most so many.
    pub most: usize,
    /// The Thread whose Message is listed in any case.
    pub with: Option<&'a str>,
}

/// A pending Message in the table.
#[derive(Clone, Copy)]
struct Entry<'a> {
    table: &'a PendingTable,
    row: &'a PendingRow,
}

impl PendingCount {
    fn add(&mut self, entry: Entry<'_>) {
        self.all += 1;
        self.unowned += usize::from(!entry.is_owned());
    }
}

impl<'a> Entry<'a> {
    fn finding(self) -> Option<&'a FindingRow> {
        self.table.finding(self.row)
    }

    fn thread(self) -> &'a str {
        &self.table.message(self.row).thread
    }

    /// Whether a person took its Finding over, or acknowledged it.
    fn is_owned(self) -> bool {
        self.finding().is_some_and(|finding| finding.is_owned)
    }

    fn written_at(self) -> Option<Timestamp> {
        self.table.message(self.row).written_at
    }

    /// Most serious and then oldest first; of several at the same time by what they are about.
    fn order(&self, other: &Entry<'_>) -> Ordering {
        let key = |entry: &Entry<'_>| Key::most_serious_first(entry.row.graded, entry.row.began_at);
        key(self).cmp(&key(other)).then_with(|| self.about().cmp(&other.about()))
    }

    /// The check and the item, then the name.
    fn about(&self) -> (Option<[&str; 3]>, &str) {
        let about = self.finding().map(|of| [&of.scenario, &of.check, &of.key].map(|word| &**word));
        (about, &self.table.message(self.row).name)
    }

    /// The check of its Finding, and the severity.
    fn check(self) -> Option<OfCheck<&'a str>> {
        self.finding().map(|of| (self.row.graded, &*of.scenario, &*of.check))
    }
}

/// The first so many. The others are not sorted, since there may be thousands.
fn first_of<'a>(mut entries: Vec<Entry<'a>>, First { most, with }: First<'_>) -> Vec<Entry<'a>> {
    let Some(last) = most.checked_sub(1) else { return Vec::new() };
    if last < entries.len() {
        entries.select_nth_unstable_by(last, Entry::order);
        let is_wanted = |entry: &Entry<'_>| with == Some(entry.thread());
        // One more than fits takes the place of the last one.
        if let Some(at) = entries.iter().position(is_wanted).filter(|at| *at > last) {
            entries.swap(last, at);
        }
        entries.truncate(most);
    }
    entries.sort_unstable_by(Entry::order);
    entries
}

/// How many are about each check that several of `listed` are about.
fn by_check(entries: &[Entry<'_>], listed: &[Entry<'_>]) -> BTreeMap<OfCheck, PendingCount> {
    let mut counts: HashMap<OfCheck<&str>, (usize, PendingCount), RandomState> = HashMap::default();
    for check in listed.iter().filter_map(|entry| entry.check()) {
        counts.entry(check).or_default().0 += 1;
    }
    counts.retain(|_, (listed, _)| *listed > 1);
    if !counts.is_empty() {
        for entry in entries {
            if let Some((_, count)) = entry.check().and_then(|check| counts.get_mut(&check)) {
                count.add(*entry);
            }
        }
    }
    let owned = |((severity, scenario, check), (_, count)): (OfCheck<&str>, _)| {
        ((severity, scenario.to_string(), check.to_string()), count)
    };
    counts.into_iter().map(owned).collect()
}

impl Resources {
    /// One page of the pending Messages that a filter selects, in the order of the request. The error names what is wrong with the
    /// filter.
    pub fn list_inbox(&self, filter: &InboxFilter, page: &PageRequest) -> Result<Page<InboxView>, QueryError> {
        let agent = self.agent_of_filter(filter.agent.as_deref())?;
        let sort = if let Order::Inbox(sort) = page.order { sort } else { Sort::default() };
        let table = self.pending_table();
        let keyed = table.selected(None, filter, agent.as_deref()).map(|row| {
            let message = table.message(row);
            (sort.key(|| row.severity, message.written_at), message)
        });
        // One that was acknowledged just now is left out.
        let view = |row: &&MessageRow| self.pending_message(&row.name).map(|message| self.inbox_view(&message));
        Ok(Page::select(page, page.after(), keyed, |row| &row.name, view))
    }

    /// The pending Messages of a person that a filter selects; the first of them are listed.
    pub fn pending(
        &self,
        reader: Reader<'_>,
        filter: &InboxFilter,
        first: First<'_>,
    ) -> Result<PendingView, QueryError> {
        let table = self.pending_table();
        let entries = self.entries(&table, reader, filter)?;
        let newest = entries.iter().filter_map(|entry| entry.written_at()).max();
        let mut view = PendingView { total: entries.len(), newest, ..PendingView::default() };
        for entry in &entries {
            view.by_severity.entry(entry.row.graded).or_default().add(*entry);
        }
        let listed = first_of(entries.clone(), first);
        view.by_check = by_check(&entries, &listed);
        view.items = listed.into_iter().filter_map(|entry| self.item(entry)).collect();
        Ok(view)
    }

    /// A Message in its place, unless it was acknowledged just now.
    fn item(&self, entry: Entry<'_>) -> Option<PendingItem> {
        let message = self.pending_message(&entry.table.message(entry.row).name)?;
        Some(PendingItem { message: self.inbox_view(&message), began_at: entry.row.began_at })
    }

    fn pending_message(&self, name: &str) -> Option<Arc<Message>> {
        self.message(name).filter(|message| is_pending(message))
    }

    /// How many pending Messages of a person a filter selects.
    pub fn pending_count(&self, reader: Reader<'_>, filter: &InboxFilter) -> Result<usize, QueryError> {
        Ok(self.entries(&self.pending_table(), reader, filter)?.len())
    }

    /// How many Messages are pending for a person.
    pub fn pending_total(&self, reader: Reader<'_>) -> usize {
        self.message_table().pending(reader)
    }

    /// How many of them were written after a time.
    pub fn pending_since(
        &self,
        reader: Reader<'_>,
        filter: &InboxFilter,
        since: Timestamp,
    ) -> Result<usize, QueryError> {
        let table = self.pending_table();
        let entries = self.entries(&table, reader, filter)?;
        Ok(entries.iter().filter(|entry| entry.written_at().is_some_and(|at| at > since)).count())
    }

    fn entries<'a>(
        &self,
        table: &'a PendingTable,
        reader: Reader<'_>,
        filter: &InboxFilter,
    ) -> Result<Vec<Entry<'a>>, QueryError> {
        let agent = self.agent_of_filter(filter.agent.as_deref())?;
        let rows = table.selected(Some(reader), filter, agent.as_deref());
        Ok(rows.map(|row| Entry { table, row }).collect())
    }
}
