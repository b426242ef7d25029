//! What a request does with a resource, by its method and path.

use crate::controlplane::request::RequestTarget;
use http::Method;

/// What a request does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Answers a review, which is not stored.
    Review,
    /// Lists or watches objects.
    List,
    Get,
    Create,
    Update,
    Patch,
    /// Deletes one object, or the selected objects of a namespace.
    Delete,
    /// Nothing: kube-apiserver has no such page.
    NoSuchPage,
}

impl Action {
    /// What a method does at this path; `None` if the path does not have the method.
    pub fn of(method: &Method, target: &RequestTarget) -> Option<Action> {
        let resource = &target.served.resource;
        let is_of_all_namespaces = resource.namespaced && target.namespace.is_none();
        if !resource.is_stored() {
            return (method == Method::POST).then_some(Action::Review);
        }
        Some(match (method.as_str(), &target.name) {
            // As in kube-apiserver, built-in kinds do not have the method HEAD.
            ("GET", None) => Action::List,
            ("GET", Some(_)) => Action::Get,
            ("HEAD", None) if resource.custom => Action::List,
            ("HEAD", Some(_)) if resource.custom => Action::Get,
            ("POST", None) if is_of_all_namespaces && resource.custom => Action::NoSuchPage,
            ("POST", None) if !is_of_all_namespaces => Action::Create,
            ("PUT", Some(_)) => Action::Update,
            ("PATCH", Some(_)) => Action::Patch,
            // Collections are deleted in one namespace only, and namespaces one at a time.
            ("DELETE", None) if target.namespace.is_some() => Action::Delete,
            ("DELETE", Some(_)) if !target.status => Action::Delete,
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::controlplane::request::locate;
    use crate::controlplane::resource::Resource;
    use crate::controlplane::served_kind::ServedKind;
    use std::sync::Arc;

    #[test]
    fn methods_that_a_path_does_not_have_do_nothing() {
        let kinds: Vec<_> = Resource::core().into_iter().map(|r| Arc::new(ServedKind::new(r).unwrap())).collect();
        let action = |method: &str, path: &str| {
            let target = locate(path, &kinds).ok().expect(path);
            Action::of(&Method::from_bytes(method.as_bytes()).unwrap(), &target)
        };
        for (path, methods) in [
            ("/api/v1/configmaps", "GET"),
            ("/api/v1/namespaces/a/configmaps", "GET POST DELETE"),
            ("/api/v1/namespaces/a/configmaps/b", "GET PUT PATCH DELETE"),
            ("/api/v1/namespaces", "GET POST"),
            ("/api/v1/namespaces/a", "GET PUT PATCH DELETE"),
            ("/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", "POST"),
        ] {
            for method in ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW"] {
                let has_method = methods.split(' ').any(|one| one == method);
                assert_eq!(action(method, path).is_some(), has_method, "{method} {path}");
            }
        }
    }
}
