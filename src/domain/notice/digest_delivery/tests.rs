use super::*;
use jiff::civil::date;

const DATE: Date = date(2026, 11, 26);

/// Every day at 08:00 in São Paulo, which is 11:00 UTC.
fn plan(me: &str) -> Plan {
    let schedule = Schedule::parse("0 8 * * *", "America/Sao_Paulo").unwrap();
    Plan { schedule, recipients: vec!["a@x.br".into(), "b@x.br".into()], domain: "x.br".into(), me: me.into() }
}

fn at(text: &str) -> Timestamp {
    format!("2026-11-{text}Z").parse().unwrap()
}

fn record(notices: Vec<DigestNotice>) -> Record {
    Record { date: DATE, begun_at: at("26T11:00:01"), notices, is_ended: false }
}

fn planned(now: Timestamp) -> Vec<DigestNotice> {
    match plan("me").next(&[record(Vec::new())], None, now) {
        Step::Write(date, notices) if date == DATE => notices,
        other => panic!("{other:?}"),
    }
}

/// The first recipient's notice in another state.
fn with(state: NoticeState, change: impl FnOnce(&mut DigestNotice)) -> Vec<DigestNotice> {
    let mut notices = planned(at("26T11:00:02"));
    notices[0].state = state;
    change(&mut notices[0]);
    notices[1].state = NoticeState::Sent;
    notices
}

fn state_and_reason(notice: &DigestNotice) -> (NoticeState, Option<&str>) {
    (notice.state, notice.reason.as_deref())
}

#[test]
fn a_digest_begins_within_six_hours_of_its_start_once_for_its_date() {
    let ended = Record { is_ended: true, ..record(Vec::new()) };
    let yesterday = Record { date: date(2026, 11, 25), ..ended.clone() };
    let cases = [
        ("before", vec![], None, "26T10:59:59", Step::Wait(at("26T11:00:00"))),
        ("at its start", vec![], None, "26T11:00:00", Step::Create(DATE, at("26T11:00:00"))),
        ("6 h later", vec![], None, "26T17:00:00", Step::Create(DATE, at("26T11:00:00"))),
        ("later", vec![], None, "26T17:00:01", Step::Wait(at("27T11:00:00"))),
        ("after yesterday's", vec![yesterday], None, "26T11:00:00", Step::Create(DATE, at("26T11:00:00"))),
        ("again", vec![ended.clone()], None, "26T11:00:00", Step::Wait(at("27T11:00:00"))),
        ("nothing to tell", vec![], Some(at("26T11:00:00")), "26T11:00:00", Step::Wait(at("27T11:00:00"))),
        (
            "the next day",
            vec![ended],
            Some(at("26T11:00:00")),
            "27T11:00:00",
            Step::Create(date(2026, 11, 27), at("27T11:00:00")),
        ),
    ];
    for (case, records, empty, now, expected) in cases {
        assert_eq!(plan("me").next(&records, empty, at(now)), expected, "{case}");
    }
    let nobody = Plan { recipients: Vec::new(), ..plan("me") };
    assert_eq!(nobody.next(&[], None, at("26T11:00:00")), Step::Wait(Timestamp::MAX));
    // 23:30 of the 25th in São Paulo.
    let late = Plan { schedule: Schedule::parse("30 23 * * *", "America/Sao_Paulo").unwrap(), ..plan("me") };
    assert_eq!(late.next(&[], None, at("26T05:00:00")), Step::Create(date(2026, 11, 25), at("26T02:30:00")));
}

#[test]
fn of_several_starts_on_one_date_the_first_with_something_to_tell_begins_the_digest() {
    let often = Plan { schedule: Schedule::parse("0-59 * * * *", "America/Sao_Paulo").unwrap(), ..plan("me") };
    let empty = Some(at("26T11:00:00"));
    assert_eq!(often.next(&[], empty, at("26T11:00:30")), Step::Wait(at("26T11:01:00")));
    assert_eq!(often.next(&[], empty, at("26T11:01:00")), Step::Create(DATE, at("26T11:01:00")));
    let ended = Record { is_ended: true, ..record(Vec::new()) };
    assert_eq!(often.next(&[ended], empty, at("26T11:01:00")), Step::Wait(at("26T11:02:00")), "once for its date");
}

#[test]
fn a_digest_that_was_restored_without_its_status_is_not_sent_again() {
    let restored = Record { begun_at: at("28T09:00:00"), ..record(Vec::new()) };
    let step = plan("me").next(&[restored], None, at("28T09:00:00"));
    assert_eq!((step, result(&[])), (Step::Write(DATE, Vec::new()), Some("unknown")));
}

#[test]
fn the_message_id_is_that_of_date_and_recipient() {
    let notices = planned(at("26T11:00:02"));
    assert_eq!(notices, planned(at("26T11:00:02")));
    let ids: Vec<_> = planned(at("26T15:00:00")).into_iter().map(|notice| notice.message_id).collect();
    assert_eq!(ids, [notices[0].message_id.clone(), notices[1].message_id.clone()]);
    assert!(ids[0] != ids[1] && ids[0] != message_id(date(2026, 11, 27), "a@x.br", "x.br"), "{ids:?}");
    assert!(ids[0].starts_with("digest-2026-11-26-") && ids[0].ends_with("@x.br"), "{ids:?}");
    assert_eq!(date_of(&action_name(DATE)), Some(DATE));
    assert_eq!((date_of("digest-x"), date_of("run-2026-11-26"), date_of("digest")), (None, None, None));
}

#[test]
fn a_notice_is_claimed_when_its_time_comes_and_no_other_replica_may_be_sending_it() {
    use NoticeState::{Claimed, Planned};
    let soon = at("26T11:10:00");
    let claimed_by = |by: &str, until: Timestamp| {
        let by = by.to_string();
        with(Claimed, move |notice| {
            notice.claimed_by = Some(by);
            notice.claimed_until = Some(Time(until));
            notice.attempts = 1;
        })
    };
    let cases = [
        ("new", with(Planned, |_| {}), None),
        ("to be tried later", with(Planned, |notice| notice.next_attempt_at = Some(Time(soon))), Some(soon)),
        ("to be tried now", with(Planned, |notice| notice.next_attempt_at = Some(Time(at("26T11:05:00")))), None),
        ("claimed by another", claimed_by("other", soon), Some(soon)),
        ("left by another", claimed_by("other", at("26T11:05:00")), None),
        ("own, whose write was not answered", claimed_by("me", soon), None),
    ];
    for (case, notices, wait) in cases {
        match plan("me").next(&[record(notices)], None, at("26T11:05:00")) {
            Step::Wait(until) => assert_eq!(Some(until), wait, "{case}"),
            Step::Claim(_, notices, claim) => {
                assert_eq!((wait, claim.recipient.as_str()), (None, "a@x.br"), "{case}");
                assert_eq!((notices[0].state, notices[0].claimed_by.as_deref()), (Claimed, Some("me")), "{case}");
                assert!(notices[0].attempts >= 1 && claim.until == at("26T11:07:00"), "{case}");
            }
            other => panic!("{case}: {other:?}"),
        }
    }
}

#[test]
fn what_is_not_sent_any_more_has_its_reason() {
    use NoticeState::{Claimed, Failed, Planned, Suppressed};
    let write = |plan: &Plan, records: &[Record], now| match plan.next(records, None, at(now)) {
        Step::Write(_, notices) => notices[0].clone(),
        other => panic!("{other:?}"),
    };
    let waiting = with(Planned, |notice| {
        notice.next_attempt_at = Some(Time(at("27T11:20:00")));
        notice.message = Some("451 later".into());
    });
    let given_up = write(&plan("me"), &[record(waiting.clone())], "27T11:00:01");
    assert_eq!(state_and_reason(&given_up), (Failed, Some(REASON_GAVE_UP)));
    assert_eq!((given_up.message.as_deref(), given_up.next_attempt_at), (Some("451 later"), None));
    let next_day = Record { date: date(2026, 11, 27), is_ended: true, ..record(Vec::new()) };
    let superseded = write(&plan("me"), &[record(waiting.clone()), next_day.clone()], "27T11:00:00");
    assert_eq!(state_and_reason(&superseded), (Suppressed, Some(REASON_SUPERSEDED)));
    let other = Plan { recipients: vec!["b@x.br".into()], ..plan("me") };
    let removed = write(&other, &[record(waiting)], "26T12:00:00");
    assert_eq!(state_and_reason(&removed), (Suppressed, Some(REASON_NO_RECIPIENT)));
    // What another replica may be sending is left to it, and a date to come supersedes nothing.
    let sending = with(Claimed, |notice| {
        notice.claimed_by = Some("other".into());
        notice.claimed_until = Some(Time(at("27T11:01:00")));
    });
    assert_eq!(plan("me").next(&[record(sending), next_day], None, at("27T11:00:00")), Step::Wait(at("27T11:01:00")));
    let far = Record { date: date(9999, 12, 31), is_ended: true, ..record(Vec::new()) };
    let claimed = plan("me").next(&[record(with(Planned, |_| {})), far], None, at("26T11:05:00"));
    assert!(matches!(claimed, Step::Claim(..)), "{claimed:?}");
}

#[test]
fn what_came_of_an_attempt_is_recorded() {
    use NoticeState::{Failed, Planned, Sent, Suppressed};
    let Step::Claim(_, claimed, claim) = plan("me").next(&[record(with(Planned, |_| {}))], None, at("26T11:05:00"))
    else {
        panic!()
    };
    let claim = claim.written();
    let text = || "answer".to_string();
    let again = Some(at("26T11:07:00"));
    let cases = [
        (Some(Delivery::Accepted(text())), Sent, None, None),
        (Some(Delivery::Refused(text())), Failed, Some(REASON_REFUSED), None),
        (Some(Delivery::NotNow(text())), Planned, Some(REASON_RETRYING), again),
        (Some(Delivery::Uncertain(text())), Planned, Some(REASON_UNCERTAIN), again),
        (None, Suppressed, Some(REASON_RESOLVED_BEFORE_SENT), None),
    ];
    for (delivery, state, reason, again) in cases {
        let recorded = claim.recorded(&claimed, delivery.as_ref(), at("26T11:06:00"));
        assert_eq!(state_and_reason(&recorded[0]), (state, reason), "{delivery:?}");
        assert_eq!(recorded[0].next_attempt_at.as_ref().map(|at| at.0), again, "{delivery:?}");
        assert_eq!((&recorded[0].claimed_by, &recorded[0].claimed_until), (&None, &None), "{delivery:?}");
        assert_eq!(recorded[0].message.is_some(), delivery.is_some(), "{delivery:?}");
        assert_eq!(recorded[1], claimed[1], "the other recipient");
        // Another replica has claimed it meanwhile.
        let mut taken_over = claimed.clone();
        taken_over[0].claimed_by = Some("other".into());
        let recorded = claim.recorded(&taken_over, delivery.as_ref(), at("26T11:06:00"));
        assert_eq!(recorded[0].state == Sent, matches!(delivery, Some(Delivery::Accepted(_))), "{delivery:?}");
        assert!(recorded[0].state == Sent || recorded == taken_over, "{delivery:?}");
    }
}

#[test]
fn pauses_grow_to_half_an_hour_and_a_digest_that_reached_nobody_failed() {
    let minutes: Vec<_> = [1, 2, 3, 5, 6, 200].map(|attempts| pause(attempts).as_mins()).to_vec();
    assert_eq!(minutes, [1, 2, 4, 16, 30, 30]);
    let of = |first, second| {
        let mut notices = with(first, |_| {});
        notices[1].state = second;
        result(&notices)
    };
    use NoticeState::{Claimed, Failed, Planned, Sent, Suppressed};
    assert_eq!((of(Sent, Planned), of(Claimed, Sent)), (None, None));
    assert_eq!(
        (of(Sent, Failed), of(Failed, Failed), of(Failed, Suppressed)),
        (Some("done"), Some("failed"), Some("failed"))
    );
    assert_eq!((of(Sent, Sent), of(Suppressed, Suppressed)), (Some("done"), Some("done")));
}
