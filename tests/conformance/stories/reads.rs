//! Get and list: pagination, versions, selectors and media types.

use crate::conformance::samples::{configmap, finding, scenario};
use crate::conformance::story::{JSON, PARTIAL, PARTIAL_LIST, Step, Story, TABLE, at, get, merge_status, post, story};
use serde_json::{Value, json};

pub fn stories() -> Vec<Story> {
    vec![
        story("get", gets()),
        story("list", lists()),
        story("pagination", pages()),
        story("label selectors", labels()),
        story("field selectors", fields()),
        story("tables", tables()),
        story("partial metadata", partial()),
    ]
}

fn three() -> Vec<Step> {
    ["a", "b", "c"]
        .map(|name| {
            let mut object = configmap(name, name);
            object["metadata"]["labels"] = json!({"letter": name, "odd": (name != "b").to_string()});
            post(format!("ConfigMap {name}"), at("configmaps"), object)
        })
        .into()
}

fn gets() -> Vec<Step> {
    vec![
        post("a Scenario", at("scenarios"), scenario("portal")),
        get("it", at("scenarios/portal")),
        get("at version 0", at("scenarios/portal?resourceVersion=0")),
        get("its status", at("scenarios/portal/status")),
        get("a missing object", at("scenarios/none")),
        get("a ConfigMap that does not exist", at("configmaps/none")),
        get("a kind that does not exist", at("nosuchkinds/x")),
        get("a subresource that does not exist", at("scenarios/portal/scale")),
        get("a missing subresource of a core kind", at("configmaps/portal/status")),
        get("a group that does not exist", "/apis/example.com/v1/things"),
        get("a version that does not exist", "/apis/agentic.ligbox.io/v1/scenarios"),
        get("with a future version", at("scenarios/portal?resourceVersion=999999999")),
        get("only unsupported formats", at("scenarios/portal")).accept("image/png"),
        get("any format", at("scenarios/portal")).accept("*/*"),
        get("protobuf or JSON", at("scenarios/portal")).accept("application/vnd.kubernetes.protobuf,application/json"),
    ]
}

fn lists() -> Vec<Step> {
    let mut steps = three();
    steps.extend([
        get("all", at("configmaps")).keep("list"),
        get("at version 0", at("configmaps?resourceVersion=0")),
        get(
            "not older than the list",
            at("configmaps?resourceVersion=${list/metadata/resourceVersion}&resourceVersionMatch=NotOlderThan"),
        ),
        get(
            "exactly as it was seen",
            at("configmaps?resourceVersion=${list/metadata/resourceVersion}&resourceVersionMatch=Exact"),
        ),
        get("exactly, with no version", at("configmaps?resourceVersionMatch=Exact")),
        get("exactly at version 0", at("configmaps?resourceVersion=0&resourceVersionMatch=Exact")),
        get("an invalid match", at("configmaps?resourceVersion=1&resourceVersionMatch=Roughly")),
        get("an invalid version", at("configmaps?resourceVersion=abc")),
        get("a future version", at("configmaps?resourceVersion=999999999")),
        get("of a kind with no objects", at("findings")),
        get("in a namespace that does not exist", "/api/v1/namespaces/no-such-namespace/configmaps"),
        get("of all namespaces", "/api/v1/configmaps?fieldSelector=metadata.namespace%3D$ns"),
        get("initial events without a watch", at("configmaps?sendInitialEvents=true")),
        get("services", at("services")),
        get("the Service of the server", KUBERNETES).through(without_address),
        get("leases", at("leases")),
        get("that is no watch, as Python writes it", at("configmaps?watch=False")),
    ]);
    steps
}

fn pages() -> Vec<Step> {
    let mut steps = three();
    steps.extend([
        get("the first two", at("configmaps?limit=2")).keep("first"),
        get("the rest", at("configmaps?limit=2&continue=${first/metadata/continue}")),
        get("the rest without a limit", at("configmaps?continue=${first/metadata/continue}")),
        post("one more, in between", at("configmaps"), configmap("bb", "x")),
        get("the rest as it was", at("configmaps?limit=2&continue=${first/metadata/continue}")),
        get("a page and a version", at("configmaps?limit=2&continue=${first/metadata/continue}&resourceVersion=1")),
        get("an invalid token", at("configmaps?limit=2&continue=nonsense")),
        get("a selector cuts a page", at("configmaps?limit=1&labelSelector=odd%3Dtrue")),
        get("limit 0", at("configmaps?limit=0")),
        get("limit of a word", at("configmaps?limit=few")),
        get("limit below 0", at("configmaps?limit=-1")),
        get("a limit at version 0", at("configmaps?limit=1&resourceVersion=0")),
    ]);
    steps
}

fn labels() -> Vec<Step> {
    let mut steps = three();
    let selectors = [
        "letter=a",
        "letter==a",
        "letter!=a",
        "letter in (a,b)",
        "letter notin (a)",
        "letter",
        "!letter",
        "odd=true,letter!=c",
        "no=such",
        "letter in a",
        "=a",
        "a b",
        "letter=a b",
        "letter=-a",
        "Letter/x/y=a",
        "letter>1",
        ",",
        "letter in ()",
        "letter in(a,b)",
        "letter\tnotin  ( a )",
        "letter in(a",
        "letter like (a)",
        "in (a)",
    ];
    steps.extend(selectors.map(|selector| {
        let encoded: String = url::form_urlencoded::byte_serialize(selector.as_bytes()).collect();
        get(selector, at(&format!("configmaps?labelSelector={encoded}"))).through(names)
    }));
    steps
}

/// The names of the items, or the Status.
fn names(body: serde_json::Value) -> serde_json::Value {
    match body["items"].as_array() {
        Some(items) => items.iter().map(|item| item["metadata"]["name"].clone()).collect(),
        None => body,
    }
}

fn fields() -> Vec<Step> {
    let mut low = scenario("low");
    low["spec"]["severity"] = json!("low");
    let mut steps = vec![
        post("a Scenario", at("scenarios"), scenario("portal")),
        post("a low one", at("scenarios"), low),
        post("a Finding", at("findings"), finding("f")),
        merge_status("its status", "findings/f", json!({"phase": "Open", "severity": "high", "agent": "pulso"})),
        post("a Finding without a status", at("findings"), finding("g")),
        post("a Secret", at("secrets"), json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}})),
    ];
    let selectors = [
        ("scenarios", "metadata.name=low"),
        ("scenarios", "metadata.name!=low"),
        ("scenarios", "spec.severity=low"),
        ("scenarios", "spec.agent=pulso,spec.severity!=low"),
        ("scenarios", "spec.agent==pulso"),
        ("scenarios", "status.health="),
        ("scenarios", "spec.title=Portal"),
        ("scenarios", "metadata.namespace=$ns"),
        ("scenarios", "metadata.labels=x"),
        ("scenarios", "nonsense"),
        ("scenarios", "spec.agent=a,"),
        ("findings", "status.phase=Open"),
        ("findings", "status.phase="),
        ("findings", "status.phase!=Open"),
        ("findings", "status.severity=high,status.agent=pulso,spec.scenario=portal,spec.check=answers"),
        ("findings", "spec.key="),
        ("secrets", "type=Opaque"),
        ("secrets", "type!=Opaque"),
        ("configmaps", "data.key=a"),
        ("configmaps", "metadata.name=a\\,b"),
        ("secrets", "metadata.name=s"),
        ("leases", "spec.holderIdentity=a"),
    ];
    steps.extend(selectors.map(|(kind, selector)| {
        let encoded: String = selector.replace('=', "%3D").replace(',', "%2C").replace('\\', "%5C");
        get(format!("{kind}: {selector}"), at(&format!("{kind}?fieldSelector={encoded}"))).through(names)
    }));
    steps
}

const KUBERNETES: &str = "/api/v1/namespaces/default/services/kubernetes";

/// The Service without address, port and managers, which depend on the server.
fn without_address(mut service: Value) -> Value {
    service["metadata"].as_object_mut().unwrap().remove("managedFields");
    let spec = &mut service["spec"];
    spec["clusterIPs"] = json!(spec["clusterIPs"].as_array().map(|ips| ips == &[spec["clusterIP"].clone()]));
    spec["clusterIP"] = json!(spec["clusterIP"].as_str().and_then(|ip| ip.parse::<std::net::IpAddr>().ok()).is_some());
    for port in ["port", "targetPort"] {
        spec["ports"][0][port] = json!(spec["ports"][0][port].is_u64());
    }
    service
}

/// The table with the Service without address and port.
fn without_address_cells(mut table: Value) -> Value {
    let row = &mut table["rows"][0];
    row["object"]["metadata"].as_object_mut().unwrap().remove("managedFields");
    let cells = &mut row["cells"];
    cells[2] = json!(cells[2].as_str().and_then(|ip| ip.parse::<std::net::IpAddr>().ok()).is_some());
    cells[4] = json!(cells[4].as_str().and_then(|port| port.split_once('/')).map(|(_, protocol)| protocol));
    table
}

fn tables() -> Vec<Step> {
    let table = |name: &str, path: &str| get(name, at(path)).accept(TABLE);
    let lease = json!({"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": {"name": "l"},
        "spec": {"holderIdentity": "me", "leaseDurationSeconds": 15, "renewTime": "2026-01-02T03:04:05.000000Z"}});
    let condition = json!({"type": "Ready", "status": "True", "reason": "Fine", "message": "", "lastTransitionTime": "2026-01-02T03:04:05Z"});
    vec![
        post("a Scenario", at("scenarios"), scenario("portal")),
        merge_status("its status", "scenarios/portal", json!({"openFindings": 2, "conditions": [condition]})),
        post("a Finding", at("findings"), finding("f")),
        post("a ConfigMap", at("configmaps"), configmap("a", "x")),
        post(
            "a Secret",
            at("secrets"),
            json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}, "stringData": {"a": "b"}}),
        ),
        post("a Lease", at("leases"), lease),
        table("of Scenarios", "scenarios"),
        table("of one Scenario", "scenarios/portal"),
        table("of Scenarios with the objects", "scenarios?includeObject=Object"),
        table("of Scenarios without the objects", "scenarios?includeObject=None"),
        table("with an invalid parameter", "scenarios?includeObject=All"),
        table("of Findings", "findings"),
        table("of Agents, of which there are none", "agents"),
        table("of ConfigMaps", "configmaps"),
        table("of Secrets", "secrets"),
        table("of Leases", "leases"),
        table("of Services", "services"),
        get("of the Service of the server", KUBERNETES).accept(TABLE).through(without_address_cells),
        get("of the Namespace", "/api/v1/namespaces/$ns").accept(TABLE),
        table("a page", "configmaps?limit=1"),
        table("of a missing object", "scenarios/none"),
    ]
}

fn partial() -> Vec<Step> {
    vec![
        post("a Scenario", at("scenarios"), scenario("portal")),
        get("one", at("scenarios/portal")).accept(PARTIAL),
        get("a list", at("scenarios")).accept(PARTIAL_LIST),
        get("one, asked for as a list", at("scenarios/portal")).accept(PARTIAL_LIST),
        get("a list, asked for as one", at("scenarios")).accept(PARTIAL),
        get("a missing object", at("scenarios/none")).accept(PARTIAL),
        get("of an answer to a write", at("scenarios/portal")).accept(JSON),
    ]
}
