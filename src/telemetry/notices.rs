//! Metrics of notices and of the heartbeat.

use super::LabelWord;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::registry::Registry;

/// Label value for what is none of those that are known.
const OTHER: &str = "other";
const CHANNELS: [&str; 3] = ["mail", "ntfy", "webhook"];
const RESULTS: [&str; 4] = ["sent", "failed", "retried", "suppressed"];

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct NoticeLabels {
    channel: LabelWord,
    result: LabelWord,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ResultLabel {
    result: LabelWord,
}

pub(super) struct NoticeMetrics {
    notices: Family<NoticeLabels, Counter>,
    heartbeats: Family<ResultLabel, Counter>,
}

impl NoticeMetrics {
    pub fn registered(registry: &mut Registry) -> NoticeMetrics {
        let metrics = NoticeMetrics { notices: Family::default(), heartbeats: Family::default() };
        let help = "Notices by channel and result: sent, failed (given up), retried (an attempt failed) or suppressed (not sent, with its reason on the Finding)";
        registry.register("notices", help, metrics.notices.clone());
        let help = "Calls of the push monitor by result: sent, failed (not answered with success) or withheld (writes fail, or probes are late)";
        registry.register("heartbeats", help, metrics.heartbeats.clone());
        metrics
    }

    pub fn notice(&self, channel: &str, result: &str) {
        let labels = NoticeLabels { channel: known(&CHANNELS, channel), result: known(&RESULTS, result) };
        self.notices.get_or_create(&labels).inc();
    }

    pub fn heartbeat(&self, result: &'static str) {
        self.heartbeats.get_or_create(&ResultLabel { result: LabelWord(result) }).inc();
    }
}

fn known(words: &[&'static str], word: &str) -> LabelWord {
    LabelWord(words.iter().find(|known| **known == word).copied().unwrap_or(OTHER))
}

#[cfg(test)]
mod tests {
    use crate::telemetry::Metrics;

    #[test]
    fn notices_and_heartbeats_are_counted_under_known_words() {
        let metrics = Metrics::default();
        metrics.notice_result("mail", "sent");
        metrics.notice_result("mail", "sent");
        metrics.notice_result("ntfy", "suppressed");
        metrics.notice_result("ana@example", "250 ok");
        metrics.heartbeat("withheld");
        let text = metrics.encode();
        for line in [
            "agentic_ops_notices_total{channel=\"mail\",result=\"sent\"} 2",
            "agentic_ops_notices_total{channel=\"ntfy\",result=\"suppressed\"} 1",
            "agentic_ops_notices_total{channel=\"other\",result=\"other\"} 1",
            "agentic_ops_heartbeats_total{result=\"withheld\"} 1",
        ] {
            assert!(text.contains(line), "{line} is not in\n{text}");
        }
    }
}
