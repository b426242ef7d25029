use super::*;
use crate::api::{Action, Agent, CheckOutcome, Finding, Health, Message, Severity, Silence, Thread};
use crate::controllers::scenario::WatchStates;
use crate::domain::cached_scenario::CachedScenario;
use crate::runtime::leadership::Leadership;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use utoipa::IntoParams;
use utoipa::openapi::path::ParameterIn;

fn finding(status: Value) -> Finding {
    let spec = json!({"scenario": "s", "check": "c", "key": "k", "fingerprint": "0123456789"});
    serde_json::from_value(json!({"apiVersion": "agentic.ligbox.io/v1alpha1", "kind": "Finding",
        "metadata": {"name": "f"}, "spec": spec, "status": status}))
    .unwrap()
}

fn scenario(status: Value) -> CachedScenario {
    let spec = json!({"title": "t", "agent": "pulso", "severity": "low", "probes": []});
    serde_json::from_value(json!({"apiVersion": "agentic.ligbox.io/v1alpha1", "kind": "Scenario",
        "metadata": {"name": "s"}, "spec": spec, "status": status}))
    .unwrap()
}

fn parameters(pairs: &[(&str, &str)]) -> Parameters {
    pairs.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect()
}

#[test]
fn an_agent_without_an_id_or_that_does_not_exist_has_its_object_name() {
    let agent = |id: Option<&str>| -> Agent {
        let spec = json!({"id": id, "displayName": "Vigia", "codename": "sentinel", "tier": "T0"});
        let object = json!({"apiVersion": "agentic.ligbox.io/v1alpha1", "kind": "Agent",
            "metadata": {"name": "vigia"}, "spec": spec});
        serde_json::from_value(object).unwrap()
    };
    let reference = |id: &str, name: &str| AgentRef { id: id.into(), name: name.into() };
    assert_eq!(AgentRef::new("vigia", Some(&agent(Some("A9")))), reference("A9", "Vigia"));
    assert_eq!(AgentRef::new("vigia", Some(&agent(None))), reference("vigia", "Vigia"));
    assert_eq!(AgentRef::new("vigia", None), reference("vigia", "vigia"));
}

#[test]
fn a_finding_without_a_status_has_nulls() {
    let view = serde_json::to_value(FindingView::new(&finding(Value::Null), None, VotesView::default())).unwrap();
    for field in ["agent", "title", "message", "severity", "phase", "opened_at", "occurrences", "acknowledgement"] {
        assert_eq!(view.get(field), Some(&Value::Null), "{field}");
    }
    assert_eq!((&view["id"], &view["key"], &view["notices"]), (&json!("f"), &json!("k"), &json!([])));
}

#[test]
fn advice_is_shown_without_control_characters() {
    let mut status = json!({"advice": {"tier": "T0", "text": "Rode `qm start 112`.\u{1b}[2J\nConfira.", "grounded": true,
        "reason": "ModelOff", "at": "2026-01-02T00:00:00Z",
        "basis": {"evidence": "0f1e2d3c4b5a6978", "runbooks": "8796a5b4c3d2e1f0", "prompt": 0}}});
    let advice = FindingView::new(&finding(status.clone()), None, VotesView::default()).advice.unwrap();
    assert!(!advice.text.contains('\u{1b}') && advice.text.ends_with("\nConfira."), "{:?}", advice.text);
    assert_eq!((advice.reason.as_deref(), advice.model, advice.stale), (Some("ModelOff"), None, false));
    status["advice"]["basis"]["model"] = json!({"name": "tiny\u{202e}", "digest": "d"});
    let model = FindingView::new(&finding(status), None, VotesView::default()).advice.unwrap().model.unwrap();
    assert!(!model.name.contains('\u{202e}') && model.seconds == 0);
}

#[test]
fn a_scenario_without_a_status_is_neither_ready_nor_healthy() {
    let view = ScenarioView::new(&scenario(Value::Null), AgentRef::new("pulso", None), RunTimes::default());
    assert_eq!((view.ready, view.health, view.open_findings), (false, Health::Unknown, 0));
    assert_eq!((view.interval_seconds, view.next_run_at, view.last_run_at), (None, None, None));
}

#[test]
fn a_run_answers_requests_up_to_its_own() {
    let status = json!({"lastRequestedRun": {"requestedAt": "2026-01-02T00:00:00Z", "runAt": "2026-01-02T00:00:01Z",
        "checks": [{"name": "c", "outcome": "held"}]}});
    let at = |text: &str| text.parse().unwrap();
    let view = RunView::new(&scenario(status.clone()), at("2026-01-02T00:00:00Z")).unwrap();
    assert_eq!((view.checks[0].outcome, view.checks[0].key.as_str()), (CheckOutcome::Held, ""));
    assert!(RunView::new(&scenario(status.clone()), at("2026-01-01T00:00:00Z")).is_some());
    assert_eq!(RunView::new(&scenario(status), at("2026-01-02T00:00:00.000001Z")), None);
    assert_eq!(RunView::new(&scenario(json!({})), at("2026-01-01T00:00:00Z")), None);
}

#[test]
fn a_filter_selects_by_every_condition() {
    let open = finding(json!({"phase": "Open", "severity": "high", "agent": "pulso"}));
    let resolved = finding(json!({"phase": "Resolved", "severity": "high", "agent": "pulso"}));
    for (pairs, agent, expected) in [
        (vec![], None, (true, false)),
        (vec![("phase", "active")], None, (true, false)),
        (vec![("phase", "open")], None, (true, false)),
        (vec![("phase", "acknowledged")], None, (false, false)),
        (vec![("phase", "resolved")], None, (false, true)),
        (vec![("severity", "high")], None, (true, false)),
        (vec![("severity", "low")], None, (false, false)),
        (vec![("scenario", "s")], None, (true, false)),
        (vec![("scenario", "t")], None, (false, false)),
        (vec![("text", "S c")], None, (true, false)),
        (vec![("text", "s other")], None, (false, false)),
        (vec![], Some("pulso"), (true, false)),
        (vec![], Some("trilho"), (false, false)),
    ] {
        let filter = FindingFilter::parse(&parameters(&pairs)).unwrap();
        assert_eq!((filter.matches(&open, agent), filter.matches(&resolved, agent)), expected, "{pairs:?} {agent:?}");
    }
    assert!(!FindingFilter::default().matches(&finding(Value::Null), None), "without a phase");
}

fn severe(name: &str, severity: Option<&str>, opened: Option<&str>) -> Arc<Finding> {
    let mut finding = finding(json!({"severity": severity, "openedAt": opened}));
    finding.metadata.name = Some(name.into());
    Arc::new(finding)
}

/// The names of all pages of Findings, read one after the other.
fn names_of_pages(sort: Sort, limit: usize, mut items: impl FnMut() -> Vec<Arc<Finding>>) -> Vec<String> {
    let order = Order::Findings(sort);
    let mut query = parameters(&[("limit", &limit.to_string())]);
    let mut seen = Vec::new();
    loop {
        let request = PageRequest::parse(&query, order).unwrap();
        let key = |finding: &Finding| sort.key(|| severity(finding), finding::opened_at(finding));
        let page = Page::new(&request, items(), key, |finding| finding.metadata.name.clone().unwrap());
        assert!(page.items.len() == limit || page.next.is_none());
        seen.extend(page.items);
        match page.next {
            Some(next) => query.insert("cursor".into(), next),
            None => return seen,
        };
    }
}

#[test]
fn pages_return_each_item_once_in_the_order_of_the_list() {
    let (new, old) = (Some("2026-01-02T00:00:00Z"), Some("2026-01-01T00:00:00Z"));
    let items = || {
        vec![
            severe("e", None, None),
            severe("d", Some("low"), new),
            severe("c", Some("critical"), new),
            severe("b/2", Some("critical"), old),
            severe("b/1", Some("critical"), old),
            severe("a", Some("high"), None),
        ]
    };
    for limit in 1..=7 {
        assert_eq!(names_of_pages(Sort::Created, limit, items), ["c", "d", "b/1", "b/2", "a", "e"], "{limit}");
        assert_eq!(names_of_pages(Sort::Severity, limit, items), ["b/1", "b/2", "c", "a", "d", "e"], "{limit}");
    }
}

#[test]
fn items_that_come_and_go_between_pages_neither_repeat_nor_hide_others() {
    let at = |second: usize| format!("2026-01-01T00:00:{second:02}Z");
    let item = |second: usize| severe(&format!("f{second:02}"), Some("low"), Some(&at(second)));
    let mut reads = 0;
    let names = names_of_pages(Sort::Created, 2, || {
        reads += 1;
        // Before each page one that is newer than all comes, and the last one of the page before goes.
        (0..10 + reads).filter(|second| *second != 12 - 2 * reads).map(item).collect()
    });
    assert_eq!(names, ["f09", "f08", "f07", "f06", "f05", "f04", "f03", "f02", "f01", "f00"]);
}

#[test]
fn a_cursor_is_good_for_its_own_list_and_sort() {
    let items = || vec![severe("a", None, None), severe("b", None, None)];
    let request = PageRequest::parse(&parameters(&[("limit", "1")]), Order::Findings(Sort::Created)).unwrap();
    let page = Page::new(&request, items(), |_| order::Key::BY_NAME, |_| ());
    let query = parameters(&[("cursor", &page.next.unwrap())]);
    assert!(PageRequest::parse(&query, Order::Findings(Sort::Created)).is_ok());
    for other in [Order::Findings(Sort::Severity), Order::Threads(Sort::Created), Order::Silences] {
        let error = PageRequest::parse(&query, other).unwrap_err();
        let text = format!("cursor: it is of the list findings sorted by created, and this is {other}");
        assert!(error.to_string().starts_with(&text), "{error}");
    }
}

#[test]
fn invalid_parameters_are_named() {
    let order = Order::Findings(Sort::Created);
    // The last ones are `x`, `findings.created/1`, and one with a number that is too large.
    for (name, value) in [
        ("limit", "0"),
        ("limit", "501"),
        ("limit", "x"),
        ("cursor", "%%"),
        ("cursor", "eA"),
        ("cursor", "ZmluZGluZ3MuY3JlYXRlZC8x"),
        ("cursor", "ZmluZGluZ3MuY3JlYXRlZC85OTk5OTk5OTk5OTk5OTk5OTk5OTkvMC9h"),
        ("cursor", &"A".repeat(1000)),
    ] {
        let error = PageRequest::parse(&parameters(&[(name, value)]), order).unwrap_err();
        assert_eq!(error.parameter, name);
        assert!(error.message.len() < 200, "{error}");
    }
    for (name, value) in [("phase", "Open"), ("severity", "bad")] {
        let error = FindingFilter::parse(&parameters(&[(name, value)])).unwrap_err();
        assert_eq!(error.parameter, name);
        assert!(error.message.contains("is not one of"), "{error}");
    }
    let error = FindingFilter::parse(&parameters(&[("text", &"x".repeat(201))])).unwrap_err();
    assert_eq!(error.to_string(), "text: 201 characters, should be at most 200");
    let error = Sort::parse(&parameters(&[("sort", "name")])).unwrap_err();
    assert_eq!(error.to_string(), "sort: \"name\" is not one of created, severity");
    let error = PageRequest::check_names(&parameters(&[("phse", "open")]), &["phase"]).unwrap_err();
    assert_eq!(error.to_string(), "phse: not a parameter here; there is phase, limit, cursor");
    assert_eq!(PageRequest::check_names(&parameters(&[("phase", "open"), ("limit", "1")]), &["phase"]), Ok(()));
}

#[test]
fn the_documented_parameters_are_those_that_are_read() {
    let names = |all: Vec<utoipa::openapi::path::Parameter>| all.into_iter().map(|p| p.name).collect::<Vec<_>>();
    assert_eq!(names(FindingFilter::into_params(|| Some(ParameterIn::Query))), FindingFilter::PARAMETERS);
    assert_eq!(names(PageRequest::into_params(|| Some(ParameterIn::Query))), PageRequest::PARAMETERS);
    assert_eq!(names(InboxFilter::into_params(|| Some(ParameterIn::Query))), InboxFilter::PARAMETERS);
    assert_eq!(names(ThreadFilter::into_params(|| Some(ParameterIn::Query))), ThreadFilter::PARAMETERS);
    assert_eq!(names(ActionFilter::into_params(|| Some(ParameterIn::Query))), ActionFilter::PARAMETERS);
    assert_eq!(names(SortParameter::into_params(|| Some(ParameterIn::Query))), [Sort::PARAMETER]);
}

#[test]
fn health_is_down_before_it_is_degraded_before_it_is_ok() {
    let leading = Some(Leadership::Leading { term: 1 });
    let uncertain = Some(Leadership::Uncertain { term: 1 });
    let state = |waiting: &[&str], lateness: Option<u64>, leadership: &Option<Leadership>| OperatorState {
        waiting_for: waiting.iter().map(|w| w.to_string()).collect(),
        lateness: lateness.map(Duration::from_secs),
        leadership: leadership.clone(),
        ..OperatorState::default()
    };
    let undecodable = OperatorState { undecodable_findings: vec!["a".into()], ..state(&[], Some(0), &leading) };
    for (state, expected) in [
        (state(&[], Some(0), &leading), ServiceStatus::Ok),
        (state(&[], None, &None), ServiceStatus::Ok),
        (state(&[], Some(30), &leading), ServiceStatus::Ok),
        (state(&[], Some(31), &leading), ServiceStatus::Degraded),
        (state(&[], Some(0), &uncertain), ServiceStatus::Degraded),
        (undecodable, ServiceStatus::Degraded),
        (state(&["a list"], Some(31), &uncertain), ServiceStatus::Down),
    ] {
        assert_eq!(HealthView::summary(&state, &WatchStates::default()).status, expected, "{state:?}");
    }
}

#[test]
fn health_counts_scenarios_and_open_findings() {
    let of = |health: &str| Arc::new(scenario(json!({"health": health})));
    let scenarios = [of("healthy"), of("failing"), of("failing"), of("unknown"), Arc::new(scenario(Value::Null))];
    let of = |phase: &str, severity: Severity| Arc::new(finding(json!({"phase": phase, "severity": severity})));
    let mut findings: Vec<_> = Severity::ALL.iter().map(|severity| of("Open", *severity)).collect();
    findings.extend([of("Acknowledged", Severity::High), of("Resolved", Severity::Critical)]);
    findings.extend([Severity::Medium; 2].iter().chain(&[Severity::Low; 3]).map(|severity| of("Open", *severity)));
    let view = HealthView::detailed(&OperatorState::default(), &WatchStates::default(), &scenarios, &findings)
        .details
        .unwrap();
    assert_eq!(view.scenarios, ScenarioCounts { total: 5, healthy: 1, failing: 2, unknown: 2 });
    assert_eq!(view.open_findings, OpenFindings { critical: 1, high: 2, medium: 3, low: 4, info: 1 });
}

/// An object of people, each of whose texts has characters that would change how a terminal shows it.
fn hostile<K: serde::de::DeserializeOwned>(kind: &str, spec: Value, status: Value) -> K {
    let object = json!({"apiVersion": "agentic.ligbox.io/v1alpha1", "kind": kind, "metadata": {"name": "n"},
        "spec": spec, "status": status});
    let object = object.to_string().replace('~', r"\u001b[2J\u202e");
    serde_json::from_str(&object).unwrap()
}

#[test]
fn texts_that_people_wrote_by_kubectl_have_no_control_characters_in_any_view() {
    let acknowledgement = json!({"by": "ana~", "note": "seen~\nby me", "at": "2026-01-02T03:04:05Z", "occurrence": 1});
    let pending = json!({"by": "ana~", "note": "seen~", "at": "2026-01-02T03:04:05Z"});
    let message: Message = hostile(
        "Message",
        json!({"thread": "t", "author": {"kind": "person", "name": "ana~"}, "body": "one~\ntwo", "recipients": ["a~"],
            "reason": "R~", "citations": [{"spec": "s~", "section": "s~", "quote": "q~"}], "acknowledgement": pending}),
        json!({}),
    );
    let agent: Agent =
        hostile("Agent", json!({"id": "A~", "displayName": "P~", "codename": "c~", "tier": "T0"}), json!({}));
    let thread: Thread = hostile("Thread", json!({"subject": "one~", "agent": "pulso"}), json!({}));
    let silence: Silence = hostile(
        "Silence",
        json!({"matchers": [{"name": "scenario", "op": "=", "value": "v~"}], "author": "ana~", "reason": "r~",
            "recurrence": {"cron": "0 3 * * *~", "duration": "2h~", "timezone": "UTC~"}}),
        json!({}),
    );
    let action: Action = hostile(
        "Action",
        json!({"verb": "v~", "subject": {"kind": "K~", "name": "n~"}, "actor": {"name": "ana~", "roles": [], "via": "v~"}}),
        json!({"result": "done~", "message": "m~"}),
    );
    let scenario: CachedScenario =
        hostile("Scenario", json!({"title": "t~", "agent": "a", "severity": "low", "probes": []}), json!({}));
    let finding: Finding = hostile(
        "Finding",
        json!({"scenario": "s", "check": "c", "key": "k~", "fingerprint": "0123456789"}),
        json!({"phase": "Acknowledged", "title": "t~", "message": "m~\nn", "acknowledgement": acknowledgement}),
    );
    let shown = [
        serde_json::to_value(MessageView::new(&message, None)).unwrap(),
        serde_json::to_value(MessageView::new(&message, Some(AgentRef::new("n", Some(&agent))))).unwrap(),
        serde_json::to_value(ThreadView::new(&thread, AgentRef::new("n", None), None)).unwrap(),
        serde_json::to_value(SilenceView::new(&silence, "UTC", jiff::Timestamp::UNIX_EPOCH)).unwrap(),
        serde_json::to_value(ActionView::new(&action)).unwrap(),
        serde_json::to_value(ScenarioView::new(&scenario, AgentRef::new("n", None), RunTimes::default())).unwrap(),
        serde_json::to_value(FindingView::new(&finding, None, VotesView::default())).unwrap(),
        serde_json::to_value(FindingChange::new(&finding)).unwrap(),
    ];
    for view in shown {
        let text = view.to_string();
        assert!(text.contains('\u{fffd}'), "{text}");
        assert!(!text.contains(r"\u001b") && !text.contains('\u{202e}'), "{text}");
    }
    assert_eq!(MessageView::new(&message, None).body, "one\u{fffd}[2J\u{fffd}\ntwo");
}

#[test]
fn the_name_of_an_action_is_proven_where_the_facade_recorded_it() {
    for (annotations, proven) in [
        (json!({"agentic.ligbox.io/recorded-by": "facade"}), true),
        (json!({"agentic.ligbox.io/recorded-by": "me"}), false),
        (json!({}), false),
    ] {
        let action: Action =
            serde_json::from_value(json!({"apiVersion": "agentic.ligbox.io/v1alpha1", "kind": "Action",
            "metadata": {"name": "n", "annotations": annotations}, "spec": {"verb": "run",
            "subject": {"kind": "Scenario", "name": "s"}, "actor": {"name": "ana", "roles": [], "via": "rest"}}}))
            .unwrap();
        assert_eq!(ActionView::new(&action).proven, proven, "{annotations}");
    }
}
