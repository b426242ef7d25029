use super::check;
use crate::domain::texts::{message_acknowledged, name_taken, names_taken};
use jiff::Timestamp;
use jiff::tz::TimeZone;

#[test]
fn what_an_acknowledgement_of_a_message_means_is_in_both_languages() {
    for until in [None, Some(Timestamp::UNIX_EPOCH)] {
        check("acknowledged", |language| message_acknowledged(language, &TimeZone::UTC, until));
    }
}

#[test]
fn who_has_the_name_of_another_is_told_in_both_languages() {
    check("name_taken", |language| name_taken(language, "Message", "X1"));
    check("names_taken", |language| names_taken(language, "Message"));
}
