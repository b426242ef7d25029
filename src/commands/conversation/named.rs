//! The object that a command names: `rodar pfsense` runs the one Scenario that has this word, and `ack NAME` of another Finding is refused.

use super::about::About;
use crate::commands::intent::{Intent, Progress};
use crate::commands::{CommandError, Context};
use crate::domain::conversation::command::Command;
use crate::domain::conversation::mentioned::mentioned;
use crate::domain::refusal::Refusal;

/// Scenarios that a refusal names at most.
const FOUND_MAX: usize = 10;

/// Replaces a word in a command to run a Scenario by the name of the one Scenario that has it. Other commands need the whole name, since
/// they hold back notices. A Conflict names the Scenarios that have the word, where the command is not carried out. A name that nothing
/// has is left as it is. A repeated request means what it meant at first.
pub(super) fn resolve(context: &Context, earlier: Option<&Intent>, command: &mut Command) -> Result<(), CommandError> {
    let is_run = matches!(command, Command::Run { .. });
    let Some(named) = command.named_scenario_mut() else { return Ok(()) };
    if is_run {
        context.caller.require_run_role()?;
        if let Some(intent) = earlier {
            *named = intent.action.spec.subject.name.clone();
            return recorded_refusal(intent).map_or(Ok(()), |refusal| Err(CommandError::Conflict(refusal)));
        }
    }
    if context.resources.scenario(named).is_some() {
        return Ok(());
    }
    let all = context.resources.scenarios.state();
    let found = mentioned(named, all.iter().map(|scenario| (&*scenario.name, &*scenario.spec)));
    match found.as_slice() {
        [] => Ok(()),
        [one] if is_run => {
            *named = (*one).to_string();
            Ok(())
        }
        found => Err(CommandError::Conflict(no_such_scenario(named, found))),
    }
}

/// A note that is the name of another Finding or Scenario is no note: a Conflict. A repeated request has what came of it.
pub(super) fn require_no_other_name(
    context: &Context,
    earlier: Option<&Intent>,
    about: &About,
    note: Option<&str>,
) -> Result<(), CommandError> {
    if let Some(intent) = earlier {
        return recorded_refusal(intent).map_or(Ok(()), |refusal| Err(CommandError::Conflict(refusal)));
    }
    let Some(note) = note else { return Ok(()) };
    let name = note.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase();
    let is_finding = context.resources.finding(&name).is_some() && about.finding().is_ok_and(|this| *this != *name);
    // A name without a point may be any word.
    let is_scenario = name.contains('.')
        && context.resources.scenario(&name).is_some()
        && about.scenario().is_ok_and(|this| *this != *name);
    match is_finding || is_scenario {
        true => Err(CommandError::Conflict(Refusal::NamesAnother { name })),
        false => Ok(()),
    }
}

/// Why it was refused before there was an object to act upon.
fn recorded_refusal(intent: &Intent) -> Option<Refusal> {
    let status = intent.action.status.as_ref().filter(|_| intent.progress() == Progress::Refused)?;
    let refusal = Refusal::parse(status.reason.as_deref()?, &status.values)?;
    let is_before =
        matches!(refusal, Refusal::NoSuchScenario { .. } | Refusal::NoSuchObject { .. } | Refusal::NamesAnother { .. });
    is_before.then_some(refusal)
}

fn no_such_scenario(name: &str, found: &[&str]) -> Refusal {
    let more = if found.len() > FOUND_MAX { ", …" } else { "" };
    let shown = found.iter().take(FOUND_MAX).copied().collect::<Vec<_>>().join(", ");
    Refusal::NoSuchScenario { name: name.into(), found: format!("{shown}{more}") }
}
