//! Tells what fixed a Finding: a Message in the Thread of its last occurrence.

use super::conversation::{self, Explanation, Text};
use super::{Command, CommandError, Context, Intent, Stored, finding};
use crate::api::{Finding, Phase, Thread};
use crate::domain::refusal::Refusal;
use crate::runtime::write::call;
use crate::views::{self, MessageView, Resources};

/// Keeps what fixed a Finding, once it is resolved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explain {
    finding: String,
    text: Text,
}

impl Explain {
    /// NotFound unless a Finding of this name is cached.
    pub fn new(resources: &Resources, name: &str, text: Text) -> Result<Explain, CommandError> {
        Ok(Explain { finding: finding::known(resources, name)?, text })
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
        let (subject, before) = (finding::subject(self.finding.clone()), finding::before(&finding));
        let explanation = Explanation { subject, before, thread, text: self.text };
        Box::pin(conversation::explain(context, earlier, explanation, stored)).await
    }
}
