//! What holds notices of a Finding back, for the digest.

use crate::api::{Finding, Silence};
use crate::domain::notice::content::AcknowledgedBy;
use crate::domain::notice::digest::Standing;
use crate::domain::notice::flapping::flapping;
use crate::domain::silence::{ActiveSilences, Subject};
use crate::runtime::watch::Cache;
use jiff::Timestamp;
use kube::ResourceExt as _;
use std::collections::HashMap;
use std::sync::Arc;

/// The Silences that are active at one time.
pub struct Standings {
    silences: HashMap<String, Arc<Silence>>,
    active: ActiveSilences,
    now: Timestamp,
}

impl Standings {
    /// Reads the Silences. `default_zone` is the time zone of those that name none.
    pub fn at(silences: &Cache<Silence>, default_zone: &str, now: Timestamp) -> Standings {
        let silences: HashMap<_, _> =
            silences.objects().into_iter().map(|silence| (silence.name_any(), silence)).collect();
        let named = silences.iter().map(|(name, silence)| (name.as_str(), &**silence));
        let active = ActiveSilences::at(named, default_zone, now);
        Standings { silences, active, now }
    }

    /// Whether a Finding flaps, and the first Silence that is about it.
    pub fn of(&self, finding: &Finding) -> Standing {
        let transitions = finding.status.as_ref().map_or(&[][..], |status| &status.transitions);
        let silence = self.active.matching(&Subject::of(finding)).into_iter().find_map(|name| self.silences.get(name));
        let told = |silence: &Arc<Silence>| AcknowledgedBy {
            by: silence.spec.author.clone(),
            note: Some(silence.spec.reason.clone()),
            at: silence.spec.starts_at.as_ref().or(silence.metadata.creation_timestamp.as_ref()).map(|at| at.0),
            proven: true,
        };
        Standing { is_flapping: flapping(transitions, self.now).is_some(), silence: silence.map(told) }
    }
}
