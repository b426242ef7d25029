//! The steps of one attempt, each within its time.

use super::super::conversation::Direction;
use super::Network;
use super::outcome::{Failure, Step};
use super::wire::{Progress, Sending, Wire};
use crate::domain::notice::{SmtpTls, SmtpUrl};
use crate::domain::texts::{self, ChannelFault, Language};
use crate::net::connect::{self, ConnectError};
use lettre::Address;
use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::AsyncSmtpConnection;
use lettre::transport::smtp::commands::{Data, Mail, Rcpt, Starttls};
use lettre::transport::smtp::extension::{ClientId, Extension, MailParameter};
use lettre::transport::smtp::response::{Response, Severity};
use rustls::pki_types::ServerName;
use std::error::Error as _;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout, timeout_at};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// For the end of the conversation, after which nothing depends on it.
const QUIT_TIMEOUT: Duration = Duration::from_secs(1);
const MECHANISMS: [Mechanism; 2] = [Mechanism::Plain, Mechanism::Login];

type Ended<T> = Result<T, (Step, Failure)>;

/// One attempt.
pub(super) struct Session<'a> {
    url: &'a SmtpUrl,
    network: &'a Network,
    progress: Progress,
    language: Language,
    /// Steps before the message end by then.
    before_message: Instant,
    end: Instant,
}

impl<'a> Session<'a> {
    pub fn new(url: &'a SmtpUrl, network: &'a Network, progress: Progress, language: Language) -> Session<'a> {
        let (now, timeouts) = (Instant::now(), &network.timeouts);
        let (before_message, end) = (now + timeouts.before_message, now + timeouts.whole);
        Session { url, network, progress, language, before_message, end }
    }

    /// Sends a message; the answer to it.
    pub async fn send(&self, from: &Address, to: &Address, message: &[u8]) -> Ended<String> {
        let mut client = self.open().await?;
        let ended = self.transact(&mut client, from, to, message).await;
        if matches!(&ended, Ok(_) | Err((_, Failure::Answer { .. }))) {
            self.progress.set_sending(Sending::Commands);
            let _ = timeout(QUIT_TIMEOUT, client.quit()).await;
        }
        ended
    }

    /// A connection that is encrypted and authenticated as the URL says.
    async fn open(&self) -> Ended<AsyncSmtpConnection> {
        let tcp = self.connect().await?;
        let hello = hello(&tcp);
        let (mut client, is_encrypted) = match self.url.tls {
            SmtpTls::Implicit => {
                let stream = self.handshake(tcp).await?;
                (self.greet(Wire::tls(stream, &self.progress, true), &hello).await?, true)
            }
            tls => {
                let client = self.greet(Wire::plain(tcp, &self.progress), &hello).await?;
                let is_offered = client.server_info().supports_feature(Extension::StartTls);
                match (tls, is_offered) {
                    (SmtpTls::None, _) | (SmtpTls::Opportunistic, false) => (client, false),
                    (_, false) => return Err((Step::StartTls, Failure::Fault(ChannelFault::NoStartTls))),
                    (_, true) => (self.start_tls(client, &hello).await?, true),
                }
            }
        };
        self.authenticate(&mut client, is_encrypted).await?;
        Ok(client)
    }

    async fn connect(&self) -> Ended<TcpStream> {
        let SmtpUrl { host, port, .. } = self.url;
        self.progress.note(Direction::Happened, &format!("TCP {}", self.url.server()));
        let connecting = connect::connect(&self.network.resolver, &self.network.guard, host, *port);
        let connected = self.within(Step::Connect, connecting).await?;
        connected.map_err(|error| match error {
            ConnectError::Address(error) => (Step::Connect, Failure::Address(error)),
            ConnectError::Io(error) => (Step::Connect, self.foreign(&error.to_string())),
        })
    }

    async fn handshake(&self, tcp: TcpStream) -> Ended<TlsStream<TcpStream>> {
        let failed = |error: &str| {
            let error = self.progress.shown.answer(error);
            self.progress.note(Direction::Happened, &format!("TLS: {error}"));
            (Step::Tls, Failure::Fault(ChannelFault::Tls { error }))
        };
        let name = ServerName::try_from(self.url.host.trim_end_matches('.').to_string());
        let name = name.map_err(|error| failed(&error.to_string()))?;
        let connecting = TlsConnector::from(self.network.tls.clone()).connect(name, tcp);
        let stream = self.within(Step::Tls, connecting).await?.map_err(|error| failed(&error.to_string()))?;
        let version = stream.get_ref().1.protocol_version().and_then(|version| version.as_str()).unwrap_or_default();
        self.progress
            .note(Direction::Happened, &texts::certificate_verified(self.language, &version.replace('_', ".")));
        Ok(stream)
    }

    /// Reads the greeting and sends EHLO.
    async fn greet(&self, wire: Wire, hello: &ClientId) -> Ended<AsyncSmtpConnection> {
        let greeting = Box::pin(AsyncSmtpConnection::connect_with_transport(Box::new(wire), hello));
        self.within(Step::Hello, greeting).await?.map_err(|error| (Step::Hello, self.failure(&error)))
    }

    /// The connection is taken out of the client, encrypted, and given to a new client, to which nothing from before is known.
    async fn start_tls(&self, mut client: AsyncSmtpConnection, hello: &ClientId) -> Ended<AsyncSmtpConnection> {
        let answer = self.within(Step::StartTls, client.command(Starttls)).await?;
        let answer = answer.map_err(|error| (Step::StartTls, self.failure(&error)))?;
        self.expect(Step::StartTls, &answer, Severity::PositiveCompletion)?;
        drop(client);
        let fault = |fault| (Step::StartTls, Failure::Fault(fault));
        match self.progress.returned() {
            Some((tcp, true)) => {
                let stream = self.handshake(tcp).await?;
                self.greet(Wire::tls(stream, &self.progress, false), hello).await
            }
            Some((_, false)) => Err(fault(ChannelFault::Injected)),
            None => Err(fault(ChannelFault::Lost { error: String::new() })),
        }
    }

    async fn authenticate(&self, client: &mut AsyncSmtpConnection, is_encrypted: bool) -> Ended<()> {
        let Some((user, password)) = &self.url.credentials else { return Ok(()) };
        let fault = |fault| Err((Step::Auth, Failure::Fault(fault)));
        if !is_encrypted && self.url.tls != SmtpTls::None {
            return fault(ChannelFault::CredentialsUnencrypted);
        }
        let Some(mechanism) = client.server_info().get_auth_mechanism(&MECHANISMS) else {
            return fault(ChannelFault::NoAuthentication);
        };
        self.progress.note(Direction::Sent, &format!("AUTH {mechanism}"));
        self.progress.set_sending(Sending::Credentials);
        let credentials = Credentials::new(user.clone(), password.clone());
        let answer = self.within(Step::Auth, client.auth(&[mechanism], &credentials)).await?;
        self.progress.set_sending(Sending::Commands);
        let answer = answer.map_err(|error| (Step::Auth, self.failure(&error)))?;
        self.expect(Step::Auth, &answer, Severity::PositiveCompletion)
    }

    async fn transact(
        &self,
        client: &mut AsyncSmtpConnection,
        from: &Address,
        to: &Address,
        message: &[u8],
    ) -> Ended<String> {
        let mut parameters = Vec::new();
        if [from, to].iter().any(|address| !address.to_string().is_ascii()) {
            if !client.server_info().supports_feature(Extension::SmtpUtfEight) {
                return Err((Step::Recipient, Failure::Fault(ChannelFault::NotAscii)));
            }
            parameters.push(MailParameter::SmtpUtfEight);
        }
        let done = Severity::PositiveCompletion;
        self.command(client, Step::Sender, Mail::new(Some(from.clone()), parameters), done).await?;
        self.command(client, Step::Recipient, Rcpt::new(to.clone(), Vec::new()), done).await?;
        self.command(client, Step::Data, Data, Severity::PositiveIntermediate).await?;
        self.hand_over(client, message).await
    }

    async fn command(
        &self,
        client: &mut AsyncSmtpConnection,
        step: Step,
        command: impl std::fmt::Display,
        expected: Severity,
    ) -> Ended<()> {
        let answer = self.within(step, client.command(command)).await?;
        let answer = answer.map_err(|error| (step, self.failure(&error)))?;
        self.expect(step, &answer, expected)
    }

    /// Sends the message and its final dot, and reads the answer.
    async fn hand_over(&self, client: &mut AsyncSmtpConnection, message: &[u8]) -> Ended<String> {
        self.progress.set_sending(Sending::Message);
        self.progress.note(Direction::Sent, &format!("({} bytes)\n.", message.len()));
        let began = Instant::now();
        let failure = match timeout_at(self.end, client.message(message)).await {
            Ok(Ok(answer)) if answer.code().severity == Severity::PositiveCompletion => {
                return Ok(self.progress.answer());
            }
            Ok(Ok(_)) => self.not_an_answer(),
            Ok(Err(error)) => self.failure(&error),
            Err(_) => Failure::Fault(ChannelFault::NoAnswer { seconds: began.elapsed().as_secs() }),
        };
        let is_answer = matches!(failure, Failure::Answer { .. });
        if is_answer || !self.progress.awaits_answer() {
            return Err((Step::Message, failure));
        }
        Err((Step::Message, Failure::Unanswered(self.reason(failure))))
    }

    /// What came instead of an answer.
    fn reason(&self, failure: Failure) -> String {
        match failure {
            Failure::Fault(ChannelFault::Lost { error }) => error,
            Failure::Fault(ChannelFault::NoAnswer { seconds }) => format!("{seconds} s"),
            _ => self.progress.answer(),
        }
    }

    fn expect(&self, step: Step, answer: &Response, expected: Severity) -> Ended<()> {
        if answer.code().severity == expected { Ok(()) } else { Err((step, self.not_an_answer())) }
    }

    fn not_an_answer(&self) -> Failure {
        Failure::Fault(ChannelFault::NotAnAnswer { answer: self.progress.answer() })
    }

    fn failure(&self, error: &Error) -> Failure {
        if let Some(refused) = self.refused() {
            return refused;
        }
        if let Some(fault) = self.progress.fault() {
            return Failure::Fault(fault);
        }
        if self.progress.is_closed() {
            return Failure::Fault(ChannelFault::Lost { error: "EOF".into() });
        }
        match error.source().and_then(|source| source.downcast_ref::<std::io::Error>()) {
            Some(error) => Failure::Fault(ChannelFault::Lost { error: self.progress.shown.answer(&error.to_string()) }),
            None => self.not_an_answer(),
        }
    }

    /// The answer that ended the attempt.
    fn refused(&self) -> Option<Failure> {
        self.progress.refused().map(|code| Failure::Answer { code, text: self.progress.answer() })
    }

    fn foreign(&self, error: &str) -> Failure {
        Failure::Foreign(self.progress.shown.answer(error))
    }

    /// Awaits a step before the message, as long as it may take.
    async fn within<T>(&self, step: Step, work: impl Future<Output = T>) -> Ended<T> {
        let began = Instant::now();
        let until = (began + self.network.timeouts.step).min(self.before_message);
        let no_answer = || Failure::Fault(ChannelFault::NoAnswer { seconds: began.elapsed().as_secs() });
        // lettre may be waiting for the answer to QUIT.
        timeout_at(until, work).await.map_err(|_| (step, self.refused().unwrap_or_else(no_answer)))
    }
}

/// The name of this host if it is a full one, otherwise its address: servers refuse names that are none.
fn hello(tcp: &TcpStream) -> ClientId {
    let name = rustix::system::uname().nodename().to_string_lossy().into_owned();
    let is_full = name.contains('.') && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-'));
    match tcp.local_addr() {
        _ if is_full => ClientId::Domain(name),
        Ok(SocketAddr::V4(address)) => ClientId::Ipv4(*address.ip()),
        Ok(SocketAddr::V6(address)) => match address.ip().to_ipv4_mapped() {
            Some(ip) => ClientId::Ipv4(ip),
            None => ClientId::Ipv6(*address.ip()),
        },
        Err(_) => ClientId::default(),
    }
}
