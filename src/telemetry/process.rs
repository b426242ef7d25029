//! Metrics of the process, with the names that all programs have for them.

use procfs::process::{LimitValue, Process, Stat};
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric};
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::registry::Unit;
use std::fmt;

/// Reads `/proc/self` when metrics are asked for. What can't be read there is left out.
#[derive(Debug)]
pub(super) struct ProcessMetrics {
    /// When the system was started, in seconds since 1970.
    booted_at: Option<u64>,
}

impl Default for ProcessMetrics {
    fn default() -> Self {
        ProcessMetrics { booted_at: procfs::boot_time_secs().ok() }
    }
}

impl Collector for ProcessMetrics {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let Ok(process) = Process::myself() else { return Ok(()) };
        let mut add = |name, help, unit: Option<&Unit>, metric: &dyn EncodeMetric| {
            metric.encode(encoder.encode_descriptor(name, help, unit, metric.metric_type())?)
        };
        let (seconds, bytes) = (Some(&Unit::Seconds), Some(&Unit::Bytes));
        if let Ok(stat) = process.stat() {
            let cpu = ConstCounter::new(of_ticks(stat.utime.saturating_add(stat.stime)));
            add("cpu", "Total user and system CPU time spent.", seconds, &cpu)?;
            add("virtual_memory", "Virtual memory size.", bytes, &gauge(stat.vsize))?;
            add("resident_memory", "Resident memory size.", bytes, &gauge(resident(&stat)))?;
            if let Some(booted_at) = self.booted_at {
                let started = ConstGauge::new(booted_at as f64 + of_ticks(stat.starttime));
                add("start_time", "Time at which the process started, since 1970-01-01 UTC.", seconds, &started)?;
            }
            let threads = ConstGauge::new(stat.num_threads);
            add("threads", "Number of threads.", None, &threads)?;
        }
        if let Ok(open) = process.fd_count() {
            add("open_fds", "Number of open file descriptors.", None, &gauge(open as u64))?;
        }
        if let Some(max) = process.limits().ok().map(|limits| limits.max_open_files.soft_limit) {
            let max = match max {
                LimitValue::Value(max) => max as f64,
                LimitValue::Unlimited => f64::INFINITY,
            };
            add("max_fds", "Maximum number of open file descriptors.", None, &ConstGauge::new(max))?;
        }
        Ok(())
    }
}

fn gauge(value: u64) -> ConstGauge<i64> {
    ConstGauge::new(i64::try_from(value).unwrap_or(i64::MAX))
}

fn resident(stat: &Stat) -> u64 {
    stat.rss.saturating_mul(procfs::page_size())
}

/// Clock ticks in seconds.
fn of_ticks(ticks: u64) -> f64 {
    ticks as f64 / procfs::ticks_per_second() as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use prometheus_client::encoding::text::encode;
    use prometheus_client::registry::Registry;

    fn values() -> impl Fn(&str) -> f64 {
        let mut registry = Registry::with_prefix("process");
        registry.register_collector(Box::new(ProcessMetrics::default()));
        let mut text = String::new();
        encode(&mut text, &registry).unwrap();
        move |name| {
            let value = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
            value.unwrap_or_else(|| panic!("{name} is not in\n{text}")).parse().unwrap()
        }
    }

    #[test]
    fn the_process_is_described() {
        let began = std::time::SystemTime::now();
        let file = std::fs::File::open("/proc/self/stat").unwrap();
        let before = values();
        drop(file);
        let since_1970 = began.duration_since(std::time::UNIX_EPOCH).unwrap().as_secs_f64();
        let started = before("process_start_time_seconds");
        assert!(started < since_1970 + 2.0 && started > since_1970 - 86_400.0, "{started} {since_1970}");
        assert!(before("process_resident_memory_bytes") > 1e6);
        assert!(before("process_virtual_memory_bytes") >= before("process_resident_memory_bytes"));
        assert!(before("process_open_fds") >= 4.0 && before("process_max_fds") > before("process_open_fds"));
        assert!(before("process_threads") >= 1.0);
        let mut spent = 0_u64;
        while values()("process_cpu_seconds_total") <= before("process_cpu_seconds_total") {
            spent = std::hint::black_box(spent.wrapping_mul(31).wrapping_add(1));
        }
    }
}
