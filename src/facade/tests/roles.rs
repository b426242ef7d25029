//! Every route with every role, and with every token that is not valid: the routes are those of the OpenAPI document.

use super::conversation::facade;
use super::fake::{Facade, SECRET, bearer, request, signed};
use crate::api::Role;
use crate::facade::openapi;
use axum::http::Method;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use serde_json::{Value, json};

/// Who may use a route.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Access {
    Public,
    /// Public, but a token that is not valid is refused.
    PublicOrToken,
    /// Any role.
    View,
    /// The roles that may run Scenarios.
    Run,
    /// The internal token, and no other.
    Internal,
}

/// The access of an operation. A route that is not listed is for any role.
fn access(id: &str) -> Access {
    match id {
        "getOpenApi" => Access::Public,
        "getHealth" => Access::PublicOrToken,
        "requestRun" | "getRun" => Access::Run,
        "tick" => Access::Internal,
        _ => Access::View,
    }
}

struct Operation {
    id: String,
    method: Method,
    path: String,
    body: String,
    statuses: Vec<u16>,
}

/// The operations of the document. Each has a path with names of objects that do not exist, and the body of its example.
fn operations() -> Vec<Operation> {
    let document: Value = serde_json::from_str(&openapi::document()).unwrap();
    let paths = document["paths"].as_object().unwrap().clone();
    let mut all = Vec::new();
    for (path, methods) in paths {
        for (method, operation) in methods.as_object().unwrap() {
            let path = path.split('/').map(|part| if part.starts_with('{') { "none" } else { part });
            all.push(Operation {
                id: operation["operationId"].as_str().unwrap().to_string(),
                method: Method::from_bytes(method.to_uppercase().as_bytes()).unwrap(),
                path: format!("!{}", path.collect::<Vec<_>>().join("/")),
                body: if operation["requestBody"].is_object() { "{}".into() } else { String::new() },
                statuses: operation["responses"].as_object().unwrap().keys().map(|s| s.parse().unwrap()).collect(),
            });
        }
    }
    all
}

async fn ask(facade: &Facade, operation: &Operation, token: Option<&str>) -> u16 {
    let builder = request(operation.method.clone(), &operation.path);
    let builder = token.into_iter().fold(builder, |builder, token| builder.header("authorization", token));
    let answer = facade.send(builder, &operation.body).await;
    if answer.status >= 400 {
        answer.problem(answer.status);
    }
    answer.status
}

/// Headers with tokens of a person with every role, none of which is valid.
fn invalid() -> Vec<(&'static str, String)> {
    let now = Timestamp::now().as_second();
    let claims = |change: Value| {
        let mut claims = json!({"sub": "ana", "roles": Role::ALL, "aud": "agentic-ops", "exp": now + 600});
        json_patch::merge(&mut claims, &change);
        claims
    };
    let part = |text: &str| URL_SAFE_NO_PAD.encode(text);
    let unsigned = |alg: &str| {
        format!(
            "Bearer {}.{}.",
            part(&json!({"alg": alg, "typ": "JWT"}).to_string()),
            part(&claims(json!({})).to_string())
        )
    };
    let good = bearer("ana", &Role::ALL);
    let (head, signature) = good.rsplit_once('.').unwrap();
    let (header, _) = head.split_once('.').unwrap();
    let altered = format!("{header}.{}.{signature}", part(&claims(json!({"sub": "root"})).to_string()));
    vec![
        ("expired", signed(&claims(json!({"exp": now - 3600})), SECRET)),
        ("forged", signed(&claims(json!({})), b"another secret, long enough, too")),
        ("altered", altered),
        ("for another audience", signed(&claims(json!({"aud": "desk"})), SECRET)),
        ("for none", signed(&claims(json!({"aud": null})), SECRET)),
        ("alg none", unsigned("none")),
        ("alg None", unsigned("None")),
        ("without its signature", format!("{head}.")),
        ("no token", "Bearer x".into()),
    ]
}

#[tokio::test]
async fn every_route_takes_only_valid_tokens_with_the_roles_that_it_is_for() {
    let facade = facade();
    let operations = operations();
    assert!(operations.len() > 12, "{}", operations.len());
    let without_role = signed(
        &json!({"sub": "ana", "roles": ["guest"], "aud": "agentic-ops", "exp": Timestamp::now().as_second() + 600}),
        SECRET,
    );
    let mut wrong: Vec<String> = Vec::new();
    for operation in &operations {
        let access = access(&operation.id);
        let mut check = |who: &str, status: u16, expected: Option<u16>| {
            let is_right = match expected {
                Some(expected) => status == expected,
                // It was let through, whatever came of it.
                None => !matches!(status, 401 | 403) && operation.statuses.contains(&status),
            };
            if !is_right {
                wrong.push(format!("{} {}, {who}: {status}", operation.method, operation.path));
            }
        };
        let nobody = match access {
            Access::Public | Access::PublicOrToken => None,
            _ => Some(401),
        };
        check("nobody", ask(&facade, operation, None).await, nobody);
        for (who, token) in invalid() {
            let expected = if access == Access::Public { None } else { Some(401) };
            check(who, ask(&facade, operation, Some(&token)).await, expected);
        }
        let roleless = match access {
            Access::Public => None,
            Access::Internal => Some(401),
            _ => Some(403),
        };
        check("without a role", ask(&facade, operation, Some(&without_role)).await, roleless);
        for role in Role::ALL {
            let expected = match access {
                Access::Internal => Some(401),
                Access::Run if !role.may_run() => Some(403),
                _ => None,
            };
            let who = format!("{role:?}");
            check(&who, ask(&facade, operation, Some(&bearer(&who, &[role]))).await, expected);
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
    assert!(facade.actions().iter().all(|action| action["status"]["result"] != "done"), "nothing existed");
}
