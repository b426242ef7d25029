//! Questions to name servers on loopback.

use super::exchange::{Schedule, ask};
use super::message::{self, Question};
use super::*;
use crate::net::testing::closed_udp;
use hickory_proto::op::{Message, OpCode, ResponseCode};
use hickory_proto::rr::rdata::A;
use hickory_proto::rr::{RData, Record};
use std::net::Ipv4Addr;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, UdpSocket};

const LONG: Duration = Duration::from_secs(60);
const SHORT: Duration = Duration::from_millis(20);

/// What a server does on the question with this number, counted from one.
type Manner = fn(&Message, usize) -> Option<Message>;

/// Starts a name server.
async fn server(manner: Manner) -> SocketAddr {
    let socket = bound().await;
    let address = socket.local_addr().unwrap();
    tokio::spawn(async move {
        let mut buffer = [0; 2048];
        for number in 1.. {
            let (length, client) = socket.recv_from(&mut buffer).await.unwrap();
            if let Some(answer) = manner(&Message::from_vec(&buffer[..length]).unwrap(), number) {
                socket.send_to(&answer.to_vec().unwrap(), client).await.unwrap();
            }
        }
    });
    address
}

fn with_code(question: &Message, code: ResponseCode) -> Message {
    let mut answer = Message::response(question.metadata.id, OpCode::Query);
    answer.metadata.recursion_available = true;
    answer.metadata.response_code = code;
    answer.add_queries(question.queries.clone());
    answer
}

fn good(question: &Message, _: usize) -> Option<Message> {
    let mut answer = with_code(question, ResponseCode::NoError);
    answer.add_answer(Record::from_rdata(question.queries[0].name.clone(), 60, RData::A(A::new(192, 0, 2, 1))));
    Some(answer)
}

fn broken(question: &Message, _: usize) -> Option<Message> {
    Some(with_code(question, ResponseCode::ServFail))
}

fn silent(_: &Message, _: usize) -> Option<Message> {
    None
}

fn question(edns: bool) -> Question {
    Question::new(&name("x.test").unwrap(), RecordType::A, edns).unwrap()
}

/// Asks each server once, then each again, with this time for each.
async fn asked(servers: &[SocketAddr], wait: Duration, edns: bool) -> Result<(usize, Reply), Failures> {
    let steps = (0..servers.len()).cycle().take(2 * servers.len()).map(|index| (index, wait)).collect();
    let schedule = Schedule { steps, asks_failed_again: true, by_tcp: false };
    tokio::time::timeout(LONG, ask(servers, &question(edns), &schedule)).await.expect("no end")
}

#[tokio::test]
async fn the_next_server_is_asked_after_an_error_or_silence() {
    let good = server(good).await;
    for (other, wait) in [(server(broken).await, LONG), (closed_udp(), LONG), (server(silent).await, SHORT)] {
        let (from, reply) = asked(&[other, good], wait, false).await.unwrap();
        assert_eq!((from, reply.records.len()), (1, 1));
        assert_eq!(asked(&[good, other], LONG, false).await.unwrap().0, 0, "the order of the file");
    }
}

#[tokio::test]
async fn a_server_that_recovers_is_asked_again() {
    let recovering = server(|question, number| if number < 2 { broken(question, 1) } else { good(question, 1) }).await;
    assert_eq!(asked(&[recovering], LONG, false).await.unwrap().0, 0);
}

#[tokio::test]
async fn the_lookup_fails_only_when_all_servers_failed() {
    let (broken, closed) = (server(broken).await, closed_udp());
    let failures = asked(&[broken, closed], LONG, false).await.unwrap_err();
    assert_eq!(failures.to_string(), format!("{broken}: SERVFAIL; {closed}: Connection refused (os error 111)"));
    assert_eq!(failures.code(), None);
    let failures = asked(&[broken, broken], LONG, false).await.unwrap_err();
    assert_eq!(failures.code(), Some(ResponseCode::ServFail));
}

#[tokio::test]
async fn a_late_answer_counts() {
    // It answers the first question, when it is asked a second time.
    let late = server(|question, number| if number == 2 { good(question, 1) } else { None }).await;
    assert_eq!(asked(&[late], SHORT, false).await.unwrap().0, 0);
    let servers = late_and_broken().await;
    assert_eq!(asked(&servers, SHORT, false).await.unwrap().0, 0);
}

/// Two servers: one that answers the first question after the other one answered the last, with an error.
async fn late_and_broken() -> [SocketAddr; 2] {
    let [late, failing] = [bound().await, bound().await];
    let addresses = [late.local_addr().unwrap(), failing.local_addr().unwrap()];
    tokio::spawn(async move {
        let mut buffer = [0; 2048];
        let (length, client) = late.recv_from(&mut buffer).await.unwrap();
        let first = Message::from_vec(&buffer[..length]).unwrap();
        for _ in 0..2 {
            let (length, client) = failing.recv_from(&mut buffer).await.unwrap();
            let answer = broken(&Message::from_vec(&buffer[..length]).unwrap(), 1).unwrap();
            failing.send_to(&answer.to_vec().unwrap(), client).await.unwrap();
        }
        late.send_to(&good(&first, 1).unwrap().to_vec().unwrap(), client).await.unwrap();
    });
    addresses
}

async fn bound() -> UdpSocket {
    UdpSocket::bind("127.0.0.1:0").await.unwrap()
}

#[tokio::test]
async fn a_question_is_asked_without_edns_where_it_is_not_understood() {
    fn rejecting(question: &Message, _: usize) -> Option<Message> {
        if question.edns.is_none() { good(question, 1) } else { Some(with_code(question, ResponseCode::FormErr)) }
    }
    fn dropping(question: &Message, _: usize) -> Option<Message> {
        if question.edns.is_none() { good(question, 1) } else { None }
    }
    assert!(asked(&[server(rejecting).await], LONG, true).await.is_ok());
    assert!(asked(&[server(dropping).await], SHORT, true).await.is_ok());
    assert!(asked(&[server(good).await], LONG, true).await.is_ok());
}

#[tokio::test]
async fn a_truncated_answer_is_asked_for_by_tcp() {
    // The port of the UDP socket may be in use for TCP.
    let (socket, listener) = loop {
        let socket = bound().await;
        if let Ok(listener) = TcpListener::bind(socket.local_addr().unwrap()).await {
            break (socket, listener);
        }
    };
    let address = socket.local_addr().unwrap();
    tokio::spawn(async move {
        let mut buffer = [0; 2048];
        let (length, client) = socket.recv_from(&mut buffer).await.unwrap();
        let mut cut = with_code(&Message::from_vec(&buffer[..length]).unwrap(), ResponseCode::NoError);
        cut.metadata.truncation = true;
        socket.send_to(&cut.to_vec().unwrap(), client).await.unwrap();
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut question = vec![0; stream.read_u16().await.unwrap().into()];
        stream.read_exact(&mut question).await.unwrap();
        let whole = good(&Message::from_vec(&question).unwrap(), 1).unwrap().to_vec().unwrap();
        stream.write_u16(u16::try_from(whole.len()).unwrap()).await.unwrap();
        stream.write_all(&whole).await.unwrap();
    });
    assert_eq!(asked(&[address], LONG, false).await.unwrap().1.records.len(), 1);
}

#[tokio::test]
async fn a_server_that_a_probe_names_is_asked_whatever_the_name() {
    let at = server(good).await;
    for host in ["localhost", "app.localhost", "x.invalid", "host.onion", "1.0.0.127.in-addr.arpa", "my_app"] {
        let deadline = Instant::now() + LONG;
        let reply = query_server(&[at], &message::name(host).unwrap(), RecordType::A, deadline).await.unwrap();
        assert_eq!(
            reply.addresses(&message::name(host).unwrap()).0,
            [IpAddr::from(Ipv4Addr::new(192, 0, 2, 1))],
            "{host}"
        );
    }
    let (broken, deadline) = (server(broken).await, Instant::now() + LONG);
    let failures = query_server(&[broken], &message::name("x").unwrap(), RecordType::A, deadline).await.unwrap_err();
    assert_eq!(failures.code(), Some(ResponseCode::ServFail));
}
