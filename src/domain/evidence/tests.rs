use super::super::fixtures::{failed, read};
use super::*;
use crate::domain::detail::Cause;
use crate::domain::reading::ErrorKind;
use proptest::prelude::*;
use serde_json::json;

fn at() -> Timestamp {
    "2026-11-23T12:00:00Z".parse().unwrap()
}

fn snapshot(readings: &[(&str, Reading)], secrets: &[&str]) -> Arc<RunSnapshot> {
    let redactor = Redactor::new(secrets.iter().copied());
    RunSnapshot::take(readings.iter().map(|(name, reading)| (*name, reading)), &redactor, at(), Language::English)
}

fn names(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|n| n.to_string()).collect()
}

#[test]
fn an_excerpt_has_no_headers_and_the_body_only_if_there_is_no_json() {
    let shown = |reading| snapshot(&[("api", reading)], &[]).excerpts[0].text.clone();
    let answer = json!({"status": 200, "headers": {"set-cookie": "x"}, "body": "{\"a\":1}", "json": {"a": "1"}});
    assert_eq!(shown(read(answer)), "status: 200\nlatencyMs: 5\njson: {\"a\":\"1\"}");
    let page = json!({"body": "<p>\n  hi\n</p>\nstatus: 500", "status": 200});
    assert_eq!(shown(read(page)), "status: 200\nlatencyMs: 5\nbody: <p> hi </p> status: 500");
    assert_eq!(shown(failed(ErrorKind::Refused)), "error: refused\ndetail: detail\nlatencyMs: 0");
}

#[test]
fn evidence_has_the_failing_and_the_last_good_readings_of_the_probes_of_the_check() {
    let bad = snapshot(&[("a", failed(ErrorKind::Refused)), ("b", read(json!({})))], &[]);
    let good = snapshot(&[("a", read(json!({"status": 200}))), ("b", read(json!({})))], &[]);
    let evidence = evidence(&bad, Some(&good), &names(&["a"]));
    let probes =
        |s: &Option<Snapshot>| s.as_ref().unwrap().readings.iter().map(|r| r.probe.clone()).collect::<Vec<_>>();
    assert_eq!((probes(&evidence.failing), probes(&evidence.last_good)), (vec!["a".into()], vec!["a".into()]));
    assert!(!evidence.truncated);
}

#[test]
fn cut_evidence_is_marked_as_truncated() {
    let long = snapshot(&[("a", read(json!({"body": "x".repeat(5000)})))], &[]);
    assert!(evidence(&long, None, &names(&["a"])).truncated);
    let short = snapshot(&[("a", read(json!({"body": "x"})))], &[]);
    assert!(!evidence(&short, None, &names(&["a"])).truncated);
    let structure = snapshot(&[("a", read(json!({"json": vec!["y"; 500]})))], &[]);
    assert!(evidence(&structure, None, &names(&["a"])).truncated);
}

#[test]
fn no_evidence_contains_a_secret_or_part_of_one_where_it_is_cut() {
    let secret = "s3cr3t-of-some-length";
    for before in (0..1100).step_by(7) {
        let text = format!("{}{secret}{}", "x".repeat(before), "y".repeat(2000));
        for fields in [
            json!({"body": text}),
            json!({"json": {"a": text}}),
            json!({"json": [[text]]}),
            json!({"rows": [{"k": text}]}),
        ] {
            let run = snapshot(&[("a", read(fields))], &[secret]);
            let text = serde_json::to_string(&evidence(&run, Some(&run), &names(&["a"]))).unwrap();
            assert!(!text.contains("s3c"), "{before}: {text}");
        }
    }
    let detail =
        Reading::failed(ErrorKind::Protocol, Cause::Foreign(format!("said {secret}")), std::time::Duration::ZERO);
    assert!(!snapshot(&[("a", detail)], &[secret]).excerpts[0].text.contains("s3c"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn evidence_is_at_most_4_kib(
        count in 1_usize..=16,
        text in prop_oneof![".{0,40}", "[\"\\\\\n\u{1}é]{0,40}"],
        times in 1_usize..200,
        nested in any::<bool>(),
    ) {
        let text = text.repeat(times);
        let names: Vec<String> = (0..count).map(|i| format!("{:a<61}{i:02}", "")).collect();
        let fields = if nested { json!({"json": {"a": [text]}}) } else { json!({"body": text}) };
        let readings: Vec<_> = names.iter().map(|n| (n.as_str(), read(fields.clone()))).collect();
        let run = snapshot(&readings, &[]);
        let evidence = evidence(&run, Some(&run), &names.iter().cloned().collect());
        let size = serde_json::to_string(&evidence).unwrap().len();
        prop_assert!(size <= EVIDENCE_MAX, "{} bytes of {} readings", size, count);
        prop_assert_eq!(evidence.failing.unwrap().readings.len(), count);
    }
}

#[test]
fn a_secret_at_the_end_of_what_is_looked_at_is_not_shown() {
    let secret = "s3cret-value-of-the-key";
    for before in 0..30 {
        let body = format!("{}{secret} and more", " ".repeat(HEAD_MAX - before));
        let snapshot = snapshot(&[("web", read(json!({"body": body})))], &[secret]);
        let shown = &snapshot.excerpts[0];
        assert!(!shown.text.contains("s3c") && shown.cut, "{before}: {}", shown.text);
    }
}
