//! What the replica that leads does.

use super::*;

impl World {
    fn step(&mut self) -> Result<(), Crashed> {
        match &mut self.crash_in {
            Some(0) => Err(Crashed),
            Some(left) => {
                *left -= 1;
                Ok(())
            }
            None => Ok(()),
        }
    }

    fn planned(&self, at: usize) -> Vec<Notice> {
        let (dependencies, silences) = (
            if self.dependency[at] { vec!["dep".to_string()] } else { Vec::new() },
            if self.silenced[at] { vec!["sil".to_string()] } else { Vec::new() },
        );
        let surroundings = Surroundings {
            policy: &self.policy,
            failing_dependencies: &dependencies,
            silences: &silences,
            is_told_once: false,
            has_advice: self.policy.mails_advice && self.advised[at],
        };
        plan(&self.stored[at], &surroundings, self.now).notices
    }

    /// What a leader does, from the stored state alone.
    pub(super) fn work(&mut self) -> Result<(), Crashed> {
        for at in 0..FINDINGS {
            // What is held no longer fails, which may change what else is due.
            for round in 0.. {
                let next = self.planned(at);
                if next == self.stored[at].notices {
                    break;
                }
                self.check_round(at, round);
                self.step()?;
                self.write(at, |status| Some(NoticeParts { notices: next.clone(), ..NoticeParts::of(status) }));
            }
        }
        // Nothing but flapping and a channel that is off keeps an end from those who know of the Finding.
        let is_end_held = |notice: &Notice| {
            let reason = notice.reason.as_deref();
            let may_be = [Some(REASON_FLAPPING), Some(REASON_CHANNEL_OFF)].contains(&reason);
            notice.kind == NoticeKind::Resolved && notice.state == NoticeState::Held && !may_be
        };
        check_ends(self.stored.iter().flat_map(|status| &status.notices).filter(|notice| is_end_held(notice)).count());
        let queue = self.queue();
        for overdue in queue.overdue(self.now, REPLICAS[self.leader], false) {
            self.step()?;
            match overdue.leftover {
                Leftover::SendAgain => self.send(&overdue.members, &overdue.group)?,
                Leftover::WasSent => {
                    self.record(&overdue.members, &overdue.group.id, &Delivery::Accepted(String::new()))?
                }
                Leftover::NotSent => {
                    for (name, target) in &overdue.members {
                        self.step()?;
                        let now = self.now;
                        self.write(index(name), |status| record::release(status, target, &overdue.group.id, now));
                    }
                }
            }
        }
        for ready in queue.ready(self.policy.timing.group_wait, self.now) {
            self.close(&ready)?;
        }
        Ok(())
    }

    fn queue(&self) -> Queue {
        let mut queue = Queue::default();
        for (at, status) in self.stored.iter().enumerate() {
            queue.seen(&name(at), status);
        }
        queue
    }

    fn check_round(&self, at: usize, round: usize) {
        assert!(round < 3, "planning comes to an end: {:#?}", summary(&self.stored[at]));
    }

    /// Whatever holds at this time must not hold this message back.
    fn check_allowed(&self, at: usize, target: &Target) {
        let (status, kind) = (&self.stored[at], target.kind);
        let context = || format!("{target:?} of {at}: {:#?}", summary(status));
        let channel = self.policy.channel(target.pair.channel).unwrap();
        assert_eq!(channel.missing, None, "{}", context());
        let flapping = flapping(&status.transitions, self.now);
        assert!(flapping.is_none() || kind == NoticeKind::Flapping, "{}", context());
        assert!(kind == NoticeKind::Resolved || !self.silenced[at], "{}", context());
        if matches!(kind, NoticeKind::Resolved | NoticeKind::Acknowledged) {
            return;
        }
        assert!(kind != NoticeKind::Advised || self.advised[at], "{}", context());
        let is_known = self.policy.is_regular(&target.pair) || self.policy.is_escalation(&target.pair);
        assert!(is_known && !self.dependency[at] && status.phase == Some(Phase::Open), "{}", context());
        assert!(flapping.is_none_or(|flapping| !flapping.is_acknowledged), "{}", context());
        assert!(status.severity <= Some(Severity::High), "{}", context());
        let is_refused = |notice: &Notice| Target::of(notice) == *target && notice.state == NoticeState::Failed;
        assert!(kind == NoticeKind::Reminder || !status.notices.iter().any(is_refused), "{}", context());
    }

    fn close(&mut self, ready: &Ready) -> Result<(), Crashed> {
        for (name, target) in &ready.members {
            self.check_allowed(index(name), target);
        }
        let sinces: Vec<Timestamp> =
            ready.members.iter().map(|(name, target)| self.notice(name, target).since.0).collect();
        let mut ids: Vec<MemberId<'_>> = ready
            .members
            .iter()
            .zip(&sinces)
            .map(|((finding, target), since)| MemberId {
                finding,
                uid: "u",
                occurrence: target.occurrence,
                since: *since,
            })
            .collect();
        let id = group_id(&ready.key, &mut ids, "x.test");
        let size = u32::try_from(ready.members.len()).unwrap();
        self.send(&ready.members, &NoticeGroup { id, size, at: Time(self.now), subject: String::new() })
    }

    fn notice(&self, name: &str, target: &Target) -> &Notice {
        let is_it = |notice: &&Notice| Target::of(notice) == *target && notice.state.is_pending();
        self.stored[index(name)].notices.iter().find(is_it).unwrap()
    }

    fn send(&mut self, members: &[(String, Target)], group: &NoticeGroup) -> Result<(), Crashed> {
        let claim = Claim { by: REPLICAS[self.leader].into(), until: self.now + CLAIM, group: group.clone() };
        for (name, target) in members {
            self.step()?;
            let now = self.now;
            self.write(index(name), |status| record::claim(status, target, &claim, now));
        }
        self.step()?;
        let target = &members[0].1;
        let message = Accepted {
            id: group.id.clone(),
            pair: target.pair.clone(),
            kind: target.kind,
            members: members.iter().map(|(name, target)| (index(name), target.occurrence)).collect(),
            at: self.now,
        };
        self.attempts.push(message.clone());
        let delivery = match self.servers[&target.pair.channel] {
            Answer::Accepts => Delivery::Accepted("ok".into()),
            Answer::Refuses => Delivery::Refused("no".into()),
            Answer::IsAway => Delivery::NotNow("away".into()),
            Answer::AcceptsAndDrops | Answer::LosesAndDrops => Delivery::Uncertain("lost".into()),
        };
        if matches!(self.servers[&target.pair.channel], Answer::Accepts | Answer::AcceptsAndDrops) {
            self.accepted.push(message);
        }
        self.step()?;
        self.record(members, &group.id, &delivery)
    }

    fn record(&mut self, members: &[(String, Target)], id: &str, delivery: &Delivery) -> Result<(), Crashed> {
        for (name, target) in members {
            self.step()?;
            let now = self.now;
            let at = index(name);
            self.write(at, |status| record::record(status, target, id, delivery, now));
            let is_failed = |notice: &Notice| Target::of(notice) == *target && notice.state == NoticeState::Failed;
            if target.kind == NoticeKind::Resolved && self.stored[at].notices.iter().any(is_failed) {
                self.given_up.insert((at, target.pair.clone(), target.occurrence));
            }
        }
        Ok(())
    }

    /// As the API keeps it: what is stored is what was serialised.
    fn write(&mut self, at: usize, change: impl Fn(&FindingStatus) -> Option<NoticeParts>) {
        let Some(NoticeParts { notices, informed }) = change(&self.stored[at]) else { return };
        let next = FindingStatus { notices, informed, ..self.stored[at].clone() };
        self.stored[at] = serde_json::from_value(serde_json::to_value(next).unwrap()).unwrap();
    }
}
