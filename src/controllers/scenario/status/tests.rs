use super::*;
use Health::{Failing, Healthy, Unknown};
use SpecState::{DependencyCycle, Invalid, Suspended, Undecodable, Valid};

const JUDGED: RunSummary<'static> = RunSummary { judged: true, unconfirmed: None, checks: 3, unknown: None };

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_790_000_000 + second).unwrap()
}

fn keys(open: &[(&str, &str)]) -> BTreeSet<CheckKey> {
    open.iter().map(|(check, key)| (check.to_string(), key.to_string())).collect()
}

fn inputs<'a>(
    spec: SpecState<'a>,
    open: &'a BTreeSet<CheckKey>,
    run: Option<RunSummary<'a>>,
    language: Language,
) -> StatusInputs<'a> {
    StatusInputs {
        generation: Some(1),
        spec,
        open,
        run,
        late: None,
        last_run_at: None,
        last_requested_run: None,
        language,
    }
}

/// A status that was observed at generation 1, with these reason and message of Healthy.
fn previous(reason: &str, message: &str) -> ScenarioStatus {
    let mut status = ScenarioStatus { observed_generation: Some(1), ..ScenarioStatus::default() };
    conditions::set(Arc::make_mut(&mut status.conditions), HEALTHY, None, reason, message, Some(1), at(0));
    status
}

/// Status, reason and message of a condition.
fn condition(status: &ScenarioStatus, type_: &str) -> (String, String, String) {
    let condition = conditions::find(&status.conditions, type_).unwrap().clone();
    (condition.status, condition.reason, condition.message)
}

fn errors() -> Vec<ValidationError> {
    let of = |field: &str, reason, problem| ValidationError { field: field.into(), reason, problem };
    vec![
        of("spec.interval", Reason::InvalidDuration, Problem::NotADuration { text: "5".into() }),
        of("spec.checks[0].name", Reason::ReservedName, Problem::ReservedName),
    ]
}

/// The errors of [`errors`], a cycle and an error of the decoder in both languages.
const ERRORS: (&str, &str) = (
    "spec.interval: \"5\" não é uma duração: use um formato como 300ms, 10s, 5m ou 1h30m; \
     spec.checks[0].name: \"blind\" é um nome reservado ao que não pode ser avaliado: escolha outro",
    "spec.interval: \"5\" is not a duration: use a format such as 300ms, 10s, 5m or 1h30m; \
     spec.checks[0].name: \"blind\" is reserved for what cannot be evaluated: choose another name",
);
const CYCLE: (&str, &str) =
    ("spec.dependsOn: dependência circular: a -> a", "spec.dependsOn: dependency cycle: a -> a");
const UNDECODABLE: (&str, &str) = ("não foi possível ler o objeto: x", "the object cannot be read: x");

/// Whether two statuses differ in more than `lastRunAt`; a missing `state` is no difference.
fn differs(before: &ScenarioStatus, next: &ScenarioStatus) -> bool {
    let state = if before.state.is_some() { next.state } else { None };
    let comparable = ScenarioStatus { last_run_at: before.last_run_at.clone(), state, ..next.clone() };
    *before != comparable
}

#[test]
fn a_status_says_something_new_exactly_where_it_differs() {
    let (errors, cycle, long) = (errors(), ["a", "a"].map(String::from), "é".repeat(2000));
    let open = [keys(&[]), keys(&[("blind", "")]), keys(&[("a", ""), ("b", "1")])];
    let requested = |at: &str| RequestedRun {
        requested_at: at.into(),
        run_at: Time(self::at(1)),
        checks: vec![],
        opened: vec![],
        resolved: vec![],
    };
    let requested = [requested("a"), requested("b")];
    let mut all = Vec::new();
    for spec in [Valid, Suspended, Invalid(&errors), DependencyCycle(&cycle), Undecodable(&long)] {
        for open in &open {
            for run in [
                None,
                Some(JUDGED),
                Some(RunSummary { checks: 4, ..JUDGED }),
                Some(RunSummary { unknown: Some(&long), ..JUDGED }),
                Some(RunSummary { judged: false, ..JUDGED }),
                Some(RunSummary { judged: false, unconfirmed: Some("a"), ..JUDGED }),
            ] {
                let late = LateRun { interval: Duration::from_secs(60), failure: Some("x") };
                let run = inputs(spec, open, run, Language::English);
                all.push(run);
                all.push(StatusInputs { late: Some(late), ..run });
                all.push(StatusInputs { generation: Some(2), last_requested_run: Some(&requested[0]), ..run });
                all.push(StatusInputs { last_requested_run: Some(&requested[1]), last_run_at: Some(at(9)), ..run });
            }
        }
    }
    let mut before = vec![ScenarioStatus::default(), previous(REASON_LATE, "a"), previous(REASON_FAILING, "b")];
    before.extend(all.iter().map(|inputs| status(&ScenarioStatus::default(), inputs, at(0))));
    before.push(ScenarioStatus { state: None, ..status(&ScenarioStatus::default(), &all[4], at(0)) });
    let mut differing = 0;
    for before in &before {
        for inputs in &all {
            let expected = differs(before, &status(before, inputs, at(60)));
            assert_eq!(says_something_new(before, inputs), expected, "{before:?}");
            differing += usize::from(expected);
        }
    }
    assert!(differing > 0 && differing < before.len() * all.len());
}

#[test]
fn ready_has_a_status_a_reason_and_a_message_for_each_state_of_the_spec() {
    let errors = errors();
    let cycle = ["a", "b", "a"].map(String::from);
    for (spec, status_word, reason, portuguese, english) in [
        (Valid, "True", "Validated", "a especificação é válida", "the spec is valid"),
        (
            Suspended,
            "True",
            "Suspended",
            "nenhuma leitura é feita enquanto spec.suspend estiver em true",
            "nothing is read while spec.suspend is true",
        ),
        (Invalid(&errors), "False", "InvalidDuration", ERRORS.0, ERRORS.1),
        (
            DependencyCycle(&cycle),
            "False",
            "DependencyCycle",
            "spec.dependsOn: dependência circular: a -> b -> a",
            "spec.dependsOn: dependency cycle: a -> b -> a",
        ),
        (
            Undecodable("missing field `title`"),
            "False",
            "Undecodable",
            "não foi possível ler o objeto: missing field `title`",
            "the object cannot be read: missing field `title`",
        ),
    ] {
        for (language, message) in [(Language::Portuguese, portuguese), (Language::English, english)] {
            let open = keys(&[]);
            let next = status(&ScenarioStatus::default(), &inputs(spec, &open, Some(JUDGED), language), at(1));
            let expected = (status_word.to_string(), reason.to_string(), message.to_string());
            assert_eq!(condition(&next, READY), expected);
            assert_eq!(next.observed_generation, Some(1));
        }
    }
}

/// A row of Healthy: the previous reason and message, spec, open Findings, run; then health, reason, and message in both languages.
struct Row<'a> {
    before: (&'a str, &'a str),
    spec: SpecState<'a>,
    open: &'a [(&'a str, &'a str)],
    run: Option<RunSummary<'a>>,
    expected: (Health, &'a str, &'a str, &'a str),
}

fn check_row(row: &Row<'_>) {
    let (health, reason, portuguese, english) = row.expected;
    for (language, message) in [(Language::Portuguese, portuguese), (Language::English, english)] {
        let open = keys(row.open);
        let before = previous(row.before.0, row.before.1);
        let next = status(&before, &inputs(row.spec, &open, row.run, language), at(1));
        let word = match health {
            Healthy => "True",
            Failing => "False",
            Unknown => "Unknown",
        };
        assert_eq!(condition(&next, HEALTHY), (word.to_string(), reason.to_string(), message.to_string()));
        assert_eq!(next.health, Some(health));
        assert_eq!(next.open_findings, Some(u32::try_from(row.open.len()).unwrap()));
    }
}

#[test]
fn open_findings_decide_healthy_whatever_the_spec_and_the_run_are() {
    let errors = errors();
    let cycle = ["a".to_string(), "a".to_string()];
    let unknown = RunSummary { judged: true, unconfirmed: None, checks: 3, unknown: Some("api: x") };
    let (portuguese, english) = ("ocorrências abertas: api, vm (112)", "open: api, vm (112)");
    let not_evaluated = ["não foi possível avaliar: api: x", "cannot be evaluated: api: x"];
    let suspended = [texts::suspended(Language::Portuguese), texts::suspended(Language::English)];
    for (spec, run, problem) in [
        (Valid, None, ["", ""]),
        (Valid, Some(JUDGED), ["", ""]),
        (Valid, Some(unknown), not_evaluated),
        (Suspended, Some(unknown), [suspended[0].as_str(), suspended[1].as_str()]),
        (Invalid(&errors), Some(unknown), [ERRORS.0, ERRORS.1]),
        (DependencyCycle(&cycle), None, [CYCLE.0, CYCLE.1]),
        (Undecodable("x"), Some(JUDGED), [UNDECODABLE.0, UNDECODABLE.1]),
    ] {
        let with = |problem: &str, open: &str| {
            if problem.is_empty() { open.to_string() } else { format!("{problem}; {open}") }
        };
        let (portuguese, english) = (with(problem[0], portuguese), with(problem[1], english));
        check_row(&Row {
            before: ("AllChecksPass", "old"),
            spec,
            open: &[("api", ""), (BLIND, ""), ("vm", "112")],
            run,
            expected: (Failing, "FindingsOpen", &portuguese, &english),
        });
    }
    // After a restart nothing is written again, unless other Findings are open.
    for (before, open) in [("kept; open: api", ["api"]), ("old; open: vm", ["vm"])] {
        let (open, expected) = (keys(&[(open[0], ""), (BLIND, "")]), before);
        let next = status(&previous("FindingsOpen", before), &inputs(Valid, &open, None, Language::English), at(1));
        assert_eq!(condition(&next, HEALTHY).2, expected);
    }
    let open = keys(&[("api", ""), (BLIND, "")]);
    let next = status(&previous("FindingsOpen", "open: vm"), &inputs(Valid, &open, None, Language::English), at(1));
    assert_eq!(condition(&next, HEALTHY).2, "open: api");
}

#[test]
fn a_spec_that_cannot_run_makes_healthy_unknown_and_its_message_says_what_is_wrong() {
    let errors = errors();
    let cycle = ["a".to_string(), "a".to_string()];
    let specs = [(Invalid(&errors), ERRORS), (DependencyCycle(&cycle), CYCLE), (Undecodable("x"), UNDECODABLE)];
    for (spec, (portuguese, english)) in specs {
        for open in [&[][..], &[(BLIND, "")]] {
            let expected = (Unknown, "NotReady", portuguese, english);
            check_row(&Row { before: ("AllChecksPass", "old"), spec, open, run: Some(JUDGED), expected });
        }
    }
    let portuguese = "nenhuma leitura é feita enquanto o cenário estiver suspenso";
    let expected = (Unknown, "Suspended", portuguese, "nothing is read while suspended");
    check_row(&Row { before: ("AllChecksPass", "old"), spec: Suspended, open: &[], run: Some(JUDGED), expected });
}

#[test]
fn without_a_run_the_previous_message_is_kept_if_its_reason_still_holds() {
    let not_yet = (Unknown, "NotJudgedYet", "ainda não avaliado", "not evaluated yet");
    let blind = &[(BLIND, "")][..];
    for (before, open, expected) in [
        (("AllChecksPass", "old"), &[][..], (Healthy, "AllChecksPass", "old", "old")),
        (("CannotJudge", "old"), blind, (Unknown, "CannotJudge", "old", "old")),
        (("AllChecksPass", "old"), blind, not_yet),
        (("CannotJudge", "old"), &[], not_yet),
        (("FindingsOpen", "old"), &[], not_yet),
    ] {
        check_row(&Row { before, spec: Valid, open, run: None, expected });
    }
}

#[test]
fn after_a_run_healthy_says_what_was_evaluated() {
    let run = |judged, checks, unknown| Some(RunSummary { judged, unconfirmed: None, checks, unknown });
    let blind = &[(BLIND, "")][..];
    for (open, run, expected) in [
        (
            blind,
            run(true, 3, Some("api: x")),
            (Unknown, "CannotJudge", "não foi possível avaliar: api: x", "cannot be evaluated: api: x"),
        ),
        (
            blind,
            run(false, 3, None),
            (
                Unknown,
                "CannotJudge",
                "não foi possível avaliar nas últimas execuções",
                "could not be evaluated in recent runs",
            ),
        ),
        (
            &[],
            run(false, 3, Some("api: x")),
            (Unknown, "NotJudgedYet", "ainda não avaliado: api: x", "not evaluated yet: api: x"),
        ),
        (&[], run(false, 3, None), (Unknown, "NotJudgedYet", "ainda não avaliado", "not evaluated yet")),
        (&[], run(true, 1, None), (Healthy, "AllChecksPass", "1 verificação passou", "1 check passes")),
        (&[], run(true, 3, Some("api: x")), (Healthy, "AllChecksPass", "3 verificações passaram", "3 checks pass")),
    ] {
        check_row(&Row { before: ("AllChecksPass", "old"), spec: Valid, open, run, expected });
    }
}

#[test]
fn failures_that_are_not_confirmed_are_not_called_unevaluated() {
    for (unknown, expected) in [(None, "vm"), (Some("api: x"), "vm")] {
        let run = Some(RunSummary { judged: false, unconfirmed: Some("vm"), checks: 3, unknown });
        let portuguese = format!("avaliado, mas com falhas ainda não confirmadas em execuções seguidas: {expected}");
        let english = format!("evaluated, with failures that are not confirmed by consecutive runs yet: {expected}");
        let expected = (Unknown, "NotJudgedYet", portuguese.as_str(), english.as_str());
        check_row(&Row { before: ("AllChecksPass", "old"), spec: Valid, open: &[], run, expected });
    }
}

#[test]
fn an_edit_is_not_observed_before_its_first_run() {
    let open = keys(&[]);
    let before = previous("AllChecksPass", "old");
    let edited = |spec, run| StatusInputs { generation: Some(2), ..inputs(spec, &open, run, Language::English) };
    assert_eq!(status(&before, &edited(Valid, None), at(1)), before);
    assert_eq!(status(&before, &edited(Valid, Some(JUDGED)), at(1)).observed_generation, Some(2));
    assert_eq!(status(&before, &edited(Suspended, None), at(1)).observed_generation, Some(2), "there will be no run");
    let errors = errors();
    assert_eq!(status(&before, &edited(Invalid(&errors), None), at(1)).observed_generation, Some(2));
}

#[test]
fn only_a_change_is_more_than_freshness() {
    let open = keys(&[]);
    let with = |second, checks| {
        let run = Some(RunSummary { checks, ..JUDGED });
        StatusInputs { last_run_at: Some(at(second)), ..inputs(Valid, &open, run, Language::English) }
    };
    let first = status(&ScenarioStatus::default(), &with(1, 3), at(1));
    let same = status(&first, &with(60, 3), at(60));
    assert!(!differs(&first, &same));
    assert_eq!(same.last_run_at, Some(Time(at(60))));
    assert_eq!(same.conditions, first.conditions, "lastTransitionTime moves only with the status");
    assert!(differs(&same, &status(&same, &with(120, 4), at(120))));
    let late = ScenarioStatus { state: Some(WatchState::Late), ..same.clone() };
    assert!(differs(&same, &late));
    let dropped = ScenarioStatus { state: None, ..same.clone() };
    assert!(!differs(&dropped, &same), "it would be dropped again");
    assert!(differs(&ScenarioStatus::default(), &same));
}

#[test]
fn the_answer_to_a_request_is_kept_until_there_is_a_newer_one() {
    let open = keys(&[]);
    let run = RequestedRun {
        requested_at: "r".into(),
        run_at: Time(at(1)),
        checks: Vec::new(),
        opened: Vec::new(),
        resolved: Vec::new(),
    };
    let with = |run| StatusInputs { last_requested_run: run, ..inputs(Valid, &open, Some(JUDGED), Language::English) };
    let answered = status(&ScenarioStatus::default(), &with(Some(&run)), at(1));
    assert_eq!(answered.last_requested_run.as_deref(), Some(&run));
    assert_eq!(status(&answered, &with(None), at(2)).last_requested_run.as_deref(), Some(&run));
}

const LATE_MESSAGE: &str = "no run has been completed for two intervals of 5m; its probes or its evaluation may be waiting for their \
                            turn: see the log";
const LATE: LateRun<'static> = LateRun { interval: Duration::from_secs(300), failure: None };

#[test]
fn a_run_that_is_not_completed_makes_healthy_unknown_until_one_is() {
    let open = keys(&[]);
    let late = |late, run| StatusInputs { late, ..inputs(Valid, &open, run, Language::English) };
    let healthy = status(&ScenarioStatus::default(), &late(None, Some(JUDGED)), at(1));
    let failed = LateRun { failure: Some("the API does not answer"), ..LATE };
    let first = status(&healthy, &late(Some(failed), Some(JUDGED)), at(2));
    let message = "no run has been completed for two intervals of 5m: the API does not answer";
    let expected = ("Unknown".to_string(), "Late".to_string(), message.to_string());
    assert_eq!(
        (condition(&first, HEALTHY), first.health, first.state),
        (expected, Some(Unknown), Some(WatchState::Late))
    );
    assert_eq!(condition(&first, READY).0, "True", "the spec is valid");
    let after_restart = status(&first, &late(Some(LATE), None), at(9));
    assert_eq!(after_restart, first, "nothing is new");
    let edited = StatusInputs { generation: Some(2), ..late(Some(LATE), None) };
    let edited = status(&first, &edited, at(9));
    assert_eq!(condition(&edited, HEALTHY).2, LATE_MESSAGE);
    let read = status(&first, &late(None, Some(JUDGED)), at(10));
    assert_eq!((read.health, read.state), (Some(Healthy), Some(WatchState::Ready)));
}

#[test]
fn open_findings_come_before_lateness_which_the_message_says_too() {
    let open = keys(&[("api", ""), (BLIND, "")]);
    let inputs = StatusInputs { late: Some(LATE), ..inputs(Valid, &open, Some(JUDGED), Language::English) };
    let late = status(&ScenarioStatus::default(), &inputs, at(1));
    let message = format!("{LATE_MESSAGE}; open: api");
    assert_eq!(condition(&late, HEALTHY), ("False".into(), "FindingsOpen".into(), message));
    assert_eq!((late.health, late.state), (Some(Failing), Some(WatchState::Late)));
}

#[test]
fn long_errors_leave_room_for_the_checks_with_open_findings() {
    let (long, open) = ("x".repeat(5000), keys(&[("api", "")]));
    let spec = Undecodable(&long);
    let next = status(&ScenarioStatus::default(), &inputs(spec, &open, None, Language::English), at(1));
    assert!(condition(&next, HEALTHY).2.ends_with("…; open: api"));
    let next = status(&ScenarioStatus::default(), &inputs(spec, &keys(&[]), None, Language::English), at(1));
    assert_eq!(condition(&next, HEALTHY).2.len(), conditions::MESSAGE_MAX);
}

#[test]
fn an_event_is_published_once_for_each_change_of_what_keeps_a_scenario_from_being_watched() {
    let (errors, open) = (errors(), keys(&[]));
    let of = |spec, late| StatusInputs { late, ..inputs(spec, &open, Some(JUDGED), Language::English) };
    let steps = [
        (Valid, None, None),
        (Invalid(&errors), None, Some((true, "InvalidDuration", ERRORS.1))),
        (Invalid(&errors), None, None),
        (Invalid(&errors[..1]), None, Some((true, "InvalidDuration", ERRORS.1.split("; ").next().unwrap()))),
        (Undecodable("x"), None, Some((true, "Undecodable", UNDECODABLE.1))),
        (Suspended, None, None),
        (Valid, None, None),
        (Valid, Some(LATE), Some((true, "Late", LATE_MESSAGE))),
        (Valid, Some(LATE), None),
        (Invalid(&errors[1..]), None, Some((true, "ReservedName", ERRORS.1.split("; ").nth(1).unwrap()))),
        (Valid, None, Some((false, "Recovered", "the Scenario is read again"))),
        (Valid, None, None),
    ];
    let mut before = ScenarioStatus::default();
    for (step, (spec, late, expected)) in steps.into_iter().enumerate() {
        let after = status(&before, &of(spec, late), at(1));
        let expected = expected.map(|(is_warning, reason, note)| StatusEvent { is_warning, reason, note: note.into() });
        assert_eq!(event(&before, &after, Language::English), expected, "{step}");
        before = after;
    }
}

#[test]
fn errors_that_only_a_run_finds_stay_after_a_restart_until_the_first_run() {
    let (errors, open) = (errors(), keys(&[]));
    let refused = status(&ScenarioStatus::default(), &inputs(Invalid(&errors), &open, None, Language::English), at(1));
    assert_eq!(status(&refused, &inputs(Valid, &open, None, Language::English), at(2)), refused);
    let fixed = status(&refused, &inputs(Valid, &open, Some(JUDGED), Language::English), at(2));
    assert_eq!(fixed.state, Some(WatchState::Ready));
}
