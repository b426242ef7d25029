//! kubectl with the program as a separate process: edits, acknowledgement and SIGKILL.

use crate::kit::process::{self, Process};
use crate::kit::scratch::Scratch;
use crate::kit::wait::succeeds;
use crate::kit::{kubectl, ports};

struct Demo {
    process: Process,
    scratch: Scratch,
}

fn spawn(scratch: &Scratch, ports: &[u16; 3]) -> Process {
    let mut command = process::command(["demo", "--registry", concat!(env!("CARGO_MANIFEST_DIR"), "/registry.yaml")]);
    command
        .args(["--data".as_ref(), scratch.0.as_os_str()])
        .args(["--listen", &format!("127.0.0.1:{}", ports[0]), "--kube-listen", &format!("127.0.0.1:{}", ports[1])])
        .args(["--control", &format!("127.0.0.1:{}", ports[2])]);
    Process::spawn("demo", scratch, command)
}

fn free_ports() -> [u16; 3] {
    [0; 3].map(|_| ports::lasting().port())
}

impl Demo {
    /// Runs kubectl, and returns whether it succeeded and its output.
    async fn kubectl(&self, args: &[&str]) -> (bool, String) {
        let mut command = kubectl::command(&self.scratch.0.join("kubeconfig"), &self.scratch.0, args);
        command.env("EDITOR", "sed -i s/^..title:.*/\\ \\ title:\\ Editado/");
        let output = kubectl::run(command).await;
        (output.ok, output.out + &output.err)
    }

    async fn run(&self, args: &[&str]) -> String {
        let (ok, text) = self.kubectl(args).await;
        assert!(ok, "kubectl {args:?}: {text}");
        text
    }

    async fn until(&self, args: &[&str], wanted: &str) -> String {
        succeeds(&format!("kubectl {args:?} to print {wanted:?}"), async || {
            let (_, text) = self.kubectl(args).await;
            if text.contains(wanted) { Ok(text) } else { Err(text) }
        })
        .await
    }
}

async fn control(port: u16, path: &str) {
    let url = format!("http://127.0.0.1:{port}{path}");
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    assert!(client.post(url).send().await.unwrap().status().is_success());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn kubectl_works_and_a_kill_loses_nothing() {
    let ports = free_ports();
    let scratch = Scratch::new("kubectl");
    let process = spawn(&scratch, &ports);
    let mut demo = Demo { process, scratch };
    demo.until(&["get", "scenarios"], "wizard.vm112.bundle").await;
    demo.until(&["get", "scn", "desk.api.health"], "healthy").await;
    demo.until(&["get", "scn", "proxmox.cluster"], "healthy").await;

    for (args, expected) in [
        (vec!["api-resources"], "scn"),
        (vec!["explain", "finding.status.evidence"], "lastGood"),
        (vec!["get", "agentic", "-o", "name"], "agent.agentic.ligbox.io/maestro"),
        (vec!["create", "secret", "generic", "probe-token", "--from-literal=a=b"], "created"),
        (vec!["label", "secret", "probe-token", "agentic.ligbox.io/probes=allowed"], "labeled"),
        (vec!["annotate", "scn", "desk.api.health", "note=x"], "annotated"),
        (vec!["patch", "scn", "desk.api.health", "--type=merge", "-p", "{\"spec\":{\"severity\":\"low\"}}"], "patched"),
        (vec!["edit", "scn", "desk.api.health"], "edited"),
        (vec!["get", "scn", "desk.api.health", "-o", "jsonpath={.spec.title}"], "Editado"),
        (vec!["get", "scn", "--field-selector", "spec.agent=trilho", "--sort-by", ".metadata.name"], "pfsense"),
        (vec!["wait", "--for=condition=Healthy", "scn/desk.api.health", "--timeout=30s"], "condition met"),
        (vec!["describe", "scn", "proxmox.cluster"], "verificações passaram"),
        (vec!["auth", "can-i", "get", "findings"], "yes"),
        (
            vec!["apply", "-f", concat!(env!("CARGO_MANIFEST_DIR"), "/registry.yaml")],
            "scenario.agentic.ligbox.io/proxmox.cluster",
        ),
        (vec!["delete", "secret", "probe-token"], "deleted"),
    ] {
        let text = demo.run(&args).await;
        assert!(text.contains(expected), "kubectl {args:?}: {text}");
    }
    let other = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/integration/conflict.yaml");
    let (ok, text) = demo.kubectl(&["apply", "--server-side", "--field-manager=other", "-f", other]).await;
    assert!(!ok && text.contains("conflict"), "two managers of one field: {text}");
    let (ok, text) = demo
        .kubectl(&["patch", "scn", "desk.api.health", "--type=merge", "-p", "{\"spec\":{\"severity\":\"loud\"}}"])
        .await;
    assert!(!ok && text.contains("spec.severity") && text.contains("\"critical\""), "{text}");

    control(ports[2], "/break/vm-112").await;
    let open = demo
        .until(&["get", "findings", "--field-selector", "status.phase=Open", "-o", "name"], "proxmox.cluster-")
        .await;
    let name = open.trim().rsplit('/').next().unwrap().to_string();
    demo.run(&["patch", "finding", &name, "--type=merge", "-p", "{\"spec\":{\"acknowledgement\":{\"by\":\"ana\"}}}"])
        .await;
    demo.until(&["get", "finding", &name], "Acknowledged").await;
    demo.until(&["get", "events"], "Opened").await;

    demo.process.kill();
    demo.process = spawn(&demo.scratch, &ports);
    demo.until(&["get", "finding", &name], "Acknowledged").await;
    // The restarted estate is healthy: the Finding resolves, and the acknowledgement is removed.
    demo.until(&["get", "finding", &name], "Resolved").await;
    demo.until(&["get", "finding", &name, "-o", "jsonpath=[{.spec.acknowledgement}]"], "[]").await;
    let second = spawn(&demo.scratch, &free_ports()).ended().await;
    assert!(!second.success(), "two programs on one data directory");
}
