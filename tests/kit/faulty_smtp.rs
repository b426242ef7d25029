//! A mail server that answers each step as a test says: refusals, silence, lost connections. A stand-in, since real servers have no
//! such faults to offer.

use super::ports::any;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// What the server does at a step.
#[derive(Clone, Debug)]
pub enum Act {
    /// Says this, with line ends.
    Say(Vec<u8>),
    /// Says nothing, and keeps the connection.
    Hang,
    /// Closes the connection.
    Drop,
    /// Says this again and again.
    Repeat(String),
    /// Says nothing until the gate is open, then does as usual.
    Wait(Gate),
}

/// Keeps conversations at a step until a test opens it. Clones are one gate.
#[derive(Clone, Debug)]
pub struct Gate(watch::Sender<bool>);

impl Gate {
    /// A gate that is closed.
    pub fn closed() -> Gate {
        Gate(watch::Sender::new(false))
    }

    /// Opens it for good.
    pub fn open(&self) {
        self.0.send_replace(true);
    }

    async fn opened(&self) {
        // It lasts as long as this copy of it.
        let _ = self.0.subscribe().wait_for(|is_open| *is_open).await;
    }
}

/// Says one line.
pub fn say(line: &str) -> Act {
    say_bytes(format!("{line}\r\n").as_bytes())
}

/// Says these bytes.
pub fn say_bytes(bytes: &[u8]) -> Act {
    Act::Say(bytes.to_vec())
}

/// A running server. It ends when dropped.
pub struct FaultySmtp {
    pub address: SocketAddr,
    received: Arc<Mutex<Vec<String>>>,
    messages: Arc<Mutex<Vec<String>>>,
    task: JoinHandle<()>,
}

impl Drop for FaultySmtp {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl FaultySmtp {
    /// A server that accepts mail except for `acts` at their steps: `GREETING`, the first word of a command, `BODY`
    /// after the first line of a message, and `DOT` after its end.
    pub async fn start(acts: &[(&str, Act)]) -> FaultySmtp {
        FaultySmtp::start_at(any(), acts).await
    }

    /// The same at this address.
    pub async fn start_at(address: SocketAddr, acts: &[(&str, Act)]) -> FaultySmtp {
        let listener = TcpListener::bind(address).await.unwrap();
        let address = listener.local_addr().unwrap();
        let received = Arc::<Mutex<Vec<String>>>::default();
        let messages = Arc::<Mutex<Vec<String>>>::default();
        let acts: BTreeMap<String, Act> = acts.iter().map(|(step, act)| (step.to_string(), act.clone())).collect();
        let (acts, kept, whole) = (Arc::new(acts), received.clone(), messages.clone());
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let conversation = Conversation { acts: acts.clone(), received: kept.clone(), messages: whole.clone() };
                tokio::spawn(async move { conversation.run(stream).await });
            }
        });
        FaultySmtp { address, received, messages, task }
    }

    /// All lines that came, of all connections; bytes that are no text are replaced.
    pub fn received(&self) -> Vec<String> {
        self.received.lock().unwrap().clone()
    }

    /// The messages that came whole, in the order of their ends.
    pub fn messages(&self) -> Vec<String> {
        self.messages.lock().unwrap().clone()
    }

    /// Whether a line began with this.
    pub fn got(&self, beginning: &str) -> bool {
        self.received().iter().any(|line| line.starts_with(beginning))
    }
}

struct Conversation {
    acts: Arc<BTreeMap<String, Act>>,
    received: Arc<Mutex<Vec<String>>>,
    messages: Arc<Mutex<Vec<String>>>,
}

impl Conversation {
    /// Ends when the client or an act closes the connection.
    async fn run(&self, stream: TcpStream) -> Option<()> {
        let mut stream = BufReader::new(stream);
        self.act(&mut stream, "GREETING", "220 faulty.test ESMTP\r\n").await?;
        loop {
            let line = self.line(&mut stream).await?;
            let verb = line.split([' ', ':']).next().unwrap_or_default().trim().to_ascii_uppercase();
            let usual = match verb.as_str() {
                "EHLO" => "250-faulty.test\r\n250-8BITMIME\r\n250 AUTH PLAIN LOGIN\r\n",
                "AUTH" => "235 2.7.0 welcome\r\n",
                "MAIL" | "RCPT" => "250 2.1.0 fine\r\n",
                "DATA" => "354 go on\r\n",
                "QUIT" => "221 bye\r\n",
                _ => "500 what?\r\n",
            };
            self.act(&mut stream, &verb, usual).await?;
            if verb == "DATA" && !self.acts.contains_key("DATA") {
                self.message(&mut stream).await?;
            }
        }
    }

    async fn message(&self, stream: &mut BufReader<TcpStream>) -> Option<()> {
        let mut message = self.line(stream).await?;
        self.act(stream, "BODY", "").await?;
        loop {
            match self.line(stream).await? {
                end if end == ".\r\n" => break,
                line => message += &line,
            }
        }
        self.messages.lock().unwrap().push(message);
        self.act(stream, "DOT", "250 2.0.0 queued as 12345\r\n").await
    }

    async fn line(&self, stream: &mut BufReader<TcpStream>) -> Option<String> {
        let mut bytes = Vec::new();
        let length = stream.read_until(b'\n', &mut bytes).await.ok()?;
        let line = String::from_utf8_lossy(&bytes).into_owned();
        (length > 0).then(|| {
            self.received.lock().unwrap().push(line.clone());
            line
        })
    }

    async fn act(&self, stream: &mut BufReader<TcpStream>, step: &str, usual: &str) -> Option<()> {
        match self.acts.get(step) {
            None => stream.write_all(usual.as_bytes()).await.ok(),
            Some(Act::Say(bytes)) => stream.write_all(bytes).await.ok(),
            Some(Act::Wait(gate)) => {
                gate.opened().await;
                stream.write_all(usual.as_bytes()).await.ok()
            }
            Some(Act::Hang) => std::future::pending().await,
            Some(Act::Drop) => None,
            Some(Act::Repeat(text)) => loop {
                stream.write_all(text.as_bytes()).await.ok()?;
            },
        }
    }
}
