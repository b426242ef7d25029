use super::check;
use crate::domain::texts::message_acknowledged;
use jiff::Timestamp;
use jiff::tz::TimeZone;

#[test]
fn what_an_acknowledgement_of_a_message_means_is_in_both_languages() {
    for until in [None, Some(Timestamp::UNIX_EPOCH)] {
        check("acknowledged", |language| message_acknowledged(language, &TimeZone::UTC, until));
    }
}
