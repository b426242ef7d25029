//! Request bodies: JSON, YAML, and Kubernetes' protobuf.

use super::duplicate_fields;
use crate::controlplane::budget::Reservation;
use crate::controlplane::protobuf::{self, DecodeError};
use crate::controlplane::status::ApiError;
use crate::listener;
use axum::body::{Body, Bytes};
use futures::TryStreamExt as _;
use http::{HeaderMap, header};
use serde_json::Value;

/// Maximum size of a request body, in bytes.
const BODY_MAX: usize = 3 << 20;
/// Maximum nesting of YAML, in levels: its parser needs more stack for each level than that of JSON.
const YAML_DEPTH_MAX: usize = 40;

/// A larger body is read and dropped up to this size: a client whose connection is closed while it is sending does not
/// see the response.
const DROPPED_MAX: usize = 16 << 20;

/// Reads a body completely.
pub async fn read_bytes(body: Body, memory: &mut Reservation) -> Result<Bytes, ApiError> {
    let mut kept = Vec::new();
    let mut length = 0;
    let mut frames = body.into_data_stream();
    while let Some(frame) = frames.try_next().await.map_err(|error| unread(&error))? {
        length += frame.len();
        if length <= BODY_MAX {
            memory.reserve(length)?;
            kept.extend_from_slice(&frame);
        } else if length > DROPPED_MAX {
            break;
        }
    }
    match length {
        0..=BODY_MAX => Ok(kept.into()),
        _ => Err(ApiError::too_large(format!("Request entity too large: limit is {BODY_MAX}"))),
    }
}

/// A body that could not be read: it did not arrive in time, or the client sent it wrongly.
fn unread(error: &axum::Error) -> ApiError {
    match listener::not_in_time(error) {
        Some(message) => ApiError::request_timeout(message),
        None => ApiError::bad_request(error.to_string()),
    }
}

/// The media type without parameters. Defaults to JSON.
pub fn media_type(headers: &HeaderMap) -> &str {
    let named = headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    match named.split(';').next().unwrap_or_default().trim() {
        "" => "application/json",
        named => named,
    }
}

/// An object in a request body.
pub struct RequestObject {
    pub value: Value,
    /// Paths of duplicate fields, of which the last one counts.
    pub duplicates: Vec<String>,
}

/// Reads a body that must be an object.
pub async fn read_object(headers: &HeaderMap, body: Body, memory: &mut Reservation) -> Result<RequestObject, ApiError> {
    parse_object(media_type(headers), &read_bytes(body, memory).await?)
}

/// Reads DeleteOptions; null if the body is empty.
pub async fn read_options(headers: &HeaderMap, body: Body, memory: &mut Reservation) -> Result<Value, ApiError> {
    let bytes = read_bytes(body, memory).await?;
    if bytes.is_empty() { Ok(Value::Null) } else { Ok(parse_object(media_type(headers), &bytes)?.value) }
}

/// Parses an object.
pub fn parse_object(media_type: &str, bytes: &[u8]) -> Result<RequestObject, ApiError> {
    let bad_request = |e: &dyn std::fmt::Display| ApiError::bad_request(e.to_string());
    let (value, duplicates) = match media_type {
        "application/json" => duplicate_fields::read(bytes).map_err(|e| bad_request(&e))?,
        "application/yaml" | "application/apply-patch+yaml" => {
            let text = std::str::from_utf8(bytes).map_err(|e| bad_request(&e))?;
            // Most clients send JSON here, which is faster to parse.
            match duplicate_fields::read(bytes) {
                Ok(read) => read,
                Err(_) => (yaml(text).map_err(|e| bad_request(&e))?, Vec::new()),
            }
        }
        "application/vnd.kubernetes.protobuf" => {
            let refused = |error: DecodeError| match error {
                DecodeError::Malformed(why) => ApiError::bad_request(why),
                DecodeError::Kind { .. } => ApiError::unsupported_media_type(error.to_string()),
            };
            (protobuf::decode(bytes).map_err(refused)?, Vec::new())
        }
        other => {
            let message = format!(
                "the body of the request was in an unknown format - accepted media types include: application/json, application/yaml (got {other:?})"
            );
            return Err(ApiError::unsupported_media_type(message));
        }
    };
    if value.is_object() {
        Ok(RequestObject { value, duplicates })
    } else {
        Err(ApiError::bad_request("the body must be an object"))
    }
}

/// Parses YAML. Aliases count as often as they are used.
fn yaml(text: &str) -> Result<Value, serde_saphyr::Error> {
    let budget = serde_saphyr::budget! { max_depth: YAML_DEPTH_MAX, max_total_scalar_bytes: BODY_MAX };
    serde_saphyr::from_str_with_options(text, serde_saphyr::options! { budget: budget })
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::StatusCode;

    #[test]
    fn deeply_nested_yaml_is_refused_within_a_small_stack() {
        let maps = |levels: usize| {
            let nested: String = (0..levels).map(|level| format!("{}a:\n", " ".repeat(level))).collect();
            nested + &" ".repeat(levels) + "a: 1"
        };
        let parse = |text: String| {
            let parsing = move || parse_object("application/yaml", text.as_bytes()).map(drop);
            let thread = std::thread::Builder::new().stack_size(5 << 18).spawn(parsing);
            thread.unwrap().join().unwrap()
        };
        assert!(parse(maps(35)).is_ok());
        for text in [maps(45), maps(1_700), "- ".repeat(1_400_000) + "a"] {
            assert_eq!(parse(text).map_err(|error| error.code), Err(StatusCode::BAD_REQUEST));
        }
    }
}
