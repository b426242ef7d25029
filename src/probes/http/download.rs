//! The bytes of a body.

use super::super::errors;
use super::super::failure::failure;
use super::super::memory::Share;
use super::coding::{Coding, codings, decoder};
use super::exchange::{Answer, BodyError};
use super::redirect::Hop;
use super::shown::shown;
use crate::domain::detail::{Cause, HttpCause};
use crate::domain::reading::{ErrorKind, ReadError};
use reqwest::header::{CONTENT_LENGTH, TRANSFER_ENCODING};
use reqwest::{Method, Version};
use std::io::{self, Read};

/// So much is decompressed before other tasks have a turn.
const PIECE: usize = 64 << 10;

/// The complete body after decompression, at most `limit` bytes, which are also the most that are read.
pub(super) async fn download(
    limit: usize,
    hop: &Hop,
    response: &mut Answer,
    share: &mut Share,
) -> Result<Vec<u8>, ReadError> {
    if hop.method == Method::HEAD {
        return Ok(Vec::new());
    }
    let packed = received(limit, hop, response, share).await?;
    let codings = codings(response.headers());
    if codings.is_empty() || packed.is_empty() {
        return Ok(packed);
    }
    unpacked(limit, hop, packed, &codings, share).await
}

fn too_large(hop: &Hop, max: usize) -> ReadError {
    failure(ErrorKind::TooLarge, shown(&hop.url), HttpCause::BodyTooLarge { max })
}

async fn received(limit: usize, hop: &Hop, response: &mut Answer, share: &mut Share) -> Result<Vec<u8>, ReadError> {
    let announced = response.content_length().unwrap_or(0);
    if announced > limit as u64 {
        return Err(too_large(hop, limit));
    }
    let mut body = Vec::with_capacity(usize::try_from(announced).unwrap_or(0).min(limit));
    loop {
        let chunk = match response.chunk().await {
            Ok(Some(chunk)) => chunk,
            Ok(None) => break,
            Err(error) if ends_with_the_connection(response) && is_end_without_notice(&error) => break,
            Err(error) => return Err(errors::of_chain(&shown(&hop.url), &*error)),
        };
        if body.len() + chunk.len() > limit {
            return Err(too_large(hop, limit));
        }
        share.resize(body.len() + chunk.len())?;
        body.extend_from_slice(&chunk);
    }
    body.shrink_to_fit();
    Ok(body)
}

/// Whether nothing but the end of the connection tells where the body ends.
fn ends_with_the_connection(response: &Answer) -> bool {
    let headers = response.headers();
    response.version() <= Version::HTTP_11
        && !headers.contains_key(CONTENT_LENGTH)
        && !headers.contains_key(TRANSFER_ENCODING)
}

/// Whether a connection of TLS ended without the notice that it does (close_notify), which many servers never send.
fn is_end_without_notice(error: &BodyError) -> bool {
    let mut next = error.source();
    while let Some(current) = next {
        if current.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::UnexpectedEof) {
            return true;
        }
        next = current.source();
    }
    false
}

async fn unpacked(
    limit: usize,
    hop: &Hop,
    packed: Vec<u8>,
    codings: &[Coding],
    share: &mut Share,
) -> Result<Vec<u8>, ReadError> {
    let held = packed.len();
    let mut reader = decoder(packed, codings);
    let (mut body, mut piece) = (Vec::new(), vec![0; PIECE]);
    loop {
        let read = reader.read(&mut piece).map_err(|error| {
            failure(ErrorKind::Protocol, shown(&hop.url), Cause::Foreign(format!("Content-Encoding: {error}")))
        })?;
        if read == 0 {
            return Ok(body);
        }
        if body.len() + read > limit {
            return Err(too_large(hop, limit));
        }
        share.resize(held + body.len() + read)?;
        body.extend_from_slice(&piece[..read]);
        tokio::task::yield_now().await;
    }
}
