//! The operator in the process of the test.

use super::settings;
use agentic_ops::cli::notices;
use agentic_ops::controllers::context::Limits;
use agentic_ops::controllers::digest::DigestConfig;
use agentic_ops::controllers::{Operator, OperatorConfig};
use agentic_ops::domain::validate::ProbePolicy;
use agentic_ops::probes::{Prober, ProberOptions, check_certificates, check_query};
use agentic_ops::runtime::leadership::Election;
use kube::Client;
use std::time::Duration;

/// Starts an operator with a default interval of one second and the limits that are the defaults. Without an election it always leads.
pub fn start(client: Client, namespace: &str, election: Option<Election>) -> Operator {
    Operator::start(config(client, namespace, election))
}

/// Starts an operator with these limits.
pub fn start_with(client: Client, namespace: &str, election: Option<Election>, limits: Limits) -> Operator {
    Operator::start(OperatorConfig { limits, ..config(client, namespace, election) })
}

/// Starts an operator that always leads and mails a daily digest.
pub fn start_with_digest(client: Client, namespace: &str, digest: DigestConfig) -> Operator {
    Operator::start(OperatorConfig { digest: Some(digest), ..config(client, namespace, None) })
}

/// What [`start`] starts an operator with.
pub fn config(client: Client, namespace: &str, election: Option<Election>) -> OperatorConfig {
    let settings = settings::nowhere(&[]);
    OperatorConfig {
        client,
        namespace: namespace.into(),
        policy: ProbePolicy {
            secret_keys: settings.probe_secret_keys(),
            sqlite_paths: Vec::new(),
            default_interval: Duration::from_secs(1),
            runbooks: None,
            evaluation_steps: 8_000_000,
            check_query,
            check_certificates,
        },
        secrets: Default::default(),
        prober: Prober::new(ProberOptions::default()).unwrap(),
        language: settings.language(),
        time_zone: settings.time_zone(),
        names_are_checked: false,
        limits: settings.limits(),
        digest: None,
        notices: notices::config(&settings, "test", "http://127.0.0.1:9".into(), false).unwrap().notification,
        advice: Default::default(),
        metrics: Default::default(),
        monitoring: Default::default(),
        history: Default::default(),
        election,
    }
}

/// A candidate for the Lease in tests.
pub fn candidate() -> Election {
    Election::new("test", Duration::from_secs(settings::LEASE_SECONDS))
}
