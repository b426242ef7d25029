//! Asks name servers one question by UDP, and by TCP where the answer is truncated. An answer counts whenever it comes: sockets stay
//! open while other servers are asked.

use super::message::{Failure, Question, Received, Reply};
use futures::StreamExt;
use futures::future::BoxFuture;
use futures::stream::FuturesUnordered;
use hickory_proto::op::ResponseCode;
use std::fmt;
use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpStream, UdpSocket};
use tokio::time::sleep_until;

/// Longest UDP message that is read; a longer one is truncated.
const UDP_BYTES: usize = 4096;

/// Which server is asked when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schedule {
    /// The index of a server, and how long it has before the next is asked.
    pub steps: Vec<(usize, Duration)>,
    /// A server that failed is asked again in a later step.
    pub asks_failed_again: bool,
    /// Only TCP is used.
    pub by_tcp: bool,
}

impl Schedule {
    /// How long it lasts where no server answers.
    pub fn length(&self) -> Duration {
        self.steps.iter().map(|(_, wait)| *wait).sum()
    }

    /// Shortens it in proportion so that it lasts at most `limit`: every server is asked in time.
    pub fn within(mut self, limit: Duration) -> Schedule {
        let length = self.length();
        if length > limit {
            let share = limit.as_secs_f64() / length.as_secs_f64();
            for (_, wait) in &mut self.steps {
                *wait = wait.mul_f64(share);
            }
        }
        self
    }
}

/// The last failure of each server; all of them failed.
#[derive(Debug, Default)]
pub struct Failures(pub Vec<(SocketAddr, Failure)>);

impl Failures {
    /// The error code that all servers answered.
    pub fn code(&self) -> Option<ResponseCode> {
        let code = |(_, failure): &(SocketAddr, Failure)| match failure {
            Failure::Code(code) => Some(*code),
            _ => None,
        };
        let first = self.0.first().and_then(code)?;
        self.0.iter().all(|failure| code(failure) == Some(first)).then_some(first)
    }
}

impl fmt::Display for Failures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, (server, failure)) in self.0.iter().enumerate() {
            let separator = if number > 0 { "; " } else { "" };
            match server.port() {
                53 => write!(f, "{separator}{}: {failure}", server.ip())?,
                _ => write!(f, "{separator}{server}: {failure}")?,
            }
        }
        Ok(())
    }
}

/// A server, while it is asked.
struct Asked {
    address: SocketAddr,
    socket: Option<Arc<UdpSocket>>,
    is_pending: bool,
    failure: Option<Failure>,
}

type Leg<'a> = BoxFuture<'a, (usize, Result<Reply, Failure>)>;

/// Asks `servers` by the schedule, and then waits, without end, for those that did not answer: the index of the server that did, and
/// its answer. Errors: all servers failed.
pub async fn ask(servers: &[SocketAddr], question: &Question, schedule: &Schedule) -> Result<(usize, Reply), Failures> {
    let unasked = |address: &SocketAddr| Asked { address: *address, socket: None, is_pending: false, failure: None };
    let mut asked: Vec<Asked> = servers.iter().map(unasked).collect();
    let mut legs: FuturesUnordered<Leg<'_>> = FuturesUnordered::new();
    for (index, wait) in &schedule.steps {
        let server = &mut asked[*index];
        if server.failure.is_some() && !schedule.asks_failed_again {
            continue;
        }
        let until = Instant::now() + *wait;
        legs.extend(server.next_leg(*index, question, schedule.by_tcp).await);
        while asked[*index].is_pending {
            let ended = tokio::select! {
                Some(ended) = legs.next() => ended,
                () = sleep_until(until.into()) => break,
            };
            if let Some(answer) = take(&mut asked, ended) {
                return Ok(answer);
            }
        }
    }
    while let Some(ended) = legs.next().await {
        if let Some(answer) = take(&mut asked, ended) {
            return Ok(answer);
        }
    }
    Err(Failures(asked.into_iter().filter_map(|server| Some((server.address, server.failure?))).collect()))
}

fn take(asked: &mut [Asked], (index, result): (usize, Result<Reply, Failure>)) -> Option<(usize, Reply)> {
    let server = &mut asked[index];
    server.is_pending = false;
    match result {
        Ok(reply) => Some((index, reply)),
        Err(failure) => {
            server.failure = Some(failure);
            None
        }
    }
}

impl Asked {
    /// Asks the server, again where it did not answer. `None`: the answer to an earlier message is awaited already, or the message
    /// can't be sent.
    async fn next_leg<'a>(&mut self, index: usize, question: &'a Question, by_tcp: bool) -> Option<Leg<'a>> {
        let (address, is_first) = (self.address, self.socket.is_none());
        if self.is_pending {
            if let Some(socket) = &self.socket {
                // What loses the message may lose it for its EDNS. An error is seen by the leg that waits for the answer.
                let _ = socket.send(&question.plain.bytes).await;
            }
            return None;
        }
        self.is_pending = true;
        if by_tcp {
            return Some(Box::pin(async move { (index, over_tcp(address, question).await) }));
        }
        let packet = question.edns.as_ref().filter(|_| is_first).unwrap_or(&question.plain);
        match self.send(&packet.bytes).await {
            Ok(socket) => Some(Box::pin(async move { (index, over_udp(address, &socket, question).await) })),
            Err(error) => {
                (self.is_pending, self.failure) = (false, Some(Failure::Io(error)));
                None
            }
        }
    }

    async fn send(&mut self, bytes: &[u8]) -> io::Result<Arc<UdpSocket>> {
        let socket = match &self.socket {
            Some(socket) => socket.clone(),
            None => self.socket.insert(Arc::new(open(self.address).await?)).clone(),
        };
        socket.send(bytes).await?;
        Ok(socket)
    }
}

/// A socket that receives from `server` only.
async fn open(server: SocketAddr) -> io::Result<UdpSocket> {
    let own: SocketAddr = match server {
        SocketAddr::V4(_) => (Ipv4Addr::UNSPECIFIED, 0).into(),
        SocketAddr::V6(_) => (Ipv6Addr::UNSPECIFIED, 0).into(),
    };
    let socket = UdpSocket::bind(own).await?;
    socket.connect(server).await?;
    Ok(socket)
}

/// Waits for the answer to a question that was sent.
async fn over_udp(server: SocketAddr, socket: &UdpSocket, question: &Question) -> Result<Reply, Failure> {
    let mut buffer = [0; UDP_BYTES];
    loop {
        let length = socket.recv(&mut buffer).await.map_err(Failure::Io)?;
        if length == UDP_BYTES {
            return over_tcp(server, question).await;
        }
        match question.received(&buffer[..length]) {
            Received::Other => {}
            Received::Truncated => return over_tcp(server, question).await,
            Received::EdnsRefused => {
                socket.send(&question.plain.bytes).await.map_err(Failure::Io)?;
            }
            Received::Reply(reply) => return Ok(reply),
            Received::Failed(failure) => return Err(failure),
        }
    }
}

async fn over_tcp(server: SocketAddr, question: &Question) -> Result<Reply, Failure> {
    let bytes = exchange(server, &question.plain.bytes).await.map_err(Failure::Io)?;
    match question.received(&bytes) {
        Received::Reply(reply) => Ok(reply),
        Received::Failed(failure) => Err(failure),
        Received::Other | Received::Truncated | Received::EdnsRefused => {
            Err(Failure::Malformed("not an answer to the question".to_string()))
        }
    }
}

/// One message and its answer, each after its length.
async fn exchange(server: SocketAddr, message: &[u8]) -> io::Result<Vec<u8>> {
    let mut stream = TcpStream::connect(server).await?;
    let length = u16::try_from(message.len()).map_err(io::Error::other)?;
    stream.write_all(&[&length.to_be_bytes()[..], message].concat()).await?;
    let length = stream.read_u16().await?;
    let mut answer = vec![0; length.into()];
    stream.read_exact(&mut answer).await?;
    Ok(answer)
}
