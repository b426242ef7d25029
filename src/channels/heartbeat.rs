//! The call of a push monitor, such as Uptime Kuma, healthchecks.io or an external endpoint of Gatus: it raises an alarm if the calls
//! end.

use crate::net::client::GuardedClient;
use crate::net::guard::AddressGuard;
use std::time::Duration;

/// The whole of one call.
const TIMEOUT: Duration = Duration::from_secs(10);

/// A push monitor. Its URL is a credential: no error and no log line has it.
pub struct Heartbeat {
    client: GuardedClient,
    url: String,
}

impl Heartbeat {
    /// The push monitor at this URL, which is connected to as `guard` allows.
    pub fn new(url: &str, guard: AddressGuard) -> Heartbeat {
        Heartbeat { client: GuardedClient::new(guard), url: url.to_string() }
    }

    /// Calls it once: a GET, answered with a status of success within ten seconds. The body is not read. The error is one sentence for
    /// logs.
    pub async fn beat(&self) -> Result<(), String> {
        let response = self.client.get(&self.url, TIMEOUT).await?;
        let status = response.status();
        if status.is_success() { Ok(()) } else { Err(format!("the monitor answered with status {}", status.as_u16())) }
    }
}
