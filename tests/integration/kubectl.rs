//! kubectl itself against the program as a process of its own: edits, acknowledgement, and kill -9.

use crate::running::{PATIENCE, Scratch, lasting_port};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

struct Demo {
    child: Child,
    scratch: Scratch,
}

impl Drop for Demo {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn spawn(scratch: &Scratch, ports: &[u16; 3]) -> Child {
    Command::new(env!("CARGO_BIN_EXE_agentic-ops"))
        .args(["demo", "--registry", concat!(env!("CARGO_MANIFEST_DIR"), "/registry.yaml")])
        .args(["--data".as_ref(), scratch.0.as_os_str()])
        .args(["--listen", &format!("127.0.0.1:{}", ports[0]), "--kube-listen", &format!("127.0.0.1:{}", ports[1])])
        .args(["--control", &format!("127.0.0.1:{}", ports[2])])
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

fn free_ports() -> [u16; 3] {
    [0; 3].map(|_| lasting_port().port())
}

impl Demo {
    fn kubectl(&self, args: &[&str]) -> (bool, String) {
        let kubectl = std::env::var("KUBECTL").unwrap_or_else(|_| "kubectl".into());
        let output = Command::new(kubectl)
            .args(args)
            .env("KUBECONFIG", self.scratch.0.join("kubeconfig"))
            .env("HOME", &self.scratch.0)
            .env("EDITOR", "sed -i s/^..title:.*/\\ \\ title:\\ Editado/")
            .output()
            .expect("kubectl: set KUBECTL, or run tests/run");
        let text = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
        (output.status.success(), text)
    }

    fn run(&self, args: &[&str]) -> String {
        let (ok, text) = self.kubectl(args);
        assert!(ok, "kubectl {args:?}: {text}");
        text
    }

    fn until(&self, args: &[&str], wanted: &str) -> String {
        let began = Instant::now();
        loop {
            let (_, text) = self.kubectl(args);
            if text.contains(wanted) {
                return text;
            }
            assert!(began.elapsed() < PATIENCE, "kubectl {args:?} never said {wanted:?}: {text}");
            std::thread::sleep(Duration::from_millis(200));
        }
    }
}

async fn control(port: u16, path: &str) {
    let url = format!("http://127.0.0.1:{port}{path}");
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    assert!(client.post(url).send().await.unwrap().status().is_success());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn people_work_with_kubectl_and_a_kill_loses_nothing() {
    let ports = free_ports();
    let scratch = Scratch::new("kubectl");
    let child = spawn(&scratch, &ports);
    let mut demo = Demo { child, scratch };
    demo.until(&["get", "scenarios"], "wizard.vm112.bundle");
    demo.until(&["get", "scn", "desk.api.health"], "healthy");

    for (args, says) in [
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
        let text = demo.run(&args);
        assert!(text.contains(says), "kubectl {args:?}: {text}");
    }
    let other = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/integration/conflict.yaml");
    let (ok, text) = demo.kubectl(&["apply", "--server-side", "--field-manager=other", "-f", other]);
    assert!(!ok && text.contains("conflict"), "two managers of one field: {text}");
    let (ok, text) =
        demo.kubectl(&["patch", "scn", "desk.api.health", "--type=merge", "-p", "{\"spec\":{\"severity\":\"loud\"}}"]);
    assert!(!ok && text.contains("spec.severity") && text.contains("\"critical\""), "{text}");

    control(ports[2], "/break/vm-112").await;
    let open =
        demo.until(&["get", "findings", "--field-selector", "status.phase=Open", "-o", "name"], "proxmox.cluster-");
    let name = open.trim().rsplit('/').next().unwrap().to_string();
    demo.run(&["patch", "finding", &name, "--type=merge", "-p", "{\"spec\":{\"acknowledgement\":{\"by\":\"ana\"}}}"]);
    demo.until(&["get", "finding", &name], "Acknowledged");
    demo.until(&["get", "events"], "Opened");

    demo.child.kill().unwrap();
    demo.child.wait().unwrap();
    demo.child = spawn(&demo.scratch, &ports);
    demo.until(&["get", "finding", &name], "Acknowledged");
    // The estate is whole again after its start: so is the Finding, and the acknowledgement is taken out.
    demo.until(&["get", "finding", &name], "Resolved");
    demo.until(&["get", "finding", &name, "-o", "jsonpath=[{.spec.acknowledgement}]"], "[]");
    let second = spawn(&demo.scratch, &free_ports()).wait_with_output().unwrap();
    assert!(!second.status.success(), "two programs on one data directory");
}
