//! The words themselves.

use super::*;

#[test]
fn every_word_is_as_it_is_compared() {
    let lists = [
        words::ACKNOWLEDGE,
        words::UNACKNOWLEDGE,
        words::UNDO,
        words::ACKNOWLEDGEMENT,
        words::TAKE_OVER,
        words::LEAVE,
        words::AGREED,
        words::HELLO,
        words::WILL,
        words::BUT,
        words::IS_IT,
        words::RELEASE,
        words::BEFORE_OWN,
        words::OWNED,
        words::ADVISE,
        words::RUN,
        words::SILENCE,
        words::UNSILENCE,
        words::END,
        words::A_SILENCE,
        words::AROUND_UNSILENCE,
        words::BEFORE_SCOPE,
        words::SCENARIO,
        words::WIDE,
        words::ARTICLES,
        words::AROUND_SCENARIO,
        words::BEFORE_DURATION,
        words::SAYS_SOMETHING,
        words::OF_SOMETHING,
        words::ACKNOWLEDGED_THING,
        words::FOR,
        words::DAY,
        words::BEFORE_TIME,
        words::ACKNOWLEDGED,
        words::UNTIL,
        words::EACH,
        words::FINDINGS,
        words::ADVERB_WITH_DE,
        words::AFTER_STATUS,
        words::STATUS,
        words::BEFORE_STATUS,
        words::OF,
        words::OPEN,
        words::RUNBOOK,
        words::HELP,
    ];
    for word in lists.into_iter().flatten() {
        assert_eq!(line::joined(Line::new(word).request()), *word);
    }
}
