//! Mail servers of the benchmark: one accepts mail, the other accepts connections and never answers.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// How a mail server behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Behaviour {
    Accepts,
    Hangs,
}

/// A mail server on loopback, stopped when dropped.
pub struct MailServer {
    pub address: SocketAddr,
    seen: Arc<Mutex<Seen>>,
    serving: JoinHandle<()>,
}

#[derive(Default)]
struct Seen {
    /// Connections that were made.
    connections: usize,
    /// When the first mail was accepted.
    first_mail: Option<Instant>,
}

impl MailServer {
    pub async fn start(behaviour: Behaviour) -> MailServer {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let seen = Arc::new(Mutex::new(Seen::default()));
        let noted = seen.clone();
        let serving = tokio::spawn(async move {
            let mut hanging = Vec::new();
            while let Ok((connection, _)) = listener.accept().await {
                lock(&noted).connections += 1;
                match behaviour {
                    Behaviour::Hangs => hanging.push(connection),
                    Behaviour::Accepts => drop(tokio::spawn(accept(connection, noted.clone()))),
                }
            }
        });
        MailServer { address, seen, serving }
    }

    /// The setting SMTP_URL for this server.
    pub fn url(&self) -> String {
        format!("smtp://{}?tls=none", self.address)
    }

    /// Connections that were made so far.
    pub fn connections(&self) -> usize {
        lock(&self.seen).connections
    }

    /// When the first mail was accepted.
    pub fn first_mail(&self) -> Option<Instant> {
        lock(&self.seen).first_mail
    }
}

impl Drop for MailServer {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

/// One connection of SMTP (RFC 5321), in which every command succeeds.
async fn accept(connection: TcpStream, seen: Arc<Mutex<Seen>>) -> std::io::Result<()> {
    let (reading, mut writing) = connection.into_split();
    let mut lines = BufReader::new(reading).lines();
    writing.write_all(b"220 bench.example ESMTP\r\n").await?;
    let mut is_data = false;
    while let Some(line) = lines.next_line().await? {
        let command = line.get(..4).unwrap_or_default().to_ascii_uppercase();
        let answer: &[u8] = match command.as_str() {
            _ if is_data && line != "." => continue,
            _ if is_data => {
                is_data = false;
                lock(&seen).first_mail.get_or_insert_with(Instant::now);
                b"250 2.0.0 accepted\r\n"
            }
            "DATA" => {
                is_data = true;
                b"354 go on\r\n"
            }
            "QUIT" => {
                writing.write_all(b"221 2.0.0 bye\r\n").await?;
                return Ok(());
            }
            _ => b"250 2.0.0 ok\r\n",
        };
        writing.write_all(answer).await?;
    }
    Ok(())
}

fn lock(seen: &Mutex<Seen>) -> std::sync::MutexGuard<'_, Seen> {
    seen.lock().unwrap_or_else(PoisonError::into_inner)
}
