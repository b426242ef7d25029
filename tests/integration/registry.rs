//! The registry of standalone and of the operator: what people change, delete and take over, and specs that do not compile.

use super::running::{Running, start};
use crate::kit::api::get;
use crate::kit::scratch::Scratch;
use crate::kit::settings;
use crate::kit::wait::eventually;
use agentic_ops::api::Scenario;
use agentic_ops::cli::registry::{RECONCILE, Registry, RegistryOptions};
use agentic_ops::cli::serve;
use agentic_ops::runtime::leadership::WriteFence;
use kube::Api;
use kube::api::{Patch, PatchParams};
use serde_json::json;
use std::path::Path;
use std::time::Duration;

fn scenario(name: &str, expect: &str) -> String {
    format!(
        "---\napiVersion: agentic.ligbox.io/v1alpha1\nkind: Scenario\nmetadata: {{name: {name}}}\nspec:\n  title: of the file\n  agent: pulso\n  severity: low\n  suspend: true\n  probes:\n  - name: p\n    tcp: {{address: \"127.0.0.1:9\"}}\n  checks:\n  - name: c\n    expect: {expect}\n"
    )
}

/// Follows the registry once more, as after a restart.
fn restart(running: &Running, registry: &Path) -> tokio::task::JoinHandle<()> {
    let options = serve::registry(&settings::nowhere(&[]), registry, &Default::default());
    follow(running, options)
}

fn follow(running: &Running, options: RegistryOptions) -> tokio::task::JoinHandle<()> {
    let registry = Registry::new(running.client.clone(), &running.namespace, options, WriteFence::always()).unwrap();
    tokio::spawn(registry.follow())
}

async fn patch(api: &Api<Scenario>, name: &str, patch: serde_json::Value) {
    api.patch(name, &PatchParams::default(), &Patch::Merge(patch)).await.unwrap();
}

async fn until_title(api: &Api<Scenario>, name: &str, title: &str) {
    eventually(&format!("{name} to have the title {title:?}"), || async {
        (get(api, name).await?.spec.title == title).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_people_changed_or_deleted_is_restored_unless_they_took_it_over() {
    let scratch = Scratch::new("registry-drift");
    let text: String = ["edited", "deleted", "taken", "own"].map(|name| scenario(name, "probes.p.ok")).concat();
    let file = scratch.file("registry.yaml", &text);
    let running = start("registry-drift-data", Path::new(&file)).await;
    let api = running.api::<Scenario>();
    for name in ["edited", "deleted", "taken", "own"] {
        until_title(&api, name, "of the file").await;
    }
    patch(&api, "edited", json!({"spec": {"title": "by hand", "interval": "7s"}})).await;
    let own =
        json!({"metadata": {"annotations": {"agentic.ligbox.io/reconcile": "disabled"}}, "spec": {"title": "by hand"}});
    patch(&api, "taken", own).await;
    patch(&api, "own", json!({"spec": {"interval": "7s"}})).await;
    let before = get(&api, "own").await.unwrap().metadata.generation;
    api.delete("deleted", &Default::default()).await.unwrap();
    let following = restart(&running, Path::new(&file));
    until_title(&api, "edited", "of the file").await;
    until_title(&api, "deleted", "of the file").await;
    let edited = get(&api, "edited").await.unwrap();
    assert_eq!(edited.spec.interval.as_deref(), Some("7s"), "the file does not set it");
    assert_eq!(get(&api, "taken").await.unwrap().spec.title, "by hand");
    assert_eq!(get(&api, "own").await.unwrap().metadata.generation, before, "nothing that the file sets was changed");
    following.abort();
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_people_changed_is_restored_while_the_files_stay_as_they_are() {
    let scratch = Scratch::new("registry-reconcile");
    let file = scratch.file("registry.yaml", &["edited", "deleted"].map(|name| scenario(name, "probes.p.ok")).concat());
    let running = start("registry-reconcile-data", Path::new(&file)).await;
    let api = running.api::<Scenario>();
    let options = serve::registry(&settings::nowhere(&[]), Path::new(&file), &Default::default());
    assert_eq!((options.reconcile, RECONCILE.as_secs()), (RECONCILE, 60));
    let following = follow(&running, RegistryOptions { reconcile: Duration::from_millis(100), ..options });
    for round in 0..2 {
        for name in ["edited", "deleted"] {
            until_title(&api, name, "of the file").await;
        }
        patch(&api, "edited", json!({"spec": {"title": format!("by hand {round}")}})).await;
        api.delete("deleted", &Default::default()).await.unwrap();
    }
    for name in ["edited", "deleted"] {
        until_title(&api, name, "of the file").await;
    }
    following.abort();
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_spec_that_does_not_compile_leaves_the_last_one_that_did() {
    let scratch = Scratch::new("registry-cel");
    let file = scratch.file("registry.yaml", &scenario("a", "probes.p.ok"));
    let running = start("registry-cel-data", Path::new(&file)).await;
    let api = running.api::<Scenario>();
    until_title(&api, "a", "of the file").await;
    std::fs::write(&file, scenario("a", "probes.p.ok &&") + &scenario("b", "probes.p.ok &&")).unwrap();
    eventually("the new Scenario, which has no other spec", || async { get(&api, "b").await }).await;
    let expect = |scenario: Scenario| scenario.spec.checks[0].expect.clone();
    assert_eq!(expect(get(&api, "a").await.unwrap()), "probes.p.ok");
    std::fs::write(&file, scenario("a", "probes.p.ok || 1 == 1") + &scenario("b", "1 == 1")).unwrap();
    eventually("the corrected specs", || async {
        let (a, b) = (get(&api, "a").await?, get(&api, "b").await?);
        (expect(a) == "probes.p.ok || 1 == 1" && expect(b) == "1 == 1").then_some(())
    })
    .await;
    running.stop().await;
}
