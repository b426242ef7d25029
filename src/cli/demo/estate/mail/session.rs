//! One SMTP connection: RFC 5321 without TLS and authentication.

use super::mailbox::{MAIL_BYTES_MAX, Mailbox};
use crate::cli::demo::estate::broken::Broken;
use crate::cli::demo::estate::parts::{MAIL_BUSY, MAIL_DROP, MAIL_HANG, MAIL_REFUSE};
use jiff::Timestamp;
use smtp_proto::request::receiver::{DataReceiver, DummyDataReceiver, RequestReceiver};
use smtp_proto::{Error, Request};
use std::borrow::Cow;
use std::io;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// Recipients of one message.
const RECIPIENTS_MAX: usize = 100;
/// Commands of one connection that are not understood; then it is closed.
const ERRORS_MAX: usize = 20;

/// Talks with a client until one of them ends the connection.
pub async fn converse(mut stream: TcpStream, mailbox: Mailbox, broken: Broken) -> io::Result<()> {
    if broken.has(MAIL_HANG) {
        broken.until(MAIL_HANG, false).await;
        return Ok(());
    }
    stream.write_all(b"220 localhost ESMTP of the simulated estate\r\n").await?;
    let mut session = Session::new(mailbox, broken.clone());
    let mut received = vec![0; 8 << 10];
    loop {
        let count = stream.read(&mut received).await?;
        if count == 0 {
            return Ok(());
        }
        let answer = session.receive(&received[..count]);
        if broken.has(MAIL_HANG) {
            broken.until(MAIL_HANG, false).await;
            return Ok(());
        }
        stream.write_all(answer.text.as_bytes()).await?;
        if answer.is_last {
            return stream.shutdown().await;
        }
    }
}

/// What is sent to the client.
#[derive(Debug, Default, PartialEq, Eq)]
struct Answer {
    text: String,
    /// The connection is closed after it.
    is_last: bool,
}

impl Answer {
    fn line(&mut self, line: &str) {
        self.text.push_str(line);
        self.text.push_str("\r\n");
    }
}

/// What the client is sending.
enum Receiving {
    Commands(RequestReceiver),
    Data(DataReceiver, Vec<u8>),
    /// A message that is too long, until its end.
    Excess(DummyDataReceiver),
}

impl Default for Receiving {
    fn default() -> Receiving {
        Receiving::Commands(RequestReceiver::default())
    }
}

struct Session {
    mailbox: Mailbox,
    broken: Broken,
    receiving: Receiving,
    from: Option<String>,
    to: Vec<String>,
    errors: usize,
}

impl Session {
    fn new(mailbox: Mailbox, broken: Broken) -> Session {
        Session { mailbox, broken, receiving: Receiving::default(), from: None, to: Vec::new(), errors: 0 }
    }

    /// Takes what the client sent: parts of commands and messages, or several of them.
    fn receive(&mut self, received: &[u8]) -> Answer {
        let mut answer = Answer::default();
        let mut bytes = received.iter();
        while !answer.is_last && bytes.len() > 0 {
            match &mut self.receiving {
                Receiving::Commands(receiver) => match receiver.ingest(&mut bytes).map(Request::into_owned) {
                    Ok(request) => self.command(request, &mut answer),
                    Err(Error::NeedsMoreData { .. }) => break,
                    Err(error) => self.not_understood(&error, &mut answer),
                },
                Receiving::Data(receiver, message) => {
                    if receiver.ingest(&mut bytes, message) {
                        let message = std::mem::take(message);
                        self.message_ended(message, &mut answer);
                    } else if message.len() > MAIL_BYTES_MAX {
                        self.receiving = Receiving::Excess(DummyDataReceiver::new_data(receiver));
                    }
                }
                Receiving::Excess(receiver) => {
                    if receiver.ingest(&mut bytes) {
                        self.reset();
                        answer.line(TOO_LONG);
                    }
                }
            }
        }
        answer
    }

    fn command(&mut self, request: Request<String>, answer: &mut Answer) {
        match request {
            Request::Ehlo { .. } => {
                self.reset();
                answer.line("250-localhost");
                answer.line(&format!("250-SIZE {MAIL_BYTES_MAX}"));
                answer.line("250-8BITMIME");
                answer.line("250-SMTPUTF8");
                answer.line("250-PIPELINING");
                answer.line("250 ENHANCEDSTATUSCODES");
            }
            Request::Helo { .. } => {
                self.reset();
                answer.line("250 localhost");
            }
            Request::Mail { .. } if self.from.is_some() => answer.line("503 5.5.1 MAIL was given already"),
            Request::Mail { from } if from.size > MAIL_BYTES_MAX => answer.line(TOO_LONG),
            Request::Mail { from } => {
                self.from = Some(from.address);
                answer.line("250 2.1.0 OK");
            }
            Request::Rcpt { to } => answer.line(self.recipient(to.address)),
            Request::Data if self.to.is_empty() => answer.line("503 5.5.1 no recipient"),
            Request::Data => {
                self.receiving = Receiving::Data(at_the_start_of_a_line(), Vec::new());
                answer.line("354 end with a dot on a line of its own");
            }
            Request::Rset => {
                self.reset();
                answer.line("250 2.0.0 OK");
            }
            Request::Noop { .. } => answer.line("250 2.0.0 OK"),
            Request::Vrfy { .. } => answer.line("252 2.5.0 try RCPT"),
            Request::Quit => {
                answer.line("221 2.0.0 bye");
                answer.is_last = true;
            }
            other => self.not_understood_command(other.name(), answer),
        }
    }

    fn recipient(&mut self, address: String) -> &'static str {
        if self.from.is_none() {
            return "503 5.5.1 MAIL comes first";
        }
        if self.broken.has(MAIL_REFUSE) {
            return "550 5.1.1 no such mailbox";
        }
        if self.broken.has(MAIL_BUSY) {
            return "451 4.3.0 try again later";
        }
        if self.to.len() >= RECIPIENTS_MAX {
            return "452 4.5.3 too many recipients";
        }
        self.to.push(address);
        "250 2.1.5 OK"
    }

    fn message_ended(&mut self, message: Vec<u8>, answer: &mut Answer) {
        let (from, to) = (self.from.take().unwrap_or_default(), std::mem::take(&mut self.to));
        self.reset();
        if message.len() > MAIL_BYTES_MAX {
            return answer.line(TOO_LONG);
        }
        let id = self.mailbox.keep(from, to, message, Timestamp::now());
        if self.broken.has(MAIL_DROP) {
            answer.is_last = true;
            return;
        }
        answer.line(&format!("250 2.0.0 kept as mail {id}"));
    }

    /// No message is under way any more.
    fn reset(&mut self) {
        self.receiving = Receiving::default();
        self.from = None;
        self.to.clear();
    }

    fn not_understood_command(&mut self, name: &str, answer: &mut Answer) {
        self.error(&format!("502 5.5.1 {name} is not supported"), answer);
    }

    fn not_understood(&mut self, error: &Error, answer: &mut Answer) {
        let line = match error {
            Error::UnknownCommand => Cow::Borrowed("500 5.5.1 no such command"),
            Error::SyntaxError { syntax } => Cow::Owned(format!("501 5.5.4 syntax: {syntax}")),
            Error::InvalidSenderAddress => Cow::Borrowed("501 5.1.7 the sender is no address"),
            Error::InvalidRecipientAddress => Cow::Borrowed("501 5.1.3 the recipient is no address"),
            Error::ResponseTooLong => Cow::Borrowed("500 5.5.6 the line is too long"),
            _ => Cow::Borrowed("501 5.5.4 the command has a parameter that is not supported"),
        };
        self.error(&line, answer);
        // What is left of the line is no command.
        answer.is_last |= matches!(error, Error::ResponseTooLong);
    }

    fn error(&mut self, line: &str, answer: &mut Answer) {
        answer.line(line);
        self.errors += 1;
        if self.errors >= ERRORS_MAX {
            answer.line("421 4.7.0 too many errors");
            answer.is_last = true;
        }
    }
}

const TOO_LONG: &str = "552 5.3.4 the message is too long";

/// A receiver that knows that a line begins, so that a message may be empty.
fn at_the_start_of_a_line() -> DataReceiver {
    let mut receiver = DataReceiver::new();
    receiver.ingest(&mut b"\r\n".iter(), &mut Vec::new());
    receiver
}
