//! Each documented status of the routes that write in Threads occurs, and its answer is as documented. Those of a body that does not
//! arrive, a defect and a timeout are the same on every route.

use super::conversation::facade;
use super::fake::{Answered, COMMANDS_PER_MINUTE, Facade, SECRET, bearer, request, signed};
use super::openapi::{documented_statuses, misfit_of_answer};
use crate::api::Role;
use crate::facade::bounded;
use axum::Router;
use axum::body::Body;
use axum::http::Method;
use axum::routing::get;
use jiff::Timestamp;
use serde_json::json;
use std::collections::BTreeSet;
use tower::ServiceExt as _;

const OF_EVERY_ROUTE: [u16; 3] = [408, 500, 504];

/// A route with a good body, and what gives it other statuses.
struct Route {
    method: Method,
    path: &'static str,
    body: &'static str,
    /// Paths and bodies with the status that they get.
    others: &'static [(&'static str, &'static str, u16)],
}

const ROUTES: [Route; 9] = [
    Route {
        method: Method::POST,
        path: "/threads/t-1/reply",
        body: r#"{"body": "oi", "in_reply_to": "m-1"}"#,
        others: &[
            ("/threads/t-1/reply", "{", 400),
            ("/threads/none/reply", r#"{"body": "oi"}"#, 404),
            ("/threads/t-2/reply", r#"{"body": "oi"}"#, 409),
            ("/threads/t-1/reply", r#"{"body": ""}"#, 422),
        ],
    },
    Route {
        method: Method::POST,
        path: "/chat?wait=0",
        body: r#"{"message": "status", "finding_id": "f-1", "scenario_id": "desk.api.health"}"#,
        others: &[
            ("/chat?wait=x", r#"{"message": "oi"}"#, 400),
            ("/chat", r#"{"message": "oi", "thread_id": "t-2"}"#, 409),
            ("/chat", r#"{"message": "oi", "thread_id": "none"}"#, 422),
        ],
    },
    Route {
        method: Method::POST,
        path: "/messages/m-1/ack",
        body: r#"{"note": "vendo", "until": "2300-01-01T00:00:00Z"}"#,
        others: &[
            ("/messages/m-1/ack", "[]", 400),
            ("/messages/none/ack", "", 404),
            ("/messages/m-2/ack", "", 409),
            ("/messages/m-1/ack", r#"{"until": "soon"}"#, 422),
        ],
    },
    Route {
        method: Method::POST,
        path: "/findings/f-1/advice",
        body: r#"{"note": "já reiniciei"}"#,
        others: &[
            ("/findings/f-1/advice", "[]", 400),
            ("/findings/none/advice", "", 404),
            ("/findings/f-2/advice", "", 409),
            ("/findings/f-1/advice", r#"{"note": 5}"#, 422),
        ],
    },
    Route {
        method: Method::POST,
        path: "/findings/f-3/advice/vote",
        body: r#"{"vote": "useful"}"#,
        others: &[
            ("/findings/f-3/advice/vote", "", 400),
            ("/findings/none/advice/vote", r#"{"vote": "wrong"}"#, 404),
            ("/findings/f-1/advice/vote", r#"{"vote": "wrong"}"#, 409),
            ("/findings/f-3/advice/vote", r#"{"vote": "bad"}"#, 422),
        ],
    },
    Route {
        method: Method::DELETE,
        path: "/findings/f-1/ack",
        body: "",
        others: &[("/findings/%ff/ack", "", 400), ("/findings/none/ack", "", 404), ("/findings/f-2/ack", "", 409)],
    },
    Route {
        method: Method::PUT,
        path: "/findings/f-1/owner",
        body: "",
        others: &[
            ("/findings/%ff/owner", "", 400),
            ("/findings/none/owner", "", 404),
            ("/findings/f-2/owner", "", 409),
        ],
    },
    Route {
        method: Method::DELETE,
        path: "/findings/f-1/owner",
        body: "",
        others: &[
            ("/findings/%ff/owner", "", 400),
            ("/findings/none/owner", "", 404),
            ("/findings/f-2/owner", "", 409),
        ],
    },
    Route {
        method: Method::POST,
        path: "/findings/f-4/resolution",
        body: r#"{"body": "Troquei o disco."}"#,
        others: &[
            ("/findings/f-4/resolution", "[]", 400),
            ("/findings/none/resolution", r#"{"body": "x"}"#, 404),
            ("/findings/f-1/resolution", r#"{"body": "x"}"#, 409),
            ("/findings/f-4/resolution", r#"{"body": " "}"#, 422),
        ],
    },
];

async fn ask(facade: &Facade, method: &Method, path: &str, body: &str) -> Answered {
    facade.send(request(method.clone(), path).header("authorization", bearer("ana", &[Role::Seo])), body).await
}

/// Answers of a route, one for each status at least.
async fn answers(Route { method, path, body, others }: &Route) -> Vec<Answered> {
    let mut all = Vec::new();
    let facade = facade();
    for (path, body, status) in *others {
        let answer = ask(&facade, method, path, body).await;
        assert_eq!(answer.status, *status, "{method} {path} {body}: {}", answer.text);
        all.push(answer);
    }
    if *method == Method::POST {
        all.push(ask(&facade, method, path, &"x".repeat(170_000)).await);
    }
    all.push(facade.send(request(method.clone(), path), body).await);
    let exp = Timestamp::now().as_second() + 600;
    let roleless = signed(&json!({"sub": "ana", "roles": [], "aud": "agentic-ops", "exp": exp}), SECRET);
    all.push(facade.send(request(method.clone(), path).header("authorization", roleless), body).await);
    facade.cluster(|c| c.fails = Some(|_| true));
    all.push(ask(&facade, method, path, body).await);
    facade.cluster(|c| c.fails = None);
    for _ in 0..=COMMANDS_PER_MINUTE {
        all.push(ask(&facade, method, path, body).await);
    }
    all
}

#[tokio::test(start_paused = true)]
async fn each_documented_status_of_these_routes_occurs_as_documented() {
    for route in &ROUTES {
        let (method, path) = (&route.method, route.path);
        let answers = answers(route).await;
        let mut seen: BTreeSet<u16> = answers.iter().map(|answer| answer.status).collect();
        for answer in &answers {
            assert_eq!(misfit_of_answer(method, path, answer), None, "{method} {path}: {}", answer.text);
        }
        let mut documented = documented_statuses(method, path);
        documented.retain(|status| !OF_EVERY_ROUTE.contains(status));
        seen.retain(|status| !OF_EVERY_ROUTE.contains(status));
        assert_eq!(seen, documented, "{method} {path}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_defect_and_an_answer_that_takes_too_long_are_problems() {
    let routes = Router::new()
        .route(
            "/defect",
            get(|| async {
                if true {
                    panic!("a defect")
                }
            }),
        )
        .route("/slow", get(std::future::pending::<()>));
    let app = bounded(routes, "no such path", Default::default());
    for (path, status) in [("/defect", 500), ("/slow", 504)] {
        let response = app.clone().oneshot(axum::http::Request::get(path).body(Body::empty()).unwrap()).await.unwrap();
        let media_type = response.headers()["content-type"].to_str().unwrap();
        assert_eq!((response.status().as_u16(), media_type), (status, "application/problem+json"), "{path}");
    }
}
