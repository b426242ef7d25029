//! Who works on a Finding.

use super::line::{self, Line, Word};
use super::vocabulary as words;
use super::{Command, NOTE_MAX};
use crate::domain::clip;

/// `assumir`, `eu assumo o caso: vou olhar`, `pode deixar comigo`, `take it over`, `on it`; `devolver`, `release it`. To another person
/// they are a request.
pub fn ownership(line: &Line<'_>, all: &[Word]) -> Option<Command> {
    if line.names_somebody(all) {
        return None;
    }
    let (before, all) = all.split_at_checked(line::count_of(all, words::BEFORE_OWN))?;
    // `I take it, the disk is dead` supposes it.
    let will = before.iter().any(|word| word.is_one_of(words::WILL));
    let plain: Vec<&str> = all.iter().map(|word| word.plain.as_str()).collect();
    let (takes_over, verb) = match plain.as_slice() {
        [verb, ..] if words::TAKE_OVER.contains(verb) => (true, 1),
        ["take", "over", ..] => (true, 2),
        ["take", what, "over", ..] if words::OWNED.contains(what) => (true, 3),
        ["take", what, ..] if will && words::OWNED.contains(what) => (true, 2),
        ["pode", "deixar", "comigo", ..] => (true, 3),
        // With more words it says that something may stay as it is.
        ["on", "it", ..] | ["pode", "deixar"] => (true, 2),
        [leave, "comigo", ..] if words::LEAVE.contains(leave) => (true, 2),
        [leave, what, "comigo", ..] if words::LEAVE.contains(leave) && words::OWNED.contains(what) => (true, 3),
        [verb, ..] if words::RELEASE.contains(verb) => (false, 1),
        // Alone, it is also a noun.
        ["release", what, ..] if words::OWNED.contains(what) => (false, 2),
        _ => return None,
    };
    let is_of_it = |word: &&Word| word.is_one_of(words::OWNED) && !line.is_apart(word);
    let rest = all.get(verb..)?;
    let rest = rest.get(rest.iter().take_while(is_of_it).count()..)?;
    match (takes_over, rest.first()) {
        (true, None) => Some(Command::TakeOver { note: None }),
        (true, Some(next)) if line.is_apart(next) && !next.is_one_of(words::BUT) => {
            let note = clip::bytes(line.from(next), NOTE_MAX);
            Some(Command::TakeOver { note: Some(note).filter(|note| !note.is_empty()) })
        }
        (false, None) => Some(Command::Release),
        _ => None,
    }
}
