//! The chart must agree with the program in settings, their defaults and metrics, and its values must agree with its schema. The
//! other tests of the chart are the scripts in this directory.

use agentic_ops::cli::settings::{SETTINGS, Settings, is_credential};
use kube_cel::cel::{Context, Program};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::path::Path;

/// Settings that the chart derives from other values.
const DERIVED: [&str; 7] = [
    "AGENTIC_DATA_DIR",
    "AGENTIC_SPECS_ROOT",
    "DESK_DB_PATH",
    "AGENTIC_CA_FILE",
    "AGENTIC_AUTH_SECRET_FILE",
    "AGENTIC_AUTH_TOKEN_REVIEW",
    "AGENTIC_NAMES_CHECKED",
];
/// Settings of the embedded API server, which the chart has not.
const STANDALONE: [&str; 5] = [
    "AGENTIC_EVENT_TTL",
    "AGENTIC_EVENTS_MAX",
    "AGENTIC_WATCH_BACKLOG_BYTES",
    "AGENTIC_REQUEST_BODIES_BYTES",
    "AGENTIC_RESPONSES_BYTES",
];
/// Settings with defaults that the chart expands itself.
const EXPANDED: [&str; 2] = ["FOSS_URL", "ODOO_URL"];

fn text(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

fn yaml(path: &str) -> Vec<Value> {
    let text = text(path);
    text.split("\n---\n").map(|part| serde_saphyr::from_str(part).unwrap_or_else(|e| panic!("{path}: {e}"))).collect()
}

fn values() -> Value {
    yaml("helm/agentic-ops/values.yaml").remove(0)
}

fn names(object: &Value) -> BTreeSet<&str> {
    object.as_object().unwrap().keys().map(String::as_str).collect()
}

#[test]
fn the_chart_has_every_setting_with_its_default() {
    let values = values();
    let given: BTreeSet<&str> = names(&values["settings"]).union(&names(&values["secrets"])).copied().collect();
    let known: BTreeSet<&str> = SETTINGS.iter().map(|k| k.name).collect();
    let other = |name: &str| DERIVED.contains(&name) || STANDALONE.contains(&name);
    let missing: Vec<_> = known.iter().filter(|n| !given.contains(*n) && !other(n)).collect();
    let unknown: Vec<_> = given.iter().filter(|n| !known.contains(*n) && **n != "create").collect();
    assert!(missing.is_empty(), "not in values.yaml: {missing:?}");
    assert!(unknown.is_empty(), "not settings of the program: {unknown:?}");
    for setting in SETTINGS.iter().filter(|k| !other(k.name) && !EXPANDED.contains(&k.name)) {
        let value = values["settings"].get(setting.name).or_else(|| values["secrets"].get(setting.name));
        let value = value.map(|v| v.as_str().map_or_else(|| v.to_string(), String::from)).unwrap_or_default();
        if let Some(default) = setting.default {
            assert_eq!(value, default, "{}", setting.name);
        } else {
            assert!(
                !value.contains("://") && value.parse::<IpAddr>().is_err(),
                "{}: an address as default",
                setting.name
            );
        }
    }
    for name in names(&values["secrets"]).into_iter().filter(|n| *n != "create") {
        assert!(is_credential(name), "{name} is not a secret");
    }
    for name in names(&values["settings"]) {
        assert!(!is_credential(name), "{name} is a credential and belongs in the Secret");
    }
}

#[test]
fn the_examples_of_settings_and_of_values_name_the_same_addresses() {
    let environment = BTreeMap::new();
    let example = text(".env.example");
    let settings = Settings::load(&environment, Some((".env.example", example.as_bytes())), &environment).unwrap();
    let values = yaml("helm/agentic-ops/examples/ligbox.yaml").remove(0);
    let named = names(&values["settings"]);
    for name in &named {
        assert_eq!(values["settings"][name].as_str(), settings.get(name), "{name}");
    }
    assert!(named.contains("DESK_API_URL") && named.contains("AGENTIC_CRITICAL_VMIDS"), "{named:?}");
    for line in example.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let (name, value) = line.split_once('=').unwrap();
        assert!(SETTINGS.iter().any(|setting| setting.name == name), "{name} is no setting");
        let is_set = DERIVED.contains(&name) || value.is_empty() || named.contains(name);
        assert!(is_set, "{name} is not in the values");
    }
}

#[test]
fn the_schema_has_every_value_and_allows_no_others() {
    let schema: Value = serde_json::from_str(&text("helm/agentic-ops/values.schema.json")).unwrap();
    compare(&values(), &schema, &schema, "");
    closed(&schema, &schema, "");
}

/// Fails unless values that are objects have exactly the properties of the schema, except those for Helm and those without a default.
fn compare(values: &Value, schema: &Value, root: &Value, at: &str) {
    let schema = dereferenced(schema, root);
    let (Some(values), Some(properties)) = (values.as_object(), schema["properties"].as_object()) else { return };
    for (name, value) in values {
        let property = properties.get(name).unwrap_or_else(|| panic!("{at}.{name} is not in the schema"));
        compare(value, property, root, &format!("{at}.{name}"));
    }
    if at.matches('.').count() < 2 && !values.is_empty() {
        let left_out = ["global", "fsGroup", "fsGroupChangePolicy", "rollingUpdate"];
        let is_missing = |n: &&String| !values.contains_key(*n) && !left_out.contains(&n.as_str());
        let missing: Vec<_> = properties.keys().filter(is_missing).collect();
        assert!(missing.is_empty(), "in the schema and not in values.yaml: {missing:?} of {at:?}");
    }
}

/// Fails if an object with known properties allows others: misspelt names must be rejected.
fn closed(schema: &Value, root: &Value, at: &str) {
    let schema = dereferenced(schema, root);
    if schema["properties"].is_object() {
        assert_eq!(schema["additionalProperties"], json!(false), "{at} allows unknown names");
    }
    for (name, property) in schema["properties"].as_object().into_iter().flatten() {
        closed(property, root, &format!("{at}.{name}"));
    }
    if schema["items"].is_object() {
        closed(&schema["items"], root, &format!("{at}[]"));
    }
}

fn dereferenced<'a>(schema: &'a Value, root: &'a Value) -> &'a Value {
    match schema["$ref"].as_str() {
        Some(reference) => root.pointer(reference.trim_start_matches('#')).unwrap(),
        None => schema,
    }
}

#[test]
fn the_data_directory_is_a_volume_of_each_pod() {
    let objects = yaml("manifests/agentic-ops.yaml");
    let of = |kind: &str, name: &str| {
        let is_it = |object: &&Value| object["kind"] == kind && object["metadata"]["name"] == name;
        objects.iter().find(is_it).unwrap_or_else(|| panic!("no {kind} {name}"))
    };
    let directory = &of("ConfigMap", "agentic-ops")["data"]["AGENTIC_DATA_DIR"];
    let deployment = of("Deployment", "agentic-ops");
    let pod = &deployment["spec"]["template"]["spec"];
    let named = |list: &Value| list.as_array().unwrap().iter().find(|one| one["name"] == "data").cloned().unwrap();
    let mount = named(&pod["containers"][0]["volumeMounts"]);
    assert_eq!((&mount["mountPath"], &mount["readOnly"]), (directory, &Value::Null), "the program writes there");
    assert_eq!(named(&pod["volumes"])["emptyDir"]["sizeLimit"], values()["persistence"]["size"]);
    assert_eq!(deployment["spec"]["strategy"]["type"], "RollingUpdate");
    assert!(!objects.iter().any(|object| object["kind"] == "PersistentVolumeClaim"));
}

#[test]
fn metrics_of_alerts_and_dashboard_exist() {
    let name = regex::Regex::new(r"agentic_ops_[a-z_]+").unwrap();
    let page = text("docs/metrics.md");
    let rows = page.lines().filter(|line| line.starts_with("| `"));
    let there: BTreeSet<&str> = rows.filter_map(|row| row.split('`').nth(1)).collect();
    for file in ["helm/agentic-ops/files/alerts.yaml", "helm/agentic-ops/files/dashboard.json"] {
        let text = text(file);
        let named: BTreeSet<&str> = name.find_iter(&text).map(|m| m.as_str()).collect();
        assert!(named.len() > 3);
        for metric in named {
            let of_histogram = ["_bucket", "_sum", "_count"].into_iter().find_map(|end| metric.strip_suffix(end));
            let is_there = there.contains(metric) || of_histogram.is_some_and(|histogram| there.contains(histogram));
            assert!(is_there, "{file} uses {metric}, which docs/metrics.md does not have");
        }
    }
}

#[test]
fn the_health_checks_for_flux_agree_with_the_conditions() {
    let documents = yaml("manifests/examples/flux/scenarios.yaml");
    let checks = &documents[1]["spec"]["healthCheckExprs"][0];
    let judge = |observed: Value, conditions: Value| {
        let mut context = Context::default();
        let status = json!({"observedGeneration": observed, "conditions": conditions});
        context.add_variable("status", status).unwrap();
        context.add_variable("metadata", json!({"generation": 2})).unwrap();
        // In the order in which Flux evaluates them.
        for answer in ["inProgress", "failed", "current"] {
            let program = Program::compile(checks[answer].as_str().unwrap()).unwrap();
            if program.execute(&context).unwrap() == true.into() {
                return answer;
            }
        }
        "none"
    };
    let ready = |status: &str, reason: &str| json!([{"type": "Healthy", "status": "False"}, {"type": "Ready", "status": status, "reason": reason}]);
    assert_eq!(judge(json!(1), ready("True", "Ready")), "inProgress");
    assert_eq!(judge(json!(2), ready("True", "Ready")), "current");
    assert_eq!(judge(json!(2), ready("True", "Suspended")), "current");
    assert_eq!(judge(json!(2), ready("False", "InvalidCheck")), "failed");
}
