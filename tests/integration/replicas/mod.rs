//! Several replicas, and an API server that does not respond: no transition is lost or written twice.

mod answers;
mod apart;
pub mod cluster;
mod conversations;
mod events;
mod faults;
mod heartbeat;
mod model;
mod moves;
mod names;
mod outage;
pub mod proxy;
mod recorder;
mod records;
pub mod replica;
mod retention;
mod takeover;
pub mod target;
mod writes;

use agentic_ops::api::Phase;
use cluster::Cluster;
use replica::Replica;
use target::Target;

/// Runs a test on the embedded API server, and on a real one if there is one.
macro_rules! on_both {
    ($($test:ident),+ $(,)?) => {
        mod embedded {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $test() {
                super::$test($crate::integration::replicas::cluster::Which::Embedded).await;
            })+
        }
        mod real {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $test() {
                super::$test($crate::integration::replicas::cluster::Which::Real).await;
            })+
        }
    };
}
pub(super) use on_both;

/// Tolerance in seconds: runs start every second, and can be slow on a busy machine.
const LATE: i64 = 3;

/// Waits until a Finding has as many transitions as expected, then compares the transitions and their times.
async fn until_transitions(cluster: &Cluster, scenario: &str, expected: &[(Phase, i64)]) {
    let found = crate::kit::wait::eventually(&format!("{} transitions of {scenario}", expected.len()), || async {
        let found = cluster.transitions(scenario).await;
        (found.len() >= expected.len()).then_some(found)
    })
    .await;
    check(&found, expected);
}

/// Compares the transitions again after five more runs, any of which could have written another one. A Lease lasts four seconds.
async fn still_transitions(cluster: &Cluster, target: &Target, scenario: &str, expected: &[(Phase, i64)]) {
    target.seen(5).await;
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

/// Fails unless `reader` reads the target and `other` does not run Scenarios.
async fn only_reads(reader: &Replica, other: &Replica, target: &Target) {
    // By then, runs that the other replica has already started are complete.
    target.seen(2).await;
    let (runs, others) = (reader.runs().await, other.runs().await);
    target.seen(4).await;
    assert_eq!(other.runs().await, others, "runs of {}", other.name);
    assert!(reader.runs().await >= runs + 3, "runs of {}", reader.name);
}
