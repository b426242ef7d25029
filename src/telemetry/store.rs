//! Metrics of the embedded store. They exist only where the program has one.

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric};
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

#[derive(Debug, Default)]
pub(super) struct StoreMetrics {
    /// Whether it is writable, and the number of damaged objects; `None` where there is no store.
    state: Mutex<Option<(bool, usize)>>,
    errors: AtomicU64,
}

impl StoreMetrics {
    pub fn set(&self, is_writable: bool, damaged: usize) {
        *self.state.lock().unwrap_or_else(PoisonError::into_inner) = Some((is_writable, damaged));
    }

    pub fn error(&self) {
        self.errors.fetch_add(1, Ordering::Relaxed);
    }
}

impl Collector for StoreMetrics {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), std::fmt::Error> {
        let state = *self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let Some((is_writable, damaged)) = state else { return Ok(()) };
        let mut add = |name, help, metric: &dyn EncodeMetric| {
            metric.encode(encoder.encode_descriptor(name, help, None, metric.metric_type())?)
        };
        let writable = ConstGauge::new(i64::from(is_writable));
        add("store_writable", "Whether the embedded store can be written (1) or not (0).", &writable)?;
        let damaged = ConstGauge::new(i64::try_from(damaged).unwrap_or(i64::MAX));
        add("store_damaged_objects", "Objects in the embedded store that cannot be read.", &damaged)?;
        let errors = ConstCounter::new(self.errors.load(Ordering::Relaxed));
        add("store_errors", "Failed writes of the embedded store.", &errors)
    }
}
