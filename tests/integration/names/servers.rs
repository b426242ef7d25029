//! Name servers on loopback, each with a fault of its own.

use hickory_proto::op::{Message, OpCode, ResponseCode};
use hickory_proto::rr::rdata::{A, AAAA, CNAME};
use hickory_proto::rr::{Name, RData, Record, RecordType};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream, UdpSocket};

/// How a server answers.
#[derive(Clone, Copy, PartialEq)]
enum Manner {
    /// By the name that is asked for.
    Good,
    /// Every question with this code.
    Code(ResponseCode),
    /// No question.
    Silent,
    /// Every question with an empty answer, without recursion.
    Lame,
    /// After a second and a half.
    Slow,
    /// FORMERR to questions with EDNS.
    WithoutEdns,
    /// UDP answers are truncated, and TCP is refused.
    WithoutTcp,
    /// Another name exists than the one that is asked for.
    OffTopic,
    /// Only what comes by TCP.
    OnlyTcp,
}

/// By the last number of the address. Nothing listens on 127.0.0.59.
const SERVERS: [(u8, Manner); 12] = [
    (1, Manner::Good),
    (53, Manner::Good),
    (54, Manner::Code(ResponseCode::ServFail)),
    (55, Manner::Code(ResponseCode::Refused)),
    (56, Manner::Silent),
    (57, Manner::Code(ResponseCode::NotImp)),
    (58, Manner::Lame),
    (60, Manner::Slow),
    (61, Manner::WithoutEdns),
    (62, Manner::WithoutTcp),
    (63, Manner::OffTopic),
    (64, Manner::OnlyTcp),
];

/// Starts all servers on port 53; they end with the runtime. Also one on `::1`, where there is IPv6: whether there is one.
pub async fn start() -> bool {
    for (number, manner) in SERVERS {
        let address = SocketAddr::from((Ipv4Addr::new(127, 0, 0, number), 53));
        serve(address, manner).await.unwrap_or_else(|e| panic!("{address}: {e}"));
    }
    serve((Ipv6Addr::LOCALHOST, 53).into(), Manner::Good).await.is_ok()
}

async fn serve(address: SocketAddr, manner: Manner) -> std::io::Result<()> {
    let socket = Arc::new(UdpSocket::bind(address).await?);
    if manner != Manner::WithoutTcp {
        tokio::spawn(tcp(TcpListener::bind(address).await?, manner));
    }
    tokio::spawn(async move {
        let mut buffer = [0; 4096];
        while let Ok((length, client)) = socket.recv_from(&mut buffer).await {
            let (question, socket) = (Message::from_vec(&buffer[..length]).unwrap(), socket.clone());
            tokio::spawn(async move {
                if let Some(answer) = answer(&question, manner, true) {
                    if manner == Manner::Slow {
                        tokio::time::sleep(Duration::from_millis(1500)).await;
                    }
                    let _ = socket.send_to(&answer, client).await;
                }
            });
        }
    });
    Ok(())
}

async fn tcp(listener: TcpListener, manner: Manner) {
    while let Ok((stream, _)) = listener.accept().await {
        tokio::spawn(conversation(stream, manner));
    }
}

async fn conversation(mut stream: TcpStream, manner: Manner) {
    while let Ok(length) = stream.read_u16().await {
        let mut question = vec![0; length.into()];
        if stream.read_exact(&mut question).await.is_err() {
            return;
        }
        let Some(answer) = answer(&Message::from_vec(&question).unwrap(), manner, false) else { return };
        let length = u16::try_from(answer.len()).unwrap().to_be_bytes();
        if stream.write_all(&[&length[..], &answer].concat()).await.is_err() {
            return;
        }
    }
}

fn answer(question: &Message, manner: Manner, by_udp: bool) -> Option<Vec<u8>> {
    let query = question.queries[0].clone();
    let mut answer = Message::response(question.metadata.id, OpCode::Query);
    answer.metadata.recursion_available = true;
    answer.metadata.recursion_desired = true;
    answer.add_query(query.clone());
    match manner {
        Manner::Code(code) => answer.metadata.response_code = code,
        Manner::Silent => return None,
        Manner::OnlyTcp if by_udp => return None,
        Manner::Lame => answer.metadata.recursion_available = false,
        Manner::WithoutEdns if question.edns.is_some() => answer.metadata.response_code = ResponseCode::FormErr,
        Manner::WithoutTcp => answer.metadata.truncation = true,
        Manner::OffTopic => {
            answer.add_answer(Record::from_rdata(of("other.test"), 1, RData::A(A::new(192, 0, 2, 66))));
        }
        Manner::Good | Manner::Slow | Manner::WithoutEdns | Manner::OnlyTcp => {
            by_name(&query.name().to_ascii().to_ascii_lowercase(), query.query_type(), by_udp, &mut answer)?;
        }
    }
    Some(answer.to_vec().unwrap())
}

fn of(name: &str) -> Name {
    Name::from_ascii(format!("{}.", name.trim_end_matches('.'))).unwrap()
}

/// The answer of a good server. A first label such as `ok-servfail` says how A and AAAA are answered; `CHAIN` has the aliases. All
/// other names under `test` do not exist. `None`: no answer.
fn by_name(name: &str, record_type: RecordType, by_udp: bool, answer: &mut Message) -> Option<()> {
    let mut owner = name.trim_end_matches('.').to_string();
    while let Some((_, target)) = CHAIN.iter().find(|(alias, _)| *alias == owner) {
        if answer.answers.len() > CHAIN.len() {
            break;
        }
        answer.add_answer(Record::from_rdata(of(&owner), 1, RData::CNAME(CNAME(of(target)))));
        owner = (*target).to_string();
    }
    let label = owner.split('.').next().unwrap_or_default();
    let manners = label.split_once('-').filter(|_| !label.starts_with("xn--"));
    let manner = match (manners, record_type, LISTED.contains(&owner.as_str())) {
        (Some((a, _)), RecordType::A, _) => a,
        (Some((_, aaaa)), RecordType::AAAA, _) => aaaa,
        (None, RecordType::A, true) => "ok",
        (None, RecordType::AAAA, true) => "nodata",
        _ => "nx",
    };
    match manner {
        "ok" => answer.answers.extend(addresses(&owner, record_type)),
        "nodata" => {}
        "servfail" => answer.metadata.response_code = ResponseCode::ServFail,
        "refused" => answer.metadata.response_code = ResponseCode::Refused,
        "lame" => answer.metadata.recursion_available = false,
        "silent" => return None,
        "cut" if by_udp => answer.metadata.truncation = true,
        "cut" => answer.answers.extend(addresses(&owner, record_type)),
        _ => answer.metadata.response_code = ResponseCode::NXDomain,
    }
    Some(())
}

/// Aliases.
const CHAIN: [(&str, &str); 6] = [
    ("alias.test", "second.test"),
    ("second.test", "ok-ok.test"),
    ("circle.test", "circular.test"),
    ("circular.test", "circle.test"),
    ("dangling.test", "nx-nx.test"),
    ("empty.test", "nodata-nodata.test"),
];

/// Names that have an IPv4 address.
const LISTED: [&str; 14] = [
    "web",
    "localhost",
    "app.localhost",
    "web.one.test",
    "both.one.test",
    "both.two.test",
    "deep.web.two.test",
    "my_app.test",
    "_leading.test",
    "trailing.test",
    "xn--bcher-kva.test",
    "x.invalid",
    "host.onion",
    "web.own-domain.test",
];

fn addresses(owner: &str, record_type: RecordType) -> Vec<Record> {
    let last = u8::try_from(owner.len()).unwrap();
    let addresses: [IpAddr; 2] = match record_type {
        RecordType::AAAA => [1, 2].map(|n| Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, n, last.into()).into()),
        _ => [2, 3].map(|n| Ipv4Addr::new(192, 0, n, last).into()),
    };
    let data = addresses.map(|ip| match ip {
        IpAddr::V4(ip) => RData::A(A(ip)),
        IpAddr::V6(ip) => RData::AAAA(AAAA(ip)),
    });
    data.into_iter().map(|data| Record::from_rdata(of(owner), 1, data)).collect()
}
