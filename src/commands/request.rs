//! What identifies a request, so that it is carried out once: the name of its Action, and a digest of its content.

use sha2::{Digest as _, Sha256};
use std::fmt::Write as _;
use std::sync::Arc;

/// Digits of a name: of 128 bits.
const NAME_DIGITS: usize = 32;

/// Identifies a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestId {
    /// Name of the Action that records it.
    pub(super) action: String,
    /// Digest of its content; `None` for a request without a key, which is never repeated.
    pub(super) digest: Option<String>,
    /// The Message that it stores, which may give a command.
    pub(super) message: Option<MessageName>,
}

/// Which Message of which Thread, by object names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct MessageName {
    pub thread: String,
    pub message: String,
    /// The [`text_digest`](crate::domain::thread::names::text_digest) of its text.
    pub text: String,
}

impl RequestId {
    /// Of a request without a key.
    pub fn unique() -> RequestId {
        RequestId { action: uuid::Uuid::new_v4().simple().to_string(), digest: None, message: None }
    }

    /// Of a request under a key of this person. `content` is what must be the same when it is repeated.
    pub fn keyed(person: &str, key: &str, content: &[&[u8]]) -> RequestId {
        let mut action = digest(&[person.as_bytes(), key.as_bytes()]);
        action.truncate(NAME_DIGITS);
        RequestId { action, digest: Some(digest(content)), message: None }
    }

    /// Whether the request may be repeated.
    pub fn is_keyed(&self) -> bool {
        self.digest.is_some()
    }

    /// The same request, of which the Action names the Message that it stores.
    pub(super) fn storing(self, message: MessageName) -> RequestId {
        RequestId { message: Some(message), ..self }
    }

    /// The name of the Action of this request.
    pub fn action(&self) -> &str {
        &self.action
    }
}

/// SHA-256 in hexadecimal digits. Each part is preceded by its length: no two lists of parts are the same text.
fn digest(parts: &[&[u8]]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    hash.finalize().iter().fold(String::new(), |mut text, byte| {
        // Writing to a String does not fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Identifies a process of the facade: its pod, whose name outlives a restart of the container, and an id of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProcessId {
    place: Option<Arc<str>>,
    text: Arc<str>,
}

impl ProcessId {
    /// Of this process. `place` is a name that no two running processes have at once: that of the pod.
    pub fn new(place: Option<&str>) -> ProcessId {
        let id = uuid::Uuid::new_v4().simple();
        let text = format!("{}/{id}", place.unwrap_or_default());
        ProcessId { place: place.map(Arc::from), text: text.into() }
    }

    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether this process is another one that ran in the same place before, and so has ended.
    pub(super) fn replaces(&self, process: &str) -> bool {
        let place = process.rsplit_once('/').map(|(place, _)| place).filter(|place| !place.is_empty());
        place.is_some() && place == self.place.as_deref() && process != &*self.text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_named_after_person_and_key_and_told_apart_by_its_content() {
        let id = |person, key, content: &[&[u8]]| RequestId::keyed(person, key, content);
        let first = id("ana", "k", &[b"POST", b"/a"]);
        assert_eq!(first, id("ana", "k", &[b"POST", b"/a"]));
        assert_eq!((first.action.len(), first.digest.as_ref().map(String::len)), (32, Some(64)));
        let other = id("ana", "k", &[b"POST", b"/b"]);
        assert!(first.action == other.action && first.digest != other.digest);
        for (person, key) in [("rui", "k"), ("ana", "l"), ("an", "ak"), ("anak", "")] {
            assert_ne!(id(person, key, &[]).action, first.action, "{person} {key}");
        }
        assert_ne!(id("a", "k", &[b"ab", b"c"]).digest, id("a", "k", &[b"a", b"bc"]).digest);
        assert!(!RequestId::unique().is_keyed() && RequestId::unique() != RequestId::unique());
    }

    #[test]
    fn a_process_replaces_those_that_ran_in_its_pod_before() {
        let (pod, elsewhere) = (ProcessId::new(Some("pod-a")), ProcessId::new(None));
        assert!(ProcessId::new(Some("pod-a")).replaces(pod.as_str()));
        for other in [pod.as_str(), ProcessId::new(Some("pod-b")).as_str(), elsewhere.as_str(), "pod-a", ""] {
            assert!(!pod.replaces(other), "{other}");
        }
        assert!(!elsewhere.replaces(pod.as_str()) && !ProcessId::new(None).replaces(elsewhere.as_str()));
    }
}
