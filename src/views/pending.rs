//! The pending Messages of one person, whatever their roles: the inbox of the panel.

use super::Resources;
use super::finding::{opened_at, severity};
use super::message::{InboxFilter, InboxView, MessageAcknowledgementView, is_acknowledged, is_pending, written_at};
use super::order::Key;
use super::query::QueryError;
use crate::api::{Finding, Message, Phase, Role, Severity};
use jiff::Timestamp;
use kube::ResourceExt as _;
use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Whose inbox it is.
#[derive(Clone, Copy, Debug)]
pub struct Reader<'a> {
    pub name: &'a str,
    pub roles: &'a [Role],
}

/// A pending Message in its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PendingItem {
    pub message: InboxView,
    /// When what it tells of began: the occurrence of its Finding, however often that is told; of others, when it was written.
    pub began_at: Option<Timestamp>,
}

/// How many there are, and how many of them nobody took.
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
    /// The same by check, of those about a Finding.
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

/// A Message with what it is about, looked up once.
struct Entry<'a> {
    message: &'a Message,
    finding: Option<Arc<Finding>>,
    severity: Option<Severity>,
    began_at: Option<Timestamp>,
}

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

impl Reader<'_> {
    /// Whether a Message is for this person. One for nobody in particular is for everybody, and a super_admin sees all.
    fn is_for(self, message: &Message) -> bool {
        let recipients = &message.spec.recipients;
        let is_mine =
            |recipient: &String| recipient == self.name || self.roles.iter().any(|role| role.as_str() == recipient);
        recipients.is_empty() || self.roles.contains(&Role::SuperAdmin) || recipients.iter().any(is_mine)
    }
}

impl PendingCount {
    fn add(&mut self, entry: &Entry<'_>) {
        self.all += 1;
        self.unowned += usize::from(!entry.is_owned());
    }
}

impl Entry<'_> {
    /// Whether a person took its Finding over, or acknowledged it.
    fn is_owned(&self) -> bool {
        let status = self.finding.as_ref().and_then(|finding| finding.status.as_ref());
        status.is_some_and(|status| status.owner.is_some() || status.phase == Some(Phase::Acknowledged))
    }

    /// Most serious and then oldest first; of several at the same time by what they are about.
    fn order(&self, other: &Entry<'_>) -> Ordering {
        let key = |entry: &Entry<'_>| Key::most_serious_first(entry.severity, entry.began_at);
        key(self).cmp(&key(other)).then_with(|| self.about().cmp(&other.about()))
    }

    /// The check and the item, then the name.
    fn about(&self) -> (Option<[&str; 3]>, Option<&str>) {
        let spec = self.finding.as_ref().map(|finding| &finding.spec);
        let about = spec.map(|spec| [&spec.scenario, &spec.check, &spec.key].map(String::as_str));
        (about, self.message.metadata.name.as_deref())
    }
}

/// The first so many. The others are not sorted, since there may be thousands.
fn first_of<'a>(mut entries: Vec<Entry<'a>>, First { most, with }: First<'_>) -> Vec<Entry<'a>> {
    let Some(last) = most.checked_sub(1) else { return Vec::new() };
    if last < entries.len() {
        entries.select_nth_unstable_by(last, Entry::order);
        let is_wanted = |entry: &Entry<'_>| with == Some(entry.message.spec.thread.as_str());
        // One more than fits takes the place of the last one.
        if let Some(at) = entries.iter().position(is_wanted).filter(|at| *at > last) {
            entries.swap(last, at);
        }
        entries.truncate(most);
    }
    entries.sort_unstable_by(Entry::order);
    entries
}

impl Resources {
    /// The pending Messages of a person that a filter selects; the first of them are listed.
    pub fn pending(
        &self,
        reader: Reader<'_>,
        filter: &InboxFilter,
        first: First<'_>,
    ) -> Result<PendingView, QueryError> {
        let found = self.pending_messages(reader, filter)?;
        let newest = found.iter().filter_map(|message| written_at(message)).max();
        let entries: Vec<_> = found.iter().map(|message| self.entry(message)).collect();
        let mut view = PendingView { total: found.len(), newest, ..PendingView::default() };
        let mut by_check: BTreeMap<OfCheck<&str>, PendingCount> = BTreeMap::new();
        for entry in &entries {
            view.by_severity.entry(entry.severity).or_default().add(entry);
            if let Some(finding) = &entry.finding {
                let check = (entry.severity, finding.spec.scenario.as_str(), finding.spec.check.as_str());
                by_check.entry(check).or_default().add(entry);
            }
        }
        let owned = |((severity, scenario, check), count): (OfCheck<&str>, PendingCount)| {
            ((severity, scenario.to_string(), check.to_string()), count)
        };
        view.by_check = by_check.into_iter().map(owned).collect();
        let item = |entry: Entry<'_>| PendingItem { message: self.inbox_view(entry.message), began_at: entry.began_at };
        view.items = first_of(entries, first).into_iter().map(item).collect();
        Ok(view)
    }

    /// How many pending Messages of a person a filter selects.
    pub fn pending_count(&self, reader: Reader<'_>, filter: &InboxFilter) -> Result<usize, QueryError> {
        Ok(self.pending_messages(reader, filter)?.len())
    }

    fn entry<'a>(&self, message: &'a Message) -> Entry<'a> {
        let thread = self.thread(&message.spec.thread);
        let name = thread.as_ref().and_then(|thread| thread.spec.finding.as_ref()).or(message.spec.finding.as_ref());
        let finding = name.and_then(|name| self.finding(name));
        let of_finding = || finding.as_deref().and_then(severity);
        let (written, opened) = (written_at(message), finding.as_deref().and_then(opened_at));
        Entry {
            severity: message.spec.severity.or_else(of_finding),
            began_at: written.map(|written| opened.map_or(written, |opened| opened.min(written))),
            finding,
            message,
        }
    }

    /// How many Messages are pending for a person.
    pub fn pending_total(&self, reader: Reader<'_>) -> usize {
        self.messages.state_filter(|message| is_pending(message) && reader.is_for(message)).len()
    }

    /// How many of them were written after a time.
    pub fn pending_since(
        &self,
        reader: Reader<'_>,
        filter: &InboxFilter,
        since: Timestamp,
    ) -> Result<usize, QueryError> {
        let found = self.pending_messages(reader, filter)?;
        Ok(found.iter().filter(|message| written_at(message).is_some_and(|at| at > since)).count())
    }

    /// What was acknowledged of Findings that are not resolved, at most so many: of each the last Message that asked, unless that is
    /// pending.
    pub fn acknowledged(&self, reader: Reader<'_>, most: usize) -> AcknowledgedView {
        let found = self
            .messages
            .state_filter(|message| (is_acknowledged(message) || is_pending(message)) && reader.is_for(message));
        let mut last: BTreeMap<&str, &Arc<Message>> = BTreeMap::new();
        for message in &found {
            let known = last.entry(&message.spec.thread).or_insert(message);
            if written_at(known) < written_at(message) {
                *known = message;
            }
        }
        let open = last.into_values().filter(|message| is_acknowledged(message) && self.is_of_open_finding(message));
        let mut items: Vec<_> =
            open.filter_map(|message| Some((message, MessageAcknowledgementView::of(message)?))).collect();
        let (total, returning) = (items.len(), items.iter().filter(|(_, ack)| ack.until.is_some()).count());
        items.sort_by_cached_key(|(message, ack)| {
            (ack.until.is_none(), ack.until, std::cmp::Reverse(ack.at), message.name_any())
        });
        items.truncate(most);
        let item = |(message, acknowledgement): (&Arc<Message>, _)| AcknowledgedItem {
            message: self.inbox_view(message),
            acknowledgement,
        };
        AcknowledgedView { items: items.into_iter().map(item).collect(), total, returning }
    }

    /// Whether the Thread of a Message tells of what is wrong with a Finding now.
    fn is_of_open_finding(&self, message: &Message) -> bool {
        let thread = self.thread(&message.spec.thread);
        let finding = thread.as_ref().and_then(|thread| thread.spec.finding.as_deref());
        finding.is_some_and(|finding| self.tells_of_now(&message.spec.thread, finding))
    }

    /// Whether a Thread tells of what is wrong with a Finding now. A Finding that names no Thread yet is told of by any of its own.
    pub fn tells_of_now(&self, thread: &str, finding: &str) -> bool {
        let finding = self.finding(finding);
        let status = finding.as_ref().and_then(|finding| finding.status.as_ref());
        status.is_some_and(|status| status.is_active() && status.thread.as_deref().is_none_or(|now| now == thread))
    }

    fn pending_messages(&self, reader: Reader<'_>, filter: &InboxFilter) -> Result<Vec<Arc<Message>>, QueryError> {
        let agent = self.agent_of_filter(filter.agent.as_deref())?;
        let is_of_agent = |message: &Message| {
            agent
                .as_ref()
                .is_none_or(|agent| self.thread(&message.spec.thread).is_some_and(|thread| thread.spec.agent == *agent))
        };
        let is_of_role = |message: &Message| {
            filter.role.is_none_or(|role| message.spec.recipients.iter().any(|recipient| recipient == role.as_str()))
        };
        let mut found = self.messages.state_filter(|message| is_pending(message) && reader.is_for(message));
        found.retain(|message| {
            is_of_role(message)
                && filter.severity.is_none_or(|severity| self.severity_of_message(message) == Some(severity))
                && is_of_agent(message)
        });
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn entry<'a>(message: &'a Message, severity: Severity, began_at: i64) -> Entry<'a> {
        let began_at = Timestamp::from_second(began_at).ok();
        Entry { message, finding: None, severity: Some(severity), began_at }
    }

    #[test]
    fn the_first_are_the_most_serious_and_oldest_and_that_of_the_thread_that_is_open() {
        let messages: Vec<Message> = ["a", "b", "c", "d", "e"]
            .map(|name| {
                let spec =
                    json!({"thread": format!("t-{name}"), "author": {"kind": "agent", "name": "x"}, "body": "b"});
                serde_json::from_value(json!({"metadata": {"name": name}, "spec": spec})).unwrap()
            })
            .into();
        let entries = || {
            let severities =
                [Severity::Low, Severity::Critical, Severity::Critical, Severity::High, Severity::Critical];
            let all = messages.iter().zip(severities).zip([1, 9, 5, 0, 5]);
            all.map(|((message, severity), at)| entry(message, severity, at)).collect::<Vec<_>>()
        };
        let names = |most, with| {
            let first = first_of(entries(), First { most, with });
            first.iter().filter_map(|entry| entry.message.metadata.name.clone()).collect::<String>()
        };
        assert_eq!(names(9, None), "cebda");
        assert_eq!((names(3, None), names(3, Some("t-e"))), ("ceb".into(), "ceb".into()));
        assert_eq!((names(3, Some("t-a")), names(3, Some("t-none"))), ("cea".into(), "ceb".into()));
        assert_eq!(names(0, Some("t-a")), "");
    }
}
