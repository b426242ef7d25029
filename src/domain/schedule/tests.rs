use super::*;
use proptest::prelude::*;

const MINUTE: Duration = Duration::from_secs(60);

#[test]
fn ten_thousand_scenarios_all_run_first_within_five_seconds() {
    for i in 0..10_000 {
        let delay = first_delay(&format!("s{i}"), 10_000, MINUTE);
        assert!(delay <= Duration::from_secs(4), "{delay:?}");
    }
}

#[test]
fn nine_scenarios_all_run_first_within_half_a_second() {
    for i in 0..9 {
        assert!(first_delay(&format!("s{i}"), 9, MINUTE) <= Duration::from_millis(500));
    }
}

#[test]
fn first_runs_are_spread_out_and_not_all_at_once() {
    let mut tenths = [0; 10];
    for i in 0..10_000 {
        let share = first_delay(&format!("s{i}"), 10_000, MINUTE).as_secs_f64() / 4.0;
        tenths[((share * 10.0) as usize).min(9)] += 1;
    }
    assert!(tenths.iter().all(|n| (850..1150).contains(n)), "{tenths:?}");
}

#[test]
fn while_a_threshold_is_counted_the_next_run_comes_sooner() {
    let confirm = Duration::from_secs(30);
    assert_eq!(next_delay(MINUTE * 10, confirm, true), confirm);
    assert_eq!(next_delay(MINUTE * 10, confirm, false), MINUTE * 10);
    assert_eq!(next_delay(Duration::from_secs(5), confirm, true), Duration::from_secs(5), "never later than usual");
}

proptest! {
    #[test]
    fn a_second_run_keeps_a_place_of_its_own_within_the_interval(name in "[a-z.]{1,20}", secs in 1_u64..86_400) {
        let interval = Duration::from_secs(secs);
        let delay = second_delay(&name, interval);
        prop_assert!(delay <= interval && delay >= interval.mul_f64(0.09));
        prop_assert_eq!(delay, second_delay(&name, interval), "the same at every start");
    }

    #[test]
    fn a_first_run_is_never_later_than_the_interval(name in "[a-z.]{1,20}", total in any::<usize>(), secs in 1_u64..86_400) {
        prop_assert!(first_delay(&name, total, Duration::from_secs(secs)) <= Duration::from_secs(secs.min(5)));
    }
}
