//! Names of Threads and Messages. What has to be made once has a name that follows from what it is about, so that a repeated attempt
//! finds it made.

use jiff::Timestamp;
use sha2::{Digest as _, Sha256};
use std::fmt::Write as _;

/// Names that an object may have, where another client took those before.
const NAMES_MAX: u32 = 9;
/// Digits of a name that is a hash: of 80 bits.
const HASH_DIGITS: usize = 20;

/// The name of the Thread that begins with the occurrence of a Finding opened at this time.
pub fn thread_name(finding: &str, opened_at: Timestamp) -> String {
    format!("{finding}-{}", base36(opened_at.as_second()))
}

/// When the occurrence was opened with which a Thread of a Finding began, as its name says; `None` of any other name.
pub fn began_at(finding: &str, thread: &str) -> Option<Timestamp> {
    let thread = first_name(thread);
    let digits = thread.strip_prefix(finding)?.strip_prefix('-')?;
    let seconds = i64::from_str_radix(digits, 36).ok()?;
    let at = Timestamp::from_second(seconds).ok()?;
    (thread_name(finding, at) == thread).then_some(at)
}

/// The names that an object of this name may have, in the order in which they are tried: the names follow from what the objects are
/// about, so that another client may have taken one for another object. The name itself, then that with `.2` to `.9`.
pub fn names(name: &str) -> impl Iterator<Item = String> + '_ {
    (1..=NAMES_MAX).map(move |number| if number == 1 { name.to_string() } else { format!("{name}.{number}") })
}

/// The first of the [`names`] that this one is among.
pub fn first_name(name: &str) -> &str {
    match name.rsplit_once('.') {
        Some((first, number)) if number.len() == 1 && matches!(number.as_bytes(), [b'2'..=b'9']) => first,
        _ => name,
    }
}

/// The [`names`] after this one.
pub fn names_after(name: &str) -> impl Iterator<Item = String> + '_ {
    names(first_name(name)).skip_while(move |other| other != name).skip(1)
}

/// The name of the Thread of a conversation without a Finding. `id` identifies the request that began it.
pub fn conversation_name(id: &str) -> String {
    format!("conversation-{}", hash(&[id]))
}

/// The name of the Message that tells in a Thread of a change of its Finding. `reason` is that of the Message, in CamelCase; `at` the
/// time of the change.
pub fn story_name(thread: &str, reason: &str, at: Timestamp) -> String {
    format!("{thread}-{}-{}", reason.to_ascii_lowercase(), base36(at.as_second()))
}

/// The name of the Message that tells what became of another Message of the Thread, or that follows it. `reason` is that of the Message
/// to be named.
pub fn following_name(thread: &str, reason: &str, message: &str) -> String {
    format!("{}-{}", reason.to_ascii_lowercase(), hash(&[thread, message]))
}

/// The name of the Message of a person's request. `id` identifies the request.
pub fn message_name(thread: &str, id: &str) -> String {
    format!("message-{}", hash(&[thread, id]))
}

/// SHA-256 of the text of a Message, in hexadecimal digits.
pub fn text_digest(text: &str) -> String {
    digest(&[text])
}

/// The name of the answer to a Message. `uid` is that of the Message, since its name may be used again.
pub fn answer_name(message: &str, uid: &str) -> String {
    format!("answer-{}", hash(&[message, uid]))
}

/// The name of the checked answer of the local model to a Message. `uid` is that of the Message.
pub fn model_answer_name(message: &str, uid: &str) -> String {
    format!("model-answer-{}", hash(&[message, uid]))
}

/// The name of the Message with advice in a Thread. `of` is what the advice was made from.
pub fn advice_name(thread: &str, of: &[&str]) -> String {
    format!("{}{}", advice_prefix(thread), hash(of))
}

/// Whether a name is of a Message with advice in this Thread.
pub fn is_advice_in(message: &str, thread: &str) -> bool {
    message.starts_with(&advice_prefix(thread))
}

fn advice_prefix(thread: &str) -> String {
    format!("advice-{}-", hash(&[thread]))
}

/// Seconds since 1970 with digits and lower-case letters; of a time before that, 0.
fn base36(seconds: i64) -> String {
    let mut left = u64::try_from(seconds).unwrap_or_default();
    let mut digits = Vec::new();
    loop {
        let digit = u32::try_from(left % 36).ok().and_then(|digit| char::from_digit(digit, 36));
        digits.extend(digit);
        left /= 36;
        if left == 0 {
            return digits.into_iter().rev().collect();
        }
    }
}

fn hash(parts: &[&str]) -> String {
    let mut text = digest(parts);
    text.truncate(HASH_DIGITS);
    text
}

/// Each part is preceded by its length: no two lists of parts are the same text.
fn digest(parts: &[&str]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part.as_bytes());
    }
    hash.finalize().iter().fold(String::new(), |mut text, byte| {
        // Writing to a String does not fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn a_thread_is_named_after_its_finding_and_the_opening() {
        assert_eq!(thread_name("proxmox.cluster-0123456789", at(1_700_000_000)), "proxmox.cluster-0123456789-s44we8");
        assert_eq!(thread_name("f", at(0)), "f-0");
        assert_eq!(thread_name("f", at(35)), "f-z");
        assert_eq!(thread_name("f", at(36)), "f-10");
        assert_eq!(thread_name("f", at(-5)), "f-0");
    }

    #[test]
    fn the_name_of_a_thread_says_when_it_began() {
        for second in [0, 35, 36, 1_700_000_000] {
            assert_eq!(began_at("f-1", &thread_name("f-1", at(second))), Some(at(second)));
        }
        for other in
            ["f-1", "f-1-", "f-10-5", "g-1-5", "f-1-S44", "f-1-+5", "f-1-05", "f-1-5-opened-5", "f-1-zzzzzzzzzzzzz"]
        {
            assert_eq!(began_at("f-1", other), None, "{other}");
        }
    }

    #[test]
    fn a_name_that_is_taken_is_followed_by_others() {
        let all: Vec<String> = names("f-s44we8").collect();
        assert_eq!(
            (all.len(), all[0].as_str(), all[1].as_str(), all[8].as_str()),
            (9, "f-s44we8", "f-s44we8.2", "f-s44we8.9")
        );
        assert!(all.iter().all(|name| first_name(name) == "f-s44we8" && began_at("f", name) == began_at("f", &all[0])));
        assert_eq!(names_after("f-s44we8.8").collect::<Vec<_>>(), ["f-s44we8.9"]);
        assert_eq!(names_after("f-s44we8").count(), 8);
        for other in ["f-s44we8.1", "f-s44we8.10", "f-s44we8.", "f-s44we8.a"] {
            assert_eq!((first_name(other), began_at("f", other)), (other, None));
        }
    }

    #[test]
    fn names_are_those_of_objects_and_differ_with_what_they_are_about() {
        let thread = thread_name(&format!("{}-0123456789", "x".repeat(63)), at(1_700_000_000));
        let story = story_name(&thread, "AcknowledgementRemoved", at(1_700_000_000));
        assert!(story.len() <= 128, "{}", story.len());
        let names = [
            thread,
            story,
            conversation_name("a"),
            following_name("t", "SeverityChanged", "a"),
            following_name("t", "AcknowledgementExpired", "a"),
            message_name("t", "a"),
            message_name("ta", ""),
            answer_name("m", "1"),
            answer_name("m", "2"),
            model_answer_name("m", "1"),
            model_answer_name("m", "2"),
            advice_name("t", &["a", "b"]),
            advice_name("t", &["ab"]),
            advice_name("u", &["ab"]),
        ];
        for (number, name) in names.iter().enumerate() {
            assert!(
                name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'.')),
                "{name}"
            );
            assert!(!names[..number].contains(name), "{name}");
        }
        assert_eq!(answer_name("m", "1"), answer_name("m", "1"));
        assert!(is_advice_in(&advice_name("t", &["a"]), "t") && !is_advice_in(&advice_name("t", &["a"]), "u"));
    }
}
