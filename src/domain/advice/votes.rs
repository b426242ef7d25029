//! Votes of people on advice. Each is an Action: the last one of a person on one advice counts.

use crate::api::{Action, ActionSpec, Advice};
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Verb of the Actions that record votes.
pub const VERB: &str = "vote";
/// Parameter of such an Action: `useful` or `wrong`.
pub const VOTE: &str = "vote";
/// Parameter of such an Action: the [`advice_id`].
pub const ADVICE: &str = "advice";
/// Parameter of such an Action: when the person voted, to the microsecond. The time of creation has whole seconds only.
pub const AT: &str = "at";
/// Parameters of such an Action: the sections that the advice cites, as `section-1` and so on, each as `spec#heading` or `spec`.
const SECTION: &str = "section-";
/// Sections that are recorded at most.
const SECTIONS_MAX: usize = 12;

/// What a person thinks of advice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Vote {
    Useful,
    Wrong,
}

impl Vote {
    pub const ALL: [Vote; 2] = [Vote::Useful, Vote::Wrong];

    /// The word in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Vote::Useful => "useful",
            Vote::Wrong => "wrong",
        }
    }

    /// From the word; `None` of any other.
    pub fn parse(word: &str) -> Option<Vote> {
        Vote::ALL.into_iter().find(|vote| vote.as_str() == word)
    }
}

/// Identifies advice on one Finding: by its time, and by the evidence that it was made from.
pub fn advice_id(advice: &Advice) -> String {
    format!("{}/{}", advice.at.0, advice.basis.evidence)
}

/// The parameters of the Action that records a vote, given at `at`.
pub fn parameters(vote: Vote, advice: &Advice, at: Timestamp) -> BTreeMap<String, String> {
    let own = [(VOTE, vote.as_str().to_string()), (ADVICE, advice_id(advice)), (AT, at.to_string())];
    let sections: BTreeSet<String> = advice
        .citations
        .iter()
        .map(|citation| match &citation.section {
            Some(section) => format!("{}#{section}", citation.spec),
            None => citation.spec.clone(),
        })
        .collect();
    let sections = sections.into_iter().take(SECTIONS_MAX).enumerate();
    let sections = sections.map(|(index, section)| (format!("{SECTION}{}", index + 1), section));
    own.into_iter().map(|(name, value)| (name.to_string(), value)).chain(sections).collect()
}

/// One vote, as an Action has it.
#[derive(Clone, Debug, PartialEq)]
pub struct Cast<'a> {
    /// Name of the Finding.
    pub finding: &'a str,
    /// The [`advice_id`].
    pub advice: &'a str,
    pub vote: Vote,
    /// Name of the person; by kubectl that of the field manager.
    pub by: &'a str,
    /// Whether the REST facade recorded it, which authenticates its callers.
    pub is_proven: bool,
    pub at: Timestamp,
    spec: &'a ActionSpec,
}

impl<'a> Cast<'a> {
    /// The vote that an Action records; `None` where it is not one, or has no result yet, or was refused.
    pub fn of(action: &'a Action) -> Option<Cast<'a>> {
        let spec = &action.spec;
        if spec.verb != VERB || spec.subject.kind != "Finding" {
            return None;
        }
        let result = action.status.as_ref()?.result.as_deref()?;
        let parameter = |name: &str| spec.parameters.get(name).map(String::as_str);
        let created = action.metadata.creation_timestamp.as_ref().map(|at| at.0);
        let at = parameter(AT).and_then(|at| at.parse().ok()).or(created)?;
        ["done", "unchanged"].contains(&result).then_some(Cast {
            finding: &spec.subject.name,
            advice: parameter(ADVICE)?,
            vote: Vote::parse(parameter(VOTE)?)?,
            by: &spec.actor.name,
            is_proven: action.is_of_facade(),
            at,
            spec,
        })
    }

    /// The sections that the advice cited, each with the name of the runbook and the heading; without a heading the whole runbook.
    pub fn sections(&self) -> impl Iterator<Item = (&'a str, Option<&'a str>)> + use<'a> {
        let parameters = self.spec.parameters.iter().filter(|(name, _)| name.starts_with(SECTION));
        parameters.map(|(_, value)| match value.split_once('#') {
            Some((spec, section)) => (spec, Some(section)),
            None => (value.as_str(), None),
        })
    }
}

/// The votes that count: of each person the last one on each advice. A name that is not proven is another person's.
pub fn counted<'a>(casts: impl IntoIterator<Item = Cast<'a>>) -> Vec<Cast<'a>> {
    let mut last: HashMap<(&str, &str, &str, bool), Cast<'a>> = HashMap::new();
    for cast in casts {
        let key = (cast.finding, cast.advice, cast.by, cast.is_proven);
        if last.get(&key).is_none_or(|other| (other.at, other.vote.as_str()) <= (cast.at, cast.vote.as_str())) {
            last.insert(key, cast);
        }
    }
    last.into_values().collect()
}

/// The votes on one advice.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    pub useful: u32,
    pub wrong: u32,
    /// The vote of the person who looks.
    pub own: Option<Vote>,
}

/// Counts the votes on the advice with this [`advice_id`] on a Finding. `looker` is the name of the authenticated person who looks.
pub fn tally<'a>(
    casts: impl IntoIterator<Item = Cast<'a>>,
    finding: &str,
    advice: &str,
    looker: Option<&str>,
) -> Tally {
    let mut tally = Tally::default();
    for cast in counted(casts.into_iter().filter(|cast| cast.finding == finding && cast.advice == advice)) {
        match cast.vote {
            Vote::Useful => tally.useful += 1,
            Vote::Wrong => tally.wrong += 1,
        }
        if cast.is_proven && Some(cast.by) == looker {
            tally.own = Some(cast.vote);
        }
    }
    tally
}

/// The votes on all advice that cited a section of a runbook.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SectionVotes {
    /// File name of the runbook, without `.md`.
    pub spec: String,
    /// Heading; `None` for the whole runbook.
    pub section: Option<String>,
    pub useful: u32,
    pub wrong: u32,
}

/// The sections that advice with votes cited. Those with the most `wrong` come first. Only proven votes count: anybody who may write
/// Findings can give any number of others.
pub fn by_section<'a>(casts: impl IntoIterator<Item = Cast<'a>>) -> Vec<SectionVotes> {
    let mut sections: BTreeMap<(&str, Option<&str>), SectionVotes> = BTreeMap::new();
    for cast in counted(casts.into_iter().filter(|cast| cast.is_proven)) {
        for (spec, section) in cast.sections() {
            let votes = sections.entry((spec, section)).or_insert_with(|| SectionVotes {
                spec: spec.to_string(),
                section: section.map(String::from),
                ..SectionVotes::default()
            });
            match cast.vote {
                Vote::Useful => votes.useful += 1,
                Vote::Wrong => votes.wrong += 1,
            }
        }
    }
    let mut sections: Vec<SectionVotes> = sections.into_values().collect();
    sections.sort_by_key(|section| std::cmp::Reverse(section.wrong));
    sections
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::{RECORDED_BY, RECORDED_BY_FACADE};
    use serde_json::json;

    fn advice(at: &str, sections: &[(&str, Option<&str>)]) -> Advice {
        let citations: Vec<_> =
            sections.iter().map(|(spec, section)| json!({"spec": spec, "section": section, "quote": "q"})).collect();
        serde_json::from_value(json!({"tier": "T1", "text": "t", "grounded": true, "citations": citations, "at": at,
            "basis": {"evidence": "0123456789abcdef", "runbooks": "r", "prompt": 1}}))
        .unwrap()
    }

    fn old() -> Advice {
        advice("2026-11-26T13:00:00Z", &[("a", Some("Como reparar")), ("a", Some("Como reparar")), ("b", None)])
    }

    /// A vote of a person through the facade, that many seconds after noon.
    fn action(by: &str, vote: Vote, advice: &Advice, second: u32) -> Action {
        let at: Timestamp = format!("2026-11-26T14:00:{second:02}Z").parse().unwrap();
        serde_json::from_value(json!({
            "apiVersion": "agentic.ligbox.io/v1alpha1", "kind": "Action",
            "metadata": {"name": "x", "annotations": {RECORDED_BY: RECORDED_BY_FACADE},
                "creationTimestamp": "2026-11-26T14:00:00Z"},
            "spec": {"verb": VERB, "subject": {"kind": "Finding", "name": "f"}, "actor": {"name": by, "via": "rest"},
                "parameters": parameters(vote, advice, at)},
            "status": {"result": "done"},
        }))
        .unwrap()
    }

    fn by_kubectl(mut action: Action) -> Action {
        action.metadata.annotations = None;
        action
    }

    fn casts(actions: &[Action]) -> impl Iterator<Item = Cast<'_>> {
        actions.iter().filter_map(Cast::of)
    }

    #[test]
    fn the_last_vote_of_a_person_on_an_advice_counts() {
        let advice = old();
        let mut actions = vec![
            action("ana", Vote::Useful, &advice, 1),
            action("ana", Vote::Wrong, &advice, 3),
            action("ana", Vote::Useful, &advice, 2),
            action("rui", Vote::Useful, &advice, 1),
        ];
        let count = |actions: &[Action], looker| tally(casts(actions), "f", &advice_id(&advice), looker);
        assert_eq!(count(&actions, Some("ana")), Tally { useful: 1, wrong: 1, own: Some(Vote::Wrong) });
        actions.reverse();
        assert_eq!(count(&actions, Some("eva")), Tally { useful: 1, wrong: 1, own: None }, "whatever their order");
        // A name that is not proven replaces no vote, and is nobody's own.
        actions.push(by_kubectl(action("ana", Vote::Useful, &advice, 9)));
        assert_eq!(count(&actions, Some("ana")), Tally { useful: 2, wrong: 1, own: Some(Vote::Wrong) });
    }

    #[test]
    fn votes_on_other_advice_and_other_actions_do_not_count() {
        let (advice, newer) = (old(), self::advice("2026-11-26T13:00:01Z", &[]));
        let of = |change: &dyn Fn(&mut Action)| {
            let mut action = action("ana", Vote::Wrong, &advice, 1);
            change(&mut action);
            action
        };
        let counted = |action: &Action, advice: &Advice| {
            tally(Cast::of(action), "f", &advice_id(advice), None) == Tally { wrong: 1, ..Tally::default() }
        };
        assert!(counted(&of(&|_| {}), &advice));
        assert!(!counted(&of(&|_| {}), &newer), "on advice of another time");
        for (what, other) in [
            ("of another Finding", of(&|action| action.spec.subject.name = "g".into())),
            ("of another verb", of(&|action| action.spec.verb = "acknowledge".into())),
            ("in progress", of(&|action| action.status = None)),
            ("refused", of(&|action| action.status.as_mut().unwrap().result = Some("refused".into()))),
            ("of another word", of(&|action| drop(action.spec.parameters.insert(VOTE.into(), "bad".into())))),
            ("on nothing", of(&|action| drop(action.spec.parameters.remove(ADVICE)))),
        ] {
            assert!(!counted(&other, &advice), "{what}");
        }
    }

    #[test]
    fn votes_are_counted_for_each_section_that_was_cited() {
        let (advice, other) = (old(), advice("2026-11-26T15:00:00Z", &[("a", Some("Como # reparar")), ("b", None)]));
        let actions = [
            action("ana", Vote::Useful, &advice, 1),
            action("ana", Vote::Wrong, &advice, 2),
            action("rui", Vote::Useful, &advice, 2),
            action("rui", Vote::Wrong, &other, 2),
            by_kubectl(action("eva", Vote::Wrong, &advice, 2)),
        ];
        let votes = |spec: &str, section: Option<&str>, useful, wrong| SectionVotes {
            spec: spec.into(),
            section: section.map(String::from),
            useful,
            wrong,
        };
        let expected =
            [votes("b", None, 1, 2), votes("a", Some("Como # reparar"), 0, 1), votes("a", Some("Como reparar"), 1, 1)];
        assert_eq!(by_section(casts(&actions)), expected);
    }

    #[test]
    fn the_parameters_of_a_vote_fit_into_an_action() {
        let sections: Vec<(String, Option<&str>)> = (0..20).map(|n| (format!("s{n}"), Some("h"))).collect();
        let sections: Vec<_> = sections.iter().map(|(spec, section)| (spec.as_str(), *section)).collect();
        let advice = advice("2026-11-26T13:00:00Z", &sections);
        assert_eq!(parameters(Vote::Wrong, &advice, Timestamp::UNIX_EPOCH).len(), 3 + SECTIONS_MAX);
    }
}
