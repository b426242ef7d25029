use super::position::Kind;
use super::ring::{FellBehind, Reader, Ring};

/// A ring of five events whose kinds are all listed: Findings up to 10, Threads to 20, Messages to 30, Scenarios to 40.
fn ring() -> Ring {
    let mut ring = Ring::new(5);
    for (kind, newest) in [(Kind::Finding, 10), (Kind::Thread, 20), (Kind::Message, 30), (Kind::Scenario, 40)] {
        ring.listed(kind, newest);
    }
    ring
}

/// Names and ids of what is sent.
fn events(text: &str) -> Vec<(String, String)> {
    let blocks = text.split_terminator("\n\n").map(|block| {
        let field = |name: &str| block.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default().to_string();
        let data = field("data: ");
        assert_eq!(data.is_empty(), field("event: ").is_empty(), "{block}");
        (field("event: ") + &data, field("id: "))
    });
    blocks.collect()
}

fn read(ring: &Ring, reader: &mut Reader) -> Vec<(String, String)> {
    events(&ring.read(reader).unwrap())
}

fn pair(event: &str, id: &str) -> (String, String) {
    (event.into(), id.into())
}

#[test]
fn a_client_without_an_id_gets_what_changes_from_now_on() {
    let mut ring = ring();
    ring.changed(Kind::Finding, 11, Some("1"));
    let (mut reader, greeting) = ring.reader(None);
    assert_eq!(events(&greeting), [pair("", "11-20-30-40")], "an id to resume from, and no event");
    assert_eq!(read(&ring, &mut reader), []);
    ring.changed(Kind::Message, 31, Some("2"));
    ring.changed(Kind::Finding, 12, None);
    ring.changed(Kind::Thread, 21, Some("3"));
    assert_eq!(read(&ring, &mut reader), [pair("message2", "11-20-31-40"), pair("thread3", "12-21-31-40")]);
    assert_eq!(read(&ring, &mut reader), []);
    assert_eq!(events(&reader.heartbeat()), [pair("", "12-21-31-40")]);
}

#[test]
fn a_reader_without_an_id_waits_until_all_kinds_are_listed() {
    let mut early = Ring::new(5);
    early.listed(Kind::Finding, 10);
    assert!(early.is_behind(None), "each further list would be a gap for it");
    assert!(!early.is_behind(Some("of another program")), "it is told to read the lists again in any case");
    assert!(!ring().is_behind(None));
}

#[test]
fn a_client_resumes_with_what_it_does_not_have() {
    let mut ring = ring();
    ring.changed(Kind::Finding, 11, Some("1"));
    ring.changed(Kind::Thread, 21, Some("2"));
    ring.changed(Kind::Finding, 12, Some("3"));
    for (id, expected) in [
        ("10-20-30-40", vec!["finding1", "thread2", "finding3"]),
        ("11-20-30-40", vec!["thread2", "finding3"]),
        ("12-21-30-40", vec![]),
        // Another replica saw the second Finding before the Thread.
        ("12-20-30-40", vec!["thread2"]),
        ("11-21-30-40", vec!["finding3"]),
    ] {
        let (mut reader, greeting) = ring.reader(Some(id));
        assert_eq!(events(&greeting), [pair("", id)]);
        let sent = read(&ring, &mut reader);
        assert_eq!(sent.iter().map(|(event, _)| event.as_str()).collect::<Vec<_>>(), expected, "{id}");
        assert!(sent.last().is_none_or(|(_, id)| id == "12-21-30-40"), "never back: {sent:?}");
    }
}

#[test]
fn an_id_from_which_on_not_everything_is_known_resets() {
    let mut ring = ring();
    for version in 11..=16 {
        ring.changed(Kind::Finding, version, Some("0"));
    }
    // Five are kept, from 12 on.
    for (id, is_known) in [
        ("11-20-30-40", true),
        ("10-20-30-40", false),
        ("16-20-30-40", true),
        ("17-20-30-40", false),
        ("16-19-30-40", false),
        ("16-20-30", false),
        ("", false),
        ("nonsense", false),
    ] {
        let (mut reader, greeting) = ring.reader(Some(id));
        let expected = if is_known { pair("", id) } else { pair("reset{}", "16-20-30-40") };
        assert_eq!(events(&greeting), [expected], "{id}");
        assert_eq!(read(&ring, &mut reader).is_empty(), !is_known || id.starts_with("16"), "{id}");
    }
}

#[test]
fn nothing_is_known_before_all_kinds_are_listed() {
    let mut ring = Ring::new(5);
    ring.listed(Kind::Finding, 10);
    let (mut reader, greeting) = ring.reader(Some("10-0-0-0"));
    assert_eq!(events(&greeting), [pair("reset{}", "10-0-0-0")]);
    ring.listed(Kind::Thread, 20);
    assert_eq!(read(&ring, &mut reader), [pair("reset{}", "10-20-0-0")]);
}

#[test]
fn after_changes_may_have_been_missed_readers_are_told_once() {
    let mut ring = ring();
    let (mut reader, _) = ring.reader(None);
    ring.changed(Kind::Finding, 11, Some("1"));
    ring.listed(Kind::Finding, 15);
    // This was in the list.
    ring.changed(Kind::Finding, 14, Some("2"));
    ring.changed(Kind::Finding, 16, Some("3"));
    let expected = [pair("finding1", "11-20-30-40"), pair("reset{}", "15-20-30-40"), pair("finding3", "16-20-30-40")];
    assert_eq!(read(&ring, &mut reader), expected);
    let (mut resumed, greeting) = ring.reader(Some("15-20-30-40"));
    assert_eq!(events(&greeting), [pair("", "15-20-30-40")]);
    assert_eq!(read(&ring, &mut resumed), [pair("finding3", "16-20-30-40")]);
    assert_eq!(events(&ring.reader(Some("11-20-30-40")).1), [pair("reset{}", "16-20-30-40")]);
}

#[test]
fn a_reader_that_falls_behind_is_told_and_takes_a_bounded_number_at_once() {
    let mut ring = Ring::new(200);
    let (mut reader, _) = ring.reader(None);
    for version in 1..=200 {
        ring.changed(Kind::Finding, version, Some("0"));
    }
    assert_eq!(read(&ring, &mut reader).len(), 64);
    assert_eq!(read(&ring, &mut reader).first().unwrap().1, "65-0-0-0");
    for version in 201..=328 {
        ring.changed(Kind::Finding, version, Some("0"));
    }
    assert_eq!(read(&ring, &mut reader).first().unwrap().1, "129-0-0-0");
    let (mut slow, _) = ring.reader(None);
    for version in 329..=529 {
        ring.changed(Kind::Finding, version, Some("0"));
    }
    assert_eq!(ring.read(&mut slow), Err(FellBehind));
}

#[test]
fn what_a_list_had_already_takes_no_place() {
    let mut ring = ring();
    let (mut reader, _) = ring.reader(None);
    ring.changed(Kind::Finding, 11, Some("1"));
    for version in [9, 10, 11, 8, 7, 10] {
        ring.changed(Kind::Finding, version, Some("old"));
    }
    assert_eq!(read(&ring, &mut reader), [pair("finding1", "11-20-30-40")]);
    assert_eq!(ring.reader(Some("10-20-30-40")).1, ": \nid: 10-20-30-40\n\n", "it can be resumed from");
}
