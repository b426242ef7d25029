//! Who was told of this occurrence, who was not, and why.

use super::Context;
use crate::desk::symbols::shape;
use crate::desk::time;
use crate::domain::texts::Language;
use crate::domain::texts::panel::context as said;
use crate::views::{FindingView, NoticeView};
use maud::{Markup, html};

impl Context<'_> {
    pub(super) fn told(&self, finding: &FindingView) -> Markup {
        let language = self.language();
        let current = finding.occurrences.unwrap_or(1);
        let notices = || finding.notices.iter().filter(|notice| notice.occurrence == current);
        let sent: Vec<_> = notices().filter(|notice| notice.state == "sent").collect();
        let not_sent: Vec<_> = notices().filter(|notice| notice.state != "sent").collect();
        html! {
            section class="fact-s" aria-labelledby="avisos" {
                div class="fact-s__h" { h2 id="avisos" { (said::told(language)) } }
                @if sent.is_empty() { p class="quiet" { (said::told_nobody(language)) } }
                ul class="rows told" {
                    @for notice in sent {
                        li {
                            (shape("ok"))
                            span { (channel(language, notice)) }
                            span class="fact" { (recipient(notice)) }
                            span class="end" { (time::clock(&self.visit.look, notice.at)) }
                            @if let Some(word) = kind(language, &notice.kind) { small { (word) } }
                        }
                    }
                }
                @if !not_sent.is_empty() {
                    h3 class="sub" { (said::not_told(language)) }
                    ul class="rows told" { @for notice in not_sent { (self.not_sent(notice)) } }
                }
            }
        }
    }

    fn not_sent(&self, notice: &NoticeView) -> Markup {
        let language = self.language();
        let known = notice.reason.as_deref().and_then(|reason| said::not_sent(language, reason));
        let word = match (known, notice.state.as_str()) {
            (Some(word), _) => word,
            (None, "planned" | "claimed") => said::waiting_to_send(language),
            (None, _) => notice.reason.as_deref().unwrap_or(&notice.state),
        };
        let is_waiting = matches!(notice.state.as_str(), "planned" | "claimed" | "held");
        html! {
            li {
                (shape(if is_waiting { "hold" } else { "no" }))
                span { (channel(language, notice)) }
                span { (word) }
                span {}
                small {
                    @if !recipient(notice).is_empty() { span class="fact" { (recipient(notice)) } " " }
                    @if let Some(word) = kind(language, &notice.kind) { (word) ". " }
                    @if let Some(message) = notice.message.as_deref() { (message) }
                }
            }
        }
    }
}

/// What a notice is about; of an opening nothing is said, since that is what most are.
fn kind(language: Language, kind: &str) -> Option<&'static str> {
    match kind {
        "flapping" => Some(said::notice_flapping(language)),
        "acknowledged" => Some(said::notice_known(language)),
        "reminder" => Some(said::notice_reminder(language)),
        "escalated" => Some(said::notice_escalated(language)),
        "resolved" => Some(said::notice_resolved(language)),
        _ => None,
    }
}

fn channel(language: Language, notice: &NoticeView) -> &'static str {
    if notice.channel == "mail" { said::mail(language) } else { notice.channel }
}

/// To whom; empty where that is the channel itself.
fn recipient(notice: &NoticeView) -> &str {
    notice.recipient.as_deref().filter(|recipient| *recipient != notice.channel).unwrap_or_default()
}
