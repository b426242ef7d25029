//! The stream of events, over a feed that the test fills.

use super::fake::{Facade, SECRET, bearer, request, signed};
use crate::api::Role;
use crate::facade::events::Kind;
use axum::body::{Body, BodyDataStream};
use axum::http::{HeaderMap, Method};
use futures::StreamExt as _;
use jiff::Timestamp;
use serde_json::json;
use std::time::Duration;
use tower::ServiceExt as _;

const KINDS: [Kind; 4] = [Kind::Finding, Kind::Thread, Kind::Message, Kind::Scenario];

/// A facade whose kinds are listed up to version 10.
fn facade() -> Facade {
    let facade = Facade::new();
    for kind in KINDS {
        facade.events.change(|ring| ring.listed(kind, 10));
    }
    facade
}

fn change(facade: &Facade, kind: Kind, version: u64) {
    facade.events.change(|ring| ring.changed(kind, version, Some("{}")));
}

pub(super) async fn follow(
    facade: &Facade,
    authorization: &str,
    last: Option<&str>,
) -> (u16, HeaderMap, BodyDataStream) {
    let asked = request(Method::GET, "/events").header("authorization", authorization);
    let asked = last.into_iter().fold(asked, |asked, id| asked.header("last-event-id", id));
    let response = facade.app.clone().oneshot(asked.body(Body::empty()).unwrap()).await.unwrap();
    let (parts, body) = response.into_parts();
    (parts.status.as_u16(), parts.headers, body.into_data_stream())
}

pub(super) async fn next(stream: &mut BodyDataStream) -> Option<String> {
    let part = tokio::time::timeout(Duration::from_secs(60), stream.next()).await.expect("something in time")?;
    Some(String::from_utf8(part.unwrap().to_vec()).unwrap())
}

#[tokio::test]
async fn changes_are_sent_as_they_come_and_a_client_resumes() {
    let facade = facade();
    let ana = bearer("ana", &[Role::Seo]);
    let (status, headers, mut stream) = follow(&facade, &ana, None).await;
    assert_eq!((status, &headers["content-type"]), (200, &"text/event-stream".parse().unwrap()));
    assert_eq!(headers["cache-control"], "private, no-cache");
    assert_eq!(next(&mut stream).await.unwrap(), ": \nid: 10-10-10-10\n\n");
    change(&facade, Kind::Finding, 11);
    assert_eq!(next(&mut stream).await.unwrap(), "event: finding\ndata: {}\nid: 11-10-10-10\n\n");
    let waiting = tokio::spawn(async move { next(&mut stream).await });
    tokio::task::yield_now().await;
    change(&facade, Kind::Thread, 12);
    assert_eq!(waiting.await.unwrap().unwrap(), "event: thread\ndata: {}\nid: 11-12-10-10\n\n");
    let (_, _, mut resumed) = follow(&facade, &ana, Some("11-10-10-10")).await;
    assert_eq!(next(&mut resumed).await.unwrap(), ": \nid: 11-10-10-10\n\n");
    assert_eq!(next(&mut resumed).await.unwrap(), "event: thread\ndata: {}\nid: 11-12-10-10\n\n");
    let (_, _, mut unknown) = follow(&facade, &ana, Some("1-1-1-1")).await;
    assert_eq!(next(&mut unknown).await.unwrap(), "event: reset\ndata: {}\nid: 11-12-10-10\n\n");
}

#[tokio::test(start_paused = true)]
async fn a_replica_that_is_behind_another_one_catches_up_first() {
    let facade = facade();
    let ana = bearer("ana", &[Role::Seo]);
    let began = tokio::time::Instant::now();
    let late = async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        change(&facade, Kind::Finding, 11);
        change(&facade, Kind::Finding, 12);
    };
    let ((_, _, mut stream), ()) = tokio::join!(follow(&facade, &ana, Some("11-10-10-10")), late);
    assert_eq!(began.elapsed().as_secs(), 1);
    assert_eq!(next(&mut stream).await.unwrap(), ": \nid: 11-10-10-10\n\n");
    assert_eq!(next(&mut stream).await.unwrap(), "event: finding\ndata: {}\nid: 12-10-10-10\n\n");
    let (_, _, mut stream) = follow(&facade, &ana, Some("99-10-10-10")).await;
    assert_eq!(next(&mut stream).await.unwrap(), "event: reset\ndata: {}\nid: 12-10-10-10\n\n");
    assert_eq!(began.elapsed().as_secs(), 3, "not for ever");
}

#[tokio::test]
async fn streams_are_limited_for_each_person_and_in_all() {
    let facade = facade();
    let (ana, rui, eva) = (bearer("ana", &[Role::Seo]), bearer("rui", &[Role::Seo]), bearer("eva", &[Role::Seo]));
    let first = follow(&facade, &ana, None).await;
    let _second = follow(&facade, &ana, None).await;
    let refused = facade.send(request(Method::GET, "/events").header("authorization", &ana), "").await;
    assert_eq!(refused.problem(429), "2 streams of events of one person are open already");
    assert_eq!(refused.headers["retry-after"], "15");
    let _others = (follow(&facade, &rui, None).await, follow(&facade, &rui, None).await);
    let refused = facade.send(request(Method::GET, "/events").header("authorization", &eva), "").await;
    assert_eq!(refused.problem(429), "4 streams of events in all are open already");
    drop(first);
    assert_eq!(follow(&facade, &eva, None).await.0, 200, "one has ended");
}

#[tokio::test]
async fn a_parameter_is_refused() {
    let answer = facade().get("/events?since=x").await;
    assert_eq!(answer.problem(400), "since: not a parameter here; there is none");
}

#[tokio::test(start_paused = true)]
async fn something_comes_every_fifteen_seconds_until_the_token_expires() {
    let facade = facade();
    let expires = Timestamp::now().as_second() + 100;
    let claims = json!({"sub": "ana", "roles": ["seo"], "aud": "agentic-ops", "exp": expires});
    let (_, _, mut stream) = follow(&facade, &signed(&claims, SECRET), None).await;
    next(&mut stream).await.unwrap();
    let began = tokio::time::Instant::now();
    // Longer than any other request may take.
    for seconds in [15, 30, 45, 60, 75, 90] {
        assert_eq!(next(&mut stream).await.unwrap(), ": \nid: 10-10-10-10\n\n");
        assert_eq!(began.elapsed().as_secs(), seconds);
    }
    assert_eq!(next(&mut stream).await, None);
    assert!((98..=100).contains(&began.elapsed().as_secs()), "{:?}", began.elapsed());
    let ended = follow(&facade, &bearer("ana", &[Role::Seo]), None).await;
    assert_eq!(ended.0, 200, "it holds its place no longer");
}

#[tokio::test]
async fn a_client_that_does_not_read_is_cut_off_and_resumes_with_a_reset() {
    let facade = facade();
    let ana = bearer("ana", &[Role::Seo]);
    let (_, _, mut stream) = follow(&facade, &ana, None).await;
    next(&mut stream).await.unwrap();
    for version in 11..=1100 {
        change(&facade, Kind::Message, version);
    }
    assert_eq!(next(&mut stream).await, None);
    let (_, _, mut stream) = follow(&facade, &ana, Some("10-10-10-10")).await;
    assert!(next(&mut stream).await.unwrap().starts_with("event: reset\n"));
    let metrics = facade.send(request(Method::GET, "!/metrics"), "").await.text;
    assert!(metrics.contains("agentic_ops_limit_reached_total{limit=\"event_backlog\"} 1\n"), "{metrics}");
}
