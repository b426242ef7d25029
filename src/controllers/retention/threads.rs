//! Closed Threads with their Messages, and Messages whose Thread no longer exists, once they are an hour old.

use super::Sweeper;
use crate::api::{Message, MessagePhase, Thread};
use crate::domain::retention::{Finished, expired};
use crate::runtime::removal::ObjectVersion;
use crate::runtime::write::{WriteError, call};
use crate::telemetry::Limit;
use jiff::{SignedDuration, Timestamp};
use kube::api::{ListParams, ObjectList};
use kube::core::DeserializeGuard;
use kube::{Api, ResourceExt as _};
use serde::de::DeserializeOwned;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;

/// Objects of one page. A Message has up to 16 KiB.
const PAGE: u32 = 200;
/// A Message this young may belong to a Thread that is still to be created: then it is answered.
const YOUNG: SignedDuration = SignedDuration::from_hours(1);

/// A closed Thread, or the name of one that does not exist, with its Messages.
struct Conversation {
    /// `None` where it does not exist.
    thread: Option<ObjectVersion>,
    /// When it last changed, as far as that is known.
    at: Timestamp,
    messages: usize,
    /// When its oldest Message was created.
    oldest: Timestamp,
    /// Whether a Message of it awaits acknowledgement.
    is_pending: bool,
}

/// Conversations by the name of the Thread.
type Conversations = BTreeMap<String, Conversation>;

impl Sweeper {
    pub(super) async fn sweep_threads(&mut self, now: Timestamp) -> Result<usize, WriteError> {
        let conversations = self.conversations().await?;
        let mut removed = 0;
        for name in self.expired_threads(&conversations, now) {
            if let Some(conversation) = conversations.get(&name) {
                removed += usize::from(self.remove_conversation(&name, conversation, now).await?);
            }
        }
        Ok(removed)
    }

    /// Everything but open Threads and their Messages.
    async fn conversations(&self) -> Result<Conversations, WriteError> {
        let mut open = BTreeSet::new();
        let mut conversations = Conversations::new();
        let mut from = None;
        loop {
            let page = page(&self.threads, None, from).await?;
            from = next(&page);
            for DeserializeGuard(thread) in page.items {
                let thread = match thread {
                    Ok(thread) => thread,
                    // Not known to be closed.
                    Err(invalid) => {
                        open.extend(invalid.metadata.name);
                        continue;
                    }
                };
                if thread.spec.closed {
                    conversations.insert(thread.name_any(), closed(&thread));
                } else {
                    open.insert(thread.name_any());
                }
            }
            if from.is_none() {
                break;
            }
        }
        loop {
            let page = page(&self.messages, None, from).await?;
            from = next(&page);
            let messages = page.items.iter().filter_map(|DeserializeGuard(message)| message.as_ref().ok());
            for message in messages.filter(|message| !open.contains(&message.spec.thread)) {
                add(&mut conversations, message);
            }
            if from.is_none() {
                return Ok(conversations);
            }
        }
    }

    /// Names of the Threads to be removed.
    fn expired_threads(&self, conversations: &Conversations, now: Timestamp) -> BTreeSet<String> {
        let limits = self.limits.retention;
        let orphans = conversations.iter().filter(|(_, conversation)| conversation.is_orphaned(now));
        let orphans: Vec<String> = orphans.map(|(name, _)| name.clone()).collect();
        let removable = || conversations.iter().filter(|(_, conversation)| conversation.is_removable());
        let threads =
            removable().map(|(name, conversation)| Finished { at: conversation.at, object: name.clone(), weight: 1 });
        let threads = expired(threads.collect(), limits.age, limits.objects_max, now);
        self.remover.too_many::<Thread>(Limit::RetainedObjects, threads.beyond_count);
        let messages = removable().map(|(name, conversation)| Finished {
            at: conversation.at,
            object: name.clone(),
            weight: conversation.messages,
        });
        let messages = expired(messages.collect(), limits.age, limits.objects_max, now);
        self.remover.too_many::<Message>(Limit::RetainedObjects, messages.beyond_count);
        threads.objects.into_iter().chain(messages.objects).chain(orphans).collect()
    }

    /// Whether the Thread is as it was when it was decided on, or still does not exist: it may have been opened again, or made, since.
    async fn is_unchanged(&self, name: &str, thread: Option<&ObjectVersion>) -> Result<bool, WriteError> {
        match call(self.threads.get_metadata(name)).await {
            Ok(current) => Ok(thread.is_some_and(|thread| ObjectVersion::of(&current.metadata) == *thread)),
            Err(WriteError::Gone) => Ok(true),
            Err(error) => Err(error),
        }
    }

    /// Removes the Messages, then the Thread: nothing is left without its Thread. True where all of it is gone.
    async fn remove_conversation(
        &mut self,
        name: &str,
        conversation: &Conversation,
        now: Timestamp,
    ) -> Result<bool, WriteError> {
        if !self.is_unchanged(name, conversation.thread.as_ref()).await? {
            return Ok(false);
        }
        let mut is_complete = true;
        let mut from = None;
        loop {
            let page = page(&self.messages, Some(name), from).await?;
            from = next(&page);
            for DeserializeGuard(message) in &page.items {
                // One that can't be decoded may await acknowledgement, and keeps its Thread.
                let Ok(message) = message else {
                    is_complete = false;
                    continue;
                };
                let is_removable = match conversation.thread {
                    Some(_) => !is_pending(message),
                    None => is_settled(created(message), now),
                };
                let is_gone =
                    is_removable && self.remover.remove(&self.messages, &ObjectVersion::of(&message.metadata)).await?;
                is_complete &= is_gone;
            }
            if from.is_none() {
                break;
            }
        }
        match &conversation.thread {
            Some(thread) if is_complete => self.remover.remove(&self.threads, thread).await,
            _ => Ok(is_complete),
        }
    }
}

impl Conversation {
    /// It is removed by age and by number.
    fn is_removable(&self) -> bool {
        !self.is_pending && self.thread.is_some()
    }

    /// Messages of it are removed, since its Thread was deleted; nobody sees them in a Thread, and so nobody has to acknowledge them.
    fn is_orphaned(&self, now: Timestamp) -> bool {
        self.thread.is_none() && is_settled(self.oldest, now)
    }
}

/// Whether a Message that was created then has no Thread that is still to be made.
fn is_settled(created: Timestamp, now: Timestamp) -> bool {
    now.duration_since(created) > YOUNG
}

fn created(message: &Message) -> Timestamp {
    message.metadata.creation_timestamp.as_ref().map_or(Timestamp::MIN, |at| at.0)
}

/// A closed Thread whose Messages are not counted yet.
fn closed(thread: &Thread) -> Conversation {
    let last_message = thread.status.as_ref().and_then(|status| status.last_message_at.as_ref());
    let times = [last_message, thread.metadata.creation_timestamp.as_ref()];
    let at = times.into_iter().flatten().map(|at| at.0).max().unwrap_or(Timestamp::MIN);
    let is_pending = thread.status.as_ref().and_then(|status| status.pending_count).is_some_and(|count| count > 0);
    Conversation { thread: Some(ObjectVersion::of(&thread.metadata)), at, messages: 0, oldest: at, is_pending }
}

fn add(conversations: &mut Conversations, message: &Message) {
    let at = created(message);
    let absent = || Conversation { thread: None, at, messages: 0, oldest: at, is_pending: false };
    let conversation = conversations.entry(message.spec.thread.clone()).or_insert_with(absent);
    conversation.at = conversation.at.max(at);
    conversation.oldest = conversation.oldest.min(at);
    conversation.messages += 1;
    conversation.is_pending |= is_pending(message);
}

/// Whether the Message awaits acknowledgement.
fn is_pending(message: &Message) -> bool {
    let phase = message.status.as_ref().and_then(|status| status.phase);
    let is_final = matches!(phase, Some(MessagePhase::Acknowledged | MessagePhase::Archived));
    message.spec.needs_ack && message.spec.acknowledgement.is_none() && !is_final
}

/// A page of a kind; of Messages those of one Thread, where it is given. An object that can't be decoded does not keep the others
/// from being read.
async fn page<K>(api: &Api<K>, thread: Option<&str>, from: Option<String>) -> Result<ObjectList<K>, WriteError>
where
    K: Clone + Debug + DeserializeOwned,
{
    let field_selector = thread.map(|thread| format!("spec.thread={thread}"));
    let params = ListParams { limit: Some(PAGE), continue_token: from, field_selector, ..ListParams::default() };
    call(api.list(&params)).await
}

/// Where the next page begins; `None` after the last.
fn next<K: Clone>(page: &ObjectList<K>) -> Option<String> {
    page.metadata.continue_.clone().filter(|token| !token.is_empty())
}
