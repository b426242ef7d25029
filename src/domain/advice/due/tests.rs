use super::*;
use crate::api::{AdviceBasis, AdviceModel, Phase};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;

fn at(minute: i64) -> Timestamp {
    Timestamp::from_second(1_700_000_000 + 60 * minute).unwrap()
}

/// Open since minute 10, in Thread `t`.
fn status(severity: Severity, advice: Option<Advice>) -> FindingStatus {
    FindingStatus {
        phase: Some(Phase::Open),
        severity: Some(severity),
        opened_at: Some(Time(at(10))),
        thread: Some("t".into()),
        advice,
        ..FindingStatus::default()
    }
}

fn stored(tier: Tier, minute: i64, reason: Option<&str>) -> Advice {
    let model = AdviceModel { name: "m".into(), digest: "1".into(), seconds: 9 };
    let basis = AdviceBasis {
        evidence: "e".into(),
        runbooks: "r".into(),
        prompt: 1,
        model: (tier == Tier::T1 || reason == Some(NOT_GROUNDED)).then_some(model),
    };
    Advice {
        tier,
        text: "text".into(),
        grounded: true,
        citations: Vec::new(),
        at: Time(at(minute)),
        basis,
        stale: false,
        reason: reason.map(String::from),
        requested_at: None,
        message: (tier == Tier::T1).then(|| advice_name("t", &["x"])),
    }
}

fn answer(minute: i64) -> Advice {
    stored(Tier::T1, minute, None)
}

fn section(reason: Option<&str>) -> Advice {
    stored(Tier::T0, 11, reason)
}

fn request(minute: i64, note: Option<&str>) -> Request {
    Request { at: at(minute), written: at(minute).to_string(), note: note.map(String::from) }
}

fn usable(digest: &str) -> Model {
    Model::Usable(ModelId { name: "m".into(), digest: digest.into() })
}

fn away() -> Model {
    Model::Faulty(ModelFault::Away { error: "refused".into() })
}

/// By default a serious Finding, whose evidence is `e`, with a usable model.
struct Case {
    status: FindingStatus,
    evidence: &'static str,
    request: Option<Request>,
    tier: Tier,
    model: Model,
    runbooks: &'static str,
    is_compared: bool,
}

impl Case {
    fn new(advice: Option<Advice>) -> Case {
        let status = status(Severity::High, advice);
        Case {
            status,
            evidence: "e",
            request: None,
            tier: Tier::T1,
            model: usable("1"),
            runbooks: "r",
            is_compared: false,
        }
    }

    fn present(&self) -> Present<'_> {
        Present {
            status: &self.status,
            evidence: self.evidence,
            request: self.request.as_ref(),
            tier: self.tier,
            model: &self.model,
            runbooks: self.runbooks,
            is_compared: self.is_compared,
            prompt: 1,
            least: Severity::High,
        }
    }

    fn due(&self) -> (Option<Write>, bool) {
        let Due { write, ask } = due(&self.present());
        (write, ask)
    }
}

#[test]
fn a_serious_finding_gets_the_section_of_its_runbook_at_once_and_the_model_is_asked() {
    let mut case = Case::new(None);
    assert_eq!(case.due(), (Some(Write::Fallback(None)), true));
    for (model, tier, expected) in [
        (Model::Unknown, Tier::T1, (None, true)),
        (away(), Tier::T1, (Some("ModelAway"), true)),
        (Model::Off, Tier::T1, (Some(MODEL_OFF), false)),
        (usable("1"), Tier::T0, (Some(AGENT_WITHOUT_MODEL), false)),
    ] {
        (case.model, case.tier) = (model, tier);
        assert_eq!(case.due(), (Some(Write::Fallback(expected.0)), expected.1), "{:?}", case.model);
    }
    case = Case::new(None);
    for (severity, expected) in [(Severity::Critical, true), (Severity::Medium, false), (Severity::Info, false)] {
        case.status.severity = Some(severity);
        assert_eq!(case.due().1, expected, "{severity:?}");
    }
    case.status.severity = None;
    assert_eq!(case.due(), (None, false), "the operator does not know it yet");
}

#[test]
fn once_it_is_stored_nothing_is_due() {
    for advice in [answer(11), section(Some(NOT_GROUNDED)), section(Some(NO_RUNBOOK))] {
        let mut case = Case::new(Some(advice.clone()));
        assert_eq!(case.due(), (None, false), "{advice:?}");
        // Whatever the model is by now: the evidence is the same.
        for model in [usable("2"), Model::Unknown, away(), Model::Off] {
            case.model = model;
            assert_eq!(case.due(), (None, false), "{advice:?} {:?}", case.model);
        }
    }
    let mut case = Case::new(Some(section(Some(MODEL_OFF))));
    case.model = Model::Off;
    assert_eq!(case.due(), (None, false));
    case.runbooks = "s";
    assert_eq!(case.due(), (Some(Write::Fallback(Some(MODEL_OFF))), false), "the section may be another");
    case.is_compared = true;
    assert_eq!(case.due(), (None, false), "it was compared");
    case = Case::new(Some(section(Some(AGENT_WITHOUT_MODEL))));
    case.tier = Tier::T0;
    assert_eq!(case.due(), (None, false));
}

#[test]
fn while_the_model_cannot_be_asked_it_stays_due_and_nothing_more_is_written() {
    for reason in [None, Some("ModelAway"), Some("ModelMissing"), Some("ModelTooSlow"), Some(BUDGET_SPENT)] {
        for model in [away(), Model::Unknown, usable("1")] {
            let case = Case { model, ..Case::new(Some(section(reason))) };
            assert_eq!(case.due(), (None, true), "{reason:?} {:?}", case.model);
        }
    }
    let case = Case::new(Some(section(Some(MODEL_OFF))));
    assert_eq!(case.due(), (Some(Write::Fallback(None)), true), "T1 was turned on");
    let case = Case { model: Model::Off, ..Case::new(Some(section(None))) };
    assert_eq!(case.due(), (Some(Write::Fallback(Some(MODEL_OFF))), false), "T1 was turned off");
}

#[test]
fn changed_evidence_makes_an_answer_stale_until_there_is_another() {
    let mut case = Case { evidence: "f", ..Case::new(Some(answer(11))) };
    assert_eq!(case.due(), (Some(Write::Stale), true));
    case.status.advice.as_mut().unwrap().stale = true;
    assert_eq!(case.due(), (None, true));
    case.model = Model::Off;
    assert_eq!(case.due(), (Some(Write::Fallback(Some(MODEL_OFF))), false));
    // The evidence is as it was.
    case.model = usable("1");
    case.evidence = "e";
    assert_eq!(case.due(), (Some(Write::Again), false));
    let case = Case { evidence: "f", ..Case::new(Some(section(Some("ModelAway")))) };
    assert_eq!(case.due(), (Some(Write::Fallback(None)), true));
    let mut case = Case { evidence: "f", ..Case::new(Some(answer(11))) };
    case.status.severity = Some(Severity::Low);
    assert_eq!(case.due(), (Some(Write::Stale), false), "nobody asks for other advice");
    case.status.advice.as_mut().unwrap().stale = true;
    assert_eq!(case.due(), (None, false));
    case.evidence = "e";
    assert_eq!(case.due(), (Some(Write::Again), false));
}

#[test]
fn in_another_occurrence_an_answer_holds_where_all_that_it_was_made_from_is_the_same() {
    let mut case = Case::new(Some(answer(5)));
    assert_eq!(case.due(), (None, false), "in the same Thread");
    case.status.thread = Some("u".into());
    assert_eq!(case.due(), (Some(Write::Again), false), "in another Thread it is told again, and nobody is asked");
    case.status.thread = None;
    assert_eq!(case.due(), (None, false), "there is no Thread yet");
    case = Case::new(Some(answer(5)));
    for (model, runbooks, asks) in [
        (usable("2"), "r", true),
        (usable("1"), "s", true),
        // Known once it is to be asked.
        (Model::Unknown, "r", true),
        // There is nothing better.
        (away(), "r", false),
        (Model::Off, "r", false),
        (Model::Off, "s", false),
    ] {
        (case.model, case.runbooks) = (model, runbooks);
        assert_eq!(case.due(), (None, asks), "{:?} {runbooks}", case.model);
    }
    let case = Case::new(Some(stored(Tier::T0, 5, Some(NOT_GROUNDED))));
    assert_eq!(case.due(), (None, false), "the same would be answered");
    let case = Case { runbooks: "s", ..Case::new(Some(stored(Tier::T0, 5, Some(NO_RUNBOOK)))) };
    assert_eq!(case.due(), (Some(Write::Fallback(None)), true), "there may be a section by now");
}

#[test]
fn a_person_asks_at_any_severity() {
    let mut case = Case { request: Some(request(12, None)), ..Case::new(None) };
    case.status.severity = Some(Severity::Info);
    assert!(case.present().is_asked());
    assert_eq!(case.due(), (Some(Write::Fallback(None)), true));
    let mut advice = section(None);
    advice.requested_at = Some(at(12).to_string());
    case.status.advice = Some(advice);
    assert!(case.present().is_asked(), "there is no answer of the model");
    assert_eq!(case.due(), (None, true));
    case.model = Model::Off;
    assert_eq!(case.due(), (Some(Write::Fallback(Some(MODEL_OFF))), false));
    case.status.advice.as_mut().unwrap().reason = Some(MODEL_OFF.into());
    assert_eq!(case.due(), (None, false), "it was said");
    // Answered: other evidence only makes it stale.
    let mut advice = answer(13);
    advice.requested_at = Some(at(12).to_string());
    case = Case { request: Some(request(12, Some("note"))), ..Case::new(Some(advice)) };
    case.status.severity = Some(Severity::Info);
    assert!(!case.present().is_asked());
    assert_eq!(case.due(), (None, false));
    case.evidence = "f";
    assert_eq!(case.due(), (Some(Write::Stale), false));
    // Of an earlier occurrence.
    case = Case { request: Some(request(9, None)), ..Case::new(None) };
    case.status.severity = Some(Severity::Info);
    assert_eq!((case.due(), case.present().is_asked()), ((None, false), false));
}

#[test]
fn a_person_who_asks_again_gets_the_stored_answer_unless_something_is_different() {
    let mut case = Case { request: Some(request(12, None)), ..Case::new(Some(answer(11))) };
    assert_eq!(case.due(), (Some(Write::Again), false));
    for (model, runbooks, note, expected) in [
        (usable("1"), "r", Some("restarted"), (None, true)),
        (usable("2"), "r", None, (None, true)),
        (usable("1"), "s", None, (None, true)),
        (Model::Unknown, "r", None, (None, true)),
        (away(), "r", Some("restarted"), (None, true)),
        (away(), "r", None, (Some(Write::Again), false)),
        // There is nothing else to be had, and who says what was tried is told so.
        (Model::Off, "r", Some("restarted"), (Some(Write::Refused(MODEL_OFF)), false)),
        (Model::Off, "s", None, (Some(Write::Refused(MODEL_OFF)), false)),
    ] {
        case.model = model;
        (case.runbooks, case.request) = (runbooks, Some(request(12, note)));
        assert_eq!(case.due(), expected, "{:?} {runbooks} {note:?}", case.model);
    }
    case.status.advice.as_mut().unwrap().requested_at = Some(at(12).to_string());
    case.model = usable("2");
    assert_eq!(case.due(), (None, false), "it was answered");
}

#[test]
fn after_the_model_was_asked_in_vain_the_section_takes_the_place_of_an_answer_to_other_evidence() {
    let late = |case: &Case| instead(&case.present(), "ModelAway");
    assert_eq!(late(&Case::new(None)), Some(Write::Fallback(Some("ModelAway"))));
    assert_eq!(late(&Case::new(Some(section(None)))), Some(Write::Fallback(Some("ModelAway"))));
    assert_eq!(late(&Case::new(Some(section(Some("ModelAway"))))), None);
    let mut case = Case { evidence: "f", ..Case::new(Some(answer(11))) };
    assert_eq!(late(&case), Some(Write::Fallback(Some("ModelAway"))));
    case.evidence = "e";
    assert_eq!(late(&case), None, "it is better than the section");
    case.request = Some(request(12, None));
    assert_eq!(late(&case), Some(Write::Refused("ModelAway")), "who asked is told");
    case.status.phase = Some(Phase::Resolved);
    assert_eq!(late(&case), None);
}

#[test]
fn the_advice_of_a_resolved_finding_stays_as_it_is() {
    for advice in [None, Some(answer(11)), Some(section(None))] {
        let mut case = Case { evidence: "f", request: Some(request(12, None)), ..Case::new(advice) };
        case.status.phase = Some(Phase::Resolved);
        assert_eq!(case.due(), (None, false));
    }
}

/// Whatever is decided is decided once: what follows from its own write is not another one.
#[test]
fn no_write_follows_from_a_write() {
    let stored_ones = [
        None,
        Some(answer(5)),
        Some(answer(11)),
        Some(section(None)),
        Some(section(Some(MODEL_OFF))),
        Some(section(Some(NOT_GROUNDED))),
        Some(section(Some(NO_RUNBOOK))),
        Some(section(Some("ModelAway"))),
    ];
    let requests = [None, Some(request(9, None)), Some(request(12, None)), Some(request(12, Some("n")))];
    let models = [Model::Off, Model::Unknown, away(), usable("1"), usable("2")];
    let mut count = 0;
    for advice in &stored_ones {
        for (asked, model) in requests.iter().flat_map(|r| models.iter().map(move |m| (r, m))) {
            for (evidence, runbooks) in [("e", "r"), ("f", "r"), ("e", "s")] {
                for (severity, thread, tier) in
                    [(Severity::High, "t", Tier::T1), (Severity::Low, "t", Tier::T1), (Severity::High, "u", Tier::T0)]
                {
                    let mut case = Case::new(advice.clone());
                    (case.request, case.model, case.tier) = (asked.clone(), model.clone(), tier);
                    (case.evidence, case.runbooks) = (evidence, runbooks);
                    (case.status.severity, case.status.thread) = (Some(severity), Some(thread.into()));
                    let (write, ask) = case.due();
                    let Some(write) = write else { continue };
                    case.status.advice = Some(written(&case, &write));
                    if matches!(write, Write::Refused(_)) && case.due().0 == Some(Write::Again) {
                        // The answer that stays is told in the Thread of this occurrence, too.
                        case.status.advice = Some(written(&case, &Write::Again));
                    }
                    assert_eq!(
                        case.due(),
                        (None, ask),
                        "{write:?} {advice:?} {asked:?} {model:?} {evidence} {runbooks}"
                    );
                    count += 1;
                }
            }
        }
    }
    assert!(count > 100, "{count}");
}

fn written(case: &Case, write: &Write) -> Advice {
    let requested = case.present().request().map(|request| request.written.clone());
    let before = case.status.advice.clone();
    match write {
        Write::Fallback(reason) => {
            let mut advice = stored(Tier::T0, 20, *reason);
            (advice.basis.evidence, advice.basis.runbooks) = (case.evidence.into(), case.runbooks.into());
            (advice.requested_at, advice.basis.model) = (requested, None);
            advice
        }
        Write::Stale => Advice { stale: true, ..before.unwrap() },
        Write::Refused(_) => Advice { requested_at: requested, ..before.unwrap() },
        Write::Again => {
            let before = before.unwrap();
            let message = case.present().message_name(&before).filter(|_| before.tier == Tier::T1);
            Advice { stale: false, requested_at: requested.or(before.requested_at.clone()), message, ..before }
        }
    }
}

#[test]
fn a_request_is_read_from_annotations() {
    let of = |pairs: &[(&str, &str)]| {
        let all = pairs.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect();
        Request::of(Some(&all))
    };
    let written = "2026-01-02T03:04:05.5Z";
    let read = of(&[(ADVICE_REQUESTED_AT, written), (ADVICE_NOTE, " restarted it\n")]).unwrap();
    assert_eq!((read.written.as_str(), read.note.as_deref()), (written, Some("restarted it")));
    assert_eq!(read.at, written.parse().unwrap());
    assert_eq!(of(&[(ADVICE_REQUESTED_AT, written), (ADVICE_NOTE, " ")]).unwrap().note, None);
    let long = "é".repeat(2_000);
    assert!(of(&[(ADVICE_REQUESTED_AT, written), (ADVICE_NOTE, &long)]).unwrap().note.unwrap().len() <= NOTE_MAX);
    for other in ["", "now", "2026-01-02", &"0".repeat(100)] {
        assert_eq!(of(&[(ADVICE_REQUESTED_AT, other)]), None, "{other}");
    }
    assert_eq!((of(&[(ADVICE_NOTE, "x")]), Request::of(None)), (None, None));
}

#[test]
fn an_answer_that_was_overtaken_before_it_was_told_answers_nobody() {
    let untold = Advice { requested_at: Some(at(12).to_string()), message: None, stale: true, ..answer(13) };
    let mut case = Case { request: Some(request(12, Some("note"))), evidence: "f", ..Case::new(Some(untold)) };
    case.status.severity = Some(Severity::Low);
    assert_eq!((case.present().is_asked(), case.due()), (true, (None, true)));
    // The evidence is as it was.
    case.evidence = "e";
    assert_eq!((case.present().is_asked(), case.due()), (false, (Some(Write::Again), false)));
}
