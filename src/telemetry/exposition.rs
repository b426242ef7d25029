//! Metrics as text, in the two formats that Prometheus reads.

use std::fmt::{Display, Write as _};

/// A text format of metrics.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// OpenMetrics 1.0.0.
    OpenMetrics,
    /// The text format of Prometheus, 0.0.4.
    Text,
}

impl Format {
    /// The value of the header Content-Type.
    pub fn media_type(self) -> &'static str {
        match self {
            Format::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
            Format::Text => "text/plain; version=0.0.4; charset=utf-8",
        }
    }

    /// What follows all metrics.
    pub(super) fn end(self) -> &'static str {
        match self {
            Format::OpenMetrics => "# EOF\n",
            Format::Text => "",
        }
    }
}

/// Converts metrics from OpenMetrics. In the text format the name of a metric is that of its series: of a counter with `_total`, of
/// information with `_info`, which is a gauge there. It has no units.
pub(super) fn to_text_format(open_metrics: &str) -> String {
    let mut text = String::with_capacity(open_metrics.len());
    let mut help = None;
    for line in open_metrics.lines() {
        if let Some(of_help) = line.strip_prefix("# HELP ") {
            help = of_help.split_once(' ').map(|(_, help)| help);
        } else if let Some((name, kind)) = line.strip_prefix("# TYPE ").and_then(|rest| rest.split_once(' ')) {
            let (suffix, kind) = match kind {
                "counter" => ("_total", kind),
                "info" => ("_info", "gauge"),
                "unknown" => ("", "untyped"),
                _ => ("", kind),
            };
            // Writing to a String cannot fail.
            let _ = writeln!(text, "# HELP {name}{suffix} {}", help.take().unwrap_or_default());
            let _ = writeln!(text, "# TYPE {name}{suffix} {kind}");
        } else if !line.starts_with("# ") {
            text.push_str(line);
            text.push('\n');
        }
    }
    text
}

/// Writes the descriptor of a gauge.
pub(super) fn write_gauge(text: &mut String, format: Format, name: &str, unit: Option<&str>, help: &str) {
    let _ = writeln!(text, "# HELP {name} {help}\n# TYPE {name} gauge");
    if let (Format::OpenMetrics, Some(unit)) = (format, unit) {
        let _ = writeln!(text, "# UNIT {name} {unit}");
    }
}

/// Writes the value of one series, with its labels.
pub(super) fn write_series(text: &mut String, name: &str, labels: &[(&str, &str)], value: impl Display) {
    text.push_str(name);
    for (number, (label, content)) in labels.iter().enumerate() {
        text.push(if number == 0 { '{' } else { ',' });
        text.push_str(label);
        text.push_str("=\"");
        for c in content.chars() {
            match c {
                '\\' => text.push_str("\\\\"),
                '"' => text.push_str("\\\""),
                '\n' => text.push_str("\\n"),
                c => text.push(c),
            }
        }
        text.push('"');
    }
    let _ = writeln!(text, "{} {value}", if labels.is_empty() { "" } else { "}" });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_format_names_metrics_as_their_series() {
        let open_metrics = "\
# HELP a_runs Runs.
# TYPE a_runs counter
a_runs_total{x=\"# TYPE\"} 3
# HELP a_build Version.
# TYPE a_build info
a_build_info{version=\"1\"} 1
# HELP a_wait_seconds Wait.
# TYPE a_wait_seconds gauge
# UNIT a_wait_seconds seconds
a_wait_seconds 0.5
# HELP a_other Other.
# TYPE a_other unknown
a_other 1
# EOF
";
        let text = "\
# HELP a_runs_total Runs.
# TYPE a_runs_total counter
a_runs_total{x=\"# TYPE\"} 3
# HELP a_build_info Version.
# TYPE a_build_info gauge
a_build_info{version=\"1\"} 1
# HELP a_wait_seconds Wait.
# TYPE a_wait_seconds gauge
a_wait_seconds 0.5
# HELP a_other Other.
# TYPE a_other untyped
a_other 1
";
        assert_eq!(to_text_format(open_metrics), text);
    }

    #[test]
    fn label_values_are_escaped() {
        let mut text = String::new();
        write_series(&mut text, "a", &[("b", "c\\d\"e\nf"), ("g", "")], 1.5);
        write_series(&mut text, "a", &[], 2);
        assert_eq!(text, "a{b=\"c\\\\d\\\"e\\nf\",g=\"\"} 1.5\na 2\n");
    }
}
