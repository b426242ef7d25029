//! Metrics of the requests of the facade. Their labels have few values: templates of routes, never paths.

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};
use std::time::Duration;

/// Requests can wait for a run for a minute.
const SECONDS: [f64; 11] = [0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1.0, 5.0, 10.0, 60.0];
/// Label values for requests that are none of those that are known.
const OTHER: &str = "other";
const METHODS: [&str; 9] = ["GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"];

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RequestLabels {
    route: String,
    method: &'static str,
    code: u16,
}

pub(super) struct RequestMetrics {
    answered: Family<RequestLabels, Counter>,
    duration: Family<RequestLabels, Histogram>,
}

impl RequestMetrics {
    pub fn registered(registry: &mut Registry) -> RequestMetrics {
        let histogram = (|| Histogram::new(SECONDS)) as fn() -> Histogram;
        let metrics = RequestMetrics { answered: Family::default(), duration: Family::new_with_constructor(histogram) };
        let help = "Requests that the facade has answered";
        registry.register("facade_requests", help, metrics.answered.clone());
        let help = "Time from a request of the facade to the head of its response";
        registry.register_with_unit("facade_request_duration", help, Unit::Seconds, metrics.duration.clone());
        metrics
    }

    pub fn answered(&self, route: Option<&str>, method: &str, code: u16, took: Duration) {
        let labels = RequestLabels {
            route: route.unwrap_or(OTHER).to_string(),
            method: METHODS.into_iter().find(|known| *known == method).unwrap_or(OTHER),
            code,
        };
        self.answered.get_or_create(&labels).inc();
        self.duration.get_or_create(&labels).observe(took.as_secs_f64());
    }
}
