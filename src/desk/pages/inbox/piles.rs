//! Of many Messages, those about one check are shown together.

use super::Inbox;
use crate::desk::symbols::shape;
use crate::desk::time;
use crate::domain::texts::panel::inbox as said;
use crate::views::{OfCheck, PendingCount, PendingItem};
use maud::{Markup, html};

/// Up to so many Messages in all, each is shown by itself.
const SINGLE_MAX: usize = 40;
/// From so many about one check on, they are shown together.
const PILE_MIN: usize = 4;

/// Messages about one check of a Scenario, in their order.
struct Pile<'a> {
    /// `None` for what is about no check.
    of: Option<OfCheck>,
    items: Vec<&'a PendingItem>,
}

impl Inbox<'_> {
    /// Messages of one severity.
    pub(super) fn items(&self, items: &[&PendingItem], held: &[String], current: Option<&str>) -> Markup {
        let is_current = |item: &PendingItem| current == Some(item.message.thread_id.as_str());
        let one = |item: &PendingItem| self.item(item, held, is_current(item));
        if self.pending.items.len() <= SINGLE_MAX {
            return html! { ol { @for item in items { (one(item)) } } };
        }
        html! {
            @for pile in self.piles(items) {
                @match &pile.of {
                    Some(of) if pile.items.len() >= PILE_MIN => {
                        @let count = self.count(of, &pile);
                        @let is_going = pile.items.iter().all(|item| held.contains(&item.message.id));
                        details class={ "pile" @if is_going { " pile--going" } } open[pile.items.iter().any(|item| is_current(item))] {
                            (self.summary(&pile, &of.2, count))
                            ol { @for item in &pile.items { (one(item)) } }
                            @if count.all > pile.items.len() {
                                p class="more-of" { (said::more(self.language(), count.all - pile.items.len())) }
                            }
                        }
                    }
                    _ => ol { @for item in &pile.items { (one(item)) } },
                }
            }
        }
    }

    /// All Messages about the check of a pile, also those that are not on the page.
    fn count(&self, of: &OfCheck, pile: &Pile<'_>) -> PendingCount {
        let all = PendingCount { all: pile.items.len(), unowned: 0 };
        self.pending.by_check.get(of).copied().unwrap_or(all)
    }

    fn piles<'a>(&self, items: &[&'a PendingItem]) -> Vec<Pile<'a>> {
        let mut piles: Vec<Pile<'a>> = Vec::new();
        for item in items {
            let message = &item.message;
            let finding = message.finding_id.as_ref().and_then(|name| self.panel.resources().finding(name));
            let of =
                finding.map(|finding| (message.severity, finding.spec.scenario.clone(), finding.spec.check.clone()));
            match piles.iter_mut().find(|pile| pile.of == of) {
                Some(pile) => pile.items.push(item),
                None => piles.push(Pile { of, items: vec![item] }),
            }
        }
        piles
    }

    fn summary(&self, pile: &Pile<'_>, check: &str, count: PendingCount) -> Markup {
        let Some(first) = pile.items.first() else { return html! {} };
        let language = self.language();
        let began_at = first.began_at;
        let first = &first.message;
        let agent = first.agent.as_ref().map_or("", |agent| agent.name.as_str());
        let severity = first.severity.map_or("info", |severity| severity.as_str());
        html! {
            summary {
                span class={ "mark mark--" (severity) } { (shape(severity)) }
                span { (self.about(first)) " · " span class="fact" { (check) } }
                span class="n" { (count.all) }
                small {
                    (agent)
                    @if let Some(at) = began_at { " · " (time::ago(&self.visit.look, at)) }
                    @if count.unowned > 0 { " · " (said::without_owner(language, count.unowned)) }
                }
            }
        }
    }
}
