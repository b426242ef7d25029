//! Metrics of the local model.

use super::LabelWord;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};
use std::time::Duration;

/// Upper bounds: a call takes minutes on a CPU.
const SECONDS: [f64; 9] = [1.0, 5.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1200.0];

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ResultLabel {
    result: LabelWord,
}

pub(super) struct AdviceMetrics {
    requests: Family<ResultLabel, Counter>,
    seconds: Histogram,
    queue: Gauge,
}

impl AdviceMetrics {
    pub fn registered(registry: &mut Registry) -> AdviceMetrics {
        let metrics =
            AdviceMetrics { requests: Family::default(), seconds: Histogram::new(SECONDS), queue: Gauge::default() };
        let help = "Attempts to ask the local model by result: grounded (lines of the answer are shown), not_grounded (none is), refused (no complete answer in the format), timeout, missing (the server does not have the model) or away (no connection)";
        registry.register("advice_requests", help, metrics.requests.clone());
        let help = "Duration of calls of the local model that were answered";
        registry.register_with_unit("advice", help, Unit::Seconds, metrics.seconds.clone());
        registry.register("advice_queue_length", "What waits for the local model", metrics.queue.clone());
        metrics
    }

    /// `took` is the duration of a call that was answered.
    pub fn request(&self, result: &'static str, took: Option<Duration>) {
        self.requests.get_or_create(&ResultLabel { result: LabelWord(result) }).inc();
        if let Some(took) = took {
            self.seconds.observe(took.as_secs_f64());
        }
    }

    pub fn set_queue(&self, length: usize) {
        self.queue.set(length.try_into().unwrap_or(i64::MAX));
    }
}

#[cfg(test)]
mod tests {
    use crate::telemetry::Metrics;
    use std::time::Duration;

    #[test]
    fn calls_are_counted_by_result_and_only_answers_have_a_duration() {
        let metrics = Metrics::default();
        metrics.advice_request("grounded", Some(Duration::from_secs(70)));
        metrics.advice_request("away", None);
        metrics.set_advice_queue(3);
        let text = metrics.encode();
        for line in [
            "agentic_ops_advice_requests_total{result=\"grounded\"} 1",
            "agentic_ops_advice_requests_total{result=\"away\"} 1",
            "agentic_ops_advice_seconds_count 1",
            "agentic_ops_advice_queue_length 3",
        ] {
            assert!(text.contains(line), "{line} is not in\n{text}");
        }
    }
}
