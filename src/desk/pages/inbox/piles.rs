//! Of many Messages, those about one check are shown together.

use super::Inbox;
use crate::desk::symbols::shape;
use crate::desk::time;
use crate::domain::texts::panel::inbox as said;
use crate::views::InboxView;
use maud::{Markup, html};

/// Up to so many Messages in all, each is shown by itself.
const SINGLE_MAX: usize = 40;
/// From so many about one check on, they are shown together.
const PILE_MIN: usize = 4;

/// Messages about one check of a Scenario, in their order.
struct Pile<'a> {
    /// `None` for what is about no check.
    of: Option<(String, String)>,
    items: Vec<&'a InboxView>,
}

impl Inbox<'_> {
    /// Messages of one severity.
    pub(super) fn items(&self, items: &[&InboxView], held: &[String], current: Option<&str>) -> Markup {
        let one = |item: &InboxView| self.item(item, held, current == Some(item.thread_id.as_str()));
        if self.pending.items.len() <= SINGLE_MAX {
            return html! { ol { @for item in items { (one(item)) } } };
        }
        html! {
            @for pile in self.piles(items) {
                @match &pile.of {
                    Some((_, check)) if pile.items.len() >= PILE_MIN => {
                        details class="pile" open[pile.items.iter().any(|item| current == Some(item.thread_id.as_str()))] {
                            (self.summary(&pile, check))
                            ol { @for item in &pile.items { (one(item)) } }
                        }
                    }
                    _ => ol { @for item in &pile.items { (one(item)) } },
                }
            }
        }
    }

    fn piles<'a>(&self, items: &[&'a InboxView]) -> Vec<Pile<'a>> {
        let mut piles: Vec<Pile<'a>> = Vec::new();
        for item in items {
            let finding = item.finding_id.as_ref().and_then(|name| self.panel.resources().finding(name));
            let of = finding.map(|finding| (finding.spec.scenario.clone(), finding.spec.check.clone()));
            match piles.iter_mut().find(|pile| pile.of == of) {
                Some(pile) => pile.items.push(item),
                None => piles.push(Pile { of, items: vec![item] }),
            }
        }
        piles
    }

    fn summary(&self, pile: &Pile<'_>, check: &str) -> Markup {
        let Some(first) = pile.items.first() else { return html! {} };
        let language = self.language();
        let agent = first.agent.as_ref().map_or("", |agent| agent.name.as_str());
        let severity = first.severity.map_or("info", |severity| severity.as_str());
        let unowned = pile.items.iter().filter(|item| self.owner(item).is_none()).count();
        html! {
            summary {
                span class={ "mark mark--" (severity) } { (shape(severity)) }
                span { (self.about(first)) " · " span class="fact" { (check) } }
                span class="n" { (pile.items.len()) }
                small {
                    (agent)
                    @if let Some(at) = first.created_at { " · " (time::ago(&self.visit.look, at)) }
                    @if unowned > 0 { " · " (said::without_owner(language, unowned)) }
                }
            }
        }
    }
}
