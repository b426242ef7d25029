//! Create, update, delete.

mod updates;

use crate::conformance::samples::{configmap, finding, object, scenario};
use crate::conformance::story::{
    JSON, MERGE, PARTIAL, Step, Story, TABLE, YAML, at, delete, get, merge_status, patch, post, put, request, story,
};
use http::Method;
use serde_json::{Value, json};
use updates::{generation, status, status_of_another_kind, updates, versioned};

pub fn stories() -> Vec<Story> {
    vec![
        story("create", creates()),
        story("create: names and metadata", names()),
        story("create: core kinds", core()),
        story("field validation", validation()),
        story("dry run", dry()),
        story("update", updates()),
        story("status", status()),
        story("status of another kind", status_of_another_kind()),
        story("generation", generation()),
        story("namespaces", namespaces()),
    ]
}

fn creates() -> Vec<Step> {
    let mut with_status = scenario("with-status");
    with_status["status"] = json!({"health": "healthy"});
    let mut elsewhere = scenario("elsewhere");
    elsewhere["metadata"]["namespace"] = json!("default");
    let mut kept = scenario("kept");
    kept["metadata"] = json!({"name": "kept", "uid": "mine", "generation": 9, "creationTimestamp": "2020-01-01T00:00:00Z",
        "deletionTimestamp": "2020-01-01T00:00:00Z", "deletionGracePeriodSeconds": 5, "selfLink": "/x"});
    let mut versioned = scenario("versioned");
    versioned["metadata"]["resourceVersion"] = json!("5");
    let secret = json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "a"}});
    let yaml = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: yaml}\ndata: {key: value}\n";
    vec![
        post("a Scenario", at("scenarios"), scenario("portal")),
        post("again", at("scenarios"), scenario("portal")),
        post("with a status", at("scenarios"), with_status),
        post("of another namespace", at("scenarios"), elsewhere),
        post("with fields that the server sets", at("scenarios"), kept),
        post("with a version", at("scenarios"), versioned),
        post("of another kind", at("scenarios"), configmap("a", "x")),
        post("of another kind of the group", at("scenarios"), finding("a")),
        post("of another kind of the group, with no spec", at("scenarios"), object("Finding", "a", json!({}))),
        post("of a kind that does not exist", at("scenarios"), object("Thing", "a", json!({"colour": "red"}))),
        post("of no kind", at("scenarios"), object("", "a", json!({}))),
        post("of another kind of core", at("configmaps"), secret),
        post(
            "of another version",
            at("scenarios"),
            json!({"apiVersion": "agentic.ligbox.io/v1", "kind": "Scenario", "metadata": {"name": "x"}}),
        ),
        post("with neither kind nor version", at("scenarios"), json!({"metadata": {"name": "x"}})),
        post("with neither kind nor version, of core", at("configmaps"), json!({"metadata": {"name": "x"}})),
        post(
            "in a namespace that does not exist",
            "/apis/agentic.ligbox.io/v1alpha1/namespaces/no-such-namespace/scenarios",
            scenario("x"),
        ),
        post("in no namespace", "/apis/agentic.ligbox.io/v1alpha1/scenarios", scenario("x")),
        request("in YAML", Method::POST, at("configmaps"), YAML, yaml),
        request("that is not JSON", Method::POST, at("configmaps"), JSON, "{"),
        request("that is a list", Method::POST, at("configmaps"), JSON, "[]"),
        request("that is empty", Method::POST, at("configmaps"), JSON, ""),
        request("of another media type", Method::POST, at("configmaps"), "text/plain", "x"),
        post("as a manager", at("configmaps?fieldManager=ana"), configmap("managed", "x")),
        post("answered with a table", at("configmaps"), configmap("table", "x")).accept(TABLE),
        post("with partial metadata", at("configmaps"), configmap("partial", "x")).accept(PARTIAL),
        post("with no spec", at("scenarios"), object("Scenario", "no-spec", json!({}))),
        post("with a spec that is no object", at("scenarios"), object("Scenario", "no-spec", json!({"spec": "x"}))),
    ]
}

fn names() -> Vec<Step> {
    let with = |metadata: Value| {
        let mut object = configmap("", "x");
        object["metadata"] = metadata;
        object
    };
    let mut steps = vec![
        post("a generated name", at("configmaps"), with(json!({"generateName": "part-"}))),
        post("a generated name of a custom kind", at("scenarios"), {
            let mut made = scenario("");
            made["metadata"] = json!({"generateName": "part."});
            made
        }),
        post("a name and a prefix", at("configmaps"), with(json!({"name": "given", "generateName": "part-"}))),
        post("no name", at("configmaps"), with(json!({}))),
        post("no name of a custom kind", at("scenarios"), object("Scenario", "", json!({}))),
        post("no metadata", at("configmaps"), json!({"apiVersion": "v1", "kind": "ConfigMap"})),
    ];
    let long = "x".repeat(254);
    for name in ["Upper", "with_underscore", "-dash", "dot.", "a..b", "a/b", "a%b", ".", "..", &long] {
        let shown = if name.len() > 63 { "254 letters" } else { name };
        steps.push(post(format!("the name {shown}"), at("configmaps"), configmap(name, "x")));
        steps.push(post(format!("the name {shown} of a Scenario"), at("scenarios"), scenario(name)));
    }
    let metadata = [
        ("a label with a space", json!({"labels": {"a": "b c"}})),
        ("a label of 64 letters", json!({"labels": {"a": "x".repeat(64)}})),
        ("a label's name with a space", json!({"labels": {"a b": "x"}})),
        ("a label's name with two slashes", json!({"labels": {"a/b/c": "x"}})),
        ("a label's prefix in capitals", json!({"labels": {"A.example/b": "x"}})),
        ("a label that is a number", json!({"labels": {"a": 1}})),
        ("labels that are a text", json!({"labels": "text"})),
        ("a label that is null", json!({"labels": {"a": null}})),
        ("annotations too long", json!({"annotations": {"a": "x".repeat(300_000)}})),
        ("an annotation's name with a space", json!({"annotations": {"a b": "x"}})),
        ("a finalizer with no domain", json!({"finalizers": ["hold"]})),
        ("a finalizer with a space", json!({"finalizers": ["a b"]})),
        ("finalizers that are a text", json!({"finalizers": "text"})),
        ("an owner with no uid", json!({"ownerReferences": [{"apiVersion": "v1", "kind": "ConfigMap", "name": "x"}]})),
        (
            "two controlling owners",
            json!({"ownerReferences": [
            {"apiVersion": "v1", "kind": "ConfigMap", "name": "x", "uid": "1", "controller": true},
            {"apiVersion": "v1", "kind": "ConfigMap", "name": "y", "uid": "2", "controller": true}]}),
        ),
        ("an unknown field of metadata", json!({"colour": "red"})),
        ("managed fields of another form", json!({"managedFields": [{"manager": "m", "operation": "Guess"}]})),
    ];
    for (i, (name, fields)) in metadata.into_iter().enumerate() {
        for (kind, make) in
            [("configmaps", configmap(&format!("m{i}"), "x")), ("scenarios", scenario(&format!("m{i}")))]
        {
            let mut made = make;
            made["metadata"].as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
            steps.push(post(format!("{name}, {kind}"), at(kind), made));
        }
    }
    steps
}

fn core() -> Vec<Step> {
    let secret = |name: &str, fields: Value| {
        let mut secret = json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}});
        secret.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        secret
    };
    let map = |name: &str, fields: Value| {
        let mut map = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}});
        map.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        map
    };
    let lease = |name: &str, spec: Value| json!({"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": {"name": name}, "spec": spec});
    let big = "x".repeat((1 << 20) + 1);
    let mut steps = Vec::new();
    for (i, (name, fields)) in [
        ("plain data", json!({"stringData": {"a": "b"}, "data": {"c": "ZA=="}})),
        ("plain data over data", json!({"stringData": {"a": "b"}, "data": {"a": "ZA=="}})),
        ("a type", json!({"type": "example.com/x"})),
        ("data that is not base64", json!({"data": {"a": "not base64!"}})),
        ("data that is a text", json!({"data": "text"})),
        ("a number in data", json!({"data": {"a": 7}})),
        ("a null in data", json!({"data": {"a": null}})),
        ("a key with a slash", json!({"data": {"no/slash": "YQ=="}})),
        ("plain data that is a text", json!({"stringData": "text"})),
        ("a number in plain data", json!({"stringData": {"a": 7}})),
        ("an unknown field", json!({"colour": "red"})),
        ("TLS without its keys", json!({"type": "kubernetes.io/tls"})),
        ("data too long", json!({"stringData": {"a": big}})),
        ("immutable", json!({"immutable": true})),
        ("immutable that is a text", json!({"immutable": "yes"})),
    ]
    .into_iter()
    .enumerate()
    {
        steps.push(post(format!("Secret: {name}"), at("secrets"), secret(&format!("s{i}"), fields)));
    }
    for (i, (name, fields)) in [
        ("binary data", json!({"binaryData": {"a": "YQ=="}})),
        ("one key in both", json!({"data": {"a": "b"}, "binaryData": {"a": "YQ=="}})),
        ("binary data that is not base64", json!({"binaryData": {"a": "!"}})),
        ("a key with a space", json!({"data": {"a b": "x"}})),
        ("an empty key", json!({"data": {"": "x"}})),
        ("two dots as a key", json!({"data": {"..": "x"}})),
        ("a number in data", json!({"data": {"a": 7}})),
        ("a null in data", json!({"data": {"a": null}})),
        ("data of null", json!({"data": null})),
        ("empty data", json!({"data": {}})),
        ("data too long", json!({"data": {"a": big}})),
        ("immutable", json!({"immutable": true, "data": {"a": "b"}})),
    ]
    .into_iter()
    .enumerate()
    {
        steps.push(post(format!("ConfigMap: {name}"), at("configmaps"), map(&format!("m{i}"), fields)));
    }
    steps.push(patch(
        "ConfigMap: a change of an immutable one",
        at("configmaps/m11"),
        MERGE,
        json!({"data": {"a": "c"}}),
    ));
    steps.push(patch("ConfigMap: no longer immutable", at("configmaps/m11"), MERGE, json!({"immutable": false})));
    for (i, (name, spec)) in [
        ("a holder", json!({"holderIdentity": "me", "leaseDurationSeconds": 15, "acquireTime": "2026-01-02T03:04:05.000000Z", "renewTime": "2026-01-02T03:04:05.123456Z", "leaseTransitions": 0})),
        ("a time without a fraction", json!({"renewTime": "2026-01-02T03:04:05Z"})),
        ("a time of nanoseconds", json!({"renewTime": "2026-01-02T03:04:05.123456789Z"})),
        ("a duration of 0", json!({"leaseDurationSeconds": 0})),
        ("a duration that is a text", json!({"leaseDurationSeconds": "15"})),
        ("transitions below 0", json!({"leaseTransitions": -1})),
        ("an unknown field", json!({"colour": "red"})),
        ("no spec", Value::Null),
    ].into_iter().enumerate() {
        steps.push(post(format!("Lease: {name}"), at("leases"), lease(&format!("l{i}"), spec)));
    }
    steps
}

fn validation() -> Vec<Step> {
    let mut wrong = scenario("portal");
    wrong["spec"]["colour"] = json!("red");
    wrong["spec"]["probes"][0]["hue"] = json!("blue");
    wrong["extra"] = json!(1);
    let named = |name: &str| {
        let mut wrong = wrong.clone();
        wrong["metadata"]["name"] = json!(name);
        wrong
    };
    let twice = scenario("twice").to_string().replacen("\"title\"", "\"title\":\"first\",\"title\"", 1);
    let mut core = configmap("core", "x");
    core["colour"] = json!("red");
    vec![
        post("strict", at("scenarios?fieldValidation=Strict"), named("strict")),
        post("warn", at("scenarios?fieldValidation=Warn"), named("warn")),
        post("ignore", at("scenarios?fieldValidation=Ignore"), named("ignore")),
        post("not named", at("scenarios"), named("unnamed")),
        post("an invalid one", at("scenarios?fieldValidation=Loose"), named("loose")),
        request("a field twice, strictly", Method::POST, at("scenarios?fieldValidation=Strict"), JSON, &twice),
        request("a field twice", Method::POST, at("scenarios"), JSON, &twice),
        post("core, strictly", at("configmaps?fieldValidation=Strict"), core.clone()),
        post("core", at("configmaps"), core),
        put("of an update", at("scenarios/warn?fieldValidation=Strict"), named("warn")),
    ]
}

fn dry() -> Vec<Step> {
    vec![
        post("create", at("scenarios?dryRun=All"), scenario("portal")),
        get("nothing was created", at("scenarios/portal")),
        post("create an invalid object", at("scenarios?dryRun=All"), object("Scenario", "x", json!({"spec": {}}))),
        post("with an invalid value", at("scenarios?dryRun=Some"), scenario("portal")),
        post("made", at("scenarios"), scenario("portal")).keep("made"),
        post("create an existing object", at("scenarios?dryRun=All"), scenario("portal")),
        put("update", at("scenarios/portal?dryRun=All"), versioned("made", json!({"title": "dry"}))),
        delete("delete", at("scenarios/portal?dryRun=All")),
        request(
            "delete by options",
            Method::DELETE,
            at("scenarios/portal"),
            JSON,
            r#"{"kind":"DeleteOptions","apiVersion":"v1","dryRun":["All"]}"#,
        ),
        delete("delete many", at("scenarios?dryRun=All")),
        get("it is as it was", at("scenarios/portal")),
    ]
}

fn namespaces() -> Vec<Step> {
    vec![
        get("one", "/api/v1/namespaces/$ns"),
        post("an existing object", "/api/v1/namespaces", json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "$ns"}})),
        post("with a name that is no label", "/api/v1/namespaces", json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "a.b"}})),
        patch("a label", "/api/v1/namespaces/$ns", MERGE, json!({"metadata": {"labels": {"a": "b"}}})),
        patch("the label with its name", "/api/v1/namespaces/$ns", MERGE, json!({"metadata": {"labels": {"kubernetes.io/metadata.name": "other"}}})),
        delete("default", "/api/v1/namespaces/default"),
        delete("kube-system", "/api/v1/namespaces/kube-system"),
        delete("a missing object", "/api/v1/namespaces/no-such-namespace"),
        delete("all", "/api/v1/namespaces"),
        post("a self subject access review", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", json!({"apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectAccessReview", "spec": {"resourceAttributes": {"verb": "get", "resource": "findings", "group": "agentic.ligbox.io", "namespace": "$ns"}}})).only(&["/kind", "/apiVersion", "/spec", "/status/allowed"]),
    ]
}
