use super::prober::timed_out;
use super::stage::Stage;
use super::testing::{Authority, Server, TIMEOUT, Validity, detail, kind, prober, read, reply, target};
use super::*;
use crate::api;
use crate::domain::reading::{ErrorKind, ReadError};
use crate::domain::target::{Address, DnsRequest, Request, TlsRequest, Verification};
use crate::net::testing::{closed_tcp, closed_udp};
use hickory_proto::op::{Message, ResponseCode};
use hickory_proto::rr::rdata::{A, CNAME, MX, TXT};
use hickory_proto::rr::{Name, RData, Record, RecordType};
use serde_json::json;
use std::net::{Ipv4Addr, SocketAddr};
use tokio::io::AsyncWriteExt as _;
use tokio::net::{TcpListener, UdpSocket};

fn at(address: SocketAddr) -> Address {
    Address { host: address.ip().to_string(), port: address.port() }
}

#[tokio::test]
async fn tcp_distinguishes_open_from_refused() {
    let server = Server::start(|_| reply("200 OK", b"")).await;
    assert!(read(Request::Tcp(at(server.address))).await.ok());
    let named = Address { host: "localhost".to_string(), port: server.address.port() };
    assert!(read(Request::Tcp(named)).await.ok());
    let reading = read(Request::Tcp(at(closed_tcp()))).await;
    assert_eq!(kind(&reading), Some(ErrorKind::Refused));
    assert!(detail(&reading).starts_with("127.0.0.1:"), "{reading:?}");
}

#[tokio::test]
async fn metadata_addresses_are_forbidden_for_every_kind() {
    let address = Address { host: "169.254.169.254".to_string(), port: 80 };
    let tls = TlsRequest { address: address.clone(), server_name: "x.test".into(), tls: Verification::default() };
    let dns = DnsRequest { name: "x.test".into(), record_type: api::RecordType::A, server: Some(address.clone()) };
    let mapped = Address { host: "::ffff:169.254.169.254".to_string(), port: 80 };
    let http = testing::get("http://169.254.169.254/");
    for request in
        [Request::Tcp(address), Request::Tcp(mapped), Request::Tls(tls), Request::Dns(dns), Request::Http(http)]
    {
        assert_eq!(kind(&read(request.clone()).await), Some(ErrorKind::Forbidden), "{request:?}");
    }
}

#[tokio::test]
async fn tls_returns_certificate_chain_and_version() {
    let ca = Authority::new();
    let server = Server::start_tls(ca.server(&["example.test"], Validity::Now), |_| reply("200 OK", b"")).await;
    let trusting = Verification { ca_pem: Some(ca.pem.clone()), skip: false };
    let request = TlsRequest { address: at(server.address), server_name: "example.test".into(), tls: trusting };
    let reading = read(Request::Tls(request.clone())).await;
    assert!(reading.ok(), "{reading:?}");
    assert_eq!(reading.fields["certificate"]["names"], json!(["example.test"]));
    assert_eq!(reading.fields["chain"].as_array().unwrap().len(), 1);
    assert_eq!(reading.fields["version"], "TLSv1.3");
    let wrong = TlsRequest { server_name: "other.test".into(), ..request.clone() };
    let reading = read(Request::Tls(wrong)).await;
    assert_eq!(kind(&reading), Some(ErrorKind::Tls));
    assert!(detail(&reading).contains("is not for other.test"), "{reading:?}");
    let unknown = TlsRequest { tls: Verification::default(), ..request.clone() };
    assert!(detail(&read(Request::Tls(unknown)).await).contains("unknown issuer"));
    let expired = Server::start_tls(ca.server(&["example.test"], Validity::Until2020), |_| reply("200 OK", b"")).await;
    let old = TlsRequest { address: at(expired.address), ..request.clone() };
    assert!(detail(&read(Request::Tls(old.clone())).await).contains("expired at 2020"));
    let greets = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let no_tls = TlsRequest { address: at(greets.local_addr().unwrap()), ..request.clone() };
    let greet = async {
        let (mut connection, _) = greets.accept().await.unwrap();
        connection.write_all(b"220 mail.example.test ESMTP\r\n").await.unwrap();
        connection
    };
    let (reading, _connection) = tokio::join!(read(Request::Tls(no_tls)), greet);
    assert!(detail(&reading).contains("the server did not answer in TLS"), "{reading:?}");
    let skipped = TlsRequest { tls: Verification { ca_pem: None, skip: true }, ..old };
    let reading = read(Request::Tls(skipped)).await;
    assert_eq!(reading.fields["certificate"]["notAfter"], "2020-01-01T00:00:00Z", "{reading:?}");
}

#[tokio::test]
async fn extra_certificates_are_trusted_by_all_probes() {
    let ca = Authority::new();
    let server = Server::start_tls(ca.server(&["127.0.0.1"], Validity::Now), |_| reply("200 OK", b"")).await;
    let extra_ca_pem = vec![ca.pem.clone().into_bytes()];
    let prober = Prober::new(ProberOptions { extra_ca_pem, ..ProberOptions::default() }).unwrap();
    let http = testing::get(&format!("https://{}/", server.address));
    let reading = prober.read(&target(Request::Http(http))).await;
    assert!(reading.ok(), "{reading:?}");
    let bad = ProberOptions { extra_ca_pem: vec![b"none".to_vec()], ..ProberOptions::default() };
    assert!(matches!(Prober::new(bad), Err(ProberError::Certificates(_))));
}

/// A DNS server that knows `example.test`; `None` for `silent.test`.
async fn name_server() -> Address {
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let address = at(socket.local_addr().unwrap());
    tokio::spawn(async move {
        let mut buffer = [0; 2048];
        while let Ok((length, client)) = socket.recv_from(&mut buffer).await {
            let question = Message::from_vec(&buffer[..length]).unwrap();
            if let Some(answer) = answer(&question) {
                socket.send_to(&answer.to_vec().unwrap(), client).await.unwrap();
            }
        }
    });
    address
}

fn answer(question: &Message) -> Option<Message> {
    let query = question.queries.first()?.clone();
    let mut answer = Message::response(question.metadata.id, question.metadata.op_code);
    answer.metadata.recursion_available = true;
    let name = query.name().to_string();
    let records = match (name.as_str(), query.query_type()) {
        ("silent.test.", _) => return None,
        ("example.test.", RecordType::A) => vec![RData::A(A::new(127, 0, 0, 9)), RData::A(A::new(127, 0, 0, 8))],
        ("example.test.", RecordType::MX) => {
            vec![RData::MX(MX::new(10, Name::from_ascii("mail.example.test.").unwrap()))]
        }
        ("example.test.", RecordType::TXT) => {
            vec![RData::TXT(TXT::new(vec!["v=spf1 ".to_string(), "-all".to_string()]))]
        }
        ("alias.test.", RecordType::CNAME) => {
            vec![RData::CNAME(CNAME(Name::from_ascii("example.test.").unwrap()))]
        }
        ("9.2.0.192.in-addr.arpa.", RecordType::PTR) => {
            vec![RData::PTR(hickory_proto::rr::rdata::PTR(Name::from_ascii("example.test.").unwrap()))]
        }
        ("far.test.", RecordType::A) => {
            let target = Name::from_ascii("example.test.").unwrap();
            answer.add_answer(Record::from_rdata(query.name().clone(), 60, RData::CNAME(CNAME(target))));
            vec![]
        }
        ("s1_2024._domainkey.test.", RecordType::TXT) => vec![RData::TXT(TXT::new(vec!["v=DKIM1".to_string()]))],
        ("localhost.", RecordType::A) => vec![RData::A(A::new(127, 0, 0, 7))],
        ("example.test.", _) => vec![],
        ("broken.test.", _) => {
            answer.metadata.response_code = ResponseCode::ServFail;
            vec![]
        }
        _ => {
            answer.metadata.response_code = ResponseCode::NXDomain;
            vec![]
        }
    };
    for data in records {
        answer.add_answer(Record::from_rdata(query.name().clone(), 60, data));
    }
    answer.add_query(query);
    Some(answer)
}

fn ask(name: &str, record_type: api::RecordType, server: &Address) -> Request {
    Request::Dns(DnsRequest { name: name.to_string(), record_type, server: Some(server.clone()) })
}

#[tokio::test]
async fn dns_returns_answers_of_the_requested_type() {
    let server = name_server().await;
    for (name, record_type, answers) in [
        ("example.test", api::RecordType::A, json!(["127.0.0.8", "127.0.0.9"])),
        ("example.test.", api::RecordType::Mx, json!(["10 mail.example.test"])),
        ("example.test", api::RecordType::Txt, json!(["v=spf1 -all"])),
        ("alias.test", api::RecordType::Cname, json!(["example.test"])),
        ("far.test", api::RecordType::A, json!(["127.0.0.8", "127.0.0.9"])),
        ("192.0.2.9", api::RecordType::Ptr, json!(["example.test"])),
        ("s1_2024._domainkey.test", api::RecordType::Txt, json!(["v=DKIM1"])),
        ("localhost", api::RecordType::A, json!(["127.0.0.7"])),
        ("example.test", api::RecordType::Aaaa, json!([])),
    ] {
        let reading = read(ask(name, record_type, &server)).await;
        assert!(reading.ok(), "{name} {reading:?}");
        assert_eq!(reading.fields["answers"], answers, "{name}");
        assert_eq!(reading.fields["rcode"], "NOERROR");
    }
}

#[tokio::test]
async fn errors_of_the_server_of_a_dns_probe_are_errors_of_the_target() {
    let server = name_server().await;
    for (name, rcode) in [("none.test", "NXDOMAIN"), ("broken.test", "SERVFAIL")] {
        let reading = read(ask(name, api::RecordType::A, &server)).await;
        assert_eq!(kind(&reading), Some(ErrorKind::Dns), "{reading:?}");
        assert_eq!(reading.fields["rcode"], rcode);
        assert!(detail(&reading).contains(rcode), "{reading:?}");
    }
    let mut silent = target(ask("silent.test", api::RecordType::A, &server));
    silent.timeout = std::time::Duration::from_millis(600);
    let reading = prober().read(&silent).await;
    assert_eq!(kind(&reading), Some(ErrorKind::Dns), "{reading:?}");
    silent.request = ask("example.test", api::RecordType::A, &at(closed_udp()));
    let closed = prober().read(&silent).await;
    assert_eq!(kind(&closed), Some(ErrorKind::Dns), "{closed:?}");
    assert!(detail(&closed).contains("refused the query for example.test") && !detail(&closed).contains("os error"));
}

#[test]
fn kinds_of_errors_of_host_lookups() {
    use crate::net::AddressError;
    let (host, reason, code) = ("x.test".to_string(), "timed out".to_string(), "SERVFAIL".to_string());
    for (error, expected) in [
        (AddressError::NoSuchName { host: host.clone() }, ErrorKind::Dns),
        (AddressError::NoAddress { host: host.clone() }, ErrorKind::Dns),
        (AddressError::ResolverFailed { host: host.clone(), code }, ErrorKind::Network),
        (AddressError::NoAnswer { host, reason: reason.clone() }, ErrorKind::Network),
        (AddressError::NoResolver { reason }, ErrorKind::Network),
    ] {
        assert_eq!(ReadError::from(error.clone()).kind, expected, "{error}");
    }
}

#[test]
fn kinds_of_errors_of_the_network() {
    for (code, expected) in [
        (111, ErrorKind::Refused),
        (104, ErrorKind::Reset),
        (32, ErrorKind::Reset),
        (113, ErrorKind::Unreachable),
        (101, ErrorKind::Network),
        (100, ErrorKind::Network),
        (110, ErrorKind::Timeout),
        (24, ErrorKind::Network),
        (99, ErrorKind::Network),
    ] {
        let error = std::io::Error::from_raw_os_error(code);
        assert_eq!(errors::of_io("x", &error).kind, expected, "{error}");
    }
}

#[test]
fn a_timeout_is_attributed_to_what_the_reading_waited_for() {
    let request = Request::Tcp(Address { host: Ipv4Addr::LOCALHOST.to_string(), port: 1 });
    for (stage, resolving, expected) in [
        (Stage::Target, false, ErrorKind::Timeout),
        (Stage::Target, true, ErrorKind::Network),
        (Stage::Queued, false, ErrorKind::Unreadable),
    ] {
        assert_eq!(timed_out(stage as u8, resolving, &request, TIMEOUT).kind, expected);
    }
}
