//! One message: claimed on each of its Findings, sent, and recorded.

use super::clock;
use super::message::content;
use super::objects::{Findings, Member};
use crate::api::notice::REASON_UNCERTAIN;
use crate::api::{Channel, Finding, FindingStatus, NoticeGroup, NoticeKind, NoticeState};
use crate::channels::SEND_TIMEOUT;
use crate::controllers::notification_config::NotificationConfig;
use crate::domain::notice::group::{GroupKey, MemberId, group_id};
use crate::domain::notice::queue::{Overdue, Ready};
use crate::domain::notice::record::{self, Claim, Leftover, NoticeParts, Target};
use crate::domain::notice::wording::word;
use crate::domain::outgoing::{Delivery, Outgoing};
use crate::runtime::leadership::WriteFence;
use crate::runtime::retry;
use futures::{StreamExt as _, stream};
use jiff::{SignedDuration, Timestamp};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use kube::ResourceExt as _;
use std::collections::HashSet;
use std::sync::Arc;

/// Findings of a message that are written at once.
const WRITES: usize = 32;
/// How long a claim holds beyond the attempt to send.
const CLAIM_MARGIN: SignedDuration = SignedDuration::from_secs(30);
/// Tries to record what came of a message, with growing intervals.
const RECORD_TRIES: u32 = 5;
/// How much longer for each Finding of the message, since each is written.
const CLAIM_PER_MEMBER: SignedDuration = SignedDuration::from_millis(150);

/// Sends messages. Clones share everything.
#[derive(Clone)]
pub struct Sender {
    pub findings: Findings,
    pub fence: WriteFence,
    pub config: Arc<NotificationConfig>,
}

/// What came of a message, for the metrics and the pause of its channel.
#[derive(Debug)]
pub struct Outcome {
    pub channel: Channel,
    /// `None` where nothing was sent.
    pub delivery: Option<Delivery>,
    pub members: usize,
}

impl Sender {
    /// Sends a group that is ready: its members are claimed first. Those that no longer are to be told are left out.
    pub async fn group(&self, ready: Ready) -> Outcome {
        let channel = ready.key.pair.channel;
        let nothing = Outcome { channel, delivery: None, members: 0 };
        let members = self.known(ready.members);
        let Some(group) = self.identify(&ready.key, &members) else { return nothing };
        let (group, claimed) = self.claim_all(&ready.key, group, members).await;
        if claimed.is_empty() {
            return nothing;
        }
        self.deliver(&ready.key, &group, claimed).await
    }

    /// Deals with a message of which the claim is over.
    pub async fn overdue(&self, overdue: Overdue) -> Outcome {
        let Overdue { key, group, members, leftover } = overdue;
        let nothing = Outcome { channel: key.pair.channel, delivery: None, members: 0 };
        let members = self.known(members);
        match leftover {
            Leftover::SendAgain => {
                let claim = self.claim_of(&group, members.len());
                let claimed = self.claim(claim, &members).await;
                // One that is gone does not change the message for the others.
                match claimed.is_empty() {
                    true => nothing,
                    false => self.deliver(&key, &group, claimed).await,
                }
            }
            Leftover::WasSent => {
                self.record(&group, &members, &Delivery::Accepted(String::new())).await;
                nothing
            }
            Leftover::NotSent => {
                self.release(&group, &members).await;
                nothing
            }
        }
    }

    fn known(&self, members: Vec<(String, Target)>) -> Vec<Member> {
        members.into_iter().filter_map(|(name, target)| Some((self.findings.get(&name)?, target))).collect()
    }

    /// The identity of a message to these members, and its subject where it tells of an opening. `None` where there are none.
    fn identify(&self, key: &GroupKey, members: &[Member]) -> Option<NoticeGroup> {
        let mut ids: Vec<MemberId<'_>> = members
            .iter()
            .filter_map(|(finding, target)| {
                let notices = &finding.status.as_ref()?.notices;
                let notice =
                    notices.iter().find(|notice| notice.state.is_pending() && Target::of(notice) == *target)?;
                Some(MemberId {
                    finding: finding.metadata.name.as_deref()?,
                    uid: finding.metadata.uid.as_deref().unwrap_or_default(),
                    occurrence: target.occurrence,
                    since: notice.since.0,
                })
            })
            .collect();
        if ids.is_empty() {
            return None;
        }
        let size = u32::try_from(ids.len()).unwrap_or(u32::MAX);
        let id = group_id(key, &mut ids, &self.config.policy.id_domain);
        let mut group = NoticeGroup { id, size, at: Time(clock()), subject: String::new() };
        if matches!(key.kind, NoticeKind::Opened | NoticeKind::Flapping | NoticeKind::Escalated)
            && let Outgoing::Mail(mail) = self.outgoing(key, &group, members)
        {
            group.subject = mail.subject;
        }
        Some(group)
    }

    fn outgoing(&self, key: &GroupKey, group: &NoticeGroup, members: &[Member]) -> Outgoing {
        let findings = self.findings.of_opening(&key.opening, members);
        let content = content(key, group, members, findings, &*self.config.runbook);
        let mut outgoing = word(&content, key.pair.channel, &self.config.style);
        if let (Outgoing::Mail(mail), false) = (&mut outgoing, group.subject.is_empty()) {
            mail.subject.clone_from(&group.subject);
        }
        outgoing
    }

    /// Claims all members; where some can't be any more, the message is one to the others, and has another identity.
    async fn claim_all(&self, key: &GroupKey, group: NoticeGroup, members: Vec<Member>) -> (NoticeGroup, Vec<Member>) {
        let claim = self.claim_of(&group, members.len());
        let claimed = self.claim(claim, &members).await;
        if claimed.len() == members.len() {
            return (group, claimed);
        }
        self.release(&group, &claimed).await;
        let rest: Vec<_> =
            self.known(claimed.into_iter().map(|(finding, target)| (finding.name_any(), target)).collect());
        let Some(group) = self.identify(key, &rest) else { return (group, Vec::new()) };
        let claim = self.claim_of(&group, rest.len());
        let claimed = self.claim(claim, &rest).await;
        if claimed.len() == rest.len() {
            return (group, claimed);
        }
        // Others write all the time: decided again from the beginning.
        self.release(&group, &claimed).await;
        (group, Vec::new())
    }

    fn claim_of(&self, group: &NoticeGroup, members: usize) -> Claim {
        let members = i32::try_from(members).unwrap_or(i32::MAX);
        let send = SignedDuration::try_from(SEND_TIMEOUT).unwrap_or(SignedDuration::ZERO);
        let writes = CLAIM_PER_MEMBER.checked_mul(members).unwrap_or(SignedDuration::ZERO);
        let until = clock() + send + CLAIM_MARGIN + writes;
        Claim { by: self.config.replica.clone(), until, group: group.clone() }
    }

    /// Claims what still can be.
    async fn claim(&self, claim: Claim, members: &[Member]) -> Vec<Member> {
        self.change(members, "claim", move |status, target| record::claim(status, target, &claim, clock())).await
    }

    async fn release(&self, group: &NoticeGroup, members: &[Member]) {
        let id = group.id.clone();
        self.change(members, "release", move |status, target| record::release(status, target, &id, clock())).await;
    }

    /// Changes the notice of each member, several at once. Those that were changed.
    async fn change(
        &self,
        members: &[Member],
        step: &'static str,
        change: impl Fn(&FindingStatus, &Target) -> Option<NoticeParts> + Send + Sync + 'static,
    ) -> Vec<Member> {
        let change = Arc::new(change);
        let members: Vec<Member> = members.to_vec();
        let changes = members.into_iter().map(|(finding, target)| {
            let (findings, change, name) = (self.findings.clone(), change.clone(), finding.name_any());
            async move {
                match findings.change(&name, |status| change(status, &target)).await {
                    Ok(written) => written.map(|finding| (finding, target)),
                    Err(error) => {
                        tracing::warn!(%error, finding = name, step, "step of a notice not written");
                        None
                    }
                }
            }
        });
        stream::iter(changes).buffer_unordered(WRITES).filter_map(std::future::ready).collect().await
    }

    /// Sends what is claimed, if the claims still hold long enough, and records what came of it.
    async fn deliver(&self, key: &GroupKey, group: &NoticeGroup, claimed: Vec<Member>) -> Outcome {
        let members = claimed.len();
        let outgoing = self.outgoing(key, group, &claimed);
        let until = claimed.iter().filter_map(|(finding, target)| claimed_until(finding, target)).min();
        let send = SignedDuration::try_from(SEND_TIMEOUT).unwrap_or(SignedDuration::ZERO);
        let holds = until.is_some_and(|until| clock() + send < until);
        if !holds || !self.fence.is_open() {
            // Writing took too long. Those that were sent before, perhaps, stay claimed and are sent again.
            let fresh: Vec<Member> =
                claimed.into_iter().filter(|(finding, target)| !is_uncertain(finding, target)).collect();
            self.release(group, &fresh).await;
            return Outcome { channel: key.pair.channel, delivery: None, members };
        }
        let delivery = self.config.channels.send(&key.pair.recipient, &outgoing).await;
        log(key, group, members, &delivery);
        self.record(group, &claimed, &delivery).await;
        Outcome { channel: key.pair.channel, delivery: Some(delivery), members }
    }

    /// Records on each Finding what came of the message. What can't be written now is dealt with when the claim is over.
    async fn record(&self, group: &NoticeGroup, members: &[Member], delivery: &Delivery) {
        let mut left = members.to_vec();
        for attempt in 0..RECORD_TRIES {
            let (id, delivery) = (group.id.clone(), delivery.clone());
            let change =
                move |status: &FindingStatus, target: &Target| record::record(status, target, &id, &delivery, clock());
            let recorded = self.change(&left, "record", change).await;
            let done: HashSet<String> = recorded.iter().map(|(finding, _)| finding.name_any()).collect();
            left.retain(|(finding, target)| {
                let name = finding.name_any();
                // One that is no longer claimed was recorded before, or is gone.
                !done.contains(&name) && self.is_claimed(&name, target, &group.id)
            });
            if left.is_empty() || !self.fence.is_open() {
                return;
            }
            tokio::time::sleep(retry::WRITES.interval(attempt)).await;
        }
    }

    fn is_claimed(&self, name: &str, target: &Target, id: &str) -> bool {
        let finding = self.findings.get(name);
        let notices = finding.as_ref().and_then(|finding| finding.status.as_ref()).map(|status| &status.notices);
        notices.into_iter().flatten().any(|notice| {
            let is_of_group = notice.group.as_ref().is_some_and(|group| group.id == id);
            notice.state == NoticeState::Claimed && is_of_group && Target::of(notice) == *target
        })
    }
}

/// Whether an attempt before may have been accepted.
fn is_uncertain(finding: &Finding, target: &Target) -> bool {
    let notices = finding.status.as_ref().map(|status| &status.notices);
    let mut of_target = notices.into_iter().flatten().filter(|notice| Target::of(notice) == *target);
    of_target.any(|notice| notice.state == NoticeState::Claimed && notice.reason.as_deref() == Some(REASON_UNCERTAIN))
}

fn claimed_until(finding: &Finding, target: &Target) -> Option<Timestamp> {
    let notices = &finding.status.as_ref()?.notices;
    let notice = notices.iter().find(|notice| notice.state == NoticeState::Claimed && Target::of(notice) == *target)?;
    notice.claimed_until.as_ref().map(|until| until.0)
}

fn log(key: &GroupKey, group: &NoticeGroup, findings: usize, delivery: &Delivery) {
    let (channel, recipient, kind) = (key.pair.channel.as_str(), &key.pair.recipient, key.kind.as_str());
    match delivery {
        Delivery::Accepted(_) => {
            tracing::info!(channel, recipient, kind, findings, id = group.id, "notice sent");
        }
        Delivery::Refused(answer) => tracing::warn!(channel, recipient, kind, findings, answer, "notice refused"),
        Delivery::NotNow(error) => {
            tracing::warn!(channel, recipient, kind, findings, error, "notice not sent; it is tried again")
        }
        Delivery::Uncertain(error) => {
            tracing::warn!(
                channel,
                recipient,
                kind,
                findings,
                error,
                "notice may have been sent; the same message is sent again"
            );
        }
    }
}
