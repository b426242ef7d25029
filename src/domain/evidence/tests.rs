use super::super::fixtures::{self, failed, http, outcome, read, scenario};
use super::*;
use crate::domain::detail::Cause;
use crate::domain::reading::ErrorKind;
use proptest::prelude::*;
use serde_json::{Value, json};

fn at() -> Timestamp {
    "2026-11-23T12:00:00Z".parse().unwrap()
}

fn snapshot(readings: &[(&str, Reading)], secrets: &[&str]) -> Arc<RunSnapshot> {
    let redactor = Redactor::new(secrets.iter().copied());
    let readings: Vec<(Arc<str>, _)> = readings.iter().map(|(name, reading)| ((*name).into(), reading)).collect();
    let readings = readings.iter().map(|(name, reading)| (name, *reading));
    RunSnapshot::take(readings, || vec!["v.vmid == 1 && v.status == 2"], &redactor, at(), Language::English)
}

fn names(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|n| n.to_string()).collect()
}

fn evidence_of(run: &RunSnapshot, good: Option<&RunSnapshot>, probes: &BTreeSet<String>) -> Evidence {
    evidence(Failing { proof: None, run, last_good: good, probes }, Language::English)
}

fn shown(reading: Reading) -> String {
    snapshot(&[("api", reading)], &[]).excerpts[0].1.render(Language::English)
}

/// The evidence of the only check of a Scenario with one probe, which fails.
fn evidence_of_check(check: Value, reading: Reading, secrets: &[&str]) -> Evidence {
    let scenario = scenario(json!({"probes": [http("api", "a")], "checks": [check]}));
    let redactor = Redactor::new(secrets.iter().copied());
    let settings = &[("IDS", "1,2"), ("FIELD", "state")];
    let evaluation = fixtures::outcomes_with(&scenario, vec![reading.clone()], settings, &redactor);
    let failed = outcome(&evaluation, "c");
    assert_eq!(failed.result, crate::api::CheckOutcome::Fail, "{}", failed.message);
    let run = snapshot(&[("api", reading)], secrets);
    let proof = failed.proof.as_deref();
    evidence(Failing { proof, run: &run, last_good: None, probes: &failed.probes }, Language::English)
}

fn values(evidence: &Evidence) -> Vec<(&str, &str)> {
    evidence.values.iter().map(|read| (read.path.as_str(), read.value.as_str())).collect()
}

#[test]
fn an_excerpt_has_no_headers_and_the_body_only_if_there_is_no_json() {
    let answer =
        json!({"status": 200, "headers": {"set-cookie": "x"}, "body": "{\"a\":1}", "json": {"a": "1", "b": [2]}});
    assert_eq!(
        shown(read(answer)),
        "ok: true\nerror: \"\"\nstatus: 200\nlatencyMs: 5\njson: {\n  \"a\": \"1\",\n  \"b\": [\n    2\n  ]\n}"
    );
    let page = json!({"body": "<p>\n  hi\n</p>\nstatus: 500", "status": 200});
    assert_eq!(shown(read(page)), "ok: true\nerror: \"\"\nstatus: 200\nlatencyMs: 5\nbody: <p> hi </p> status: 500");
    assert_eq!(shown(failed(ErrorKind::Refused)), "ok: false\nerror: refused\ndetail: detail\nlatencyMs: 0");
}

#[test]
fn a_long_list_has_the_fields_that_checks_name() {
    let item = |at: u32| json!({"vmid": at, "status": "running", "token": "hunter2hunter2", "detail": "x".repeat(100)});
    let text = shown(read(json!({"status": 200, "json": {"data": (0..8).map(item).collect::<Vec<_>>()}})));
    for at in 0..8 {
        assert!(text.contains(&format!("{{\"status\":\"running\",\"vmid\":{at}}}")), "{text}");
    }
    assert!(text.trim_end().ends_with("bytes omitted …") && !text.contains("xxx"), "{text}");
    let fields = crate::domain::difference::difference(
        Some(&text.replace("\"running\",\"vmid\":3", "\"stopped\",\"vmid\":3")),
        Some(&text),
        crate::domain::difference::Focus { expression: "v.status", key: "3", show: "" },
    );
    assert_eq!(fields.changed.len(), 1, "{fields:?}");
    assert_eq!(
        (fields.changed[0].good.as_deref(), fields.changed[0].now.as_deref()),
        (Some("stopped"), Some("running"))
    );
}

#[test]
fn a_timeout_has_its_seconds() {
    let timeout = Reading::failed(
        ErrorKind::Timeout,
        Cause::TimedOut(std::time::Duration::from_secs(10)),
        std::time::Duration::from_secs(10),
    );
    assert_eq!(shown(timeout), "ok: false\nerror: timeout\ndetail: timeout after 10 s\nlatencyMs: 10000");
}

#[test]
fn a_long_reading_is_cut_in_the_middle_and_says_how_much_is_left_out() {
    // The longer one is cut when it is read, too, and the evidence has less room than an excerpt.
    for count in [500, 5000] {
        let rows: Vec<Value> = (0..count).map(|i| json!({"id": i, "name": "x".repeat(20)})).collect();
        let whole = serde_json::to_string_pretty(&json!(rows)).unwrap().len();
        let run = snapshot(&[("api", read(json!({"rowCount": count, "rows": rows})))], &[]);
        for text in [run.excerpts[0].1.clone(), run.excerpts[0].1.clone().within(400)] {
            let text = text.render(Language::English);
            let beginning =
                format!("ok: true\nerror: \"\"\nrowCount: {count}\nlatencyMs: 5\nrows: [\n  {{\n    \"id\": 0,\n");
            assert!(text.starts_with(&beginning), "{text}");
            assert!(text.ends_with("xxxx\"\n  }\n]"), "{text}");
            let marks: Vec<&str> = text.lines().filter(|line| line.contains("bytes omitted")).collect();
            let [mark] = marks[..] else { panic!("{text}") };
            let omitted: usize = mark.trim_matches(['…', ' ']).split(' ').next().unwrap().parse().unwrap();
            let left = text.len() - text.find('[').unwrap() - mark.len() - 1;
            assert_eq!(omitted + left, whole, "{text}");
        }
    }
}

#[test]
fn evidence_has_the_failing_and_the_last_good_readings_of_the_probes_of_the_check() {
    let bad = snapshot(&[("a", failed(ErrorKind::Refused)), ("b", read(json!({})))], &[]);
    let good = snapshot(&[("a", read(json!({"status": 200}))), ("b", read(json!({})))], &[]);
    let evidence = evidence_of(&bad, Some(&good), &names(&["a"]));
    let probes =
        |s: &Option<Snapshot>| s.as_ref().unwrap().readings.iter().map(|r| r.probe.clone()).collect::<Vec<_>>();
    assert_eq!((probes(&evidence.failing), probes(&evidence.last_good)), (vec!["a".into()], vec!["a".into()]));
    assert!(!evidence.truncated);
}

#[test]
fn cut_evidence_is_marked_as_truncated() {
    let is_cut = |fields| evidence_of(&snapshot(&[("a", read(fields))], &[]), None, &names(&["a"])).truncated;
    assert!(is_cut(json!({"body": "x".repeat(5000)})));
    assert!(!is_cut(json!({"body": "x"})));
    assert!(is_cut(json!({"json": vec!["y"; 500]})));
}

#[test]
fn evidence_has_the_expression_and_the_values_that_it_read() {
    let check = json!({"name": "c", "expect": "probes.api.status == 200"});
    let evidence = evidence_of_check(check, read(json!({"status": 500})), &[]);
    assert_eq!(evidence.expression.as_deref(), Some("probes.api.status == 200"));
    assert_eq!(values(&evidence), [("probes.api.status", "500")]);
    assert_eq!(evidence.show, None);
}

#[test]
fn values_are_readable_redacted_and_short() {
    let headers: serde_json::Map<_, _> = (0..40).map(|i| (format!("h{i}"), json!("v"))).collect();
    let reading = json!({
        "status": 200, "headers": headers, "body": "x".repeat(9000),
        "json": {"state": "down", "key": "s3cr3t-of-some-length", "rows": vec![7; 900], "at": 1.5},
    });
    let expect = "probes.api.json.state == 'up' || probes.api.json.key == '' || probes.api.json.rows.exists(r, r == 1)
        || probes.api.headers.size() == 1 || probes.api.size() == 1 || probes.api.body == '' || env.IDS == ''
        || has(probes.api.json.nope) || 'x-a' in probes.api.headers || probes.api.json[env.FIELD] == 'up'";
    let check = json!({"name": "c", "expect": expect});
    let evidence = evidence_of_check(check, read(reading), &["s3cr3t-of-some-length"]);
    let text = |path: &str| {
        let found = evidence.values.iter().find(|read| read.path == path);
        found.unwrap_or_else(|| panic!("{path}: {:?}", evidence.values)).value.clone()
    };
    assert_eq!(text("probes.api.json.state"), "\"down\"");
    assert_eq!(text("probes.api.json.key"), "\"***\"");
    assert!(text("probes.api.json.rows").starts_with("900 items: [7,7,"));
    assert!(text("probes.api.json.rows").ends_with(",7,7]"));
    assert_eq!(text("probes.api.headers"), "40 items");
    assert!(text("probes.api.body").len() < 300);
    assert_eq!(text("probes.api.json.nope"), "(no such key: nope)");
    assert_eq!(text("probes.api.headers[\"x-a\"]"), "(no such key)");
    assert_eq!(text("env.IDS"), "\"1,2\"");
    assert_eq!((text("probes.api.json[env.FIELD]"), text("env.FIELD")), ("\"down\"".into(), "\"state\"".into()));
    assert!(evidence.truncated);
}

#[test]
fn what_a_check_shows_comes_first_with_one_field_per_line() {
    let reading = read(json!({"json": {"vms": [{"id": 1, "state": "up"}, {"id": 2, "state": "down"}]}}));
    let check =
        |show: &str| json!({"name": "c", "expect": "probes.api.json.vms.all(v, v.state == 'up')", "show": show});
    let show = |source| evidence_of_check(check(source), reading.clone(), &["topsecret"]).show.unwrap();
    let rows = show("probes.api.json.vms.filter(v, v.state != 'up')");
    assert_eq!(rows, "[\n  {\n    \"id\": 2,\n    \"state\": \"down\"\n  }\n]");
    assert_eq!(show("'one line\\ntwo topsecret lines'"), "one line\ntwo *** lines");
    assert_eq!(show("now - timestamp('2026-11-23T11:00:00Z')"), "\"3600s\"");
    assert_eq!(show("probes.api.json.nope"), "error in `show`: no such key: nope");
    assert!(show("lists.range(1000)").contains("bytes omitted"));
}

#[test]
fn an_error_in_show_changes_no_outcome_and_takes_no_steps_from_checks() {
    let reading = || read(json!({"json": {"list": vec![1; 900]}}));
    let costly = "probes.api.json.list.all(a, probes.api.json.list.all(b, a == b))";
    let checks = |show: &str| {
        let failing = json!({"name": "c", "expect": "probes.api.json.list.size() == 0", "show": show});
        json!([failing, {"name": "d", "expect": "probes.api.json.list.size() == 900"}])
    };
    let scenario = scenario(json!({"probes": [http("api", "a")], "checks": checks(costly)}));
    let evaluation = fixtures::outcomes_within(&scenario, vec![reading()], &[], &Redactor::default(), 50);
    assert_eq!(outcome(&evaluation, "d").result, crate::api::CheckOutcome::Pass);
    let failed = outcome(&evaluation, "c");
    assert_eq!(failed.result, crate::api::CheckOutcome::Fail);
    let show = failed.proof.as_ref().unwrap().show.as_ref().unwrap().render(Language::English);
    assert!(show.starts_with("error in `show`: costs too much"), "{show}");
    assert!(evaluation.too_costly.contains("c"), "{:?}", evaluation.too_costly);
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
            let text = serde_json::to_string(&evidence_of(&run, Some(&run), &names(&["a"]))).unwrap();
            assert!(!text.contains("s3c"), "{before}: {text}");
        }
    }
    let detail =
        Reading::failed(ErrorKind::Protocol, Cause::Foreign(format!("said {secret}")), std::time::Duration::ZERO);
    assert!(!snapshot(&[("a", detail)], &[secret]).excerpts[0].1.render(Language::English).contains("s3c"));
}

#[test]
fn what_all_failures_of_a_run_show_is_bounded() {
    let check = |i: usize| json!({"name": format!("c{i}"), "forEach": "lists.range(100)", "expect": "item < 0", "show": "probes.api.body"});
    let checks: Vec<Value> = (0..12).map(check).collect();
    let scenario = scenario(json!({"probes": [http("api", "a")], "checks": checks}));
    let body = read(json!({"body": "x".repeat(4000)}));
    let evaluation = fixtures::outcomes(&scenario, vec![body]);
    let proofs: Vec<&Proof> = evaluation.list.iter().filter_map(|o| o.proof.as_deref()).collect();
    assert_eq!(proofs.len(), 1200);
    let size: usize = proofs.iter().map(|proof| proof.size()).sum();
    assert!(size < (1 << 20) + 1200 * 600, "{size}");
    let last = proofs[1199];
    assert_eq!((last.show.is_none(), last.values.len(), last.has_more), (true, 0, true));
    let (run, probes) = (snapshot(&[], &[]), names(&[]));
    let failing = Failing { proof: Some(last), run: &run, last_good: None, probes: &probes };
    let evidence = evidence(failing, Language::English);
    assert_eq!((evidence.expression.as_deref(), evidence.truncated), (Some("item < 0"), true));
}

#[test]
fn beside_what_a_check_shows_readings_are_short() {
    let run = snapshot(&[("a", read(json!({"body": "x".repeat(5000), "rows": "y".repeat(5000)})))], &[]);
    let lengths = |show: Option<&str>| {
        let (expression, show) = (Abridged::from("e".to_string()), show.map(|text| Abridged::from(text.to_string())));
        let proof = Proof { show, expression, values: vec![], has_more: false };
        let probes = names(&["a"]);
        let failing = Failing { proof: Some(&proof), run: &run, last_good: Some(&run), probes: &probes };
        let evidence = evidence(failing, Language::English);
        let length = |snapshot: Option<Snapshot>| snapshot.unwrap().readings[0].reading.len();
        (length(evidence.failing), length(evidence.last_good))
    };
    let (failing, last_good) = lengths(None);
    assert!(failing > 700 && failing == last_good, "{failing}, {last_good}");
    let (failing, last_good) = lengths(Some("s"));
    assert!(failing + last_good <= READINGS_SIZE_MAX && failing > last_good, "{failing}, {last_good}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn evidence_is_at_most_4_kib(
        count in 1_usize..=16,
        text in prop_oneof![".{0,40}", "[\"\\\\\n\u{1}é]{0,40}"],
        times in 1_usize..200,
        nested in any::<bool>(),
        values in 0_usize..17,
    ) {
        let text = text.repeat(times);
        let names: Vec<String> = (0..count).map(|i| format!("{:a<61}{i:02}", "")).collect();
        let name = text.chars().take(100).collect::<String>();
        let fields = if nested { json!({"json": {"a": [text]}}) } else { json!({"body": text}) };
        let readings: Vec<_> = names.iter().map(|n| (n.as_str(), read(fields.clone()))).collect();
        let run = snapshot(&readings, &[]);
        let proof = Proof {
            show: (times % 3 > 0).then(|| Abridged::from(text.clone())),
            expression: Abridged::from(text.clone()),
            values: if times % 2 == 0 {
                vec![(name.clone(), Abridged::from(text.clone())); values]
            } else {
                vec![("p".to_string(), Abridged::from("1".to_string())); values]
            },
            has_more: false,
        };
        let probes = names.iter().cloned().collect();
        let failing = Failing { proof: (times % 4 > 0).then_some(&proof), run: &run, last_good: Some(&run), probes: &probes };
        let evidence = evidence(failing, Language::Portuguese);
        let size = serde_json::to_string(&evidence).unwrap().len();
        prop_assert!(size <= EVIDENCE_MAX, "{} bytes of {} readings", size, count);
        prop_assert_eq!(evidence.failing.unwrap().readings.len(), count);
    }
}

#[test]
fn a_secret_where_what_is_looked_at_ends_is_not_shown() {
    let secret = "s3cret-value-of-the-key";
    for before in 0..30 {
        // The beginning of a long text is 32 KiB, and its end 16 KiB.
        let head = format!("{}{secret} and more", " ".repeat((32 << 10) - before));
        for body in [format!("{head}{}", " ".repeat(20 << 10)), format!("{head}{}", " ".repeat((16 << 10) - before))] {
            let snapshot = snapshot(&[("web", read(json!({"body": body})))], &[secret]);
            let shown = snapshot.excerpts[0].1.render(Language::English);
            assert!(!shown.contains("s3c") && !shown.contains("the-key"), "{before}: {shown}");
        }
    }
}
