//! Whether the channels of notices work, as this replica saw it: written by the controller that sends, read by views.

use crate::api::Channel;
use crate::api::conditions::bounded;
use crate::domain::printable::printable;
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A channel that fails for this long is down, and the program degraded.
pub const FAILING_MAX: SignedDuration = SignedDuration::from_mins(5);
/// Longest error that is kept, in bytes.
const ERROR_MAX: usize = 256;

/// State of a channel at one time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChannelState {
    pub channel: Channel,
    pub standing: ChannelStanding,
    /// Since when it has this standing; `None` where it is off, or where this replica has sent nothing by it yet.
    pub since: Option<Timestamp>,
    /// The error of the last attempt, if it failed.
    pub last_error: Option<String>,
    /// Whether it has been failing for [`FAILING_MAX`].
    pub is_down: bool,
}

/// Whether a channel works.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChannelStanding {
    /// It is not configured.
    Off,
    /// The last attempt succeeded, or there was none.
    Ok,
    /// The last attempt failed.
    Failing,
}

impl ChannelStanding {
    /// The word in REST.
    pub fn as_str(self) -> &'static str {
        match self {
            ChannelStanding::Off => "off",
            ChannelStanding::Ok => "ok",
            ChannelStanding::Failing => "failing",
        }
    }
}

/// What the last attempts by a channel showed.
#[derive(Clone, Debug, Default)]
struct Seen {
    since: Option<Timestamp>,
    error: Option<String>,
}

/// The states of all channels. Clones share them.
#[derive(Clone, Default)]
pub struct ChannelStates {
    configured: Arc<Mutex<BTreeMap<Channel, Seen>>>,
}

impl ChannelStates {
    /// The states of these channels, which are configured; the others are off.
    pub fn new(configured: impl IntoIterator<Item = Channel>) -> ChannelStates {
        let configured = configured.into_iter().map(|channel| (channel, Seen::default())).collect();
        ChannelStates { configured: Arc::new(Mutex::new(configured)) }
    }

    /// A message was accepted by the server of this channel.
    pub fn succeeded(&self, channel: Channel, now: Timestamp) {
        self.seen(channel, now, None);
    }

    /// An attempt failed because the server is away, refuses everything, or answers with an error; not because of one recipient.
    pub fn failed(&self, channel: Channel, now: Timestamp, error: &str) {
        self.seen(channel, now, Some(bounded(&printable(error), ERROR_MAX)));
    }

    /// Whether a channel has been failing for [`FAILING_MAX`].
    pub fn is_down(&self, channel: Channel, now: Timestamp) -> bool {
        self.lock().get(&channel).is_some_and(|seen| seen.is_down(now))
    }

    /// All channels, each once, as seen so far.
    pub fn at(&self, now: Timestamp) -> Vec<ChannelState> {
        states(&self.lock(), now)
    }

    /// All channels, each once, as a replica has them that has sent nothing: it follows.
    pub fn unused(&self) -> Vec<ChannelState> {
        let unused = self.lock().keys().map(|channel| (*channel, Seen::default())).collect();
        states(&unused, Timestamp::UNIX_EPOCH)
    }

    fn seen(&self, channel: Channel, now: Timestamp, error: Option<String>) {
        let mut configured = self.lock();
        let Some(seen) = configured.get_mut(&channel) else { return };
        if seen.since.is_none() || seen.error.is_some() != error.is_some() {
            seen.since = Some(now);
        }
        seen.error = error;
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<Channel, Seen>> {
        self.configured.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn states(configured: &BTreeMap<Channel, Seen>, now: Timestamp) -> Vec<ChannelState> {
    let state = |channel: Channel| {
        let seen = configured.get(&channel);
        ChannelState {
            channel,
            standing: match seen {
                None => ChannelStanding::Off,
                Some(Seen { error: None, .. }) => ChannelStanding::Ok,
                Some(Seen { error: Some(_), .. }) => ChannelStanding::Failing,
            },
            since: seen.and_then(|seen| seen.since),
            last_error: seen.and_then(|seen| seen.error.clone()),
            is_down: seen.is_some_and(|seen| seen.is_down(now)),
        }
    };
    Channel::ALL.map(state).into()
}

impl Seen {
    fn is_down(&self, now: Timestamp) -> bool {
        let is_long = |since: Timestamp| now.duration_since(since) >= FAILING_MAX;
        self.error.is_some() && self.since.is_some_and(is_long)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + second).unwrap()
    }

    #[test]
    fn a_channel_is_down_once_all_attempts_of_five_minutes_failed() {
        let states = ChannelStates::new([Channel::Mail, Channel::Webhook]);
        let mail = |second| states.at(at(second)).into_iter().next().unwrap();
        let shown = |second| {
            let ChannelState { standing, since, last_error, is_down, .. } = mail(second);
            let since = since.map(|since| since.as_second() - 1_800_000_000);
            (standing.as_str(), since, last_error, is_down)
        };
        assert_eq!(shown(0), ("ok", None, None, false));
        states.succeeded(Channel::Mail, at(10));
        states.succeeded(Channel::Mail, at(20));
        assert_eq!(shown(30), ("ok", Some(10), None, false));
        states.failed(Channel::Mail, at(100), "no answer\n");
        states.failed(Channel::Mail, at(390), &"refused".repeat(100));
        let (standing, since, error, is_down) = shown(399);
        assert_eq!((standing, since, is_down), ("failing", Some(100), false));
        assert!(error.is_some_and(|error| error.starts_with("refused") && error.len() <= ERROR_MAX));
        assert!(shown(400).3 && states.is_down(Channel::Mail, at(400)));
        states.succeeded(Channel::Mail, at(401));
        assert_eq!(shown(1000), ("ok", Some(401), None, false));
        states.failed(Channel::Mail, at(1001), "no answer\u{7}");
        assert!(!shown(1001).2.unwrap().contains('\u{7}'));
        let unused = states.unused().remove(0);
        assert_eq!((unused.standing, unused.since, unused.is_down), (ChannelStanding::Ok, None, false));
    }

    #[test]
    fn one_that_is_not_configured_is_off_whatever_is_said_of_it() {
        let states = ChannelStates::new([Channel::Mail]);
        states.failed(Channel::Ntfy, at(0), "no answer");
        let standings =
            |states: &ChannelStates| states.at(at(900)).iter().map(|s| s.standing.as_str()).collect::<Vec<_>>();
        assert_eq!(standings(&states), ["ok", "off", "off"]);
        assert_eq!(standings(&ChannelStates::default()), ["off"; 3]);
    }
}
