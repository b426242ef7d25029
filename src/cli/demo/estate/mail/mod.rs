//! The mail server of the estate: takes mail over SMTP, keeps the last of it in memory, and shows it on pages.

mod mailbox;
mod pages;
mod session;

#[cfg(test)]
mod tests;

pub use mailbox::{KeptMail, Mailbox};
pub use pages::{Pages, router};

use super::broken::Broken;
use super::parts::MAIL_DOWN;
use super::service::Serving;
use futures::FutureExt as _;
use futures::future::BoxFuture;
use session::converse;
use std::time::Duration;
use tokio::net::TcpStream;

/// Maximum number of connections: each may hold a message.
const CONNECTIONS_MAX: usize = 16;
/// Maximum duration of a connection. Clients that wait as long as SMTP allows see a server that hangs.
const CONNECTION_TIME: Duration = Duration::from_secs(300);

/// The SMTP server that puts mail into `mailbox`.
pub fn serving(
    mailbox: Mailbox,
    broken: Broken,
) -> Serving<impl Fn(TcpStream) -> BoxFuture<'static, ()> + Send + Sync> {
    let connection = move |stream| connection(stream, mailbox.clone(), broken.clone()).boxed();
    Serving { name: "mail", down: Some(MAIL_DOWN), connections_max: CONNECTIONS_MAX, connection }
}

async fn connection(stream: TcpStream, mailbox: Mailbox, broken: Broken) {
    // Errors of the connection concern only the client.
    let _ = tokio::time::timeout(CONNECTION_TIME, converse(stream, mailbox, broken)).await;
}
