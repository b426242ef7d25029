use super::activity::{Activity, Cause};
use super::connection::Connection;
use super::slots::Slots;
use super::{Limits, Listener, Reached};
use futures::FutureExt as _;
use std::io::{Read as _, Write as _};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

const SECOND: Duration = Duration::from_secs(1);

fn limits() -> Limits {
    Limits {
        connections: 6,
        unauthenticated: 3,
        header_timeout: 10 * SECOND,
        transfer_timeout: 30 * SECOND,
        idle_timeout: 90 * SECOND,
        ..Limits::default()
    }
}

fn deadline(activity: &Activity) -> Option<(Instant, Cause)> {
    activity.deadline(&limits())
}

#[test]
fn the_first_request_has_to_come_in_time_whatever_is_received() {
    let start = Instant::now();
    let mut activity = Activity::new(start);
    let expected = Some((start + 10 * SECOND, Cause::Limit(Reached::HeaderTimeout)));
    assert_eq!(deadline(&activity), expected);
    activity.received(start + 5 * SECOND);
    activity.received(start + 9 * SECOND);
    assert_eq!(deadline(&activity), expected);
    activity.began(false);
    assert_eq!(deadline(&activity), None, "the server has to answer");
}

#[test]
fn the_head_of_a_later_request_has_to_be_complete_in_time() {
    let start = Instant::now();
    let mut activity = Activity::new(start);
    let request = activity.began(false);
    activity.received(start + SECOND);
    activity.ended(request, start + 2 * SECOND);
    assert_eq!(deadline(&activity), Some((start + 92 * SECOND, Cause::Idle)));
    activity.received(start + 20 * SECOND);
    activity.received(start + 25 * SECOND);
    assert_eq!(deadline(&activity), Some((start + 30 * SECOND, Cause::Limit(Reached::HeaderTimeout))));
}

#[test]
fn frames_of_http2_are_no_head() {
    let start = Instant::now();
    let mut activity = Activity::new(start);
    let request = activity.began(true);
    activity.ended(request, start);
    activity.received(start + SECOND);
    assert_eq!(deadline(&activity), Some((start + 90 * SECOND, Cause::Idle)));
}

#[test]
fn a_response_has_to_be_taken_in_time() {
    let start = Instant::now();
    let mut activity = Activity::new(start);
    let (slow, other) = (activity.began(true), activity.began(true));
    activity.took(slow, Some(start + SECOND));
    activity.took(other, Some(start + 3 * SECOND));
    let exceeded = |at| Some((at, Cause::Limit(Reached::TransferTimeout)));
    assert_eq!(deadline(&activity), exceeded(start + 31 * SECOND));
    activity.took(slow, None);
    assert_eq!(deadline(&activity), exceeded(start + 33 * SECOND));
    activity.took(other, None);
    assert_eq!(deadline(&activity), None, "the server has nothing more to send");
}

#[test]
fn what_was_written_has_to_be_taken_in_time() {
    let start = Instant::now();
    let mut activity = Activity::new(start);
    activity.began(false);
    activity.wrote(false, false, start + SECOND);
    activity.wrote(false, false, start + 20 * SECOND);
    let exceeded = |at| Some((at, Cause::Limit(Reached::TransferTimeout)));
    assert_eq!(deadline(&activity), exceeded(start + 31 * SECOND));
    activity.wrote(false, true, start + 25 * SECOND);
    assert_eq!(deadline(&activity), exceeded(start + 55 * SECOND), "the client took a part");
    activity.wrote(true, true, start + 26 * SECOND);
    assert_eq!(deadline(&activity), None);
}

/// Slots for 6 connections, 3 of them unauthenticated, and the limits that were reached.
fn slots() -> (Arc<Slots>, Arc<Mutex<Vec<Reached>>>) {
    let reached: Arc<Mutex<Vec<Reached>>> = Arc::default();
    let seen = reached.clone();
    (Arc::new(Slots::new(limits(), Arc::new(move |limit, _| seen.lock().unwrap().push(limit)))), reached)
}

fn is_asked_to_close(connection: &Connection) -> bool {
    connection.must_close().now_or_never().is_some()
}

#[tokio::test]
async fn the_oldest_unauthenticated_connection_is_closed_for_a_new_one() {
    let (slots, reached) = slots();
    let start = Instant::now();
    let old: Vec<_> = (0..3).map(|_| slots.admit(start).unwrap()).collect();
    old[0].activity().began(false);
    assert_eq!(slots.admit(start + SECOND / 10).err(), Some(SECOND * 3 / 20), "each has a while to authenticate");
    slots.admit(start + SECOND).unwrap();
    assert_eq!([0, 1, 2].map(|i| is_asked_to_close(&old[i])), [false, true, false], "the first one has a request");
    assert_eq!(*reached.lock().unwrap(), [Reached::UnauthenticatedConnections]);
    old[2].activity().began(false);
    slots.admit(start + 2 * SECOND).unwrap();
    slots.admit(start + 3 * SECOND).unwrap();
    slots.admit(start + 4 * SECOND).unwrap();
    assert_eq!([0, 2].map(|i| is_asked_to_close(&old[i])), [false, false], "idle ones first, new ones among them");
}

#[tokio::test]
async fn a_connection_with_a_request_is_closed_where_none_is_idle() {
    let (slots, _) = slots();
    let start = Instant::now();
    let old: Vec<_> = (0..3).map(|_| slots.admit(start).unwrap()).collect();
    for connection in &old {
        connection.activity().began(false);
    }
    slots.admit(start + SECOND).unwrap();
    assert_eq!([0, 1, 2].map(|i| is_asked_to_close(&old[i])), [true, false, false]);
}

#[tokio::test]
async fn authenticated_connections_stay_whatever_others_do() {
    let (slots, _) = slots();
    let start = Instant::now();
    let clients: Vec<_> = (0..3).map(|_| slots.admit(start).unwrap()).collect();
    for client in &clients {
        slots.authenticated(client);
        slots.authenticated(client);
    }
    for later in 1..50 {
        slots.admit(start + later * SECOND).unwrap();
    }
    assert!(!clients.iter().any(|client| is_asked_to_close(client)));
    clients.iter().for_each(|client| slots.remove(client));
    let next: Vec<_> = (0..3).map(|later| slots.admit(start + (60 + later) * SECOND).unwrap()).collect();
    next.iter().for_each(|client| slots.authenticated(client));
    assert!(next.iter().all(|client| client.activity().authenticated), "the slots of those that ended are free");
}

#[tokio::test]
async fn authenticated_connections_are_bounded_too() {
    let (slots, reached) = slots();
    let start = Instant::now();
    let clients: Vec<_> = (0..3).map(|_| slots.admit(start).unwrap()).collect();
    clients.iter().for_each(|client| slots.authenticated(client));
    for client in &clients {
        client.activity().began(false);
    }
    let more = slots.admit(start).unwrap();
    slots.authenticated(&more);
    assert!(!more.activity().authenticated, "all others are in use");
    assert_eq!(*reached.lock().unwrap(), [Reached::Connections]);
    clients[1].activity().ended(1, start + SECOND);
    slots.authenticated(&more);
    assert!(more.activity().authenticated && is_asked_to_close(&clients[1]), "in place of an idle one");
}

#[tokio::test]
async fn the_addresses_of_a_server_share_its_limits() {
    let any_port = ([127, 0, 0, 1], 0).into();
    let mut listener = Listener::bind("test", any_port).unwrap();
    let (here, there) = (listener.address, listener.bind_also(any_port).unwrap());
    let serving = listener.serve(None, axum::Router::new(), limits(), Arc::new(|_, _| {}));
    // With an answer, it is known to be taken in.
    let open = async |address| {
        let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
        stream.write_all(b"GET / HTTP/1.1\r\nhost: here\r\n\r\n").await.unwrap();
        let mut answer = [0; 1024];
        let length = stream.read(&mut answer).await.unwrap();
        assert!(answer[..length].starts_with(b"HTTP/1.1 404"), "{:?}", &answer[..length]);
        stream
    };
    let mut oldest = open(here).await;
    let others = [open(there).await, open(there).await, open(here).await];
    let closed = tokio::time::timeout(60 * SECOND, oldest.read(&mut [0; 8])).await;
    assert_eq!(closed.expect("the oldest connection was not closed").unwrap_or_default(), 0);
    drop(others);
    serving.shutdown(Instant::now() + SECOND).await;
}

#[test]
fn requests_do_not_wait_for_what_else_the_process_does() {
    let process = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let _entered = process.enter();
    let listener = Listener::bind("test", ([127, 0, 0, 1], 0).into()).unwrap();
    let address = listener.address;
    let _serving = listener.serve(None, axum::Router::new(), limits(), Arc::new(|_, _| {}));
    // Nothing runs the tasks of the process.
    let mut stream = std::net::TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(60 * SECOND)).unwrap();
    stream.write_all(b"GET / HTTP/1.1\r\nhost: here\r\n\r\n").unwrap();
    let mut answer = [0; 12];
    stream.read_exact(&mut answer).unwrap();
    assert_eq!(&answer, b"HTTP/1.1 404");
}
