//! The socket of a connection, with what is read and written noted in its activity.

use super::connection::Connection;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::Sleep;

/// After the last response, what the client still sends is read and dropped for this time and up to this size: a client whose
/// connection is closed while it is sending does not see the response.
const LINGER: Duration = Duration::from_secs(1);
const LINGER_BYTES: usize = 4 << 20;

pub struct Socket {
    stream: TcpStream,
    connection: Arc<Connection>,
    lingering: Option<Lingering>,
}

struct Lingering {
    until: Pin<Box<Sleep>>,
    left: usize,
}

impl Socket {
    pub fn new(stream: TcpStream, connection: Arc<Connection>) -> Socket {
        Socket { stream, connection, lingering: None }
    }

    /// Notes the result of writing `length` bytes.
    fn noted(&self, result: Poll<io::Result<usize>>, length: usize) -> Poll<io::Result<usize>> {
        let written = match &result {
            Poll::Ready(Ok(written)) => *written,
            _ => 0,
        };
        self.connection.activity().wrote(written >= length, written > 0, Instant::now());
        result
    }
}

impl AsyncRead for Socket {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let result = Pin::new(&mut self.stream).poll_read(cx, buffer);
        if buffer.filled().len() > before {
            self.connection.activity().received(Instant::now());
        }
        result
    }
}

impl AsyncWrite for Socket {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let result = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.noted(result, bytes.len())
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let length = slices.iter().map(|slice| slice.len()).sum();
        let result = Pin::new(&mut self.stream).poll_write_vectored(cx, slices);
        self.noted(result, length)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.lingering.is_none() {
            ready!(Pin::new(&mut self.stream).poll_shutdown(cx))?;
        }
        let Socket { stream, lingering, .. } = &mut *self;
        let lingering = lingering
            .get_or_insert_with(|| Lingering { until: Box::pin(tokio::time::sleep(LINGER)), left: LINGER_BYTES });
        let mut dropped = [0; 4096];
        loop {
            if lingering.left == 0 || lingering.until.as_mut().poll(cx).is_ready() {
                return Poll::Ready(Ok(()));
            }
            let mut buffer = ReadBuf::new(&mut dropped);
            match ready!(Pin::new(&mut *stream).poll_read(cx, &mut buffer)) {
                Ok(()) if !buffer.filled().is_empty() => {
                    lingering.left = lingering.left.saturating_sub(buffer.filled().len());
                }
                // The client has closed, too.
                _ => return Poll::Ready(Ok(())),
            }
        }
    }
}
