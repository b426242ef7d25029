//! Stores what fixed a Finding.

use super::Text;
use super::reply::view_of;
use super::say::{VERB_EXPLAIN, say};
use super::utterance::{Place, Utterance};
use crate::api::{Message, Subject, SubjectState, Thread};
use crate::commands::{CommandError, Context, Intent, Stored};
use crate::views::MessageView;

/// What fixed a Finding, and the Thread in which that is kept.
pub struct Explanation {
    pub subject: Subject,
    pub before: SubjectState,
    pub thread: Thread,
    pub text: Text,
}

/// Stores the Message, once for each request.
pub async fn explain(
    context: &Context,
    earlier: Option<Intent>,
    explanation: Explanation,
    stored: &Stored<MessageView>,
) -> Result<MessageView, CommandError> {
    let Explanation { subject, before, thread, text } = explanation;
    let said = Utterance {
        place: Place::Thread(Box::new(thread)),
        text: context.secrets.redact(text.as_str()).into_owned(),
        in_reply_to: None,
        finding: None,
        scenario: None,
        explains: Some((subject, before)),
    };
    let view = |message: &Message| view_of(context, message.clone());
    let stored =
        |result: &Result<Message, CommandError>| stored(&result.as_ref().map(view).map_err(CommandError::clone));
    let said = Box::pin(say(context, VERB_EXPLAIN, earlier, &said, &stored)).await?;
    Ok(view(&said.message))
}
