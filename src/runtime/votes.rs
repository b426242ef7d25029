//! The Actions that record votes, by Finding: so that a page of Findings reads those on its own Findings only.

use super::watch::{Cache, Change};
use crate::api::Action;
use crate::domain::advice::votes::VERB;
use kube::ResourceExt as _;
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, PoisonError, RwLock};
use tokio::task::JoinHandle;

/// The votes as last seen. Clones share them.
#[derive(Clone, Default)]
pub struct VotesByFinding(Arc<RwLock<Index>>);

#[derive(Default)]
struct Index {
    votes: HashMap<String, BTreeMap<String, Arc<Action>>>,
    /// Finding of each Action.
    findings: HashMap<String, String>,
}

impl VotesByFinding {
    /// Follows the Actions of a cache until the task is aborted.
    pub fn start(actions: &Cache<Action>) -> (VotesByFinding, JoinHandle<()>) {
        let (votes, actions) = (VotesByFinding::default(), actions.clone());
        let mut changes = actions.subscribe();
        let followed = votes.clone();
        let following = tokio::spawn(async move {
            loop {
                let change = changes.next().await;
                followed.changed(change, || actions.objects());
            }
        });
        (votes, following)
    }

    /// The Actions with votes on advice on a Finding.
    pub fn of(&self, finding: &str) -> Vec<Arc<Action>> {
        let index = self.0.read().unwrap_or_else(PoisonError::into_inner);
        index.votes.get(finding).into_iter().flat_map(BTreeMap::values).cloned().collect()
    }

    /// An Action as a watch would show it, in tests.
    #[cfg(test)]
    pub fn seen(&self, action: Action) {
        self.changed(Change::Applied(Arc::new(action)), Vec::new);
    }

    fn changed(&self, change: Change<Action>, all: impl FnOnce() -> Vec<Arc<Action>>) {
        let mut index = self.0.write().unwrap_or_else(PoisonError::into_inner);
        match change {
            Change::Applied(action) => index.seen(action),
            Change::Undecodable(object) => index.gone(object.metadata.name.as_deref().unwrap_or_default()),
            Change::Deleted(name, _) => index.gone(&name),
            Change::Resynchronise => {
                *index = Index::default();
                all().into_iter().for_each(|action| index.seen(action));
            }
        }
    }
}

impl Index {
    fn seen(&mut self, action: Arc<Action>) {
        if action.spec.verb != VERB {
            return;
        }
        let (name, finding) = (action.name_any(), action.spec.subject.name.clone());
        self.gone(&name);
        self.findings.insert(name.clone(), finding.clone());
        self.votes.entry(finding).or_default().insert(name, action);
    }

    fn gone(&mut self, name: &str) {
        let Some(finding) = self.findings.remove(name) else { return };
        if let Some(votes) = self.votes.get_mut(&finding) {
            votes.remove(name);
            if votes.is_empty() {
                self.votes.remove(&finding);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn action(name: &str, verb: &str, finding: &str) -> Arc<Action> {
        Arc::new(
            serde_json::from_value(json!({"apiVersion": "agentic.ligbox.io/v1alpha1", "kind": "Action",
                "metadata": {"name": name}, "spec": {"verb": verb, "subject": {"kind": "Finding", "name": finding},
                "actor": {"name": "ana", "via": "rest"}}}))
            .unwrap(),
        )
    }

    #[test]
    fn votes_are_found_by_finding_as_they_come_and_go() {
        let votes = VotesByFinding::default();
        let names = |finding: &str| votes.of(finding).iter().map(|action| action.name_any()).collect::<Vec<_>>();
        for applied in
            [action("a", VERB, "f"), action("b", VERB, "g"), action("c", "reply", "f"), action("d", VERB, "f")]
        {
            votes.changed(Change::Applied(applied), Vec::new);
        }
        assert_eq!((names("f"), names("g"), names("h")), (vec!["a".into(), "d".into()], vec!["b".into()], vec![]));
        votes.changed(Change::Deleted("a".into(), None), Vec::new);
        votes.changed(Change::Deleted("c".into(), None), Vec::new);
        assert_eq!(names("f"), ["d"]);
        votes.changed(Change::Resynchronise, || vec![action("e", VERB, "g")]);
        assert_eq!((names("f"), names("g")), (vec![], vec!["e".to_string()]));
        votes.changed(Change::Deleted("e".into(), None), Vec::new);
        assert!(votes.0.read().unwrap().votes.is_empty() && votes.0.read().unwrap().findings.is_empty());
    }
}
