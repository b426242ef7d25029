//! A real API server, if `AGENTIC_TEST_KUBECONFIG` is set to the kubeconfig of an admin. `tests/run` starts one.

use super::wait::{eventually, within};
use k8s_openapi::api::core::v1::Namespace;
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::api::{ApiResource, DynamicObject, GroupVersionKind, ListParams, Patch, PatchParams, PostParams};
use kube::config::Kubeconfig;
use kube::runtime::{conditions, wait::await_condition};
use kube::{Api, Client, ResourceExt as _};
use std::path::{Path, PathBuf};

/// The environment variable with the path of the kubeconfig.
pub const KUBECONFIG: &str = "AGENTIC_TEST_KUBECONFIG";

/// The path of the kubeconfig, if there is a real server.
pub fn kubeconfig() -> Option<PathBuf> {
    std::env::var_os(KUBECONFIG).map(PathBuf::from)
}

/// Applies the CustomResourceDefinitions and waits until they are served. Tests can do this concurrently.
pub async fn apply_crds(client: &Client) {
    let api: Api<CustomResourceDefinition> = Api::all(client.clone());
    for crd in agentic_ops::api::crds() {
        let params = PatchParams::apply("agentic-ops-tests").force();
        let name = crd.name_any();
        api.patch(&name, &params, &Patch::Apply(&crd)).await.unwrap();
        within(await_condition(api.clone(), &name, conditions::is_crd_established())).await.unwrap();
        // For a short time after a change of its definition, a kind is not served.
        let kind = GroupVersionKind::gvk(&crd.spec.group, &crd.spec.versions[0].name, &crd.spec.names.kind);
        let objects: Api<DynamicObject> = Api::all_with(client.clone(), &ApiResource::from_gvk(&kind));
        let params = ListParams::default().limit(1);
        eventually(&format!("{name} to be served"), async || objects.list_metadata(&params).await.ok()).await;
    }
}

/// Creates a namespace for this test, with a unique name that begins with `name`.
pub async fn make_namespace(client: &Client, name: &str) -> String {
    let mut namespace = Namespace::default();
    namespace.metadata.name = Some(format!("{name}-{}", uuid::Uuid::new_v4().simple()));
    let api: Api<Namespace> = Api::all(client.clone());
    api.create(&PostParams::default(), &namespace).await.unwrap().name_any()
}

/// Writes a copy of the kubeconfig with this default namespace, and returns its path.
pub fn kubeconfig_in(directory: &Path, namespace: &str) -> PathBuf {
    let mut config = Kubeconfig::read_from(kubeconfig().unwrap()).unwrap();
    for context in config.contexts.iter_mut().filter_map(|named| named.context.as_mut()) {
        context.namespace = Some(namespace.to_string());
    }
    let path = directory.join("kubeconfig");
    std::fs::write(&path, serde_json::to_string(&config).unwrap()).unwrap();
    path
}
