//! The OpenAPI document against the routes and against the answers of `golden.json`.

mod fit;

use super::fake::{Answered, Facade, SECRET, View, access, config, request};
use crate::commands::{CommandRate, NOTE_MAX, ProcessId, REASON_MAX, RecoveryState, WAIT_MAX};
use crate::domain::silence::{MATCHERS_MAX, VALUE_MAX};
use crate::facade::auth::{AuthConfig, Authenticator};
use crate::facade::{Backend, EventFeed, ProcessState, openapi, router};
use crate::views::testing::{ApiServer, client};
use crate::views::{LIMIT_DEFAULT, LIMIT_MAX};
use axum::http::Method;
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use fit::operation_of;
pub use fit::{documented_statuses, misfit_of_answer};

const METHODS: [Method; 5] = [Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE];

fn document() -> Value {
    serde_json::from_str(&openapi::document()).unwrap()
}

/// Operations by method and path.
fn operations(document: &Value) -> BTreeMap<(String, String), &Value> {
    let paths = document["paths"].as_object().unwrap();
    let operations = paths.iter().flat_map(|(path, item)| {
        item.as_object()
            .unwrap()
            .iter()
            .map(move |(method, operation)| ((method.to_uppercase(), path.clone()), operation))
    });
    operations.collect()
}

/// Calls `f` with every object in a document and where it is.
fn walk(value: &Value, at: &str, f: &mut dyn FnMut(&str, &Map<String, Value>)) {
    match value {
        Value::Object(fields) => {
            f(at, fields);
            fields.iter().for_each(|(name, value)| walk(value, &format!("{at}/{name}"), f));
        }
        Value::Array(items) => items.iter().for_each(|item| walk(item, at, f)),
        _ => {}
    }
}

fn resolve(document: &Value, value: &Value) -> Value {
    match value["$ref"].as_str() {
        Some(reference) => document.pointer(reference.trim_start_matches('#')).cloned().unwrap_or_default(),
        None => value.clone(),
    }
}

#[test]
fn the_document_is_complete() {
    let document = document();
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1."), "{}", document["openapi"]);
    let mut missing = Vec::new();
    let mut references = 0;
    walk(&document, "", &mut |at, fields| {
        if let Some(reference) = fields.get("$ref") {
            references += 1;
            if resolve(&document, &json!({"$ref": reference})).is_null() {
                missing.push(format!("{at}: {reference} does not exist"));
            }
        }
        let is_described = |value: &Value| {
            let of = |value: &Value| value["description"].as_str().is_some_and(|text| !text.trim().is_empty());
            of(value) || value["oneOf"].as_array().is_some_and(|options| options.iter().any(of))
        };
        for (name, property) in fields.get("properties").and_then(Value::as_object).into_iter().flatten() {
            if !is_described(property) {
                missing.push(format!("{at}: property {name} has no description"));
            }
        }
        for parameter in fields.get("parameters").and_then(Value::as_array).into_iter().flatten() {
            if !is_described(parameter) {
                missing.push(format!("{at}: parameter {} has no description", parameter["name"]));
            }
        }
    });
    for (name, schema) in document["components"]["schemas"].as_object().unwrap() {
        if schema["description"].as_str().is_none() && schema["allOf"].is_null() {
            missing.push(format!("schema {name} has no description"));
        }
    }
    assert_eq!(missing, Vec::<String>::new());
    assert!(references > 50, "{references}");
    let operations = operations(&document);
    let ids: BTreeSet<_> = operations.values().map(|operation| operation["operationId"].as_str().unwrap()).collect();
    assert_eq!(ids.len(), operations.len(), "each operation has an id of its own");
    for (route, operation) in operations {
        assert!(operation["summary"].as_str().is_some_and(|text| !text.is_empty()), "{route:?}");
        for (status, response) in operation["responses"].as_object().unwrap() {
            let response = resolve(&document, response);
            assert!(response["description"].as_str().is_some_and(|text| !text.is_empty()), "{route:?} {status}");
            let media_type = match status.as_str() {
                "304" => continue,
                "200" if route.1.ends_with("/events") => "text/event-stream",
                status if status.starts_with('2') => "application/json",
                _ => "application/problem+json",
            };
            assert!(response["content"][media_type]["schema"].is_object(), "{route:?} {status}: {response}");
        }
    }
}

/// Whether a value of the schema can be shown without an example at this place.
fn shows_a_value(document: &Value, schema: &Value) -> bool {
    let options = schema["oneOf"].as_array();
    schema.get("example").is_some()
        || schema["enum"].is_array()
        || schema["type"] == "null"
        // Advice, which is always null in this version.
        || schema["type"] == json!(["object", "null"])
        || schema["$ref"].is_string() && shows_a_value(document, &resolve(document, schema))
        || options.is_some_and(|options| options.iter().all(|option| shows_a_value(document, option)))
        || schema["items"].is_object() && shows_a_value(document, &schema["items"])
        || schema["properties"].as_object().is_some_and(|all| all.values().all(|one| shows_a_value(document, one)))
}

#[test]
fn the_answers_of_lists_and_objects_have_an_example_for_every_field() {
    let document = document();
    let mut missing = BTreeSet::new();
    for ((method, path), operation) in operations(&document) {
        let others = ["/health", "/runs/{scenario_id}", "/openapi.json", "/internal/tick"];
        if method != "GET" || others.iter().any(|other| path.ends_with(other)) {
            continue;
        }
        for (status, response) in operation["responses"].as_object().unwrap() {
            let response = resolve(&document, response);
            for content in response["content"].as_object().into_iter().flat_map(|content| content.values()) {
                let schema = resolve(&document, &content["schema"]);
                for (name, property) in schema["properties"].as_object().into_iter().flatten() {
                    if !shows_a_value(&document, property) {
                        missing.insert(format!("{path} {status}: {name}: {property}"));
                    }
                }
            }
        }
    }
    assert_eq!(missing, BTreeSet::new());
}

/// Paths under the prefix that the router matches, from its debug output: axum has no list of them.
fn routed_paths() -> BTreeSet<String> {
    let server = ApiServer::new();
    let backend = Backend {
        client: client(server.clone()),
        process: ProcessState {
            resources: server.resources.clone(),
            operator: Arc::new(View::default()),
            scheduler: None,
            metrics: Arc::default(),
        },
        auth: Arc::new(Authenticator::new(AuthConfig { secret: Some(SECRET.to_vec()), ..config() })),
        internal_token: None,
        rate: Arc::new(CommandRate::new(1)),
        joined: Arc::default(),
        access: access(),
        events: EventFeed::by_hand(),
        secrets: Default::default(),
        id: ProcessId::new(None),
        recovery: RecoveryState::complete(),
    };
    let text = format!("{:?}", router(backend, Default::default()));
    let quoted = text.split('"').skip(1).step_by(2);
    quoted.filter(|path| path.starts_with("/api/v1/agents")).map(String::from).collect()
}

#[tokio::test]
async fn every_route_is_documented_and_every_documented_route_exists() {
    let document = document();
    let documented: BTreeSet<String> = document["paths"].as_object().unwrap().keys().cloned().collect();
    assert_eq!(routed_paths(), documented);
    assert_eq!(documented.len(), 24, "{documented:?}");
    let facade = Facade::new();
    let operations = operations(&document);
    for path in &documented {
        for method in METHODS {
            let given = format!("!{}", path.replace(['{', '}'], ""));
            let answer = facade.send(request(method.clone(), &given), "").await;
            let exists = answer.status != 405;
            let is_documented = operations.contains_key(&(method.to_string(), path.clone()));
            assert_eq!(exists, is_documented, "{method} {path}: {}", answer.text);
        }
    }
}

#[tokio::test]
async fn the_document_is_served_without_a_token() {
    let facade = Facade::new();
    let answer = facade.send(request(Method::GET, "/openapi.json"), "").await;
    assert_eq!((answer.status, &answer.headers["content-type"]), (200, &"application/json".parse().unwrap()));
    assert_eq!(answer.text, openapi::document());
}

#[test]
fn routes_name_their_credentials_and_headers() {
    let document = document();
    let schemes = &document["components"]["securitySchemes"];
    assert_eq!((&schemes["bearer"]["type"], &schemes["bearer"]["scheme"]), (&json!("http"), &json!("bearer")));
    let internal = &schemes["internal_token"];
    assert_eq!(
        (&internal["type"], &internal["in"], &internal["name"]),
        (&json!("apiKey"), &json!("header"), &json!("X-Ops-Internal-Token"))
    );
    assert_eq!(document["security"], json!([{"bearer": []}]));
    for ((method, path), operation) in operations(&document) {
        let expected = match path.trim_start_matches("/api/v1/agents") {
            "/openapi.json" => json!([{}]),
            "/health" => json!([{}, {"bearer": []}]),
            "/internal/tick" => json!([{"internal_token": []}]),
            _ => Value::Null,
        };
        assert_eq!(operation["security"], expected, "{method} {path}");
        let parameters = operation["parameters"].as_array().cloned().unwrap_or_default();
        let has_key = parameters.iter().any(|p| p["name"] == "Idempotency-Key" && p["in"] == "header");
        assert_eq!(has_key, method == "POST" && !path.contains("/internal/"), "{method} {path}");
    }
}

#[test]
fn the_documented_limits_are_those_that_are_enforced() {
    let document = document();
    let operations = operations(&document);
    let operation = |method: &str, path: &str| operations[&(method.into(), format!("/api/v1/agents{path}"))];
    let parameter = |method: &str, path: &str, name: &str| {
        let parameters = operation(method, path)["parameters"].as_array().unwrap();
        parameters.iter().find(|p| p["name"] == name).unwrap()["schema"].clone()
    };
    for path in ["/findings", "/scenarios", "/silences", "/roster", "/inbox", "/threads", "/action-log"] {
        let limit = parameter("GET", path, "limit");
        assert_eq!((&limit["minimum"], &limit["maximum"]), (&json!(1), &json!(LIMIT_MAX)));
        assert_eq!(limit["default"], LIMIT_DEFAULT);
    }
    let wait = parameter("POST", "/runs/{scenario_id}", "wait");
    assert_eq!((&wait["minimum"], &wait["maximum"]), (&json!(0), &json!(WAIT_MAX.as_secs())));
    for path in ["/findings", "/inbox", "/threads"] {
        assert_eq!(
            resolve(&document, &parameter("GET", path, "sort"))["enum"],
            json!(["created", "severity"]),
            "{path}"
        );
    }
    let states = resolve(&document, &parameter("GET", "/threads", "state"))["enum"].clone();
    assert_eq!(states, json!(["open", "closed"]));
    let phases = resolve(&document, &parameter("GET", "/findings", "phase"))["enum"].clone();
    assert_eq!(phases, json!(["active", "open", "acknowledged", "resolved"]));
    let body = &operation("POST", "/findings/{id}/ack")["requestBody"];
    assert_eq!(body["required"], false);
    let schema = resolve(&document, &body["content"]["application/json"]["schema"]);
    assert_eq!(schema["properties"]["note"]["maxLength"], NOTE_MAX);
    let body = &operation("POST", "/silences")["requestBody"];
    assert_eq!(body["required"], true);
    let schema = resolve(&document, &body["content"]["application/json"]["schema"]);
    assert_eq!(schema["required"], json!(["matchers", "reason"]));
    let matchers = &schema["properties"]["matchers"];
    assert_eq!((&matchers["minItems"], &matchers["maxItems"]), (&json!(1), &json!(MATCHERS_MAX)));
    let matcher = resolve(&document, &matchers["items"]);
    assert_eq!(matcher["properties"]["value"]["maxLength"], VALUE_MAX);
    assert_eq!(schema["properties"]["reason"]["maxLength"], REASON_MAX);
}

/// Properties without an example in the schemas that are part of this one.
fn without_example(document: &Value, schema: &Value, at: &str, found: &mut Vec<String>) {
    let schema = resolve(document, schema);
    for option in schema["oneOf"].as_array().into_iter().flatten().filter(|option| option["type"] != "null") {
        without_example(document, option, at, found);
    }
    if schema["items"].is_object() {
        without_example(document, &schema["items"], at, found);
    }
    for (name, property) in schema["properties"].as_object().into_iter().flatten() {
        let at = format!("{at}.{name}");
        let nested = [&property["$ref"], &property["oneOf"], &property["items"]["$ref"]];
        if nested.iter().any(|nested| !nested.is_null()) {
            without_example(document, property, &at, found);
        } else if property.get("example").is_none() && property.get("examples").is_none() {
            found.push(at);
        }
    }
}

#[test]
fn bodies_and_answers_of_the_routes_that_write_have_examples() {
    let document = document();
    let operations = operations(&document);
    let mut found = Vec::new();
    for (path, status) in [("/threads/t/reply", "201"), ("/messages/m/ack", "200"), ("/chat", "200")] {
        let operation = operation_of(&operations, "POST", path).unwrap();
        let body = &operation["requestBody"]["content"]["application/json"]["schema"];
        let answer = &operation["responses"][status]["content"]["application/json"]["schema"];
        for schema in [body, answer] {
            assert!(schema.is_object(), "{path}: {operation}");
            without_example(&document, schema, path, &mut found);
        }
    }
    assert_eq!(found, Vec::<String>::new());
}
