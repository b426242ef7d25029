//! What the daily digest is filled with.

use super::content::AcknowledgedBy;
use super::digest_content::{Digest, Line, LineSubject, SECTION_LINES_MAX, Section};
use crate::api::conditions::{self, HEALTHY, REASON_NOT_JUDGED};
use crate::api::{Finding, FindingStatus, Health, Phase, Severity, WatchState};
use crate::domain::cached_scenario::CachedScenario;
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use std::borrow::Borrow;

/// An acknowledged Finding is told of again after this time.
const ACKNOWLEDGED_FOR: SignedDuration = SignedDuration::from_hours(24);
/// Within this time after a replica begins to lead, or a Scenario is created, what fails is found: a first run and those that confirm it.
const JUDGED_WITHIN: SignedDuration = SignedDuration::from_mins(2);

/// What is known of the notices of an active Finding.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    pub is_flapping: bool,
    /// The Silence that holds its notices back: its author, its reason as the note, and its start.
    pub silence: Option<AcknowledgedBy>,
}

/// Which digest is made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    pub date: Date,
    /// Message-ID without angle brackets.
    pub id: String,
}

/// The digest of all active Findings and of the Scenarios that are not watched; `None` where there is nothing to tell. A Finding is in
/// one section: silenced, else flapping, else acknowledged, else open.
pub fn digest<F: Borrow<Finding>, S: Borrow<CachedScenario>>(
    identity: Identity,
    findings: &[F],
    scenarios: &[S],
    standing: impl Fn(&Finding) -> Standing,
    now: Timestamp,
) -> Option<Digest> {
    let [mut open, mut acknowledged, mut flapping, mut silenced] = [const { Vec::new() }; 4];
    for finding in findings.iter().map(Borrow::borrow) {
        let Some(status) = finding.status.as_ref().filter(|status| status.is_active()) else { continue };
        let known = standing(finding);
        let section = match (&known.silence, status.phase) {
            (Some(_), _) => &mut silenced,
            (None, _) if known.is_flapping => &mut flapping,
            (None, Some(Phase::Acknowledged)) if is_long_acknowledged(status, now) => &mut acknowledged,
            (None, Some(Phase::Open)) => &mut open,
            _ => continue,
        };
        section.push(line_of_finding(finding, status, known.silence));
    }
    let unwatched = scenarios.iter().filter_map(|scenario| line_of_scenario(scenario.borrow())).collect();
    let Identity { date, id } = identity;
    let digest = Digest {
        date,
        at: now,
        id,
        open: section(open),
        acknowledged: section(acknowledged),
        flapping: section(flapping),
        silenced: section(silenced),
        unwatched: section(unwatched),
    };
    (!digest.is_empty()).then_some(digest)
}

/// What comes of looking for something to tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    /// The digest is sent.
    Tell,
    /// There is none for this start.
    Nothing,
    /// Scenarios may have to be judged first: look again, until then.
    TooEarly(Timestamp),
}

/// Whether the digest that was made at `now` is the one to send. A replica that has led since `led_since` waits until all Scenarios are
/// judged, but no longer than it takes to judge them; that there is nothing to tell is only known then.
pub fn look<S: Borrow<CachedScenario>>(is_empty: bool, scenarios: &[S], led_since: Timestamp, now: Timestamp) -> Look {
    let unjudged = scenarios.iter().map(Borrow::borrow).filter(|scenario| is_unjudged(scenario));
    let created = unjudged.map(|scenario| scenario.created_at.unwrap_or(Timestamp::MIN));
    let since = match (is_empty, created.max()) {
        (false, None) => return Look::Tell,
        (_, created) => created.map_or(led_since, |created| created.max(led_since)),
    };
    let until = since.saturating_add(JUDGED_WITHIN).unwrap_or(Timestamp::MAX);
    match (now < until, is_empty) {
        (true, _) => Look::TooEarly(until),
        (false, true) => Look::Nothing,
        (false, false) => Look::Tell,
    }
}

/// Whether a Scenario has not been judged, and nothing says why it can't be.
fn is_unjudged(scenario: &CachedScenario) -> bool {
    let Some(status) = &scenario.status else { return true };
    let reason = conditions::find(&status.conditions, HEALTHY).map(|healthy| healthy.reason.as_str());
    matches!(status.state, None | Some(WatchState::Ready)) && reason.is_none_or(|reason| reason == REASON_NOT_JUDGED)
}

fn is_long_acknowledged(status: &FindingStatus, now: Timestamp) -> bool {
    status.acknowledgement.as_ref().is_some_and(|given| now.duration_since(given.at.0) > ACKNOWLEDGED_FOR)
}

fn line_of_finding(finding: &Finding, status: &FindingStatus, silence: Option<AcknowledgedBy>) -> Line {
    let acknowledgement = || {
        let given = status.acknowledgement.as_ref()?;
        let (by, note, at) = (given.by.clone(), given.note.clone(), Some(given.at.0));
        Some(AcknowledgedBy { by, note, at, proven: given.proven })
    };
    Line {
        subject: LineSubject::Finding {
            name: finding.metadata.name.clone().unwrap_or_default(),
            scenario: finding.spec.scenario.clone(),
        },
        severity: status.severity,
        title: status.title.clone().unwrap_or_default(),
        message: status.message.clone().unwrap_or_default(),
        since: time(status.opened_at.as_ref()),
        by: silence.or_else(acknowledgement),
    }
}

/// A Scenario that is suspended, invalid, late or unknown.
fn line_of_scenario(scenario: &CachedScenario) -> Option<Line> {
    let status = scenario.status.as_ref()?;
    let is_watched = matches!(status.state, None | Some(WatchState::Ready));
    if is_watched && status.health != Some(Health::Unknown) {
        return None;
    }
    // It says what keeps a Scenario from being watched, whatever its status is.
    let healthy = conditions::find(&status.conditions, HEALTHY);
    Some(Line {
        subject: LineSubject::Scenario(scenario.name.to_string()),
        severity: Some(scenario.spec.severity),
        title: scenario.spec.title.clone(),
        message: healthy.map(|condition| condition.message.clone()).unwrap_or_default(),
        since: time(healthy.map(|condition| &condition.last_transition_time)),
        by: None,
    })
}

fn time(at: Option<&Time>) -> Option<Timestamp> {
    at.map(|at| at.0)
}

fn section(mut lines: Vec<Line>) -> Section {
    let rank = |line: &Line| Severity::ALL.iter().position(|severity| Some(*severity) == line.severity);
    lines.sort_by_cached_key(|line| (rank(line).unwrap_or(Severity::ALL.len()), name(line).to_string()));
    let total = lines.len();
    lines.truncate(SECTION_LINES_MAX);
    Section { lines, total }
}

fn name(line: &Line) -> &str {
    match &line.subject {
        LineSubject::Finding { name, .. } | LineSubject::Scenario(name) => name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};
    use std::sync::Arc;

    const NOW: &str = "2026-11-26T11:00:00Z";

    fn finding(name: &str, severity: &str, phase: Option<&str>, acknowledged: Option<&str>) -> Finding {
        let given = acknowledged.map(|at| json!({"by": "ana", "note": "known", "at": at, "occurrence": 1}));
        let mut status =
            json!({"severity": severity, "title": "T", "message": "m", "openedAt": "2026-11-20T00:00:00Z"});
        status["phase"] = phase.map_or(Value::Null, Into::into);
        status["acknowledgement"] = given.unwrap_or_default();
        serde_json::from_value(json!({"apiVersion": "agentic.ligbox.io/v1alpha1", "kind": "Finding",
            "metadata": {"name": name}, "status": status,
            "spec": {"scenario": "s", "check": "c", "key": "", "fingerprint": "0123456789"}}))
        .unwrap()
    }

    fn scenario(name: &str, state: &str, health: &str) -> CachedScenario {
        let healthy = json!({"type": "Healthy", "status": "Unknown", "reason": "R", "message": "why",
            "lastTransitionTime": "2026-11-25T00:00:00Z"});
        serde_json::from_value(json!({"apiVersion": "agentic.ligbox.io/v1alpha1", "kind": "Scenario",
            "metadata": {"name": name}, "status": {"state": state, "health": health, "conditions": [healthy]},
            "spec": {"title": "Title", "agent": "a", "severity": "low", "probes": []}}))
        .unwrap()
    }

    fn made(findings: &[Finding], scenarios: &[CachedScenario]) -> Option<Digest> {
        let standing = |finding: &Finding| {
            let name = finding.metadata.name.clone().unwrap_or_default();
            let silence = AcknowledgedBy { by: "rui".into(), note: Some("work".into()), ..AcknowledgedBy::default() };
            Standing { is_flapping: name.contains("flapping"), silence: name.contains("silenced").then_some(silence) }
        };
        let identity = Identity { date: jiff::civil::date(2026, 11, 26), id: "x@y".into() };
        digest(identity, findings, scenarios, standing, NOW.parse().unwrap())
    }

    fn names(section: &Section) -> Vec<&str> {
        section.lines.iter().map(name).collect()
    }

    #[test]
    fn a_finding_is_in_one_section_the_most_severe_first() {
        let (long, short) = (Some("2026-11-25T10:59:59Z"), Some("2026-11-25T11:00:00Z"));
        let findings = [
            finding("b-low", "low", Some("Open"), None),
            finding("z-critical", "critical", Some("Open"), None),
            finding("a-low", "low", Some("Open"), None),
            finding("resolved", "critical", Some("Resolved"), None),
            finding("no-phase", "critical", None, None),
            finding("known-long", "high", Some("Acknowledged"), long),
            finding("known-shortly", "high", Some("Acknowledged"), short),
            finding("flapping", "high", Some("Open"), None),
            finding("flapping-known", "high", Some("Acknowledged"), long),
            finding("silenced", "high", Some("Open"), None),
            finding("silenced-flapping-known", "high", Some("Acknowledged"), long),
        ];
        let scenarios = [
            scenario("ready", "ready", "healthy"),
            scenario("failing", "ready", "failing"),
            scenario("unknown", "ready", "unknown"),
            scenario("invalid", "invalid", "failing"),
            scenario("suspended", "suspended", "unknown"),
            scenario("late", "late", "unknown"),
        ];
        let digest = made(&findings, &scenarios).unwrap();
        assert_eq!(names(&digest.open), ["z-critical", "a-low", "b-low"]);
        assert_eq!(names(&digest.acknowledged), ["known-long"]);
        assert_eq!(names(&digest.flapping), ["flapping", "flapping-known"]);
        assert_eq!(names(&digest.silenced), ["silenced", "silenced-flapping-known"]);
        assert_eq!(names(&digest.unwatched), ["invalid", "late", "suspended", "unknown"]);
        let by = |section: &Section| section.lines[0].by.as_ref().map(|by| by.by.clone());
        assert_eq!(by(&digest.acknowledged).as_deref(), Some("ana"));
        assert_eq!((by(&digest.silenced).as_deref(), by(&digest.open)), (Some("rui"), None));
        let unwatched = &digest.unwatched.lines[0];
        assert_eq!((unwatched.message.as_str(), unwatched.since), ("why", "2026-11-25T00:00:00Z".parse().ok()));
    }

    #[test]
    fn there_is_no_digest_where_there_is_nothing_to_tell() {
        let quiet = [
            finding("resolved", "critical", Some("Resolved"), None),
            finding("known", "high", Some("Acknowledged"), Some("2026-11-26T10:00:00Z")),
        ];
        assert_eq!(made(&quiet, &[scenario("ready", "ready", "healthy")]), None);
        assert_eq!(made(&[], &[]), None);
        assert!(made(&[], &[scenario("late", "late", "unknown")]).is_some());
    }

    #[test]
    fn nothing_to_tell_is_known_once_scenarios_are_judged_or_had_the_time_to_be() {
        let at = |time: &str| format!("2026-11-26T{time}Z").parse::<Timestamp>().unwrap();
        let judged = || scenario("judged", "ready", "healthy");
        let created = |time: &str, mut scenario: CachedScenario| {
            scenario.created_at = Some(at(time));
            scenario
        };
        let without_status =
            || CachedScenario { status: None, ..created("10:00:00", scenario("new", "ready", "unknown")) };
        let not_judged = || {
            let mut scenario = created("10:00:00", scenario("new", "ready", "unknown"));
            let conditions = &mut scenario.status.as_mut().unwrap().conditions;
            Arc::make_mut(conditions)[0].reason = REASON_NOT_JUDGED.into();
            scenario
        };
        let suspended = || {
            let mut scenario = not_judged();
            scenario.status.as_mut().unwrap().state = Some(WatchState::Suspended);
            scenario
        };
        let of =
            |is_empty, scenarios: &[CachedScenario], led_since, now| look(is_empty, scenarios, at(led_since), at(now));
        // It has just begun to lead: what is stored may be from long ago.
        assert_eq!(of(true, &[judged()], "11:00:00", "11:00:01"), Look::TooEarly(at("11:02:00")));
        assert_eq!(of(true, &[], "11:00:00", "11:00:01"), Look::TooEarly(at("11:02:00")));
        assert_eq!(of(true, &[judged()], "11:00:00", "11:02:00"), Look::Nothing);
        assert_eq!(of(false, &[judged(), suspended()], "11:00:00", "11:00:01"), Look::Tell);
        for new in [without_status(), not_judged()] {
            let all = [judged(), new];
            assert_eq!(of(false, &all, "11:00:00", "11:00:01"), Look::TooEarly(at("11:02:00")));
            assert_eq!(of(false, &all, "11:00:00", "11:02:00"), Look::Tell, "it had the time");
            assert_eq!(of(true, &all, "09:00:00", "10:01:00"), Look::TooEarly(at("10:02:00")));
            assert_eq!(of(true, &all, "09:00:00", "11:00:00"), Look::Nothing);
        }
    }

    #[test]
    fn a_section_has_a_bounded_number_of_lines_and_the_number_of_all() {
        let findings: Vec<_> = (0..SECTION_LINES_MAX + 7)
            .map(|number| finding(&format!("f-{number:03}"), "high", Some("Open"), None))
            .collect();
        let open = made(&findings, &[]).unwrap().open;
        assert_eq!((open.lines.len(), open.total), (SECTION_LINES_MAX, SECTION_LINES_MAX + 7));
        assert_eq!(name(&open.lines[0]), "f-000");
    }
}
