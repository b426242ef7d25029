//! `Idempotency-Key`: a POST that is repeated under the same key is carried out once and answered the same.
//!
//! The Action of a request has its response: after a restart, and on another replica, a repeated request finds it there. In memory
//! are only the requests under way.

use super::FacadeState;
use super::problem::Problem;
use super::reply::Reply;
use crate::commands::{self, Caller, Command, CommandError, Context, Earlier, RequestId};
use crate::domain::refusal::Refusal;
use axum::http::{HeaderMap, Method, Uri};
use axum::response::{IntoResponse as _, Response};
use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

const HEADER: &str = "Idempotency-Key";
/// Longest key, in bytes.
const KEY_MAX: usize = 255;

/// The requests with a key that are under way in this process, by the names of their Actions.
#[derive(Clone, Default)]
pub struct InProgress(Arc<Mutex<HashSet<String>>>);

/// One of them, until it is dropped.
struct Entered {
    all: InProgress,
    name: String,
}

impl InProgress {
    /// `None` where it is under way already.
    fn enter(&self, name: &str) -> Option<Entered> {
        let is_new = self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(name.to_string());
        is_new.then(|| Entered { all: self.clone(), name: name.to_string() })
    }
}

impl Drop for Entered {
    fn drop(&mut self) {
        self.all.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.name);
    }
}

/// What identifies a request of a caller. Bad Request where the key is not one.
pub fn identify(
    caller: &Caller,
    (method, uri, headers): (&Method, &Uri, &HeaderMap),
    body: &[u8],
) -> Result<RequestId, Problem> {
    let Some(key) = key(headers)? else { return Ok(RequestId::unique()) };
    let query = uri.query().unwrap_or_default();
    let content = [method.as_str().as_bytes(), uri.path().as_bytes(), query.as_bytes(), body];
    Ok(RequestId::keyed(&caller.name, key, &content))
}

fn key(headers: &HeaderMap) -> Result<Option<&str>, Problem> {
    let mut keys = headers.get_all(HEADER).iter();
    let Some(key) = keys.next() else { return Ok(None) };
    let expected = format!("should be one of 1 to {KEY_MAX} printable ASCII characters");
    let bad = |seen: &str| Err(Problem::bad_request(format!("{HEADER}: {seen}; it {expected}")));
    let length = key.len();
    match key.to_str() {
        _ if keys.next().is_some() => bad("there is more than one"),
        Ok(text) if text.trim().is_empty() => bad("it is empty"),
        _ if length > KEY_MAX => bad(&format!("it has {length} bytes")),
        Ok(text) if text.bytes().all(|byte| matches!(byte, b' '..=b'~')) => Ok(Some(text)),
        _ => bad("it has other characters"),
    }
}

/// Carries a command out once for a request, and to completion even if the client disconnects. `command` is made unless the
/// request was answered before. The same key with another request is Invalid, and a Conflict while the first is in progress.
pub async fn once<C: Command>(
    facade: &FacadeState,
    context: Context,
    command: impl FnOnce() -> Result<C, CommandError> + Send + 'static,
    reply: impl Fn(&C::Output) -> Result<Reply, Problem> + Send + Sync + 'static,
) -> Result<Response, Problem> {
    reply_once(facade, context, command, reply).await.map(|reply| reply.into_response())
}

/// As [`once`], with the reply as it is stored.
pub async fn reply_once<C: Command>(
    facade: &FacadeState,
    context: Context,
    command: impl FnOnce() -> Result<C, CommandError> + Send + 'static,
    reply: impl Fn(&C::Output) -> Result<Reply, Problem> + Send + Sync + 'static,
) -> Result<Reply, Problem> {
    facade.backend.recovery.require()?;
    // Of requests without a key no two have the same name.
    let entered = facade.in_progress.enter(context.request.action()).ok_or_else(CommandError::in_progress)?;
    let work = async move {
        let _entered = entered;
        let earlier = match commands::look_up(&context).await? {
            Earlier::None => None,
            Earlier::Unanswered(intent) => Some(*intent),
            Earlier::Answered(stored) => {
                let changed = || CommandError::Conflict(Refusal::StoredResponseChanged);
                return Reply::of_stored(stored).ok_or_else(|| changed().into());
            }
        };
        let is_keyed = context.request.is_keyed();
        let reply = Arc::new(reply);
        let stored = {
            let reply = reply.clone();
            move |result: &Result<C::Output, CommandError>| match result {
                _ if !is_keyed => None,
                Ok(output) => reply(output).ok().map(Reply::stored),
                Err(error) if error.is_final() => Some(Reply::from(Problem::from(error.clone())).stored()),
                Err(_) => None,
            }
        };
        let output = command()?.execute(&context, earlier, &stored).await?;
        reply(&output)
    };
    match tokio::spawn(work).await {
        Ok(result) => result,
        Err(_) => Err(Problem::failed()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    fn headers(keys: &[&[u8]]) -> HeaderMap {
        keys.iter()
            .map(|key| (axum::http::HeaderName::from_static("idempotency-key"), HeaderValue::from_bytes(key).unwrap()))
            .collect()
    }

    #[test]
    fn a_key_is_printable_ascii_of_a_bounded_length() {
        for good in ["k", "\"3b24-1101\"", "a key", &"x".repeat(KEY_MAX)] {
            assert_eq!(key(&headers(&[good.as_bytes()])).unwrap(), Some(good));
        }
        assert_eq!(key(&headers(&[])).unwrap(), None);
        let long = "x".repeat(KEY_MAX + 1);
        for (keys, seen) in [
            ([b"".as_slice()].as_slice(), "it is empty"),
            (&[b"  "], "it is empty"),
            (&[long.as_bytes()], "it has 256 bytes"),
            (&["chave-\u{e7}".as_bytes()], "it has other characters"),
            (&[b"a\tb"], "it has other characters"),
            (&[b"\xff"], "it has other characters"),
            (&[b"a", b"b"], "there is more than one"),
        ] {
            let problem = key(&headers(keys)).unwrap_err();
            let expected = format!("Idempotency-Key: {seen}; it should be one of 1 to 255 printable ASCII characters");
            assert_eq!((problem.status.as_u16(), problem.detail), (400, expected));
        }
    }

    #[test]
    fn a_request_is_under_way_until_it_ends() {
        let all = InProgress::default();
        let first = all.enter("a").unwrap();
        assert!(all.enter("a").is_none());
        let _other = all.enter("b").unwrap();
        drop(first);
        assert!(all.enter("a").is_some());
    }
}
