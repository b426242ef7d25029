//! What people say of the past is in the Action alone.

use super::commands::{lead, server};
use super::records::{leave_by, result};
use crate::api::Action;
use crate::commands::recovery::{Left, round};
use crate::commands::{Command as _, CommandError, Reclassify};
use crate::domain::history::{Hour, maintenance};
use crate::domain::refusal::Refusal;
use crate::runtime::clock::now;
use serde_json::json;

const SCENARIO: &str = "desk.api.health";

fn said(ago: i64) -> Reclassify {
    let from = Hour::of(now()).plus(-ago).start();
    let until = Hour::of(now()).plus(1 - ago).start();
    Reclassify { scenario: SCENARIO.into(), from, until, is_maintenance: true, reason: "troca de disco".into() }
}

#[tokio::test]
async fn hours_of_the_past_are_maintenance_by_their_action() {
    let server = server();
    let done = said(3).execute(&lead(&server), None, &|_| None).await.unwrap();
    let actions: Vec<Action> =
        server.actions().into_iter().map(|action| serde_json::from_value(action).unwrap()).collect();
    assert_eq!(maintenance::hours(&actions, SCENARIO).into_iter().collect::<Vec<_>>(), [done.from]);
    for (command, expected) in [
        (Reclassify { scenario: "none".into(), ..said(3) }, CommandError::no_such("Scenario", "none")),
        (
            Reclassify { reason: " ".into(), ..said(3) },
            CommandError::Rejected(Refusal::ReasonLength { max: "1024".into() }),
        ),
        (said(0), CommandError::Rejected(Refusal::PastNotOver)),
        (said(24 * 31), CommandError::Rejected(Refusal::PastTooOld)),
        (Reclassify { until: said(3).from, ..said(3) }, CommandError::Rejected(Refusal::PastEmpty)),
    ] {
        assert_eq!(command.execute(&lead(&server), None, &|_| None).await, Err(expected));
    }
    assert_eq!(server.actions().len(), 1, "nothing that was refused is recorded");
}

#[tokio::test]
async fn one_that_was_interrupted_is_done() {
    let server = server();
    let Reclassify { from, until, .. } = said(3);
    let parameters = json!({"from": from.to_string(), "until": until.to_string(), "as": "maintenance"});
    leave_by(&server, "left", "reclassify", ("Scenario", SCENARIO), parameters);
    assert_eq!(round(&lead(&server)).await.unwrap(), Left::Nothing);
    assert_eq!(result(&server, "left"), "done");
}
