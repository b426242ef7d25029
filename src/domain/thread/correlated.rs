//! When Maestro tells in the Thread of a Finding that others have it as their root.

use super::names::{first_name, story_name};
use super::telling::{Telling, What};
use super::told::{self, CORRELATED, Told};
use crate::domain::conversation::correlation::Group;
use jiff::{SignedDuration, Timestamp};

/// The present occurrence of the root.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Occurrence {
    pub thread: String,
    pub opened_at: Timestamp,
}

/// What is to be told, and when to decide again if nothing changes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Decision {
    pub tell: Option<Telling>,
    pub wake: Option<Timestamp>,
}

/// Tells of a group that is larger than it was told to be in this occurrence, or to which a Finding was added since, `max` times at most,
/// once no Finding was added to it for `wait`: others of the same cause come in quick succession.
pub fn correlated(
    group: &Group,
    occurrence: &Occurrence,
    told: &Told,
    max: usize,
    wait: SignedDuration,
    now: Timestamp,
) -> Decision {
    let base = story_name(&occurrence.thread, CORRELATED, occurrence.opened_at);
    let size_of =
        |name: &str| first_name(name).strip_prefix(&base)?.strip_prefix('-')?.split('-').next()?.parse::<usize>().ok();
    let all: Vec<(usize, Timestamp)> = told
        .story()
        .filter_map(|(_, message)| Some((size_of(message.metadata.name.as_deref()?)?, told::at(message))))
        .collect();
    let size = group.others.len();
    let newest = group.others.iter().filter_map(|other| other.opened_at).max();
    let is_larger = all.iter().all(|(told, _)| *told < size);
    let is_new = all.iter().all(|(_, at)| newest.is_some_and(|newest| newest > *at));
    if all.len() >= max || !(is_larger || is_new) {
        return Decision::default();
    }
    match newest.and_then(|newest| newest.checked_add(wait).ok()) {
        Some(at) if at > now => Decision { tell: None, wake: Some(at) },
        _ => {
            // A size is told of once; later groups of the same size are numbered.
            let name = if is_larger { format!("{base}-{size}") } else { format!("{base}-{size}-{}", all.len() + 1) };
            let tell =
                Telling { name, what: What::Correlated, at: now, change: None, severity: None, needs_ack: false };
            Decision { tell: Some(tell), wake: None }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::Message;
    use crate::domain::conversation::correlation::OpenFinding;
    use serde_json::json;
    use std::sync::Arc;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn finding(name: &str, opened: i64) -> OpenFinding {
        OpenFinding {
            name: name.into(),
            scenario: name.into(),
            message: String::new(),
            severity: None,
            opened_at: Some(at(opened)),
        }
    }

    fn told(messages: &[(String, i64)]) -> Told {
        let mut told = Told::default();
        for (name, second) in messages {
            let author = json!({"kind": "agent", "name": "maestro"});
            let spec = json!({"thread": "t", "author": author, "body": "b", "reason": CORRELATED, "at": format!("{:.6}", at(*second))});
            let object = json!({"apiVersion": "agentic.ligbox.io/v1alpha1", "kind": "Message", "metadata": {"name": name, "annotations": {"agentic.ligbox.io/recorded-by": "operator"}}, "spec": spec});
            told.insert(Arc::new(serde_json::from_value::<Message>(object).unwrap()));
        }
        told
    }

    #[test]
    fn a_group_is_told_once_it_appears_or_grows_and_a_few_times_at_most() {
        let occurrence = Occurrence { thread: "t".into(), opened_at: at(100) };
        let group = |openings: &[i64]| Group {
            root: finding("root", 100),
            others: openings.iter().enumerate().map(|(n, at)| finding(&format!("f{n}"), *at)).collect(),
        };
        let of = |openings: &[i64], known: &[(String, i64)], now| {
            let wait = SignedDuration::from_secs(30);
            let Decision { tell, wake } = correlated(&group(openings), &occurrence, &told(known), 2, wait, at(now));
            (tell.map(|tell| tell.name), wake)
        };
        let name = |size: usize| format!("{}-{size}", story_name("t", CORRELATED, at(100)));
        assert_eq!(of(&[110], &[], 139), (None, Some(at(140))), "others may follow");
        assert_eq!(of(&[110], &[], 140), (Some(name(1)), None));
        let (one, two) = ((name(1), 140), (name(2), 150));
        assert_eq!(of(&[110], std::slice::from_ref(&one), 140), (None, None), "told");
        assert_eq!(of(&[110, 120], std::slice::from_ref(&one), 150), (Some(name(2)), None), "it grew");
        assert_eq!(of(&[120], std::slice::from_ref(&two), 150), (None, None), "it shrank");
        let next = format!("{}-2", name(1));
        assert_eq!(of(&[160], std::slice::from_ref(&one), 190), (Some(next.clone()), None), "another one instead");
        assert_eq!(of(&[160], &[(next, 190)], 191), (None, None), "told, though of the same size");
        assert_eq!(of(&[110], &[(format!("{}.2", name(1)), 140)], 141), (None, None), "told under another name");
        assert_eq!(of(&[110, 120, 121], &[one, two], 190), (None, None), "often enough");
        let before = format!("{}-1", story_name("t", CORRELATED, at(50)));
        assert_eq!(of(&[110], &[(before, 90)], 140), (Some(name(1)), None), "that was the occurrence before");
    }
}
