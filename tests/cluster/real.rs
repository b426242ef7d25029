//! A real API server for the tests, where `AGENTIC_TEST_KUBECONFIG` names a kubeconfig of its admin. `tests/run` starts one.

use k8s_openapi::api::core::v1::Namespace;
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::api::{ApiResource, DynamicObject, GroupVersionKind, ListParams, Patch, PatchParams, PostParams};
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::runtime::{conditions, wait::await_condition};
use kube::{Api, Client, ResourceExt as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The kubeconfig, where there is a real server.
pub fn kubeconfig() -> Option<PathBuf> {
    std::env::var_os("AGENTIC_TEST_KUBECONFIG").map(PathBuf::from)
}

/// A client by a kubeconfig, which takes the first answer that it gets.
pub async fn client(path: &Path) -> Client {
    let config = Kubeconfig::read_from(path).unwrap();
    let mut config = kube::Config::from_custom_kubeconfig(config, &KubeConfigOptions::default()).await.unwrap();
    config.default_retry = false;
    Client::try_from(config).unwrap()
}

/// Brings the definitions up to date, as several tests at once may.
pub async fn apply_crds(client: &Client) {
    let api: Api<CustomResourceDefinition> = Api::all(client.clone());
    for crd in agentic_ops::api::crds() {
        let params = PatchParams::apply("agentic-ops-tests").force();
        api.patch(&crd.name_any(), &params, &Patch::Apply(&crd)).await.unwrap();
        let name = crd.name_any();
        let served = await_condition(api.clone(), &name, conditions::is_crd_established());
        tokio::time::timeout(Duration::from_secs(30), served).await.unwrap().unwrap();
        until_listed(client, &crd).await;
    }
}

/// For a moment after its definition has changed a kind is not answered for.
async fn until_listed(client: &Client, crd: &CustomResourceDefinition) {
    let kind = GroupVersionKind::gvk(&crd.spec.group, &crd.spec.versions[0].name, &crd.spec.names.kind);
    let api: Api<DynamicObject> = Api::all_with(client.clone(), &ApiResource::from_gvk(&kind));
    for _ in 0..100 {
        if api.list_metadata(&ListParams::default().limit(1)).await.is_ok() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("{} is not served", crd.name_any());
}

/// Makes a namespace of this test's own.
pub async fn make_namespace(client: &Client) -> String {
    let mut namespace = Namespace::default();
    namespace.metadata.name = Some(format!("test-{}", uuid::Uuid::new_v4().simple()));
    let api: Api<Namespace> = Api::all(client.clone());
    api.create(&PostParams::default(), &namespace).await.unwrap().name_any()
}

/// A copy of the kubeconfig whose commands go to this namespace.
pub fn kubeconfig_in(directory: &Path, namespace: &str) -> PathBuf {
    let mut config = Kubeconfig::read_from(kubeconfig().unwrap()).unwrap();
    for context in config.contexts.iter_mut().filter_map(|named| named.context.as_mut()) {
        context.namespace = Some(namespace.to_string());
    }
    let path = directory.join("kubeconfig");
    std::fs::write(&path, serde_json::to_string(&config).unwrap()).unwrap();
    path
}
