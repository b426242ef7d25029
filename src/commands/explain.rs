//! Tells what fixed a Finding: a Message in the Thread of its last occurrence.

use super::conversation::{self, Explanation, Text};
use super::{Command, CommandError, Context, Intent, Stored};
use crate::api::{Finding, Phase, Subject, SubjectState, Thread};
use crate::domain::refusal::Refusal;
use crate::runtime::write::call;
use crate::views::{self, MessageView, Resources};
use kube::ResourceExt as _;

/// Keeps what fixed a Finding, once it is resolved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explain {
    finding: String,
    text: Text,
}

impl Explain {
    /// NotFound unless a Finding of this name is cached: only the name of an existing object may become part of a request path
    /// at the API server.
    pub fn new(resources: &Resources, finding: &str, text: Text) -> Result<Explain, CommandError> {
        if resources.finding(finding).is_none() {
            return Err(CommandError::no_such("Finding", finding));
        }
        Ok(Explain { finding: finding.to_string(), text })
    }
}

impl Command for Explain {
    type Output = MessageView;

    /// Stores the Message, which asks nothing and gives no command. Conflict where the Finding is not resolved or has no Thread, and
    /// TooMany where the caller gave too many commands.
    async fn execute(
        self,
        context: &Context,
        earlier: Option<Intent>,
        stored: &Stored<MessageView>,
    ) -> Result<MessageView, CommandError> {
        let finding = call(context.api::<Finding>().get(&self.finding)).await?;
        if earlier.is_none() && views::phase(&finding) != Some(Phase::Resolved) {
            return Err(CommandError::Conflict(Refusal::NotResolved { finding: self.finding }));
        }
        let status = finding.status.as_ref();
        let none = || CommandError::Conflict(Refusal::NoThread { finding: self.finding.clone() });
        let name = status.and_then(|status| status.thread.as_deref()).ok_or_else(none)?;
        let thread: Thread = call(context.api::<Thread>().get_opt(name)).await?.ok_or_else(none)?;
        let before = SubjectState {
            uid: finding.uid(),
            generation: finding.metadata.generation,
            occurrence: status.and_then(|status| status.occurrences),
        };
        let subject = Subject { kind: "Finding".into(), name: self.finding.clone() };
        let explanation = Explanation { subject, before, thread, text: self.text };
        Box::pin(conversation::explain(context, earlier, explanation, stored)).await
    }
}
