//! The connection below lettre's client: it gives the client one line at a time, so that nothing of an answer is read ahead, bounds
//! answers, and notes how far the conversation came.

use super::super::conversation::{Conversation, Direction, Shown};
use crate::domain::texts::ChannelFault;
use lettre::transport::smtp::client::AsyncTokioStream;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::Sleep;
use tokio_rustls::client::TlsStream;

/// Most bytes of a line of an answer. RFC 5321 allows 512.
const LINE_MAX: usize = 2048;
/// Most bytes of an answer of several lines.
const ANSWER_MAX: usize = 16 << 10;
/// The end of a message, which lettre writes by itself.
const FINAL_DOT: &[u8] = b"\r\n.\r\n";
/// Time between a message and its end: if a server gave up during the message, its answer or the end of the connection is there before the dot, so
/// that it is certain that the message was not accepted.
const BEFORE_DOT: Duration = Duration::from_millis(100);
/// What a server says first. After STARTTLS it says nothing, and the client expects it.
const GREETING: &[u8] = b"220 TLS\r\n";

/// What is sent at present, as the conversation shows it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Sending {
    #[default]
    Commands,
    /// Answers to challenges of authentication.
    Credentials,
    Message,
}

/// What is known about a connection, for the code that drives the client. Clones share it.
#[derive(Clone)]
pub(super) struct Progress {
    state: Arc<Mutex<State>>,
    conversation: Conversation,
    pub shown: Shown,
}

#[derive(Default)]
struct State {
    sending: Sending,
    /// What came since the last write.
    answer: String,
    /// The last thing the client did was to read, so that everything before it was sent.
    awaits_answer: bool,
    is_closed: bool,
    fault: Option<ChannelFault>,
    /// The code of an answer that ends the attempt: 4xx or 5xx, which `answer` keeps from then on, since lettre may say QUIT.
    refused: Option<u16>,
    /// The connection of a wire that was dropped, and whether all that came was read.
    returned: Option<(TcpStream, bool)>,
}

impl Progress {
    pub fn new(conversation: Conversation, shown: Shown) -> Progress {
        Progress { state: Arc::default(), conversation, shown }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Says what is sent from now on.
    pub fn set_sending(&self, sending: Sending) {
        self.state().sending = sending;
    }

    /// Adds to the conversation what happened.
    pub fn note(&self, direction: Direction, text: &str) {
        self.conversation.add(direction, text, &self.shown);
    }

    /// The answer to what was sent last, as one line that may be shown.
    pub fn answer(&self) -> String {
        let state = self.state();
        let mut lines = state.answer.lines();
        let first = lines.next().unwrap_or_default().to_string();
        // Further lines repeat the code.
        let code = first.get(..3).unwrap_or_default();
        let rest = lines.map(|line| line.strip_prefix(code).map_or(line, |rest| rest.trim_start_matches(['-', ' '])));
        let answer = rest
            .fold(first.replacen('-', " ", usize::from(first.as_bytes().get(3) == Some(&b'-'))), |a, b| {
                format!("{a} {b}")
            });
        self.shown.answer(&answer)
    }

    /// Whether everything was sent, and its answer is awaited.
    pub fn awaits_answer(&self) -> bool {
        self.state().awaits_answer
    }

    /// Whether the server closed the connection.
    pub fn is_closed(&self) -> bool {
        self.state().is_closed
    }

    /// What was wrong with what the server sent.
    pub fn fault(&self) -> Option<ChannelFault> {
        self.state().fault.clone()
    }

    /// The code of the answer that ended the attempt.
    pub fn refused(&self) -> Option<u16> {
        self.state().refused
    }

    /// The connection of the wire that was dropped, and whether nothing had come on it that was not read.
    pub fn returned(&self) -> Option<(TcpStream, bool)> {
        self.state().returned.take()
    }

    fn refuse(&self, fault: ChannelFault) -> io::Error {
        // lettre says QUIT after a fault, which makes another.
        self.state().fault.get_or_insert(fault);
        io::ErrorKind::InvalidData.into()
    }
}

#[derive(Debug)]
enum Stream {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
    /// Given back.
    Gone,
}

/// A connection to a mail server.
pub(super) struct Wire {
    stream: Stream,
    progress: Progress,
    /// What came and was not given to the client.
    unread: Vec<u8>,
    /// The next line is not the server's.
    is_own_line: bool,
    before_dot: Option<Pin<Box<Sleep>>>,
}

impl std::fmt::Debug for Wire {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.stream.fmt(f)
    }
}

impl Wire {
    pub fn plain(stream: TcpStream, progress: &Progress) -> Wire {
        Wire::new(Stream::Plain(stream), progress, Vec::new())
    }

    /// `greets`: the server says something first, as it does unless STARTTLS came before.
    pub fn tls(stream: TlsStream<TcpStream>, progress: &Progress, greets: bool) -> Wire {
        let own = if greets { Vec::new() } else { GREETING.to_vec() };
        Wire::new(Stream::Tls(Box::new(stream)), progress, own)
    }

    /// `own` is a line that the client gets first.
    fn new(stream: Stream, progress: &Progress, own: Vec<u8>) -> Wire {
        Wire { stream, progress: progress.clone(), is_own_line: !own.is_empty(), unread: own, before_dot: None }
    }

    fn poll_chunk(&mut self, cx: &mut Context<'_>, chunk: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match &mut self.stream {
            Stream::Plain(stream) => Pin::new(stream).poll_read(cx, chunk),
            Stream::Tls(stream) => Pin::new(stream).poll_read(cx, chunk),
            Stream::Gone => Poll::Ready(Ok(())),
        }
    }

    /// Waits whether the server gives up before the end of the message.
    fn poll_before_dot(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut space = [0; 1024];
        let mut chunk = ReadBuf::new(&mut space);
        let came = self.poll_chunk(cx, &mut chunk);
        let Poll::Ready(came) = came else {
            let pause = self.before_dot.get_or_insert_with(|| Box::pin(tokio::time::sleep(BEFORE_DOT)));
            return pause.as_mut().poll(cx).map(Ok);
        };
        came?;
        let text = text(chunk.filled());
        let mut state = self.progress.state();
        if text.is_empty() {
            state.is_closed = true;
            return Poll::Ready(Err(io::ErrorKind::UnexpectedEof.into()));
        }
        state.refused = refusal(&text);
        state.answer.clone_from(&text);
        drop(state);
        self.progress.note(Direction::Received, &text);
        Poll::Ready(Err(self.progress.refuse(ChannelFault::Unasked)))
    }

    /// Gives a line to the client, if there is one.
    fn give_line(&mut self, buf: &mut ReadBuf<'_>) -> io::Result<bool> {
        let Some(end) = self.unread.iter().position(|byte| *byte == b'\n') else {
            return if self.unread.len() > LINE_MAX {
                Err(self.progress.refuse(ChannelFault::AnswerTooLong))
            } else {
                Ok(false)
            };
        };
        let line: Vec<u8> = self.unread.drain(..=end).collect();
        let given = plain(&line);
        if line.len() > LINE_MAX || given.len() > buf.remaining() {
            return Err(self.progress.refuse(ChannelFault::AnswerTooLong));
        }
        if !std::mem::take(&mut self.is_own_line) {
            let line = text(&line);
            self.progress.note(Direction::Received, &line);
            let mut state = self.progress.state();
            if state.refused.is_none() {
                state.answer.push_str(&line);
                state.refused = refusal(&line);
            }
            if state.answer.len() > ANSWER_MAX {
                drop(state);
                return Err(self.progress.refuse(ChannelFault::AnswerTooLong));
            }
        }
        buf.put_slice(&given);
        Ok(true)
    }
}

/// The code of the last line of an answer, if it is 4xx or 5xx.
fn refusal(line: &str) -> Option<u16> {
    let code = line.get(..3)?.parse().ok()?;
    ((400..600).contains(&code) && line.as_bytes().get(3) != Some(&b'-')).then_some(code)
}

/// What a server said, as it is shown. Old servers that do not speak UTF-8 speak Latin-1.
fn text(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) => text.into(),
        Err(_) => bytes.iter().map(|byte| char::from(*byte)).collect(),
    }
}

/// A line as lettre understands it: with CRLF, in UTF-8, and with a space after a code without text.
fn plain(line: &[u8]) -> Vec<u8> {
    let end = line.iter().rposition(|byte| !matches!(byte, b'\r' | b'\n')).map_or(0, |last| last + 1);
    let ascii = line[..end].iter().map(|byte| if byte.is_ascii() { *byte } else { b'?' });
    let ending: &[u8] = if end == 3 { b" \r\n" } else { b"\r\n" };
    ascii.chain(ending.iter().copied()).collect()
}

impl AsyncRead for Wire {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        this.progress.state().awaits_answer = true;
        loop {
            if this.give_line(buf)? {
                return Poll::Ready(Ok(()));
            }
            let mut space = [0; 1024];
            let mut chunk = ReadBuf::new(&mut space);
            ready!(this.poll_chunk(cx, &mut chunk))?;
            if chunk.filled().is_empty() {
                this.progress.state().is_closed = true;
                return Poll::Ready(Ok(()));
            }
            this.unread.extend_from_slice(chunk.filled());
        }
    }
}

impl AsyncWrite for Wire {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        if !this.unread.is_empty() {
            return Poll::Ready(Err(this.progress.refuse(ChannelFault::Unasked)));
        }
        if buf == FINAL_DOT && this.progress.state().sending == Sending::Message {
            ready!(this.poll_before_dot(cx))?;
        }
        let sending = {
            let mut state = this.progress.state();
            state.awaits_answer = false;
            if state.refused.is_none() {
                state.answer.clear();
            }
            state.sending
        };
        let written = ready!(match &mut this.stream {
            Stream::Plain(stream) => Pin::new(stream).poll_write(cx, buf),
            Stream::Tls(stream) => Pin::new(stream).poll_write(cx, buf),
            Stream::Gone => Poll::Ready(Err(io::ErrorKind::NotConnected.into())),
        })?;
        match sending {
            Sending::Commands => this.progress.note(Direction::Sent, &String::from_utf8_lossy(&buf[..written])),
            Sending::Credentials => this.progress.note(Direction::Sent, "***"),
            // It is noted as a whole.
            Sending::Message => {}
        }
        Poll::Ready(Ok(written))
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.get_mut().stream {
            Stream::Plain(stream) => Pin::new(stream).poll_flush(cx),
            Stream::Tls(stream) => Pin::new(stream).poll_flush(cx),
            Stream::Gone => Poll::Ready(Ok(())),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.get_mut().stream {
            Stream::Plain(stream) => Pin::new(stream).poll_shutdown(cx),
            Stream::Tls(stream) => Pin::new(stream).poll_shutdown(cx),
            Stream::Gone => Poll::Ready(Ok(())),
        }
    }
}

impl AsyncTokioStream for Wire {
    fn peer_addr(&self) -> io::Result<SocketAddr> {
        match &self.stream {
            Stream::Plain(stream) => stream.peer_addr(),
            Stream::Tls(stream) => stream.get_ref().0.peer_addr(),
            Stream::Gone => Err(io::ErrorKind::NotConnected.into()),
        }
    }
}

impl Drop for Wire {
    /// Gives an unencrypted connection back, for STARTTLS.
    fn drop(&mut self) {
        if let Stream::Plain(stream) = std::mem::replace(&mut self.stream, Stream::Gone) {
            self.progress.state().returned = Some((stream, self.unread.is_empty()));
        }
    }
}
