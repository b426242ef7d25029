//! What the program and its worker processes say to each other: messages in JSON, each after its length in bytes. Both sides bound
//! what they read.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::io::{self, Read, Write};
use std::path::PathBuf;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};

/// The longest message in bytes: a table of the largest size, every character of which is escaped.
pub const MAX_MESSAGE_BYTES: usize = 8 << 20;

/// A file of a file system, whatever its names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileId {
    pub device: u64,
    pub inode: u64,
}

/// Which files may be opened.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Allowed {
    /// Paths as the settings name them.
    pub offered: Vec<PathBuf>,
    /// Files of the program itself: they are never opened, by whatever name.
    pub own: Vec<PathBuf>,
    /// The databases among them, which the program has open from its start on.
    pub own_ids: Vec<FileId>,
}

/// A query to be run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Job {
    pub path: PathBuf,
    pub allowed: Allowed,
    pub query: String,
    pub parameters: Vec<String>,
    pub max_rows: usize,
    /// The query is interrupted after this time.
    pub time: Duration,
}

/// What a worker answers to a [`Job`]: at most one `Locking`, then one of the others.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub enum Reply {
    /// It begins to read under locks that a writer waits for.
    Locking,
    Read(Table),
    Failed(QueryFailure),
}

/// The rows that were read.
#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Table {
    pub columns: Vec<String>,
    pub rows: Vec<Vec<Cell>>,
}

/// A value of a row.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub enum Cell {
    Null,
    Integer(i64),
    /// The bits of a real, since its text in JSON is not exact.
    Real(u64),
    Text(String),
    /// A blob in base64.
    Blob(String),
}

/// Why there are no rows. The texts are messages of SQLite or of the operating system.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum QueryFailure {
    NotOffered,
    OwnFile,
    NotAFile,
    /// Another file came in the place of the one that was checked.
    Replaced,
    Unreadable(String),
    CannotOpen(String),
    /// There is a `-wal` with content and no `-shm`.
    WalWithoutIndex,
    /// The file changed all the time.
    Changing,
    /// Another process held locks for as long as this one may wait.
    Locked,
    /// Reading under locks took longer than it may.
    LockedTooLong,
    Interrupted,
    OutOfMemory,
    TooLarge(String),
    TooManyRows,
    TooManyBytes,
    ParameterCount {
        expected: usize,
        given: usize,
    },
    DuplicateColumn(String),
    NotAuthorized(String),
    Query(String),
}

impl QueryFailure {
    /// Whether the worker was kept busy until it had to give up.
    pub fn is_slow(&self) -> bool {
        use QueryFailure::{Changing, Interrupted, Locked, LockedTooLong};
        matches!(self, Changing | Interrupted | Locked | LockedTooLong)
    }
}

/// Reads a message; `None` at the end of the input.
pub fn read_message<T: DeserializeOwned>(input: &mut impl Read) -> io::Result<Option<T>> {
    let mut length = [0; 4];
    match input.read_exact(&mut length) {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        other => other?,
    }
    let mut message = vec![0; checked(length)?];
    input.read_exact(&mut message)?;
    Ok(Some(serde_json::from_slice(&message)?))
}

/// Writes a message. Errors: it is longer than [`MAX_MESSAGE_BYTES`], or the reader is gone.
pub fn write_message(output: &mut impl Write, message: &impl Serialize) -> io::Result<()> {
    output.write_all(&frame(message)?)?;
    output.flush()
}

/// As [`read_message`]; the end of the input is an error.
pub async fn receive<T: DeserializeOwned>(input: &mut (impl AsyncRead + Unpin)) -> io::Result<T> {
    let mut length = [0; 4];
    input.read_exact(&mut length).await?;
    let mut message = vec![0; checked(length)?];
    input.read_exact(&mut message).await?;
    Ok(serde_json::from_slice(&message)?)
}

/// As [`write_message`].
pub async fn send(output: &mut (impl AsyncWrite + Unpin), message: &impl Serialize) -> io::Result<()> {
    output.write_all(&frame(message)?).await?;
    output.flush().await
}

fn checked(length: [u8; 4]) -> io::Result<usize> {
    match usize::try_from(u32::from_le_bytes(length)) {
        Ok(length) if length <= MAX_MESSAGE_BYTES => Ok(length),
        _ => Err(io::Error::new(io::ErrorKind::InvalidData, "the message is too long")),
    }
}

fn frame(message: &impl Serialize) -> io::Result<Vec<u8>> {
    let mut frame = vec![0; 4];
    serde_json::to_writer(&mut frame, message)?;
    let length = frame.len() - 4;
    match u32::try_from(length) {
        Ok(prefix) if length <= MAX_MESSAGE_BYTES => frame[..4].copy_from_slice(&prefix.to_le_bytes()),
        _ => return Err(io::Error::new(io::ErrorKind::InvalidData, "the message is too long")),
    }
    Ok(frame)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_comes_out_as_it_went_in() {
        let reals = [0.1 + 0.2, f64::MIN_POSITIVE, -0.0, f64::INFINITY].map(|real: f64| Cell::Real(real.to_bits()));
        let row = [Cell::Null, Cell::Integer(i64::MIN), Cell::Text("\0é".into())].into_iter().chain(reals).collect();
        let message = Reply::Read(Table { columns: vec!["a".into()], rows: vec![row] });
        let mut bytes = Vec::new();
        write_message(&mut bytes, &message).unwrap();
        let mut input = &bytes[..];
        assert_eq!(read_message::<Reply>(&mut input).unwrap(), Some(message));
        assert_eq!(read_message::<Reply>(&mut input).unwrap(), None);
    }

    #[test]
    fn messages_that_are_too_long_are_refused() {
        let long = Reply::Failed(QueryFailure::Query("x".repeat(MAX_MESSAGE_BYTES)));
        assert!(write_message(&mut Vec::new(), &long).is_err());
        assert!(read_message::<Reply>(&mut &u32::MAX.to_le_bytes()[..]).is_err());
    }

    #[tokio::test]
    async fn a_cut_message_is_an_error() {
        let mut bytes = Vec::new();
        write_message(&mut bytes, &Reply::Locking).unwrap();
        bytes.pop();
        assert!(receive::<Reply>(&mut &bytes[..]).await.is_err());
        assert!(read_message::<Reply>(&mut &bytes[..]).is_err());
    }
}
