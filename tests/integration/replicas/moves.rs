//! Backup, restore and the move from standalone to a cluster, with the commands of docs/kubernetes.md.

use super::cluster::{Cluster, Which};
use super::on_both;
use super::replica::Replica;
use super::target::Target;
use crate::kit::api::get;
use crate::kit::kubectl;
use crate::kit::wait::eventually;
use agentic_ops::api::{Finding, FindingSpec, FindingStatus, Phase};
use agentic_ops::domain::fingerprint::{finding_name, fingerprint};
use kube::Api;
use kube::api::{Patch, PatchParams, PostParams};
use serde_json::{Value, json};
use std::process::Command;

on_both!(moved_from_standalone, restored, restored_without_status);

/// The commands in a section of the page, except those that scale the Deployment, of which there must be two.
fn commands(section: &str) -> Vec<String> {
    let page = include_str!("../../../docs/kubernetes.md");
    let body = page.split("\n## ").find(|part| part.starts_with(section)).unwrap();
    let lines: Vec<&str> = body.lines().filter_map(|line| line.strip_prefix("    ")).collect();
    let joined = lines.join("\n").replace("|\n", "| ");
    let (scaling, others): (Vec<&str>, _) = joined.lines().partition(|line| line.contains("replicas="));
    assert_eq!(scaling.len(), 2, "the program is stopped and started again");
    others.into_iter().map(String::from).collect()
}

/// Runs a command in a shell.
fn shell(cluster: &Cluster, command: &str) {
    let kubectl = kubectl::path().display().to_string();
    let output = Command::new("sh")
        .args(["-c", &format!("kubectl() {{ command {kubectl} \"$@\"; }}; {command}")])
        .current_dir(&cluster.scratch.0)
        .env("KUBECONFIG", &cluster.kubeconfig)
        .env("HOME", &cluster.scratch.0)
        .output()
        .unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && errors.is_empty(), "{command}: {errors}");
}

async fn status(api: &Api<Finding>, name: &str, phase: Phase) -> FindingStatus {
    let reached = || async { get(api, name).await?.status.filter(|s| s.phase == Some(phase)) };
    eventually(&format!("{name} {phase:?}"), reached).await
}

/// The fields of a Finding's status that must be kept.
fn history(status: &FindingStatus) -> Value {
    json!([status.opened_at, status.resolved_at, status.occurrences, status.acknowledgement, status.transitions])
}

/// A broken target with an acknowledged Finding, and a healthy one with a resolved Finding.
struct Past {
    broken: Target,
    _healthy: Target,
    acknowledged: Value,
    resolved: Value,
}

fn names() -> [String; 2] {
    ["shop.broken", "shop.whole"].map(|scenario| finding_name(scenario, "status", ""))
}

impl Past {
    async fn of(cluster: &Cluster) -> Past {
        let (broken, healthy) = (Target::start().await, Target::start().await);
        cluster.watch_target("shop.broken", &broken.url).await;
        cluster.watch_target("shop.whole", &healthy.url).await;
        let (api, [name, other]) = (cluster.api::<Finding>(), names());
        broken.set(false);
        healthy.set(false);
        status(&api, &other, Phase::Open).await;
        healthy.set(true);
        status(&api, &name, Phase::Open).await;
        let note = json!({"spec": {"acknowledgement": {"by": "ana", "note": "known"}}});
        api.patch(&name, &PatchParams::default(), &Patch::Merge(note)).await.unwrap();
        let acknowledged = history(&status(&api, &name, Phase::Acknowledged).await);
        let resolved = history(&status(&api, &other, Phase::Resolved).await);
        Past { broken, _healthy: healthy, acknowledged, resolved }
    }

    /// Checks that the program continues with the restored objects: no Finding opens again, and the open one resolves.
    async fn continues(&self, cluster: &Cluster) {
        let (api, [name, other]) = (cluster.api::<Finding>(), names());
        self.broken.seen(3).await;
        assert_eq!(history(&status(&api, &name, Phase::Acknowledged).await), self.acknowledged);
        assert_eq!(history(&status(&api, &other, Phase::Resolved).await), self.resolved);
        self.broken.set(true);
        assert_eq!(status(&api, &name, Phase::Resolved).await.occurrences, Some(1));
    }
}

async fn moved_from_standalone(which: Which) {
    let Some(to) = Cluster::start(which, "moved").await else { return };
    let from = Cluster::start(Which::Embedded, "moved-from").await.unwrap();
    let mut program = Replica::start(&from, "before", &from.kubeconfig).await;
    let past = Past::of(&from).await;
    program.stop().await;
    std::fs::create_dir(to.scratch.0.join("data")).unwrap();
    std::fs::copy(&from.kubeconfig, to.scratch.0.join("data/kubeconfig")).unwrap();
    for command in commands("From standalone to a cluster") {
        shell(&to, &command.replace("namespace: ops", &format!("namespace: {}", to.namespace)));
    }
    let _program = Replica::start(&to, "after", &to.kubeconfig).await;
    past.continues(&to).await;
    from.stop().await;
    to.stop().await;
}

async fn restored(which: Which) {
    let Some(cluster) = Cluster::start(which, "restored").await else { return };
    let mut program = Replica::start(&cluster, "before", &cluster.kubeconfig).await;
    let past = Past::of(&cluster).await;
    let mut commands = commands("Backup and restore").into_iter();
    let in_namespace = |command: &str| command.replace("-n ops", &format!("-n {}", cluster.namespace));
    shell(&cluster, &in_namespace(&commands.next().unwrap()));
    program.stop().await;
    shell(&cluster, &in_namespace("kubectl delete findings,scenarios --all -n ops"));
    for command in commands {
        shell(&cluster, &in_namespace(&command));
    }
    let _program = Replica::start(&cluster, "after", &cluster.kubeconfig).await;
    past.continues(&cluster).await;
    cluster.stop().await;
}

/// Findings without a status, as after a restore without it, or if the operator stopped between creating a Finding and writing
/// its status.
async fn restored_without_status(which: Which) {
    let Some(cluster) = Cluster::start(which, "blank").await else { return };
    let (target, other) = (Target::start().await, Target::start().await);
    let api = cluster.api::<Finding>();
    for (scenario, target) in [("shop.whole", &target), ("shop.broken", &other)] {
        cluster.watch_target(scenario, &target.url).await;
        let spec = FindingSpec {
            scenario: scenario.into(),
            check: "status".into(),
            key: String::new(),
            fingerprint: fingerprint(scenario, "status", ""),
            acknowledgement: None,
            owner: None,
        };
        let finding = Finding::new(&finding_name(scenario, "status", ""), spec);
        api.create(&PostParams::default(), &finding).await.unwrap();
    }
    other.set(false);
    let _program = Replica::start(&cluster, "program", &cluster.kubeconfig).await;
    let [broken, healthy] = names();
    let resolved = status(&api, &healthy, Phase::Resolved).await;
    assert_eq!(resolved.transitions.last().unwrap().reason, "Recovered");
    assert_eq!(status(&api, &broken, Phase::Open).await.occurrences, Some(1));
    cluster.stop().await;
}
