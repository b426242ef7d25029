//! What targets and people say breaks no Message.

use super::fixtures::{NAME, acknowledgement, group, spec, status, style};
use crate::api::{FindingAcknowledgement, FindingStatus};
use crate::domain::conversation::tell::{Event, tell};
use crate::domain::conversation::{BODY_MAX, Facts, Said};
use crate::domain::printable::is_printable;
use crate::domain::texts::Language;
use proptest::prelude::*;

/// The text is within its bounds, printable and without JSON.
pub fn check(said: &Said) {
    assert!((1..=BODY_MAX).contains(&said.body.chars().count()), "{}", said.body);
    assert!(serde_json::to_string(&said.body).unwrap().len() < 48 << 10);
    assert!(said.body.chars().all(is_printable), "{:?}", said.body);
    assert!(said.citations.len() <= 8);
    for citation in &said.citations {
        assert!(citation.quote.chars().count() <= 1024 && (1..=128).contains(&citation.spec.chars().count()));
        assert!(citation.section.as_deref().unwrap_or_default().chars().count() <= 200);
    }
}

fn event(number: usize, by: &FindingAcknowledgement) -> Event<'_> {
    match number {
        0 => Event::Opened,
        1 => Event::Correlated,
        2 => Event::Acknowledged(by),
        3 => Event::AcknowledgementExpired { by: &by.by },
        _ => Event::Resolved { after: None, is_unwatched: true },
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_told_within_bounds(text in "\\PC{0,60}|[\u{0}-\u{20}\u{202e}{\\[\":,}\\]#>` -]{0,60}", times in 1..400_usize, number in 0..5_usize) {
        let long = text.repeat(times);
        let mut status = FindingStatus { message: Some(long.clone()), title: Some(long.clone()), ..status() };
        if let Some(evidence) = &mut status.evidence {
            evidence.show = Some(long.clone());
            evidence.values.iter_mut().for_each(|read| read.value = long.clone());
        }
        let mut group = group();
        group.others.iter_mut().for_each(|other| other.message = long.clone());
        let by = FindingAcknowledgement { by: long.clone(), note: Some(long.clone()), ..acknowledgement() };
        let page = format!("# {long}\n\n## O que significa\n\n{long}");
        let spec = spec();
        let facts = Facts { finding: NAME, spec: &spec, status: &status, page: Some(&page), group: Some(&group), silences: &[] };
        for language in Language::ALL {
            check(&tell(&event(number, &by), &facts, &style(language)));
        }
    }

    #[test]
    fn what_a_target_answers_is_never_raw_json(name in "[a-z]{1,8}", value in "[a-z ]{0,12}", cut in 0..200_usize) {
        let json = serde_json::json!({name.clone(): value, "list": [{"a": 1}, {"b": null}], "nested": {"c": {"d": "e"}}});
        let texts = [json.to_string(), serde_json::to_string_pretty(&json).unwrap()];
        for text in texts {
            let text: String = text.chars().take(cut.max(3)).collect();
            let mut status = FindingStatus { message: Some(format!("respondeu {text}")), ..status() };
            if let Some(evidence) = &mut status.evidence {
                evidence.show = Some(text.clone());
                evidence.values.iter_mut().for_each(|read| read.value = text.clone());
            }
            let spec = spec();
            let facts = Facts { finding: NAME, spec: &spec, status: &status, page: None, group: None, silences: &[] };
            let said = tell(&Event::Opened, &facts, &style(Language::Portuguese));
            prop_assert!(!said.body.contains("{\"") && !said.body.contains("[{"), "{}", said.body);
            let named = format!("\"{name}\":");
            prop_assert!(!said.body.contains(&named), "{}", said.body);
        }
    }
}
