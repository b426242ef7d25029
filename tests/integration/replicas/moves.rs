//! Backup, restore and the move from standalone to a cluster, by the very commands of docs/kubernetes.md.

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

on_both!(moved_from_standalone, restored, left_without_a_status);

/// What a section of the page says to type, kubectl's part of it, and whether the program rests meanwhile.
fn commands(section: &str) -> Vec<String> {
    let page = include_str!("../../../docs/kubernetes.md");
    let body = page.split("\n## ").find(|part| part.starts_with(section)).unwrap();
    let lines: Vec<&str> = body.lines().filter_map(|line| line.strip_prefix("    ")).collect();
    let whole = lines.join("\n").replace("|\n", "| ");
    let (rest, others): (Vec<&str>, _) = whole.lines().partition(|line| line.contains("replicas="));
    assert_eq!(rest.len(), 2, "it is stopped, and started again");
    others.into_iter().map(String::from).collect()
}

/// Runs what a person would type.
fn shell(cluster: &Cluster, command: &str) {
    let kubectl = kubectl::path().display().to_string();
    let output = Command::new("sh")
        .args(["-c", &format!("kubectl() {{ command {kubectl} \"$@\"; }}; {command}")])
        .current_dir(&cluster.scratch.0)
        .env("KUBECONFIG", &cluster.kubeconfig)
        .env("HOME", &cluster.scratch.0)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && said.is_empty(), "{command}: {said}");
}

async fn status(api: &Api<Finding>, name: &str, phase: Phase) -> FindingStatus {
    let reached = || async { get(api, name).await?.status.filter(|s| s.phase == Some(phase)) };
    eventually(&format!("{name} {phase:?}"), reached).await
}

/// What a Finding's status tells of its past.
fn told(status: &FindingStatus) -> Value {
    json!([status.opened_at, status.resolved_at, status.occurrences, status.acknowledgement, status.transitions])
}

/// One target that is broken, its Finding acknowledged, and one that was, its Finding resolved.
struct Past {
    broken: Target,
    _whole: Target,
    acknowledged: Value,
    resolved: Value,
}

fn names() -> [String; 2] {
    ["shop.broken", "shop.whole"].map(|scenario| finding_name(scenario, "status", ""))
}

impl Past {
    async fn of(cluster: &Cluster) -> Past {
        let (broken, whole) = (Target::start().await, Target::start().await);
        cluster.watch_target("shop.broken", &broken.url).await;
        cluster.watch_target("shop.whole", &whole.url).await;
        let (api, [name, other]) = (cluster.api::<Finding>(), names());
        broken.set(false);
        whole.set(false);
        status(&api, &other, Phase::Open).await;
        whole.set(true);
        status(&api, &name, Phase::Open).await;
        let note = json!({"spec": {"acknowledgement": {"by": "ana", "note": "known"}}});
        api.patch(&name, &PatchParams::default(), &Patch::Merge(note)).await.unwrap();
        let acknowledged = told(&status(&api, &name, Phase::Acknowledged).await);
        let resolved = told(&status(&api, &other, Phase::Resolved).await);
        Past { broken, _whole: whole, acknowledged, resolved }
    }

    /// The program goes on from what was moved: nothing opens again, and what heals resolves.
    async fn goes_on(&self, cluster: &Cluster) {
        let (api, [name, other]) = (cluster.api::<Finding>(), names());
        self.broken.seen(3).await;
        assert_eq!(told(&status(&api, &name, Phase::Acknowledged).await), self.acknowledged);
        assert_eq!(told(&status(&api, &other, Phase::Resolved).await), self.resolved);
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
    past.goes_on(&to).await;
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
    past.goes_on(&cluster).await;
    cluster.stop().await;
}

/// As after a restore without the status, or where its maker ended between its two writes.
async fn left_without_a_status(which: Which) {
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
        };
        let finding = Finding::new(&finding_name(scenario, "status", ""), spec);
        api.create(&PostParams::default(), &finding).await.unwrap();
    }
    other.set(false);
    let _program = Replica::start(&cluster, "program", &cluster.kubeconfig).await;
    let [broken, whole] = names();
    let resolved = status(&api, &whole, Phase::Resolved).await;
    assert_eq!(resolved.transitions.last().unwrap().reason, "Recovered");
    assert_eq!(status(&api, &broken, Phase::Open).await.occurrences, Some(1));
    cluster.stop().await;
}
