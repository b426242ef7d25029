//! Updates, of the spec and of the status.

use super::*;

/// The Scenario `portal` with the version of an earlier response and some fields of the spec.
pub(super) fn versioned(kept: &str, spec: Value) -> Value {
    let mut object = scenario("portal");
    object["metadata"]["resourceVersion"] = json!(format!("${{{kept}/metadata/resourceVersion}}"));
    object["spec"].as_object_mut().unwrap().extend(spec.as_object().unwrap().clone());
    object
}

pub(super) fn updates() -> Vec<Step> {
    let mut other_uid = versioned("second", json!({}));
    other_uid["metadata"]["uid"] = json!("another");
    let mut renamed = versioned("second", json!({}));
    renamed["metadata"]["name"] = json!("other");
    let mut zero = versioned("second", json!({}));
    zero["metadata"]["resourceVersion"] = json!("0");
    let mut word = zero.clone();
    word["metadata"]["resourceVersion"] = json!("abc");
    let mut moved = versioned("second", json!({}));
    moved["metadata"]["namespace"] = json!("other");
    let mut other_kind = finding("portal");
    other_kind["metadata"]["resourceVersion"] = json!("${second/metadata/resourceVersion}");
    let mut core = configmap("a", "2");
    core["metadata"]["resourceVersion"] = json!("${map/metadata/resourceVersion}");
    let lease = json!({"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": {"name": "l"},
        "spec": {"holderIdentity": "me"}});
    vec![
        put("a missing object", at("scenarios/portal"), scenario("portal")),
        put("a missing object of a core kind", at("configmaps/none"), configmap("none", "x")),
        post("made", at("scenarios"), scenario("portal")).keep("made"),
        put("without a version", at("scenarios/portal"), scenario("portal")),
        put("over its version", at("scenarios/portal"), versioned("made", json!({"title": "new"}))).keep("second"),
        put("over an older version", at("scenarios/portal"), versioned("made", json!({"title": "late"}))),
        put("that changes nothing", at("scenarios/portal"), versioned("second", json!({"title": "new"}))),
        put("with another uid", at("scenarios/portal"), other_uid),
        put("with another name", at("scenarios/portal"), renamed),
        put("with another namespace", at("scenarios/portal"), moved),
        put("over version 0", at("scenarios/portal"), zero),
        put("over an invalid version", at("scenarios/portal"), word),
        put("of a wrong value", at("scenarios/portal"), versioned("second", json!({"severity": "loud"}))),
        put("of another kind", at("scenarios/portal"), configmap("portal", "x")),
        put("of another kind of the group", at("scenarios/portal"), other_kind.clone()),
        put("of another kind of the group, without a version", at("scenarios/portal"), finding("portal")),
        put("of another kind of the group, of a missing object", at("scenarios/none"), finding("none")),
        put("as a manager", at("scenarios/portal?fieldManager=ana"), versioned("second", json!({"title": "ana"}))),
        post("a ConfigMap", at("configmaps"), configmap("a", "1")).keep("map"),
        put("a ConfigMap without a version", at("configmaps/a"), configmap("a", "1b")),
        put("a ConfigMap over an older version", at("configmaps/a"), core),
        post("a Lease", at("leases"), lease.clone()),
        put("a Lease without a version", at("leases/l"), lease),
    ]
}

pub(super) fn status() -> Vec<Step> {
    let mut whole = versioned("third", json!({"title": "through the status"}));
    whole["status"] = json!({"health": "unknown"});
    let mut labelled = whole.clone();
    labelled["metadata"]["resourceVersion"] = json!("${fourth/metadata/resourceVersion}");
    labelled["metadata"]["labels"] = json!({"a": "b"});
    labelled["metadata"]["annotations"] = json!({"c": "d"});
    labelled["metadata"]["finalizers"] = json!(["example.com/hold"]);
    labelled["status"] = json!({"health": "healthy"});
    let mut none = scenario("none");
    none["metadata"]["resourceVersion"] = json!("1");
    vec![
        post("made", at("scenarios"), scenario("portal")),
        merge_status("a merge of it", "scenarios/portal", json!({"health": "failing", "openFindings": 1})),
        patch(
            "a merge of both",
            at("scenarios/portal/status"),
            MERGE,
            json!({"spec": {"title": "x"}, "status": {"openFindings": 2}}),
        ),
        patch("a merge of labels", at("scenarios/portal/status"), MERGE, json!({"metadata": {"labels": {"a": "b"}}}))
            .keep("third"),
        put("an update of both", at("scenarios/portal/status"), whole).keep("fourth"),
        put("an update of it and of metadata", at("scenarios/portal/status"), labelled),
        merge_status("of a wrong value", "scenarios/portal", json!({"health": "so so"})),
        merge_status("with an unknown field", "scenarios/portal", json!({"mood": "good"})),
        patch(
            "of the spec at the main endpoint",
            at("scenarios/portal"),
            MERGE,
            json!({"spec": {"title": "y"}, "status": {"health": "healthy"}}),
        ),
        patch("removed", at("scenarios/portal/status"), MERGE, json!({"status": null})),
        get("it", at("scenarios/portal/status")),
        put("of a missing object", at("scenarios/none/status"), none),
        delete("deleted", at("scenarios/portal/status")),
        post("created", at("scenarios/portal/status"), scenario("portal")),
    ]
}

/// The status endpoint takes only the status of the body. Which fields kube-apiserver then attributes to the manager is not compared:
/// it derives them from the other kind.
pub(super) fn status_of_another_kind() -> Vec<Step> {
    let mut other_kind = finding("portal");
    other_kind["metadata"]["resourceVersion"] = json!("${made/metadata/resourceVersion}");
    other_kind["status"] = json!({"health": "healthy"});
    let kept = &["/kind", "/spec", "/status"];
    vec![
        post("made", at("scenarios"), scenario("portal")).keep("made"),
        put("an update", at("scenarios/portal/status"), other_kind).only(kept),
        patch(
            "a merge",
            at("scenarios/portal/status"),
            MERGE,
            json!({"kind": "Finding", "status": {"openFindings": 1}}),
        )
        .only(kept),
    ]
}

pub(super) fn generation() -> Vec<Step> {
    let only = &["/metadata/generation"];
    vec![
        post("made", at("scenarios"), scenario("portal")).only(only),
        patch("spec", at("scenarios/portal"), MERGE, json!({"spec": {"title": "2"}})).only(only),
        patch("spec as it is", at("scenarios/portal"), MERGE, json!({"spec": {"title": "2"}})).only(only),
        patch("labels", at("scenarios/portal"), MERGE, json!({"metadata": {"labels": {"a": "b"}}})).only(only),
        merge_status("status", "scenarios/portal", json!({"openFindings": 1})).only(only),
        patch("a finalizer", at("scenarios/portal"), MERGE, json!({"metadata": {"finalizers": ["example.com/hold"]}}))
            .only(only),
        delete("deletion", at("scenarios/portal")).only(only),
        patch("spec while it is deleted", at("scenarios/portal"), MERGE, json!({"spec": {"title": "3"}})).only(only),
        post("a ConfigMap", at("configmaps"), configmap("a", "1")).only(only),
        post(
            "a Lease",
            at("leases"),
            json!({"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": {"name": "l"}}),
        )
        .only(only),
    ]
}
