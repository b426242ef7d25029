use super::super::fixtures::*;
use super::*;
use crate::domain::redact::Redactor;
use crate::domain::streak::Thresholds;
use proptest::prelude::*;
use serde_json::json;

const ONE: Thresholds = Thresholds { fail: 1, recover: 1 };
const HOUR: i64 = 3600;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + second).unwrap()
}

fn limits(findings_per_check: usize, new_keys_per_hour: usize) -> KeyLimits {
    KeyLimits { findings_per_check, new_keys_per_hour }
}

fn open(created: i64) -> KeptKey {
    KeptKey { created_at: Some(at(created)), resolved_at: None }
}

fn resolved(created: i64, since: i64) -> KeptKey {
    KeptKey { created_at: Some(at(created)), resolved_at: Some(at(since)) }
}

const TO_CREATE: KeptKey = KeptKey { created_at: None, resolved_at: None };

fn kept(keys: &[(&str, KeptKey)]) -> KeptKeys {
    keys.iter().map(|(key, kept)| (key.to_string(), *kept)).collect()
}

/// The surplus keys after a first run in which these items fail, at second 0.
fn surplus(failing: &str, kept: &KeptKeys, limits: KeyLimits) -> (Vec<String>, Option<KeyLimit>) {
    surplus_after(failing, kept, 0, limits)
}

/// The same where so many Findings were created within the last hour and removed since.
fn surplus_after(
    failing: &str,
    kept: &KeptKeys,
    removed_new: usize,
    limits: KeyLimits,
) -> (Vec<String>, Option<KeyLimit>) {
    let checks = json!([{"name": "vm", "forEach": "env.IDS.split(',')", "expect": "item.startsWith('ok')"}]);
    let scenario = scenario(json!({"probes": [http("api", "a")], "checks": checks}));
    let reading = read(json!({"status": 200}));
    let outcomes = outcomes_with(&scenario, vec![reading], &[("IDS", failing)], &Redactor::default());
    let mut streaks = Streaks::default();
    streaks.observe(&outcomes, ONE);
    let surplus =
        SurplusKeys::after(&outcomes, &streaks, |_| CheckFindings { kept: kept.clone(), removed_new }, limits, at(0));
    let of_check = surplus.by_check["vm"].clone();
    (of_check.keys, of_check.reached)
}

#[test]
fn further_failing_keys_than_there_is_room_for_are_surplus() {
    use KeyLimit::{FindingsPerCheck, NewKeysPerHour};
    let (old, none) = (-2 * HOUR, kept(&[]));
    for (name, failing, kept, limits, expected, reached) in [
        ("room for all", "a,b,ok", none.clone(), limits(2, 2), "", None),
        ("no room", "a,b,c", none.clone(), limits(2, 9), "c", Some(FindingsPerCheck)),
        ("too many new ones", "a,b,c", none.clone(), limits(9, 2), "c", Some(NewKeysPerHour)),
        ("what passes is not counted", "ok1,a,ok2,b", none, limits(9, 1), "b", Some(NewKeysPerHour)),
        ("a key with a Finding is not new", "a,b", kept(&[("a", open(old))]), limits(2, 1), "", None),
        (
            "new ones of the last hour count",
            "b,c",
            kept(&[("a", open(-HOUR + 1))]),
            limits(9, 2),
            "c",
            Some(NewKeysPerHour),
        ),
        ("those of the hour before do not", "b,c", kept(&[("a", open(-HOUR))]), limits(9, 2), "", None),
        ("what is to be created counts", "b,c", kept(&[("a", TO_CREATE)]), limits(2, 9), "c", Some(FindingsPerCheck)),
        ("and is new", "b,c", kept(&[("a", TO_CREATE)]), limits(9, 2), "c", Some(NewKeysPerHour)),
        (
            "resolved ones make room",
            "b,c",
            kept(&[("a", resolved(old, old))]),
            limits(1, 9),
            "c",
            Some(FindingsPerCheck),
        ),
        (
            "but not those that are opened again",
            "a,b",
            kept(&[("a", resolved(old, old))]),
            limits(1, 9),
            "b",
            Some(FindingsPerCheck),
        ),
        ("nor new ones", "b", kept(&[("a", resolved(-10, -5))]), limits(1, 9), "b", Some(FindingsPerCheck)),
        (
            "a lowered limit closes nothing",
            "a,b,c",
            kept(&[("a", open(old)), ("b", open(old))]),
            limits(1, 9),
            "c",
            Some(FindingsPerCheck),
        ),
    ] {
        let expected = expected.split(',').filter(|key| !key.is_empty()).map(String::from).collect::<Vec<_>>();
        assert_eq!(surplus(failing, &kept, limits), (expected, reached), "{name}");
    }
}

#[test]
fn what_was_new_and_is_removed_counts_as_new() {
    let surplus = |removed| surplus_after("a,b", &kept(&[]), removed, limits(9, 3)).0;
    assert_eq!([1, 2, 3].map(surplus), [vec![], vec!["b".to_string()], vec!["a".to_string(), "b".to_string()]]);
}

#[test]
fn the_oldest_resolved_findings_are_removed_and_nothing_else() {
    let old = -9 * HOUR;
    let kept = kept(&[
        ("acknowledged", open(old)),
        ("newest", resolved(old, -10)),
        ("oldest", resolved(old, -30)),
        ("middle", resolved(old, -20)),
        ("new", resolved(-100, -40)),
        ("pending", TO_CREATE),
    ]);
    for (most, expected) in [
        (6, vec![]),
        (5, vec!["oldest"]),
        (4, vec!["oldest", "middle"]),
        (3, vec!["oldest", "middle", "newest"]),
        (0, vec!["oldest", "middle", "newest"]),
    ] {
        assert_eq!(to_remove(&kept, most, at(0)), expected, "at most {most}");
    }
}

proptest! {
    /// Whatever exists and fails: once the new Findings are created and the removals done, there are no more than before or than the
    /// limit, and no more new ones than within an hour.
    #[test]
    fn the_limits_hold_after_any_run(
        existing in proptest::collection::btree_map("[a-f]", (-7200..0_i64, proptest::bool::ANY), 0..6),
        failing in proptest::collection::btree_set("[a-k]", 1..11),
        most in 0..8_usize,
        hourly in 0..8_usize,
    ) {
        let mut kept: KeptKeys = existing
            .iter()
            .map(|(key, (created, is_open))| (key.clone(), if *is_open { open(*created) } else { resolved(*created, *created) }))
            .collect();
        let before = kept.len();
        let was_new = kept.values().filter(|kept| kept.is_new(at(0))).count();
        let list = failing.iter().cloned().collect::<Vec<_>>().join(",");
        let (surplus, _) = surplus(&list, &kept, limits(most, hourly));
        for key in failing.iter().filter(|key| !surplus.contains(key)) {
            let created_at = kept.get(key).and_then(|kept| kept.created_at);
            kept.insert(key.clone(), KeptKey { created_at, resolved_at: None });
        }
        let removed: Vec<String> = to_remove(&kept, most, at(0)).into_iter().map(String::from).collect();
        for key in &removed {
            prop_assert!(!failing.contains(key), "{key} fails");
            kept.remove(key);
        }
        let is_new_now = kept.values().filter(|kept| kept.is_new(at(0))).count();
        prop_assert!(kept.len() <= most.max(before), "{} Findings", kept.len());
        prop_assert!(is_new_now <= hourly.max(was_new), "{is_new_now} new ones");
        for key in &surplus {
            prop_assert!(!existing.contains_key(key), "{key} has a Finding");
        }
    }
}
