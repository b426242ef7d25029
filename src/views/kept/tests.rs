//! Lists and pages that are read from tables, compared with what all objects say, after each of many changes.

use super::*;
use crate::api::{Finding, Message, Phase, Role, Severity, Thread};
use crate::controllers::scenario::WatchStates;
use crate::views::finding::opened_at;
use crate::views::message_state::{is_acknowledged, written_at};
use crate::views::order::{Key, created_at};
use crate::views::testing::{ApiServer, NAMESPACE};
use crate::views::{
    AcknowledgedView, BoardFilter, FindingFilter, First, InboxFilter, MessageAcknowledgementView, OperatorState,
    OperatorStatus, Order, Page, PageRequest, PendingCount, PendingView, PhaseFilter, Reader, Resources, RunTimes,
    Sort, ThreadFilter, ThreadState, is_active, is_pending, phase, severity, standing,
};
use jiff::Timestamp;
use kube::ResourceExt as _;
use serde_json::{Value, json};
use std::collections::BTreeMap;

const CHANGES: usize = 400;
const NAMES: usize = 7;
const READERS: [(&str, &[Role]); 4] =
    [("ana", &[Role::OpsLead]), ("lia", &[Role::Devops]), ("root", &[Role::SuperAdmin]), ("ana", &[])];

/// Choices that look random and are the same in each run.
struct Choices(u64);

impl Choices {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % end
    }

    fn of<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        &all[self.below(all.len())]
    }

    fn time(&mut self) -> String {
        format!("2026-01-01T00:00:0{}Z", self.below(6))
    }

    fn maybe(&mut self, value: Value) -> Value {
        if self.below(3) == 0 { Value::Null } else { value }
    }

    fn severity(&mut self) -> Value {
        let severity = *self.of(&Severity::ALL);
        self.maybe(json!(severity))
    }

    fn agent(&mut self) -> &'static str {
        ["pulso", "vigia"][self.below(2)]
    }

    fn finding(&mut self) -> Value {
        let (phases, by) = (
            ["Open", "Acknowledged", "Resolved"],
            json!({"by": "lia", "at": self.time(), "proven": true, "occurrence": 1}),
        );
        let (phase, thread) = (json!(self.of(&phases)), json!(format!("t-{}", self.below(NAMES))));
        let status = json!({"phase": phase, "severity": self.severity(), "agent": self.agent(), "message": "m",
            "openedAt": self.time(), "owner": self.maybe(by), "thread": self.maybe(thread)});
        let status = if self.below(9) == 0 { Value::Null } else { status };
        json!({"spec": {"scenario": format!("s-{}", self.below(3)), "check": self.of(&["c", "d"]), "key": "",
            "fingerprint": "0123456789"}, "status": status})
    }

    fn thread(&mut self) -> Value {
        let finding = json!(format!("f-{}", self.below(NAMES)));
        json!({"spec": {"subject": "s", "agent": self.agent(), "finding": self.maybe(finding), "closed": self.below(3) == 0}})
    }

    fn message(&mut self) -> Value {
        let recipients = [json!([]), json!(["ops_lead"]), json!(["ana"]), json!(["devops", "ops_lead"])];
        let (at, until) = (self.time(), json!("2026-01-02T00:00:00Z"));
        let ack = json!({"by": "lia", "at": at, "until": self.maybe(until), "proven": true});
        let (phases, finding) = (["Pending", "Acknowledged", "Archived"], json!(format!("f-{}", self.below(NAMES))));
        let phase = json!(self.of(&phases));
        let spec = json!({"thread": format!("t-{}", self.below(NAMES)), "author": {"kind": "agent", "name": "pulso"},
            "body": "b", "severity": self.severity(), "needsAck": self.below(6) > 0, "finding": self.maybe(finding),
            "recipients": self.of(&recipients), "acknowledgement": if self.below(3) == 0 { ack.clone() } else { Value::Null }});
        let is_acknowledged = phase == json!("Acknowledged");
        let ack = if is_acknowledged { self.maybe(ack) } else { Value::Null };
        json!({"spec": spec, "status": {"phase": phase, "acknowledgement": ack}})
    }

    fn scenario(&mut self) -> Value {
        let status = json!({"state": self.of(&["ready", "late", "invalid", "suspended"]),
            "health": self.of(&["healthy", "failing", "unknown"])});
        json!({"spec": {"title": self.of(&["Loja", "Banco"]), "agent": self.agent(), "severity": "low", "probes": []},
            "status": self.maybe(status)})
    }
}

/// Makes, changes or deletes an object.
fn change(server: &ApiServer, choices: &mut Choices) {
    let at = choices.below(NAMES);
    let (plural, kind, name, mut object) = match choices.below(4) {
        0 => ("findings", "Finding", format!("f-{at}"), choices.finding()),
        1 => ("threads", "Thread", format!("t-{at}"), choices.thread()),
        2 => ("scenarios", "Scenario", format!("s-{at}"), choices.scenario()),
        _ => ("messages", "Message", format!("m-{}", choices.below(3 * NAMES)), choices.message()),
    };
    object["apiVersion"] = json!("agentic.ligbox.io/v1alpha1");
    object["kind"] = json!(kind);
    object["metadata"] = json!({"name": name, "namespace": NAMESPACE, "creationTimestamp": choices.time()});
    match choices.below(10) {
        0 | 1 => server.remove(plural, object),
        2 => server.relist(plural, &name),
        _ => server.put(plural, object),
    }
}

struct Nothing;

impl OperatorStatus for Nothing {
    fn state(&self) -> OperatorState {
        OperatorState::default()
    }

    fn watch_states(&self) -> Arc<WatchStates> {
        Arc::default()
    }

    fn run_times(&self, _scenario: &str) -> RunTimes {
        RunTimes::default()
    }
}

fn sorts() -> [Sort; 2] {
    [Sort::Created, Sort::Severity]
}

fn findings(resources: &Resources, choices: &mut Choices) {
    let filter = FindingFilter {
        phase: *choices.of(&PhaseFilter::ALL),
        severity: (choices.below(3) == 0).then(|| *choices.of(&Severity::ALL)),
        scenario: (choices.below(3) == 0).then(|| "s-1".into()),
        agent: (choices.below(3) == 0).then(|| "vigia".into()),
        text: None,
    };
    for sort in sorts() {
        let request = PageRequest::first_of(Order::Findings(sort), 3);
        let all = resources.findings.state_filter(|finding| filter.matches(finding, filter.agent.as_deref()));
        let key = |of: &Finding| sort.key(|| severity(of), opened_at(of));
        let (total, view) = (all.len(), |of: &Finding| resources.finding_view(of, "ana"));
        let expected = (total, Page::new(&request, all, key, view));
        assert_eq!(resources.select_findings(&filter, filter.agent.as_deref(), &request, "ana"), expected);
    }
    for scenario in ["s-0", "s-1", "s-9"] {
        let is_of_it = |finding: &Finding| finding.spec.scenario == scenario && is_active(finding);
        let seriousness = |finding: &Arc<Finding>| {
            (severity(finding).map_or(9, |severity| severity as u8), opened_at(finding), finding.name_any())
        };
        let expected = resources.findings.state_filter(is_of_it).into_iter().min_by_key(seriousness);
        assert_eq!(resources.worst_finding(scenario).map(|of| of.name_any()), expected.map(|of| of.name_any()));
    }
}

fn threads(resources: &Resources, choices: &mut Choices) {
    let filter = ThreadFilter {
        state: *choices.of(&[None, Some(ThreadState::Open), Some(ThreadState::Closed)]),
        agent: choices.of(&[None, Some("pulso")]).map(String::from),
        finding_id: choices.of(&[None, Some("f-1")]).map(String::from),
    };
    let is_selected = |thread: &Thread| {
        filter.state.is_none_or(|state| thread.spec.closed == (state == ThreadState::Closed))
            && filter.agent.as_ref().is_none_or(|agent| thread.spec.agent == *agent)
            && filter.finding_id.as_ref().is_none_or(|finding| thread.spec.finding.as_ref() == Some(finding))
    };
    for sort in sorts() {
        let request = PageRequest::first_of(Order::Threads(sort), 3);
        let all = resources.threads.state_filter(is_selected);
        let key = |thread: &Thread| sort.key(|| resources.severity_of_thread(thread), created_at(thread));
        let expected = (all.len(), Page::new(&request, all, key, |thread| resources.thread_view(thread)));
        assert_eq!(resources.find_threads(&filter, &request).unwrap(), expected);
    }
}

/// Whether a filter selects a pending Message.
fn is_selected(resources: &Resources, filter: &InboxFilter, message: &Message) -> bool {
    let agent = resources.thread(&message.spec.thread).map(|thread| thread.spec.agent.clone());
    is_pending(message)
        && filter.role.is_none_or(|role| message.spec.recipients.contains(&role.as_str().to_string()))
        && filter.severity.is_none_or(|severity| resources.severity_of_message(message) == Some(severity))
        && (filter.agent.is_none() || agent == filter.agent)
}

fn inbox_filter(choices: &mut Choices) -> InboxFilter {
    InboxFilter {
        role: *choices.of(&[None, None, Some(Role::OpsLead), Some(Role::Devops)]),
        agent: choices.of(&[None, None, Some("pulso")]).map(String::from),
        severity: (choices.below(3) == 0).then(|| *choices.of(&Severity::ALL)),
    }
}

fn inbox(resources: &Resources, choices: &mut Choices) {
    let filter = inbox_filter(choices);
    for sort in sorts() {
        let request = PageRequest::first_of(Order::Inbox(sort), 3);
        let all = resources.messages.state_filter(|message| is_selected(resources, &filter, message));
        let key = |message: &Message| sort.key(|| resources.severity_of_message(message), written_at(message));
        let expected = Page::new(&request, all, key, |message| resources.inbox_view(message));
        assert_eq!(resources.list_inbox(&filter, &request).unwrap(), expected);
    }
}

/// The Finding that a Message is about.
fn finding_of(resources: &Resources, message: &Message) -> Option<Arc<Finding>> {
    let of_thread = resources.thread(&message.spec.thread).and_then(|thread| thread.spec.finding.clone());
    resources.finding(&of_thread.or(message.spec.finding.clone())?)
}

/// The severity of a Message, when what it tells of began, and whether a person has taken that.
fn about(resources: &Resources, message: &Message) -> (Option<Severity>, Option<Timestamp>, bool) {
    let finding = finding_of(resources, message);
    let status = finding.as_ref().and_then(|finding| finding.status.as_ref());
    let opened = status.and_then(|status| status.opened_at.as_ref()).map(|at| at.0);
    let began = written_at(message).map(|written| opened.map_or(written, |opened| opened.min(written)));
    let is_owned = status.is_some_and(|of| of.owner.is_some() || of.phase == Some(Phase::Acknowledged));
    (message.spec.severity.or_else(|| severity(finding.as_ref()?)), began, is_owned)
}

fn pending(resources: &Resources, choices: &mut Choices) {
    let (name, roles) = *choices.of(&READERS);
    let (reader, filter) = (Reader { name, roles }, inbox_filter(choices));
    let is_own = |message: &Message| reader.is_for(&message.spec.recipients);
    let all = resources.messages.state_filter(|message| is_own(message) && is_selected(resources, &filter, message));
    let view = resources.pending(reader, &filter, First { most: 4, with: None }).unwrap();
    let mut expected = PendingView { total: all.len(), ..PendingView::default() };
    expected.newest = all.iter().filter_map(|message| written_at(message)).max();
    let mut by_check: BTreeMap<_, PendingCount> = BTreeMap::new();
    for message in &all {
        let (severity, _, is_owned) = about(resources, message);
        let mut counts = vec![expected.by_severity.entry(severity).or_default()];
        let check =
            finding_of(resources, message).map(|of| (severity, of.spec.scenario.clone(), of.spec.check.clone()));
        counts.extend(check.map(|check| by_check.entry(check).or_default()));
        for count in counts {
            count.all += 1;
            count.unowned += usize::from(!is_owned);
        }
    }
    assert_eq!((view.total, view.newest, &view.by_severity), (expected.total, expected.newest, &expected.by_severity));
    assert!(view.by_check.iter().all(|(check, count)| by_check.get(check) == Some(count)));
    let key = |message: &Message| {
        let (severity, began, _) = about(resources, message);
        Key::most_serious_first(severity, began)
    };
    let mut keys: Vec<Key> = all.iter().map(|message| key(message)).collect();
    keys.sort_unstable();
    let listed: Vec<_> = view.items.iter().map(|item| resources.message(&item.message.id).unwrap()).collect();
    assert_eq!(listed.iter().map(|message| key(message)).collect::<Vec<_>>(), keys[..keys.len().min(4)]);
    for (item, message) in view.items.iter().zip(&listed) {
        assert_eq!((&item.message, item.began_at), (&resources.inbox_view(message), about(resources, message).1));
    }
    let total = resources.messages.state_filter(|message| is_own(message) && is_pending(message)).len();
    assert_eq!(resources.pending_total(reader), total);
    let since = "2026-01-01T00:00:03Z".parse().unwrap();
    let new = all.iter().filter(|message| written_at(message).is_some_and(|at| at > since)).count();
    assert_eq!(resources.pending_since(reader, &filter, since).unwrap(), new);
}

fn acknowledged(resources: &Resources, choices: &mut Choices) {
    let (name, roles) = *choices.of(&READERS);
    let reader = Reader { name, roles };
    let mut last: BTreeMap<String, Arc<Message>> = BTreeMap::new();
    let mut found = resources.messages.state_filter(|message| {
        (is_pending(message) || is_acknowledged(message)) && reader.is_for(&message.spec.recipients)
    });
    found.sort_by_key(|message| (written_at(message), message.name_any()));
    last.extend(found.into_iter().map(|message| (message.spec.thread.clone(), message)));
    let is_of_open = |message: &&Arc<Message>| {
        let finding = resources.thread(&message.spec.thread).and_then(|thread| thread.spec.finding.clone());
        finding.is_some_and(|finding| resources.tells_of_now(&message.spec.thread, &finding))
    };
    let open = last.values().filter(|message| is_acknowledged(message)).filter(is_of_open);
    let mut expected: Vec<_> =
        open.filter_map(|message| Some((MessageAcknowledgementView::of(message)?, message.name_any()))).collect();
    expected.sort_by_key(|(ack, name)| (ack.until.is_none(), ack.until, std::cmp::Reverse(ack.at), name.clone()));
    let AcknowledgedView { items, total, returning } = resources.acknowledged(reader, 2);
    assert_eq!((total, returning), (expected.len(), expected.iter().filter(|(ack, _)| ack.until.is_some()).count()));
    let items: Vec<_> = items.into_iter().map(|item| (item.acknowledgement, item.message.id)).collect();
    assert_eq!(items, expected[..expected.len().min(2)]);
}

fn board(resources: &Resources, choices: &mut Choices) {
    let text = *choices.of(&[None, None, Some("LOJA"), Some("s-1")]);
    let filter = BoardFilter { text: text.map(String::from), agent: None, standing: None };
    let view = resources.board(&Nothing, &filter, 1, 4);
    let mut counts = BTreeMap::from([(crate::views::Standing::Invalid, 0)]);
    for scenario in resources.scenarios.state() {
        *counts.entry(standing(&scenario)).or_default() += 1;
    }
    assert_eq!(view.counts, counts);
    let has_text = |text: &str, of: &str| of.to_lowercase().contains(&text.to_lowercase());
    let selected = resources.scenarios.state_filter(|scenario| {
        text.is_none_or(|text| has_text(text, &scenario.spec.title) || has_text(text, &scenario.name))
    });
    assert_eq!(view.selected, selected.len());
    for row in view.groups.iter().flat_map(|group| &group.rows) {
        let is_of_it = |finding: &Finding| finding.spec.scenario == row.view.id && is_active(finding);
        let of_it = resources.findings.state_filter(is_of_it);
        let scenario = resources.scenario(&row.view.id).unwrap();
        assert_eq!((row.open, row.standing), (of_it.len(), standing(&scenario)));
        let rank = |finding: &Arc<Finding>| severity(finding).map_or(9, |severity| severity as u8);
        assert_eq!(row.finding.as_ref().map(rank), of_it.iter().map(rank).min());
    }
    for group in &view.groups {
        let of_agent = selected.iter().filter(|scenario| scenario.spec.agent == group.agent);
        let mut expected: Vec<_> = of_agent
            .map(|scenario| {
                let worst = resources.worst_finding(&scenario.name);
                let worst = worst.and_then(|worst| severity(&worst)).map_or(u8::MAX, |severity| severity as u8);
                (standing(scenario), worst, scenario.name.to_string())
            })
            .collect();
        match view.selected <= 4 {
            true => expected.sort_unstable_by(|a, b| a.2.cmp(&b.2)),
            false => expected.sort_unstable(),
        }
        assert_eq!(group.selected, expected.len());
        let shown: Vec<_> = group.rows.iter().map(|row| row.view.id.as_str()).collect();
        assert_eq!(shown, expected.iter().take(shown.len()).map(|(_, _, name)| name.as_str()).collect::<Vec<_>>());
    }
}

#[test]
fn lists_follow_each_change() {
    let (server, mut choices) = (ApiServer::new(), Choices(7));
    for name in ["pulso", "vigia"] {
        let spec = json!({"displayName": name, "codename": name, "tier": "T0"});
        let metadata = json!({"name": name, "namespace": NAMESPACE});
        let object =
            json!({"apiVersion": "agentic.ligbox.io/v1alpha1", "kind": "Agent", "metadata": metadata, "spec": spec});
        server.put("agents", object);
    }
    let (resources, mut not_empty) = (&server.resources, 0);
    for _ in 0..CHANGES {
        for _ in 0..=choices.below(4) {
            change(&server, &mut choices);
        }
        for compare in [findings, threads, inbox, pending, acknowledged, board] {
            compare(&server.resources, &mut choices);
        }
        let findings = resources.findings.state_filter(|of| phase(of).is_some()).len();
        not_empty += usize::from(findings > 2 && !resources.messages.is_empty());
    }
    // They were compared with something.
    assert!(not_empty > CHANGES / 2, "{not_empty}");
}

#[test]
fn a_table_is_made_once_for_all_readers_until_something_changes() {
    let (server, mut choices) = (ApiServer::new(), Choices(1));
    for _ in 0..40 {
        change(&server, &mut choices);
    }
    let other = server.resources.clone();
    let before = (server.resources.pending_table(), server.resources.scenario_table());
    let after = (other.pending_table(), other.scenario_table());
    assert!(Arc::ptr_eq(&before.0, &after.0) && Arc::ptr_eq(&before.1, &after.1));
    server.add_scenario("s-1", false, "True");
    assert!(Arc::ptr_eq(&before.0, &other.pending_table()) && !Arc::ptr_eq(&before.1, &other.scenario_table()));
    server.add_finding("f-1", json!({"phase": "Open"}));
    assert!(!Arc::ptr_eq(&before.0, &other.pending_table()));
}

#[test]
fn a_change_of_what_a_table_does_not_have_leaves_it_and_another_one_copies_nothing() {
    let server = ApiServer::new();
    let resources = &server.resources;
    let finding = |phase: &str, message: &str| server.add_finding("f-1", json!({"phase": phase, "message": message}));
    finding("Open", "a");
    server.add_scenario("s-1", false, "True");
    let before = (resources.finding_table(), resources.pending_table(), resources.scenario_table());
    finding("Open", "b");
    let after = (resources.finding_table(), resources.pending_table(), resources.scenario_table());
    assert!(Arc::ptr_eq(&before.0, &after.0) && Arc::ptr_eq(&before.1, &after.1) && Arc::ptr_eq(&before.2, &after.2));
    let place = Arc::as_ptr(&before.0);
    drop((before, after));
    // What was made from the table lets it go.
    finding("Resolved", "b");
    let table = resources.finding_table();
    assert_eq!((Arc::as_ptr(&table), table.rows[0].phase), (place, Phase::Resolved));
}
