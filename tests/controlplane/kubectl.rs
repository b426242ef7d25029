//! Commands of kubectl.

use super::server::{Server, configmap, scenario};
use crate::kit::wait::{until, within};
use std::process::Stdio;
use tokio::io::{AsyncBufReadExt as _, BufReader};

const REGISTRY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/registry.yaml");

#[tokio::test(flavor = "multi_thread")]
async fn applying_the_registry_again_changes_nothing() {
    let server = Server::any().await;
    let first = server.kubectl(&["apply", "-f", REGISTRY]).await;
    assert!(first.lines().count() >= 19 && first.lines().all(|l| l.ends_with(" created")), "{first}");
    let second = server.kubectl(&["apply", "-f", REGISTRY]).await;
    assert!(second.lines().all(|l| l.ends_with(" unchanged")), "{second}");
    let server_side = server.kubectl(&["apply", "--server-side", "--force-conflicts", "-f", REGISTRY]).await;
    assert!(server_side.lines().all(|l| l.ends_with(" serverside-applied")), "{server_side}");
    let diff = server.try_kubectl(&["diff", "--server-side", "--force-conflicts", "-f", REGISTRY]).await;
    assert!(diff.ok, "{}{}", diff.out, diff.err);
}

#[tokio::test(flavor = "multi_thread")]
async fn get_supports_every_output_format() {
    let server = Server::any().await;
    for name in ["b.two", "a.one"] {
        let file = server.dir.file("scenario.json", &scenario(name).to_string());
        server.kubectl(&["create", "-f", &file]).await;
    }
    let table = server.kubectl(&["get", "scenarios"]).await;
    assert!(table.starts_with("NAME") && table.contains("SEVERITY") && table.contains("a.one"), "{table}");
    let wide = server.kubectl(&["get", "scn", "-o", "wide"]).await;
    assert!(wide.contains("TITLE") && wide.contains("Portal"), "{wide}");
    assert_eq!(server.kubectl(&["get", "scn", "-o", "name"]).await.lines().count(), 2);
    let yaml = server.kubectl(&["get", "scenario", "a.one", "-o", "yaml"]).await;
    assert!(yaml.contains("kind: Scenario") && yaml.contains("generation: 1"), "{yaml}");
    let sorted =
        server.kubectl(&["get", "scn", "--sort-by=.metadata.creationTimestamp", "-o", "name", "--no-headers"]).await;
    assert_eq!(sorted.lines().count(), 2);
    let path = "-o=jsonpath={.items[*].metadata.name}";
    let sorted = server.kubectl(&["get", "scn", "--sort-by=.metadata.name", path]).await;
    assert_eq!(sorted, "a.one b.two");
    server.kubectl(&["label", "scn", "a.one", "tier=1"]).await;
    assert_eq!(server.kubectl(&["get", "scn", "-l", "tier=1", path]).await, "a.one");
    assert_eq!(server.kubectl(&["get", "scn", "--field-selector=spec.agent=pulso", path]).await, "a.one b.two");
    let everywhere = server.kubectl(&["get", "agentic", "-A"]).await;
    assert!(everywhere.starts_with("NAMESPACE"), "{everywhere}");
    let output = server.try_kubectl(&["get", "scn", "no.such"]).await;
    assert!(!output.ok && output.err.contains("(NotFound)"), "{}", output.err);
    let output = server.try_kubectl(&["get", "scn", "--field-selector=spec.title=x"]).await;
    assert!(!output.ok && output.err.contains("field label not supported"), "{}", output.err);
    assert!(server.try_kubectl(&["get", "svc"]).await.err.contains("No resources found"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_watch_prints_events() {
    let server = Server::any().await;
    let mut command = server.command(&["get", "cm", "-w", "--output-watch-events"]);
    let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let file = server.dir.file("cm.json", &configmap("settings", "1").to_string());
    // The first line is printed when the watch is open. Objects that are created later are events of the watch.
    server.kubectl(&["create", "-f", &file]).await;
    let mut seen = Vec::new();
    let mut asked = 0;
    while !seen.iter().any(|line: &String| line.starts_with("DELETED")) {
        let line = within(lines.next_line()).await.unwrap().expect("kubectl ended");
        let added = line.starts_with("ADDED") && line.contains("settings");
        let modified = line.starts_with("MODIFIED") && line.contains("settings");
        seen.push(line);
        if added && asked == 0 {
            asked = 1;
            server.kubectl(&["label", "cm", "settings", "a=b"]).await;
        } else if modified && asked == 1 {
            asked = 2;
            server.kubectl(&["delete", "cm", "settings"]).await;
        }
    }
    assert!(seen[0].starts_with("EVENT") && seen[0].contains("NAME") && seen[0].contains("DATA"), "{seen:?}");
    child.kill().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn describe_prints_the_events_of_an_object() {
    let server = Server::any().await;
    let file = server.dir.file("scenario.json", &scenario("portal").to_string());
    server.kubectl(&["apply", "-f", &file]).await;
    let uid = server.kubectl(&["get", "scn", "portal", "-o=jsonpath={.metadata.uid}"]).await;
    let event = serde_json::json!({
        "apiVersion": "events.k8s.io/v1", "kind": "Event",
        "metadata": {"name": "portal.1", "namespace": server.namespace},
        "eventTime": format!("{:.6}", jiff::Timestamp::now()),
        "regarding": {
            "apiVersion": "agentic.ligbox.io/v1alpha1", "kind": "Scenario", "name": "portal",
            "namespace": server.namespace, "uid": uid,
        },
        "type": "Warning", "reason": "Broken", "note": "the portal does not answer", "action": "Judge",
        "reportingController": "agentic-ops", "reportingInstance": "agentic-ops-0",
    });
    let file = server.dir.file("event.json", &event.to_string());
    server.kubectl(&["create", "-f", &file]).await;
    let described = server.kubectl(&["describe", "scn", "portal"]).await;
    assert!(described.contains("Severity:  high"), "{described}");
    assert!(described.contains("Broken") && described.contains("the portal does not answer"), "{described}");
    let events = server.kubectl(&["get", "events", "--sort-by=.metadata.creationTimestamp"]).await;
    assert!(events.contains("scenario/portal") && events.contains("Warning"), "{events}");
    let events = server.kubectl(&["events", "--for", "scenario/portal"]).await;
    assert!(events.contains("Broken"), "{events}");
    let events = server.kubectl(&["get", "events.events.k8s.io", "-o=jsonpath={.items[*].note}"]).await;
    assert_eq!(events, "the portal does not answer");
}

#[tokio::test(flavor = "multi_thread")]
async fn explain_and_api_resources_know_the_kinds() {
    let server = Server::any().await;
    let explained = server.kubectl(&["explain", "scenario.spec.probes.http.url"]).await;
    assert!(explained.contains("Absolute URL with scheme http or https."), "{explained}");
    let explained = server.kubectl(&["explain", "findings", "--recursive"]).await;
    assert!(explained.contains("fingerprint"), "{explained}");
    let explained = server.kubectl(&["explain", "configmap.data"]).await;
    assert!(explained.contains("map[string]string"), "{explained}");
    let resources = server.kubectl(&["api-resources"]).await;
    for line in ["scenarios", "findings", "threads", "messages", "configmaps", "secrets", "leases", "events"] {
        assert!(resources.lines().any(|l| l.starts_with(line)), "{line} in {resources}");
    }
    let agentic = server.kubectl(&["api-resources", "--categories=agentic", "-o", "name"]).await;
    assert_eq!(agentic.lines().count(), 7, "{agentic}");
    assert!(server.kubectl(&["api-versions"]).await.contains("agentic.ligbox.io/v1alpha1"));
    assert!(server.kubectl(&["version"]).await.contains("Server Version: v1.36"));
    assert_eq!(server.kubectl(&["auth", "can-i", "delete", "findings"]).await.trim(), "yes");
    assert!(server.kubectl(&["auth", "whoami"]).await.contains("system:masters"));
}

#[tokio::test(flavor = "multi_thread")]
async fn custom_resources_can_be_edited() {
    let server = Server::any().await;
    let file = server.dir.file("scenario.json", &scenario("portal").to_string());
    server.kubectl(&["apply", "-f", &file]).await;
    let title = async || server.kubectl(&["get", "scn", "portal", "-o=jsonpath={.spec.title}"]).await;

    let merge = r#"{"spec":{"title":"patched"}}"#;
    server.kubectl(&["patch", "scn", "portal", "--type=merge", "-p", merge]).await;
    assert_eq!(title().await, "patched");
    let json = r#"[{"op":"replace","path":"/spec/title","value":"by JSON"}]"#;
    server.kubectl(&["patch", "scn", "portal", "--type=json", "-p", json]).await;
    assert_eq!(title().await, "by JSON");
    let output = server.try_kubectl(&["patch", "scn", "portal", "-p", merge]).await;
    assert!(!output.ok && output.err.contains("strategic-merge-patch+json is not supported"), "{}", output.err);

    let script = server.dir.file("editor.sh", "#!/bin/sh\nsed -i 's/title: .*/title: edited/' \"$1\"\n");
    let mut edit = server.command(&["edit", "scn", "portal"]);
    let done = within(edit.env("KUBE_EDITOR", format!("sh {script}")).output()).await.unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    assert_eq!(title().await, "edited");

    let yaml =
        server.kubectl(&["get", "scn", "portal", "-o", "yaml"]).await.replace("title: edited", "title: replaced");
    let file = server.dir.file("replaced.yaml", &yaml);
    server.kubectl(&["replace", "-f", &file]).await;
    assert_eq!(title().await, "replaced");
    let output = server.try_kubectl(&["replace", "-f", &file]).await;
    assert!(!output.ok && output.err.contains("(Conflict)"), "{}", output.err);

    server.kubectl(&["annotate", "scn", "portal", "note=kept"]).await;
    server.kubectl(&["label", "scn", "portal", "tier=1"]).await;
    assert!(!server.try_kubectl(&["label", "scn", "portal", "tier=2"]).await.ok);
    server.kubectl(&["label", "scn", "portal", "tier-"]).await;
    let labels = server.kubectl(&["get", "scn", "portal", "-o=jsonpath={.metadata.labels}"]).await;
    assert!(labels.is_empty() || labels == "{}", "{labels}");
    let status = r#"{"status":{"openFindings":3}}"#;
    server.kubectl(&["patch", "scn", "portal", "--subresource=status", "--type=merge", "-p", status]).await;
    assert_eq!(server.kubectl(&["get", "scn", "portal", "-o=jsonpath={.status.openFindings}"]).await, "3");
}

#[tokio::test(flavor = "multi_thread")]
async fn core_kinds_support_strategic_merge_patches() {
    let server = Server::any().await;
    let first = server.dir.file("cm.json", &configmap("settings", "1").to_string());
    server.kubectl(&["apply", "-f", &first]).await;
    let second = server.dir.file("cm.json", &configmap("settings", "2").to_string());
    let output = server.kubectl(&["apply", "-f", &second]).await;
    assert_eq!(output.trim(), "configmap/settings configured");
    server.kubectl(&["patch", "cm", "settings", "-p", r#"{"data":{"more":"x","key":null}}"#]).await;
    let data = server.kubectl(&["get", "cm", "settings", "-o=jsonpath={.data}"]).await;
    assert_eq!(data, r#"{"more":"x"}"#);

    server.kubectl(&["create", "secret", "generic", "tokens", "--from-literal=a=1", "--from-literal=b=2"]).await;
    assert_eq!(server.kubectl(&["get", "secret", "tokens", "-o=jsonpath={.data.a}"]).await, "MQ==");
    assert!(server.kubectl(&["get", "secrets"]).await.contains("Opaque"));
    assert!(server.kubectl(&["describe", "secret", "tokens"]).await.contains("1 bytes"));
    server.kubectl(&["patch", "secret", "tokens", "-p", r#"{"stringData":{"c":"3"}}"#]).await;
    assert_eq!(server.kubectl(&["get", "secret", "tokens", "-o=jsonpath={.data.c}"]).await, "Mw==");
    server.kubectl(&["create", "configmap", "other", "--from-literal=a=1"]).await;
    server.kubectl(&["create", "namespace", "elsewhere"]).await;
    server.kubectl(&["create", "configmap", "there", "-n", "elsewhere"]).await;
    server.kubectl(&["delete", "namespace", "elsewhere"]).await;
    assert!(!server.try_kubectl(&["get", "cm", "there", "-n", "elsewhere"]).await.ok);
    let output = server.try_kubectl(&["create", "configmap", "there", "-n", "elsewhere"]).await;
    assert!(!output.ok && output.err.contains("namespaces \"elsewhere\" not found"), "{}", output.err);
}

#[tokio::test(flavor = "multi_thread")]
async fn wait_ends_when_its_condition_holds() {
    let server = Server::any().await;
    let file = server.dir.file("scenario.json", &scenario("portal").to_string());
    server.kubectl(&["apply", "-f", &file]).await;
    let mut ready = server.command(&["wait", "--for=condition=Ready", "scn/portal", "--timeout=25s"]);
    let ready = ready.stdout(Stdio::piped()).spawn().unwrap();
    let conditions = serde_json::json!({"status": {"conditions": [{
        "type": "Ready", "status": "True", "reason": "Valid", "message": "", "lastTransitionTime": "2026-01-01T00:00:00Z",
    }]}});
    let patch = conditions.to_string();
    server.kubectl(&["patch", "scn", "portal", "--subresource=status", "--type=merge", "-p", &patch]).await;
    let output = within(ready.wait_with_output()).await.unwrap();
    assert!(output.status.success());

    let mut gone = server.command(&["wait", "--for=delete", "scn/portal", "--timeout=25s"]);
    let gone = gone.stdout(Stdio::piped()).spawn().unwrap();
    server.kubectl(&["delete", "scn", "portal"]).await;
    assert!(within(gone.wait_with_output()).await.unwrap().status.success());
    until("no Scenario is left", async || server.kubectl(&["get", "scn", "-o", "name"]).await.is_empty()).await;
    server.kubectl(&["apply", "-f", &file]).await;
    let output = server.kubectl(&["delete", "scn", "--all"]).await;
    assert!(output.contains("scenario.agentic.ligbox.io \"portal\" deleted"), "{output}");
}
