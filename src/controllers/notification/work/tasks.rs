//! The tasks that write plans and send messages.

use super::{Controller, Done, Sending};
use crate::api::{Channel, Finding, Notice, NoticeKind, NoticeState};
use crate::controllers::notification::sending::Outcome;
use crate::domain::notice::group::GroupKey;
use crate::domain::notice::plan::Plan;
use crate::domain::notice::queue::Ready;
use crate::domain::notice::record::NoticeParts;
use jiff::Timestamp;
use std::sync::Arc;

/// Plans that are written at once.
const WRITES_MAX: usize = 32;
/// Messages by one channel that are sent at once.
const SENDS_MAX: usize = 4;

impl Controller {
    /// Plans what is to be planned, the most severe first, as long as there is room for the writes.
    pub(super) fn plan_dirty(&mut self, now: Timestamp) {
        while self.writing.len() < WRITES_MAX {
            let Some(name) = self.dirty.take_first_except(&self.writing) else { return };
            self.plan(&name, now);
        }
    }

    /// Plans the notices of a Finding, and writes them where they differ. True where they do not.
    pub(super) fn plan(&mut self, name: &str, now: Timestamp) -> bool {
        let Some(finding) = self.findings.get(name) else {
            self.queue.gone(name);
            return false;
        };
        let Some(status) = &finding.status else { return false };
        self.queue.seen(name, status);
        let Some(Plan { notices, wake }) = self.world.plan(&finding, &self.holding.of(&finding), now) else {
            return false;
        };
        self.wake(name, wake);
        if notices == status.notices {
            return true;
        }
        self.count_suppressed(&status.notices, &notices);
        if self.writing.insert(name.to_string()) {
            self.write(name.to_string(), finding.clone(), notices);
        }
        false
    }

    /// Counts what is newly not sent.
    pub(super) fn count_suppressed(&self, before: &[Notice], after: &[Notice]) {
        let is_new = |notice: &&Notice| notice.state == NoticeState::Suppressed && !before.contains(notice);
        for notice in after.iter().filter(is_new) {
            self.context.metrics.notice_result(notice.channel.as_str(), "suppressed");
        }
    }

    /// Writes a plan if the Finding is still as it was; otherwise it is planned again.
    pub(super) fn write(&self, name: String, planned_for: Arc<Finding>, notices: Vec<Notice>) {
        let (findings, done) = (self.findings.clone(), self.done.clone());
        tokio::spawn(async move {
            let result = findings
                .change(&name, |status| {
                    let is_same = planned_for.status.as_ref() == Some(status);
                    is_same.then(|| NoticeParts { notices: notices.clone(), ..NoticeParts::of(status) })
                })
                .await;
            let _ = done.send(Done::Written(name, result.map(drop))).await;
        });
    }

    pub(super) fn send_overdue(&mut self, now: Timestamp) {
        for overdue in self.queue.overdue(now, &self.config.replica, self.config.is_alone) {
            let channel = overdue.key.pair.channel;
            if self.is_busy(channel, overdue.key.kind) || self.sending.contains(&overdue.group.id) {
                continue;
            }
            let sender = self.sender.clone();
            let findings = overdue.members.iter().map(|(name, _)| name.clone()).collect();
            let sending = Sending { keys: [overdue.group.id.clone()].into(), findings };
            self.spawn(channel, sending, async move { sender.overdue(overdue).await });
        }
    }

    /// Sends the groups that are ready. Their members are planned again first, since a dependency may fail second.
    pub(super) fn send_ready(&mut self, now: Timestamp) {
        let wait = self.config.policy.timing.group_wait;
        let ready = self.queue.ready(wait, now);
        for Ready { key, members } in ready {
            let channel = key.pair.channel;
            if self.is_busy(channel, key.kind) {
                continue;
            }
            let free =
                |(name, _): &(String, _)| !self.sending.contains(&part(&key, name)) && !self.writing.contains(name);
            let members: Vec<_> = members.into_iter().filter(free).collect();
            let mut members: Vec<_> = members.into_iter().filter(|(name, _)| self.plan(name, now)).collect();
            members.retain(|(name, target)| self.queue.is_waiting(&key, name, target));
            if members.is_empty() {
                continue;
            }
            let keys = members.iter().map(|(name, _)| part(&key, name)).collect();
            let sending = Sending { keys, findings: members.iter().map(|(name, _)| name.clone()).collect() };
            let sender = self.sender.clone();
            self.spawn(channel, sending, async move { sender.group(Ready { key, members }).await });
        }
    }

    /// Whether a notice of this kind waits for others to be sent. Advice waits for all: what it takes long to send keeps nothing else.
    pub(super) fn is_busy(&self, channel: Channel, kind: NoticeKind) -> bool {
        let most = if kind == NoticeKind::Advised { 1 } else { SENDS_MAX };
        self.sends.get(&channel).is_some_and(|sends| *sends >= most)
    }

    pub(super) fn spawn(
        &mut self,
        channel: Channel,
        sending: Sending,
        work: impl Future<Output = Outcome> + Send + 'static,
    ) {
        self.sending.extend(sending.keys.iter().cloned());
        *self.sends.entry(channel).or_default() += 1;
        let done = self.done.clone();
        tokio::spawn(async move {
            // A defect in it must not keep the channel busy for ever.
            let outcome = tokio::spawn(work).await.unwrap_or(Outcome { channel, delivery: None, members: 0 });
            let _ = done.send(Done::Sent(sending, outcome)).await;
        });
    }
}

/// A Finding in a group, as it is remembered while its message is sent.
fn part(key: &GroupKey, finding: &str) -> String {
    let GroupKey { pair, kind, opening } = key;
    format!("{} {} {} {opening} {finding}", pair.channel.as_str(), pair.recipient, kind.as_str())
}
