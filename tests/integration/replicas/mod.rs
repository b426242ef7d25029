//! Several replicas, and an API that does not answer: no transition is lost, and none is there twice.

mod apart;
mod cluster;
mod faults;
mod moves;
mod names;
mod outage;
mod proxy;
mod recorder;
mod replica;
mod takeover;
mod target;
mod writes;

use agentic_ops::api::Phase;
use cluster::Cluster;
use std::time::Duration;

/// Runs a test against the embedded API, and against the real one where there is one.
macro_rules! on_both {
    ($($test:ident),+ $(,)?) => {
        mod embedded {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $test() {
                super::$test($crate::replicas::cluster::Which::Embedded).await;
            })+
        }
        mod real {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $test() {
                super::$test($crate::replicas::cluster::Which::Real).await;
            })+
        }
    };
}
use on_both;

/// A run comes each second, and takes its time on a busy machine.
const LATE: i64 = 3;

/// Waits until a Finding has as many transitions as expected, then checks that they are these, each at its time and no more.
async fn until_transitions(cluster: &Cluster, scenario: &str, expected: &[(Phase, i64)]) {
    let found = crate::running::eventually(&format!("{} transitions of {scenario}", expected.len()), || async {
        let found = cluster.transitions(scenario).await;
        (found.len() >= expected.len()).then_some(found)
    })
    .await;
    check(&found, expected);
}

/// The same after a while in which somebody might have written what should not be.
async fn still_transitions(cluster: &Cluster, scenario: &str, expected: &[(Phase, i64)]) {
    tokio::time::sleep(Duration::from_secs(cluster::LEASE_SECONDS)).await;
    check(&cluster.transitions(scenario).await, expected);
}

fn check(found: &[(Phase, i64)], expected: &[(Phase, i64)]) {
    let fits = |(found, expected): (&(Phase, i64), &(Phase, i64))| {
        found.0 == expected.0 && (0..=LATE).contains(&(found.1 - expected.1))
    };
    assert!(
        found.len() == expected.len() && found.iter().zip(expected).all(fits),
        "found {found:?}, expected {expected:?}, each at most {LATE} s later"
    );
}
