//! The bodies of requests: JSON, YAML, and what kubectl sends in protobuf.

use super::twice;
use crate::controlplane::protobuf;
use crate::controlplane::status::ApiError;
use axum::body::{Body, Bytes};
use futures::TryStreamExt as _;
use http::{HeaderMap, header};
use serde_json::Value;

/// Bodies are read up to this.
const BODY_MAX: usize = 3 << 20;

/// Beyond that, up to this is read and dropped: a client that is cut off while it sends never sees the answer.
const DROPPED_MAX: usize = 16 << 20;

/// All of a body.
pub async fn read_bytes(body: Body) -> Result<Bytes, ApiError> {
    let mut kept = Vec::new();
    let mut length = 0;
    let mut frames = body.into_data_stream();
    while let Some(frame) = frames.try_next().await.map_err(|error| ApiError::bad_request(error.to_string()))? {
        length += frame.len();
        if length <= BODY_MAX {
            kept.extend_from_slice(&frame);
        } else if length > DROPPED_MAX {
            break;
        }
    }
    match length {
        0..=BODY_MAX => Ok(kept.into()),
        _ => Err(ApiError::too_large(format!("a request may have at most {BODY_MAX} bytes"))),
    }
}

/// The media type, without its parameters; JSON where none is named.
pub fn media_type(headers: &HeaderMap) -> &str {
    let named = headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    match named.split(';').next().unwrap_or_default().trim() {
        "" => "application/json",
        named => named,
    }
}

/// An object that was sent.
pub struct Sent {
    pub value: Value,
    /// Fields that stand in it twice; the last one counts.
    pub twice: Vec<String>,
}

/// A body that is an object.
pub async fn read_object(headers: &HeaderMap, body: Body) -> Result<Sent, ApiError> {
    parse_object(media_type(headers), &read_bytes(body).await?)
}

/// The options of a delete, which may be left out.
pub async fn read_options(headers: &HeaderMap, body: Body) -> Result<Value, ApiError> {
    let bytes = read_bytes(body).await?;
    if bytes.is_empty() { Ok(Value::Null) } else { Ok(parse_object(media_type(headers), &bytes)?.value) }
}

/// Reads an object out of the bytes of a body.
pub fn parse_object(media_type: &str, bytes: &[u8]) -> Result<Sent, ApiError> {
    let wrong = |e: &dyn std::fmt::Display| ApiError::bad_request(e.to_string());
    let (value, twice) = match media_type {
        "application/json" => twice::read(bytes).map_err(|e| wrong(&e))?,
        "application/yaml" | "application/apply-patch+yaml" => {
            let text = std::str::from_utf8(bytes).map_err(|e| wrong(&e))?;
            // JSON is what most clients send here, and it is quicker to read.
            match twice::read(bytes) {
                Ok(read) => read,
                Err(_) => (serde_saphyr::from_str(text).map_err(|e| wrong(&e))?, Vec::new()),
            }
        }
        "application/vnd.kubernetes.protobuf" => (protobuf::decode(bytes).map_err(ApiError::media_type)?, Vec::new()),
        other => {
            let message = format!(
                "the body of the request was in an unknown format - accepted media types include: application/json, application/yaml (got {other:?})"
            );
            return Err(ApiError::media_type(message));
        }
    };
    if value.is_object() { Ok(Sent { value, twice }) } else { Err(ApiError::bad_request("the body is not an object")) }
}
