//! Accepts connections and serves HTTP/1 and HTTP/2 on them, until it is stopped.

use super::body::{OpenRequest, Received, Sent};
use super::connection::Connection;
use super::io::Socket;
use super::peer::Peer;
use super::slots::Slots;
use super::threads::Threads;
use super::{Limits, Reached, Report};
use axum::Router;
use axum::body::Body;
use futures::future::BoxFuture;
use http::{Request, Response, Version};
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use std::convert::Infallible;
use std::future::poll_fn;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::task::Poll;
use std::time::{Duration, Instant};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::watch as signal;
use tokio::task::{JoinHandle, JoinSet};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tower::ServiceExt as _;

/// Connections that the kernel keeps until they are accepted.
const BACKLOG: u32 = 1024;
/// Pause after a connection could not be accepted.
const PAUSE: Duration = Duration::from_millis(100);
/// Time for requests in progress to end at shutdown.
const DRAIN: Duration = Duration::from_secs(3);

/// What the kernel buffers for one connection, in bytes. By itself it would buffer megabytes for a client that does not read.
const SOCKET_SEND: u32 = 64 << 10;
const SOCKET_RECEIVE: u32 = 64 << 10;
/// What TLS buffers for one connection, in bytes.
const TLS_BUFFER: usize = 16 << 10;
/// What is buffered for the response of a stream in HTTP/2, in bytes.
const SEND_BUFFER: usize = 16 << 10;
/// What a client may send ahead of what is read, in bytes: in one stream, and in all of a connection.
const STREAM_WINDOW: u32 = 64 << 10;
const CONNECTION_WINDOW: u32 = 128 << 10;
const STREAMS: u32 = 100;
/// Streams that a client may reset while they wait to be accepted, before the connection is closed.
const PENDING_RESETS: usize = 20;
/// How often a peer is asked whether it is there, and how long it has to answer.
const PING_INTERVAL: Duration = Duration::from_secs(30);
const PING_TIMEOUT: Duration = Duration::from_secs(20);

/// A bound address, or several of one server.
pub struct Listener {
    threads: Threads,
    sockets: Vec<TcpListener>,
    /// The first of them.
    pub address: SocketAddr,
}

/// A running server.
pub struct Serving {
    stop: signal::Sender<bool>,
    task: JoinHandle<()>,
    threads: Arc<Threads>,
}

impl Serving {
    /// The threads of this server. Tasks that handlers started, such as a command whose client has disconnected, run on them until the last
    /// reference to the threads is dropped.
    pub fn threads(&self) -> Arc<Threads> {
        self.threads.clone()
    }

    /// Accepts no more connections, and waits for requests in progress, for a few seconds and not beyond `until`.
    pub async fn shutdown(mut self, until: Instant) {
        let _ = self.stop.send(true);
        if tokio::time::timeout_at(until.into(), &mut self.task).await.is_err() {
            // Connections end with the task.
            self.task.abort();
        }
    }
}

impl Listener {
    /// Binds the address. Clients can connect from now on. `name`: that of the threads.
    pub fn bind(name: &str, address: SocketAddr) -> io::Result<Listener> {
        let threads = Threads::start(name)?;
        let socket = bind(&threads, address)?;
        let address = socket.local_addr()?;
        Ok(Listener { threads, sockets: vec![socket], address })
    }

    /// Binds a further address of this server, and tells which one. The limits apply to the connections of all its addresses together.
    pub fn bind_also(&mut self, address: SocketAddr) -> io::Result<SocketAddr> {
        let socket = bind(&self.threads, address)?;
        let address = socket.local_addr()?;
        self.sockets.push(socket);
        Ok(address)
    }

    /// Serves the routes, over TLS if there is a configuration for it. Handlers say by [`super::authenticated`] which
    /// requests have a valid token.
    pub fn serve(self, tls: Option<Arc<ServerConfig>>, routes: Router, limits: Limits, report: Report) -> Serving {
        let slots = Arc::new(Slots::new(limits, report));
        let server = Server { routes, http: Arc::new(http(&limits)), tls: tls.map(TlsAcceptor::from), slots };
        let (stop, stopped) = signal::channel(false);
        let task = self.threads.spawn(server.run(self.sockets, stopped));
        Serving { stop, task, threads: Arc::new(self.threads) }
    }
}

/// A listening socket, driven by these threads.
fn bind(threads: &Threads, address: SocketAddr) -> io::Result<TcpListener> {
    let _entered = threads.enter();
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    socket.set_reuseaddr(true)?;
    // Accepted connections inherit both.
    socket.set_send_buffer_size(SOCKET_SEND)?;
    socket.set_recv_buffer_size(SOCKET_RECEIVE)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

/// HTTP with bounded buffers. Times are bounded by [`Connection::must_close`].
fn http(limits: &Limits) -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    builder.http1().max_buf_size(limits.header_bytes);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(STREAMS)
        .max_pending_accept_reset_streams(PENDING_RESETS)
        .max_header_list_size(u32::try_from(limits.header_bytes).unwrap_or(u32::MAX))
        .max_send_buf_size(SEND_BUFFER)
        .initial_stream_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .keep_alive_interval(PING_INTERVAL)
        .keep_alive_timeout(PING_TIMEOUT);
    builder
}

#[derive(Clone)]
struct Server {
    routes: Router,
    http: Arc<Builder<TokioExecutor>>,
    tls: Option<TlsAcceptor>,
    slots: Arc<Slots>,
}

impl Server {
    async fn run(self, sockets: Vec<TcpListener>, stop: signal::Receiver<bool>) {
        let mut connections = JoinSet::new();
        let mut stopped = stop.clone();
        let mut arrivals = Arrivals { sockets, next: 0 };
        loop {
            let (stream, connection) = tokio::select! {
                accepted = self.accept(&mut arrivals) => accepted,
                () = on(&mut stopped) => break,
            };
            while connections.try_join_next().is_some() {}
            connections.spawn(self.clone().connection(stream, connection, stop.clone()));
        }
        drop(arrivals);
        let drained = async { while connections.join_next().await.is_some() {} };
        if tokio::time::timeout(DRAIN, drained).await.is_err() {
            connections.shutdown().await;
        }
    }

    /// The next connection that is taken in.
    async fn accept(&self, arrivals: &mut Arrivals) -> (TcpStream, Arc<Connection>) {
        loop {
            let stream = match arrivals.accept().await {
                Ok(stream) => stream,
                Err(error) => {
                    // Usually no file descriptors are left, which is temporary.
                    (self.slots.report)(Reached::Connections, &format!("cannot accept a connection: {error}"));
                    tokio::time::sleep(PAUSE).await;
                    continue;
                }
            };
            loop {
                match self.slots.admit(Instant::now()) {
                    Ok(connection) => return (stream, connection),
                    Err(wait) => tokio::time::sleep(wait).await,
                }
            }
        }
    }

    async fn connection(self, stream: TcpStream, connection: Arc<Connection>, stop: signal::Receiver<bool>) {
        // Send small responses immediately.
        let _ = stream.set_nodelay(true);
        let socket = Socket::new(stream, connection.clone());
        let serving = async {
            match &self.tls {
                Some(tls) => match tls.accept(socket).await {
                    Ok(mut stream) => {
                        stream.get_mut().1.set_buffer_limit(Some(TLS_BUFFER));
                        self.requests(stream, &connection, stop).await;
                    }
                    Err(error) => tracing::debug!(%error, "TLS handshake failed"),
                },
                None => self.requests(socket, &connection, stop).await,
            }
        };
        tokio::select! {
            () = serving => {}
            () = connection.must_close() => {}
        }
        self.slots.remove(&connection);
    }

    async fn requests(
        &self,
        stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
        connection: &Arc<Connection>,
        mut stop: signal::Receiver<bool>,
    ) {
        let handler = Handler {
            routes: self.routes.clone(),
            peer: Peer { slots: self.slots.clone(), connection: connection.clone(), stop: stop.clone() },
        };
        let serving = self.http.serve_connection(TokioIo::new(stream), handler);
        tokio::pin!(serving);
        let ends = async {
            tokio::select! {
                () = on(&mut stop) => {}
                () = connection.retiring.notified() => {}
            }
        };
        let result = tokio::select! {
            result = serving.as_mut() => result,
            () = ends => {
                serving.as_mut().graceful_shutdown();
                serving.await
            }
        };
        if let Err(error) = result {
            if error.downcast_ref::<hyper::Error>().is_some_and(hyper::Error::is_parse_too_large) {
                (self.slots.report)(Reached::HeaderBytes, "the head of a request is too large");
            }
            tracing::debug!(%error, "connection ended");
        }
    }
}

/// The connections that arrive at the addresses of a server.
struct Arrivals {
    sockets: Vec<TcpListener>,
    /// The socket that is looked at first.
    next: usize,
}

impl Arrivals {
    /// The next connection. All addresses have their turn, however many connections arrive at one of them.
    async fn accept(&mut self) -> io::Result<TcpStream> {
        let count = self.sockets.len();
        let (at, accepted) = poll_fn(|context| {
            let turns = (0..count).map(|turn| (self.next + turn) % count);
            turns
                .map(|at| self.sockets[at].poll_accept(context).map(|accepted| (at, accepted)))
                .find(Poll::is_ready)
                .unwrap_or(Poll::Pending)
        })
        .await;
        self.next = at + 1;
        accepted.map(|(stream, _)| stream)
    }
}

/// Completes when the signal is given, or when its sender is gone.
async fn on(signal: &mut signal::Receiver<bool>) {
    let _ = signal.wait_for(|on| *on).await;
}

/// Answers the requests of one connection.
struct Handler {
    routes: Router,
    peer: Peer,
}

impl hyper::service::Service<Request<Incoming>> for Handler {
    type Response = Response<Sent>;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Response<Sent>, Infallible>>;

    fn call(&self, request: Request<Incoming>) -> Self::Future {
        let Peer { slots, connection, .. } = &self.peer;
        let open = OpenRequest::new(connection.clone(), request.version() == Version::HTTP_2);
        let timeout = slots.limits.transfer_timeout;
        let mut request = request.map(|body| Body::new(Received::new(body, connection.clone(), timeout)));
        request.extensions_mut().insert(self.peer.clone());
        let answer = self.routes.clone().oneshot(request);
        Box::pin(async move { Ok(answer.await?.map(|body| Sent::new(body, open))) })
    }
}
