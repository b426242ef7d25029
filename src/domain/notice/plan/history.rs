//! What of the notices of a Finding is history, and how it is cut.

use crate::api::notice::{NOTICES_MAX, REASON_RESOLVED_BEFORE_SENT, REASON_SUPERSEDED};
use crate::api::{FindingStatus, Notice, NoticeState};

/// Whether a notice is about all recipients of a channel.
pub(super) fn is_record(notice: &Notice) -> bool {
    notice.recipient.is_empty() && matches!(notice.state, NoticeState::Held | NoticeState::Suppressed)
}

/// Whether a record tells what was, rather than what holds now.
pub(super) fn is_settled(notice: &Notice) -> bool {
    let reason = notice.reason.as_deref();
    reason == Some(REASON_RESOLVED_BEFORE_SENT) || reason == Some(REASON_SUPERSEDED)
}

/// Whether a notice is history that may be cut: nothing would be decided otherwise without it.
pub(super) fn can_be_cut(notice: &Notice, status: &FindingStatus) -> bool {
    let is_current = status.occurrences == Some(notice.occurrence);
    match notice.state {
        NoticeState::Planned | NoticeState::Claimed | NoticeState::Held => false,
        NoticeState::Sent => true,
        NoticeState::Failed => !is_current || !status.is_active(),
        NoticeState::Suppressed => !is_current || is_settled(notice) || !status.is_active(),
    }
}

/// Cuts the history, oldest first, those of earlier occurrences before others.
pub(super) fn cut(notices: &mut Vec<Notice>, status: &FindingStatus) {
    let surplus = notices.len().saturating_sub(NOTICES_MAX);
    for _ in 0..surplus {
        let is_earlier = |n: &Notice| can_be_cut(n, status) && status.occurrences != Some(n.occurrence);
        let oldest = notices.iter().position(is_earlier).or_else(|| notices.iter().position(|n| can_be_cut(n, status)));
        match oldest {
            Some(at) => drop(notices.remove(at)),
            None => return,
        }
    }
}
