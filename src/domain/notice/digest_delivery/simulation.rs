//! Two replicas of which each can end or be interrupted between any two steps, over one Action that is written with its version.

use super::*;
use jiff::civil::date;
use proptest::prelude::*;
use std::collections::BTreeMap;

const DATE: Date = date(2026, 11, 26);

/// What happens next.
#[derive(Clone, Copy, Debug)]
enum Happens {
    /// A replica does its next step; a server that it sends to answers so.
    Works(usize, Answer),
    /// A replica does its next write, and gets no answer.
    GetsNoAnswer(usize),
    /// A replica ends, and another process takes its place.
    Ends(usize),
    /// Seconds pass.
    Passes(i64),
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Answer {
    Accepts,
    Refuses,
    IsAway,
    /// It accepts the message, and the connection is lost.
    IsLost,
}

#[derive(Default)]
enum Phase {
    #[default]
    Idle,
    /// It has read the Action at a version, and decided.
    Decided(u64, Step),
    /// It may send.
    Claimed(Claimed),
    /// It has sent.
    Answered(Claimed, Delivery),
}

struct World {
    now: Timestamp,
    stored: Option<Record>,
    version: u64,
    replicas: [(Plan, Phase); 2],
    processes: usize,
    /// How often the server accepted each Message-ID.
    accepted: BTreeMap<String, usize>,
    refused: bool,
    /// Something happened after which a message may be repeated.
    disturbed: bool,
}

fn plan(process: usize) -> Plan {
    let schedule = Schedule::parse("0 8 * * *", "America/Sao_Paulo").unwrap();
    let recipients = vec!["a@x.br".into(), "b@x.br".into()];
    Plan { schedule, recipients, domain: "x.br".into(), me: format!("process-{process}") }
}

impl World {
    fn new() -> World {
        World {
            now: "2026-11-26T11:00:00Z".parse().unwrap(),
            stored: None,
            version: 1,
            replicas: [(plan(0), Phase::Idle), (plan(1), Phase::Idle)],
            processes: 2,
            accepted: BTreeMap::new(),
            refused: false,
            disturbed: false,
        }
    }

    fn happens(&mut self, what: Happens) {
        match what {
            Happens::Works(replica, answer) => self.works(replica, answer, true),
            Happens::GetsNoAnswer(replica) => self.works(replica, Answer::IsLost, false),
            Happens::Ends(replica) => {
                self.disturbed |= !matches!(self.replicas[replica].1, Phase::Idle | Phase::Decided(..));
                self.replicas[replica] = (plan(self.processes), Phase::Idle);
                self.processes += 1;
            }
            Happens::Passes(seconds) => self.now += SignedDuration::from_secs(seconds),
        }
    }

    fn works(&mut self, replica: usize, answer: Answer, is_answered: bool) {
        let phase = std::mem::take(&mut self.replicas[replica].1);
        let next = match phase {
            Phase::Idle => {
                let records: Vec<_> = self.stored.iter().cloned().collect();
                Phase::Decided(self.version, self.replicas[replica].0.next(&records, None, self.now))
            }
            Phase::Decided(version, step) => self.writes(version, step, is_answered),
            Phase::Claimed(claimed) => {
                // The claim may be over, where the process was interrupted.
                self.disturbed |= self.now >= claimed.until();
                let delivery = self.receives(&claimed, answer);
                Phase::Answered(claimed, delivery)
            }
            Phase::Answered(claimed, delivery) => {
                let now = self.now;
                self.disturbed |= now >= claimed.until();
                let stored = self.stored.as_mut().unwrap();
                stored.notices = claimed.recorded(&stored.notices, Some(&delivery), now);
                stored.is_ended = result(&stored.notices).is_some();
                self.version += 1;
                Phase::Idle
            }
        };
        self.replicas[replica].1 = next;
    }

    fn writes(&mut self, version: u64, step: Step, is_answered: bool) -> Phase {
        let is_current = version == self.version;
        match step {
            Step::Create(date, _) if self.stored.is_none() => {
                self.stored = Some(Record { date, begun_at: self.now, notices: Vec::new(), is_ended: false });
                self.version += 1;
            }
            Step::Write(_, notices) if is_current => self.stores(notices),
            Step::Claim(_, notices, claim) if is_current => {
                self.stores(notices);
                let claimed = claim.written();
                assert!(!self.is_held(&claimed), "two replicas hold {}", claimed.message_id());
                if is_answered {
                    return Phase::Claimed(claimed);
                }
            }
            _ => {}
        }
        Phase::Idle
    }

    /// Whether a replica that works holds the notice, and its time is not over.
    fn is_held(&self, claimed: &Claimed) -> bool {
        self.replicas.iter().any(|(_, phase)| match phase {
            Phase::Claimed(held) | Phase::Answered(held, _) => {
                held.message_id() == claimed.message_id() && self.now < held.until()
            }
            Phase::Idle | Phase::Decided(..) => false,
        })
    }

    fn stores(&mut self, notices: Vec<DigestNotice>) {
        let stored = self.stored.as_mut().unwrap();
        stored.is_ended = result(&notices).is_some();
        stored.notices = notices;
        self.version += 1;
    }

    fn receives(&mut self, claimed: &Claimed, answer: Answer) -> Delivery {
        assert_eq!(claimed.message_id(), message_id(DATE, claimed.recipient(), "x.br"));
        if matches!(answer, Answer::Accepts | Answer::IsLost) {
            *self.accepted.entry(claimed.message_id().to_string()).or_default() += 1;
        }
        self.refused |= answer == Answer::Refuses;
        self.disturbed |= answer == Answer::IsLost;
        let text = format!("{answer:?}");
        match answer {
            Answer::Accepts => Delivery::Accepted(text),
            Answer::Refuses => Delivery::Refused(text),
            Answer::IsAway => Delivery::NotNow(text),
            Answer::IsLost => Delivery::Uncertain(text),
        }
    }

    /// The other replica ends, and one works until nothing is left to do.
    fn settle(&mut self) {
        self.happens(Happens::Ends(1));
        for _ in 0..500 {
            self.works(0, Answer::Accepts, true);
            if let Phase::Decided(_, Step::Wait(until)) = &self.replicas[0].1 {
                if self.stored.as_ref().is_none_or(|stored| stored.is_ended) {
                    return;
                }
                self.now = self.now.max(*until);
            }
        }
        panic!("it does not end: {:?}", self.stored);
    }
}

fn happens() -> impl Strategy<Value = Happens> {
    let answer = prop_oneof![
        3 => Just(Answer::Accepts), 1 => Just(Answer::Refuses), 2 => Just(Answer::IsAway), 1 => Just(Answer::IsLost)
    ];
    prop_oneof![
        8 => (0..2_usize, answer).prop_map(|(replica, answer)| Happens::Works(replica, answer)),
        1 => (0..2_usize).prop_map(Happens::GetsNoAnswer),
        1 => (0..2_usize).prop_map(Happens::Ends),
        2 => (1..200_i64).prop_map(Happens::Passes),
    ]
}

proptest! {
    #[test]
    fn every_recipient_is_told_by_one_message_whatever_happens(all in prop::collection::vec(happens(), 0..60)) {
        let mut world = World::new();
        for one in all {
            world.happens(one);
        }
        world.settle();
        let stored = world.stored.as_ref().unwrap();
        prop_assert_eq!((stored.date, stored.notices.len()), (DATE, 2));
        for notice in &stored.notices {
            let accepted = world.accepted.get(&notice.message_id).copied().unwrap_or(0);
            match notice.state {
                NoticeState::Sent => prop_assert!(accepted >= 1, "{notice:?}"),
                _ => prop_assert!(world.refused && notice.reason.as_deref() == Some(REASON_REFUSED), "{notice:?}"),
            }
            prop_assert!(accepted <= 1 || world.disturbed, "{accepted} times without a cause: {notice:?}");
        }
        prop_assert!(world.accepted.len() <= 2, "more identities than recipients: {:?}", world.accepted);
    }
}

/// One replica ends after each number of steps; the other one takes over.
#[test]
fn a_replica_may_end_after_any_step() {
    for steps in 0..20 {
        let mut world = World::new();
        (0..steps).for_each(|_| world.works(1, Answer::Accepts, true));
        world.settle();
        let states: Vec<_> = world.stored.as_ref().unwrap().notices.iter().map(|notice| notice.state).collect();
        assert_eq!(states, [NoticeState::Sent, NoticeState::Sent], "after {steps} steps");
        assert_eq!(world.accepted.len(), 2, "after {steps} steps");
        assert!(world.accepted.values().all(|times| *times <= 2), "after {steps} steps: {:?}", world.accepted);
    }
}
