//! The limits on clients, from the settings, and how a limit that is reached is reported.

use super::registry::files;
use super::settings::Settings;
use crate::advisor::runbooks::TreeLimits;
use crate::facade::{Access, RequestRate, parse_origins};
use crate::telemetry::{Limit, Metrics};
use crate::{controlplane, listener};
use std::sync::Arc;

/// Limits of one server.
pub fn listener(settings: &Settings) -> listener::Limits {
    listener::Limits {
        connections: settings.count("AGENTIC_CONNECTIONS_MAX"),
        unauthenticated: settings.count("AGENTIC_UNAUTHENTICATED_CONNECTIONS_MAX"),
        header_timeout: settings.duration("AGENTIC_HEADER_TIMEOUT"),
        header_bytes: settings.count("AGENTIC_HEADER_BYTES_MAX"),
        transfer_timeout: settings.duration("AGENTIC_TRANSFER_TIMEOUT"),
        idle_timeout: settings.duration("AGENTIC_IDLE_TIMEOUT"),
    }
}

/// How clients may use the REST routes.
pub fn access(settings: &Settings) -> Access {
    // Streams stay open: they must not take all connections of clients that have authenticated.
    let connections = (listener(settings).reserved() / 2).max(1);
    Access {
        requests: Arc::new(RequestRate::new(settings.count("AGENTIC_REQUESTS_PER_MINUTE"))),
        event_streams: settings.count("AGENTIC_EVENT_STREAMS_MAX").min(connections),
        event_streams_of_person: settings.count("AGENTIC_EVENT_STREAMS_PER_PERSON"),
        // An invalid value has prevented the start.
        origins: parse_origins(settings.get("AGENTIC_CORS_ORIGINS").unwrap_or_default()).unwrap_or_default(),
    }
}

/// How much of a registry is read.
pub fn registry(settings: &Settings) -> files::Limits {
    files::Limits {
        files: settings.count("AGENTIC_REGISTRY_FILES_MAX"),
        bytes: settings.integer("AGENTIC_REGISTRY_BYTES_MAX"),
    }
}

/// How much of the tree of runbooks is indexed.
pub fn runbooks(settings: &Settings) -> TreeLimits {
    TreeLimits { files: settings.count("AGENTIC_SPECS_FILES_MAX"), bytes: settings.integer("AGENTIC_SPECS_BYTES_MAX") }
}

/// Limits of the embedded API server.
pub fn control_plane(settings: &Settings) -> controlplane::Limits {
    controlplane::Limits {
        listener: listener(settings),
        watch_backlog: settings.integer("AGENTIC_WATCH_BACKLOG_BYTES"),
        bodies: settings.count("AGENTIC_REQUEST_BODIES_BYTES"),
        responses: settings.count("AGENTIC_RESPONSES_BYTES"),
        events: settings.count("AGENTIC_EVENTS_MAX"),
    }
}

/// Reports limits of a server to the metrics and the log. `server` is named in the log.
pub fn report(metrics: &Arc<Metrics>, server: &'static str) -> listener::Report {
    let metrics = metrics.clone();
    Arc::new(move |reached, detail: &str| metrics.limit_reached(limit(reached), format!("{server}: {detail}")))
}

/// Reports limits of the embedded API server to the metrics and the log.
pub fn report_of_control_plane(metrics: &Arc<Metrics>) -> controlplane::Report {
    let metrics = metrics.clone();
    Arc::new(move |reached, detail: &str| {
        let limit = match reached {
            controlplane::Reached::Listener(reached) => limit(reached),
            controlplane::Reached::WatchBacklog => Limit::WatchBacklog,
            controlplane::Reached::Bodies => Limit::RequestBodies,
            controlplane::Reached::Responses => Limit::Responses,
            controlplane::Reached::RenderedLists => Limit::RenderedLists,
            controlplane::Reached::JsonPatch => Limit::JsonPatch,
            controlplane::Reached::RequestBytes => Limit::RequestBytes,
            controlplane::Reached::Events => Limit::RetainedEvents,
        };
        metrics.limit_reached(limit, format!("API server: {detail}"));
    })
}

fn limit(reached: listener::Reached) -> Limit {
    match reached {
        listener::Reached::Connections => Limit::Connections,
        listener::Reached::UnauthenticatedConnections => Limit::UnauthenticatedConnections,
        listener::Reached::HeaderTimeout => Limit::HeaderTimeout,
        listener::Reached::HeaderBytes => Limit::HeaderBytes,
        listener::Reached::TransferTimeout => Limit::TransferTimeout,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    #[test]
    fn streams_of_events_leave_half_of_the_connections_with_a_token() {
        for (connections, unauthenticated, streams, expected) in
            [("512", "128", "64", 64), ("16", "128", "64", 4), ("16", "4", "64", 6), ("16", "4", "2", 2)]
        {
            let values = [
                ("AGENTIC_CONNECTIONS_MAX", connections),
                ("AGENTIC_UNAUTHENTICATED_CONNECTIONS_MAX", unauthenticated),
                ("AGENTIC_EVENT_STREAMS_MAX", streams),
            ];
            let values = values.map(|(name, value)| (name.to_string(), value.to_string()));
            let settings = Settings::load(&BTreeMap::new(), None, &BTreeMap::from(values)).unwrap();
            assert_eq!(access(&settings).event_streams, expected, "{connections} {unauthenticated} {streams}");
        }
    }
}
