//! What people say in Threads: replies, questions, and the commands in their text.
//!
//! A request has one Action. Where the text gives a command, that is the Action of the command: it is carried out first, under the
//! rights of its author, and then the Message is stored with the name of the Action, which tells what came of it.

mod about;
mod chat;
mod explain;
mod instruction;
mod named;
mod reply;
mod say;
mod silencing;
mod text;
mod utterance;

#[cfg(test)]
pub(super) use chat::wait_for_answers;
pub use chat::{ANSWER_WAIT_MAX, AnswerWait, Chat, ChatInput};
pub(super) use explain::{Explanation, explain};
pub use reply::Reply;
pub use text::{TEXT_MAX, Text};

pub(super) use say::{VERB_CHAT, VERB_EXPLAIN, VERB_REPLY, complete};

use super::{CommandError, Context};
use crate::api::Thread;
use crate::domain::names::is_object_name;
use crate::runtime::write::call;

/// The Thread of this name; NotFound where there is none.
async fn thread(context: &Context, name: &str) -> Result<Thread, CommandError> {
    let found = if is_object_name(name) { call(context.api::<Thread>().get_opt(name)).await? } else { None };
    found.ok_or_else(|| CommandError::no_such("Thread", name))
}
