//! What a command about Silences in a text is about.

use super::about::About;
use crate::api::{Matcher, MatcherName, MatcherOp, Subject};
use crate::commands::silence::{Lift, Renew};
use crate::commands::{CommandError, Context, NewSilence, REASON_MAX};
use crate::domain::conversation::command::Scope;

/// A Finding, by what identifies it also after it is opened again, or all Findings of a Scenario.
pub(super) struct Silenced {
    about: Subject,
    matchers: Vec<Matcher>,
}

impl Silenced {
    /// NotFound where the Finding or the Scenario does not exist, and Conflict where the conversation is about none.
    pub fn of(context: &Context, about: &About, scope: Scope) -> Result<Silenced, CommandError> {
        let equal = |(name, value): (MatcherName, &str)| Matcher { name, op: MatcherOp::Equal, value: value.into() };
        let subject = |kind: &str, name: &str| Subject { kind: kind.into(), name: name.into() };
        if let (Scope::Subject, Some(name)) = (&scope, about.silenced_finding()) {
            let finding = context.resources.finding(name).ok_or_else(|| CommandError::no_such("Finding", name))?;
            let spec = &finding.spec;
            let properties = [
                (MatcherName::Scenario, &*spec.scenario),
                (MatcherName::Check, &*spec.check),
                (MatcherName::Key, &*spec.key),
            ];
            return Ok(Silenced { about: subject("Finding", name), matchers: properties.map(equal).to_vec() });
        }
        let name = match scope {
            Scope::Scenario(Some(named)) => {
                let found = context.resources.scenario(&named);
                found.map(|_| named.clone()).ok_or_else(|| CommandError::no_such("Scenario", &named))?
            }
            Scope::Scenario(None) | Scope::Subject => about.scenario()?.to_string(),
        };
        Ok(Silenced { about: subject("Scenario", &name), matchers: vec![equal((MatcherName::Scenario, &name))] })
    }

    /// The Silence until the end of a duration. Without a reason the text itself is it.
    pub fn renew(self, duration: String, reason: Option<String>, text: &str) -> Renew {
        let is_reason_given = reason.is_some();
        let reason = reason.unwrap_or_else(|| text.to_string()).chars().take(REASON_MAX).collect();
        let new = NewSilence { matchers: self.matchers, duration: Some(duration), reason, ..NewSilence::default() };
        Renew { new, about: self.about, is_reason_given }
    }

    pub fn lift(self) -> Lift {
        Lift { matchers: self.matchers, about: self.about }
    }
}
