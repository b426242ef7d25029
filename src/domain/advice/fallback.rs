//! The advice without the model: what the runbook says about the repair.

use crate::api::{Citation, FindingRunbook};
use crate::domain::clip;
use crate::domain::notice::wording::one_line;
use crate::domain::runbooks::Excerpt;
use crate::domain::runbooks::section::section;
use crate::domain::texts::{Language, advice as texts, conversation, notices};

/// Longest text, in bytes.
const TEXT_MAX: usize = 8 << 10;
/// Longest quotation of a citation, in characters.
const QUOTE_MAX: usize = 1024;
/// Longest names of a runbook and its section.
const SPEC_MAX: usize = 128;
const SECTION_MAX: usize = 200;

/// What the advice is made from.
#[derive(Clone, Copy, Debug)]
pub struct Known<'a> {
    pub language: Language,
    /// The runbook of the Scenario.
    pub runbook: Option<&'a FindingRunbook>,
    /// The text of its page, where it could be read.
    pub page: Option<&'a str>,
    /// What the search found, where the Scenario has no runbook that could be read.
    pub found: Option<&'a Excerpt>,
    /// Why there is no answer of the model; `None` while it is asked.
    pub why: Option<&'a str>,
}

/// The text of advice, and what it quotes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fallback {
    pub text: String,
    /// At most one.
    pub citations: Vec<Citation>,
}

/// Why there is no answer of the model; and the section about the repair, else the one that the Scenario names, else the beginning of the
/// page, else what the search found.
pub fn fallback(known: &Known<'_>) -> Fallback {
    let language = known.language;
    // Why comes first: a person who asked has read the section before.
    let why = known.why.map(|why| texts::without_model(language, why.trim_end_matches('.')));
    let (mut blocks, mut citations) = (Vec::from_iter(why), Vec::new());
    let own = of_runbook(known);
    let is_own = own.is_some();
    match own.or_else(|| known.found.map(of_excerpt)) {
        Some(Quoted { spec, heading, text }) => {
            if !is_own {
                blocks.push(texts::of_another(language));
            }
            let (spec, heading) = (one_line(spec, SPEC_MAX), heading.map(|heading| one_line(heading, SECTION_MAX)));
            blocks.push(format!("{}:", notices::runbook(language, &spec, heading.as_deref())));
            blocks.push(text.trim().to_string());
            citations.push(Citation { spec, section: heading, quote: clip::chars(text.trim(), QUOTE_MAX) });
        }
        None => blocks.push(texts::no_section(language)),
    }
    Fallback { text: clip::bytes(&blocks.join("\n\n"), TEXT_MAX), citations }
}

struct Quoted<'a> {
    spec: &'a str,
    heading: Option<&'a str>,
    text: String,
}

fn of_runbook<'a>(known: &Known<'a>) -> Option<Quoted<'a>> {
    let (runbook, page) = (known.runbook?, known.page?);
    let repair = conversation::REPAIR_HEADINGS.into_iter().map(Some);
    let named = runbook.section.as_deref().map(Some);
    let mut headings = repair.chain(named).chain([None]);
    headings.find_map(|heading| Some(Quoted { spec: &runbook.spec, heading, text: section(page, heading)? }))
}

fn of_excerpt(excerpt: &Excerpt) -> Quoted<'_> {
    Quoted { spec: &excerpt.spec, heading: excerpt.section(), text: excerpt.text.clone() }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = "# Cluster\n\nComeço.\n\n## Sintomas\n\nVM parada.\n\n## Como reparar\n\n1. `qm start 112`\n\n## Outra\n\nOutra coisa.\n";

    fn runbook(section: Option<&str>) -> FindingRunbook {
        FindingRunbook { spec: "proxmox-cluster".into(), section: section.map(String::from), url: None }
    }

    #[test]
    fn it_says_how_to_repair_and_why_the_model_says_nothing() {
        let runbook = runbook(Some("Outra"));
        let language = Language::Portuguese;
        let known =
            Known { language, runbook: Some(&runbook), page: Some(PAGE), found: None, why: Some("está fora.") };
        let said = fallback(&known);
        assert!(said.text.contains("Como reparar") && said.text.ends_with("\n\n1. `qm start 112`"), "{}", said.text);
        assert!(said.text.starts_with("Sem resposta do modelo local: está fora.\n\n"), "{}", said.text);
        assert_eq!(said.citations.len(), 1);
        assert_eq!(said.citations[0].section.as_deref(), Some("Como reparar"));
        assert!(!fallback(&Known { why: None, ..known }).text.contains("modelo"));
    }

    #[test]
    fn without_such_a_section_it_is_the_one_of_the_scenario_or_the_beginning_or_what_was_found() {
        let page = PAGE.replace("## Como reparar", "## Algo");
        let excerpt = Excerpt {
            spec: "a/b".into(),
            headings: vec!["T".into(), "Discos".into()],
            text: "Troque o disco.\n".into(),
            hash: "0".into(),
        };
        let (named, unnamed) = (runbook(Some("Outra")), runbook(Some("Nenhuma")));
        let of = |runbook, page, found| {
            let language = Language::English;
            let said = fallback(&Known { language, runbook, page, found, why: None });
            said.citations.into_iter().next().map(|citation| (citation.section, citation.quote))
        };
        let some = |section: Option<&str>, quote: &str| Some((section.map(String::from), quote.to_string()));
        assert_eq!(of(Some(&named), Some(&page), Some(&excerpt)), some(Some("Outra"), "Outra coisa."));
        assert!(of(Some(&unnamed), Some(&page), None).unwrap().1.starts_with("# Cluster\n\nComeço."));
        for (runbook, page) in [(None, None), (Some(&named), None), (Some(&named), Some(" "))] {
            assert_eq!(of(runbook, page, Some(&excerpt)), some(Some("Discos"), "Troque o disco."));
            assert_eq!(of(runbook, page, None), None);
        }
        let known = Known { language: Language::English, runbook: None, page: None, found: None, why: None };
        assert_eq!(fallback(&known).text, "No section of a runbook is about this.");
    }

    #[test]
    fn it_is_bounded() {
        let page = format!("## Como reparar\n\n{}", "linha com acentuação\n".repeat(2_000));
        let runbook = runbook(None);
        let language = Language::Portuguese;
        let known =
            Known { language, runbook: Some(&runbook), page: Some(&page), found: None, why: Some(&"x".repeat(9_000)) };
        let said = fallback(&known);
        assert!(said.text.len() <= TEXT_MAX && said.citations[0].quote.chars().count() <= QUOTE_MAX);
    }
}
