//! The message of Alertmanager's webhook receiver, version 4.
//!
//! <https://prometheus.io/docs/alerting/latest/configuration/#webhook_config>

use super::{Style, clip, links, state};
use crate::domain::notice::content::{Content, Item};
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeMap;

/// The end of an alert that has not ended: the zero time of Go.
const NO_TIME: &str = "0001-01-01T00:00:00Z";
/// Name of the receiver.
const RECEIVER: &str = "agentic-ops";
/// Longest summary and description, in characters.
const SUMMARY_MAX: usize = 200;
const DESCRIPTION_MAX: usize = 1024;

type Pairs = BTreeMap<&'static str, String>;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Message {
    version: &'static str,
    group_key: String,
    truncated_alerts: usize,
    status: &'static str,
    receiver: &'static str,
    group_labels: Pairs,
    common_labels: Pairs,
    common_annotations: Pairs,
    #[serde(rename = "externalURL")]
    external_url: String,
    alerts: Vec<Alert>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Alert {
    status: &'static str,
    labels: Pairs,
    annotations: Pairs,
    starts_at: String,
    ends_at: String,
    #[serde(rename = "generatorURL")]
    generator_url: String,
    fingerprint: String,
}

/// Words a message. It is firing while one of its alerts is.
pub fn message(content: &Content, style: &Style) -> Value {
    let alerts: Vec<Alert> = content.items.iter().map(|item| alert(content, item, style)).collect();
    let is_firing = alerts.iter().any(|alert| alert.status == status(true));
    // The messages about one opening have one key, as those about one group of Alertmanager do.
    let opening = content.opening.as_ref().map_or(&content.id, |opening| &opening.id);
    let message = Message {
        version: "4",
        group_key: format!("{{}}:{{opening={opening:?}}}"),
        truncated_alerts: content.total.saturating_sub(alerts.len()),
        status: status(is_firing),
        receiver: RECEIVER,
        group_labels: Pairs::new(),
        common_labels: common(alerts.iter().map(|alert| &alert.labels)),
        common_annotations: common(alerts.iter().map(|alert| &alert.annotations)),
        external_url: links::base(style).to_string(),
        alerts,
    };
    serde_json::to_value(message).unwrap_or_default()
}

fn status(is_firing: bool) -> &'static str {
    if is_firing { "firing" } else { "resolved" }
}

fn alert(content: &Content, item: &Item, style: &Style) -> Alert {
    let is_firing = !state::is_end(content.kind, item);
    let ended = item.resolved_at.unwrap_or(content.at).to_string();
    Alert {
        status: status(is_firing),
        labels: labels(item),
        annotations: annotations(content, item, style),
        starts_at: item.opened_at.unwrap_or(content.at).to_string(),
        ends_at: if is_firing { NO_TIME.to_string() } else { ended },
        generator_url: links::finding(style, &item.finding),
        fingerprint: item.finding.rsplit('-').next().unwrap_or_default().to_string(),
    }
}

/// Alertmanager leaves out labels without a value.
fn labels(item: &Item) -> Pairs {
    let alertname = [item.scenario.as_str(), item.check.as_str()].join("/");
    let severity = item.severity.map(|severity| severity.to_string()).unwrap_or_default();
    let labels = [
        ("alertname", alertname),
        ("scenario", item.scenario.clone()),
        ("check", item.check.clone()),
        ("key", item.key.clone()),
        ("severity", severity),
        ("agent", item.agent.clone()),
    ];
    labels.into_iter().filter(|(_, value)| !value.is_empty()).collect()
}

fn annotations(content: &Content, item: &Item, style: &Style) -> Pairs {
    let summary = clip::chars(&state::headline(item), SUMMARY_MAX);
    let state = state::item_line(content.kind, item, content.at, style);
    let message = Some(item.message.as_str()).filter(|_| !state::has_message(content.kind, item));
    let show = item.read.show.as_deref().filter(|_| !state::is_end(content.kind, item));
    let parts = [state.as_deref(), message, show];
    let description = parts.into_iter().flatten().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("\n");
    let url = item.runbook.as_ref().and_then(|runbook| runbook.url.clone()).unwrap_or_default();
    let annotations =
        [("summary", summary), ("description", clip::chars(&description, DESCRIPTION_MAX)), ("runbook_url", url)];
    annotations.into_iter().filter(|(_, value)| !value.is_empty()).collect()
}

/// What all have with the same value.
fn common<'a>(mut all: impl Iterator<Item = &'a Pairs>) -> Pairs {
    let Some(first) = all.next() else { return Pairs::new() };
    let mut common = first.clone();
    for one in all {
        common.retain(|name, value| one.get(name) == Some(value));
    }
    common
}
