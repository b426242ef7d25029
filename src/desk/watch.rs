//! What the bar of every page says of the round.

use super::round::Round;
use super::time;
use super::visit::Look;
use crate::api::Channel;
use crate::domain::texts::panel::{board as said, times, words};
use jiff::Timestamp;
use maud::{Markup, html};

/// The part of the bar. It reads itself again, so that it is not older than the page looks.
pub fn bar(round: &Round, look: &Look) -> Markup {
    let language = look.language;
    html! {
        p class={ "bar__watch" @if round.has_stopped || !round.down.is_empty() { " bar__watch--off" } } id="ronda"
            hx-get="/desk/round" hx-trigger="every 30s, sse:reset" hx-swap="outerHTML" {
            @match (round.last_at, round.has_stopped) {
                (Some(at), true) => b { (said::round_stopped(language)) ": " (nothing_since(look, at)) },
                (Some(at), false) => span {
                    (words::round(language)) " " (time::second(look, at))
                    span class="long" {
                        " · " (words::up_to_date(language, round.fresh, round.expected))
                        @if let Some(at) = round.next_at { " · " (said::next(language).to_lowercase()) " " (time::second(look, at)) }
                    }
                },
                (None, _) => span { (words::round(language)) ": " (said::nothing_read(language).to_lowercase()) },
            }
            @for (channel, since) in &round.down { b { (not_leaving(look, *channel, *since)) } }
        }
    }
}

/// Since when no notice has left by a channel.
pub fn not_leaving(look: &Look, channel: Channel, since: Timestamp) -> String {
    said::not_leaving(look.language, channel, &times::clock(look.language, since, look.now, &look.zone))
}

/// Since when nothing was read.
pub fn nothing_since(look: &Look, at: Timestamp) -> String {
    said::nothing_since(look.language, &times::clock(look.language, at, look.now, &look.zone))
}
