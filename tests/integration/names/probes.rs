//! Readings in the namespace: dns probes without a server of their own, and files that change.

use agentic_ops::api::RecordType;
use agentic_ops::domain::reading::ErrorKind;
use agentic_ops::domain::target::{DnsRequest, Request, Target};
use agentic_ops::net::resolver::SystemResolver;
use agentic_ops::probes::{Prober, ProberOptions};
use serde_json::json;
use std::path::Path;
use std::time::Duration;

/// Longer than the times of the servers, where one is silent.
const TIMEOUT: Duration = Duration::from_secs(4);

/// `resolv.conf`, a name, and its addresses or the error.
const READINGS: &[(&str, &str, Result<&str, ErrorKind>)] = &[
    ("nameserver 127.0.0.53\n", "ok-ok.test", Ok("192.0.2.10 192.0.3.10")),
    ("nameserver 127.0.0.54\nnameserver 127.0.0.53\n", "ok-ok.test", Ok("192.0.2.10 192.0.3.10")),
    ("nameserver 127.0.0.56\nnameserver 127.0.0.53\n", "ok-ok.test", Ok("192.0.2.10 192.0.3.10")),
    ("nameserver 127.0.0.61\n", "ok-ok.test", Ok("192.0.2.10 192.0.3.10")),
    ("nameserver 127.0.0.53\n", "cut-cut.test", Ok("192.0.2.12 192.0.3.12")),
    ("nameserver 127.0.0.53\n", "nodata-ok.test", Ok("")),
    ("nameserver 127.0.0.53\nsearch one.test\n", "web", Ok("192.0.2.3 192.0.3.3")),
    ("nameserver 127.0.0.53\nsearch one.test\n", "both", Err(ErrorKind::Dns)),
    ("nameserver 127.0.0.53\n", "localhost", Ok("192.0.2.9 192.0.3.9")),
    ("nameserver 127.0.0.53\n", "x.invalid", Ok("192.0.2.9 192.0.3.9")),
    ("nameserver 127.0.0.53\n", "_leading.test", Ok("192.0.2.13 192.0.3.13")),
    ("nameserver 127.0.0.53\n", "nx-nx.test", Err(ErrorKind::Dns)),
    ("nameserver 127.0.0.54\nnameserver 127.0.0.55\n", "ok-ok.test", Err(ErrorKind::Network)),
    ("nameserver 127.0.0.59\n", "ok-ok.test", Err(ErrorKind::Network)),
    ("nameserver 127.0.0.56\n", "ok-ok.test", Err(ErrorKind::Network)),
];

/// `folder` has the files of the system.
pub async fn read_what_the_servers_say(folder: &Path) {
    let prober = Prober::new(ProberOptions::default()).unwrap();
    let resolver = SystemResolver::default();
    for (resolv, name, expected) in READINGS {
        std::fs::write(folder.join("resolv.conf"), resolv).unwrap();
        std::fs::write(folder.join("hosts"), "127.0.0.1 localhost\n127.0.0.1 both\n").unwrap();
        let question = DnsRequest { name: (*name).to_string(), record_type: RecordType::A, server: None };
        let target =
            Target { scenario: "names".into(), name: "dns".into(), timeout: TIMEOUT, request: Request::Dns(question) };
        let reading = prober.read(&target).await;
        let said = match &reading.error {
            Some(error) => Err(error.kind),
            None => Ok(reading.fields["answers"].clone()),
        };
        let expected = expected.map(|answers| json!(answers.split_whitespace().collect::<Vec<_>>()));
        assert_eq!(said, expected, "{name} with {resolv:?}: {reading:?}");
    }
    for address in ["192.0.2.1", "192.0.2.2"] {
        std::fs::write(folder.join("hosts"), format!("{address} listed\n")).unwrap();
        let found = resolver.addresses("listed", 80).await.unwrap();
        assert_eq!(found, [format!("{address}:80").parse().unwrap()], "the file that is there now");
    }
}
