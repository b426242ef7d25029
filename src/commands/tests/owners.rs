//! Findings are taken over and released, once and with a record.

use super::commands::{context, lead, server};
use super::records::{keyed, leave_by, result};
use crate::api::Role;
use crate::commands::recovery::{Left, round};
use crate::commands::{Command as _, CommandError, Context, Intent, Interface, Release, TakeOver};
use crate::views::testing::ApiServer;
use crate::views::{FindingPhase, FindingView};
use serde_json::{Value, json};
use std::sync::Arc;

fn finding(server: &ApiServer) -> Value {
    server.cluster(|c| c.objects[&("findings".into(), "open".into())].clone())
}

fn edit(server: &ApiServer, change: &Value) {
    server.cluster(|c| json_patch::merge(c.objects.get_mut(&("findings".into(), "open".into())).unwrap(), change));
}

async fn take(
    context: &Context,
    seen: Option<Option<&str>>,
    earlier: Option<Intent>,
) -> Result<FindingView, CommandError> {
    let seen = seen.map(|seen| seen.map(String::from));
    TakeOver::new(&context.resources, "open", seen)?.execute(context, earlier, &|_| None).await
}

async fn release(context: &Context) -> Result<FindingView, CommandError> {
    Release::new(&context.resources, "open")?.execute(context, None, &|_| None).await
}

fn of(server: &Arc<ApiServer>, name: &str) -> Context {
    context(server, name, Role::Technician, Interface::Desk)
}

fn action(server: &ApiServer, context: &Context) -> Value {
    server.cluster(|c| c.objects[&("actions".to_string(), context.request.action().to_string())].clone())
}

#[tokio::test]
async fn a_finding_is_taken_over_and_stays_open_and_its_notices_go_on() {
    let server = server();
    let ana = of(&server, "ana");
    let view = take(&ana, None, None).await.unwrap();
    let owner = view.owner.unwrap();
    assert_eq!((owner.by.as_str(), owner.proven), ("ana", true));
    assert_eq!((view.phase, view.acknowledgement), (Some(FindingPhase::Open), None));
    let recorded = action(&server, &ana);
    let written = &finding(&server)["spec"]["owner"];
    assert_eq!((&written["by"], &written["action"]), (&json!("ana"), &recorded["metadata"]["name"]));
    assert_eq!(written["at"], recorded["metadata"]["creationTimestamp"]);
    assert_eq!((&recorded["spec"]["verb"], &recorded["status"]["result"]), (&json!("take-over"), &json!("done")));
    assert_eq!(recorded["spec"]["actor"]["via"], "desk");
    let again = of(&server, "ana");
    assert_eq!(take(&again, None, None).await.unwrap().owner.unwrap().by, "ana");
    assert_eq!(result(&server, again.request.action()), "unchanged");
    // From another person, who is named in the record.
    let rui = of(&server, "rui");
    assert_eq!(take(&rui, Some(Some("ana")), None).await.unwrap().owner.unwrap().by, "rui");
    assert_eq!(action(&server, &rui)["spec"]["parameters"], json!({"from": "ana"}));
    for (expected, from) in [("done", json!("rui")), ("unchanged", Value::Null)] {
        let ana = of(&server, "ana");
        assert_eq!(release(&ana).await.unwrap().owner, None);
        assert!(finding(&server)["spec"]["owner"].is_null());
        let recorded = action(&server, &ana);
        assert_eq!((&recorded["spec"]["verb"], &recorded["spec"]["parameters"]["from"]), (&json!("release"), &from));
        assert_eq!(recorded["status"]["result"], expected);
    }
}

#[tokio::test]
async fn of_two_people_who_take_it_at_once_the_second_is_told() {
    let by = |name: &str| json!({"spec": {"owner": {"by": name}}});
    for (seen, change, is_taken) in [
        (None, by("rui"), false),
        (None, json!({"spec": {"owner": null}, "status": {"message": "outra"}}), true),
        (Some(None), by("rui"), false),
        (None, by("ana"), true),
        (None, json!({"status": {"phase": "Resolved"}}), false),
        (None, json!({"status": {"occurrences": 3}}), false),
        (None, json!({"status": {"message": "outra"}}), true),
    ] {
        let server = server();
        server.cluster(|c| c.concurrent_patches = vec![change.clone()]);
        let taken = take(&of(&server, "ana"), seen, None).await;
        match is_taken {
            true => assert_eq!(taken.unwrap().owner.unwrap().by, "ana", "{change}"),
            false => assert!(matches!(taken, Err(CommandError::Conflict(_))), "{change}: {taken:?}"),
        }
    }
    // What the page showed is not so any more.
    for (seen, now, is_taken) in [
        (None, Some("rui"), false),
        (Some("eva"), Some("rui"), false),
        (Some("rui"), None, false),
        (Some("rui"), Some("rui"), true),
        (None, Some("ana"), true),
    ] {
        let server = server();
        edit(&server, &json!({"spec": {"owner": now.map(|by| json!({"by": by}))}}));
        assert_eq!(take(&of(&server, "ana"), Some(seen), None).await.is_ok(), is_taken, "{seen:?} {now:?}");
    }
}

#[tokio::test]
async fn a_finding_that_is_resolved_or_another_one_is_neither_taken_nor_released() {
    let server = server();
    server.add_finding("open", json!({"phase": "Resolved", "occurrences": 2}));
    for error in [take(&lead(&server), None, None).await.unwrap_err(), release(&lead(&server)).await.unwrap_err()] {
        assert!(matches!(&error, CommandError::Conflict(_) if error.to_string().contains("is resolved")), "{error:?}");
    }
    assert!(finding(&server)["spec"]["owner"].is_null());
    for name in ["none", "a/b", ""] {
        assert!(matches!(TakeOver::new(&server.resources, name, None), Err(CommandError::NotFound(_))), "{name}");
        assert!(matches!(Release::new(&server.resources, name), Err(CommandError::NotFound(_))), "{name}");
    }
    let server = self::server();
    edit(&server, &json!({"spec": {"owner": {"by": "rui"}}}));
    server.cluster(|c| c.concurrent_patches = vec![json!({"spec": {"owner": {"by": "eva"}}})]);
    assert!(matches!(release(&lead(&server)).await, Err(CommandError::Conflict(_))), "another one works on it now");
}

#[tokio::test]
async fn a_write_whose_answer_was_lost_is_told_from_one_that_failed() {
    for is_lost in [true, false] {
        let server = server();
        let fails: fn(&str) -> bool = |asked| asked.starts_with("PATCH") && asked.ends_with("/findings/open");
        server.cluster(|c| if is_lost { c.loses_answer = Some(fails) } else { c.fails = Some(fails) });
        let context = keyed(&server, "k");
        assert_eq!(take(&context, None, None).await.is_ok(), is_lost);
        assert_eq!(result(&server, context.request.action()), if is_lost { "done" } else { "refused" });
        if !is_lost {
            server.cluster(|c| c.fails = None);
            let crate::commands::Earlier::Unanswered(intent) = crate::commands::look_up(&context).await.unwrap() else {
                panic!("not found");
            };
            assert_eq!(take(&context, None, Some(*intent)).await.unwrap().owner.unwrap().by, "ana");
        }
    }
}

#[tokio::test]
async fn what_a_process_left_is_done_or_found_to_be_done() {
    for (what, verb, from, change, expected) in [
        ("not made: it is now", "take-over", json!({}), json!({}), "done"),
        ("made", "take-over", json!({}), json!({"spec": {"owner": {"by": "ana", "action": "left"}}}), "done"),
        ("by somebody else", "take-over", json!({}), json!({"spec": {"owner": {"by": "rui"}}}), "refused"),
        ("from another", "take-over", json!({"from": "rui"}), json!({"spec": {"owner": {"by": "rui"}}}), "done"),
        ("too late", "take-over", json!({}), json!({"status": {"phase": "Resolved"}}), "refused"),
        ("of another occurrence", "take-over", json!({}), json!({"status": {"occurrences": 3}}), "refused"),
        ("another one", "take-over", json!({}), json!({"metadata": {"uid": "another"}}), "refused"),
        ("not made: it is now", "release", json!({"from": "rui"}), json!({"spec": {"owner": {"by": "rui"}}}), "done"),
        ("made", "release", json!({"from": "rui"}), json!({}), "done"),
        ("taken since", "release", json!({"from": "rui"}), json!({"spec": {"owner": {"by": "eva"}}}), "refused"),
    ] {
        let server = server();
        edit(&server, &change);
        leave_by(&server, "left", verb, ("Finding", "open"), from);
        assert_eq!(round(&lead(&server)).await.unwrap(), Left::Nothing, "{what}");
        assert_eq!(result(&server, "left"), expected, "{verb}, {what}");
        if expected == "done" {
            let owner = if verb == "take-over" { json!("ana") } else { Value::Null };
            assert_eq!(finding(&server)["spec"]["owner"]["by"], owner, "{verb}, {what}");
        }
    }
}
