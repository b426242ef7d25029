//! How the program watches itself: what is counted where the work is done, for the controllers and views that report it.

use super::channel_states::ChannelStates;
use super::model_standing::ModelStanding;
use super::probe_lateness::ProbeLateness;
use crate::channels::heartbeat::Heartbeat;
use std::sync::Arc;
use std::time::Duration;

/// What watches the program. Clones share it.
#[derive(Clone, Default)]
pub struct SelfMonitoring {
    pub lateness: ProbeLateness,
    pub channels: ChannelStates,
    /// Whether the local model can be used.
    pub model: ModelStanding,
    /// `None` where no push monitor is configured.
    pub heartbeat: Option<HeartbeatOptions>,
    /// Why the embedded store can't be written, if so; `None` where the API server is another process.
    pub store_error: Option<StoreError>,
}

/// Asks why the embedded store can't be written.
pub type StoreError = Arc<dyn Fn() -> Option<String> + Send + Sync>;

/// The push monitor that is called while all is well.
#[derive(Clone)]
pub struct HeartbeatOptions {
    pub monitor: Arc<Heartbeat>,
    /// Between two calls.
    pub interval: Duration,
}
