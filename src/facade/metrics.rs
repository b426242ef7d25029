//! `/metrics`: the format and the compression that the client asks for, sent in parts, and the metrics of requests.

use super::process_endpoints::ProcessState;
use crate::runtime::leadership::Leadership;
use crate::telemetry::{Exposition, Format, Limit, Metrics};
use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{MatchedPath, Request, State};
use axum::http::header::{ACCEPT, ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_TYPE, HeaderName, VARY};
use axum::http::{HeaderMap, HeaderValue};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use flate2::Compression;
use flate2::write::GzEncoder;
use futures::stream;
use std::io::{self, Write as _};
use std::sync::Arc;
use std::time::Instant;
use tokio::sync::Semaphore;

/// Responses with metrics that are sent at once; further requests wait. Each holds a list of all Scenarios.
const RESPONSES_MAX: usize = 8;

/// What `/metrics` needs.
#[derive(Clone)]
struct MetricsState {
    process: ProcessState,
    turns: Arc<Semaphore>,
}

pub(super) fn routes(process: ProcessState) -> Router {
    let turns = Arc::new(Semaphore::new(RESPONSES_MAX));
    Router::new().route("/metrics", get(metrics)).with_state(MetricsState { process, turns })
}

async fn metrics(State(state): State<MetricsState>, headers: HeaderMap) -> Response {
    let (format, is_compressed) = (format(&headers), accepts_gzip(&headers));
    let MetricsState { process, turns } = state;
    if turns.available_permits() == 0 {
        process.metrics.limit_reached(Limit::MetricsResponses, "a request for metrics waits");
    }
    // The semaphore is never closed.
    let turn = turns.acquire_owned().await;
    let Ok(exposition) = tokio::task::spawn_blocking(move || process.exposition(format)).await else {
        return super::problem::Problem::failed().into_response();
    };
    let encoder = is_compressed.then(|| GzEncoder::new(Vec::new(), Compression::fast()));
    let parts = Parts { exposition, encoder, is_ended: false };
    let body = Body::from_stream(stream::unfold((parts, turn), async |(mut parts, turn)| {
        // Other tasks get their turn between two parts.
        tokio::task::yield_now().await;
        parts.next().map(|part| (part, (parts, turn)))
    }));
    let mut response = ([(CONTENT_TYPE, format.media_type())], body).into_response();
    response.headers_mut().insert(VARY, HeaderValue::from_static("Accept, Accept-Encoding"));
    if is_compressed {
        response.headers_mut().insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    response
}

impl ProcessState {
    /// All metrics as of now; those of each Scenario where this process runs them.
    fn exposition(&self, format: Format) -> Exposition {
        let (metrics, state) = (&self.metrics, self.operator.state());
        let totals = self.resources.totals();
        metrics.set_open_findings(|severity| totals.open_findings(severity));
        metrics.set_scenarios(|health| totals.scenarios(health));
        let states = self.operator.watch_states();
        metrics.set_scenario_states(|state| states.count(state));
        metrics.set_leading(matches!(state.leadership, Some(Leadership::Leading { .. })));
        if let Some(store) = &state.store {
            metrics.set_store(store.write_error.is_none(), store.damaged.len());
        }
        let runs_scenarios =
            matches!(state.leadership, Some(Leadership::Leading { .. } | Leadership::Uncertain { .. }));
        let samples = if runs_scenarios { self.resources.scenario_samples() } else { Vec::new() };
        metrics.exposition(format, samples)
    }
}

/// The parts of a response.
struct Parts {
    exposition: Exposition,
    /// Where the response is compressed.
    encoder: Option<GzEncoder<Vec<u8>>>,
    is_ended: bool,
}

impl Iterator for Parts {
    type Item = io::Result<Bytes>;

    fn next(&mut self) -> Option<io::Result<Bytes>> {
        let Some(encoder) = &mut self.encoder else { return self.exposition.next().map(|part| Ok(part.into())) };
        while !self.is_ended {
            let compressed = match self.exposition.next() {
                Some(part) => encoder.write_all(part.as_bytes()),
                None => {
                    self.is_ended = true;
                    encoder.try_finish()
                }
            };
            let bytes = std::mem::take(encoder.get_mut());
            match compressed {
                Err(error) => return Some(Err(error)),
                Ok(()) if bytes.is_empty() => {}
                Ok(()) => return Some(Ok(bytes.into())),
            }
        }
        None
    }
}

/// The format that the header Accept prefers, as Prometheus decides: of the formats that are named with the highest quality, the first.
/// Wildcards name none. Without one that this program has, it is the text format.
fn format(headers: &HeaderMap) -> Format {
    let mut preferred = (Format::Text, 0.0);
    for item in items(headers, ACCEPT) {
        let format = match (item.name.as_str(), item.parameter("version")) {
            ("application/openmetrics-text", None | Some("1.0.0")) => Format::OpenMetrics,
            ("text/plain", None | Some("0.0.4")) => Format::Text,
            _ => continue,
        };
        if item.quality() > preferred.1 {
            preferred = (format, item.quality());
        }
    }
    preferred.0
}

fn accepts_gzip(headers: &HeaderMap) -> bool {
    items(headers, ACCEPT_ENCODING).any(|item| item.name == "gzip" && item.quality() > 0.0)
}

/// An item of a header such as Accept.
struct Item<'a> {
    /// In lower case.
    name: String,
    parameters: Vec<(&'a str, &'a str)>,
}

impl Item<'_> {
    fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.iter().find(|(given, _)| given.eq_ignore_ascii_case(name)).map(|(_, value)| *value)
    }

    /// From 0 to 1; 0 is not acceptable.
    fn quality(&self) -> f32 {
        let quality = self.parameter("q").map_or(Ok(1.0), str::parse::<f32>);
        quality.ok().filter(|quality| (0.0..=1.0).contains(quality)).unwrap_or(0.0)
    }
}

fn items(headers: &HeaderMap, name: HeaderName) -> impl Iterator<Item = Item<'_>> {
    let values = headers.get_all(name).into_iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).map(|item| {
        let mut parts = item.split(';').map(str::trim);
        let name = parts.next().unwrap_or_default().to_ascii_lowercase();
        let parameters = parts.filter_map(|parameter| parameter.split_once('='));
        Item { name, parameters: parameters.map(|(name, value)| (name.trim(), unquoted(value.trim()))).collect() }
    })
}

fn unquoted(value: &str) -> &str {
    value.strip_prefix('"').and_then(|value| value.strip_suffix('"')).unwrap_or(value)
}

/// Records each request that is answered.
pub(super) async fn record(State(metrics): State<Arc<Metrics>>, request: Request, next: Next) -> Response {
    let (route, method) = (request.extensions().get::<MatchedPath>().cloned(), request.method().clone());
    let began = Instant::now();
    let response = next.run(request).await;
    let route = route.as_ref().map(MatchedPath::as_str);
    metrics.request(route, method.as_str(), response.status().as_u16(), began.elapsed());
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(name: HeaderName, values: &[&'static str]) -> HeaderMap {
        values.iter().map(|value| (name.clone(), HeaderValue::from_static(value))).collect()
    }

    #[test]
    fn the_format_is_the_one_that_accept_prefers() {
        use Format::{OpenMetrics, Text};
        let prometheus = "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2";
        let prometheus_text =
            "text/plain;version=0.0.4;q=0.6,application/openmetrics-text;version=1.0.0;q=0.5,*/*;q=0.2";
        for (accept, expected) in [
            (&[][..], Text),
            (&[""], Text),
            (&["*/*"], Text),
            (&["text/html,application/xhtml+xml,*/*;q=0.8"], Text),
            (&["text/plain"], Text),
            (&["application/openmetrics-text"], OpenMetrics),
            (&["Application/OpenMetrics-Text; Version=\"1.0.0\"; charset=utf-8"], OpenMetrics),
            (&["application/openmetrics-text; version=0.0.1"], Text),
            (&["application/openmetrics-text; version=2.0.0, text/plain; version=0.0.4;q=0.1"], Text),
            (&[prometheus], OpenMetrics),
            (&[prometheus_text], Text),
            (&["text/plain;q=0.5", "application/openmetrics-text;q=0.9"], OpenMetrics),
            (&["text/plain, application/openmetrics-text"], Text),
            (&["application/openmetrics-text, text/plain"], OpenMetrics),
            (&["application/openmetrics-text;q=0, */*"], Text),
            (&["application/openmetrics-text;q=0.000"], Text),
            (&["application/openmetrics-text;q=x"], Text),
            (&["application/json"], Text),
        ] {
            assert_eq!(format(&with(ACCEPT, accept)), expected, "{accept:?}");
        }
    }

    #[test]
    fn responses_are_compressed_where_gzip_is_accepted() {
        for (encodings, expected) in [
            (&[][..], false),
            (&["gzip"], true),
            (&["deflate, GZIP;q=0.5"], true),
            (&["br", "gzip"], true),
            (&["gzip;q=0"], false),
            (&["identity"], false),
        ] {
            assert_eq!(accepts_gzip(&with(ACCEPT_ENCODING, encodings)), expected, "{encodings:?}");
        }
    }
}
