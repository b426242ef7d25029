//! A TCP proxy that can interrupt connections.

use std::net::SocketAddr;
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Line {
    Open,
    /// Connections are closed, and new ones are closed immediately.
    Cut,
    /// Connections stay open, but no data passes.
    Silent,
}

pub struct Proxy {
    pub address: SocketAddr,
    line: watch::Sender<Line>,
    accepting: JoinHandle<()>,
}

impl Proxy {
    pub async fn start(upstream: SocketAddr) -> Proxy {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let line = watch::Sender::new(Line::Open);
        let states = line.clone();
        let accepting = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(pass(stream, upstream, states.subscribe()));
            }
        });
        Proxy { address, line, accepting }
    }

    pub fn set(&self, line: Line) {
        self.line.send_replace(line);
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn pass(mut near: TcpStream, upstream: SocketAddr, mut line: watch::Receiver<Line>) {
    if *line.borrow() == Line::Open {
        let Ok(mut far) = TcpStream::connect(upstream).await else { return };
        tokio::select! {
            _ = copy_bidirectional(&mut near, &mut far) => return,
            _ = line.wait_for(|l| *l != Line::Open) => {}
        }
    }
    // A connection that was silent never passes data again, as if a router had dropped its state.
    let _ = line.wait_for(|l| *l != Line::Silent).await;
}
