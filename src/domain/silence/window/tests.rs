use super::*;
use proptest::prelude::*;

const HOUR: SignedDuration = SignedDuration::from_hours(1);

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn recurring(cron: &str, zone: &str, length: SignedDuration, from: &str) -> Times {
    Times::recurring(Schedule::parse(cron, zone).unwrap(), length, at(from))
}

/// `true 2026-01-01T00:00:00Z 2026-01-01T01:00:00Z`, with a dash where there is none.
fn shown(window: Window) -> String {
    let text = |at: Option<Timestamp>| at.map_or("-".to_string(), |at| at.to_string());
    format!("{} {} {}", window.active, text(window.start), text(window.end))
}

#[test]
fn a_silence_with_an_end_is_active_from_its_start_until_its_end() {
    let times = Times::once(at("2026-01-01T10:00:00Z"), at("2026-01-01T12:00:00Z"));
    let whole = "2026-01-01T10:00:00Z 2026-01-01T12:00:00Z";
    for (now, window, next) in [
        ("2026-01-01T09:59:59Z", format!("false {whole}"), Some("2026-01-01T10:00:00Z")),
        ("2026-01-01T10:00:00Z", format!("true {whole}"), Some("2026-01-01T12:00:00Z")),
        ("2026-01-01T11:59:59Z", format!("true {whole}"), Some("2026-01-01T12:00:00Z")),
        ("2026-01-01T12:00:00Z", "false - -".into(), None),
        ("2027-01-01T12:00:00Z", "false - -".into(), None),
    ] {
        assert_eq!(shown(times.window(at(now))), window, "{now}");
        assert_eq!(times.next_change(at(now)), next.map(at), "{now}");
    }
    // It was over when it was created.
    let over = Times::once(at("2026-01-02T00:00:00Z"), at("2026-01-01T00:00:00Z"));
    for now in ["2025-01-01T00:00:00Z", "2026-01-01T12:00:00Z", "2026-01-03T00:00:00Z"] {
        assert_eq!((shown(over.window(at(now))), over.next_change(at(now))), ("false - -".into(), None), "{now}");
        assert!(!over.is_active(at(now)), "{now}");
    }
}

#[test]
fn a_recurring_silence_is_active_from_each_start_that_is_not_before_its_own() {
    let weekly = recurring("0 3 * * SUN", "America/Sao_Paulo", HOUR * 2, "2026-11-01T06:00:00Z");
    let second = "2026-11-08T06:00:00Z 2026-11-08T08:00:00Z";
    for (now, window, next) in [
        ("2026-10-25T07:00:00Z", "false 2026-11-01T06:00:00Z 2026-11-01T08:00:00Z", "2026-11-01T06:00:00Z"),
        ("2026-11-01T06:00:00Z", "true 2026-11-01T06:00:00Z 2026-11-01T08:00:00Z", "2026-11-01T08:00:00Z"),
        ("2026-11-01T08:00:00Z", &format!("false {second}"), "2026-11-08T06:00:00Z"),
        ("2026-11-08T07:59:59Z", &format!("true {second}"), "2026-11-08T08:00:00Z"),
    ] {
        assert_eq!(
            (shown(weekly.window(at(now))).as_str(), weekly.next_change(at(now))),
            (window, Some(at(next))),
            "{now}"
        );
    }
    // It was made while an occurrence would have been running: that one does not count.
    let later = recurring("0 3 * * SUN", "America/Sao_Paulo", HOUR * 2, "2026-11-01T06:00:01Z");
    assert_eq!(shown(later.window(at("2026-11-01T07:00:00Z"))), format!("false {second}"));
    // The next 30 February never comes.
    let never = recurring("0 3 30 2 *", "UTC", HOUR, "2026-01-01T00:00:00Z");
    assert_eq!(shown(never.window(at("2026-01-01T00:00:00Z"))), "false - -");
    assert_eq!(never.next_change(at("2026-01-01T00:00:00Z")), None);
}

#[test]
fn occurrences_that_overlap_or_touch_are_one_time() {
    let overlapping = recurring("0 3,4 * * *", "UTC", HOUR * 2, "2026-01-01T00:00:00Z");
    let touching = recurring("0 3,4 * * *", "UTC", HOUR, "2026-01-01T00:00:00Z");
    for now in ["2026-01-02T03:00:00Z", "2026-01-02T03:59:59Z", "2026-01-02T04:00:00Z", "2026-01-02T04:59:59Z"] {
        let expected = "true 2026-01-02T03:00:00Z 2026-01-02T06:00:00Z";
        assert_eq!(shown(overlapping.window(at(now))), expected, "{now}");
        let expected = "true 2026-01-02T03:00:00Z 2026-01-02T05:00:00Z";
        assert_eq!(shown(touching.window(at(now))), expected, "{now}");
    }
    assert_eq!(
        shown(overlapping.window(at("2026-01-02T06:00:00Z"))),
        "false 2026-01-03T03:00:00Z 2026-01-03T06:00:00Z"
    );
}

#[test]
fn one_that_lasts_longer_than_its_period_stays_active() {
    let from = "2026-01-01T00:00:00Z";
    for (cron, length) in [("0 3 * * *", HOUR * 25), ("0 3 * * *", HOUR * 24), ("* * * * *", HOUR * 700)] {
        let times = recurring(cron, "UTC", length, from);
        let now = at("2026-06-01T12:00:00Z");
        let window = times.window(now);
        assert!(window.active && window.end.is_none(), "{cron}: {window:?}");
        assert!(times.next_change(now).is_some_and(|next| next > now), "{cron}");
        // The same at any time, so that a status is written once.
        assert_eq!(times.window(at("2026-06-15T12:00:00Z")), window, "{cron}");
    }
}

#[test]
fn clock_changes_move_the_start_and_not_the_length() {
    // New York: 02:00 becomes 03:00 on 8 March 2026, and 02:00 becomes 01:00 on 1 November.
    let daily = |cron| recurring(cron, "America/New_York", HOUR * 2, "2026-01-01T00:00:00Z");
    for (cron, now, window) in [
        ("0 4 * * *", "2026-03-07T08:00:00Z", "false 2026-03-07T09:00:00Z 2026-03-07T11:00:00Z"),
        ("0 4 * * *", "2026-03-08T07:59:59Z", "false 2026-03-08T08:00:00Z 2026-03-08T10:00:00Z"),
        ("0 4 * * *", "2026-03-08T08:00:00Z", "true 2026-03-08T08:00:00Z 2026-03-08T10:00:00Z"),
        // It runs over the change, in both directions.
        ("0 1 * * *", "2026-03-08T07:30:00Z", "true 2026-03-08T06:00:00Z 2026-03-08T08:00:00Z"),
        ("0 0 * * *", "2026-11-01T05:30:00Z", "true 2026-11-01T04:00:00Z 2026-11-01T06:00:00Z"),
        // A local time that does not exist is taken at the change.
        ("30 2 * * *", "2026-03-08T06:00:00Z", "false 2026-03-08T07:00:00Z 2026-03-08T09:00:00Z"),
        // One that exists twice is taken once.
        ("30 1 * * *", "2026-11-01T05:00:00Z", "false 2026-11-01T05:30:00Z 2026-11-01T07:30:00Z"),
        ("30 1 * * *", "2026-11-01T07:30:00Z", "false 2026-11-02T06:30:00Z 2026-11-02T08:30:00Z"),
    ] {
        assert_eq!(shown(daily(cron).window(at(now))), window, "{cron} at {now}");
    }
    // Sao Paulo: until 2019, midnight became 01:00 on the first day of summer time.
    let daily = recurring("0 0 * * *", "America/Sao_Paulo", HOUR, "2018-01-01T00:00:00Z");
    let window = daily.window(at("2018-11-04T02:59:59Z"));
    assert_eq!(shown(window), "false 2018-11-04T03:00:00Z 2018-11-04T04:00:00Z");
    assert_eq!(shown(daily.window(at("2018-11-04T04:00:00Z"))), "false 2018-11-05T02:00:00Z 2018-11-05T03:00:00Z");
}

/// Whether an occurrence covers `now`, by going through all starts from two lengths before.
fn is_covered(times: &Times, now: Timestamp) -> bool {
    let Times::Recurring { schedule, length, from } = times else { unreachable!() };
    let mut at = now - *length * 2;
    while let Some(start) = schedule.next(at).filter(|start| *start <= now) {
        if start >= *from && now < start + *length {
            return true;
        }
        at = start;
    }
    false
}

proptest! {
    /// Over years with clock changes: active exactly in the occurrences; the window of any time in it is the same; it changes at
    /// the next change and nowhere before.
    #[test]
    fn a_window_holds_until_the_next_change(
        cron in prop::sample::select(vec![
            "0 3 * * SUN", "30 2 * * *", "30 1 * * *", "0 0 * * *", "*/20 1-3 * * *", "0 */5 * * *", "15 2 1 * *", "0 22 * * FRI",
        ]),
        zone in prop::sample::select(vec!["America/New_York", "America/Sao_Paulo", "Europe/Lisbon", "Australia/Lord_Howe"]),
        minutes in 1_i64..3000,
        // Around the clock changes of 2018, and at any time of three years.
        now in prop_oneof![1_514_764_800_i64..1_609_459_200, 1_541_210_400_i64..1_541_382_000, 1_520_700_000_i64..1_520_900_000],
        steps in prop::collection::vec(0_i64..86_400, 1..8),
    ) {
        let times = recurring(cron, zone, SignedDuration::from_mins(minutes), "2018-01-02T00:00:00Z");
        let now = Timestamp::from_second(now).unwrap();
        let window = times.window(now);
        prop_assert_eq!(window.active, is_covered(&times, now));
        prop_assert_eq!(window.active, times.is_active(now));
        prop_assert_eq!(window.active, window.start.is_some_and(|start| start <= now));
        prop_assert!(window.end.is_none_or(|end| end > now));
        let next = times.next_change(now).unwrap();
        prop_assert!(next > now);
        // Of many occurrences that follow each other only the nearest are joined, whose number is not that of another day.
        let is_near = window.end.is_some() && window.start.is_none_or(|start| start > now - SignedDuration::from_mins(minutes) * 30);
        for step in steps {
            let then = now + SignedDuration::from_secs(step);
            if then < next {
                prop_assert_eq!(times.window(then).active, window.active, "at {}", then);
                prop_assert!(!is_near || times.window(then) == window, "at {}: {:?}", then, times.window(then));
            }
        }
        if window.end.is_some() {
            prop_assert_eq!(times.window(next).active, !window.active, "at {}", next);
            prop_assert_eq!(Some(next), if window.active { window.end } else { window.start });
        }
    }
}
