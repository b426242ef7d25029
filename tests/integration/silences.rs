//! Silences, by kubectl, REST and the command: what their status says, and what is refused.

use super::running::{Running, start};
use crate::kit::kubectl::{self, Output};
use crate::kit::process;
use crate::kit::wait::eventually;
use agentic_ops::api::{Action, Finding, Role, Silence, SilenceStatus};
use agentic_ops::cli::token::{issue, load_or_make_secret};
use jiff::{SignedDuration, Timestamp};
use kube::ResourceExt;
use serde_json::{Value, json};
use std::path::Path;
use std::time::Duration;

async fn running(name: &str) -> Running {
    start(name, &Path::new(env!("CARGO_MANIFEST_DIR")).join("registry.yaml")).await
}

async fn kubectl(running: &Running, arguments: &[&str]) -> Output {
    kubectl::run(kubectl::command(&running.scratch.0.join("kubeconfig"), &running.scratch.0, arguments)).await
}

fn silence(name: &str, times: Value) -> Value {
    let matchers = json!([{"name": "scenario", "op": "=", "value": "proxmox.cluster"},
        {"name": "key", "op": "=~", "value": "11[0-9]"}]);
    let mut spec = json!({"matchers": matchers, "author": "ana", "reason": "troca de disco"});
    json_patch::merge(&mut spec, &times);
    json!({"apiVersion": "agentic.ligbox.io/v1alpha1", "kind": "Silence", "metadata": {"name": name}, "spec": spec})
}

/// Applies a Silence, and returns what kubectl says.
async fn apply(running: &Running, silence: &Value) -> Output {
    let file = running.scratch.file("silence.json", &silence.to_string());
    kubectl(running, &["apply", "-f", &file]).await
}

/// Waits until the status of a Silence is as expected.
async fn until(running: &Running, name: &str, expected: impl Fn(&SilenceStatus) -> bool) -> SilenceStatus {
    eventually(&format!("the status of {name}"), || async {
        let silence = running.api::<Silence>().get_opt(name).await.unwrap()?;
        silence.status.filter(|status| status.observed_generation == silence.metadata.generation && expected(status))
    })
    .await
}

fn in_minutes(minutes: i64) -> String {
    Timestamp::from_second((Timestamp::now() + SignedDuration::from_mins(minutes)).as_second()).unwrap().to_string()
}

/// Breaks a VM, and waits for its Finding.
async fn broken_vm(running: &Running) -> String {
    running.estate.break_part("vm-112").unwrap();
    eventually("the Finding of the VM", || async {
        let findings = running.api::<Finding>().list(&Default::default()).await.unwrap();
        let is_it = |f: &&Finding| f.spec.key == "112" && f.status.as_ref().is_some_and(|status| status.is_active());
        findings.iter().find(is_it).map(ResourceExt::name_any)
    })
    .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_status_says_what_a_silence_holds_back_until_it_ends() {
    let running = running("silences").await;
    let applied = apply(&running, &silence("disk", json!({"endsAt": in_minutes(60)}))).await;
    assert!(applied.ok, "{}", applied.err);
    let empty = until(&running, "disk", |status| status.active).await;
    assert!(empty.holding.is_empty() && empty.ends.is_some(), "{empty:?}");
    let name = broken_vm(&running).await;
    let holding = until(&running, "disk", |status| status.holding_total == 1).await;
    assert_eq!(holding.holding, [name.as_str()]);
    let table = kubectl(&running, &["get", "sil", "disk"]).await.out;
    assert!(table.contains("HOLDING") && table.contains("true     1         ana"), "{table}");

    // It holds notices back, and nothing else.
    running.estate.heal_part("vm-112").unwrap();
    until(&running, "disk", |status| status.active && status.holding_total == 0).await;
    broken_vm(&running).await;
    until(&running, "disk", |status| status.holding_total == 1).await;

    // It ends by itself.
    let soon = Timestamp::now() + SignedDuration::from_secs(3);
    let soon = Timestamp::from_second(soon.as_second()).unwrap();
    assert!(apply(&running, &silence("disk", json!({"endsAt": soon.to_string()}))).await.ok);
    let ended = until(&running, "disk", |status| !status.active).await;
    assert_eq!((ended.holding_total, ended.holding.len(), ended.next_start), (0, 0, None));
    assert_eq!(ended.ends.as_ref().map(|at| at.0), Some(soon));
    assert!(Timestamp::now() >= soon);
    let wide = kubectl(&running, &["get", "sil", "disk"]).await.out;
    assert!(wide.contains(&soon.to_string()) && wide.contains(&ended.starts.unwrap().0.to_string()), "{wide}");

    let example = concat!(env!("CARGO_MANIFEST_DIR"), "/manifests/examples/silences.yaml");
    assert!(kubectl(&running, &["apply", "-f", example]).await.ok);
    let status = until(&running, "weekly-maintenance", |status| status.next_start.is_some()).await;
    assert_eq!(status.message, None);

    // One that recurs says when it is active next.
    let weekly = json!({"recurrence": {"cron": "0 3 * * SUN", "duration": "2h", "timezone": "UTC"}});
    assert!(apply(&running, &silence("weekly", weekly)).await.ok);
    let status = until(&running, "weekly", |status| status.next_start.is_some()).await;
    let (start, end) = (status.next_start.unwrap().0, status.ends.unwrap().0);
    if !status.active {
        assert!(start > Timestamp::now() && end.duration_since(start) == SignedDuration::from_hours(2));
    }
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_wrong_is_refused_or_said_in_the_status() {
    let running = running("silences-wrong").await;
    let recurrence = json!({"cron": "0 3 * * SUN", "duration": "2h"});
    for (change, part) in [
        (json!({}), "exactly one of endsAt, recurrence"),
        (json!({"endsAt": in_minutes(60), "recurrence": recurrence}), "exactly one of endsAt, recurrence"),
        (json!({"startsAt": in_minutes(60), "endsAt": in_minutes(60)}), "endsAt has to be after startsAt"),
        (json!({"endsAt": in_minutes(60), "matchers": []}), "spec.matchers"),
        (json!({"endsAt": in_minutes(60), "matchers": [{"name": "host", "op": "=", "value": "a"}]}), "\"scenario\""),
        (json!({"endsAt": in_minutes(60), "matchers": [{"name": "key", "op": "==", "value": "a"}]}), "matchers[0].op"),
        (json!({"endsAt": in_minutes(60), "reason": ""}), "spec.reason"),
        (json!({"endsAt": in_minutes(60), "author": null}), "spec.author"),
        (json!({"endsAt": "soon"}), "spec.endsAt"),
    ] {
        let refused = apply(&running, &silence("wrong", change.clone())).await;
        assert!(!refused.ok && refused.err.contains(part), "{change}: {}{}", refused.out, refused.err);
    }
    for (name, change, part) in [
        (
            "empty",
            json!({"matchers": [{"name": "key", "op": "=~", "value": ".*"}]}),
            "spec.matchers: todas as condições",
        ),
        (
            "pattern",
            json!({"matchers": [{"name": "key", "op": "=~", "value": "(?=a)"}]}),
            "spec.matchers[0].value: \"(?=a)\"",
        ),
        ("over", json!({"endsAt": in_minutes(-60)}), "spec.endsAt: "),
        ("over-with-start", json!({"startsAt": in_minutes(-120), "endsAt": in_minutes(-60)}), "spec.endsAt: "),
        (
            "cron",
            json!({"endsAt": null, "recurrence": {"cron": "99 3 * * *", "duration": "2h"}}),
            "spec.recurrence.cron: \"99 3 * * *\"",
        ),
        (
            "duration",
            json!({"endsAt": null, "recurrence": {"cron": "0 3 * * *", "duration": "2 hours"}}),
            "spec.recurrence.duration: \"2 hours\"",
        ),
        (
            "zone",
            json!({"endsAt": null, "recurrence": {"cron": "0 3 * * *", "duration": "2h", "timezone": "Mars"}}),
            "spec.recurrence.timezone: \"Mars\"",
        ),
    ] {
        let mut times = json!({"endsAt": in_minutes(60)});
        json_patch::merge(&mut times, &change);
        let applied = apply(&running, &silence(name, times)).await;
        assert!(applied.ok, "{name}: {}", applied.err);
        let status = until(&running, name, |status| status.message.is_some()).await;
        assert!(!status.active && status.message.as_ref().unwrap().starts_with(part), "{status:?}");
    }
    let table = kubectl(&running, &["get", "sil", "over"]).await.out;
    assert!(table.contains("já passou"), "{table}");
    // Its status says so no more once it is right.
    assert!(apply(&running, &silence("cron", json!({"endsAt": in_minutes(60)}))).await.ok);
    until(&running, "cron", |status| status.active && status.message.is_none()).await;
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn silences_are_made_and_ended_by_rest_with_their_actions() {
    let running = running("silences-rest").await;
    let name = broken_vm(&running).await;
    let secret = load_or_make_secret(&running.scratch.0).unwrap();
    let token = issue(&secret, "rui", &[Role::Technician], Timestamp::now(), Duration::from_secs(600)).unwrap();
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let base = format!("http://{}/api/v1/agents", running.address);
    let call = async |method: reqwest::Method, path: &str, body: &Value| {
        let request = client.request(method, format!("{base}{path}")).bearer_auth(&token);
        let response = if body.is_null() { request } else { request.body(body.to_string()) }.send().await.unwrap();
        let status = response.status().as_u16();
        (status, serde_json::from_slice::<Value>(&response.bytes().await.unwrap()).unwrap())
    };
    let (get, post, delete) = (reqwest::Method::GET, reqwest::Method::POST, reqwest::Method::DELETE);
    let matchers = json!([{"name": "key", "op": "=", "value": "112"}]);
    let (status, made) =
        call(post.clone(), "/silences", &json!({"matchers": matchers, "duration": "1h", "reason": "disco"})).await;
    assert_eq!((status, &made["active"], &made["author"]), (201, &json!(true), &json!("rui")), "{made}");
    let id = made["id"].as_str().unwrap();
    eventually("the Finding to be held", || async {
        let (_, body) = call(get.clone(), "/silences?active=true", &Value::Null).await;
        let held = body["items"].as_array()?.iter().any(|silence| silence["id"] == id && silence["holding"] == 1);
        held.then_some(())
    })
    .await;
    assert_eq!(until(&running, id, |status| status.active).await.holding, [name]);
    let (status, ended) = call(delete.clone(), &format!("/silences/{id}"), &Value::Null).await;
    assert_eq!((status, &ended["active"]), (200, &json!(false)), "{ended}");
    until(&running, id, |status| !status.active).await;
    let (_, inactive) = call(get.clone(), "/silences?active=false", &Value::Null).await;
    assert_eq!(inactive["items"][0]["id"], json!(id), "it stays in the list");

    let recurrence = json!({"cron": "0 3 * * SUN", "duration": "2h"});
    let (status, weekly) =
        call(post.clone(), "/silences", &json!({"matchers": matchers, "recurrence": recurrence, "reason": "r"})).await;
    assert_eq!((status, &weekly["recurrence"]["timezone"]), (201, &Value::Null), "{weekly}");
    let weekly = weekly["id"].as_str().unwrap();
    eventually("it to be ended", || async {
        // The cache may not have it yet.
        (call(delete.clone(), &format!("/silences/{weekly}"), &Value::Null).await.0 == 200).then_some(())
    })
    .await;
    assert!(running.api::<Silence>().get_opt(weekly).await.unwrap().is_none(), "it is deleted");
    let (status, wrong) = call(
        post,
        "/silences",
        &json!({"matchers": [{"name": "key", "op": "=~", "value": "("}], "duration": "1h", "reason": "r"}),
    )
    .await;
    assert!(status == 422 && wrong["detail"].as_str().unwrap().starts_with("matchers[0].value: "), "{wrong}");

    let actions = running.api::<Action>().list(&Default::default()).await.unwrap();
    let mut recorded: Vec<_> = actions
        .iter()
        .map(|action| {
            let spec = &action.spec;
            let result = action.status.as_ref().and_then(|status| status.result.as_deref()).unwrap_or_default();
            [spec.verb.as_str(), &spec.subject.name, &spec.actor.name, result].join(" ")
        })
        .collect();
    recorded.sort();
    let mut expected: Vec<String> = ["silence", "end-silence"]
        .iter()
        .flat_map(|verb| [id, weekly].map(|name| format!("{verb} {name} rui done")))
        .collect();
    expected.sort();
    assert_eq!(recorded, expected);
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_command_makes_lists_and_ends_silences() {
    let running = running("silences-command").await;
    broken_vm(&running).await;
    let run = |arguments: &[&str], language: &str| {
        let mut command = process::command(["silence"]);
        command.args(arguments).args(["--namespace", &running.namespace]).env_clear().current_dir(&running.scratch.0);
        command
            .env("KUBECONFIG", running.scratch.0.join("kubeconfig"))
            .env("AGENTIC_LANGUAGE", language)
            .env("USER", "ana");
        async move {
            let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
            let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
            (output.status.success(), text(output.stdout), text(output.stderr))
        }
    };
    let add =
        ["add", "--matcher", "scenario=proxmox.cluster", "--matcher", "key=~11.*", "--for", "2h", "--reason", "disco"];
    let (ok, out, err) = run(&add, "en").await;
    assert!(
        ok && out.contains("was made: from ")
            && !out.contains("no Scenario")
            && out.contains("1 open Finding matches it"),
        "{out}{err}"
    );
    let name = out.split_whitespace().nth(1).unwrap().to_string();
    let silence = running.api::<Silence>().get(&name).await.unwrap();
    assert_eq!((silence.spec.author.as_str(), silence.spec.reason.as_str()), ("ana", "disco"));
    until(&running, &name, |status| status.holding_total == 1).await;
    let (_, out, _) = run(&["list"], "pt-BR").await;
    assert!(out.starts_with("NOME") && out.contains("sim") && out.contains("key=~11.*"), "{out}");
    let (ok, out, _) = run(&["end", &name], "pt-BR").await;
    assert!(ok && out.contains("encerrado"), "{out}");
    let (_, out, _) = run(&["list", "--active"], "en").await;
    assert_eq!(out.trim(), "no Silence");
    // Also one that ends in the second in which it was made.
    for _ in 0..20 {
        let (ok, out, err) = run(&add, "en").await;
        assert!(ok, "{err}");
        let name = out.split_whitespace().nth(1).unwrap().to_string();
        let (ok, out, err) = run(&["end", &name], "en").await;
        assert!(ok && out.contains("ended"), "{out}{err}");
        let (_, out, _) = run(&["list", "--active"], "en").await;
        assert_eq!(out.trim(), "no Silence");
        let silence = running.api::<Silence>().get(&name).await.unwrap();
        let (made, end) = (silence.metadata.creation_timestamp.unwrap().0, silence.spec.ends_at.unwrap().0);
        if end.duration_since(made) == SignedDuration::from_secs(1) {
            break;
        }
    }
    let cron =
        ["add", "-m", "agent=pulso", "--cron", "0 3 * * SUN", "--for", "2h", "--reason", "janela", "--by", "rui"];
    let (ok, out, err) = run(&cron, "en").await;
    assert!(ok && out.contains("\nit recurs (0 3 * * SUN) until it is ended"), "{out}{err}");
    let name = out.split_whitespace().nth(1).unwrap().to_string();
    let (ok, out, _) = run(&["end", &name], "en").await;
    assert!(ok && out.contains("was deleted"), "{out}");
    let absent = ["add", "-m", "scenario=proxmox.clustr", "-m", "agent=A1", "--for", "2h", "--reason", "r"];
    let (ok, out, err) = run(&absent, "en").await;
    for part in ["no Scenario is named \"proxmox.clustr\"", "no Agent is named \"A1\""] {
        assert!(ok && out.contains(part), "{out}{err}");
    }
    for (arguments, part) in [
        (vec!["add", "-m", "host=a", "--for", "2h", "--reason", "r"], "\"host\" is not one of"),
        (vec!["add", "-m", "key=~.*", "--for", "2h", "--reason", "r"], "--matcher: all of them match the empty text"),
        (vec!["add", "-m", "key=a", "--for", "2x", "--reason", "r"], "--for: \"2x\" is not a duration"),
        (vec!["add", "-m", "key=a", "--for", "2h", "--cron", "0 3 * *", "--reason", "r"], "--cron: \"0 3 * *\""),
        (vec!["add", "-m", "key=a", "--until", "2020-01-01T00:00", "--reason", "r"], "--until: "),
        (
            vec!["add", "-m", "key=a", "--cron", "0 3 * * SUN", "--until", "08:00", "--reason", "r"],
            "'--cron <EXPRESSION>' cannot be used with '--until <TIME>'",
        ),
        (vec!["end", "none"], "no Silence is named \"none\""),
    ] {
        let (ok, out, err) = run(&arguments, "en").await;
        assert!(!ok && err.contains(part), "{arguments:?}: {out}{err}");
    }
    running.stop().await;
}
