//! Makes Threads and Messages once, under names that follow from what they are about.
//!
//! Such a name can be foretold: another client may have taken it for another object. Then the object gets the next of its names
//! ([`names`](crate::domain::thread::names::names)), and the log and an Event say so.

use super::context::Context;
use crate::api::{
    Author, AuthorKind, Message, MessageSpec, RECORDED_BY, RECORDED_BY_OPERATOR, Thread, ThreadSpec, Tier,
};
use crate::domain::texts::{Language, name_taken, names_taken};
use crate::domain::thread::authorship::is_own;
use crate::domain::thread::names::names_after;
use crate::runtime::clock;
use crate::runtime::events::Events;
use crate::runtime::field_managers;
use crate::runtime::leadership::WriteFence;
use crate::runtime::write::{WriteError, call};
use k8s_openapi::api::core::v1::ObjectReference;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::MicroTime;
use kube::api::PostParams;
use kube::core::DeserializeGuard;
use kube::{Api, Resource, ResourceExt as _};
use serde::de::DeserializeOwned;
use std::collections::HashSet;
use std::fmt::Debug;
use std::sync::{Arc, Mutex, PoisonError};

/// Reason of the Event about an object that has the name of another.
const REASON_NAME_TAKEN: &str = "NameTaken";
/// Objects of which it is remembered that it was said; beyond it all are forgotten, and it is said again.
const SAID_MAX: usize = 1_000;

/// What came of making an object.
#[derive(Debug)]
pub enum Made<K> {
    New(K),
    /// By an earlier attempt, whose answer was lost, or by another replica; with its name.
    Before(String),
    /// Others have all of its names.
    NoName,
}

/// Makes Threads and Messages. Clones share everything.
#[derive(Clone)]
pub struct Maker {
    threads: Api<Thread>,
    guarded_threads: Api<DeserializeGuard<Thread>>,
    messages: Api<Message>,
    guarded_messages: Api<DeserializeGuard<Message>>,
    fence: WriteFence,
    events: Events,
    language: Language,
    said: Arc<Mutex<HashSet<String>>>,
}

/// What an Agent says in a Thread now. It replies to nothing, is for no one in particular, and needs no acknowledgement.
pub fn said_by(agent: String, thread: String, body: String, tier: Tier) -> MessageSpec {
    MessageSpec {
        thread,
        author: Author { kind: AuthorKind::Agent, name: agent },
        body,
        in_reply_to: None,
        recipients: Vec::new(),
        needs_ack: false,
        at: Some(MicroTime(clock::now_in_micros())),
        tier: Some(tier),
        citations: Vec::new(),
        grounded: None,
        reason: None,
        severity: None,
        finding: None,
        scenario: None,
        action: None,
        acknowledgement: None,
    }
}

impl Maker {
    pub fn new(context: &Context) -> Maker {
        let (client, namespace) = (&context.client, &context.namespace);
        Maker {
            threads: Api::namespaced(client.clone(), namespace),
            guarded_threads: Api::namespaced(client.clone(), namespace),
            messages: Api::namespaced(client.clone(), namespace),
            guarded_messages: Api::namespaced(client.clone(), namespace),
            fence: context.fence.clone(),
            events: context.events.clone(),
            language: context.language,
            said: Arc::default(),
        }
    }

    /// Makes a Thread. One of this name that is about the same Finding, or the same conversation, is it.
    pub async fn thread(&self, name: &str, spec: &ThreadSpec) -> Result<Made<Thread>, WriteError> {
        let object = |name: &str| Thread::new(name, spec.clone());
        let about = |spec: &ThreadSpec| (spec.finding.clone(), spec.conversation.clone());
        let is_it = |other: &Thread| about(&other.spec) == about(spec);
        self.make((&self.threads, &self.guarded_threads), name, object, is_it).await
    }

    /// Makes a Message of an Agent. One of the operator of this name, in the same Thread, for the same reason, about the same Finding and in
    /// reply to the same Message is it.
    pub async fn message(&self, name: &str, spec: &MessageSpec) -> Result<Made<Message>, WriteError> {
        self.message_with(name, spec, &[]).await
    }

    /// As [`Maker::message`], with these annotations besides its own.
    pub async fn message_with(
        &self,
        name: &str,
        spec: &MessageSpec,
        annotations: &[(&str, &str)],
    ) -> Result<Made<Message>, WriteError> {
        let object = |name: &str| {
            let mut message = Message::new(name, spec.clone());
            message
                .annotations_mut()
                .extend(annotations.iter().map(|(key, value)| (key.to_string(), value.to_string())));
            message.annotations_mut().insert(RECORDED_BY.into(), RECORDED_BY_OPERATOR.into());
            message
        };
        let about = |spec: &MessageSpec| {
            (spec.thread.clone(), spec.reason.clone(), spec.finding.clone(), spec.in_reply_to.clone())
        };
        let is_it = |other: &Message| is_own(other) && about(&other.spec) == about(spec);
        self.make((&self.messages, &self.guarded_messages), name, object, is_it).await
    }

    async fn make<K>(
        &self,
        (api, guarded): (&Api<K>, &Api<DeserializeGuard<K>>),
        name: &str,
        object: impl Fn(&str) -> K,
        is_it: impl Fn(&K) -> bool,
    ) -> Result<Made<K>, WriteError>
    where
        K: Resource<DynamicType = ()> + Clone + Debug + serde::Serialize + DeserializeOwned,
    {
        let params = PostParams { field_manager: Some(field_managers::OPERATOR.into()), ..Default::default() };
        let mut taken = Vec::new();
        for name in std::iter::once(name.to_string()).chain(names_after(name)) {
            let made = match self.fence.write(api.create(&params, &object(&name))).await {
                Ok(made) => Made::New(made),
                Err(WriteError::Exists) => match call(guarded.get_opt(&name)).await? {
                    Some(DeserializeGuard(Ok(other))) if is_it(&other) => Made::Before(name.clone()),
                    Some(DeserializeGuard(other)) => {
                        taken.push(reference(&other));
                        continue;
                    }
                    // It was deleted since.
                    None => return Err(WriteError::Conflict),
                },
                Err(error) => return Err(error),
            };
            taken.iter().for_each(|other| self.say(other, Some(&name)));
            return Ok(made);
        }
        taken.iter().for_each(|other| self.say(other, None));
        Ok(Made::NoName)
    }

    /// Says once that an object has the name of another, which is stored as `instead`; `None` where it is not stored.
    fn say(&self, other: &ObjectReference, instead: Option<&str>) {
        let name = other.name.as_deref().unwrap_or_default();
        let kind = other.kind.as_deref().unwrap_or_default();
        {
            let mut said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
            if said.len() >= SAID_MAX {
                said.clear();
            }
            if !said.insert(format!("{kind}/{name}/{}", other.uid.as_deref().unwrap_or_default())) {
                return;
            }
        }
        let note = match instead {
            Some(instead) => name_taken(self.language, kind, instead),
            None => names_taken(self.language, kind),
        };
        match instead {
            Some(instead) => {
                tracing::warn!(kind, name, instead, "an object that is not of the operator has a name of it")
            }
            None => tracing::error!(kind, name, "not made: objects that are not of the operator have all its names"),
        }
        self.events.publish(other.clone(), true, REASON_NAME_TAKEN, &note);
    }
}

/// The reference of an object, also of one that can't be decoded.
fn reference<K: Resource<DynamicType = ()>>(
    object: &Result<K, kube::core::error_boundary::InvalidObject>,
) -> ObjectReference {
    let metadata = match object {
        Ok(object) => object.meta(),
        Err(invalid) => &invalid.metadata,
    };
    ObjectReference {
        api_version: Some(K::api_version(&()).into_owned()),
        kind: Some(K::kind(&()).into_owned()),
        namespace: metadata.namespace.clone(),
        name: metadata.name.clone(),
        uid: metadata.uid.clone(),
        ..ObjectReference::default()
    }
}
