//! Acknowledgements that browsers without script sent: for some seconds they can be taken back. Browsers with script hold them back
//! themselves. Where the program ends meanwhile, the Messages stay pending.

use jiff::Timestamp;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::oneshot;
use uuid::Uuid;

/// For how long an acknowledgement can be taken back.
pub const HELD_FOR: Duration = Duration::from_secs(8);
/// What is held at once, at most; beyond it nothing is.
const HELD_MAX: usize = 256;

/// Messages that will be acknowledged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Batch {
    pub messages: Vec<String>,
    /// Until when; `None` until their Findings are resolved.
    pub until: Option<Timestamp>,
}

struct Entry {
    by: String,
    batch: Batch,
    /// Ends the wait as it is dropped; `None` once the Messages are being acknowledged.
    take_back: Option<oneshot::Sender<()>>,
}

/// All that is held. Clones are of the same.
#[derive(Clone, Default)]
pub struct Held(Arc<Mutex<HashMap<Uuid, Entry>>>);

impl Held {
    /// Holds a batch, and then carries it out unless it was taken back. False where too much is held already.
    pub fn hold(&self, by: &str, batch: Batch, carry_out: impl Future<Output = ()> + Send + 'static) -> bool {
        let (take_back, taken_back) = oneshot::channel();
        let id = Uuid::new_v4();
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= HELD_MAX {
            return false;
        }
        all.insert(id, Entry { by: by.to_string(), batch, take_back: Some(take_back) });
        drop(all);
        let held = self.clone();
        tokio::spawn(async move {
            tokio::select! {
                _ = taken_back => {}
                () = tokio::time::sleep(HELD_FOR) => {
                    if held.begin(id) {
                        carry_out.await;
                        held.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&id);
                    }
                }
            }
        });
        true
    }

    /// From now on it can't be taken back. False where it was.
    fn begin(&self, id: Uuid) -> bool {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.get_mut(&id).map(|entry| entry.take_back = None).is_some()
    }

    /// The Messages that this person is about to acknowledge.
    pub fn of(&self, name: &str) -> Vec<String> {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.values().filter(|entry| entry.by == name).flat_map(|entry| entry.batch.messages.clone()).collect()
    }

    /// Takes back all that this person is about to acknowledge; how many Messages that is.
    pub fn take_back(&self, name: &str) -> usize {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let own = all.extract_if(|_, entry| entry.by == name && entry.take_back.is_some());
        own.map(|(_, entry)| entry.batch.messages.len()).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn what_is_being_acknowledged_is_not_taken_back() {
        let (held, batch) = (Held::default(), Batch { messages: vec!["m".into()], until: None });
        let (begun, is_begun) = oneshot::channel();
        let (end, is_over) = oneshot::channel::<()>();
        let carry_out = async move {
            let _ = begun.send(());
            let _ = is_over.await;
        };
        assert!(held.hold("ana", batch.clone(), carry_out));
        is_begun.await.unwrap();
        assert_eq!((held.take_back("ana"), held.of("ana")), (0, vec!["m".to_string()]));
        end.send(()).unwrap();
        while !held.of("ana").is_empty() {
            tokio::task::yield_now().await;
        }
        // Before that it is, and never carried out.
        let (begun, is_begun) = oneshot::channel::<()>();
        let carry_out = async move {
            let _ = begun.send(());
        };
        assert!(held.hold("ana", batch, carry_out));
        assert_eq!((held.take_back("rui"), held.take_back("ana")), (0, 1));
        assert!(is_begun.await.is_err());
    }
}
