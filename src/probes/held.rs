//! A reading until its Scenario is judged, and the memory that it holds.

use super::failure::failure;
use super::json;
use super::memory::{ParsedMemory, Share};
use crate::domain::detail::MemoryCause;
use crate::domain::reading::{ErrorKind, Reading};
use serde_json::Value;
use std::fmt;
use std::ops::Deref;

/// A reading, and the memory that is counted for it until this is dropped. JSON that takes much memory is parsed when the Scenario is
/// judged.
pub struct HeldReading {
    reading: Reading,
    /// `None` for a target that could not be prepared.
    share: Option<Share>,
}

impl HeldReading {
    pub(super) fn new(reading: Reading, share: Share) -> HeldReading {
        HeldReading { reading, share: Some(share) }
    }

    /// Memory that the reading takes, its JSON included, in bytes.
    pub fn bytes(&self) -> usize {
        self.share.as_ref().map_or(0, |share| share.bytes() + share.unparsed)
    }

    /// Parses the JSON that is left. Where it takes more than is left of `memory`, the reading becomes an error, and the result is
    /// `false`.
    pub fn parse(&mut self, memory: &mut ParsedMemory) -> bool {
        let bytes = self.share.as_mut().map_or(0, |share| std::mem::take(&mut share.unparsed));
        if !memory.take(bytes) {
            let cause = MemoryCause::TooMuchJson { bytes, max: memory.max() };
            self.reading.fields.clear();
            self.reading.error = Some(failure(ErrorKind::Memory, "", cause));
            self.share = None;
            return false;
        }
        if bytes > 0
            && let Some(Value::String(body)) = self.reading.fields.get("body")
        {
            let (name, value) = json::parsed(body);
            self.reading.fields.insert(name.to_string(), value);
        }
        true
    }

    /// The reading, and what holds the memory for it.
    pub fn into_parts(self) -> (Reading, impl Send + use<>) {
        (self.reading, self.share)
    }
}

impl fmt::Debug for HeldReading {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.reading.fmt(f)
    }
}

impl From<Reading> for HeldReading {
    /// The reading of a target that could not be prepared.
    fn from(reading: Reading) -> HeldReading {
        HeldReading { reading, share: None }
    }
}

impl Deref for HeldReading {
    type Target = Reading;

    fn deref(&self) -> &Reading {
        &self.reading
    }
}

#[cfg(test)]
mod tests {
    use crate::domain::reading::{ErrorKind, Reading};
    use crate::domain::target::{HttpRequest, Request, Target};
    use crate::probes::testing::{Server, detail, get, kind, reply, target};
    use crate::probes::{HeldReading, Prober, ProberOptions};
    use crate::telemetry::Metrics;
    use std::sync::Arc;

    /// A prober with 4 MiB for readings, its metrics, and a target that answers with this body.
    async fn of_body(body: Vec<u8>) -> (Prober, Arc<Metrics>, Target) {
        let metrics = Arc::new(Metrics::default());
        let options = ProberOptions { readings_bytes: 4 << 20, metrics: metrics.clone(), ..ProberOptions::default() };
        let server = Server::start(move |_| reply("200 OK", &body)).await;
        let request = HttpRequest { max_body_bytes: 8 << 20, ..get(&server.url("/")) };
        (Prober::new(options).unwrap(), metrics, target(Request::Http(request)))
    }

    /// The reading, once its Scenario is judged.
    fn judged(prober: &Prober, mut held: HeldReading) -> Reading {
        held.parse(&mut prober.parsed_memory());
        held.into_parts().0
    }

    #[tokio::test]
    async fn readings_hold_their_memory_until_they_are_dropped() {
        let (prober, metrics, target) = of_body(vec![b'a'; 1 << 20]).await;
        let mut held = vec![prober.read(&target).await, prober.read(&target).await];
        assert!(held.iter().all(|reading| reading.ok() && reading.bytes() > 1 << 20), "{held:?}");
        let third = judged(&prober, prober.read(&target).await);
        assert_eq!((kind(&third), third.fields.len()), (Some(ErrorKind::Memory), 0));
        assert!(detail(&third).contains("AGENTIC_READINGS_BYTES, 4194304 bytes"), "{third:?}");
        assert!(metrics.encode().contains("agentic_ops_limit_reached_total{limit=\"readings\"} 1"));
        held.pop();
        assert!(prober.read(&target).await.ok());
    }

    #[tokio::test]
    async fn what_a_failed_reading_took_is_free_again() {
        let (prober, _, target) = of_body(vec![b'a'; 3 << 20]).await;
        let held: Vec<_> = [prober.read(&target).await, prober.read(&target).await].into();
        assert_eq!(held.iter().map(|reading| reading.bytes()).collect::<Vec<_>>(), [0, 0]);
        assert!(held.iter().all(|reading| !reading.ok()), "{held:?}");
    }

    #[tokio::test]
    async fn large_json_is_parsed_when_it_is_judged() {
        let body = format!("\u{feff}[{}0]", "1, ".repeat(20_000));
        let (prober, _, target) = of_body(body.into_bytes()).await;
        let held = prober.read(&target).await;
        assert!(!held.fields.contains_key("json") && held.bytes() > 1 << 20);
        assert_eq!(judged(&prober, held).fields["json"].as_array().map(Vec::len), Some(20_001));
        let (prober, _, target) = of_body(b"{\"a\": 1".repeat(1_000)).await;
        let reading = judged(&prober, prober.read(&target).await);
        assert!(reading.ok() && !reading.fields.contains_key("json"), "{reading:?}");
        assert_eq!(reading.fields["jsonError"], "expected `,` or `}` at line 1 column 8");
    }

    #[tokio::test]
    async fn json_that_takes_too_much_memory_is_not_parsed() {
        let (prober, _, target) = of_body(b"[]".repeat(200_000)).await;
        let reading = judged(&prober, prober.read(&target).await);
        assert_eq!((kind(&reading), reading.fields.len()), (Some(ErrorKind::Memory), 0));
        assert!(detail(&reading).contains("a Scenario may take 2097152"), "{reading:?}");
    }
}
