//! The pending Messages of one person, whatever their roles: the inbox of the panel.

use super::Resources;
use super::message::{InboxFilter, InboxView, MessageAcknowledgementView, is_acknowledged, is_pending, written_at};
use super::order::Key;
use super::query::QueryError;
use crate::api::{Message, Role};
use jiff::Timestamp;
use kube::ResourceExt as _;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Whose inbox it is.
#[derive(Clone, Copy, Debug)]
pub struct Reader<'a> {
    pub name: &'a str,
    pub roles: &'a [Role],
}

/// The pending Messages that a filter selects for a person.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PendingView {
    /// The first of them, most serious and then oldest first.
    pub items: Vec<InboxView>,
    /// How many there are.
    pub total: usize,
    /// When the newest of them was written.
    pub newest: Option<Timestamp>,
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

impl Resources {
    /// The pending Messages of a person that a filter selects, at most so many.
    pub fn pending(&self, reader: Reader<'_>, filter: &InboxFilter, most: usize) -> Result<PendingView, QueryError> {
        let found = self.pending_messages(reader, filter)?;
        let newest = found.iter().filter_map(|message| written_at(message)).max();
        let first = self.first_of(&found, most);
        let items = first.into_iter().map(|message| self.inbox_view(message)).collect();
        Ok(PendingView { items, total: found.len(), newest })
    }

    /// How many Messages are pending for a person.
    pub fn pending_total(&self, reader: Reader<'_>) -> usize {
        self.messages.state_filter(|message| is_pending(message) && reader.is_for(message)).len()
    }

    /// The first so many, most serious and then oldest first. The others are not sorted, since there may be thousands.
    fn first_of<'a>(&self, found: &'a [Arc<Message>], most: usize) -> Vec<&'a Message> {
        let Some(last) = most.checked_sub(1) else { return Vec::new() };
        let key = |message: &'a Arc<Message>| {
            let severity = self.severity_of_message(message);
            let name = message.metadata.name.as_deref().unwrap_or_default();
            (Key::most_serious_first(severity, written_at(message)), name, &**message)
        };
        let order = |a: &(Key, &str, &Message), b: &(Key, &str, &Message)| (&a.0, a.1).cmp(&(&b.0, b.1));
        let mut keyed: Vec<_> = found.iter().map(key).collect();
        if last < keyed.len() {
            keyed.select_nth_unstable_by(last, order);
            keyed.truncate(most);
        }
        keyed.sort_unstable_by(order);
        keyed.into_iter().map(|(_, _, message)| message).collect()
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
