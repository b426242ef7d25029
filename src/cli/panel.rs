//! The panel, from the settings: what it works with, and who may come in.

use super::settings::Settings;
use super::{CliError, limits, model, serve};
use crate::advisor::runbooks::{Library, LibraryConfig};
use crate::advisor::self_test::TEST_TIMES;
use crate::commands::{Caller, Context, Interface, RequestId};
use crate::desk::{self, Gate, Meter, NotVerified, OneTime, Options, Shelf, SignedIn, Tools};
use crate::facade::auth::Authenticator;
use crate::facade::{Backend, RequestRate, parse_origins};
use crate::runtime::caches::Caches;
use crate::telemetry::Metrics;
use crate::views::HistoryReader;
use axum::Router;
use axum::http::StatusCode;
use futures::FutureExt as _;
use futures::future::BoxFuture;
use jiff::tz::TimeZone;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// Where the panel is.
pub struct At<'a> {
    pub listen: SocketAddr,
    pub namespace: &'a str,
    /// Tells instances of one host apart; the same for all replicas.
    pub instance: &'a str,
}

/// The routes of the panel, beside a facade.
pub fn routes(
    settings: &Settings,
    at: At<'_>,
    secret: Option<Vec<u8>>,
    (facade, caches, history): (&Backend, &Caches, Arc<dyn HistoryReader>),
    once: OneTime,
) -> Router {
    let context = Context {
        client: facade.client.clone(),
        resources: facade.process.resources.clone(),
        caller: Caller { name: String::new(), roles: Vec::new(), interface: Interface::Desk },
        request: RequestId::unique(),
        process: facade.id.clone(),
        rate: facade.rate.clone(),
        joined: facade.joined.clone(),
        metrics: facade.process.metrics.clone(),
        secrets: facade.secrets.clone(),
    };
    let gate = OfFacade {
        auth: facade.auth.clone(),
        requests: facade.access.requests.clone(),
        metrics: facade.process.metrics.clone(),
    };
    let backend = desk::Backend {
        context,
        operator: facade.process.operator.clone(),
        recovery: facade.recovery.clone(),
        gate: Arc::new(gate),
        history,
        tools: tools(settings),
    };
    let origins = |name| parse_origins(settings.get(name).unwrap_or_default()).unwrap_or_default();
    let frames = origins("AGENTIC_DESK_FRAME_ANCESTORS");
    let options = Options {
        url: serve::desk_url(settings, at.listen),
        namespace: at.namespace.to_string(),
        language: settings.language(),
        zone: TimeZone::get(&settings.time_zone()).unwrap_or(TimeZone::UTC),
        runbooks: settings.get("AGENTIC_SPECS_ROOT").map(PathBuf::from),
        // An invalid value has prevented the start.
        origins: origins("AGENTIC_DESK_ORIGINS"),
        frame_ancestors: frames.iter().filter_map(|origin| origin.to_str().ok().map(String::from)).collect(),
        secret,
        instance: at.instance.to_string(),
    };
    desk::routes(backend, caches, options, once)
}

/// The index of the runbooks, in memory, and the self-test of the local model; without what is not set up or cannot be used.
fn tools(settings: &Settings) -> Tools {
    let config = settings.get("AGENTIC_SPECS_ROOT").map(|root| LibraryConfig {
        root: PathBuf::from(root),
        database: None,
        limits: limits::runbooks(settings),
    });
    let shelf = config.map(Library::open).transpose().unwrap_or_else(|error| {
        tracing::warn!(%error, "the panel cannot search the runbooks");
        None
    });
    let meter = meter(settings).unwrap_or_else(|error| {
        tracing::warn!(%error, "the panel cannot measure the local model");
        None
    });
    Tools { shelf: shelf.map(Shelf::new), meter: meter.unwrap_or_default() }
}

fn meter(settings: &Settings) -> Result<Option<Meter>, CliError> {
    let Some(mut config) = model::config(settings)? else { return Ok(None) };
    let timeout = config.timeout;
    config.timeout = timeout.saturating_mul(TEST_TIMES);
    Ok(Some(Meter::new(model::of(config)?, timeout)))
}

/// An address of this host at which one that listens on all of them is reached.
pub fn reachable(listen: SocketAddr) -> SocketAddr {
    let ip = match listen.ip() {
        ip if !ip.is_unspecified() => ip,
        IpAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
    };
    SocketAddr::new(ip, listen.port())
}

/// The people whom the facade lets in.
struct OfFacade {
    auth: Arc<Authenticator>,
    requests: Arc<RequestRate>,
    metrics: Arc<Metrics>,
}

impl Gate for OfFacade {
    fn verify<'a>(&'a self, token: &'a str) -> BoxFuture<'a, Result<SignedIn, NotVerified>> {
        async move {
            let caller = self.auth.caller_of(token).await.map_err(|problem| match problem.status {
                StatusCode::FORBIDDEN => NotVerified::NoRole,
                StatusCode::UNAUTHORIZED => NotVerified::Invalid,
                _ => NotVerified::Later,
            })?;
            Ok(SignedIn { expires: self.auth.expiry_of(token), name: caller.name, roles: caller.roles })
        }
        .boxed()
    }

    fn admit(&self, name: &str) -> Result<(), Duration> {
        let wait = |seconds: Option<u32>| Duration::from_secs(seconds.unwrap_or(1).into());
        self.requests.require(name, &self.metrics).map_err(|problem| wait(problem.retry_after))
    }
}
