//! Commands in the text of a Message: carried out like those of any other interface.

use super::about::About;
use super::named;
use super::silencing::Silenced;
use super::utterance::{Place, Utterance};
use crate::api::{Action, Subject, SubjectState};
use crate::commands::intent::{ActionResult, Intent, Progress, Record};
use crate::commands::{
    Acknowledge, Command as _, CommandError, Context, Note, Objects, Release, RequestAdvice, RequestRun, TakeOver,
    Unacknowledge, acknowledge, request_advice, run, silence, unacknowledge,
};
use crate::domain::conversation::command::{Command, Understood, parse};
use crate::domain::owner::{VERB_RELEASE, VERB_TAKE_OVER};
use crate::runtime::write::call;
use std::collections::BTreeMap;
use std::time::Duration;

/// How long the result of a run is waited for, which most have within a second: the answer to the Message then has it.
const RUN_WAIT: Duration = Duration::from_secs(2);

/// A command that a text gives.
pub(super) type Instruction = Command;

/// The command in a text. One whose argument can't be understood is none: the answer says what would be right.
pub(super) fn in_text(text: &str) -> Option<Instruction> {
    match parse(text) {
        Understood::Command(command) => Some(command),
        _ => None,
    }
}

/// Carries a command out, and returns its Action where it was read. What is refused for good is recorded, and no error: the answer to
/// the Message tells it. An error says that it may be tried again.
pub(super) async fn carry_out(
    context: &Context,
    earlier: Option<Intent>,
    said: &Utterance,
    mut instruction: Instruction,
) -> Result<Option<Intent>, CommandError> {
    let about = About::of(context, said);
    let verb = verb(&instruction);
    let named = named::resolve(context, earlier.as_ref(), &mut instruction);
    let subject = about.subject(&instruction).unwrap_or_else(|| thread_of(&said.place));
    let outcome = match named {
        Ok(()) => Box::pin(execute(context, earlier, &about, said, instruction)).await,
        Err(error) => Err(error),
    };
    match outcome {
        Ok(()) => Ok(None),
        Err(error) if error.is_final() => refuse(context, verb, subject, &error).await.map(Some),
        Err(error) => Err(error),
    }
}

fn verb(instruction: &Instruction) -> &'static str {
    match instruction {
        Command::Acknowledge { .. } => acknowledge::VERB_ACKNOWLEDGE,
        Command::Unacknowledge => unacknowledge::VERB,
        Command::TakeOver { .. } => VERB_TAKE_OVER,
        Command::Release => VERB_RELEASE,
        Command::Advise { .. } => request_advice::VERB,
        Command::Run { .. } => run::VERB,
        Command::Silence { .. } => silence::VERB_MAKE,
        Command::Unsilence { .. } => silence::VERB_LIFT,
    }
}

fn thread_of(place: &Place) -> Subject {
    Subject { kind: "Thread".into(), name: place.name() }
}

async fn execute(
    context: &Context,
    earlier: Option<Intent>,
    about: &About,
    said: &Utterance,
    instruction: Instruction,
) -> Result<(), CommandError> {
    match instruction {
        Command::Acknowledge { note } => {
            named::require_no_other_name(context, earlier.as_ref(), about, note.as_deref())?;
            let note = note.map(|note| Note::parse(&note)).transpose()?.flatten();
            let command = Acknowledge::new(&context.resources, about.finding()?, note)?;
            Box::pin(command.execute(context, earlier, &|_| None)).await.map(drop)
        }
        Command::Unacknowledge => {
            let command = Unacknowledge::new(&context.resources, about.finding()?)?;
            Box::pin(command.execute(context, earlier, &|_| None)).await.map(drop)
        }
        Command::TakeOver { note: _ } => {
            let command = TakeOver::new(&context.resources, about.finding()?, None)?;
            Box::pin(command.execute(context, earlier, &|_| None)).await.map(drop)
        }
        Command::Release => {
            let command = Release::new(&context.resources, about.finding()?)?;
            Box::pin(command.execute(context, earlier, &|_| None)).await.map(drop)
        }
        Command::Advise { note } => {
            named::require_no_other_name(context, earlier.as_ref(), about, note.as_deref())?;
            let note = note.map(|note| Note::parse(&note)).transpose()?.flatten();
            let command = RequestAdvice::new(&context.resources, about.finding()?, note)?;
            Box::pin(command.execute(context, earlier, &|_| None)).await.map(drop)
        }
        Command::Run { scenario } => {
            let scenario = scenario.map_or_else(|| about.scenario().map(String::from), Ok)?;
            let command = RequestRun { scenario, wait: RUN_WAIT };
            Box::pin(command.execute(context, earlier, &|_| None)).await.map(drop)
        }
        Command::Silence { scope, duration, reason } => {
            let command = Silenced::of(context, about, scope)?.renew(duration, reason, &said.text);
            Box::pin(command.execute(context, earlier, &|_| None)).await.map(drop)
        }
        Command::Unsilence { scope } => {
            let command = Silenced::of(context, about, scope)?.lift();
            Box::pin(command.execute(context, earlier, &|_| None)).await
        }
    }
}

/// The Action of this request, if there is one.
pub(super) async fn recorded(context: &Context) -> Result<Option<Intent>, CommandError> {
    let action = call(context.api::<Action>().get_opt(context.request.action())).await?;
    Ok(action.map(|action| Intent { action }))
}

/// Records that a command was refused, unless it has done that itself.
async fn refuse(
    context: &Context,
    verb: &'static str,
    subject: Subject,
    error: &CommandError,
) -> Result<Intent, CommandError> {
    let mut intent = match recorded(context).await? {
        Some(intent) => intent,
        None => {
            let permit = context.admit(Objects::ONE)?;
            let record = Record { verb, subject, before: SubjectState::default(), parameters: BTreeMap::new() };
            Intent::begin(&permit, context, record).await?
        }
    };
    if intent.progress() == Progress::Begun {
        intent.end(context, &ActionResult::Refused(error.refusal()), None).await;
    }
    Ok(intent)
}
