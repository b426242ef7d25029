//! Replies in a Thread.

use super::say::{VERB_REPLY, say};
use super::utterance::{Place, Utterance};
use super::{Text, thread};
use crate::api::Message;
use crate::commands::{Command, CommandError, Context, Intent, Stored};
use crate::domain::names::is_object_name;
use crate::domain::refusal::InvalidInput;
use crate::runtime::write::call;
use crate::views::MessageView;

/// Stores a Message in a Thread. Its author is the caller; a command in its text is carried out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    pub thread: String,
    pub text: Text,
    /// The Message of the Thread that it replies to.
    pub in_reply_to: Option<String>,
}

impl Command for Reply {
    type Output = MessageView;

    /// NotFound where there is no such Thread, Conflict where it is closed, Invalid where `in_reply_to` is no Message of it, and TooMany
    /// where the caller gave too many commands.
    async fn execute(
        self,
        context: &Context,
        earlier: Option<Intent>,
        stored: &Stored<MessageView>,
    ) -> Result<MessageView, CommandError> {
        let thread = thread(context, &self.thread).await?;
        if let Some(name) = &self.in_reply_to {
            require_message(context, &self.thread, name).await?;
        }
        let said = Utterance {
            place: Place::Thread(Box::new(thread)),
            text: context.secrets.redact(self.text.as_str()).into_owned(),
            in_reply_to: self.in_reply_to,
            finding: None,
            scenario: None,
            explains: None,
        };
        let view = |message: &Message| view_of(context, message.clone());
        let stored =
            |result: &Result<Message, CommandError>| stored(&result.as_ref().map(view).map_err(CommandError::clone));
        let said = Box::pin(say(context, VERB_REPLY, earlier, &said, &stored)).await?;
        Ok(view(&said.message))
    }
}

/// The Message as it will be once the operator has seen that its Action proves the author.
pub(super) fn view_of(context: &Context, mut message: Message) -> MessageView {
    message.status.get_or_insert_default().proven = true;
    context.resources.message_view(&message)
}

/// Invalid unless this is a Message of the Thread.
async fn require_message(context: &Context, thread: &str, name: &str) -> Result<(), CommandError> {
    let found = if is_object_name(name) { call(context.api::<Message>().get_opt(name)).await? } else { None };
    match found.filter(|message| message.spec.thread == thread) {
        Some(_) => Ok(()),
        None => {
            let problem = InvalidInput::NotInThread { message: name.into(), thread: thread.into() };
            Err(CommandError::invalid("in_reply_to", problem))
        }
    }
}
