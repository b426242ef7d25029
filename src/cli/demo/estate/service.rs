//! Listens for one service of the estate, which can be down.

use super::broken::Broken;
use super::errors::EstateError;
use std::convert::Infallible;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::watch as signal;
use tokio::task::{JoinHandle, JoinSet};

/// Retry interval for listening and accepting.
const RETRY_PAUSE: Duration = Duration::from_millis(50);

/// What is served, and to whom.
pub struct Serving<F> {
    pub name: &'static str,
    /// The part that takes the service down.
    pub down: Option<&'static str>,
    /// Maximum number of connections; further ones are closed.
    pub connections_max: usize,
    /// Serves one connection. It bounds its own time.
    pub connection: F,
}

/// A running service.
pub struct Service {
    pub address: SocketAddr,
}

impl Service {
    /// Listens on a free port until `stop`, except while the part that takes it down is broken.
    pub async fn start<F, C>(
        serving: Serving<F>,
        broken: Broken,
        mut stop: signal::Receiver<bool>,
    ) -> Result<(Service, JoinHandle<()>), EstateError>
    where
        F: Fn(TcpStream) -> C + Send + Sync + 'static,
        C: Future<Output = ()> + Send + 'static,
    {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let listener = listen(address).map_err(|source| EstateError::Listen { address, source })?;
        let address = listener.local_addr().map_err(|source| EstateError::Listen { address, source })?;
        let task = tokio::spawn(async move {
            tokio::select! {
                never = run(&serving, address, listener, &broken) => match never {},
                _ = stop.wait_for(|stop| *stop) => {}
            }
        });
        Ok((Service { address }, task))
    }
}

fn listen(address: SocketAddr) -> std::io::Result<TcpListener> {
    let socket = TcpSocket::new_v4()?;
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(128)
}

/// Listens while the service is up. While it is down, its port is free and its connections are closed.
async fn run<F, C>(serving: &Serving<F>, address: SocketAddr, mut listener: TcpListener, broken: &Broken) -> Infallible
where
    F: Fn(TcpStream) -> C,
    C: Future<Output = ()> + Send + 'static,
{
    let Some(down) = serving.down else { return serve(serving, &listener).await };
    loop {
        tokio::select! {
            never = serve(serving, &listener) => match never {},
            () = broken.until(down, true) => {}
        }
        drop(listener);
        broken.until(down, false).await;
        listener = listen_again(serving.name, address).await;
    }
}

/// Listens on the old port. Retries while another program uses it.
async fn listen_again(name: &str, address: SocketAddr) -> TcpListener {
    let mut logged = false;
    loop {
        match listen(address) {
            Ok(listener) => return listener,
            Err(error) if !logged => tracing::warn!(service = name, %address, %error, "waiting for the port"),
            Err(_) => {}
        }
        logged = true;
        tokio::time::sleep(RETRY_PAUSE).await;
    }
}

/// Accepts connections. Dropping the future closes them.
async fn serve<F, C>(serving: &Serving<F>, listener: &TcpListener) -> Infallible
where
    F: Fn(TcpStream) -> C,
    C: Future<Output = ()> + Send + 'static,
{
    let mut connections = JoinSet::new();
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            // No file descriptor is left, for instance: wait, instead of retrying in a busy loop.
            tokio::time::sleep(RETRY_PAUSE).await;
            continue;
        };
        while connections.try_join_next().is_some() {}
        if connections.len() < serving.connections_max {
            connections.spawn((serving.connection)(stream));
        }
    }
}
