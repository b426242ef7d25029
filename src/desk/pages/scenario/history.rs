//! The past of a Scenario: availability, the last readings, latencies, thirty days by hour, and downtime.

use super::OfScenario;
use crate::desk::layout::hidden;
use crate::desk::pages::board::availability;
use crate::desk::{charts, time};
use crate::domain::history::DAYS;
use crate::domain::history::outage::Outage;
use crate::domain::history::record::Record;
use crate::domain::texts::panel::{board as said, times};
use jiff::SignedDuration;
use maud::{Markup, html};

/// Outages that are shown, the last ones.
const OUTAGES: usize = 12;

impl OfScenario<'_> {
    pub(super) fn past(&self, record: &Record) -> Markup {
        html! {
            (self.availability(record))
            (self.readings(record))
            (self.by_hour(record))
            (self.outages(record))
        }
    }

    fn availability(&self, record: &Record) -> Markup {
        let (language, now) = (self.language(), self.visit.look.now);
        let spans = [(said::day(language), 24), (said::week(language), 7 * 24), (said::month(language), DAYS * 24)];
        html! {
            section aria-labelledby="disponibilidade" {
                div class="drill__h" {
                    h2 id="disponibilidade" { (said::availability(language)) }
                    span { (said::availability_more(language)) }
                }
                dl class="avail" {
                    @for (span, hours) in spans {
                        @let of = record.past.availability(now, hours, self.view.interval_seconds);
                        @let (share, is_low) = availability(language, of);
                        @let down = i64::try_from(of.down_seconds).unwrap_or(i64::MAX);
                        div {
                            dt { (span) }
                            dd {
                                span class=[is_low.then_some("low")] { (share) @if of.ratio().is_some() { " %" } }
                                @if down > 0 { small { (said::down(language, &times::span(language, SignedDuration::from_secs(down)))) } }
                            }
                        }
                    }
                }
            }
        }
    }

    fn readings(&self, record: &Record) -> Markup {
        let (language, look) = (self.language(), &self.visit.look);
        let first = record.last.get(record.last.len().saturating_sub(charts::STRIP)..).and_then(<[_]>::first);
        let words = |latency: std::time::Duration| said::milliseconds(language, latency.as_millis());
        html! {
            section aria-labelledby="leituras" {
                div class="drill__h" { h2 id="leituras" { (said::last_readings(language)) } }
                (charts::strip(language, &record.last))
                @if let Some((first, last)) = first.zip(record.last.last()) {
                    p class="scale" { (time::clock(look, first.at)) (time::clock(look, last.at)) }
                }
            }
            @if let Some((chart, median, worst)) = charts::day(&record.last, look.now) {
                section aria-labelledby="latencia" {
                    div class="drill__h" {
                        h2 id="latencia" { (said::latency(language)) ", " (said::day(language)) }
                        span class="fact" { (said::latencies(language, &words(median), &words(worst))) }
                    }
                    (chart)
                }
            }
        }
    }

    fn by_hour(&self, record: &Record) -> Markup {
        let (language, look) = (self.language(), &self.visit.look);
        let grid = record.past.grid(look.now, &look.zone);
        let day = |ago: i64| {
            let at = look.now.checked_sub(SignedDuration::from_hours(24 * ago)).unwrap_or(look.now);
            times::day(language, at, &look.zone)
        };
        html! {
            section aria-labelledby="trinta" {
                div class="drill__h" { h2 id="trinta" { (said::by_hour(language)) } }
                div class="hours__w" {
                    span class="hours__y" aria-hidden="true" { @for hour in [0, 6, 12, 18, 24] { span { (hour) " h" } } }
                    (charts::hours(language, &grid))
                }
                p class="scale scale--hours" { span { (day(DAYS - 1)) } span { (day(DAYS / 2)) } span { (said::today(language)) } }
                ul class="legend" aria-hidden="true" {
                    @for (class, word) in [("p", said::legend_pass(language)), ("f", said::legend_fail(language)), ("m", said::legend_maintenance(language))] {
                        li { svg class="hours sample" viewBox="0 0 10 12" { path class=(class) d="M5 0v12" {} } (word) }
                    }
                    li { svg class="hours sample" viewBox="0 0 10 12" {} (said::legend_gap(language)) }
                }
            }
        }
    }

    fn outages(&self, record: &Record) -> Markup {
        let language = self.language();
        let outages = record.past.outages(self.visit.look.now, self.view.interval_seconds);
        html! {
            section aria-labelledby="quedas" {
                div class="drill__h" { h2 id="quedas" { (said::outages(language)) } span { (said::outages_more(language)) } }
                @if outages.is_empty() { p class="quiet" { (said::no_outages(language)) } }
                ol class="rows outages" { @for outage in outages.iter().take(OUTAGES) { (self.outage(outage)) } }
            }
        }
    }

    fn outage(&self, outage: &Outage) -> Markup {
        let (language, look) = (self.language(), &self.visit.look);
        let (from, until) = (outage.from.start(), outage.until.start());
        let span = SignedDuration::from_secs(i64::try_from(outage.down_seconds).unwrap_or(i64::MAX));
        let span = times::span(language, span);
        let word = if outage.is_maintenance { said::maintenance(language) } else { said::downtime(language) };
        let action = format!("{}/reclassify", self.path());
        let fields = html! {
            (hidden(&self.visit.csrf, &self.path()))
            input type="hidden" name="from" value=(outage.from.0);
            input type="hidden" name="until" value=(outage.until.0);
        };
        html! {
            li {
                span class="k" { (times::day(language, from, &look.zone)) }
                span { (time::hour(look, from)) "–" (time::hour(look, until)) ", " (word) ", " (said::failures(language, outage.fails)) }
                span class="end" { (span) }
                @if outage.is_maintenance {
                    form class="again no-print" method="post" action=(action) {
                        (fields)
                        button class="btn btn--bare" name="as" value="downtime" { (said::take_back(language)) }
                    }
                } @else {
                    details class="again act no-print" {
                        summary { (said::was_maintenance(language)) }
                        form method="post" action=(action) {
                            (fields)
                            p { (said::was_maintenance_more(language)) }
                            label { (said::reason(language)) input type="text" name="reason" maxlength="1000" required; }
                            button class="btn" name="as" value="maintenance" { (said::was_maintenance(language)) }
                        }
                    }
                }
            }
        }
    }
}
