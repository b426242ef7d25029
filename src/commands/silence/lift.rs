//! Ends the Silences of a Finding or a Scenario: what a person says in a conversation.

use super::make::PARAMETER_MAX;
use super::{active_with, end_one};
use crate::api::{Matcher, Silence, Subject, SubjectState};
use crate::commands::intent::{ActionResult, Intent, Progress, Record};
use crate::commands::{Command, CommandError, Context, Objects, Stored};
use crate::domain::silence::VERB_UNSILENCE;
use crate::runtime::write::call;
use kube::ResourceExt as _;
use std::collections::BTreeMap;

/// The verb of its Actions.
pub(in crate::commands) const VERB: &str = VERB_UNSILENCE;
/// The parameter of its Actions with the names of the Silences that are ended.
const SILENCES: &str = "silences";
/// Between the names.
const SEPARATOR: &str = ", ";

/// Ends the active Silences that have exactly these matchers, whichever person made them. Those that recur stay.
#[derive(Clone, Debug, PartialEq)]
pub struct Lift {
    pub matchers: Vec<Matcher>,
    /// The Finding or the Scenario that is silenced.
    pub about: Subject,
}

impl Command for Lift {
    type Output = ();

    /// Where there is no such Silence, nothing is changed. TooMany where the caller gave too many commands.
    async fn execute(
        self,
        context: &Context,
        earlier: Option<Intent>,
        _stored: &Stored<()>,
    ) -> Result<(), CommandError> {
        let intent = match earlier {
            Some(intent) if matches!(intent.progress(), Progress::Done | Progress::Unknown) => return Ok(()),
            Some(intent) => {
                if intent.progress() == Progress::Refused {
                    context.admit(Objects::ONE)?;
                }
                intent
            }
            None => {
                let permit = context.admit(Objects::ONE)?;
                let record = self.record(context).await?;
                Intent::begin(&permit, context, record).await?
            }
        };
        Box::pin(carry_out(context, intent)).await
    }
}

impl Lift {
    async fn record(self, context: &Context) -> Result<Record, CommandError> {
        let mut names = String::new();
        for silence in active_with(context, &self.matchers).await? {
            let name = silence.name_any();
            // A person says it again for those that are left.
            if names.len() + SEPARATOR.len() + name.len() > PARAMETER_MAX {
                break;
            }
            if !names.is_empty() {
                names.push_str(SEPARATOR);
            }
            names.push_str(&name);
        }
        let matchers: Vec<String> = self.matchers.iter().map(ToString::to_string).collect();
        let mut parameters = BTreeMap::from([
            ("matchers".to_string(), matchers.join(", ").chars().take(PARAMETER_MAX).collect()),
            (self.about.kind.to_lowercase(), self.about.name.clone()),
        ]);
        if !names.is_empty() {
            parameters.insert(SILENCES.into(), names);
        }
        Ok(Record { verb: VERB, subject: self.about, before: SubjectState::default(), parameters })
    }
}

/// Ends the Silences of an Action, and records the result.
async fn carry_out(context: &Context, mut intent: Intent) -> Result<(), CommandError> {
    let names: Vec<String> = match intent.parameter(SILENCES) {
        Some(names) => names.split(SEPARATOR).map(String::from).collect(),
        None => Vec::new(),
    };
    let ended = async {
        for name in &names {
            // One that was created after the request is another one.
            let began = intent.began_at();
            let is_meant = |silence: &Silence| {
                silence.metadata.creation_timestamp.as_ref().is_none_or(|created| created.0 <= began)
            };
            if let Some(silence) = call(context.api::<Silence>().get_opt(name)).await?.filter(is_meant) {
                end_one(context, name, silence.uid()).await?;
            }
        }
        Ok::<(), CommandError>(())
    };
    let result = match ended.await {
        Ok(()) if names.is_empty() => ActionResult::Unchanged,
        Ok(()) => ActionResult::Done,
        // Those that are left are ended once the API can be read.
        Err(error) if error.is_uncertain() => return Err(error),
        Err(error) => {
            intent.end(context, &ActionResult::Refused(error.refusal()), None).await;
            return Err(error);
        }
    };
    intent.end(context, &result, None).await;
    Ok(())
}

/// Completes an Action that was left without a result.
pub(in crate::commands) async fn complete(context: &Context, intent: Intent) -> Result<(), CommandError> {
    Box::pin(carry_out(context, intent)).await
}
