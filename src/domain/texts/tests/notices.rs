//! The texts of notices, the digest and the pages that links lead to.

use super::*;
use crate::api::Severity;
use crate::domain::texts::desk::{Link, Page, Step};
use crate::domain::texts::digest::Section;
use crate::domain::texts::mailbox::Text;
use crate::domain::texts::notices::{GroupState, Label, PartOfNotice};
use crate::domain::texts::{desk, digest, mailbox, notices};
use jiff::Timestamp;
use jiff::tz::TimeZone;

const MINUTE: Duration = Duration::from_secs(60);

#[test]
fn states_are_in_both_languages() {
    // Severities that are written alike in both languages are none of these.
    for severity in Severity::ALL {
        check("severity", |l| notices::severity(l, severity).to_string());
    }
    check("ago", |l| notices::ago(l, MINUTE));
    for moment in [None, Some("X1")] {
        check("resolved_at", |l| notices::resolved_at(l, moment));
    }
    for (told, open) in [(None, 0), (None, 1), (None, 2), (Some(7), 0), (Some(7), 1), (Some(7), 2)] {
        for acknowledged in [0, 1, 2] {
            let part = PartOfNotice { told, open, acknowledged };
            check("of_same_notice", |l| notices::of_same_notice(l, &part));
        }
    }
    check("and_more", |l| notices::and_more(l, 2));
    check("no_longer_watched", notices::no_longer_watched);
    for note in [None, Some("X2")] {
        for is_proven in [true, false] {
            check("acknowledged_by", |l| notices::acknowledged_by(l, "X1", is_proven, note));
        }
    }
    check("acknowledged", notices::acknowledged);
    check("person", |l| notices::person(l, "X1", false));
    for since in [None, Some("X1")] {
        check("still_open", |l| notices::still_open(l, since));
        check("escalated", |l| notices::escalated(l, since));
    }
    check("flapping", notices::flapping);
    check("advised", notices::advised);
    check("flapping_next", notices::flapping_next);
    for state in samples!(GroupState {
        GroupState::Opened => GroupState::Opened,
        GroupState::Flapping => GroupState::Flapping,
        GroupState::Acknowledged => GroupState::Acknowledged,
        GroupState::StillOpen => GroupState::StillOpen,
        GroupState::Escalated => GroupState::Escalated,
        GroupState::Advised => GroupState::Advised,
        GroupState::Resolved => GroupState::Resolved,
        GroupState::Mixed { .. } => GroupState::Mixed { ended: 1 },
        GroupState::Ended { .. } => GroupState::Ended { unwatched: 1 },
        GroupState::Unwatched => GroupState::Unwatched,
    }) {
        check(&format!("{state:?}"), |l| notices::group(l, state, 3));
    }
}

#[test]
fn parts_of_mails_are_in_both_languages() {
    for count in [1, 2] {
        check("not_listed", |l| notices::not_listed(l, count));
    }
    for label in samples!(Label {
        Label::Scenario => Label::Scenario,
        Label::Check => Label::Check,
        Label::Item => Label::Item,
        Label::Agent => Label::Agent,
        Label::OpenSince => Label::OpenSince,
        Label::OpenedAt => Label::OpenedAt,
        Label::ResolvedAt => Label::ResolvedAt,
        Label::LastGood => Label::LastGood,
        Label::Times => Label::Times,
        Label::Acknowledged => Label::Acknowledged,
        Label::Shown => Label::Shown,
        Label::Expression => Label::Expression,
        Label::Values => Label::Values,
        Label::WhatToDo => Label::WhatToDo,
        Label::OpenFinding => Label::OpenFinding,
        Label::OpenThread => Label::OpenThread,
        Label::OpenRunbook => Label::OpenRunbook,
        Label::AllFindings => Label::AllFindings,
    }) {
        check(&format!("{label:?}"), |l| notices::label(l, label).to_string());
    }
    check("acknowledge_it", notices::acknowledge_it);
    check("no_runbook", notices::no_runbook);
    for section in [None, Some("X2")] {
        check("runbook", |l| notices::runbook(l, "X1", section));
    }
    check("not_read", notices::not_read);
}

#[test]
fn times_are_written_as_the_language_does() {
    let at: Timestamp = "2026-11-26T02:08:59Z".parse().unwrap();
    let zone = TimeZone::get("America/Sao_Paulo").unwrap();
    let fixed = TimeZone::fixed(jiff::tz::offset(-3));
    for (language, moment, date, name, offset) in [
        (
            Language::Portuguese,
            "25/11/2026 23:08",
            "25/11/2026",
            "Fuso horário: America/Sao_Paulo.",
            "Fuso horário: UTC-03.",
        ),
        (Language::English, "2026-11-25 23:08", "2026-11-25", "Time zone: America/Sao_Paulo.", "Time zone: UTC-03."),
    ] {
        assert_eq!(notices::moment(language, at, &zone), moment);
        assert_eq!(notices::moment_of_zone(language, at, &zone), format!("{moment} -03"));
        assert_eq!(notices::second(language, at, &zone), format!("{moment}:59"));
        assert_eq!(notices::date(language, at.to_zoned(zone.clone()).date()), date);
        assert_eq!(notices::zone(language, &zone, at), name);
        assert_eq!(notices::zone(language, &fixed, at), offset);
    }
}

#[test]
fn the_digest_is_in_both_languages() {
    check("title", |l| digest::title(l, "X1"));
    for section in samples!(Section {
        Section::Open => Section::Open,
        Section::Acknowledged => Section::Acknowledged,
        Section::Flapping => Section::Flapping,
        Section::Silenced => Section::Silenced,
        Section::Unwatched => Section::Unwatched,
    }) {
        check("heading", |l| digest::heading(l, section, 2));
        check("count", |l| digest::count(l, section, 2));
        for note in [None, Some("X2")] {
            check("by", |l| digest::by(l, section, "X1", note));
        }
    }
    check("since", |l| digest::since(l, "X1"));
    check("not_listed", |l| digest::not_listed(l, 2));
    check("from", digest::from);
}

#[test]
fn the_pages_of_links_are_in_both_languages() {
    for page in samples!(Page<'_> {
        Page::Start => Page::Start,
        Page::Threads => Page::Threads,
        Page::Findings => Page::Findings,
        Page::Finding(_) => Page::Finding("X1"),
        Page::Thread(_) => Page::Thread("X1"),
    }) {
        check("title", |l| desk::title(l, page));
    }
    check("introduction", desk::introduction);
    for step in samples!(Step {
        Step::List => Step::List,
        Step::ListThreads => Step::ListThreads,
        Step::See => Step::See,
        Step::Acknowledge => Step::Acknowledge,
        Step::TakeBack => Step::TakeBack,
        Step::Messages => Step::Messages,
        Step::Reply => Step::Reply,
        Step::Begin => Step::Begin,
    }) {
        check("step", |l| desk::step(l, step));
    }
    for link in samples!(Link {
        Link::Findings => Link::Findings,
        Link::Threads => Link::Threads,
        Link::Health => Link::Health,
        Link::Document => Link::Document,
    }) {
        check("link", |l| desk::link(l, link));
    }
    check("question", |l| desk::question(l).to_string());
    check("placeholders", |l| format!("{}; {}", desk::placeholders(l).0, desk::placeholders(l).1));
    check("with_kubectl", desk::with_kubectl);
    check("with_curl", desk::with_curl);
    check("not_a_name", desk::not_a_name);
}

#[test]
fn the_pages_of_the_mails_of_the_demo_are_in_both_languages() {
    for text in samples!(Text {
        Text::Title => Text::Title,
        Text::Heading => Text::Heading,
        Text::Introduction => Text::Introduction,
        Text::NoMail => Text::NoMail,
        Text::NoSubject => Text::NoSubject,
        Text::AllMails => Text::AllMails,
        Text::From => Text::From,
        Text::To => Text::To,
        Text::Received => Text::Received,
        Text::TextPart => Text::TextPart,
        Text::HtmlFrame => Text::HtmlFrame,
        Text::NoHtmlPart => Text::NoHtmlPart,
        Text::NoTextPart => Text::NoTextPart,
        Text::Headers => Text::Headers,
        Text::Source => Text::Source,
    }) {
        check(&format!("{text:?}"), |l| mailbox::text(l, text).to_string());
    }
    check("columns", |l| mailbox::columns(l).join(" "));
    check("no_such_mail", |l| mailbox::no_such_mail(l, "X1"));
}
