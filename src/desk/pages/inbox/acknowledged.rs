//! What was acknowledged and is still open stays counted below the list.

use super::{Inbox, reader};
use crate::desk::time;
use crate::domain::texts::panel::{inbox as said, times};
use jiff::Timestamp;
use maud::{Markup, html};

/// How many are listed.
const SHOWN_MAX: usize = 50;

impl Inbox<'_> {
    pub(super) fn acknowledged(&self) -> Markup {
        let (language, look) = (self.language(), &self.visit.look);
        let all = self.panel.resources().acknowledged(reader(self.visit), SHOWN_MAX);
        let clock = |at: Timestamp| times::clock(language, at, look.now, &look.zone);
        let next = all.items.first().and_then(|item| item.acknowledgement.until).map(clock);
        html! {
            @if all.total > 0 {
                details class="counted" {
                    summary { (said::counted(language, all.total, all.returning, next.as_deref())) }
                    ol aria-label=(said::acknowledged_ones(language)) {
                        @for item in &all.items {
                            @let until = item.acknowledgement.until.map(clock);
                            li {
                                a href={ "/desk/threads/" (item.message.thread_id) } { (self.headline(&item.message)) }
                                p {
                                    (said::acknowledged_by(language, &item.acknowledgement.by, until.as_deref()))
                                    @if let Some(at) = item.acknowledgement.at { " · " (time::ago(look, at)) }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}
